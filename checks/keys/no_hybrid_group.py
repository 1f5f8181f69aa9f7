"""The hybrid group X25519MLKEM768 is possible and not offered.

Traffic recorded today can be opened once large quantum computers exist; the hybrid group protects it, browsers use it since 2024,
and
OpenSSL has it from 3.5 on, switched on by default.

Use instead: X25519MLKEM768 first in the list of groups, or no list at all.
Fix safety: safe, clients without it use the next group.
Limits: silent where the library is older, where TLS 1.3 is off, and where the library's default is in force; listeners on loopback are
left alone.
References: draft-ietf-tls-ecdhe-mlkem; OpenSSL 3.5 release notes.
"""

from collections.abc import Iterator
from functools import cache

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.crypto import groups, libraries
from tlslint.model import Endpoint, Finding, Known, Severity
from tlslint.model.remedy import OfferGroups
from tlslint.model.suites import Group
from tlslint.model.versions import TLS13


class NoHybridGroup(EndpointRule):
    """Looks at configured group lists on libraries that have the hybrid group."""

    code = "TLS305"
    name = "no-hybrid-group"
    severity = Severity.INFO

    examples = [
        bad("httpd", "SSLOpenSSLConfCmd Groups «X25519:P-256»", "X25519MLKEM768", target="debian-13"),
        good("httpd", "SSLOpenSSLConfCmd Groups X25519MLKEM768:X25519:P-256", target="debian-13"),
        good("httpd", "SSLOpenSSLConfCmd Groups X25519:P-256", why="OpenSSL 3.0 does not have it", target="debian-12"),
        bad("dovecot", "ssl_curve_list = «X25519:P-256»", "", target="debian-13"),
        good("dovecot", "ssl_curve_list = X25519MLKEM768:X25519", target="debian-13"),
        bad("slapd", "TLSECName «X25519:prime256v1»", "X25519MLKEM768", target="debian-13"),
        good("slapd", "TLSProtocolMin 3.3", target="debian-13"),
        bad("postfix", "tls_eecdh_auto_curves = «X25519»", "X25519MLKEM768", service="submission", target="debian-13"),
        good("postfix", "tls_eecdh_auto_curves = X25519MLKEM768, X25519", service="submission", target="debian-13"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A group list without the hybrid group."""
        offered = endpoint.groups
        if not isinstance(offered, Known) or not offered.value or TLS13 not in endpoint.versions.surely or is_local(endpoint):
            return
        if any(group.family == "hybrid" for group in offered.value):
            return
        build = libraries.build_of(self.instance.tls_library)
        hybrid = _hybrid(build) if build is not None else ()
        if not hybrid:
            return
        asked = [groups.named(name) for profile in self.profiles for name in profile.groups or ()]
        if asked and not any(group is not None and group.family == "hybrid" for group in asked):
            return  # a list of groups from before there were hybrids is what was asked for
        yield self.finding(
            endpoint,
            offered,
            f"{endpoint.name} does not offer X25519MLKEM768, which this library has",
            remedy=OfferGroups((*hybrid, *offered.value), "put X25519MLKEM768 first"),
        )


@cache
def _hybrid(build: str) -> tuple[Group, ...]:
    """The group, where it is one that the library offers by itself."""
    return tuple(group for group in groups.default(build) if group.iana == "X25519MLKEM768")
