"""What a client meets at one address and name: the default virtual host's context, and what of the matched one takes its place.

A connection begins with the context of the first virtual host of the address. When the name in SNI matches another one, OpenSSL swaps in
that one's certificate, cipher list, security level, DH parameters and signature algorithms (SSL_set_SSL_CTX); mod_ssl copies by hand the
options (only adding) and, from httpd 2.4.43 on OpenSSL 1.1.1, the protocol range where SSLProtocol is set; groups stay the first one's.

Sources: ssl_find_vhost and ssl_callback_ClientHello in modules/ssl/ssl_engine_kernel.c, SSL_set_SSL_CTX in ssl/ssl_lib.c; seen on OpenSSL
1.1.1, 3.0 and 3.5 (tests/data/live, tests/live/test_apache_tls.py).
"""

from functools import lru_cache
from typing import Any

from tlslint.crypto import negotiation
from tlslint.model import CipherString, How, Known, Origin, Span, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.apache.context import Bit, TlsContext
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.protocol import Range
from tlslint.parsers.apache.settings import can_compress

NO_TICKETS_FROM = 3
NO_COMPRESSION_FROM = 2
"""Security levels that switch session tickets and compression off (ssl_security_default_callback, OpenSSL 1.1.0 to 3.5)."""


class Effective(Struct):
    """What comes of the two contexts. `range_from`: the one whose protocol range counts; `offer` None: the library is not known."""

    default: TlsContext
    matched: TlsContext
    range: Range
    range_from: TlsContext
    bits: dict[str, Bit]
    offer: negotiation.Offer | None
    written: frozenset[TlsVersion]
    hindrance: str = ""
    """What lets every handshake at this address fail, whatever the name."""


def effective(default: TlsContext, matched: TlsContext, software: Software) -> Effective:
    """Put the two together. Both are the same for the default virtual host, and for names nobody has."""
    taken = default
    version_range = default.range
    if default.hindrance is None:
        default.hindrance = _hindrance(default, software) if software.openssl >= (1, 1, 0) else ""
    hindrance = default.hindrance
    if hindrance:
        nothing: frozenset[TlsVersion] = frozenset()
        bits = dict(default.bits)
        offer = _offer(default, default, nothing, bits, software)
        return Effective(default, matched, version_range, default, bits, offer, nothing, hindrance)
    if matched is not default and software.httpd >= (2, 4, 43) and software.openssl >= (1, 1, 1):
        if matched.protocol_is_set or matched.protocol_reason:
            taken = matched
        version_range = taken.range._replace(off=default.range.off | matched.range.off)
    bits = {name: _added(default.bits.get(name), matched.bits.get(name)) for name in default.bits | matched.bits}
    written = version_range.within(software.versions)
    return Effective(default, matched, version_range, taken, bits, _offer(default, matched, written, bits, software), written)


def _hindrance(default: TlsContext, software: Software) -> str:
    """Why OpenSSL gives up on every connection before it looks at the name; "" when it does not.

    tls_setup_handshake (ssl/statem/statem_lib.c) wants a version, and a cipher suite for the highest one: with a gap that is the top of
    the lowest unbroken run (ssl_get_min_max_version). Both are asked of the first virtual host's context.
    """
    level = default.ciphers.security_level if default.ciphers is not None and default.ciphers.sets_level else software.level
    level = level or 0
    if software.openssl >= (3, 2):
        barred_from = {version: 1 for version in software.versions if version < TLS12}
    else:
        barred_from = {SSL30: 2, TLS10: 3, TLS11: 4}
    highest: TlsVersion | None = None
    unbroken = False
    within = default.range.within(software.versions)
    for version in sorted(software.versions, reverse=True):
        if version in within and level < barred_from.get(version, 99):
            highest = highest if unbroken else version
            unbroken = True
        else:
            unbroken = False
    if highest is None:
        return "no protocol version is left, so every handshake fails"
    if default.ciphers is None or any(suite.first <= highest <= suite.last for suite in default.ciphers.suites):
        return ""
    return f"OpenSSL starts from {highest.spoken} here and the list has no cipher suite for it, so every handshake fails"


def _added(first: Bit | None, second: Bit | None) -> Bit:
    """Options only ever get added: what either of the two sets is set."""
    if first is None or second is None:
        return first or second or Bit(False, ())
    if first is second:
        return first
    if second.on and not second.reason:
        return second
    if first.on and not first.reason:
        said = tuple(origin._replace(how=How.OVERRIDDEN, note="cannot undo it") for origin in second.origins if origin.span is not None)
        deciding = tuple(
            origin._replace(note=origin.note or "set in the first virtual host of this port, which all others start from")
            for origin in first.origins
        )
        return Bit(True, deciding + said)
    return Bit(False, second.origins + tuple(origin for origin in first.origins if origin.span), second.reason or first.reason)


def _offer(
    default: TlsContext, matched: TlsContext, written: frozenset[TlsVersion], bits: dict[str, Bit], software: Software
) -> negotiation.Offer | None:
    if matched.ciphers is None or software.build is None:
        return None
    return negotiation.negotiable(
        negotiation.OpenSslServer(
            software.build,
            matched.ciphers,
            written,
            software.level,
            matched.keys,
            software.groups if default.groups is None else default.groups,
            matched.dh,
            bits["SERVER_PREFERENCE"].on,
            matched.signature_algorithms,
        )
    )


class Fields(Struct):
    """The Endpoint fields that come of a handshake, by their names there."""

    tls_works: Value[bool | None]
    tls_failure: str
    versions: Value[frozenset[TlsVersion]]
    cipher_suites: Value[tuple[Suite, ...]]
    cipher_string: CipherString | None
    groups: Value[tuple[Group, ...] | None]
    server_order: Value[bool | None]
    security_level: Value[int | None]
    compression: Value[bool | None]
    insecure_renegotiation: Value[bool | None]
    session_tickets: Value[bool | None]
    ocsp_stapling: Value[bool | None]
    client_certificate: Value[str | None]
    dh_bits: Value[int | None]


def fields(found: Effective, software: Software) -> Fields:
    """Values with their origins."""
    offer = found.offer
    doubt = found.default.doubt or found.matched.doubt
    library = "the TLS library is not known"
    version_reason = found.range_from.protocol_reason or doubt
    refused = found.matched.refused or found.default.refused
    versions = _versions(found, version_reason)
    suites_reason = found.matched.ciphers_reason or version_reason or (library if offer is None else "")
    suites = _suites(found, suites_reason)
    if refused and versions.holds(frozenset()):  # the refused line is to blame, and not the list of versions or ciphers
        versions, suites = Known(frozenset()), Known(())
    level = offer.security_level if offer is not None else software.level
    return Fields(
        _works(versions, refused=bool(refused)),
        refused[0].message if refused else _failure(found),
        versions,
        suites,
        _cipher_string(found, software),
        _groups(found, software, doubt or (library if offer is None else ""), version_reason),
        _bit(found, "SERVER_PREFERENCE", doubt),
        _value(level, found.matched.ciphers_reason or doubt, _level_origins(found, software)),
        _compression(found, software, level, doubt),
        _bit(found, "UNSAFE_LEGACY_RENEGOTIATION", doubt),
        _tickets(found, level, doubt),
        _value(
            bool(found.matched.stapling.value),
            found.matched.stapling.reason,
            found.matched.stapling.origins(f"default of {software.name}: off"),
        ),
        _client_certificate(found, software),
        _dh_bits(found, software, level),
    )


def _value(value: Any, reason: str, origins: tuple[Origin, ...], least: Any = None) -> Value[Any]:  # noqa: ANN401 (of any field)
    return Unknown(reason, origins, least) if reason else Known(value, origins)


def _suites(found: Effective, reason: str) -> Value[tuple[Suite, ...]]:
    """Where only the list for TLS 1.3 is not known, the others are."""
    offer, origins = found.offer, found.matched.ciphers_origins
    if reason or offer is None:
        return Unknown(reason, origins, ())
    if found.matched.tls13_reason and TLS13 in offer.versions:
        return Unknown(found.matched.tls13_reason, origins, tuple(suite for suite in offer.suites if not suite.is_tls13))
    return Known(offer.suites, origins)


def _versions(found: Effective, reason: str) -> Value[frozenset[TlsVersion]]:
    origins = found.range_from.protocol_origins
    if found.range_from is not found.matched:
        note = "the first virtual host of this port decides"
        origins = tuple(origin._replace(note=origin.note or note) if origin.span is not None else origin for origin in origins)
        if all(origin.span is None for origin in origins):
            origins = tuple(origin._replace(note=f"{origin.note}; {note}") for origin in origins)
    if reason:
        return Unknown(reason, origins)
    if found.offer is None:
        # every library since OpenSSL 1.0.1 has TLS 1.2
        return Unknown("the TLS library is not known", origins, found.written & {TLS12})
    versions = found.offer.versions if found.offer is not None else found.written
    return Known(versions, origins)


def _works(versions: Value[frozenset[TlsVersion]], *, refused: bool) -> Value[bool | None]:
    if refused:
        return Known(False)
    if isinstance(versions, Unknown):
        return Unknown(versions.reason)
    return Known(bool(versions.value), versions.origins if not versions.value else ())


def _failure(found: Effective) -> str:
    offer = found.offer
    if offer is None or offer.versions:
        return ""
    if found.hindrance and found.default is not found.matched:
        return f"{found.hindrance}: it begins with the first virtual host of this port"
    if found.hindrance or not found.written:
        return found.hindrance or "no protocol version is left, so every handshake fails"
    return "every handshake fails: " + "; ".join(f"{held.version.spoken}: {held.reason}" for held in offer.held_back)


def _cipher_string(found: Effective, software: Software) -> CipherString | None:
    ciphers = found.matched.ciphers
    if ciphers is None or software.build is None or found.matched.ciphers_reason:
        return None
    origin = next((origin for origin in found.matched.ciphers_origins if origin.span is not None), None)
    if origin is None or origin.span is None:
        return CipherString(ciphers.string, software.build, None, ciphers.string, "SSLCipherSuite")
    text, at = _string_within(origin.span.data, ciphers.string)
    span = None
    if at >= 0:
        first = origin.span.start + at
        span = Span(origin.span.file, first, first + len(text))
    return CipherString(text, software.build, span, ciphers.string, "SSLCipherSuite")


@lru_cache(maxsize=256)
def _string_within(written: bytes, evaluated: str) -> tuple[str, int]:
    """The written list inside the arguments, byte for byte, and where it begins; -1: quotes or defines stand between."""
    arguments = written.decode("latin-1")
    part = evaluated
    while part:
        at = arguments.find(part)
        if at >= 0:
            return part, at
        part = part.rpartition(":")[0].rstrip(":")
    return evaluated, -1


_GROUPS_OF_POLICY = (Origin(How.SYSTEM_POLICY, None, "openssl.cnf sets the groups of every program"),)
_GROUPS_OF_LIBRARY = (Origin(How.DEFAULT, None, "the library's default groups"),)


def _groups(found: Effective, software: Software, reason: str, version_reason: str) -> Value[tuple[Group, ...] | None]:
    origins = found.default.groups_origins
    if found.default is not found.matched and origins:
        origins = tuple(origin._replace(note="groups are always those of the first virtual host of this port") for origin in origins)
    if not origins:
        origins = _GROUPS_OF_LIBRARY if software.groups is None else _GROUPS_OF_POLICY
    if reason or version_reason:
        return Unknown(reason or version_reason, origins)
    return Known(found.offer.groups if found.offer is not None else None, origins)


def _bit(found: Effective, name: str, doubt: str) -> Value[bool | None]:
    bit = found.bits[name]
    if bit.on and not bit.reason:
        return Known(True, bit.origins)
    return _value(bit.on, bit.reason or doubt, bit.origins)


def _level_origins(found: Effective, software: Software) -> tuple[Origin, ...]:
    ciphers = found.matched.ciphers
    if ciphers is not None and ciphers.sets_level:
        return found.matched.ciphers_origins
    return _level_of(software.words)


@lru_cache(maxsize=64)
def _level_of(words: str) -> tuple[Origin, ...]:
    return (Origin(How.SYSTEM_POLICY, None, f"default security level of {words}"),)


def _compression(found: Effective, software: Software, level: int | None, doubt: str) -> Value[bool | None]:
    bit = found.bits["NO_COMPRESSION"]
    if found.offer is not None and found.offer.versions and max(found.offer.versions) >= TLS13 and min(found.offer.versions) > TLS12:
        return Known(None)
    possible = can_compress(software) and (level is None or level < NO_COMPRESSION_FROM)
    if not possible:
        return Known(False, bit.origins)
    return _value(not bit.on, bit.reason or doubt, bit.origins)


def _tickets(found: Effective, level: int | None, doubt: str) -> Value[bool | None]:
    bit = found.bits["NO_TICKET"]
    if bit.on and not bit.reason:
        return Known(False, bit.origins)
    if level is not None and level >= NO_TICKETS_FROM:
        return Known(False, found.matched.ciphers_origins)
    return _value(not bit.on, bit.reason or doubt, bit.origins)


def _client_certificate(found: Effective, software: Software) -> Value[str | None]:
    pick = found.matched.verify
    word = "optional" if pick.value == "optional without a CA" else pick.value
    return _value(word or "none", pick.reason, pick.origins(f"default of {software.name}: none"))


def _dh_bits(found: Effective, software: Software, level: int | None) -> Value[int | None]:
    offer = found.offer
    if offer is None or software.build is None or not any(suite.key_exchange == "DHE" for suite in offer.suites):
        return Known(None)
    if isinstance(found.matched.dh, int):
        return Known(found.matched.dh, found.matched.dh_origins)
    keys = found.matched.keys
    if keys is None:
        return Unknown("the size of the certificate's key is not known")
    size = negotiation.auto_dh_bits(keys, software.build, level)
    return Known(size, (Origin(How.DEFAULT, None, "chosen to go with the certificate's key"),))
