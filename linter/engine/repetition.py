"""What would be told again and again is told once. Only reports want this: baselines, comments and fixes go line by line."""

from collections.abc import Iterable

from tlslint.engine.run import ordered
from tlslint.model import Finding, Label

OFTEN = 4
"""A slip repeated that often in one file is told once, and so is a file that so many places name and nobody saw."""

_SHOWN = 3
"""Further places that are shown."""


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings for people: of those that say the same, word for word, the first, with where the next ones stand and how many there are.

    They are about the same unseen file, or about lines of one file; what can be mended, or is told of endpoints, stays apart.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for index, finding in enumerate(findings):
        apart = index if finding.remedy is not None or finding.endpoints or finding.related else -1
        place = finding.about or id(finding.primary.span.file)
        alike.setdefault((finding.code, place, finding.message, finding.severity, apart), []).append(finding)
    found: list[Finding] = []
    for same in alike.values():
        if len(same) < OFTEN:
            found += same
            continue
        first, *others = ordered(same)
        related = tuple(Label(finding.primary.span, "likewise") for finding in others[:_SHOWN])
        files = len({id(finding.primary.span.file) for finding in same})
        where = f" in {files} files" if files > 1 else ""
        found.append(first._replace(message=f"{first.message} ({len(others)} more lines likewise{where})", related=related))
    return ordered(found)
