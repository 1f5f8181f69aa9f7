"""A small certification authority for tests: a root, an intermediate, and server certificates of every kind of trouble.

`NOW` of tests/support/world.py is the day they are looked at.
"""

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from tests.support.world import NOW, dh_parameters

DAY = dt.timedelta(days=1)
NAMES = ("www.example.test", "mx.example.test")
DOMAIN_VALIDATED = "2.23.140.1.2.1"


class Identity(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: str = "") -> bytes:
        """The private key, encrypted where a password is given."""
        protection = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        data: bytes = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        return data


@cache
def key(kind: str, bits: int, salt: str = "") -> Any:
    """A private key; `salt` tells apart keys of the same kind."""
    del salt
    if kind == "rsa":
        return rsa.generate_private_key(65537, bits)
    if kind == "ecdsa":
        return ec.generate_private_key({224: ec.SECP224R1(), 256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}[bits])
    if kind == "dsa":
        return dsa.generate_private_key(bits)
    return ed25519.Ed25519PrivateKey.generate()


def today() -> dt.datetime:
    """Midnight before this moment, for certificates that real programs look at."""
    return dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def issue(
    name: str,
    issuer: Identity | None = None,
    *,
    kind: str = "rsa",
    bits: int = 2048,
    names: tuple[str, ...] = NAMES,
    starts: dt.datetime = NOW - 100 * DAY,
    ends: dt.datetime = NOW + 80 * DAY,
    is_ca: bool = False,
    public: bool = False,
    must_staple: bool = False,
    ocsp: bool = False,
    hashed: hashes.HashAlgorithm | None = None,
) -> Identity:
    """A certificate; without issuer it signs itself."""
    own = key(kind, bits, name if is_ca else "")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer is not None else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer is not None else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if names and not is_ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in names]), critical=False)
    if public:
        policy = x509.PolicyInformation(x509.ObjectIdentifier(DOMAIN_VALIDATED), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    if must_staple:
        builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    if ocsp:
        where = x509.UniformResourceIdentifier("http://ocsp.example.test")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashed or hashes.SHA256()
    return Identity(builder.sign(signer, algorithm), own)


@cache
def root() -> Identity:
    """The root of all."""
    return issue("Test Root", kind="ecdsa", bits=256, is_ca=True, starts=NOW - 1000 * DAY, ends=NOW + 3000 * DAY)


@cache
def intermediate() -> Identity:
    """What issues to servers."""
    return issue("Test Issuing CA", root(), kind="ecdsa", bits=256, is_ca=True, starts=NOW - 900 * DAY, ends=NOW + 900 * DAY)


@cache
def expired_intermediate() -> Identity:
    """The same, of yesterday."""
    return issue("Test Old CA", root(), kind="ecdsa", bits=256, is_ca=True, starts=NOW - 900 * DAY, ends=NOW - 10 * DAY)


def _whole(**options: Any) -> tuple[Identity, bytes]:
    """A leaf with its intermediate."""
    leaf = issue("www.example.test", intermediate(), **options)
    return leaf, leaf.pem + intermediate().pem


def _with(leaf: Identity, *parts: bytes) -> tuple[Identity, bytes]:
    return leaf, b"".join(parts)


def _expired_intermediate() -> tuple[Identity, bytes]:
    leaf = issue("www.example.test", expired_intermediate())
    return _with(leaf, leaf.pem, expired_intermediate().pem)


def _with_root() -> tuple[Identity, bytes]:
    leaf = issue("www.example.test", intermediate())
    return _with(leaf, leaf.pem, intermediate().pem, root().pem)


def _wrong_order() -> tuple[Identity, bytes]:
    leaf = issue("www.example.test", intermediate(), public=True)
    return _with(leaf, leaf.pem, root().pem, intermediate().pem)


def _alone(**options: Any) -> tuple[Identity, bytes]:
    leaf = issue("www.example.test", intermediate(), **options)
    return leaf, leaf.pem


def _self_signed() -> tuple[Identity, bytes]:
    leaf = issue("www.example.test")
    return leaf, leaf.pem


def _old_hash(number: bytes) -> tuple[Identity, bytes]:
    """A certificate that says SHA-1 (PKCS #1 number 5) or MD5 (4): the library signs with neither, so only the word is changed."""
    issuer = issue("Test RSA CA", root(), kind="rsa", is_ca=True, ends=NOW + 900 * DAY)
    leaf = issue("www.example.test", issuer)
    pkcs1 = bytes.fromhex("06092a864886f70d0101")
    der = leaf.certificate.public_bytes(serialization.Encoding.DER).replace(pkcs1 + b"\x0b", pkcs1 + number)
    told = Identity(x509.load_der_x509_certificate(der), leaf.key)
    return told, told.pem + issuer.pem


RECIPES: dict[str, Callable[[], tuple[Identity, bytes]]] = {
    "usual": _whole,
    "self-signed": _self_signed,
    "public": lambda: _whole(public=True),
    "private": _alone,
    "expired": lambda: _whole(ends=NOW - 10 * DAY),
    "soon": lambda: _whole(ends=NOW + 4 * DAY),
    "early": lambda: _whole(starts=NOW + 10 * DAY),
    "expired-intermediate": _expired_intermediate,
    "sha1": lambda: _old_hash(b"\x05"),
    "md5": lambda: _old_hash(b"\x04"),
    "sha224": lambda: _whole(hashed=hashes.SHA224()),
    "sha512": lambda: _whole(hashed=hashes.SHA512()),
    "no-intermediate": lambda: _alone(public=True),
    "wrong-order": _wrong_order,
    "with-root": _with_root,
    "other-name": lambda: _whole(names=("elsewhere.example.test",)),
    "wildcard": lambda: _whole(names=("*.example.test",)),
    "long-lived": lambda: _whole(public=True, starts=NOW - 100 * DAY, ends=NOW + 265 * DAY - dt.timedelta(seconds=1)),
    "long-lived-of-2025": lambda: _whole(public=True, starts=NOW - 360 * DAY, ends=NOW + 37 * DAY),
    "with-ocsp": lambda: _whole(public=True, ocsp=True),
    "must-staple": lambda: _whole(public=True, ocsp=True, must_staple=True),
    "rsa-1024": lambda: _whole(kind="rsa", bits=1024),
    "rsa-3072": lambda: _whole(kind="rsa", bits=3072),
    "ecdsa": lambda: _whole(kind="ecdsa", bits=256),
    "ecdsa-384": lambda: _whole(kind="ecdsa", bits=384),
}
"""What examples name: the leaf and the text of the certificate file."""


@cache
def made(recipe: str) -> tuple[bytes, bytes]:
    """Private key and certificate file of a recipe."""
    leaf, text = RECIPES[recipe]()
    return leaf.key_pem(), text


__all__ = ["DAY", "RECIPES", "Identity", "dh_parameters", "intermediate", "issue", "key", "made", "root"]
