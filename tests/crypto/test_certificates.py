"""Facts of certificate files, with certificates made here."""

import base64
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import certificates

from tests.support import world


@pytest.mark.parametrize(
    ("kind", "bits", "key_type", "key_bits", "curve"),
    [
        ("rsa", 2048, "RSA", 2048, None),
        ("ecdsa", 256, "ECDSA", 256, "secp256r1"),
        ("ecdsa", 384, "ECDSA", 384, "secp384r1"),
        ("ed25519", None, "Ed25519", 256, None),
        ("dsa", 2048, "DSA", 2048, None),
    ],
)
def test_the_leaf_of_a_bundle(kind: str, bits: int | None, key_type: str, key_bits: int, curve: str | None) -> None:
    pem = world.private_key(kind, bits) + world.certificate(kind, bits, "www.example.test", ("www.example.test", "*.example.test"))
    chain = certificates.read(pem)
    leaf = chain.leaf
    assert leaf is not None
    assert (leaf.key_type, leaf.key_bits, leaf.curve) == (key_type, key_bits, curve)
    assert leaf.names == ("www.example.test", "*.example.test")
    assert leaf.self_signed
    assert not leaf.is_ca
    assert leaf.not_after == "2027-02-12T00:00:00Z"
    assert leaf.signature == ("" if kind == "ed25519" else "SHA-256")
    assert (chain.problem, chain.blocks) == ("", 1)


def test_the_order_of_a_chain_is_seen() -> None:
    leaf = world.certificate("rsa", 2048, "www.example.test")
    other = world.certificate("ecdsa", 256, "Lab Issuing CA", (), is_ca=True)
    assert not certificates.read(leaf + other).in_order
    assert certificates.read(leaf).in_order
    assert certificates.read(leaf + other).blocks == 2


def test_files_that_are_no_certificates() -> None:
    assert certificates.read(b"").problem == certificates.NO_CERTIFICATE
    assert certificates.read(world.private_key("rsa", 2048)).problem == certificates.NO_CERTIFICATE
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert certificates.read(broken).problem == "certificate 1 cannot be decoded"
    half = certificates.read(world.certificate("rsa", 2048, "a.test") + broken)
    assert (half.problem, len(half.certificates)) == ("certificate 2 cannot be decoded", 1)


def test_without_the_library_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    chain = certificates.read(world.certificate("rsa", 2048, "elsewhere.test"))
    assert (chain.problem, chain.blocks, chain.leaf) == (certificates.NOT_INSTALLED, 1, None)


def test_dh_parameter_files() -> None:
    assert certificates.dh_bits(world.dh_parameters(2048)) == 2048
    assert certificates.dh_bits(world.certificate("rsa", 2048, "a.test") + world.dh_parameters(1024)) == 1024
    assert certificates.dh_bits(b"-----BEGIN DH PARAMETERS-----\n!!\n-----END DH PARAMETERS-----") is None
    assert certificates.dh_bits(b"") is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_no_content_crashes(body: bytes, tail: bytes) -> None:
    for data in (body, b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(body) + b"\n-----END CERTIFICATE-----\n" + tail):
        assert certificates.read(data).blocks <= 2
    for data in (body, b"-----BEGIN DH PARAMETERS-----\n" + base64.b64encode(body) + b"\n-----END DH PARAMETERS-----\n" + tail):
        bits = certificates.dh_bits(data)
        assert bits is None or bits > 0


def test_a_signature_nobody_knows_is_no_obstacle() -> None:
    """Found by fuzzing: cryptography raises UnsupportedAlgorithm when the hash is asked for."""
    der = base64.b64decode(b"".join(world.certificate("rsa", None, "a.test", ("a.test",)).splitlines()[1:-1]))
    assert der.count(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") == 2
    strange = base64.encodebytes(der.replace(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", b"\x2a\x7a\xb7\x86\xf7\x0d\x01\x01\x0b"))
    chain = certificates.read(b"-----BEGIN CERTIFICATE-----\n" + strange + b"-----END CERTIFICATE-----\n")
    assert chain.leaf is not None
    assert chain.leaf.signature == ""
    assert chain.leaf.key_type == "RSA"
