"""Strict-Transport-Security is sent over plain HTTP.

Browsers must ignore it there (whoever changes the traffic could set it), the preload list complains about it, and RFC 6797 forbids it.

Use instead: the header in the HTTPS site only.
Fix safety: safe where the line serves plain HTTP sites alone; one that HTTPS sites share is left.
Limits: none.
References: RFC 6797 sections 7.2 and 8.1; hstspreload.org.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import HSTS, whole
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity, TlsMode
from tlslint.model.remedy import DropHeader


class HstsOverHttp(EndpointRule):
    """Looks at sites without TLS."""

    code = "TLS507"
    name = "hsts-over-http"
    severity = Severity.INFO

    examples = [
        bad("httpd", 'Header always set Strict-Transport-Security "«max-age=63072000»"', "plain HTTP", place="port 80"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000" "expr=%{HTTPS} == \'on\'"', place="port 80"),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000"'),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Lines that answers over HTTP surely carry."""
        if endpoint.http is None or not endpoint.tls.holds(TlsMode.NONE):
            return
        for line in endpoint.http.headers:
            if line.name == HSTS and line.reaches & {"success", "error", "redirect"}:
                message = f"{endpoint.name} sends Strict-Transport-Security over plain HTTP, where browsers ignore it"
                yield self.finding(endpoint, whole(line), message, remedy=DropHeader("Strict-Transport-Security", (whole(line),)))
