"""Facts about the text that no endpoint shows: settings overridden, ignored, said twice, decided elsewhere.

Each becomes a `Problem` under the rule that reports it; what is so is said here, how bad that is the rule decides.
Sources as in context.py and handshake.py.
"""

from collections.abc import Iterable, Iterator

from tlslint.model import Label, Problem, SourceFile
from tlslint.model.remedy import Rewrite
from tlslint.model.versions import spoken
from tlslint.parsers.apache import certificates, mends, protocol
from tlslint.parsers.apache.context import Engine, TlsContext
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.handshake import Effective
from tlslint.parsers.apache.listen import Socket
from tlslint.parsers.apache.scopes import Entry, Pick, Scope, merged, trailing_comment
from tlslint.parsers.apache.settings import in_sections
from tlslint.parsers.apache.vhosts import Door, Server

_APPENDING = frozenset(
    {
        "sslopensslconfcmd",
        "sslcertificatefile",
        "sslcertificatekeyfile",
        "ssloptions",
        "serveralias",
        "listen",
        "proxypass",
        "proxypassmatch",
        "balancermember",
        "mdomain",
        "mdmember",
        "mdmembers",
        "rewriterule",
        "servername",
    }
)
_FLAGS = frozenset(
    {"sslhonorcipherorder", "sslcompression", "sslsessiontickets", "sslusestapling", "sslinsecurerenegotiation", "sslstrictsnivhostcheck"}
)


def of_text(main: Scope, vhosts: Iterable[Scope], software: Software) -> Iterator[Problem]:
    """Facts one scope shows by itself, or against the main server."""
    seen: set[object] = set()
    for scope in (main, *vhosts):
        for slot, entries in scope.entries.items():
            if not slot.startswith("ssl"):
                continue
            if len(entries) > 1 and slot not in _APPENDING:
                yield from _said_twice(entries, main.section.file if scope is main else None)
            if slot in _FLAGS:
                for entry in entries:
                    if len(entry.node.words) > 1:
                        yield from trailing_comment(entry.node, 1)
            if slot in ("sslprotocol", "sslproxyprotocol"):
                for entry in entries:
                    told = protocol.facts(entry.node, entry.value, software) if entry.value is not None else []
                    if told and entry.span not in seen:
                        seen.add(entry.span)
                        yield from told
        for entry in scope.of("namevirtualhost"):
            message = "NameVirtualHost has no effect since httpd 2.3.11: every address takes names by itself"
            yield Problem("setting-ignored-here", message, entry.node.span, "has no effect", remedy=mends.without_line(entry.node))
        for entry in scope.of("sslengine"):
            if entry.value == "optional":
                yield _optional(entry, software)


def _optional(entry: Entry, software: Software) -> Problem:
    remedy = mends.instead(entry.node.words[0], "on", "clients that speak plain HTTP to this port lose access")
    if software.httpd >= (2, 4, 64):
        message = "SSLEngine optional is no longer supported and counts as off: this speaks plain HTTP"
        return Problem("setting-not-in-version", message, entry.span, "counts as off", remedy=remedy)
    message = "SSLEngine optional speaks plain HTTP and waits for an upgrade no browser asks for"
    return Problem("means-something-else", message, entry.span, "plain HTTP", remedy=remedy)


def _said_twice(entries: list[Entry], root: SourceFile | None) -> Iterator[Problem]:
    """The last of several in one scope counts; nothing is added up. `root`: the root file, for the main server's scope.

    Outside all virtual hosts, of two included files the later one overrides on purpose: one in conf-enabled what a package's
    mods-available/ssl.conf says, which nobody edits. A line of the root file itself that an include undoes is another matter.
    """
    final = entries[-1]
    if final.unknown:
        return
    for entry in entries[:-1]:
        if entry.unknown or entry.value is None:
            continue
        if entry.node.args == final.node.args:
            continue
        name = entry.node.name
        related = (Label(final.span, "this one counts"),)
        rule, message = "duplicate-setting", f"{name} is set again further on in the same place, and only the last one counts"
        if entry.node.file is not final.node.file:
            is_meant = root is not None and entry.node.file is not root
            rule = "setting-overridden" if is_meant else rule
            message = f"{name} is set again in {final.node.file.path}, which is read later: this one does not count"
        yield Problem(rule, message, entry.span, "has no effect", related=related)


def of_overriding(main: Scope, contexts: Iterable[TlsContext]) -> Iterator[Problem]:
    """Settings outside all virtual hosts that every TLS virtual host overrides, and so count for none."""
    reached = [context for context in contexts if not context.server.is_main]
    if not reached or any(context.server.scope.section.condition for context in reached):
        return
    for slot in ("sslprotocol", "sslciphersuite", "sslciphersuite tlsv1.3", "sslhonorcipherorder", "sslsessiontickets", "sslcompression"):
        above = main.of(slot)
        if not above or above[-1].unknown:
            continue
        picks = [merged(main, context.server.scope, slot) for context in reached]
        if all(pick.is_set and not pick.inherited and not pick.reason and pick.value != above[-1].value for pick in picks):
            related = tuple(Label(pick.entry.span, "counts instead") for pick in picks[:3] if pick.entry is not None)
            message = f"every virtual host with TLS sets its own {above[-1].node.name}: this one counts for none"
            yield Problem("setting-overridden", message, above[-1].span, "overridden everywhere", related=related)


def of_door(
    door: Door, defaults: dict[Server, Server], engines: dict[Server, Engine], contexts: dict[Server, TlsContext], software: Software
) -> Iterator[Problem]:
    """What the first virtual host of a port takes out of the others' hands."""
    for server, _ in door.servers[1:]:
        first, own = defaults[server], engines[server]
        first_engine = engines[first]
        if first is server or first_engine.on is None:
            continue
        if own.on and not first_engine.on:
            yield _plain_port(door, first, server, own)
        elif own.on is False and first_engine.on:
            switch = merged(server.main, server.scope, "sslengine")
            if switch.entry is not None and not switch.inherited and switch.value == "off":
                message = f"{door.shown} speaks TLS because its first virtual host does: SSLEngine off here changes nothing"
                related = (Label(first.scope.section.args_span, "the first virtual host of this port"),)
                yield Problem(
                    "default-vhost-decides",
                    message,
                    switch.entry.span,
                    "has no effect",
                    related=related,
                    remedy=mends.without_line(switch.entry.node),
                )
        elif own.on and server in contexts and first in contexts:
            yield from _leaks(contexts[first], contexts[server], door, software)


def _plain_port(door: Door, first: Server, server: Server, engine: Engine) -> Problem:
    spans = [origin.span for origin in engine.origins if origin.span is not None]
    message = f"{door.shown} speaks plain HTTP because its first virtual host has TLS off: nothing of the TLS set up here is ever used"
    related = (Label(first.scope.section.args_span, "the first virtual host of this port decides"),)
    return Problem("port-speaks-other-mode", message, spans[0] if spans else server.scope.section.args_span, "never used", related=related)


def _leaks(first: TlsContext, own: TlsContext, door: Door, software: Software) -> Iterator[Problem]:
    """Settings of a later virtual host that the first one of the port outweighs (handshake.py says how)."""
    there = Label(first.server.scope.section.args_span, "the first virtual host of this port")
    for bit, slot, word in (
        ("SERVER_PREFERENCE", "sslhonorcipherorder", False),
        ("NO_TICKET", "sslsessiontickets", True),
        ("UNSAFE_LEGACY_RENEGOTIATION", "sslinsecurerenegotiation", False),
    ):
        if not first.bits[bit].on or first.bits[bit].reason or own.bits[bit].on:
            continue
        entry = _own_entry(own, slot, word)
        if entry is not None:
            spans = [origin.span for origin in first.bits[bit].origins if origin.span is not None]
            related = (Label(spans[0], "cannot be undone by another virtual host"),) if spans else (there,)
            message = (
                f"the first virtual host of {door.shown} has {entry.node.name} {'off' if word else 'on'}, and that holds for this one too"
            )
            remedy = mends.without_line(entry.node)
            yield Problem("default-vhost-decides", message, entry.span, "has no effect", related=related, remedy=remedy)
    pick = own.protocol_words
    written_here = pick.entry is not None and not pick.inherited and not pick.reason
    if pick.entry is not None and written_here and software.httpd < (2, 4, 43) and own.range != first.range:
        message = f"before httpd 2.4.43 the first virtual host of {door.shown} alone decides on versions: SSLProtocol here changes nothing"
        yield Problem("default-vhost-decides", message, pick.entry.span, "has no effect", related=(there,))
    for entry in own.server.scope.of("sslopensslconfcmd"):
        if entry.unknown or entry.value is None:
            continue
        name = entry.value.name
        if name in ("Curves", "Groups", "ECDHParameters"):
            message = f"groups are those of the first virtual host of {door.shown}: {name} here changes nothing for this name"
            yield Problem("default-vhost-decides", message, entry.span, "has no effect", related=(there,))
        elif name in ("MinProtocol", "MaxProtocol") and not own.protocol_is_set:
            message = f"without an SSLProtocol here the first virtual host of {door.shown} decides on versions: {name} changes nothing"
            yield Problem("default-vhost-decides", message, entry.span, "has no effect", related=(there,))


def _own_entry(context: TlsContext, slot: str, value: bool) -> Entry | None:
    """The entry of this very virtual host that sets a flag to `value`."""
    pick: Pick = merged(context.server.main, context.server.scope, slot)
    if pick.entry is None or pick.inherited or pick.reason or pick.value is not value:
        return None
    return pick.entry


def of_sockets(main: Server, opened: list[Door], engines: dict[Server, Engine], sockets: list[Socket]) -> Iterator[Problem]:
    """TLS switched on for everybody at once, port 443 without TLS, port 80 with it."""
    switch = merged(main.scope, main.scope, "sslengine")
    if switch.value == "on" and switch.entry is not None and not switch.reason:
        plain = [door for door in opened if door.port in (80, 8080) and engines[door.servers[0][0]].on]
        if plain:
            where = ", ".join(door.shown for door in plain[:3])
            message = f"SSLEngine on outside all virtual hosts counts for every one of them: {where} speaks TLS, and http:// gets an error"
            related = tuple(
                Label(door.servers[0][0].scope.section.args_span, "speaks TLS too") for door in plain[:3] if not door.servers[0][0].is_main
            )
            yield Problem("port-speaks-other-mode", message, switch.entry.span, "counts everywhere", related=related)
    for door in opened:
        first = door.servers[0][0]
        if door.port == 443 and engines[first].on is False and not any(engines[server].on for server, _ in door.servers):
            held, _ = certificates.merge(first.main, first.scope, "sslcertificatefile")
            related = tuple(Label(socket.node.args_span, "listens here") for socket in sockets if socket.port == 443)[:1]
            if held and not first.is_main:
                message = f"{door.shown} speaks plain HTTP: a certificate is set and TLS is not switched on"
                yield Problem(
                    "port-speaks-other-mode",
                    message,
                    first.scope.section.args_span,
                    "plain HTTP",
                    related=related,
                    remedy=_switched_on(first),
                )


def _switched_on(server: Server) -> Rewrite | None:
    unsafe = "whoever speaks plain HTTP to this port loses access"
    switch = merged(server.main, server.scope, "sslengine")
    if switch.entry is not None and not switch.inherited:
        return mends.arguments(switch.entry.node, "on", unsafe)
    return mends.first_line(server.scope.section, "SSLEngine on", unsafe)


def of_context(context: TlsContext, found: Effective) -> Iterator[Problem]:
    """Weakness held back by the library alone, client certificates asked for in vain, chains read by nobody, stapling without use."""
    yield from _held_back(context, found)
    yield from _client_certificates(context)
    scope, main = context.server.scope, context.server.main
    chain = certificates.chain_file(main, scope)
    for held in context.certificate_slots.held:
        if chain is not None and held.chain is not None and held.chain.blocks > 1 and not chain.unknown:
            message = f"with SSLCertificateChainFile the further certificates in {held.entry.value.written} are not read"
            related = (Label(chain.span, "the chain is taken from here"),)
            yield Problem("setting-ignored-here", message, held.entry.span, "only its first certificate is read", related=related)
        leaf = held.chain.leaf if held.chain else None
        if leaf is not None and leaf.must_staple and not context.stapling.value and not context.stapling.reason:
            message = f"the certificate in {held.entry.value.written} demands stapling, and SSLUseStapling is off: some browsers refuse it"
            yield Problem("stapling-broken", message, held.entry.span, "must-staple")
        stapling = context.stapling
        if leaf is None or leaf.has_ocsp or leaf.self_signed or not stapling.value or stapling.reason or stapling.entry is None:
            continue
        if not merged(main, scope, "sslstaplingforceurl").is_set:
            message = f"the certificate in {held.entry.value.written} names no OCSP server, so there is nothing to staple"
            yield Problem("stapling-useless", message, stapling.entry.span, "no effect")


def _held_back(context: TlsContext, found: Effective) -> Iterator[Problem]:
    pick = context.protocol_words
    if pick.entry is None or pick.reason or found.range_from is not context or found.offer is None:
        return
    back = [held for held in found.offer.held_back if held.by_library and held.version < 0x0303]
    if back and found.offer.versions:
        words = spoken(held.version for held in back)
        are, come = ("is", "it comes") if len(back) == 1 else ("are", "they come")
        held = f"{words} {are} switched on here and only held back by OpenSSL ({back[0].reason})"
        message = f"{held}: {come} back with another library or level"
        remedy = mends.arguments(pick.entry.node, protocol.written(found.offer.versions))
        yield Problem("held-back-by-library", message, pick.entry.span, f"switches {words} on", remedy=remedy)


def _client_certificates(context: TlsContext) -> Iterator[Problem]:
    main, scope = context.server.main, context.server.scope
    verify = context.verify
    if verify.entry is not None and not verify.reason and str(verify.value).startswith("optional"):
        inside = in_sections([*main.sections, *scope.sections], "sslverifyclient", "sslrequire", "require", "ssloptions", "rewritecond")
        directly = [entry.node for slot in ("ssloptions", "rewriterule") for entry in (*main.of(slot), *scope.of(slot))]
        enforced = any(
            "SSL_CLIENT" in node.args
            or "ssl-verify-client" in node.args
            or "FakeBasicAuth" in node.args
            or node.lower == "sslrequire"
            or (node.lower == "sslverifyclient" and "require" in node.args.lower())
            for node in (*inside, *directly)
        )
        conditions = in_sections([main.section, scope.section], "rewritecond", "header", "requestheader", "sslusername")
        if not enforced and not any("SSL_CLIENT" in node.args or node.lower == "sslusername" for node in conditions):
            message = "client certificates are asked for, and nothing here demands or looks at one"
            remedy = mends.arguments(verify.entry.node, "require", "whoever has no certificate loses access")
            yield Problem("client-certificate-not-enforced", message, verify.entry.span, "asked for and never required", remedy=remedy)
    for slot in ("sslcarevocationfile", "sslcarevocationpath"):
        lists = merged(main, scope, slot)
        if lists.entry is None or lists.reason:
            continue
        check = merged(main, scope, "sslcarevocationcheck")
        if not check.reason and check.value in (None, "none"):
            message = "revocation lists are given and never checked: SSLCARevocationCheck is none"
            check_all = mends.line_below(lists.entry.node, "SSLCARevocationCheck chain", "certificates without a list at hand are refused")
            yield Problem("client-certificate-not-enforced", message, lists.entry.span, "never checked", remedy=check_all)
