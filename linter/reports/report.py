"""What every report is made from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, TypeVar

from tlslint.model import Confidence, Finding, Ignored, Instance, Severity
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct

K = TypeVar("K", Severity, str)


class RulePage(Struct):
    """What reports say of a rule. `summary` has no full stop; `text` is the manual page's prose, paragraphs apart."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    topic: str
    summary: str
    text: str


def _no_rules() -> tuple[RulePage, ...]:
    return ()


def _no_edits(_: Finding) -> tuple[Edit, ...]:
    return ()


class Summary(Struct):
    """What is counted of a run, and said of it once.

    `severities`: findings, the worst first; `fixable`: how many of them `--fix` would mend, `unsafe`: how many more `--unsafe-fixes`;
    `ignored`: findings not told, by who decided; the rest is as in `Report`.
    """

    files: int = 0
    instances: int = 0
    endpoints: int = 0
    severities: Mapping[Severity, int] = MappingProxyType({})
    fixable: int = 0
    unsafe: int = 0
    ignored: Mapping[str, int] = MappingProxyType({})
    stale: Sequence[tuple[str, str, str]] = ()
    settings: str = ""
    switched_off: Sequence[str] = ()
    judged_for: Sequence[str] = ()
    """`debian-12 (detected: var/lib/dpkg/status)`, and for what else."""

    def and_of(self, other: "Summary") -> "Summary":
        """Of both: other servers, looked at in the same way."""
        return other._replace(
            files=self.files + other.files,
            instances=self.instances + other.instances,
            endpoints=self.endpoints + other.endpoints,
            severities=_ordered(Counter(self.severities) + Counter(other.severities), reverse=True),
            fixable=self.fixable + other.fixable,
            unsafe=self.unsafe + other.unsafe,
            ignored=_ordered(Counter(self.ignored) + Counter(other.ignored)),
            stale=(*self.stale, *other.stale),
            judged_for=tuple(dict.fromkeys((*self.judged_for, *other.judged_for))),
        )


class Report(Struct):
    """A run over servers, ready to be told: the only one, or that over one host of many.

    `files`: how many were read; `stale`: path, rule and message of what the baseline knows and nobody met; `settings`: the file that
    decided what is looked for, "" where none did; `switched_off`: the rules it leaves out; `scanned`: the folder that was named, "" for
    the working directory; `broken`: what failed inside tlslint. `rules` and `edits` (of a finding, proven) are asked only by reports that
    show them.
    """

    findings: Sequence[Finding]
    instances: Sequence[Instance]
    files: int
    ignored: Sequence[Ignored] = ()
    stale: Sequence[tuple[str, str, str]] = ()
    settings: str = ""
    switched_off: Sequence[str] = ()
    scanned: str = ""
    broken: Sequence[str] = ()
    rules: Callable[[], Sequence[RulePage]] = _no_rules
    edits: Callable[[Finding], Sequence[Edit]] = _no_edits
    fixes: Mapping[Finding, tuple[Edit, ...]] = MappingProxyType({})
    """What `--fix` would try first, for each finding that can be mended."""
    is_unsafe_wanted: bool = False
    target: Mapping[str, str] = MappingProxyType({})
    """Which software was judged: its `name`, `how` that is known (the words of `KnownBy`), and the `source` of that."""
    host: str = ""
    """The folder that is `/` to these servers, where it was not said by `--root`."""

    def is_fixable(self, finding: Finding) -> bool:
        """Would `--fix` mend it, with the options at hand?"""
        return finding in self.fixes and (self.is_unsafe_wanted or not (finding.remedy and finding.remedy.unsafe))

    def summary(self) -> Summary:
        """What is counted of it."""
        unsafe = sum(1 for finding in self.fixes if finding.remedy and finding.remedy.unsafe)
        return Summary(
            self.files,
            len(self.instances),
            sum(len(instance.endpoints) for instance in self.instances),
            by_severity(self.findings),
            len(self.fixes) - unsafe,
            unsafe,
            _ordered(Counter(each.by for each in self.ignored)),
            self.stale,
            self.settings,
            self.switched_off,
            (_spoken(self.target),) if self.target else (),
        )


class Writer(Protocol):
    """Makes a report of one form, as lines. Of a run over many hosts it is told host by host and keeps none of them if it can."""

    def host(self, report: Report) -> Iterable[str]:
        """The lines that can be written when this is known; the only host, or the next in order of path."""
        ...

    def end(self, summary: Summary) -> Iterable[str]:
        """The last lines; `summary` is of all hosts."""
        ...


class Whole:
    """The writer of a form that begins with what is known last (the worst finding, a count): everything is kept until the end."""

    def __init__(self, told: Callable[[Report, Summary], Iterable[str]]) -> None:
        self._told = told
        self._reports: list[Report] = []

    def host(self, report: Report) -> Iterable[str]:
        """Nothing yet."""
        self._reports.append(report)
        return ()

    def end(self, summary: Summary) -> Iterable[str]:
        """All of it."""
        reports = self._reports
        edits = {finding: report.edits for report in reports for finding in report.findings}
        whole = reports[0]._replace(
            findings=[finding for report in reports for finding in report.findings],
            instances=[instance for report in reports for instance in report.instances],
            files=summary.files,
            ignored=[each for report in reports for each in report.ignored],
            stale=summary.stale,
            broken=list(dict.fromkeys(sentence for report in reports for sentence in report.broken)),
            edits=lambda finding: edits[finding](finding),
            fixes={finding: way for report in reports for finding, way in report.fixes.items()},
        )
        return self._told(whole, summary)


def _spoken(target: Mapping[str, str]) -> str:
    return f"{target['name']} ({': '.join(word for word in (target['how'], target['source']) if word)})"


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many there are of each, the worst first."""
    return _ordered(Counter(finding.severity for finding in findings), reverse=True)


def _ordered(counts: Mapping[K, int], *, reverse: bool = False) -> dict[K, int]:
    return dict(sorted(counts.items(), reverse=reverse))


def by_instance(report: Report) -> Iterator[tuple[Instance, list[Finding]]]:
    """Each server with the findings about it: those in a file it read, and about an endpoint of its own where they name any."""
    told: dict[int, list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(report.findings):
        told.setdefault(id(finding.primary.span.file), []).append((number, finding))
    for instance in report.instances:
        own = {endpoint.name for endpoint in instance.endpoints}
        there = sorted((each for file in dict.fromkeys(map(id, instance.files)) for each in told.get(file, ())), key=lambda each: each[0])
        yield (
            instance,
            [finding for _, finding in there if not finding.endpoints or not own.isdisjoint(finding.endpoints) or not own],
        )
