"""A port speaks another mode than its clients expect.

Port 465 without TLS from the first byte, port 25 with it, or plain HTTP on 443: clients of that port hang or break off.

Use instead: the mode the port is registered for.
Fix safety: unsafe, clients that were set up for the odd mode lose access.
Limits: ports that are not registered for one mode are left alone.
References: RFC 8314 section 7; IANA service names.
"""

from tlslint.checks.rule import ProblemRule, bad
from tlslint.model import Severity


class PortSpeaksOtherMode(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS407"
    name = "port-speaks-other-mode"
    severity = Severity.ERROR

    examples = [
        bad("postfix", "smtps inet n - y - - «smtpd»", "465", place="master.cf"),
    ]
