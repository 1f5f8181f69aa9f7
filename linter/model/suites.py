"""Cipher suites and groups as facts, the same for every library and format. The table itself lives in `tlslint.crypto`."""

from tlslint.model.struct import Struct
from tlslint.model.versions import TLS13, TlsVersion


class Suite(Struct):
    """One cipher suite.

    `iana` is the registry's name, `code` its code point; `openssl` and `gnutls` are the libraries' own names ("" where a library
    never had it). `key_exchange`: RSA, DHE, ECDHE, DH, ECDH, PSK, RSA-PSK, DHE-PSK, ECDHE-PSK, SRP, GOST, any (TLS 1.3).
    `authentication`: RSA, ECDSA, DSS, anonymous, PSK, … ; `cipher`: AES-128, 3DES, RC4, NULL …; `mode`: GCM, CCM, CBC, stream, …;
    `mac`: AEAD, SHA-1, MD5, SHA-256 …; `bits`: effective strength; `first` and `last`: versions it can be negotiated in.
    """

    iana: str
    code: int
    openssl: str
    gnutls: str
    key_exchange: str
    authentication: str
    cipher: str
    mode: str
    mac: str
    bits: int
    first: TlsVersion
    last: TlsVersion

    @property
    def is_tls13(self) -> bool:
        """TLS 1.3 suites name neither key exchange nor authentication (RFC 8446 section 4.1.1)."""
        return self.first is TLS13

    @property
    def is_aead(self) -> bool:
        """Authenticated encryption: GCM, CCM, ChaCha20-Poly1305."""
        return self.mac == "AEAD"

    @property
    def has_forward_secrecy(self) -> bool:
        """An ephemeral key exchange: a stolen long-term key opens no recorded traffic."""
        return self.is_tls13 or self.key_exchange in _EPHEMERAL


class Group(Struct):
    """A key-exchange group: IANA name, code point, bits of strength, family (`EC`, `FFDHE`, `hybrid`)."""

    iana: str
    code: int
    bits: int
    family: str


_EPHEMERAL = frozenset({"DHE", "ECDHE", "DHE-PSK", "ECDHE-PSK"})
