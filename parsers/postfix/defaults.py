"""What a release of Postfix knows: parameters, their defaults, types, and the order in which each daemon loads them.

The facts are in `parameters.json` (its source and date inside; `scripts/postfix_parameters.py` makes it).
"""

import json
import re
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class Kind(Struct):
    """Type of a parameter (`str`, `raw`, `bool`, `nbool`, `int`, `nint`, `long`, `time`, `str_fn`) and its bounds; 0: none.

    For texts the bounds are lengths: `low` 1 means that an empty value is fatal.
    """

    type: str
    low: int
    high: int


class Release:
    """One release, `3.7.11`. Unknown patch levels count as the last of their branch; a release newer than the data as the newest."""

    def __init__(self, version: str) -> None:
        match = _VERSION.match(version)
        numbers = tuple(int(part) for part in match.groups() if part is not None) if match else (99, 99)
        self.version = version
        self.branch = (numbers[0], numbers[1])
        self.patch = numbers[2] if len(numbers) > 2 else 999
        known = [_branch(name) for name in _data()["versions"]]
        self._index = max((index for index, branch in enumerate(known) if branch <= self.branch), default=0)
        self._patched: dict[str, str | None] = {}
        for split in _data()["patch_levels"]:
            fixed = split["before"].get(f"{self.branch[0]}.{self.branch[1]}")
            if fixed is not None and self.patch < fixed:
                self._patched.update(split["defaults"])

    def __ge__(self, branch: tuple[int, int]) -> bool:
        """`release >= (3, 6)`."""
        return self.branch >= branch

    def __lt__(self, branch: tuple[int, int]) -> bool:
        """`release < (3, 6)`."""
        return self.branch < branch

    def knows(self, name: str) -> bool:
        """Is there a parameter of this name?"""
        if name in self._patched:
            return self._patched[name] is not None
        return self._row(name) is not None

    def default(self, name: str) -> str | None:
        """The compiled-in text, before expansion; None where there is no such parameter, or where build or host decide."""
        if name in self._patched:
            return self._patched[name]
        row = self._row(name)
        return row if isinstance(row, str) else None

    def names(self) -> list[str]:
        """All parameters of this release."""
        return [name for name in _data()["parameters"] if self.knows(name)]

    def _row(self, name: str) -> str | bool | None:
        current: str | bool | None = None
        for index, text in _data()["parameters"].get(name, ()):
            if index > self._index:
                break
            current = text
        return current


def life(name: str) -> tuple[str, str] | None:
    """The first version that knows a parameter and the first that no longer does ("" where it still exists); None: never was one."""
    rows = _data()["parameters"].get(name)
    if not rows:
        return None
    versions = _data()["versions"]
    gone = versions[rows[-1][0]] if rows[-1][1] is None else ""
    return versions[rows[0][0]], gone


@cache
def kind(name: str) -> Kind:
    """The type of a parameter; text without bounds where no daemon's table holds it."""
    row = _data()["types"].get(name)
    return Kind(*row) if row else Kind("str", 0, 0)


_EMPTY_SINCE = {"tls_eecdh_auto_curves": (3, 8), "tls_low_cipherlist": (3, 8), "tls_export_cipherlist": (3, 8)}
"""Texts that must not be empty and later may be: the bound in tls_misc.c went from 1 to 0 (seen on 3.5.25 and 3.10.13)."""


def may_be_empty(name: str, release: Release) -> bool:
    """Has an empty value become one like others in this release, whatever `kind` says?"""
    since = _EMPTY_SINCE.get(name)
    return since is not None and release >= since


@cache
def load_order(daemon: str) -> dict[str, int]:
    """Positions in which `smtpd`, `smtp`, `lmtp`, `postscreen` or `tlsproxy` loads parameters; what is not in it, it never reads.

    Parameters of every program come first (mail_params_init), those of the TLS library last (tls_param_init).
    """
    daemons = _data()["daemons"]
    names = (*daemons["every"], *daemons[daemon], *(daemons["tls"] if daemon != "postscreen" else ()))
    order: dict[str, int] = {}
    for name in names:
        order.setdefault(name, len(order))
    return order


@cache
def every_program() -> frozenset[str]:
    """Parameters that every Postfix program loads at start."""
    return frozenset(_data()["daemons"]["every"])


def is_per_transport(name: str) -> str | None:
    """The transport in `<transport>_destination_concurrency_limit` and its like; None for other names."""
    for suffix in _data()["transport_suffixes"]:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return None


def _branch(version: str) -> tuple[int, int]:
    match = _VERSION.match(version)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "parameters.json"))
    return data
