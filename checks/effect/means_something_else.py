"""A setting is accepted and does not mean what it looks like.

No error tells that the words were taken otherwise.

Use instead: the spelling that means it.
Fix safety: unsafe, behaviour changes to what was meant.
Limits: none.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class MeansSomethingElse(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS814"
    name = "means-something-else"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol TLSv1.2 «TLSv1.3»", "TLS 1.3"),
        good("httpd", "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        bad("slapd", "TLSProtocolMin «1.2»", "restricts nothing", target="debian-13"),
        good("slapd", "TLSProtocolMin 3.3", target="debian-13"),
        bad("dovecot", "ssl_cert = «/etc/dovecot/private/mail.pem»", "without"),
        good("dovecot", "ssl_cert = </etc/dovecot/private/mail.pem"),
        bad("dovecot", "ssl_protocols = «!SSLv2 !SSLv3»", "ignores the whole line"),
        bad("courier", "IMAP_TLS_REQUIRED=«yes»", "is 0"),
        bad("courier", "«TLS_PRIORITY = PFS»", "runs a command"),
        good("courier", "IMAP_TLS_REQUIRED=1"),
        bad("postfix", "smtpd_tls_mandatory_protocols = «>= TLSv1.2»", "alone is allowed", service="submission"),
        good("postfix", "smtpd_tls_mandatory_protocols = >=TLSv1.2", service="submission"),
    ]
