"""Typographic characters stand where plain ones are meant.

Curly quotes, long dashes, no-break spaces and byte-order marks come from web pages and word processors; servers take them for
ordinary letters.

Use instead: plain quotes, hyphens and blanks.
Fix safety: safe where the server refuses or ignores the line today.
Limits: inside comments they do no harm and are not reported.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class PastedCharacters(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS808"
    name = "pasted-characters"
    severity = Severity.ERROR

    examples = [
        bad("httpd", "SSLProtocol all «–SSLv3»", ""),
        good("httpd", "SSLProtocol all -SSLv3"),
        bad("slapd", "TLSCertificateFile «“/etc/ldap/ldap.pem”»\nTLSCertificateKeyFile /etc/ldap/ldap.key", "U+201C"),
        bad("dovecot", "ssl_cipher_list = «“HIGH”»", "U+201C"),
        good("dovecot", 'ssl_cipher_list = "HIGH"'),
        bad("postfix", "smtpd_tls_ciphers = «“high”»", "U+201C", service="smtp"),
        good("postfix", "smtpd_tls_ciphers = high", service="smtp"),
    ]
