"""The word `preload` is written and the preload list would refuse the site.

The word asks browser makers to build the site into their lists. They want max-age of a year, includeSubDomains, and plain numbers; with
less the word does nothing but say that the list may take the site once somebody sends it in.

Use instead: no `preload`. The list's keepers advise against preloading now; who wants it all the same goes through the roll-out first.
Fix safety: safe, the word has no effect as long as the list refuses the site.
Limits: that the site redirects from HTTP, that its certificate is valid and that its name is a registered domain is not looked at here.
References: hstspreload.org (2026-03-23), "Submission Requirements" and "Deployment Recommendations".
"""

from collections.abc import Iterator

from tlslint.checks.headers.hsts_value import YEAR, HstsValue, spoken
from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, HeaderLine, Severity
from tlslint.model.remedy import Advice, Edit, Rewrite


class PreloadNotEligible(EndpointRule):
    """Looks at lines with `preload`."""

    code = "TLS510"
    name = "preload-not-eligible"
    severity = Severity.ERROR

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=15768000; includeSubDomains; «preload»"', "1 year"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=63072000; «preload»"', "includeSubDomains"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=\\"63072000\\"; includeSubDomains; preload"', "quotation marks"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=31536000; includeSubDomains; preload"'),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=300; includeSubDomains"'),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """`preload` without what the list demands."""
        for line, text, value in hsts_lines(endpoint):
            if value.faults or not value.has_preload or value.max_age is None:
                continue
            lacks = []
            if value.max_age < YEAR:
                lacks.append(f"max-age of at least 1 year (here {spoken(value.max_age)})")
            if not value.has_subdomains:
                lacks.append("includeSubDomains")
            if '"' in text:
                lacks.append("a max-age without quotation marks")
            if lacks:
                message = f"the preload list refuses this site: it wants {' and '.join(lacks)}"
                yield self.finding(endpoint, place(line, value.place("preload")), message, remedy=drop_preload(line, value))


def drop_preload(line: HeaderLine, value: HstsValue, unsafe: str = "") -> Rewrite | Advice:
    """Take the word out, with the semicolon before it."""
    where = value.place("preload")
    words = "drop `preload`"
    if where is None or line.span is None or line.text is None:
        return Advice(words)
    start, end = where
    before = line.text[:start].rstrip(" \t")
    if before.endswith(";"):
        start = len(before[:-1].rstrip(" \t"))
    else:
        after = line.text[end:]
        end += len(after) - len(after.lstrip(" \t").removeprefix(";").lstrip(" \t"))
    return Rewrite((Edit(place(line, (start, end)), b""),), words, unsafe=unsafe)
