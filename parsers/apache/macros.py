"""Macros: what `<Macro>` keeps and `Use` reads again.

Source: modules/core/mod_macro.c of httpd 2.4.
"""

import re
from collections.abc import Iterator, Sequence

from tlslint.model.struct import Struct
from tlslint.parsers.apache.syntax import Line, Word, substituted
from tlslint.parsers.apache.tree import Node


class Macro(Struct):
    """`<Macro name parameters>`: its lines as they stand, and where."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[Line, ...]
    defined: Node
    shown_in: str


def replayed(macro: Macro, arguments: Sequence[Word]) -> Iterator[Line]:
    """The body with parameters replaced, longest name first (substitute_macro_args); lines count from 1."""
    values = {name: _value(name, word.text) for name, word in zip(macro.parameters, arguments, strict=True)}
    names = sorted(values, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(name) for name in names)) if names else None
    base = macro.defined.line.number
    for line in macro.body:
        new = line if pattern is None else substituted(line, pattern, values)
        copy = Line(new.file, new.text, new.runs, new.first, new.last, line.number - base)
        copy.expanded, copy.unknown = new.expanded, new.unknown
        yield copy


def _value(name: str, text: str) -> str:
    """A parameter called `@x` is put in with quotes around it and escaped (ESCAPE_ARG)."""
    return '"' + re.sub(r'(["\\\\])', r"\\\1", text) + '"' if name.startswith("@") else text
