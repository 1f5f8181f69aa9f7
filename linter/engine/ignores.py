"""Findings people decided not to hear of, in comments: `# tlslint: ignore[TLS102] reason` on a line of its own before the setting.

Only this form is read. After a setting on the same line it would be part of the value for httpd, Postfix and slapd.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.model import Finding, Ignored, Problem, SourceFile, Span
from tlslint.model.remedy import Advice, Edit, Remedy, Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.format import Comments

RULE = "unused-ignore"
_COMMENT = rb"(?m)^([ \t]*)#[ \t]*tlslint:[ \t]*([\w-]+)([^\r\n]*)"
_REST = r"\s*(?:\[([^\]]*)\])?\s*(.*)"
_UNTIL = r"(?:^|\s)until=(\S*)"
_WORDS = ("ignore", "ignore-file")


class _Word(Struct):
    """One rule word of a comment, with the bytes it takes."""

    text: str
    span: Span
    entries: tuple[Entry, ...]


class _Comment(Struct):
    """An ignore comment. `first` and `last`: the lines (from 1) it speaks of; `fault`: why it hides nothing."""

    span: Span
    line: Span
    words: tuple[_Word, ...]
    reason: str
    until: date | None
    first: int
    last: int
    fault: str = ""
    remedy: Remedy | None = None


def sift(
    findings: Iterable[Finding],
    files: Iterable[tuple[SourceFile, Callable[[], Comments]]],
    today: str,
    ran: Callable[[Entry], bool],
) -> tuple[list[Finding], list[Ignored], list[Problem]]:
    """Part findings from ignored ones, and tell of comments that hide nothing.

    `files`: what was read, and how comments look there. `today`: 2026-11-24; `ran`: was the rule asked at all?
    A comment hides findings whose marked characters begin on the lines it speaks of.
    """
    comments = {id(file): found for file, form in files if b"tlslint:" in file.data and (found := list(read(file, form())))}
    if not comments:
        return list(findings), [], []
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    used: set[tuple[int, int]] = set()
    for finding in findings:
        span = finding.primary.span
        hit = next(_hits(finding, comments.get(id(span.file), ())), None)
        if hit is None:
            kept.append(finding)
            continue
        comment, word = hit
        used.add((id(comment.span.file), word.span.start))
        if comment.until is not None and comment.until.isoformat() < today:
            kept.append(finding)
        else:
            ignored.append(Ignored(finding, "comment", comment.reason, comment.span))
    problems = [problem for each in comments.values() for comment in each for problem in _useless(comment, used, today, ran)]
    return kept, ignored, problems


def _hits(finding: Finding, comments: Sequence[_Comment]) -> Iterator[tuple[_Comment, _Word]]:
    if not comments:
        return
    span = finding.primary.span
    line = bisect_right(span.file.line_starts(), span.start)
    for comment in comments:
        if not comment.fault and comment.first <= line <= comment.last:
            for word in comment.words:
                if any(entry.code == finding.code for entry in word.entries):
                    yield comment, word


def _useless(comment: _Comment, used: set[tuple[int, int]], today: str, ran: Callable[[Entry], bool]) -> Iterator[Problem]:
    if comment.fault:
        yield Problem(RULE, f"{comment.fault}, so this comment hides nothing", comment.span, remedy=comment.remedy)
        return
    if comment.until is not None and comment.until.isoformat() < today:
        yield Problem(
            RULE, f"this ignore ended on {comment.until}", comment.span, remedy=Advice("mend what is reported, or set a later date")
        )
        return
    idle = [
        word for word in comment.words if (id(word.span.file), word.span.start) not in used and all(ran(entry) for entry in word.entries)
    ]
    if not idle:
        return
    names = ", ".join(word.text for word in idle)
    where = "in this file" if comment.first == 1 else "here"  # no setting that follows a comment begins on the first line
    yield Problem(
        RULE, f"nothing {where} is reported by {names}, so this comment hides nothing", comment.span, remedy=_without(comment, idle)
    )


def _without(comment: _Comment, idle: Sequence[_Word]) -> Remedy:
    if len(idle) == len(comment.words):
        return Rewrite((Edit(comment.line, b""),), "remove the comment")
    words = [word for word in comment.words if word not in idle]
    span = Span(comment.span.file, comment.words[0].span.start, comment.words[-1].span.end)
    return Rewrite((Edit(span, ", ".join(word.text for word in words).encode()),), f"keep {', '.join(word.text for word in words)} only")


def read(file: SourceFile, form: Comments) -> Iterator[_Comment]:
    """Every comment of a file that means to ignore something, well-formed or not."""
    for found in re.finditer(_COMMENT, file.data):
        if found[1] and not form.indented:
            continue
        word = found[2].decode("ascii", "replace")
        begin = found.start() + len(found[1])
        span = Span(file, begin, found.end())
        end = file.data.find(b"\n", found.end())
        line = Span(file, found.start(), len(file.data) if end < 0 else end + 1)
        number = bisect_right(file.line_starts(), begin)
        if word not in _WORDS:
            if (near := _meant(word)) is not None:
                place = Span(file, found.start(2), found.end(2))
                yield _Comment(
                    span,
                    line,
                    (),
                    "",
                    None,
                    0,
                    0,
                    f"{word} is no word of ours: did you mean {near}?",
                    Rewrite((Edit(place, near.encode()),), f"write {near}"),
                )
            continue
        yield _comment(file, form, word, span, line, Span(file, found.start(3), found.end(3)), number)


def _meant(word: str) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 (only for a word nobody knows)

    if word.lower() in ("disable", "noqa", "nolint", "skip", "suppress", "disable-line", "disable-next-line", "ignore-next-line"):
        return "ignore"
    return next(iter(get_close_matches(word.lower(), _WORDS, 1, 0.7)), None)


def _comment(file: SourceFile, form: Comments, word: str, span: Span, line: Span, rest: Span, number: int) -> _Comment:
    text = rest.data.decode("utf-8", "replace")
    found = re.fullmatch(_REST, text.rstrip())
    listed, reason = (found[1], found[2]) if found else (None, "")
    first, last = (1, len(file.line_starts()) + 1) if word == "ignore-file" else covered(file, form, number)
    comment = _Comment(span, line, (), reason, None, first, last)
    if listed is None:
        return comment._replace(fault="no rule is named", remedy=Advice(f"name the rules: # tlslint: {word}[TLS102] and the reason"))
    words: list[_Word] = []
    offset = rest.start + rest.data.index(b"[") + 1
    for part in rest.data[rest.data.index(b"[") + 1 : rest.data.index(b"]")].split(b","):
        name = part.strip().decode("utf-8", "replace")
        begin = offset + len(part) - len(part.lstrip())
        offset += len(part) + 1
        entries = tuple(entry for entry in registry.entries() if registry.names(name, entry)) if name else ()
        place = Span(file, begin, begin + len(part.strip()))
        if not entries:
            near = registry.nearest(name)
            remedy = Rewrite((Edit(place, near.encode()),), f"write {near}") if near else Advice("see tlslint rules")
            return comment._replace(fault=f"no rule is called {name!r}" if name else "no rule is named", remedy=remedy)
        words.append(_Word(name, place, entries))
    comment = comment._replace(words=tuple(words))
    ending = re.search(_UNTIL, reason)
    if ending:
        comment = comment._replace(reason=(reason[: ending.start()] + reason[ending.end() :]).strip())
        try:
            return comment._replace(until=date.fromisoformat(ending[1]))
        except ValueError:
            return comment._replace(fault=f"{ending[1]!r} is no date", remedy=Advice("write it as until=2027-03-01"))
    return comment


def covered(file: SourceFile, form: Comments, number: int) -> tuple[int, int]:
    """First and last line of the setting that follows the comment on line `number`; (0, 0) when none does."""
    return next(_settings(file, form, number), (0, 0))


def settings_of(file: SourceFile, form: Comments) -> Iterator[tuple[int, int]]:
    """First and last line (from 1) of every setting of a file."""
    return _settings(file, form, 0)


def _settings(file: SourceFile, form: Comments, line: int) -> Iterator[tuple[int, int]]:
    """Settings after line `line`, which is a comment's, or 0."""
    total = len(file.line_starts())
    in_comment = line > 0
    while line < total:
        before, text = file.line(line) if line else b"", file.line(line + 1)
        line += 1
        if in_comment and form.comment_goes_on and _goes_on(before, text, form):
            continue
        in_comment = _is_comment(text, form)
        if not in_comment and text.strip():
            last = _last(file, form, line, total)
            yield line, last
            line = last


def _last(file: SourceFile, form: Comments, first: int, total: int) -> int:
    last = line = first
    while line < total:
        before, text = file.line(line), file.line(line + 1)
        line += 1
        if form.goes_on == "indent" and (not text.strip() or _is_comment(text, form)):
            continue  # nothing, or a remark between two lines of one setting
        if not _goes_on(before, text, form):
            break
        last = line
    return last


def _goes_on(before: bytes, text: bytes, form: Comments) -> bool:
    if form.goes_on == "backslash":
        return before.rstrip(b"\r").endswith(b"\\")
    return form.goes_on == "indent" and text[:1] in (b" ", b"\t") and bool(text.strip())


def _is_comment(text: bytes, form: Comments) -> bool:
    return (text.lstrip() if form.indented else text).startswith(b"#")
