"""Finding and reading settings. Every mistake in them is one sentence with the place, and nothing is taken from a faulty file.

Who may decide: the file is looked for from the working directory upwards, never in what is scanned, so a folder below /etc cannot
switch findings off. For root it must belong to root or to who called sudo, as git demands of a repository (safe.directory).
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tlslint.model.struct import Struct

FILE = ".tlslint.yaml"
PYPROJECT = "pyproject.toml"
SECTION = "[tool.tlslint]"


class SettingsError(ValueError):
    """Settings that cannot be used; the message is one sentence for people."""


class Key(Struct):
    """A setting: what kind of value it takes (`list`, `text`, `table`), what for, and an example."""

    kind: str
    summary: str
    example: str
    words: tuple[str, ...] = ()


KEYS: dict[str, Key] = {
    "select": Key("list", "Only these rules: codes, names or beginnings of codes.", "[TLS1, TLS2, hsts-missing]"),
    "ignore": Key("list", "Not these rules.", "[no-hybrid-group]"),
    "per-path-ignores": Key(
        "table", "Rules not to report for some files; patterns count from this file's folder.", '{"legacy/**": [TLS102]}'
    ),
    "profile": Key("list", "Whose policy: a name, or name@edition; several are all held to.", "[mozilla-intermediate]"),
    "target": Key("list", "The software to judge for: a distribution, versions by name (httpd@2.4.62), or both.", "[debian-12]"),
    "fail-on": Key("text", "Exit with 1 from this severity on.", "warning", ("info", "warning", "error", "critical", "never")),
    "exclude": Key("list", "Files and folders not to look at; patterns count from this file's folder.", '["vendor/**"]'),
    "baseline": Key("text", "What was there before and is not reported; a file beside this one.", ".tlslint-baseline.json"),
    "plugins": Key("list", "Installed packages that bring rules or formats, by the names of their entry points.", "[acme]"),
}


class Setting(Struct):
    """A value with its place (from 1), so that who finds it wrong can say where. A value of a table is a pair of pattern and rules."""

    value: Any
    place: str


class Settings(Struct):
    """What one file says. `path`: the file as shown to people; `folder`: what its patterns and file names count from."""

    path: str
    folder: str
    values: dict[str, tuple[Setting, ...]]

    def words(self, key: str) -> tuple[str, ...]:
        """The values of a list."""
        return tuple(setting.value for setting in self.values.get(key, ()))

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """The pairs of a table."""
        return tuple(setting.value for setting in self.values.get(key, ()))

    def word(self, key: str) -> str | None:
        """The value of a key that has one."""
        found = self.values.get(key)
        return found[0].value if found else None


NOTHING = Settings("", "", {})


def find(start: str = ".") -> Settings:
    """The nearest settings from `start` upwards, as far as the root of the repository; `NOTHING` where there are none.

    Raises `SettingsError`, also for a file that belongs to somebody who has no say.
    """
    here = folder = os.path.abspath(start)
    while True:
        yaml, project = os.path.join(folder, FILE), os.path.join(folder, PYPROJECT)
        has_yaml, has_project = os.path.isfile(yaml), _speaks_of_us(project)
        if has_yaml and has_project:
            raise SettingsError(f"{_shown(yaml, here)} and {SECTION} in {PYPROJECT} both hold settings; keep one of them")
        if has_yaml or has_project:
            path = yaml if has_yaml else project
            _trusted(path, here)
            return read(path, here)
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return NOTHING
        folder = above


def _shown(path: str, here: str) -> str:
    return os.path.relpath(path, here)


def _speaks_of_us(path: str) -> bool:
    try:
        return b"[tool.tlslint" in contents(path)
    except OSError:
        return False


MAX_BYTES = 1 << 20
"""Settings are written by hand."""


def contents(path: str, most: int = MAX_BYTES) -> bytes:
    """A whole file. Raises `OSError`, also for what is no regular file or has more than `most` bytes: the folder may be a stranger's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MB")
        return stream.read(most)


def _trusted(path: str, here: str) -> None:
    if os.geteuid() != 0:
        return
    owner = os.stat(path).st_uid
    if owner not in (0, int(os.environ.get("SUDO_UID", "0"))):
        raise SettingsError(
            f"{_shown(path, here)} belongs to another user and may switch findings off; "
            f"--config {_shown(path, here)} takes it all the same, --isolated goes without"
        )


def read(path: str, here: str = ".") -> Settings:
    """Read a file of either kind. Raises `SettingsError`."""
    shown = _shown(path, here)
    try:
        data = contents(path)
    except OSError as error:
        raise SettingsError(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{shown} is not UTF-8 text") from None
    values = dict(_values(shown, *(_toml(shown, text) if path.endswith(".toml") else _yaml(shown, text))))
    return Settings(shown, os.path.dirname(os.path.abspath(path)), values)


_Places = Callable[[tuple[str | int, ...]], str]
"""The place of a key (`("ignore",)`) or of a value in it (`("ignore", 0)`), as `:3:9`."""


def _yaml(shown: str, text: str) -> tuple[Any, _Places]:
    from ruamel.yaml import YAML  # noqa: PLC0415 (only for people who have settings)
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        document = YAML().load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        said = (getattr(error, "problem", None) or str(error)).split("\n")[0]
        raise SettingsError(f"{shown}{where}: {said}") from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:  # thousands of digits or brackets, `!!bool maybe`
        raise SettingsError(f"{shown} cannot be read: {error}") from None

    def place(keys: tuple[str | int, ...]) -> str:
        node = document
        for key in keys[:-1]:
            node = node[key]
        try:
            line, column = node.lc.item(keys[-1]) if isinstance(keys[-1], int) else node.lc.key(keys[-1])
        except (AttributeError, KeyError, TypeError):
            return place(keys[:-1]) if keys[:-1] else ""
        return f":{line + 1}:{column + 1}"

    return document, place


def _toml(shown: str, text: str) -> tuple[Any, _Places]:
    import tomllib  # noqa: PLC0415

    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise SettingsError(f"{shown}: {error}") from None
    section = document.get("tool", {}).get("tlslint", {})

    def place(keys: tuple[str | int, ...]) -> str:
        """tomllib tells no places: the first line of the section that begins with the key."""
        started = False
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip().startswith("["):
                started = line.strip().startswith("[tool.tlslint")
                if started and str(keys[0]) in line:
                    return f":{number}:{line.index(str(keys[0])) + 1}"
            elif started and re.match(rf"""\s*["']?{re.escape(str(keys[0]))}["']?\s*[=.]""", line):
                return f":{number}:{len(line) - len(line.lstrip()) + 1}"
        return ""

    return section, place


def _values(shown: str, document: Any, place: _Places) -> Iterator[tuple[str, tuple[Setting, ...]]]:  # noqa: ANN401
    if document is None:
        return
    if not isinstance(document, dict):
        raise SettingsError(f"{shown}:1:1: settings are names with values, such as `fail-on: error`")
    for name, value in document.items():
        key = KEYS.get(name)
        if key is None:
            raise SettingsError(f"{shown}{place((name,))}: no setting is called {name!r}; {_instead(str(name), list(KEYS))}")
        if key.kind == "table":
            yield name, tuple(_table(shown, name, value, place))
        elif key.kind == "list":
            items = [value] if isinstance(value, str) else value
            yield name, tuple(_list(shown, (name,), items, place))
        else:
            if not isinstance(value, str):
                raise SettingsError(f"{shown}{place((name,))}: {name} takes a text, such as {key.example}")
            if key.words and value not in key.words:
                raise SettingsError(f"{shown}{place((name,))}: {name} cannot be {value!r}; {_instead(value, key.words)}")
            yield name, (Setting(value, f"{shown}{place((name,))}"),)


def _list(shown: str, keys: tuple[str | int, ...], items: Any, place: _Places) -> Iterator[Setting]:  # noqa: ANN401
    if not isinstance(items, list):
        raise SettingsError(f"{shown}{place(keys)}: {keys[-1]} takes a list, such as {KEYS[str(keys[0])].example}")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise SettingsError(f"{shown}{place((*keys, index))}: {item!r} is not a text")
        yield Setting(item, f"{shown}{place((*keys, index))}")


def _table(shown: str, name: str, value: Any, place: _Places) -> Iterator[Setting]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise SettingsError(f"{shown}{place((name,))}: {name} takes patterns with lists of rules, such as {KEYS[name].example}")
    for pattern, rules in value.items():
        for rule in _list(shown, (name, pattern), rules, place):
            yield Setting((str(pattern), rule.value), rule.place)


def _instead(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (only for a word nobody knows)

    near = get_close_matches(word.replace("_", "-"), known, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
