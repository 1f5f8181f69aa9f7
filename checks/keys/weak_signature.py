"""A certificate of the chain is signed with SHA-1, MD5, or a shorter hash than the profile wants.

Who can make two certificates with the same hash can pose as the server; for SHA-1 that has been affordable since 2020. Clients refuse such
chains, OpenSSL 3 does from security level 1 on.

Use instead: a certificate signed with SHA-256 or better.
Fix safety: nothing tlslint could write; a certificate has to be made.
Limits: what a root or a self-signed certificate is signed with does not count: clients trust its key, not its signature. Of a profile's
list the shortest hash counts: a longer one is not held against anybody. What handshakes are signed with is not judged.
References: RFC 9325 section 4.5; RFC 9155; CA/Browser Forum ballot SC097; the profile's own source.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.versions import joined

_BROKEN = ("MD2", "MD5", "SHA-1")


class WeakSignature(EndpointRule):
    """Looks at the hash every certificate is signed with."""

    code = "TLS313"
    name = "weak-signature"
    severity = Severity.ERROR

    examples = [
        bad("slapd", "TLSCertificateFile «/etc/ldap/ldap.pem»\nTLSCertificateKeyFile /etc/ldap/ldap.key", "SHA-1", certificate="sha1"),
        good("slapd", "TLSCertificateFile /etc/ldap/ldap.pem\nTLSCertificateKeyFile /etc/ldap/ldap.key"),
        bad(
            "httpd",
            "SSLVerifyDepth 2",
            "mozilla-intermediate@6.0 wants SHA-256 or better",
            certificate="sha224",
            profile="mozilla-intermediate",
        ),
        good("httpd", "SSLVerifyDepth 2", certificate="sha224", profile="ncsc-nl-phase-out"),
        good("httpd", "SSLVerifyDepth 2", certificate="sha512", profile="mozilla-old", why="longer than what is listed"),
        good(
            "httpd",
            "SSLVerifyDepth 2",
            certificate="sha1",
            profile="mozilla-old@4.0",
            why="what every chosen profile lists is not reported",
        ),
        bad("postfix", "smtpd_tls_mandatory_ciphers = high", "SHA-1", service="submission", certificate="sha1"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The first weak signature of each chain."""
        for certificate in endpoint.certificates:
            for number, facts in enumerate(certificate.chain.certificates if certificate.chain is not None else (), 1):
                wanting = [profile for profile in self.profiles if not profile.allows_signature(facts.signature)]
                is_broken = facts.signature in _BROKEN and not (
                    self.profiles and all(profile.signatures and facts.signature in profile.signatures for profile in self.profiles)
                )
                if facts.self_signed or not (is_broken or (wanting and not endpoint.is_opportunistic_mx)):
                    continue
                which = f"the certificate {certificate.path}" if number == 1 else f"certificate {number} of {certificate.path}"
                wants = (
                    ""
                    if is_broken
                    else ", and " + joined(f"{profile.label} wants {profile.shortest_hash} or better" for profile in wanting)
                )
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"{which} is signed with {facts.signature}{wants}",
                    severity=self.severity if is_broken else Severity.WARNING,
                    profiles=tuple(profile.label for profile in wanting),
                )
                break
