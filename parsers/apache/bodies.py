"""The text of scopes as people see it: which lines stand in a `<VirtualHost>` or outside all of them, and where a new one would go."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from tlslint.model import SourceFile, Span
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct
from tlslint.parsers import placing
from tlslint.parsers.apache.syntax import Line, logical_lines, next_word

_STATIC = frozenset({"ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection", "macro"})
"""Sections whose lines stand in the scope around them."""


class Setting(Struct):
    """One line: its name in lower case, and whether it stands directly in its scope (not in an `<IfModule>` within it)."""

    line: Line
    name: str
    direct: bool = True

    @property
    def args(self) -> Span:
        """The bytes behind the name."""
        _, _, _, after = next_word(self.line.text, 0)
        return self.line.span(after, len(self.line.text))

    @property
    def words(self) -> list[str]:
        """The arguments as httpd splits them."""
        found = []
        _, _, _, position = next_word(self.line.text, 0)
        while position < len(self.line.text):
            word, first, last, position = next_word(self.line.text, position)
            if first == last:
                break
            found.append(word)
        return found

    @property
    def whole(self) -> Span:
        """Everything from the first blank to the line end, continuation lines included."""
        return Span(self.line.file, self.line.first, self.line.last)


class Body(Struct):
    """A scope in one file. `opening` is the `<VirtualHost …>` line; None: what stands outside all virtual hosts."""

    file: SourceFile
    opening: Line | None
    start: int
    end: int
    settings: tuple[Setting, ...]

    def last(self, *names: str) -> Setting | None:
        """The last line with the first of these names that is there at all; those in an `<IfModule>` only where no other is.

        `ssl*` is any name that begins so.
        """
        for direct in (True, False):
            for name in names:
                found = [setting for setting in self.settings if setting.direct >= direct and _is_called(setting.name, name)]
                if found:
                    return found[-1]
        return None


def _is_called(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


@lru_cache(maxsize=16)
def settings(file: SourceFile) -> tuple[Setting, ...]:
    """Every line of a file that says something."""
    return tuple(Setting(line, next_word(line.text, 0)[0].lower()) for line in logical_lines(file) if line.text and line.text[0] != "#")


@lru_cache(maxsize=16)
def _starts(file: SourceFile) -> list[int]:
    return [setting.line.first for setting in settings(file)]


def setting_at(span: Span) -> Setting | None:
    """The line a span lies on."""
    index = bisect_right(_starts(span.file), span.start) - 1
    if index < 0:
        return None
    found = settings(span.file)[index]
    return found if span.end <= found.line.last else None


def conditions_of(rule: Setting) -> Sequence[Setting]:
    """The RewriteCond lines a RewriteRule hangs on: those right above it."""
    lines = settings(rule.line.file)
    last = first = bisect_right(_starts(rule.line.file), rule.line.first) - 1
    while first and lines[first - 1].name == "rewritecond":
        first -= 1
    return lines[first:last]


@lru_cache(maxsize=16)
def _bodies(file: SourceFile) -> tuple[Body, ...]:
    """The virtual hosts of a file, then what stands outside."""
    found: list[Body] = []
    outside: list[Setting] = []
    inside: list[Setting] = []
    opening: Line | None = None
    stack: list[str] = []
    base = 0
    for setting in settings(file):
        name = setting.name
        if name.startswith("</"):
            closed = name[2:].split(">")[0]
            if closed in stack:
                while stack and stack.pop() != closed:
                    pass
            if closed == "virtualhost" and opening is not None:
                found.append(Body(file, opening, opening.last, setting.line.first, tuple(inside)))
                opening, inside = None, []
        elif name.startswith("<"):
            opened = name[1:].rstrip(">")
            if opened == "virtualhost" and opening is None:
                opening, base = setting.line, len(stack) + 1
            stack.append(opened)
        else:
            within = stack[base:] if opening is not None else stack
            if all(kind in _STATIC for kind in within):
                (inside if opening is not None else outside).append(setting._replace(direct=not within))
    if opening is not None:
        found.append(Body(file, opening, opening.last, len(file.data), tuple(inside)))
    return (*found, Body(file, None, 0, len(file.data), tuple(outside)))


def body_of(anchor: Span) -> Body:
    """The virtual host an endpoint's anchor belongs to (its own line, or a line in it); else what stands outside of all."""
    found = _bodies(anchor.file)
    index = bisect_right(found, anchor.start, hi=len(found) - 1, key=_first) - 1
    return found[index] if index >= 0 and anchor.start < found[index].end else found[-1]


def _first(body: Body) -> int:
    return body.opening.first if body.opening is not None else 0


def outside(file: SourceFile) -> Body:
    """What stands outside all virtual hosts of a file."""
    return _bodies(file)[-1]


def new_line(body: Body, text: str, neighbours: Sequence[str]) -> Edit | None:
    """`text` as a new line: below the last of its usual neighbours, else first in the virtual host. None: no place suggests itself."""
    data = text.encode("latin-1", "replace") if text.isascii() else text.encode()
    beside = body.last(*neighbours)
    if beside is not None:
        return placing.below(beside.whole, [data], placing.indentation(body.file.data, beside.line.first))
    if body.opening is None:
        return None
    inner = next((setting for setting in body.settings if setting.direct), None)
    tag = placing.indentation(body.file.data, body.opening.first)
    indent = placing.indentation(body.file.data, inner.line.first) if inner is not None else tag + b"    "
    return placing.below(Span(body.file, body.opening.first, body.opening.last), [data], indent)


@lru_cache(maxsize=16)
def all_of(files: tuple[SourceFile, ...], name: str) -> tuple[Setting, ...]:
    """Every line with this name."""
    return tuple(setting for file in files for setting in settings(file) if setting.name == name)
