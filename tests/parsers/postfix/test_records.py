"""Every labelled Postfix: what clients saw of its listeners, and what became of mail it sent, equals what is predicted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tlslint.files import Files
from tlslint.model import Known, TlsMode, Unknown
from tlslint.parsers.postfix import client as clients
from tlslint.parsers.postfix import evaluate
from tlslint.parsers.postfix.evaluate import Evaluated, Listener, Transport
from tlslint.targets import load

from tests.support import world

RECORDS = world.records("postfix")
SENDING = [record for record in RECORDS if record["kind"] == "client"]
SERVING = [record for record in RECORDS if record["kind"] != "client" and record["starts"]]
PEERS = {"plain", "untrusted", "trusted", "wrongname", "tls10only"}
KINDS = {None: "", "dies after STARTTLS": "after starttls", "no banner": "no banner", "nothing listens": "no banner"}
BEYOND_FILES = {
    "key-mismatch": "a private key is never opened, so that it belongs to another certificate cannot be told",
    "eckey-mismatch": "likewise",
}


def read(record: world.Record, root: Path) -> Evaluated:
    world.lay(record, root)
    files = Files((str(root),), str(root), (("/", str(root)),))
    return evaluate.evaluate("/etc/postfix/main.cf", files, load(record["target"]), complete=True)[0]


# --- listeners ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", SERVING, ids=lambda record: record["id"])
def test_every_listener(record: world.Record, tmp_path: Path) -> None:
    """How TLS fails, who asks for client certificates, which certificate is shown, suites by version."""
    found = read(record, tmp_path)
    wrong = []
    for row in record["services"]:
        name, _, kind = row["service"].rpartition("/")
        one = next((each for each in found.listeners if (each.service.name, each.service.type) == (name, kind)), None)
        if one is not None:
            wrong += [f"{row['service']} {line}" for line in listener_differences(one, row["observed"])]
    assert not wrong or any(part in record["id"] for part in BEYOND_FILES), wrong


def listener_differences(one: Listener, observed: dict[str, Any]) -> Iterator[str]:
    failure = one.server.failure.kind if one.server.failure else ""
    seen = KINDS.get(observed.get("failure"), observed.get("failure"))
    if failure != seen and {failure, seen} != {"dropped", "handshake"} and observed.get("tls") != "implicit":
        yield f"failure: seen {seen!r}, predicted {failure!r}"
    if failure or seen or not observed.get("tls_works"):
        return
    if "asks_client_cert" in observed and one.endpoint.client_certificate.holds("none") is bool(observed["asks_client_cert"]):
        yield f"client certificate: seen {observed['asks_client_cert']}, predicted {one.endpoint.client_certificate}"
    shown = {path.partition("#")[0] for path in observed.get("certificates") or ()}
    mine = {certificate.path for certificate in one.endpoint.certificates}
    if shown - mine:
        yield f"certificates: seen {shown}, predicted {mine}"


# --- transports --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", SENDING, ids=lambda record: record["id"])
def test_every_transport(record: world.Record, tmp_path: Path) -> None:
    """To which kinds of server mail goes, over what; versions, suites in order, the password."""
    found = read(record, tmp_path)
    wrong = []
    for row in record.get("transports", ()):
        one = meant(found, row)
        assert one is not None, row["service"]
        wrong += [f"{row['service']} to {row['nexthop']}: {line}" for line in transport_differences(one, row)]
    assert not wrong


def meant(found: Evaluated, row: dict[str, Any]) -> Transport | None:
    """The transport as it is for this destination: its policy, or DANE where there is any."""
    name, _, kind = row["service"].partition("/")
    own = [one for one in found.transports if (one.service.name, one.service.type) == (name, kind)]
    policy = clients.policy_for(row["nexthop"].split()[0], tuple(one.policy for one in own if one.policy))
    those = [one for one in own if one.policy == policy]
    if policy is None and row["recipient_domain"] == "secured.example":
        those.sort(key=lambda one: not one.endpoint.name.endswith("with DANE"))
    return those[0] if those else None


def transport_differences(one: Transport, row: dict[str, Any]) -> Iterator[str]:
    observed = row["observed"]
    assert observed["delivers_to"].keys() <= PEERS
    for peer, delivered in observed["delivers_to"].items():
        over = observed["delivered_over"].get(peer)
        predicted = arrives(one, peer, row, observed)
        if predicted is not None and (delivered, {"TLSv1": "TLSv1.0"}.get(over, over)) != predicted:
            yield f"{peer}: seen {delivered} {over} ({observed['reason'].get(peer)}), predicted {predicted}"
    over_tls = [peer for peer, over in observed["delivered_over"].items() if str(over).startswith("TLS")]
    if one.endpoint.tls_works.holds(False) if over_tls else one.endpoint.tls_works.holds(True) and not needs_more(one, observed):
        yield f"TLS works: seen {over_tls}, predicted {one.endpoint.tls_works}"
    if not one.client.failure and isinstance(one.endpoint.versions, Known) and not one.endpoint.tls.holds(TlsMode.NONE):
        versions = sorted({"TLSv1": "TLSv1.0"}.get(word, word) for word in observed.get("versions", ()))
        mine = sorted(version.word for version in one.endpoint.versions.value)
        if "versions" in observed and versions != mine and not needs_more(one, observed):
            yield f"versions: seen {versions}, predicted {mine}"
        suites = [suite.iana for suite in one.endpoint.cipher_suites.value] if isinstance(one.endpoint.cipher_suites, Known) else None
        if observed.get("cipher_suites") and suites != observed["cipher_suites"]:
            yield f"suites: seen {observed['cipher_suites']}, predicted {suites}"
    if "password_in_cleartext" in observed and not one.endpoint.cleartext_login.holds(observed["password_in_cleartext"]):
        yield f"password: seen {observed['password_in_cleartext']}, predicted {one.endpoint.cleartext_login}"


def needs_more(one: Transport, observed: dict[str, Any]) -> bool:
    """Does the outcome hang on DNS or on the server's own logins?"""
    reasons = " ".join(str(reason) for reason in observed["reason"].values())
    return (one.client.level == "dane-only" and "no TLSA records" in reasons) or "no mechanism available" in reasons


def arrives(one: Transport, peer: str, row: dict[str, Any], observed: dict[str, Any]) -> tuple[bool, str | None] | None:
    """Delivered and over what; None where no file tells."""
    mode, client = one.endpoint.tls, one.client
    waits, clear = (False, None), (True, "cleartext")
    if isinstance(mode, Unknown):
        assert client.failure
        return waits
    if needs_more(one, observed) or isinstance(one.endpoint.versions, Unknown):
        return None
    if peer == "plain":
        return clear if mode.value in (TlsMode.NONE, TlsMode.STARTTLS) else waits
    if client.failure:
        return clear if client.goes_in_clear else waits
    if mode.value is TlsMode.NONE:
        return clear
    common = {version.word for version in one.endpoint.versions.value} & (
        {"TLSv1.0"} if peer == "tls10only" else {f"TLSv1.{n}" for n in range(4)}
    )
    if not common or (not client.verification.holds("none") and not accepts(client, peer)):
        return waits
    return (True, max(common))


def accepts(client: clients.Client, peer: str) -> bool:
    """Is the server's certificate good enough? The trusted one carries exactly the names asked for."""
    if peer in ("untrusted", "wrongname"):
        return False
    return client.has_authorities or client.level not in ("verify", "secure")
