"""`tlslint check`: report what is wrong."""

import click
from tlslint.cli.shared import MISUSE, fail, find, inputs, moment, outputs, style, target_named, write
from tlslint.cli.shared import now as now_option
from tlslint.engine.run import UnknownRuleError, run, selection
from tlslint.model import Severity
from tlslint.profiles import UnknownProfileError
from tlslint.profiles import load as load_profile


@click.command("check")
@inputs
@now_option
@outputs(["full", "concise", "json"])
@click.option(
    "--select", multiple=True, metavar="RULES", help="Only these rules: codes, names or prefixes, comma-separated (TLS1,hsts-missing)."
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
@click.option("--profile", multiple=True, metavar="NAME[@EDITION]", help="Whose policy: mozilla-intermediate (the default), …")
@click.option(
    "--fail-on",
    type=click.Choice(["info", "warning", "error", "critical", "never"]),
    default="warning",
    show_default=True,
    help="Exit 1 from here on.",
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without locking anybody out, and report the rest.")
@click.option("--unsafe-fixes", is_flag=True, help="Also mend what may lock out old or plain-text clients.")
@click.option("--diff", is_flag=True, help="Print what --fix would change and change nothing; exit 1 if there is something.")
@click.option("--fix-only", is_flag=True, help="Mend, and do not report the rest.")
@click.option("--show-fixes", is_flag=True, help="List what was mended, and why the rest was not.")
@click.option("--backup", is_flag=True, help="Keep the old text of every mended file beside it as NAME.bak.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
def command(
    paths: tuple[str, ...],
    root: str | None,
    target: str | None,
    now: str | None,
    all_files: bool,
    stdin_filename: str | None,
    output_format: str,
    output_file: str | None,
    color: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    profile: tuple[str, ...],
    fail_on: str,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    fix_only: bool,
    show_fixes: bool,
    backup: bool,
    exit_zero: bool,
) -> None:
    """Report what is wrong with the TLS of the servers configured below PATHS.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 misuse or a fault of tlslint itself.
    """
    try:
        chosen = selection(_words(select), _words(ignore))
        profiles = [load_profile(name) for name in profile or ("mozilla-intermediate",)]
    except (UnknownRuleError, UnknownProfileError) as error:
        raise fail(str(error)) from None
    software = target_named(target)
    when = moment(now)
    found = find(paths, root, stdin_filename, all_files=all_files)
    result = run(found, software, chosen, profiles, when)
    if fix or fix_only or diff:
        from tlslint.cli.fixing import fixed  # noqa: PLC0415

        result = fixed(
            found,
            result,
            lambda again: run(again, software, chosen, profiles, when),
            unsafe=unsafe_fixes,
            diff=diff,
            show=show_fixes,
            backup=backup,
            output_file=output_file,
            is_piped="-" in paths,
        )
    if fix_only:
        pass
    elif output_format == "json":
        from tlslint.reports import json  # noqa: PLC0415

        write([json.findings(result.findings, result.instances, result.files)], output_file)
    else:
        from tlslint.reports import text  # noqa: PLC0415

        look = style(color, output_file)
        lines = text.concise(result.findings) if output_format == "concise" else text.full(result.findings, look)
        endpoints = sum(len(instance.endpoints) for instance in result.instances)
        ending = [] if output_format == "concise" else [text.summary(result.findings, result.files, endpoints, look)]
        write([*lines, *ending], output_file)
    for sentence in result.broken:
        click.echo(f"tlslint: {sentence}", err=True)
    if result.broken and not exit_zero:
        raise click.exceptions.Exit(MISUSE)
    if (
        not (exit_zero or fix_only)
        and fail_on != "never"
        and any(finding.severity >= Severity[fail_on.upper()] for finding in result.findings)
    ):
        raise click.exceptions.Exit(1)


def _words(options: tuple[str, ...]) -> list[str]:
    return [word.strip() for option in options for word in option.split(",") if word.strip()]
