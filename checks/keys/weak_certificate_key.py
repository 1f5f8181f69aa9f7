"""A certificate has a weak key.

RSA keys below 2048 bits and EC keys below 256 bits can be broken with enough effort; no public CA signs them any more.

Use instead: RSA 2048 or more, or ECDSA P-256; what the profile asks for where that is more.
Fix safety: nothing tlslint could write; a certificate has to be made.
Limits: read from the certificate file when it lies below the scanned root; needs the extra `certificates`.
References: CA/Browser Forum Baseline Requirements section 6.1.5; RFC 9325 section 4.5; the profile's own source.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Certificate, Endpoint, Finding, Severity

_LEAST = {"RSA": 2048, "RSA-PSS": 2048, "DSA": 1 << 20, "ECDSA": 256}


class WeakCertificateKey(EndpointRule):
    """Looks at the certificates an endpoint presents."""

    code = "TLS312"
    name = "weak-certificate-key"
    severity = Severity.ERROR

    examples = [
        bad(
            "slapd",
            "TLSCertificateFile «/etc/ldap/ldap.pem»\nTLSCertificateKeyFile /etc/ldap/ldap.key",
            "1024 bits",
            certificate="rsa-1024",
        ),
        bad("httpd", "SSLVerifyDepth 2", "bsi-tr-02102-2", profile="bsi-tr-02102-2"),
        good("httpd", "SSLVerifyDepth 2", certificate="rsa-3072", profile="bsi-tr-02102-2"),
        good("httpd", "SSLVerifyDepth 2", certificate="ecdsa", profile="bsi-tr-02102-2"),
        good("httpd", "SSLVerifyDepth 2"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Keys below what can be called safe; then those below what a profile asks for."""
        for certificate in endpoint.certificates:
            bits, kind = certificate.key_bits, certificate.key_type or ""
            if bits is None:
                continue
            if bits < _LEAST.get(kind, 0):
                yield self._weak(endpoint, certificate)
                continue
            for profile in self.profiles:
                least = profile.rsa_bits if kind.startswith("RSA") else None
                if least is not None and bits < least and not endpoint.is_opportunistic_mx:
                    yield self._weak(endpoint, certificate, profile.label, least)

    def _weak(self, endpoint: Endpoint, certificate: Certificate, label: str = "", least: int = 0) -> Finding:
        wants = f", and {label} wants {least}" if label else ""
        return self.finding(
            endpoint,
            certificate.span or endpoint.anchor,
            f"the certificate {certificate.path} has a key of {certificate.key_bits} bits ({certificate.key_type}){wants}",
            severity=Severity.WARNING if label else Severity.INFO if endpoint.is_opportunistic_mx else self.severity,
            profiles=(label,) if label else (),
        )
