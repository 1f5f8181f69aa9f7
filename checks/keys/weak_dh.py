"""Finite-field parameters are too small.

DH groups below 2048 bits can be broken by those with enough computers, and one effort opens all traffic that uses the same group
(Logjam).

Use instead: 2048 bits or more, or no DHE at all (RFC 10015).
Fix safety: safe for every client since Java 8.
Limits: parameter files are read for their size only; silent where no DHE suite is offered.
References: RFC 9325 section 4.5; RFC 10015.
"""

from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, Known, Severity
from tlslint.model.remedy import SetValue
from tlslint.model.versions import joined


class WeakDh(EndpointRule):
    """Looks at the size of DH parameters that are in use."""

    code = "TLS302"
    name = "weak-dh"
    severity = Severity.ERROR

    examples = [
        good("httpd", 'SSLCipherSuite "DHE+AESGCM:ECDHE+AESGCM"', why="httpd follows the size of the key"),
        good("dovecot", "ssl_cipher_list = HIGH:!aNULL", why="no parameters, no DHE"),
        bad("postfix", "smtpd_tls_dh1024_param_file = «/etc/ssl/dh.pem»", "1024 bits", service="submission", dh_bits="1024"),
        good("postfix", "smtpd_tls_dh1024_param_file = /etc/ssl/dh.pem", service="submission", dh_bits="2048"),
        good("postfix", "smtpd_tls_mandatory_ciphers = high", why="the library picks parameters that suit the key", service="submission"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Parameters below 2048 bits with DHE suites that use them."""
        bits = endpoint.dh_bits
        if not isinstance(bits, Known) or bits.value is None:
            return
        size = bits.value
        wanting = [profile for profile in self.profiles if size < (profile.dh_bits or 0)]
        if self.profiles and all(profile.dh_bits and size >= profile.dh_bits for profile in self.profiles):
            return  # what every chosen profile names is what was asked for (mozilla-old@5.7: 1024)
        if size >= 2048 and (not wanting or endpoint.is_opportunistic_mx):
            return
        wants = ""
        if size >= 2048:
            most = max(profile.dh_bits or 0 for profile in wanting)
            wants = f", and {joined(profile.label for profile in wanting)} {'wants' if len(wanting) == 1 else 'want'} {most}"
        refused = bool(bits.origins) and endpoint.tls_works.holds(False) and endpoint.tls_works.origins == bits.origins
        if refused or any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely):
            yield self.finding(
                endpoint,
                bits,
                f"{endpoint.name} uses DH parameters of {size} bits{wants}"
                + (", which the library refuses: every handshake fails" if refused else ""),
                severity=Severity.INFO if endpoint.is_opportunistic_mx else self.severity if size < 2048 else Severity.WARNING,
                profiles=tuple(profile.label for profile in wanting),
                remedy=SetValue("dh_bits", 2048, "parameters of 2048 bits or more, or no DHE suites"),
            )
