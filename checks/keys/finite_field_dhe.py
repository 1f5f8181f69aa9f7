"""Finite-field DHE suites are offered in TLS 1.2.

Clients cannot refuse a small group without breaking off, and the exchange costs a server dearly (DHEat); ECDHE has neither problem.

Use instead: ECDHE suites only.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: policy: RFC 10015 demands it since 2026-07, many profiles since 2025. Information only; silent on a public MX with
opportunistic TLS.
References: RFC 10015; CVE-2002-20001.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.ciphers.words import demanding, refused
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite


class FiniteFieldDhe(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS303"
    name = "finite-field-dhe"
    severity = Severity.INFO

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:«DHE-RSA-AES128-GCM-SHA256»"', "DHE-RSA-AES128-GCM-SHA256"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM"'),
        good("dovecot", "ssl_cipher_list = HIGH:!aNULL", why="without ssl_dh no DHE suite comes about"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM"),
        bad("slapd", "TLSCipherSuite «NORMAL»", "DHE", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL:-DHE-RSA", target="debian-12"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «high»", "DHE", service="submission"),
        good("postfix", "smtpd_tls_mandatory_exclude_ciphers = kDHE", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Finite-field exchanges outside the profile; anonymous ones have a rule of their own."""
        return refused(self.profiles, [suite for suite in suites if suite.key_exchange == "DHE" and suite.authentication != "anonymous"])

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        if endpoint.is_opportunistic_mx:
            return
        found = self.found(endpoint)
        if found:
            labels = demanding(self.profiles, found)
            yield self.offers(endpoint, found, "finite-field DHE suites", "ECDHE suites only", profiles=labels)
