"""The reader's own line with the marked characters in it."""

from tlslint.model import Label, Location, locate
from tlslint.model.struct import Struct
from tlslint.reports.visible import visible

WIDTH = 100
"""Longest piece of a configuration line that is shown; longer ones are cut around the marked characters."""


class Excerpt(Struct):
    """A line in three parts, harmless to show; tabs are four columns. `note`: what the marked part does."""

    place: Location
    before: str
    inside: str
    after: str
    note: str


def excerpt(label: Label) -> Excerpt:
    """The first line of a span, cut to size."""
    span = label.span
    place = locate(span)
    file = span.file
    start = file.line_starts()[place.line - 1]
    raw = file.line(place.line)
    end = min(span.end, start + len(raw))
    before = file.data[start : span.start].decode(file.encoding, "replace")
    inside = file.data[span.start : end].decode(file.encoding, "replace").rstrip("\r\n")
    after = file.data[max(span.start, end) : start + len(raw)].decode(file.encoding, "replace").rstrip("\r\n")
    before, inside, after = (visible(part.expandtabs(4)) for part in (before, inside, after))
    if columns(before) > WIDTH // 2:
        before = "..." + before[-(WIDTH // 2) :]
    if columns(inside) > WIDTH:
        inside = inside[: WIDTH - 3] + "..."
    room = max(10, WIDTH - columns(before) - columns(inside))
    if columns(after) > room:
        after = after[:room] + "..."
    lines = span.data.count(b"\n")
    note = visible(label.text) + (f"{' ' if label.text else ''}(and {lines} more lines)" if lines > 1 else "")
    return Excerpt(place, before, inside, after, note)


def columns(text: str) -> int:
    """Terminal columns: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    import unicodedata  # noqa: PLC0415 (most text is ASCII)

    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
