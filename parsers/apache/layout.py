"""Where Apache's files live, by distribution.

Sources: the packages' own files (Debian, seen), and for the others spec'd defaults of their build files (HTTPD_ROOT, SERVER_CONFIG_FILE).
"""

import posixpath
import re

from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct
from tlslint.parsers.format import Claim, Comments


class Platform(Struct):
    """A distribution's layout: the root file, ServerRoot as compiled in, and the directory that is mounted for a copy of the tree."""

    name: str
    root: str
    server_root: str
    home: str


PLATFORMS = (
    Platform("debian", "/etc/apache2/apache2.conf", "/etc/apache2", "/etc/apache2"),
    Platform("rhel", "/etc/httpd/conf/httpd.conf", "/etc/httpd", "/etc/httpd"),
    Platform("docker", "/usr/local/apache2/conf/httpd.conf", "/usr/local/apache2", "/usr/local/apache2"),
    Platform("freebsd", "/usr/local/etc/apache24/httpd.conf", "/usr/local", "/usr/local/etc/apache24"),
    Platform("xampp", "/opt/lampp/etc/httpd.conf", "/opt/lampp", "/opt/lampp/etc"),
    Platform("suse", "/etc/apache2/httpd.conf", "/srv/www", "/etc/apache2"),
)
"""SUSE, Gentoo (`/usr/lib64/apache2`) and Alpine (`/var/www`) share `/etc/apache2/httpd.conf`; all three set ServerRoot themselves."""

_ROOT_NAMES = {"apache2.conf", "httpd.conf", "httpd2.conf"}
# Patterns are compiled when first needed (re keeps them): every run loads every layout, and few need more than one.
_SPARE = (
    r"(?:~|\.(?:bak|orig|old|save|swp|dpkg-\w+|ucf-\w+|rpmsave|rpmnew|rpmorig|in|dist|sample|example|default|disabled))$"
    r"|(?:^|/)(?:original|examples?)/"
)
FOLDERS = r"(?:sites|conf|mods)-(?:available|enabled)|conf\.modules\.d|vhosts\.d|modules\.d"
"""Folders of parts that a root file includes, by name."""
_IN_FOLDER = rf"(?:^|/)(?:{FOLDERS})/[^/]+(?:\.conf|\.load|/[^/]+)?$"
_ELSEWHERE = (
    r"(?:^|/)(?:[Aa]pache[0-9.]*|httpd[0-9.]*|apache24|lampp|vhosts?)/(?:[^/]+/)*[^/]+\.(?:conf|vhost|include)$"
    r"|\.vhost$|(?:^|/)\.htaccess$|(?:^|/)(?:000-default(?:-le)?(?:-ssl)?|default-ssl)(?:\.conf)?$"
    r"|(?:^|/)(?:httpd-(?:ssl|vhosts|default|info|mpm|proxy)[^/]*|options-ssl-apache)\.conf$"
    r"|(?:^|/)(?:apache|vhosts?|[^/]+[-_.](?:httpd|apache2?|vhosts?))\.conf$"  # as Dockerfiles copy them: my-httpd.conf
)
_TEMPLATE = r"(?:^|/)(?:e-smith/templates(?:-custom|-user)?|templates-custom)/etc/httpd/conf(?:\.d)?/[^/]+/"
_AVAILABLE = r"(?:^|/)(?:sites|conf|mods)-available/"

HOOK = (
    r"^(?!(?:.*/)?original/)(?:.*/)?(?:apache2|httpd2?)\.conf$"
    rf"|{_TEMPLATE}(?:.*/)?(?!template-(?:begin|end)$)[^/]*$"
    rf"|^(?!.*{_TEMPLATE})(?!(?:.*/)?(?:apache2|httpd2?)\.conf$)(?!.*(?:{_SPARE})).*(?:{_IN_FOLDER}|{_ELSEWHERE})"
)
"""What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""


def claim(path: str) -> Claim | None:
    """By name and folder: root file, part, offered or spare."""
    name = posixpath.basename(path)
    if "/templates" in path and re.search(_TEMPLATE, path):
        return None if name in ("template-begin", "template-end") else Claim.PART
    if name in _ROOT_NAMES:
        return Claim.SPARE if "/original/" in path else Claim.ROOT  # upstream's own, kept beside the used one (Windows, macOS)
    if re.search(_SPARE, path):
        return Claim.SPARE if _is_part(re.sub(r"(?:~|\.[\w-]+)$", "", path)) or "apache" in path or "httpd" in path else None
    if _is_part(path):
        return Claim.OFFERED if "-available/" in path and re.search(_AVAILABLE, path) else Claim.PART
    return None


def _is_part(path: str) -> bool:
    return re.search(_IN_FOLDER, path) is not None or re.search(_ELSEWHERE, path) is not None


_TELLTALE = (
    rb"(?im)^[ \t]*(?:<(?:VirtualHost|IfModule|Directory|Location|FilesMatch)\b"
    rb"|SSL(?:Engine|Protocol|CipherSuite|CertificateFile)\s|Header\s+(?:always\s+|onsuccess\s+)?(?:set|add|append|merge|unset|edit)\s"
    rb"|RewriteEngine\s|LoadModule\s|ServerName\s|DocumentRoot\s)"
)


def looks_like(data: bytes) -> bool:
    """Sections and directives nobody else has."""
    return re.search(_TELLTALE, data[:65536]) is not None


def root_of(path: str, files: Files) -> str | None:
    """Walk up from a part to an apache2.conf or httpd.conf that could include it."""
    if posixpath.basename(path) in _ROOT_NAMES:
        return path
    if posixpath.basename(path) == ".htaccess":
        return None
    directory = posixpath.dirname(path)
    while True:
        for candidate in ("apache2.conf", "httpd.conf", "conf/httpd.conf"):
            found = posixpath.join(directory, candidate)
            if files.kind(found) == "file":
                return found
        parent = posixpath.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def platform_of(path: str) -> Platform | None:
    """The platform whose root file this is, or a copy of (`web1/etc/apache2/apache2.conf`, `apache2/apache2.conf`)."""
    best, longest = None, 1
    for platform in PLATFORMS:
        tail = platform.root.split("/")[1:]
        for length in range(len(tail), longest, -1):  # `conf/httpd.conf` is the end of several
            if path.endswith("/" + "/".join(tail[-length:])):
                best, longest = platform, length
                break
    if best is not None:
        return best
    name = posixpath.basename(path)
    return next((platform for platform in PLATFORMS if posixpath.basename(platform.root) == name), None)


def mounted(path: str, files: Files) -> tuple[str, Files, Platform | None]:
    """The root file under the name its daemon knows it by, with the files around it where they would lie on that host.

    `repo/host1/etc/apache2/apache2.conf` becomes `/etc/apache2/apache2.conf` with `repo/host1` as `/`; a bare `repo/apache2.conf` becomes
    the platform's root file with its own directory in the place of the platform's.
    """
    platform = platform_of(path)
    if platform is None:
        return *_part_mounted(path, files), None
    if path == platform.root:
        return path, files, platform
    if path.endswith(platform.root):
        top = path[: -len(platform.root)]
        return platform.root, files.mounted("/", _real(top, files), complete_below=platform.home), platform
    below = posixpath.relpath(platform.root, platform.home).split("/")
    home = path
    for _ in below:
        home = posixpath.dirname(home)
    if posixpath.relpath(path, home) != "/".join(below):
        home = posixpath.dirname(path)
        return path, files.mounted(platform.home, _real(home, files)), platform
    files = files.mounted(platform.home, _real(home, files))
    above, _, folder = home.rpartition("/")
    if above and folder == posixpath.basename(platform.home):  # most likely a copy of /etc: its neighbours are the host's too
        files = files.mounted(posixpath.dirname(platform.home), _real(above, files), complete_below=platform.home)
    return platform.root, files, platform


def _part_mounted(path: str, files: Files) -> tuple[str, Files]:
    """A part without its root file, `repo/apache2/sites-available/www.conf`: its neighbours are known by the names it includes them by."""
    for pattern, home in _PART_HOMES:
        found = re.search(pattern, path)
        if found is not None and found[1] != home:
            return home + path[found.end(1) :], files.mounted(home, _real(found[1], files))
    return path, files


_PART_HOMES = (
    (r"^(.+)/(?:sites|conf|mods)-(?:available|enabled)/[^/]+$", "/etc/apache2"),
    (r"^(.+/httpd)/conf(?:\.modules)?\.d/[^/]+$", "/etc/httpd"),
)
"""Folders of a platform's own kind, and where what holds them lies on a host."""


def _real(path: str, files: Files) -> str:
    try:
        return files.real(path)
    except FileProblem:  # above the jail: a mount may begin there, reading may not
        return path


def comments(_path: str) -> Comments:
    """A backslash carries comments on as well (server/config.c, ap_cfg_getline joins lines before they are looked at)."""
    return Comments(indented=True, goes_on="backslash", comment_goes_on=True)
