"""TLS 1.0 or TLS 1.1 is offered.

Both versions are deprecated (RFC 8996): they lack authenticated encryption and rest on MD5 and SHA-1. No maintained browser or mail
client
needs them any more.

Use instead: TLS 1.2 and 1.3.
Fix safety: unsafe, clients from before 2014 lose access.
Limits: on a public MX with opportunistic TLS a refused handshake falls back to plain text, so there the finding is information only
(Postfix TLS_README; RFC 7435 section 3). Outgoing connections are judged like listeners.
References: RFC 8996; RFC 9325 section 3.1.1.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import OfferVersions
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, spoken
from tlslint.profiles import allowed_by_all


class DeprecatedVersion(EndpointRule):
    """Looks at the versions an endpoint surely offers."""

    code = "TLS102"
    name = "deprecated-version"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol «all -SSLv3»", "offers TLS 1.0 and TLS 1.1", target="debian-11"),
        good("httpd", "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        good("httpd", "SSLProtocol all -SSLv3", why="OpenSSL 3 at security level 1 and above refuses both", target="debian-12"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_protocols = «!SSLv2, !SSLv3»",
            "offers TLS 1.0 and TLS 1.1",
            target="debian-11",
            service="submission",
        ),
        good("postfix", "smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1", target="debian-11", service="submission"),
        bad("slapd", "TLSCipherSuite «NORMAL»", "offers TLS 1.0 and TLS 1.1", target="debian-12"),
        good("slapd", "TLSCipherSuite SECURE256:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3", target="debian-12"),
        good("slapd", "TLSProtocolMin 3.3", why="OpenSSL at its security level offers nothing older anyway", target="debian-13"),
        bad("dovecot", "ssl_min_protocol = «TLSv1»", "offers TLS 1.0 and TLS 1.1", target="debian-11"),
        good("dovecot", "ssl_min_protocol = TLSv1", why="OpenSSL 3 at its security level refuses both", target="debian-12"),
        good("dovecot", "ssl_min_protocol = TLSv1.2", target="debian-11"),
        bad("dovecot", "ssl_protocols = !SSLv2 !SSLv3", "offers TLS 1.0 and TLS 1.1", target="debian-11"),
        bad("courier", "TLS_PRIORITY=«NORMAL»", "offers TLS 1.0 and TLS 1.1"),
        good("courier", "TLS_PRIORITY=NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS 1.0 and 1.1 among the versions."""
        deprecated = (endpoint.versions.surely & {TLS10, TLS11}) - allowed_by_all(self.profiles)
        if deprecated:
            lenient = endpoint.is_opportunistic_mx
            yield self.finding(
                endpoint,
                endpoint.versions,
                f"{endpoint.name} offers {spoken(deprecated)}" + ("; where TLS is optional that beats plain text" if lenient else ""),
                label=f"leaves {spoken(endpoint.versions.surely)}",
                severity=Severity.INFO if lenient else self.severity,
                remedy=None if lenient else OfferVersions(frozenset({TLS12, TLS13}), unsafe="clients from before 2014 lose access"),
            )
