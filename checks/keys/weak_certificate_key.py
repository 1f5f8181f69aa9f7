"""A certificate has a weak key.

RSA keys below 2048 bits and EC keys below 256 bits can be broken with enough effort; no public CA signs them any more.

Use instead: RSA 2048 or more, or ECDSA P-256.
Fix safety: nothing tlslint could write; a certificate has to be made.
Limits: read from the certificate file when it lies below the scanned root; needs the extra `certificates`.
References: CA/Browser Forum Baseline Requirements section 6.1.5; RFC 9325 section 4.5.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule
from tlslint.model import Endpoint, Finding, Severity

_LEAST = {"RSA": 2048, "RSA-PSS": 2048, "DSA": 1 << 20, "ECDSA": 256}


class WeakCertificateKey(EndpointRule):
    """Looks at the certificates an endpoint presents."""

    code = "TLS312"
    name = "weak-certificate-key"
    severity = Severity.ERROR

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Certificates this rule is about."""
        for certificate in endpoint.certificates:
            if certificate.key_bits is not None and certificate.key_bits < _LEAST.get(certificate.key_type or "", 0):
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"the certificate {certificate.path} has a key of {certificate.key_bits} bits ({certificate.key_type})",
                )
