"""Group lists, as `openssl s_client -groups` of Debian 11, 12, 13 and unstable took or refused them (tried one by one)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import groups, libraries
from tlslint.model.versions import TLS12, TLS13

OLD, THREE, NEW = "openssl@1.1.1", "openssl@3.0", "openssl@3.5"


@pytest.mark.parametrize(
    ("string", "old", "three", "new"),
    [
        ("X25519:P-256", "x25519 secp256r1", "x25519 secp256r1", "x25519 secp256r1"),
        ("secp256r1", None, "secp256r1", "secp256r1"),
        ("x25519", None, "x25519", "x25519"),
        ("prime256v1", "secp256r1", "secp256r1", "secp256r1"),
        ("Prime256v1", None, None, "secp256r1"),
        ("p-256", None, None, "secp256r1"),
        ("P256", None, None, None),
        ("auto", None, None, None),
        ("secp224r1", "secp224r1", "secp224r1", "secp224r1"),
        ("K-283", "sect283k1", "sect283k1", "sect283k1"),
        ("ffdhe2048", None, "ffdhe2048", "ffdhe2048"),
        ("brainpoolP256r1tls13", None, None, "brainpoolP256r1tls13"),
        ("X25519MLKEM768", None, None, "X25519MLKEM768"),
        ("x25519mlkem768", None, None, "X25519MLKEM768"),
        ("X25519-MLKEM768", None, None, None),
        ("P-256 : P-384", "secp256r1 secp384r1", "secp256r1 secp384r1", "secp256r1 secp384r1"),
        ("P-256:prime256v1", None, None, "secp256r1"),
        ("P-256:", None, None, None),
        ("P-256::P-384", None, None, None),
        ("P-256,P-384", None, None, None),
        ("", None, None, ""),
        ("X25519:foo", None, None, None),
        ("X25519:?foo", None, None, "x25519"),
        ("?foo", None, None, ""),
        ("P-256/P-384", None, None, "secp256r1 secp384r1"),
        ("P-256/", None, None, None),
        ("/P-256", None, None, None),
        ("?*P-256", None, None, "secp256r1"),
        ("**P-256", None, None, None),
        ("P-256:?", None, None, None),
        ("P-256:-P-256:P-384", None, None, "secp384r1"),
        ("-P-256", None, None, ""),
        ("X25519:!P-256", None, None, None),
        ("?DEFAULT", None, None, None),
        ("DEFAULT:secp256k1", None, None, "X25519MLKEM768 x25519 secp256r1 x448 secp384r1 secp521r1 ffdhe2048 ffdhe3072 secp256k1"),
        ("default:-X25519MLKEM768", None, None, "x25519 secp256r1 x448 secp384r1 secp521r1 ffdhe2048 ffdhe3072"),
    ],
)
def test_lists(string: str, old: str | None, three: str | None, new: str | None) -> None:
    for build, wanted in ((OLD, old), (THREE, three), (NEW, new), ("openssl@3.6", new)):
        listed = groups.evaluate(string, build)
        assert listed.accepted is (wanted is not None), build
        if wanted is not None:
            assert [group.iana for group in listed.groups] == wanted.split(), build
        else:
            assert listed.error


@pytest.mark.parametrize("build", libraries.names())
def test_every_build_has_defaults_in_order(build: str) -> None:
    listed = groups.default(build)
    assert listed
    assert (listed[0].iana == "X25519MLKEM768") is (build in ("openssl@3.5", "openssl@3.5-vanilla", "openssl@3.6", "openssl@4.0"))


def test_versions_and_levels_limit_groups() -> None:
    hybrid, ffdhe, p256, brainpool = (groups.named(name) for name in ("X25519MLKEM768", "ffdhe2048", "P-256", "brainpoolP256r1"))
    assert hybrid is not None
    assert ffdhe is not None
    assert p256 is not None
    assert brainpool is not None
    assert groups.usable(hybrid, NEW, TLS13)
    assert not groups.usable(hybrid, NEW, TLS12)
    assert groups.usable(ffdhe, NEW, TLS13, 2)
    assert not groups.usable(ffdhe, NEW, TLS13, 3)
    assert groups.usable(p256, NEW, TLS12, 3)
    assert not groups.usable(p256, NEW, TLS12, 4)
    assert not groups.usable(brainpool, THREE, TLS13)
    assert groups.usable(brainpool, THREE, TLS12)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(max_size=80), st.text(alphabet="P-2563841X9?*/:- DEFAULT", max_size=60)),
    st.sampled_from([OLD, THREE, "openssl@3.3", NEW]),
)
def test_no_list_crashes(string: str, build: str) -> None:
    listed = groups.evaluate(string, build)
    assert listed.accepted is (listed.error is None)


@pytest.mark.parametrize(("build", "accepted"), [("openssl@3.2", False), ("openssl@3.3", True), ("openssl@3.5", True)])
def test_a_group_that_need_not_be_known(build: str, accepted: bool) -> None:
    """`?` before a name since 3.3 (SSL_CTX_set1_groups_list(3))."""
    assert groups.evaluate("?nonsense:X25519", build).accepted is accepted
