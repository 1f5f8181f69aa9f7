"""Lay a labelled record (what a real server was started with) below a directory: files, links, directories, certificates.

`tests/data/live/README.md` describes the records. Certificates are described there, not stored; every path of a key has a key of its own.
"""

import base64
import datetime as dt
import json
import lzma
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID

LIVE = Path(__file__).parents[1] / "data" / "live"
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)

Record = dict[str, Any]


@cache
def records(name: str) -> tuple[Record, ...]:
    """All labelled records of one server: `apache`, `postfix`, `dovecot`, `courier`, `openldap`."""
    with lzma.open(LIVE / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def lay(record: Record, root: Path) -> Path:
    """Put everything the record describes below `root`, as if `root` were `/`; returns `root`."""
    encodings = record.get("files_encoding", {})
    for directory in record.get("directories", ()):
        _below(root, directory).mkdir(parents=True, exist_ok=True)
    for path, text in record["files"].items():
        target = _below(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        encoding = encodings.get(path, "utf-8") if isinstance(encodings, dict) else "utf-8"
        try:
            data = text.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            data = text.encode("utf-8", "surrogateescape")  # raw bytes travel as lone surrogates
        target.write_bytes(data)
    for path, text in certificate_files(record.get("certificates", {})):
        target = _below(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    for path, destination in record.get("links", {}).items():
        link = _below(root, path)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(destination)
    return root


def certificate_files(descriptions: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The PEM files that the descriptions stand for."""
    described = {path: entry for path, entry in descriptions.items() if not entry.get("missing")}
    for path, entry in described.items():
        kind = entry.get("type")
        holds = entry.get("holds", "")
        if kind == "text" or holds.startswith("text"):
            yield path, entry.get("text", "not a certificate\n").encode()
        elif kind == "bundle":
            yield path, b"".join(_part(item) for item in entry.get("items", ()))
        elif kind == "dhparam" or kind == "dhparams":
            yield path, dh_parameters(entry.get("bits", 2048))
        elif "private key" in holds and "certificate" not in holds:
            yield path, private_key(kind, entry.get("bits"), path, entry.get("password"))
        else:
            yield path, _certificate_file(path, entry)
            key = entry.get("key")
            if key and key != path and key not in described:
                yield key, private_key(kind, entry.get("bits"), key)


def _certificate_file(path: str, entry: dict[str, Any]) -> bytes:
    names = tuple(entry.get("san") or [entry.get("cn", "host.example.test")])
    kind = "ecdsa" if entry.get("type") in ("ca", "otherca") else entry["type"]
    issuer = entry.get("issuer")
    is_ca = entry.get("type") in ("ca", "otherca") or (issuer == "self" and "CA" in entry.get("cn", ""))
    parts = []
    if entry.get("key") == path:
        parts.append(private_key(kind, entry.get("bits"), path))
    salt = entry.get("key") or path
    if not entry.get("key_matches", True):
        salt = f"not {salt}"
    name, expired = entry.get("cn", names[0]), bool(entry.get("expired"))
    parts.append(certificate(kind, entry.get("bits"), name, names, expired=expired, is_ca=is_ca, salt=salt))
    if entry.get("chain") or "intermediate" in entry.get("holds", ""):
        parts.append(certificate("ecdsa", 256, issuer or "Lab Issuing CA", (), is_ca=True))
    if "DH parameters" in entry.get("holds", ""):
        parts.append(dh_parameters(entry.get("dh_bits", 2048)))
    return b"".join(parts)


def _part(item: dict[str, Any]) -> bytes:
    what = item.get("item") or item.get("what") or item.get("holds") or item.get("type", "")
    kind = item.get("type") if item.get("type") in ("rsa", "ecdsa", "ed25519") else "rsa"
    if "key" in what:
        return private_key(kind, item.get("bits"), "key")
    return certificate(kind, item.get("bits"), item.get("cn", "host.example.test"), (item.get("cn", "host.example.test"),))


@cache
def _key(kind: str, bits: int | None, salt: str) -> Any:
    """One key by type and size; `salt` tells apart keys that must not match."""
    del salt
    if kind == "rsa":
        return rsa.generate_private_key(65537, bits or 2048)
    if kind in ("ecdsa", "ec"):
        return ec.generate_private_key({256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}.get(bits or 256, ec.SECP256R1()))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind in ("dsa", "dss"):
        return dsa.generate_private_key(bits or 2048)
    raise ValueError(f"no recipe for a key of type {kind!r}")


@cache
def private_key(kind: str, bits: int | None, salt: str = "key", password: str | None = None) -> bytes:
    """A private key in PEM."""
    protection = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    data: bytes = _key(kind, bits, salt).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return data


@cache
def certificate(
    kind: str,
    bits: int | None,
    name: str,
    names: tuple[str, ...] = (),
    *,
    expired: bool = False,
    is_ca: bool = False,
    salt: str = "key",
) -> bytes:
    """A certificate in PEM, self-signed."""
    key = _key(kind, bits, salt)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    ends = NOW - dt.timedelta(days=10) if expired else NOW + dt.timedelta(days=80)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=100))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in names]), critical=False)
    algorithm = None if kind == "ed25519" else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


@cache
def dh_parameters(bits: int) -> bytes:
    """DH parameters in PEM (PKCS #3: SEQUENCE of prime and generator 2), from the primes of RFC 7919 and RFC 2409."""
    prime = int({2048: _FFDHE2048, 1024: _MODP1024}[bits], 16)
    body = _der(0x02, b"\0" + prime.to_bytes(bits // 8, "big")) + _der(0x02, b"\2")
    text = base64.encodebytes(_der(0x30, body)).decode()
    return f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n".encode()


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x80 | 2]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _below(root: Path, path: str) -> Path:
    return root / os.path.relpath(path, "/")


_FFDHE2048 = (  # RFC 7919 appendix A.1
    "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8F681B202AEC4617A"
    "D3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797A"
    "BC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61"
    "9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF"
)
_MODP1024 = (  # RFC 2409 section 6.2
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
)
