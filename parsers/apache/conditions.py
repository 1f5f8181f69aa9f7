"""Sections that are read or skipped: `<IfModule>` and its like. True, False, or why nobody can tell.

Source: server/core.c and modules/metadata/mod_version.c of httpd 2.4.
"""

import re
from collections.abc import Callable, Iterator

from tlslint.model import Problem
from tlslint.parsers.apache import directives, expression
from tlslint.parsers.apache.state import State
from tlslint.parsers.apache.syntax import Word, words
from tlslint.parsers.apache.tree import IS_LOADED, IS_MISSING, Section
from tlslint.parsers.carried import readable


def _if_module(state: State, section: Section) -> bool | str:
    """`<IfModule>`: by source file (`mod_ssl.c`) or identifier (`ssl_module`), exact case, among what is loaded so far."""
    word, negated = _negatable(section)
    if word is None:
        return _no_argument(state, section)
    known = _module_named(state, word.text)
    if isinstance(known, str):
        return known.replace(IS_LOADED, IS_MISSING) if negated else known
    return known != negated


_TLS = "ssl_module"
"""Taken as loaded where the lines that load modules were not seen: a text that speaks of it is that of a server with TLS."""


def _module_named(state: State, name: str) -> bool | str:
    identifier = name if name in state.modules else directives.identifier_of(name)
    if identifier in state.modules:
        return True
    state.counts_on_modules = True
    if state.knows_all_modules or directives.module_meant(name) is not None:  # a name no module ever has
        return False
    if identifier == _TLS:
        return True
    return f"whether {readable(name)} {IS_LOADED}"


def _if_define(state: State, section: Section) -> bool | str:
    """`<IfDefine>`: `-D` names and Define'd ones, exact case."""
    word, negated = _negatable(section)
    if word is None:
        return _no_argument(state, section)
    if word.text in state.defines:
        return not negated
    if not state.environment.flags_known or not state.complete:
        return f"whether httpd is started with -D {word.spoken} is not known"
    return negated


def _if_version(state: State, section: Section) -> bool | str:
    """`<IfVersion>`: modules/metadata/mod_version.c, start_ifversion."""
    found = section.words
    if not found:
        return _no_argument(state, section)
    operator = found[0].text
    negated = operator.startswith("!") and len(operator) > 1
    operator = operator.removeprefix("!") if negated else operator
    wanted = found[1].text if len(found) > 1 else None
    if wanted is None:
        operator, wanted = "=", operator
    if state.version is None:
        return "the version of httpd is not known"
    matched = _compare_version(state, operator, wanted, section)
    return matched if isinstance(matched, str) else matched != negated


def _compare_version(state: State, operator: str, wanted: str, section: Section) -> bool | str:
    version = state.version or (2, 4, 0)
    if operator == "~" or (operator in ("=", "==") and wanted.startswith("/")):
        pattern = wanted[1:-1] if wanted.startswith("/") and wanted.endswith("/") and len(wanted) > 1 else wanted
        matched = expression.matches(pattern, ".".join(map(str, version)))
        return "the version pattern cannot be read" if matched is None else matched
    parts = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", wanted)
    if parts is None or operator not in ("=", "==", ">", ">=", "<", "<="):
        what = "is not a version (major.minor.patch)" if parts is None else "is not a comparison"
        word = section.words[-1] if parts is None else section.words[0]
        state.stop("refused", f"{word.spoken} {what}, so httpd does not start", word.span, "")
        return False
    other = tuple(int(part or 0) for part in parts.groups())
    order = (version > other) - (version < other)
    return {"=": order == 0, "==": order == 0, ">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]


def _if_file(state: State, section: Section) -> bool | str:
    """`<IfFile>`: a stat of any kind, relative to ServerRoot."""
    word, negated = _negatable(section)
    if word is None:
        return _no_argument(state, section)
    kind = state.files.kind(state.path(word.text))
    if kind in ("outside", "unreadable") or not state.complete:
        return f"whether {word.spoken} exists is not known"
    return (kind != "missing") != negated


def _if_directive(state: State, section: Section) -> bool | str:
    """`<IfDirective>`: does a loaded module implement it?"""
    return _implements(state, section, "")


def _if_section(state: State, section: Section) -> bool | str:
    """`<IfSection>`: likewise for containers."""
    return _implements(state, section, "<")


def _implements(state: State, section: Section, bracket: str) -> bool | str:
    word, negated = _negatable(section)
    if word is None:
        return _no_argument(state, section)
    module = directives.module_of(bracket + word.text.removeprefix("<").removesuffix(">"))
    if module is None and _has_foreign_modules(state):
        return f"whether some module implements {word.spoken} is not known"
    if module is None:
        return negated
    known = _module_named(state, module)
    return known if isinstance(known, str) else known != negated


def _no_argument(state: State, section: Section) -> bool:
    state.stop("refused", f"<{section.name}> needs an argument, so httpd does not start", section.name_span, section.condition)
    return False


def _has_foreign_modules(state: State) -> bool:
    state.counts_on_modules = True
    return not state.knows_all_modules or any(not directives.is_stock(module) for module in state.modules)


def _negatable(section: Section) -> tuple[Word | None, bool]:
    """`!x`, `! x`, `!"x"`; a quoted `"!x"` names a module called `!x` (core.c reads the `!` before the word)."""
    text = section.line.text
    end = text.rfind(">")
    position = section.args_at
    negated = text[position : position + 1] == "!"
    found = words(section.line, position + 1 if negated else position, end)
    return (found[0] if found else None), negated


DECIDE: dict[str, Callable[[State, Section], bool | str]] = {
    "ifmodule": _if_module,
    "ifdefine": _if_define,
    "ifversion": _if_version,
    "iffile": _if_file,
    "ifdirective": _if_directive,
    "ifsection": _if_section,
}
"""By the name of the section."""

_RELIED_ON = r"(?i)SSL\w|MDRequireHttps|Header\s.*Strict-Transport-Security|Redirect\w*\s.*https:|RewriteRule\s.*https:"
"""What is missed when it is not read: TLS settings, HSTS, redirects to HTTPS. A guarded `Listen 443` is not."""


def missed(state: State, section: Section, contents: list[str]) -> Iterator[Problem]:
    """Say so when a section that is never read holds what somebody relies on, or names its module in a way that never matches."""
    if section.lower != "ifmodule":
        return
    word, negated = _negatable(section)
    if word is None or negated:
        return
    meant = directives.module_meant(word.text)
    if meant is not None:
        reason = f"<IfModule> knows this module as {meant}, never as {word.spoken}"
    elif any(re.match(_RELIED_ON, line) for line in contents):
        reason = f"{word.spoken} is not loaded at this point{_how_to_load(state, word.text)}"
    else:
        return
    yield Problem("dead-section", f"nothing in this <{section.name}> is read: {reason}", word.span, "never true here")


def _how_to_load(state: State, name: str) -> str:
    """Debian's way, where it is Debian's tree."""
    identifier = directives.identifier_of(name)
    there = state.files.kind(state.path(f"mods-available/{identifier.removesuffix('_module')}.load")) == "file"
    return f" (a2enmod {identifier.removesuffix('_module')})" if there or state.server_root == "/etc/apache2" else ""
