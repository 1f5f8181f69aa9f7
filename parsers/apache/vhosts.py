"""Which server answers where: sockets, the lists of virtual hosts by address, and the order in which names are tried.

Source: server/vhost.c of httpd 2.4 (ap_fini_vhost_config, ap_update_vhost_given_ip, ap_vhost_iterate_given_conn), ap_setup_listeners of
server/listen.c; the runs behind tests/data/live.
"""

from tlslint.model import Label, Problem
from tlslint.model.struct import Struct
from tlslint.parsers.apache.listen import ANY, Address, Socket, addresses, bracketed
from tlslint.parsers.apache.scopes import Entry, RefusedError, Scope, last, merged
from tlslint.parsers.apache.tree import Section
from tlslint.parsers.carried import readable


class Server:
    """The main server or a virtual host, with its names and addresses."""

    __slots__ = ("addresses", "aliases", "main", "name", "names", "port", "protocol", "scope")

    def __init__(self, scope: Scope, main: Scope, where: list[Address]) -> None:
        self.scope = scope
        self.main = main
        self.addresses = where
        self.protocol: str | None = None
        """`https` or `http`, from Protocol or from the Listen of the first address that has one; decides auto-enabled TLS."""
        name = last(scope, "servername")
        self.name: str = name.value[0] if name.entry is not None and name.value else ""
        self.port: int = name.value[1] if name.entry is not None and name.value else 0
        """What ServerName says, 0 where it says none."""
        self.aliases: tuple[str, ...] = tuple(alias for entry in scope.of("serveralias") for alias in entry.value or ())
        self.names = tuple(dict.fromkeys(readable(name) for name in (self.name, *self.aliases) if name))
        """ServerName first, then the aliases, as written."""

    @property
    def is_main(self) -> bool:
        """The server outside every `<VirtualHost>`?"""
        return self.scope.is_main

    @property
    def levels(self) -> tuple[Section, ...]:
        """The sections that its requests are served from: the main server's, then its own."""
        return (self.main.section,) if self.is_main else (self.main.section, self.scope.section)

    @property
    def has_patterns(self) -> bool:
        """Is one of its names a pattern?"""
        return any("*" in name or "?" in name for name in self.aliases)

    def answers_to(self, name: str) -> bool:
        """ssl_util_vhost_matches: ServerName, ServerAlias, then aliases with wildcards; case does not matter."""
        wanted = name.lower()
        return any(_matches(pattern.lower(), wanted) for pattern in (self.name, *self.aliases) if pattern)


class Door(Struct):
    """An address and port that clients reach, and the servers behind it in the order in which they are tried: the first is the default.

    `socket` None: assumed, because the part of the configuration that listens was not seen.
    """

    host: str | None
    port: int
    servers: tuple[tuple[Server, Address | None], ...]
    socket: Socket | None

    @property
    def shown(self) -> str:
        """As people write it: `*:443`."""
        return f"{bracketed(self.host or '?')}:{self.port}"


def defaults(door: Door) -> dict[Server, Server]:
    """The default server for each one behind a door: the first that is there whenever it is itself.

    Of servers in sections or files that may not count, only those under the same condition are taken to be there.
    """
    first: dict[str, int] = {}
    for index, (server, _) in enumerate(door.servers):
        first.setdefault(server.scope.section.condition, index)
    sure = first.get("", len(door.servers))
    return {server: door.servers[min(sure, first[server.scope.section.condition])][0] for server, _ in door.servers}


class _List:
    """The virtual hosts of one address and port (ipaddr_chain)."""

    def __init__(self, address: Address) -> None:
        self.host = address.host
        self.port = address.port
        self.servers: list[tuple[Server, Address]] = []


def servers(main: Scope, vhosts: tuple[Scope, ...], *, refuse: "list[tuple[Scope, RefusedError]]") -> tuple[Server, tuple[Server, ...]]:
    """The main server and the virtual hosts with their addresses; what cannot be an address goes to `refuse`."""
    if main.unseen:
        main = main.given(_common_condition(main))
    first = Server(main, main, [])
    found = []
    for scope in vhosts:
        try:
            where = addresses(scope.section.words)
        except RefusedError as refused:
            refuse.append((scope, refused))
            where = []
        found.append(Server(scope, main.given(scope.section.condition), where))
    return first, tuple(found)


def _common_condition(main: Scope) -> str:
    """The condition that all of a fragment's own TLS settings hang on (`<IfModule mod_ssl.c>` around everything); "" where they differ."""
    found = {entry.unknown for slot, entries in main.entries.items() if slot.startswith("ssl") for entry in entries}
    return found.pop() if len(found) == 1 else ""


def settle_protocols(main: Server, vhosts: tuple[Server, ...], sockets: list[Socket], *, assumed: bool) -> None:
    """Give each server its protocol, as ap_setup_listeners does: Protocol, else that of the Listen that equals one of its addresses.

    The first address that equals a Listen decides. `assumed`: nothing is known of Listen lines, so port 443 means https.
    """
    for server in (main, *vhosts):
        own = merged(main.scope, server.scope, "protocol")
        if own.entry is not None and own.value:
            server.protocol = own.value
            continue
        for address in server.addresses:
            protocol = next((socket.protocol for socket in sockets if socket.port == address.port and socket.host in address.hosts), None)
            if protocol is None and assumed:
                protocol = "https" if address.port == 443 else "http"
            if protocol is not None:
                server.protocol = protocol
                break


def doors(main: Server, vhosts: tuple[Server, ...], sockets: list[Socket], *, assumed: bool) -> list[Door]:
    """Every address and port that can be reached, with the servers behind it in order."""
    exact: list[_List] = []
    wild: list[_List] = []
    by_name: dict[tuple[str, int], dict[Server, Address]] = {}
    for server in vhosts:
        for address in server.addresses:
            if address.host is None and not assumed:
                by_name.setdefault((address.written.lower(), address.port), {}).setdefault(server, address)
                continue
            lists = wild if address.is_wild else exact
            group = next((group for group in lists if group.port == address.port and (lists is wild or group.host == address.host)), None)
            if group is None:
                group = _List(address)
                lists.append(group)
            group.servers.append((server, address))
    if assumed:
        return _assumed(exact + wild, main, sockets)
    found: list[Door] = []
    for socket in sockets:
        if socket.host in (ANY, "0.0.0.0"):  # noqa: S104 (compared, never opened)
            hosts = list(dict.fromkeys(group.host for group in exact if group.port in (0, socket.port)))
            found.extend(_door(host, socket, exact, wild, main) for host in hosts)
        # A name that only DNS resolves stands for an address of its own, as far as can be told.
        found.extend(
            Door(None, socket.port, tuple(behind.items()), socket) for (_, port), behind in by_name.items() if port in (0, socket.port)
        )
        found.append(_door(socket.host, socket, exact, wild, main))
    unique: dict[tuple[str | None, int, Server], Door] = {}
    for door in found:
        unique.setdefault((door.host, door.port, door.servers[0][0]), door)
    return list(unique.values())


def _door(host: str | None, socket: Socket, exact: list[_List], wild: list[_List], main: Server) -> Door:
    port = socket.port
    group = _for_port([group for group in exact if group.host == host], port) or _for_port(wild, port)
    behind: tuple[tuple[Server, Address | None], ...] = ((main, None),)
    if group is not None:
        once: dict[Server, Address] = {}
        for server, address in group.servers:
            once.setdefault(server, address)
        behind = tuple(once.items())
    return Door(host, port, behind, socket)


def _for_port(groups: list[_List], port: int) -> _List | None:
    """The list of this very port, else the first for any port (find_ipaddr, find_default_server)."""
    return next((group for group in groups if group.port == port), None) or next((group for group in groups if not group.port), None)


def _assumed(groups: list[_List], main: Server, sockets: list[Socket]) -> list[Door]:
    """For a fragment: every address its virtual hosts name is taken to be open."""
    merged: dict[tuple[str | None, int], dict[Server, Address]] = {}
    for group in groups:
        for server, address in group.servers:
            merged.setdefault((address.host, address.port), {}).setdefault(server, address)
    found = [Door(host, port, tuple(behind.items()), None) for (host, port), behind in merged.items()]
    open_already = {(door.host, door.port) for door in found}
    found.extend(
        Door(socket.host, socket.port, ((main, None),), socket)
        for socket in sockets
        if (socket.host, socket.port) not in open_already and not groups
    )
    return found


def facts(vhosts: tuple[Server, ...], opened: list[Door], sockets: list[Socket], *, assumed: bool) -> list[Problem]:
    """Virtual hosts nobody reaches: shadowed by an earlier one of the same names, or at a port nothing listens on."""
    found = []
    reached = {server for door in opened for server, _ in door.servers}
    for server in vhosts:
        if server in reached or assumed or not server.addresses:
            continue
        unresolved = any(address.host is None for address in server.addresses)
        if unresolved:
            continue
        where = ", ".join(f"{bracketed(address.host or '')}:{address.port or '*'}" for address in server.addresses)
        message = f"no Listen opens {where}, so nothing reaches this virtual host and nothing in it takes effect"
        listening = tuple(Label(socket.node.args_span, "listens here") for socket in sockets[:3])
        found.append(Problem("setting-ignored-here", message, server.scope.section.args_span, "nothing listens there", related=listening))
    for door in opened:
        claimed = _claims(door)
        for index, (server, address) in enumerate(door.servers[1:], 1):
            names = server.names
            if address is None or not names:
                continue
            takers = [_first_to_answer(door, claimed, index, name) for name in names]
            if any(taker is None for taker in takers):
                continue
            taker = takers[0]
            if taker is None or taker.scope.section.condition not in ("", server.scope.section.condition):
                continue
            entry: Entry | None = last(server.scope, "servername").entry
            span = entry.span if entry is not None else address.span
            message = f"requests for {' and '.join(names[:3])} on {door.shown} all go to an earlier virtual host: this one is never asked"
            related = (Label(taker.scope.section.args_span, f"answers for {names[0]} first"),)
            if not any(problem.span == span for problem in found):
                found.append(Problem("shadowed-vhost", message, span, "taken already", related=related))
    return found


def _claims(door: Door) -> dict[str, int]:
    """The first server behind a door by plain name in lower case; "" for the first that claims a pattern."""
    found: dict[str, int] = {}
    for index, (server, _) in enumerate(door.servers):
        for name in (server.name, *server.aliases):
            found.setdefault("" if "*" in name or "?" in name else name.lower(), index)
    return found


def _first_to_answer(door: Door, claimed: dict[str, int], before: int, name: str) -> Server | None:
    """The server among the first `before` that takes requests for `name`."""
    if claimed.get("", before) < before:
        return next((server for server, _ in door.servers[:before] if server.answers_to(name)), None)
    index = claimed.get(name.lower(), before)
    return door.servers[index][0] if index < before else None


def _matches(pattern: str, name: str) -> bool:
    """ap_strcasecmp_match: `*` any run, `?` any character."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    import re  # noqa: PLC0415 (only for wildcard aliases)

    expression = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in re.sub(r"\*+", "*", pattern))
    return re.fullmatch(expression, name) is not None
