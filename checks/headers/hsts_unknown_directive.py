"""A word in Strict-Transport-Security that no browser knows.

Browsers skip just that word, so what was meant by it is off.

Use instead: `max-age`, `includeSubDomains`, `preload`; nothing else exists.
Fix safety: no automatic fix, the word switches something on that was off until now.
Limits: none.
References: RFC 6797 section 6.1.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import Advice


class HstsUnknownDirective(EndpointRule):
    """Looks at the words of lines."""

    code = "TLS513"
    name = "hsts-unknown-directive"
    severity = Severity.WARNING

    examples = [
        bad(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=31536000; «includeSubDomainsi»"',
            "did you mean includeSubDomains",
        ),
        bad(
            "httpd", 'Header always set Strict-Transport-Security "max-age=31536000; «includeSubDomain»"', "did you mean includeSubDomains"
        ),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=31536000; «secure»"', "secure"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=31536000; INCLUDESUBDOMAINS;"'),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Words that are passed over."""
        for line, _, value in hsts_lines(endpoint):
            if value.faults:
                continue
            for word in value.unknown:
                message = f"no browser knows {word.message} in Strict-Transport-Security and skips it"
                message += f": did you mean {word.instead}?" if word.instead else ""
                remedy = Advice(f"write {word.instead} if every subdomain is ready") if word.instead == "includeSubDomains" else None
                yield self.finding(endpoint, place(line, (word.start, word.end)), message, remedy=remedy)
