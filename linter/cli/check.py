"""`tlslint check`: report what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

import click
from tlslint.cli import deciding
from tlslint.cli.options import Inputs, Mending, Outputs, Policy, inputs, outputs
from tlslint.cli.options import mending as mending_options
from tlslint.cli.options import now as now_option
from tlslint.cli.options import policy as policy_options
from tlslint.cli.progress import watcher
from tlslint.cli.reporting import FORMATS, destinations, rule_pages, told
from tlslint.cli.shared import MISUSE, confess, fail, find, moment, say, settings_of, target_for, write
from tlslint.engine.baseline import Known
from tlslint.engine.discover import Discovery
from tlslint.engine.hosts import hosts
from tlslint.engine.run import Filters, Result, lost, run
from tlslint.files import Files
from tlslint.model import Finding, Instance, Severity
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct
from tlslint.reports.report import Report, Summary
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
    found = part(find(asked, deciding.excluded(settings), saw))
    filters = deciding.filters(
        settings, None if no_ignores else decided.baseline, asked.root or ".", comments=not no_ignores, writing=write_baseline
    )
    learn = learner(when) if history else None

    def judge(host: Discovery) -> Judge:
        return Judge(target_for(asked.target, settings, host.files, host.host), decided, when, filters, learn, done)

    def looking(host: Discovery) -> Callable[[Discovery], Result]:
        return judge(host).look

    if add_ignore is not None:
        from tlslint.cli.ignoring import ignored  # noqa: PLC0415

        ignored(hosts(found), looking, add_ignore, is_piped="-" in asked.paths)
        found = found._replace(files=found.files.afresh())  # as it lies on the disk now
    left: frozenset[str] = frozenset()
    if mending.fix or mending.fix_only or mending.diff:
        from tlslint.cli.fixing import fixed  # noqa: PLC0415

        withheld = fixed(hosts(found), looking, mending, output.output_file, is_piped="-" in asked.paths)
        found = found._replace(files=found.files.afresh())
        left = frozenset(one.finding.fingerprint for one in withheld)
    if write_baseline:
        _write_baseline(hosts(found), looking, decided.baseline)
        return
    gone = Summary(stale=_told(lost(found, decided.chosen, filters)))
    broken: dict[str, None] = {}
    worst = 0
    with told([] if mending.fix_only else wanted, gone) as tell:
        for host in hosts(found):
            judged = judge(host)
            result = judged.look(host)
            tell(_report(host, result, judged, settings, left, is_unsafe_wanted=mending.unsafe_fixes))
            broken.update(dict.fromkeys(result.broken))
            worst = max((worst, *(finding.severity for finding in result.findings)))
    for past in decided.profiles:
        if past.is_past(when):
            say(f"{past.label} is past its date ({past.until}): {past.until_why or 'a newer edition exists'}")
    for sentence in broken:
        say(sentence)
    if broken and not exit_zero:
        raise click.exceptions.Exit(MISUSE)
    if exit_zero or mending.fix_only or decided.fail_on == "never":
        return
    if worst >= Severity[decided.fail_on.upper()]:
        raise click.exceptions.Exit(1)


class Judge(Struct):
    """What looks at the files of one host. `learn` as of `run`; `done` is called after each run."""

    software: Target
    decided: deciding.Decided
    now: str
    filters: Filters
    learn: Callable[[Instance, Files], Instance] | None
    done: Callable[[], None]

    def look(self, there: Discovery) -> Result:
        """A run over the files as they are, or as they would be."""
        result = run(there, self.software, self.decided.chosen, self.decided.profiles, self.now, self.filters, self.learn)
        self.done()
        return result


def _write_baseline(apart: Iterable[Discovery], looking: Callable[[Discovery], Callable[[Discovery], Result]], path: str | None) -> None:
    from tlslint.engine.baseline import known, text  # noqa: PLC0415

    rows: list[Known] = []
    broken: dict[str, None] = {}
    for host in apart:
        result = looking(host)(host)
        rows += map(known, result.findings)
        broken.update(dict.fromkeys(result.broken))
    write([text(rows)[:-1]], path)
    say(f"{len(rows)} findings written to {path}")
    confess(tuple(broken))


def _report(found: Discovery, result: Result, judge: Judge, settings: Settings, left: frozenset[str], *, is_unsafe_wanted: bool) -> Report:
    """`left`: fingerprints of what was tried to mend, and could not be proven."""

    @cache
    def proven() -> dict[Finding, tuple[Edit, ...]]:
        from tlslint.engine.fix import mend  # noqa: PLC0415 (only for reports that offer fixes)

        return {one.finding: one.edits for one in mend(found, result, judge.look, unsafe=True).fixed}

    findings: Sequence[Finding] = result.findings
    if findings:
        from tlslint.engine.repetition import told_once  # noqa: PLC0415

        findings = told_once(findings)
    ways: dict[Finding, tuple[Edit, ...]] = {}
    if any(finding.remedy is not None for finding in result.findings):
        from tlslint.engine.fix import fixes  # noqa: PLC0415

        ways = {finding: way for finding, way in fixes(found, result).items() if finding.fingerprint not in left}
    return Report(
        findings,
        result.instances,
        result.files,
        result.ignored,
        _told(result.stale),
        settings.path,
        settings.words("ignore") if judge.decided.chosen.ignore == settings.words("ignore") else (),
        found.scanned,
        result.broken,
        rule_pages,
        lambda finding: proven().get(finding, ()),
        ways,
        is_unsafe_wanted,
        judge.software.told,
        found.files.shown(found.files.on_disk(found.host)) if found.host != "/" else "",
    )


def _told(stale: Iterable[Known]) -> tuple[tuple[str, str, str], ...]:
    return tuple((known.path, known.rule, known.message) for known in stale)


def learner(now: str) -> Callable[[Instance, Files], Instance]:
    """What looks settings up in git repositories; misuse as one sentence."""
    from tlslint.engine.history import History, NoHistoryError  # noqa: PLC0415 (optional, and slow to load)

    try:
        return History(now).learn
    except NoHistoryError as error:
        raise fail(str(error)) from None
