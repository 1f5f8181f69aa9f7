"""slapd.conf: physical lines to logical ones, logical lines to words, every byte kept.

Follows fp_getline() and strtok_quote() of servers/slapd/config.c, the same in 2.4 to 2.6. Text is read as Latin-1, so that one character
is one byte.
"""

from bisect import bisect_right
from collections.abc import Iterator

from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct

_SPACE = " \t\n\v\f\r"


class Word(Struct):
    """One argument: its text without quotes and escapes, and where it stands with them."""

    text: str
    span: Span


class Line(Struct):
    """One logical line. `whole`: all of its physical lines with their ends; joined they are the file.

    `words` is empty for blank lines and comments. `is_open`: a quote is never closed. `swallowed`: physical lines that continue a comment.
    """

    words: tuple[Word, ...]
    whole: Span
    span: Span
    is_comment: bool = False
    is_open: bool = False
    is_blank: bool = True
    continued: tuple[Span, ...] = ()
    """Physical lines after the first, without their indentation."""


class _Part(Struct):
    joined: int
    start: int


class _Logical:
    """A logical line while it grows."""

    __slots__ = ("_pieces", "continued", "end", "parts", "size", "start")

    def __init__(self, start: int) -> None:
        self._pieces: list[str] = []
        self.size = 0
        self.parts: list[_Part] = []
        self.start = self.end = start
        self.continued: list[tuple[int, int]] = []

    def add(self, text: str, start: int, end: int) -> None:
        self.parts.append(_Part(self.size, start))
        self._pieces.append(text)
        self.size += len(text)
        self.end = end

    @property
    def text(self) -> str:
        """All of it; put together once it is whole, for a line may have very many pieces."""
        return "".join(self._pieces)

    @property
    def is_continued(self) -> bool:
        """Does a single backslash end what is there so far?"""
        tail = "".join(self._pieces[-2:])[-2:]
        return tail[-1:] == "\\" and tail != "\\\\"

    def without_backslash(self) -> None:
        """Take the last character off."""
        while self._pieces and not self._pieces[-1]:
            self._pieces.pop()
        self._pieces[-1] = self._pieces[-1][:-1]
        self.size -= 1

    def offset(self, position: int) -> int:
        if not self.parts:
            return self.start + position
        part = self.parts[max(bisect_right(self.parts, position, key=_joined) - 1, 0)]
        return part.start + position - part.joined


def _joined(part: _Part) -> int:
    return part.joined


def lines(file: SourceFile) -> Iterator[Line]:
    """All logical lines of a file. Never raises.

    A line that begins with a blank continues the one before it, if that was not empty; one after a single `\\` at the end does so
    whatever it begins with. A line that begins with `include` stands alone.
    """
    text = file.data.decode("latin-1")
    current = _Logical(0)
    seen_any = False
    position = 0
    while position < len(text):
        start = position
        end = text.find("\n", position)
        position = len(text) if end == -1 else end + 1
        content = text[start : len(text) if end == -1 else end]
        if end != -1 and len(content) > 0 and content[-1] == "\r":
            content = content[:-1]
        content = content.partition("\0")[0]
        alone = len(current.parts) == 1 and current.text[:7].lower() == "include"
        if current.is_continued and not alone:
            current.without_backslash()
            current.continued.append((start, start + len(content)))
            current.add(content, start, position)
        elif content and content[0] in _SPACE and not alone:
            if seen_any and current.size:
                current.continued.append((start, start + len(content)))
            elif seen_any:  # after an empty line: it stands alone, and the empty line is said first
                yield _line(file, current)
                current = _Logical(start)
            current.add(" " + content[1:], start, position)
            seen_any = True
        else:
            if seen_any:
                yield _line(file, current)
            current = _Logical(start)
            current.add(content, start, position)
            seen_any = True
    if seen_any:
        yield _line(file, current)


def _line(file: SourceFile, current: _Logical) -> Line:
    text = current.text
    whole = Span(file, current.start, current.end)
    stripped = text.strip(" \t")
    first = len(text) - len(text.lstrip(" \t"))
    begin = current.offset(first) if stripped else current.start
    last = current.offset(first + len(stripped) - 1) + 1 if stripped else begin
    span = Span(file, begin, max(begin, last))
    continued = tuple(Span(file, *_trimmed(file, start, end)) for start, end in current.continued)
    if text[:1] == "#" or not text:
        return Line((), whole, span, is_comment=bool(text), is_blank=not text, continued=continued)
    words, is_open = _words(file, current)
    return Line(words, whole, span, is_open=is_open, is_blank=False, continued=continued)


def _trimmed(file: SourceFile, start: int, end: int) -> tuple[int, int]:
    data = file.data[start:end]
    return start + len(data) - len(data.lstrip()), start + len(data.rstrip()) if data.strip() else end


def _words(file: SourceFile, current: _Logical) -> tuple[tuple[Word, ...], bool]:
    text = current.text
    found: list[Word] = []
    at, quoted = 0, False
    while True:
        while at < len(text) and text[at] in " \t":
            at += 1
        if at >= len(text):
            return tuple(found), False
        start, kept, quoted = at, [], False
        while at < len(text):
            char = text[at]
            if char == '"':
                quoted = not quoted
            elif char == "\\":
                at += 1
                kept.append(text[at : at + 1] or "\\")
            elif char in " \t" and not quoted:
                break
            else:
                kept.append(char)
            at += 1
        at = min(at, len(text))
        found.append(Word("".join(kept), Span(file, current.offset(start), current.offset(at - 1) + 1)))
        if quoted:
            return tuple(found), True
