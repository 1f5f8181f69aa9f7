"""TLS 1.3 is switched off though software and library have it.

TLS 1.3 is faster and leaves out everything that was broken in earlier versions; nothing is gained by leaving it out.

Use instead: TLS 1.2 and 1.3.
Fix safety: safe, clients that do not know TLS 1.3 go on with TLS 1.2.
Limits: silent where the library is older than OpenSSL 1.1.1 or GnuTLS 3.6.3, and where no version is left at all.
References: RFC 8446; RFC 9325 section 3.1.1.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import libraries
from tlslint.model import Endpoint, Finding, Known, Severity
from tlslint.model.remedy import OfferVersions
from tlslint.model.versions import TLS13, TlsVersion, spoken


class NoTls13(EndpointRule):
    """Looks at endpoints whose versions are known and do not reach TLS 1.3."""

    code = "TLS103"
    name = "no-tls13"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLProtocol «-all +TLSv1.2»", "TLS 1.3"),
        good("httpd", "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        bad("postfix", "smtpd_tls_mandatory_protocols = «>=TLSv1.2, <=TLSv1.2»", "TLS 1.3", service="submission"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.2", service="submission"),
        bad("slapd", "TLSCipherSuite «SECURE256:-VERS-ALL:+VERS-TLS1.2»", "TLS 1.3", target="debian-12"),
        good("dovecot", "ssl_min_protocol = TLSv1.2", why="Dovecot has no maximum"),
        bad("courier", "TLS_PRIORITY=«NORMAL:-VERS-TLS1.3»", "1.3"),
        good("courier", "TLS_PRIORITY=NORMAL"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS 1.3 missing although the library has it."""
        versions = endpoint.versions
        if not isinstance(versions, Known) or not versions.value or TLS13 in versions.value:
            return
        build = libraries.build_of(self.instance.tls_library)
        if build is None or TLS13 not in libraries.build(build).versions:
            return
        if self.instance.speaks is not None and TLS13 not in self.instance.speaks:
            return
        later = {version for version in TlsVersion if version > max(versions.value)}  # no gap: clients fall back to what lies below one
        yield self.finding(
            endpoint,
            versions,
            f"{endpoint.name} does not offer TLS 1.3, which {self.instance.tls_library.name} has",
            label=f"leaves {spoken(versions.value)}",
            severity=Severity.INFO if endpoint.is_opportunistic_mx else self.severity,
            remedy=OfferVersions(versions.value | later, words="offer TLS 1.3 as well"),
        )
