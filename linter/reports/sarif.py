"""SARIF 2.1.0, with everything GitHub code scanning requires or recommends; also read by GitLab, Azure DevOps and editors.

Sources: SARIF 2.1.0 (OASIS, 2020); GitHub's pages "SARIF support for code scanning" and "SARIF results exceed one or more limits".
Other than ASCII is escaped throughout, so that nothing in the file reorders or hides text.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from tlslint import __version__
from tlslint.model import Confidence, Finding, Ignored, Label, Severity, SourceFile, Span, locate
from tlslint.model.remedy import Edit
from tlslint.reports.linehash import line_hashes
from tlslint.reports.report import Report, RulePage, Summary
from tlslint.reports.text import also
from tlslint.reports.visible import harmless, visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

MAX_RESULTS = 25_000
"""GitHub refuses a run with more."""
MAX_LOCATIONS = 1_000
"""GitHub refuses a result with more."""
MAX_DESCRIPTION = 1_024
MAX_SNIPPET = 1_024

_LEVELS = {Severity.CRITICAL: "error", Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCORES = {Severity.CRITICAL: "9.5", Severity.ERROR: "8.0", Severity.WARNING: "5.5", Severity.INFO: "2.0"}
"""GitHub: above 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low."""
_PRECISIONS = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}


def log(report: Report, _: Summary) -> Iterator[str]:
    """The whole log, in one piece. The worst results stand first, so that a reader with a limit keeps them."""
    rules = report.rules()
    index = {rule.code: number for number, rule in enumerate(rules)}
    hashes: dict[int, list[str]] = {}
    told = [(finding, None) for finding in report.findings]
    hidden = [(each.finding, each) for each in report.ignored]
    ranked: list[tuple[Finding, Ignored | None]] = sorted([*told, *hidden], key=lambda pair: (pair[1] is not None, -pair[0].severity))
    results = [_result(finding, ignored, index, report, hashes) for finding, ignored in ranked[:MAX_RESULTS]]
    notifications = [{"level": "error", "message": {"text": visible(sentence)}} for sentence in report.broken]
    if len(ranked) > MAX_RESULTS:
        left = f"{len(ranked) - MAX_RESULTS} results of lower severity are left out: a run may hold {MAX_RESULTS}."
        notifications.append({"level": "warning", "message": {"text": left}})
    invocation: dict[str, Any] = {"executionSuccessful": not report.broken}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    run = {
        "tool": {
            "driver": {
                "name": "tlslint",
                "organization": "tlslint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": f"tlslint/{_uri(report.scanned) + '/' if report.scanned else ''}"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The directory tlslint was run in, or its --root."}}},
        "results": results,
    }
    yield harmless(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1))


def _rule(rule: RulePage) -> dict[str, Any]:
    prose, markdown = rule.text, _markdown(rule)
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": _cut(" ".join(_without_heads(prose).split()), MAX_DESCRIPTION)},
        "help": {"text": f"{rule.code} {rule.name}\n\n{prose}", "markdown": markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "precision": _PRECISIONS[rule.confidence],
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[_LEVELS[rule.severity]],
            "security-severity": _SCORES[rule.severity],
            "tags": ["security", "tls", rule.topic],
        },
    }


def _without_heads(prose: str) -> str:
    """What the rule does and why it is bad: all before `Use instead:`."""
    return prose.partition("\nUse instead:")[0]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rpartition(" ")[0] + "…"


def _markdown(rule: RulePage) -> str:
    lines = [f"# {rule.code} {rule.name}", ""]
    for line in rule.text.splitlines():
        for head in ("Use instead:", "Fix safety:", "Limits:", "References:"):
            if line.startswith(head):
                line = f"\n**{head}**{line.removeprefix(head)}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def _result(
    finding: Finding, ignored: Ignored | None, index: dict[str, int], report: Report, hashes: dict[int, list[str]]
) -> dict[str, Any]:
    span = finding.primary.span
    file = span.file
    if id(file) not in hashes:
        hashes[id(file)] = line_hashes(file.data)
    related = finding.related[: MAX_LOCATIONS - 1]
    line = locate(span).line
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding, related)},
        "locations": [_location(finding.primary)],
        "partialFingerprints": {"primaryLocationLineHash": hashes[id(file)][line - 1], "tlslint/v1": finding.fingerprint},
    }
    if related:
        result["relatedLocations"] = [{"id": number, **_location(label)} for number, label in enumerate(related, 1)]
        steps = [*reversed(related), finding.primary]
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": _location(label)} for label in steps]}]}]
    edits = report.edits(finding) if ignored is None else ()
    if edits and finding.remedy is not None:
        result["fixes"] = [_fix(finding.remedy.advice, edits)]
    if ignored is not None:
        result["suppressions"] = [_suppression(ignored)]
    properties: dict[str, Any] = {"confidence": finding.confidence.word, "severity": finding.severity.word}
    if finding.endpoints:
        properties["endpoints"] = [visible(name) for name in finding.endpoints]
    if finding.profiles:
        properties["profiles"] = list(finding.profiles)
    result["properties"] = properties
    return result


def _message(finding: Finding, related: Sequence[Label]) -> str:
    """The first sentence is the title; links name the related places."""
    text = _plain(finding.message + also(finding))
    text = text[:1].upper() + text[1:] + "."
    if finding.primary.text:
        text += f" Here: {_plain(finding.primary.text)}."
    links = [f"[{_plain(label.text) or 'here'}]({number})" for number, label in enumerate(related, 1)]
    return f"{text} See {', '.join(links)}." if links else text


def _plain(text: str) -> str:
    """Text that is no link (SARIF section 3.11.6: brackets are escaped) and does nothing to who shows it."""
    return visible(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _location(label: Label) -> dict[str, Any]:
    found: dict[str, Any] = {"physicalLocation": _physical(label.span)}
    if label.text:
        found["message"] = {"text": _plain(label.text[:1].upper() + label.text[1:]) + "."}
    return found


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.file), "region": _region(span)}


def _artifact(file: SourceFile) -> dict[str, Any]:
    if file.path.startswith("/"):
        return {"uri": f"file://{_uri(file.path)}"}
    return {"uri": _uri(file.path), "uriBaseId": "SRCROOT"}


def _region(span: Span, *, with_snippet: bool = True) -> dict[str, Any]:
    place = locate(span)
    region: dict[str, Any] = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    if with_snippet and span.end > span.start:
        region["snippet"] = {"text": _cut(span.text, MAX_SNIPPET)}
    return region


def _fix(advice: str, edits: Sequence[Edit]) -> dict[str, Any]:
    changes: dict[int, tuple[SourceFile, list[dict[str, Any]]]] = {}
    for edit in edits:
        file = edit.span.file
        replacement = {
            "deletedRegion": _region(edit.span, with_snippet=False),
            "insertedContent": {"text": edit.replacement.decode(file.encoding, "replace")},
        }
        changes.setdefault(id(file), (file, []))[1].append(replacement)
    return {
        "description": {"text": _plain(advice[:1].upper() + advice[1:]) + "."},
        "artifactChanges": [{"artifactLocation": _artifact(file), "replacements": found} for file, found in changes.values()],
    }


def _suppression(ignored: Ignored) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "inSource" if ignored.by == "comment" else "external", "status": "accepted"}
    found["justification"] = visible(ignored.reason) or f"By {ignored.by}."
    if ignored.span is not None:
        found["location"] = {"physicalLocation": _physical(ignored.span)}
    return found


_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@")


def _uri(path: str) -> str:
    """A path as a relative reference (RFC 3986 section 4.2), byte by byte."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in os.fsencode(path))
