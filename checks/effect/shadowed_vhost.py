"""A virtual host is never chosen.

An earlier one on the same address claims the same name and takes every request.

Use instead: different names, or one virtual host.
Fix safety: unsafe, another virtual host begins to answer.
Limits: only names that are written out are compared.
References: server/vhost.c of httpd.
"""

from tlslint.checks.rule import ProblemRule
from tlslint.model import Severity


class ShadowedVhost(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS813"
    name = "shadowed-vhost"
    severity = Severity.WARNING
