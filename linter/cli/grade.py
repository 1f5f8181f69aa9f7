"""`tlslint grade`: what SSL Labs and internet.nl would say of the configuration."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from tlslint.cli.deciding import excluded
from tlslint.cli.shared import MISUSE, find, inputs, moment, outputs, settings_of, style, target_for, write
from tlslint.cli.shared import now as now_option
from tlslint.engine.grade import Graded, graded
from tlslint.engine.run import evaluate
from tlslint.profiles import internetnl, ssllabs
from tlslint.reports.text import Style
from tlslint.reports.visible import visible


@click.command("grade")
@inputs
@now_option
@outputs(["table", "json"])
def command(
    paths: tuple[str, ...],
    root: str | None,
    target: tuple[str, ...],
    now: str | None,
    all_files: bool,
    config: str | None,
    isolated: bool,
    stdin_filename: str | None,
    output_format: str,
    output_file: str | None,
    color: str,
) -> None:
    """Grade the HTTPS sites configured below PATHS as SSL Labs does, and them and mail servers as internet.nl does.

    What a configuration cannot show (a CA nobody trusts, holes in an implementation, DNS) is left out.
    """
    settings = settings_of(config, isolated=isolated)
    when = moment(now)
    found = find(paths, root, stdin_filename, all_files=all_files, excluded=excluded(settings))
    software = target_for(target, settings, found.files)
    instances, broken = evaluate(found, software)
    rows = [graded(instance, endpoint, when) for instance in instances for endpoint in instance.endpoints]
    rows = [row for row in rows if row.ssllabs is not None or row.internetnl]
    if output_format == "json":
        from tlslint.reports.visible import as_json  # noqa: PLC0415

        write([as_json([_document(row) for row in rows])], output_file)
    else:
        write([*_table(rows, style(color, output_file)), f"judged for {visible(software.spoken)}"], output_file)
    for sentence in broken:
        click.echo(f"tlslint: {sentence}", err=True)
    if broken:
        raise click.exceptions.Exit(MISUSE)


def _document(row: Graded) -> dict[str, Any]:
    grade = row.ssllabs
    return {
        "endpoint": row.endpoint.name,
        "service": row.instance.service,
        "root": row.instance.root.path,
        "ssllabs": None
        if grade is None
        else {
            "guide": ssllabs.guide(),
            "grade": grade.letter or None,
            "unknown": grade.unknown or None,
            "score": grade.score._asdict() if grade.score is not None else None,
            "reasons": [reason._asdict() for reason in grade.reasons],
            "assumed": list(grade.assumed),
        },
        "internet.nl": {"status": internetnl.overall(row.internetnl), "parts": [part._asdict() for part in row.internetnl]}
        if row.internetnl
        else None,
    }


def _table(rows: Sequence[Graded], look: Style) -> Iterator[str]:
    if not rows:
        yield "nothing to grade: no HTTPS site and no mail server on port 25"
    for row in rows:
        yield look.paint(f"{visible(row.endpoint.name)} · {row.instance.service}", "1")
        if row.ssllabs is not None:
            yield from _ssllabs(row.ssllabs)
        if row.internetnl:
            yield from _internetnl(row.internetnl)
        yield ""


def _ssllabs(grade: ssllabs.Grade) -> Iterator[str]:
    if not grade.letter or grade.score is None:
        yield f"  SSL Labs: cannot tell: {visible(grade.unknown)}"
        return
    score = grade.score
    yield (
        f"  SSL Labs {ssllabs.guide()}: {grade.letter} "
        f"({score.total}: protocol {score.protocol}, key exchange {score.key_exchange}, cipher {score.cipher})"
    )
    for reason in grade.reasons:
        yield f"    {reason.cap.ljust(2)} at best: {visible(reason.text)}; {reason.lift}"
    if grade.letter == "A" and not grade.reasons:
        yield "    A+ wants HSTS with a max-age of 180 days or more"
    yield from (f"    assumed: {text}" for text in grade.assumed)


def _internetnl(parts: Sequence[internetnl.Part]) -> Iterator[str]:
    yield f"  internet.nl: {internetnl.overall(parts)}"
    for part in parts:
        if part.status != "pass":
            level = f" ({part.level})" if part.level else ""
            yield f"    {part.status}: {part.name}{level}{f': {visible(part.text)}' if part.text else ''}"
