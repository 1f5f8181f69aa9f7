"""A client sends its password over TLS that anybody can strip.

With opportunistic TLS the client goes on in plain text when STARTTLS is not offered: somebody in between removes the offer and
reads the
password.

Use instead: required and verified TLS to the relay.
Fix safety: unsafe, a relay without TLS is no longer used.
Limits: reported only where the client would really log in; not on loopback.
References: RFC 8314 section 3; RFC 9325 section 3.2.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity, TlsMode
from tlslint.model.remedy import Advice, Remedy, SetValue


class PasswordOverOpportunisticTls(EndpointRule):
    """Looks at clients that log in over optional TLS."""

    code = "TLS606"
    name = "password-over-opportunistic-tls"
    severity = Severity.ERROR

    examples = [
        bad(
            "postfix",
            "relayhost = [smtp.example.test]:587\nsmtp_tls_security_level = may\nsmtp_sasl_auth_enable = yes\n"
            "smtp_sasl_password_maps = inline:{ { [smtp.example.test]:587 = user:secret } }\nsmtp_sasl_security_options =",
            "password",
            service="smtp",
        ),
        good(
            "postfix",
            "relayhost = [smtp.example.test]:587\nsmtp_tls_security_level = secure\nsmtp_tls_CApath = /etc/ssl/certs\nsmtp_sasl_auth_enable = yes\n"
            "smtp_sasl_password_maps = inline:{ { [smtp.example.test]:587 = user:secret } }",
            service="smtp",
        ),
        bad(
            "slapd",
            'syncrepl rid=001 provider=ldap://p.example.test searchbase="dc=example,dc=test" bindmethod=simple\n  binddn="cn=r,dc=example,dc=test" credentials=x «starttls=yes»',
            "strip",
            place="database",
        ),
        good(
            "slapd",
            'syncrepl rid=001 provider=ldap://p.example.test searchbase="dc=example,dc=test" bindmethod=simple\n  binddn="cn=r,dc=example,dc=test" credentials=x starttls=critical',
            place="database",
        ),
        bad("ldap-client", "uri «ldap://l.example.test»\npam_password md5", "password", place="pam_ldap.conf"),
        good("ldap-client", "uri ldap://l.example.test\nssl start_tls", place="pam_ldap.conf"),
        bad("dovecot", "imapc_host = imap.example.test\nimapc_ssl = «no»", "plain text"),
        good("dovecot", "imapc_host = imap.example.test\nimapc_ssl = starttls", why="a server without STARTTLS is not used"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Client role, password may go out in the clear."""
        if endpoint.cleartext_login.holds(True) and isinstance(endpoint.tls, Known) and not is_local(endpoint):
            plain = endpoint.tls.value is TlsMode.NONE
            remedy: Remedy = SetValue(
                "tls", TlsMode.STARTTLS_REQUIRED, "require and verify TLS", unsafe="a relay without TLS is no longer used"
            )
            if endpoint.protocol == "smtp" and endpoint.address.holds(None):  # it delivers to everybody, and many have no TLS
                remedy = Advice("require and verify TLS of the hosts that get a password, and of no others")
            yield self.finding(
                endpoint,
                endpoint.cleartext_login,
                f"{endpoint.name} sends its password {'in plain text' if plain else 'over TLS that anybody in between can strip'}",
                severity=Severity.CRITICAL if plain else self.severity,
                remedy=remedy,
            )
