"""What tells one finding from all others, in this run and the next, here and in another checkout."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from tlslint.model import Finding


def marked(findings: Iterable[Finding]) -> list[Finding]:
    """Give each finding its fingerprint: rule, file, first endpoint, marked text and its line without regard to blanks, and which
    one of equals it is.

    No line number takes part, so it stays when lines move.
    """
    from hashlib import sha256  # noqa: PLC0415 (brings OpenSSL along)

    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        span = finding.primary.span
        line = span.file.line(bisect_right(span.file.line_starts(), span.start)).decode(span.file.encoding, "replace")
        key = "\0".join((finding.code, span.file.path, *finding.endpoints[:1], " ".join(span.text.split()), " ".join(line.split())))
        parts = f"{key}\0{seen[key]}"
        seen[key] += 1
        found.append(finding._replace(fingerprint=sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()[:32]))
    return found
