"""A setting has no effect in this place, at this level or in this role.

It reads as if it protected something and nothing ever looks at it.

Use instead: the setting that counts here.
Fix safety: unsafe where the other setting begins to act.
Limits: none.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class SettingIgnoredHere(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS803"
    name = "setting-ignored-here"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "smtpd_tls_security_level = may\n«smtpd_tls_mandatory_protocols = >=TLSv1.3»", "", service="smtp"),
        good("postfix", "smtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2", service="smtp"),
        bad("slapd", "TLSProtocolMin «3.3»", "GnuTLS", target="debian-12"),
        good("slapd", "TLSProtocolMin 3.3", target="debian-13"),
        bad("ldap-client", "TLS_REQCERT «no»", "no value of TLS_REQCERT"),
        bad("ldap-client", "«TLS_CERT» /etc/ldap/ldap.pem", ".ldaprc"),
        bad("ldap-client", "TLS_CACERT /etc/ldap/ldap.pem\nTLS_PROTOCOL_MIN «3.3»", "GnuTLS", target="debian-12"),
        good("ldap-client", "TLS_PROTOCOL_MIN 3.3", target="debian-13"),
        bad("dovecot", "local_name mail.example.test {\n  «ssl_min_protocol = TLSv1.3»\n}", "no effect"),
        good("dovecot", "local 192.0.2.1 {\n  ssl_min_protocol = TLSv1.3\n}"),
        bad("courier", "TLS_PROTOCOL=«TLSv1.2»", "no effect"),
        bad("courier", "TLS_STARTTLS_PROTOCOL=«TLSv1.2»", "no effect"),
        good("courier", "TLS_PRIORITY=PFS"),
    ]
