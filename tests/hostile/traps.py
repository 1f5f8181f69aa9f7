"""A repository nobody should have to read: traps, each in a folder of its own.

`build` lays them below a folder; what must never be read lies outside it and holds `CANARY`.
"""

# ruff: noqa: E501 (a table of configurations)

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

CANARY = "CANARY-2f6c1d"
"""Text of files outside the repository, of private keys in it, and of modules that nobody may run."""

SITE = "<VirtualHost *:443>\nServerName www.example.test\nSSLEngine on\nSSLProtocol all -TLSv1.1\n</VirtualHost>\n"
APACHE = "ServerName host.example.test\nListen 443\n"


class Trap(NamedTuple):
    """`lay(folder, outside)` builds it; `says`: what the concise report must tell, "" where silence is right as well."""

    lay: Callable[[Path, Path], None]
    says: str = ""


def apache(text: str | bytes, says: str = "") -> Trap:
    """An apache2.conf; `{here}` and `{outside}` are filled in."""

    def lay(folder: Path, outside: Path) -> None:
        if isinstance(text, bytes):
            (folder / "apache2.conf").write_bytes(text)
        else:
            filled = text.replace("{here}", str(folder)).replace("{outside}", str(outside))
            (folder / "apache2.conf").write_text(APACHE + filled)

    return Trap(lay, says)


def file(name: str, text: str | bytes, says: str = "") -> Trap:
    """One file of another format."""

    def lay(folder: Path, outside: Path) -> None:
        data = text if isinstance(text, bytes) else text.replace("{here}", str(folder)).replace("{outside}", str(outside)).encode()
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return Trap(lay, says)


def beside(more: Callable[[Path, Path], None], text: str = "Include {here}/trap.conf\n", says: str = "") -> Trap:
    """Something odd beside an apache2.conf that includes it."""

    def lay(folder: Path, outside: Path) -> None:
        more(folder, outside)
        apache(text).lay(folder, outside)

    return Trap(lay, says)


def many_files(folder: Path, _: Path) -> None:
    (folder / "conf").mkdir()
    for number in range(3000):
        (folder / "conf" / f"{number}.conf").write_text("SSLProtocol all\n")


def deep_includes(folder: Path, _: Path) -> None:
    for number in range(200):
        (folder / f"{number}.conf").write_text(f"Include {folder}/{number + 1}.conf\n")


def mutual(folder: Path, _: Path) -> None:
    (folder / "trap.conf").write_text(f"Include {folder}/other.conf\n")
    (folder / "other.conf").write_text(f"Include {folder}/trap.conf\n")


def deep_folders(folder: Path, _: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _depth in range(300):
        os.mkdir("d" * 20, dir_fd=here)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("apache2.conf", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


def unix_socket(folder: Path, _: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        here = Path.cwd()
        os.chdir(folder)  # names of sockets are short
        try:
            end.bind("trap.conf")
        finally:
            os.chdir(here)


def device(folder: Path, _: Path) -> None:
    if os.geteuid() == 0:
        os.mknod(folder / "trap.conf", 0o20644, os.makedev(1, 5))  # /dev/zero


def sparse(folder: Path, _: Path) -> None:
    with (folder / "trap.conf").open("wb") as stream:
        stream.truncate(1 << 30)


def chain_out(folder: Path, outside: Path) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("c")
    (folder / "c").symlink_to(outside / "secret.conf")
    (folder / "trap.conf").symlink_to("a")


def named(*names: bytes) -> Callable[[Path, Path], None]:
    def lay(folder: Path, _: Path) -> None:
        sites = folder / "sites-enabled"
        sites.mkdir()
        for name in names:
            descriptor = os.open(os.fsencode(sites) + b"/" + name, os.O_WRONLY | os.O_CREAT, 0o644)
            os.write(descriptor, SITE.encode())
            os.close(descriptor)

    return lay


def names_like_commands(folder: Path, _: Path) -> None:
    """Folders whose names are what CI systems take for commands at the beginning of a line, and a root file that cannot be read."""
    for name in ("::error title=owned::x", " ::add-mask::x", "##[error]owned", "##vso[task.setvariable variable=x]y"):
        (folder / name).mkdir()
        (folder / name / "apache2.conf").write_text(APACHE + SITE)
    (folder / "a\n::error::owned").mkdir()
    os.mkfifo(folder / "a\n::error::owned" / "main.cf")


def baseline_of(data: bytes) -> Callable[[Path, Path], None]:
    def lay(folder: Path, _: Path) -> None:
        (folder / ".tlslint.yaml").write_text("baseline: known.json\n")
        (folder / "known.json").write_bytes(data)

    return lay


def baseline_fifo(folder: Path, _: Path) -> None:
    (folder / ".tlslint.yaml").write_text("baseline: known.json\n")
    os.mkfifo(folder / "known.json")


def baseline_link(folder: Path, outside: Path) -> None:
    (folder / ".tlslint.yaml").write_text("baseline: known.json\n")
    (folder / "known.json").symlink_to(outside / "secret.conf")


def modules(folder: Path, _: Path) -> None:
    """Modules that shadow those tlslint uses, and files Python or tools run by themselves."""
    for name in ("json", "click", "re", "typing", "sitecustomize", "usercustomize", "conftest", "tlslint_plugin"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'ran')!r}, 'w').write('{CANARY}')\n")


def key_as_certificate(folder: Path, _: Path) -> None:
    (folder / "www.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n")
    (folder / "www.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


ESCAPES = "\x1b[31m\x1b]0;owned\x07\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\ \u202egnp.exe\u202c \u2066x\u2069 \x9b2J \r"
HTML = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'\""
MARKDOWN = "](javascript:alert(1)) `x` **b** | c | <b>x</b> [a](https://evil.test)"
COMMANDS = "::error file=x,line=1::owned%0A::set-output name=x::y"

LONG_LINE = "SSLProtocol " + "all " * 500_000 + "\n"
CONTINUED = "SSLProtocol " + "all \\\n" * 200_000 + "all\n"
NESTED = "<IfModule x>\n" * 5000 + "</IfModule>\n" * 5000
DIRECTORIES = "<Directory /x>\n" * 5000 + "</Directory>\n" * 5000
MACROS = "LoadModule macro_module x.so\n<Macro m0>\nTimeout 1\n</Macro>\n" + "".join(
    f"<Macro m{number}>\n" + f"Use m{number - 1}\n" * 10 + "</Macro>\n" for number in range(1, 30)
)
DEFINES = "Define a0 xxxxxxxxxx\n" + "".join(f"Define a{number} ${{a{number - 1}}}${{a{number - 1}}}\n" for number in range(1, 60))
LAUGHS = "a0 = ha\n" + "".join(f"a{number} = $a{number - 1}$a{number - 1}$a{number - 1}\n" for number in range(1, 60))
REDOS = "(a+)+$" * 3
WILD = "*a" * 30

TRAPS: dict[str, Trap] = {
    "include-shadow": apache("Include /etc/shadow\n", "lies outside the scanned roots"),
    "include-environ": apache("Include /proc/self/environ\n", "lies outside the scanned roots"),
    "include-device": apache("Include /dev/zero\nIncludeOptional /dev/fd/0\n", "lies outside the scanned roots"),
    "include-outside": apache("Include {outside}/secret.conf\n", "lies outside the scanned roots"),
    "include-above": apache("Include {here}/../../secret.conf\nIncludeOptional ../../../../../../../../etc/passwd\n", "outside the scanned roots"),
    "include-slash": apache("IncludeOptional /*\nIncludeOptional /e*/s*\n"),
    "include-own-folder": apache("IncludeOptional {here}/\n", "is there a loop?"),
    "include-loop": apache("Include {here}/apache2.conf\n", "is there a loop?"),
    "include-each-other": beside(mutual, says="is there a loop?"),
    "include-deep": beside(deep_includes, "Include {here}/0.conf\n", "more than 128 deep"),
    "include-many": beside(many_files, "Include {here}/conf/\n"),
    "include-variable": apache("Include ${HOME}/.ssh/id_rsa\n", "cannot tell which files"),
    "include-pattern": apache("IncludeOptional {here}/" + WILD + "b\n"),
    "link-out": beside(lambda here, out: (here / "trap.conf").symlink_to(out / "secret.conf"), says="outside the scanned roots"),
    "link-out-relative": beside(lambda here, _: (here / "trap.conf").symlink_to("../../../secret.conf"), says="outside the scanned roots"),
    "link-folder-out": beside(lambda here, out: (here / "sites").symlink_to(out), "IncludeOptional {here}/sites/*.conf\n"),
    "link-chain-out": beside(chain_out, says="outside the scanned roots"),
    "link-loop": beside(lambda here, _: (here / "trap.conf").symlink_to("trap.conf"), says="too many symbolic links"),
    "link-root-out": Trap(lambda here, out: (here / "apache2.conf").symlink_to(out / "secret.conf")),
    "link-proc": beside(lambda here, _: (here / "trap.conf").symlink_to("/proc/self/cmdline"), says="outside the scanned roots"),
    "fifo": beside(lambda here, _: os.mkfifo(here / "trap.conf"), says="is not a regular file"),
    "fifo-root": Trap(lambda here, _: os.mkfifo(here / "main.cf")),
    "socket": beside(unix_socket),
    "device": beside(device),
    "sparse-gigabyte": beside(sparse, says="larger than 128 MB"),
    "deep-folders": Trap(deep_folders),
    "long-line": apache(LONG_LINE),
    "very-continued-line": apache(CONTINUED),
    "nested-sections": apache(NESTED),
    "nested-directories": apache(DIRECTORIES),
    "unclosed": apache("<VirtualHost *:443>\n<IfModule x>\n<Macro m>\n" * 100, "never closed"),
    "macro-bomb": apache(MACROS + "Use m29\n", "multiply"),
    "macro-of-itself": apache("LoadModule macro_module x.so\n<Macro m>\nUse m\n</Macro>\nUse m\n", "without end"),
    "define-bomb": apache(DEFINES + "ServerAdmin ${a59}\n"),
    "zero-bytes": apache(b"\0" * 5000, "not text"),
    "binary": apache(bytes(range(256)) * 500),
    "carriage-returns": apache(b"SSLProtocol all\r" * 5000),
    "aliases": apache("<VirtualHost *:443>\nSSLEngine on\nServerAlias " + f"{WILD}b " * 200 + "\n</VirtualHost>\n"),
    "regex-bomb": apache(f"RewriteEngine on\nRewriteRule ^{REDOS} https://x/ [R]\nRedirectMatch ^/{REDOS} https://x/\nRewriteCond %{{HTTPS}} {REDOS}\n"),
    "regex-huge": apache("RedirectMatch ^((a{1000}){1000}){1000}$ https://x/\n<LocationMatch ((((((((((a*)*)*)*)*)*)*)*)*)*b>\n</LocationMatch>\n"),
    "expression-bomb": apache("<If \"" + "(" * 5000 + "1" + ")" * 5000 + "\">\nHeader set X y\n</If>\n"),
    "escapes": apache(f"SSLProtocol all {ESCAPES}\nServerAlias {ESCAPES}\n{ESCAPES} x\n"),
    "html": apache(f"SSLProtocol all {HTML}\n{HTML.replace(' ', '')} x\nServerAlias {HTML}\n"),
    "markdown": apache(f"SSLProtocol all {MARKDOWN}\nServerAlias {MARKDOWN}\n"),
    "workflow-commands": apache(f"SSLProtocol all {COMMANDS}\n::error::owned x\n"),
    "commands-anywhere": apache(f"SSLProtocol all ##[error]owned\nServerAlias ##vso[task.setvariable variable=x]y\n##[error]owned x\n<VirtualHost *:443>\nServerName ##[error]owned\n{'SSLEngine on'}\n</VirtualHost>\n"),
    "names-like-commands": Trap(names_like_commands),
    "formulas": apache("SSLProtocol =cmd|'/c_calc'!A1\nServerAlias @SUM(1+1)*cmd\n"),
    "names-that-break-lines": beside(named(b"a\nb.conf", b"c\rd.conf", b"tab\t.conf"), "Include {here}/sites-enabled/\n"),
    "names-with-escapes": beside(named(b"\x1b[2J\x1b]0;x\x07.conf", "\u202egnp.conf".encode()), "Include {here}/sites-enabled/\n"),
    "names-of-no-encoding": beside(named(b"\xff\xfe.conf", b"caf\xe9.conf"), "Include {here}/sites-enabled/\n"),
    "names-like-options": beside(named(b"--fix.conf", b"-rf.conf", b"::error::x.conf", b"<b>.conf", b"$(id).conf"), "Include {here}/sites-enabled/\n"),
    "case-tricks": beside(lambda here, _: (here / "TRAP.CONF").write_text(SITE), "INCLUDE {here}/TRAP.CONF\n<vIrTuAlHoSt *:8443>\nsslENGINE ON\n</VIRTUALHOST>\n"),
    "key-as-certificate": beside(
        key_as_certificate,
        "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile {here}/www.pem\nSSLCertificateKeyFile {here}/www.key\n</VirtualHost>\n",
    ),
    "modules-of-its-own": Trap(modules),
    "main-cf-laughs": file("main.cf", LAUGHS + "smtpd_tls_mandatory_protocols = $a59\n"),
    "main-cf-recursion": file("main.cf", "a = $b\nb = $a\nsmtpd_tls_security_level = $a\nx = ${a?{${b:{$x}}}}\n"),
    "main-cf-braces": file("main.cf", "x = " + "${a?{" * 3000 + "}}" * 3000 + "\nsmtpd_tls_cert_file = {outside}/secret.conf\n"),
    "main-cf-files": file("main.cf", "smtpd_tls_protocols = /etc/shadow\nmydestination = {outside}/secret.conf\nsmtpd_tls_security_level = may\n"),
    "master-cf-commands": file("master.cf", "smtp inet n - n - - smtpd\n -o smtpd_tls_security_level=$(id)\n -o { x = `id` }\n"),
    "dovecot-include": file("dovecot.conf", "!include /etc/shadow\n!include_try {outside}/*\n!include dovecot.conf\nssl_cert = </etc/shadow\n"),
    "dovecot-braces": file("dovecot.conf", "a {\n" * 3000 + "}\n" * 3000),
    "courier-shell": file("imapd-ssl", "X=$(touch {here}/ran)\n. {outside}/secret.conf\nTLS_CERTFILE=`cat /etc/shadow`\nIMAPDSSLSTART=YES\n"),
    "slapd-include": file("slapd.conf", "include /etc/shadow\ninclude {here}/slapd.conf\nTLSCertificateFile {outside}/secret.conf\n"),
    "ldif-urls": file("cn=config.ldif", "dn: cn=config\nobjectClass: olcGlobal\nolcTLSCertificateFile:< file:///etc/shadow\nolcTLSProtocolMin:: AAAA\n"),
    "htaccess-deep": file("/".join(["d"] * 60) + "/.htaccess", 'Header set Strict-Transport-Security "max-age=1"\n'),
    "settings-fifo": beside(lambda here, _: os.mkfifo(here / ".tlslint.yaml"), ""),
    "project-fifo": beside(lambda here, _: os.mkfifo(here / "pyproject.toml"), ""),
    "settings-tags": file(".tlslint.yaml", "ignore: !!python/object/apply:os.system ['touch ran']\n", ".tlslint.yaml"),
    "settings-aliases": file(".tlslint.yaml", "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)), ".tlslint.yaml"),
    "settings-nested": file(".tlslint.yaml", "ignore: " + "[" * 5000, ".tlslint.yaml"),
    "settings-digits": file(".tlslint.yaml", "fail-on: " + "9" * 10000 + "\n", ".tlslint.yaml"),
    "project-nested": file("pyproject.toml", "[tool.tlslint]\nignore = " + "[" * 5000, "pyproject.toml"),
    "project-digits": file("pyproject.toml", "[tool.tlslint]\nfail-on = " + "9" * 10000 + "\n", "pyproject.toml"),
    "settings-baseline-outside": file(".tlslint.yaml", "baseline: ../../outside/secret.conf\n", "outside the folder of these settings"),
    "settings-tag-bool": file(".tlslint.yaml", "ignore: !!bool maybe\n", ".tlslint.yaml"),
    "settings-baseline-nul": file(".tlslint.yaml", 'baseline: "a\\0b"\n', "outside the folder of these settings"),
    "settings-baseline-device": file(".tlslint.yaml", "baseline: /dev/zero\n", "outside the folder of these settings"),
    "settings-profile-outside": file(".tlslint.yaml", "profile: ../../outside/secret.conf\n", "outside the folder of these settings"),
    "settings-baseline-link": beside(baseline_link, "", "outside the folder of these settings"),
    "baseline-nested": beside(baseline_of(b"[" * 200_000), "", "is no JSON"),
    "baseline-digits": beside(baseline_of(b'{"baseline_version": ' + b"9" * 10_000), "", "is no JSON"),
    "baseline-fifo": beside(baseline_fifo, "", "is not a regular file"),
    "settings-link": beside(lambda here, out: (here / ".tlslint.yaml").symlink_to(out / "secret.conf"), ""),
}  # fmt: skip


def build(root: Path, outside: Path) -> None:
    """Lay every trap below `root`; what must stay unread below `outside`."""
    lay_outside(outside)
    for name, trap in TRAPS.items():
        lay(root, name, trap, outside)


def lay_outside(outside: Path) -> None:
    """What nobody may read."""
    outside.mkdir(parents=True)
    (outside / "secret.conf").write_text(f"SSLProtocol {CANARY}\n{CANARY} x\n")


def lay(root: Path, name: str, trap: Trap, outside: Path) -> Path:
    """Lay one trap."""
    folder = root / name
    folder.mkdir(parents=True)
    trap.lay(folder, outside)
    return folder
