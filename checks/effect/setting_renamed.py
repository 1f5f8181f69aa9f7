"""A setting has been renamed or is deprecated.

It still works, or works no longer after the next upgrade.

Use instead: the new spelling.
Fix safety: safe where the old one still works the same.
Limits: none.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class SettingRenamed(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS805"
    name = "setting-renamed"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "«smtpd_use_tls» = yes", "", service="smtp", target="debian-13"),
        good("postfix", "smtpd_tls_security_level = may", service="smtp"),
        bad("dovecot", "«ssl_prefer_server_ciphers» = yes", "ssl_server_prefer_ciphers", target="debian-13"),
        bad("dovecot", "«ssl_protocols» = TLSv1.2", "ssl_min_protocol"),
        good("dovecot", "ssl_server_prefer_ciphers = server", target="debian-13"),
    ]
