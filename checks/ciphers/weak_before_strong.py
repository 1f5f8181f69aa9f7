"""The server prefers a weak suite to a strong one.

The server's order is on, and a suite without forward secrecy stands before one that has it and authenticated encryption: clients that know
the strong one never get it.

Use instead: strong suites first (ECDHE+AESGCM:ECDHE+CHACHA20 before anything else).
Fix safety: safe, what can be negotiated stays the same.
Limits: TLS 1.3 has its own order and does not count. Where the certificate was not read, only suites of one kind of key are compared; where
they are so with one kind alone, it is information.
References: RFC 9325 section 4.2.1.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.ciphers.offered import SuitesRule, hangs_on, if_key, with_key
from tlslint.checks.ciphers.words import culprit
from tlslint.checks.rule import bad, good
from tlslint.model import Confidence, Endpoint, Finding, Severity
from tlslint.model.remedy import OfferSuites
from tlslint.model.suites import Suite


class WeakBeforeStrong(SuitesRule):
    """Looks at the order of the suites below TLS 1.3."""

    code = "TLS211"
    name = "weak-before-strong"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "«AES128-SHA»:ECDHE+AESGCM"\nSSLHonorCipherOrder on', "AES128-SHA"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:AES128-SHA"\nSSLHonorCipherOrder on'),
        bad("dovecot", "ssl_cipher_list = «AES128-SHA»:ECDHE+AESGCM\nssl_prefer_server_ciphers = yes", "AES128-SHA"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM:AES128-SHA\nssl_prefer_server_ciphers = yes"),
        bad("slapd", "TLSCipherSuite «AES128-SHA»:ECDHE+AESGCM", "stronger", target="debian-13"),
        good("slapd", "TLSCipherSuite ECDHE+AESGCM:AES128-SHA", target="debian-13"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_preempt_cipherlist = yes\ntls_high_cipherlist = «AES128-SHA»:ECDHE+AESGCM",
            "",
            service="submission",
        ),
        good(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_preempt_cipherlist = yes\ntls_high_cipherlist = ECDHE+AESGCM:AES128-SHA",
            service="submission",
        ),
    ]

    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Two that stand in the wrong order, whatever keys they need."""
        return _first_pair(suites) or ()

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A suite without forward secrecy before one that has it and AEAD."""
        if not endpoint.server_order.holds(True) or not self.found(endpoint):
            return
        kind = hangs_on(endpoint, _first_pair)
        pair = _first_pair(with_key(endpoint.cipher_suites.surely, kind)) if kind is not None else None
        if kind is None or pair is None:
            return
        first, better = pair
        place, related = culprit(endpoint, [first])
        yield self.finding(
            endpoint,
            place,
            f"{endpoint.name}{if_key(kind)} prefers {first.openssl or first.iana} to {better.openssl or better.iana}, which is stronger",
            severity=Severity.INFO if kind else None,
            confidence=Confidence.LOW if kind else None,
            related=related,
            remedy=OfferSuites(tuple(sorted(endpoint.cipher_suites.surely, key=_weakness)), "strong suites first"),
        )


def _first_pair(suites: Sequence[Suite]) -> tuple[Suite, Suite] | None:
    """The first suite without forward secrecy and the next after it that has it and AEAD."""
    below = [suite for suite in suites if not suite.is_tls13]
    weak = next((index for index, suite in enumerate(below) if not suite.has_forward_secrecy), None)
    if weak is None:
        return None
    better = next((suite for suite in below[weak:] if _is_strong(suite)), None)
    return None if better is None else (below[weak], better)


def _is_strong(suite: Suite) -> bool:
    return suite.is_aead and suite.has_forward_secrecy and suite.authentication != "anonymous"


def _weakness(suite: Suite) -> tuple[bool, bool, bool]:
    """TLS 1.3 stays apart and in front; what is equally strong keeps its order."""
    return not suite.is_tls13, not suite.has_forward_secrecy, not suite.is_aead
