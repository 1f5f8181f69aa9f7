"""A word of the cipher string changes nothing, or stands in the wrong list.

TLS 1.3 suites are not governed by the list for TLS 1.2 and below: naming them there neither adds nor restricts anything.

Use instead: the setting for TLS 1.3 suites, or nothing.
Fix safety: safe, the word has no effect today.
Limits: known words that happen to change nothing are left alone: they state intent.
References: SSL_CTX_set_ciphersuites(3); docs/ciphers.md.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import openssl, suites
from tlslint.model import Endpoint, Finding, Severity, Span
from tlslint.model.remedy import Edit, Rewrite


class WordWithoutEffect(EndpointRule):
    """Looks for TLS 1.3 names in the list for older versions."""

    code = "TLS214"
    name = "word-without-effect"
    severity = Severity.INFO

    examples = [
        bad("httpd", 'SSLCipherSuite "«TLS_AES_128_GCM_SHA256»:ECDHE+AESGCM"', "TLS 1.3"),
        good("httpd", 'SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\nSSLCipherSuite "ECDHE+AESGCM"'),
        bad("dovecot", "ssl_cipher_list = «TLS_AES_128_GCM_SHA256»:ECDHE+AESGCM", "TLS 1.3"),
        good("dovecot", "ssl_cipher_list = ECDHE+AESGCM\nssl_cipher_suites = TLS_AES_128_GCM_SHA256"),
        good(
            "slapd",
            "TLSCipherSuite TLS_AES_128_GCM_SHA256:ECDHE+AESGCM",
            target="debian-13",
            why="from 2.5 on they choose TLS 1.3's suites",
        ),
        bad(
            "postfix",
            "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM:«TLS_AES_128_GCM_SHA256»",
            "",
            service="submission",
        ),
        good("postfix", "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Names of TLS 1.3 suites in the older list."""
        string = endpoint.cipher_string
        if string is None or string.span is None or not string.build.startswith("openssl") or string.span.text != string.text:
            return
        if string.has_tls13:
            return
        names = _of_tls13(string.text, string.build)
        if names:
            span = string.place(names[0].start, names[0].end) or string.span
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            message = f"{names[0].text}{more} has no effect here: this list has no say over the suites of TLS 1.3"
            yield self.finding(endpoint, span, message, remedy=_without(string.span, names))


@lru_cache(maxsize=256)
def _of_tls13(string: str, build: str) -> tuple[openssl.Word, ...]:
    """Words that name suites of TLS 1.3."""
    found = ((word, suites.named(word.text.lstrip("!-+"))) for word in openssl.explain(string, build))
    return tuple(word for word, suite in found if suite is not None and suite.is_tls13)


def _without(span: Span, words: Sequence[openssl.Word]) -> Rewrite:
    """The words taken out with a separator each; the rest stays as it is."""
    data = span.data
    gaps: list[tuple[int, int]] = []
    for word in words:
        start = len(span.text[: word.start].encode(span.file.encoding))
        end = start + len(word.text.encode(span.file.encoding))
        while end < len(data) and data[end : end + 1] in _SEPARATORS:
            end += 1
        if gaps and gaps[-1][1] >= start:
            start = gaps.pop()[0]
        if end == len(data):  # the last word: the separator before it goes
            while start and data[start - 1 : start] in _SEPARATORS:
                start -= 1
        gaps.append((start, end))
    edits = tuple(Edit(Span(span.file, span.start + start, span.start + end), b"") for start, end in gaps)
    return Rewrite(edits, "leave the TLS 1.3 suites out here")


_SEPARATORS = (b":", b",", b" ", b";")
