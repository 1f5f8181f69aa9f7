"""Strict-Transport-Security goes out twice, or joined into one line that means nothing.

Browsers take the first line only, checkers refuse the site, and two values that differ say something else to each reader.

Use instead: one line, set once for every answer; where the application sends one, take that away first.
Fix safety: no automatic fix, which line is meant is yours to say.
Limits: a second line that the application sends is not seen; a line that is added rather than set is information where the rest of the
configuration was not seen.
References: RFC 6797 sections 7.1 and 8.1; mod_headers documentation.
"""

from collections.abc import Iterator, Sequence

from tlslint.checks.headers import hsts_value
from tlslint.checks.headers.lines import HSTS, whole
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Http, Label, Severity, Span, TlsMode
from tlslint.model.remedy import Advice, SendHsts


class HstsDuplicate(EndpointRule):
    """Looks at what is sent with each kind of answer."""

    code = "TLS506"
    name = "hsts-duplicate"
    severity = Severity.WARNING

    examples = [
        bad(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000"\nHeader set Strict-Transport-Security "«max-age=31536000»"',
            "two Strict-Transport-Security lines",
        ),
        bad(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000"\nHeader always append Strict-Transport-Security "«includeSubDomains»"',
            "joined",
        ),
        bad(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000"\nHeader always add Strict-Transport-Security "«max-age=63072000»"',
            "two equal Strict-Transport-Security lines",
        ),
        good("httpd", 'Header always add Strict-Transport-Security "max-age=63072000"', why="there is no other line"),
        good(
            "httpd",
            'Header onsuccess unset Strict-Transport-Security\nHeader always set Strict-Transport-Security "max-age=63072000"',
        ),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """More than one line with any kind of answer; a joined one; lines that are only added."""
        http = endpoint.http
        if http is None or endpoint.tls.holds(TlsMode.NONE):
            return
        told = False
        for value in (http.hsts_success, http.hsts_error, http.hsts_redirect):
            texts = value.surely or ()
            joined = next((text for text in texts if "," in text and text not in {line.text for line in http.headers}), None)
            if told or (len(texts) < 2 and joined is None):
                continue
            told = True
            spans = [_shown(http, origin.span) for origin in value.origins if origin.span is not None]
            if not spans:
                continue
            others = tuple(Label(span, "the first line counts" if number == 0 else "") for number, span in enumerate(spans[:-1]))
            if joined is not None:
                message = f"two values are joined to `{joined}`, which browsers cannot read"
            else:
                count = {2: "two", 3: "three"}.get(len(texts), str(len(texts)))
                message = (
                    f"{count} {'equal ' if len(set(texts)) == 1 else ''}Strict-Transport-Security lines are sent; browsers take the first"
                )
            yield self.finding(endpoint, spans[-1], message, related=others, remedy=_one(texts, joined))
        if told or self.instance.complete:
            return
        for line in http.headers:
            if line.name == HSTS and line.adds and line.reaches:
                message = "this line is added to whatever else is sent: where another part or the application sends one, there are two"
                yield self.finding(
                    endpoint,
                    whole(line),
                    message,
                    severity=Severity.INFO,
                    confidence=Confidence.LOW,
                    remedy=_one((line.text or "",), None),
                )


def _one(texts: Sequence[str], joined: str | None) -> SendHsts | Advice:
    """The line browsers read today, and no other."""
    value = hsts_value.read(texts[0])
    if joined is not None or value.faults or not value.max_age:
        return Advice("keep one line, and set it for every answer")
    return SendHsts(value.max_age, value.has_subdomains, value.has_preload, "keep the first line only, and set it for every answer")


def _shown(http: Http, span: Span) -> Span:
    """The text of the line rather than all of its words."""
    for line in http.headers:
        if line.span is not None and line.span.file is span.file and span.start <= line.span.start and line.span.end <= span.end:
            return line.span
    return span
