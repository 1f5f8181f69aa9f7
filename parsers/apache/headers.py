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
    if len(rest) < 2:
        raise RefusedError("Header requires two arguments", len(words) - 1)
    action, name = rest[0].lower(), rest[1].removesuffix(":")
    if action not in ACTIONS:
        raise RefusedError(
            "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'", first
        )
    values = rest[2:]
    wanted = 2 if action in _WITH_REPLACEMENT else 0 if action in _WITHOUT_VALUE else 1
    if len(values) > wanted + 1:
        raise RefusedError(
            "Too many arguments to directive" if len(words) <= 5 else "Header has too many arguments", first + 2 + wanted + 1
        )
    if len(values) < wanted:
        raise RefusedError(
            "Header requires three arguments" if wanted == 1 else "Header edit requires a match and a substitution", first + 1
        )
    condition, early = "", False
    if len(values) > wanted:
        condition = values[wanted]
        lower = condition.lower()
        if lower == "early":
            condition, early = "", True
        elif not lower.startswith(("env=", "expr=")):
            raise RefusedError(f"Unknown parameter: {condition}", first + 2 + wanted)
        if lower.startswith("expr="):
            try:
                expression.parse(condition[5:])
            except expression.BadExpressionError as error:
                raise RefusedError(f"Can't parse expr expression: {error}", first + 2 + wanted) from None
    value = values[0] if wanted else ""
    if wanted == 1 and action != "unset":
        _check_format(value, first + 2)
    return Command(table, action, name, value, values[1] if wanted == 2 else "", condition, early)


_FORMAT = r"%(?:%|[tDlib]|\{[^}]*\}[es]|$)|%"


def _check_format(value: str, word: int) -> None:
    """`%` escapes are compiled when the line is read (parse_format_string); `expr=` values are expressions instead."""
    if value.startswith("expr=") or "%" not in value:
        return
    for escape in re.findall(_FORMAT, value):
        if escape == "%" and not value.endswith("%"):
            raise RefusedError(f"unrecognized header format {value[value.index('%') : value.index('%') + 2]}", word)


class Sent(Struct):
    """A header line as it goes out; `text` None: what it says cannot be told. `by`: what had a part in it."""

    text: str | None
    by: tuple[object, ...] = ()


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
    for word, table in (("always", tables.always), ("onsuccess", tables.onsuccess)):
        if error and word == "onsuccess":
            continue
        for command, by in commands:
            if command.table != word or command.early is not early or command.name.lower() != name.lower():
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
        if command.action == "merge" and text is not None and first.text is not None:
            members = [member.strip() for member in first.text.split(",")]
            if text.strip() in members:
                return True
        joined = None if text is None or first.text is None else f"{first.text}, {text}"
        lines[0] = Sent(joined, (*first.by, by))
    return sent.text is not None


def value_of(template: str, variables: Variables) -> str | None:
    """A value with its escapes filled in; None where one cannot be known."""
    if template.startswith("expr="):
        return expression.expand(template[5:], variables)
    if "%" not in template:
        return template
    parts: list[str] = []
    position = 0
    for found in re.finditer(r"%(?:(%)|([tDlib])|\{([^}]*)\}([es])|$)", template):
        parts.append(template[position : found.start()])
        position = found.end()
        if found[1]:
            parts.append("%")
        elif found[2]:
            return None  # time and load of the moment
        elif found[3] is not None:
            known = variables(("ENV:" if found[4] == "e" else "SSL:") + found[3])
            if known is None:
                return None
            parts.append(known or "(null)")  # header_request_env_var: an absent variable prints as (null)
    return "".join(parts) + template[position:]


def _edit(command: Command, by: object, lines: list[Sent]) -> bool:
    pattern = expression.compiled_pattern(command.value, False)
    decided = True
    for index, (text, origin) in enumerate(lines):
        if text is None or pattern is None:
            lines[index] = Sent(None, (*origin, by))
            decided = False
            continue
        try:
            changed = pattern.sub(lambda found: _filled(command.replacement, found), text, count=0 if command.action == "edit*" else 1)
        except RecursionError:
            lines[index] = Sent(None, (*origin, by))
            decided = False
        else:
            lines[index] = Sent(changed, origin if changed == text else (*origin, by))
    return decided


def _filled(replacement: str, found: re.Match[str]) -> str:
    """`$0` to `$9` and `&` of a replacement filled in (server/util.c, regsub_core); a backslash takes their meaning."""

    def part(piece: re.Match[str]) -> str:
        if piece[1] is not None:
            return str(piece[1])
        index = 0 if piece[0] == "&" else int(piece[2])
        return (found[index] or "") if index <= found.re.groups else ""

    return re.sub(r"\\([$&])|\$(\d)|&", part, replacement)
