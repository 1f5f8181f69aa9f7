"""JUnit XML, as CI systems read it: a suite per server, a case per finding; a server without findings is a case that passed."""

import re
from collections.abc import Iterator

from tlslint.model import Finding, locate
from tlslint.reports.report import Report, Summary, by_instance
from tlslint.reports.text import also
from tlslint.reports.visible import visible

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 has no way to write (section 2.2)."""


def suites(report: Report, _: Summary) -> Iterator[str]:
    """The document, line by line. A finding that several servers share stands under the first."""
    told: set[int] = set()
    groups: list[tuple[str, list[Finding]]] = []
    for instance, findings in by_instance(report):
        found = [finding for finding in findings if id(finding) not in told]
        told.update(id(finding) for finding in found)
        groups.append((f"{instance.service} {instance.root.path}", found))
    rest = [finding for finding in report.findings if id(finding) not in told]
    if rest:
        groups.append(("files", rest))
    count = len(report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    cases = sum(max(1, len(found)) for _, found in groups)
    yield f'<testsuites name="tlslint" tests="{cases}" failures="{count}" errors="{len(report.broken)}">'
    for name, found in groups:
        yield f'  <testsuite name="{_text(name)}" tests="{max(1, len(found))}" failures="{len(found)}">'
        if not found:
            yield f'    <testcase name="nothing to report" classname="{_text(name)}"/>'
        for finding in found:
            place = locate(finding.primary.span)
            case = f"{finding.code} {finding.name} at {place.path}:{place.line}:{place.column}"
            yield f'    <testcase name="{_text(case)}" classname="{_text(name)}" file="{_text(place.path)}" line="{place.line}">'
            said = f"{finding.message}{also(finding)}"
            advice = _text(finding.remedy.advice) if finding.remedy is not None else ""
            yield f'      <failure type="{finding.severity.word}" message="{_text(said)}">{advice}</failure>'
            yield "    </testcase>"
        yield "  </testsuite>"
    for sentence in report.broken:
        yield f"  <!-- {_text(sentence).replace('--', '- -')} -->"
    yield "</testsuites>"


def _text(text: str) -> str:
    text = _NO_XML.sub("\ufffd", visible(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
