"""A setting is written twice in one place with different values.

Only one counts, mostly the last; the other misleads.

Use instead: one line.
Fix safety: safe when the line without effect is removed.
Limits: settings that add up are not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class DuplicateSetting(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS811"
    name = "duplicate-setting"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLProtocol «all -TLSv1»\nSSLProtocol all -TLSv1 -TLSv1.1", ""),
        good("httpd", "SSLProtocol all -TLSv1 -TLSv1.1"),
        bad("slapd", "«TLSCipherSuite NORMAL»\nTLSCipherSuite SECURE256", "last one counts", target="debian-12"),
        bad("postfix", "«smtpd_tls_loglevel = 1»\nsmtpd_tls_loglevel = 2", "the last one counts", service="smtp"),
        good("postfix", "smtpd_tls_loglevel = 1\nsmtpd_tls_loglevel = 1", service="smtp"),
    ]
