"""What the documents this product started from ask of profiles, versions, grades and certificates, row by row."""

import json
from pathlib import Path

import pytest

from tests.support import pki
from tests.support.cli import tlslint
from tests.support.examples import NOW_WRITTEN

SITE = """LoadModule ssl_module x.so
LoadModule headers_module x.so
Listen 443
<VirtualHost *:443>
ServerName www.example.test
SSLEngine on
SSLCertificateFile /etc/ssl/www.pem
{text}
</VirtualHost>
"""


def site(root: Path, text: str, recipe: str = "public") -> Path:
    key, chain = pki.made(recipe)
    for name, content in (("etc/apache2/apache2.conf", SITE.format(text=text).encode()), ("etc/ssl/www.pem", key + chain + DH)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


DH = pki.dh_parameters(1024)


def said(root: Path, *options: str) -> list[dict[str, object]]:
    run = tlslint("--root", root, "--now", NOW_WRITTEN, "--output-format", "json", *options, root)
    found: list[dict[str, object]] = json.loads(run.out)["findings"]
    return found


def test_a4_forward_secrecy_for_every_connection(tmp_path: Path) -> None:
    """Suites without it, each endpoint by name; the size of the RSA key and of DH parameters from the certificate file."""
    site(tmp_path, "SSLProtocol -all +TLSv1.2\nSSLCipherSuite AES128-SHA:ECDHE+AESGCM:DHE+AESGCM@SECLEVEL=0", "rsa-1024")
    found = {finding["rule"]: finding["message"] for finding in said(tmp_path, "--target", "debian-12")}
    assert "www.example.test:443 offers suites without forward secrecy: AES128-SHA" in found["TLS301"]  # type: ignore[operator]
    assert "1024 bits" in found["TLS312"]  # type: ignore[operator]
    assert "DH parameters of 1024 bits" in found["TLS302"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        ("SSLSessionTickets off", "httpd@2.4.10", "came with httpd 2.4.11"),
        ("SSLOpenSSLConfCmd Curves X25519", "httpd@2.4.7", "came with httpd 2.4.8"),
    ],
)
def test_a7_every_directive_against_the_version_in_use(text: str, target: str, words: str, tmp_path: Path) -> None:
    site(tmp_path, text)
    (finding,) = [finding for finding in said(tmp_path, "--target", target) if finding["rule"] == "TLS804"]
    assert words in str(finding["message"])
    assert not [finding for finding in said(tmp_path, "--target", "httpd@2.4.62") if finding["rule"] == "TLS804"]


def test_a7_dovecots_order_of_suites_needs_226(tmp_path: Path) -> None:
    path = tmp_path / "etc/dovecot/dovecot.conf"
    path.parent.mkdir(parents=True)
    path.write_text("protocols = imap\nssl = yes\nssl_prefer_server_ciphers = yes\n")
    old = [finding for finding in said(tmp_path, "--target", "dovecot@2.2.5") if finding["rule"] in ("TLS801", "TLS804")]
    assert [finding for finding in old if "ssl_prefer_server_ciphers" in str(finding["message"])], old
    new = said(tmp_path, "--target", "dovecot@2.2.6")
    assert not [finding for finding in new if finding["rule"] in ("TLS801", "TLS804")]


def test_a9_the_grade_and_why_it_is_no_better(tmp_path: Path) -> None:
    site(tmp_path, "SSLProtocol all -SSLv3\nSSLCipherSuite HIGH:!aNULL")
    run = tlslint("grade", "--root", tmp_path, "--target", "debian-11", "--now", NOW_WRITTEN, tmp_path)
    assert "SSL Labs 2009r: B" in run.out
    assert "B  at best: TLS 1.0 and TLS 1.1 offered; offer TLS 1.2 and 1.3 only" in run.out


def test_c2_a_plus_wants_180_days_and_one_year_is_the_preload_lists_rule(tmp_path: Path) -> None:
    good = "SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite ECDHE+AESGCM\nHeader always set Strict-Transport-Security"
    for seconds, letter in ((15552000, "A+"), (15551000, "A")):
        site(tmp_path, f'{good} "max-age={seconds}"', "public")
        (tmp_path / "etc/ssl/www.pem").write_bytes(b"".join(pki.made("public")))
        run = tlslint("grade", "--root", tmp_path, "--target", "debian-12", "--now", NOW_WRITTEN, tmp_path)
        assert f"SSL Labs 2009r: {letter} " in run.out
    site(tmp_path, f'{good} "max-age=16000000; includeSubDomains; preload"')
    (finding,) = [finding for finding in said(tmp_path, "--target", "debian-12") if finding["rule"] == "TLS510"]
    assert "year" in str(finding["message"])
    assert "preload" in str(finding["message"])
