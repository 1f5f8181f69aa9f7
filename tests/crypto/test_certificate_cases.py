"""Certificates in every kind of trouble, from the file to the finding; for every server that names them."""

from pathlib import Path

import pytest
from tlslint.crypto import certificates
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import Finding
from tlslint.targets import load

from tests.support import pki
from tests.support.examples import NOW_WRITTEN

CERTIFICATE, KEY = "etc/ssl/certs/one.pem", "etc/ssl/private/one.key"
CONFIGURATIONS = {
    "httpd": {
        "etc/apache2/apache2.conf": "LoadModule ssl_module x.so\nListen 443\n<VirtualHost *:443>\nServerName www.example.test\n"
        f"SSLEngine on\nSSLCertificateFile /{CERTIFICATE}\nSSLCertificateKeyFile /{KEY}\n</VirtualHost>\n"
    },
    "postfix": {
        "etc/postfix/main.cf": "compatibility_level = 3.6\nmyhostname = mx.example.test\nsmtpd_tls_security_level = encrypt\n"
        f"smtpd_tls_cert_file = /{CERTIFICATE}\nsmtpd_tls_key_file = /{KEY}\n",
        "etc/postfix/master.cf": "submission inet n - y - - smtpd\n",
    },
    "dovecot": {"etc/dovecot/dovecot.conf": f"protocols = imap\nssl = required\nssl_cert = </{CERTIFICATE}\nssl_key = </{KEY}\n"},
    "slapd": {
        "etc/ldap/slapd.conf": "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        f"TLSCertificateFile /{CERTIFICATE}\nTLSCertificateKeyFile /{KEY}\ndatabase mdb\nsuffix dc=test\n",
        "etc/default/slapd": 'SLAPD_SERVICES="ldaps:///"\n',
    },
    "courier": {
        "etc/courier/imapd-ssl": "SSLPORT=993\nIMAPDSSLSTART=YES\nCOURIERTLS=/usr/bin/couriertls\n"
        f"TLS_CERTFILE=/{CERTIFICATE}\nTLS_PRIVATE_KEYFILE=/{KEY}\n",
        "etc/courier/imapd": "PORT=143\n",
    },
}
CASES = {
    "expired": ("expired", "TLS311"),
    "ends soon": ("soon", "TLS311"),
    "not yet valid": ("early", "TLS311"),
    "weak key": ("rsa-1024", "TLS312"),
    "signed with SHA-1": ("sha1", "TLS313"),
    "signed with MD5": ("md5", "TLS313"),
    "without its intermediate": ("no-intermediate", "TLS314"),
    "wrong order": ("wrong-order", "TLS314"),
    "root included": ("with-root", "TLS314"),
    "too long a life": ("long-lived", "TLS317"),
}


def judged(
    root: Path, service: str, certificate: bytes | None, key: bytes | None, rules: str = "TLS31", mode: int = 0o600
) -> list[Finding]:
    """What is said of a server with these files; None: the file is missing."""
    for name, text in CONFIGURATIONS[service].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, data in ((CERTIFICATE, certificate), (KEY, key)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if data is not None:
            (root / name).write_bytes(data)
            (root / name).chmod(mode if name == KEY else 0o644)
    result = run(discover([str(root)], root=str(root)), load("debian-12"), selection([rules], []), (), NOW_WRITTEN)
    assert not result.broken
    assert result.instances
    return list(result.findings)


@pytest.mark.parametrize("service", sorted(CONFIGURATIONS))
@pytest.mark.parametrize("case", sorted(CASES))
def test_trouble_is_told_for_every_server(case: str, service: str, tmp_path: Path) -> None:
    recipe, code = CASES[case]
    key, chain = pki.made(recipe)
    findings = judged(tmp_path, service, chain, key)
    refused = any(finding.code == "TLS310" for finding in findings)
    codes = {finding.code for finding in findings}
    assert code in codes or (service == "httpd" and case in ("weak key", "signed with SHA-1", "signed with MD5") and not refused), codes


@pytest.mark.parametrize("service", sorted(CONFIGURATIONS))
def test_a_good_certificate_is_no_finding(service: str, tmp_path: Path) -> None:
    key, chain = pki.made("public")
    assert not [f"{finding.code} {finding.message}" for finding in judged(tmp_path, service, chain, key)]


@pytest.mark.parametrize(("service", "code"), [("httpd", "TLS315"), ("postfix", "TLS315")])
def test_a_wrong_name(service: str, code: str, tmp_path: Path) -> None:
    key, chain = pki.made("other-name")
    (finding,) = judged(tmp_path, service, chain, key)
    assert finding.code == code
    assert "elsewhere.example.test" in finding.message


@pytest.mark.parametrize("service", sorted(CONFIGURATIONS))
@pytest.mark.parametrize(
    "garbage", [b"", b"not a certificate\n", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x00\xff" * 50]
)
def test_garbage_is_told(service: str, garbage: bytes, tmp_path: Path) -> None:
    codes = {finding.code for finding in judged(tmp_path, service, garbage, pki.made("public")[0])}
    assert codes & {"TLS310"}, codes


@pytest.mark.parametrize("service", sorted(CONFIGURATIONS))
def test_a_missing_file_is_told(service: str, tmp_path: Path) -> None:
    assert "TLS310" in {finding.code for finding in judged(tmp_path, service, None, pki.made("public")[0])}


@pytest.mark.parametrize("service", sorted(CONFIGURATIONS))
def test_an_encrypted_key_is_neither_opened_nor_missed(service: str, tmp_path: Path) -> None:
    """Only its mode is looked at: the same findings as with a plain one, whatever the file holds."""
    leaf, chain = pki.RECIPES["public"]()
    assert not judged(tmp_path, service, chain, leaf.key_pem("secret"))
    assert not judged(tmp_path, service, chain, b"\x00 no key at all")
    (finding,) = judged(tmp_path, service, chain, leaf.key_pem("secret"), mode=0o644)
    assert finding.code == "TLS316"


def test_of_a_bundle_only_the_certificates_are_taken() -> None:
    leaf, chain = pki.RECIPES["public"]()
    for key in (leaf.key_pem(), leaf.key_pem("secret"), b"-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n"):
        for bundle in (key + chain, chain + key, chain.replace(b"-----END CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n" + key, 1)):
            read = certificates.read(bundle)
            assert (read.problem, read.blocks, read.in_order) == ("", 2, True)
            assert read.leaf is not None
            assert read.leaf.subject == "CN=www.example.test"


def test_a_key_all_may_read_in_a_folder_only_root_may_enter_is_safe(tmp_path: Path) -> None:
    key, chain = pki.made("public")
    assert [finding.code for finding in judged(tmp_path, "httpd", chain, key, mode=0o644)] == ["TLS316"]
    (tmp_path / KEY).parent.chmod(0o700)
    assert not judged(tmp_path, "httpd", chain, key, mode=0o644)


def test_keys_of_both_kinds_in_postfix_chain_files(tmp_path: Path) -> None:
    """Each certificate is the one behind its own key: RSA and ECDSA in one file."""
    world = tmp_path / "etc/postfix"
    world.mkdir(parents=True)
    (world / "main.cf").write_text("compatibility_level = 3.6\nsmtpd_tls_security_level = may\nsmtpd_tls_chain_files = /etc/ssl/both.pem\n")
    (world / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    (tmp_path / "etc/ssl").mkdir()
    (tmp_path / "etc/ssl/both.pem").write_bytes(b"".join(part for recipe in ("public", "ecdsa") for part in pki.made(recipe)))
    result = run(discover([str(tmp_path)], root=str(tmp_path)), load("debian-12"), selection([], []), (), NOW_WRITTEN)
    (endpoint,) = [endpoint for instance in result.instances for endpoint in instance.endpoints if endpoint.port.holds(25)]
    assert [certificate.key_type for certificate in endpoint.certificates] == ["RSA", "ECDSA"]
    assert {suite.authentication for suite in endpoint.cipher_suites.surely if suite.is_aead and suite.key_exchange == "ECDHE"} == {
        "RSA",
        "ECDSA",
    }
