"""Profiles: what a policy allows, edition by edition. Editions are never rewritten; a new one is added."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import BY_WORD, TLS13, TlsVersion

DEFAULT = "mozilla-intermediate"
HASHES = ("MD2", "MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
"""Of certificate signatures, the weakest first."""


class UnknownProfileError(ValueError):
    """A profile or edition there is no data for, or a file that holds none; the message is one sentence for people."""


class Profile(Struct):
    """What one edition of one policy allows. `suites` and `groups` are IANA names in the policy's order; None: the policy names none.

    `rsa_bits`, `dh_bits`: least sizes in bits. `hsts_seconds`: least max-age. Of certificates: `key_types` (`RSA`, `ECDSA`), `curves` (IANA
    group names), `signatures` (`SHA-256`), `lifetime_days` at most. None: the policy does not say. `until`: the day (`2026-04-06`) from
    which the edition is no longer the last word, and `until_why`.
    """

    name: str
    edition: str
    date: str
    source: str
    versions: frozenset[TlsVersion]
    suites: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    rsa_bits: int | None
    dh_bits: int | None = None
    hsts_seconds: int | None = None
    key_types: tuple[str, ...] | None = None
    curves: tuple[str, ...] | None = None
    signatures: tuple[str, ...] | None = None
    lifetime_days: int | None = None
    until: str | None = None
    until_why: str = ""

    @property
    def label(self) -> str:
        """`mozilla-intermediate@6.0`, as findings name it."""
        return f"{self.name}@{self.edition}" if self.edition else self.name

    @property
    def allowed_versions(self) -> frozenset[TlsVersion]:
        """What is not held against anybody: a policy older than TLS 1.3 (RFC 8446, August 2018) says nothing of it."""
        return self.versions if not self.date or self.date >= "2018-08" else self.versions | {TLS13}

    def allows_suite(self, suite: Suite) -> bool:
        """Is the suite on the list? A list without any suite of TLS 1.3, or no list, says nothing of them."""
        if self.suites is None or suite.iana in self.suites:
            return True
        return suite.is_tls13 and not self._knows_suites_of_tls13

    def allows_group(self, group: Group) -> bool:
        """Is the group on the list? A list without any hybrid, or no list, says nothing of them; a curve is one in TLS 1.3 as well."""
        if self.groups is None or group.iana.removesuffix("tls13") in self.groups:
            return True
        return group.family == "hybrid" and not any("MLKEM" in name for name in self.groups)

    @property
    def shortest_hash(self) -> str:
        """The weakest hash a certificate may be signed with; "" where the policy does not say."""
        return min(self.signatures or ("",), key=lambda name: HASHES.index(name) if name in HASHES else -1)

    def allows_signature(self, hashed: str) -> bool:
        """Is the hash as long as the shortest on the list? "" and others (EdDSA) are not judged."""
        return hashed not in HASHES or HASHES.index(hashed) >= (HASHES.index(least) if (least := self.shortest_hash) in HASHES else 0)

    @property
    def _knows_suites_of_tls13(self) -> bool:
        return any("_WITH_" not in name for name in self.suites or ())

    def is_past(self, now: str) -> bool:
        """Is the edition no longer the last word at this moment (RFC 3339)?"""
        return self.until is not None and now >= self.until


def listed_by_all(profiles: Sequence[Profile], suite: Suite) -> bool:
    """Does every chosen profile name this suite? Then what is wrong with it in general is what was asked for."""
    return bool(profiles) and all(profile.suites is not None and suite.iana in profile.suites for profile in profiles)


def allowed_by_all(profiles: Sequence[Profile]) -> frozenset[TlsVersion]:
    """Versions that every chosen profile allows; none where none was chosen."""
    return frozenset.intersection(*(profile.allowed_versions for profile in profiles)) if profiles else frozenset()


def load(name: str) -> Profile:
    """`mozilla-intermediate` (its newest edition), `mozilla-intermediate@5.7`, or the path of a file with one of one's own.

    A path has a `/` or one of the endings .yaml, .yml and .json; `#modern` behind it chooses one of several. Raises `UnknownProfileError`.
    """
    path = name.partition("#")[0]
    if "/" in path or path.endswith((".yaml", ".yml", ".json")):
        from tlslint.profiles.own import read  # noqa: PLC0415 (YAML is loaded for own profiles only)

        return read(name)
    return _known(name)


@cache
def _known(name: str) -> Profile:
    wanted, _, edition = name.partition("@")
    rows = [row for row in _editions() if row["name"] == wanted]
    if not rows:
        from difflib import get_close_matches  # noqa: PLC0415

        bare = wanted.lower()
        near = [name for name in names() if bare in name] if len(bare) > 2 else []
        near = near or get_close_matches(bare, names(), 1)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names())}"
        raise UnknownProfileError(f"no profile is called {wanted!r}; {hint}")
    chosen = [row for row in rows if row["edition"] == edition] if edition else rows[:1]
    if not chosen:
        raise UnknownProfileError(f"{wanted} has no edition {edition!r}; there are {', '.join(row['edition'] for row in rows)}")
    return from_row(chosen[0])


def from_row(row: dict[str, Any]) -> Profile:
    """A profile from JSON or YAML whose shape has been checked (docs/schemas/profile.schema.json)."""
    fields = {field: row[field] for field in Profile._fields if row.get(field) is not None}
    for field in ("suites", "groups", "key_types", "curves", "signatures"):
        fields[field] = tuple(fields[field]) if field in fields else None
    fields["versions"] = frozenset(BY_WORD[word] for word in row["versions"])
    fields.setdefault("rsa_bits", None)
    return Profile(**fields)


def names() -> list[str]:
    """Every profile there is data for."""
    return list(dict.fromkeys(row["name"] for row in _editions()))


def every() -> list[Profile]:
    """Every edition of every profile, newest first."""
    return [from_row(row) for row in _editions()]


@cache
def _editions() -> list[dict[str, Any]]:
    """Rows, each profile's newest edition first."""
    rows: list[dict[str, Any]] = json.loads(beside(__file__, "profiles.json"))["editions"]
    return rows
