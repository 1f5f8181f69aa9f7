"""Writing ignore comments before settings, in memory: each proven to hide what it should, and to change nothing else."""

from collections.abc import Callable, Iterable

from tlslint.engine.discover import Discovery, layout_of
from tlslint.engine.ignores import settings_of
from tlslint.engine.run import Result, format_of
from tlslint.model import Finding, SourceFile
from tlslint.model.struct import Struct
from tlslint.parsers.format import Comments


class Comment(Struct):
    """A comment to write: before the byte `at` of the file at `real`, for these findings."""

    real: str
    file: SourceFile
    at: int
    findings: tuple[Finding, ...]
    text: bytes


class Written(Struct):
    """`texts`: by real path, the bytes as read and as they should be. `left`: findings without a comment, and why."""

    texts: dict[str, tuple[bytes, bytes]]
    comments: tuple[Comment, ...]
    left: tuple[tuple[Finding, str], ...]
    result: Result


def add(found: Discovery, result: Result, again: Callable[[Discovery], Result], reason: str) -> Written:
    """Put `# tlslint: ignore[CODES] reason` before every setting with a finding. All at once; where that does not hold, one by one."""
    comments, left = _comments(found, result, reason)
    accepted: list[Comment] = []
    after = _tried(found, result, again, comments)
    if after is not None:
        accepted = comments
    else:
        after = result
        for comment in comments:
            tried = _tried(found, result, again, [*accepted, comment])
            if tried is None:
                left += [
                    (finding, "a comment there would change what the server reads, or hide something else") for finding in comment.findings
                ]
            else:
                accepted.append(comment)
                after = tried
    return Written(_texts(accepted), tuple(accepted), tuple(left), after)


def _comments(found: Discovery, result: Result, reason: str) -> tuple[list[Comment], list[tuple[Finding, str]]]:
    forms = {
        id(file): layout_of(format_of(instance.service)).comments(file.path) for instance in result.instances for file in instance.files
    }
    left: list[tuple[Finding, str]] = []
    places: dict[tuple[int, int], list[Finding]] = {}
    for finding in result.findings:
        file = finding.primary.span.file
        real = found.files.real_of(file)
        if real is None or id(file) not in forms:
            left.append((finding, f"{file.path} is not a file of its own"))
        elif found.limits and real not in found.limits:
            left.append((finding, f"it lies in {file.path}, which was not named"))
        else:
            at = _before(file, forms[id(file)], finding.primary.span.start)
            if at is None:
                left.append((finding, "no setting stands there that a comment could speak of"))
            else:
                places.setdefault((id(file), at), []).append(finding)
    comments = []
    for (_, at), findings in places.items():
        file = findings[0].primary.span.file
        line = file.data[at : file.data.find(b"\n", at) + 1 or len(file.data)]
        indent = line[: len(line) - len(line.lstrip(b" \t"))] if forms[id(file)].indented else b""
        ending = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        codes = ", ".join(dict.fromkeys(sorted(finding.code for finding in findings)))
        text = indent + f"# tlslint: ignore[{codes}] {reason}".encode("utf-8", "surrogateescape") + ending
        comments.append(Comment(found.files.real_of(file) or "", file, at, tuple(findings), text))
    return comments, left


def _before(file: SourceFile, form: Comments, offset: int) -> int | None:
    """The beginning of the setting that holds this byte."""
    for first, last in settings_of(file, form):
        start = file.line_starts()[first - 1]
        end = file.line_starts()[last] if last < len(file.line_starts()) else len(file.data) + 1
        if start <= offset < end:
            return start
    return None


def _texts(comments: Iterable[Comment]) -> dict[str, tuple[bytes, bytes]]:
    by_file: dict[str, list[Comment]] = {}
    for comment in comments:
        by_file.setdefault(comment.real, []).append(comment)
    texts = {}
    for real, found in sorted(by_file.items()):
        data = found[0].file.data
        for comment in sorted(found, key=lambda each: -each.at):
            data = data[: comment.at] + comment.text + data[comment.at :]
        texts[real] = (found[0].file.data, data)
    return texts


def _tried(found: Discovery, before: Result, again: Callable[[Discovery], Result], comments: list[Comment]) -> Result | None:
    """The run with these comments; None where it differs in more than their findings."""
    after = again(found._replace(files=found.files.edited({real: new for real, (_, new) in _texts(comments).items()})))
    gone = {finding.fingerprint for comment in comments for finding in comment.findings}
    expected = {finding.fingerprint for finding in before.findings} - gone
    same_findings = {finding.fingerprint for finding in after.findings} == expected
    same_servers = [_shape(before), before.broken] == [_shape(after), after.broken]
    return after if same_findings and same_servers else None


def _shape(result: Result) -> list[tuple[object, ...]]:
    """What each server does, without the places that say so."""
    return [
        (
            instance.service,
            instance.root.path,
            instance.starts.is_known and instance.starts.holds(True),
            len(instance.problems),
            [
                (e.name, e.tls.surely, e.versions.surely, e.cipher_suites.surely, e.certificates and len(e.certificates))
                for e in instance.endpoints
            ],
        )
        for instance in result.instances
    ]
