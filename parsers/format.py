"""What the engine asks of a format: three modules with these functions.

`tlslint.parsers.<format>.layout` (cheap to import: the engine loads all of them) satisfies `Layout`;
`tlslint.parsers.<format>.evaluate` (loaded when a file of the format was met) satisfies `Evaluate`;
`tlslint.parsers.<format>.fixer` (loaded when a finding has a remedy in model words) satisfies `Fixer`.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeAlias

from tlslint.files import Files
from tlslint.model import Endpoint, Instance
from tlslint.model.remedy import Edit, ModelRemedy
from tlslint.model.struct import Struct
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


class Comments(Struct):
    """How comments look and how settings go on over several lines. A comment begins with `#` and takes a line of its own.

    `indented`: may blanks stand before the `#`? `goes_on`: does the setting go on after a line that ends in a backslash (`backslash`),
    on a line that begins with a blank (`indent`), or never (`""`)? `comment_goes_on`: is that so for comments as well?
    """

    indented: bool
    goes_on: str
    comment_goes_on: bool


class Layout(Protocol):
    """Where a format's files live. Paths are logical, absolute, with `/`."""

    HOOK: str
    """What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""

    def claim(self, path: str) -> Claim | None:
        """Is this name one of ours? By name and folder alone, nothing is opened."""

    def looks_like(self, data: bytes) -> bool:
        """Does this text read like ours? Asked where no name says so that was met below what was named on the command line."""

    def root_of(self, path: str, files: Files) -> str | None:
        """The root file through which the daemon would read `path`, found by walking up; None: there is none (a fragment)."""

    def comments(self, path: str) -> Comments:
        """How comments look in this file."""


class Evaluate(Protocol):
    """Turn a root file into configured servers."""

    def instances(self, root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
        """Read `root` and all it includes, and evaluate it.

        `complete` False: `root` is a fragment (a lone vhost, an .htaccess, a master.cf without its main.cf): what it says is judged,
        what it omits is Unknown. Never raises for any content of any file: what cannot be read becomes a `Problem`.
        """


Way: TypeAlias = tuple[Edit, ...]
"""Edits that belong together: all of them or none."""


class Fixer(Protocol):
    """Spell remedies in this server's words, version and place.

    A module may have `seal(text)` as well, for files that hold a checksum of themselves: where it stands (from, to) and what it should be.
    """

    def ways(self, instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
        """Ways to give all of `endpoints` (those of one finding that belong to `instance`) what `remedy` says, the best one first.

        The engine proves them in order and takes the first that holds, so a fixer says where a line would go and need not know whether
        it counts there. Best is: the line that decides, changed in place, where it decides for `endpoints` alone; then a new line of
        their own; then the shared line, which changes others as well. Words the software in use does not know are left out.
        A sentence instead (lower case, no full stop) says why nothing can be written: the finding is no fixable one then.
        """

    def commands(self, instance: Instance, changed: Sequence[str]) -> Sequence[str]:
        """Shell commands that check the files at `changed` (shown paths) and make them count on this platform, for people to run."""
