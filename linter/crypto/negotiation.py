"""What a server with given parameters really negotiates with a client that can do everything.

Formats derive the parameters; nothing here knows a directive. A string's own @SECLEVEL wins over the server's `security_level`.
Source: ssl/ssl_cert.c ssl_security_default_callback(), ssl/t1_lib.c, ssl/s3_lib.c ssl3_choose_cipher(), ssl/statem/statem_lib.c of OpenSSL
1.1.1 to 3.5 and lib/algorithms, lib/auth of GnuTLS; held against handshakes with real servers (tests/data/live).
"""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from tlslint.crypto import groups as known_groups
from tlslint.crypto import libraries, openssl
from tlslint.crypto.openssl import CipherList
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion

if TYPE_CHECKING:
    from tlslint.crypto.gnutls import Priority


class Key(Struct):
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


class OpenSslServer(Struct):
    """A server on OpenSSL.

    `versions`: what the program's own setting (and openssl.cnf) leaves, before the library's limits.
    `security_level`: what counts unless the cipher string sets one; None: what the cipher list was evaluated with.
    `keys`: of the certificates; empty: none; None: not known, nothing but DSS is left out for want of a key.
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
    is_client: bool = False
    """The side that offers: the other one may hold any certificate, a DSS one too. `keys` is None then."""


class GnuTlsServer(Struct):
    """A server on GnuTLS. `keys` and `dh` as for `OpenSslServer`.

    Without DH parameters GnuTLS 3.6 and later still does DHE with clients that offer an RFC 7919 group of the priority string.
    """

    build: str
    priority: "Priority"
    keys: tuple[Key, ...] | None = None
    dh: Dh | int = Dh.NONE


class HeldBack(Struct):
    """A version the configuration asks for and the handshake never gets; `reason` completes "TLS 1.0 is held back: …".

    `by_library`: its build or security level refuses it, whatever suites and keys there are.
    """

    version: TlsVersion
    reason: str
    by_library: bool = False


class Offer(Struct):
    """What a client that can do everything could negotiate.

    `versions` with which a handshake completes, `suites` (TLS 1.3 first, then the rest, each in the server's order),
    `groups` in order; the same by version. `partial`: versions (among `versions`) that work only for clients that leave out suites
    the server prefers and cannot complete. `held_back`: versions written and not served, with the reason.
    `depends_on_keys`: keys were not known, and with some kinds of key the offer would be smaller.
    `security_level`: the one that counted (None: GnuTLS, OpenSSL before 1.1.0).
    """

    versions: frozenset[TlsVersion]
    suites: tuple[Suite, ...]
    groups: tuple[Group, ...]
    suites_by_version: dict[TlsVersion, tuple[Suite, ...]]
    groups_by_version: dict[TlsVersion, tuple[Group, ...]]
    partial: frozenset[TlsVersion] = frozenset()
    held_back: tuple[HeldBack, ...] = ()
    depends_on_keys: bool = False
    security_level: int | None = None


@lru_cache(maxsize=512)
def negotiable(server: OpenSslServer | GnuTlsServer) -> Offer:
    """Everything that can come of a handshake with `server`. An empty `versions`: every handshake fails.

    Answers are remembered and shared: do not change them.
    """
    return _openssl(server) if isinstance(server, OpenSslServer) else _gnutls(server)


def key_refused(key: Key, build: str, security_level: int | None) -> str:
    """Why OpenSSL refuses to load this key's certificate (`ee key too small`); "" when it does not or the size is not known."""
    if security_level is None or libraries.build(build).branch < (1, 1) or key.bits is None:
        return ""
    return "ee key too small" if _key_bits(key) < _level_bits(security_level) else ""


def dh_refused(bits: int, security_level: int | None) -> bool:
    """Does OpenSSL 1.1.0 or later refuse DH parameters of this size (`dh key too small`)? Level 0 asks for 1024 bits too."""
    return security_level is not None and _modulus_strength(bits) < max(80, _level_bits(security_level))


def auto_dh_bits(keys: Iterable[Key], build: str, security_level: int | None) -> int:
    """The size of the group that SSL_CTX_set_dh_auto picks for a certificate (ssl_get_auto_dh()); the smallest of several."""
    strengths = [_key_bits(key) for key in keys if key.type != "DSA"] or [80]
    strength = min(strengths)
    if libraries.build(build).branch >= (3,):
        strength = max(strength, _level_bits(security_level or 0))
    for least, bits in ((192, 8192), (152, 4096), (128, 3072), (112, 2048)):
        if strength >= least:
            return bits
    return 1024


def _openssl(server: OpenSslServer) -> Offer:
    facts = libraries.build(server.build)
    level = _level(server)
    suites = [suite for suite in server.cipher_list.suites if _suite_passes(suite, server, level)]
    keys = None if server.keys is None else [key for key in server.keys if not key_refused(key, server.build, level)]
    suite_b = _SUITE_B.get(server.cipher_list.suite_b)
    if suite_b is not None:
        server = server._replace(groups=tuple(group for name in suite_b.values() if (group := known_groups.named(name)) is not None))
        keys = None if keys is None else [key for key in keys if key.type == "ECDSA" and key.bits in (None, *suite_b)]
    by_version: dict[TlsVersion, tuple[Suite, ...]] = {}
    groups: dict[TlsVersion, tuple[Group, ...]] = {}
    partial: set[TlsVersion] = set()
    held_back: list[HeldBack] = []
    for version in sorted(server.versions, reverse=True):
        reason = _version_refused(version, facts, level)
        usable = tuple(group for group in _groups(server) if known_groups.usable(group, server.build, version, level or 0))
        tried = (
            [] if reason else [suite for suite in suites if suite.first <= version <= suite.last and _group_passes(suite, server, usable)]
        )
        able = [suite for suite in tried if server.is_client or _can_sign(suite, keys, server, level, version)]
        done = [suite for suite in able if not _breaks(suite, server, version, level, keys)]
        if not done:
            held_back.append(HeldBack(version, reason or _why_nothing(version, suites, tried, usable), by_library=bool(reason)))
            continue
        by_version[version] = tuple(done)
        if version is TLS13 or any(_needs_group(suite) for suite in done):
            groups[version] = usable if version is TLS13 else _beside_certificate(usable, done, server)
        if len(done) < len(able) and not (server.server_order and able[0] is done[0]):
            partial.add(version)
    return _offer(by_version, groups, partial, held_back, server.keys is None, level)


def _offer(
    by_version: dict[TlsVersion, tuple[Suite, ...]],
    groups: dict[TlsVersion, tuple[Group, ...]],
    partial: set[TlsVersion],
    held_back: list[HeldBack],
    depends_on_keys: bool,
    level: int | None,
) -> Offer:
    newest_first = sorted(by_version, reverse=True)
    return Offer(
        frozenset(by_version),
        tuple(dict.fromkeys(suite for version in newest_first for suite in by_version[version])),
        tuple(dict.fromkeys(group for version in sorted(groups, reverse=True) for group in groups[version])),
        by_version,
        groups,
        frozenset(partial),
        tuple(held_back),
        depends_on_keys,
        level,
    )


def _level(server: OpenSslServer) -> int | None:
    listed = server.cipher_list
    if listed.security_level is None:
        return None
    return listed.security_level if listed.sets_level or server.security_level is None else server.security_level


def _level_bits(level: int) -> int:
    return known_groups.LEVEL_BITS[min(max(level, 0), 5)]


def _suite_passes(suite: Suite, server: OpenSslServer, level: int | None) -> bool:
    """The security level's say over a suite, and what none of the servers answers (PSK, SRP, Kerberos, GOST, fixed DH)."""
    if suite.key_exchange in ("PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK") and not server.has_psk:
        return False
    return suite.key_exchange not in ("SRP", "KRB5", "GOST", "DH") and level_allows(suite, server.build, level)


def level_allows(suite: Suite, build: str, level: int | None) -> bool:
    """May a handshake use the suite at this security level (ssl_security_default_callback(), SSL_SECOP_CIPHER_…)? None: no levels yet."""
    if not level:
        return True
    least = _level_bits(level)
    if openssl.strength_bits(suite, build) < least or suite.authentication == "anonymous" or suite.mac == "MD5":
        return False
    if least > 160 and suite.mac == "SHA-1":
        return False
    if level >= 2 and suite.cipher == "RC4":
        return False
    return level < 3 or suite.has_forward_secrecy


def _version_refused(version: TlsVersion, facts: libraries.Build, level: int | None) -> str:
    """Why a version cannot come about whatever the suites and keys; "" when it can."""
    if version not in facts.versions:
        return f"this build of {facts.library} does not speak it"
    if not level:
        return ""
    if facts.tls12_level is not None and level >= facts.tls12_level and version < TLS12:
        return f"security level {level} leaves TLS 1.2 and later only"
    limits = {SSL20: 2, SSL30: 2, TLS10: 3, TLS11: 4}
    return f"security level {level} is too high for it" if level >= limits.get(version, 6) else ""


def _groups(server: OpenSslServer) -> tuple[Group, ...]:
    return known_groups.default(server.build) if server.groups is None else server.groups


_SUITE_B = {
    "SUITEB128ONLY": {256: "secp256r1"},
    "SUITEB128C2": {256: "secp256r1", 384: "secp384r1"},
    "SUITEB128": {256: "secp256r1", 384: "secp384r1"},
    "SUITEB192": {384: "secp384r1"},
}
"""Curves of keys and groups (tls1_get_supported_groups(), suiteb_sigalgs; RFC 6460): TLS 1.3 is bound by them too."""

_CURVES = {256: "secp256r1", 384: "secp384r1", 521: "secp521r1"}


def _beside_certificate(usable: tuple[Group, ...], suites: list[Suite], server: OpenSslServer) -> tuple[Group, ...]:
    """What a client meets that leaves out each group it was given and asks again.

    With an ECDSA certificate alone that ends at the certificate's own curve: a client of TLS 1.2 that does not offer it cannot use the
    certificate (RFC 8422 section 5.1; tls1_check_cert_param()). Groups after it are open only to clients that prefer them.
    """
    curves = {_CURVES.get(key.bits or 0) for key in server.keys or () if key.type == "ECDSA"}
    if len(curves) != 1 or any(suite.authentication != "ECDSA" for suite in suites):
        return usable
    own = curves.pop()
    names = [group.iana for group in usable]
    return usable[: names.index(own) + 1] if own in names else usable


def _needs_group(suite: Suite) -> bool:
    return suite.key_exchange in ("ECDHE", "ECDHE-PSK")


def _group_passes(suite: Suite, server: OpenSslServer, usable: tuple[Group, ...]) -> bool:
    """Is there a group, or DH parameters, for the suite's key exchange?"""
    if suite.is_tls13 or _needs_group(suite):
        return bool(usable)
    if suite.key_exchange in ("DHE", "DHE-PSK"):
        if isinstance(server.dh, int):
            return not dh_refused(server.dh, _level(server))
        return server.dh is not Dh.NONE
    return True


def _can_sign(suite: Suite, keys: list[Key] | None, server: OpenSslServer, level: int | None, version: TlsVersion) -> bool:
    return _anybody_has(suite) if keys is None else _signs(suite, keys, server, level, version)


def _signs(suite: Suite, keys: list[Key], server: OpenSslServer, level: int | None, version: TlsVersion) -> bool:
    """Is there a certificate for the suite, with a signature algorithm that goes with the version?"""
    if suite.authentication in ("anonymous", "PSK"):
        return True
    return any(_key_fits(key, suite, version) and _has_signature(key, server, level, version) for key in keys)


def _anybody_has(suite: Suite) -> bool:
    """Is there a certificate for the suite at all? No public CA issues one with a DSA key (CA/Browser Forum BR section 6.1.5).

    Nor one for fixed ECDH that an RSA key signed, see `_key_fits`.
    """
    return suite.authentication != "DSS" and (suite.key_exchange, suite.authentication) != ("ECDH", "RSA")


def _key_fits(key: Key, suite: Suite, version: TlsVersion) -> bool:
    if version is TLS13:  # no signature of it is made with a curve smaller than P-256 (tls_check_sigalg_curve(), seen on 3.0.20)
        return key.type != "DSA" and not (key.type == "ECDSA" and 0 < (key.bits or 0) < 256)
    if suite.key_exchange == "ECDH":
        # Fixed ECDH (1.0.x) wants the key itself to be an elliptic one; ECDH_RSA also that an RSA key signed it, which nobody does.
        return key.type == "ECDSA" and suite.authentication == "ECDSA"
    if suite.authentication == "RSA":
        return key.type == "RSA" or (key.type == "RSA-PSS" and suite.has_forward_secrecy and version is TLS12)
    if suite.authentication == "ECDSA":
        return key.type == "ECDSA" or (key.type in ("Ed25519", "Ed448") and version is TLS12)
    return suite.authentication == "DSS" and key.type == "DSA"


def _has_signature(key: Key, server: OpenSslServer, level: int | None, version: TlsVersion) -> bool:
    """Can the key sign with an algorithm that is configured, at this level? TLS 1.1 and below have fixed ones."""
    if version < TLS12 or server.signature_algorithms is None:
        return True
    least = _level_bits(level or 0)
    return any(_signature_fits(name, key, version, least) for name in server.signature_algorithms)


_HASH_STRENGTH = {"SHA1": 64, "SHA224": 112, "SHA256": 128, "SHA384": 192, "SHA512": 256}


def _signature_fits(name: str, key: Key, version: TlsVersion, least: int) -> bool:
    word = name.upper().replace("-", "").replace("_", "+")
    hashed = next((bits for digest, bits in _HASH_STRENGTH.items() if digest in word), 256)
    if hashed < least:
        return False
    if key.type in ("Ed25519", "Ed448"):
        return key.type.upper() in word
    is_pss = "PSS" in word
    if key.type == "RSA-PSS":
        return is_pss and "RSAE" not in word
    if key.type == "RSA":
        return (is_pss and "PSS+PSS" not in word) or (version is not TLS13 and "RSA" in word and not is_pss)
    if key.type == "ECDSA":
        # TLS 1.3 ties the hash to the curve (RFC 8446 section 4.2.3).
        tied = {256: "SHA256", 384: "SHA384", 521: "SHA512"}.get(key.bits or 0)
        return "ECDSA" in word and (version is not TLS13 or tied is None or tied in word)
    return key.type == "DSA" and "DSA" in word and "ECDSA" not in word


def _breaks(suite: Suite, server: OpenSslServer, version: TlsVersion, level: int | None, keys: list[Key] | None) -> bool:
    """Does OpenSSL choose the suite and then fail to complete it?"""
    if server.dh is Dh.BROKEN and suite.key_exchange in ("DHE", "DHE-PSK"):
        return True
    # 1.1.1: TLS 1.0 and 1.1 sign with ECDSA and DSA over SHA-1, which level 2 refuses; RSA's MD5 with SHA-1 is not asked about.
    signs_sha1 = version < TLS12 and suite.authentication in ("ECDSA", "DSS") and keys is not None
    return signs_sha1 and (level or 0) >= 2


def _why_nothing(version: TlsVersion, suites: list[Suite], tried: list[Suite], usable: tuple[Group, ...]) -> str:
    if tried:
        return "no certificate goes with any of its suites"
    if version is TLS13 and not usable:
        return "no group is left for it"
    if not any(suite.first <= version <= suite.last for suite in suites):
        return "no cipher suite is left for it"
    return "no key exchange is left for it"


def _key_bits(key: Key) -> int:
    """A key's strength as OpenSSL counts it (EVP_PKEY_get_security_bits())."""
    if key.type == "Ed25519":
        return 128
    if key.type == "Ed448":
        return 224
    if key.bits is None:
        return 256
    if key.type == "ECDSA":
        for size, strength in ((512, 256), (384, 192), (256, 128), (224, 112), (160, 80)):
            if key.bits >= size:
                return strength
        return key.bits // 2
    return _modulus_strength(key.bits)


def _modulus_strength(bits: int) -> int:
    """BN_security_bits(): RSA, DSA and DH sizes."""
    for size, strength in ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80)):
        if bits >= size:
            return strength
    return 0


def _gnutls(server: GnuTlsServer) -> Offer:
    priority = server.priority
    curves = tuple(group for group in priority.groups if group.family != "FFDHE")
    by_version: dict[TlsVersion, tuple[Suite, ...]] = {}
    groups: dict[TlsVersion, tuple[Group, ...]] = {}
    held_back: list[HeldBack] = []
    for version in sorted(priority.versions, reverse=True):
        done = tuple(
            suite
            for suite in priority.suites
            if suite.first <= version <= suite.last and _gnutls_passes(suite, server, curves) and _gnutls_signs(suite, server, version)
        )
        if not done:
            held_back.append(HeldBack(version, "no cipher suite is left for it"))
            continue
        by_version[version] = done
        if version is TLS13:
            groups[version] = priority.groups
        elif any(_needs_group(suite) for suite in done):
            groups[version] = curves
    return _offer(by_version, groups, set(), held_back, server.keys is None, None)


def _gnutls_passes(suite: Suite, server: GnuTlsServer, curves: tuple[Group, ...]) -> bool:
    if suite.key_exchange in ("PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK", "SRP", "GOST"):
        return False
    if suite.is_tls13:
        return bool(server.priority.groups)
    if suite.key_exchange == "ECDHE":
        return bool(curves)
    if suite.key_exchange == "DHE":
        return server.dh is not Dh.NONE or any(group.family == "FFDHE" for group in server.priority.groups)
    return True


def _gnutls_signs(suite: Suite, server: GnuTlsServer, version: TlsVersion) -> bool:
    if suite.authentication == "anonymous":
        return True
    if server.keys is None:
        return _anybody_has(suite)
    return any(_key_fits(key, suite, version) and _gnutls_signature(key, server, version) for key in server.keys)


def _gnutls_signature(key: Key, server: GnuTlsServer, version: TlsVersion) -> bool:
    """Is there a signature in the priority string for this key? TLS 1.1 and below have fixed ones."""
    if version < TLS12:
        return True
    return any(_signature_fits(name, key, version, 0) for name in server.priority.signatures)
