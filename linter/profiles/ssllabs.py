"""The grade SSL Labs would give an HTTPS endpoint, as far as its configuration decides (SSL Server Rating Guide 2009r).

What only a scan can tell stays out: holes of implementations (Heartbleed, ROBOT …), whether browsers trust the CA, DNS. Forward secrecy,
authenticated encryption and 64-bit blocks count as SSL Labs counts them, by what current browsers would negotiate, not by the worst suite.
Tables and their sources: ssllabs.json.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model import Certificate, Endpoint, Known, TlsMode, Unknown
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion, spoken

_ORDER = ("A+", "A", "A-", "B", "C", "D", "E", "F", "M", "T")


class Reason(Struct):
    """Why the grade is no better than `cap`, and what would lift it."""

    cap: str
    text: str
    lift: str


class Score(Struct):
    """The three parts and their sum, 0 to 100 each."""

    protocol: int
    key_exchange: int
    cipher: int
    total: int


class Grade(Struct):
    """A grade. `letter` "" where it cannot be told (`unknown` says why). `reasons`, the gravest first; `assumed`: taken for granted."""

    letter: str
    score: Score | None = None
    reasons: tuple[Reason, ...] = ()
    assumed: tuple[str, ...] = ()
    unknown: str = ""


class Hsts(Struct):
    """What a browser makes of the site's Strict-Transport-Security: seconds (None: no header), or a header it ignores."""

    seconds: int | None = None
    is_faulty: bool = False


def grade(endpoint: Endpoint, hsts: Hsts, now: str) -> Grade | None:
    """The grade of an endpoint; None where SSL Labs would give none (no HTTPS). `now` (RFC 3339): when certificates are looked at."""
    if endpoint.protocol != "http" or endpoint.role.value != "server" or endpoint.tls.holds(TlsMode.NONE):
        return None
    for value in (endpoint.tls, endpoint.versions, endpoint.cipher_suites):
        if isinstance(value, Unknown):
            return Grade("", unknown=value.reason)
    versions, suites = endpoint.versions.surely, endpoint.cipher_suites.surely
    if endpoint.tls_works.holds(False) or not versions or not suites:
        return Grade("", unknown=endpoint.tls_failure or "every handshake fails")
    score = _score(endpoint, versions, suites)
    reasons = sorted(_reasons(endpoint, versions, suites, score, hsts, now), key=lambda reason: -_ORDER.index(reason.cap))
    letter = next(letter for letter, least in _data()["grades"] if score.total >= least)
    letter = max((letter, *(reason.cap for reason in reasons)), key=_ORDER.index)
    if letter == "A" and (hsts.seconds or 0) >= _data()["hsts_seconds"]:
        letter = "A+"
    return Grade(letter, score, tuple(reasons), tuple(_assumed(endpoint)))


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, "ssllabs.json"))
    return data


def guide() -> str:
    """The edition of the guide: `2009r`."""
    return str(_data()["guide"])


def _score(endpoint: Endpoint, versions: frozenset[TlsVersion], suites: tuple[Suite, ...]) -> Score:
    data = _data()
    protocols = [data["protocols"][version.word] for version in (min(versions), max(versions))]
    ciphers = [_step(data["ciphers"], bits) for bits in (max(map(_nominal, suites)), min(map(_nominal, suites)))]
    parts = (sum(protocols) // 2, _key_exchange(endpoint, suites), sum(ciphers) // 2)
    weights = data["weights"].values()
    total = 0 if 0 in parts else int(sum(part * weight for part, weight in zip(parts, weights, strict=True)) / 100)
    return Score(*parts, total)


def _key_exchange(endpoint: Endpoint, suites: tuple[Suite, ...]) -> int:
    """The weakest of the certificates' keys and the ephemeral parameters, as RSA bits."""
    if any(suite.authentication == "anonymous" for suite in suites):
        return 0
    sizes = [size for certificate in endpoint.certificates if (size := _rsa_equivalent(certificate)) is not None] or [2048]
    if any(suite.key_exchange == "DHE" for suite in suites) and isinstance(endpoint.dh_bits, Known) and endpoint.dh_bits.value:
        sizes.append(endpoint.dh_bits.value)
    if any(suite.is_tls13 or suite.key_exchange == "ECDHE" for suite in suites):
        # What browsers negotiate: X25519 (alone or in the hybrid) and P-256 count like RSA of 3072 bits, P-384 like 7680.
        first = next((group for group in endpoint.groups.surely or () if group.family in ("EC", "hybrid")), None)
        sizes.append(_elliptic(first.bits * 2 if first is not None and first.family == "EC" else 256))
    return min(_step(_data()["key_exchange"], size) for size in sizes)


def _rsa_equivalent(certificate: Certificate) -> int | None:
    if certificate.key_bits is None:
        return None
    is_elliptic = certificate.key_type in ("ECDSA", "Ed25519", "Ed448")
    return _elliptic(certificate.key_bits) if is_elliptic else certificate.key_bits


def _elliptic(bits: int) -> int:
    return _step(_data()["rsa_equivalents"]["elliptic"], bits)


def _step(steps: Iterable[tuple[int, int]], size: int) -> int:
    return next(value for least, value in steps if size >= least)


def _nominal(suite: Suite) -> int:
    bits: int = _data()["nominal_bits"].get(suite.cipher, suite.bits)
    return bits


def _reasons(
    endpoint: Endpoint, versions: frozenset[TlsVersion], suites: tuple[Suite, ...], score: Score, hsts: Hsts, now: str
) -> Iterator[Reason]:
    yield from _of_versions(versions)
    yield from _of_suites(endpoint, versions, suites)
    yield from _of_keys(endpoint, suites)
    for certificate in endpoint.certificates:
        yield from _of_certificate(endpoint, certificate, now)
    if endpoint.compression.holds(True):
        yield Reason("C", "TLS compression (CRIME)", "switch compression off")
    if endpoint.insecure_renegotiation.holds(True):
        yield Reason("F", "insecure renegotiation", "leave SSLInsecureRenegotiation off")
    if hsts.is_faulty:
        yield Reason("A-", "a Strict-Transport-Security header that browsers ignore", "mend the header")
    elif hsts.seconds == 0:
        yield Reason("A-", "max-age=0 switches HSTS off", "set max-age to half a year or more")
    letter = next(letter for letter, least in _data()["grades"] if score.total >= least)
    if letter != "A":
        yield Reason(letter, f"a score of {score.total}", "raise the weakest of protocol, key exchange and cipher")


def _of_versions(versions: frozenset[TlsVersion]) -> Iterator[Reason]:
    if SSL20 in versions:
        yield Reason("F", "SSLv2 is offered", "switch SSLv2 off")
    if SSL30 in versions:
        is_best = max(versions) <= SSL30
        yield Reason("F" if is_best else "C", "SSLv3 is the best it offers" if is_best else "SSLv3 with CBC (POODLE)", "switch SSLv3 off")
    if not versions & {TLS12, TLS13}:
        yield Reason("C", "TLS 1.2 is missing", "switch TLS 1.2 and 1.3 on")
    if old := versions & {TLS10, TLS11}:
        yield Reason("B", f"{spoken(old)} offered", "offer TLS 1.2 and 1.3 only")
    if TLS13 not in versions:
        yield Reason("A-", "TLS 1.3 is missing", "switch TLS 1.3 on, or update what lacks it")


def _of_suites(endpoint: Endpoint, versions: frozenset[TlsVersion], suites: tuple[Suite, ...]) -> Iterator[Reason]:
    export = [suite for suite in suites if suite.bits < 112]
    if any(suite.authentication == "anonymous" for suite in suites):
        yield Reason("F", "suites without authentication", "end the list in !aNULL")
    if export:
        yield Reason("F", f"suites below 112 bits: {export[0].openssl or export[0].iana}", "leave EXPORT, DES and NULL out")
    rc4 = [suite for suite in suites if suite.cipher == "RC4"]
    if rc4 and len(rc4) == len(suites):
        yield Reason("F", "nothing but RC4", "leave RC4 out")
    elif rc4:
        yield Reason("C" if max(versions) >= TLS11 else "B", "RC4 is offered", "leave RC4 out")
    met = list(_met_by_browsers(endpoint, versions, suites))
    if met and not any(suite.has_forward_secrecy for suite in met):
        yield Reason("B", "browsers get no forward secrecy", "put ECDHE suites first")
    if met and not any(suite.is_aead for suite in met):
        yield Reason("B", "browsers get no authenticated encryption", "offer GCM or ChaCha20 suites first")
    if max(versions) >= TLS11 and any(suite.cipher in ("3DES", "IDEA", "RC2") for suite in met):
        yield Reason("C", "browsers get a cipher with 64-bit blocks", "leave 3DES out")


def _met_by_browsers(endpoint: Endpoint, versions: frozenset[TlsVersion], suites: tuple[Suite, ...]) -> Iterator[Suite]:
    """What current browsers negotiate: their own favourite where the client's order counts, else the server's first that they know.

    Chrome, Firefox and Safari offer ECDHE with AES-GCM, ChaCha20 and CBC, then RSA with AES-GCM and CBC, and no DHE.
    """
    if TLS13 in versions:
        yield next(suite for suite in suites if suite.is_tls13)
        return
    known = [suite for suite in suites if suite.key_exchange in ("ECDHE", "RSA") and suite.cipher.startswith(("AES", "ChaCha20", "3DES"))]
    known = [suite for suite in known if suite.mode in ("GCM", "CBC", "Poly1305")] or list(suites)
    if endpoint.server_order.holds(True):
        yield known[0]
    else:
        yield min(known, key=lambda suite: (not suite.has_forward_secrecy, not suite.is_aead, suite.cipher == "3DES"))


def _of_keys(endpoint: Endpoint, suites: tuple[Suite, ...]) -> Iterator[Reason]:
    for certificate in endpoint.certificates:
        size = _rsa_equivalent(certificate)
        if size is not None and size < 2048:
            yield Reason("F" if size < 1024 else "B", f"a key of {certificate.key_bits} bits", "get a certificate with a stronger key")
    bits = endpoint.dh_bits
    if isinstance(bits, Known) and bits.value and bits.value < 2048 and any(suite.key_exchange == "DHE" for suite in suites):
        yield Reason("B", f"DH parameters of {bits.value} bits", "2048 bits or more, or no DHE suites")


def _of_certificate(endpoint: Endpoint, certificate: Certificate, now: str) -> Iterator[Reason]:
    chain, leaf = certificate.chain, certificate.leaf
    if chain is None or leaf is None:
        return
    if leaf.self_signed:
        yield Reason("T", "a self-signed certificate is not trusted", "get one from a public CA")
    if leaf.not_after < now or leaf.not_before > now:
        yield Reason("T", "the certificate is expired or not yet valid", "renew it")
    names = endpoint.server_names.surely
    if names and leaf.names and not leaf.covers(names[0]):
        yield Reason("M", f"the certificate does not cover {names[0]}", "get one with the name")
    signatures = {facts.signature for facts in chain.certificates if not facts.self_signed}
    if signatures & {"MD5", "MD2"}:
        yield Reason("F", "a certificate signed with MD5", "get one signed with SHA-256")
    if "SHA-1" in signatures:
        yield Reason("T", "a certificate signed with SHA-1", "get one signed with SHA-256")
    is_alone = len(chain.certificates) == 1 and not leaf.self_signed and leaf.is_public and certificate.known_issuers == ()
    if is_alone or not chain.in_order:
        yield Reason("B", "an incomplete or disordered chain", "send the intermediate after the server's certificate")


def _assumed(endpoint: Endpoint) -> Iterator[str]:
    if not endpoint.certificates or any(certificate.leaf is None for certificate in endpoint.certificates):
        yield "the certificate was not read: taken for one that browsers trust, with a key of 2048 bits"
    else:
        yield "that browsers trust the certificate's CA"
    if endpoint.http is None or not isinstance(endpoint.http.hsts_success, Known):
        yield "HSTS is not known: taken for none"
