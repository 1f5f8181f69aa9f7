"""Patterns of paths, as people know them from .gitignore: `*` within a name, `**` over folders, a folder means all below it."""

import re
from collections.abc import Callable, Iterable

_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Does a path, relative to the folder the patterns are written for, match one of them?"""
    whole = "|".join(f"(?:{_expression(pattern)})" for pattern in patterns)
    if not whole:
        return lambda _: False
    compiled = re.compile(rf"(?:{whole})(?:/.*)?", re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    """A pattern without `/` matches a name in any folder, one with `/` counts from the top."""
    pattern = pattern.rstrip("/")
    start = "" if "/" in pattern else "(?:.*/)?"
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.lstrip("/"))
    return start + "".join(_WILD.get(piece, re.escape(piece)) for piece in pieces)
