"""Postfix's own protocol lists: `!SSLv2, !SSLv3`, `>=TLSv1.2`, `TLSv1.2:TLSv1.3`.

Source: tls_proto_mask_lims() and parse_tls_version() in src/tls/tls_misc.c (3.6 and later; before, tls_protocol_mask() without `>=`).
Seen on 3.5.25, 3.7.11 and 3.10.13: the token `SSLv2` counts as nothing, because OpenSSL's SSL_OP_NO_SSLv2 is zero.
"""

import re

from tlslint.model.struct import Struct
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.postfix.defaults import Release

_TOKEN = re.compile(r"[^, \t\r\n:]+")
_WORDS = {"sslv2": SSL20, "sslv3": SSL30, "tlsv1": TLS10, "tlsv1.1": TLS11, "tlsv1.2": TLS12, "tlsv1.3": TLS13}
_HEX = r"[ \t\n\v\f\r]*[+-]?(?:0[xX])?[0-9a-fA-F]+"
ALL = frozenset({SSL30, TLS10, TLS11, TLS12, TLS13})
_ORDER = (SSL30, TLS10, TLS11, TLS12, TLS13)


class Token(Struct):
    """One word of a list: `operator` is `>=`, `<=`, `!` or empty; `start` and `end` are places in the text."""

    text: str
    operator: str
    word: str
    start: int
    end: int


class Protocols(Struct):
    """What a list allows. `invalid`: the first word that makes Postfix refuse the whole list, else None.

    `included`: versions named without an operator; where there are any, all others are off.
    """

    versions: frozenset[TlsVersion]
    invalid: Token | None
    tokens: tuple[Token, ...]
    included: frozenset[TlsVersion]
    excluded: frozenset[TlsVersion]


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a list; separators are blanks, commas and colons, empty words do not count."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        operator = next((operator for operator in (">=", "<=", "!") if word.startswith(operator)), "")
        found.append(Token(word, operator, word.removeprefix(operator), *match.span()))
    return tuple(found)


def parse(text: str, release: Release) -> Protocols:
    """Read a list as `release` does. Versions left say nothing yet about what the library was built with."""
    words = tokens(text)
    has_limits = release >= (3, 6)
    floor = ceiling = 0
    included: set[TlsVersion] = set()
    excluded: set[TlsVersion] = set()
    for token in words:
        if has_limits and token.operator in (">=", "<="):
            limit = _limit(token.word)
            if limit is None:
                return Protocols(frozenset(), token, words, frozenset(), frozenset())
            if token.operator == ">=":
                floor = limit
            else:
                ceiling = limit
            continue
        version = _version(token.word if token.operator == "!" else token.text, release)
        if version is None:
            return Protocols(frozenset(), token, words, frozenset(), frozenset())
        (excluded if token.operator == "!" else included).add(version)
    counted = included - {SSL20}  # its option bit is zero: an include list of SSLv2 alone is no include list
    off = excluded | (ALL - included) if counted else excluded
    allowed = frozenset(version for version in ALL - off if (not floor or version >= floor) and (not ceiling or version <= ceiling))
    return Protocols(allowed, None, words, frozenset(counted), frozenset(excluded))


def client_range(versions: frozenset[TlsVersion]) -> frozenset[TlsVersion]:
    """What a client offers of a set with a hole: only what lies below the hole.

    OpenSSL ssl/statem/statem_lib.c ssl_get_min_max_version(): of several ranges the lowest is taken. Seen on 3.7.11:
    `!TLSv1.1` offers TLS 1.0 alone.
    """
    offered: set[TlsVersion] = set()
    for version in _ORDER:
        if version in versions:
            offered.add(version)
        elif offered:
            break
    return frozenset(offered)


def _version(word: str, release: Release) -> TlsVersion | None:
    version = _WORDS.get(word.lower())
    if version is TLS13 and not _knows_tls13(release):
        return None
    if version in (TLS11, TLS12) and release < (2, 6):
        return None
    return version


def _knows_tls13(release: Release) -> bool:
    """3.4, and the patch levels of 2018 (RELEASE_NOTES 3.0.14, 3.1.10, 3.2.7, 3.3.2)."""
    patched = {(3, 0): 14, (3, 1): 10, (3, 2): 7, (3, 3): 2}
    return release >= (3, 4) or release.patch >= patched.get(release.branch, 1000)


def _limit(word: str) -> int | None:
    """A floor or ceiling as a number on the wire; 0 is none. An unknown number limits nothing (seen on 3.7.11 and 3.10.13)."""
    lower = word.lower()
    if lower == "none" or not word:
        return 0
    if lower == "sslv2":
        return None
    version = _WORDS.get(lower)
    if version is not None:
        return int(version)
    if re.fullmatch(_HEX, word) is None:
        return None
    number = int(word, 16)
    if not 0 <= number <= 0x7FFFFFFF:
        return None
    return number if number in (0x0300, 0x0301, 0x0302, 0x0303, 0x0304) else 0
