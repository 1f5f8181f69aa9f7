"""Suites without authentication are offered.

An anonymous suite never shows a certificate: whoever sits in between can pose as the server.

Use instead: a list that ends in !aNULL.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: on mail servers with opportunistic TLS anonymous suites are fine and silent: nobody checks the certificate there (Postfix
TLS_README; RFC 7672 section 8.2). Where a submission server has other suites beside them, only a program that verifies nobody asks
for them, and it would take any certificate as well: information. A client that verifies nothing loses nothing by them (that is TLS602).
References: RFC 9325 section 4.1; RFC 7672 section 8.2.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Role, Severity
from tlslint.model.suites import Suite


class AnonymousCipher(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS202"
    name = "anonymous-cipher"
    severity = Severity.CRITICAL

    examples = [
        good("httpd", 'SSLCipherSuite "ALL"', why="httpd adds :!aNULL:!eNULL:!EXP to every list"),
        good("postfix", "smtpd_tls_ciphers = medium", why="opportunistic TLS on port 25 verifies nobody", service="smtp"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «medium»", "without authentication", service="submission"),
        good("postfix", "smtpd_tls_exclude_ciphers = aNULL", service="submission"),
        good("postfix", "smtp_tls_security_level = encrypt", why="any certificate is accepted anyway", service="smtp"),
        bad("dovecot", "ssl_cipher_list = «ALL»:@SECLEVEL=0", "without authentication"),
        good("dovecot", "ssl_cipher_list = ALL:!aNULL:@SECLEVEL=0"),
        bad("slapd", "TLSCipherSuite «NORMAL:+ANON-ECDH»", "authentication", target="debian-12"),
        bad("slapd", "TLSCipherSuite «ALL»:@SECLEVEL=0", "authentication", target="debian-13"),
        good("slapd", "TLSCipherSuite HIGH:!aNULL", target="debian-13"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """No certificate."""
        return [suite for suite in suites if suite.authentication == "anonymous"]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        if endpoint.is_opportunistic_mx or (endpoint.role is Role.CLIENT and endpoint.peer_verification.surely in ("none", "name")):
            return
        found = self.found(endpoint)
        if found:
            beside = endpoint.protocol == "smtp" and len(found) < len(endpoint.cipher_suites.surely)
            severity = Severity.INFO if beside else self.severity
            yield self.offers(endpoint, found, "suites without authentication", "a list that ends in !aNULL", severity=severity)
