"""Suites with CBC mode or MD5 or SHA-1 are offered, which the profile does not allow.

CBC suites of TLS 1.2 have been attacked again and again (Lucky Thirteen and its successors); authenticated encryption (GCM,
ChaCha20-Poly1305) replaces them.

Use instead: AEAD suites only.
Fix safety: unsafe, clients from before 2014 lose access.
Limits: policy; silent where every profile in force allows the suites, and on a public MX with opportunistic TLS.
References: RFC 9325 section 4.2; the profile's own source.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.ciphers.words import demanding, refused
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite


class LegacyMac(SuitesRule):
    """Looks at non-AEAD suites that the profile leaves out."""

    code = "TLS206"
    name = "legacy-mac"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:«ECDHE-RSA-AES128-SHA»"', "ECDHE-RSA-AES128-SHA"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:ECDHE+CHACHA20"'),
        good("httpd", 'SSLCipherSuite "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"', profile="mozilla-old@5.7"),
        bad("dovecot", "ssl_cipher_list = ECDHE+AESGCM:«ECDHE-RSA-AES256-SHA»", "ECDHE-RSA-AES256-SHA"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM"),
        bad("slapd", "TLSCipherSuite «NORMAL»", "without authenticated encryption", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL:-MAC-ALL:+AEAD", target="debian-12"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «high»", "without authenticated encryption", service="submission"),
        good("postfix", "smtpd_tls_ciphers = high", why="opportunistic", service="smtp"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Forward secrecy without authenticated encryption, outside the profile."""
        return refused(self.profiles, [suite for suite in suites if not suite.is_aead and suite.has_forward_secrecy])

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """CBC and old-MAC suites outside the profile."""
        if endpoint.is_opportunistic_mx:
            return
        found = self.found(endpoint)
        if found:
            unsafe = "clients from before 2014 lose access"
            yield self.offers(
                endpoint,
                found,
                "suites without authenticated encryption",
                "AEAD suites only",
                profiles=demanding(self.profiles, found),
                unsafe=unsafe,
            )
