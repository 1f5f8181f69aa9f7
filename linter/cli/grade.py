"""`tlslint grade`: what SSL Labs and internet.nl would say of the configuration."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from tlslint.cli.evaluating import evaluated
from tlslint.cli.options import Inputs, Outputs, inputs, outputs
from tlslint.cli.options import now as now_option
from tlslint.cli.shared import confess, moment, style, write
from tlslint.engine.grade import Graded, graded
from tlslint.profiles import internetnl, ssllabs
from tlslint.reports.text import Style
from tlslint.reports.visible import visible


@click.command("grade")
@inputs
@now_option
@outputs(["table", "json"])
def command(asked: Inputs, now: str | None, output: Outputs) -> None:
    """Grade the HTTPS sites configured below PATHS as SSL Labs does, and them and mail servers as internet.nl does.

    What a configuration cannot show (a CA nobody trusts, holes in an implementation, DNS) is left out.
    """
    when = moment(now)
    instances, software, broken = evaluated(asked)
    rows = [graded(instance, endpoint, when) for instance in instances for endpoint in instance.endpoints]
    rows = [row for row in rows if row.ssllabs is not None or row.internetnl]
    if output.output_format == "json":
        from tlslint.reports.visible import as_json  # noqa: PLC0415

        write([as_json([_document(row) for row in rows])], output.output_file)
    else:
        write([*_table(rows, style(output)), f"judged for {visible(software)}"], output.output_file)
    confess(broken)


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
