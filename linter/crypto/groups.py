"""Key-exchange groups: names in every spelling, configured lists, defaults by build, and what a security level leaves of them."""

import json
import re
from functools import cache, lru_cache
from typing import Any

from tlslint.crypto import libraries
from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.model.versions import TLS13, TlsVersion

LEVEL_BITS = (0, 80, 112, 128, 192, 256)
"""Bits of strength a security level asks for (ssl_security_default_callback(); levels above 5 count as 5)."""


class GroupList(Struct):
    """What came of `SSL_CTX_set1_groups_list` (`Curves`, `Groups`).

    `accepted` False: the call fails; `error` says why. `groups` in order of preference (all tuples of OpenSSL 3.5 in a row).
    `ignored`: words skipped because they were marked `?` (3.3 and later) and are not known here.
    """

    string: str
    accepted: bool
    error: str | None
    groups: tuple[Group, ...] = ()
    ignored: tuple[str, ...] = ()


def named(name: str) -> Group | None:
    """A group by any name: IANA's, OpenSSL's (`prime256v1`, `P-256`), GnuTLS's (`SECP256R1`); case does not matter."""
    return _names().get(name.lower())


@cache
def default(build: str) -> tuple[Group, ...]:
    """The groups a server on this build offers when nothing is configured, in order. Raises `KeyError` for an unknown build.

    GnuTLS: those of NORMAL. OpenSSL 1.0.1 servers use the one curve the program sets; the usual one is given.
    """
    facts = libraries.build(build)
    if facts.library == "gnutls":
        from tlslint.crypto import gnutls  # noqa: PLC0415 (it needs this module)

        return gnutls.evaluate("NORMAL", build).groups
    lists = _data()["defaults"]
    best = ""
    for name in lists:
        if name != "source" and libraries.build(name).branch <= facts.branch:
            best = name
    return tuple([_names()[name.lower()] for name in lists[best]])


def is_known(group: Group, build: str) -> bool:
    """Does this OpenSSL build have the group at all?"""
    first = _data()["first"].get(group.iana, "1.0.1")
    return first != "never" and libraries.build(build).branch >= _branch(first)


def usable(group: Group, build: str, version: TlsVersion, security_level: int = 0) -> bool:
    """May a handshake of `version` use this group on this OpenSSL build at `security_level`?

    TLS 1.3 on 3.0 and later: NIST P curves, X25519, X448, ffdhe, hybrids, its own brainpool groups (capabilities.c of the providers);
    TLS 1.2 and below: EC groups only. 1.1.1 makes no difference between versions.
    """
    if group.bits < LEVEL_BITS[min(max(security_level, 0), 5)]:
        return False
    only_tls13 = group.family != "EC" or group.iana.endswith("tls13") or group.iana == "curveSM2"
    if version is not TLS13:
        return not only_tls13
    return only_tls13 or group.iana in _TLS13_CURVES or libraries.build(build).branch < (3,)


_TLS13_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1", "x25519", "x448"})


@lru_cache(maxsize=256)
def evaluate(string: str, build: str) -> GroupList:
    """What an OpenSSL build makes of a list of groups. Seen on 1.1.1, 3.0, 3.5 and 3.6.

    Before 3.5 names count case, a name twice or unknown refuses the list; 3.3 skips unknown names marked `?`; 3.5 forgets case, takes
    `DEFAULT`, tuples (`/`), key shares (`*`) and removal (`-`), and skips names given twice.
    """
    branch = libraries.build(build).branch
    return _modern(string, build) if branch >= (3, 5) else _classic(string, build, skips=branch >= (3, 3))


def _classic(string: str, build: str, *, skips: bool) -> GroupList:
    chosen: list[Group] = []
    ignored: list[str] = []
    for part in string.split(":"):
        word = part.strip()
        optional = skips and word.startswith("?")
        group = _spelt(word[1:] if optional else word, build)
        if group is None and optional:
            ignored.append(word[1:])
        elif group is None:
            return GroupList(string, False, f"group '{word}' is not known" if word else "an empty name")
        elif group in chosen:
            return GroupList(string, False, f"group '{word}' stands there twice")
        else:
            chosen.append(group)
    if not chosen:
        return GroupList(string, False, "no group left", (), tuple(ignored))
    return GroupList(string, True, None, tuple(chosen), tuple(ignored))


def _spelt(word: str, build: str) -> Group | None:
    """A group as OpenSSL before 3.5 spells it: case counts, and 1.x knows its own names only (`prime256v1`, not `secp256r1`)."""
    group = named(word)
    if group is None or not is_known(group, build):
        return None
    if libraries.build(build).branch < (3,):
        return group if word in _OLD_NAMES.get(group.iana, (group.iana, *_nist(group))) else None
    return group if word in (group.iana, *_OLD_NAMES.get(group.iana, ()), *_nist(group)) else None


_OLD_NAMES = {
    "secp192r1": ("prime192v1", "P-192"),
    "secp256r1": ("prime256v1", "P-256"),
    "x25519": ("X25519",),
    "x448": ("X448",),
}


@cache
def _nist(group: Group) -> tuple[str, ...]:
    for iana, _, _, _, others in _data()["groups"]:
        if iana == group.iana:
            return tuple([name for name in others if re.fullmatch(r"[PKB]-\d+", name)])
    return ()


def _modern(string: str, build: str) -> GroupList:
    if not string.strip():
        return GroupList(string, True, None)
    chosen: list[Group] = []
    ignored: list[str] = []
    for part in re.split("[:/]", string):
        match = re.fullmatch(r"\s*([?*-]*)(.*?)\s*", part, re.DOTALL)
        marks, word = match.groups() if match else ("", part)
        if not word or len(set(marks)) != len(marks):
            return GroupList(string, False, f"'{part.strip()}' is not a group" if part.strip() else "an empty name")
        if word.upper() == "DEFAULT":
            if marks:
                return GroupList(string, False, "DEFAULT takes no mark")
            chosen += [group for group in default(build) if group not in chosen]
            continue
        group = named(word)
        if group is None or not is_known(group, build) or "-MLKEM" in word.upper():
            if "?" not in marks and "-" not in marks:
                return GroupList(string, False, f"group '{word}' is not known")
            ignored.append(word)
        elif "-" in marks:
            chosen = [other for other in chosen if other != group]
        elif group not in chosen:
            chosen.append(group)
    return GroupList(string, True, None, tuple(chosen), tuple(ignored))


def _branch(name: str) -> tuple[int, ...]:
    return tuple([int(part) for part in name.split(".")])


@cache
def _names() -> dict[str, Group]:
    found: dict[str, Group] = {}
    for iana, code, bits, family, others in _data()["groups"]:
        group = Group(iana, code, bits, family)
        for name in (iana, *others):
            found.setdefault(name.lower(), group)
    return found


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "groups.json"))
    return data
