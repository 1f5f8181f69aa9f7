"""A configuration whose every text tries to be something else: HTML, XML, a CI command, a terminal sequence, a link."""

from pathlib import Path

NAMES = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><x/>--><!--",
    "\x1b[31mred\x07",
    "\u202egnp.exe\u200b",
    "::error::owned",
    "%0A::error::owned",
    "[x](http://evil.example/)",
    "|`*_@everyone#1&lt;&#60;",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
)


def lay(root: Path) -> None:
    """A server whose names, values and file name are hostile; every one of them is in a finding."""
    lines = ["LoadModule ssl_module x.so", "Listen 443"]
    for number, name in enumerate(NAMES):
        quoted = name.replace('"', '\\"')
        lines += [
            "<VirtualHost *:443>",
            f'ServerName "h{number}-{quoted}"',
            "SSLEngine on",
            f'SSLCertificateFile "/etc/ssl/{quoted}.pem"',
            "SSLProtocol -all +TLSv1.2",
            f'SSLProtocoll "{quoted}"',
            "</VirtualHost>",
        ]
    folder = root / "sites <b>|\u202e&'"
    folder.mkdir(parents=True)
    (folder / "apache2.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
