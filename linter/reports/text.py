"""Findings for people: the reader's own line, a caret under the very characters, what they do, and what to write instead."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tlslint.model import Confidence, Finding, Label, Severity, locate
from tlslint.reports.visible import visible

WIDTH = 100
"""Longest piece of a configuration line that is shown; longer ones are cut around the marked characters."""


class Style(NamedTuple):
    """How to print: colours or none, and the characters that draw the frame (plain ASCII always)."""

    colour: bool = False

    def paint(self, text: str, code: str) -> str:
        """Wrap in an SGR sequence when colours are on."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


_COLOURS = {Severity.CRITICAL: "1;31", Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_FRAME = "1;34"


def concise(findings: Iterable[Finding]) -> Iterator[str]:
    """`path:line:column: error TLS102 deprecated-version: message`, one line each."""
    for finding in findings:
        place = locate(finding.primary.span)
        yield (
            f"{visible(place.path)}:{place.line}:{place.column}: {finding.severity.word} {finding.code} {finding.name}: "
            f"{visible(finding.message)}{also(finding)}"
        )


def full(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The long form, as designed: headline, code with carets, provenance, remedy."""
    for finding in findings:
        yield from _one(finding, style)
        yield ""


def also(finding: Finding) -> str:
    """` (also: b, c)` for a cause that several endpoints share."""
    others = [name for name in finding.endpoints if name not in finding.message]
    if not others or len(finding.endpoints) < 2:
        return ""
    shown = ", ".join(visible(name) for name in others[:4])
    return f" (also: {shown}{f' and {len(others) - 4} more' if len(others) > 4 else ''})"


def _one(finding: Finding, style: Style) -> Iterator[str]:
    head = style.paint(f"{finding.severity.word}[{finding.code}]", _COLOURS[finding.severity])
    yield f"{head} {finding.name}: {style.paint(visible(finding.message), '1')}{also(finding)}"
    places = [locate(label.span) for label in (finding.primary, *finding.related)]
    margin = max(len(str(place.line)) for place in places)
    rule = style.paint(" " * margin + " |", _FRAME)
    place = places[0]
    yield f"{style.paint(' ' * margin + '-->', _FRAME)} {visible(place.path)}:{place.line}:{place.column}"
    yield rule
    yield from _excerpt(finding.primary, "^", margin, style, _COLOURS[finding.severity])
    yield rule
    for label, place in zip(finding.related, places[1:], strict=True):
        yield f"{style.paint(' ' * margin + ':::', _FRAME)} {visible(place.path)}:{place.line}:{place.column}"
        yield rule
        yield from _excerpt(label, "-", margin, style, _FRAME)
        yield rule
    equals = " " * margin + " " + style.paint("=", _FRAME)
    if finding.remedy is not None:
        unsafe = finding.remedy.unsafe
        yield f"{equals} fix{f' (unsafe: {visible(unsafe)})' if unsafe else ''}: {visible(finding.remedy.advice)}"
    if finding.profiles:
        yield f"{equals} profile: {'; '.join(finding.profiles)}"
    if finding.confidence is not Confidence.HIGH:
        yield f"{equals} confidence: {finding.confidence.word}"
    yield f"{equals} help: tlslint explain {finding.code}"


def _excerpt(label: Label, mark: str, margin: int, style: Style, colour: str) -> Iterator[str]:
    span = label.span
    place = locate(span)
    file = span.file
    start = file.line_starts()[place.line - 1]
    raw = file.line(place.line)
    before = file.data[start : span.start].decode(file.encoding, "replace")
    inside = file.data[span.start : min(span.end, start + len(raw))].decode(file.encoding, "replace").rstrip("\r\n")
    after = file.data[max(span.start, min(span.end, start + len(raw))) : start + len(raw)].decode(file.encoding, "replace").rstrip("\r\n")
    before, inside, after = (visible(part.expandtabs(4)) for part in (before, inside, after))
    if _columns(before) > WIDTH // 2:
        before = "…" + before[-(WIDTH // 2) :] if style.colour else "..." + before[-(WIDTH // 2) :]
    if _columns(inside) > WIDTH:
        inside = inside[: WIDTH - 3] + "..."
    room = max(10, WIDTH - _columns(before) - _columns(inside))
    if _columns(after) > room:
        after = after[:room] + "..."
    yield f"{style.paint(f'{place.line:>{margin}} |', _FRAME)} {before}{inside}{after}".rstrip()
    lines = span.data.count(b"\n")
    note = visible(label.text) + (f"{' ' if label.text else ''}(and {lines} more lines)" if lines > 1 else "")
    caret = mark * max(1, _columns(inside))
    yield f"{style.paint(' ' * margin + ' |', _FRAME)} {' ' * _columns(before)}{style.paint(f'{caret} {note}'.rstrip(), colour)}"


def _columns(text: str) -> int:
    """Terminal columns: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def summary(findings: Iterable[Finding], files: int, endpoints: int, style: Style) -> str:
    """The last line: how many of what."""
    counts: dict[Severity, int] = {}
    for finding in findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + 1
    read = f"{_counted(files, 'file')} read, {_counted(endpoints, 'endpoint')}"
    if not counts:
        return f"{style.paint('nothing to report', '1;32')}: {read}"
    parts = [
        _counted(counts[severity], "critical" if severity is Severity.CRITICAL else severity.word)
        for severity in sorted(counts, reverse=True)
    ]
    return f"{_counted(sum(counts.values()), 'finding')}: {', '.join(parts)}; {read}"


def _counted(number: int, word: str) -> str:
    plural = word if number == 1 or word in ("critical", "info") else f"{word}s"
    return f"{number} {plural}"
