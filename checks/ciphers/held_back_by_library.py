"""A weakness is written here and only the library holds it back.

The text asks for versions or suites that this library build or security level refuses: after a move to another system they are
back.

Use instead: what is really wanted, in words.
Fix safety: safe, nothing changes on this system.
Limits: none.
References: docs/ciphers.md.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class HeldBackByLibrary(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS217"
    name = "held-back-by-library"
    severity = Severity.INFO

    examples = [
        bad("httpd", "SSLProtocol «all -SSLv3»", "held back", target="debian-12"),
        good("httpd", "SSLProtocol -all +TLSv1.2 +TLSv1.3", target="debian-12"),
        bad("dovecot", "ssl_min_protocol = «TLSv1»", "held back"),
        good("dovecot", "ssl_min_protocol = TLSv1.2"),
        bad("postfix", "smtpd_tls_mandatory_protocols = «!SSLv2»", "SSL 3", service="submission"),
        good("postfix", "smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3", service="submission"),
        good(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM",
            why="its own list leaves TLS 1.0 no suite",
            service="submission",
        ),
    ]
