"""TLS libraries as builds: the one name by which the rest of `tlslint.crypto` knows what a library can do.

A build is a release branch as somebody compiled it (`openssl@3.0` is Debian's, `openssl@1.1.1-weak` has RC4 and 3DES compiled in).
Patch levels inside a branch behave alike unless the data say otherwise, so any version maps to one build.
"""

import json
import re
from functools import cache, lru_cache
from typing import Any

from tlslint.data import beside
from tlslint.model.instance import Software
from tlslint.model.struct import Struct
from tlslint.model.versions import BY_WORD, TlsVersion


class UnknownBuildError(ValueError):
    """A library or version there is no data for; the message is for people."""


class Build(Struct):
    """What a library build can do before anybody configures it.

    `name`: `openssl@3.0`; `library`: `openssl` or `gnutls`; `release`: the version the data were measured on; `branch`: (3, 0);
    `versions`: every protocol version it can speak at all; `security_level`: compiled default (None: it has no such thing);
    `table`: whose rows of the suite table it has; `like`: the build whose suites and words it has; `tls12_level`: the security level from
    which nothing below TLS 1.2 is spoken, None where levels say it version by version; `note`: what sets the build apart.
    """

    name: str
    library: str
    release: str
    branch: tuple[int, ...]
    versions: frozenset[TlsVersion]
    security_level: int | None
    table: str
    like: str
    tls12_level: int | None
    note: str


def build_of(library: Software) -> str | None:
    """The build a library version maps to: openssl `1.1.1w` → `openssl@1.1.1`, gnutls `3.7.9` → `gnutls@3.7.9`.

    None when nothing can be said: version not known, another library (LibreSSL, wolfSSL), or older than the data (before 1.0.1, 3.6).
    A version newer than the data maps to the newest build; `1.1.1f-ubuntu` is `openssl@1.1.1-ubuntu`.
    """
    if library.version is None:
        return None
    mapped = _mapped(library.name.lower(), library.version)
    variant = f"{mapped}-{library.version.partition('-')[2]}"
    return variant if variant in _data()["builds"] else mapped


def build_named(name: str) -> str:
    """The build that a person's `openssl@3.0.20`, `openssl@1.1.1-weak`, `gnutls@3.7.9` or `3.0` means. Raises `UnknownBuildError`."""
    library, _, version = name.strip().lower().rpartition("@")
    library = library or "openssl"
    if f"{library}@{version}" in _data()["builds"]:
        return f"{library}@{version}"
    base, dash, variant = version.partition("-")
    mapped = _mapped(library, base)
    if mapped is not None and not dash:
        return mapped
    if mapped is not None and f"{mapped.partition('-')[0]}-{variant}" in _data()["builds"]:
        return f"{mapped.partition('-')[0]}-{variant}"
    raise UnknownBuildError(f"no library build is called {name!r}; there are {', '.join(names())}")


@cache
def build(name: str) -> Build:
    """The facts of a build, by the name `build_of` or `build_named` gave. Raises `KeyError` for any other name."""
    row = _data()["builds"][name]
    library, _, version = name.partition("@")
    branch = tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))
    versions = frozenset(BY_WORD[word] for word in row["versions"])
    # 3.0 and 3.1: the signatures of older versions (SHA-1, MD5 with SHA-1) are too weak from level 1; later ones say it of the version.
    tls12_level = row.get("tls12_level", 1 if branch >= (3,) else None)
    table, like, level = row.get("table", name), row.get("like", name), row.get("security_level")
    return Build(name, library, row["release"], branch, versions, level, table, like, tls12_level, row.get("note", ""))


def names() -> list[str]:
    """Every build there is data for."""
    return list(_data()["builds"])


@lru_cache(maxsize=256)
def _mapped(library: str, version: str) -> str | None:
    wanted = _sortable(version)
    found: str | None = None
    for least, name in _data()["mapping"].get(library, ()):
        if wanted >= _sortable(least):
            found = name
    return found


def _sortable(version: str) -> tuple[tuple[int, str], ...]:
    """`1.0.2g` → ((1, ""), (0, ""), (2, "g")): letters come after the bare number; epoch and `~`, `+`, `-` tails are cut."""
    version = re.split(r"[-+~ ]", version.rpartition(":")[2], maxsplit=1)[0]
    return tuple((int(number), letter) for number, letter in re.findall(r"(\d+)([a-z]*)", version))


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "libraries.json"))
    return data
