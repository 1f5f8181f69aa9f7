"""OCSP stapling is switched on and cannot work.

Without a cache httpd does not start; a cache inside a virtual host is refused.

Use instead: SSLStaplingCache in the main configuration, or no stapling.
Fix safety: safe, nothing works today.
Limits: none.
References: modules/ssl/ssl_util_stapling.c of httpd.
"""

from tlslint.checks.rule import ProblemRule, bad
from tlslint.model import Severity


class StaplingBroken(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS704"
    name = "stapling-broken"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLUseStapling «on»", "SSLStaplingCache"),
    ]
