"""OpenSSL's cipher strings: what each build makes of one.

The language is that of ssl_create_cipher_list() and set_ciphersuites() (ssl/ssl_ciph.c), held against 17 real builds.
"""

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from tlslint.model.suites import Suite


class Effect(Enum):
    """What a word of a cipher string did."""

    ADDED = "added"
    MOVED = "moved"
    REMOVED = "removed"
    BANNED = "banned"
    """Removed for good (`!`)."""
    SORTED = "sorted"
    LEVEL = "level"
    """`@SECLEVEL=n`."""
    NOTHING = "nothing"
    """Known here, changed nothing."""
    UNKNOWN = "unknown"
    """Not known to this build: skipped without a word."""
    REFUSED = "refused"
    """Makes the whole string invalid."""
    UNREAD = "unread"
    """Stands behind what ended the reading."""


class Word(NamedTuple):
    """One rule of a string: `!aNULL`, `ECDHE+AESGCM`, `@STRENGTH`, `DEFAULT`.

    `start`, `end`: character offsets in the string. `suites`: those it added, moved, removed or banned, in order.
    `unknown`: the part that this build does not know ("" where all are known); `note` says why ("known only before OpenSSL 1.1.0",
    "a TLS 1.3 suite: this string has no say over those"); `suggestion`: a word it knows that was probably meant.
    """

    text: str
    start: int
    end: int
    effect: Effect
    suites: tuple[Suite, ...] = ()
    unknown: str = ""
    note: str = ""
    suggestion: str = ""


class CipherList(NamedTuple):
    """What came of a cipher string.

    `accepted` False: SSL_CTX_set_cipher_list() fails and the server (mostly) does not start; `error` is OpenSSL's reason
    (`no cipher match`, `invalid command`) or the TLS 1.3 list's.
    `suites`: TLS 1.3 first, then the string's own in order; what the library keeps when it refuses is here too (1.1.1+: TLS 1.3 only).
    `security_level`: what the string sets, else the `level` given, else the build's default; None before 1.1.0.
    `sets_level`: did the string say `@SECLEVEL`?
    """

    string: str
    build: str
    accepted: bool
    error: str | None
    suites: tuple[Suite, ...]
    security_level: int | None
    sets_level: bool
    tls13: str | None

    @property
    def words(self) -> tuple[Word, ...]:
        """What each word did; worked out when first asked for."""
        return explain(self.string, self.build)


@lru_cache(maxsize=4096)
def evaluate(string: str, build: str, *, tls13: str | None = None, level: int | None = None) -> CipherList:
    """What `build` makes of a cipher string (SSL_CTX_set_cipher_list), with a TLS 1.3 list (set_ciphersuites; None: the default three).

    `level`: the security level the context had before (a distribution's openssl.cnf); None: the build's compiled default.
    Never raises for any string.
    """
    raise NotImplementedError


@lru_cache(maxsize=1024)
def explain(string: str, build: str) -> tuple[Word, ...]:
    """What each word of `string` did in turn; every character that is not a separator lies in exactly one word."""
    raise NotImplementedError


def why(string: str, build: str, suite: Suite) -> tuple[Word, ...]:
    """The words that touched `suite`, in order: those that let it in, moved it, took it out."""
    return tuple(word for word in explain(string, build) if suite in word.suites)
