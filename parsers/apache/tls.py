"""TLS at every door: contexts for the servers that need one, handshakes for each name, and what the text says that nobody hears."""

from typing import Any

from tlslint.model import Endpoint, How, Known, Origin, TlsMode, Unknown, Value
from tlslint.parsers.apache import certificates, context, facts, handshake, vhosts
from tlslint.parsers.apache.context import Engine, TlsContext
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.listen import Socket
from tlslint.parsers.apache.scopes import RefusedError
from tlslint.parsers.apache.settings import Context
from tlslint.parsers.apache.sites import Site, Verdict, base_endpoint
from tlslint.parsers.apache.vhosts import Door, Server


def sites(
    given: Context, verdict: Verdict, main: Server, servers: tuple[Server, ...], opened: list[Door], sockets: list[Socket]
) -> tuple[list[Site], list[Endpoint]]:
    """Every endpoint of the server role with its TLS, then those of the client role."""
    software, complete = given.software, given.complete
    everyone = [main, *servers]
    scopes = [server.scope for server in everyone]
    engines = {server: context.engine(server, software) for server in everyone}
    reader = certificates.Reader(given.files)
    cache = bool(main.scope.of("sslstaplingcache")) or not complete or bool(main.scope.holes)
    cache = cache or any("sslstaplingcache" in scope.refused for scope in scopes)  # that it stands in a wrong place is told
    managed = _managed(everyone)
    contexts: dict[Server, TlsContext] = {}
    for server in everyone:
        engine = engines[server]
        if engine.on is False and not (engine.optional and software.httpd < (2, 4, 64)):
            continue
        if engine.on is None and server.is_main and servers:
            continue
        found = context.build(server, software, reader, cache, managed=server in managed or not complete)
        contexts[server] = found
        if engine.on is not None:
            for refused in found.refused:
                verdict.refuse(refused, server.scope, surely=complete)
    if complete:
        _fips(verdict, main, contexts, software)
    result = []
    for door in opened:
        defaults = vhosts.defaults(door)
        verdict.problems.extend(facts.of_door(door, defaults, engines, contexts, software))
        for server, address in door.servers:
            default = defaults[server]
            tls = _mode(engines[default], engines[server], is_first=default is server)
            fields: dict[str, Any] = {}
            if not tls.holds(TlsMode.NONE) and default in contexts:
                matched = contexts[server] if server in contexts and engines[server].on is not False else contexts[default]
                effective = handshake.effective(contexts[default], matched, software)
                fields = _fields(effective, software)
                verdict.problems.extend(facts.of_context(matched, effective))
            result.append(Site(base_endpoint(door, server, address, tls, fields), server, door))
    verdict.problems.extend(facts.of_text(main.scope, [server.scope for server in servers], software))
    verdict.problems.extend(facts.of_overriding(main.scope, contexts.values()))
    verdict.problems.extend(facts.of_sockets(main, opened, engines, sockets))
    if not any(scope.proxies or any(slot.startswith(("sslproxy", "proxy", "balancer")) for slot in scope.entries) for scope in scopes):
        return result, []
    from tlslint.parsers.apache import proxy  # noqa: PLC0415 (few servers have outgoing connections)

    outgoing, refusals = proxy.endpoints(everyone, software, reader)
    for server, refused in refusals:
        verdict.refuse(refused, server.scope)
    return result, outgoing


def _mode(first: Engine, own: Engine, *, is_first: bool) -> Value[TlsMode]:
    """The first virtual host of an address decides whether TLS is spoken there."""
    if first.on is None:
        return Unknown(first.reason, first.origins)
    mode = TlsMode.IMPLICIT if first.on else TlsMode.NONE
    if is_first:
        return Known(mode, first.origins)
    note = "the first virtual host of this port decides"
    origins = tuple([origin._replace(note=origin.note or note) for origin in first.origins])
    if own.on is first.on:
        return Known(mode, origins)
    said = [origin for origin in own.origins if origin.span is not None and origin not in first.origins]
    return Known(mode, (*origins, *(origin._replace(how=How.OVERRIDDEN) for origin in said)))


def _fields(found: handshake.Effective, software: Software) -> dict[str, Any]:
    """What a handshake shows, by the names of the model's fields."""
    held = found.matched.certificate_slots
    origins = tuple([Origin(How.WRITTEN, one.entry.span) for one in held.held])
    fields = handshake.fields(found, software)._asdict()
    fields["certificates"] = held.certificates()
    fields["origins"] = (("certificates", origins),) if origins else ()
    return fields


def _managed(everyone: list[Server]) -> set[Server]:
    """Servers whose certificate mod_md fetches: one of their names is in an MDomain (manual of mod_md; ssl_run_add_cert_files)."""
    names = {name.lower() for server in everyone for entry in server.scope.of("mdomain") if entry.value for name in entry.value}
    return {server for server in everyone if any(name.lower() in names for name in server.names)}


def _fips(verdict: Verdict, main: Server, contexts: dict[Server, TlsContext], software: Software) -> None:
    """SSLFIPS on with OpenSSL 3 and no FIPS provider leaves no cipher (AH01884); on and off together is refused (seen on Debian 12)."""
    entries = [entry for entry in main.scope.of("sslfips") if not entry.unknown]
    other = next((entry for entry in entries if entry.value is not entries[0].value), None)
    if other is not None:
        verdict.refuse(RefusedError("SSLFIPS cannot be both On and Off, so httpd does not start", other.span), main.scope)
    elif contexts and entries and entries[0].value and not software.has_fips:
        message = "this OpenSSL has no FIPS provider set up, so no cipher is left and httpd does not start"
        verdict.refuse(RefusedError(message, entries[-1].span), main.scope)
