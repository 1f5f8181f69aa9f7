"""Insecure renegotiation is allowed.

A stranger can put words before those of a client, inside the same connection (CVE-2009-3555).

Use instead: nothing: the secure form is the default.
Fix safety: safe for clients since 2010.
Limits: what the library does is not told by the protocol version in use.
References: RFC 5746; RFC 9325 section 3.5.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue


class InsecureRenegotiation(EndpointRule):
    """Looks at one switch of the handshake."""

    code = "TLS702"
    name = "insecure-renegotiation"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLInsecureRenegotiation «on»", "insecure renegotiation"),
        good("httpd", "SSLInsecureRenegotiation off"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The switch is surely on."""
        if endpoint.insecure_renegotiation.holds(True):
            yield self.finding(
                endpoint,
                endpoint.insecure_renegotiation,
                f"{endpoint.name} allows insecure renegotiation",
                remedy=SetValue("insecure_renegotiation", False, "switch insecure renegotiation off"),
            )
