"""`tlslint effective`: what every endpoint really does."""

import click
from tlslint.cli.deciding import excluded
from tlslint.cli.shared import MISUSE, find, inputs, outputs, settings_of, style, target_for, write
from tlslint.engine.run import evaluate


@click.command("effective")
@inputs
@outputs(["table", "json"])
def command(
    paths: tuple[str, ...],
    root: str | None,
    target: tuple[str, ...],
    all_files: bool,
    config: str | None,
    isolated: bool,
    stdin_filename: str | None,
    output_format: str,
    output_file: str | None,
    color: str,
) -> None:
    """Show what TLS every endpoint configured below PATHS really offers."""
    from tlslint.reports import effective  # noqa: PLC0415
    from tlslint.reports.visible import visible  # noqa: PLC0415

    settings = settings_of(config, isolated=isolated)
    found = find(paths, root, stdin_filename, all_files=all_files, excluded=excluded(settings))
    software = target_for(target, settings, found.files)
    instances, broken = evaluate(found, software)
    if output_format == "json":
        write([effective.as_json(instances)], output_file)
    else:
        look = style(color, output_file)
        write([*effective.table(instances, look), *([f"judged for {visible(software.spoken)}"] if instances else [])], output_file)
    for sentence in broken:
        click.echo(f"tlslint: {sentence}", err=True)
    if broken:
        raise click.exceptions.Exit(MISUSE)
