"""A target: the versions of servers and TLS libraries that a configuration is judged for."""

import json
import os
from functools import cache
from typing import Any, NamedTuple

from tlslint.model.instance import KnownBy, Software
from tlslint.model.versions import BY_WORD, TlsVersion

DEFAULT = "debian-13"
"""Assumed when nothing is given: the newest Debian stable."""


class UnknownTargetError(ValueError):
    """A target name we have no data for; the message is for people."""


class Target(NamedTuple):
    """Software by service (`httpd`, `postfix`, `dovecot`, `courier`, `slapd`, `ldap-client`) as one distribution ships it.

    `openssl_min_version` and `openssl_security_level` are what the distribution's openssl.cnf or build sets for every program.
    """

    name: str
    how: KnownBy
    software: dict[str, Software]
    libraries: dict[str, Software]
    openssl_min_version: TlsVersion | None
    openssl_security_level: int


@cache
def load(name: str | None = None) -> Target:
    """The target called `name`, or the default. Raises `UnknownTargetError`."""
    how = KnownBy.ASSUMED if name is None else KnownBy.GIVEN
    name = name or DEFAULT
    row = _distributions().get(name)
    if row is None:
        raise UnknownTargetError(f"no target is called {name!r}; there are {', '.join(names())}")
    minimum = row["openssl_conf"]["min_version"]
    return Target(
        name,
        how,
        {service: Software(service, version, how) for service, version in row["software"].items()},
        {service: Software(library, version, how) for service, (library, version) in row["libraries"].items()},
        BY_WORD[minimum] if minimum else None,
        row["openssl_conf"]["security_level"],
    )


def names() -> list[str]:
    """Every target there is data for."""
    return sorted(_distributions())


@cache
def _distributions() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "distributions.json"), "rb") as stream:
        data = json.loads(stream.read())
    distributions: dict[str, Any] = data["distributions"]
    return distributions
