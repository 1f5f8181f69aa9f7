"""Key-exchange groups: names in every spelling, configured lists, defaults by build."""

from functools import lru_cache
from typing import NamedTuple

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
    raise NotImplementedError


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
