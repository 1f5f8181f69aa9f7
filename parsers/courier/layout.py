"""Where Courier's files live, by name and folder."""

import re

from tlslint.files import Files
from tlslint.parsers.format import Claim, Comments

_ROOTS = {"imapd-ssl": "imapd", "pop3d-ssl": "pop3d", "esmtpd": ""}
_PARTS = {"imapd": "imapd-ssl", "pop3d": "pop3d-ssl", "esmtpd-ssl": "esmtpd", "esmtpd-msa": "esmtpd", "courierd": "esmtpd"}
# Patterns are compiled when first needed (re keeps them): every run loads every layout, and few need more than one.
_SPARE = (
    r"(?:imapd|pop3d|esmtpd)(?:-ssl|-msa)?(?:\.dist(?:\.in)?(?:\.git|\.in)?"
    r"|[-._~](?:bak|old|orig|save|dpkg-\w+|rpm\w+|sample|example).*|~)|courierd\.dist.*"
)
_FOLDER = r".*/(?:courier|courier-imap|courier-mta|courier-imap/etc|courier/etc)(?:/.*)?"
_LINE = rb"(?m)^(?:export )?(?:TLS_[A-Z]+|SSLPORT|IMAPD\w*START\w*|POP3\w*START\w*|COURIERTLS|ESMTP\w+|IMAP_\w+|MAXDAEMONS)="

HOOK = (
    r"(?:^|/)(?:imapd|pop3d)-ssl$"
    r"|(?:^|/)(?:courier|courier-imap|courier-mta)/(?:.*/)?(?:esmtpd(?:-ssl|-msa)?|imapd|pop3d|courierd)$"
)
"""What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""


def claim(path: str) -> Claim | None:
    """imapd-ssl, pop3d-ssl and esmtpd are roots, the files they go with parts; what Courier's upgrade keeps beside them is spare."""
    folder, _, name = path.rpartition("/")
    if name.startswith(("imapd", "pop3d", "esmtpd", "courierd")) and re.fullmatch(_SPARE, name):
        return Claim.SPARE
    if name in _ROOTS:
        plain = name in ("imapd-ssl", "pop3d-ssl") or re.fullmatch(_FOLDER, folder)
        return Claim.ROOT if plain else None
    # these names alone say little (a program may be called so): only in Courier's own folders
    return Claim.PART if name in _PARTS and re.fullmatch(_FOLDER, folder) else None


def looks_like(data: bytes) -> bool:
    """Two assignments with names only Courier has."""
    return len(re.findall(_LINE, data[:65536])) >= 2


def root_of(path: str, files: Files) -> str | None:
    """The -ssl twin, or esmtpd, in the same folder."""
    folder, _, name = path.rpartition("/")
    root = _PARTS.get(name)
    return f"{folder}/{root}" if root and files.kind(f"{folder}/{root}") == "file" else None


def comments(_path: str) -> Comments:
    """The files are shell scripts: a backslash carries a setting on, a comment ends with its line (sh(1))."""
    return Comments(indented=True, goes_on="backslash", comment_goes_on=False)
