"""The suite table: every suite of every library build, by any name, and what the standards say of it."""

from typing import NamedTuple

from tlslint.model.suites import Suite


class Judgement(NamedTuple):
    """What one source says of a suite.

    `source`: `rfc9325`, `rfc10015`, `ncsc-nl`, `mozilla-intermediate`, `bsi` …; `word`: the source's own, in lower case
    (`recommended`, `must not`, `good`, `sufficient`, `phase out`, `insufficient` …); `text`: why, where the source says so.
    """

    source: str
    word: str
    text: str = ""


def named(name: str) -> Suite | None:
    """A suite by its IANA, OpenSSL or GnuTLS name, exactly as spelt there."""
    raise NotImplementedError


def numbered(code: int) -> Suite | None:
    """A suite by code point (0x1301); SSLv2 kinds have three bytes (0x010080)."""
    raise NotImplementedError


def of_build(build: str) -> tuple[Suite, ...]:
    """Every suite a build has, in its own order of preference."""
    raise NotImplementedError


def judgements(suite: Suite) -> tuple[Judgement, ...]:
    """What each source that has an opinion says."""
    raise NotImplementedError


def library_name(suite: Suite, build: str) -> str:
    """What the build itself calls the suite."""
    return (suite.gnutls if build.startswith("gnutls") else suite.openssl) or suite.iana
