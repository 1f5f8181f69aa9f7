"""Protocol versions, in the words people use for them."""

from collections.abc import Iterable
from enum import IntEnum


class TlsVersion(IntEnum):
    """A protocol version; the number is its code on the wire (RFC 8446 section 4.2.1; SSLv2 by convention 0x0002)."""

    SSL20 = 0x0002
    SSL30 = 0x0300
    TLS10 = 0x0301
    TLS11 = 0x0302
    TLS12 = 0x0303
    TLS13 = 0x0304

    @property
    def word(self) -> str:
        """As effective.schema.json and most configuration spell it: `TLSv1.2`."""
        return _WORDS[self]

    @property
    def spoken(self) -> str:
        """As people say it: `TLS 1.2`."""
        return _WORDS[self].replace("v", " ")


SSL20 = TlsVersion.SSL20
SSL30 = TlsVersion.SSL30
TLS10 = TlsVersion.TLS10
TLS11 = TlsVersion.TLS11
TLS12 = TlsVersion.TLS12
TLS13 = TlsVersion.TLS13
_WORDS = {SSL20: "SSLv2", SSL30: "SSLv3", TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
BY_WORD = {word: version for version, word in _WORDS.items()}


def spoken(versions: Iterable[TlsVersion]) -> str:
    """Name versions in a sentence: `TLS 1.0, TLS 1.1 and TLS 1.2`."""
    return joined([version.spoken for version in sorted(versions)])


def joined(words: Iterable[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    *most, last = list(words) or ["none"]
    return f"{', '.join(most)} and {last}" if most else last
