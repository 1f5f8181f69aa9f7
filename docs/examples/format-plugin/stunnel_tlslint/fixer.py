"""Versions and suites in stunnel's words."""

from collections.abc import Sequence

from tlslint.crypto.libraries import build_of
from tlslint.crypto.spelling import openssl_list
from tlslint.model import Endpoint, Instance
from tlslint.model.remedy import Edit, ModelRemedy, OfferSuites, OfferVersions
from tlslint.parsers import placing
from tlslint.parsers.format import Way

from stunnel_tlslint.evaluate import services


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """The option in place, else a new line below the name of each service."""
    if isinstance(remedy, OfferVersions):
        option, value = "sslVersionMin", min(remedy.versions).word
    elif isinstance(remedy, OfferSuites):
        option, value = "ciphers", openssl_list(remedy.suites, build_of(instance.tls_library))
    else:
        return "stunnel has no option for that here"
    anchors = {endpoint.anchor for endpoint in endpoints}
    edits = []
    for service in services(instance.root):
        if service.name not in anchors:
            continue
        written = service.options.get(option.lower())
        if written is not None:
            edits.append(Edit(written, value.encode()))
        else:
            edits.append(placing.below(service.name, [f"{option} = {value}".encode()]))
    return [tuple(edits)]


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:  # noqa: ARG001 (one service, whatever changed)
    """stunnel reads its files again on SIGHUP, by its unit's reload."""
    return ["systemctl reload stunnel4"]
