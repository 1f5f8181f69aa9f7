"""Which certificates smtpd and tlsproxy load, and when that fails.

Source: tls_set_my_certificate_key_info() and load_pem_object() in src/tls/tls_certkey.c; seen on 3.5.25, 3.7.11 and 3.10.13.
Private keys are never opened: that a key file exists, and who may read it, is all that is looked at; whether it fits its certificate is
not known, except where two certificates with different public keys name the same key.
"""

import os
import re

from tlslint.files import Files
from tlslint.files.door import FileProblem
from tlslint.model import Certificate, Span
from tlslint.model.certificate import CertificateFacts
from tlslint.model.struct import Struct
from tlslint.parsers.carried import file_name

_SEPARATED = re.compile(r"[^, \t\r\n]+")
_BEGIN = rb"(?m)^-----BEGIN ([A-Z0-9 ]+)-----"
_KEYS = (b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY")
_CERTIFICATES = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


class Loaded(Struct):
    """What came of loading. `error`: why TLS is switched off ("" where it is not); `at`: the setting to blame.

    `keys_known`: False where a file could not be seen, so that the kinds of key are not known.
    `anonymous`: no certificate is loaded, and TLS goes on with anonymous suites.
    """

    certificates: tuple[Certificate, ...]
    error: str = ""
    at: Span | None = None
    keys_known: bool = True
    anonymous: bool = False
    missing: str = ""
    """A file that is not there although TLS goes on."""


class Pair(Struct):
    """A certificate file and its key file, with the setting that names the certificate."""

    certificate: str
    key: str
    span: Span | None


def load_pairs(pairs: tuple[Pair, ...], files: Files) -> Loaded:
    """smtpd_tls_cert_file and its kin, in the order RSA, DSA, ECDSA; the first that cannot be loaded switches TLS off."""
    found: list[Certificate] = []
    known = True
    for pair in pairs:
        state, data = _content(pair.certificate, files)
        if state == "unseen":
            known = False
            found.append(Certificate(pair.certificate, span=pair.span))
            continue
        if state:
            return Loaded((), f"the certificate {pair.certificate} {state}", pair.span)
        certificate, error = _leaf(pair.certificate, data, pair.span)
        certificate = certificate._replace(key=files.key_file(pair.key, pair.span) if pair.key else None)
        if error:
            return Loaded((), f"{pair.certificate} {error}", pair.span)
        if pair.key == pair.certificate:
            if not any(label in _KEYS for label in _labels(data)):
                return Loaded((), f"{pair.certificate} holds no private key, and no key file is set", pair.span)
        else:
            missing = _key_missing(pair.key, files)
            if missing:
                return Loaded((), f"the private key {pair.key or 'has an empty name: it'} {missing}", pair.span)
        found = [other for other in found if other.key_type is None or other.key_type != certificate.key_type]
        found.append(certificate)
        known = known and certificate.key_type is not None
    return Loaded(tuple(found), keys_known=known)


def load_chain(text: str, span: Span | None, files: Files, queue: str) -> Loaded:
    """smtpd_tls_chain_files: key first, then its certificate and chain, again and again, over all the files."""
    found: list[Certificate] = []
    known = True
    state, current = "init", ""
    for match in _SEPARATED.finditer(text):
        path = absolute(match.group(), queue)
        trouble, data = _content(path, files)
        if trouble == "unseen":
            known = False
            found.append(Certificate(path, span=span))
            state = "chain"
            continue
        if trouble:
            # seen on all three releases: "error opening chain file", and TLS goes on with the chains that a further key had completed
            complete = found[:-1] if state == "chain" else found
            return Loaded(tuple(complete), at=span, keys_known=known, anonymous=not complete, missing=f"{path} {trouble}")
        blocks = [(match.start(), match.group(1)) for match in re.finditer(_BEGIN, data)]
        for start, label in blocks:
            if label in _KEYS:
                if state == "key":
                    return Loaded((), f"in {path} a key follows a key", span)
                state, current = "key", path
            elif label in _CERTIFICATES:
                if state == "init":
                    return Loaded((), f"{path} begins with a certificate; the private key must come first", span)
                if state == "key":
                    end = next((at for at, other in blocks if at > start and other in _KEYS), len(data))
                    certificate, error = _leaf(path, data[start:end], span)
                    if error:
                        return Loaded((), f"{path} {error}", span)
                    found.append(certificate._replace(key=files.key_file(current, span)))
                    known = known and certificate.key_type is not None
                state = "chain"
    if state == "init":
        return Loaded((), f"no key and no certificate is in {text}", span)
    if state == "key":
        return Loaded((), f"no certificate follows the key in {current}", span)
    return Loaded(tuple(found), keys_known=known)


def absolute(path: str, queue: str) -> str:
    """A path as a daemon opens it: relative ones from the queue directory, in which it runs; bytes as the file system has them."""
    return os.path.join(queue, file_name(path)) if path else ""


def trouble_with_authorities(path: str, files: Files) -> str:
    """Why a CAfile cannot be loaded ("" when it can, or when this tree cannot tell)."""
    state, data = _content(path, files)
    if state == "unseen":
        return ""
    if state:
        return f"{path} {state}"
    return "" if any(label in _CERTIFICATES for label in _labels(data)) else f"{path} holds no certificate"


def _labels(data: bytes) -> list[bytes]:
    return [match.group(1) for match in re.finditer(_BEGIN, data)]


def _content(path: str, files: Files) -> tuple[str, bytes]:
    """("", bytes), or what is wrong with the file, or "unseen" where this tree cannot tell."""
    try:
        return "", files.read(path).data
    except FileProblem as problem:
        return ("does not exist", b"") if problem.kind == "missing" and is_missing(path, files) else ("unseen", b"")


def is_missing(path: str, files: Files) -> bool:
    """Is the file surely not there? Only a tree that shows a whole host can tell: a repository's copy leaves certificates out."""
    return files.kind(path) == "missing" and files.has_host_at(path)


def _key_missing(path: str, files: Files) -> str:
    return "does not exist" if not path or is_missing(path, files) else ""


def leaf(path: str, files: Files) -> CertificateFacts | None:
    """A file's first certificate; None where it cannot be seen or is none."""
    state, data = _content(path, files)
    return None if state else _leaf(path, data, None)[0].leaf


def _leaf(path: str, data: bytes, span: Span | None) -> tuple[Certificate, str]:
    if not any(label in _CERTIFICATES for label in _labels(data)):
        return Certificate(path, span=span), "holds no certificate"
    from tlslint.crypto import certificates  # noqa: PLC0415 (only where there is one)

    chain = certificates.read(data)
    leaf = chain.leaf
    if leaf is None:
        if "cannot be decoded" in chain.problem:
            return Certificate(path, span=span), "holds a certificate that cannot be decoded"
        return Certificate(path, span=span), ""
    return Certificate(path, chain, span), ""
