"""A trusted network is wide enough to let strangers log in without TLS.

Clients from such networks may send passwords in the clear, and the list reaches far beyond one machine.

Use instead: addresses of machines that are really on the same protected network.
Fix safety: unsafe, clients there need TLS afterwards.
Limits: loopback and single hosts are fine. Postfix has no network to which smtpd_tls_auth_only does not apply.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class TrustedNetworkTooWide(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS408"
    name = "trusted-network-too-wide"
    severity = Severity.WARNING

    examples = [
        bad("dovecot", "login_trusted_networks = «0.0.0.0/0»", "in the clear"),
        good("dovecot", "login_trusted_networks = 10.0.0.0/24"),
    ]
