"""A word of the cipher string changes nothing, or stands in the wrong list.

TLS 1.3 suites are not governed by the list for TLS 1.2 and below: naming them there neither adds nor restricts anything.

Use instead: the setting for TLS 1.3 suites, or nothing.
Fix safety: safe, the word has no effect today.
Limits: known words that happen to change nothing are left alone: they state intent.
References: SSL_CTX_set_ciphersuites(3); docs/ciphers.md.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import openssl, suites
from tlslint.model import Endpoint, Finding, Severity, Span


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
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Names of TLS 1.3 suites in the older list."""
        string = endpoint.cipher_string
        if string is None or string.span is None or not string.build.startswith("openssl") or string.span.text != string.text:
            return
        names = []
        for word in openssl.explain(string.text, string.build):
            suite = suites.named(word.text.lstrip("!-+"))
            if suite is not None and suite.is_tls13:
                names.append(word)
        if names:
            start = string.span.start + len(string.text[: names[0].start].encode())
            span = Span(string.span.file, start, start + len(names[0].text.encode()))
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            yield self.finding(endpoint, span, f"{names[0].text}{more} has no effect here: this list has no say over the suites of TLS 1.3")
