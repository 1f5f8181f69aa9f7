"""Priority strings that stand for others: `@SYSTEM` and its like, in GnuTLS' own configuration."""

from tlslint.crypto import gnutls
from tlslint.files import FileProblem, Files

CONFIG = "/etc/gnutls/config"
"""Where GnuTLS looks unless GNUTLS_SYSTEM_PRIORITY_FILE says otherwise; seen in Debian's 3.7.9."""

NOT_SEEN = f"what the priority string stands for is in {CONFIG}, which was not seen"


def resolved(text: str, files: Files) -> str | None:
    """The string that counts; None: it is in a file that this tree does not show.

    Without the file nothing stands for another string, and GnuTLS refuses all that begin with `@`. Only a tree with the whole host tells.
    """
    if not text.lstrip().startswith("@"):
        return text
    try:
        config = files.read(CONFIG).data.decode("utf-8", "replace")
    except FileProblem as problem:
        is_host = files.kind("/etc") == files.kind("/usr") == "directory"
        if problem.kind != "missing" or not is_host:
            return None
        config = ""
    return gnutls.with_system_priorities(text, config)
