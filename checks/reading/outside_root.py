"""A file outside the scanned roots is included.

tlslint never reads beyond what it was given: what the file sets is not known.

Use instead: scan from a directory that holds it, or give `--root`.
Fix safety: nothing tlslint could write.
Limits: none.
References: docs: what tlslint reads.
"""

from tlslint.checks.rule import ProblemRule, good
from tlslint.model import Severity


class OutsideRoot(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS904"
    name = "outside-root"
    severity = Severity.WARNING

    examples = [
        good("httpd", "IncludeOptional /etc/apache2/none.conf"),
    ]
