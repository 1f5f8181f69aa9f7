"""A file cannot be read.

What it sets is not known: it may not be opened, is not a regular file, too large, or not text.

Use instead: a readable text file.
Fix safety: nothing tlslint could write.
Limits: none.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule
from tlslint.model import Severity


class Unreadable(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS903"
    name = "unreadable"
    severity = Severity.WARNING
