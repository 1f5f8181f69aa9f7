"""Some answers of an HTTPS site go out without its Strict-Transport-Security line.

Visitors who first meet a redirect, a login prompt or an error page learn nothing; the redirect from the bare name is often all a browser
ever sees, and it is what the preload list looks at.

Use instead: a line that goes out with every answer of the HTTPS site and needs no condition.
Fix safety: safe, more answers carry what pages carry already.
Limits: only answers that the server makes itself are judged, not those of applications. Where the rest of the configuration was not seen,
another line there may fill the gap; the finding then has less confidence.
References: RFC 6797 section 7.1; mod_headers documentation (condition `always`).
"""

from collections.abc import Iterator

from tlslint.checks.headers import hsts_value
from tlslint.checks.headers.lines import HSTS, whole
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, HeaderLine, Http, Severity, TlsMode
from tlslint.model.remedy import SendHsts

_KINDS = {"error": "errors", "redirect": "redirects", "refusal": "refusals (401, 403)"}


class HstsNotAlways(EndpointRule):
    """Looks at lines that some kinds of answers carry and others do not."""

    code = "TLS505"
    name = "hsts-not-always"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'Header set Strict-Transport-Security "«max-age=63072000»"', "errors, redirects and refusals"),
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=63072000»" env=HTTPS', "refusals"),
        bad(
            "httpd",
            'Redirect /moved https://www.example.test/\n<Directory />\nHeader always set Strict-Transport-Security "«max-age=63072000»"\n</Directory>',
            "redirects",
        ),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000"'),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000" "expr=%{HTTPS} == \'on\'"'),
        good(
            "httpd",
            'Header onsuccess unset Strict-Transport-Security\nHeader always set Strict-Transport-Security "max-age=63072000"',
        ),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Lines that reach pages and not the rest, where no other line reaches it."""
        http = endpoint.http
        if http is None or endpoint.tls.holds(TlsMode.NONE):
            return
        for line in http.headers:
            if line.name != HSTS or "success" not in line.reaches:
                continue
            missing = [kind for kind in _KINDS if kind not in line.reaches | line.undecided and not _is_covered(http, line, kind)]
            if missing:
                yield self._gap(endpoint, line, missing)

    def _gap(self, endpoint: Endpoint, line: HeaderLine, missing: list[str]) -> Finding:
        words = [_KINDS[kind] for kind in missing]
        spoken = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
        return self.finding(
            endpoint,
            whole(line),
            f"{spoken} go out without this Strict-Transport-Security line",
            label=line.limit,
            confidence=Confidence.HIGH if self.instance.complete else Confidence.MEDIUM,
            remedy=_everywhere(line),
        )


def _is_covered(http: Http, line: HeaderLine, kind: str) -> bool:
    """Does another line go out with this kind of answer?"""
    return any(other is not line and other.name == HSTS and kind in other.reaches for other in http.headers)


def _everywhere(line: HeaderLine) -> SendHsts | None:
    """The same value with every answer; none where browsers cannot read it anyway."""
    value = hsts_value.read(line.text or "")
    if value.faults or not value.max_age:
        return None
    return SendHsts(value.max_age, value.has_subdomains, value.has_preload, "send it with every answer")
