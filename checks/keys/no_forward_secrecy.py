"""Suites without forward secrecy are offered.

With a static RSA, DH, ECDH or plain-PSK key exchange, whoever gets the private key one day reads all traffic recorded before.

Use instead: ECDHE suites only.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: information only on a public MX with opportunistic TLS, and where the certificate was not read while only one kind of key (RSA)
brings such suites.
References: RFC 10015; RFC 9325 section 4.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite
from tlslint.profiles import listed_by_all


class NoForwardSecrecy(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS301"
    name = "no-forward-secrecy"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:«AES128-SHA»"', "AES128-SHA"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:ECDHE+CHACHA20"'),
        bad("slapd", "TLSCipherSuite «SECURE128:-VERS-ALL:+VERS-TLS1.2»", target="debian-12"),
        good("slapd", "TLSCipherSuite SECURE128:-RSA", target="debian-12"),
        bad("dovecot", "ssl_cipher_list = ECDHE+AESGCM:«AES128-SHA»", "AES128-SHA"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM"),
        bad("courier", "TLS_PRIORITY=«NORMAL»", ""),
        good("courier", "TLS_PRIORITY=PFS"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «high»", "without forward secrecy", service="submission"),
        good("postfix", "smtpd_tls_mandatory_exclude_ciphers = kRSA", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """A long-term key opens what was recorded, and nobody asked for it."""
        return [suite for suite in suites if not suite.has_forward_secrecy and not listed_by_all(self.profiles, suite)]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        found = self.found(endpoint)
        if found:
            finding = self.offers(endpoint, found, "suites without forward secrecy", "ECDHE suites only")
            if endpoint.is_opportunistic_mx:
                message = f"{finding.message}; where TLS is optional they beat plain text"
                finding = finding._replace(message=message, severity=Severity.INFO, remedy=None)
            yield finding
