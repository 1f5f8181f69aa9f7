"""What the documents this product was started from say of headers, redirects, .htaccess and SME Server: one test for each row.

The numbers are the rows' own; the texts are the documents' snippets as they stand there.
"""

import shlex
from pathlib import Path

import pytest

from tests.support.cli import tlslint
from tests.support.pki import made
from tests.support.world import certificate, private_key

MODULES = ("mpm_event", "authz_core", "alias", "dir", "env", "headers", "rewrite", "ssl")
SME = "etc/e-smith/templates-custom/etc/httpd/conf/httpd.conf/VirtualHosts"


def debian(root: Path, site: str, *, modules: tuple[str, ...] = MODULES, plain: str = "", htaccess: str = "") -> Path:
    """A Debian tree with one HTTPS site and perhaps a plain one beside it."""
    loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules)
    folder = "<Directory /var/www>\nAllowOverride All\n</Directory>\n"
    secure = (
        "<VirtualHost *:443>\nServerName www.example.org\nDocumentRoot /var/www/html\nSSLEngine on\n"
        f"SSLCertificateFile /etc/ssl/www.pem\nSSLCertificateKeyFile /etc/ssl/www.key\n{site}\n</VirtualHost>\n"
    )
    other = f"<VirtualHost *:80>\nServerName www.example.org\nDocumentRoot /var/www/html\n{plain}\n" if plain else ""
    other += "</VirtualHost>\n" if plain and "</VirtualHost" not in plain else ""
    write(root, "etc/apache2/apache2.conf", f"Listen 443\nListen 80\nServerName www.example.org\n{loads}\n{folder}{secure}{other}")
    write(root, "etc/ssl/www.pem", certificate("ecdsa", 256, "www.example.org", ("www.example.org",)).decode())
    write(root, "etc/ssl/www.key", private_key("ecdsa", 256).decode())
    write(root, "var/www/html/index.html", "hello\n")
    if htaccess:
        write(root, "var/www/html/.htaccess", htaccess)
    return root


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def findings(root: Path, *arguments: str) -> list[str]:
    """Lines of the concise report."""
    ran = tlslint("check", "--root", str(root), "--output-format", "concise", "--exit-zero", *arguments)
    assert "please report this" not in ran.err
    return ran.out.splitlines()


def of(lines: list[str], code: str) -> list[str]:
    return [line for line in lines if f" {code} " in line]


def test_a1_curly_quotes_are_told_and_mended(tmp_path: Path) -> None:
    debian(tmp_path, "Header always set Strict-Transport-Security “max-age=31536000; includeSubDomains”")
    (told,) = of(findings(tmp_path), "TLS808")
    assert "Unknown parameter: includeSubDomains”" in told
    tlslint("check", "--root", str(tmp_path), "--fix", "--select", "TLS808")
    text = (tmp_path / "etc/apache2/apache2.conf").read_text()
    assert 'Header always set Strict-Transport-Security "max-age=31536000; includeSubDomains"\n' in text


def test_a1_curly_quotes_of_one_word_are_accepted_and_sent(tmp_path: Path) -> None:
    """httpd takes this line and sends the quotes along, so that nothing fails but HSTS."""
    debian(tmp_path, "Header always set Strict-Transport-Security “max-age=31536000”")
    (told,) = of(findings(tmp_path), "TLS504")
    assert "U+201C" in told
    assert not of(findings(tmp_path), "TLS808")
    tlslint("check", "--root", str(tmp_path), "--fix", "--select", "TLS504")
    assert 'Strict-Transport-Security "max-age=31536000"\n' in (tmp_path / "etc/apache2/apache2.conf").read_text()


def test_a2_the_module_must_be_loaded(tmp_path: Path) -> None:
    without = tuple(name for name in MODULES if name != "headers")
    line = 'Header always set Strict-Transport-Security "max-age=63072000"'
    debian(tmp_path / "guarded", f"<IfModule mod_headers.c>\n{line}\n</IfModule>", modules=without)
    lines = findings(tmp_path / "guarded")
    (told,) = of(lines, "TLS806")
    assert "a2enmod headers" in told
    assert of(lines, "TLS501")
    debian(tmp_path / "bare", line, modules=without)
    (told,) = [line for line in of(findings(tmp_path / "bare"), "TLS901") if "Header" in line]
    assert "mod_headers, which is not loaded, so httpd does not start" in told
    debian(tmp_path / "loaded", f"<IfModule mod_headers.c>\n{line}\n</IfModule>")
    lines = findings(tmp_path / "loaded")
    assert not of(lines, "TLS806")
    assert not of(lines, "TLS501")


HSTS_FRAGMENT = """### Enable HTTP Strict Transport Security, lifetime 6 months  ###
Header always add Strict-Transport-Security "max-age=15768000; includeSubDomains; preload" env=HTTPS
"""
HPKP_FRAGMENT = """### Enable HTTP Public Key Pinning, lifetime 24 hours
Header always set Public-Key-Pins \\
 "pin-sha256=\\"5q8u3+ik8DtXToj8Bazgk3lptrL/loAbkb1cpG1y+vU=\\"; \\
 pin-sha256=\\"6/l2FO9X6N4kewCM7IGsaS0ib2KIQxpsVn4k6T19/iQ=\\"; \\
 pin-sha256=\\"57+cQbXlCRtm3+Ooigd1DrLwqZOr1AC/lrJGz7INwrA=\\"; \\
 max-age=86400; includeSubdomains; \\
"""


def test_b1_fragments_stand_in_both_virtual_hosts(tmp_path: Path) -> None:
    write(tmp_path, f"{SME}/04StrictTransportSecurity", HSTS_FRAGMENT)
    write(
        tmp_path,
        f"{SME}/90Perl",
        '{\n  if ($port eq "443") { $OUT .= "Header always set Expect-CT \\"max-age=1\\"\\n"; }\n'
        '  if ($port eq "80") { $OUT .= "Redirect / http://www.example.org/\\n"; }\n'
        '  $OUT .= "Header set Public-Key-Pins \\"max-age=1\\"\\n" if ($something);\n}\n',
    )
    ran = tlslint("effective", "--root", str(tmp_path))
    assert "*:80 " in ran.out
    assert "*:443 " in ran.out
    lines = findings(tmp_path)
    assert of(lines, "TLS510")
    (told,) = of(lines, "TLS521")
    assert "*:80" not in told, "only the virtual host on 443 has it"
    (told,) = of(lines, "TLS406")
    assert "visitors are sent on to plain HTTP" in told
    assert of(lines, "TLS520"), "what Perl may or may not put there is judged by what it says"


def test_b1_custom_fragments_take_the_place_of_the_packages(tmp_path: Path) -> None:
    package = SME.replace("templates-custom", "templates")
    write(tmp_path, f"{package}/04StrictTransportSecurity", 'Header always set Strict-Transport-Security "max-age=0"\n')
    assert of(findings(tmp_path), "TLS503")
    write(tmp_path, f"{SME}/04StrictTransportSecurity", HSTS_FRAGMENT)
    lines = findings(tmp_path)
    assert not of(lines, "TLS503")
    assert of(lines, "TLS510")


def test_b2_add_and_env_and_six_months(tmp_path: Path) -> None:
    write(tmp_path, f"{SME}/04StrictTransportSecurity", HSTS_FRAGMENT)
    lines = findings(tmp_path)
    assert "added" in of(lines, "TLS506")[0]
    assert "redirects and refusals (401, 403)" in of(lines, "TLS505")[0]
    assert "at least 1 year (here 6 months)" in of(lines, "TLS510")[0]
    assert "premature at max-age of 6 months" in of(lines, "TLS511")[0]
    assert not of(lines, "TLS507"), "env=HTTPS keeps it from port 80"
    assert not of(lines, "TLS501")


def test_b3_pins_are_dead_and_the_quote_is_open(tmp_path: Path) -> None:
    write(tmp_path, f"{SME}/05PublicKeyPinning", HPKP_FRAGMENT)
    (told,) = of(findings(tmp_path), "TLS520")
    assert "no browser reads Public-Key-Pins any more" in told
    assert "quotation mark before its value is never closed" in told
    write(tmp_path, f"{SME}/05PublicKeyPinning", HPKP_FRAGMENT.replace("Public-Key-Pins", "Public-Key-Pins-Report-Only"))
    assert "Public-Key-Pins-Report-Only" in of(findings(tmp_path), "TLS520")[0]
    one = 'Header always set Public-Key-Pins "pin-sha256=\\"5q8u3+ik8DtXToj8Bazgk3lptrL/loAbkb1cpG1y+vU=\\"; max-age=1"\n# end\n'
    write(tmp_path, f"{SME}/05PublicKeyPinning", one)
    assert "no backup pin" in of(findings(tmp_path), "TLS520")[0]
    tlslint("check", "--root", str(tmp_path), "--fix", "--select", "TLS520")
    assert (tmp_path / SME / "05PublicKeyPinning").read_text() == "# end\n"


@pytest.mark.parametrize(
    ("now", "told"), [("2026-11-24", "signed by nobody but itself"), ("2027-02-08", "signed by nobody"), ("2028-01-01", "has expired")]
)
def test_b4_hsts_locks_out_where_the_certificate_is_bad(tmp_path: Path, now: str, told: str) -> None:
    debian(tmp_path, 'Header always set Strict-Transport-Security "max-age=63072000"')
    (found,) = of(findings(tmp_path, "--now", now), "TLS512")
    assert told in found
    debian(tmp_path, "")
    assert not of(findings(tmp_path, "--now", now), "TLS512")


HTACCESS = 'Header set Strict-Transport-Security "max-age=31536000; includeSubDomains; preload" env=HTTPS\n'


def test_c1_htaccess_with_the_overrides_that_apply(tmp_path: Path) -> None:
    debian(tmp_path, "", htaccess=HTACCESS)
    lines = findings(tmp_path)
    (told,) = of(lines, "TLS505")
    assert told.startswith("var/www/html/.htaccess:1:39:")
    assert "errors, redirects and refusals" in told
    assert of(lines, "TLS511")
    assert not of(lines, "TLS501")


def test_c1_htaccess_alone(tmp_path: Path) -> None:
    write(tmp_path, "public/.htaccess", HTACCESS)
    lines = findings(tmp_path)
    assert "errors, redirects and refusals" in of(lines, "TLS505")[0]
    assert of(lines, "TLS511")
    assert not of(lines, "TLS501"), "what is missing may be elsewhere"


def test_c2_whose_limit_it_is(tmp_path: Path) -> None:
    """The document says that SSL Labs wants a year."""
    debian(tmp_path, 'Header always set Strict-Transport-Security "max-age=31536000"')
    (told,) = of(findings(tmp_path), "TLS502")
    assert "2 years of mozilla-intermediate" in told
    assert "SSL Labs" not in told
    assert not of(findings(tmp_path, "--profile", "internet.nl"), "TLS502")
    debian(tmp_path, 'Header always set Strict-Transport-Security "max-age=604801"')
    assert "SSL Labs and the MDN Observatory want 180 days" in of(findings(tmp_path), "TLS502")[0]
    ran = tlslint("explain", "TLS502")
    assert "SSL Labs and the MDN Observatory want 180 days" in " ".join(ran.out.split())


@pytest.mark.parametrize(("age", "following"), [(300, "1 week"), (604800, "1 month"), (2592000, "2 years")])
def test_c3_stages_of_the_roll_out(tmp_path: Path, age: int, following: str) -> None:
    debian(tmp_path, f'Header always set Strict-Transport-Security "max-age={age}; includeSubDomains"')
    (told,) = of(findings(tmp_path), "TLS502")
    assert ": info TLS502" in told
    assert f"the next is {following}" in told
    ran = tlslint(*shlex.split(f"check --root {tmp_path} --fix --unsafe-fixes --diff --select TLS5"))
    assert "preload" not in ran.out, "never added"
    assert f"max-age={age}" not in ran.out, "a stage is not over because somebody says --fix"


def test_c3_the_first_stage_for_a_site_without(tmp_path: Path) -> None:
    debian(tmp_path, "", plain="Redirect permanent / https://www.example.org/")
    assert of(findings(tmp_path), "TLS501")
    ran = tlslint(*shlex.split(f"check --root {tmp_path} --fix --unsafe-fixes --diff --select TLS5"))
    assert not ran.out, "HSTS beside a certificate that signs itself would lock visitors out"
    key, leaf = made("public")
    write(tmp_path, "etc/ssl/www.pem", leaf.decode())
    write(tmp_path, "etc/ssl/www.key", key.decode())
    ran = tlslint(*shlex.split(f"check --root {tmp_path} --fix --unsafe-fixes --diff --select TLS5"))
    assert '+Header always set Strict-Transport-Security "max-age=300"' in ran.out
    assert "includeSubDomains" not in ran.out


def test_c4_redirect_first(tmp_path: Path) -> None:
    debian(tmp_path, 'Header always set Strict-Transport-Security "max-age=63072000"', plain="# nothing")
    assert "www.example.org is served over plain HTTP as well" in of(findings(tmp_path), "TLS405")[0]
    debian(
        tmp_path, 'Header always set Strict-Transport-Security "max-age=63072000"', plain="Redirect permanent / https://www.example.org/"
    )
    assert not of(findings(tmp_path), "TLS405")
    site = 'Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"'
    site += "\n</VirtualHost>\n<VirtualHost *:80>\nServerName shop.www.example.org"
    debian(tmp_path, site)
    (told,) = of(findings(tmp_path), "TLS508")
    assert "shop.www.example.org" in told


def test_d2_redirect_permanent_and_the_broken_closing_tag(tmp_path: Path) -> None:
    """The document's closing line is `</VirtualHost *:80>`."""
    debian(tmp_path, "", plain="Redirect permanent / https://www.yourdomain.com/\n</VirtualHost *:80>")
    lines = findings(tmp_path)
    assert any("</VirtualHost lacks its closing >" in line for line in of(lines, "TLS901")), lines
    debian(tmp_path, "", plain="Redirect permanent / https://www.yourdomain.com/")
    lines = findings(tmp_path)
    assert not of(lines, "TLS405")
    assert not of(lines, "TLS406")
