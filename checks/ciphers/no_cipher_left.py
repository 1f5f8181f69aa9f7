"""The cipher string selects nothing or is refused: every handshake below TLS 1.3 fails.

A string that ends up empty is an error for the library; servers then keep an old list, offer TLS 1.3 only, or fail every handshake.

Use instead: a list that selects something on the library in use.
Fix safety: safe, nothing works today.
Limits: where the daemon refuses to start for it, the finding is TLS901 instead.
References: SSL_CTX_set_cipher_list(3); each server's page in the documentation.
"""

from collections.abc import Iterator

from tlslint.checks.ciphers.words import better_list, other_language
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity


class NoCipherLeft(EndpointRule):
    """Looks at endpoints with versions to offer and no suite to go with them."""

    code = "TLS212"
    name = "no-cipher-left"
    severity = Severity.ERROR

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL"'),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
        good("slapd", "TLSCipherSuite HIGH", target="debian-13"),
        bad("ldap-client", "TLS_CIPHER_SUITE «HIHG»", "every handshake fails", target="debian-13"),
        good("ldap-client", "TLS_CIPHER_SUITE NORMAL", target="debian-13", why="it is written for GnuTLS, which is told"),
        bad("dovecot", "ssl_cipher_list = «nonsense»", "every handshake fails"),
        good("dovecot", "ssl_cipher_list = HIGH:!aNULL"),
        bad("courier", "TLS_PRIORITY=«NONE»", "every handshake fails"),
        good("courier", "TLS_PRIORITY=SECURE128"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «HIGH:!aNULL»", "no cipher grade", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS that fails for want of a suite."""
        string = endpoint.cipher_string
        if self.instance.starts.holds(False) or not endpoint.tls_works.holds(False) or (string is not None and other_language(string)):
            return
        fails_for_suites = endpoint.versions.surely or (endpoint.cipher_suites.origins and not endpoint.versions.origins)
        if endpoint.cipher_suites.holds(()) and string is not None and fails_for_suites:
            yield self.finding(
                endpoint,
                string.span if string.span is not None else endpoint.cipher_suites,
                f"no cipher suite is left on {endpoint.name}: every handshake fails"
                + (f"; {endpoint.tls_failure}" if endpoint.tls_failure else ""),
                remedy=better_list(self.profiles, "a list that selects something on this library"),
            )
