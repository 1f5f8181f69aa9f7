"""A line belongs to the one before it.

A backslash at the end, or an indented line, joins two lines: the second is never read as what it looks like.

Use instead: a line of its own.
Fix safety: unsafe, a dead setting begins to act.
Limits: joined comments are not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class SwallowedLine(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS810"
    name = "swallowed-line"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "# old setting \\\n«SSLCompression off»", "never reads"),
        good("httpd", "# old setting\nSSLCompression off"),
        bad("slapd", "# new versions only\n «TLSProtocolMin 3.4»", "continues the comment", target="debian-13"),
        bad("slapd", "TLSProtocolMin 3.4\n «TLSVerifyClient never»", "becomes its argument"),
        bad("dovecot", "«ssl_cipher_list = \\\\\n»# the best", "forgets"),
        bad("courier", "«TLS_PRIORITY=SECURE128: -VERS-TLS1.0»", "command"),
        good("courier", 'TLS_PRIORITY="SECURE128:-VERS-TLS1.0"'),
        bad(
            "postfix",
            "smtp inet n - n - - smtpd\n#smtps inet n - n - - smtpd\n  «-o smtpd_tls_wrappermode=yes»",
            "commented out",
            place="master.cf",
        ),
        good("postfix", "smtp inet n - n - - smtpd\n#smtps inet n - n - - smtpd\n#  -o smtpd_tls_wrappermode=yes", place="master.cf"),
    ]
