"""The server would refuse this line or file.

With it the server does not start, or stops at the next restart.

Use instead: what the message says.
Fix safety: depends on the line.
Limits: only what can be told from files; `configtest` and its like miss some of these.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class Refused(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS901"
    name = "refused"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol «TLSv1.4»", "TLSv1.4"),
        good("httpd", "SSLProtocol all"),
        bad("slapd", "TLSProtocolMin «TLSv1.2»", "not a version"),
        bad("slapd", "TLSVerifyClient «required»", "not a word"),
        good("slapd", "TLSVerifyClient Demand\nTLSCACertificateFile /etc/ldap/ldap.pem"),
        bad("dovecot", "ssl = «YES»", "does not start"),
        bad("dovecot", "«protocol imap { ssl_min_protocol = TLSv1.3 }»", "one setting per line"),
        good("dovecot", "ssl = required"),
        bad("courier", "if true; then TLS_PRIORITY=PFS", ""),
        good("courier", "TLS_PRIORITY=PFS"),
        bad("postfix", "smtpd_tls_auth_only = «true»", "neither yes nor no", service="smtp"),
        good("postfix", "smtpd_tls_auth_only = YES", service="smtp"),
    ]
