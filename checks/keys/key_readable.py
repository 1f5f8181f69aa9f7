"""A private key can be read by everybody on the machine.

Whoever has the key can pose as the server, and read recorded traffic of suites without forward secrecy.

Use instead: mode 0640 or 0600, owner root, and the server's group where it reads the key itself.
Fix safety: nothing tlslint could write: modes are no text.
Limits: mode and owner only, the key is never opened; access control lists are not looked at. A checkout of a repository carries no
modes worth the name.
References: RFC 9325 section 7.2; each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class KeyReadable(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS316"
    name = "key-readable"
    severity = Severity.ERROR

    examples = [
        good("slapd", "TLSCertificateKeyFile /etc/ldap/ldap.key", why="the key is not part of what was scanned"),
        bad("dovecot", "ssl_prefer_server_ciphers = yes", "everybody"),
        bad("courier", "TLS_CERTFILE=/etc/courier/imapd.pem", "everybody"),
    ]
