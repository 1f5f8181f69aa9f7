"""A setting is written and later overridden.

What stands here does not count; the finding shows what does.

Use instead: one place for each setting.
Fix safety: safe.
Limits: overriding in another scope on purpose is how scopes are meant to be used and is not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class SettingOverridden(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS802"
    name = "setting-overridden"
    severity = Severity.INFO

    examples = [
        bad("dovecot", "«ssl = yes»\nssl = required", "set again"),
        good("dovecot", "ssl = required"),
        bad("courier", "TLS_PRIORITY=«NORMAL»\nTLS_PRIORITY=PFS", "set again"),
        good("courier", "TLS_PRIORITY=PFS"),
        bad(
            "postfix",
            "«smtpd_tls_auth_only = no»",
            "counts nowhere",
            listener="submission inet n - y - - smtpd\n  -o smtpd_tls_auth_only=yes",
        ),
        good(
            "postfix",
            "smtpd_tls_auth_only = no",
            why="port 25 goes by it",
            listener="smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_tls_auth_only=yes",
        ),
    ]
