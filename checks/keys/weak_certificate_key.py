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
from tlslint.model.versions import joined
from tlslint.profiles import Profile

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
        bad("postfix", "smtpd_tls_mandatory_ciphers = high", "1024 bits", service="submission", certificate="rsa-1024"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
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
            wanting = {profile: why for profile in self.profiles if (why := _wants(profile, certificate))}
            if wanting and not endpoint.is_opportunistic_mx:
                yield self._weak(endpoint, certificate, wanting)

    def _weak(self, endpoint: Endpoint, certificate: Certificate, wanting: "dict[Profile, str] | None" = None) -> Finding:
        labels: dict[str, list[str]] = {}
        for profile, why in (wanting or {}).items():
            labels.setdefault(why, []).append(profile.label)
        wants = "".join(f", and {joined(names)} {'wants' if len(names) == 1 else 'want'} {why}" for why, names in labels.items())
        curve = certificate.leaf.curve if certificate.leaf is not None else None
        return self.finding(
            endpoint,
            certificate.span or endpoint.anchor,
            f"the certificate {certificate.path} has a key of {certificate.key_bits} bits ({curve or certificate.key_type}){wants}",
            severity=Severity.WARNING if wanting else Severity.INFO if endpoint.is_opportunistic_mx else self.severity,
            profiles=tuple(profile.label for profile in wanting or ()),
        )


def _wants(profile: "Profile", certificate: Certificate) -> str:
    """What the profile wants instead of this key; "" where it is content."""
    kind, bits, leaf = certificate.key_type or "", certificate.key_bits or 0, certificate.leaf
    if profile.key_types is not None and kind.removesuffix("-PSS") not in profile.key_types:
        return f"{' or '.join(profile.key_types)} keys"
    if kind.startswith("RSA") and bits < (profile.rsa_bits or 0):
        return f"{profile.rsa_bits}"
    if leaf is not None and leaf.curve is not None and profile.curves is not None and leaf.curve not in profile.curves:
        return f"one of {', '.join(profile.curves)}"
    return ""
