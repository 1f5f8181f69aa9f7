"""Remedies in Postfix's words: the deciding main.cf line or master.cf `-o` changed in place."""

from tlslint.model import Endpoint, Instance, Origin, Span
from tlslint.model.remedy import Edit, OfferVersions, SetValue
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.postfix.syntax import main_cf

_ORDER: tuple[TlsVersion, ...] = (TLS10, TLS11, TLS12, TLS13)
_WORDS = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}


def edits(instance: Instance, endpoints: list[Endpoint], remedy: SetValue | OfferVersions, ciphers: str) -> tuple[Edit, ...] | str:  # noqa: ARG001
    """Spell `remedy` for `endpoints`. Returns the edits, or a sentence why nothing can be written.

    Exclusions are written (`!SSLv2, !SSLv3, …`): every release knows them; `>=TLSv1.2` came with 3.6 (postconf(5)).
    """
    found: dict[Edit, None] = {}
    for endpoint in endpoints:
        if not isinstance(remedy, OfferVersions):
            return "Postfix has several settings for this; it takes a person to choose"
        if not remedy.versions <= set(_ORDER):
            return "Postfix has no word for one of the versions"
        left_out = ["!SSLv2", "!SSLv3", *(f"!{_WORDS[version]}" for version in _ORDER if version not in remedy.versions)]
        place = next((setting for setting in map(_setting, endpoint.versions.origins) if setting is not None), None)
        if place is None:
            return "the versions come from a default: add the setting to main.cf by hand"
        found[Edit(place, ", ".join(left_out).encode())] = None
    return tuple(found)


def _setting(origin: Origin) -> Span | None:
    """The value of the `…_protocols` line of main.cf the origin lies on."""
    span = origin.span
    if span is None:
        return None
    for setting in main_cf(span.file).settings:
        value = setting.value_span
        if setting.name.endswith("_protocols") and value.start <= span.start and span.end <= value.end:
            return value
    return None
