"""Findings as JSON (findings.schema.json). Locations are relative to the working directory or `--root`, links resolved."""

from collections.abc import Iterator
from typing import Any

from tlslint import __version__
from tlslint.model import Finding, Span, locate
from tlslint.model.remedy import Edit
from tlslint.reports.report import Report
from tlslint.reports.visible import json_lines


def findings(report: Report) -> Iterator[str]:
    """The whole document, finding by finding: of many servers there are many."""
    return json_lines(
        {
            "schema_version": 1,
            "tool": {"name": "tlslint", "version": __version__, "target": report.target},
            "summary": {
                "files": report.files,
                "instances": len(report.instances),
                "endpoints": report.endpoints,
                "findings": len(report.findings),
                "ignored": len(report.ignored),
                "fixable": len(report.fixes),
                "severities": {severity.word: count for severity, count in report.counts().items()},
            },
            "findings": (_finding(finding, report) for finding in report.findings),
            "ignored": ({**_finding(each.finding, report), "by": each.by, "reason": each.reason} for each in report.ignored),
            "stale": [{"path": path, "rule": rule, "message": message} for path, rule, message in report.stale],
        }
    )


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
