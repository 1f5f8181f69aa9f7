"""A public MX offers so little that some senders fall back to plain text.

At opportunistic TLS a handshake that fails does not stop the mail: the sender delivers it without TLS. Strictness there protects
nobody and takes encryption away from those who have nothing newer.

Use instead: the server's defaults on port 25; strict versions and suites on submission, and required TLS to partners that are known.
Fix safety: nothing tlslint could write.
Limits: reported where TLS 1.2 is off, or where every suite below TLS 1.3 is ECDHE with authenticated encryption; what senders really
have cannot be told.
References: Postfix TLS_README; RFC 7435 section 3; RFC 9325 section 5.2.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Role, Severity
from tlslint.model.versions import TLS12, spoken


class MxShutsSendersOut(EndpointRule):
    """Looks at port 25 with opportunistic TLS."""

    code = "TLS409"
    name = "mx-shuts-senders-out"
    severity = Severity.INFO

    examples = [
        bad("postfix", "smtpd_tls_security_level = may\nsmtpd_tls_protocols = «>=TLSv1.3»", "plain text", service="smtp"),
        bad(
            "postfix",
            "smtpd_tls_security_level = may\nsmtpd_tls_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM",
            "plain text",
            service="smtp",
        ),
        good("postfix", "smtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2", service="smtp"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.3", why="there a handshake that fails is the end", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Versions or suites that leave no way for older senders."""
        versions, suites = endpoint.versions, endpoint.cipher_suites
        if not endpoint.is_opportunistic_mx or endpoint.role is not Role.SERVER or is_local(endpoint):
            return
        if not endpoint.tls_works.holds(True):
            return
        if not isinstance(versions, Known) or not isinstance(suites, Known):
            return
        below = [suite for suite in suites.value if not suite.is_tls13]
        if TLS12 not in versions.value:
            place = endpoint.versions.origins
            said = f"{spoken(versions.value)}: senders without it" if versions.value else ""
        elif all(suite.key_exchange == "ECDHE" and suite.mac == "AEAD" for suite in below):
            place, said = endpoint.cipher_suites.origins, "ECDHE suites with authenticated encryption: senders without it"
        else:
            return
        message = f"{endpoint.name} takes nothing but {said} deliver in plain text instead"
        yield self.finding(endpoint, Known(None, place), message)
