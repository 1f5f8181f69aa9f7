"""A public MX refuses mail without TLS.

Many senders still do not use TLS, and mail to a domain must be accepted from everybody: such mail bounces or waits until it is
lost.

Use instead: STARTTLS offered (`may`); MTA-STS and DANE let senders insist.
Fix safety: safe, more senders get through.
Limits: a relay that only known partners use may demand TLS; then ignore this finding there.
References: RFC 3207 section 4; Postfix postconf(5), smtpd_tls_security_level.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity, TlsMode
from tlslint.model.remedy import SetValue


class MxDemandsTls(EndpointRule):
    """Looks at port 25."""

    code = "TLS404"
    name = "mx-demands-tls"
    severity = Severity.ERROR

    examples = [
        bad("postfix", "smtpd_tls_security_level = «encrypt»", "refuses mail", service="smtp"),
        good("postfix", "smtpd_tls_security_level = may", service="smtp"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Required TLS on port 25."""
        if (
            endpoint.protocol == "smtp"
            and endpoint.port.holds(25)
            and endpoint.tls.holds(TlsMode.STARTTLS_REQUIRED)
            and not is_local(endpoint)
        ):
            yield self.finding(
                endpoint,
                endpoint.tls,
                f"{endpoint.name} refuses mail from everybody who does not use TLS",
                remedy=SetValue("tls", TlsMode.STARTTLS, "offer STARTTLS and do not require it on port 25"),
            )
