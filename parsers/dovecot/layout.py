"""Where Dovecot's files live, by name and folder."""

import re

from tlslint.files import Files
from tlslint.parsers.format import Claim, Comments

_ROOT = "dovecot.conf"
# Patterns are compiled when first needed (re keeps them): every run loads every layout, and few need more than one.
_PARTS = r"/dovecot[^/]*/(?:(?:[^/]+/)*[^/]+\.(?:conf|conf\.ext|protocol)|conf\.d/[^/]+)$"
_CONF_D = (
    r"(?:.*/)?conf\.d/(?:10|15|20|30|90|91|99)-(?:auth|director|logging|mail|master|ssl|tcpwrapper|lda|imap|lmtp|managesieve|pop3"
    r"|submission|mailboxes|acl|plugin|quota|sieve|sieve-extprograms|metrics|replicator|stats|fts|dict-server)\.conf"
)
_NUMBERED = r"\d\d-[\w.-]+\.conf"
_SPARE = r"dovecot\.conf[-._~].*|(?:10|15|20|90)-[\w-]+\.conf[-._~].*"
_SAMPLES = r"/usr/(?:share|lib|libexec|local/share)/.*|.*/(?:example-config|doc|examples?)/.*"
_OTHER = r".*/(?:dovecot-(?:sql|ldap|dict[\w-]*|oauth2)[\w.-]*|.*\.(?:conf|sql|ldap)\.ext)"
_LINE = (
    rb"(?m)^[ \t]*(?:ssl|ssl_\w+|protocols|mail_\w+|auth_\w+|login_\w+|disable_plaintext_auth|dovecot_\w+_version|listen)[ \t]*=|"
    rb"^[ \t]*(?:service|protocol|passdb|userdb|namespace|inet_listener|local_name)\b[^=\n]*\{[ \t]*$|^!include(?:_try)?[ \t]"
)

_NAMED = _SPARE.replace(".*", "[^/]*")
HOOK = (
    r"^(?!(?:.*/)?e-smith/templates)"
    rf"(?!(?:.*/)?(?:example-config|doc|examples?)/)(?!(?:.*/)?(?:{_NAMED})$)(?!(?:{_OTHER.replace('.*/', '(?:.*/)?', 1)})$)"
    rf"(?:(?:.*/)?dovecot\.conf$|(?:.*/)?{_PARTS[1:]}|{_CONF_D}$)"
)
"""What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""


def claim(path: str) -> Claim | None:
    """dovecot.conf is a root in any folder; conf.d and other .conf files below a dovecot folder are parts; examples and backups are spare.

    dovecot-sql.conf.ext and its kin have another grammar and hold nothing of the server's TLS: not ours.
    """
    folder, _, name = path.rpartition("/")
    if "/e-smith/templates" in path:
        return None  # Perl around pieces of a file
    if name == _ROOT:
        return Claim.SPARE if re.fullmatch(_SAMPLES, path) else Claim.ROOT
    if ".conf" in name and re.fullmatch(_SPARE, name):
        return Claim.SPARE
    if "/dovecot" not in path and "conf.d/" not in path:
        return None
    if re.fullmatch(_OTHER, path):
        return None
    if re.search(_PARTS, path) or re.fullmatch(_CONF_D, path):
        return Claim.SPARE if re.fullmatch(_SAMPLES, folder + "/") else Claim.PART
    return None


def looks_like(data: bytes) -> bool:
    """Two lines of Dovecot's grammar with names of its own."""
    return len(re.findall(_LINE, data[:65536])) >= 2


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


def beside(path: str, files: Files) -> list[str]:
    """The files of one conf.d that no dovecot.conf at hand reads, `path` among them: `!include conf.d/*.conf`, which every distribution's
    dovecot.conf has, takes them together, sorted by name. `[path]` where it is no such file."""
    folder, _, name = path.rpartition("/")
    if not re.fullmatch(_NUMBERED, name) or root_of(path, files) is not None:
        return [path]
    return [f"{folder}/{other}" for other in files.names(folder) if re.fullmatch(_NUMBERED, other)]


def comments(_path: str) -> Comments:
    """Comment lines are passed over before a backslash is looked for (config-parser.c, config_parse_line)."""
    return Comments(indented=True, goes_on="backslash", comment_goes_on=False)
