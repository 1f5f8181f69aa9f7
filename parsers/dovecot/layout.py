"""Where Dovecot's files live, by name and folder."""

import re

from tlslint.files import Files
from tlslint.parsers.format import Claim

_ROOT = "dovecot.conf"
_PARTS = re.compile(r"/dovecot[^/]*/(?:[^/]+/)*[^/]+\.(?:conf|conf\.ext|protocol)|/dovecot[^/]*/conf\.d/[^/]+")
_CONF_D = re.compile(
    r"(?:.*/)?conf\.d/(?:10|15|20|30|90|91|99)-(?:auth|director|logging|mail|master|ssl|tcpwrapper|lda|imap|lmtp|managesieve|pop3"
    r"|submission|mailboxes|acl|plugin|quota|sieve|sieve-extprograms|metrics|replicator|stats|fts|dict-server)\.conf"
)
_SPARE = re.compile(r"dovecot\.conf[-._~].*|(?:10|15|20|90)-[\w-]+\.conf[-._~].*")
_SAMPLES = re.compile(r"/usr/(?:share|lib|libexec|local/share)/.*|.*/(?:example-config|doc|examples?)/.*")
_OTHER = re.compile(r".*/(?:dovecot-(?:sql|ldap|dict[\w-]*|oauth2)[\w.-]*|.*\.(?:conf|sql|ldap)\.ext)")
_LINE = re.compile(
    rb"^[ \t]*(?:ssl|ssl_\w+|protocols|mail_\w+|auth_\w+|login_\w+|disable_plaintext_auth|dovecot_\w+_version|listen)[ \t]*=|"
    rb"^[ \t]*(?:service|protocol|passdb|userdb|namespace|inet_listener|local_name)\b[^=\n]*\{[ \t]*$|^!include(?:_try)?[ \t]",
    re.MULTILINE,
)


def claim(path: str) -> Claim | None:
    """dovecot.conf is a root in any folder; conf.d and other .conf files below a dovecot folder are parts; examples and backups are spare.

    dovecot-sql.conf.ext and its kin have another grammar and hold nothing of the server's TLS: not ours.
    """
    folder, _, name = path.rpartition("/")
    if name == _ROOT:
        return Claim.SPARE if _SAMPLES.fullmatch(path) else Claim.ROOT
    if _SPARE.fullmatch(name):
        return Claim.SPARE
    if _OTHER.fullmatch(path):
        return None
    if _PARTS.search(path) or _CONF_D.fullmatch(path):
        return Claim.SPARE if _SAMPLES.fullmatch(folder + "/") else Claim.PART
    return None


def looks_like(data: bytes) -> bool:
    """Two lines of Dovecot's grammar with names of its own."""
    return len(_LINE.findall(data[:65536])) >= 2


def root_of(path: str, files: Files) -> str | None:
    """The nearest dovecot.conf at or above the folder."""
    folder = path.rpartition("/")[0]
    while True:
        root = f"{folder}/{_ROOT}"
        if root != path and files.kind(root) == "file":
            return root
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
