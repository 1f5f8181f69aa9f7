"""Copies of configurations as repositories keep them: each case was a false positive once."""

from pathlib import Path

from tests.support.cli import tlslint

APACHE2 = """IncludeOptional mods-enabled/*.load
Include ports.conf
<Directory />
Require all denied
</Directory>
IncludeOptional sites-enabled/*.conf
"""
SITE = """<VirtualHost *:443>
ServerName www.example.test
SSLEngine on
SSLProtocol all -TLSv1
SSLCertificateFile /etc/ssl/www.pem
</VirtualHost>
"""


def findings(root: Path) -> str:
    return tlslint(root, "--output-format", "concise", "--target", "debian-12").out


def test_modules_that_were_left_out_of_the_copy_are_not_missing(tmp_path: Path) -> None:
    """Without mods-enabled every Require was "not loaded, so httpd does not start"."""
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "apache2.conf").write_text(APACHE2)
    (tmp_path / "sites-enabled" / "www.conf").write_text(SITE)
    said = findings(tmp_path)
    assert "TLS901" not in said
    assert "TLS803" not in said, "ports.conf was left out too: it may listen anywhere"
    assert "ports.conf is included and does not exist" in said


def test_links_that_git_checked_out_as_text_are_followed(tmp_path: Path) -> None:
    """`core.symlinks = false` leaves a file that holds the name of another."""
    for folder in ("mods-enabled", "mods-available"):
        (tmp_path / folder).mkdir()
    (tmp_path / "apache2.conf").write_text("IncludeOptional mods-enabled/*.load\nListen 80\nHeader set X y\n")
    for name in ("headers", "mpm_event"):
        (tmp_path / "mods-available" / f"{name}.load").write_text(f"LoadModule {name}_module x.so\n")
        (tmp_path / "mods-enabled" / f"{name}.load").write_text(f"../mods-available/{name}.load")
    assert findings(tmp_path) == ""


def test_the_httpd_of_openbsd_is_another_program(tmp_path: Path) -> None:
    """Its file has the same name."""
    (tmp_path / "httpd.conf").write_text('server "default" {\n\tlisten on * tls port 443\n\ttls certificate "/etc/ssl/x.crt"\n}\n')
    assert findings(tmp_path) == ""


def test_directives_of_another_mpm_are_known(tmp_path: Path) -> None:
    """MinSpareServers is prefork's alone, and the table was made with event."""
    (tmp_path / "apache2.conf").write_text("LoadModule mpm_prefork_module x.so\nListen 80\nMinSpareServers 5\nMaxSpareServers 10\n")
    assert findings(tmp_path) == ""
