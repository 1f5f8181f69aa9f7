"""One listener or one outgoing connection, and all that is known of its TLS."""

from enum import Enum
from typing import NamedTuple

from tlslint.model.certificate import Certificate
from tlslint.model.source import Span
from tlslint.model.suites import Group, Suite
from tlslint.model.values import NOT_SET, Known, Origin, Value
from tlslint.model.versions import TlsVersion


class Role(Enum):
    """Which side of the connection is configured here."""

    SERVER = "server"
    CLIENT = "client"


class TlsMode(Enum):
    """When TLS begins (the words of effective.schema.json)."""

    NONE = "none"
    STARTTLS = "starttls"
    STARTTLS_REQUIRED = "starttls-required"
    IMPLICIT = "implicit"


class CipherString(NamedTuple):
    """The cipher configuration as the library gets it.

    `text` is written at `span` byte for byte (a finding can underline one word of it); `span` None: a default, or put together from parts.
    `build` is the library build that reads it (`openssl@3.0`, `gnutls@3.7.9`); `evaluated` is what really goes in, with what the server
    adds to it. `setting` names it to people.
    """

    text: str
    build: str
    span: Span | None = None
    evaluated: str = ""
    setting: str = ""


class HeaderText(NamedTuple):
    """The text of a header line as configured. `span` holds just these bytes; None where escapes or an expression make it another text."""

    text: str
    span: Span | None = None


class Redirect(NamedTuple):
    """How a plain HTTP site sends visitors on: what `/` and a page below it are answered with, and the bytes that say so.

    `deep_location` is "" when the page is answered without a redirect.
    """

    status: int
    location: str
    deep_location: str
    page: str
    span: Span | None = None


class Http(NamedTuple):
    """What a web server's answers carry: Strict-Transport-Security lines by class of response, in order; redirect to HTTPS."""

    hsts_success: Value[tuple[str, ...]] = NOT_SET
    hsts_error: Value[tuple[str, ...]] = NOT_SET
    hsts_redirect: Value[tuple[str, ...]] = NOT_SET
    redirects_to_https: Value[bool | None] = NOT_SET
    hsts_written: tuple[HeaderText, ...] = ()
    """Texts of the lines behind the values above, where a finding can underline single characters."""
    redirect: Redirect | None = None
    """Of a site without TLS that redirects."""
    loop: Span | None = None
    """The bytes that redirect an HTTPS page to itself."""


class Endpoint(NamedTuple):
    """One endpoint.

    Values are what a client that can do everything could negotiate: cipher list ∩ versions ∩ library build ∩ security level ∩ keys.
    `name` is how its administrator would call it ("www.example.org:443", "submission (587)"); `anchor` is the place that makes the
    endpoint (the `<VirtualHost>` line, the master.cf line), used when a value has no bytes of its own.
    `NOT_SET` (known None) means the question does not arise here.
    """

    name: str
    role: Role
    protocol: str
    anchor: Span
    address: Value[str | None] = NOT_SET
    port: Value[int | None] = NOT_SET
    server_names: Value[tuple[str, ...] | None] = NOT_SET
    tls: Value[TlsMode] = Known(TlsMode.NONE)
    tls_works: Value[bool | None] = NOT_SET
    """False when TLS is configured and every handshake fails; `tls_failure` says why and what happens to the traffic."""
    tls_failure: str = ""
    versions: Value[frozenset[TlsVersion]] = Known(frozenset())
    cipher_suites: Value[tuple[Suite, ...]] = Known(())
    """TLS 1.3 first, then the rest, each in the order of preference."""
    cipher_string: CipherString | None = None
    """Where the suites below TLS 1.3 come from, when one string decides; formats fill it where they can."""
    groups: Value[tuple[Group, ...] | None] = NOT_SET
    server_order: Value[bool | None] = NOT_SET
    security_level: Value[int | None] = NOT_SET
    compression: Value[bool | None] = NOT_SET
    insecure_renegotiation: Value[bool | None] = NOT_SET
    session_tickets: Value[bool | None] = NOT_SET
    ocsp_stapling: Value[bool | None] = NOT_SET
    certificates: tuple[Certificate, ...] = ()
    client_certificate: Value[str | None] = NOT_SET
    """`none`, `optional` or `required`."""
    dh_bits: Value[int | None] = NOT_SET
    cleartext_login: Value[bool | None] = NOT_SET
    """Would a password be looked at before TLS?"""
    peer_verification: Value[str | None] = NOT_SET
    """Client role: `none`, `certificate`, or `certificate and name`."""
    is_opportunistic_mx: bool = False
    """Mail from strangers on port 25 where a refused handshake falls back to plain text (RFC 7435 section 3)."""
    http: Http | None = None
    origins: tuple[tuple[str, tuple[Origin, ...]], ...] = ()
    """Origins of fields that are not Values (certificates, names): pairs of field name and origins."""
