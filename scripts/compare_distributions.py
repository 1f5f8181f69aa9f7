"""Hold the file list of the wheel against the sources and the sdist: nothing left out, nothing that does not belong.

python scripts/compare_distributions.py dist
"""

import sys
import tarfile
import zipfile
from pathlib import Path

FOLDERS = {"linter": "tlslint", "parsers": "tlslint/parsers", "checks": "tlslint/checks"}


def sources() -> set[str]:
    """What should be in the wheel, by its name there."""
    found = set()
    for folder, package in FOLDERS.items():
        for path in Path(folder).rglob("*"):
            if (
                path.is_file()
                and "__pycache__" not in path.parts
                and path.suffix in (".py", ".json", ".typed", ".gz", ".html", ".css", ".js")
            ):
                found.add(f"{package}/{path.relative_to(folder).as_posix()}")
    return found


def main(directory: str) -> int:
    """Compare; say what differs."""
    wheel = next(Path(directory).glob("*.whl"))
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    with tarfile.open(next(Path(directory).glob("*.tar.gz"))) as sdist:
        shipped = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = sources()
    missing = sorted(wanted - packed)
    extra = sorted(packed - wanted)
    unshipped = sorted(
        f"{folder}/{name.removeprefix(package + '/')}"
        for folder, package in FOLDERS.items()
        for name in wanted
        if name.startswith(package + "/")
        and not (folder == "linter" and name.startswith(("tlslint/parsers/", "tlslint/checks/")))
        and f"{folder}/{name.removeprefix(package + '/')}" not in shipped
    )
    for title, names in (("missing from the wheel", missing), ("not from the sources", extra), ("missing from the sdist", unshipped)):
        if names:
            print(f"{title}: {', '.join(names)}", file=sys.stderr)
    print(f"{wheel.name}: {len(packed)} files, {len(wanted)} in the sources")
    return 1 if missing or extra or unshipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
