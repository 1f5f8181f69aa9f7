"""What several commands share: options, output, and one-sentence errors with exit code 2."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import click
from tlslint.engine.discover import Discovery, NothingFoundError, discover
from tlslint.engine.run import clock
from tlslint.files import Files
from tlslint.reports.text import Style
from tlslint.settings import Settings, SettingsError
from tlslint.settings.read import NOTHING
from tlslint.settings.read import find as find_settings
from tlslint.settings.read import read as read_settings
from tlslint.targets import Target, UnknownTargetError, combined

F = TypeVar("F", bound=Callable[..., object])

MISUSE = 2


def inputs(function: F) -> F:
    """The options that say what is looked at and as what."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, type=click.Path(path_type=str)),
            click.option(
                "--root", metavar="DIR", help="Treat DIR as /: absolute paths in configuration resolve below it, nothing else is read."
            ),
            click.option(
                "--target",
                multiple=True,
                metavar="NAME",
                help="Software to judge for: debian-12, rhel-9, httpd@2.4.62, openssl@1.1.1 …, together if need be. Default: what the "
                "package database below --root says, else debian-13.",
            ),
            click.option("--all-files", is_flag=True, help="Also judge disabled sites, backups and examples."),
            click.option(
                "--config", metavar="FILE", help="Settings from FILE instead of the nearest .tlslint.yaml or pyproject.toml upwards."
            ),
            click.option("--isolated", is_flag=True, help="Take no settings file."),
            click.option("--stdin-filename", metavar="NAME", help="Name (and so the format) of text read from standard input with `-`."),
        )
    ):
        function = option(function)
    return function


now = click.option("--now", metavar="DATE", help="The moment that counts as now (2026-11-24T12:00:00Z); default: the clock's.")
"""Makes runs over certificates reproducible."""


def outputs(formats: list[str]) -> Callable[[F], F]:
    """The options that say how things are printed."""

    def decorate(function: F) -> F:
        for option in reversed(
            (
                click.option("--output-format", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."),
                click.option("--output-file", metavar="FILE", help="Write to FILE instead of standard output."),
                click.option(
                    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; auto: only on a terminal."
                ),
            )
        ):
            function = option(function)
        return function

    return decorate


def fail(sentence: str) -> "click.exceptions.Exit":
    """Say one sentence on standard error; raise what this returns."""
    click.echo(f"tlslint: {sentence}", err=True)
    return click.exceptions.Exit(MISUSE)


def settings_of(config: str | None, *, isolated: bool) -> Settings:
    """The settings that count, and the plugins they name, with misuse as one sentence."""
    if config is not None and isolated:
        raise fail("--config and --isolated exclude each other")
    try:
        settings = read_settings(config) if config is not None else NOTHING if isolated else find_settings()
    except SettingsError as error:
        raise fail(str(error)) from None
    if settings.values.get("plugins"):
        from tlslint.engine.plugins import PluginError, load  # noqa: PLC0415 (few people have plugins)

        for setting in settings.values["plugins"]:
            try:
                load(setting.value)
            except PluginError as error:
                raise fail(f"{setting.place}: {error}") from None
    return settings


def find(
    paths: tuple[str, ...],
    root: str | None,
    stdin_filename: str | None,
    *,
    all_files: bool,
    excluded: Callable[[str], bool] = lambda _: False,
    watch: Callable[[str], None] | None = None,
) -> Discovery:
    """Discover, with misuse as one sentence."""
    standard_input = None
    names = list(paths) or [root or "."]
    if "-" in names:
        if stdin_filename is None:
            raise fail("text from standard input needs a name: tlslint --stdin-filename etc/postfix/main.cf -")
        standard_input = (stdin_filename, sys.stdin.buffer.read())
        names = [stdin_filename if name == "-" else name for name in names]
    try:
        found = discover(names, root=root, all_files=all_files, excluded=excluded, standard_input=standard_input, watch=watch)
    except NothingFoundError as error:
        raise fail(str(error)) from None
    if not found.jobs and not found.parts and not found.limits:
        raise fail(f"nothing to read below {', '.join(names)}: no Apache, Postfix, Dovecot, Courier or OpenLDAP configuration found")
    return found


def target_for(words: tuple[str, ...], settings: Settings, files: Files | None) -> Target:
    """What --target or the settings say, over what is installed below the scanned root, over the default; misuse as one sentence.

    `files` None: nothing is scanned, the words alone are looked at.
    """
    from tlslint.targets.detect import detect  # noqa: PLC0415 (not needed for --help)

    written = () if words else settings.values.get("target", ())
    try:
        return combined(words or tuple(setting.value for setting in written), None if files is None else detect(files))
    except UnknownTargetError as error:
        place = f"{written[0].place}: " if written else ""
        raise fail(f"{place}{error}") from None


def moment(text: str | None) -> str:
    """`--now` as RFC 3339 in UTC, the clock's time without it; misuse as one sentence."""
    if text is None:
        return clock()
    from datetime import UTC, datetime  # noqa: PLC0415 (seldom given)

    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"--now {text!r} is no date: write 2026-11-24 or 2026-11-24T12:00:00Z") from None
    given = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    return given.strftime("%Y-%m-%dT%H:%M:%SZ")


def style(color: str, output_file: str | None) -> Style:
    """Colours on a terminal only; NO_COLOR and FORCE_COLOR are honoured (no-color.org, force-color.org)."""
    if color != "auto":
        return Style(color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(False)
    return Style(bool(os.environ.get("FORCE_COLOR")) or (output_file is None and sys.stdout.isatty()))


def write(lines: Iterable[str], output_file: str | None) -> None:
    """Print lines, or write them to a file: whole or not at all. A reader that goes away (`| head`) is no error."""
    text = "".join(f"{line}\n" for line in lines)
    if output_file is not None:
        try:
            _write_file(output_file, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise fail(f"{output_file} cannot be written: {error.strerror}") from None
        return
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_file(path: str, data: bytes) -> None:
    """A regular file is replaced in one step; anything else (/dev/stdout, a FIFO) is written to."""
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    real = os.path.realpath(path)
    fresh = f"{real}.{os.getpid()}.new"
    try:
        with open(fresh, "xb") as stream:
            stream.write(data)
        os.replace(fresh, real)
    except OSError:
        if os.path.exists(fresh):
            os.unlink(fresh)
        raise
