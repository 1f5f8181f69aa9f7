"""A Strict-Transport-Security value that browsers cannot read.

One fault of grammar and the whole header is ignored: the site has no HSTS, and nothing says so but a console nobody opens.

Use instead: `max-age=SECONDS`, then perhaps `; includeSubDomains`; semicolons between directives, each once, plain ASCII.
Fix safety: safe for a wrong separator, quotes sent along and pasted characters: what is written is what was meant.
Limits: unknown directives are no fault, browsers skip them (TLS513); empty ones (`max-age=1;`) neither. A value that is put together
when a request comes is not judged.
References: RFC 6797 sections 6.1 and 8.1.
"""

from collections.abc import Iterator

from tlslint.checks.headers.hsts_value import Fault
from tlslint.checks.headers.lines import encoding_of, hsts_lines, place
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, HeaderLine, Severity
from tlslint.model.remedy import Edit, Rewrite


class HstsInvalid(EndpointRule):
    """Looks at the grammar of lines."""

    code = "TLS504"
    name = "hsts-invalid"
    severity = Severity.ERROR

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=31536000«,» includeSubDomains"', "semicolons"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=31536000« »includeSubDomains"', "semicolon is missing"),
        bad("httpd", 'Header always set Strict-Transport-Security "«includeSubDomains»"', "max-age is missing"),
        bad("httpd", 'Header always set Strict-Transport-Security "«maxage»=31536000"', "max-age is missing"),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age: »31536000"', "after ="),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=1y»"', "whole number"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=1; «max-age=2»"', "twice"),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=1; «includeSubDomains=true»"', "no value"),
        bad("httpd", "Header always set Strict-Transport-Security '«\"max-age=31536000\"»'", "quotation marks"),
        bad("httpd", 'Header always set Strict-Transport-Security max-age=«"»31536000', "never closed"),
        bad("httpd", "Header always set Strict-Transport-Security «“max-age=31536000”»", "U+201C"),
        bad("httpd", "Header always set Strict-Transport-Security «“max-age=31536000;includeSubDomains”»", "U+201C"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=31536000;"'),
        good("httpd", 'Header always set Strict-Transport-Security "MAX-AGE=\\"31536000\\" ; includesubdomains"'),
        bad("httpd", 'Header always set Strict-Transport-Security "max-age=%{MAX_AGE}e"', "browsers ignore"),
        good("httpd", 'SetEnv MAX_AGE 300\nHeader set Strict-Transport-Security "max-age=%{MAX_AGE}e"'),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Faults, each on its characters; pasted ones of one line together."""
        for line, text, value in hsts_lines(endpoint):
            if not value.faults:
                continue
            pasted = [fault for fault in value.faults if not text[fault.start : fault.end].isascii()]
            if pasted:
                yield self._fault(endpoint, line, Fault(0, len(text), pasted[0].message, plain(text)))
                continue
            for fault in value.faults:
                yield self._fault(endpoint, line, fault)

    def _fault(self, endpoint: Endpoint, line: HeaderLine, fault: Fault) -> Finding:
        span = place(line, (fault.start, fault.end))
        remedy = None
        if fault.instead is not None and line.span is not None and line.text is not None:
            encoding = encoding_of(line.text, line.span)
            remedy = Rewrite((Edit(span, fault.instead.encode(encoding)),), f"write {fault.instead}")
        return self.finding(endpoint, span, f"browsers ignore this Strict-Transport-Security line: {fault.message}", remedy=remedy)


def plain(text: str) -> str:
    """A value pasted with typographic quotes, as it was meant: in plain quotes."""
    bare = "".join(_PLAIN.get(char, char) for char in text).strip("\"' ")
    return f'"{bare}"'


_PLAIN = dict.fromkeys("“”„«»‟", '"') | dict.fromkeys("‘’‚", "'") | dict.fromkeys("‐‑‒–—−", "-") | {"\xa0": " ", "\u200b": ""}
