"""A max-age of zero makes browsers forget HSTS.

It is the way to take HSTS back, and nothing else: every visit ends what protection there was.

Use instead: a time in seconds; or no header once every visitor has been here.
Fix safety: no automatic fix.
Limits: none; where HSTS is being taken back on purpose the finding may be ignored.
References: RFC 6797 section 6.1.1.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity


class HstsMaxAgeZero(EndpointRule):
    """Looks at max-age."""

    code = "TLS503"
    name = "hsts-max-age-zero"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=0»"', "forget"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000"'),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Zero."""
        for line, _, value in hsts_lines(endpoint):
            if value.max_age == 0 and not value.faults:
                yield self.finding(
                    endpoint, place(line, value.place("max-age")), "max-age=0 makes browsers forget that this site wants HTTPS"
                )
