"""internet.nl's verdicts on TLS, part by part, for a web site and for a mail server that receives (release 1.11.2, NCSC-NL 2025-05).

Statuses as internet.nl shows them: insufficient fails, phase-out is a notice. Source: internetstandards/Internet.nl,
checks/tasks/tls/{tls_constants,evaluation,scans,http}.py, checks/categories.py and Changelog (cec0e01d, b67c9dd). What only a scan can tell
stays out: trust in the CA, DNSSEC, DANE, CAA, OCSP answers, renegotiation by clients, hash functions of handshakes.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from tlslint.model import Endpoint, Known, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TLS12, TLS13, spoken
from tlslint.profiles.profile import load

LEVELS = ("good", "sufficient", "phase out", "insufficient")
_SCANNERS_GROUPS = ("x25519", "secp256r1", "x448", "secp521r1", "secp384r1")
"""What the scan (sslyze on OpenSSL 1.1.1, eccurves_default in ssl/t1_lib.c) offers; only the group that is agreed on is looked at."""
_LEAST_FFDHE = 3072
"""Bits from which on the groups of RFC 7919 are to be phased out; smaller ones and all others are insufficient."""


class Part(Struct):
    """One line of the verdict. `level`: one of NCSC's four grades, "" for other questions; `status`: pass, notice, fail, unknown."""

    name: str
    level: str
    status: str
    text: str = ""


def verdict(endpoint: Endpoint, hsts_seconds: int | None, plain: Value[Endpoint | None]) -> tuple[Part, ...]:
    """The parts, for HTTPS sites and MX hosts; nothing for other endpoints. `plain`: the HTTP site of the same name."""
    is_web = endpoint.protocol == "http"
    is_mail = endpoint.protocol == "smtp" and endpoint.port.holds(25)
    if endpoint.role.value != "server" or not (is_web or is_mail) or endpoint.tls.holds(TlsMode.NONE):
        return ()
    if isinstance(endpoint.tls, Unknown):
        return (Part("TLS available", "", "unknown", endpoint.tls.reason),)
    if endpoint.tls_works.holds(False) or endpoint.versions == Known(frozenset(), endpoint.versions.origins):
        return (Part("TLS available", "", "fail", endpoint.tls_failure),)
    return tuple(_parts(endpoint, hsts_seconds, plain, is_web=is_web))


def overall(parts: Iterable[Part]) -> str:
    """The worst status among parts: fail, unknown, notice, pass."""
    statuses = {part.status for part in parts}
    return next((status for status in ("fail", "unknown", "notice") if status in statuses), "pass")


def _parts(endpoint: Endpoint, hsts_seconds: int | None, plain: Value[Endpoint | None], *, is_web: bool) -> Iterator[Part]:
    if isinstance(endpoint.versions, Unknown):
        yield Part("TLS version", "", "unknown", endpoint.versions.reason)
    else:
        old = endpoint.versions.value - {TLS12, TLS13}
        level = "insufficient" if old else "sufficient" if TLS12 in endpoint.versions.value else "good"
        yield _graded("TLS version", level, f"{spoken(old)} offered" if old else "")
    if isinstance(endpoint.cipher_suites, Unknown):
        yield Part("ciphers", "", "unknown", endpoint.cipher_suites.reason)
    else:
        yield _worst("ciphers", {suite.openssl or suite.iana: suite_level(suite) for suite in endpoint.cipher_suites.value})
        yield _order(endpoint, endpoint.cipher_suites.value)
    yield _parameters(endpoint)
    yield _switch("TLS compression", endpoint.compression, "compression is on")
    yield _switch("secure renegotiation", endpoint.insecure_renegotiation, "insecure renegotiation is allowed")
    yield from _keys(endpoint)
    if is_web:
        yield _redirect(endpoint, plain)
        yield _hsts(endpoint, hsts_seconds)


def _hsts(endpoint: Endpoint, seconds: int | None) -> Part:
    lines = endpoint.http.hsts_success if endpoint.http is not None else None
    if isinstance(lines, Unknown):
        return Part("HSTS", "", "unknown", lines.reason)
    least = load("internet.nl").hsts_seconds or 0
    return _yes_or_no("HSTS", (seconds or 0) < least, f"a max-age of {least} seconds or more is wanted")


def _switch(name: str, value: Value[bool | None], text: str) -> Part:
    return Part(name, "", "unknown", value.reason) if isinstance(value, Unknown) else _yes_or_no(name, value.holds(True), text)


def _order(endpoint: Endpoint, suites: tuple[Suite, ...]) -> Part:
    """Whatever a client asks for first, a better grade goes before a worse one: tried in the newest version below TLS 1.3."""
    older = endpoint.versions.surely - {TLS13}
    levels = [LEVELS.index(suite_level(suite)) for suite in suites if older and suite.first <= max(older) <= suite.last]
    if len(set(levels)) < 2:
        return Part("cipher order", "", "pass")
    if endpoint.server_order.holds(True):
        return _yes_or_no("cipher order", levels != sorted(levels), "a worse suite stands before a better one")
    if isinstance(endpoint.server_order, Unknown):
        return Part("cipher order", "", "unknown", endpoint.server_order.reason)
    return Part("cipher order", "", "fail", "the client decides between suites of different grades")


def _parameters(endpoint: Endpoint) -> Part:
    """The group that the scan and the server agree on, and the finite field where a suite of TLS 1.2 uses one."""
    curves = [group for group in endpoint.groups.surely or () if group.family == "EC"]
    met = [group for group in curves if group.iana in _SCANNERS_GROUPS] or curves
    levels = {group.iana: group_level(group) for group in met}
    bits = endpoint.dh_bits.value if isinstance(endpoint.dh_bits, Known) else None
    if bits is not None and any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely):
        if (
            bits >= _LEAST_FFDHE
        ):  # those of RFC 7919 from ffdhe3072 on are to be phased out, all others insufficient; which these are is not known
            text = f"DH of {bits} bits: a notice where it is a group of RFC 7919, a fail where it is any other"
            return Part("key exchange parameters", "", "unknown", text)
        levels[f"DH of {bits} bits"] = "insufficient"
    return _worst("key exchange parameters", levels)


def _redirect(endpoint: Endpoint, plain: Value[Endpoint | None]) -> Part:
    """HTTP must lead to HTTPS under the same name before it leads anywhere else; no HTTP at all is fine."""
    name = "HTTPS redirect"
    if isinstance(plain, Unknown):
        return Part(name, "", "unknown", plain.reason)
    http = plain.value.http if plain.value is not None else None
    if http is None:
        return Part(name, "", "pass")
    if isinstance(http.redirects_to_https, Unknown):
        return Part(name, "", "unknown", http.redirects_to_https.reason)
    if not http.redirects_to_https.holds(True):
        return Part(name, "", "fail", "HTTP does not lead to HTTPS")
    host = (http.redirect.location if http.redirect is not None else "").partition("//")[2].partition("/")[0].partition(":")[0].lower()
    own = {each.lower() for each in endpoint.server_names.surely or ()}
    return _yes_or_no(name, bool(host and own) and host not in own, f"HTTP leads to {host} first")


def _graded(name: str, level: str, text: str = "") -> Part:
    status = {"insufficient": "fail", "phase out": "notice"}.get(level, "pass")
    return Part(name, level, status, text)


def _worst(name: str, levels: dict[str, str]) -> Part:
    if not levels:
        return Part(name, "", "unknown", "nothing is known of it")
    level = max(levels.values(), key=LEVELS.index)
    culprits = [item for item, of_item in levels.items() if of_item == level]
    more = f" and {len(culprits) - 3} more" if len(culprits) > 3 else ""
    return _graded(name, level, ", ".join(culprits[:3]) + more if level in LEVELS[2:] else "")


def _yes_or_no(name: str, is_bad: bool, text: str) -> Part:
    return Part(name, "", "fail" if is_bad else "pass", text if is_bad else "")


@cache
def suite_level(suite: Suite) -> str:
    """NCSC's grade of a suite."""
    for level, name in zip(LEVELS, ("ncsc-nl-good", "ncsc-nl", "ncsc-nl-phase-out"), strict=False):
        if suite.iana in (load(name).suites or ()):
            return level
    return "insufficient"


@cache
def group_level(group: Group) -> str:
    """NCSC's grade of a group. Hybrids with ML-KEM hold a good curve and are taken for good: the guidelines of 2025-05 do not list them."""
    if group.family == "hybrid" or group.iana in (load("ncsc-nl").groups or ()):
        return "good"
    return "phase out" if group.iana in (load("ncsc-nl-phase-out").groups or ()) else "insufficient"


def _keys(endpoint: Endpoint) -> Iterator[Part]:
    for certificate in endpoint.certificates:
        leaf = certificate.leaf
        if leaf is None:
            yield Part("certificate", "", "unknown", f"{certificate.path} was not read")
            continue
        if leaf.key_type.startswith("RSA"):
            level = "good" if (leaf.key_bits or 0) >= 3072 else "phase out" if (leaf.key_bits or 0) >= 2048 else "insufficient"
        elif leaf.key_type == "ECDSA":
            is_good = leaf.curve in (load("ncsc-nl").curves or ())
            level = "good" if is_good else "phase out" if leaf.curve == "secp224r1" else "insufficient"
        else:
            level = "good" if leaf.key_type in ("Ed25519", "Ed448") else "insufficient"
        yield _graded("public key of the certificate", level, f"{leaf.key_type} {leaf.key_bits}" if level in LEVELS[2:] else "")
        hashed = leaf.signature
        level = "insufficient" if hashed in ("SHA-1", "MD5", "MD2") else "phase out" if hashed == "SHA-224" else "sufficient"
        yield _graded("signature of the certificate", level, hashed if level in LEVELS[2:] else "")
        if is_web_name(endpoint):
            names = endpoint.server_names.surely
            missing = [name for name in names or () if not leaf.covers(name)]
            yield _yes_or_no("domain name on certificate", bool(missing), ", ".join(missing[:3]))


def is_web_name(endpoint: Endpoint) -> bool:
    """Are the endpoint's names what visitors type?"""
    return endpoint.protocol == "http" and bool(endpoint.server_names.surely)
