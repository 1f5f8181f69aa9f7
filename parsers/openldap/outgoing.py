"""Connections slapd makes itself: replication (`syncrepl`), proxies (`database ldap`, `meta`) and chaining.

Source: servers/slapd/config.c bindconf_parse(), bindconf_tls_defaults() and slap_client_connect(), servers/slapd/syncrepl.c,
servers/slapd/back-ldap/{config.c,bind.c,chain.c} of 2.5.13; slapd.conf(5), slapd-ldap(5).
"""

import re

from tlslint.model import Endpoint, How, Known, Origin, Role, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.parsers.openldap.configuration import TEMPLATE, Database, Setting, has_hole
from tlslint.parsers.openldap.tls import Judge

_ACCEPTS_ANY = ("never", "allow", "0", "3")
_NOT_WORKED_OUT = "what slapd offers as a client is not worked out"


class Keyword(Struct):
    """One `name=value` of a long directive."""

    value: str
    span: Span


class Peer(Struct):
    """One outgoing connection as it is written. `demand`: what `starttls=` or `tls` asks for: no, yes, critical."""

    name: str
    uri: str
    anchor: Span
    uri_span: Span
    demand: str
    demand_span: Span | None
    keywords: dict[str, Keyword]
    sends_password: bool
    password_span: Span | None


def endpoints(judge: Judge) -> list[Endpoint]:
    """Every outgoing connection, in the order of the databases."""
    found: list[Endpoint] = []
    for database in judge.configuration.databases:
        for setting in database.all("syncrepl"):
            peer = _replication(setting)
            if peer is not None:
                found.append(_endpoint(peer))
        found += [_endpoint(peer) for peer in _proxies(database)]
    found += [_endpoint(peer) for peer in _chains([*judge.configuration.overall, *_settings(judge)])]
    return found


def keywords(setting: Setting) -> dict[str, Keyword]:
    """`name=value` words, names in lower case; the last of each counts. `tls_reqcert=never` as {"tls_reqcert": …}."""
    found: dict[str, Keyword] = {}
    for word, span in zip(setting.arguments, setting.spans, strict=False):
        name, equals, value = word.partition("=")
        if equals:
            at = span.data.find(b"=")
            found[name.lower()] = Keyword(value.strip('"'), Span(span.file, span.start, span.end) if at == -1 else span)
    return found


def _settings(judge: Judge) -> list[Setting]:
    return [setting for database in judge.configuration.databases for setting in database.settings if setting.name.startswith("chain-")]


def _replication(setting: Setting) -> Peer | None:
    said = keywords(setting)
    provider = said.get("provider")
    if provider is None:
        return None
    demand = said.get("starttls")
    rid = said["rid"].value if "rid" in said else ""
    password = said.get("credentials")
    return Peer(
        f"syncrepl {rid} to {provider.value}".replace("  ", " "),
        provider.value,
        setting.span,
        provider.span,
        demand.value.lower() if demand is not None else "no",
        demand.span if demand is not None else None,
        said,
        _simple(said, "simple") and password is not None,
        password.span if password is not None else None,
    )


def _proxies(database: Database) -> list[Peer]:
    """Where a proxy database sends what it is asked: everybody's passwords with it."""
    if database.kind not in ("ldap", "meta", "asyncmeta"):
        return []
    bind = next((setting for setting in reversed(database.settings) if setting.name in ("idassert-bind", "acl-bind")), None)
    mode = next((setting for setting in reversed(database.settings) if setting.name == "tls"), None)
    uris = database.all("uri")
    if database.kind == "ldap":  # one only: a later one takes its place
        uris = uris[-1:]
    return [peer for uri in uris for peer in _peers("proxy", uri, mode, bind, passes_binds=True)]


def _chains(settings: list[Setting]) -> list[Peer]:
    """`chain-uri` with what belongs to it: the chain-tls and chain-idassert-bind lines up to the next one."""
    found: list[Peer] = []
    uris = [number for number, setting in enumerate(settings) if setting.name == "chain-uri"]
    for number, start in enumerate(uris):
        end = uris[number + 1] if number + 1 < len(uris) else len(settings)
        part = settings[start:end]
        bind = next((setting for setting in part if setting.name == "chain-idassert-bind"), None)
        mode = next((setting for setting in part if setting.name == "chain-tls"), None)
        found += _peers("chain", settings[start], mode, bind, passes_binds=False)
    return found


def _peers(what: str, uri: Setting, mode: Setting | None, bind: Setting | None, *, passes_binds: bool) -> list[Peer]:
    said: dict[str, Keyword] = {}
    for setting in (bind, mode):
        if setting is not None:
            said.update(keywords(setting))
    demand, span = "no", None
    if mode is not None and mode.arguments:
        demand = {"start": "critical", "try-start": "yes", "ldaps": "ldaps", "propagate": "critical", "try-propagate": "yes"}.get(
            mode.text.lower(), "no"
        )
        span = mode.spans[0]
    starttls = said.get("starttls")
    if starttls is not None and demand == "no":
        demand, span = starttls.value.lower(), starttls.span
    password = said.get("credentials")
    sends = passes_binds or (_simple(said) and password is not None)
    where = password.span if password is not None and _simple(said) else uri.value_span
    return [
        Peer(f"{what} to {address}", address, uri.span, uri.value_span, demand, span, said, sends, where) for address in uri.text.split()
    ]


def _simple(said: dict[str, Keyword], default: str = "none") -> bool:
    """`bindmethod`; syncrepl's default is a simple bind (add_syncrepl()), that of proxies none (back-ldap/init.c)."""
    method = said.get("bindmethod")
    return (method.value.lower() if method is not None else default) == "simple"


def _endpoint(peer: Peer) -> Endpoint:
    match = re.match(r"(?i)(ldaps?|ldapi)://(\[[^\]]*\]|[^:/?]*)(?::(\d{1,9}))?", peer.uri)
    scheme = match[1].lower() if match is not None else "ldap"
    host = match[2].strip("[]") if match is not None else ""
    port = int(match[3]) if match is not None and match[3] else 636 if scheme == "ldaps" else 389
    address = "/run/slapd/ldapi" if scheme == "ldapi" else host or "localhost"
    written = (Origin(How.WRITTEN, peer.uri_span),)
    endpoint = Endpoint(
        peer.name,
        Role.CLIENT,
        "ldap",
        peer.anchor,
        address=Known(address, written),
        port=Known(None if scheme == "ldapi" else port & 0xFFFF, written),
    )
    if has_hole(peer.uri) or (peer.demand_span is not None and has_hole(peer.demand)):
        return endpoint._replace(name=peer.name, address=Unknown(TEMPLATE), port=Unknown(TEMPLATE), tls=Unknown(TEMPLATE))
    mode, origins = _mode(peer, scheme, written)
    endpoint = endpoint._replace(tls=Known(mode, origins))
    if scheme != "ldapi" and peer.sends_password and mode in (TlsMode.NONE, TlsMode.STARTTLS):
        span = peer.demand_span or peer.password_span
        where = (Origin(How.WRITTEN, span),) if span is not None else origins
        endpoint = endpoint._replace(cleartext_login=Known(True, where))
    if mode is TlsMode.NONE:
        return endpoint
    return endpoint._replace(
        peer_verification=_verification(peer),
        versions=Unknown(_NOT_WORKED_OUT),
        cipher_suites=Unknown(_NOT_WORKED_OUT),
        groups=Unknown(_NOT_WORKED_OUT),
    )


def _mode(peer: Peer, scheme: str, written: tuple[Origin, ...]) -> tuple[TlsMode, tuple[Origin, ...]]:
    said = (Origin(How.WRITTEN, peer.demand_span), *written) if peer.demand_span is not None else written
    if scheme == "ldaps" or peer.demand == "ldaps":
        return TlsMode.IMPLICIT, said
    if peer.demand == "critical":
        return TlsMode.STARTTLS_REQUIRED, said
    return (TlsMode.STARTTLS if peer.demand == "yes" else TlsMode.NONE), said


def _verification(peer: Peer) -> Value[str | None]:
    """`tls_reqcert`; without it `demand`, or what the system's ldap.conf says where no tls_ word stands at all."""
    said = peer.keywords.get("tls_reqcert")
    if said is None:
        return Known("certificate and name", (Origin(How.DEFAULT, None, "tls_reqcert=demand"),))
    origins = (Origin(How.WRITTEN, said.span),)
    return Known("none" if said.value.lower() in _ACCEPTS_ANY else "certificate and name", origins)
