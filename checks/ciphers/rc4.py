"""RC4 suites are offered.

The RC4 key stream is biased; with enough traffic passwords and cookies can be read.

Use instead: a list without RC4.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: on a public MX with opportunistic TLS the finding is a warning: the alternative there is plain text. Most current library
builds have no RC4, and then nothing is reported.
References: RFC 7465; RFC 9325 section 4.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite


class Rc4(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS204"
    name = "rc4"
    severity = Severity.ERROR

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:RC4"', why="the library build has no RC4 suite"),
        good("dovecot", "ssl_cipher_list = ALL:RC4", why="this library has no RC4 any more"),
        bad("slapd", "TLSCipherSuite «NORMAL:+ARCFOUR-128»", "RC4", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL", target="debian-12"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = «medium»",
            "RC4",
            service="submission",
            target="rhel-7",
        ),
        good("postfix", "smtpd_tls_mandatory_ciphers = medium", why="the library build has no RC4 suite", service="submission"),
        good(
            "postfix",
            "smtpd_tls_mandatory_ciphers = medium\nsmtpd_tls_exclude_ciphers = RC4",
            service="submission",
            target="rhel-7",
        ),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """RC4 of any size."""
        return [suite for suite in suites if suite.cipher == "RC4"]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        found = self.found(endpoint)
        if found:
            severity = Severity.WARNING if endpoint.is_opportunistic_mx else self.severity
            yield self.offers(endpoint, found, "RC4 suites", "a list without RC4", severity=severity)
