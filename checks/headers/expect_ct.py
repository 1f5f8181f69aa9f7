"""Expect-CT, a header that no browser reads any more.

Certificate transparency is required of every certificate today; Chrome took the header out in version 107, others never had it.

Use instead: nothing.
Fix safety: safe, the line is removed.
Limits: none.
References: RFC 9163; chromestatus.com/feature/6244547273687040.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import whole
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import DropHeader


class ExpectCt(EndpointRule):
    """Looks at Expect-CT."""

    code = "TLS521"
    name = "expect-ct"
    severity = Severity.INFO

    examples = [
        bad("httpd", 'Header always set Expect-CT "«max-age=86400, enforce»"', "no browser reads Expect-CT"),
        good("httpd", "Header always unset Expect-CT"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Every line that sends it."""
        for line in endpoint.http.headers if endpoint.http is not None else ():
            if line.name == "expect-ct":
                remedy = DropHeader("Expect-CT", (whole(line),))
                yield self.finding(endpoint, whole(line), "no browser reads Expect-CT any more", remedy=remedy)
