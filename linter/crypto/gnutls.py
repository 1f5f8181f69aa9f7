"""GnuTLS priority strings: what each build makes of one.

The language is that of gnutls_priority_init() (lib/priority.c), held against four real builds.
"""

from functools import lru_cache
from typing import NamedTuple

from tlslint.crypto.openssl import Effect, Word
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion

__all__ = ["Effect", "Priority", "Word", "evaluate", "explain"]


class Priority(NamedTuple):
    """What came of a priority string.

    `accepted` False: the program gets `error` (GNUTLS_E_INVALID_REQUEST, GNUTLS_E_NO_PRIORITIES_WERE_SET) at character `position`.
    `versions`: TLS only, DTLS left aside. `suites` in order: TLS 1.3 first; includes those only a left-out version could use.
    `signatures`: GnuTLS's names. `options`: the %WORDS given, without `%`, upper case.
    """

    string: str
    build: str
    accepted: bool
    error: str | None
    position: int | None
    versions: frozenset[TlsVersion] = frozenset()
    suites: tuple[Suite, ...] = ()
    groups: tuple[Group, ...] = ()
    signatures: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()

    @property
    def server_order(self) -> bool:
        """%SERVER_PRECEDENCE: the server's order of suites and groups counts."""
        return "SERVER_PRECEDENCE" in self.options

    @property
    def words(self) -> tuple[Word, ...]:
        """What each word did; worked out when first asked for."""
        return explain(self.string, self.build)


@lru_cache(maxsize=1024)
def evaluate(priority: str, build: str) -> Priority:
    """What `build` makes of a priority string. Never raises for any string."""
    raise NotImplementedError


@lru_cache(maxsize=256)
def explain(priority: str, build: str) -> tuple[Word, ...]:
    """What each word of `priority` did in turn."""
    raise NotImplementedError
