"""Outgoing connections never use TLS.

What is sent, mail or directory queries, can be read and changed on the way.

Use instead: opportunistic TLS at least (`may`), verified TLS to partners that are known.
Fix safety: safe at the opportunistic level: a peer without TLS is still reached. LDAP clients know no such level: unsafe there.
Limits: connections to this machine are not reported; of an LDAP client that sends its password so, TLS606 tells; a next hop that is not
known may be on this machine and is left alone.
References: RFC 7435; RFC 9325 section 3.2.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity, TlsMode
from tlslint.model.remedy import SetValue


class ClientTlsOff(EndpointRule):
    """Looks at outgoing connections without TLS."""

    code = "TLS601"
    name = "client-tls-off"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "smtp_tls_security_level = «none»", "plain text", service="smtp"),
        good("postfix", "smtp_tls_security_level = may", service="smtp"),
        bad(
            "slapd",
            'syncrepl rid=001 «provider=ldap://p.example.test» searchbase="dc=example,dc=test" bindmethod=sasl saslmech=gssapi',
            "plain text",
            place="database",
        ),
        good(
            "slapd",
            'syncrepl rid=001 provider=ldaps://p.example.test searchbase="dc=example,dc=test" bindmethod=simple\n  binddn="cn=r,dc=example,dc=test" credentials=x',
            place="database",
        ),
        bad("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nURI «ldap://l.example.test»", "plain text"),
        good("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nURI ldaps://l.example.test"),
        good("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nURI ldap://localhost ldapi:///", why="it does not leave this machine"),
        bad("ldap-client", "uri «ldap://l.example.test»", "plain text", place="libnss-ldap.conf"),
        good("ldap-client", "uri ldap://l.example.test\nssl start_tls\ntls_cacertfile /etc/ldap/ldap.pem", place="nslcd.conf"),
        bad("courier", "ESMTP_USE_STARTTLS=«0»", "plain text", place="courierd"),
        good("courier", "ESMTP_USE_STARTTLS=1", place="courierd"),
        bad("dovecot", "imapc_host = imap.example.test", "plain text"),
        bad("dovecot", "protocols = submission\nsubmission_relay_host = smtp.example.test\nsubmission_relay_ssl = «no»", "plain text"),
        good("dovecot", "imapc_host = imap.example.test\nimapc_ssl = imaps"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Client role, no TLS."""
        if endpoint.protocol == "ldap" and endpoint.cleartext_login.holds(True):
            return  # that a password goes this way is told, and worse
        if not endpoint.address.is_known or is_local(endpoint):
            return  # a hop that nobody knows may be on this machine, as content filters are
        if endpoint.protocol in ("smtp", "ldap", "imap", "pop3") and endpoint.tls.holds(TlsMode.NONE):
            remedy = SetValue("tls", TlsMode.STARTTLS, "use TLS where the other side offers it")
            if endpoint.protocol == "ldap":  # its clients know no TLS that may fail
                remedy = SetValue("tls", TlsMode.STARTTLS_REQUIRED, "use TLS", unsafe="a server without TLS is no longer reached")
            yield self.finding(endpoint, endpoint.tls, f"{endpoint.name} sends everything in plain text", remedy=remedy)
