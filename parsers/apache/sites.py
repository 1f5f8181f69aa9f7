"""Endpoints of the server role without their TLS, and what is held against the whole configuration on the way."""

from collections.abc import Mapping
from typing import Any

from tlslint.model import Endpoint, How, Known, Origin, Problem, Role, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.values import NOT_SET
from tlslint.parsers.apache.listen import Address
from tlslint.parsers.apache.pasted import explained
from tlslint.parsers.apache.read import Reading
from tlslint.parsers.apache.scopes import RefusedError, Scope, Walked
from tlslint.parsers.apache.vhosts import Door, Server

NOT_SEEN = "the rest of the server's configuration was not seen"
"""Why a fragment's omissions are unknown."""


_NOWHERE_SEEN: Unknown[Any] = Unknown("where it listens was not seen")
_IN_DNS: Unknown[Any] = Unknown("only DNS knows its address")
_NOTHING_MORE: Mapping[str, Any] = {}


class Site(Struct):
    """An endpoint of the server role and the scopes its requests are served from.

    `server.main` and `server.scope` hold the main server's and the virtual host's directives by name (`entries`) and their inner sections
    (`sections`), in order; `door.servers[0]` is the default virtual host.
    """

    endpoint: Endpoint
    server: Server
    door: Door


class Verdict:
    """Problems met so far, and among them those that keep httpd from starting."""

    def __init__(self, reading: Reading, walked: Walked, *, complete: bool) -> None:
        self.complete = complete
        self.problems: list[Problem] = [*reading.problems, *walked.problems]
        self.refusals: list[tuple[Problem, str]] = list(walked.refusals)
        self.doubts = walked.doubts
        self.holes = [why for scope in (walked.main, *walked.vhosts) for _, why in scope.holes]
        if reading.refused is not None:
            self.refusals.insert(0, (reading.refused, ""))

    def refuse(self, refused: RefusedError, scope: Scope, *, surely: bool = True) -> None:
        """httpd does not start with this; `surely` False: only told, because what was not seen may put it right."""
        at = scope.section.args_span if refused.at is None else refused.at
        condition = scope.section.condition
        message = refused.message if not condition else f"if this section counts ({condition}): {refused.message}"
        problem = explained(Problem(refused.rule, message, at, refused.label, remedy=refused.remedy))
        self.problems.append(problem)
        if surely:
            self.refusals.append((problem, condition))

    def starts(self) -> Value[bool]:
        """Does httpd come up with this configuration?"""
        surely = next((problem for problem, condition in self.refusals if not condition), None)
        if surely is not None:
            return Known(False, (Origin(How.WRITTEN, surely.span, surely.message),))
        if not self.complete:
            return Unknown(NOT_SEEN)
        perhaps = next((condition for _, condition in self.refusals), "") or next(iter((*self.doubts, *self.holes)), "")
        return Unknown(perhaps) if perhaps else Known(True)

    def all_problems(self) -> tuple[Problem, ...]:
        """Each once, in the order in which they were met."""
        found: dict[object, Problem] = {}
        for problem in self.problems:
            found.setdefault((problem.rule, problem.span, problem.message), problem)
        return tuple(found.values())


def named(door: Door, server: Server) -> str:
    """How an administrator calls the endpoint."""
    port = f":{door.port}" if door.port else ""
    if server.names:
        return f"{server.names[0]}{port}"
    if door.host is None and not door.port:
        return door.servers[0][0].scope.section.file.path
    return door.shown if port else door.host or "?"


def base_endpoint(
    door: Door, server: Server, address: Address | None, tls: Value[TlsMode] | None = None, more: Mapping[str, Any] = _NOTHING_MORE
) -> Endpoint:
    """Name, address and port of an endpoint, and whether it speaks TLS; None: nothing bears on that. `more`: further fields."""
    listening = door.socket.node.args_span if door.socket is not None else None
    where = tuple([Origin(How.WRITTEN, span) for span in (address.span if address is not None else None, listening) if span is not None])
    anchor = server.scope.section.args_span if not server.is_main else listening
    unknown = _NOWHERE_SEEN if address is None or not address.written or door.socket is None else _IN_DNS
    names = server.names
    return Endpoint(
        named(door, server),
        Role.SERVER,
        "http",
        anchor if anchor is not None else Span(server.scope.section.file, 0, 0),
        address=Known(door.host, where) if door.host is not None else unknown,
        port=Known(door.port, where) if door.port else unknown,
        server_names=Known(names, _name_origins(server)) if names or not server.is_main else NOT_SET,
        tls=_without_engine(door, server) if tls is None else tls,
        **more,
    )


def _without_engine(door: Door, server: Server) -> Value[TlsMode]:
    """Where nothing seen bears on TLS: plain text, but for what was not seen, which may switch it on (for port 80 nobody does)."""
    reason = server.main.unseen or next((why for _, why in server.main.holes), "")
    if reason and door.port != 80:
        return Unknown(reason)
    return Known(TlsMode.NONE, (Origin(How.DEFAULT, None, "SSLEngine is off unless it is switched on"),))


def _name_origins(server: Server) -> tuple[Origin, ...]:
    entries = [*server.scope.of("servername")[-1:], *server.scope.of("serveralias")]
    return tuple([Origin(How.WRITTEN, entry.span) for entry in entries])
