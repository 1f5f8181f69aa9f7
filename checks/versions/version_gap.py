"""A hole in the list of versions closes more than it says.

OpenSSL offers one unbroken range of versions: taking one out of the middle takes out all below it as well.

Use instead: a list without holes.
Fix safety: unsafe, the versions offered change.
Limits: OpenSSL before 1.1.0 keeps the hole; nothing is reported there.
References: modules/ssl/ssl_engine_init.c of httpd; SSL_CTX_set_min_proto_version(3).
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class VersionGap(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS104"
    name = "version-gap"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "SSLProtocol all «-TLSv1.2»", "TLS 1.2"),
        good("httpd", "SSLProtocol all -TLSv1 -TLSv1.1"),
        bad("postfix", "smtp_tls_security_level = may\nsmtp_tls_protocols = «!TLSv1.1»", "TLS 1.0 alone", service="smtp"),
        good("postfix", "smtp_tls_security_level = may\nsmtp_tls_protocols = !TLSv1, !TLSv1.1", service="smtp"),
    ]
