"""Groups below 256 bits of elliptic curve, or outside the profile, are offered.

Curves such as secp192r1, secp224r1 and the binary ones are below today's strength or no longer looked after.

Use instead: X25519, P-256, P-384.
Fix safety: unsafe, a client that knows no other group loses access.
Limits: library defaults that a security level already keeps out are not reported; groups outside the profile only where somebody wrote
them down.
References: RFC 8422 section 5.1.1; RFC 9325 section 4.5.
"""

from collections.abc import Iterator

from tlslint.checks.ciphers.words import better_groups
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.versions import joined


class WeakGroup(EndpointRule):
    """Looks at the groups an endpoint surely offers."""

    code = "TLS304"
    name = "weak-group"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLOpenSSLConfCmd Curves «P-256:P-224»", "secp224r1"),
        good("httpd", "SSLOpenSSLConfCmd Curves X25519:P-256"),
        bad("httpd", "SSLOpenSSLConfCmd Curves «X25519:P-521»", "secp521r1"),
        good("httpd", "SSLOpenSSLConfCmd Curves X25519:P-521", profile="ncsc-nl"),
        good("httpd", "SSLProtocol all", why="the library's own groups"),
        bad("dovecot", "ssl_cipher_list = HIGH:@SECLEVEL=0\nssl_curve_list = «X25519:secp224r1»", ""),
        good("dovecot", "ssl_curve_list = X25519:P-256"),
        bad("slapd", "TLSCipherSuite «NORMAL:-GROUP-ALL:+GROUP-SECP192R1»", "", target="debian-12"),
        good("slapd", "TLSCipherSuite NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1", target="debian-12"),
        bad("postfix", "tls_eecdh_auto_curves = «X25519 secp224r1»", "secp224r1", service="submission"),
        good("postfix", "tls_eecdh_auto_curves = X25519 prime256v1", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Elliptic groups with less than 128 bits of strength."""
        weak = [group for group in endpoint.groups.surely or () if group.family == "EC" and group.bits < 128]
        if not weak:
            yield from self._outside(endpoint)
        if weak:
            yield self.finding(
                endpoint,
                endpoint.groups,
                f"{endpoint.name} offers {joined(group.iana for group in weak)}, below 256 bits",
                severity=Severity.INFO if endpoint.is_opportunistic_mx else self.severity,
                remedy=better_groups(
                    self.profiles, "X25519, P-256 and P-384 only", unsafe="a client that knows no other group loses access"
                ),
            )

    def _outside(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Groups somebody wrote down and a profile does not list; the library's own choice is left alone."""
        is_written = any(origin.span is not None for origin in endpoint.groups.origins)
        if not is_written or endpoint.is_opportunistic_mx:
            return
        found = [group for group in endpoint.groups.surely or () if any(not profile.allows_group(group) for profile in self.profiles)]
        demanding = tuple(profile.label for profile in self.profiles if any(not profile.allows_group(group) for group in found))
        if found:
            names, verb = joined(group.iana for group in found), "does" if len(demanding) == 1 else "do"
            yield self.finding(
                endpoint,
                endpoint.groups,
                f"{endpoint.name} offers {names}, which {joined(demanding)} {verb} not list",
                severity=Severity.INFO,
                remedy=better_groups(self.profiles, "the profile's groups", unsafe="a client that knows no other group loses access"),
                profiles=demanding,
            )
