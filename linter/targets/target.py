"""A target: the versions of servers and TLS libraries that a configuration is judged for.

Given in words (`debian-12`, `rhel-9`, `httpd@2.4.62`, `openssl@1.1.1`, several of them), found below the scanned root (`detect`), or the
default; every version says which of the three it is.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.instance import KnownBy, Software
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.model.versions import BY_WORD, TlsVersion

DEFAULT = "debian-13"
"""Assumed when nothing is given or found: the newest Debian stable."""
SERVICES = ("httpd", "postfix", "dovecot", "courier", "slapd", "ldap-client")
_SERVICE_NAMES = {"apache": "httpd", "apache2": "httpd", "openldap": "slapd", **{name: name for name in SERVICES}}
_LIBRARIES = ("openssl", "gnutls", "moznss")
_WITH_NSS = "rhel-7.4"
"""The last of Red Hat's releases whose libldap is linked with Mozilla's NSS; no other program of the table ever was."""


class UnknownTargetError(ValueError):
    """A target name we have no data for; the message is for people."""


class Target(Struct):
    """Software by service (`httpd`, `postfix`, `dovecot`, `courier`, `slapd`, `ldap-client`) as one host has it.

    `family`: `debian` (Ubuntu too), `rhel`, `suse`, `alpine`, `arch`, `freebsd`; packages of one family are built alike.
    `openssl_min_version`, `openssl_security_level`, `openssl_groups`: what openssl.cnf, the crypto policy or the build sets for every
    program (None: OpenSSL's own). `system_ciphers`: what `PROFILE=SYSTEM` stands for; "" where it is not known, None where OpenSSL does not
    know the word. `source` says to people where this is from.
    """

    name: str
    how: KnownBy
    software: dict[str, Software]
    libraries: dict[str, Software]
    openssl_min_version: TlsVersion | None
    openssl_security_level: int
    family: str = "debian"
    openssl_groups: str | None = None
    system_ciphers: str | None = None
    source: str = ""

    def default_groups(self, build: str) -> tuple[Group, ...] | None:
        """Groups that openssl.cnf sets for every program on this build; None: the build's own."""
        if self.openssl_groups is None or not build.startswith("openssl"):
            return None
        from tlslint.crypto import groups  # noqa: PLC0415 (seldom set)

        listed = groups.evaluate(self.openssl_groups, build)
        return listed.groups if listed.accepted else None

    @property
    def is_debian(self) -> bool:
        """Is the software Debian's or Ubuntu's build?"""
        return self.family == "debian"

    @property
    def told(self) -> dict[str, str]:
        """The same for programs."""
        return {"name": self.name, "how": self.how.value, "source": self.source}

    @property
    def spoken(self) -> str:
        """`debian-12 (detected: var/lib/dpkg/status)`."""
        return f"{self.name} ({self.how.value}{': ' if self.source else ''}{self.source})"


@cache
def load(name: str | None = None) -> Target:
    """The target one word names, or the default. Raises `UnknownTargetError`."""
    if name is None:
        return _distribution(DEFAULT, KnownBy.ASSUMED)._replace(source="--target says otherwise")
    return combined((name,), None)


def combined(words: Sequence[str], found: Target | None) -> Target:
    """What the words of `--target` say, over what was found below the root (None: nothing), over the default. Later words win.

    Raises `UnknownTargetError`.
    """
    target = found if found is not None else load()
    for word in [word for word in words if "@" not in word]:
        if (name := _release_of(word)) not in _distributions():
            raise _unknown(word)
        target = _distribution(name, KnownBy.GIVEN)
    is_whole = any("@" not in word for word in words) or found is not None
    for word in [word for word in words if "@" in word]:
        target = _with(target, word, is_whole=is_whole)
    return target


def _with(target: Target, word: str, *, is_whole: bool) -> Target:
    """One `NAME@VERSION`: a server's version, or that of a library wherever it is in use.

    Another OpenSSL without a distribution beside it is judged as built by its own defaults.
    """
    name, _, version = word.partition("@")
    name = name.lower()
    if not re.match(r"\d+(\.\d+)*", version):
        raise UnknownTargetError(f"{word!r} names no version: write it like httpd@2.4.62")
    label = word if target.how is KnownBy.ASSUMED else f"{target.name} with {word}"
    if name in _SERVICE_NAMES:
        service = _SERVICE_NAMES[name]
        changed = Software(service, version, KnownBy.GIVEN)
        software = {**target.software, service: changed}
        if service == "slapd":
            software["ldap-client"] = changed._replace(name="ldap-client")
        return target._replace(name=label, software=software)
    if name not in _LIBRARIES:
        raise _unknown(word)
    if name == "moznss" and not any(library.name == name for library in target.libraries.values()):
        if is_whole:
            raise UnknownTargetError(f"nothing of {target.name} is linked with Mozilla's NSS: name rhel-6 or {_WITH_NSS} beside it")
        target = _distribution(_WITH_NSS, KnownBy.ASSUMED)
    used = {
        service: Software(name, version, KnownBy.GIVEN) if library.name == name else library
        for service, library in target.libraries.items()
    }
    target = target._replace(name=label, libraries=used)
    if name == "openssl" and not is_whole:
        target = target._replace(openssl_min_version=None, openssl_security_level=own_level((version,)))
    return target


def own_level(versions: Iterable[str | None]) -> int:
    """The security level a library is compiled with: 1 from 1.1.0 on, 2 from 3.2 on (CHANGES of 3.2) and in Ubuntu's 1.1.1."""
    version = next((version for version in versions if version), "")
    if version.endswith("-ubuntu"):
        return 2
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return 2 if numbers >= (3, 2) or not numbers else 1 if numbers >= (1, 1) else 0


def _unknown(word: str) -> UnknownTargetError:
    from difflib import get_close_matches  # noqa: PLC0415 (only for a word nobody knows)

    bare = word.partition("@")[0].lower()
    near = get_close_matches(bare, [*names(), *_SERVICE_NAMES, *_LIBRARIES], 1)
    if near and near[0] != bare:
        return UnknownTargetError(f"no target is called {word!r}; did you mean {near[0]}?")
    also = ", ".join((*SERVICES, *_LIBRARIES))
    return UnknownTargetError(f"no target is called {word!r}; there are {', '.join(names())}, and NAME@VERSION of {also}")


def distribution(name: str, how: KnownBy) -> Target | None:
    """A row of the table; None where there is none."""
    return _distribution(name, how) if name in _distributions() else None


def family_of(identity: str) -> str:
    """The name under which the table has a distribution: `rocky` is `rhel`, `opensuse-leap` is `suse`; others are themselves."""
    return str(_table()["same_as"].get(identity, identity))


def release(identity: str, version: str) -> str:
    """The name of a release: `rocky`, `9.4` → `rhel-9`; the finer one where the table tells it apart (`rhel-7.1`)."""
    family = family_of(identity)
    name = f"{family}-{version}"
    return name if family != "rhel" or name in _distributions() else f"{family}-{version.partition('.')[0]}"


def _release_of(word: str) -> str:
    """`rocky-9` → `rhel-9`, `Bookworm` → `debian-12`."""
    name = word.lower()
    identity, _, version = name.rpartition("-")
    return str(_table()["codenames"].get(name) or (release(identity, version) if identity else name))


def _distribution(name: str, how: KnownBy) -> Target:
    row = _distributions()[name]
    conf = row["openssl_conf"]
    libraries = {service: Software(library, version, how) for service, (library, version) in row["libraries"].items()}
    minimum = conf["min_version"]
    return Target(
        name,
        how,
        {service: Software(service, version, how) for service, version in row["software"].items()},
        libraries,
        BY_WORD[minimum] if minimum else None,
        conf["security_level"] if conf["security_level"] is not None else own_level(library.version for library in libraries.values()),
        row["family"],
        conf.get("groups"),
        conf.get("cipher_string", "") if row.get("policy") else None,
        f"packages of {row['date']}",
    )


def names() -> list[str]:
    """Every row of the table; what a row also stands for is not told apart."""
    rows = _distributions()
    return sorted(name for name in rows if not any(name in row.get("also", ()) for row in rows.values()))


@cache
def _distributions() -> dict[str, Any]:
    """Rows by name; a row stands for the releases it names under `also` as well."""
    distributions: dict[str, Any] = _table()["distributions"]
    return {**distributions, **{name: row for row in distributions.values() for name in row.get("also", ())}}


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(beside(__file__, "distributions.json"))
    return table
