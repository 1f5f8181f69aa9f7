"""TLS 1.2 is offered without one suite of authenticated encryption.

Every client of the last ten years knows AES-GCM or ChaCha20-Poly1305; without them all of them fall back to CBC.

Use instead: put ECDHE+AESGCM first in the list.
Fix safety: safe, adding suites locks nobody out.
Limits: silent where TLS 1.2 is off or the suites are not known.
References: RFC 9325 section 4.2.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.ciphers.words import better_list
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Known, Severity
from tlslint.model.remedy import OfferSuites
from tlslint.model.suites import Suite
from tlslint.model.versions import TLS12


class NoAead(SuitesRule):
    """Looks at the suites below TLS 1.3."""

    code = "TLS207"
    name = "no-aead"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "«AES128-SHA:AES256-SHA»"', "authenticated encryption"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:AES128-SHA"'),
        bad("dovecot", "ssl_cipher_list = «ECDHE-RSA-AES256-SHA»\nssl_min_protocol = TLSv1.2", ""),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM"),
        bad("slapd", "TLSCipherSuite «NORMAL:-VERS-TLS1.3:-MAC-ALL:+SHA1»", "", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL", target="debian-12"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = «AES128-SHA»", "", service="submission"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """All below TLS 1.3, where none of them is AEAD."""
        below = [suite for suite in suites if not suite.is_tls13]
        return [] if any(suite.is_aead for suite in below) else below

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS 1.2 with suites, none of them AEAD."""
        if not isinstance(endpoint.cipher_suites, Known) or TLS12 not in endpoint.versions.surely:
            return
        if self.found(endpoint):
            string = endpoint.cipher_string
            listed = better_list(self.profiles, "").suites
            modern = [suite for suite in listed if suite.is_aead and suite.has_forward_secrecy and not suite.is_tls13]
            yield self.finding(
                endpoint,
                string.span if string is not None and string.span is not None else endpoint.cipher_suites,
                f"{endpoint.name} offers TLS 1.2 without any authenticated encryption",
                severity=Severity.INFO if endpoint.is_opportunistic_mx else self.severity,
                remedy=OfferSuites((*modern, *endpoint.cipher_suites.value), "put ECDHE+AESGCM first"),
            )
