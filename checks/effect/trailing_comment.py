"""A comment behind a value is part of the value, or breaks the line.

Most servers know comments only on lines of their own.

Use instead: the comment on its own line above.
Fix safety: unsafe, the value changes to what was meant.
Limits: servers that do know trailing comments are not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class TrailingComment(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS809"
    name = "trailing-comment"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol all -SSLv3 «#» no SSL", ""),
        good("httpd", "# no SSL\nSSLProtocol all -SSLv3"),
        bad("slapd", "TLSProtocolMin 3.3 «# TLS 1.2»", "no comments after a directive"),
        bad(
            "slapd",
            "dn: cn=config\nchangetype: modify\nreplace: olcTLSProtocolMin\nolcTLSProtocolMin: 3.3 «# TLS 1.2»",
            "no comments after a value",
            place="ldif",
        ),
        bad("dovecot", "ssl_cipher_list = HIGH:!aNULL«#strong»", "begins a comment"),
        good("dovecot", "ssl_cipher_list = HIGH:!aNULL # strong"),
        bad("postfix", "smtpd_tls_auth_only = yes «# no passwords in the clear»", "no comment after a value", service="smtp"),
        good("postfix", "# no passwords in the clear\nsmtpd_tls_auth_only = yes", service="smtp"),
    ]
