"""Client certificates are asked for and never required, or revocation lists are never checked.

The setting looks like access control and lets everybody in.

Use instead: require the certificate, or do not ask.
Fix safety: unsafe, clients without a certificate lose access.
Limits: an application behind the server may do the check itself.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class ClientCertificateNotEnforced(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS706"
    name = "client-certificate-not-enforced"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLVerifyClient «optional_no_ca»", "nothing here demands"),
        good("httpd", "SSLVerifyClient require\nSSLCACertificateFile /etc/ssl/certs/www.pem"),
        bad("slapd", "TLSCACertificateFile /etc/ldap/ldap.pem\nTLSVerifyClient «try»", "lets clients in"),
        good("slapd", "TLSCACertificateFile /etc/ldap/ldap.pem\nTLSVerifyClient demand"),
        bad("dovecot", "ssl_ca = </etc/dovecot/private/mail.pem\n«ssl_verify_client_cert = yes»", "asks for a certificate"),
        good("dovecot", "ssl_ca = </etc/dovecot/private/mail.pem\nssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes"),
        bad("courier", "TLS_VERIFYPEER=«PEER»", "asks clients"),
        good("courier", "TLS_VERIFYPEER=REQUIREPEER\nTLS_TRUSTCERTS=/etc/courier/imapd.pem"),
        bad("postfix", "smtpd_tls_security_level = may\n«smtpd_tls_req_ccert = yes»", "does nothing", service="smtp"),
        good("postfix", "smtpd_tls_req_ccert = yes", service="submission"),
    ]
