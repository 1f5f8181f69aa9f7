"""SSL 2.0 or SSL 3.0 is offered.

Both are broken: SSL 2.0 lets an attacker choose the weakest cipher and opens other servers with the same key (DROWN), SSL 3.0 leaks
what it
encrypts (POODLE).

Use instead: TLS 1.2 and 1.3.
Fix safety: unsafe, clients from before 2006 lose access.
Limits: reported only where the library still has these versions; builds of the last ten years mostly do not.
References: RFC 6176; RFC 7568; RFC 9325 section 3.1.1.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import OfferVersions
from tlslint.model.versions import SSL20, SSL30, TLS12, TLS13, spoken


class SslVersion(EndpointRule):
    """Looks at the versions an endpoint surely offers."""

    code = "TLS101"
    name = "ssl-version"
    severity = Severity.CRITICAL

    examples = [
        good("httpd", "SSLProtocol all -TLSv1 -TLSv1.1", why="no library since 2016 is built with SSL 2.0 or 3.0"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.2", service="submission"),
        good("dovecot", "ssl_min_protocol = SSLv3", why="this library has no SSL 3.0 any more"),
        good("courier", "TLS_PRIORITY=NORMAL:+VERS-SSL3.0", why="this library has no SSL 3.0 any more"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_protocols = «SSLv3, TLSv1»",
            "SSL 3",
            service="submission",
            target="rhel-7",
        ),
        bad(
            "postfix",
            "smtpd_tls_security_level = may\nsmtpd_tls_protocols = «!SSLv2»",
            "SSL 3",
            target="rhel-7",
        ),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """SSL 2.0 and 3.0 among the versions."""
        broken = endpoint.versions.surely & {SSL20, SSL30}
        if broken:
            remedy = OfferVersions(frozenset({TLS12, TLS13}), "clients from before 2006 lose access")
            if endpoint.is_opportunistic_mx:  # nothing more than these: who is refused more sends in plain text (RFC 7435 section 3)
                remedy = OfferVersions(endpoint.versions.surely - broken, "senders from before 2006 send in plain text")
            yield self.finding(endpoint, endpoint.versions, f"{endpoint.name} offers {spoken(broken)}", remedy=remedy)
