"""A certificate is expired, not yet valid, or ends within days.

Clients refuse an expired certificate; browsers that know the site's HSTS offer no way around it.

Use instead: a renewed certificate, and something that renews it in time (certbot, mod_md, acme.sh).
Fix safety: nothing tlslint could write; a certificate has to be fetched.
Limits: read from the files below the scanned root, not from the running server, which may still hold an older one. "Soon" is the last
sixth of a certificate's life, 14 days at most: renewal by the usual tools happens well before. `--now` sets the moment that counts.
A public MX is told at a lower level: other mail servers seldom look at its certificate.
References: RFC 5280 section 4.1.2.5.
"""

from collections.abc import Iterator

from tlslint.checks.keys.dates import ago, ahead, days
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import CertificateFacts, Endpoint, Finding, Severity
from tlslint.model.remedy import Advice

SOON_DAYS = 14
SOON_PART = 6


class CertificateExpired(EndpointRule):
    """Compares every certificate of the chain with `now`."""

    code = "TLS311"
    name = "certificate-expired"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLVerifyDepth 2", "expired on 2026-11-14", certificate="expired"),
        bad("postfix", "smtpd_tls_security_level = encrypt", "expired on 2026-11-14", service="submission", certificate="expired"),
        bad("slapd", "TLSCertificateFile «/etc/ldap/ldap.pem»\nTLSCertificateKeyFile /etc/ldap/ldap.key", "expired", certificate="expired"),
        bad("httpd", "SSLVerifyDepth 2", "ends on 2026-11-28", certificate="soon"),
        bad("httpd", "SSLVerifyDepth 2", "is not valid before 2026-12-04", certificate="early"),
        bad("httpd", "SSLVerifyDepth 2", "certificate 2 of", certificate="expired-intermediate"),
        good("httpd", "SSLVerifyDepth 2", why="80 of its 180 days are left"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The first certificate of each chain that does not hold now, or not for long."""
        for certificate in endpoint.certificates:
            if certificate.chain is None:
                continue
            for number, facts in enumerate(certificate.chain.certificates, 1):
                if number > 1 and facts.self_signed:
                    continue  # a root sent along is looked at by nobody
                which = f"the certificate {certificate.path}" if number == 1 else f"certificate {number} of {certificate.path}"
                told = self._told(facts)
                if told is None:
                    continue
                what, severity = told
                if endpoint.is_opportunistic_mx:
                    severity = min(severity, Severity.WARNING)
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"{which} {what}",
                    severity=severity,
                    remedy=Advice("renew it, and let a tool do it in time from now on"),
                )
                break

    def _told(self, facts: CertificateFacts) -> tuple[str, Severity] | None:
        if facts.not_after < self.now:
            return f"expired on {facts.not_after[:10]} ({ago(days(facts.not_after, self.now))})", Severity.ERROR
        if facts.not_before > self.now:
            return f"is not valid before {facts.not_before[:10]}", Severity.ERROR
        left = days(self.now, facts.not_after)
        if left < min(SOON_DAYS, days(facts.not_before, facts.not_after) / SOON_PART):
            return f"ends on {facts.not_after[:10]} ({ahead(left)})", Severity.WARNING
        return None
