"""Findings for people: the reader's own line, a caret under the very characters, what they do, and what to write instead."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from tlslint.model import Confidence, Finding, Label, Severity, locate
from tlslint.model.struct import Struct
from tlslint.reports.excerpt import columns, excerpt
from tlslint.reports.report import Report, Summary, by_instance, by_severity
from tlslint.reports.visible import visible


class Style(Struct):
    """How to print: colours or none, and the characters that draw the frame (plain ASCII always)."""

    colour: bool = False

    def paint(self, text: str, code: str) -> str:
        """Wrap in an SGR sequence when colours are on."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text


_COLOURS = {Severity.CRITICAL: "1;31", Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_FRAME = "1;34"


class Bare:
    """Findings in a form of their own and nothing else."""

    def __init__(self, findings: Callable[[Report], Iterator[str]]) -> None:
        self._findings = findings

    def host(self, report: Report) -> Iterator[str]:
        """Its findings."""
        return self._findings(report)

    def end(self, _: Summary) -> Iterable[str]:
        """Nothing."""
        return ()


class Text:
    """Findings in a form of their own, then a line per server where there are several, then what was counted."""

    def __init__(self, findings: Callable[[Report, Style], Iterator[str]], style: Style) -> None:
        self._findings = findings
        self._style = style
        self._servers: list[Server] = []

    def host(self, report: Report) -> Iterator[str]:
        """Its findings."""
        self._servers += _servers(report)
        return self._findings(report, self._style)

    def end(self, summary: Summary) -> Iterator[str]:
        """Servers and sums."""
        if len(self._servers) > 1:
            yield from _table(self._servers, self._style)
            yield ""
        yield from _sums(summary, self._style)


def concise(report: Report) -> Iterator[str]:
    """`path:line:column: error TLS102 [*] deprecated-version: message`, one line each; `[*]`: `--fix` mends it."""
    for finding in report.findings:
        place = locate(finding.primary.span)
        mark = " [*]" if report.is_fixable(finding) else ""
        yield (
            f"{visible(place.path)}:{place.line}:{place.column}: {finding.severity.word} {finding.code}{mark} {finding.name}: "
            f"{visible(finding.message)}{also(finding)}"
        )


def full(report: Report, style: Style) -> Iterator[str]:
    """The long form, as designed: headline, code with carets, provenance, remedy."""
    for finding in report.findings:
        yield from _one(finding, style, is_fixable=report.is_fixable(finding))
        yield ""


def also(finding: Finding) -> str:
    """` (also: b, c)` for a cause that several endpoints share."""
    others = [name for name in finding.endpoints if name not in finding.message]
    if not others or len(finding.endpoints) < 2:
        return ""
    shown = ", ".join(visible(name) for name in others[:4])
    return f" (also: {shown}{f' and {len(others) - 4} more' if len(others) > 4 else ''})"


def _one(finding: Finding, style: Style, *, is_fixable: bool) -> Iterator[str]:
    head = style.paint(f"{finding.severity.word}[{finding.code}]", _COLOURS[finding.severity])
    head += f" {style.paint('[*]', '36')}" if is_fixable else ""
    yield f"{head} {finding.name}: {style.paint(visible(finding.message), '1')}{also(finding)}"
    places = [locate(label.span) for label in (finding.primary, *finding.related)]
    margin = max(len(str(place.line)) for place in places)
    rule = style.paint(" " * margin + " |", _FRAME)
    place = places[0]
    yield f"{style.paint(' ' * margin + '-->', _FRAME)} {visible(place.path)}:{place.line}:{place.column}"
    yield rule
    yield from underlined(finding.primary, "^", margin, style, _COLOURS[finding.severity])
    yield rule
    for label, place in zip(finding.related, places[1:], strict=True):
        yield f"{style.paint(' ' * margin + ':::', _FRAME)} {visible(place.path)}:{place.line}:{place.column}"
        yield rule
        yield from underlined(label, "-", margin, style, _FRAME)
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


def underlined(label: Label, mark: str, margin: int, style: Style, colour: str = _FRAME) -> Iterator[str]:
    """A line with the span of the label marked below it."""
    shown = excerpt(label)
    yield f"{style.paint(f'{shown.place.line:>{margin}} |', _FRAME)} {shown.before}{shown.inside}{shown.after}".rstrip()
    caret = mark * max(1, columns(shown.inside))
    pointer = style.paint(f"{caret} {shown.note}".rstrip(), colour)
    yield f"{style.paint(' ' * margin + ' |', _FRAME)} {' ' * columns(shown.before)}{pointer}"


def grouped(report: Report, style: Style) -> Iterator[str]:
    """File by file: its name once, then a line per finding, columns aligned."""
    by_file: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_file.setdefault(finding.primary.span.file.path, []).append(finding)
    for path, found in by_file.items():
        yield style.paint(visible(path), "1;4")
        rows = [(locate(finding.primary.span), finding) for finding in found]
        places = [f"{place.line}:{place.column}" for place, _ in rows]
        name = max(len(finding.name) for finding in found)
        for text, (_, finding) in zip(places, rows, strict=True):
            severity = style.paint(finding.severity.word.ljust(8), _COLOURS[finding.severity])
            mark = "[*]" if report.is_fixable(finding) else "   "
            what = f"{severity}  {finding.code} {mark} {finding.name.ljust(name)}"
            yield f"  {text.rjust(max(map(len, places)))}  {what}  {visible(finding.message)}{also(finding)}"
        yield ""


class Server(Struct):
    """What it is, how much it serves, what was found; as shown."""

    service: str
    place: str
    endpoints: str
    found: str


_CLEAN = "nothing to report"


def _servers(report: Report) -> Iterator[Server]:
    for instance, findings in by_instance(report):
        place = visible(instance.root.path) + ("" if instance.complete else " (a fragment)")
        endpoints = counted(len(instance.endpoints), "endpoint")
        yield Server(instance.service, place, endpoints, _severities(by_severity(findings)) or _CLEAN)


def _table(rows: Sequence[Server], style: Style) -> Iterator[str]:
    service, place, endpoints = (max(len(row[column]) for row in rows) for column in range(3))
    for row in rows:
        line = f"{row.service.ljust(service)}  {row.place.ljust(place)}  {row.endpoints.rjust(endpoints)}  {row.found}"
        yield style.paint(line, "2") if row.found == _CLEAN else line


def _sums(summary: Summary, style: Style) -> Iterator[str]:
    """How many of what, and what somebody decided not to hear of."""
    read = f"{counted(summary.files, 'file')} read, {counted(summary.endpoints, 'endpoint')}"
    if summary.judged_for:
        read += f"; judged for {visible(listed(summary.judged_for))}"
    if summary.severities:
        yield f"{counted(sum(summary.severities.values()), 'finding')}: {_severities(summary.severities)}; {read}"
    else:
        yield f"{style.paint(_CLEAN, '1;32')}: {read}"
    if summary.fixable or summary.unsafe:
        safely = f"[*] {summary.fixable} fixable with --fix"
        more = f"{summary.unsafe} {'more' if summary.fixable else 'fixable'} with --fix --unsafe-fixes"
        yield ", ".join([safely] * bool(summary.fixable) + [more] * bool(summary.unsafe))
    if summary.ignored:
        by = ", ".join(f"{count} by {who}" for who, count in summary.ignored.items())
        yield f"{counted(sum(summary.ignored.values()), 'finding')} ignored: {by}"
    if summary.switched_off:
        yield f"{visible(summary.settings)} switches off {', '.join(summary.switched_off)}"
    if summary.stale:
        yield f"{counted(len(summary.stale), 'finding')} of the baseline met no more; write it anew: --write-baseline"
        for path, rule, message in summary.stale:
            yield f"  {visible(path)}: {rule} {visible(message)}"


def _severities(counts: Mapping[Severity, int]) -> str:
    return ", ".join(counted(count, severity.word) for severity, count in counts.items())


def listed(names: Collection[str], most: int = 4) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(list(names)[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def counted(number: int, word: str) -> str:
    """`1 file`, `2 files`."""
    plural = word if number == 1 or word in ("critical", "info") else f"{word}s"
    return f"{number} {plural}"
