"""A certificate of the chain is signed with SHA-1 or MD5.

Who can make two certificates with the same hash can pose as the server; for SHA-1 that has been affordable since 2020. Clients refuse such
chains, OpenSSL 3 does from security level 1 on.

Use instead: a certificate signed with SHA-256 or better.
Fix safety: nothing tlslint could write; a certificate has to be made.
Limits: what a root or a self-signed certificate is signed with does not count: clients trust its key, not its signature.
References: RFC 9325 section 4.5; RFC 9155; CA/Browser Forum ballot SC097.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity


class WeakSignature(EndpointRule):
    """Looks at the hash every certificate is signed with."""

    code = "TLS313"
    name = "weak-signature"
    severity = Severity.ERROR

    examples = [
        bad("slapd", "TLSCertificateFile «/etc/ldap/ldap.pem»\nTLSCertificateKeyFile /etc/ldap/ldap.key", "SHA-1", certificate="sha1"),
        good("slapd", "TLSCertificateFile /etc/ldap/ldap.pem\nTLSCertificateKeyFile /etc/ldap/ldap.key"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The first weak signature of each chain."""
        for certificate in endpoint.certificates:
            for number, facts in enumerate(certificate.chain.certificates if certificate.chain is not None else (), 1):
                if facts.signature in ("SHA-1", "MD5", "MD2") and not facts.self_signed:
                    which = f"the certificate {certificate.path}" if number == 1 else f"certificate {number} of {certificate.path}"
                    yield self.finding(endpoint, certificate.span or endpoint.anchor, f"{which} is signed with {facts.signature}")
                    break
