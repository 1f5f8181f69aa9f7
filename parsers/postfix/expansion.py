"""`$name` and `${…}` in values, as src/util/mac_parse.c and src/util/mac_expand.c do it.

    $name  ${name}  $(name)      the value; nothing where there is none
    ${name?text}  ${name:text}   text if the value is not empty; text if it is empty or missing
    ${name?{text}:{text}}        since Postfix 3.0; white space may stand around names, operators and braces
    ${{a} == {b} ? {x} : {y}}    since 3.0; with the suffix `level` (`<=level`) since 3.6: compatibility levels

Text is Latin-1 decoded bytes. The grammar of what stands inside `${…}` is built with pyparsing at first use; plain `$name` needs none.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tlslint.model.struct import Struct

if TYPE_CHECKING:
    import pyparsing as pp

MAX_DEPTH = 100
"""`unreasonable macro call nesting` (src/util/mac_expand.c)."""

MAX_LENGTH = 1 << 20
"""Expanded text beyond this is refused; Postfix would take it until memory ends."""

MAX_STEPS = 100_000
"""References followed for one value."""

WHITE = " \t\r\n\v\f"
_REFERENCE = re.compile(r"\$(?:\$|([({])|([A-Za-z0-9_]+)|)")
_BRACES = re.compile(r"[{}]")
_LEVEL = r"(\d+)(?:\.(\d+)(?:\.(\d+))?)?"


class ExpansionError(ValueError):
    """Text that no Postfix program can expand; the message is for people. `postfix start` refuses a configuration with such a value."""


Lookup = Callable[[str], str | None]
"""The value of a name before expansion; None where there is none."""


class Test(Struct):
    """The inside of `${…}`: a name or a comparison, and the texts that stand for true and false (None: not given)."""

    name: str
    left: str
    operator: str
    right: str
    if_true: str | None
    if_false: str | None


def expand(text: str, lookup: Lookup, *, levels: bool = True) -> str:
    """Expand `text`. `levels`: does this release know `<level` and its like (3.6)?

    Raises `ExpansionError`, and whatever `lookup` raises.
    """
    if "$" not in text:
        return text
    return "".join(_Expansion(lookup, levels).text(text, 0))


def references(text: str) -> set[str]:
    """Every name that `text` may ask for, in either branch of its conditions. Never raises."""
    found: set[str] = set()
    pending = [text]
    budget = 1_000_000  # characters: what is nested is looked through once a level
    while pending and budget > 0:
        piece = pending.pop()
        budget -= len(piece) + 100
        try:
            parts = _parts(piece)
        except ExpansionError:
            continue
        for part in parts:
            if not isinstance(part, str):
                inside = part[0]
                try:
                    test = _inside(inside)
                except ExpansionError:
                    continue
                if test.name:
                    found.add(test.name)
                pending += [each for each in (test.left, test.right, test.if_true, test.if_false) if each and "$" in each]
    return found


class _Expansion:
    """One value being expanded; `steps` bounds the work that settings which multiply each other can cause."""

    def __init__(self, lookup: Lookup, levels: bool) -> None:
        self.lookup = lookup
        self.levels = levels
        self.steps = 0

    def text(self, text: str, depth: int) -> list[str]:
        if depth > MAX_DEPTH:
            raise ExpansionError("refers to itself, directly or through another setting")
        result: list[str] = []
        size = 0
        for part in _parts(text):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise ExpansionError("asks for too many other settings")
            pieces = [part] if isinstance(part, str) else self.value(_inside(part[0]), depth)
            size += sum(map(len, pieces))
            if size > MAX_LENGTH:
                raise ExpansionError("expands to more than a megabyte")
            result += pieces
        return result

    def value(self, test: Test, depth: int) -> list[str]:
        if test.name:
            value = self.lookup(test.name)
        else:
            left = "".join(self.text(test.left, depth + 1))
            right = "".join(self.text(test.right, depth + 1))
            value = "true" if _holds(left, test.operator, right, self.levels) else ""
        if test.if_true is None and test.if_false is None:
            return self.text(value, depth + 1) if value and test.name else [value or ""]
        chosen = test.if_true if value else test.if_false
        return self.text(chosen, depth + 1) if chosen else []


def _holds(left: str, operator: str, right: str, levels: bool) -> bool:
    relation = operator.rstrip("lev")
    if operator.endswith("level"):
        if not levels:
            raise ExpansionError(f"{operator!r} compares compatibility levels, which Postfix knows since 3.6")
        difference = compatibility_level(left) - compatibility_level(right)
    elif _all_digits(left) and _all_digits(right):
        difference = min(int(left[:30]), _LONG_MAX) - min(int(right[:30]), _LONG_MAX)
        if max(len(left), len(right)) > 30 or max(int(left), int(right)) > _LONG_MAX:
            raise ExpansionError("compares a number that is too large")
    else:
        difference = (left > right) - (left < right)
    return {
        "==": difference == 0,
        "!=": difference != 0,
        "<": difference < 0,
        "<=": difference <= 0,
        ">=": difference >= 0,
        ">": difference > 0,
    }[relation]


_LONG_MAX = 2**63 - 1


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def compatibility_level(text: str) -> int:
    """A compatibility level as one number to compare by (src/global/compat_level.c). Raises `ExpansionError`."""
    match = re.fullmatch(_LEVEL, text.lstrip(WHITE))  # strtol() skips what stands before, nothing skips what follows
    if match is None or any(len(part or "0") > 9 for part in match.groups()):
        raise ExpansionError(f"{text[:40]!r} is not a compatibility level such as 3.6")
    major, minor, patch = (int(part or 0) for part in match.groups())
    if minor > 0x3FF or patch > 0x3FF or major > 0x7FF:
        raise ExpansionError(f"{text[:40]!r} is not a compatibility level: a part is too large")
    return (major << 20) + (minor << 10) + patch


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[Any, ...]:
    """Literal text (str) and the insides of references (one-tuples), in order (src/util/mac_parse.c)."""
    parts: list[Any] = []
    position = 0
    while True:
        match = _REFERENCE.search(text, position)
        if match is None:
            if position < len(text):
                parts.append(text[position:])
            return tuple(parts)
        if match.start() > position:
            parts.append(text[position : match.start()])
        opening, name = match.groups()
        position = match.end()
        if name:
            parts.append((name,))
        elif opening:
            end = _balanced(text, position, opening)
            if end is None:
                raise ExpansionError(f"'${opening}' is never closed")
            if end == position:
                raise ExpansionError(f"'${opening}{')' if opening == '(' else '}'}' names nothing")
            parts.append((text[position:end],))
            position = end + 1
        elif match.group() == "$$":
            parts.append("$")
        else:
            raise ExpansionError("'$' names nothing here; write $$ for a dollar sign")


_BRACKETS = {"(": re.compile(r"[()]"), "{": _BRACES}


def _balanced(text: str, start: int, opening: str) -> int | None:
    """Where the bracket opened before `start` is closed; only brackets of its own kind count."""
    level = 1
    for match in _BRACKETS[opening].finditer(text, start):
        level += 1 if match.group() == opening else -1
        if level == 0:
            return match.start()
    return None


_PLAIN = re.compile(r"[ \t\r\n\v\f]*([A-Za-z0-9_]*)[ \t\r\n\v\f]*")


@lru_cache(maxsize=4096)
def _inside(text: str) -> Test:
    """Parse what stands between the brackets. Raises `ExpansionError`."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return Test(plain.group(1) or " ", "", "", "", None, None)
    import pyparsing as pp  # noqa: PLC0415 (30 ms that most configurations never need)

    try:
        parsed = _grammar().parse_string(text, parse_all=True)
    except pp.ParseBaseException:
        raise ExpansionError(f"'${{{text[:60]}}}' is no expression Postfix understands") from None
    test: Test = parsed[0]
    return test


@cache
def _grammar() -> "pp.ParserElement":
    """The grammar of mac_expand_callback(): first alternative that fits, random text reaching to the end, as in Postfix 2."""
    import pyparsing as pp  # noqa: PLC0415

    class Braced(pp.Token):
        """`{…}` with balanced braces, and the white space after it; gives the text between."""

        def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, Any]:  # noqa: N802, ARG002
            if instring[loc : loc + 1] != "{":
                raise pp.ParseException(instring, loc, "expected {")
            end = _balanced(instring, loc + 1, "{")
            if end is None:
                raise pp.ParseException(instring, loc, "unbalanced {}")
            after = end + 1
            while after < len(instring) and instring[after] in WHITE:
                after += 1
            return after, instring[loc + 1 : end]

        def _generateDefaultName(self) -> str:  # noqa: N802
            return "{…}"

    white = pp.Regex(r"[ \t\r\n\v\f]*").leave_whitespace().suppress()
    braced = Braced().leave_whitespace()
    name = pp.Regex(r"[A-Za-z0-9_]*(?=[ \t\r\n\v\f]*[?:])").leave_whitespace()
    operator = pp.Regex(r"(==|!=|<=|>=|<|>)(?![<>!=?+\-*/~&|%])(level(?![A-Za-z0-9]))?(?![A-Za-z0-9])").leave_whitespace()
    rest = pp.Regex(r"(?s).*").leave_whitespace()
    open_brace = pp.FollowedBy(pp.Regex(r"[ \t\r\n\v\f]*\{").leave_whitespace())
    operand = (open_brace + white + braced) | (~open_brace + rest)
    colon = pp.Regex(":").leave_whitespace().suppress()
    question = pp.Regex(r"\?").leave_whitespace().suppress()
    end = pp.StringEnd().leave_whitespace()
    if_true = question + ((open_brace + white + braced("yes") + pp.Opt(colon + operand("no"))) | (~open_brace + rest("yes")))
    if_false = colon + operand("no")
    relation = white + braced("left") + operator("operator") + white + braced("right")
    chosen = if_true | if_false
    named = white + name("name") + white + chosen
    grammar: pp.ParserElement = (open_brace + relation + pp.Opt(chosen) + end) | (~open_brace + named + end)
    return grammar.set_parse_action(_test)


def _test(found: Any) -> Test:  # noqa: ANN401 (pyparsing results)
    def text(key: str) -> str | None:
        value = found.get(key)
        return None if value is None else value if isinstance(value, str) else "".join(value)

    name = "" if "operator" in found else text("name") or " "
    return Test(name, text("left") or "", text("operator") or "", text("right") or "", text("yes"), text("no"))
