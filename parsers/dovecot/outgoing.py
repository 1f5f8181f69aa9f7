"""Connections that Dovecot opens itself: the submission relay, and mail storage on another server (imapc, pop3c).

Source: src/submission/submission-backend-relay.c, src/lib-storage/index/{imapc/imapc-settings.c,pop3c/pop3c-settings.c},
src/lib-imap-client/imapc-connection.c, src/lib-smtp/smtp-client-connection.c: with `starttls` a server that does not offer it is not used.
Proxying to a backend that a passdb names is decided at login and not known from files.
"""

from collections.abc import Iterator

from tlslint.model import Endpoint, Known, Origin, Role, TlsMode, Unknown, Value
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.dovecot.filters import Connection
from tlslint.parsers.dovecot.listeners import protocols
from tlslint.parsers.dovecot.tls import Judge

_MODES = {
    "no": TlsMode.NONE,
    "starttls": TlsMode.STARTTLS_REQUIRED,
    "imaps": TlsMode.IMPLICIT,
    "pop3s": TlsMode.IMPLICIT,
    "smtps": TlsMode.IMPLICIT,
}


class _Client(Struct):
    """The settings of one kind of connection: their common beginning, whom it speaks for, what it speaks, its default port."""

    prefix: str
    serves: str
    speaks: str
    title: str
    port: int


_CLIENTS = (
    _Client("submission_relay", "submission", "smtp", "submission relay", 25),
    _Client("imapc", "imap", "imap", "imapc", 143),
    _Client("pop3c", "pop3", "pop3", "pop3c", 110),
)


def clients(judge: Judge) -> Iterator[Endpoint]:
    """One endpoint for each kind of connection that has a host to go to."""
    served, _ = protocols(judge.tree)
    for client in _CLIENTS:
        connection = Connection(client.serves, side="client")
        host = judge.value(f"{client.prefix}_host", connection)
        if not isinstance(host, Known) or not host.value or not host.origins or host.origins[0].span is None:
            continue
        if client.prefix == "submission_relay" and client.serves not in served:
            continue
        yield _endpoint(judge, client, connection, host)


def _endpoint(judge: Judge, client: _Client, connection: Connection, host: Value[str | None]) -> Endpoint:
    anchor = host.origins[0].span
    assert anchor is not None  # noqa: S101 (asked above)
    name = host.value if isinstance(host, Known) else ""
    port = judge.value(f"{client.prefix}_port", connection)
    said_port = whole(port.value or "") if isinstance(port, Known) else None
    number = client.port if said_port is None else said_port
    said = judge.value(f"{client.prefix}_ssl", connection)
    mode: Value[TlsMode] = (
        Unknown(said.reason, said.origins) if isinstance(said, Unknown) else Known(_MODES[said.value or "no"], said.origins)
    )
    endpoint = Endpoint(
        f"{client.title} {name}:{number}",
        Role.CLIENT,
        client.speaks,
        anchor,
        address=Known(name, host.origins),
        port=Known(number, port.origins),
        tls=mode,
        cleartext_login=_sends_password(judge, client, connection, mode),
    )
    if mode.holds(TlsMode.NONE):
        return endpoint
    return judge.outgoing(endpoint, connection)._replace(peer_verification=_verification(judge, client, connection))


def _sends_password(judge: Judge, client: _Client, connection: Connection, mode: Value[TlsMode]) -> Value[bool | None]:
    """imapc and pop3c always log in; the relay where it has a user."""
    if client.prefix == "submission_relay":
        user = judge.value("submission_relay_user", connection)
        if not (isinstance(user, Known) and user.value):
            return Known(None)
    return Known(mode.holds(TlsMode.NONE), mode.origins) if isinstance(mode, Known) else Unknown(mode.reason, mode.origins)


def _verification(judge: Judge, client: _Client, connection: Connection) -> Value[str | None]:
    """Checked in full unless a setting says no: its own, or the one for all connections."""
    origins: list[Origin] = []
    for key in (f"{client.prefix}_ssl_verify", "ssl_client_require_valid_cert"):
        value = judge.value(key, connection)
        if isinstance(value, Unknown):
            return Unknown(value.reason, value.origins)
        if value.value is not None and value.value.lower() == "no":
            return Known("none", value.origins)
        origins += value.origins
    return Known("certificate and name", tuple(origins))
