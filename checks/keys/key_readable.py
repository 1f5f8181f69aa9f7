"""A private key can be read by everybody on the machine.

Whoever has the key can pose as the server, and read recorded traffic of suites without forward secrecy.

Use instead: mode 0640 or 0600, owner root, and the server's group where it reads the key itself.
Fix safety: nothing tlslint could write: modes are no text.
Limits: mode and owner only, the key is never opened; access control lists are not looked at. A key that all may read in a folder that
only root may enter (certbot's archive) is fine. A checkout of a repository carries no modes worth the name.
References: RFC 9325 section 7.2; each server's page in the documentation.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import Advice


class KeyReadable(EndpointRule):
    """Looks at the mode of key files."""

    code = "TLS316"
    name = "key-readable"
    severity = Severity.ERROR

    examples = [
        bad("slapd", "TLSCertificateFile /etc/ldap/ldap.pem\nTLSCertificateKeyFile «/etc/ldap/ldap.key»", "mode 0644", key_mode="644"),
        bad("httpd", "SSLVerifyDepth 2", "mode 0644", key_mode="644"),
        bad("postfix", "smtpd_tls_security_level = may", "mode 0644", key_mode="644"),
        bad("dovecot", "ssl_prefer_server_ciphers = yes", "everybody", key_mode="644"),
        bad("courier", "TLS_CERTFILE=/etc/courier/imapd.pem", "everybody", key_mode="644"),
        good("httpd", "SSLVerifyDepth 2", key_mode="640"),
        good("httpd", "SSLVerifyDepth 2", why="only root may enter its folder", key_mode="644", key_folder_mode="700"),
        good("slapd", "TLSCertificateKeyFile /etc/ldap/ldap.key", why="mode 0600"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Keys open to all."""
        for certificate in endpoint.certificates:
            key = certificate.key
            if key is not None and key.open_to_all:
                yield self.finding(
                    endpoint,
                    key.span or certificate.span or endpoint.anchor,
                    f"everybody on this machine can read the private key {key.path} (mode {key.mode & 0o777:04o})",
                    label="readable by others",
                    remedy=Advice(f"chmod o-rwx {key.path}"),
                )
