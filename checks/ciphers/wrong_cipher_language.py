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

from tlslint.checks.ciphers.words import better_list
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import openssl
from tlslint.model import Endpoint, Finding, Severity


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
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A refused string that the other library accepts."""
        string = endpoint.cipher_string
        if string is None or not string.text:
            return
        is_gnutls = string.build.startswith("gnutls")
        if not is_gnutls and openssl.evaluate(string.text, string.build).accepted:
            return
        from tlslint.crypto import gnutls  # noqa: PLC0415 (its tables are not needed for a string that is taken)

        if is_gnutls:
            wrong = not gnutls.evaluate(string.text, string.build).accepted and openssl.evaluate(string.text, "openssl@3.0").accepted
            here, other = "GnuTLS", "OpenSSL"
        else:
            wrong = gnutls.evaluate(string.text, "gnutls@3.7.9").accepted
            here, other = "OpenSSL", "GnuTLS"
        if wrong:
            yield self.finding(
                endpoint,
                string.span if string.span is not None else endpoint.cipher_suites,
                f"{string.setting or 'the cipher setting'} is written for {other}, and this server is linked with {here}, which refuses it",
                remedy=better_list(self.profiles, f"a string for {here}", unsafe="the list of suites changes"),
            )
