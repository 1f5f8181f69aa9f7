"""The cipher string selects nothing or is refused: every handshake below TLS 1.3 fails.

A string that ends up empty is an error for the library; servers then keep an old list, offer TLS 1.3 only, or fail every handshake.

Use instead: a list that selects something on the library in use.
Fix safety: safe, nothing works today.
Limits: where the daemon refuses to start for it, the finding is TLS901 instead.
References: SSL_CTX_set_cipher_list(3); each server's page in the documentation.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue


class NoCipherLeft(EndpointRule):
    """Looks at endpoints with versions to offer and no suite to go with them."""

    code = "TLS212"
    name = "no-cipher-left"
    severity = Severity.ERROR

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL"'),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
        good("slapd", "TLSCipherSuite HIGH", target="debian-13"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS that fails for want of a suite."""
        if self.instance.starts.holds(False) or not endpoint.tls_works.holds(False):
            return
        string = endpoint.cipher_string
        if endpoint.cipher_suites.holds(()) and string is not None and endpoint.versions.surely:
            yield self.finding(
                endpoint,
                string.span if string.span is not None else endpoint.cipher_suites,
                f"no cipher suite is left on {endpoint.name}: every handshake fails",
                remedy=SetValue("cipher_suites", None, "a list that selects something on this library"),
            )
