"""What httpd is started with: Debian's envvars, flags of SUSE, Gentoo, Alpine and Red Hat, builtin modules.

envvars is a shell file sourced by apachectl (Debian: /usr/sbin/apache2ctl, the systemd unit); only plain assignments are understood.
"""

import posixpath
import re

from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct
from tlslint.parsers.apache import directives
from tlslint.parsers.apache.layout import Platform


class Environment(Struct):
    """What httpd is started with.

    `defines`: names given by `-D` (values None). `variables`: the process environment as far as known; `is_whole` says whether
    a name missing there is surely not set. `flags_known`: are the `-D` names surely all? `builtin`: modules compiled in.
    """

    server_root: str
    defines: dict[str, str | None]
    variables: dict[str, str]
    is_whole: bool
    flags_known: bool
    builtin: frozenset[str]
    document_root: str = ""
    """The DocumentRoot compiled in; "": `htdocs` below ServerRoot."""


_ASSIGNMENT = rb"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;#\"']*)[ \t]*(?:[;#].*)?\r?$"
_REFERENCE = r"\$(?:(\w+)|\{(\w+)\})"

DOCUMENTS = "/var/www/html"
"""Where Debian's httpd looks for pages when no DocumentRoot is set (seen on 2.4.71)."""

DEBIAN = {
    "APACHE_RUN_USER": "www-data",
    "APACHE_RUN_GROUP": "www-data",
    "APACHE_PID_FILE": "/var/run/apache2/apache2.pid",
    "APACHE_RUN_DIR": "/var/run/apache2",
    "APACHE_LOCK_DIR": "/var/lock/apache2",
    "APACHE_LOG_DIR": "/var/log/apache2",
    "LANG": "C",
}
"""The package's own envvars (apache2 2.4.62 to 2.4.71), for trees that leave the file out."""


_FLAGS = {
    "suse": (("/etc/sysconfig/apache2", "APACHE_SERVER_FLAGS"), ("/etc/conf.d/apache2", "APACHE2_OPTS")),
    "rhel": (("/etc/sysconfig/httpd", "OPTIONS"),),
}
"""Where a layout's start script or unit takes `-D` names from: SUSE's start_apache2 puts `-D` before each word, Gentoo's and Alpine's
/etc/init.d/apache2 and Red Hat's httpd.service hand the words on."""


def environment(root: str, files: Files, platform: Platform | None, defines: dict[str, str | None], *, complete: bool) -> Environment:
    """Work out what is known of the process that reads `root` (a logical path)."""
    variables: dict[str, str] = {}
    name = platform.name if platform else ""
    whole = False
    if name == "debian":
        variables, whole = _envvars(posixpath.join(posixpath.dirname(root), "envvars"), files)
    server_root = platform.server_root if platform else posixpath.dirname(root)
    # Debian, RHEL, Arch and the images start httpd without -D of their own but FOREGROUND; SUSE and Gentoo keep flags in a file.
    written = _flags(name, files) if complete else None
    flags_known = complete and (name not in ("suse", "") or written is not None)
    flags: dict[str, str | None] = dict.fromkeys(["FOREGROUND", *(written or ())]) if flags_known else {}
    builtin = directives.BUILTIN_DEBIAN if name == "debian" else directives.BUILTIN_LEAST
    return Environment(server_root, flags | defines, variables, whole, flags_known, builtin, DOCUMENTS if name == "debian" else "")


def _flags(platform: str, files: Files) -> list[str] | None:
    """The `-D` names that the file of a start script says; None: no such file was seen."""
    for path, variable in _FLAGS.get(platform, ()):
        try:
            data = files.read(path).data
        except FileProblem:
            continue
        values = [found[2].decode("latin-1").strip("\"'") for found in re.finditer(_ASSIGNMENT, data) if found[1].decode() == variable]
        words = values[-1] if values else ""
        if variable == "APACHE_SERVER_FLAGS":
            return [name for word in words.split() if (name := word.removeprefix("-D"))]
        return re.findall(r"(?<!\S)-D\s*(\S+)", words)
    return None


def _envvars(path: str, files: Files) -> tuple[dict[str, str], bool]:
    try:
        data = files.read(path).data
    except FileProblem:
        return dict(DEBIAN), False
    variables: dict[str, str] = {}
    for found in re.finditer(_ASSIGNMENT, data):
        name, value = found[1].decode("latin-1"), found[2].decode("latin-1")
        literal = value.startswith("'")
        value = value.strip("\"'")
        if not literal:
            if "$(" in value or "`" in value:
                continue
            value = re.sub(_REFERENCE, lambda reference: variables.get(reference[1] or reference[2], ""), value)
        variables[name] = value
    # The shell may do more than assign: any other command line leaves the rest open.
    return variables, True
