"""What every report is made from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tlslint.model import Confidence, Finding, Ignored, Instance, Severity
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct


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


class Report(Struct):
    """A run, ready to be told.

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

    @property
    def judged_for(self) -> str:
        """`debian-12 (detected: var/lib/dpkg/status)`; "" where nobody says."""
        known = ": ".join(word for word in (self.target.get("how"), self.target.get("source")) if word)
        return f"{self.target['name']} ({known})" if self.target else ""

    @property
    def endpoints(self) -> int:
        """How many endpoints all servers have."""
        return sum(len(instance.endpoints) for instance in self.instances)

    def counts(self) -> dict[Severity, int]:
        """Findings by severity, the worst first."""
        found: dict[Severity, int] = {}
        for finding in self.findings:
            found[finding.severity] = found.get(finding.severity, 0) + 1
        return dict(sorted(found.items(), reverse=True))

    def is_fixable(self, finding: Finding) -> bool:
        """Would `--fix` mend it, with the options at hand?"""
        return finding in self.fixes and (self.is_unsafe_wanted or not (finding.remedy and finding.remedy.unsafe))

    def fixable(self) -> tuple[int, int]:
        """How many `--fix` would mend, and how many more `--unsafe-fixes`."""
        unsafe = sum(1 for finding in self.fixes if finding.remedy and finding.remedy.unsafe)
        return len(self.fixes) - unsafe, unsafe

    def ignored_by(self) -> dict[str, int]:
        """Ignored findings by who decided."""
        found: dict[str, int] = {}
        for each in self.ignored:
            found[each.by] = found.get(each.by, 0) + 1
        return dict(sorted(found.items()))


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
