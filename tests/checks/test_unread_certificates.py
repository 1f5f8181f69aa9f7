"""Where a certificate was not read, its key may be an RSA or an ECDSA one: what hangs on that is told as such, at low confidence."""

from pathlib import Path

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.run import Result, run, selection
from tlslint.model import Confidence, Finding, Severity
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.support import world

CERTIFICATE = "ssl_cert = </etc/letsencrypt/live/a/fullchain.pem\nssl_key = </etc/letsencrypt/live/a/privkey.pem\n"
KEYS = {"rsa": {"type": "rsa", "bits": 2048}, "ecdsa": {"type": "ecdsa", "curve": "secp256r1"}}


def dovecot(root: Path, ciphers: str, *, order: str = "no", key: str = "") -> Result:
    """Dovecot 2.3 in a repository, with a certificate that was not read, or with one of `key`."""
    pki = {"/etc/letsencrypt/live/a/fullchain.pem": {**KEYS[key], "key": "/etc/letsencrypt/live/a/privkey.pem"}} if key else {}
    text = f"protocols = imap\nssl = required\n{CERTIFICATE}ssl_cipher_list = {ciphers}\nssl_prefer_server_ciphers = {order}\n"
    world.lay({"files": {"/etc/dovecot/dovecot.conf": text}, "certificates": pki}, root)
    found = discover([str(root / "etc")], root=str(root) if key else None)
    return run(found, load("debian-12"), selection(["TLS2", "TLS301", "TLS303"], []), [load_profile("mozilla-intermediate")])


def only(result: Result, code: str) -> Finding | None:
    return next((finding for finding in result.findings if finding.code == code), None)


def test_static_rsa_needs_an_rsa_key(tmp_path: Path) -> None:
    """An ECDSA certificate (what certbot asks for since 2.0) never gets there; it was a warning at high confidence."""
    ciphers = "ECDHE+AESGCM:AES128-SHA"
    told = only(dovecot(tmp_path / "unread", ciphers), "TLS301")
    assert told is not None
    assert (told.severity, told.confidence) == (Severity.INFO, Confidence.LOW)
    assert "offers suites without forward secrecy if its certificate has an RSA key: AES128-SHA" in told.message
    read = only(dovecot(tmp_path / "rsa", ciphers, key="rsa"), "TLS301")
    assert read is not None
    assert (read.severity, read.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert "if its certificate" not in read.message
    assert only(dovecot(tmp_path / "ecdsa", ciphers, key="ecdsa"), "TLS301") is None


def test_what_is_so_with_every_key_stays_sure(tmp_path: Path) -> None:
    told = only(dovecot(tmp_path, "HIGH:!aNULL"), "TLS206")
    assert told is not None
    assert (told.severity, told.confidence) == (Severity.WARNING, Confidence.HIGH)


def test_a_list_for_rsa_keys_alone_is_for_an_rsa_key(tmp_path: Path) -> None:
    """With an ECDSA key no suite of it would be left, so nobody has one."""
    told = only(dovecot(tmp_path, "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"), "TLS301")
    assert told is not None
    assert told.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("ciphers", "expected"),
    [
        # static RSA before suites that only an ECDSA key brings: no server has to choose between the two
        ("ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", None),
        ("AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", Confidence.LOW),
        ("AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", Confidence.HIGH),
    ],
)
def test_suites_of_one_key_are_compared(ciphers: str, expected: Confidence | None, tmp_path: Path) -> None:
    """`AES128-GCM-SHA256` was said to be preferred to `ECDHE-ECDSA-AES256-CCM8`."""
    told = only(dovecot(tmp_path, ciphers, order="yes"), "TLS211")
    assert (told.confidence if told else None) == expected


def test_a_mix_that_only_an_rsa_key_brings(tmp_path: Path) -> None:
    told = only(dovecot(tmp_path, "ECDHE+AESGCM:AES128-SHA"), "TLS210")
    assert told is not None
    assert (told.severity, told.confidence) == (Severity.INFO, Confidence.LOW)


def test_nobody_is_stronger_for_having_no_certificate(tmp_path: Path) -> None:
    """Postfix 2.10 was said to prefer ECDH-ECDSA-AES256-GCM-SHA384 to ADH-AES128-GCM-SHA256, which is stronger."""
    text = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:ADH-AES128-GCM-SHA256@SECLEVEL=0"
    assert only(dovecot(tmp_path, text, order="yes", key="rsa"), "TLS211") is None
