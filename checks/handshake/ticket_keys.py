"""Session tickets are made with a fixed key file.

Whoever gets the file reads all TLS 1.2 traffic recorded while it was in use; rotation is left to the administrator.

Use instead: no key file: the server makes its own keys at each start.
Fix safety: safe, sessions are negotiated anew once.
Limits: several machines behind one name need a common, rotated file. Postfix takes no such file: tlsmgr makes and changes its keys.
References: RFC 9325 section 3.4.
"""

from tlslint.checks.rule import ProblemRule
from tlslint.model import Severity


class TicketKeys(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS703"
    name = "ticket-keys"
    severity = Severity.INFO
