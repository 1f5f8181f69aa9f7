"""SSLProtocol and SSLProxyProtocol: a list of words into a set of versions, and the set into what OpenSSL is told.

Sources: modules/ssl/ssl_engine_config.c (ssl_cmd_protocol_parse) and ssl_engine_init.c (ssl_init_ctx_protocol) of httpd 2.4; the runs
behind tests/data/live.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from tlslint.model import Label, Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion, spoken
from tlslint.parsers.apache import mends
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.scopes import RefusedError
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node

_NAMES = {"sslv2": SSL20, "sslv3": SSL30, "tlsv1": TLS10, "tlsv1.1": TLS11, "tlsv1.2": TLS12, "tlsv1.3": TLS13}
_SPELT = {SSL20: "SSLv2", SSL30: "SSLv3", TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_MEANT = {"tlsv1.0": "TLSv1", "tls1": "TLSv1", "tls1.0": "TLSv1", "tls1.1": "TLSv1.1", "tls1.2": "TLSv1.2", "tls1.3": "TLSv1.3"}


class Protocols(Struct):
    """The set a list of words comes to. `lost`: places of bare words that threw away what the words before them had chosen, and that."""

    versions: frozenset[TlsVersion]
    lost: tuple[tuple[int, frozenset[TlsVersion]], ...] = ()


def every(software: Software) -> frozenset[TlsVersion]:
    """What `all` stands for: SSLv2 before 2.4, SSLv3 where it is compiled in, TLS 1.3 from httpd 2.4.36 on OpenSSL 1.1.1."""
    found = {version for version in software.versions if version is not SSL20 or software.httpd < (2, 3)}
    if software.httpd < (2, 4, 36):
        found.discard(TLS13)
    return frozenset(found)


def default(software: Software) -> frozenset[TlsVersion]:
    """`all` up to 2.4.16, `all -SSLv3` since (SSL_PROTOCOL_DEFAULT; tags of the source); Red Hat's build leaves it to the policy."""
    if software.system_minimum is not None:
        return frozenset(version for version in software.versions if version >= software.system_minimum)
    return every(software) if software.httpd < (2, 4, 17) else every(software) - {SSL30}


def read(node: Node, software: Software) -> Protocols:
    """Read the words of one directive. The list starts empty, not from what is inherited. Raises `RefusedError`."""
    found = _read(node.texts, software)
    if isinstance(found, int):
        raise _refused(node, node.words[found], software)
    return found


@lru_cache(maxsize=256)
def _read(words: tuple[str, ...], software: Software) -> Protocols | int:
    """The same of the words alone, which many virtual hosts have in common; the place of the first word that httpd does not take."""
    chosen: frozenset[TlsVersion] = frozenset()
    lost: list[tuple[int, frozenset[TlsVersion]]] = []
    everything = every(software)
    for place, word in enumerate(words):
        sign, name = _signed(word)
        this = everything if name == "all" else _version(sign, name, everything, software)
        if this is None:
            return place
        if sign == "-":
            chosen -= this
        elif sign == "+":
            chosen |= this
        else:
            if chosen - this:
                lost.append((place, chosen))
            chosen = this
    return Protocols(chosen, tuple(lost))


def _signed(word: str) -> tuple[str, str]:
    """Sign or "", and the rest in lower case."""
    return (word[0], word[1:].lower()) if word[:1] in ("+", "-") else ("", word.lower())


def _version(sign: str, name: str, known: frozenset[TlsVersion], software: Software) -> frozenset[TlsVersion] | None:
    """The version a word chooses, or nothing where it takes away what is not there; None: httpd does not take the word."""
    version = _NAMES.get(name)
    if version in known:
        return frozenset({version})
    is_gone = version is SSL30 or (version is SSL20 and software.httpd >= (2, 3))
    return frozenset() if sign == "-" and is_gone else None


def _refused(node: Node, word: Word, software: Software) -> RefusedError:
    """Why httpd does not take a word."""
    sign, name = _signed(word.text)
    version = _NAMES.get(name)
    if version is None:
        return _illegal(node, word, sign, name)
    if version is SSL20 and software.httpd >= (2, 3):
        message = f"SSLv2 is no longer supported by httpd 2.4, so it does not start with {node.name} {word.spoken}"
        return RefusedError(message, word.span, remedy=_without(node, word))
    if version in (SSL20, SSL30):
        message = f"this OpenSSL is built without {_SPELT[version]}, so httpd does not start"
        return RefusedError(message, word.span, "cannot be switched on", remedy=_without(node, word))
    needs = "httpd 2.4.36 and OpenSSL 1.1.1" if version is TLS13 else "OpenSSL 1.0.1"
    return RefusedError(
        f"{node.name} knows {_SPELT[version]} only from {needs} on, so this httpd ({software.words}) does not start",
        word.span,
        rule="setting-not-in-version",
    )


def _without(node: Node, word: Word) -> Rewrite | None:
    """The word taken out, with the blank before or behind it; None where no other is left."""
    index = node.words.index(word)
    if len(node.words) < 2:
        return None
    if index:
        span = Span(word.span.file, node.words[index - 1].span.end, word.span.end)
    else:
        span = Span(word.span.file, word.span.start, node.words[1].span.start)
    return Rewrite((Edit(span, b""),), f"leave {word.spoken} out")


def _illegal(node: Node, word: Word, sign: str, name: str) -> RefusedError:
    said = word.spoken or '""'
    if name.startswith("#"):
        return RefusedError(
            f"httpd knows no comments behind a value: {node.name} takes {said} for a version, so httpd does not start",
            word.span,
            "read as a version",
            rule="trailing-comment",
            remedy=mends.comment_above(node, word),
        )
    meant = _MEANT.get(name) or (_SPELT.get(_NAMES[name.strip(",;")]) if name.strip(",;") in _NAMES else None)
    if meant is not None:
        message = f"{node.name} does not know {said}, so httpd does not start: write {sign}{meant}"
        return RefusedError(message, word.span, remedy=Rewrite((Edit(word.span, f"{sign}{meant}".encode()),), f"write {sign}{meant}"))
    if " " in name or "," in name or ":" in name or ";" in name:
        message = f"{node.name} takes {said} for one version, so httpd does not start: versions are separated by blanks, without quotes"
        apart = [piece for piece in re.split(r"[\s,:;]+", word.text) if piece]
        known = all(piece.lstrip("+-").lower() in ("all", *_NAMES) for piece in apart)
        remedy = Rewrite((Edit(word.span, " ".join(apart).encode()),), f"write {' '.join(apart)}") if known and apart else None
        return RefusedError(message, word.span, "one word to httpd", remedy=remedy)
    if not word.text.isascii():
        return RefusedError(f"{node.name} does not know {said}, so httpd does not start", word.span)
    choices = "all, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"
    return RefusedError(f"{node.name} does not know {said}, so httpd does not start: there are {choices}", word.span)


class Range(Struct):
    """What the library is told: lowest and highest version, and versions switched off one by one (SSL_OP_NO_…)."""

    lowest: TlsVersion | None
    highest: TlsVersion | None
    off: frozenset[TlsVersion] = frozenset()

    def within(self, possible: frozenset[TlsVersion]) -> frozenset[TlsVersion]:
        """The versions this leaves."""
        lowest, highest = self.lowest or SSL20, self.highest or TLS13
        return frozenset([version for version in possible - self.off if lowest <= version <= highest])


@lru_cache(maxsize=256)
def told(versions: frozenset[TlsVersion], software: Software) -> Range:
    """From OpenSSL 1.1.0 on a lowest and a highest version, so a hole closes everything below it; before, each version by itself."""
    if software.openssl < (1, 1, 0):
        return Range(None, None, software.versions - versions)
    highest = lowest = max(versions)
    ordered = [SSL30, TLS10, TLS11, TLS12, TLS13]
    while lowest > SSL30 and ordered[ordered.index(lowest) - 1] in versions:
        lowest = ordered[ordered.index(lowest) - 1]
    return Range(lowest, highest)


@lru_cache(maxsize=256)
def _reached(versions: frozenset[TlsVersion], software: Software) -> frozenset[TlsVersion]:
    """Those of the chosen versions that a lowest and a highest leave."""
    return told(versions, software).within(versions)


def facts(node: Node, protocols: Protocols, software: Software) -> list[Problem]:
    """What the words do that they do not seem to: bare words that replace, holes that close more than they say, an empty set."""
    found = []
    for place, before in protocols.lost:
        word = node.words[place]
        fixed = Rewrite((Edit(word.span, b"+" + word.span.data),), f"write +{word.spoken}")
        found.append(
            Problem(
                "means-something-else",
                f"{word.spoken} without + throws away {spoken(before)}: {node.name} is left with {spoken(protocols.versions)}",
                word.span,
                f"replaces {spoken(before)}",
                related=tuple(Label(other.span, "chosen and thrown away") for other in node.words if other.span.end <= word.span.start)[:4],
                remedy=fixed,
            )
        )
    if protocols.versions and software.openssl >= (1, 1, 0):
        reached = _reached(protocols.versions, software)
        closed = protocols.versions - reached
        if closed:
            hole = [version for version in every(software) - protocols.versions if min(closed) < version < max(protocols.versions)]
            found.append(
                Problem(
                    "version-gap",
                    f"{spoken(hole)} left out in the middle closes {spoken(closed)} as well: OpenSSL takes a lowest and a highest version",
                    _word_for(node, hole),
                    f"closes {spoken(closed)} too",
                    remedy=mends.arguments(node, written(reached)),
                )
            )
    return found


def written(versions: frozenset[TlsVersion]) -> str:
    """Arguments that choose these versions and say so: `-all +TLSv1.2 +TLSv1.3`."""
    return " ".join(("-all", *(f"+{_SPELT[version]}" for version in sorted(versions))))


def _word_for(node: Node, hole: Sequence[TlsVersion]) -> Span:
    names = {_SPELT[version].lower() for version in hole}
    return next((word.span for word in node.words if word.text.lower().lstrip("-") in names), node.args_span)
