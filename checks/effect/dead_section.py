"""A section is never true, so nothing in it is read.

A module that is not loaded or a misspelt name in the guard removes the section without a sound.

Use instead: the right name, or load the module.
Fix safety: unsafe, settings that were dead begin to act.
Limits: a guard that merely asks for an optional module is not reported.
References: mod_so and core documentation of httpd.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class DeadSection(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS806"
    name = "dead-section"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "<IfModule «mod_ssl»>\nSSLCompression off\n</IfModule>", "mod_ssl.c"),
        good("httpd", "<IfModule mod_ssl.c>\nSSLCompression off\n</IfModule>"),
    ]
