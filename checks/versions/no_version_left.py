"""The list of versions is empty or invalid: every handshake fails.

The port answers and no client can ever agree on a version. On a mail server that offers STARTTLS this means failed deliveries or
mail in
plain text, depending on the other side.

Use instead: TLS 1.2 and 1.3.
Fix safety: safe, nothing works today.
Limits: where the daemon refuses to start for it, the finding is TLS901 instead.
References: RFC 9325 section 3.1.1; each server's page in the documentation.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity, TlsMode
from tlslint.model.remedy import OfferVersions
from tlslint.model.versions import TLS12, TLS13


class NoVersionLeft(EndpointRule):
    """Looks at endpoints that begin TLS and have no version to do it with."""

    code = "TLS105"
    name = "no-version-left"
    severity = Severity.ERROR

    examples = [
        bad("postfix", "smtpd_tls_mandatory_protocols = «>=TLSv1.4»", "refuses the whole list", service="submission"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.2", service="submission"),
        good("httpd", "SSLProtocol -all +TLSv1.3"),
        bad("slapd", "TLSProtocolMin «4»", "every handshake fails", target="debian-13"),
        good("slapd", "TLSProtocolMin 3.3", target="debian-13"),
        bad("dovecot", "ssl_min_protocol = «TLSv12»", "every handshake fails"),
        bad("dovecot", "ssl_min_protocol = «TLSv1.3»", "every handshake fails", target="debian-11"),
        good("dovecot", "ssl_min_protocol = TLSv1.3", target="debian-12"),
        good("courier", "TLS_PRIORITY=NORMAL:-VERS-ALL:+VERS-TLS1.3"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS that fails with no version offered."""
        begins_tls = isinstance(endpoint.tls, Known) and endpoint.tls.value is not TlsMode.NONE
        if not begins_tls or self.instance.starts.holds(False) or not endpoint.tls_works.holds(False):
            return
        if endpoint.versions.holds(frozenset()) and not endpoint.cipher_suites.surely and endpoint.versions.origins:
            failure = endpoint.tls_failure
            says_so = "every handshake" in failure
            yield self.finding(
                endpoint,
                endpoint.versions,
                f"no TLS version is left on {endpoint.name}: {failure if says_so else 'every handshake fails'}"
                + (f"; {failure}" if failure and not says_so else ""),
                remedy=OfferVersions(frozenset({TLS12, TLS13})),
            )
