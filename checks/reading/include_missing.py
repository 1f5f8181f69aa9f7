"""A file is included that is not there.

The settings in it are missing, and many servers do not start.

Use instead: the right path.
Fix safety: nothing tlslint could write.
Limits: an include that may be missing is not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class IncludeMissing(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS902"
    name = "include-missing"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "Include «/etc/apache2/none.conf»", "does not exist"),
        good("httpd", "IncludeOptional /etc/apache2/none.conf", why="an optional include may be missing"),
        bad("slapd", "include «/etc/ldap/tls.d/none.conf»", "does not exist"),
        bad("dovecot", "!include «conf.d/*.conf»", "no"),
        good("dovecot", "!include_try conf.d/*.conf"),
    ]
