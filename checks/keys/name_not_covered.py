"""A name the server answers to is not covered by its certificate.

Clients that come by this name get a warning, or refuse.

Use instead: a certificate with the name among its subjectAltNames.
Fix safety: nothing tlslint could write; a certificate has to be fetched.
Limits: names without a dot are passed over (no public certificate can hold them), and so are names with wildcards other than the
first label. The names of Postfix (its own) and of slapd (of the URLs it listens on) need not be those clients use: told as information
only. Dovecot's are those of local_name, Courier's those of certificate files that bear one; where nobody wrote a name, none is judged.
References: RFC 9525 sections 6.3 and 6.4.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Known, Severity
from tlslint.model.versions import joined

_OWN_NAMES = frozenset({"smtp", "ldap"})
"""Protocols whose servers have names of their own; elsewhere a name is what clients ask for."""


class NameNotCovered(EndpointRule):
    """Compares the endpoint's names with those of its certificates."""

    code = "TLS315"
    name = "name-not-covered"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "ServerAlias shop.example.test", "shop.example.test"),
        bad("httpd", "SSLVerifyDepth 2", "www.example.test", certificate="other-name"),
        bad("postfix", "smtpd_tls_security_level = may", "mx.example.test", certificate="other-name"),
        good("httpd", "ServerAlias www2.example.test", why="*.example.test covers it", certificate="wildcard"),
        good("httpd", "ServerAlias intranet"),
        good("postfix", "smtpd_tls_security_level = may"),
        bad("dovecot", "local_name shop.example.test {\n  ssl_min_protocol = TLSv1.3\n}", "shop.example.test"),
        good("dovecot", "local_name www.example.test {\n  ssl_min_protocol = TLSv1.3\n}"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Names that no certificate covers; a server with several presents the one that goes with the client's algorithms."""
        names = endpoint.server_names
        if not isinstance(names, Known) or not names.value or not any(certificate.leaf for certificate in endpoint.certificates):
            return
        wanted = [name for name in dict.fromkeys(name.lower().rstrip(".") for name in names.value) if _is_judged(name)]
        for certificate in endpoint.certificates:
            leaf = certificate.leaf
            if leaf is None:
                continue
            missing = [name for name in wanted if not (leaf.has_alternative_names and leaf.covers(name))]
            if not missing:
                continue
            is_asked_for = endpoint.protocol not in _OWN_NAMES
            held = f"it names {joined(leaf.names)}" if leaf.names else "it names nobody"
            if not leaf.has_alternative_names:
                held = "it has no subjectAltName, and clients look nowhere else"
            yield self.finding(
                endpoint,
                names,
                f"the certificate {certificate.path} does not cover {joined(missing)}: {held}",
                severity=self.severity if is_asked_for else Severity.INFO,
                confidence=Confidence.HIGH if is_asked_for else Confidence.MEDIUM,
            )


def _is_judged(name: str) -> bool:
    bare = name.removeprefix("*.")
    return "." in bare and not any(character in bare for character in "*?:[]/ $%{")
