"""Clients of LDAP servers: every labelled record, the grammars, the mistakes of the document."""

import re
from pathlib import Path

import pytest
from tlslint.model import Instance, TlsMode
from tlslint.model.versions import TLS10, TLS12, TLS13
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.support import mail, world

CLIENTS = [record for record in world.records("openldap") if record["kind"] == "client"]
CA = "/etc/ldap/certs/ca.pem"


def client(root: Path, text: str, path: str = "/etc/ldap/ldap.conf", target: str = "debian-13") -> Instance:
    """The client that one file configures; a CA lies at `CA`."""
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode())
    (root / "etc/ldap/certs").mkdir(parents=True, exist_ok=True)
    (root / CA.lstrip("/")).write_bytes(world.certificate("ecdsa", 256, "Lab Root CA", (), is_ca=True))
    return evaluate.instances(path, mail.below(root), load(target), complete=True)[0]


def rules(instance: Instance) -> list[str]:
    """What was met while reading."""
    return [problem.rule for problem in instance.problems]


@pytest.mark.parametrize("record", CLIENTS, ids=lambda record: record["id"])
def test_every_labelled_client_does_what_was_seen(record: world.Record, tmp_path: Path) -> None:
    if record.get("environment"):
        pytest.skip("LDAPNOINIT makes libldap read no file at all, and no file says so")
    world.lay(record, tmp_path)
    root = next((path for path in record["files"] if "ldaprc" in path), "/etc/ldap/ldap.conf")
    (instance,) = evaluate.instances(root, mail.below(tmp_path), load(record["target"]), complete=True)
    endpoint, seen = instance.endpoints[0], record["observed"]
    hello = seen["client_hello"]
    assert [version.word for version in sorted(endpoint.versions.surely)] == seen["versions"]
    assert [suite.iana for suite in endpoint.cipher_suites.surely] == (hello["cipher_suites"] if hello else [])
    works = endpoint.tls_works.holds(True)
    accepts_any = works and endpoint.peer_verification.holds("none")
    named = re.findall(r"(?im)^[ \t]*tls_cacert[ \t]+(\S.*?)[ \t\r]*$", "\n".join(record["files"].values()))
    authority = record["certificates"].get(named[-1], {}).get("cn") if named else None
    for way in ("ldaps", "starttls"):
        assert seen[f"{way}_wrongname"] == seen[f"{way}_expired"] == accepts_any
        assert seen[f"{way}_trusted"] == (accepts_any or (works and authority == "Lab Root CA"))
        assert seen[f"{way}_untrusted"] == (accepts_any or (works and authority == "Somebody Else CA"))
    if seen["default_uri_works"]:
        assert endpoint.tls.holds(TlsMode.IMPLICIT) == seen["default_uri_encrypted"]


def test_protocol_min_counts_on_openssl_only(tmp_path: Path) -> None:
    assert client(tmp_path, "TLS_PROTOCOL_MIN 3.4\n").endpoints[0].versions.surely == {TLS13}
    assert client(tmp_path, "TLS_PROTOCOL_MIN TLSv1.3\n").endpoints[0].versions.surely == {TLS12, TLS13}
    assert TLS10 in client(tmp_path, f"TLS_CACERT {CA}\nTLS_PROTOCOL_MIN 3.4\n", target="debian-12").endpoints[0].versions.surely
