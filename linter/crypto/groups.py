"""Key-exchange groups: names in every spelling, configured lists, defaults by build."""

import json
import os
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tlslint.model.suites import Group
from tlslint.model.versions import TlsVersion


class GroupList(NamedTuple):
    """What came of `SSL_CTX_set1_groups_list` (`Curves`, `Groups`).

    `accepted` False: the call fails; `error` names the word. `groups` in order of preference.
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
def _names() -> dict[str, Group]:
    found: dict[str, Group] = {}
    for iana, code, bits, family, others in _data()["groups"]:
        group = Group(iana, code, bits, family)
        for name in (iana, *others):
            found.setdefault(name.lower(), group)
    return found


@cache
def _data() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "groups.json"), "rb") as stream:
        data: dict[str, Any] = json.loads(stream.read())
    return data


@lru_cache(maxsize=256)
def evaluate(string: str, build: str) -> GroupList:
    """What an OpenSSL build makes of a list of groups."""
    raise NotImplementedError


def default(build: str) -> tuple[Group, ...]:
    """The groups a server on this build offers when nothing is configured, in order."""
    raise NotImplementedError


def usable(group: Group, build: str, version: TlsVersion, security_level: int = 0) -> bool:
    """May a handshake of `version` use this group on `build` at `security_level`?"""
    raise NotImplementedError
