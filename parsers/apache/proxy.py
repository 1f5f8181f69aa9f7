"""The client side: what httpd demands of the https servers it passes requests on to.

Sources: ssl_engine_config.c (SSLProxy*), ssl_init_proxy_ctx, ssl_callback_SSLVerify and the checks of ssl_io_filter_handshake in
modules/ssl of httpd 2.4; modules/proxy/mod_proxy.c (add_pass, add_member); the runs told in the specification (seen on 2.4.71).
"""

import re

from tlslint.crypto import negotiation, openssl
from tlslint.model import Endpoint, How, Known, Origin, Role, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite
from tlslint.model.versions import TlsVersion
from tlslint.parsers.apache import protocol
from tlslint.parsers.apache.certificates import Reader
from tlslint.parsers.apache.context import DEFAULT_LIST, distribution_hint, of_distribution
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.scopes import Pick, RefusedError, Scope, last, merged
from tlslint.parsers.apache.settings import in_sections, suffixed
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node, Section
from tlslint.parsers.apache.vhosts import Server

_TARGET = re.compile(r"^(?:https|wss|h2)://(\[[^\]]*\]|[^/:?#]*)(?::([0-9]{1,9}))?", re.IGNORECASE)


class Outgoing(Struct):
    """One https target. `section`: the `<Proxy>` it stands in, or that matches it."""

    server: Server
    word: Word
    host: str
    port: int
    section: Section | None


def targets(servers: list[Server]) -> list[Outgoing]:
    """Every https target in ProxyPass, ProxyPassMatch, BalancerMember and RewriteRule […,P], once per server."""
    found: dict[tuple[Server, str, int], Outgoing] = {}
    for server in servers:
        nodes: list[tuple[Node, Section | None]] = [
            (entry.node, None) for slot in ("proxypass", "proxypassmatch") for entry in server.scope.of(slot) if not entry.unknown
        ]
        for section in server.scope.sections:
            own = section if section.lower in ("proxy", "proxymatch") else None
            nodes += [
                (node, own)
                for node in in_sections([section], "proxypass", "proxypassmatch", "balancermember")
                if not node.condition and not node.unknown
            ]
        nodes += [(entry.node, None) for entry in server.scope.of("rewriterule") if not entry.unknown and _passes_on(entry.value)]
        for node, around in nodes:
            for word in node.words[:2]:
                match = _TARGET.match(word.text)
                if match is None:
                    continue
                host, port = match[1].strip("[]"), int(match[2] or 443)
                if host and "$" not in host:
                    found.setdefault((server, host, port), Outgoing(server, word, host, port, around))
                break
    return list(found.values())


def _passes_on(words: tuple[Word, ...]) -> bool:
    """Does a RewriteRule carry the flag P?"""
    flags = words[2].text.strip("[]").split(",") if len(words) > 2 else []
    return any(flag.strip().lower() in ("p", "proxy") for flag in flags)


class _Settings:
    """SSLProxy* for one target: main server, virtual host, then the `<Proxy>` sections that match it (2.4.30 and later)."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._server = outgoing.server
        self._proxies = [scope for scope in outgoing.server.scope.proxies if _applies(scope.section, outgoing)]

    def pick(self, slot: str) -> Pick:
        """The value that counts."""
        for scope in reversed(self._proxies):
            own = last(scope, slot)
            if own.is_set or own.reason:
                return own
        return merged(self._server.main, self._server.scope, slot)


def _applies(section: Section, outgoing: Outgoing) -> bool:
    if section is outgoing.section:
        return True
    if section.lower != "proxy" or not section.words:
        return False
    pattern = section.words[0].text
    if pattern == "*":
        return True
    match = _TARGET.match(pattern)
    return match is not None and match[1].strip("[]").lower() == outgoing.host.lower() and int(match[2] or 443) == outgoing.port


def endpoints(servers: list[Server], software: Software, reader: Reader) -> tuple[list[Endpoint], list[tuple[Server, RefusedError]]]:
    """Endpoints of the client role, and what keeps httpd from starting."""
    found = [_endpoint(outgoing, software, reader) for outgoing in targets(servers)]
    refused: list[tuple[Server, RefusedError]] = []
    for server in servers:
        for scope in (server.scope, *server.scope.proxies):
            if any(slot.startswith("sslproxy") for slot in scope.entries):
                refused.extend((server, fault) for fault in _faults(server, scope, software, reader))
    return found, refused


def _faults(server: Server, scope: Scope, software: Software, reader: Reader) -> list[RefusedError]:
    """What ssl_init_proxy_ctx refuses where SSLProxyEngine is on: no version, no cipher, lists that hold nothing."""

    def pick(slot: str) -> Pick:
        own = last(scope, slot)
        return own if own.is_set or own.reason else merged(server.main, server.scope, slot)

    engine = pick("sslproxyengine")
    if engine.value is not True or engine.reason:
        return []
    found = []
    versions = pick("sslproxyprotocol")
    if versions.entry is not None and not versions.reason and not versions.value.versions:
        found.append(RefusedError("this leaves no version at all, so httpd does not start", versions.entry.span, "no version left"))
    ciphers = pick("sslproxyciphersuite")
    if ciphers.entry is not None and not ciphers.reason and software.build is not None:
        string = of_distribution(ciphers.value.string, software, reader)[0]
        listed = openssl.evaluate(string, software.build, level=software.level)
        if not listed.accepted:
            hint = distribution_hint(ciphers.value.word.text)
            message = f"OpenSSL refuses this list ({listed.error}), so httpd does not start{hint}"
            found.append(RefusedError(message, ciphers.value.word.span, listed.error or ""))
    check = pick("sslproxycarevocationcheck")
    lists = [pick("sslproxycarevocationfile"), pick("sslproxycarevocationpath")]
    if check.entry is not None and not check.reason and check.value != "none" and not any(one.is_set or one.reason for one in lists):
        message = "revocation lists are demanded and no SSLProxyCARevocationFile or Path is set, so httpd does not start"
        found.append(RefusedError(message, check.entry.span))
    authorities = pick("sslproxycacertificatefile")
    if authorities.entry is not None and not authorities.reason and authorities.value.state == "there":
        data = reader.chain(authorities.value.path)[1]
        if data and b"CERTIFICATE-----" not in data:
            message = f"{authorities.value.written} holds no certificate, so httpd does not start"
            found.append(RefusedError(message, authorities.entry.span))
    return found


def _endpoint(outgoing: Outgoing, software: Software, reader: Reader) -> Endpoint:
    settings = _Settings(outgoing)
    engine = settings.pick("sslproxyengine")
    works: Value[bool | None] = Known(True)
    failure = ""
    if engine.reason:
        works = Unknown(engine.reason)
    elif engine.value is not True:
        origins = engine.origins(f"default of {software.name}: off")
        works = Known(False, origins)
        failure = "SSLProxyEngine is off, so every request to it ends in an error (AH01961)"
    verify, reason = _verification(settings, software)
    has_ca = any(settings.pick(slot).is_set for slot in ("sslproxycacertificatefile", "sslproxycacertificatepath"))
    if verify.value in ("certificate", "certificate and name") and not reason and not has_ca:
        ca_doubt = next((settings.pick(slot).reason for slot in ("sslproxycacertificatefile", "sslproxycacertificatepath")), "")
        works = Unknown(ca_doubt) if ca_doubt else Known(False, verify.origins)
        failure = "certificates must verify and there is no SSLProxyCACertificateFile or Path to verify them with, so every request fails"
    versions, suites = _offered(settings, software, reader)
    where = outgoing.server.names[0] if outgoing.server.names else "the main server" if outgoing.server.is_main else "a virtual host"
    return Endpoint(
        f"{outgoing.host}:{outgoing.port} (proxied by {where})",
        Role.CLIENT,
        "http",
        outgoing.word.span,
        address=Known(outgoing.host, (Origin(How.WRITTEN, outgoing.word.span),)),
        port=Known(outgoing.port, (Origin(How.WRITTEN, outgoing.word.span),)),
        tls=Known(TlsMode.IMPLICIT, (Origin(How.WRITTEN, outgoing.word.span),)),
        tls_works=works,
        tls_failure=failure,
        versions=versions,
        cipher_suites=suites,
        peer_verification=verify if not reason else Unknown(reason, verify.origins),
    )


def _verification(settings: _Settings, software: Software) -> tuple[Known[str | None], str]:
    """SSLProxyVerify and the checks of the name, which run even where the chain is not verified (modules/ssl/ssl_engine_io.c)."""
    verify = settings.pick("sslproxyverify")
    name, common = settings.pick("sslproxycheckpeername"), settings.pick("sslproxycheckpeercn")
    reason = verify.reason or name.reason or common.reason
    chain = verify.value in ("required", "optional")
    by_name = name.value is not False and (common.value is not False or name.value is True)
    by_common_name = not by_name and common.value is True
    origins = verify.origins(f"default of {software.name}: SSLProxyVerify none")
    if not chain:
        return Known("none", origins), reason
    if by_name or by_common_name:
        return Known("certificate and name", origins), reason
    off = tuple(origin for pick in (name, common) if pick.value is False for origin in pick.origins())
    return Known("certificate", (*off, *origins)), reason


def _offered(settings: _Settings, software: Software, reader: Reader) -> tuple[Value[frozenset[TlsVersion]], Value[tuple[Suite, ...]]]:
    pick = settings.pick("sslproxyprotocol")
    origins = pick.origins(f"default of {software.name}: all -SSLv3")
    ciphers, tls13 = settings.pick("sslproxyciphersuite"), settings.pick("sslproxyciphersuite tlsv1.3")
    cipher_origins = ciphers.origins(f"default of {software.name}: DEFAULT") + tls13.origins()
    reason = pick.reason or ("the TLS library is not known" if software.build is None else "")
    chosen = pick.value.versions if pick.value is not None else protocol.default(software)
    if reason or not chosen or software.build is None:
        return (Unknown(reason, origins) if reason else Known(frozenset(), origins)), Unknown(
            reason or "no version is left", cipher_origins
        )
    string = ciphers.value.string if ciphers.value is not None else suffixed(DEFAULT_LIST, software)
    string, unseen = of_distribution(string, software, reader)
    listed = openssl.evaluate(string, software.build, tls13=tls13.value.string if tls13.value is not None else None, level=software.level)
    offer = negotiation.negotiable(
        negotiation.OpenSslServer(software.build, listed, protocol.told(chosen, software).within(software.versions), software.level, None)
    )
    doubt = ciphers.reason or tls13.reason or unseen
    suites: Value[tuple[Suite, ...]] = Unknown(doubt, cipher_origins) if doubt else Known(offer.suites, cipher_origins)
    return Known(offer.versions, origins), suites
