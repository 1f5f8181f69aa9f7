"""Which reports there are, and where they go. A report's module is imported when it is asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module

from tlslint.checks import registry
from tlslint.cli.options import Outputs
from tlslint.cli.shared import fail, sink, style
from tlslint.reports.report import Report, RulePage, Summary, Whole, Writer

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


@contextmanager
def told(wanted: Sequence[Outputs], known: Summary) -> Iterator[Callable[[Report], None]]:
    """What is called with one host after another and writes every report where it was asked for. `known`: what is to be said beside it."""
    with ExitStack() as stack:
        reports = [(_writer(output), stack.enter_context(sink(output.output_file))) for output in wanted]
        summary = known

        def tell(report: Report) -> None:
            nonlocal summary
            summary = summary.and_of(report.summary())
            for writer, put in reports:
                put(writer.host(report))

        yield tell
        for writer, put in reports:
            put(writer.end(summary))


def _writer(output: Outputs) -> Writer:
    name = output.output_format
    if name in ("full", "concise", "grouped"):
        from tlslint.reports import text  # noqa: PLC0415

        if name == "concise":
            return text.Bare(text.concise)
        return text.Text(text.full if name == "full" else text.grouped, style(output))
    module = import_module(f"tlslint.reports.{name}")
    writer: Writer = module.Findings() if name == "json" else Whole(getattr(module, _WHOLE[name]))
    return writer


_WHOLE = {
    "sarif": "log",
    "gitlab": "code_quality",
    "github": "annotations",
    "junit": "suites",
    "markdown": "summary",
    "html": "page",
}
"""What makes the whole report of each form that is told at once."""


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
