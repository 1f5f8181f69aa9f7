"""The dialects. Each format turns its files into the common model and back; none imports another.

Every package here has the same rooms: `layout` (where such files live), `syntax` (bytes to a lossless tree), `evaluate` (tree to
endpoints), `defaults` (by version, from data), `fixer` (remedies to edits).
"""

from importlib import import_module
from types import ModuleType

FORMATS = ("apache", "postfix", "dovecot", "courier", "openldap")
"""In the order in which a file's name is offered to them."""

_ADDED: dict[str, str] = {}
"""Formats of plugins, with the package that has their rooms."""


def formats() -> tuple[str, ...]:
    """All formats: tlslint's own, then those of plugins."""
    return (*FORMATS, *_ADDED)


def add(name: str, package: str) -> None:
    """Take in a plugin's format. Raises `ValueError` for a name that is taken."""
    if name in formats():
        raise ValueError(f"the format {name} is there already")
    _ADDED[name] = package


def room(name: str, module: str) -> ModuleType:
    """A module of a format: `room("postfix", "layout")`."""
    return import_module(f"{_ADDED.get(name, f'tlslint.parsers.{name}')}.{module}")
