"""TLS is on and its certificate is missing, unreadable or no PEM file.

Without a certificate the server does not start, or every handshake fails.

Use instead: the path of a certificate that is there.
Fix safety: nothing tlslint could write.
Limits: files outside the scanned roots are not looked at.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class CertificateMissing(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS310"
    name = "certificate-missing"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLCertificateFile «/etc/ssl/certs/none.pem»", "does not exist"),
        good("httpd", "SSLVerifyDepth 2", why="the certificate of the site is there"),
        bad("slapd", "TLSCertificateFile «/etc/ldap/none.pem»\nTLSCertificateKeyFile /etc/ldap/ldap.key", "does not exist"),
        bad("slapd", "TLSCertificateFile «/etc/ldap/ldap.pem»", "GnuTLS builds want both", target="debian-12"),
        bad("dovecot", "ssl_cert = «</etc/hosts/none.pem»", ""),
        bad("dovecot", "ssl_cert = «</etc/dovecot/dovecot.conf»", "every handshake fails"),
        good("dovecot", "ssl = yes"),
        bad("courier", "TLS_CERTFILE=«/etc/courier/none.pem»", "does not exist"),
        bad("courier", "TLS_CERTFILE=", "every handshake fails"),
        good("courier", "TLS_PRIORITY=NORMAL"),
        bad("postfix", "smtpd_tls_chain_files = «/etc/ssl/nowhere.pem»", "does not exist", service="submission"),
        good("postfix", "smtpd_tls_loglevel = 1", why="the chain file is there", service="submission"),
    ]
