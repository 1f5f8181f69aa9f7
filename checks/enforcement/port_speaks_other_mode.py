"""A port speaks another mode than its clients expect.

Port 465 without TLS from the first byte, port 25 with it, or plain text on 993 and 443: clients of that port hang or break off.

Use instead: the mode the port is registered for.
Fix safety: unsafe, clients that were set up for the odd mode lose access.
Limits: ports that are not registered for one mode are left alone, listeners on loopback too.
References: RFC 8314 section 7; IANA service names; RFC 3207 section 4.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity, TlsMode
from tlslint.model.remedy import SetValue

_IMPLICIT = {("smtp", 465), ("imap", 993), ("pop3", 995), ("ldap", 636)}
_NEVER_IMPLICIT = {("smtp", 25), ("smtp", 587), ("imap", 143), ("pop3", 110), ("managesieve", 4190), ("ldap", 389)}


class PortSpeaksOtherMode(EndpointRule):
    """Compares a listener's port with when its TLS begins."""

    code = "TLS407"
    name = "port-speaks-other-mode"
    severity = Severity.ERROR

    examples = [
        bad("postfix", "«smtps inet n - y - - smtpd»", "465", place="master.cf"),
        good("postfix", "smtps inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes", place="master.cf"),
        bad("httpd", "SSLEngine off", "443"),
        bad("slapd", "loglevel none", "636", urls="ldap://:636/"),
        good("slapd", "loglevel none", urls="ldap:/// ldaps:///"),
        bad("dovecot", "service imap-login {\n  inet_listener imaps {\n    ssl = «no»\n  }\n}", "993"),
        good("dovecot", "service imap-login {\n  inet_listener imaps {\n    ssl = yes\n  }\n}"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Implicit TLS missing where it is expected, or there where nobody expects it."""
        port, mode = endpoint.port, endpoint.tls
        if not isinstance(port, Known) or not isinstance(mode, Known) or port.value is None or is_local(endpoint):
            return
        if self.instance.starts.holds(False):
            return
        service = (endpoint.protocol, port.value)
        if service in _IMPLICIT and mode.value is not TlsMode.IMPLICIT:
            said, wanted = "does not begin with TLS, as clients of this port expect", TlsMode.IMPLICIT
        elif service in _NEVER_IMPLICIT and mode.value is TlsMode.IMPLICIT:
            said, wanted = "begins with TLS, and clients of this port speak plain text first", TlsMode.STARTTLS
        else:
            return
        yield self.finding(
            endpoint,
            mode,
            f"{endpoint.name} {said} (port {port.value})",
            remedy=SetValue("tls", wanted, "the mode the port is registered for", unsafe="clients set up for the odd mode lose access"),
        )
