"""OCSP stapling is switched on and cannot work.

Without a cache httpd does not start; a cache inside a virtual host is refused. A certificate that demands stapling (must-staple) and gets
none is refused by clients that honour it.

Use instead: SSLStaplingCache in the main configuration, or no stapling.
Fix safety: safe, nothing works today.
Limits: none.
References: modules/ssl/ssl_util_stapling.c of httpd; RFC 7633 section 4.3.3.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class StaplingBroken(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS704"
    name = "stapling-broken"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLUseStapling «on»", "SSLStaplingCache"),
        bad("httpd", "SSLUseStapling off", "demands stapling", certificate="must-staple"),
        good("httpd", "SSLUseStapling on", certificate="must-staple", server="SSLStaplingCache shmcb:/tmp/x(32768)"),
    ]
