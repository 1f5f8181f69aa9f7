"""Profiles: what a policy allows, edition by edition. Editions are never rewritten; a new one is added."""

import json
import os
from functools import cache
from typing import Any, NamedTuple

from tlslint.model.suites import Group, Suite
from tlslint.model.versions import BY_WORD, TlsVersion

DEFAULT = "mozilla-intermediate"


class UnknownProfileError(ValueError):
    """A profile or edition there is no data for; the message is one sentence for people."""


class Profile(NamedTuple):
    """What one edition of one policy allows. `suites` and `groups` are IANA names in the policy's order; None: the policy names none.

    `rsa_bits`, `dh_bits`: least sizes in bits. `hsts_seconds`: least max-age. None: the policy does not say.
    """

    name: str
    edition: str
    date: str
    source: str
    versions: frozenset[TlsVersion]
    suites: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    rsa_bits: int | None
    dh_bits: int | None
    hsts_seconds: int | None

    @property
    def label(self) -> str:
        """`mozilla-intermediate@6.0`, as findings name it."""
        return f"{self.name}@{self.edition}"

    def allows_suite(self, suite: Suite) -> bool:
        """Is the suite on the list (or is there no list)?"""
        return self.suites is None or suite.iana in self.suites

    def allows_group(self, group: Group) -> bool:
        """Is the group on the list (or is there no list)?"""
        return self.groups is None or group.iana in self.groups


@cache
def load(name: str) -> Profile:
    """`mozilla-intermediate` (its newest edition) or `mozilla-intermediate@5.7`. Raises `UnknownProfileError`."""
    wanted, _, edition = name.partition("@")
    rows = [row for row in _editions() if row["name"] == wanted]
    if not rows:
        from difflib import get_close_matches  # noqa: PLC0415

        near = get_close_matches(wanted, names(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}"
        raise UnknownProfileError(f"no profile is called {wanted!r}; {hint}")
    chosen = [row for row in rows if row["edition"] == edition] if edition else rows[:1]
    if not chosen:
        raise UnknownProfileError(f"{wanted} has no edition {edition!r}; there are {', '.join(row['edition'] for row in rows)}")
    row = chosen[0]
    return Profile(
        row["name"],
        row["edition"],
        row["date"],
        row["source"],
        frozenset(BY_WORD[word] for word in row["versions"]),
        None if row["suites"] is None else tuple(row["suites"]),
        None if row["groups"] is None else tuple(row["groups"]),
        row["rsa_bits"],
        row["dh_bits"],
        row["hsts_seconds"],
    )


def names() -> list[str]:
    """Every profile there is data for."""
    return list(dict.fromkeys(row["name"] for row in _editions()))


@cache
def _editions() -> list[dict[str, Any]]:
    """Rows, each profile's newest edition first."""
    with open(os.path.join(os.path.dirname(__file__), "profiles.json"), "rb") as stream:
        rows: list[dict[str, Any]] = json.loads(stream.read())["editions"]
    return rows
