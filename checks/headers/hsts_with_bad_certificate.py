"""An HTTPS site with HSTS presents a certificate that browsers refuse, or soon will.

With HSTS there is no "continue anyway": nobody who has been here before can reach the site until the certificate is valid again.

Use instead: a valid certificate and its renewal before HSTS.
Fix safety: no automatic fix.
Limits: only where the certificate file can be read. Authorities that a company's browsers were taught to trust are not known: a self-signed
certificate is reported, one of an unknown authority is not. "Soon" is as for TLS311.
References: RFC 6797 sections 8.4 and 12.1.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import HSTS, hsts_lines, whole
from tlslint.checks.keys.certificate_expired import SOON_DAYS, SOON_PART
from tlslint.checks.keys.dates import days
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import CertificateFacts, Endpoint, Finding, Label, Severity, TlsMode

_LINE = "Header always set Strict-Transport-Security"


class HstsWithBadCertificate(EndpointRule):
    """Holds the certificate of a site against its HSTS."""

    code = "TLS512"
    name = "hsts-with-bad-certificate"
    severity = Severity.ERROR

    examples = [
        bad("httpd", f'{_LINE} "«max-age=63072000»"', "has expired", certificate="expired"),
        bad("httpd", f'{_LINE} "«max-age=63072000»"', "ends in 4 days", certificate="soon"),
        bad("httpd", f'{_LINE} "«max-age=63072000»"', "is signed by nobody but itself", certificate="self-signed"),
        good("httpd", f'{_LINE} "max-age=63072000"', certificate="public"),
        good("httpd", f'{_LINE} "max-age=0"', certificate="expired", why="browsers forget the site"),
        good("httpd", "DocumentRoot /var/www/html", certificate="expired", why="without HSTS it is TLS311 alone"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Lines that browsers take, beside a certificate they do not take."""
        if not endpoint.tls.holds(TlsMode.IMPLICIT):
            return
        line = next(
            (line for line, _, value in hsts_lines(endpoint) if line.name == HSTS and line.reaches and value.max_age and not value.faults),
            None,
        )
        if line is None:
            return
        for certificate in endpoint.certificates:
            fault = self._fault(certificate.leaf) if certificate.leaf is not None else ""
            if fault:
                message = f"browsers that know the HSTS of {endpoint.name} can no longer reach it: {certificate.path} {fault}"
                if fault.startswith("ends"):
                    message = f"{certificate.path} {fault}: from then on browsers that know the HSTS of {endpoint.name} cannot reach it"
                related = (Label(certificate.span, "the certificate"),) if certificate.span is not None else ()
                severity = Severity.WARNING if fault.startswith("ends") else self.severity
                yield self.finding(endpoint, whole(line), message, severity=severity, related=related)

    def _fault(self, leaf: CertificateFacts) -> str:
        if leaf.not_after < self.now:
            return "has expired"
        if leaf.not_before > self.now:
            return "is not valid yet"
        if leaf.self_signed:
            return "is signed by nobody but itself"
        left = days(self.now, leaf.not_after)
        soon = left < min(SOON_DAYS, days(leaf.not_before, leaf.not_after) / SOON_PART)
        return f"ends in {int(left)} days" if soon else ""
