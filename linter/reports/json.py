"""Findings as JSON (findings.schema.json). Locations are relative to the working directory or `--root`, links resolved."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from tlslint import __version__
from tlslint.model import Finding, Instance, Span, locate
from tlslint.model.remedy import Edit, Rewrite


def findings(found: Sequence[Finding], instances: Iterable[Instance], files: int) -> str:
    """The whole document."""
    servers = list(instances)
    severities: dict[str, int] = {}
    for finding in found:
        severities[finding.severity.word] = severities.get(finding.severity.word, 0) + 1
    document = {
        "schema_version": 1,
        "tool": {"name": "tlslint", "version": __version__},
        "summary": {
            "files": files,
            "instances": len(servers),
            "endpoints": sum(len(instance.endpoints) for instance in servers),
            "findings": len(found),
            "ignored": 0,
            "fixable": sum(isinstance(finding.remedy, Rewrite) for finding in found),
            "severities": severities,
        },
        "findings": [_finding(finding, found[:index]) for index, finding in enumerate(found)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _finding(finding: Finding, earlier: Sequence[Finding]) -> dict[str, Any]:
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
        "fix": _fix(finding),
        "fingerprint": fingerprint(finding, sum(_same(finding, other) for other in earlier)),
    }


def _fix(finding: Finding) -> dict[str, Any] | None:
    remedy = finding.remedy
    if not isinstance(remedy, Rewrite):
        return None  # remedies in model words become edits through a format's fixer
    return {
        "safety": "unsafe" if remedy.unsafe else "safe",
        "description": remedy.advice,
        "edits": [_edit(edit) for edit in remedy.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {"location": location(edit.span), "replacement": edit.replacement.decode(edit.span.file.encoding, "replace")}


def location(span: Span) -> dict[str, Any]:
    """A span as the schema wants it."""
    return dict(locate(span)._asdict())


def _same(finding: Finding, other: Finding) -> bool:
    ours, theirs = finding.primary.span, other.primary.span
    return finding.code == other.code and ours.file is theirs.file and ours.data == theirs.data


def fingerprint(finding: Finding, ordinal: int) -> str:
    """Stable when lines move: rule, file, endpoints, the marked text, and which one of equals it is."""
    span = finding.primary.span
    parts = [finding.code, span.file.path, *finding.endpoints[:1], span.text, str(ordinal)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
