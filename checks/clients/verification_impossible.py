"""Verification is demanded and cannot work.

DANE without a validating resolver, or verification without any CA: mail waits for ever or goes out unprotected.

Use instead: what the level needs: DNSSEC, a CA file, or another level.
Fix safety: unsafe, which connections succeed changes.
Limits: only what can be told from files.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class VerificationImpossible(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS604"
    name = "verification-impossible"
    severity = Severity.ERROR

    examples = [
        bad("ldap-client", "TLS_CACERT «/etc/ldap/ldap.pem # ours»", "does not exist"),
        good("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem"),
        bad("postfix", "«smtp_tls_security_level = dane»", "not dnssec", service="smtp"),
        good("postfix", "smtp_tls_security_level = dane\nsmtp_dns_support_level = dnssec", service="smtp"),
    ]
