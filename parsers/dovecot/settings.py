"""What settings there are, by version: names, kinds of value, defaults."""

import json
import re
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct


class Release(Struct):
    """A version of Dovecot, comparable:

    (2, 3, 19, 1). `text` as people write it; `is_debian`: built by Debian, which has defaults of its own.
    """

    number: tuple[int, ...]
    text: str
    is_debian: bool = False

    @property
    def is_24(self) -> bool:
        """The configuration language of 2.4 and later."""
        return self.number >= (2, 4)

    @property
    def is_1(self) -> bool:
        """1.x: other listeners, other names."""
        return self.number < (2,)


def release(text: str, *, is_debian: bool = False) -> Release:
    """`2.3.19.1` as a release."""
    return Release(tuple(int(part) for part in re.findall(r"\d{1,9}", text)[:4]), text, is_debian)


def kind_of(name: str, version: Release) -> str | None:
    """`bool`, `enum`, `number`, `time`, `size`, `str`, `list`, `filter`, `filters`; None: no such setting."""
    return names(version).get(name)


def names(version: Release) -> dict[str, str]:
    """Every global setting of a release with the kind of its value; empty for releases there are no data for (before 2.3)."""
    return _names(next((least for least in ("2.4.0", "2.3.15", "2.3.0") if version.number >= release(least).number), ""))


def default(name: str, version: Release) -> str | None:
    """The default of a TLS or login setting; None: this release does not have it."""
    value: str | None = None
    for since, text in _data("defaults.json")["defaults"].get(name, ()):
        if version.number >= release(since).number:
            value = text
    if version.is_debian and version.number < (2, 4) and name == "protocols":
        return ""
    return value


def is_newer(name: str, version: Release) -> bool:
    """Does a TLS or login setting exist only in later releases?"""
    rows = _data("defaults.json")["defaults"].get(name)
    return bool(rows) and version.number < release(rows[0][0]).number


def listener_defaults() -> dict[str, Any]:
    """Login services with the ports they open by default: name, port, TLS from the first byte, since when."""
    rows: dict[str, Any] = _data("defaults.json")["listeners"]
    return {name: row for name, row in rows.items() if name != "source"}


def renamed(name: str) -> dict[str, str] | None:
    """What became of a 2.3 setting in 2.4: `to` (new name), `how` (what to do with the value); None: still the same name."""
    row: dict[str, str] | None = _data("renames.json")["settings"].get(name)
    return row


def moves() -> dict[str, Any]:
    """What became of 2.3's settings in 2.4: `settings`, `blocks`, `plugin`, `location`, `variables` (renames.json)."""
    return _data("renames.json")


def obsolete(name: str) -> str | None:
    """What 2.3 makes of a setting from before it (old-set-parser.c), in words; None: not such a one."""
    words: str | None = _data("renames.json")["obsolete in 2.3"].get(name)
    return words


@cache
def _names(least: str) -> dict[str, str]:
    rows: dict[str, str] = _data("settings.json")["names"].get(least, {})
    return {name: kind for kind, listed in rows.items() for name in listed.split()}


@cache
def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, name))
    return data
