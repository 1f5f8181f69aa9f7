"""What was there when tlslint came: findings that are known and wait their turn. Only new ones are reported.

Sorted JSON, one finding a line and no line number in it: a change of the baseline reads as what it is.
"""

from collections.abc import Iterable

from tlslint.model import Finding, Ignored
from tlslint.model.struct import Struct

VERSION = 1


class BaselineError(ValueError):
    """A baseline that cannot be used; the message is one sentence for people, without the file's name."""


class Known(Struct):
    """A finding of the baseline."""

    path: str
    rule: str
    fingerprint: str
    message: str


def read(data: bytes) -> tuple[Known, ...]:
    """The findings of a baseline. Raises `BaselineError`."""
    import json  # noqa: PLC0415 (few runs have a baseline)

    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"is no JSON: {error}") from None
    if not isinstance(document, dict) or document.get("baseline_version") != VERSION:
        raise BaselineError(f"is no baseline of tlslint (baseline_version {VERSION} is missing)")
    rows = document.get("findings")
    known = []
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, dict) or not all(isinstance(row.get(field), str) for field in Known._fields):
            raise BaselineError(f"has an entry without one of {', '.join(Known._fields)}")
        known.append(Known(*(row[field] for field in Known._fields)))
    return tuple(known)


def text(findings: Iterable[Finding]) -> str:
    """A baseline that knows these findings."""
    import json  # noqa: PLC0415

    rows = sorted(Known(each.primary.span.file.path, each.code, each.fingerprint, each.message) for each in findings)
    lines = ",\n".join(f"    {json.dumps(row._asdict(), ensure_ascii=False)}" for row in rows)
    return f'{{\n  "baseline_version": {VERSION},\n  "findings": [\n{lines}{chr(10) if lines else ""}  ]\n}}\n'


def sift(findings: Iterable[Finding], known: Iterable[Known]) -> tuple[list[Finding], list[Ignored]]:
    """Part new findings from known ones."""
    fingerprints = {each.fingerprint for each in known}
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        if finding.fingerprint in fingerprints:
            ignored.append(Ignored(finding, "baseline"))
        else:
            kept.append(finding)
    return kept, ignored
