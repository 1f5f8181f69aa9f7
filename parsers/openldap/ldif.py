"""LDIF (RFC 2849) as OpenLDAP reads it: records of attributes and values, every byte kept.

Follows ldif_read_record(), ldif_getline() and ldif_parse_line2() of libraries/libldap: a line that begins with one blank continues the one
before, `#` begins a comment anywhere, an empty line ends a record. Text is read as Latin-1.
"""

import binascii
from collections.abc import Iterator

from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct


class Value(Struct):
    """One line `name: value`. `how`: `:` plain, `::` base 64, `:<` a URL. `problem`: why the line cannot be read; "" when it can.

    `name` without its options (`;binary`), as written; `text` decoded, as Latin-1 where it was base 64.
    """

    name: str
    text: str
    how: str
    span: Span
    """Name and value."""
    name_span: Span
    value_span: Span
    problem: str = ""

    @property
    def key(self) -> str:
        """The name as it is compared: options cut, lower case."""
        return self.name.partition(";")[0].lower()


class Record(Struct):
    """Lines up to an empty one. `separators`: positions in `values` at which a `-` line stood."""

    values: tuple[Value, ...]
    separators: tuple[int, ...]
    whole: Span

    @property
    def dn(self) -> Value | None:
        """The line that names the entry."""
        return next((value for value in self.values if value.key == "dn"), None)


def records(file: SourceFile) -> Iterator[Record]:
    """All records of a file. Never raises."""
    text = file.data.decode("latin-1")
    values: list[Value] = []
    separators: list[int] = []
    logical: list[tuple[int, int]] = []
    start = position = 0

    def flush() -> None:
        if not logical:
            return
        line = _Folded(file, text, logical)
        logical.clear()
        if line.text[:1] == "#":
            return
        if line.text.rstrip() == "-":
            separators.append(len(values))
        else:
            values.append(line.value())

    while position < len(text):
        begin = position
        end = text.find("\n", position)
        position = len(text) if end == -1 else end + 1
        stop = len(text) if end == -1 else end
        if stop > begin and text[stop - 1] == "\r":
            stop -= 1
        if stop == begin:
            flush()
            if values or separators:
                yield Record(tuple(values), tuple(separators), Span(file, start, position))
                values, separators, start = [], [], position
        elif text[begin] == " " and logical:
            logical.append((begin + 1, stop))
        else:
            flush()
            logical.append((begin, stop))
    flush()
    if values or separators:
        yield Record(tuple(values), tuple(separators), Span(file, start, len(text)))


class _Folded:
    """A line put together from its pieces."""

    def __init__(self, file: SourceFile, text: str, pieces: list[tuple[int, int]]) -> None:
        self.file = file
        self.pieces = list(pieces)
        self.text = "".join(text[start:stop] for start, stop in pieces)

    def value(self) -> Value:
        lead = len(self.text) - len(self.text.lstrip())
        colon = self.text.find(":")
        if colon == -1:
            whole = self.span(lead, len(self.text.rstrip()))
            return Value(self.text.strip(), "", "", whole, whole, whole, "there is no ':'")
        name = self.text[lead:colon].rstrip()
        how = self.text[colon : colon + 2] if self.text[colon + 1 : colon + 2] in (":", "<") else ":"
        rest = self.text[colon + len(how) :]
        at = colon + len(how) + len(rest) - len(rest.lstrip())
        plain = self.text[at:]
        value_span = self.span(at, max(at, len(self.text.rstrip())))
        problem = "" if self.text[colon - 1 : colon].strip() or not name else "there is a blank before the colon"
        if how == "::":
            try:
                text = "".join(plain.split())
                padded = text.find("=")  # nothing after the padding is looked at
                text = text if padded == -1 else text[: padded + (-padded % 4)]
                plain = binascii.a2b_base64(text.encode("latin-1"), strict_mode=True).decode("latin-1")
            except (binascii.Error, ValueError):
                plain, problem = "", "the base 64 text cannot be decoded"
        return Value(
            name,
            plain,
            how,
            self.span(lead, max(colon + 1, len(self.text.rstrip()))),
            self.span(lead, lead + len(name)),
            value_span,
            problem,
        )

    def span(self, start: int, end: int) -> Span:
        first = self.offset(start)
        return Span(self.file, first, max(first, self.offset(end - 1) + 1) if end > start else first)

    def offset(self, position: int) -> int:
        for start, stop in self.pieces:
            if position < stop - start:
                return start + position
            position -= stop - start
        start, stop = self.pieces[-1]
        return stop + position
