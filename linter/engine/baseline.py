"""What was there when tlslint came: findings that are known and wait their turn. Only new ones are reported.

Sorted JSON, one finding a line and no line number in it: a change of the baseline reads as what it is.
"""

from collections.abc import Container, Iterable, Iterator

from tlslint.files import Files
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


class Baseline:
    """All of them."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._by_path: dict[str, list[Known]] = {}
        for each in known:
            self._by_path.setdefault(each.path, []).append(each)
        self._fingerprints = {each.fingerprint for entries in self._by_path.values() for each in entries}

    def sift(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Ignored]]:
        """Part new findings from known ones."""
        kept: list[Finding] = []
        ignored: list[Ignored] = []
        for finding in findings:
            if finding.fingerprint in self._fingerprints:
                ignored.append(Ignored(finding, "baseline"))
            else:
                kept.append(finding)
        return kept, ignored

    def unmet(self, paths: Iterable[str], met: Container[str]) -> Iterator[Known]:
        """What it knows of these files and is not among the fingerprints that were met."""
        return (each for path in paths for each in self._by_path.get(path, ()) if each.fingerprint not in met)

    def lost(self, files: Files) -> Iterator[Known]:
        """What it knows of files that are no more."""
        gone = (path for path in self._by_path if files.kind(files.named(path)) == "missing")
        return (each for path in gone for each in self._by_path[path])


def read(data: bytes) -> Baseline:
    """A baseline as `text` writes it. Raises `BaselineError`."""
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
    return Baseline(known)


def known(finding: Finding) -> Known:
    """The finding as a baseline knows it."""
    return Known(finding.primary.span.file.path, finding.code, finding.fingerprint, finding.message)


def text(rows: Iterable[Known]) -> str:
    """A baseline that knows these."""
    import json  # noqa: PLC0415

    lines = ",\n".join(f"    {json.dumps(row._asdict(), ensure_ascii=False)}" for row in sorted(rows))
    return f'{{\n  "baseline_version": {VERSION},\n  "findings": [\n{lines}{chr(10) if lines else ""}  ]\n}}\n'
