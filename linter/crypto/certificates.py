"""Public facts of certificate files. Private keys are never looked at: only CERTIFICATE blocks are cut out of a PEM file.

Reading needs the optional `cryptography` (extra `certificates`), imported at the first certificate; without it facts are unknown.
"""

from typing import NamedTuple


class Facts(NamedTuple):
    """One certificate. `key_type`: `RSA`, `RSA-PSS`, `ECDSA`, `Ed25519`, `Ed448`, `DSA`; `curve`: IANA group name for ECDSA.

    `not_before`, `not_after`: RFC 3339, UTC (`2026-11-24T00:00:00Z`). `names`: DNS names of subjectAltName, else the common name.
    `signature`: `sha256WithRSAEncryption` style name of the hash (`SHA-256`, `SHA-1`, `MD5`, "" for EdDSA).
    """

    key_type: str
    key_bits: int | None
    curve: str | None
    not_before: str
    not_after: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    signature: str
    is_ca: bool
    self_signed: bool
    must_staple: bool
    has_ocsp: bool


class Chain(NamedTuple):
    """The CERTIFICATE blocks of one file, in order.

    `certificates`: the leaf first as the file has it; `problem`: why it could not be read ("" when it could):
    `no certificate in the file`, `cryptography is not installed`, `certificate 2 cannot be decoded`.
    `in_order`: each certificate is issued by the next. `blocks`: how many CERTIFICATE blocks there are, read or not.
    """

    certificates: tuple[Facts, ...]
    problem: str
    in_order: bool
    blocks: int

    @property
    def leaf(self) -> Facts | None:
        """The certificate the server presents as its own; None when it could not be read."""
        return self.certificates[0] if self.certificates else None


def read(data: bytes) -> Chain:
    """The certificates of a PEM file's bytes. Never raises for any content."""
    raise NotImplementedError


def dh_bits(data: bytes) -> int | None:
    """Size in bits of the first DH PARAMETERS block (PKCS #3 or X9.42); None when there is none or it cannot be read."""
    raise NotImplementedError
