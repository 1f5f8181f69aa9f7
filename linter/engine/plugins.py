"""Rules and formats of other packages: by the names of their entry points, and only those the settings name.

Only packages that are installed in this interpreter count. Nothing is looked for in the working directory, in PYTHONPATH or in what is
scanned: tlslint runs as root on /etc and in CI on pull requests of strangers.
"""

import os
import site
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, distributions

from tlslint import parsers
from tlslint.checks import registry
from tlslint.checks.rule import EndpointRule, InstanceRule, ProblemRule, Rule

RULES, FORMATS = "tlslint.checks", "tlslint.formats"
_SCOPES: dict[str, type[Rule]] = {"endpoint": EndpointRule, "instance": InstanceRule, "problem": ProblemRule}
_loaded: set[str] = set()


class PluginError(ValueError):
    """A plugin that cannot be used; the message is one sentence for people."""


def load(name: str) -> None:
    """Take in the rules and formats of the entry points called `name`. Raises `PluginError`."""
    if name in _loaded:
        return
    found = _entry_points()
    chosen = [point for point in found if point.name == name]
    if not chosen:
        others = sorted({point.name for point in found})
        there = f"there are {', '.join(others)}" if others else "there is none"
        raise PluginError(f"no installed package has a plugin called {name!r}; {there}")
    for point in chosen:
        try:
            _take(point)
        except PluginError:
            raise
        except Exception as error:  # whatever its import does is not ours
            raise PluginError(f"the plugin {name} cannot be loaded: {type(error).__name__}: {error}") from None
    _loaded.add(name)


def _entry_points() -> list[EntryPoint]:
    places = [path for path in sys.path if os.path.realpath(path) in _installed()]
    return [point for found in distributions(path=places) for point in found.entry_points if point.group in (RULES, FORMATS)]


def _installed() -> set[str]:
    """Where this interpreter's packages are installed."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return {os.path.realpath(path) for path in (*site.getsitepackages(), *user)}


def _take(point: EntryPoint) -> None:
    if point.group == FORMATS:
        parsers.add(point.name, point.value)
        parsers.room(point.name, "layout")
        return
    rules = point.load()
    if not isinstance(rules, Iterable):
        raise PluginError(f"the plugin {point.name} gives no list of rules")
    for rule in rules:
        scope = next((name for name, base in _SCOPES.items() if isinstance(rule, type) and issubclass(rule, base)), None)
        if scope is None:
            raise PluginError(f"the plugin {point.name} gives {rule!r}, which is no rule")
        registry.add(registry.Entry(rule.code, rule.name, rule.__module__, scope, getattr(rule, "role", "")), rule)
