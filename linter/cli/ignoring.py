"""`tlslint check --add-ignore=REASON`: decide not to hear of what is there, in writing."""

from collections.abc import Callable

import click
from tlslint.cli.shared import fail, say
from tlslint.engine.discover import Discovery
from tlslint.engine.ignoring import add
from tlslint.engine.run import Result
from tlslint.files.write import Change, WriteRefusedError, write
from tlslint.model import locate
from tlslint.reports.visible import visible


def ignored(found: Discovery, result: Result, again: Callable[[Discovery], Result], reason: str, *, is_piped: bool) -> None:
    """Write the comments."""
    if is_piped:
        raise fail("text from standard input cannot be written back")
    reason = reason.strip()
    if not reason or visible(reason) != reason or reason.endswith("\\"):
        raise fail("--add-ignore wants a reason people can read, in one line that does not end in a backslash")
    written = add(found, result, again, reason)
    try:
        write([Change(real, old, new) for real, (old, new) in written.texts.items()])
    except WriteRefusedError as error:
        raise fail(str(error)) from None
    for finding, why in written.left:
        place = locate(finding.primary.span)
        click.echo(visible(f"left {place.path}:{place.line} {finding.code} {finding.name}: {why}"), err=True)
    say(f"{len(written.comments)} comments written in {len(written.texts)} files")
