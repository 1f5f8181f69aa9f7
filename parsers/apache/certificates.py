"""Certificates by slot: which files a server ends up with after the merge, and what is in them.

Sources: modssl_ctx_cfg_merge_certkeys_array (ssl_engine_config.c), ssl_init_server_certs (ssl_engine_init.c) of httpd 2.4. Private keys
are not opened; of a certificate file only whether it holds a key at all is looked at.
"""

import re

from tlslint.crypto import negotiation
from tlslint.crypto.certificates import chain_of
from tlslint.crypto.certificates import read as read_chain
from tlslint.files import FileProblem, Files
from tlslint.model import Certificate, CertificateFacts, Chain, KeyFile, Span
from tlslint.model.struct import Struct
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.scopes import Entry, RefusedError, Scope, last, merged

MOST = 3
"""CERTKEYS_IDX_MAX + 1: entries beyond the third are lost in a merge."""


class Held(Struct):
    """One certificate of a server. `chain` None: the file could not be looked at. `key_span`: the directive that names its key."""

    entry: Entry
    path: str
    chain: Chain | None
    data: bytes
    key: KeyFile | None = None


class Slots(Struct):
    """A server's certificates. `reason`: why the list itself is not known; `unread`: why their keys are not."""

    held: tuple[Held, ...]
    reason: str = ""
    unread: str = ""
    chain_file: Chain | None = None
    """SSLCertificateChainFile, with which further certificates of the certificate files are not read (ssl_init_server_certs)."""
    known_issuers: tuple[CertificateFacts, ...] | None = ()

    @property
    def keys(self) -> "tuple[negotiation.Key, ...] | None":
        """Key types OpenSSL has to choose from, the last certificate of each type; None: not known."""
        if self.reason or self.unread:
            return None
        found: dict[str, negotiation.Key] = {}
        for held in self.held:
            leaf = held.chain.leaf if held.chain else None
            if leaf is None:
                return None
            found[leaf.key_type] = negotiation.Key(leaf.key_type, leaf.key_bits)
        return tuple(found.values())

    def sent(self, held: Held) -> Chain | None:
        """What goes out with one certificate."""
        if self.chain_file is None or held.chain is None or held.chain.leaf is None:
            return held.chain
        return chain_of((held.chain.leaf, *self.chain_file.certificates))

    def certificates(self) -> tuple[Certificate, ...]:
        """As the model has them, without those a later one of the same key type takes the place of."""
        found: dict[object, Certificate] = {}
        for index, held in enumerate(self.held):
            leaf = held.chain.leaf if held.chain else None
            kind = leaf.key_type if leaf else f"unread {index}"
            found.pop(kind, None)
            found[kind] = Certificate(
                held.path,
                self.sent(held),
                held.entry.span,
                held.key,
                self.known_issuers,
            )
        return tuple(found.values())


NONE = Slots(())
"""Those of a server that was not looked at yet."""


class Reader:
    """Reads each certificate file once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, tuple[Chain | None, bytes]] = {}

    def chain(self, path: str) -> tuple[Chain | None, bytes]:
        """What a file holds; (None, b"") where it cannot be looked at."""
        found = self._read.get(path)
        if found is None:
            try:
                data = self._files.read(path).data
                found = (read_chain(data), data)
            except FileProblem:
                found = (None, b"")
            self._read[path] = found
        return found

    def key_file(self, path: str, span: Span) -> KeyFile | None:
        """Mode and owner of a private key, which is not opened."""
        return self._files.key_file(path, span)

    def text(self, path: str) -> str | None:
        """A text file as it is; None where it cannot be looked at."""
        try:
            return self._files.read(path).data.decode("utf-8", "replace")
        except FileProblem:
            return None

    def has_files(self, path: str) -> bool:
        """Does a directory hold anything at all? True where it cannot be looked at."""
        try:
            return any(self._files.kind(f"{path}/{name}") != "directory" for name in self._files.names(path))
        except FileProblem:
            return True

    def size(self, path: str) -> int | None:
        """A file's size in bytes, unopened; None where it cannot be looked at."""
        try:
            return self._files.status(path).size
        except FileProblem:
            return None


def merge(main: Scope, server: Scope, slot: str) -> tuple[list[Entry], str]:
    """Slot by slot: a vhost's entry replaces the main server's of the same number, the others stay. Gives the reason for doubt too."""
    own = server.of(slot)
    reason = _doubt(server, slot)
    if server is main:
        return own, reason
    base = main.of(slot)
    return own[:MOST] + base[len(own) : MOST], reason or _doubt(main, slot)


def _doubt(scope: Scope, slot: str) -> str:
    entries = scope.of(slot)
    for entry in entries:
        if entry.unknown:
            return entry.unknown
    return scope.holes[0][1] if scope.holes else "" if entries else scope.unseen


def slots(main: Scope, server: Scope, reader: Reader) -> Slots:
    """Read a server's certificates."""
    entries, reason = merge(main, server, "sslcertificatefile")
    keys, _ = merge(main, server, "sslcertificatekeyfile")
    held, unread = [], ""
    for index, entry in enumerate(entries):
        if entry.value is None:
            continue
        chain, data = reader.chain(entry.value.path) if entry.value.state == "there" else (None, b"")
        if chain is None or chain.leaf is None:
            unread = unread or (chain.problem if chain else f"{entry.value.written} was not read")
        key_entry = keys[index] if index < len(keys) else entry
        has_key = key_entry is not entry or b"PRIVATE KEY-----" in data
        key = reader.key_file(key_entry.value.path, key_entry.span) if key_entry.value is not None and has_key else None
        held.append(Held(entry, entry.value.path, chain, data, key))
    chained = chain_file(main, server)
    further = reader.chain(chained.value.path)[0] if chained is not None and chained.value is not None else None
    return Slots(tuple(held), reason, unread, further, _known_issuers(main, server, reader))


def _known_issuers(main: Scope, server: Scope, reader: Reader) -> tuple[CertificateFacts, ...] | None:
    """Trust anchors for clients' certificates also complete a chain of one certificate (ssl_add_cert_chain in ssl/statem/statem_lib.c)."""
    folder, file = merged(main, server, "sslcacertificatepath"), merged(main, server, "sslcacertificatefile")
    if folder.is_set or folder.reason or file.reason:
        return None
    if not file.is_set:
        return ()
    chain = reader.chain(file.value.path)[0] if file.value is not None else None
    return chain.certificates if chain is not None else None


def faults(main: Scope, server: Scope, found: Slots, software: Software, level: int | None) -> list[RefusedError]:
    """What keeps httpd from starting with these certificates (AH02561, AH02562, AH02564, AH02579)."""
    if found.reason:
        return []
    keys, key_reason = merge(main, server, "sslcertificatekeyfile")
    refused = []
    for index, held in enumerate(found.held):
        chain = held.chain
        if chain is None:
            continue
        if chain.leaf is None and (chain.problem.startswith("no certificate") or chain.problem.startswith("certificate")):
            refused.append(
                RefusedError(
                    f"{held.entry.value.written}: {chain.problem}, so httpd does not start", held.entry.span, rule="certificate-missing"
                )
            )
            continue
        if index >= len(keys) and not key_reason and b"PRIVATE KEY-----" not in held.data:
            refused.append(
                RefusedError(
                    f"{held.entry.value.written} holds no private key and no SSLCertificateKeyFile names one, so httpd does not start",
                    held.entry.span,
                    "its key is missing",
                )
            )
        leaf = chain.leaf
        if leaf is None or software.build is None:
            continue
        why = negotiation.key_refused(negotiation.Key(leaf.key_type, leaf.key_bits), software.build, level)
        if why:
            refused.append(
                RefusedError(
                    f"OpenSSL takes no {leaf.key_bits}-bit {leaf.key_type} key at security level {level}, so httpd does not start with "
                    f"{held.entry.value.written}",
                    held.entry.span,
                    why,
                )
            )
        elif _weak_signature(leaf.signature, software, level) and not leaf.self_signed:
            refused.append(
                RefusedError(
                    f"OpenSSL takes no certificate signed with {leaf.signature} at security level {level}, so httpd does not start with "
                    f"{held.entry.value.written}",
                    held.entry.span,
                    "ca md too weak",
                )
            )
    return refused


def _weak_signature(name: str, software: Software, level: int | None) -> bool:
    """ssl_security_cert_sig: MD5 counts 64 bits at most; SHA-1 80 in 1.1.1 and 63 from 3.0 on (X509_get_signature_info)."""
    if level is None:
        return False
    if name == "MD5":
        return level >= 1
    return name == "SHA-1" and level >= (1 if software.openssl >= (3,) else 2)


_EC_PARAMETERS = rb"-----BEGIN EC PARAMETERS-----\s+([A-Za-z0-9+/=]+)\s+-----END EC PARAMETERS-----"
_CURVES = {b"BggqhkjOPQMBBw==": "P-256", b"BgUrgQQAIg==": "P-384", b"BgUrgQQAIw==": "P-521"}
"""DER of the named curves (RFC 5480 section 2.1.1.1)."""


def curve(found: Slots) -> str:
    """The curve that an EC PARAMETERS block in the first certificate file narrows the groups to; "" for none (2.4.7 and later)."""
    block = re.search(_EC_PARAMETERS, found.held[0].data) if found.held and found.held[0].data else None
    return _CURVES.get(block[1], "") if block else ""


def chain_file(main: Scope, server: Scope) -> Entry | None:
    """SSLCertificateChainFile, with which further certificates in SSLCertificateFile are not read as a chain (ssl_init_server_certs)."""
    if "sslcertificatechainfile" not in server.entries and "sslcertificatechainfile" not in main.entries:
        return None
    own = last(server, "sslcertificatechainfile")
    return own.entry if own.is_set or server is main else last(main, "sslcertificatechainfile").entry
