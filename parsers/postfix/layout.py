"""Where Postfix's files live, by name and folder."""

import re

from tlslint.files import Files
from tlslint.parsers.format import Claim, Comments

_ROOT = "main.cf"
_PART = "master.cf"
# Patterns are compiled when first needed (re keeps them): every run loads every layout, and few need more than one.
_SPARE = (
    r"(?:main|master)\.cf[-._~](?:proto|dist|default|debian|tls|orig|bak|old|save|sample|example|rpmnew|rpmsave|dpkg-\w+|ucf-\w+|j2|tmpl|template|erb|in)?"
    r"[\w.~-]*"
)
_SAMPLES = r"/usr/(?:share|lib|libexec|local/libexec)/postfix/"
_MAIN_LINE = rb"(?m)^(?:smtpd?|lmtp|tls|postscreen|virtual|my\w+|inet_\w+|relayhost|queue_directory)\w*[ \t]*="
_MASTER_LINE = rb"(?m)^\S+[ \t]+(?:inet|unix|pass|fifo)(?:[ \t]+\S+){5}[ \t]+\w+"
_DIRECTORY = "/etc/postfix"

HOOK = r"(?:^|/)(?:main|master)\.cf$"
"""What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""


def claim(path: str) -> Claim | None:
    """main.cf is a root, master.cf a part of it; their prototypes, templates and backups are spare."""
    folder, _, name = path.rpartition("/")
    if name in (_ROOT, _PART):
        if re.match(_SAMPLES, folder + "/"):
            return Claim.SPARE
        return Claim.ROOT if name == _ROOT else Claim.PART
    return Claim.SPARE if ".cf" in name and re.fullmatch(_SPARE, name) else None


def looks_like(data: bytes) -> bool:
    """Two settings of a mail server, or two service entries."""
    head = data[:65536]
    return len(re.findall(_MAIN_LINE, head)) >= 2 or len(re.findall(_MASTER_LINE, head)) >= 2


def root_of(path: str, files: Files) -> str | None:
    """The main.cf in the same directory, which is where every Postfix program looks for both."""
    root = path.rpartition("/")[0] + "/" + _ROOT
    return root if path != root and files.kind(root) == "file" else None


def comments(_path: str) -> Comments:
    """Comments may stand between the lines of one setting (postconf(5))."""
    return Comments(indented=True, goes_on="indent", comment_goes_on=False)
