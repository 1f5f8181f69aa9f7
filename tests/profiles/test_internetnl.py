"""internet.nl's verdicts against the rules its own source states, one by one.

Source: internetstandards/Internet.nl, checks/tasks/tls/evaluation.py (b67c9dd), checks/tasks/tls/scans.py test_cipher_order(),
checks/tasks/tls/http.py forced_http_check(), checks/categories.py (which result is a fail, a notice, a success), tls_constants.py as
collected. No external scanner judges here: it is a web service of many parts; what it says of NCSC's lists is compared in test_editions.
"""

from pathlib import Path

import pytest
from tlslint.crypto import groups, suites
from tlslint.engine.discover import discover
from tlslint.engine.grade import graded
from tlslint.engine.run import evaluate
from tlslint.profiles import internetnl
from tlslint.targets import load

from tests.support import pki, world
from tests.support.examples import NOW_WRITTEN, httpd

NEW = "SSLProtocol -all +TLSv1.2 +TLSv1.3\n"
OLD = "SSLProtocol -all +TLSv1.2\n"
HTTP = "Listen 80\n<VirtualHost *:80>\nServerName www.example.test\n{}\n</VirtualHost>"
GROUP = groups.named
RULES = [
    # evaluation.py TLSProtocolEvaluation: bad fails, phase_out is a notice; categories.py WebTlsVersion
    ("TLS version", "SSLProtocol -all +TLSv1.3", "debian-12", "good", "pass"),
    ("TLS version", NEW, "debian-12", "sufficient", "pass"),
    ("TLS version", "SSLProtocol all -SSLv3", "debian-11", "insufficient", "fail"),
    # TLSCipherEvaluation: in none of the lists is bad
    ("ciphers", "SSLProtocol -all +TLSv1.3\nSSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384", "debian-12", "good", "pass"),
    ("ciphers", NEW + "SSLCipherSuite ECDHE+AESGCM", "debian-12", "sufficient", "pass"),
    ("ciphers", NEW + "SSLCipherSuite ECDHE+AESGCM:ECDHE-RSA-AES128-SHA256", "debian-12", "phase out", "notice"),
    ("ciphers", NEW + "SSLCipherSuite ECDHE+AESGCM:DHE-RSA-AES128-GCM-SHA256", "debian-12", "phase out", "notice"),
    ("ciphers", NEW + "SSLCipherSuite ECDHE+AESGCM:ECDHE-RSA-AES128-SHA", "debian-12", "insufficient", "fail"),
    ("ciphers", NEW + "SSLCipherSuite ECDHE+AESGCM:AES128-GCM-SHA256", "debian-12", "insufficient", "fail"),
    # test_cipher_order(): good before sufficient before phase out before bad, in the newest version below 1.3; one grade has no order
    ("cipher order", NEW + "SSLCipherSuite ECDHE+AESGCM", "debian-12", "", "pass"),
    ("cipher order", "SSLProtocol -all +TLSv1.3", "debian-12", "", "pass"),
    ("cipher order", NEW + "SSLCipherSuite ECDHE+AESGCM:AES128-GCM-SHA256", "debian-12", "", "fail"),
    ("cipher order", NEW + "SSLHonorCipherOrder on\nSSLCipherSuite ECDHE+AESGCM:AES128-GCM-SHA256", "debian-12", "", "pass"),
    ("cipher order", NEW + "SSLHonorCipherOrder on\nSSLCipherSuite AES128-GCM-SHA256:ECDHE+AESGCM", "debian-12", "", "fail"),
    # TLSForwardSecrecyParameterEvaluation: the ephemeral key that was met; finite fields other than RFC 7919's from 3072 bits on are bad
    ("key exchange parameters", NEW + "SSLCipherSuite ECDHE+AESGCM", "debian-12", "good", "pass"),
    ("key exchange parameters", NEW + "SSLCipherSuite DHE+AESGCM", "debian-12", "insufficient", "fail"),
    ("key exchange parameters", NEW + "SSLCipherSuite ECDHE+AESGCM\nSSLOpenSSLConfCmd Curves P-224:X25519", "debian-12", "good", "pass"),
    ("key exchange parameters", f"{OLD}SSLCipherSuite ECDHE+AESGCM\nSSLOpenSSLConfCmd Curves P-224", "debian-12", "phase out", "notice"),
    # scans.py: compression and renegotiation; categories.py: both fail
    ("TLS compression", NEW, "debian-12", "", "pass"),
    ("secure renegotiation", NEW, "debian-12", "", "pass"),
    ("secure renegotiation", NEW + "SSLInsecureRenegotiation on", "debian-12", "", "fail"),
    # certificates: RSA from 2048 bits on to be phased out, good from 3072 on
    ("public key of the certificate", NEW, "debian-12", "phase out", "notice"),
    # categories.py WebTlsHttpsHsts: too short (result_bad_max_age) fails as well as none
    ("HSTS", NEW, "debian-12", "", "fail"),
    ("HSTS", NEW + 'Header always set Strict-Transport-Security "max-age=31535999"', "debian-12", "", "fail"),
    ("HSTS", NEW + 'Header always set Strict-Transport-Security "max-age=31536000"', "debian-12", "", "pass"),
]  # fmt: skip


def parts(root: Path, text: str, target: str = "debian-12", recipe: str = "public", plain: str = "") -> dict[str, internetnl.Part]:
    key, chain = pki.made(recipe)
    for name, content in (
        ("etc/apache2/apache2.conf", httpd(text, plain).encode()),
        ("etc/ssl/certs/www.pem", chain),
        ("etc/ssl/private/www.key", key),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return judged(root, target, "www.example.test:443")


def judged(root: Path, target: str, name: str) -> dict[str, internetnl.Part]:
    """The parts of one endpoint, by their names."""
    instances, broken = evaluate(discover([str(root)], root=str(root)), load(target))
    assert not broken
    (row,) = (graded(instance, each, NOW_WRITTEN) for instance in instances for each in instance.endpoints if each.name == name)
    return {part.name: part for part in row.internetnl}


@pytest.mark.parametrize(("name", "text", "target", "level", "status"), RULES)
def test_as_its_source_says(name: str, text: str, target: str, level: str, status: str, tmp_path: Path) -> None:
    part = parts(tmp_path, text, target)[name]
    assert (part.level, part.status) == (level, status), part


@pytest.mark.parametrize(
    ("recipe", "name", "level", "status"),
    [
        ("rsa-1024", "public key of the certificate", "insufficient", "fail"),
        ("rsa-3072", "public key of the certificate", "good", "pass"),
        ("ecdsa", "public key of the certificate", "good", "pass"),
        ("usual", "signature of the certificate", "sufficient", "pass"),
        ("sha224", "signature of the certificate", "phase out", "notice"),
        ("sha1", "signature of the certificate", "insufficient", "fail"),
        ("usual", "domain name on certificate", "", "pass"),
        ("other-name", "domain name on certificate", "", "fail"),
    ],
)
def test_certificates(recipe: str, name: str, level: str, status: str, tmp_path: Path) -> None:
    part = parts(tmp_path, NEW + "SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=0", recipe=recipe)[name]
    assert (part.level, part.status) == (level, status), part


@pytest.mark.parametrize(
    ("plain", "status"),
    [
        ("", "pass"),  # result_no_http is a success
        (HTTP.format("Redirect permanent / https://www.example.test/"), "pass"),
        (HTTP.format("Redirect permanent / https://elsewhere.example.test/"), "fail"),  # the same name first
        (HTTP.format("DocumentRoot /var/www/html"), "fail"),
    ],
)
def test_redirects(plain: str, status: str, tmp_path: Path) -> None:
    assert parts(tmp_path, NEW, plain=plain)["HTTPS redirect"].status == status


def test_large_finite_fields_cannot_be_told_apart(tmp_path: Path) -> None:
    """A group of RFC 7919 is a notice, one of RFC 3526 or of one's own a fail; the size alone is known."""
    part = parts(tmp_path, NEW + "SSLCipherSuite DHE+AESGCM", recipe="rsa-3072")["key exchange parameters"]
    assert part.status == "unknown"
    assert "RFC 7919" in part.text


def test_what_is_not_known_is_no_verdict(tmp_path: Path) -> None:
    """Words of the environment of httpd, which no file tells."""
    found = parts(tmp_path, "SSLProtocol ${VERSIONS}\nSSLCipherSuite ${SUITES}\nHeader always set Strict-Transport-Security ${HSTS}")
    assert {found[name].status for name in ("TLS version", "ciphers", "HSTS")} == {"unknown"}
    assert set(parts(tmp_path / "maybe", "SSLEngine ${ENGINE}")) == {"TLS available"}


def test_every_suite_and_group_has_the_grade_of_the_lists() -> None:
    """What is in no list is insufficient: static RSA, SHA-1, 3DES, CCM_8 …"""
    named = {suite.iana: internetnl.suite_level(suite) for suite in suites.numbers().values()}
    assert named["TLS_AES_128_CCM_SHA256"] == "sufficient"
    assert {
        named[name] for name in ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_CCM_8_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")
    } == {"insufficient"}
    assert sorted(named.values()).count("good") == 2
    levels = {
        name: internetnl.group_level(group)
        for name in ("X25519", "secp224r1", "ffdhe2048", "ffdhe4096")
        if (group := GROUP(name)) is not None
    }
    assert levels == {"X25519": "good", "secp224r1": "phase out", "ffdhe2048": "insufficient", "ffdhe4096": "phase out"}


def test_mail_is_judged_by_the_same_lists(tmp_path: Path) -> None:
    """MailTls: versions, suites, order, parameters and certificates; no HSTS, no redirect, no OCSP."""
    main = (
        "compatibility_level = 3.6\nsmtpd_tls_security_level = may\nsmtpd_tls_chain_files = /etc/mx.pem\nsmtpd_tls_protocols = >=TLSv1.2\n"
    )
    world.lay({"files": {"/etc/postfix/main.cf": main, "/etc/postfix/master.cf": "smtp inet n - y - - smtpd\n"}}, tmp_path)
    key, chain = pki.made("rsa-3072")
    (tmp_path / "etc/mx.pem").write_bytes(key + chain)
    found = {name: part.status for name, part in judged(tmp_path, "debian-12", "smtp (25)").items()}
    assert found["TLS version"] == "pass"
    assert found["ciphers"] == "fail", "static RSA and DHE are in Postfix's own list"
    assert found["cipher order"] == "fail", "Postfix lets the client decide unless tls_preempt_cipherlist says otherwise"
    assert not {"HSTS", "HTTPS redirect"} & set(found)
