"""mod_rewrite: what a list of rules does to one request.

Source: modules/mappers/mod_rewrite.c of 2.4 (apply_rewrite_list, apply_rewrite_cond, do_expand, reduce_uri) and live runs.
Only what can be decided from files is decided: maps, look-aheads, file tests and unknown variables give an unknown outcome.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType

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
    """`target`: the URL of a redirect without its query, or the new path; `status` of a redirect or answer; `end`: no more rules."""

    kind: Kind
    target: str = ""
    query: str = ""
    status: int = 0
    end: bool = False
    environment: tuple[tuple[str, str | None], ...] = ()
    """What [E] sets; "" unset again, None unknown."""
    at: object = None
    """`at` of the rule that made it."""
    is_escaped: bool = True
    """Is the URL of a redirect to be escaped? [NE] says no."""


NO_FLAGS: Mapping[str, str] = MappingProxyType({})


class RefusedError(ValueError):
    """httpd refuses the line; `word` is the index of the argument."""

    def __init__(self, message: str, word: int) -> None:
        super().__init__(message)
        self.word = word


_LONG = {
    "redirect": "R", "last": "L", "forbidden": "F", "gone": "G", "proxy": "P", "passthrough": "PT", "nocase": "NC", "noescape": "NE",
    "qsappend": "QSA", "qsdiscard": "QSD", "qslast": "QSL", "skip": "S", "chain": "C", "next": "N", "env": "E", "cookie": "CO",
    "type": "T", "handler": "H", "nosubreq": "NS", "backrefescaping": "B", "bnp": "BNP", "backrefernoplus": "BNP", "bne": "BNE",
    "bctls": "BCTLS", "end": "END", "unc": "UNC", "unsafeallow3f": "UNSAFEALLOW3F", "unsafeprefixstat": "UNSAFEPREFIXSTAT",
}  # fmt: skip
_SHORT = frozenset(_LONG.values())
_STATUS = {"permanent": "301", "temp": "302", "seeother": "303"}
_SENT = frozenset(range(100, 512)) - {
    *range(104, 200), *range(209, 226), *range(227, 300), 306, *range(309, 400), *range(418, 421), 425, 427, 430, *range(432, 451),
    *range(452, 500), 509,
}  # fmt: skip
"""Status codes that httpd has a line for (http_protocol.c, status_lines; each seen taken by 2.4.71, and no other)."""


def _flags(text: str, word: int) -> list[tuple[str, str]]:
    """`[R=301,L]` as pairs of key and value. Raises `RefusedError` as cmd_parseflagfield does."""
    if not (text.startswith("[") and text.endswith("]")) or len(text) < 2:
        raise RefusedError("bad flag delimiters", word)
    pairs = [part.strip().partition("=")[::2] for part in text[1:-1].split(",")]
    if not all(key for key, _ in pairs):
        raise RefusedError("unknown flag ''", word)
    return pairs


def flags_of(text: str, word: int) -> dict[str, str]:
    """The flags of a rule by upper-case short name, several [E] joined by commas. Raises `RefusedError` as cmd_rewriterule_setflag does."""
    flags: dict[str, str] = {}
    for key, value in _flags(text, word):
        name = _LONG.get(key.lower(), key.upper())
        if name not in _SHORT and not name.startswith("D"):  # [DPI], and whatever else begins so
            raise RefusedError(f"unknown flag '{key}'", word)
        if name == "BNE" and not value:
            raise RefusedError("flag 'BNE' wants a list of characters (i.e. [BNE=...])", word)
        if name == "R":
            code = re.match(r"[0-9]{1,9}", _STATUS.get(value.lower(), value))
            if code is not None and int(code[0]) not in _SENT:
                raise RefusedError(f"invalid HTTP response code '{value}' for flag 'R'", word)
            flags[name] = "" if code is None else code[0]  # any other word is passed over
        else:
            flags[name] = f"{flags[name]},{value}" if name == "E" and name in flags else value
    return flags


def condition_of(words: Sequence[str]) -> Condition:
    """The arguments of `RewriteCond`. Raises `RefusedError`."""
    if len(words) < 2:
        raise RefusedError("bad argument line", len(words) - 1)
    no_case = or_next = False
    for key, _ in _flags(words[2], 2) if len(words) > 2 else ():
        if key.lower() in ("nc", "nocase"):
            no_case = True
        elif key.lower() in ("or", "ornext"):
            or_next = True
        elif key.lower() not in ("nv", "novary"):
            raise RefusedError(f"unknown flag '{key}'", 2)
    return Condition(words[0], words[1], no_case, or_next)


def rule_of(words: Sequence[str], conditions: Sequence[Condition]) -> Rule:
    """The arguments of `RewriteRule` and the conditions before it. Raises `RefusedError`."""
    if len(words) < 2:
        raise RefusedError("bad argument line", max(len(words) - 1, 0))
    return Rule(words[0], words[1], flags_of(words[2], 2) if len(words) > 2 else {}, tuple(conditions))


class _State:
    """The request while the list works on it."""

    def __init__(self, path: str, query: str, request: Variables) -> None:
        self.path = path
        self.query = query
        self.changed = False
        self.environment: dict[str, str | None] = {}
        self.groups: tuple[str, ...] = ()
        self.condition_groups: tuple[str, ...] | None = ()
        """What `%1` stands for; None: a condition that cannot be decided may have set it."""
        self.status = 0
        """Of the redirect that the path, a URL by now, is; `at`: the rule that made it one, `is_escaped`: without [NE]."""
        self.at: object = None
        self.is_escaped = True
        self._request = request

    def variable(self, name: str) -> str | None:
        """What rules have set, else what the request has."""
        kind, _, rest = name.partition(":")
        if kind == "ENV" and rest.lower() in self.environment:
            return self.environment[rest.lower()]
        return self._request(name)

    def set(self, flag: str) -> None:
        """[E=NAME:value], once or more; `!` takes a variable away (do_expand_env)."""
        for part in flag.split(","):
            name, _, value = part.partition(":")
            try:
                self.environment[name.lower().removeprefix("!")] = "" if name.startswith("!") else _expanded(value, self)
            except _UnknownError:
                self.environment[name.lower()] = None


class _UnknownError(Exception):
    """The outcome hangs on something that files do not tell."""


class Server(Struct):
    """What rules are asked for: `host` as the visitor wrote it, `scheme`, the names and ports that are surely the server's own."""

    host: str
    scheme: str
    own: frozenset[tuple[str, int]] = frozenset()


def run(
    rules: Sequence[Rule], path: str, query: str, variables: Variables, server: Server, *, prefix: str | None = None, is_part: bool = False
) -> Outcome:
    """Apply `rules` to the URL path `path`; with `prefix` (a directory or location, ending in `/`) as per-directory rules do.

    `variables` answers `HTTPS`, `HTTP_HOST`, `ENV:x`, `HTTP:x` … ("" where a variable is empty for this request, None unknown).
    `is_part`: the request is one that httpd makes itself, to see what a folder's index is: no rule redirects it by [R].
    """
    state = _State(path, query, variables)
    try:
        return _run([rule for rule in rules if rule.flags.keys().isdisjoint(("R", "NS"))] if is_part else rules, state, server, prefix)
    except _UnknownError:
        return Outcome(Kind.UNKNOWN)


def _run(rules: Sequence[Rule], state: _State, server: Server, prefix: str | None) -> Outcome:
    index = rounds = 0
    while index < len(rules):
        rule = rules[index]
        index += 1
        if not _matches(rule, state, prefix):
            while index <= len(rules) and "C" in rules[index - 1].flags:  # the rest of a chain is skipped with its head
                index += 1
            continue
        flags = rule.flags
        if "E" in flags:
            state.set(flags["E"])
        if "F" in flags or "G" in flags:
            return Outcome(Kind.STATUS, status=403 if "F" in flags else 410)
        status = int(flags.get("R") or 302)
        if not 300 <= status <= 399:
            return Outcome(Kind.STATUS, status=status)
        if rule.substitution != "-":
            state.changed = True
            _substitute(rule, state, server, prefix)
            state.status, state.at, state.is_escaped = status, rule.at, "NE" not in flags
        if "P" in flags:
            return Outcome(Kind.PROXY, state.path, state.query, environment=tuple(state.environment.items()))
        if "N" in flags:
            rounds += 1
            if rounds > MAX_ROUNDS:
                return Outcome(Kind.STATUS, status=500)
            index = 0
            continue
        if "S" in flags:
            index += max(0, expression.integer(flags["S"]))
        if "L" in flags or "END" in flags or "PT" in flags:
            return _ended(state, end="END" in flags)
    return _ended(state, end=False)


def _ended(state: _State, *, end: bool) -> Outcome:
    environment = tuple(state.environment.items())
    if not state.changed:
        return Outcome(Kind.UNTOUCHED, end=end, environment=environment)
    if not _is_url(state.path):
        return Outcome(Kind.LOCAL, state.path, state.query, end=end, environment=environment)
    return Outcome(Kind.REDIRECT, state.path, state.query, state.status, end, environment, state.at, state.is_escaped)


def _is_url(text: str) -> bool:
    return (
        re.match(r"(?:https?|ftp|ldaps?|wss?|balancer|gopher|nntp|news|mailto|ajp|fcgi|scgi|h2c?|unix|ws):", text, re.IGNORECASE)
        is not None
    )


def _matches(rule: Rule, state: _State, prefix: str | None) -> bool:
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
    return _conditions_hold(rule.conditions, state)


def _conditions_hold(conditions: Sequence[Condition], state: _State) -> bool:
    """Do all hold? One that surely fails decides whatever else hangs on the request. Raises `_UnknownError` where nothing decides.

    After [OR] the first that holds carries its group; an [OR] behind the last one makes the rule act in any case (apply_rewrite_rule
    leaves its loop; seen on httpd 2.4.71).
    """
    undecided = False
    carried: bool | None = False
    """Does one of the or-group so far hold?"""
    for condition in conditions:
        if carried:  # the rest of this or-group is skipped
            carried = condition.or_next
            continue
        try:
            holds: bool | None = _condition_holds(condition, state)
        except _UnknownError:
            holds = state.condition_groups = None
        if carried is None:  # one before it in its or-group may hold as well, and what `%1` is then nobody knows
            holds, state.condition_groups = holds or None, None
        if condition.or_next:
            carried = holds
            continue
        if holds is False:
            return False
        undecided = undecided or holds is None
        carried = False
    if undecided:
        raise _UnknownError
    return True


def _condition_holds(condition: Condition, state: _State) -> bool:
    if condition.test.lower() == "expr":
        decided = expression.parse(condition.pattern).decide(state.variable)
        if decided is None:
            raise _UnknownError
        return decided
    subject = _expanded(condition.test, state)
    pattern = condition.pattern
    negated = pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    if pattern in ("-f", "-d", "-s", "-F", "-U", "-l", "-L", "-h", "-H", "-x"):
        there = state.variable(f"FILE:{pattern}:{subject}")
        if there is None:
            raise _UnknownError
        return (there == "true") != negated
    if pattern[:1] in "<>=" and len(pattern) > 1:
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
    """`=`, `<`, `>` and so on: of two texts the shorter one is the lesser (compare_lexicography), but not with [NC] (strcasecmp)."""
    operator = pattern[:2] if pattern[:2] in ("<=", ">=") else pattern[0]
    other = pattern[len(operator) :]
    if operator == "=" and other == '""':
        other = ""
    one, two = (0, subject.lower()), (0, other.lower())
    if not no_case:
        one, two = (len(subject), subject), (len(other), other)
    return {"<": one < two, ">": one > two, "=": one == two, "<=": one <= two, ">=": one >= two}[operator]


def _substitute(rule: Rule, state: _State, server: Server, prefix: str | None) -> None:
    flags = rule.flags
    new = _expanded(rule.substitution, state, flags)
    old_query = "" if "QSD" in flags else state.query
    if re.match(_WITHOUT_QUERY, new, re.IGNORECASE):
        old_query = ""
    elif "?" in new:
        at = new.rindex("?") if "QSL" in flags else new.index("?")
        new, query = new[:at], new[at + 1 :]
        old_query = "&".join(part for part in (query, old_query) if part) if "QSA" in flags else query
    state.query = old_query
    if prefix is not None and not new.startswith("/") and not _is_url(new):
        new = prefix + new
    if "R" in flags and not _is_url(new):
        new = f"{server.scheme}://{server.host}{'' if new.startswith('/') else '/'}{new}"
    elif "R" not in flags and "P" not in flags:
        new = _reduced(new, server)
    state.path = new


_WITHOUT_QUERY = "(?:ftp|gopher|news|nntp|unix):"
"""URLs that have none (splitout_queryargs, is_absolute_uri)."""


def _reduced(url: str, server: Server) -> str:
    """A URL of this very server is a path again (reduce_uri), if its scheme is the request's, and its port stands in ServerName."""
    found = re.match(r"(https?)://([^/:]*)(?::([0-9]{1,9}))?(/.*)?$", url, re.IGNORECASE)
    if not found or found[1].lower() != server.scheme:
        return url
    port = int(found[3] or (443 if server.scheme == "https" else 80))
    return (found[4] or "/") if (found[2].lower(), port) in server.own else url


_REFERENCE = r"\\(.)|\$(\d)|%(\d)|%\{([^}]*)\}|\$\{([^}]*)\}"


def _expanded(template: str, state: _State, flags: Mapping[str, str] = NO_FLAGS) -> str:
    """Fill `$1`, `%1`, `%{NAME}`; `${map:key}` cannot be known."""

    def fill(found: re.Match[str]) -> str:
        if found[1] is not None:
            return str(found[1])
        if found[2] is not None:
            return _escaped(_group(state.groups, int(found[2])), flags)
        if found[3] is not None:
            if state.condition_groups is None:
                raise _UnknownError
            return _escaped(_group(state.condition_groups, int(found[3])), flags)
        if found[5] is not None:
            raise _UnknownError
        value = state.variable(expression.normal_name(found[4]))
        if value is None:
            raise _UnknownError
        return value

    return re.sub(_REFERENCE, fill, template)


def _group(groups: tuple[str, ...], index: int) -> str:
    return groups[index] if index < len(groups) else ""


def _escaped(text: str, flags: Mapping[str, str]) -> str:
    """What [B] makes of a group (escape_backref); which characters its kin leave out or add is not followed."""
    if flags.keys().isdisjoint(("B", "BNE", "BCTLS")) or not text:
        return text
    if flags.get("B") or "BNE" in flags or "BCTLS" in flags:
        raise _UnknownError
    blank = "%20" if "BNP" in flags else "+"
    return re.sub(r"[^A-Za-z0-9_]", lambda found: blank if found[0] == " " else f"%{ord(found[0]):02x}", text)
