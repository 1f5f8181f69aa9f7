"""internet.nl's verdicts on TLS, part by part, for a web site and for a mail server that receives (release 1.11.2, NCSC-NL 2025-05).

Statuses as internet.nl shows them: insufficient fails, phase-out is a notice. Source: checks/tasks/tls/{tls_constants,evaluation}.py and
Changelog of internetstandards/Internet.nl (cec0e01d).
"""

from collections.abc import Iterable, Iterator

from tlslint.model import Endpoint, Known, TlsMode, Unknown
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TLS12, TLS13, spoken
from tlslint.profiles.profile import load

LEVELS = ("good", "sufficient", "phase out", "insufficient")


class Part(Struct):
    """One line of the verdict. `level`: one of NCSC's four grades, "" for other questions; `status`: pass, notice, fail, unknown."""

    name: str
    level: str
    status: str
    text: str = ""


def verdict(endpoint: Endpoint, hsts_seconds: int | None) -> tuple[Part, ...]:
    """The parts, for HTTPS sites and MX hosts; nothing for other endpoints."""
    is_web = endpoint.protocol == "http"
    is_mail = endpoint.protocol == "smtp" and endpoint.port.holds(25)
    if endpoint.role.value != "server" or not (is_web or is_mail) or endpoint.tls.holds(TlsMode.NONE):
        return ()
    if endpoint.tls_works.holds(False) or endpoint.versions == Known(frozenset(), endpoint.versions.origins):
        return (Part("TLS available", "", "fail", endpoint.tls_failure),)
    return tuple(_parts(endpoint, hsts_seconds, is_web=is_web))


def overall(parts: Iterable[Part]) -> str:
    """The worst status among parts: fail, unknown, notice, pass."""
    statuses = {part.status for part in parts}
    return next((status for status in ("fail", "unknown", "notice") if status in statuses), "pass")


def _parts(endpoint: Endpoint, hsts_seconds: int | None, *, is_web: bool) -> Iterator[Part]:
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
    groups = endpoint.groups.surely or ()
    offered = {group.iana: group_level(group) for group in groups if group.family != "FFDHE"}  # those of TLS 1.3 are not looked at
    if any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely) and isinstance(endpoint.dh_bits, Known):
        offered[f"DH of {endpoint.dh_bits.value} bits"] = "insufficient"
    yield _worst("key exchange parameters", offered)
    yield _yes_or_no("TLS compression", endpoint.compression.holds(True), "compression is on")
    yield _yes_or_no("secure renegotiation", endpoint.insecure_renegotiation.holds(True), "insecure renegotiation is allowed")
    yield from _keys(endpoint)
    if is_web:
        least = load("internet.nl").hsts_seconds or 0
        status = "pass" if (hsts_seconds or 0) >= least else "fail"
        yield Part("HSTS", "", status, "" if status == "pass" else f"a max-age of {least} seconds or more is wanted")


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


def suite_level(suite: Suite) -> str:
    """NCSC's grade of a suite."""
    for level, name in zip(LEVELS, ("ncsc-nl-good", "ncsc-nl", "ncsc-nl-phase-out"), strict=False):
        if suite.iana in (load(name).suites or ()):
            return level
    return "insufficient"


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
