"""slapd linked with Mozilla's NSS (RHEL 6 and 7 up to 7.4, Fedora 14 to 27): what libldap's tls_m.c makes of its settings.

Nothing of it can stop slapd: tlsm_ctx_init() only copies the settings, and what cannot be used makes every handshake fail instead.
Source: libraries/libldap/tls_m.c of 2.4.57 and Red Hat's patches to it (moznss.json names them); seen on 2.4.57 with NSS 3.61.
What the NSS in use has switched on by itself is in none of these files: such versions and suites are unknown, and what every NSS
does is sure.
"""

import json
import re
from functools import cache
from typing import Any

from tlslint.crypto import suites
from tlslint.data import beside
from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite
from tlslint.model.versions import SSL20, TLS10, TLS12, TlsVersion
from tlslint.parsers.openldap.directives import number

NAME = "moznss"
"""What targets call the library."""


_WHOLE = ("ALL", "COMPLEMENTOFALL")


class Chosen(Struct):
    """What becomes of a cipher string. `sure`: suites offered whatever NSS it is, best first; `is_empty`: no suite at all, which fails.

    `unknown` are the words no release of this library knows: they are passed over without a sound.
    """

    sure: tuple[Suite, ...]
    is_empty: bool
    unknown: tuple[str, ...]


def chosen(text: str, version: str | None) -> Chosen:
    """nss_parse_ciphers() of every table a slapd of this version may have; what one of them does not do is not sure."""
    tables = _tables(version)
    states = [_parsed(instead or text, table) for table, _, instead in (each.partition(":") for each in tables)]
    rows = _data()["rows"]
    sure = [
        suite
        for index, (_, iana, _, _) in enumerate(rows)
        if iana in _data()["sure"] and all(state[index] == 1 for state in states) and (suite := suites.named(iana)) is not None
    ]
    empty = all(not any(value in (1, None) for value in state) for state in states)
    known = {word for table in tables for word in _words(table.partition(":")[0])} | {row[0] for row in rows} | {*_WHOLE, "DEFAULT"}
    added = [word for word in text.split(":") if word.strip()[:1] not in ("!", "-", "+")]
    unknown = tuple(dict.fromkeys(part for word in added for part in word.strip().split("+") if part and part not in known))
    return Chosen(tuple(sorted(sure, key=lambda suite: -suite.bits)), empty, unknown)


def versions(minimum: int, version: str | None) -> frozenset[TlsVersion]:
    """What surely is offered with this TLSProtocolMin (0: none). SSL 3.0 hangs on NSS's own policy file, TLS 1.1 and later on its release.

    tlsm_deferred_ctx_init() switches TLS 1.0 on whatever the minimum says; only Red Hat's later packages set the range after that.
    """
    if 0 < minimum <= SSL20 << 8:
        return frozenset()  # SSL 2.0 is asked for: an old NSS does it, a newer one (3.24) refuses and with it every handshake
    perhaps, surely, no_more = (number(each) for each in _data()["minimum"])
    release = number(version) if version is not None else perhaps
    if minimum in (0, TLS10) or not perhaps <= release < no_more:
        return frozenset({TLS10})
    if minimum < TLS10:
        return frozenset()  # an NSS with TLS 1.3 refuses a range from SSL 3.0 up to it, and with it every handshake
    return frozenset({TLS12}) if release >= surely and minimum <= TLS12 else frozenset()


def counts(minimum: int, version: str | None) -> bool:
    """Does a minimum above TLS 1.0 do anything beyond switching SSL 3.0 off, or may it?"""
    return minimum <= TLS10 or TLS10 not in versions(minimum, version)


def is_database(files: Files, path: str) -> bool | None:
    """Is this TLSCACertificatePath a certificate database (cert8.db, cert9.db, `prefix-cert8.db`)? None: this tree does not show it.

    tlsm_get_certdb_prefix(): a path that does not exist is a folder and a prefix.
    """
    folder, prefix = path.rstrip("/"), ""
    if files.kind(folder) == "missing":
        folder, _, prefix = folder.rpartition("/")
    if files.kind(folder) != "directory":
        return None
    try:
        return any(re.fullmatch(re.escape(prefix) + r"cert[89]\.db", name) for name in files.names(folder))
    except FileProblem:
        return None


def _tables(version: str | None) -> list[str]:
    steps = _data()["tables_since"]
    if version is None:
        return list(dict.fromkeys(table for _, tables in steps for table in tables))
    return next(list(tables) for least, tables in reversed(steps) if number(version) >= number(least))


def _parsed(text: str, table: str) -> list[int | None]:
    """cipher_list[] after the string: 1 on, 0 off, -1 off for good, 2 (`+ALL`) as good as on; None: as this NSS has it."""
    rows: list[tuple[frozenset[str], str, bool]] = [
        (frozenset(labels.split()), name, table in tables.split()) for name, _, labels, tables in _data()["rows"]
    ]
    state: list[int | None] = [0] * len(rows)
    rest: str | None = text
    word = text
    while rest:
        word = word.lstrip(" \t\n\v\f\r")
        action = {"+": 2 if table == "2015" else 1, "-": 0, "!": -1}.get(word[:1], 1)
        word = word[1:] if word[:1] in ("+", "-", "!") else word
        word, colon, after = word.partition(":")
        rest = after if colon else None
        if word in _WHOLE:
            for index, (labels, _, has) in enumerate(rows):
                if has and ("eNULL" in labels) == (word == "COMPLEMENTOFALL"):
                    state[index] = action
        elif word == "DEFAULT":
            for index, (labels, _, has) in enumerate(rows):
                if has:
                    state[index] = _default(index, labels, table)
        else:
            parts = word.split("+")
            if action == 2:
                word = parts[-1]  # `continue` leaves the pointer there: if anything follows, that part is read again, as the last word
                continue
            _apply(state, rows, parts, table, action)
        word = after
    return state


def _default(index: int, labels: frozenset[str], table: str) -> int | None:
    if table != "2015":
        return 0 if "eNULL" in labels or (table == "2012" and "SSLv2" in labels) else 1
    if "eNULL" in labels:
        return -1
    return 1 if _data()["rows"][index][1] in _data()["sure_by_default"] else None


def _apply(state: list[int | None], rows: list[tuple[frozenset[str], str, bool]], parts: list[str], table: str, action: int) -> None:
    """One word: by its masks where it has any, else by the suite's name."""
    words = _words(table)
    masks = " ".join(words[part] for part in parts if part in words).split()
    for index, (labels, name, has) in enumerate(rows):
        if not has or state[index] == -1:
            continue
        if not masks:
            fits = name == parts[-1]
        elif table == "2015":
            fits = all(_holds(mask, labels) for mask in masks)
        else:
            fits = not labels.isdisjoint(masks) and ("eNULL" not in labels or "eNULL" in masks)
        if fits:
            state[index] = action


def _holds(mask: str, labels: frozenset[str]) -> bool:
    """`AES128|AES256`: one of them; `-kECDH`: not this one."""
    return mask[1:] not in labels if mask.startswith("-") else not labels.isdisjoint(mask.split("|"))


def _words(table: str) -> dict[str, str]:
    words: dict[str, str] = _data()["words"][table]
    return words


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "moznss.json"))
    return data
