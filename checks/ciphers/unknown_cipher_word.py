"""A word of the cipher string is unknown to this library.

Unknown words are skipped without a sound: a misspelt exclusion excludes nothing, a misspelt suite is not offered.

Use instead: the word that was meant.
Fix safety: unsafe, the list changes.
Limits: words that older or newer releases know are told as such and reported only when they exclude nothing that matters elsewhere.
References: openssl-ciphers(1); docs/ciphers.md.
"""

from collections.abc import Iterator
from functools import lru_cache

from tlslint.checks.ciphers.words import other_language
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import openssl
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import Edit, Rewrite


class UnknownCipherWord(EndpointRule):
    """Looks at the words of the string an endpoint is given."""

    code = "TLS213"
    name = "unknown-cipher-word"
    severity = Severity.WARNING

    examples = [
        bad("httpd", 'SSLCipherSuite "ECDHE+AESGCM:«ECDHE+AESGMC»"', "AESGMC"),
        good("httpd", 'SSLCipherSuite "ECDHE+AESGCM:!EXP:!DES"', why="EXP and DES are words of older releases: excluding them is harmless"),
        bad("slapd", "TLSCipherSuite HIGH:«HIHG»", "HIHG", target="debian-13"),
        bad("dovecot", "ssl_cipher_list = ECDHE+AESGCM:«ECDHE+AESGMC»", "AESGMC"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM:!EXP"),
        bad("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM:«FOOBAR»", "FOOBAR", service="submission"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM", service="submission"),
        bad("postfix", "smtpd_tls_mandatory_exclude_ciphers = aNULL, «KRB5-DE5»", "nothing is excluded", service="submission"),
        good("postfix", "smtpd_tls_mandatory_exclude_ciphers = aNULL, KRB5-DES-CBC3-SHA, EXP", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Words that no release of the library knows."""
        string = endpoint.cipher_string
        if string is None or string.span is None or not string.build.startswith("openssl"):
            return
        if other_language(string):
            return  # the whole string is in the wrong language, and told so
        for word in _unknown(string.text, string.build):
            span = string.place(word.start, word.end) or string.span
            remedy = None
            if word.suggestion and span is not string.span:
                fixed = word.text.replace(word.unknown, word.suggestion)
                remedy = Rewrite((Edit(span, fixed.encode()),), f"{fixed}", unsafe="the list of suites changes")
            hint = f"; did you mean {word.suggestion}?" if word.suggestion else ""
            yield self.finding(
                endpoint, span, f"{word.unknown} is unknown to {string.build.replace('@', ' ')} and is skipped{hint}", remedy=remedy
            )


@lru_cache(maxsize=256)
def _unknown(string: str, build: str) -> tuple[openssl.Word, ...]:
    """Words that no release knows."""
    words = openssl.explain(string, build)
    return tuple(word for word in words if word.effect is openssl.Effect.UNKNOWN and not word.note and word.unknown)
