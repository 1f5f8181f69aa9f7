"""Which reports there are, and where they go. A report's module is imported when it is asked for."""

from collections.abc import Iterable
from importlib import import_module
from itertools import chain

from tlslint.checks import registry
from tlslint.cli.options import Outputs
from tlslint.cli.shared import fail, style, write
from tlslint.reports.report import Report, RulePage

FORMATS = ("full", "concise", "grouped", "json", "sarif", "gitlab", "github", "junit", "markdown", "html")


def destinations(output: Outputs, reports: tuple[str, ...]) -> list[Outputs]:
    """Every report that is wanted. With `--report` alone the terminal still gets its text."""
    found = [output]
    for word in reports:
        name, equals, file = word.partition("=")
        if name not in FORMATS or not equals or not file:
            raise fail(f"--report takes FORMAT=FILE (sarif=out.sarif); formats are {', '.join(FORMATS)}")
        found.append(Outputs(name, file, output.color))
    files = [one.output_file for one in found if one.output_file is not None]
    if len(set(files)) < len(files):
        raise fail("two reports cannot go to one file")
    return found


def tell(report: Report, wanted: list[Outputs]) -> None:
    """Write every report where it was asked for."""
    for output in wanted:
        write(_lines(report, output), output.output_file)


def _lines(report: Report, output: Outputs) -> Iterable[str]:
    name = output.output_format
    if name in ("full", "concise", "grouped"):
        from tlslint.reports import text  # noqa: PLC0415

        look = style(output)
        if name == "concise":
            return text.concise(report)
        shown = text.full(report, look) if name == "full" else text.grouped(report, look)
        return chain(shown, text.servers(report, look), text.summary(report, look))
    if name == "github":
        from tlslint.reports import github  # noqa: PLC0415

        return github.annotations(report.findings)
    module = import_module(f"tlslint.reports.{name}")
    said: str | Iterable[str] = getattr(module, _WRITERS[name])(report)
    return [said] if isinstance(said, str) else said


_WRITERS = {
    "json": "findings",
    "sarif": "log",
    "gitlab": "code_quality",
    "junit": "suites",
    "markdown": "summary",
    "html": "page",
}
"""What each report's module calls its writer."""


def rule_pages() -> list[RulePage]:
    """Every rule with its page, for reports that show them."""
    import sys  # noqa: PLC0415

    pages = []
    for entry in registry.entries():
        rule = registry.load(entry)
        text = (sys.modules[rule.__module__].__doc__ or "").strip()
        topic = entry.module.partition(".")[0]
        pages.append(RulePage(entry.code, entry.name, rule.severity, rule.confidence, topic, registry.summary(rule), text))
    return pages
