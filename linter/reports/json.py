"""Findings as JSON (findings.schema.json). Locations are relative to the working directory or `--root`, links resolved."""

from collections.abc import Iterator, Mapping
from typing import Any

from tlslint import __version__
from tlslint.model import Finding, Span, locate
from tlslint.model.remedy import Edit
from tlslint.reports.report import Report, Summary
from tlslint.reports.visible import Listing, member


class Findings:
    """The document, finding by finding: of many servers there are many."""

    def __init__(self) -> None:
        self._begin = ["{", f"{member('schema_version', 1)},"]
        self._findings, self._ignored = Listing("findings"), Listing("ignored")
        self._later: list[str] = []
        self._targets: dict[tuple[str, ...], Mapping[str, str]] = {}
        self._hosts: dict[str, Mapping[str, str]] = {}

    def host(self, report: Report) -> Iterator[str]:
        """Its findings; what is ignored is kept, for it stands in a list of its own."""
        yield from self._begin
        self._begin = []
        yield from self._findings.lines(_finding(finding, report) for finding in report.findings)
        ignored = ({**_finding(each.finding, report), "by": each.by, "reason": each.reason} for each in report.ignored)
        self._later.extend(self._ignored.lines(ignored))
        self._hosts[report.host] = self._targets.setdefault(tuple(report.target.values()), report.target)

    def end(self, summary: Summary) -> Iterator[str]:
        """The rest."""
        yield self._findings.end()
        yield from self._later
        yield self._ignored.end()
        stale = [{"path": path, "rule": rule, "message": message} for path, rule, message in summary.stale]
        yield f"{member('stale', stale)},"
        tool: dict[str, Any] = {"name": "tlslint", "version": __version__}
        if len(self._targets) == 1:
            tool["target"] = next(iter(self._targets.values()))
        else:
            yield f"{member('hosts', [{'path': path, 'target': target} for path, target in self._hosts.items()])},"
        yield f"{member('tool', tool)},"
        yield member("summary", _counts(summary))
        yield "}"


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        "files": summary.files,
        "instances": summary.instances,
        "endpoints": summary.endpoints,
        "findings": sum(summary.severities.values()),
        "ignored": sum(summary.ignored.values()),
        "fixable": summary.fixable + summary.unsafe,
        "severities": {severity.word: count for severity, count in summary.severities.items()},
    }


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    return {
        "rule": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": finding.message,
        "location": location(finding.primary.span),
        "related": [{"location": location(label.span), "label": label.text} for label in finding.related],
        "endpoints": list(finding.endpoints),
        "profiles": list(finding.profiles),
        "fix": _fix(finding, report),
        "fingerprint": finding.fingerprint,
    }


def _fix(finding: Finding, report: Report) -> dict[str, Any] | None:
    """What would be tried first; only `--fix` proves it, and may choose another way or none."""
    remedy, edits = finding.remedy, report.fixes.get(finding)
    if remedy is None or edits is None:
        return None
    return {
        "safety": "unsafe" if remedy.unsafe else "safe",
        "description": remedy.advice,
        "edits": [_edit(edit) for edit in edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {"location": location(edit.span), "replacement": edit.replacement.decode(edit.span.file.encoding, "replace")}


def location(span: Span) -> dict[str, Any]:
    """A span as the schema wants it."""
    return dict(locate(span)._asdict())
