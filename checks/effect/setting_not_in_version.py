"""The software in use does not have this setting or value.

It is newer or older than the version: the server ignores it or does not start.

Use instead: what the version offers for the purpose.
Fix safety: unsafe, behaviour changes.
Limits: the version is the one given, detected or assumed; see the header of `tlslint effective`.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class SettingNotInVersion(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS804"
    name = "setting-not-in-version"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol all «-SSLv2x»"[:0] + "SSLEngine «optional»", "", target="debian-12"),
        bad("slapd", "moduleload «back_hdb»", "no module", target="debian-12"),
        good("slapd", "moduleload back_hdb", target="debian-11"),
        bad("dovecot", "«ssl_cipher_suites» = TLS_AES_256_GCM_SHA384", "2.3.13", target="debian-11"),
        good("dovecot", "ssl_cipher_suites = TLS_AES_256_GCM_SHA384"),
        bad("postfix", "«smtpd_tls_enable_rpk» = yes", "new in Postfix 3.9", service="smtp", target="debian-12"),
        good("postfix", "smtpd_tls_enable_rpk = yes", service="smtp", target="debian-13"),
    ]
