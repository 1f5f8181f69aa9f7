"""Suites without encryption are offered.

A NULL suite authenticates and does not encrypt: everything can be read on the way.

Use instead: a list that starts from HIGH and ends in !eNULL.
Fix safety: unsafe, clients that know nothing better lose access.
Limits: reported only for suites that really remain after the library, the security level and the server had their say.
References: RFC 9325 section 4.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite


class NullCipher(SuitesRule):
    """Looks at the suites an endpoint surely offers."""

    code = "TLS201"
    name = "null-cipher"
    severity = Severity.CRITICAL

    examples = [
        good("httpd", 'SSLCipherSuite "ALL:eNULL"', why="httpd adds :!aNULL:!eNULL:!EXP to every list"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
        bad("dovecot", "ssl_cipher_list = HIGH:«eNULL»:@SECLEVEL=0", "encryption"),
        good("dovecot", "ssl_cipher_list = HIGH:eNULL", why="the security level refuses them"),
        bad("slapd", "TLSCipherSuite «NORMAL:-VERS-TLS1.3:+NULL»", "NULL", target="debian-12"),
        bad("slapd", "TLSCipherSuite ALL:«eNULL»:@SECLEVEL=0", "NULL", target="debian-13"),
        good("slapd", "TLSCipherSuite NORMAL", target="debian-12"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «null»", "encryption", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """No cipher at all."""
        return [suite for suite in suites if suite.cipher == "NULL"]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The suites this rule is about, if there are any."""
        found = self.found(endpoint)
        if found:
            yield self.offers(endpoint, found, "suites without encryption", "a list that starts from HIGH and ends in !eNULL")
