"""Browsers are told to remember HTTPS for a short time only.

A visitor who comes back later than max-age says starts without protection. SSL Labs and the MDN Observatory want 180 days (15552000),
internet.nl and the preload list one year (31536000), Mozilla's guidelines two years (63072000).

Use instead: the next stage of the roll-out, each waited out before the next: 300 (five minutes), 604800 (a week), 2592000 (a month),
63072000 (two years).
Fix safety: unsafe, the longer the time, the longer a mistake lasts. From one stage to the next --fix goes only when the repository's
history shows that the stage has been waited out (--history).
Limits: a value that is exactly a stage is information only, and so are 180 days and more.
References: RFC 6797 section 11.2; hstspreload.org; SSL Labs rating guide; MDN Observatory; internet.nl; wiki.mozilla.org/Security/Server_Side_TLS.
"""

from collections.abc import Iterator

from tlslint.checks.headers import hsts_value
from tlslint.checks.headers.hsts_value import HALF_YEAR, STAGES, YEAR, HstsValue, spoken
from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, HeaderLine, Severity
from tlslint.model.remedy import Advice, Edit, Rewrite


class HstsMaxAgeShort(EndpointRule):
    """Looks at max-age of lines that browsers understand."""

    code = "TLS502"
    name = "hsts-max-age-short"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=86400»; includeSubDomains"', "1 day"),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=300»"', "stage"),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=15768000»"', "mozilla-intermediate"),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=60»;"', "1 minute"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000"'),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=31536000"', profile="internet.nl"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=0"', why="that is TLS503"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Short times, and times below what the profile wants."""
        for line, _, value in hsts_lines(endpoint):
            age = value.max_age
            if value.faults or not age:
                continue
            wanting = [profile for profile in self.profiles if age < (profile.hsts_seconds or 0)]
            if age >= HALF_YEAR and not wanting:
                continue
            time = spoken(age)
            span = place(line, value.place("max-age"))
            label = f"{time}" if f"{age}" not in time else ""
            if age in STAGES[:-1]:
                message = f"max-age of {time} is a stage of the roll-out; the next is {spoken(hsts_value.next_stage(age) or age)}"
                yield self.finding(
                    endpoint, span, message, label=label, severity=Severity.INFO, remedy=next_stage(line, value), profiles=()
                )
            elif age < HALF_YEAR:
                message = f"browsers remember HTTPS for {time} only; SSL Labs and the MDN Observatory want 180 days"
                yield self.finding(endpoint, span, message, label=label, remedy=next_stage(line, value))
            else:
                strictest = max(wanting, key=lambda profile: profile.hsts_seconds or 0)
                others = "180 days, which SSL Labs and the MDN Observatory want, are met" if age < YEAR else ""
                wanted = f"max-age of {time} is less than the {spoken(strictest.hsts_seconds or 0)} of {strictest.label}"
                yield self.finding(
                    endpoint,
                    span,
                    f"{wanted}{'; the ' if others else ''}{others}",
                    label=label,
                    severity=Severity.INFO,
                    remedy=next_stage(line, value),
                    profiles=tuple(profile.label for profile in wanting),
                )


def next_stage(line: HeaderLine, value: HstsValue) -> Rewrite | Advice | None:
    """The next stage, never more: written where the present value is no stage or has been waited out, said where nobody knows."""
    age = value.max_age or 0
    stage = hsts_value.next_stage(age)
    if stage is None:
        return None
    words = f"max-age={stage} ({spoken(stage)})"
    is_waited_out = line.stood is not None and line.stood >= age
    if line.span is None or (age in STAGES and not is_waited_out):
        return Advice(f"once it has been waited out without trouble, write {words}")
    span = place(line, value.place("max-age"))
    return Rewrite(
        (Edit(span, f"max-age={stage}".encode()),), f"write {words}", unsafe="no visitor can go back to plain HTTP for that long"
    )
