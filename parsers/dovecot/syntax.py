"""Dovecot's configuration text: physical lines to statements, every byte kept.

Follows config_parse_line() of src/config/config-parser.c, the same in 2.0 to 2.4 but for quoted keys and groups, which 2.4 added. Text is
read
as Latin-1, so that one character is one byte and an offset in the text is an offset in the file.
"""

import re
from collections.abc import Iterator
from enum import Enum

from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct


class Kind(Enum):
    """What a statement is (enum config_line_type)."""

    SKIP = "skip"
    """Blank or comment."""
    VALUE = "value"
    FILE = "file"
    """`key = <path`: the value is what the file holds."""
    VARIABLE = "variable"
    """An unquoted value with a `$` in it."""
    BEGIN = "begin"
    GROUP = "group"
    """2.4: `group @label name {`."""
    END = "end"
    INCLUDE = "include"
    INCLUDE_TRY = "include_try"
    ERROR = "error"
    """`value` is the daemon's message."""


class Statement(Struct):
    """One logical line.

    `whole` covers all of its physical lines, their ends included: the statements of a file joined are the file. `span` covers what was
    said, from
    the first character of the key to the last of the value. `key_span`, `value_span`: where those stand (empty spans where they do not).
    `comment`: a comment cut off the end. `glued`: it began without a blank before it. `dropped`: the beginning of a continued line that the
    daemon forgot, because a blank or comment line followed. `is_open`: the file ended where a continuation was to follow.
    """

    kind: Kind
    key: str
    value: str
    quoted: bool
    whole: Span
    span: Span
    key_span: Span
    value_span: Span
    comment: Span | None = None
    glued: bool = False
    dropped: Span | None = None
    is_open: bool = False


SETTINGS = (Kind.VALUE, Kind.FILE, Kind.VARIABLE)


class Block(Struct):
    """A `{ }` block (or the file itself, `begin` None) with what is in it. `end` None: it is never closed in this file."""

    begin: Statement | None
    items: "list[Statement | Block]"
    end: Statement | None = None

    @property
    def key(self) -> str:
        """`passdb`, `service`; "" for the file."""
        return self.begin.key if self.begin is not None else ""

    @property
    def lines(self) -> list[Statement]:
        """Settings directly in it."""
        return [item for item in self.items if isinstance(item, Statement) and item.kind in SETTINGS]

    def last(self, key: str) -> Statement | None:
        """The last line that sets `key`."""
        return next((line for line in reversed(self.lines) if line.key == key), None)


_SPACE = " \t\n\v\f\r"
_COMMENT = re.compile(r"""[^'"#]*(?:'(?:[^'\\]|\\.)*'[^'"#]*|"(?:[^"\\]|\\.)*"[^'"#]*)*""", re.DOTALL)
_BARE_KEY = re.compile(r"[^ \t\n\v\f\r=]*")
_QUOTED_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_NAME = re.compile(r"[^ \t\n\v\f\r]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class _Part(Struct):
    """A piece of a logical line: where it stands in the joined text, and in the file."""

    joined: int
    start: int


def statements(file: SourceFile, *, quoted_keys: bool) -> Iterator[Statement]:
    """All statements of a file. `quoted_keys`: the grammar of 2.4. Never raises; what the daemon refuses is `Kind.ERROR`."""
    text = file.data.decode("latin-1")
    position = first = 0
    joined = ""
    parts: list[_Part] = []
    while position < len(text):
        line_start = position
        end = text.find("\n", position)
        position = len(text) if end == -1 else end + 1
        line = text[line_start : len(text) if end == -1 else end]
        nul = line.find("\0")
        if nul != -1:  # a C string ends here
            line = line[:nul]
        stripped = line.lstrip(_SPACE)
        start = line_start + len(line) - len(stripped)
        if not stripped or stripped[0] == "#":
            dropped = Span(file, parts[0].start, line_start) if parts else None
            yield _plain(file, Kind.SKIP, first if parts else line_start, position, start, start, dropped=dropped)
            joined, parts, first = "", [], position
            continue
        content, comment, glued = _without_comment(file, stripped, start)
        content = content.rstrip(_SPACE)
        if content.endswith("\\"):
            content = content[:-1].rstrip(_SPACE)
            if content:
                parts.append(_Part(len(joined), start))
                joined += content + " "
            if not parts:
                first = position
                yield _plain(file, Kind.SKIP, line_start, position, start, start)
            continue
        parts.append(_Part(len(joined), start))
        yield _Line(file, joined + content, parts, Span(file, first, position), comment, glued).statement(quoted_keys=quoted_keys)
        joined, parts, first = "", [], position
    if parts:
        yield _plain(file, Kind.SKIP, first, len(text), parts[0].start, len(text), is_open=True)


def blocks(file: SourceFile, *, quoted_keys: bool) -> Block:
    """The file's statements as a tree. A block that an included file closes stays open."""
    root = Block(None, [])
    opened = [root]
    for statement in statements(file, quoted_keys=quoted_keys):
        if statement.kind in (Kind.BEGIN, Kind.GROUP):
            opened.append(Block(statement, []))
        elif statement.kind is Kind.END and len(opened) > 1:
            closed = opened.pop()._replace(end=statement)
            opened[-1].items.append(closed)
        else:
            opened[-1].items.append(statement)
    while len(opened) > 1:
        left = opened.pop()
        opened[-1].items.append(left)
    return root


def _plain(
    file: SourceFile, kind: Kind, first: int, position: int, start: int, end: int, *, dropped: Span | None = None, is_open: bool = False
) -> Statement:
    nowhere = Span(file, start, start)
    return Statement(
        kind, "", "", False, Span(file, first, position), Span(file, start, end), nowhere, nowhere, None, False, dropped, is_open
    )


def _without_comment(file: SourceFile, line: str, start: int) -> tuple[str, Span | None, bool]:
    """Cut off a comment: at the first `#` outside quotes; after a quote that never closes nothing is cut."""
    match = _COMMENT.match(line)
    end = match.end() if match else len(line)
    if end == len(line) or line[end] != "#":
        return line, None, False
    return line[:end], Span(file, start + end, start + len(line)), line[end - 1] not in _SPACE


class _Line:
    """A logical line being taken apart."""

    def __init__(self, file: SourceFile, text: str, parts: list[_Part], whole: Span, comment: Span | None, glued: bool) -> None:
        self.file = file
        self.text = text
        self.parts = parts
        self.whole = whole
        self.comment = comment
        self.glued = glued

    def statement(self, *, quoted_keys: bool) -> Statement:
        line = self.text
        if quoted_keys and line[0] == '"':
            match = _QUOTED_KEY.match(line)
            key, at, key_span = (match.group(1), match.end(), self.span(1, match.end(1))) if match else ("", 1, self.span(0, 1))
        else:
            match = _BARE_KEY.match(line)
            at = match.end() if match else 0
            key, key_span = line[:at], self.span(0, at)
        at = self.skip(at)
        rest = line[at:]
        if key in ("!include", "!include_try"):
            return self.made(Kind.INCLUDE if key == "!include" else Kind.INCLUDE_TRY, key, rest, key_span, self.span(at))
        if rest[:1] == "=":
            return self.assignment(key, key_span, self.skip(at + 1))
        if key == "}" and not rest:
            return self.made(Kind.END, key, "", key_span, self.span(at))
        if rest[:1] == "{":
            return self.begin(Kind.BEGIN, key, key_span, "", self.span(at, at), at)
        if quoted_keys and key == "group":
            label, label_end = self.word(at)
            at = self.skip(label_end)
            name, name_end = self.word(at)
            spans = self.span(label_end - len(label), label_end), self.span(at, name_end)
            return self.begin(Kind.GROUP, label, spans[0], name, spans[1], self.skip(name_end))
        if rest[:1] == '"':
            end = line.find('"', at + 1)
            if end == -1:
                return self.made(Kind.ERROR, key, "Expecting '{'", key_span, self.span(at))
            name = _ESCAPE.sub(r"\1", line[at + 1 : end])
            return self.begin(Kind.BEGIN, key, key_span, name, self.span(at + 1, end), self.skip(end + 1), quoted=True)
        name, end = self.word(at)
        return self.begin(Kind.BEGIN, key, key_span, name, self.span(at, end), self.skip(end))

    def assignment(self, key: str, key_span: Span, at: int) -> Statement:
        value, value_span = self.text[at:], self.span(at)
        if value[:1] == "<":
            return self.made(Kind.FILE, key, self.text[self.skip(at + 1) :], key_span, value_span)
        if value[:1] not in ("'", '"'):
            return self.made(Kind.VARIABLE if "$" in value else Kind.VALUE, key, value, key_span, value_span)
        if value[-1] == value[0]:
            return self.made(Kind.VALUE, key, _ESCAPE.sub(r"\1", value[1:-1]), key_span, value_span, quoted=True)
        return self.made(Kind.VALUE, key, value, key_span, value_span)

    def begin(self, kind: Kind, key: str, key_span: Span, name: str, name_span: Span, at: int, *, quoted: bool = False) -> Statement:
        if self.text[at : at + 1] != "{":
            return self.made(Kind.ERROR, key, "Expecting '{'", key_span, name_span)
        if len(self.text) > at + 1:
            return self.made(Kind.ERROR, key, "Garbage after '{'", key_span, self.span(at + 1))
        return self.made(kind, key, name, key_span, name_span, quoted=quoted)

    def made(self, kind: Kind, key: str, value: str, key_span: Span, value_span: Span, *, quoted: bool = False) -> Statement:
        return Statement(kind, key, value, quoted, self.whole, self.span(0), key_span, value_span, self.comment, self.glued)

    def word(self, at: int) -> tuple[str, int]:
        match = _NAME.match(self.text, at)
        end = match.end() if match else at
        return self.text[at:end], end

    def skip(self, at: int) -> int:
        line = self.text
        while at < len(line) and line[at] in _SPACE:
            at += 1
        return at

    def span(self, start: int, end: int | None = None) -> Span:
        """Where characters of the logical line stand in the file."""
        end = len(self.text) if end is None else end
        first = self.offset(start)
        return Span(self.file, first, max(first, self.offset(end - 1) + 1) if end > start else first)

    def offset(self, position: int) -> int:
        part = self.parts[0]
        for candidate in self.parts[1:]:
            if candidate.joined > position:
                break
            part = candidate
        return part.start + position - part.joined
