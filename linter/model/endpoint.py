"""One listener or one outgoing connection, and all that is known of its TLS."""

from enum import Enum

from tlslint.model.certificate import Certificate
from tlslint.model.source import Span
from tlslint.model.struct import Struct
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


class CipherString(Struct):
    """The cipher configuration as the library gets it.

    `text` is written at `span` byte for byte (a finding can underline one word of it); `span` None: a default, or put together from parts.
    `build` is the library build that reads it (`openssl@3.0`, `gnutls@3.7.9`); `evaluated` is what really goes in, with what the server
    adds to it. `setting` names it to people. `has_tls13`: names of TLS 1.3 suites in it choose those (slapd from 2.5).
    """

    text: str
    build: str
    span: Span | None = None
    evaluated: str = ""
    setting: str = ""
    has_tls13: bool = False

    def place(self, start: int, end: int) -> Span | None:
        """The bytes of characters `start` to `end` of the text; None where it is not written as one piece."""
        if self.span is None or self.span.text != self.text:
            return None
        first = self.span.start + len(self.text[:start].encode(self.span.file.encoding))
        return Span(self.span.file, first, first + len(self.text[start:end].encode(self.span.file.encoding)))


class HeaderLine(Struct):
    """A header line as configured: Strict-Transport-Security and the headers that came and went beside it.

    `name` in lower case; `text`: its value as it is sent; None where it hangs on the request. `span` holds just these bytes; None where
    escapes or an expression make it another text. `setting`: the whole line that says so, with its end.
    `reaches`: kinds of answers it is sent with, of `success`, `error`, `redirect`, `refusal`; `limit`: why not with the others.
    `undecided`: kinds of which nobody can tell.
    `is_open`: a quotation mark begins the value and nothing ends it, so that all that follows on the line is part of it.
    `adds`: puts a line beside what others send instead of taking its place.
    `stood`: for how many seconds the value has been there without a change, from a repository's history; None: not known.
    """

    name: str
    text: str | None
    span: Span | None
    setting: Span
    reaches: frozenset[str] = frozenset()
    limit: str = ""
    undecided: frozenset[str] = frozenset()
    is_open: bool = False
    adds: bool = False
    stood: int | None = None


class Redirect(Struct):
    """What the front page is answered with when that is a redirect, and a page below it (`page`), and the bytes that say so.

    `deep_location` is "" when the page is answered without a redirect. `ends`: where a browser that follows ends up: `elsewhere`,
    `here` (another page of this configuration), `loop`, `loop unless forwarded` (by a proxy that says it spoke HTTPS).
    `target` holds the URL as written; None where it is put together. `name`: who was asked for; where the site has no name of its own,
    `ANY_NAME` stands for it, in locations too.
    """

    status: int
    location: str
    deep_location: str
    page: str
    ends: str = "elsewhere"
    span: Span | None = None
    target: Span | None = None
    name: str = ""


ANY_NAME = "NAME"
"""Whatever name a visitor asks for."""


class Http(Struct):
    """What a web server's answers carry: Strict-Transport-Security lines by class of response, in order; redirect to HTTPS.

    Where it is not known whether TLS is spoken (a file that was found alone), lines are those of HTTPS, redirects those of HTTP.
    """

    hsts_success: Value[tuple[str, ...]] = NOT_SET
    hsts_error: Value[tuple[str, ...]] = NOT_SET
    hsts_redirect: Value[tuple[str, ...]] = NOT_SET
    redirects_to_https: Value[bool | None] = NOT_SET
    front_page: Value[int | None] = NOT_SET
    """Status of the front page."""
    headers: tuple[HeaderLine, ...] = ()
    """Lines of the headers that are judged by their text, in the order in which they are written."""
    redirect: Redirect | None = None
    """How visitors of the front page are sent on; None: they are not, or it is not known."""
    astray: tuple[Redirect, ...] = ()
    """By name: what sends visitors from HTTPS to plain HTTP, and what never ends for another name than the first."""
    redirects_by_name: tuple[tuple[str, bool], ...] = ()
    """Further names, in lower case: are visitors surely sent to HTTPS, or surely served a page, other than those of the first name?"""


class Endpoint(Struct):
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
    """Client role: `none`, `name` (whoever issued it), `certificate`, or `certificate and name`."""
    is_opportunistic_mx: bool = False
    """Mail where a refused handshake falls back to plain text: from strangers on port 25 (RFC 7435 section 3), or on loopback."""
    http: Http | None = None
    left_to_peer: frozenset[str] = frozenset()
    """Fields of which nothing is chosen on this side: all that the library has is offered, and the other side decides."""
    origins: tuple[tuple[str, tuple[Origin, ...]], ...] = ()
    """Origins of fields that are not Values (certificates, names): pairs of field name and origins."""

    def chosen(self) -> "Endpoint":
        """The endpoint as rules judge it: as if what is left to the other side were not offered at all."""
        if not self.left_to_peer:
            return self
        return self._replace(**{field: self._field_defaults[field] for field in self.left_to_peer})
