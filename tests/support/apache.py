"""Apache's read phase for tests: one call from a path on disk to a reading."""

from pathlib import Path

from tlslint.files import Files
from tlslint.parsers.apache import environment, layout
from tlslint.parsers.apache.read import Reader, Reading
from tlslint.targets import load


def read(config: Path, variables: dict[str, str] | None = None, target: str = "debian-12") -> Reading:
    """Read a root file and all it includes; `variables` is the whole environment when given."""
    files = Files((str(config.parent),), str(config.parent))
    root, files, platform = layout.mounted(str(config), files)
    known = environment.environment(root, files, platform, {}, complete=True)
    if variables is not None:
        known = known._replace(variables=variables, is_whole=True, flags_known=True, server_root=str(config.parent))
    return Reader(files, known, load(target).software["httpd"], complete=True).read(root)
