"""Export-grade or single-DES suites are offered.

Keys of 40 and 56 bits are broken in hours, and a client that accepts them can be forced to use them (FREAK, Logjam).

Use instead: a list without EXPORT and DES words.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: only old library builds have these suites.
References: RFC 9325 section 4.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite


class ExportCipher(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS203"
    name = "export-cipher"
    severity = Severity.CRITICAL

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL"'),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
        good("dovecot", "ssl_cipher_list = ALL:EXPORT", why="this library has no export suites any more"),
        good("courier", "TLS_PRIORITY=NORMAL"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = «export»",
            "export",
            service="submission",
            target="rhel-7 openssl@1.0.2",
        ),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Keys of 56 bits and less."""
        return [
            suite for suite in suites if (0 < suite.bits < 80 and suite.cipher in ("DES", "RC4", "RC2", "DES40")) or "EXPORT" in suite.iana
        ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        found = self.found(endpoint)
        if found:
            yield self.offers(endpoint, found, "export-grade or single-DES suites", "a list without EXPORT and DES words")
