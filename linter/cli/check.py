"""`tlslint check`: report what is wrong."""

from collections.abc import Callable
from functools import cache

import click
from tlslint.cli import deciding
from tlslint.cli.options import Inputs, Mending, Outputs, Policy, inputs, outputs
from tlslint.cli.options import mending as mending_options
from tlslint.cli.options import now as now_option
from tlslint.cli.options import policy as policy_options
from tlslint.cli.progress import watcher
from tlslint.cli.reporting import FORMATS, destinations, rule_pages, tell
from tlslint.cli.shared import MISUSE, confess, fail, find, moment, say, settings_of, target_for, write
from tlslint.engine.discover import Discovery
from tlslint.engine.run import Result, Selection, run
from tlslint.files import Files
from tlslint.model import Finding, Instance, Severity
from tlslint.model.remedy import Edit
from tlslint.reports.report import Report
from tlslint.settings import Settings
from tlslint.targets import Target


@click.command("check")
@inputs
@now_option
@outputs(list(FORMATS))
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Also write this report (sarif=out.sarif); may be repeated."
)
@policy_options
@click.option("--write-baseline", is_flag=True, help="Write what is found now to the --baseline file.")
@click.option("--no-ignores", is_flag=True, help="Heed no ignore comment and no baseline: for auditors.")
@click.option("--add-ignore", metavar="REASON", help="Write an ignore comment with this reason before everything that is reported.")
@mending_options
@click.option("--history", is_flag=True, help="Ask the git repository how long HSTS has been what it is (needs tlslint[history]).")
@click.option("--shard", metavar="PART/PARTS", help="Only this part of the servers (2/16), for several machines at once.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
def command(
    asked: Inputs,
    now: str | None,
    output: Outputs,
    reports: tuple[str, ...],
    policy: Policy,
    write_baseline: bool,
    no_ignores: bool,
    add_ignore: str | None,
    mending: Mending,
    history: bool,
    shard: str | None,
    exit_zero: bool,
) -> None:
    """Report what is wrong with the TLS of the servers configured below PATHS.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 misuse or a fault of tlslint itself.
    """
    wanted = destinations(output, reports)
    settings = settings_of(asked.config, isolated=asked.isolated)
    decided = deciding.decide(settings, policy)
    if write_baseline and decided.baseline is None:
        raise fail("--write-baseline needs to know where: --baseline FILE")
    part = deciding.part(shard)
    when = moment(now)
    saw, done = watcher()
    found = find(asked, deciding.excluded(settings), saw)
    found = part(found)
    software = target_for(asked.target, settings, found.files)
    filters = deciding.filters(
        settings, None if no_ignores else decided.baseline, asked.root or ".", comments=not no_ignores, writing=write_baseline
    )

    learn = learner(when) if history else None

    def look(there: Discovery) -> Result:
        result = run(there, software, decided.chosen, decided.profiles, when, filters, learn)
        done()
        return result

    result = look(found)
    if add_ignore is not None:
        from tlslint.cli.ignoring import ignored  # noqa: PLC0415

        ignored(found, result, look, add_ignore, is_piped="-" in asked.paths)
        found = found._replace(files=found.files.edited({}))  # as it lies on the disk now
        result = look(found)
    left: frozenset[str] = frozenset()
    if mending.fix or mending.fix_only or mending.diff:
        from tlslint.cli.fixing import fixed  # noqa: PLC0415

        withheld = fixed(found, result, look, mending, output.output_file, is_piped="-" in asked.paths)
        found = found._replace(files=found.files.edited({}))
        result = look(found)
        left = frozenset(one.finding.fingerprint for one in withheld)
    if write_baseline:
        from tlslint.engine.baseline import text  # noqa: PLC0415

        write([text(result.findings)[:-1]], decided.baseline)
        say(f"{len(result.findings)} findings written to {decided.baseline}")
        confess(result.broken)
        return
    if not mending.fix_only:
        report = _report(found, result, look, settings, decided.chosen, software)
        if any(finding.remedy is not None for finding in result.findings):
            from tlslint.engine.fix import fixes  # noqa: PLC0415

            ways = {finding: way for finding, way in fixes(found, result).items() if finding.fingerprint not in left}
            report = report._replace(fixes=ways, is_unsafe_wanted=mending.unsafe_fixes)
        tell(report, wanted)
    for past in decided.profiles:
        if past.is_past(when):
            say(f"{past.label} is past its date ({past.until}): {past.until_why or 'a newer edition exists'}")
    for sentence in result.broken:
        say(sentence)
    if result.broken and not exit_zero:
        raise click.exceptions.Exit(MISUSE)
    if exit_zero or mending.fix_only or decided.fail_on == "never":
        return
    if any(each.severity >= Severity[decided.fail_on.upper()] for each in result.findings):
        raise click.exceptions.Exit(1)


def _report(
    found: Discovery, result: Result, again: Callable[[Discovery], Result], settings: Settings, chosen: Selection, software: Target
) -> Report:
    @cache
    def proven() -> dict[Finding, tuple[Edit, ...]]:
        from tlslint.engine.fix import mend  # noqa: PLC0415 (only for reports that offer fixes)

        return {one.finding: one.edits for one in mend(found, result, again, unsafe=True).fixed}

    return Report(
        result.findings,
        result.instances,
        result.files,
        result.ignored,
        tuple((known.path, known.rule, known.message) for known in result.stale),
        settings.path,
        settings.words("ignore") if chosen.ignore == settings.words("ignore") else (),
        found.scanned,
        result.broken,
        rule_pages,
        lambda finding: proven().get(finding, ()),
        target=software.told,
    )


def learner(now: str) -> Callable[[Instance, Files], Instance]:
    """What looks settings up in git repositories; misuse as one sentence."""
    from tlslint.engine.history import History, NoHistoryError  # noqa: PLC0415 (optional, and slow to load)

    try:
        return History(now).learn
    except NoHistoryError as error:
        raise fail(str(error)) from None
