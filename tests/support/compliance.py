"""Which parts of a profile an endpoint does not meet: the verdict as a whole, where rules report line by line."""

from collections.abc import Iterator

from tlslint.model import Endpoint, Known
from tlslint.model.versions import spoken
from tlslint.profiles import Profile


def deviations(endpoint: Endpoint, profile: Profile) -> dict[str, str]:
    """Parts (`versions`, `suites`, `suites of TLS 1.3`, `groups`, `DH parameters`, `key type`, `key size`, `curve`, `lifetime`) and what is
    wrong with each; empty: as far as it is known, the endpoint meets the profile. Only what surely holds counts."""
    return dict(_deviations(endpoint, profile))


def _deviations(endpoint: Endpoint, profile: Profile) -> Iterator[tuple[str, str]]:
    if outside := endpoint.versions.surely - profile.allowed_versions:
        yield "versions", spoken(outside)
    suites = [suite for suite in endpoint.cipher_suites.surely if not profile.allows_suite(suite)]
    if newer := [suite.iana for suite in suites if suite.is_tls13]:
        yield "suites of TLS 1.3", ", ".join(newer)
    if older := [suite.iana for suite in suites if not suite.is_tls13]:
        yield "suites", ", ".join(older)
    # Groups of finite fields have a size of their own (below); lists of curves do not speak of them.
    groups = [group.iana for group in endpoint.groups.surely or () if group.family != "FFDHE" and not profile.allows_group(group)]
    if groups:
        yield "groups", ", ".join(groups)
    bits = endpoint.dh_bits
    does_dhe = any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely)
    if does_dhe and isinstance(bits, Known) and (bits.value or 1 << 20) < (profile.dh_bits or 0):
        yield "DH parameters", f"{bits.value} bits"
    leaves = [certificate.leaf for certificate in endpoint.certificates if certificate.leaf is not None]
    for leaf in leaves:
        kind = leaf.key_type.removesuffix("-PSS")
        if profile.key_types is not None and kind not in profile.key_types:
            yield "key type", kind
        if kind == "RSA" and (leaf.key_bits or 0) < (profile.rsa_bits or 0):
            yield "key size", f"{leaf.key_bits} bits"
        if leaf.curve is not None and profile.curves is not None and leaf.curve not in profile.curves:
            yield "curve", leaf.curve
        if profile.lifetime_days is not None and leaf.lifetime_days > profile.lifetime_days:
            yield "lifetime", f"{leaf.lifetime_days} days"
