"""mod_headers: what `Header` lines do to one response header, table by table.

Source: modules/metadata/mod_headers.c of 2.4 (header_cmd, do_headers_fixup) and the runs behind tests/data/live.
Two tables exist side by side: *always* (`err_headers_out`) goes out with every response, *onsuccess* (`headers_out`, the default) only
with those httpd does not make itself as an error or redirect. A browser sees always-lines first.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tlslint.model.struct import Struct
from tlslint.parsers.apache import expression
from tlslint.parsers.apache.expression import Variables

ACTIONS = ("set", "setifempty", "add", "append", "merge", "unset", "echo", "edit", "edit*", "note")
_WITH_REPLACEMENT = ("edit", "edit*")
_WITHOUT_VALUE = ("unset", "echo")
MOST = 5
"""Arguments of an `edit` with a condition; no `Header` has more."""


class Command(Struct):
    """One accepted `Header` line. `condition` is "" or the last word: `env=…`, `expr=…`; `early` is apart."""

    table: str
    action: str
    name: str
    value: str = ""
    replacement: str = ""
    condition: str = ""
    early: bool = False


class RefusedError(ValueError):
    """httpd refuses the line. `word` is the index of the argument that makes it do so."""

    def __init__(self, message: str, word: int) -> None:
        super().__init__(message)
        self.word = word


def read(words: Sequence[str]) -> Command:
    """The meaning of the arguments of one `Header` directive, as header_cmd takes them. Raises `RefusedError`."""
    return _read(tuple(words))


@lru_cache(maxsize=256)
def _read(words: tuple[str, ...]) -> Command:
    rest = list(words)
    first = 0
    table = "onsuccess"
    if rest and rest[0].lower() in ("always", "onsuccess"):
        table = rest.pop(0).lower()
        first = 1
    if len(rest) > MOST:
        raise RefusedError("Header has too many arguments", first + MOST)
    action = rest[0].lower() if rest else ""
    if action not in ACTIONS:
        raise RefusedError(
            "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'", first
        )
    values = rest[2:]
    wanted = 2 if action in _WITH_REPLACEMENT else 0 if action in _WITHOUT_VALUE else 1
    if len(values) > wanted + 1:
        one_more = f"Header {action} takes two arguments" if wanted == 0 and len(values) == 2 else "Too many arguments to directive"
        raise RefusedError(one_more, first + 2 + wanted + 1)
    if len(values) < wanted:
        message = "Header requires three arguments" if wanted == 1 else "Header edit requires a match and a substitution"
        raise RefusedError(message, len(words) - 1)
    condition, early = "", False
    if len(values) > wanted:
        condition, at = values[wanted], first + 2 + wanted
        lower = condition.lower()
        if lower == "early":
            condition, early = "", True
        elif lower in ("env=", "env=!"):
            raise RefusedError("missing environment variable name. envclause should be in the form env=envar", at)
        elif lower.startswith("expr="):
            try:
                expression.parse(condition[5:])
            except expression.BadExpressionError as error:
                raise RefusedError(f"Can't parse envclause/expression: {error}", at) from None
        elif not lower.startswith("env="):
            raise RefusedError(f"Unknown parameter: {condition}", at)
    value = values[0] if wanted else ""
    if wanted == 1:
        _check_format(value, first + 2)
    name = rest[1].partition(":")[0] if len(rest) > 1 else ""
    return Command(table, action, name, value, values[1] if wanted == 2 else "", condition, early)


_ESCAPE = r"%(?:(?P<literal>%|$)|(?:\{(?P<argument>[^}]*)\})?(?P<format>[Dtlibes]))"
"""What may follow a `%`, which stands for itself at the end."""


def _check_format(value: str, word: int) -> None:
    """`%` escapes are compiled when the line is read (parse_format_string); `expr=` values are expressions instead."""
    if value.startswith("expr="):
        if re.search(r"%\{[^}]*$", value):
            raise RefusedError("Can't parse value expression: Unterminated string or variable", word)
        return
    if "%" not in value:
        return
    bad = re.search(r"%(?:\{[^}]*\}?)?(.?)", re.sub(_ESCAPE, "", value))
    if bad is not None:
        raise RefusedError(f"Unrecognized header format %{bad[1]}", word)


class Sent(Struct):
    """A header line as it goes out; `text` None: what it says cannot be told. `by`: what had a part in it."""

    text: str | None
    by: tuple[object, ...] = ()


_MEMBER = r'(?:[^,"]|"[^"]*"?)+'
"""Of a list: no comma outside quotes; blanks before it do not count, those behind it do."""


class Table:
    """The lines of one header in one table, in order. `more`: a program may have put lines of its own there."""

    __slots__ = ("lines", "more")

    def __init__(self, received: Iterable[Sent] = (), *, more: bool = False) -> None:
        self.lines: list[Sent] = list(received)
        self.more = more


class Tables(Struct):
    """Both tables of one response."""

    always: Table
    onsuccess: Table


def apply(
    commands: Iterable[tuple[Command, object]], name: str, tables: Tables, variables: Variables, *, error: bool, early: bool = False
) -> bool:
    """Run the commands that concern header `name`, in order, on both tables; each comes with what stands for it in `Sent.by`.

    `error`: the response takes httpd's error path, where only the *always* table goes out (ap_headers_error_filter runs that one alone).
    `early`: run those marked so, and only those. Returns False where a condition or outcome cannot be decided.
    """
    decided = True
    wanted = name.lower()
    for word, table in (("always", tables.always), ("onsuccess", tables.onsuccess)):
        if error and word == "onsuccess":
            continue
        for command, by in commands:
            if command.table != word or command.early is not early or command.name.lower() != wanted:
                continue
            holds = condition_holds(command.condition, variables)
            if holds is None:
                decided = False
            elif holds:
                decided = _act(command, by, table, variables) and decided
    return decided


def condition_holds(condition: str, variables: Variables) -> bool | None:
    """`env=NAME` (set at all), `env=!NAME`, `expr=…`; an absent condition always holds."""
    if not condition:
        return True
    kind, _, text = condition.partition("=")
    if kind.lower() == "expr":
        return expression.parse(text).decide(variables)
    wanted = not text.startswith("!")
    value = variables("ENV:" + text.removeprefix("!"))
    return None if value is None else (value != "") == wanted


def _act(command: Command, by: object, table: Table, variables: Variables) -> bool:
    """Change one table; False where the outcome cannot be told."""
    lines = table.lines
    if command.action in ("unset", "echo", "note"):
        if command.action == "unset":
            lines.clear()
            table.more = False
        return True
    if command.action in _WITH_REPLACEMENT:
        return _edit(command, by, lines)
    sent = Sent(value_of(command.value, variables), (by,))
    if command.action == "set":
        lines[:] = [sent]
        table.more = False
    elif command.action == "add":
        lines.append(sent)
    elif table.more:  # what is there already is the program's affair
        return False
    elif not lines:  # append and merge on an empty table set the value
        lines.append(sent)
    elif command.action != "setifempty":
        # apr_table_mergen joins with ", " onto the first line of that name; merge leaves it when the value is in the list already
        text, first = sent.text, lines[0]
        if text is None or first.text is None:
            lines[0] = Sent(None, (*first.by, by))
        elif command.action == "append" or text not in (member.lstrip() for member in re.findall(_MEMBER, first.text)):
            lines[0] = Sent(f"{first.text}, {text}", (*first.by, by))
    return sent.text is not None


def value_of(template: str, variables: Variables) -> str | None:
    """A value with its escapes filled in; None where one cannot be known."""
    if template.startswith("expr="):
        return expression.expand(template[5:], variables)
    if "%" not in template:
        return _plain(template)
    parts: list[str] = []
    position = 0
    for found in re.finditer(_ESCAPE, template):
        parts.append(_plain(template[position : found.start()]))
        position = found.end()
        if found["literal"] is not None:
            parts.append("%")
        elif found["format"] not in "es":
            return None  # time and load of the moment
        else:
            known = variables(("ENV:" if found["format"] == "e" else "SSL:") + (found["argument"] or ""))
            if known is None:
                return None
            parts.append(known or "(null)")  # header_request_env_var: an absent variable prints as (null)
    return "".join(parts) + _plain(template[position:])


_SPELT = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


def _plain(text: str) -> str:
    """What stands between the escapes, where a backslash has a meaning before four characters (parse_misc_string)."""
    return re.sub(r"\\([rnt\\])", lambda found: _SPELT[found[1]], text) if "\\" in text else text


def _edit(command: Command, by: object, lines: list[Sent]) -> bool:
    pattern = expression.compiled_pattern(command.value, False)
    decided = True
    for index, (text, origin) in enumerate(lines):
        changed = None if text is None or pattern is None else _edited(pattern, command, text)
        lines[index] = Sent(changed, origin if changed is not None and changed == text else (*origin, by))
        decided = decided and changed is not None
    return decided


MAX_EDITS = 100
"""Matches replaced by one `edit*`; httpd has no limit, and none where a pattern matches nothing at all."""


def _edited(pattern: re.Pattern[str], command: Command, text: str) -> str | None:
    """The first match replaced; by `edit*` then each in what is left, as if nothing had been before it (process_regexp). None: no end."""
    done = ""
    for _ in range(MAX_EDITS):
        found = pattern.search(text)
        if found is None:
            return done + text
        done += text[: found.start()] + expression.filled(command.replacement, found)
        text = text[found.end() :]
        if command.action == "edit":
            return done + text
    return None
