"""The security level is lowered in the cipher string.

`@SECLEVEL=0` and `@SECLEVEL=1` let the library accept keys, signatures and versions it would refuse: on OpenSSL 3, level 0 alone
brings TLS
1.0, TLS 1.1 and SHA-1 back.

Use instead: no @SECLEVEL, or 2.
Fix safety: unsafe, clients and certificates that need the lower level lose access.
Limits: silent where the level written is the library's default or higher.
References: SSL_CTX_set_security_level(3); docs/ciphers.md.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import libraries, openssl
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import SetValue
from tlslint.model.versions import TLS10, TLS11
from tlslint.profiles import allowed_by_all


class SecurityLevelLowered(EndpointRule):
    """Looks for `@SECLEVEL` below the library's own default."""

    code = "TLS215"
    name = "security-level-lowered"
    severity = Severity.ERROR

    examples = [
        bad("httpd", 'SSLCipherSuite "HIGH:!aNULL:«@SECLEVEL=0»"', "security level 0", target="debian-12"),
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL:@SECLEVEL=2"', target="debian-12"),
        good("httpd", 'SSLCipherSuite "HIGH:!aNULL"', target="debian-12"),
        bad("dovecot", "ssl_cipher_list = HIGH:!aNULL:«@SECLEVEL=0»", "security level 0"),
        good("dovecot", "ssl_cipher_list = HIGH:!aNULL"),
        bad("slapd", "TLSCipherSuite DEFAULT«@SECLEVEL=0»", "level 0", target="debian-13"),
        good("slapd", "TLSCipherSuite DEFAULT", target="debian-13"),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = HIGH:!aNULL:«@SECLEVEL=1»",
            "level 1",
            service="submission",
        ),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", why="Postfix itself runs at level 0", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A level below 2 that the string itself sets."""
        string = endpoint.cipher_string
        if string is None or not string.build.startswith("openssl"):
            return
        ciphers = openssl.evaluate(string.text, string.build)
        default = libraries.build(string.build).security_level
        level = ciphers.security_level
        if not ciphers.sets_level or level is None or level >= min(2, default if default is not None else 2):
            return
        if allowed_by_all(self.profiles) & {TLS10, TLS11}:
            return  # OpenSSL 3 speaks the versions that were asked for at no other level
        place: object = endpoint.cipher_suites
        if string.span is not None:
            for word in openssl.explain(string.text, string.build):
                if word.effect is openssl.Effect.LEVEL or "@SECLEVEL" in word.text.upper():
                    offset = word.start + word.text.upper().index("@SECLEVEL")
                    place = string.place(offset, word.end) or string.span
        yield self.finding(
            endpoint,
            place,  # type: ignore[arg-type]
            f"{endpoint.name} runs at security level {level}, below the library's own {default}",
            severity=Severity.INFO if endpoint.is_opportunistic_mx else self.severity if level == 0 else Severity.WARNING,
            remedy=SetValue("security_level", default, f"leave @SECLEVEL={level} out", unsafe="what needs the lower level loses access"),
        )
