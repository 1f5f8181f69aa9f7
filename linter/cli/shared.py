"""What several commands share: input, output, and one-sentence errors with exit code 2."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

import click
from tlslint.cli.options import Inputs, Outputs
from tlslint.engine.discover import Discovery, NothingFoundError, discover
from tlslint.engine.run import clock
from tlslint.files import Files
from tlslint.reports.text import Style
from tlslint.reports.visible import visible
from tlslint.settings import Settings, SettingsError
from tlslint.settings.read import NOTHING
from tlslint.settings.read import find as find_settings
from tlslint.settings.read import read as read_settings
from tlslint.targets import Target, UnknownTargetError, combined

MISUSE = 2


def fail(sentence: str) -> "click.exceptions.Exit":
    """Say one sentence on standard error; raise what this returns."""
    say(sentence)
    return click.exceptions.Exit(MISUSE)


def say(sentence: str) -> None:
    """One line on standard error; names of files in it are strangers' text."""
    click.echo(visible(f"tlslint: {sentence}"), err=True)


def settings_of(config: str | None, *, isolated: bool) -> Settings:
    """The settings that count, and the plugins they name, with misuse as one sentence."""
    if config is not None and isolated:
        raise fail("--config and --isolated exclude each other")
    try:
        settings = read_settings(config) if config is not None else NOTHING if isolated else find_settings()
    except SettingsError as error:
        raise fail(str(error)) from None
    if config is None:
        _stays(settings)
    if settings.values.get("plugins"):
        from tlslint.engine.plugins import PluginError, load  # noqa: PLC0415 (few people have plugins)

        for setting in settings.values["plugins"]:
            try:
                load(setting.value)
            except PluginError as error:
                raise fail(f"{setting.place}: {error}") from None
    return settings


def _stays(settings: Settings) -> None:
    """Settings that were found by themselves may be a stranger's: no file they name may lie elsewhere."""
    named = [(setting, os.path.join(settings.folder, setting.value)) for setting in settings.values.get("baseline", ())]
    profiles = (setting for setting in settings.values.get("profile", ()) if "/" in setting.value)
    named += [(setting, setting.value.partition("#")[0]) for setting in profiles]
    above = os.path.realpath(settings.folder)
    for setting, path in named:
        if "\0" in path or os.path.commonpath([above, os.path.realpath(path)]) != above:
            raise fail(
                f"{setting.place}: {setting.value} lies outside the folder of these settings; only a file given by --config may say so"
            )


def find(asked: Inputs, excluded: Callable[[str], bool], watch: Callable[[str], None] | None = None) -> Discovery:
    """Discover, with misuse as one sentence."""
    standard_input = None
    names = list(asked.paths) or [asked.root or "."]
    if "-" in names:
        if asked.stdin_filename is None:
            raise fail("text from standard input needs a name: tlslint --stdin-filename etc/postfix/main.cf -")
        standard_input = (asked.stdin_filename, sys.stdin.buffer.read())
        names = [asked.stdin_filename if name == "-" else name for name in names]
    try:
        found = discover(names, root=asked.root, all_files=asked.all_files, excluded=excluded, standard_input=standard_input, watch=watch)
    except NothingFoundError as error:
        raise fail(str(error)) from None
    if not found.jobs and not found.parts and not found.limits:
        what = "no file there is called as Apache, Postfix, Dovecot, Courier or OpenLDAP call theirs"
        raise fail(f"nothing to read below {', '.join(names)}: {what}; a file of any name is read when it is named itself: tlslint FILE")
    return found


def confess(broken: Sequence[str]) -> None:
    """Say which servers could not be evaluated for a fault of tlslint, and exit with 2 if there is one."""
    for sentence in broken:
        say(sentence)
    if broken:
        raise click.exceptions.Exit(MISUSE)


def target_for(words: tuple[str, ...], settings: Settings, files: Files | None, host: str = "/") -> Target:
    """What --target or the settings say, over what is installed at the host, over the default; misuse as one sentence.

    `files` None: nothing is scanned, the words alone are looked at. `host`: the logical path of the folder that is its `/`.
    """
    from tlslint.targets.detect import detect  # noqa: PLC0415 (not needed for --help)

    written = () if words else settings.values.get("target", ())
    try:
        return combined(words or tuple(setting.value for setting in written), None if files is None else detect(files, host))
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


def style(output: Outputs) -> Style:
    """Colours on a terminal only; NO_COLOR and FORCE_COLOR are honoured (no-color.org, force-color.org)."""
    if output.color != "auto":
        return Style(output.color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(False)
    return Style(bool(os.environ.get("FORCE_COLOR")) or (output.output_file is None and sys.stdout.isatty()))


def screen(output: Outputs) -> int | None:
    """Columns of the screen that is written to; None: there is none, lines may be as long as they are."""
    if os.environ.get("COLUMNS", "").isdecimal():
        return int(os.environ["COLUMNS"])
    if output.output_file is not None or not sys.stdout.isatty():
        return None
    return os.get_terminal_size(sys.stdout.fileno()).columns or None


def write(lines: Iterable[str], output_file: str | None) -> None:
    """Print lines as they come, or write them to a file, whole or not at all."""
    with sink(output_file) as put:
        put(lines)


@contextmanager
def sink(output_file: str | None) -> Iterator[Callable[[Iterable[str]], None]]:
    """What takes lines and prints them, or writes them to a file that is there once all came. A reader that goes away (`| head`) is no
    error.
    """
    if output_file is None:
        yield _print
        return
    file = _NewFile(output_file)
    try:
        yield file.put
    except BaseException:
        file.drop()
        raise
    file.finish()


def _print(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "ascii"
    try:
        for piece in _pieces(lines):
            sys.stdout.write(piece.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_PIECE = 1 << 16


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, some at a time: the report of a thousand servers need not be in memory as one text."""
    held: list[str] = []
    size = 0
    for line in lines:
        held += (line, "\n")
        size += len(line)
        if size > _PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


class _NewFile:
    """A regular file is replaced in one step; anything else (/dev/stdout, a FIFO) is written to. Made when the first lines come."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._real = os.path.realpath(path)
        self._fresh = ""
        self._stream: BinaryIO | None = None

    def put(self, lines: Iterable[str]) -> None:
        """Write them. Raises what `fail` returns."""
        pieces = (piece.encode("utf-8", "backslashreplace") for piece in _pieces(lines))
        with self._complaint():
            if self._stream is None:
                self._stream = self._opened()
            self._stream.writelines(pieces)

    def finish(self) -> None:
        """All came. Raises what `fail` returns."""
        with self._complaint():
            if self._stream is not None:
                self._stream.close()
            if self._fresh:
                os.replace(self._fresh, self._real)

    def drop(self) -> None:
        """Leave things as they were."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
        if self._fresh:
            os.unlink(self._fresh)
            self._fresh = ""

    def _opened(self) -> BinaryIO:
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            return open(self._path, "wb")
        stream = open(f"{self._real}.{os.getpid()}.new", "xb")  # noqa: SIM115 (open until all lines came)
        self._fresh = stream.name
        if os.path.exists(self._real):
            os.fchmod(stream.fileno(), os.stat(self._real).st_mode & 0o777)  # who kept a report to himself keeps it
        return stream

    @contextmanager
    def _complaint(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.drop()
            raise fail(f"{self._path} cannot be written: {error.strerror}") from None
