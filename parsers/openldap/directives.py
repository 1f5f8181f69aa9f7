"""What slapd's own tables say of every directive, by release (data: directives.json, made by scripts/slapd_directives.py)."""

import json
import re
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct


class Directive(Struct):
    """One row of a ConfigTable.

    `least` and `most`: words of the line, the name counted (0: any number); `letters`: how many of the name count (0: all);
    `kind`: ON_OFF, INT, UINT, LONG, ULONG, BER_LEN_T, STRING, BERVAL, BINARY, DN, ATDESC or "" (its handler decides); `places`: DB (in a
    database only), PRE_DB (before any database), PRE_BI, PAREN,
    NONZERO, IGNORED, MAGIC (it has a handler); `attribute`: its name in cn=config, "" where it has none.
    """

    name: str
    least: int
    most: int
    letters: int
    kind: str
    places: frozenset[str]
    attribute: str


Table = tuple[Directive, ...]


def of_slapd(version: str) -> Table:
    """Directives that stand anywhere, as far as their places allow."""
    return _table(_nearest(version), "global", "")


def of_backend(version: str, name: str) -> Table | None:
    """Directives of a database type; None: this release has no such type."""
    release = _nearest(version)
    if name in ("config", "frontend", "monitor", "dnssrv", "ldif"):
        return _table(release, "backends", name) if name in _data()["releases"][release]["backends"] else ()
    return _table(release, "backends", name) if name in _data()["releases"][release]["backends"] else None


def of_overlay(version: str, name: str) -> Table | None:
    """Directives of an overlay; None: this release has no such overlay."""
    release = _nearest(version)
    return _table(release, "overlays", name) if name in _data()["releases"][release]["overlays"] else None


def overlays(version: str) -> tuple[str, ...]:
    """Every overlay of a release."""
    return tuple(_data()["releases"][_nearest(version)]["overlays"])


def find(word: str, table: Table) -> Directive | None:
    """The row a word means, as config_find_keyword() does: case does not count, of some names only the beginning does."""
    folded = word.lower()
    for row in table:
        name = row.name.lower()
        if folded == name or (row.letters and folded[: row.letters] == name[: row.letters]):
            return row
    return None


def with_attribute(attribute: str, version: str) -> Directive | None:
    """The directive that an attribute of cn=config stands for (`olcTLSCipherSuite`); options after `;` do not count."""
    return _attributes(_nearest(version)).get(attribute.partition(";")[0].lower())


def attributes(version: str) -> tuple[str, ...]:
    """Every attribute of cn=config that stands for a directive."""
    return tuple(row.attribute for row in _attributes(_nearest(version)).values())


def number(version: str | None) -> tuple[int, ...]:
    """`2.5.13+dfsg` as (2, 5, 13)."""
    return tuple(int(part) for part in re.findall(r"\d+", (version or "2.6").partition("+")[0])[:3])


def _nearest(version: str) -> str:
    """The release whose tables a version has: they change between branches only."""
    releases: list[str] = list(_data()["releases"])
    return max((each for each in releases if number(each)[:2] <= number(version)[:2]), key=number, default=releases[0])


@cache
def _table(release: str, kind: str, name: str) -> Table:
    rows = _data()["releases"][release][kind]
    return tuple(_row(word, row) for word, row in (rows[name] if name else rows).items())


def _row(name: str, row: list[Any]) -> Directive:
    least, most, letters, kind, places, attribute = row
    return Directive(name, least, most, letters, kind, frozenset(places.split()), attribute)


@cache
def _attributes(release: str) -> dict[str, Directive]:
    data = _data()["releases"][release]
    found: dict[str, Directive] = {}
    for rows in (data["global"], *data["backends"].values(), *data["overlays"].values()):
        for name, row in rows.items():
            if row[5]:
                found.setdefault(row[5].lower(), _row(name, row))
    return found


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "directives.json"))
    return data
