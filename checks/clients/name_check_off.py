"""A client checks the certificate and not the name in it.

Anybody with a certificate from a trusted CA, for whatever name, can pose as the other side.

Use instead: check the name as well.
Fix safety: unsafe, a peer whose certificate carries another name is no longer reached.
Limits: silent where certificates are pinned to fingerprints or to a CA of one's own is told by the format. Postfix compares the
name wherever it verifies (verify, secure); at its other levels it verifies nothing, or a fingerprint (TLS602).
References: RFC 9525; RFC 9325 section 6.1.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue


class NameCheckOff(EndpointRule):
    """Looks at clients that verify certificates without names."""

    code = "TLS603"
    name = "name-check-off"
    severity = Severity.ERROR

    examples = [
        bad(
            "httpd",
            "SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile /etc/ssl/certs/ca.pem\nSSLProxyCheckPeerName «off»\n"
            'ProxyPass "/app" "https://backend.example.test/"',
            "name",
            modules="proxy proxy_http",
        ),
        good(
            "httpd",
            "SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile /etc/ssl/certs/ca.pem\n"
            'ProxyPass "/app" "https://backend.example.test/"',
            modules="proxy proxy_http",
        ),
        bad("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nTLS_REQSAN «never»", "name", target="debian-12"),
        good("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nTLS_REQSAN never", why="OpenSSL builds compare the CN", target="debian-13"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Client role, certificate verified, name not."""
        if endpoint.peer_verification.holds("certificate") and not endpoint.is_opportunistic_mx:
            yield self.finding(
                endpoint,
                endpoint.peer_verification,
                f"{endpoint.name} does not check the name in the certificate",
                remedy=SetValue(
                    "peer_verification",
                    "certificate and name",
                    "check the name too",
                    unsafe="a peer with another name is no longer reached",
                ),
            )
