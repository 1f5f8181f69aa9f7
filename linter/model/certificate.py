"""What is known of a certificate an endpoint presents, and of the file its private key lies in."""

from tlslint.model.source import Span
from tlslint.model.struct import Struct


class CertificateFacts(Struct):
    """One certificate. `key_type`: `RSA`, `RSA-PSS`, `ECDSA`, `Ed25519`, `Ed448`, `DSA`, "" for others; `curve`: IANA group name for ECDSA.

    `not_before`, `not_after`: RFC 3339, UTC (`2026-11-24T00:00:00Z`). `names`: DNS names and addresses of subjectAltName, else the
    common name (`has_alternative_names` False: clients of today look at no other place, RFC 9525 section 6.3). `signature`: hash the
    issuer signed with (`SHA-256`, `SHA-1`, `MD5`; "" for EdDSA and unknown ones).
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
    has_alternative_names: bool = True
    is_public: bool = False
    """It carries the marks of a publicly trusted CA: timestamps of certificate transparency logs (RFC 6962 section 3.3), or a policy
    that the CA/Browser Forum reserves for such certificates (Baseline Requirements section 7.1.6.1)."""
    key_id: str = ""
    authority_id: str = ""
    """Subject and authority key identifiers in hex, "" where the certificate has none (RFC 5280 section 4.2.1)."""
    spki_sha256: str = ""
    """Base64 of the SHA-256 of SubjectPublicKeyInfo: what HPKP (RFC 7469 section 2.4) and DANE (RFC 6698, selector 1) pin."""
    sha256: str = ""
    """SHA-256 of the whole certificate in hex, as browsers show it."""

    @property
    def lifetime_days(self) -> int:
        """Whole days between its first and its last moment."""
        from datetime import datetime  # noqa: PLC0415 (asked of few, and start-up is felt)

        return (datetime.fromisoformat(self.not_after) - datetime.fromisoformat(self.not_before)).days

    def covers(self, name: str) -> bool:
        """Does one of its names hold for this one? A wildcard stands for one whole label, the first (RFC 9525 section 6.3)."""
        wanted = name.lower().rstrip(".")
        rest = wanted.partition(".")[2]
        return any(held == wanted or (held.startswith("*.") and held[2:] == rest) for held in map(str.lower, self.names))

    def is_issued_by(self, other: "CertificateFacts") -> bool:
        """Do names and key identifiers say so? The signature itself is not checked."""
        fits = not self.authority_id or not other.key_id or self.authority_id == other.key_id
        return self.issuer == other.subject and fits


class Chain(Struct):
    """The CERTIFICATE blocks of one file, in order.

    `certificates`: the leaf first as the file has it; `problem`: why it could not be read ("" when it could):
    `no certificate in the file`, `cryptography 42 or newer is not installed`,
    `certificate 2 cannot be decoded` (those before it are given)
    `in_order`: each certificate is issued by the next. `blocks`: how many CERTIFICATE blocks there are, read or not.
    """

    certificates: tuple[CertificateFacts, ...]
    problem: str
    in_order: bool
    blocks: int

    @property
    def leaf(self) -> CertificateFacts | None:
        """The certificate the server presents as its own; None when it could not be read."""
        return self.certificates[0] if self.certificates else None


class KeyFile(Struct):
    """The file of a private key, which is never opened: mode bits, owner and group.

    `open_to_all`: everybody on the host can read it, the folders on the way to it included.
    """

    path: str
    mode: int
    uid: int
    gid: int
    open_to_all: bool
    span: Span | None = None


class Certificate(Struct):
    """A certificate the endpoint presents.

    `path` as configured; `chain` what is sent, as far as it could be read (None: the file was not seen); `span` the setting that names it.
    `known_issuers`: certificates the library may add to the chain by itself (configured trust anchors); None: what it adds is not known.
    """

    path: str
    chain: Chain | None = None
    span: Span | None = None
    key: KeyFile | None = None
    known_issuers: tuple[CertificateFacts, ...] | None = None

    @property
    def leaf(self) -> CertificateFacts | None:
        """The server's own certificate; None where it was not read."""
        return self.chain.leaf if self.chain is not None else None

    @property
    def key_type(self) -> str | None:
        """`RSA`, `ECDSA`, `Ed25519`, `DSA` …; None where it was not read."""
        return self.leaf.key_type if self.leaf is not None else None

    @property
    def key_bits(self) -> int | None:
        """Size of the key in bits (of the curve for ECDSA); None where it was not read."""
        return self.leaf.key_bits if self.leaf is not None else None

    @property
    def not_after(self) -> str | None:
        """When it ends, RFC 3339 in UTC; None where it was not read."""
        return self.leaf.not_after if self.leaf is not None else None
