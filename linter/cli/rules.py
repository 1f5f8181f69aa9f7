"""`tlslint rules`: all rules."""

import click
from tlslint.checks import registry
from tlslint.cli.shared import settings_of, write


@click.command("rules")
@click.option("--output-format", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print.")
def command(output_format: str) -> None:
    """List all rules: code, name, severity, what each reports."""
    settings_of(None, isolated=False)  # plugins have rules, too
    rows = [(entry, registry.load(entry)) for entry in registry.entries()]
    if output_format == "json":
        import json  # noqa: PLC0415

        document = [
            {"code": entry.code, "name": entry.name, "severity": rule.severity.word, "summary": registry.summary(rule)}
            for entry, rule in rows
        ]
        write([json.dumps(document, indent=2, ensure_ascii=False)], None)
        return
    width = max((len(entry.name) for entry, _ in rows), default=0)
    write(
        (f"{entry.code}  {entry.name.ljust(width)}  {rule.severity.word.ljust(8)}  {registry.summary(rule)}" for entry, rule in rows), None
    )
