"""What an endpoint should be, in model words. Only a format's own fixer knows how to spell it.

Every remedy has `unsafe`: who may be locked out, or what else may happen. "" means safe: nobody who is meant to get in can be locked out,
or it is a slip of the pen that the daemon passes over or refuses today. `fields` are the `Endpoint` fields it promises.
"""

from typing import Any, TypeAlias

from tlslint.model.source import Span
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion, spoken


class Edit(Struct):
    """Replace the bytes of `span` (empty span: insert) by `replacement`."""

    span: Span
    replacement: bytes


class OfferVersions(Struct):
    """Offer these versions and no other; those the software does not know are left out."""

    versions: frozenset[TlsVersion]
    unsafe: str = ""
    words: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words or f"offer {spoken(self.versions)} only"

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("versions",)


class OfferSuites(Struct):
    """Offer these suites in this order and no other; those the library does not know are left out.

    `suites` holds TLS 1.3 suites as well. A fixer leaves those alone as long as all that are offered are among these.
    """

    suites: tuple[Suite, ...]
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("cipher_suites",)


class OfferGroups(Struct):
    """Offer these groups in this order and no other; those the library does not know are left out."""

    groups: tuple[Group, ...]
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("groups",)


class SetValue(Struct):
    """Give one endpoint field one value; `words` says it to people.

    `field` is the name of the `Endpoint` field, `value` one of its values: `tls` a `TlsMode`; `server_order`, `compression`,
    `insecure_renegotiation`, `session_tickets`, `ocsp_stapling`, `cleartext_login` True or False; `security_level` a number;
    `client_certificate` none, optional, required; `peer_verification` certificate, certificate and name; `dh_bits` the least size.
    """

    field: str
    value: Any
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return (self.field,)


class SendHsts(Struct):
    """Send one Strict-Transport-Security line with every class of answer. Never adds `preload`.

    `max_age` in seconds: at most the next stage of the roll-out, or what is sent today. `keeps_preload`: only where it is sent today.
    """

    max_age: int
    has_subdomains: bool = False
    keeps_preload: bool = False
    words: str = ""
    unsafe: str = ""

    @property
    def text(self) -> str:
        """The value of the header (RFC 6797 section 6.1)."""
        return f"max-age={self.max_age}{'; includeSubDomains' if self.has_subdomains else ''}{'; preload' if self.keeps_preload else ''}"

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words or f"send Strict-Transport-Security: {self.text} with every answer"

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("http.hsts_success", "http.hsts_error", "http.hsts_redirect")


class DropHeader(Struct):
    """Send this header no more: Public-Key-Pins, Expect-CT, or Strict-Transport-Security on a site without TLS.

    `lines` are the spans of the lines that send it.
    """

    header: str
    lines: tuple[Span, ...]
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return f"remove {self.header}"

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("http.headers", *(SendHsts(0).fields if self.header.lower() == "strict-transport-security" else ()))


class RedirectToHttps(Struct):
    """Answer every request of this plain-text site with a permanent redirect to the same page of `host` over HTTPS.

    `host` "": the redirect that is there, only for good.
    """

    host: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return f"redirect permanently to https://{self.host}/" if self.host else "redirect permanently"

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("http.redirects_to_https",)


class EndRedirect(Struct):
    """Answer this TLS site's requests instead of redirecting them to it again; plain HTTP is redirected as before."""

    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return "redirect plain HTTP only"

    @property
    def fields(self) -> tuple[str, ...]:
        """What it promises."""
        return ("http.redirects_to_https",)


class Rewrite(Struct):
    """Literal edits, for a slip of the pen: the words are there, only spelt wrong."""

    edits: tuple[Edit, ...]
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words

    @property
    def fields(self) -> tuple[str, ...]:
        """It promises nothing but that the finding goes."""
        return ()


class Advice(Struct):
    """Something only a person can do (fetch a certificate, decide between two lines)."""

    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words

    @property
    def fields(self) -> tuple[str, ...]:
        """Nothing is written, so nothing is promised."""
        return ()


ModelRemedy: TypeAlias = OfferVersions | OfferSuites | OfferGroups | SetValue | SendHsts | DropHeader | RedirectToHttps | EndRedirect
"""What a fixer is asked to spell."""

Remedy: TypeAlias = ModelRemedy | Rewrite | Advice
