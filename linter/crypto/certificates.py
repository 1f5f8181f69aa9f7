"""Public facts of certificate files. Private keys are never looked at: only CERTIFICATE blocks are cut out of a PEM file.

Reading needs the optional `cryptography` (extra `certificates`), imported at the first certificate; without it facts are unknown.
"""

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tlslint.model.certificate import CertificateFacts, Chain

if TYPE_CHECKING:
    from cryptography import x509


MAX_BLOCKS = 512
"""More certificates than any chain or bundle of roots has; the rest is counted and not read."""
NO_CERTIFICATE = "no certificate in the file"
NOT_INSTALLED = "cryptography 42 or newer is not installed"

_BLOCK = rb"(?m)^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[ \t]*\r?$([^-]*)-----END "
_DH_BLOCK = rb"(?m)^-----BEGIN (?:X9\.42 )?DH PARAMETERS-----[ \t]*\r?$([^-]*)-----END "
_HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


@lru_cache(maxsize=64)
def read(data: bytes) -> Chain:
    """The certificates of a PEM file's bytes. Never raises for any content."""
    blocks = re.findall(_BLOCK, data)
    if not blocks:
        return Chain((), NO_CERTIFICATE, False, 0)
    import base64  # noqa: PLC0415 (most files that are looked at hold no certificate)

    try:
        from cryptography import x509  # noqa: PLC0415 (optional, and slow to load)
    except ImportError:
        return Chain((), NOT_INSTALLED, False, len(blocks))
    if not hasattr(x509.Certificate, "not_valid_after_utc"):  # Debian 12's own, for one, is 38
        return Chain((), NOT_INSTALLED, False, len(blocks))
    read_so_far: list[CertificateFacts] = []
    problem = ""
    for number, block in enumerate(blocks[:MAX_BLOCKS], 1):
        try:
            der = base64.b64decode(b"".join(block.split()), validate=True)
            with warnings.catch_warnings(action="ignore"):  # serial numbers of 0 and the like: nothing our readers can mend
                read_so_far.append(_facts(x509.load_der_x509_certificate(der), der))
        except Exception:  # fields are decoded when asked for, and each fails in its own way
            problem = f"certificate {number} cannot be decoded"
            break
    return chain_of(tuple(read_so_far))._replace(problem=problem, blocks=len(blocks))


def holds_none(data: bytes | None) -> bool:
    """Does a file of authorities surely hold neither a certificate nor a revocation list? None: it was not seen."""
    return data is not None and not re.search(rb"-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|CRL)-----", data)


def chain_of(certificates: tuple[CertificateFacts, ...]) -> Chain:
    """Certificates in the order they are sent in, put together from several files."""
    in_order = all(one.is_issued_by(certificates[number]) for number, one in enumerate(certificates[:-1], 1))
    return Chain(certificates, "", in_order, len(certificates))


def _facts(certificate: "x509.Certificate", der: bytes) -> CertificateFacts:
    import hashlib  # noqa: PLC0415

    key_type, bits, curve = _key(certificate)
    hashed = _signature_hash(certificate)
    extensions = _extensions(certificate)
    return CertificateFacts(
        key_type,
        bits,
        curve,
        _time(certificate.not_valid_before_utc),
        _time(certificate.not_valid_after_utc),
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        _names(certificate, extensions),
        _HASHES.get(hashed, hashed.upper()),
        bool(getattr(extensions.get("basicConstraints"), "ca", False)),
        certificate.subject == certificate.issuer,
        "TLSFeature" in extensions,
        any(
            access.access_method.dotted_string == "1.3.6.1.5.5.7.48.1"  # id-ad-ocsp, RFC 5280 section 4.2.2.1
            for access in extensions.get("authorityInfoAccess", ())
        ),
        "subjectAltName" in extensions,
        _is_public(extensions),
        getattr(extensions.get("subjectKeyIdentifier"), "digest", b"").hex(),
        (getattr(extensions.get("authorityKeyIdentifier"), "key_identifier", None) or b"").hex(),
        _spki_hash(certificate),
        hashlib.sha256(der).hexdigest(),
    )


_PUBLIC_POLICIES = frozenset({"2.23.140.1.1", "2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3"})
"""Extended validation, domain, organization and individual validated (Baseline Requirements section 7.1.6.1)."""


def _is_public(extensions: dict[str, Any]) -> bool:
    if "signedCertificateTimestampList" in extensions:
        return True
    return any(policy.policy_identifier.dotted_string in _PUBLIC_POLICIES for policy in extensions.get("certificatePolicies", ()))


def _spki_hash(certificate: "x509.Certificate") -> str:
    import base64  # noqa: PLC0415
    import hashlib  # noqa: PLC0415

    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    try:
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (UnsupportedAlgorithm, ValueError):
        return ""
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def _signature_hash(certificate: "x509.Certificate") -> str:
    """Name of the hash under the signature; "" for signatures without one (Ed25519) or unknown to cryptography."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415

    try:
        hashed = certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return ""
    return "" if hashed is None else str(hashed.name)


def _time(moment: Any) -> str:  # noqa: ANN401 (datetime is not imported for it)
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _key(certificate: "x509.Certificate") -> tuple[str, int | None, str | None]:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa  # noqa: PLC0415

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "", None, None
    if isinstance(key, rsa.RSAPublicKey):
        is_pss = certificate.public_key_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"  # id-RSASSA-PSS, RFC 4055
        return ("RSA-PSS" if is_pss else "RSA"), key.key_size, None
    if isinstance(key, ec.EllipticCurvePublicKey):
        from tlslint.crypto import groups  # noqa: PLC0415

        group = groups.named(key.curve.name)
        return "ECDSA", key.curve.key_size, group.iana if group else key.curve.name
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size, None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256, None
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456, None
    return "", None, None


def _extensions(certificate: "x509.Certificate") -> dict[str, Any]:
    """Extension values by name; none where they cannot be decoded."""
    try:
        return {extension.oid._name: extension.value for extension in certificate.extensions}  # its only short name
    except ValueError:
        return {}


def _names(certificate: "x509.Certificate", extensions: dict[str, Any]) -> tuple[str, ...]:
    from cryptography.x509 import DNSName, IPAddress  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    names = [str(name.value) for name in extensions.get("subjectAltName", ()) if isinstance(name, DNSName | IPAddress)]
    if not names:
        names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return tuple(names)


def dh_bits(data: bytes) -> int | None:
    """Size in bits of the first DH PARAMETERS block (PKCS #3 and X9.42 begin with the prime); None: none is there, or it makes no sense."""
    match = re.search(_DH_BLOCK, data)
    if match is None:
        return None
    import base64  # noqa: PLC0415

    try:
        der = base64.b64decode(b"".join(match.group(1).split()), validate=True)
    except ValueError:
        return None
    sequence = _der(der, 0x30)
    prime = None if sequence is None else _der(sequence, 0x02)
    return int.from_bytes(prime, "big").bit_length() if prime else None


def _der(data: bytes, tag: int) -> bytes | None:
    """The contents of a DER element with this tag at the beginning of `data`."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    return data[start : start + length] if start + length <= len(data) else None
