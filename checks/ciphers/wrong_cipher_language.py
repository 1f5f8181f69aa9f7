"""The cipher setting is written in the other library's language.

OpenSSL cipher strings and GnuTLS priority strings look alike and mean nothing to each other: the library refuses the string, or
takes one
word for something else.

Use instead: the language of the library the server is linked with.
Fix safety: unsafe, the list changes.
Limits: reported when the library in use refuses the string and the other one understands it.
References: openssl-ciphers(1); gnutls priority strings (GnuTLS manual, section Priority Strings).
"""

from collections.abc import Iterator

from tlslint.checks.ciphers.words import better_list, other_language
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Role, Severity


class WrongCipherLanguage(EndpointRule):
    """Asks the other library when the one in use refuses a string."""

    code = "TLS216"
    name = "wrong-cipher-language"
    severity = Severity.ERROR

    examples = [
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL"'),
        bad("slapd", "TLSCipherSuite «HIGH:MEDIUM:+SSLv2»", "written for OpenSSL", target="debian-12"),
        bad("slapd", "TLSCipherSuite «SECURE256:-VERS-ALL:+VERS-TLS1.2»", "written for GnuTLS", target="debian-13"),
        good("slapd", "TLSCipherSuite SECURE256", target="debian-12"),
        bad("ldap-client", "TLS_CIPHER_SUITE «NORMAL»", "GnuTLS", target="debian-13"),
        bad("ldap-client", "TLS_CIPHER_SUITE «HIGH:!aNULL»", "OpenSSL", target="debian-12"),
        bad("dovecot", "ssl_cipher_list = «SECURE256:-VERS-TLS1.0»", "written for GnuTLS"),
        bad("courier", 'TLS_PRIORITY="«HIGH:!aNULL»"', "written for OpenSSL"),
        good("courier", "TLS_PRIORITY=SECURE128"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = «SECURE256:-VERS-TLS1.0»",
            "written for GnuTLS",
            service="submission",
        ),
        good("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = HIGH:!aNULL", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A refused string that the other library accepts."""
        string = endpoint.cipher_string
        other = other_language(string) if string is not None else ""
        if string is not None and other:
            here = "OpenSSL" if other == "GnuTLS" else "GnuTLS"
            who = "server" if endpoint.role is Role.SERVER else "program"
            yield self.finding(
                endpoint,
                string.span if string.span is not None else endpoint.cipher_suites,
                f"{string.setting or 'the cipher setting'} is written for {other}, and this {who} is linked with {here}, which refuses it",
                remedy=better_list(self.profiles, f"a string for {here}", unsafe="the list of suites changes"),
            )
