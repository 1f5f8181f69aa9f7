"""Suites and groups in a library's own words, for whoever writes them into a configuration."""

from collections.abc import Iterable

from tlslint.crypto import groups as known_groups
from tlslint.crypto.suites import library_name, of_build
from tlslint.model.suites import Group, Suite

_USUAL = {"secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448"}
"""Names every OpenSSL takes; `secp256r1` and lower-case `x25519` only newer ones do (SSL_CTX_set1_groups_list(3))."""


def openssl_list(suites: Iterable[Suite], build: str | None) -> str:
    """The suites below TLS 1.3 as a cipher string, in order; what the build (`openssl@3.0`) does not have is left out."""
    return ":".join(_names((suite for suite in suites if not suite.is_tls13), build))


def openssl_tls13(suites: Iterable[Suite], build: str | None) -> str:
    """The TLS 1.3 suites as SSL_CTX_set_ciphersuites takes them, in order."""
    return ":".join(_names((suite for suite in suites if suite.is_tls13), build))


def openssl_groups(groups: Iterable[Group], build: str | None) -> str:
    """The groups as SSL_CTX_set1_groups_list takes them, in order; one the build does not have would spoil the list."""
    there = [group for group in groups if build is None or known_groups.is_known(group, build)]
    return ":".join(_USUAL.get(group.iana, group.iana) for group in there)


def _names(suites: Iterable[Suite], build: str | None) -> list[str]:
    if build is None:
        return [suite.openssl for suite in suites if suite.openssl]
    had = {suite.code for suite in of_build(build)}
    return [library_name(suite, build) for suite in suites if suite.code in had]
