"""Services to endpoints. An option before the first service is the default of all (stunnel(8), CONFIGURATION FILE)."""

import re
from collections.abc import Iterator, Sequence

from tlslint.crypto import libraries, negotiation, openssl
from tlslint.files import Files
from tlslint.model import CipherString, Endpoint, How, Instance, Known, Origin, Role, Software, SourceFile, Span, TlsMode, Unknown
from tlslint.model.struct import Struct
from tlslint.model.versions import BY_WORD, SSL20
from tlslint.targets import Target

_LINE = re.compile(rb"[ \t]*(?:\[(?P<service>[^\]\n]+)\]|(?P<name>\w+)[ \t]*=[ \t]*(?P<value>[^\n]*?))[ \t\r]*$", re.MULTILINE)
_LIST = "HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK"
"""The default of `ciphers` (stunnel(8))."""


class Service(Struct):
    """A service: the place of its header, and its options by name in lower case."""

    name: Span
    options: dict[str, Span]


def services(file: SourceFile) -> Iterator[Service]:
    """Every service with what it says itself and what stands before all of them."""
    common: dict[str, Span] = {}
    found: list[Service] = []
    for match in _LINE.finditer(file.data):
        if match["service"] is not None:
            found.append(Service(Span(file, *match.span("service")), dict(common)))
        else:
            options = found[-1].options if found else common
            options[match["name"].decode("latin-1").lower()] = Span(file, *match.span("value"))
    yield from found


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """One stunnel for each file."""
    file = files.read(root)
    library = next(library for library in target.libraries.values() if library.name == "openssl")
    endpoints = tuple(_endpoint(service, library) for service in services(file) if "accept" in service.options)
    return (Instance("stunnel", file, Software("stunnel", None), library, complete, Known(True), endpoints, (), (file,)),)


def _endpoint(service: Service, library: Software) -> Endpoint:
    said = service.options
    endpoint = Endpoint(f"{service.name.text} ({said['accept'].text})", Role.SERVER, "tls", service.name, tls=Known(TlsMode.IMPLICIT))
    build = libraries.build_of(library)
    if build is None:
        reason = "the TLS library is not known"
        return endpoint._replace(versions=Unknown(reason), cipher_suites=Unknown(reason))
    wanted = {version for version in BY_WORD.values() if version != SSL20}
    for name, is_least in (("sslversionmin", True), ("sslversionmax", False)):
        limit = BY_WORD.get(said[name].text) if name in said else None
        if limit is not None:
            wanted = {version for version in wanted if (version >= limit if is_least else version <= limit)}
    ciphers = said.get("ciphers")
    text = ciphers.text if ciphers is not None else _LIST
    offer = negotiation.negotiable(negotiation.OpenSslServer(build, openssl.evaluate(text, build), frozenset(wanted)))
    return endpoint._replace(
        versions=Known(offer.versions, _origins(said, "sslversionmin", "sslversionmax", default="stunnel takes every version")),
        cipher_suites=Known(offer.suites, _origins(said, "ciphers", default="stunnel's own list")),
        cipher_string=CipherString(text, build, ciphers),
        groups=Known(offer.groups),
        server_order=Known(True),
    )


def _origins(said: dict[str, Span], *names: str, default: str) -> tuple[Origin, ...]:
    found = tuple(Origin(How.WRITTEN, said[name]) for name in names if name in said)
    return found or (Origin(How.DEFAULT, None, default),)
