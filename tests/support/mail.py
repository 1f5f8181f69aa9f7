"""What Dovecot's and Courier's labelled records say, held against a prediction."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tlslint.files import Files
from tlslint.model import Endpoint, Instance, Known
from tlslint.targets import load

from tests.support import world

CLIENT_CERTIFICATE = {"none": {"none"}, "requested": {"optional", "required"}, "required": {"required"}}
"""Dovecot refuses a login without certificate, not the handshake: `required` looks like `requested` from outside."""


def below(root: Path) -> Files:
    """The files of a laid record, by their names on the server."""
    return Files((str(root),), str(root), (("/", str(root)),))


def text_as(
    evaluate: Any, files: dict[str, str], root: Path, start: str, target: str | None = "debian-12", *, complete: bool = True
) -> Instance:
    """Lay some texts below `root` and evaluate `start`."""
    world.lay({"files": files}, root)
    found: Instance = evaluate.instances(start, below(root), load(target), complete=complete)[0]
    return found


def probed(endpoints: Iterable[Endpoint], probe: dict[str, Any]) -> Endpoint | None:
    """The endpoint that a probe's client meets."""
    at_port = [each for each in endpoints if each.port.holds(probe["port"]) and _serves(each, probe["address"])]
    at_port.sort(key=lambda each: each.address.holds("*"))
    name = probe.get("server_name")
    named = [each for each in at_port if name and isinstance(each.server_names, Known) and name in (each.server_names.value or ())]
    found = named or [each for each in at_port if each.server_names.holds(None)]
    network = probe.get("client_address", "").rpartition(".")[0]
    singled_out = [each for each in found if " from " in each.name and f" from {network}." in each.name]
    found = singled_out or [each for each in found if " from " not in each.name]
    return found[0] if found else None


def _serves(endpoint: Endpoint, address: str) -> bool:
    if endpoint.address.holds("*") or endpoint.address.holds(address):
        return True
    network = str(endpoint.address.value) if isinstance(endpoint.address, Known) else ""
    return "/" in network and address.startswith(network.partition(".0/")[0] + ".")


def differences(endpoints: Iterable[Endpoint], probe: dict[str, Any]) -> Iterator[str]:
    """Every measured field that the prediction does not equal."""
    observed, endpoint = probe["observed"], probed(endpoints, probe)
    where = f"{probe['protocol']} {probe['address']}:{probe['port']}"
    if not observed["open"]:
        if endpoint is not None:
            yield f"{where} is closed, predicted {endpoint.name}"
        return
    if endpoint is None:
        yield f"{where} is open, predicted nothing"
        return
    for field, expected in predictions(endpoint).items():
        measured, predicted = observed.get(field), expected
        if field not in observed or measured is None or (field == "tls_works" and observed["tls"] == "none"):
            continue
        if field == "cipher_suites" and not observed.get("server_order"):
            measured, predicted = sorted(measured), sorted(predicted)
        if field == "groups":
            measured = sorted({name for names in measured.values() for name in names})
        if field == "client_certificate":
            if predicted not in CLIENT_CERTIFICATE[measured]:
                yield f"{where} {field}: seen {measured}, predicted {predicted}"
        elif predicted != measured:
            yield f"{where} {field}: seen {measured}, predicted {predicted} {endpoint.tls_failure}"


def predictions(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint in the words of the records."""
    return {
        "tls": value(endpoint.tls).value,
        "tls_works": value(endpoint.tls_works),
        "versions": sorted(version.word for version in value(endpoint.versions)),
        "cipher_suites": [suite.iana for suite in value(endpoint.cipher_suites)],
        "server_order": value(endpoint.server_order),
        "cleartext_login": value(endpoint.cleartext_login),
        "client_certificate": value(endpoint.client_certificate),
        "groups": sorted(group.iana for group in value(endpoint.groups) or ()),
    }


def value(known: Any) -> Any:
    """A value that must be known."""
    assert isinstance(known, Known), known
    return known.value
