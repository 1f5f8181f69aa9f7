"""Remedies in Postfix's words: the deciding line of main.cf changed in place, or a new one at its end."""

from collections.abc import Sequence

from tlslint.model import Endpoint, Instance, Origin, Role, Span, TlsMode
from tlslint.model.remedy import Edit, ModelRemedy, OfferVersions, SetValue
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.format import Way
from tlslint.parsers.postfix.syntax import main_cf

_ORDER: tuple[TlsVersion, ...] = (TLS10, TLS11, TLS12, TLS13)
_WORDS = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`).

    Exclusions are written (`!SSLv2, !SSLv3, …`): every release knows them; `>=TLSv1.2` came with 3.6 (postconf(5)).
    A setting nobody wrote goes to the end of main.cf; the proof tells whether that is the one that decides.
    """
    found: dict[Edit, None] = {}
    for endpoint in endpoints:
        if isinstance(remedy, OfferVersions):
            if not remedy.versions <= set(_ORDER):
                return "Postfix has no word for one of the versions"
            left_out = ["!SSLv2", "!SSLv3", *(f"!{_WORDS[version]}" for version in _ORDER if version not in remedy.versions)]
            name, text, origins = _protocols(endpoint), ", ".join(left_out), endpoint.versions.origins
        elif isinstance(remedy, SetValue) and (remedy.field, remedy.value) == ("server_order", True) and endpoint.role is Role.SERVER:
            name, text, origins = "tls_preempt_cipherlist", "yes", endpoint.server_order.origins
        else:
            return "Postfix has several settings for this; it takes a person to choose"
        place = next((span for span in (_value(origin, name) for origin in origins) if span is not None), None)
        edit = Edit(place, text.encode()) if place is not None else _at_the_end(instance, name, text)
        if edit is None:
            return f"{name} is set elsewhere, or main.cf is not at hand"
        found[edit] = None
    return [tuple(found)]


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """What checks the files and makes them count (postfix(1))."""
    del instance, changed
    return ("postfix check && postfix reload",)


def _protocols(endpoint: Endpoint) -> str:
    """Which of the two lists counts: the mandatory one where TLS is required (postconf(5), smtpd_tls_mandatory_protocols)."""
    side = "smtpd" if endpoint.role is Role.SERVER else "smtp"
    demanded = endpoint.tls.holds(TlsMode.STARTTLS_REQUIRED) or endpoint.tls.holds(TlsMode.IMPLICIT)
    return f"{side}_tls_mandatory_protocols" if demanded else f"{side}_tls_protocols"


def _value(origin: Origin, name: str) -> Span | None:
    """The value of the line of main.cf the origin lies on, if that sets `name`."""
    span = origin.span
    if span is None:
        return None
    for setting in main_cf(span.file).settings:
        value = setting.value_span
        if setting.name == name and value.start <= span.start and span.end <= value.end:
            return value
    return None


def _at_the_end(instance: Instance, name: str, text: str) -> Edit | None:
    file = instance.root
    if not instance.complete or not file.path.endswith("main.cf") or any(setting.name == name for setting in main_cf(file).settings):
        return None
    ending = "\r\n" if file.data.endswith(b"\r\n") else "\n"
    before = "" if file.data.endswith(b"\n") else ending
    end = len(file.data)
    return Edit(Span(file, end, end), f"{before}{name} = {text}{ending}".encode())
