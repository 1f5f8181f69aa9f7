"""A setting has no effect in this place, at this level or in this role.

It reads as if it protected something and nothing ever looks at it.

Use instead: the setting that counts here.
Fix safety: unsafe where the other setting begins to act.
Limits: none.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule
from tlslint.model import Severity


class SettingIgnoredHere(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS803"
    name = "setting-ignored-here"
    severity = Severity.WARNING
