"""Outgoing mail to everybody must use TLS.

Some servers on the Internet still offer none: mail to them waits until it bounces.

Use instead: opportunistic TLS for the world, required TLS for partners.
Fix safety: safe, more mail is delivered.
Limits: a relay host that is known to offer TLS is not reported.
References: RFC 7435; Postfix TLS_README.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class ClientDemandsTlsEverywhere(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS605"
    name = "client-demands-tls-everywhere"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "smtp_tls_security_level = «encrypt»", "every server there is", service="smtp"),
        good(
            "postfix",
            "relayhost = [relay.example.test]\nsmtp_tls_security_level = encrypt",
            why="one server, which is known",
            service="smtp",
        ),
    ]
