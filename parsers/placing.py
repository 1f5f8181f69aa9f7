"""What every fixer needs: which endpoints share a line, what a line looks like, where a new one goes."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from tlslint.model import CipherString, Endpoint, Instance, Span
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct
from tlslint.parsers.format import Way


def deciding(endpoint: Endpoint, field: str) -> Span | None:
    """The bytes that decide a field of an endpoint today; None where a default does."""
    value = getattr(endpoint, field)
    if isinstance(value, CipherString):
        return value.span
    origins = value.origins
    return origins[0].span if origins else None


def sharers(instance: Instance, endpoints: Iterable[Endpoint], field: str, place: Span) -> list[Endpoint]:
    """Other endpoints of the server whose `field` the same bytes decide."""
    own = {id(endpoint) for endpoint in endpoints}
    near = _decided(instance, field).get(id(place.file))
    if near is None:
        return []
    first, last = bisect_left(near.starts, place.start - near.longest), bisect_left(near.starts, max(place.end, place.start + 1))
    return [endpoint for span, endpoint in near.spans[first:last] if id(endpoint) not in own and touches(span, place)]


class _Near(Struct):
    """What decides one field within one file, by place."""

    starts: list[int]
    spans: list[tuple[Span, Endpoint]]
    longest: int


_latest: list[tuple[Instance, dict[str, dict[int, _Near]]]] = []
"""The server that was asked about last, by field and file. Thousands of findings ask about one server."""


def _decided(instance: Instance, field: str) -> dict[int, _Near]:
    if not _latest or _latest[0][0] is not instance:
        _latest[:] = [(instance, {})]
    found = _latest[0][1].get(field)
    if found is None:
        by_file: dict[int, list[tuple[Span, Endpoint]]] = {}
        for endpoint in instance.endpoints:
            span = deciding(endpoint, field)
            if span is not None:
                by_file.setdefault(id(span.file), []).append((span, endpoint))
        found = _latest[0][1][field] = {}
        for file, spans in by_file.items():
            spans.sort(key=lambda each: each[0].start)
            found[file] = _Near([span.start for span, _ in spans], spans, max(span.end - span.start for span, _ in spans))
    return found


def touches(one: Span, other: Span) -> bool:
    """Do two spans of one file overlap?"""
    return one.file is other.file and one.start < other.end and other.start < one.end


def indentation(file_bytes: bytes, offset: int) -> bytes:
    """The blanks the line at `offset` begins with."""
    start = file_bytes.rfind(b"\n", 0, offset) + 1
    stop = start
    while stop < len(file_bytes) and file_bytes[stop : stop + 1] in (b" ", b"\t"):
        stop += 1
    return file_bytes[start:stop]


def line_end(file_bytes: bytes) -> bytes:
    """The file's own line end: CR LF where its first line has it."""
    first = file_bytes.find(b"\n")
    return b"\r\n" if first > 0 and file_bytes[first - 1 : first] == b"\r" else b"\n"


def below(span: Span, lines: Sequence[bytes], indent: bytes | None = None) -> Edit:
    """New lines below the (last) line of `span`, indented as that line is; the file's end gets a line end first where it lacks one."""
    file = span.file
    data = file.data
    ending = line_end(data)
    lead = indentation(data, span.start) if indent is None else indent
    text = b"".join(lead + line + ending for line in lines)
    end = data.find(b"\n", max(span.start, span.end - 1) if span.data.endswith(b"\n") else span.end)
    if end < 0:
        return Edit(Span(file, len(data), len(data)), ending + text.removesuffix(ending)) if data else Edit(Span(file, 0, 0), text)
    return Edit(Span(file, end + 1, end + 1), text)


def above(span: Span, lines: Sequence[bytes], indent: bytes | None = None) -> Edit:
    """New lines above the line `span` begins in."""
    file = span.file
    start = file.data.rfind(b"\n", 0, span.start) + 1
    lead = indentation(file.data, span.start) if indent is None else indent
    ending = line_end(file.data)
    return Edit(Span(file, start, start), b"".join(lead + line + ending for line in lines))


def whole_lines(span: Span) -> Span:
    """`span` with all of the lines it lies on, line end included: what is removed when a setting goes."""
    data = span.file.data
    start = data.rfind(b"\n", 0, span.start) + 1
    if span.end > span.start and data[span.end - 1 : span.end] == b"\n":
        return Span(span.file, start, span.end)
    end = data.find(b"\n", span.end)
    return Span(span.file, start, len(data) if end < 0 else end + 1)


def without_level(string: CipherString | None) -> Sequence[Way] | str:
    """`@SECLEVEL=n` taken out of an OpenSSL list, with the separator before or behind it."""
    if string is None or string.span is None:
        return "the level is not written in the cipher list"
    span = string.span
    edits = []
    for found in re.finditer(rb"(?i)(^)?([:, ]*)@SECLEVEL=\d+(?:([:, ]+))?", span.data):
        start, end = found.span()
        if found[1] is None and found[3]:
            end -= len(found[3])  # the separator before goes, the one behind stays
        edits.append(Edit(Span(span.file, span.start + start, span.start + end), b""))
    if not edits or edits[0].span.data == span.data:
        return "nothing but the level is written there"
    return [tuple(edits)]
