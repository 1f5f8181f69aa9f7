"""What Debian's package of slapd holds: loadable modules, schema files, default listeners (data: debian.json)."""

import json
import os
from functools import cache
from typing import Any

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


@cache
def _data() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "debian.json"), "rb") as stream:
        data: dict[str, Any] = json.loads(stream.read())
    return data
