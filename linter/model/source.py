"""Bytes and places in them.

Spans are byte offsets from the lexer up; line and column are computed once, at the edge, by `locate`.
"""

from bisect import bisect_right
from collections.abc import Sequence

from tlslint.model.struct import Struct


class SourceFile:
    """The bytes of one file as they stand on disk.

    `path` is the name people see: relative to the working directory or to `--root`, links resolved, `/` between parts.
    Two source files are the same only when they are the same object; a file is read once per run.
    """

    __slots__ = ("_line_starts", "_text_is_utf8", "data", "path")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._line_starts: Sequence[int] | None = None
        self._text_is_utf8: bool | None = None

    def __repr__(self) -> str:
        return f"SourceFile({self.path!r}, {len(self.data)} bytes)"

    @property
    def encoding(self) -> str:
        """`utf-8` when all of it decodes, else `latin-1`, which takes any byte."""
        if self._text_is_utf8 is None:
            try:
                self.data.decode("utf-8")
            except UnicodeDecodeError:
                self._text_is_utf8 = False
            else:
                self._text_is_utf8 = True
        return "utf-8" if self._text_is_utf8 else "latin-1"

    def line_starts(self) -> Sequence[int]:
        """Offsets at which lines begin; only LF ends a line, as it does for every server we read."""
        if self._line_starts is None:
            from array import array  # noqa: PLC0415 (files without findings are not asked)

            # An array holds a number in eight bytes, a list in forty, and there are as many as lines of all files with findings.
            starts, position = array("Q", [0]), self.data.find(b"\n")
            while position != -1:
                starts.append(position + 1)
                position = self.data.find(b"\n", position + 1)
            self._line_starts = starts
        return self._line_starts

    def line(self, number: int) -> bytes:
        """The bytes of line `number` (from 1) without its LF."""
        starts = self.line_starts()
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.data)
        return self.data[start:end]


class Span(Struct):
    """The bytes `start` to `end` (exclusive) of a file."""

    file: SourceFile
    start: int
    end: int

    @property
    def data(self) -> bytes:
        """The bytes themselves."""
        return self.file.data[self.start : self.end]

    @property
    def text(self) -> str:
        """The bytes as text, for people; never for writing back."""
        return self.data.decode(self.file.encoding, "replace")


class Location(Struct):
    """A span as people count: lines and columns from 1, columns in code points, end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


def locate(span: Span) -> Location:
    """Turn byte offsets into lines and columns."""
    file = span.file
    line, column = _line_and_column(file, span.start)
    end_line, end_column = _line_and_column(file, max(span.start, span.end))
    return Location(file.path, line, column, end_line, end_column)


def _line_and_column(file: SourceFile, offset: int) -> tuple[int, int]:
    starts = file.line_starts()
    line = bisect_right(starts, offset)
    start = starts[line - 1]
    return line, len(file.data[start:offset].decode(file.encoding, "replace")) + 1
