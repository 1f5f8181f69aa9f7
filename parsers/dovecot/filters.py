"""Filters: the blocks that make a setting count for some connections only, and which of several wins.

2.0 to 2.3 (config-filter.c): the most specific matching filter wins; two that match and are not nested in each other and set the same thing
are a conflict, of which the login process dies. 2.4 (config-parser.c, config_parser_filter_cmp()): the filter created last wins.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tlslint.model import Span
from tlslint.model.struct import Struct
from tlslint.parsers.dovecot.syntax import Kind, Statement

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


class Written(Struct):
    """A setting as it was given a value. `unknown` says why the value cannot be told ("" where it can).

    `value` with variables expanded (2.4's `$SET:` stays as it is until somebody asks). `kind` VALUE or FILE; `path`: of the file behind
    `<`,
    absolute and logical. `order` counts assignments through all files.
    """

    key: str
    value: str
    kind: Kind
    statement: Statement
    order: int
    path: str = ""
    unknown: str = ""

    @property
    def span(self) -> Span:
        """The value's bytes, or the key's where there is no value."""
        span = self.statement.value_span
        return span if span.end > span.start else self.statement.span


class Connection(Struct):
    """Whom to judge for: what the daemon knows when it asks for settings.

    `local`, `remote`: a network all of whose addresses are meant, or None for an address no filter is about; `name`: from SNI. `side`:
    `server`
    or `client`.
    """

    protocol: str
    service: str = ""
    local: "IPv4Network | IPv6Network | str | None" = None
    remote: "IPv4Network | IPv6Network | str | None" = None
    name: str | None = None
    side: str = "server"


class Filter:
    """A filter and what is set inside it.

    `names`: enclosing named blocks, outermost first (`service/imap-login`, `inet_listener/imaps`, `ssl_server`). In 2.3 a nested filter has
    its parents' conditions as its own (`parent` is the root); in 2.4 it stays a child.
    """

    __slots__ = ("local", "local_name", "names", "order", "parent", "protocol", "remote", "settings", "span")

    def __init__(self, parent: "Filter | None", order: int, span: Span | None) -> None:
        self.parent = parent
        self.order = order
        self.span = span
        self.protocol: str | None = None
        self.local: IPv4Network | IPv6Network | str | None = None
        self.remote: IPv4Network | IPv6Network | str | None = None
        self.local_name: str | None = None
        self.names: tuple[str, ...] = parent.names if parent else ()
        self.settings: dict[str, list[Written]] = {}

    @property
    def identity(self) -> tuple[object, ...]:
        """Blocks with equal identity are one filter."""
        return (
            self.parent.order if self.parent else -1,
            self.protocol,
            str(self.local or ""),
            self.local_name,
            str(self.remote or ""),
            self.names,
        )

    @property
    def is_conditional(self) -> bool:
        """Does it depend on the connection's addresses or name?"""
        return any(each.local or each.remote or each.local_name is not None for each in self.chain())

    def chain(self) -> Iterator["Filter"]:
        """This filter and its parents, inside out."""
        each: Filter | None = self
        while each is not None:
            yield each
            each = each.parent

    def matches(self, connection: Connection) -> bool:
        """Does it apply to the connection? Its parents must too."""
        return all(each.matches_itself(connection) for each in self.chain())

    def matches_itself(self, connection: Connection) -> bool:
        """Does its own condition hold, parents left aside?"""
        if self.protocol is not None:
            if not connection.protocol:  # asked for no protocol at all: `!imap` does not match either
                return False
            if self.protocol.startswith("!"):
                if connection.protocol == self.protocol[1:]:
                    return False
            elif connection.protocol != self.protocol:
                return False
        if self.local_name is not None and (connection.name is None or not _name_matches(self.local_name, connection.name)):
            return False
        if self.local is not None and not inside(connection.local, self.local):
            return False
        if self.remote is not None and not inside(connection.remote, self.remote):
            return False
        own = self.names[len(self.parent.names) :] if self.parent else self.names
        return all(_named_matches(name, connection) for name in own)

    @property
    def local_bits(self) -> int:
        """Length of the local network's prefix; 0 where there is none."""
        return getattr(self.local, "prefixlen", 0)

    @property
    def remote_bits(self) -> int:
        """Length of the remote network's prefix; 0 where there is none."""
        return getattr(self.remote, "prefixlen", 0)

    @property
    def depth(self) -> tuple[int, int]:
        """How many named blocks with and without a name of their own it is in (2.4's order of filters)."""
        named = sum("/" in name for name in self.names)
        return named, len(self.names) - named


class Found(Struct):
    """The outcome of asking for a setting: what decides, what it overrides, and a second filter it clashes with (2.3)."""

    written: Written | None
    overridden: tuple[Written, ...] = ()
    conflict: Written | None = None


def find(key: str, connection: Connection, filters: Iterable[Filter], *, by_order: bool) -> Found:
    """The value of a setting for a connection. `by_order`: the rule of 2.4."""
    matching = [each for each in filters if key in each.settings and each.matches(connection)]
    if by_order:
        matching.sort(key=lambda each: (each.depth, each.order), reverse=True)
        return _found(key, matching, None)
    return _found(key, sorted(matching, key=_rank), _clash(key, connection, filters))


def _found(key: str, matching: list[Filter], conflict: Written | None) -> Found:
    said = [written for each in matching for written in reversed(each.settings[key])]
    return Found(said[0], tuple(said[1:]), conflict) if said else Found(None)


def _rank(each: Filter) -> tuple[bool, int, int, bool]:
    """config_filter_parser_cmp(): smaller is more specific."""
    return each.local_name is None, -each.local_bits, -each.remote_bits, each.protocol is None


def _clash(key: str, connection: Connection, filters: Iterable[Filter]) -> Written | None:
    """config_filter_parsers_get(): each matching filter is held against the one before it only, whether that sets the key or not."""
    ordered = sorted((each for each in filters if not each.names and each.matches(connection)), key=_rank)
    changed = False
    for before, each in zip([None, *ordered], ordered, strict=False):
        if key in each.settings:
            if changed and before is not None and not _is_superset(each, before):
                return each.settings[key][-1]
            changed = True
    return None


def _is_superset(wide: Filter, narrow: Filter) -> bool:
    return not (
        wide.local_bits > narrow.local_bits
        or wide.remote_bits > narrow.remote_bits
        or (wide.local_name is not None and narrow.local_name is None)
        or (wide.protocol is not None and narrow.protocol is None)
    )


def inside(inner: object, outer: object) -> bool:
    """Is one network part of the other? Names that need a resolver are the same only when spelt the same."""
    if inner is None or isinstance(inner, str) or isinstance(outer, str):
        return inner == outer
    return getattr(inner, "version", 0) == getattr(outer, "version", 0) and inner.subnet_of(outer)  # type: ignore[attr-defined]


def _name_matches(pattern: str, name: str) -> bool:
    """dns_match_wildcard() over the names of a `local_name`: `*` stands for one whole label at the beginning."""
    for wanted in pattern.lower().split(" "):
        if wanted == name.lower() or (wanted.startswith("*.") and name.partition(".")[2].lower() == wanted[2:]):
            return True
    return False


def _named_matches(name: str, connection: Connection) -> bool:
    kind, _, value = name.partition("/")
    if kind == "service":
        return value == connection.service
    return name == f"ssl_{connection.side}"
