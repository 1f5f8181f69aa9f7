"""Dovecot's own words for protocol versions, by release.

ssl_min_protocol: ssl_protocols_to_min_protocol() and openssl_min_protocol_to_options() of src/lib-ssl-iostream/iostream-openssl-common.c;
ssl_protocols on 2.3: old-set-parser.c of 2.3; seen on 2.3.13, 2.3.19.1 and 2.4.1.
"""

import re

from tlslint.model.struct import Struct
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.dovecot.settings import Release

EVERY = frozenset({SSL20, SSL30, TLS10, TLS11, TLS12, TLS13})
_WORDS = {"SSLv3": SSL30, "TLSv1": TLS10, "TLSv1.1": TLS11, "TLSv1.2": TLS12}
_OLD_WORDS = {"sslv2": SSL20, "sslv3": SSL30, "tlsv1": TLS10, "tlsv1.1": TLS11, "tlsv1.2": TLS12}


class Versions(Struct):
    """What a setting leaves.

    `failure`: why every handshake fails ("" when it does not). `system_minimum`: the library's own minimum counts.
    """

    versions: frozenset[TlsVersion]
    failure: str = ""
    system_minimum: bool = False


def minimum(value: str, release: Release) -> Versions:
    """What `ssl_min_protocol` leaves in 2.3 and later."""
    if release.number < (2, 3, 15):
        first = _WORDS.get(value)
        if first is None:
            return Versions(frozenset(), f"Dovecot {release.text} knows SSLv3, TLSv1, TLSv1.1 and TLSv1.2 only, not '{value}'")
        return _from(first)
    if value == "":
        if release.is_24:
            return Versions(EVERY, "", True)
        return Versions(frozenset(), "ssl_min_protocol is empty")
    word = value.upper()
    if word == "ANY":
        return Versions(EVERY, "", True)
    if word == "LATEST":
        # 2.3: the library's newest alone; 2.4.1 takes TLS 1.2 as well (seen)
        return _from(TLS12 if release.is_24 else TLS13)
    by_word = {name.upper(): version for name, version in _WORDS.items()} | {"TLSV1.3": TLS13}
    if release.is_24:
        del by_word["SSLV3"]
    first = by_word.get(word)
    if first is None:
        return Versions(frozenset(), f"'{value}' is no protocol version Dovecot {release.text} knows")
    return _from(first)


def minimum_of_list(value: str) -> str | None:
    """The ssl_min_protocol that 2.3 makes of `ssl_protocols`; None: an unknown word, so the line is ignored, or nothing follows from it."""
    chosen: list[str] = []
    refused: set[str] = set()
    for word in re.split("[ ,\t]+", value.strip(" ,\t")):
        name = word.removeprefix("!")
        if name not in _WORDS:
            return None
        if word.startswith("!"):
            refused.add(name)
        else:
            chosen.append(name)
    order = list(_WORDS)
    if chosen:
        return min(chosen, key=order.index)
    return next((name for name in order if name not in refused), None)


def unknown_words(value: str) -> list[str]:
    """Words of `ssl_protocols` that make 2.3 ignore the whole line."""
    return [word for word in re.split("[ ,\t]+", value.strip(" ,\t")) if word.removeprefix("!") not in _WORDS]


def listed(value: str, release: Release, *, has_sslv2: bool) -> Versions:
    """What `ssl_protocols` leaves in 2.1 and 2.2: positive words shut out all others, `!` wins, an unknown word kills the login process.

    From 2.2.27 on with a library that has no SSL 2.0 (OpenSSL 1.1.0 and later) it becomes a minimum as in 2.3, and `SSLv2` is not a word.
    """
    if release.number >= (2, 2, 27) and not has_sslv2:
        words = unknown_words(value)
        if words:
            return Versions(frozenset(), f"'{words[0]}' is not known to Dovecot {release.text} with this library: the login process dies")
        least = minimum_of_list(value)
        return Versions(EVERY - {SSL20, SSL30}) if least is None else _from(_WORDS[least])
    chosen: set[TlsVersion] = set()
    refused: set[TlsVersion] = set()
    for word in re.split("[ ,\t]+", value.strip(" ,\t")):
        if not word:
            continue
        version = _OLD_WORDS.get(word.removeprefix("!").lower())
        if version is None:
            return Versions(frozenset(), f"'{word}' is not known to Dovecot {release.text}: the login process dies")
        (refused if word.startswith("!") else chosen).add(version)
    # SSL_OP_NO_* exist for these five; TLS 1.3 has no word and stays
    left = (chosen or set(EVERY - {TLS13})) - refused
    return Versions(frozenset(left | ({TLS13} if not chosen else set())))


def _from(first: TlsVersion) -> Versions:
    return Versions(frozenset(version for version in EVERY if version >= first))
