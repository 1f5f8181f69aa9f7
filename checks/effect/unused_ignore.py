"""An ignore comment hides nothing.

What it was for is mended or was never reported, or its rule is misspelt, or its date has passed. A comment that hides nothing today
may hide something tomorrow that nobody has decided on.

Use instead: remove the comment, or mend its words.
Fix safety: safe, only the comment changes.
Limits: told only where every rule of the comment was asked (`--select` and `--ignore` leave some out); a comment that is needed for
one `--target` is not needed for another.
References: docs/ignores.md.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class UnusedIgnore(ProblemRule):
    """Reports what the engine met when it looked at ignore comments."""

    code = "TLS812"
    name = "unused-ignore"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "«# tlslint: ignore[TLS1O2] old printers»\nSSLProtocol all", "no rule is called 'TLS1O2'"),
        bad("postfix", "«# tlslint: ignore old printers»\nsmtpd_tls_loglevel = 1", "no rule is named"),
        bad("slapd", "«# tlslint: ignore[TLS102] until=soon old printers»\nTLSProtocolMin 3.1", "is no date"),
        good(
            "httpd", "# tlslint: ignore[TLS102] until=2999-01-01 old printers\nSSLProtocol all", why="well-formed, and TLS102 was not asked"
        ),
        good("postfix", "# tlslint is run on every commit\nsmtpd_tls_loglevel = 1", why="speaks of tlslint, not to it"),
        good("slapd", "# tlslint: ignore-file[TLS1] a laboratory\nTLSProtocolMin 3.1"),
    ]
