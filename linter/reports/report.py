"""What every report is made from."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tlslint.model import Confidence, Finding, Ignored, Instance, Severity


class RulePage(NamedTuple):
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


class Report(NamedTuple):
    """A run, ready to be told.

    `files`: how many were read; `stale`: path, rule and message of what the baseline knows and nobody met; `settings`: the file that
    decided what is looked for, "" where none did; `switched_off`: the rules it leaves out; `rules`: asked only by reports that show them.
    """

    findings: Sequence[Finding]
    instances: Sequence[Instance]
    files: int
    ignored: Sequence[Ignored] = ()
    stale: Sequence[tuple[str, str, str]] = ()
    settings: str = ""
    switched_off: Sequence[str] = ()
    rules: Callable[[], Sequence[RulePage]] = _no_rules

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

    def ignored_by(self) -> dict[str, int]:
        """Ignored findings by who decided."""
        found: dict[str, int] = {}
        for each in self.ignored:
            found[each.by] = found.get(each.by, 0) + 1
        return dict(sorted(found.items()))


def of_instance(report: Report, instance: Instance) -> list[Finding]:
    """The findings about one server: those in a file it alone read, or about an endpoint of its own."""
    files = {id(file) for file in instance.files}
    own = {endpoint.name for endpoint in instance.endpoints}
    return [
        finding
        for finding in report.findings
        if id(finding.primary.span.file) in files and (not finding.endpoints or not own.isdisjoint(finding.endpoints) or not own)
    ]
