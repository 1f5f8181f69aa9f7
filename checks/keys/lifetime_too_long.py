"""A public certificate is valid for longer than the rules of the day it was issued on, or the profile, allow.

Browsers refuse what is longer than the rules although it has not expired; profiles want less, so that a stolen key is soon worth nothing.

Use instead: a certificate of today's length (200 days from 2026-03-15 on, 100 from 2027-03-15, 47 from 2029-03-15).
Fix safety: nothing tlslint could write; a certificate has to be fetched.
Limits: only certificates that bear the marks of a public CA (transparency timestamps, reserved policies); private CAs are free.
References: CA/Browser Forum Baseline Requirements section 6.3.2; ballot SC081; the profile's own source.
"""

from collections.abc import Iterator
from math import ceil

from tlslint.checks.keys.dates import days
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.versions import joined
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
        bad("httpd", "SSLVerifyDepth 2", "mozilla-modern@6.0 wants 90 at most", certificate="public", profile="mozilla-modern"),
        good("httpd", "SSLVerifyDepth 2", why="issued before 2026-03-15", certificate="long-lived-of-2025", profile="rfc-bcp195"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = high", "365 days", service="submission", certificate="long-lived"),
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
            wanting = [profile for profile in self.profiles if length > (profile.lifetime_days or length)]
            if length > most or wanting:
                wants = [f"{profile.label} wants {profile.lifetime_days} at most" for profile in wanting]
                rules = [f"issued on {leaf.not_before[:10]} it may be {most} at most"] if length > most else []
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"the certificate {certificate.path} is valid for {length} days; {joined([*rules, *wants])}",
                    profiles=tuple(profile.label for profile in wanting),
                )
