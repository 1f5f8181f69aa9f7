"""Which reports there are, and where they go. A report's module is imported when it is asked for."""

from collections.abc import Iterable
from importlib import import_module

from tlslint.checks import registry
from tlslint.cli.shared import fail, style, write
from tlslint.reports.report import Report, RulePage

FORMATS = ("full", "concise", "grouped", "json", "sarif", "gitlab", "github", "junit", "markdown", "html")


def destinations(output_format: str, output_file: str | None, reports: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Formats and files (None: standard output). With `--report` alone the terminal still gets its text."""
    found: list[tuple[str, str | None]] = [(output_format, output_file)]
    for word in reports:
        name, equals, file = word.partition("=")
        if name not in FORMATS or not equals or not file:
            raise fail(f"--report takes FORMAT=FILE (sarif=out.sarif); formats are {', '.join(FORMATS)}")
        found.append((name, file))
    files = [file for _, file in found if file is not None]
    if len(set(files)) < len(files):
        raise fail("two reports cannot go to one file")
    return found


def tell(report: Report, wanted: list[tuple[str, str | None]], color: str) -> None:
    """Write every report where it was asked for."""
    for name, file in wanted:
        write(_lines(name, report, color, file), file)


def _lines(name: str, report: Report, color: str, file: str | None) -> Iterable[str]:
    if name in ("full", "concise", "grouped"):
        from tlslint.reports import text  # noqa: PLC0415

        look = style(color, file)
        if name == "concise":
            return text.concise(report)
        shown = text.full(report, look) if name == "full" else text.grouped(report, look)
        return [*shown, *text.servers(report, look), *text.summary(report, look)]
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
