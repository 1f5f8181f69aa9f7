"""What a server with given parameters really negotiates with a client that can do everything.

Formats derive the parameters; nothing here knows a directive. A string's own @SECLEVEL wins over the server's `security_level`.
"""

from enum import Enum
from typing import NamedTuple

from tlslint.crypto.gnutls import Priority
from tlslint.crypto.openssl import CipherList
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion


class Key(NamedTuple):
    """A certificate's key: `RSA`, `RSA-PSS`, `ECDSA`, `Ed25519`, `Ed448`, `DSA`; size in bits (of the curve for ECDSA), None: not known."""

    type: str
    bits: int | None = None


class Dh(Enum):
    """Where a server takes finite-field parameters from, when not from a file of known size."""

    NONE = "none"
    """No parameters and no callback: DHE and DH-anon suites are not offered."""
    AUTO = "auto"
    """SSL_CTX_set_dh_auto, or a callback that follows the key's size: always strong enough for the key and level."""
    BROKEN = "broken"
    """A callback that fails: a handshake that chooses DHE breaks off (Dovecot 2.3 without ssl_dh)."""


class OpenSslServer(NamedTuple):
    """A server on OpenSSL.

    `versions`: what the program's own setting (and openssl.cnf) leaves, before the library's limits.
    `security_level`: what counts unless the cipher string sets one; None: the build's default.
    `keys`: of the certificates; empty: none; None: not known, nothing is left out for want of a key.
    `groups`: configured; None: the build's default. `dh`: a `Dh` or the bits of the parameters in a file.
    `server_order`: SSL_OP_CIPHER_SERVER_PREFERENCE. `signature_algorithms`: as configured
    (`RSA+SHA256`, `rsa_pss_rsae_sha256`); None: default.
    `has_psk`: answers pre-shared keys of TLS 1.2 and below (none of the five servers does).
    """

    build: str
    cipher_list: CipherList
    versions: frozenset[TlsVersion]
    security_level: int | None = None
    keys: tuple[Key, ...] | None = None
    groups: tuple[Group, ...] | None = None
    dh: Dh | int = Dh.AUTO
    server_order: bool = False
    signature_algorithms: tuple[str, ...] | None = None
    has_psk: bool = False


class GnuTlsServer(NamedTuple):
    """A server on GnuTLS. `keys` and `dh` as for `OpenSslServer`; GnuTLS 3.6+ also does DHE with the client's RFC 7919 groups."""

    build: str
    priority: Priority
    keys: tuple[Key, ...] | None = None
    dh: Dh | int = Dh.NONE


class HeldBack(NamedTuple):
    """A version the configuration asks for and the handshake never gets; `reason` completes "TLS 1.0 is held back by …"."""

    version: TlsVersion
    reason: str


class Offer(NamedTuple):
    """What a client that can do everything could negotiate.

    `versions` with which a handshake completes, `suites` (TLS 1.3 first, then the rest, each in the server's order),
    `groups` in order; the same by version. `partial`: versions (among `versions`) that work only for clients that leave out suites
    the server prefers and cannot complete. `held_back`: versions written and not served, with the reason.
    `depends_on_keys`: keys were not known, and with some kinds of key the offer would be smaller.
    """

    versions: frozenset[TlsVersion]
    suites: tuple[Suite, ...]
    groups: tuple[Group, ...]
    suites_by_version: dict[TlsVersion, tuple[Suite, ...]]
    groups_by_version: dict[TlsVersion, tuple[Group, ...]]
    partial: frozenset[TlsVersion] = frozenset()
    held_back: tuple[HeldBack, ...] = ()
    depends_on_keys: bool = False


def negotiable(server: OpenSslServer | GnuTlsServer) -> Offer:
    """Everything that can come of a handshake with `server`. An empty `versions`: every handshake fails."""
    raise NotImplementedError


def key_refused(key: Key, build: str, security_level: int | None) -> str:
    """Why a library refuses to load this key's certificate ("ee key too small"); "" when it does not or the size is not known."""
    raise NotImplementedError
