"""A name the server answers to is not covered by its certificate.

Clients that come by this name get a warning, or refuse.

Use instead: a certificate with the name among its subjectAltNames.
Fix safety: nothing tlslint could write; a certificate has to be fetched.
Limits: names without a dot are passed over (no public certificate can hold them), and so are names with wildcards other than the
first label. For mail servers the name is myhostname, which need not be the name clients use: told as information only.
References: RFC 9525 sections 6.3 and 6.4.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Known, Severity
from tlslint.model.versions import joined


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
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Names that no certificate covers; a server with several presents the one that goes with the client's algorithms."""
        names = endpoint.server_names
        if not isinstance(names, Known) or not names.value:
            return
        wanted = [name for name in dict.fromkeys(name.lower().rstrip(".") for name in names.value) if _is_judged(name)]
        for certificate in endpoint.certificates:
            leaf = certificate.leaf
            if leaf is None:
                continue
            missing = [name for name in wanted if not (leaf.has_alternative_names and leaf.covers(name))]
            if not missing:
                continue
            is_web = endpoint.protocol == "http"
            held = f"it names {joined(leaf.names)}" if leaf.names else "it names nobody"
            if not leaf.has_alternative_names:
                held = "it has no subjectAltName, and clients look nowhere else"
            yield self.finding(
                endpoint,
                names,
                f"the certificate {certificate.path} does not cover {joined(missing)}: {held}",
                severity=self.severity if is_web else Severity.INFO,
                confidence=Confidence.HIGH if is_web else Confidence.MEDIUM,
            )


def _is_judged(name: str) -> bool:
    bare = name.removeprefix("*.")
    return "." in bare and not any(character in bare for character in "*?:[]/ $%{")
