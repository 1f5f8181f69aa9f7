"""Apache expressions (`<If>`, `expr=`, `RewriteCond expr`), evaluated for one kind of request.

Grammar and semantics: httpd's manual page "Expressions in Apache HTTP Server" (expr.html) and server/util_expr_eval.c.
Three-valued: a variable nobody can know from files makes the expression unknown unless the rest decides it.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeAlias

from tlslint.model.struct import Struct

if TYPE_CHECKING:
    from pyparsing import ParserElement

Variables: TypeAlias = Callable[[str], str | None]
"""The value of `HTTPS`, `env:NAME`, `http:NAME` … (upper case before the colon); None: not to be known from files."""


class BadExpressionError(ValueError):
    """httpd would refuse the expression. `offset` is where in the text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Expression(Struct):
    """A parsed condition."""

    tree: object

    def decide(self, variables: Variables) -> bool | None:
        """True or false for this kind of request; None where it cannot be told."""
        return _condition(self.tree, variables)


def parse(text: str) -> Expression:
    """Parse a condition. Raises `BadExpressionError`."""
    found = _parsed(text)
    if isinstance(found, BadExpressionError):
        raise found.with_traceback(None)
    return found


_DEEPEST = 100
"""Parentheses in parentheses; the grammar descends for each."""


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Expression | BadExpressionError:
    from pyparsing import ParseException  # noqa: PLC0415

    if text.count("(") > _DEEPEST:
        return BadExpressionError("too many parentheses", 0)
    try:
        return Expression(_grammar().parse_string(text, parse_all=True)[0])
    except ParseException as error:
        return BadExpressionError(f"syntax error in expression near {text[error.loc : error.loc + 20]!r}", error.loc)


def expand(template: str, variables: Variables) -> str | None:
    """Fill `%{NAME}` in a string value (`expr=max-age=%{SERVER_PORT}`); None where a name cannot be known."""
    parts: list[str] = []
    for literal, name in re.findall(_PARTS, template):
        known = variables(normal_name(name)) if name else literal
        if known is None:
            return None
        parts.append(known)
    return "".join(parts)


_PARTS = r"([^%]+|%(?!\{))|%\{([^}]*)\}"


def normal_name(name: str) -> str:
    """Variables and function names are case-insensitive; their arguments are kept (util_expr_eval.c, ap_expr_var_list)."""
    head, colon, rest = name.partition(":")
    return head.upper() + colon + rest


@cache
def _grammar() -> "ParserElement":
    from pyparsing import Forward, Group, Keyword, OpAssoc, Regex, Suppress, ZeroOrMore, infix_notation, one_of  # noqa: PLC0415

    variable = Regex(r"%\{(?P<name>[^}]*)\}").set_parse_action(lambda t: ("variable", normal_name(t["name"])))
    quoted = Regex(r"\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^'\\]|\\.)*)'").set_parse_action(
        lambda t: ("string", re.sub(r"\\(.)", r"\1", t["double"] if t["double"] is not None else t["single"]))
    )
    number = Regex(r"-?\d+").set_parse_action(lambda t: ("string", t[0]))
    backreference = Regex(r"\$\d").set_parse_action(lambda t: ("unknown", t[0]))
    word = Forward()
    called = Regex(r"[A-Za-z_]\w*(?=\s*\()") + Suppress("(") + word + Suppress(")")
    function = called.set_parse_action(lambda t: ("function", t[0].lower(), t[1]))
    single = variable | quoted | number | backreference | function
    word <<= (single + ZeroOrMore(Suppress(".") + single)).set_parse_action(lambda t: t[0] if len(t) == 1 else ("join", *t))
    pattern = Regex(r"/(?P<slash>(?:[^/\\]|\\.)*)/(?P<flags>[ismg]*)|m(?P<mark>[#|,;!~])(?P<other>.*?)(?P=mark)(?P<more>[ismg]*)")
    regex = pattern.set_parse_action(lambda t: (t["slash"] if t["slash"] is not None else t["other"], t["flags"] or t["more"] or ""))
    comparison = one_of("== != <= >= < > = -eq -ne -lt -le -gt -ge -strmatch -strcmatch -fnmatch -ipmatch")
    bare_integer = Regex(r"(eq|ne|lt|le|gt|ge)\b").set_parse_action(lambda t: "-" + t[0])
    compare = (word + (comparison | bare_integer) + word).set_parse_action(lambda t: ("compare", t[1], t[0], t[2]))
    match = (word + one_of("=~ !~") + regex).set_parse_action(lambda t: ("match", t[1], t[0], t[2]))
    members = Group(word + ZeroOrMore(Suppress(",") + word))
    within = (word + Suppress(Keyword("in") | Keyword("-in")) + Suppress("{") + members + Suppress("}")).set_parse_action(
        lambda t: ("in", t[0], *t[1])
    )
    unary = (Regex(r"-[nzdefsFLUTRA](?=\s|%|\"|')") + word).set_parse_action(lambda t: ("unary", t[0], t[1]))
    constant = (Keyword("true") | Keyword("false")).set_parse_action(lambda t: ("constant", t[0] == "true"))
    atom = constant | unary | match | within | compare
    grammar: ParserElement = infix_notation(  # type: ignore[no-untyped-call]
        atom,
        [
            ("!", 1, OpAssoc.RIGHT, lambda t: ("not", t[0][1])),
            ("&&", 2, OpAssoc.LEFT, lambda t: ("and", *t[0][::2])),
            ("||", 2, OpAssoc.LEFT, lambda t: ("or", *t[0][::2])),
        ],
    )
    return grammar


def _condition(tree: object, variables: Variables) -> bool | None:
    match tree:
        case ("constant", bool(value)):
            return value
        case ("not", inner):
            known = _condition(inner, variables)
            return None if known is None else not known
        case ("and", *parts):
            return _all([_condition(part, variables) for part in parts])
        case ("or", *parts):
            some = _all([None if known is None else not known for known in (_condition(part, variables) for part in parts)])
            return None if some is None else not some
        case ("compare", str(operator), left, right):
            return _compare(operator, _text(left, variables), _text(right, variables))
        case ("match", str(operator), subject, (str(pattern), str(flags))):
            return _match(_text(subject, variables), pattern, flags, positive=operator == "=~")
        case ("in", subject, *members):
            return _member(_text(subject, variables), [_text(member, variables) for member in members])
        case ("unary", str(operator), operand):
            return _unary(operator, _text(operand, variables))
    return None


def _all(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _text(tree: object, variables: Variables) -> str | None:
    match tree:
        case ("string", str(text)):
            return expand(text, variables)
        case ("variable", str(name)):
            return variables(name)
        case ("join", *parts):
            texts = [_text(part, variables) for part in parts]
            return None if None in texts else "".join(text for text in texts if text is not None)
        case ("function", ("tolower" | "toupper") as name, argument):
            known = _text(argument, variables)
            return None if known is None else known.lower() if name == "tolower" else known.upper()
        case ("function", ("env" | "reqenv" | "req" | "http" | "osenv" | "note") as name, ("string", str(argument))):
            return variables(normal_name(f"{name}:{argument}"))
    return None


_INTEGERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_STRINGS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _compare(operator: str, left: str | None, right: str | None) -> bool | None:
    if left is None or right is None:
        return None
    if operator in _STRINGS:
        return _STRINGS[operator](left, right)
    if operator in _INTEGERS:
        return integer_holds(operator, left, right)
    return None


def integer_holds(operator: str, left: str, right: str) -> bool:
    """Compare two texts as numbers: `-eq`, `-lt` …"""
    return _INTEGERS[operator](integer(left), integer(right))


def integer(text: str) -> int:
    """As strtol reads it: leading digits count, anything else is 0. More than 18 digits are no number anybody means."""
    found = re.match(r"\s*[-+]?[0-9]{1,18}", text)
    return int(found[0]) if found else 0


def _match(subject: str | None, pattern: str, flags: str, *, positive: bool) -> bool | None:
    if subject is None:
        return None
    found = matches(pattern, subject, ignore_case="i" in flags)
    return None if found is None else found == positive


def matches(pattern: str, subject: str, *, ignore_case: bool = False) -> bool | None:
    """Does a PCRE pattern match? None where Python's `re` does not read it the same way."""
    compiled = compiled_pattern(pattern, ignore_case)
    return None if compiled is None else compiled.search(subject) is not None


@cache
def compiled_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str] | None:
    """A PCRE pattern as Python's; None where only PCRE reads it, or where matching it might take for ever.

    Patterns come from strangers' files: repeats inside repeats, or many of them, could keep a backtracking matcher busy for years.
    """
    if (
        "[[:" in pattern
        or "(?R" in pattern
        or "\\K" in pattern
        or re.search(_NESTED_REPEAT, pattern)
        or len(re.findall(_REPEAT, pattern)) > 8
    ):
        return None
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError, ValueError):  # the last for a count of 5,000 digits
        return None


def filled(replacement: str, found: re.Match[str]) -> str:
    """`$0` to `$9` of a replacement filled in; a backslash takes the meaning of what follows (server/util.c, regsub_core)."""
    return re.sub(
        r"\\(.)|\$(\d)", lambda part: part[1] or (found[int(part[2])] if int(part[2]) <= found.re.groups else "") or "", replacement
    )


_REPEAT = r"(?<!\\)(?:[*+]|\{\d*,\d*\})"
_NESTED_REPEAT = r"(?<!\\)[*+}][^()]*\)+(?:[*+]|\{\d*,)|\)[*+]\)[*+]"


def _member(subject: str | None, members: list[str | None]) -> bool | None:
    if subject is None:
        return None
    if subject in members:
        return True
    return None if None in members else False


def _unary(operator: str, operand: str | None) -> bool | None:
    if operand is None:
        return None
    if operator == "-n":
        return operand != ""
    if operator == "-z":
        return operand == ""
    if operator == "-T":  # util_expr_eval.c, ap_expr_eval_cond: empty, "0", "off", "false", "no" are false
        return operand.lower() not in ("", "0", "off", "false", "no")
    return None
