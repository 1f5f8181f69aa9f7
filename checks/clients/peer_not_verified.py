"""An outgoing connection accepts any certificate.

TLS without verification protects against listening along, not against somebody who poses as the other side.

Use instead: verify the certificate against a known CA, and the name.
Fix safety: unsafe, a peer whose certificate is not trusted is no longer reached.
Limits: mail between strangers (opportunistic TLS) cannot be verified this way and is not reported, nor are connections on loopback.
References: RFC 9325 section 6.1; RFC 7435.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity, TlsMode
from tlslint.model.remedy import SetValue


class PeerNotVerified(EndpointRule):
    """Looks at clients that demand TLS and verify nothing."""

    code = "TLS602"
    name = "peer-not-verified"
    severity = Severity.ERROR

    examples = [
        bad(
            "httpd",
            'SSLProxyEngine on\nSSLProxyVerify «none»\nProxyPass "/app" "https://backend.example.test/"',
            "any certificate",
            modules="proxy proxy_http",
        ),
        good(
            "httpd",
            'SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile /etc/ssl/certs/ca.pem\nProxyPass "/app" "https://backend.example.test/"',
            modules="proxy proxy_http",
        ),
        bad(
            "slapd",
            'syncrepl rid=001 provider=ldaps://p.example.test searchbase="dc=example,dc=test" bindmethod=simple\n  binddn="cn=r,dc=example,dc=test" credentials=x «tls_reqcert=never»',
            "any certificate",
            place="database",
        ),
        good(
            "slapd",
            'syncrepl rid=001 provider=ldaps://p.example.test searchbase="dc=example,dc=test" bindmethod=simple\n  binddn="cn=r,dc=example,dc=test" credentials=x tls_reqcert=demand',
            place="database",
        ),
        bad("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nTLS_REQCERT «never»", "any certificate"),
        bad("ldap-client", "TLS_REQCERT «allow»\nTLS_REQCERT no", "any certificate"),
        good("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nTLS_REQCERT try", why="a certificate that is not trusted ends the connection"),
        bad(
            "ldap-client",
            "[domain/x]\nid_provider = ldap\nldap_uri = ldaps://l.example.test\nldap_tls_reqcert = «never»",
            "any certificate",
            place="sssd.conf",
        ),
        bad("ldap-client", "uri ldaps://l.example.test\nssl on\ntls_reqcert «allow»", "any certificate", place="nslcd.conf"),
        bad("ldap-client", "uri ldaps://l.example.test\ntls_checkpeer «no»", "any certificate", place="pam_ldap.conf"),
        bad("dovecot", "imapc_host = imap.example.test\nimapc_ssl = imaps\nimapc_ssl_verify = «no»", "any certificate"),
        bad(
            "dovecot",
            "imapc_host = imap.example.test\nimapc_ssl = imaps\nssl_client_require_valid_cert = «no»",
            "any certificate",
            target="debian-13",
        ),
        good("dovecot", "imapc_host = imap.example.test\nimapc_ssl = starttls"),
        bad("postfix", "relayhost = [relay.example.test]:587\nsmtp_tls_security_level = «encrypt»", "any certificate", service="smtp"),
        good(
            "postfix",
            "relayhost = [relay.example.test]:587\nsmtp_tls_security_level = secure\nsmtp_tls_CApath = /etc/ssl/certs",
            service="smtp",
        ),
        good("postfix", "relayhost = [127.0.0.1]:10025\nsmtp_tls_security_level = encrypt", why="on loopback nobody is in between"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Client role, TLS, no verification."""
        # ldap.conf holds for whatever TLS its programs use: StartTLS is their choice, or another URI
        if (
            endpoint.is_opportunistic_mx
            or is_local(endpoint)
            or (endpoint.protocol != "ldap" and (not isinstance(endpoint.tls, Known) or endpoint.tls.value is TlsMode.NONE))
        ):
            return
        if endpoint.protocol == "smtp" and (endpoint.tls.holds(TlsMode.STARTTLS) or endpoint.address.holds(None)):
            return  # nobody can name an authority for everybody
        checked = endpoint.peer_verification.surely
        if checked in ("none", "name"):
            yield self.finding(
                endpoint,
                endpoint.peer_verification,
                f"{endpoint.name} accepts any certificate{' that bears the name, whoever issued it' if checked == 'name' else ''}",
                severity=Severity.WARNING if endpoint.protocol == "smtp" else self.severity,
                remedy=SetValue(
                    "peer_verification",
                    "certificate and name",
                    "verify certificate and name",
                    unsafe="an untrusted peer is no longer reached",
                ),
            )
