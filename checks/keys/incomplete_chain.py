"""The chain of certificates lacks its intermediate, is out of order, or holds what does not belong to it.

Browsers often find a missing intermediate by themselves; mail servers, scripts and phones do not, and fail.

Use instead: the server's certificate first, then each one's issuer, without the root: the `fullchain.pem` of ACME clients.
Fix safety: nothing tlslint could write.
Limits: that an intermediate is missing is told only of certificates that bear the marks of a public CA (transparency timestamps, reserved
policies): public roots sign no server certificates, private ones may. Signatures are not checked, only names and key identifiers.
References: RFC 5246 section 7.4.2; RFC 8446 section 4.4.2; CA/Browser Forum Baseline Requirements section 6.1.7.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Certificate, Chain, Endpoint, Finding, Severity
from tlslint.model.remedy import Advice


class IncompleteChain(EndpointRule):
    """Looks at who issued whom."""

    code = "TLS314"
    name = "incomplete-chain"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLVerifyDepth 2", "without its intermediate", certificate="no-intermediate"),
        bad("httpd", "SSLVerifyDepth 2", "not in order", certificate="wrong-order"),
        bad("postfix", "smtpd_tls_security_level = may", "not in order", certificate="wrong-order"),
        bad("httpd", "SSLVerifyDepth 2", "the root", certificate="with-root"),
        good("httpd", "SSLVerifyDepth 2", why="the chain is whole", certificate="public"),
        good("httpd", "SSLVerifyDepth 2", why="a private CA may sign with its root", certificate="private"),
        good("slapd", "TLSCACertificateFile /etc/ldap/ldap.pem", why="issued by itself"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """One fault of each chain, the gravest."""
        for certificate in endpoint.certificates:
            chain = certificate.chain
            fault = _fault(certificate, chain) if chain is not None and chain.leaf is not None else None
            if fault is not None:
                message, severity, advice = fault
                yield self.finding(
                    endpoint,
                    certificate.span or endpoint.anchor,
                    f"{certificate.path} {message}",
                    severity=min(severity, Severity.INFO) if endpoint.is_opportunistic_mx else severity,
                    remedy=Advice(advice),
                )


def _fault(certificate: Certificate, chain: Chain) -> tuple[str, Severity, str] | None:
    sent = chain.certificates
    leaf = sent[0]
    if chain.problem:
        return f"holds a chain that ends early: {chain.problem}", Severity.WARNING, "put the intermediate's own text there"
    if not chain.in_order:
        number = next(index for index, one in enumerate(sent[:-1], 1) if not one.is_issued_by(sent[index]))
        text = f"holds certificates that are not in order: number {number} is not issued by number {number + 1}"
        return text, Severity.WARNING, "the server's own certificate first, then each one's issuer"
    known = certificate.known_issuers
    lacks = len(sent) == 1 and leaf.is_public and not leaf.self_signed
    if lacks and known is not None and not any(leaf.is_issued_by(other) for other in known):
        return "is sent without its intermediate", Severity.WARNING, "add the issuer's certificate (fullchain.pem of ACME clients)"
    if len(sent) > 1 and sent[-1].self_signed:
        return "ends with the root, which clients have or do not trust", Severity.INFO, "leave the root out"
    return None
