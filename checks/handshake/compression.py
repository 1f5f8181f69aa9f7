"""TLS compression is on.

The size of compressed traffic tells what is in it: cookies and tokens can be guessed letter by letter (CRIME).

Use instead: compression off.
Fix safety: safe, compression is never needed.
Limits: reported only where library and security level really let it happen.
References: CVE-2012-4929; RFC 9325 section 3.3.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue


class Compression(EndpointRule):
    """Looks at one switch of the handshake."""

    code = "TLS701"
    name = "compression"
    severity = Severity.ERROR

    examples = [
        good("httpd", "SSLCompression off"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The switch is surely on."""
        if endpoint.compression.holds(True):
            yield self.finding(
                endpoint,
                endpoint.compression,
                f"{endpoint.name} compresses TLS traffic",
                remedy=SetValue("compression", False, "switch compression off"),
            )
