"""A certificate stands outside the folder our deployment renews.

Certificates of this house are renewed in /etc/acme/live; one that stands elsewhere will expire unseen.

Use instead: a certificate below /etc/acme/live.
Fix safety: needs a person.
Limits: only certificates named in the configuration.
References: the house's handbook, chapter 4.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import Advice

FOLDER = "/etc/acme/live/"


class CertificateElsewhere(EndpointRule):
    """Looks at the certificates of every listener."""

    code = "ACME101"
    name = "certificate-elsewhere"
    severity = Severity.WARNING
    role = "server"

    examples = [
        bad("httpd", "SSLCertificateFile «/etc/ssl/own.pem»", "/etc/ssl/own.pem"),
        good("httpd", "SSLCertificateFile /etc/acme/live/www.pem"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """One finding for every such certificate."""
        for certificate in endpoint.certificates:
            if certificate.span is not None and not certificate.path.startswith(FOLDER):
                yield self.finding(
                    endpoint,
                    certificate.span,
                    f"{endpoint.name} has its certificate at {certificate.path}, where nothing renews it",
                    remedy=Advice(f"name one below {FOLDER}"),
                )


RULES = [CertificateElsewhere]
