"""Suites are offered that the chosen profile does not list.

Only suites that no other rule is about: with forward secrecy and authenticated encryption, and still not on the profile's list
(ARIA,
CCM-8, Camellia-GCM, DHE …).

Use instead: the profile's list.
Fix safety: unsafe, a client that knows none of the listed suites loses access.
Limits: policy; silent on a public MX with opportunistic TLS, and for suites that have a rule of their own.
References: the profile's own source.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule
from tlslint.checks.ciphers.words import demanding, refused
from tlslint.checks.rule import bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite
from tlslint.model.versions import joined


class CipherNotInProfile(SuitesRule):
    """Compares AEAD suites with each profile."""

    code = "TLS208"
    name = "cipher-not-in-profile"
    severity = Severity.INFO

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:«ECDHE-ARIA128-GCM-SHA256»"', "ARIA"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:ECDHE+CHACHA20"'),
        bad("dovecot", "ssl_cipher_list = ECDHE+AESGCM:«ECDHE-ARIA128-GCM-SHA256»", "ARIA"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20"),
        bad("slapd", "TLSCipherSuite «HIGH»:!aNULL", "mozilla-intermediate", target="debian-13"),
        good("slapd", "TLSCipherSuite ECDHE+AESGCM", target="debian-13"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = «high»", "does not list", service="submission"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE-RSA-AES128-GCM-SHA256", service="submission"),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Nothing wrong with them but that a profile leaves them out."""
        return refused(self.profiles, [suite for suite in suites if suite.is_aead and (suite.is_tls13 or suite.key_exchange == "ECDHE")])

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """AEAD suites with ECDHE outside the profile."""
        if endpoint.is_opportunistic_mx:
            return
        found = self.found(endpoint)
        if found:
            labels = demanding(self.profiles, found)
            what = f"suites that {joined(labels)} {'does' if len(labels) == 1 else 'do'} not list"
            unsafe = "a client that knows none of them loses access"
            yield self.offers(endpoint, found, what, "the profile's list", profiles=labels, unsafe=unsafe)
