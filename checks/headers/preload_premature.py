"""The word `preload` is written before the roll-out is through.

Once the lists of browsers hold a name, every subdomain must speak HTTPS, for months after the word is taken back. The list's keepers ask
for stages of five minutes, a week and a month, each with includeSubDomains and waited out, before `preload`; and they advise against
preloading altogether now, and against tools that add it by default.

Use instead: the line without `preload`.
Fix safety: unsafe, a domain that is on the lists already may be taken off them.
Limits: whether the stages were waited out is only known from a repository's history (--history); without it the finding has little
confidence. With it, a value that has stood for a month and is the last stage is not reported.
References: hstspreload.org (2026-03-23), "Deployment Recommendations".
"""

from collections.abc import Iterator

from tlslint.checks.headers.hsts_value import STAGES, YEAR, spoken
from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.headers.preload_not_eligible import drop_preload
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Severity


class PreloadPremature(EndpointRule):
    """Looks at lines with `preload`."""

    code = "TLS511"
    name = "preload-premature"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains; «preload»"', "premature unless"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=300; includeSubDomains; «preload»"', "premature"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"'),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=0; preload"', why="browsers forget the site"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """`preload` that nothing shows to be the last step."""
        for line, _, value in hsts_lines(endpoint):
            if value.faults or not value.has_preload or not value.max_age:
                continue
            confidence = Confidence.HIGH
            if value.max_age < YEAR:
                message = f"preload is premature at max-age of {spoken(value.max_age)}: it is the last step of the roll-out"
            elif line.stood is None:
                message = (
                    "preload is premature unless stages of 5 minutes, 1 week and 1 month were waited out; its keepers advise against it now"
                )
                confidence = Confidence.LOW
            elif line.stood < STAGES[-2]:
                message = f"preload is premature: this value has stood for {spoken(line.stood)}, and the last stage before it is 1 month"
            else:
                continue
            remedy = drop_preload(line, value, unsafe="a domain that is on the lists already may be taken off them")
            yield self.finding(endpoint, place(line, value.place("preload")), message, confidence=confidence, remedy=remedy)
