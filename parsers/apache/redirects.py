"""Lines that were meant to send visitors to HTTPS and never do: why.

Source: modules/mappers/mod_rewrite.c (hook_fixup's per-directory subject, config_server_merge), mod_proxy.c (translate names first) of
httpd 2.4, and live runs. Only what holds for every request is told.
"""

import re
from collections.abc import Iterator

from tlslint.model import Label, Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.apache import expression, rewrite
from tlslint.parsers.apache.tree import Directive, Node, Section
from tlslint.parsers.carried import readable

RULE = "weak-redirect"
_POSSIBLE = {"HTTPS": ("on", "off"), "REQUEST_SCHEME": ("http", "https")}
"""Every value a variable ever has (mod_rewrite.c, lookup_variable)."""
_FOLDERS = frozenset({".htaccess", "directory", "directorymatch", "files", "filesmatch"})
_SECTIONS = ("location", "locationmatch", "directory", "directorymatch", "files", "filesmatch", "if", "elseif", "else")


def facts(top: Section) -> Iterator[Problem]:
    """What stands in a server, a virtual host or an .htaccess and never acts."""
    if "rewriterule" in top.mentions:
        yield from _rules(top)
    for node in top.named(*_SECTIONS):
        if isinstance(node, Section):
            yield from facts(node)


def _rules(section: Section) -> Iterator[Problem]:
    conditions: list[Node] = []
    for node in section.named("rewritecond", "rewriterule"):
        if not isinstance(node, Directive) or node.unknown or node.condition or len(node.words) < 2:
            conditions = []
        elif node.lower == "rewritecond":
            conditions.append(node)
        else:
            if re.match(r"https:", node.words[1].text, re.IGNORECASE):
                yield from _rule(section, node, conditions)
            conditions = []


def _rule(section: Section, node: Node, conditions: list[Node]) -> Iterator[Problem]:
    pattern = node.words[0]
    if section.lower in _FOLDERS and pattern.text.startswith("^/") and not re.match(r"\^/[?*{]", pattern.text):
        start = pattern.span.data.find(b"^/")
        edits: tuple[Edit, ...] = ()
        if start >= 0:
            at = pattern.span.start + start
            edits = (Edit(Span(pattern.span.file, at, at + 2), b"^/?"),)
        message = f"{readable(pattern.text)} never matches here, so nobody is redirected: in a folder paths begin without a slash"
        remedy = Rewrite(edits, "write ^/? at its beginning", unsafe="visitors are redirected then") if edits else None
        yield Problem(RULE, message, pattern.span, "never matches", remedy=remedy)
    for condition in _needed(conditions):
        problem = _never(condition, node)
        if problem is not None:
            yield problem


def _needed(conditions: list[Node]) -> Iterator[Node]:
    """Conditions that must hold by themselves: not part of an or-group."""
    in_group = False
    for node in conditions:
        flags = node.words[2].text.lower() if len(node.words) > 2 else ""
        joins = re.search(r"[\[,]\s*or(?:next)?\s*[\],]", flags) is not None
        if not joins and not in_group:
            yield node
        in_group = joins


def _never(node: Node, rule: Node) -> Problem | None:
    """A test of a variable against what it never is: `%{HTTPS} OFF`."""
    found = re.fullmatch(r"%\{(\w+)\}", node.words[0].text)
    name = found[1].upper() if found else ""
    if name not in _POSSIBLE:
        return None
    try:
        condition = rewrite.condition_of(node.texts)
    except rewrite.RefusedError:
        return None
    if any(_holds(condition, value) is not False for value in _POSSIBLE[name]):
        return None
    values = " or ".join(_POSSIBLE[name])
    message = f"this condition never holds, so nobody is redirected: {name} is {values}, in these letters"
    word = node.words[1]
    close = next((value for value in _POSSIBLE[name] if value.upper() in word.text.upper()), None)
    remedy = None
    if close is not None:
        at = word.text.upper().index(close.upper())
        raw = word.span.data.decode("latin-1").upper().find(close.upper())
        if raw >= 0 and len(word.span.data) - len(word.text) in (0, 2):
            start = word.span.start + raw
            edit = Edit(Span(word.span.file, start, start + len(close)), close.encode())
            remedy = Rewrite((edit,), f"write {word.text[:at]}{close}{word.text[at + len(close) :]}", unsafe="visitors are redirected then")
    return Problem(RULE, message, node.span, "never true", (Label(rule.span, "what it keeps from acting"),), remedy)


def _holds(condition: rewrite.Condition, value: str) -> bool | None:
    pattern, negated = condition.pattern.removeprefix("!"), condition.pattern.startswith("!")
    if pattern[:1] in "<>" or pattern.startswith("-") or "%" in pattern or "$" in pattern[:-1]:
        return None
    if pattern.startswith("="):
        other = "" if pattern == '=""' else pattern[1:]
        same = value.lower() == other.lower() if condition.no_case else value == other
        return same != negated
    matched = expression.matches(pattern, value, ignore_case=condition.no_case)
    return None if matched is None else matched != negated
