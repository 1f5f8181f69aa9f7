"""A public certificate is valid for longer than the rules of the day it was issued on allow.

Browsers refuse it although it has not expired.

Use instead: a certificate of today's length (200 days from 2026-03-15 on, 100 from 2027-03-15, 47 from 2029-03-15).
Fix safety: nothing tlslint could write; a certificate has to be fetched.
Limits: only certificates that bear the marks of a public CA (transparency timestamps, reserved policies); private CAs are free.
References: CA/Browser Forum Baseline Requirements section 6.3.2; ballot SC081.
"""

from collections.abc import Iterator
from math import ceil

from tlslint.checks.keys.dates import days
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.profiles.authorities import longest_days

SECOND = 1 / 86400


class LifetimeTooLong(EndpointRule):
    """Compares a certificate's length of life with the limit of its first day."""

    code = "TLS317"
    name = "lifetime-too-long"
    severity = Severity.INFO

    examples = [
        bad("httpd", "SSLVerifyDepth 2", "365 days", certificate="long-lived"),
        good("httpd", "SSLVerifyDepth 2", certificate="public"),
        good("httpd", "SSLVerifyDepth 2", why="issued before 2026-03-15", certificate="long-lived-of-2025"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Leaves of public CAs."""
        for certificate in endpoint.certificates:
            leaf = certificate.leaf
            most = longest_days(leaf.not_before) if leaf is not None and leaf.is_public else None
            if leaf is None or most is None:
                continue
            # the last second belongs to it, and a day begun counts whole (section 6.3.2)
            length = ceil(days(leaf.not_before, leaf.not_after) + SECOND - SECOND / 2)
            if length > most:
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"the certificate {certificate.path} is valid for {length} days; issued on {leaf.not_before[:10]} it may be {most} at most",
                )
