"""Facts of httpd and OpenSSL that carry a version; the data are in defaults.json."""

import json
import re
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.instance import KnownBy
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.model.versions import TlsVersion
from tlslint.targets import Target


class Software(Struct):
    """What a configuration runs on.

    `httpd` and `openssl` as numbers (newest of the data where not known); `build` and `versions` as `tlslint.crypto.libraries` has them
    (None and the modern four where nothing is known); `level`: the security level before any cipher string; `words` for people.
    """

    httpd: tuple[int, ...]
    openssl: tuple[int, ...]
    build: str | None
    versions: frozenset[TlsVersion]
    level: int | None
    words: str
    name: str
    groups: tuple[Group, ...] | None = None
    """What openssl.cnf sets for every program; None: the library's own."""
    system_ciphers: str | None = None
    """What PROFILE=SYSTEM stands for; "" where it was not seen, None where OpenSSL does not know the word."""
    system_minimum: TlsVersion | None = None
    """The lowest version where the build leaves an unset SSLProtocol to the system's policy (Red Hat's sslprotdefault patch)."""
    has_fips: bool = True
    """May OpenSSL be switched to FIPS? Debian's is built without and has no provider; Red Hat's can (`openssl version`: 1.0.2k-fips)."""
    is_assumed: bool = False
    """Nobody said which software this is: the text may well be another distribution's."""
    family: str = "debian"
    """Whose packages: `debian`, `rhel`, `suse` …"""


def of(target: Target) -> Software:
    """The software of a target."""
    from tlslint.crypto import libraries  # noqa: PLC0415 (its tables are only needed for web servers)

    server, library = target.software["httpd"], target.libraries["httpd"]
    build = libraries.build_of(library)
    facts = libraries.build(build) if build else None
    modern = frozenset(version for version in TlsVersion if version >= TlsVersion.TLS10)
    level: int | None = target.openssl_security_level
    if facts is not None and facts.security_level is None:
        level = None
    return Software(
        numbers(server.version) or (2, 4, 999),
        numbers(library.version) or (3, 5, 0),
        build,
        facts.versions if facts else modern,
        level,
        f"httpd {server.version or 'of unknown version'} with {library.name} {library.version or 'of unknown version'}",
        f"httpd {server.version}" if server.version else "httpd",
        target.default_groups(build) if build else None,
        target.system_ciphers,
        target.openssl_min_version if target.system_ciphers is not None else None,
        not target.is_debian,
        library.how is KnownBy.ASSUMED,
        target.family,
    )


def numbers(version: str | None) -> tuple[int, ...]:
    """`2.4.62-1~deb12u1` → (2, 4, 62); letters are dropped."""
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[-+~ ]", version)[0])[:3]) if version else ()


def goes_without(name: str) -> bool:
    """Does httpd do by itself today what this directive of old was for? `name` in lower case."""
    return name in {removed.lower() for removed in data()["removed"]}


@cache
def data() -> dict[str, Any]:
    """defaults.json."""
    loaded: dict[str, Any] = json.loads(beside(__file__, "defaults.json"))
    return loaded
