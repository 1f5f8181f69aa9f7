"""A version is offered that the chosen profile does not allow.

Profiles are dated policies (`--profile`); the finding names the one that asks for it. TLS 1.0, 1.1 and SSL have rules of their own.

Use instead: the versions of the profile.
Fix safety: unsafe, clients that need the version lose access.
Limits: silent on public MX hosts with opportunistic TLS, where refusing a version means plain text.
References: the profile's own source, shown by its name.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import OfferVersions
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, joined, spoken
from tlslint.profiles import allowed_by_all

_HAVE_THEIR_OWN_RULE = frozenset({SSL20, SSL30, TLS10, TLS11})


class VersionNotInProfile(EndpointRule):
    """Compares what is surely offered with each profile."""

    code = "TLS106"
    name = "version-not-in-profile"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLProtocol «-all +TLSv1.2 +TLSv1.3»", "TLS 1.2", profile="mozilla-modern"),
        good("httpd", "SSLProtocol -all +TLSv1.3", profile="mozilla-modern"),
        good("httpd", "SSLProtocol -all +TLSv1.2 +TLSv1.3", profile="mozilla-intermediate"),
        bad("dovecot", "ssl_min_protocol = «TLSv1.2»", "", profile="mozilla-modern"),
        good("dovecot", "ssl_min_protocol = TLSv1.3", profile="mozilla-modern"),
        bad("courier", "TLS_PRIORITY=«NORMAL:-VERS-TLS1.0:-VERS-TLS1.1»", "", profile="mozilla-modern"),
        good("courier", "TLS_PRIORITY=NORMAL:-VERS-ALL:+VERS-TLS1.3", profile="mozilla-modern"),
        bad("slapd", "TLSCipherSuite «NORMAL:-VERS-TLS1.0:-VERS-TLS1.1»", "TLS 1.2", target="debian-12", profile="mozilla-modern"),
        bad("postfix", "smtpd_tls_mandatory_protocols = «>=TLSv1.2»", "TLS 1.2", service="submission", profile="mozilla-modern"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.2", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Versions that not every chosen profile allows: the strictest decides."""
        if endpoint.is_opportunistic_mx:
            return
        offered = endpoint.versions.surely - _HAVE_THEIR_OWN_RULE
        allowed = allowed_by_all(self.profiles)
        outside = offered - allowed
        if outside and self.profiles:
            demanding = tuple(profile.label for profile in self.profiles if offered - profile.allowed_versions)
            yield self.finding(
                endpoint,
                endpoint.versions,
                f"{endpoint.name} offers {spoken(outside)}, which {joined(demanding)} {'does' if len(demanding) == 1 else 'do'} not allow",
                remedy=OfferVersions(allowed, unsafe="clients that need the version lose access") if allowed else None,
                profiles=demanding,
            )
