"""OCSP stapling is on for a certificate that names no OCSP server.

There is nothing to fetch and nothing to staple; httpd complains in its log at every start. Let's Encrypt put no such address into its
certificates any more since May 2025, and switched its servers off in August 2025.

Use instead: no stapling, or a certificate whose CA still runs OCSP.
Fix safety: safe, nothing is stapled today.
Limits: read from the certificate file when it lies below the scanned root; silent with SSLStaplingForceURL, and for self-signed
certificates, which a log line is the least trouble of.
References: modules/ssl/ssl_util_stapling.c of httpd (AH02218, AH02604); letsencrypt.org, "Ending OCSP Support in 2025".
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class StaplingUseless(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS705"
    name = "stapling-useless"
    severity = Severity.INFO

    examples = [
        bad("httpd", "SSLUseStapling «on»", "names no OCSP server", certificate="public", server="SSLStaplingCache shmcb:/tmp/x(32768)"),
        good("httpd", "SSLUseStapling on", certificate="with-ocsp", server="SSLStaplingCache shmcb:/tmp/x(32768)"),
        good("httpd", "SSLUseStapling off", certificate="public"),
    ]
