"""The first virtual host of the port overrides what is written here.

A TLS connection begins with the settings of the port's first virtual host; some of them stay when another one is chosen by name.

Use instead: the setting in the first virtual host or the main configuration.
Fix safety: unsafe, other virtual hosts change too.
Limits: which settings stay depends on the version; see the documentation of httpd's evaluation.
References: modules/ssl/ssl_engine_kernel.c of httpd (ssl_callback_ServerNameIndication).
"""

from tlslint.checks.rule import ProblemRule, good
from tlslint.model import Severity


class DefaultVhostDecides(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS807"
    name = "default-vhost-decides"
    severity = Severity.WARNING

    examples = [
        good("httpd", "SSLHonorCipherOrder on", why="the only virtual host of its port is the first"),
    ]
