"""`tlslint check --add-ignore=REASON`: decide not to hear of what is there, in writing."""

from collections.abc import Callable, Iterable

import click
from tlslint.cli.shared import fail, say
from tlslint.engine.discover import Discovery
from tlslint.engine.fix import Again
from tlslint.engine.ignoring import add
from tlslint.files.write import Change, WriteRefusedError, write
from tlslint.model import locate
from tlslint.reports.visible import visible


def ignored(hosts: Iterable[Discovery], looking: Callable[[Discovery], Again], reason: str, *, is_piped: bool) -> None:
    """Write the comments. `looking`: what looks at a host's files."""
    if is_piped:
        raise fail("text from standard input cannot be written back")
    reason = reason.strip()
    if not reason or visible(reason) != reason or reason.endswith("\\"):
        raise fail("--add-ignore wants a reason people can read, in one line that does not end in a backslash")
    changes: list[Change] = []
    count = 0
    for found in hosts:
        again = looking(found)
        written = add(found, again(found), again, reason)
        changes += (Change(real, old, new) for real, (old, new) in written.texts.items())
        count += len(written.comments)
        for finding, why in written.left:
            place = locate(finding.primary.span)
            click.echo(visible(f"left {place.path}:{place.line} {finding.code} {finding.name}: {why}"), err=True)
    try:
        write(changes)
    except WriteRefusedError as error:
        raise fail(str(error)) from None
    say(f"{count} comments written in {len(changes)} files")
