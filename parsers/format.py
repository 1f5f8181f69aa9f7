"""What the engine asks of a format: two modules with these functions.

`tlslint.parsers.<format>.layout` (cheap to import: the engine loads all of them) satisfies `Layout`;
`tlslint.parsers.<format>.evaluate` (loaded when a file of the format was met) satisfies `Evaluate`.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from tlslint.files import Files
from tlslint.model import Instance
from tlslint.targets import Target


class Claim(Enum):
    """What a file is to a format."""

    ROOT = "root"
    """Evaluation begins here: apache2.conf, main.cf, dovecot.conf, imapd-ssl, slapd.conf."""
    PART = "part"
    """Belongs to the format and is reached from a root: a vhost, master.cf, conf.d/10-ssl.conf, .htaccess."""
    OFFERED = "offered"
    """A Debian site, module or snippet in `…-available`: in use when `…-enabled` links to it. Without that folder nobody can tell."""
    SPARE = "spare"
    """A disabled site, a backup, an example, a package's default: not judged unless named on the command line."""


class Layout(Protocol):
    """Where a format's files live. Paths are logical, absolute, with `/`."""

    def claim(self, path: str) -> Claim | None:
        """Is this name one of ours? By name and folder alone, nothing is opened."""

    def looks_like(self, data: bytes) -> bool:
        """Does this text read like ours? Asked only for files named on the command line that nobody claims by name."""

    def root_of(self, path: str, files: Files) -> str | None:
        """The root file through which the daemon would read `path`, found by walking up; None: there is none (a fragment)."""


class Evaluate(Protocol):
    """Turn a root file into configured servers."""

    def instances(self, root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
        """Read `root` and all it includes, and evaluate it.

        `complete` False: `root` is a fragment (a lone vhost, an .htaccess, a master.cf without its main.cf): what it says is judged,
        what it omits is Unknown. Never raises for any content of any file: what cannot be read becomes a `Problem`.
        """
