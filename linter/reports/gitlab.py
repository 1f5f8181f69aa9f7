"""GitLab Code Quality: a JSON array, shown in every tier's merge requests (GitLab's page "Code Quality report format")."""

import json
from collections.abc import Iterator

from tlslint.model import Severity, locate
from tlslint.reports.report import Report, Summary
from tlslint.reports.text import also
from tlslint.reports.visible import harmless, visible

_SEVERITIES = {Severity.CRITICAL: "blocker", Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def code_quality(report: Report, _: Summary) -> Iterator[str]:
    """The whole array, in one piece. Fingerprints hold no line number: with one, a moved line would be one finding mended and one new."""
    rows = []
    for finding in report.findings:
        place = locate(finding.primary.span)
        rows.append(
            {
                "description": visible(f"{finding.code} {finding.name}: {finding.message}{also(finding)}"),
                "check_name": finding.code,
                "fingerprint": finding.fingerprint,
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": place.path, "lines": {"begin": place.line, "end": place.end_line}},
            }
        )
    yield harmless(json.dumps(rows, indent=1))
