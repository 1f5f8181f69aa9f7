"""Options that commands have in common, a tuple for each group: `@inputs` gives a command one `asked: Inputs`."""

from collections.abc import Callable
from functools import reduce, wraps
from typing import Any, cast

import click
from tlslint.model.struct import Struct

Body = Callable[..., object]


class Inputs(Struct):
    """What is looked at, and as what."""

    paths: tuple[str, ...]
    root: str | None
    target: tuple[str, ...]
    all_files: bool
    config: str | None
    isolated: bool
    stdin_filename: str | None


class Outputs(Struct):
    """How things are printed."""

    output_format: str
    output_file: str | None
    color: str


class Policy(Struct):
    """What is reported; where nothing is said the settings count."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    fail_on: str | None = None
    baseline: str | None = None


class Mending(Struct):
    """What is done to the files."""

    fix: bool
    unsafe_fixes: bool
    diff: bool
    fix_only: bool
    show_fixes: bool
    backup: bool


def _group(name: str, kind: Callable[..., object], fields: tuple[str, ...], *options: Callable[[Body], Body]) -> Callable[[Body], Body]:
    """The options, and their values as one argument called `name`."""

    def decorate(function: Body) -> Body:
        @wraps(function)
        def gathered(**given: Any) -> object:  # noqa: ANN401 (each option has its own type)
            return function(**{name: kind(**{field: given.pop(field) for field in fields})}, **given)

        return reduce(lambda decorated, option: option(decorated), reversed(options), cast(Body, gathered))

    return decorate


now = click.option("--now", metavar="DATE", help="The moment that counts as now (2026-11-24T12:00:00Z); default: the clock's.")
"""Makes runs over certificates reproducible."""

inputs = _group(
    "asked",
    Inputs,
    Inputs._fields,
    click.argument("paths", nargs=-1, type=click.Path(path_type=str)),
    click.option("--root", metavar="DIR", help="Treat DIR as /: absolute paths in configuration resolve below it, nothing else is read."),
    click.option(
        "--target",
        multiple=True,
        metavar="NAME",
        help="Software to judge for: debian-12, rhel-9, httpd@2.4.62, openssl@1.1.1 …, together if need be. Default: what the "
        "package database below --root says, else debian-13.",
    ),
    click.option("--all-files", is_flag=True, help="Also judge disabled sites, backups and examples."),
    click.option("--config", metavar="FILE", help="Settings from FILE instead of the nearest .tlslint.yaml or pyproject.toml upwards."),
    click.option("--isolated", is_flag=True, help="Take no settings file."),
    click.option("--stdin-filename", metavar="NAME", help="Name (and so the format) of text read from standard input with `-`."),
)


def outputs(formats: list[str]) -> Callable[[Body], Body]:
    """The options that say how things are printed; the first format is the default."""
    return _group(
        "output",
        Outputs,
        Outputs._fields,
        click.option("--output-format", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."),
        click.option("--output-file", metavar="FILE", help="Write to FILE instead of standard output."),
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; auto: only on a terminal."),
    )


policy = _group(
    "policy",
    Policy,
    Policy._fields,
    click.option(
        "--select", multiple=True, metavar="RULES", help="Only these rules: codes, names or prefixes, comma-separated (TLS1,hsts-missing)."
    ),
    click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules."),
    click.option("--profile", multiple=True, metavar="NAME[@EDITION]", help="Whose policy: mozilla-intermediate (the default), …"),
    click.option(
        "--fail-on",
        type=click.Choice(["info", "warning", "error", "critical", "never"]),
        help="Exit 1 from here on.  [default: warning]",
    ),
    click.option("--baseline", metavar="FILE", help="Report only what is not in FILE."),
)

mending = _group(
    "mending",
    Mending,
    Mending._fields,
    click.option("--fix", is_flag=True, help="Mend what can be mended without locking anybody out, and report the rest."),
    click.option("--unsafe-fixes", is_flag=True, help="Also mend what may lock out old or plain-text clients."),
    click.option("--diff", is_flag=True, help="Print what --fix would change and change nothing; exit 1 if there is something."),
    click.option("--fix-only", is_flag=True, help="Mend, and do not report the rest."),
    click.option("--show-fixes", is_flag=True, help="List what was mended, and why the rest was not."),
    click.option("--backup", is_flag=True, help="Keep the old text of every mended file beside it as NAME.bak."),
)
