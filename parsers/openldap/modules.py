"""What Debian's package of slapd holds: loadable modules, schema files, default listeners (data: debian.json)."""

import json
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.parsers.openldap import directives
from tlslint.parsers.openldap.directives import number

_OVERLAY_MODULES = {"chain": "back_ldap", "distproc": "back_ldap", "pbind": "back_ldap", "sock": "back_sock", "proxycache": "pcache"}


def of_debian(version: str) -> frozenset[str]:
    """Modules that Debian ships with a version."""
    branches = _data()["modules"]
    branch = ".".join(str(part) for part in number(version)[:2])
    return frozenset(branches.get(branch, branches["2.6"]).split())


def plain(name: str) -> str:
    """`/usr/lib/ldap/back_mdb.la` as `back_mdb`."""
    base = name.rpartition("/")[2]
    return base.removesuffix(".la").removesuffix(".so")


def is_built_in(name: str, version: str) -> bool:
    """What is linked in is passed over when it is loaded (module_load()): monitor since 2.5."""
    return name in ("back_config", "back_ldif") or (name == "back_monitor" and number(version) >= (2, 5))


def may_be_there(name: str, version: str) -> bool:
    """A module of another package: nothing can be said of it."""
    ours = frozenset().union(*(modules.split() for modules in _data()["modules"].values()))
    return name in _data()["contrib"].split() or (name not in ours and name not in of_debian(version) and not name.startswith("back_"))


def without_schemes(version: str) -> frozenset[str]:
    """Modules that bring no password scheme."""
    return frozenset(name for name in of_debian(version) if not name.startswith(("pw-", "argon2", "otp")))


def of_overlay(name: str) -> str:
    """The module an overlay is in."""
    return _OVERLAY_MODULES.get(name, name)


def is_package_schema(path: str, version: str) -> bool:
    """A schema file that comes with slapd: a copy of some files of a host leaves it out."""
    folder, _, name = path.rpartition("/")
    branches = _data()["schema"]
    known = branches.get(".".join(str(part) for part in number(version)[:2]), branches["2.6"]).split()
    return folder.endswith("/schema") and name.removesuffix(".schema").removesuffix(".ldif") in known


def default_listeners() -> str:
    """SLAPD_SERVICES as Debian's package sets it."""
    listeners: str = _data()["listeners"]
    return listeners


class Missing(Struct):
    """Why slapd ends over a module, a database type or an overlay; `rule` that reports it."""

    message: str
    rule: str = "refused"


class Loaded:
    """What `moduleload` has brought so far. `shipped`: modules that are there to be loaded; None: not known, everything may be built in."""

    def __init__(self, version: str, shipped: frozenset[str] | None) -> None:
        self.version = version
        self.shipped = shipped
        self.names: set[str] = set()

    def load(self, written: str) -> Missing | None:
        """One module, by the name or path it is loaded with."""
        name = plain(written)
        if is_built_in(name, self.version):
            return None
        self.names.add(name)
        if self.shipped is not None and not self.shipped and name in of_debian(self.version):
            return Missing(f"the module {written} is looked for elsewhere: Debian's slapd has its modules in /usr/lib/ldap")
        if self.shipped is not None and name not in self.shipped and not may_be_there(name, self.version):
            return Missing(f"there is no module {written} in slapd {self.version}", "setting-not-in-version")
        return None

    def database(self, kind: str) -> tuple[str, Missing | None]:
        """A database type, with a `?` before it where it may be one of a module nobody knows; and why slapd ends over it."""
        if kind in ("config", "frontend", "monitor", "ldif") and f"back_{kind}" not in (self.shipped or ()):
            return kind, None
        if directives.of_backend(self.version, kind) is None:
            if kind in _GONE:
                message = f"OpenLDAP {_GONE[kind]} took the {kind} database away: slapd {self.version} does not know it"
                return kind, Missing(message, "setting-not-in-version")
            if self.shipped is None or any(name not in self.shipped for name in self.names):
                return "?" + kind, None
            return kind, Missing(f"slapd knows no database type {kind}")
        if self.shipped is not None and f"back_{kind}" in self.shipped and f"back_{kind}" not in self.names:
            return kind, Missing(f"the {kind} database is a module here and is not loaded: moduleload back_{kind} is missing")
        return kind, None

    def overlay(self, name: str) -> tuple[str, Missing | None]:
        """An overlay, likewise."""
        known = directives.of_overlay(self.version, name) is not None or name == "glue"
        module = of_overlay(name)
        if self.shipped is not None and module in self.shipped and module not in self.names:
            return name, Missing(f"the overlay {name} is a module here and is not loaded: moduleload {module} is missing")
        if not known and self.shipped is not None and all(each in self.shipped for each in self.names):
            return name, Missing(f"slapd knows no overlay {name}")
        return name if known else "?" + name, None


_GONE = {"ldbm": "2.4", "bdb": "2.5", "hdb": "2.5", "shell": "2.5", "ndb": "2.6"}
"""Database types and the branch that no longer has them."""


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "debian.json"))
    return data
