"""Configuration files lie beside the others and nothing reads them.

Their settings have no effect.

Use instead: include them or move them away.
Fix safety: unsafe, settings that were dead begin to act.
Limits: said once per folder; disabled sites and backups are expected to lie there.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule
from tlslint.model import Severity


class FileNotRead(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS815"
    name = "file-not-read"
    severity = Severity.INFO
