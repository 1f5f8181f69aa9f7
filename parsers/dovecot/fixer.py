"""Remedies in Dovecot's words: the deciding line changed in place, in the filter or file it stands in."""

from collections.abc import Sequence

from tlslint.crypto.libraries import build_of
from tlslint.crypto.spelling import openssl_list
from tlslint.model import CipherString, Endpoint, How, Instance, Origin
from tlslint.model.remedy import Edit, ModelRemedy, OfferSuites, OfferVersions, SetValue
from tlslint.model.versions import TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.dovecot.syntax import Statement, statements
from tlslint.parsers.format import Way

_MINIMUM: dict[TlsVersion, str] = {TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`).

    Names by release: ssl_min_protocol came with 2.3; 2.4 calls ssl_prefer_server_ciphers ssl_server_prefer_ciphers (server or client).
    The line that stands there tells which release is meant, and the proof whether it takes the word.
    """
    found: dict[Edit, None] = {}
    for endpoint in endpoints:
        if isinstance(remedy, OfferVersions):
            least = min(remedy.versions)
            if least not in _MINIMUM:
                return "Dovecot has no word for one of the versions"
            words, origins = {"ssl_min_protocol": _MINIMUM[least]}, endpoint.versions.origins
        elif isinstance(remedy, OfferSuites):
            words = {"ssl_cipher_list": openssl_list(remedy.suites, build_of(instance.tls_library))}
            origins = _of_string(endpoint.cipher_string) or endpoint.cipher_suites.origins
        elif isinstance(remedy, SetValue) and (remedy.field, remedy.value) == ("server_order", True):
            words = {"ssl_prefer_server_ciphers": "yes", "ssl_server_prefer_ciphers": "server"}
            origins = endpoint.server_order.origins
        else:
            return "Dovecot has several settings for this; it takes a person to choose"
        statement = next((line for line in (_statement(origin) for origin in origins) if line is not None and line.key in words), None)
        if statement is None:
            return f"no line sets {next(iter(words))}: the default decides"
        found[Edit(statement.value_span, words[statement.key].encode())] = None
    return [tuple(found)]


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """What checks the files and makes them count (doveconf(1), doveadm(1))."""
    del instance, changed
    return ("doveconf -n >/dev/null && doveadm reload",)


def _of_string(string: CipherString | None) -> tuple[Origin, ...]:
    return (Origin(How.WRITTEN, string.span),) if string is not None and string.span is not None else ()


def _statement(origin: Origin) -> Statement | None:
    """The logical line the origin lies on."""
    span = origin.span
    if span is None:
        return None
    for statement in statements(span.file, quoted_keys=True):
        if statement.whole.start <= span.start and span.end <= statement.whole.end:
            return statement
    return None
