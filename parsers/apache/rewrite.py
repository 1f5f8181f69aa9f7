"""mod_rewrite: what a list of rules does to one request.

Source: modules/mappers/mod_rewrite.c of 2.4 (apply_rewrite_list, apply_rewrite_cond, do_expand, reduce_uri) and live runs.
Only what can be decided from files is decided: maps, look-aheads, file tests and unknown variables give an unknown outcome.
"""

import re
from collections.abc import Sequence
from enum import Enum

from tlslint.model.struct import Struct
from tlslint.parsers.apache import expression
from tlslint.parsers.apache.expression import Variables

MAX_ROUNDS = 32
"""[N] restarts the list; httpd's own limit is 32,000 (2.4.8+), a loop is a loop long before."""


class Condition(Struct):
    """A `RewriteCond`: test string, pattern, flags."""

    test: str
    pattern: str
    no_case: bool = False
    or_next: bool = False


class Rule(Struct):
    """A `RewriteRule` with the conditions before it. `flags` by upper-case short name: `R` → `301`, `L` → ``."""

    pattern: str
    substitution: str
    flags: dict[str, str]
    conditions: tuple[Condition, ...] = ()
    at: object = None
    """What stands for the rule where it is written; handed on in the outcome."""


class Kind(Enum):
    """How a list of rules ended."""

    UNTOUCHED = "untouched"
    LOCAL = "local"
    """Rewritten to another path of this server."""
    REDIRECT = "redirect"
    STATUS = "status"
    """Answered with a status: [F], [G], [R=404]."""
    PROXY = "proxy"
    UNKNOWN = "unknown"


class Outcome(Struct):
    """`target`: the URL of a redirect or the new path; `status` of a redirect or answer; `end`: no further rounds ([END])."""

    kind: Kind
    target: str = ""
    query: str = ""
    status: int = 0
    end: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    at: object = None
    """`at` of the rule that made it."""
    is_escaped: bool = True
    """Is the URL of a redirect to be escaped? [NE] says no."""


class RefusedError(ValueError):
    """httpd refuses the line; `word` is the index of the argument."""

    def __init__(self, message: str, word: int) -> None:
        super().__init__(message)
        self.word = word


_LONG = {
    "redirect": "R", "last": "L", "forbidden": "F", "gone": "G", "proxy": "P", "passthrough": "PT", "nocase": "NC", "noescape": "NE",
    "qsappend": "QSA", "qsdiscard": "QSD", "qslast": "QSL", "skip": "S", "chain": "C", "next": "N", "env": "E", "cookie": "CO",
    "type": "T", "handler": "H", "nosubreq": "NS", "b": "B", "bnp": "BNP", "backrefnoplus": "BNP", "bne": "BNE", "dpi": "DPI",
    "discardpath": "DPI", "end": "END", "unsafeallow3f": "UNSAFEALLOW3F", "unsafeprefixstat": "UNSAFEPREFIXSTAT", "bctls": "BCTLS",
}  # fmt: skip
_SHORT = frozenset(_LONG.values())
_STATUS = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410, "forbidden": 403}


def flags_of(text: str, word: int) -> dict[str, str]:
    """`[R=301,L]` as flags. Raises `RefusedError` as cmd_parseflagfield and cmd_rewriterule_setflag do."""
    if not (text.startswith("[") and text.endswith("]")) or len(text) < 2:
        raise RefusedError("bad flag delimiters", word)
    flags: dict[str, str] = {}
    for part in text[1:-1].split(","):
        key, _, value = part.strip().partition("=")
        if not key:
            continue
        name = _LONG.get(key.lower(), key.upper())
        if name not in _SHORT:
            raise RefusedError(f"unknown flag '{key}'", word)
        if name == "R" and value:
            code = _STATUS.get(value.lower()) or (int(value) if value.isdigit() else 0)
            if not 100 <= code <= 599:
                raise RefusedError("invalid HTTP response code for flag 'R'", word)
            value = str(code)
        flags[name] = value
    return flags


def condition_of(words: Sequence[str]) -> Condition:
    """The arguments of `RewriteCond`. Raises `RefusedError`."""
    if len(words) < 2:
        raise RefusedError("bad argument line", len(words) - 1)
    no_case = or_next = False
    if len(words) > 2:
        if not (words[2].startswith("[") and words[2].endswith("]")):
            raise RefusedError("bad flag delimiters", 2)
        for flag in words[2][1:-1].split(","):
            key = flag.strip().lower()
            if key in ("nc", "nocase"):
                no_case = True
            elif key in ("or", "ornext"):
                or_next = True
            elif key not in ("nv", "novary", ""):
                raise RefusedError(f"unknown flag '{flag.strip()}'", 2)
    return Condition(words[0], words[1], no_case, or_next)


def rule_of(words: Sequence[str], conditions: Sequence[Condition]) -> Rule:
    """The arguments of `RewriteRule` and the conditions before it. Raises `RefusedError`."""
    if len(words) < 2:
        raise RefusedError("bad argument line", max(len(words) - 1, 0))
    return Rule(words[0], words[1], flags_of(words[2], 2) if len(words) > 2 else {}, tuple(conditions))


class _State:
    """The request while the list works on it."""

    def __init__(self, path: str, query: str) -> None:
        self.path = path
        self.query = query
        self.changed = False
        self.environment: list[tuple[str, str]] = []
        self.groups: tuple[str, ...] = ()
        self.condition_groups: tuple[str, ...] = ()


class _UnknownError(Exception):
    """The outcome hangs on something that files do not tell."""


def run(
    rules: Sequence[Rule], path: str, query: str, variables: Variables, *, host: str, scheme: str, prefix: str | None = None
) -> Outcome:
    """Apply `rules` to the URL path `path`; with `prefix` (a directory or location, ending in `/`) as per-directory rules do.

    `variables` answers `HTTPS`, `HTTP_HOST`, `ENV:x`, `HTTP:x` … ("" where a variable is empty for this request, None unknown).
    """
    state = _State(path, query)
    try:
        return _run(rules, state, variables, host, scheme, prefix)
    except _UnknownError:
        return Outcome(Kind.UNKNOWN)


def _run(rules: Sequence[Rule], state: _State, variables: Variables, host: str, scheme: str, prefix: str | None) -> Outcome:  # noqa: C901
    index = rounds = 0
    while index < len(rules):
        rule = rules[index]
        index += 1
        if not _matches(rule, state, variables, prefix):
            while index <= len(rules) and "C" in rules[index - 1].flags:  # the rest of a chain is skipped with its head
                index += 1
            continue
        flags = rule.flags
        if "E" in flags:
            name, _, value = flags["E"].partition(":")
            state.environment.append((name, value))
        if "F" in flags or "G" in flags:
            return Outcome(Kind.STATUS, status=403 if "F" in flags else 410)
        if flags.get("R", "").isdigit() and not 300 <= int(flags["R"]) <= 399:
            return Outcome(Kind.STATUS, status=int(flags["R"]))
        if rule.substitution != "-":
            state.changed = True
            _substitute(rule, state, variables, host, scheme, prefix)
        if "P" in flags:
            return Outcome(Kind.PROXY, state.path, state.query, environment=tuple(state.environment))
        absolute = _is_url(state.path)
        if absolute and "R" not in flags and rule.substitution != "-" and ("L" in flags or "END" in flags or index >= len(rules)):
            return _ended(state, 302, flags)._replace(at=rule.at)
        if "R" in flags and rule.substitution != "-":
            state_status = int(flags["R"] or 302)
            if "L" in flags or "END" in flags or index >= len(rules):
                return _ended(state, state_status, flags)._replace(at=rule.at)
            outcome = _run(rules[index:], state, variables, host, scheme, prefix)  # R without L goes on with the URL as path
            return outcome._replace(status=state_status, at=rule.at) if outcome.kind is Kind.REDIRECT else outcome
        if "N" in flags:
            rounds += 1
            if rounds > MAX_ROUNDS:
                return Outcome(Kind.STATUS, status=500)
            index = 0
            continue
        if "S" in flags:
            index += int(flags["S"]) if flags["S"].isdigit() else 0
        if "L" in flags or "END" in flags or "PT" in flags:
            return _ended(state, 302, flags)
    return _ended(state, 302, {})


def _ended(state: _State, status: int, flags: dict[str, str]) -> Outcome:
    environment = tuple(state.environment)
    if _is_url(state.path):
        location = state.path + (f"?{state.query}" if state.query else "")
        return Outcome(Kind.REDIRECT, location, state.query, status, environment=environment, is_escaped="NE" not in flags)
    if not state.changed:
        return Outcome(Kind.UNTOUCHED, end="END" in flags, environment=environment)
    return Outcome(Kind.LOCAL, state.path, state.query, end="END" in flags, environment=environment)


def _is_url(text: str) -> bool:
    return (
        re.match(r"(?:https?|ftp|ldaps?|wss?|balancer|gopher|nntp|news|mailto|ajp|fcgi|scgi|h2c?|unix|ws):", text, re.IGNORECASE)
        is not None
    )


def _matches(rule: Rule, state: _State, variables: Variables, prefix: str | None) -> bool:
    pattern, negated = rule.pattern.removeprefix("!"), rule.pattern.startswith("!")
    compiled = expression.compiled_pattern(pattern, "NC" in rule.flags)
    if compiled is None:
        raise _UnknownError
    subject = state.path
    if prefix is not None and not _is_url(subject):
        subject = subject.removeprefix(prefix)
    found = compiled.search(subject)
    if (found is None) != negated:
        return False
    state.groups = () if found is None else (found[0], *(group or "" for group in found.groups()))
    state.condition_groups = ()
    return _conditions_hold(rule.conditions, state, variables)


def _conditions_hold(conditions: Sequence[Condition], state: _State, variables: Variables) -> bool:
    index = 0
    while index < len(conditions):
        condition = conditions[index]
        holds = _condition_holds(condition, state, variables)
        if condition.or_next:
            if holds:  # the rest of this or-group is skipped
                while index < len(conditions) and conditions[index].or_next:
                    index += 1
                index += 1
                continue
            if index + 1 == len(conditions):
                return False
        elif not holds:
            return False
        index += 1
    return True


def _condition_holds(condition: Condition, state: _State, variables: Variables) -> bool:
    if condition.test.lower() == "expr":
        decided = expression.parse(condition.pattern).decide(variables)
        if decided is None:
            raise _UnknownError
        return decided
    subject = _expanded(condition.test, state, variables)
    pattern = condition.pattern
    negated = pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    if pattern in ("-f", "-d", "-s", "-F", "-U", "-l", "-L", "-h", "-H", "-x"):
        there = variables(f"FILE:{pattern}:{subject}")
        if there is None:
            raise _UnknownError
        return (there == "true") != negated
    if pattern[:1] in "<>=" and pattern:
        return _lexically(pattern, subject, no_case=condition.no_case) != negated
    integer = re.fullmatch(r"-(eq|ne|lt|le|gt|ge)(.*)", pattern)
    if integer:
        decided_integer = expression.integer_holds("-" + integer[1], subject, integer[2])
        return decided_integer != negated
    compiled = expression.compiled_pattern(pattern, condition.no_case)
    if compiled is None:
        raise _UnknownError
    found = compiled.search(subject)
    if found is not None and not negated:
        state.condition_groups = (found[0], *(group or "" for group in found.groups()))
    return (found is not None) != negated


def _lexically(pattern: str, subject: str, *, no_case: bool) -> bool:
    operator = pattern[:2] if pattern[:2] in ("<=", ">=") else pattern[0]
    other = pattern[len(operator) :]
    if operator == "=" and other == '""':
        other = ""
    if no_case:
        subject, other = subject.lower(), other.lower()
    return {"<": subject < other, ">": subject > other, "=": subject == other, "<=": subject <= other, ">=": subject >= other}[operator]


def _substitute(rule: Rule, state: _State, variables: Variables, host: str, scheme: str, prefix: str | None) -> None:
    new = _expanded(rule.substitution, state, variables)
    old_query = state.query
    if "?" in new and not new.startswith("unix:"):
        new, _, query = new.partition("?")
        state.query = (
            query + (f"&{old_query}" if "QSA" in rule.flags and old_query else "") if query or "QSA" not in rule.flags else old_query
        )
    elif "QSD" in rule.flags:
        state.query = ""
    if prefix is not None and not new.startswith("/") and not _is_url(new):
        new = prefix + new
    if "R" in rule.flags and not _is_url(new):
        new = f"{scheme}://{host}{'' if new.startswith('/') else '/'}{new}"
    elif "R" not in rule.flags and "P" not in rule.flags:
        new = _reduced(new, host, scheme)
    state.path = new


def _reduced(url: str, host: str, scheme: str) -> str:
    """A URL of this very server is a path again (reduce_uri); scheme, host and port must all be its own."""
    found = re.match(r"(https?)://([^/:]*)(?::(\d+))?(/.*)?$", url, re.IGNORECASE)
    if not found or found[1].lower() != scheme:
        return url
    own_host, _, own_port = host.partition(":")
    default = "443" if scheme == "https" else "80"
    if found[2].lower() == own_host.lower() and (found[3] or default) == (own_port or default):
        return found[4] or "/"
    return url


_REFERENCE = r"\\(.)|\$(\d)|%(\d)|%\{([^}]*)\}|\$\{([^}]*)\}"


def _expanded(template: str, state: _State, variables: Variables) -> str:
    """Fill `$1`, `%1`, `%{NAME}`; `${map:key}` cannot be known."""

    def fill(found: re.Match[str]) -> str:
        if found[1] is not None:
            return str(found[1])
        if found[2] is not None:
            return _group(state.groups, int(found[2]))
        if found[3] is not None:
            return _group(state.condition_groups, int(found[3]))
        if found[5] is not None:
            raise _UnknownError
        value = variables(expression.normal_name(found[4]))
        if value is None:
            raise _UnknownError
        return value

    return re.sub(_REFERENCE, fill, template)


def _group(groups: tuple[str, ...], index: int) -> str:
    return groups[index] if index < len(groups) else ""
