"""Annotations of GitHub Actions: workflow commands, one line each (GitHub's page "Workflow commands for GitHub Actions").

Everything that comes from a configuration is escaped as actions/toolkit does (packages/core/src/command.ts), so that no text in it can be
a command of its own.
"""

from collections.abc import Iterator

from tlslint.model import Severity, locate
from tlslint.reports.report import Report, Summary
from tlslint.reports.text import also
from tlslint.reports.visible import visible

_COMMANDS = {Severity.CRITICAL: "error", Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotations(report: Report, _: Summary) -> Iterator[str]:
    """The worst first: GitHub shows ten of a kind for a step."""
    for finding in sorted(report.findings, key=lambda each: -each.severity):
        place = locate(finding.primary.span)
        fields = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # columns count only within one line
            fields |= {"col": str(place.column), "endColumn": str(place.end_column)}
        fields["title"] = f"tlslint {finding.code} {finding.name}"
        said = ",".join(f"{name}={_property(visible(value))}" for name, value in fields.items())
        advice = f"\n{visible(finding.remedy.advice)}" if finding.remedy is not None else ""
        yield f"::{_COMMANDS[finding.severity]} {said}::{_data(visible(finding.message) + also(finding) + advice)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
