"""Passwords are accepted before TLS.

A client that does not ask for TLS, or from whose connection somebody removed STARTTLS, sends its password for everybody to read.

Use instead: no authentication before TLS.
Fix safety: unsafe, clients configured for plain text lose access until they are changed.
Limits: listeners on loopback are not reported; a service that is plain text altogether is TLS401.
References: RFC 8314 section 3; RFC 9325 section 3.2.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue


class CleartextLogin(EndpointRule):
    """Looks at listeners that take a password in the clear."""

    code = "TLS402"
    name = "cleartext-login"
    severity = Severity.CRITICAL

    examples = [
        bad(
            "postfix",
            "smtpd_tls_security_level = may\nsmtpd_sasl_auth_enable = «yes»\nsmtpd_tls_auth_only = no",
            "passwords",
            service="smtp",
        ),
        good(
            "postfix",
            "smtpd_tls_security_level = may\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes",
            service="smtp",
        ),
        bad("slapd", "loglevel none", "in the clear"),
        good("slapd", "security simple_bind=128"),
        good("slapd", "disallow bind_simple"),
        good("slapd", "loglevel none", why="nothing but TLS and the local socket is open", urls="ldaps:/// ldapi:///"),
        bad("dovecot", "ssl = yes\ndisable_plaintext_auth = «no»", "passwords"),
        good("dovecot", "ssl = required\ndisable_plaintext_auth = no", why="with ssl = required it has no effect"),
        bad("dovecot", "auth_allow_cleartext = «yes»", "passwords", target="debian-13"),
        bad("dovecot", "ssl = required\nlogin_trusted_networks = «0.0.0.0/0»", "passwords"),
        bad("courier", "IMAP_TLS_REQUIRED=«0»", "passwords"),
        bad("courier", "IMAP_TLS_REQUIRED=«yes»", "passwords"),
        good("courier", "IMAP_TLS_REQUIRED=1"),
        bad("courier", 'ESMTPAUTH=«"PLAIN LOGIN"»', "passwords", place="esmtpd"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Passwords looked at before TLS."""
        if endpoint.cleartext_login.holds(True) and not is_local(endpoint) and not self.instance.starts.holds(False):
            yield self.finding(
                endpoint,
                endpoint.cleartext_login,
                f"{endpoint.name} takes passwords in the clear",
                remedy=SetValue("cleartext_login", False, "no login before TLS", unsafe="clients configured for plain text lose access"),
            )
