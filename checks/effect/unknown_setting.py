"""A name the server does not know.

Depending on the server it is ignored without a sound, or the server does not start.

Use instead: the name that was meant.
Fix safety: unsafe, a setting that was dead begins to act.
Limits: names of third-party modules and of later versions are told apart where they can be.
References: each server's page in the documentation.
"""

from tlslint.checks.rule import ProblemRule, bad, good
from tlslint.model import Severity


class UnknownSetting(ProblemRule):
    """Reports what the format's reader met."""

    code = "TLS801"
    name = "unknown-setting"
    severity = Severity.WARNING

    examples = [
        bad("postfix", "«smtpd_tls_securty_level» = may", "is no parameter"),
        good("postfix", "smtpd_tls_security_level = may"),
        bad("slapd", "«TLSCertFile» /etc/ldap/ldap.pem", "TLSCertificateFile"),
        bad(
            "slapd", "dn: cn=config\nchangetype: modify\nreplace: olcTLSProtocolMax\n«olcTLSProtocolMax»: 3.3", "no attribute", place="ldif"
        ),
        bad("ldap-client", "«TLSProtocolMin» 3.4", "TLS_PROTOCOL_MIN"),
        bad("ldap-client", "«TLS_REQUIRE_CERT» demand", "did you mean TLS_REQCERT"),
        good("ldap-client", "tls_reqcert demand", why="case does not count"),
        bad("dovecot", "«ssl_min_protocoll» = TLSv1.2", "ssl_min_protocoll"),
        good("dovecot", "ssl_min_protocol = TLSv1.2"),
    ]
