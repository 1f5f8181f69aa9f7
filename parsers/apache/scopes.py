"""The walk phase: the tree's directives executed in order, each checked as httpd checks it, and sorted into scopes.

A scope is the main server or a `<VirtualHost>`. Sources: server/config.c (ap_walk_config, invoke_cmd), server/core.c (virtualhost_section,
dirsection …) of httpd 2.4. httpd stops at the first refusal; here all are told, since each must be mended.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any

from tlslint.model import How, Origin, Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.apache import defaults, directives, mends
from tlslint.parsers.apache.layout import FOLDERS
from tlslint.parsers.apache.pasted import explained
from tlslint.parsers.apache.read import Reading
from tlslint.parsers.apache.tree import Node, Section
from tlslint.parsers.carried import readable


class RefusedError(Exception):
    """httpd does not take a directive. `at` is the very word; None: the whole of its arguments."""

    def __init__(
        self, message: str, at: Span | None = None, label: str = "", *, rule: str = "refused", remedy: Rewrite | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.label = label
        self.rule = rule
        self.remedy = remedy


class Entry(Struct):
    """One accepted directive with what its handler read out of it. `order` counts directives in the order of the walk."""

    order: int
    node: Node
    value: Any
    unknown: str = ""
    """Why the value cannot be known (an environment variable), or whether the directive counts at all; "" where both are known."""

    @property
    def span(self) -> Span:
        """Its arguments."""
        return self.node.args_span


class Place(Enum):
    """Where a directive stands, as far as it matters for what is allowed there."""

    __hash__ = object.__hash__  # by identity, asked for at every line

    SERVER = "server"
    VHOST = "vhost"
    DIRECTORY = "directory"
    PROXY = "proxy"
    HTACCESS = ".htaccess"


class Scope:
    """The main server or a virtual host: what is written directly in it, by slot, and the sections inside it."""

    __slots__ = ("entries", "holes", "is_main", "order", "proxies", "refused", "section", "sections", "unseen")

    def __init__(self, section: Section, order: int, *, is_main: bool, unseen: str = "") -> None:
        self.section = section
        self.order = order
        self.is_main = is_main
        self.entries: dict[str, list[Entry]] = {}
        self.sections: list[Section] = []
        self.proxies: list[Scope] = []
        """`<Proxy>` sections, which may hold SSLProxy* settings of their own (2.4.30 and later)."""
        self.holes: list[tuple[int, str]] = []
        """Includes that could not be read: (order, reason). What stands there may set anything."""
        self.refused: set[str] = set()
        """Names of directives that were refused here: what they were to set is missing for that reason."""
        self.unseen = unseen
        """Why what is not written here is not known (the rest of a fragment); "" where everything was seen."""

    def given(self, condition: str) -> "Scope":
        """The same under a condition that is taken to hold: a virtual host in an undecided section is judged as if it were there."""
        if not condition:
            return self
        view = Scope(self.section, self.order, is_main=self.is_main, unseen=self.unseen)
        view.entries = {
            slot: [entry._replace(unknown="") if entry.unknown == condition else entry for entry in entries]
            for slot, entries in self.entries.items()
        }
        view.sections, view.proxies, view.holes, view.refused = self.sections, self.proxies, self.holes, self.refused
        return view

    def of(self, slot: str) -> list[Entry]:
        """All entries of a slot (a directive's name in lower case, `sslciphersuite tlsv1.3` …), in order."""
        return self.entries.get(slot, [])


class Pick(Struct):
    """What one scope, or the merge of two, has for a slot. `reason`: why that cannot be told; "" where it can."""

    value: Any = None
    entry: Entry | None = None
    reason: str = ""
    overridden: tuple[Entry, ...] = ()
    inherited: bool = False

    @property
    def is_set(self) -> bool:
        """Does a directive decide?"""
        return self.entry is not None

    def origins(self, default: str = "") -> tuple[Origin, ...]:
        """Where the value comes from: the deciding directive first, then those it overrides; `default` names a compiled-in one."""
        if self.entry is None:
            return by_default(default) if default else ()
        first = Origin(How.INHERITED if self.inherited else How.WRITTEN, self.entry.node.args_span)
        if not self.overridden:
            return (first,)
        return (first, *(Origin(How.OVERRIDDEN, entry.span, "overridden") for entry in self.overridden if entry.value != self.value))


@lru_cache(maxsize=256)
def by_default(note: str) -> tuple[Origin, ...]:
    """The origin of what is compiled in; nearly every server has many of them in common with the others."""
    return (Origin(How.DEFAULT, None, note),)


NOTHING = Pick()
"""What comes of a slot that nobody sets."""


def last(scope: Scope, slot: str) -> Pick:
    """The last entry of a slot counts (override-if-set within one scope); undecidable ones after it make the value unknown."""
    entries = scope.of(slot)
    if not entries and not scope.holes and not scope.unseen:
        return NOTHING
    if len(entries) == 1 and not entries[0].unknown and not scope.holes:  # nearly every setting
        return Pick(entries[0].value, entries[0])
    chosen: Entry | None = None
    doubts: list[Entry] = []
    for entry in reversed(entries):
        if not entry.unknown:
            chosen = entry
            break
        doubts.append(entry)
    since = chosen.order if chosen else -1
    reason = next((why for order, why in scope.holes if order > since), "")
    if not reason and any(chosen is None or doubt.value is None or doubt.value != chosen.value for doubt in doubts):
        reason = doubts[0].unknown
    if chosen is None:
        reason = reason or scope.unseen
        return Pick(None, doubts[0] if doubts else None, reason)
    return Pick(chosen.value, chosen, reason, tuple(entry for entry in entries if entry is not chosen))


def merged(main: Scope, vhost: Scope, slot: str) -> Pick:
    """Override-if-set from the main server to the vhost (cfgMergeBool and its kin in ssl_engine_config.c)."""
    if slot not in vhost.entries and slot not in main.entries and not (vhost.holes or main.holes or vhost.unseen or main.unseen):
        return NOTHING
    own = last(vhost, slot)
    if own.is_set or own.reason or vhost is main:
        if own.is_set and vhost is not main and slot in main.entries:
            return own._replace(overridden=own.overridden + tuple(main.of(slot)))
        return own
    above = last(main, slot)
    return above._replace(inherited=True) if above.is_set else above


class Walked(Struct):
    """What the walk gave. `refusals`: with the condition under which each counts ("" surely)."""

    main: Scope
    vhosts: tuple[Scope, ...]
    problems: tuple[Problem, ...]
    refusals: tuple[tuple[Problem, str], ...]
    doubts: tuple[str, ...] = ()
    """Why values that httpd checks at start are not known: it may not take them."""


Handler = Callable[[Node, Place], "tuple[str, Any] | None"]
"""Reads one directive: (slot, value), or None when it is of no interest. Raises `RefusedError`."""


class _Walk:
    def __init__(self, reading: Reading, handlers: dict[str, Handler], absent: dict[str, str], *, is_fragment: bool) -> None:
        self.reading = reading
        self.may_be_inside = is_fragment and _may_be_inside(reading.tree)
        """Perhaps some <Directory> or <Location> that was not seen includes the file."""
        self.handlers = handlers
        self.absent = absent
        self.problems: list[Problem] = []
        self.refusals: list[tuple[Problem, str]] = []
        self.doubts: list[str] = []
        self.order = 0
        self.vhosts: list[Scope] = []
        self.foreign = not reading.knows_all_modules or any(not directives.is_stock(module) for module in reading.modules)
        self.checked: dict[tuple[str, Place], tuple[directives.Known | None, str]] = {}

    def section(self, section: Section, scope: Scope, place: Place) -> None:
        for node in section.children:
            self.order += 1
            try:
                if isinstance(node, Section):
                    self.inner(node, scope, place)
                else:
                    self.directive(node, scope, place)
            except RefusedError as refused:
                scope.refused.add(node.lower)
                self.refuse(node, refused)

    def refuse(self, node: Node, refused: RefusedError) -> None:
        message = refused.message if not node.condition else f"if this line counts ({node.condition}): {refused.message}"
        at = node.args_span if refused.at is None else refused.at
        problem = explained(Problem(refused.rule, message, at, refused.label, remedy=refused.remedy))
        self.problems.append(problem)
        self.refusals.append((problem, node.condition))

    def directive(self, node: Node, scope: Scope, place: Place) -> None:
        name = node.lower
        if name == "include" and node.condition:  # a file the reader could not have
            scope.holes.append((self.order, node.condition))
            return
        known = self.checks(node, name, place)
        handler = self.handlers.get(name)
        if known is None and handler is None:
            return
        if known is not None and known.arity and not node.unknown:
            _check_arity(node, known.arity)
        if handler is None:
            return
        if node.unknown:
            if name.startswith("ssl") or name == "listen":
                self.doubts.append(node.unknown)
            slot = name
            if name in ("sslciphersuite", "sslproxyciphersuite") and len(node.words) > 1 and node.words[0].text == "TLSv1.3":
                slot += " tlsv1.3"
            entry = Entry(self.order, node, None, _beyond(scope, node) or node.unknown)
        else:
            read = handler(node, place)
            if read is None:
                return
            slot, value = read
            entry = Entry(self.order, node, value, _beyond(scope, node))
        if place not in (Place.DIRECTORY, Place.HTACCESS):
            scope.entries.setdefault(slot, []).append(entry)

    def inner(self, section: Section, scope: Scope, place: Place) -> None:
        name = section.lower
        known = self.checks(section, "<" + name, place)
        if name == "virtualhost":
            self.virtual_host(section, place)
            return
        if known is not None and not section.is_closed_by_bracket:
            raise RefusedError(f"<{section.name}> lacks its closing >, so httpd does not start", section.name_span)
        if known is not None and name in _NEED_ARGUMENTS and not section.words:
            raise RefusedError(f"<{section.name}> needs an argument, so httpd does not start", section.name_span)
        scope.sections.append(section)
        handler = self.handlers.get("<" + name)
        if handler is not None:
            read = handler(section, place)
            if read is not None:
                scope.entries.setdefault(read[0], []).append(Entry(self.order, section, read[1], _beyond(scope, section)))
        if known is None:  # of a module nothing is known about
            return
        within = place if place is Place.HTACCESS else _PLACES.get(name, place)
        if within is Place.PROXY and place is not Place.PROXY:
            inner = Scope(section, self.order, is_main=False)
            scope.proxies.append(inner)
            scope = inner
        self.section(section, scope, within)

    def virtual_host(self, section: Section, place: Place) -> None:
        if place is not Place.SERVER:
            inside = "virtual host" if place is Place.VHOST else "directory section"
            raise RefusedError(f"a <VirtualHost> cannot stand inside a {inside}, so httpd does not start", section.name_span)
        if not section.is_closed_by_bracket:
            raise RefusedError("<VirtualHost> lacks its closing >, so httpd does not start", section.name_span)
        if not section.words:
            raise RefusedError("<VirtualHost> needs an address, such as *:443, so httpd does not start", section.name_span)
        scope = Scope(section, self.order, is_main=False)
        self.vhosts.append(scope)
        self.section(section, scope, Place.VHOST)

    def checks(self, node: Node, name: str, place: Place) -> directives.Known | None:
        """Is the directive known, its module loaded, and this its place? None: nothing is known about it and httpd may take it."""
        key = (name, place)
        found = self.checked.get(key)
        if found is None:
            found = self.checked[key] = self.verdict(name, place)
        known, fault = found
        if fault == "unknown":
            raise _unknown(node, name)
        if fault:
            rule = "setting-not-in-version" if name in self.absent else "stapling-broken" if name == "sslstaplingcache" else "refused"
            remedy = mends.without_line(node) if name in self.absent and defaults.goes_without(name) else None
            if place is Place.VHOST and _is_of_the_server(name):
                remedy = self.moved_out(node)
            raise RefusedError(fault, node.name_span, rule=rule, remedy=remedy)
        return known

    def moved_out(self, node: Node) -> Rewrite | None:
        """A line of the whole server that stands in a virtual host: above it, or nowhere where the server has its own already."""
        if any(each.lower == node.lower for each in self.reading.tree.children):
            return mends.without_line(node)
        if any(node.lower in each.refused for each in self.vhosts):
            return None  # the one before is moved first
        section = node.parent
        while section is not None and section.lower != "virtualhost":
            section = section.parent
        return mends.out_of(node, section) if section is not None else None

    def verdict(self, name: str, place: Place) -> tuple[directives.Known | None, str]:
        known = directives.known(name)
        if known is None:
            gone = self.absent.get(name)
            if gone:
                return None, gone
            may_be = self.foreign and name.isascii() and not _is_slip(name)
            return (None, "") if may_be or name in self.handlers else (None, "unknown")
        spelt = f"{known.name}>" if name[0] == "<" else known.name
        if self.reading.knows_all_modules and known.module not in self.reading.modules and not _maybe_builtin(known.module):
            source = known.module.removesuffix("_module")
            return None, f"{spelt} belongs to mod_{source}, which is not loaded, so httpd does not start"
        if place is Place.SERVER and self.may_be_inside and _allowed(known, Place.DIRECTORY):
            return known, ""
        if not _allowed(known, place):
            where = {
                Place.SERVER: "outside <Directory>, <Location> and the like",
                Place.VHOST: "inside a <VirtualHost>",
                Place.DIRECTORY: "inside <Directory>, <Location>, <Files> or <If>",
                Place.HTACCESS: "in an .htaccess",
                Place.PROXY: "inside <Proxy>",
            }[place]
            return None, f"{spelt} is not allowed {where}, so httpd does not start"
        return known, ""


_OF_SERVERS = rf"(?:^|/)(?:{FOLDERS}|conf\.d)/[^/]+$"
"""Folders that every distribution's root file includes outside all sections."""


def _may_be_inside(tree: Section) -> bool:
    """May a file that is found alone stand within a section? Not where it lies among those of servers, or says what only a server can."""
    if re.search(_OF_SERVERS, tree.file.path):
        return False
    for node in tree.children:
        known = directives.known(f"<{node.lower}" if isinstance(node, Section) else node.lower)
        if known is not None and not _allowed(known, Place.DIRECTORY):
            return False
    return True


def _beyond(scope: Scope, node: Node) -> str:
    """What a line hangs on beyond the virtual host it stands in; where that is not there, no endpoint of it is either."""
    return "" if node.condition == scope.section.condition else node.condition


_PLACES = {
    "directory": Place.DIRECTORY,
    "directorymatch": Place.DIRECTORY,
    "location": Place.DIRECTORY,
    "locationmatch": Place.DIRECTORY,
    "files": Place.DIRECTORY,
    "filesmatch": Place.DIRECTORY,
    "if": Place.DIRECTORY,
    "elseif": Place.DIRECTORY,
    "else": Place.DIRECTORY,
    "proxy": Place.PROXY,
    "proxymatch": Place.PROXY,
}


_NEED_ARGUMENTS = frozenset(_PLACES) - {"else"} | {"limit", "limitexcept"}


def _is_of_the_server(name: str) -> bool:
    """A setting of mod_ssl that is for the whole server alone."""
    known = directives.known(name)
    return known is not None and known.module == "ssl_module" and _allowed(known, Place.SERVER) and not _allowed(known, Place.VHOST)


def _allowed(known: directives.Known, place: Place) -> bool:
    if place is Place.PROXY:
        # PROXY_CONF of http_config.h: SSLProxy* (2.4.30 and later) beside whatever a <Directory> takes.
        return "directory" in known.contexts or known.name.startswith("SSLProxy") or known.module.startswith("proxy")
    return place.value in known.contexts


def _maybe_builtin(module: str) -> bool:
    """Compiled in by some builds, and listed by none of their files."""
    return module in directives.BUILTIN_DEBIAN or module.startswith("mpm_")


def _is_slip(name: str) -> bool:
    """Is it one of mod_ssl's names but for a letter? IBM's and Oracle's TLS modules have others that begin so, none that near."""
    if not name.startswith("ssl"):
        return False
    import difflib  # noqa: PLC0415 (only for a name nobody knows)

    return bool(difflib.get_close_matches(name[:64], [other.lower() for other in directives.names() if other.startswith("SSL")], 1, 0.92))


def _unknown(node: Node, name: str) -> RefusedError:
    import difflib  # noqa: PLC0415 (only for a name nobody knows)

    spoken = readable(node.name)
    bracket = name[0] == "<"
    names = {other.lower(): other for other in directives.names() if other.startswith("<") == bracket}
    close = difflib.get_close_matches(name[:64], names, 1, 0.8) if name.isascii() else []
    kind = f"<{spoken}>" if bracket else spoken
    message = f"httpd knows no {kind} and does not start"
    remedy = None
    if close:
        meant = names[close[0]].removeprefix("<")
        message += f": did you mean {meant}?"
        if not bracket:
            remedy = Rewrite((Edit(node.name_span, meant.encode()),), f"write {meant}")
    return RefusedError(message, node.name_span, "not a directive of any loaded module", remedy=remedy)


_COUNTS: dict[str, tuple[int, int, str]] = {
    "NO_ARGS": (0, 0, "no arguments"),
    "TAKE1": (1, 1, "one argument"),
    "TAKE2": (2, 2, "two arguments"),
    "TAKE12": (1, 2, "one or two arguments"),
    "TAKE3": (3, 3, "three arguments"),
    "TAKE23": (2, 3, "two or three arguments"),
    "TAKE123": (1, 3, "one, two or three arguments"),
    "TAKE13": (1, 3, "one or three arguments"),
    "ITERATE": (1, 1 << 30, "at least one argument"),
    "ITERATE2": (2, 1 << 30, "at least two arguments"),
    "FLAG": (1, 1 << 30, "On or Off"),
}
"""server/config.c, invoke_cmd. FLAG reads one word and never looks at the rest."""


_SWITCHED = {"yes": "on", "true": "on", "1": "on", "enable": "on", "enabled": "on"} | dict.fromkeys(
    ("no", "false", "0", "disable", "disabled", "none"), "off"
)


def _check_arity(node: Node, arity: str) -> None:
    counts = _COUNTS.get(arity)
    if counts is None:
        return
    least, most, words = counts
    texts = node.texts
    # An empty word ("") where one is needed counts as none (config.c: `if (*w == '\0' || *w2 == '\0' …)`).
    count = texts.index("") if "" in texts[:least] else len(texts)
    if arity == "FLAG":
        if not count or texts[0].lower() not in ("on", "off"):
            meant = _SWITCHED.get(texts[0].lower()) if texts else None
            message = f"{node.name} must be On or Off, so httpd does not start"
            remedy = mends.instead(node.words[0], meant) if meant is not None else None
            raise RefusedError(message, node.words[0].span if texts else node.name_span, remedy=remedy)
        return
    if count < least:
        raise RefusedError(f"{node.name} takes {words}, so httpd does not start", node.args_span)
    if count > most or (arity == "TAKE13" and count == 2):
        found = node.words
        extra = found[min(most, count - 1)]
        if extra.text.startswith("#"):
            raise RefusedError(
                f"httpd knows no comments behind a value: {node.name} takes {words} and gets {count}, so httpd does not start",
                Span(node.file, extra.span.start, found[-1].span.end),
                "part of the value",
                rule="trailing-comment",
                remedy=mends.comment_above(node, extra),
            )
        raise RefusedError(f"{node.name} takes {words} and gets {count}, so httpd does not start", extra.span, "one too many")


def trailing_comment(node: Node, used: int) -> Iterator[Problem]:
    """A `#` behind a value that httpd reads over in silence (FLAG directives and the like)."""
    for word in node.words[used:]:
        if word.text.startswith("#"):
            yield Problem(
                "trailing-comment",
                f"httpd knows no comments behind a value; {node.name} happens to read over this one, others stop the start",
                Span(node.file, word.span.start, node.words[-1].span.end),
                "not a comment",
                remedy=mends.comment_above(node, word),
            )
            return


def walk(reading: Reading, handlers: dict[str, Handler], *, absent: dict[str, str], unseen: str) -> Walked:
    """Execute the tree.

    `absent`: what to say of directives other versions of httpd have. `unseen`: why what a fragment leaves out is not known; "" for a
    whole configuration.
    """
    walk = _Walk(reading, handlers, absent, is_fragment=bool(unseen))
    main = Scope(reading.tree, 0, is_main=True, unseen=unseen)
    top = Place.HTACCESS if reading.tree.file.path.endswith(".htaccess") else Place.SERVER
    walk.section(reading.tree, main, top)
    return Walked(main, tuple(walk.vhosts), tuple(walk.problems), tuple(walk.refusals), tuple(walk.doubts))
