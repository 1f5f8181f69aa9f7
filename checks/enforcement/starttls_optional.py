"""STARTTLS is offered and not required.

Somebody in between can remove the offer; a client that goes on regardless then works in plain text.

Use instead: require TLS, and offer TLS from the first byte beside it.
Fix safety: unsafe, clients that do not use STARTTLS lose access.
Limits: a public MX on port 25 must not require TLS and is not reported; where no password is taken before TLS the finding is
information.
References: RFC 8314 sections 3 and 4; RFC 9325 section 3.2.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity, TlsMode
from tlslint.model.remedy import SetValue


class StarttlsOptional(EndpointRule):
    """Looks at listeners for users' programs."""

    code = "TLS403"
    name = "starttls-optional"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "smtpd_tls_security_level = «may»", "does not require", service="submission"),
        good("postfix", "smtpd_tls_security_level = encrypt", service="submission"),
        good("postfix", "smtpd_tls_security_level = may", why="a public MX must take mail without TLS", service="smtp"),
        bad("slapd", "loglevel none", "does not require"),
        good("slapd", "security tls=1"),
        bad("dovecot", "ssl = «yes»\nauth_mechanisms = plain cram-md5", "does not require"),
        good("dovecot", "ssl = required"),
        bad("courier", "IMAP_TLS_REQUIRED=0", "does not require"),
        good("courier", "IMAP_TLS_REQUIRED=1"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Optional STARTTLS on mail access, submission and directory ports."""
        if not endpoint.tls.holds(TlsMode.STARTTLS) or is_local(endpoint) or self.instance.starts.holds(False):
            return
        if endpoint.protocol == "smtp" and not endpoint.port.holds(587):
            return
        if endpoint.protocol not in ("smtp", "imap", "pop3", "managesieve", "ldap"):
            return
        yield self.finding(
            endpoint,
            endpoint.tls,
            f"{endpoint.name} offers STARTTLS and does not require it",
            severity=Severity.INFO if endpoint.cleartext_login.holds(False) and endpoint.protocol != "smtp" else self.severity,
            remedy=SetValue("tls", TlsMode.STARTTLS_REQUIRED, "require TLS", unsafe="clients that do not use STARTTLS lose access"),
        )
