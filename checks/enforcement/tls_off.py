"""A service that carries passwords or personal data speaks plain text only.

Everything, passwords included, can be read and changed on the way.

Use instead: TLS from the first byte (993, 995, 465, 636, 443), or STARTTLS that is required.
Fix safety: unsafe, clients configured for plain text have to be changed.
Limits: web sites on port 80 beside an HTTPS site, listeners on loopback and LDAP over a local socket are not reported; a public MX
without
STARTTLS is a warning.
References: RFC 8314 section 3; RFC 9325 section 3.2.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity, TlsMode
from tlslint.model.remedy import SetValue

_LOCAL = ("127.", "::1", "localhost", "[::1]", "/")
"""How addresses of loopback begin, and paths of sockets."""


class TlsOff(EndpointRule):
    """Looks at listeners of mail and directory services without TLS."""

    code = "TLS401"
    name = "tls-off"
    severity = Severity.ERROR

    examples = [
        bad("postfix", "smtpd_tls_security_level = none", "plain text", service="submission"),
        good("postfix", "smtpd_tls_security_level = encrypt", service="submission"),
        bad("slapd", "loglevel none", "plain text", certificate="none", urls="ldap:///"),
        good("slapd", "loglevel none", certificate="none", urls="ldapi:///"),
        bad("dovecot", "ssl = «no»", "plain text"),
        good("dovecot", "ssl = required"),
        bad("courier", "IMAPDSTARTTLS=«NO»", "plain text"),
        good("courier", "IMAPDSTARTTLS=YES"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Plain text on mail and directory ports that strangers can reach."""
        if endpoint.protocol in ("http", "other", "lmtp") or not endpoint.tls.holds(TlsMode.NONE) or is_local(endpoint):
            return
        if self.instance.starts.holds(False):
            return
        is_named = endpoint.port.is_known  # a main.cf alone speaks of port 25 first of all
        if endpoint.protocol == "smtp" and (
            endpoint.cleartext_login.holds(False) or not (is_named or endpoint.cleartext_login.holds(True))
        ):
            if endpoint.port.holds(25) or not is_named:
                yield self.finding(
                    endpoint,
                    endpoint.tls,
                    f"{endpoint.name} offers no STARTTLS: all incoming mail travels in plain text",
                    severity=Severity.WARNING,
                    remedy=SetValue("tls", TlsMode.STARTTLS, "offer STARTTLS"),
                )
                return
            if not endpoint.port.holds(587):
                return
        yield self.finding(
            endpoint,
            endpoint.tls,
            f"{endpoint.name} speaks plain text only",
            remedy=SetValue("tls", TlsMode.STARTTLS_REQUIRED, "require TLS", unsafe="clients configured for plain text lose access"),
        )


def is_local(endpoint: Endpoint) -> bool:
    """Reached from this machine only: loopback addresses and sockets."""
    address = endpoint.address
    if not isinstance(address, Known):
        return False
    return (address.value is not None and address.value.startswith(_LOCAL)) or endpoint.name.startswith("ldapi")
