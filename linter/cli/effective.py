"""`tlslint effective`: what every endpoint really does."""

from collections.abc import Sequence
from typing import Any

import click
from tlslint.cli.evaluating import evaluated
from tlslint.cli.options import Inputs, Outputs, inputs, outputs
from tlslint.cli.options import now as now_option
from tlslint.cli.shared import confess, fail, moment, screen, style, write
from tlslint.model import Endpoint, Instance
from tlslint.reports.text import Style


@click.command("effective")
@inputs
@now_option
@outputs(["table", "json"])
@click.option("--explain", "field", metavar="ENDPOINT.FIELD", help="Say where one value comes from: www.example.org:443.versions.")
def command(asked: Inputs, now: str | None, output: Outputs, field: str | None) -> None:
    """Show what TLS every endpoint configured below PATHS really offers."""
    from tlslint.reports import effective  # noqa: PLC0415
    from tlslint.reports.visible import visible  # noqa: PLC0415

    when = moment(now)
    instances, software, broken = evaluated(asked)
    look = style(output)
    if field is not None:
        write(_explained(field, instances, look), output.output_file)
    elif output.output_format == "json":
        write([effective.as_json(instances, _grades(instances, when))], output.output_file)
    else:
        ending = [f"judged for {visible(software)}"] if instances else []
        write([*effective.table(instances, _grades(instances, when), look, screen(output)), *ending], output.output_file)
    confess(broken)


def _grades(instances: Sequence[Instance], now: str) -> dict[int, dict[str, Any]]:
    from tlslint.engine.grade import graded  # noqa: PLC0415
    from tlslint.profiles import internetnl  # noqa: PLC0415

    found: dict[int, dict[str, Any]] = {}
    for instance in instances:
        for endpoint in instance.endpoints:
            row = graded(instance, endpoint, now)
            if row.ssllabs is not None and row.ssllabs.letter:
                reasons = [reason.text for reason in row.ssllabs.reasons]
                found.setdefault(id(endpoint), {})["grade"] = {"grade": row.ssllabs.letter, "reasons": reasons}
            if row.internetnl:
                parts = {part.name: part.status for part in row.internetnl if part.status != "pass"}
                found.setdefault(id(endpoint), {})["internet_nl"] = {"status": internetnl.overall(row.internetnl), "parts": parts}
    return found


def _explained(asked: str, instances: Sequence[Instance], look: Style) -> list[str]:
    from tlslint.reports import provenance  # noqa: PLC0415

    endpoints = [endpoint for instance in instances for endpoint in instance.endpoints]
    lines: list[str] = []
    known: set[str] = set()
    for endpoint in endpoints:
        fields = provenance.fields(endpoint)
        known.update(fields)
        name, field = _split(asked, fields)
        if field and name == endpoint.name:
            lines += [*provenance.explained(endpoint, field, fields[field], look), ""]
    if lines:
        return lines[:-1]
    name, field = _split(asked, known)
    raise fail(_nothing(name, field, endpoints, known))


def _split(asked: str, fields: "dict[str, Any] | set[str]") -> tuple[str, str]:
    """Names of endpoints have dots of their own: the longest field at the end counts. The table's arrow before a name may stand."""
    asked = asked.removeprefix("→ ")
    field = max((field for field in fields if asked.endswith(f".{field}")), key=len, default="")
    return (asked[: -len(field) - 1] if field else asked), field


def _nothing(name: str, field: str, endpoints: list[Endpoint], known: set[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (only for a slip of the pen)

    names = [endpoint.name for endpoint in endpoints]
    if not field:
        base, _, word = name.rpartition(".")
        near = get_close_matches(word, known, 1)
        hint = f"did you mean {base}.{near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        return f"no field is called {word!r}; {hint}"
    near = get_close_matches(name, names, 1, 0.4)
    return f"no endpoint is called {name!r}" + (f"; did you mean {near[0]}.{field}?" if near else "")
