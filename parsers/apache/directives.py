"""What httpd knows: directives by module, their arity and contexts. Data made by scripts/build_apache_directives.py."""

import json
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct


class Known(Struct):
    """One directive of a stock httpd 2.4.

    `module`: identifier of the module that has it; `arity`: TAKE1, TAKE12, FLAG, ITERATE … ("" where it reads its raw arguments);
    `contexts`: server, vhost, directory, .htaccess; `overrides`: AllowOverride classes that let it into .htaccess (`All`: any).
    """

    name: str
    module: str
    arity: str
    contexts: frozenset[str]
    overrides: frozenset[str]


BUILTIN_DEBIAN = frozenset(
    {"core_module", "so_module", "watchdog_module", "http_module", "log_config_module", "logio_module", "version_module", "unixd_module"}
)
"""`apache2 -l` on Debian 12; other builds have core, http and so at least (server/main.c, ap_prelinked_modules)."""

BUILTIN_LEAST = frozenset({"core_module", "so_module", "http_module"})


def known(name: str) -> Known | None:
    """A directive or (with a leading `<`) a section by name, whatever its case; None: no stock module has it."""
    row = _data()["by_lower"].get(name.lower())
    if row is None:
        return None
    spelt, module, arity, contexts, overrides = row
    return Known(spelt, identifier_of(module), arity, frozenset(contexts), frozenset(overrides))


def module_of(name: str) -> str | None:
    """The module that implements a directive (`ssl_module`); None: no stock module."""
    row = _data()["by_lower"].get(name.lower())
    return None if row is None else identifier_of(row[1])


def names() -> list[str]:
    """Every directive, sections with a leading `<`."""
    return list(_data()["directives"])


def identifier_of(name: str) -> str:
    """`mod_ssl.c` → `ssl_module`, `event.c` → `mpm_event_module`; anything else stays as it is."""
    sources: dict[str, str] = _data()["identifiers"]
    found = sources.get(name)
    if found is not None:
        return found
    return f"{name[4:-2]}_module" if name.startswith("mod_") and name.endswith(".c") else name


def is_stock(identifier: str) -> bool:
    """Is the module one whose directives are known here?"""
    return identifier in _data()["modules"] or identifier in BUILTIN_DEBIAN


def module_meant(name: str) -> str | None:
    """The spelling `<IfModule>` would understand, for one it never does: `mod_ssl`, `ssl`, `mod_ssl.so`, `MOD_SSL.C`."""
    if name in _data()["modules"] or name in _data()["identifiers"]:
        return None
    bare = name.lower().removeprefix("mod_").removesuffix(".so").removesuffix(".c").removesuffix("_module")
    for guess in (bare, f"{bare}s", bare.removesuffix("s")):
        if f"{guess}_module" in _data()["modules"]:
            return str(_data()["modules"][f"{guess}_module"])
    return None


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "directives.json"))
    data["identifiers"] = {source: identifier for identifier, source in data["modules"].items()}
    data["by_lower"] = {name.lower(): (name, *row) for name, row in data["directives"].items()}
    return data
