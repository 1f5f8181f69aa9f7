"""`tlslint check --fix`: mend, or show how."""

import difflib
import re
import sys
from collections.abc import Callable, Iterable

import click
from tlslint.cli.options import Mending
from tlslint.cli.shared import fail, say
from tlslint.engine.discover import Discovery
from tlslint.engine.fix import Again, Mended, Withheld, mend, together
from tlslint.files import Files
from tlslint.files.write import Change, WriteRefusedError, backup_of, write
from tlslint.model import locate
from tlslint.reports.visible import visible


def fixed(
    hosts: Iterable[Discovery], looking: Callable[[Discovery], Again], mending: Mending, output_file: str | None, *, is_piped: bool
) -> tuple[Withheld, ...]:
    """Mend and write (or print the difference and leave). Returns what could not be proven. `looking`: what looks at a host's files."""
    if is_piped and not mending.diff:
        raise fail("text from standard input cannot be written back; --diff shows what would change")
    parts, differences = [], []
    for found in hosts:
        again = looking(found)
        mended = mend(found, again(found), again, unsafe=mending.unsafe_fixes)
        parts.append(mended)
        if mending.diff:
            differences.append(difference(mended, found.files))
        elif mending.backup:
            _refuse_read_backups(found, mended, again)
    mended = together(parts)
    if mending.diff:
        _put(b"".join(differences), output_file)
        _tell(mended, show=mending.show_fixes)
        raise click.exceptions.Exit(1 if mended.texts else 0)
    try:
        write([Change(real, old, new) for real, (old, new) in mended.texts.items()], backup=mending.backup)
    except WriteRefusedError as error:
        raise fail(str(error)) from None
    _tell(mended, show=mending.show_fixes)
    return mended.withheld


def _refuse_read_backups(found: Discovery, mended: Mended, again: Again) -> None:
    """An `Include` of a whole folder would read the old text again, and the old text could win."""
    kept = {backup_of(real): old for real, (old, _) in mended.texts.items()}
    texts = {real: new for real, (_, new) in mended.texts.items()}
    after = again(found._replace(files=found.files.edited({**texts, **kept})))
    read = {file.path for instance in after.instances for file in instance.files}
    taken = next((shown for shown in map(found.files.shown, kept) if shown in read), None)
    if taken is not None:
        raise fail(f"--backup would make {taken}, and the server reads every file of that folder; nothing was changed")


def difference(mended: Mended, files: Files) -> bytes:
    """A unified diff, as `patch` takes it, of bytes as they are."""
    parts: list[bytes] = []
    for real, (old, new) in mended.texts.items():
        name = files.shown(real).lstrip("/").encode("utf-8", "surrogateescape")
        sides = _quoted(b"a/" + name), _quoted(b"b/" + name)
        lines = difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), *sides, lineterm=b"\n")
        parts.extend(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)
    return b"".join(parts)


def _quoted(name: bytes) -> bytes:
    """A name as git writes it and patch reads it: in quotes, with escapes, where it would otherwise end early or be lines of its own."""
    if not re.search(rb'[\0-\x20"\\\x7f]', name):
        return name
    return b'"%s"' % re.sub(rb'[\0-\x1f"\\\x7f]', lambda found: b"\\%03o" % found[0][0], name)


def _lines(data: bytes) -> list[bytes]:
    """Lines end at LF alone: a CR is a part of its line."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _put(data: bytes, output_file: str | None) -> None:
    if output_file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(output_file, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise fail(f"{output_file} cannot be written: {error.strerror}") from None


def _tell(mended: Mended, *, show: bool) -> None:
    """What was mended and what was not, on standard error: standard output is the report's."""
    if show:
        for one in mended.fixed:
            place = locate(one.finding.primary.span)
            also = f" (also changes {', '.join(one.also)})" if one.also else ""
            advice = one.finding.remedy.advice if one.finding.remedy is not None else ""
            click.echo(visible(f"mended {place.path}:{place.line} {one.finding.code} {one.finding.name}: {advice}{also}"), err=True)
        for other in mended.withheld:
            place = locate(other.finding.primary.span)
            click.echo(visible(f"left {place.path}:{place.line} {other.finding.code} {other.finding.name}: {other.why}"), err=True)
    unspelt = sum(not other.spelt for other in mended.withheld)
    files = f"{len(mended.texts)} file{'s' * (len(mended.texts) != 1)}"
    counts = f"{len(mended.fixed)} mended in {files}, {len(mended.withheld) - unspelt} left as unproven, {unspelt} left to a person"
    say(counts)
    for command in mended.commands:
        say(f"to make it count: {command}")
