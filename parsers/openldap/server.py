"""slapd: from a root file to one configured server."""

from collections.abc import Sequence

from tlslint.files import Files
from tlslint.model import Instance
from tlslint.targets import Target


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The slapd that `root` configures."""
    del root, files, target, complete
    return ()
