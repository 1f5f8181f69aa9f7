"""Suites with 64-bit blocks are offered (3DES, IDEA, RC2).

Blocks of 64 bits repeat within some ten gigabytes, and repeats leak what was sent (Sweet32).

Use instead: a list without 3DES and IDEA.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: information only on a public MX with opportunistic TLS.
References: CVE-2016-2183; RFC 9325 section 4.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite
from tlslint.profiles import listed_by_all


class SmallBlockCipher(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS205"
    name = "small-block-cipher"
    severity = Severity.WARNING

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:3DES:!aNULL"', why="the library build has no 3DES suite"),
        good("dovecot", "ssl_cipher_list = HIGH:3DES", why="this library has no 3DES any more"),
        bad("slapd", "TLSCipherSuite «NORMAL:+3DES-CBC»", "3DES", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL", target="debian-12"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = «medium»",
            "DES-CBC3-SHA",
            service="submission",
            target="rhel-7",
        ),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", why="the library build has no 3DES suite", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Blocks of 64 bits that were not asked for."""
        return [
            suite
            for suite in suites
            if suite.cipher in ("3DES", "IDEA", "RC2") and suite.bits > 64 and not listed_by_all(self.profiles, suite)
        ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        found = self.found(endpoint)
        if found:
            severity = Severity.INFO if endpoint.is_opportunistic_mx else self.severity
            yield self.offers(endpoint, found, "suites with 64-bit blocks", "a list without 3DES and IDEA", severity=severity)
