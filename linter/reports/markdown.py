"""A summary in Markdown: for the summary of a CI job, a merge request, a ticket."""

import re
from collections.abc import Iterator

from tlslint.model import locate
from tlslint.reports.report import Report, Summary, by_instance, by_severity
from tlslint.reports.text import also, counted, listed
from tlslint.reports.visible import visible

MAX_ROWS = 500
"""GitHub takes a megabyte for a job's summary."""


def summary(report: Report, of_all: Summary) -> Iterator[str]:
    """A table of servers, a table of findings with the worst first, and what somebody decided not to hear of."""
    said = ", ".join(counted(count, severity.word) for severity, count in of_all.severities.items()) or "nothing to report"
    yield f"## tlslint: {said}"
    yield ""
    judged = f"; judged for {_plain(listed(of_all.judged_for))}" if of_all.judged_for else ""
    yield f"{counted(report.files, 'file')} read, {counted(of_all.endpoints, 'endpoint')}{judged}."
    if report.instances:
        yield ""
        yield "| server | configuration | endpoints | findings |"
        yield "|---|---|---:|---|"
        for instance, findings in by_instance(report):
            severities = ", ".join(counted(count, severity.word) for severity, count in by_severity(findings).items()) or "none"
            where = _code(instance.root.path) + ("" if instance.complete else " (a fragment)")
            yield f"| {instance.service} | {where} | {len(instance.endpoints)} | {severities} |"
    if report.findings:
        yield ""
        yield "| severity | rule | where | what | instead |"
        yield "|---|---|---|---|---|"
        for finding in sorted(report.findings, key=lambda each: -each.severity)[:MAX_ROWS]:
            place = locate(finding.primary.span)
            advice = _plain(finding.remedy.advice) if finding.remedy is not None else ""
            rule, where = f"{finding.code} {finding.name}", _code(f"{place.path}:{place.line}")
            yield f"| {finding.severity.word} | {rule} | {where} | {_plain(finding.message + also(finding))} | {advice} |"
        if len(report.findings) > MAX_ROWS:
            yield ""
            yield f"{len(report.findings) - MAX_ROWS} more are not shown."
    if report.ignored:
        yield ""
        yield f"Ignored: {', '.join(f'{count} by {who}' for who, count in of_all.ignored.items())}."
    if report.switched_off:
        yield ""
        yield f"{_code(report.settings)} switches off {', '.join(report.switched_off)}."
    if report.stale:
        yield ""
        yield f"{counted(len(report.stale), 'finding')} of the baseline met no more."
    for sentence in report.broken:
        yield ""
        yield _plain(sentence)


def _plain(text: str) -> str:
    """Text that is only text: no link, image, mention, HTML or cell border."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#!|~&$])", r"\\\1", visible(text))
    return re.sub(r"(?<!\w)@", "@\u200b", escaped).replace("://", ":\u200b//")


def _code(text: str) -> str:
    """Text in a code span; the fence is longer than any run of backticks in it."""
    text = visible(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"
