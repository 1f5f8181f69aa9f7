"""The client picks among strong and weak suites.

With the server's order off, a client that puts a weak suite first gets it, even where both sides know a strong one. Where all offered
suites are strong the order is a matter of taste (phones without AES hardware like ChaCha20), and nothing is reported.

Use instead: the server's order, or a list without weak suites.
Fix safety: safe, what can be negotiated stays the same.
Limits: TLS 1.3 suites are all strong and do not count. Information where the certificate was not read and only one kind of key mixes them.
References: RFC 9325 section 4.2.1; Mozilla Server Side TLS 5 (why its strong lists leave the choice to the client).
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import hangs_on, if_key
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue
from tlslint.model.suites import Suite
from tlslint.profiles import listed_by_all


class ClientPicksCipher(EndpointRule):
    """Looks at listeners whose order is off."""

    code = "TLS210"
    name = "client-picks-cipher"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:AES128-SHA"\nSSLHonorCipherOrder «off»', "the client picks"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:AES128-SHA"\nSSLHonorCipherOrder on'),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:ECDHE+CHACHA20"\nSSLHonorCipherOrder off', why="all suites are strong"),
        bad("dovecot", "ssl_cipher_list = ECDHE+AESGCM:AES128-SHA\nssl_prefer_server_ciphers = «no»", "the client picks"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM:AES128-SHA\nssl_prefer_server_ciphers = yes"),
        bad(
            "dovecot",
            "ssl_cipher_list = ECDHE+AESGCM:AES128-SHA\nssl_server_prefer_ciphers = «client»",
            "the client picks",
            target="debian-13",
        ),
        bad("courier", "TLS_PRIORITY=«NORMAL»", "the client picks"),
        good("courier", "TLS_PRIORITY=NORMAL:%SERVER_PRECEDENCE"),
        bad("slapd", "TLSCipherSuite «NORMAL»", "client picks", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL:%SERVER_PRECEDENCE", target="debian-12"),
        good("slapd", "TLSCipherSuite HIGH:!aNULL", target="debian-13", why="slapd from 2.5 on OpenSSL picks"),
        bad("postfix", "tls_preempt_cipherlist = «no»", "client picks", service="submission"),
        good("postfix", "tls_preempt_cipherlist = yes", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Order off while strong and weak suites are mixed."""
        if not endpoint.server_order.holds(False) or endpoint.is_opportunistic_mx:
            return
        kind = hangs_on(endpoint, self.is_mixed)
        if kind is not None:
            yield self.finding(
                endpoint,
                endpoint.server_order,
                f"the client picks the cipher suite on {endpoint.name}, and the list mixes strong and weak ones{if_key(kind)}",
                severity=Severity.INFO if kind else None,
                confidence=Confidence.LOW if kind else None,
                remedy=SetValue("server_order", True, "let the server's order decide, or leave weak suites out"),
            )

    def is_mixed(self, suites: Sequence[Suite]) -> bool:
        """Strong suites below TLS 1.3 beside others, that some profile does not list either."""
        below = [suite for suite in suites if not suite.is_tls13]
        return any(_is_strong(suite) for suite in below) and not all(
            _is_strong(suite) or listed_by_all(self.profiles, suite) for suite in below
        )


def _is_strong(suite: Suite) -> bool:
    return suite.is_aead and suite.has_forward_secrecy
