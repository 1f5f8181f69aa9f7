"""Priority strings that stand for others: seen with gnutls-cli and ldapwhoami of Debian 12 (GnuTLS 3.7.9)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import pki, world
from tests.support.cli import tlslint

CONFIG = "[priorities]\nSYSTEM = SECURE192:-VERS-ALL:+VERS-TLS1.3\n"
SERVERS = {
    "slapd": ("/etc/ldap/slapd.conf", "TLSCertificateFile /etc/ssl/c.pem\nTLSCertificateKeyFile /etc/ssl/c.pem\nTLSCipherSuite {}\n"),
    "client": ("/etc/ldap/ldap.conf", "URI ldaps://l.example.test\nTLS_CACERT /etc/ssl/c.pem\nTLS_CIPHER_SUITE {}\n"),
    "courier": (
        "/etc/courier/imapd-ssl",
        "IMAPDSSLSTART=YES\nSSLPORT=993\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/ssl/c.pem\nTLS_PRIORITY={}\n",
    ),
}


def judged(root: Path, name: str, *others: tuple[str, str]) -> tuple[Any, list[str]]:
    """Versions of the first endpoint, and the rules on versions and suites that speak."""
    path, text = SERVERS[name]
    world.lay({"files": {path: text.format("@SYSTEM"), "/etc/ssl/c.pem": "", **dict(others)}}, root)
    key, chain = pki.made("public")
    (root / "etc/ssl/c.pem").write_bytes(key + chain)
    (root / "etc/ssl/c.pem").chmod(0o600)
    words = ("--root", root, "--target", "debian-12", "--output-format", "json", root)
    endpoints = json.loads(tlslint("effective", *words).out)["instances"][0]["endpoints"]
    found = json.loads(tlslint("--select", "TLS1,TLS2", *words).out)["findings"]
    return endpoints[0]["versions"], sorted({finding["rule"] for finding in found})


@pytest.mark.parametrize("name", SERVERS)
def test_what_the_configuration_of_gnutls_says_counts(name: str, tmp_path: Path) -> None:
    versions, told = judged(tmp_path, name, ("/usr/bin/couriertls", ""), ("/etc/gnutls/config", CONFIG))
    assert versions == ["TLSv1.3"]
    assert told == []


@pytest.mark.parametrize(("name", "told"), [("slapd", []), ("client", ["TLS212"]), ("courier", ["TLS212"])])
def test_a_host_without_it_has_no_such_string(name: str, told: list[str], tmp_path: Path) -> None:
    versions, found = judged(tmp_path, name, ("/usr/bin/couriertls", ""))
    assert versions == []
    assert found == told


@pytest.mark.parametrize("name", SERVERS)
def test_where_it_is_not_in_sight_nothing_is_claimed(name: str, tmp_path: Path) -> None:
    versions, told = judged(tmp_path, name)
    assert versions == {"unknown": "what the priority string stands for is in /etc/gnutls/config, which was not seen"}
    assert told == []
