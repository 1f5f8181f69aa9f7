"""Put tlslint and the pure-Python packages it needs into one file that runs with python3 alone.

python scripts/build_pyz.py build/tlslint.pyz

The same versions give the same bytes: entries are sorted and carry no time. `cryptography` is no part of it (it is not pure Python); where
the machine has one, it is used.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
START = "from tlslint.cli.main import run\n\nrun()\n"
SOURCES = ("linter", "parsers", "checks", "pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = ("__pycache__", "bin", "pyparsing/diagram", "pyparsing/testing", "pyparsing/tools")
"""What only developers of these packages use."""


def build(target: Path) -> None:
    """Write the archive."""
    with tempfile.TemporaryDirectory() as folder:
        sources, packages = Path(folder, "sources"), Path(folder, "packages")
        for name in SOURCES:  # a copy: what an earlier build left beside the sources would come along
            path = REPOSITORY / name
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, sources / name, ignore=ignored) if path.is_dir() else shutil.copy(path, sources / name)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target", str(packages)]
        subprocess.run([*pip, str(sources)], check=True)
        entries = {"__main__.py": START.encode()}
        for path in packages.rglob("*"):
            name = path.relative_to(packages).as_posix()
            if path.is_dir() or any(f"/{out}/" in f"/{name}" for out in LEFT_OUT):
                continue
            if ".dist-info/" in name and "licenses/" not in name and not name.endswith(("LICENSE", "LICENSE.txt")):
                continue
            if path.suffix in (".so", ".pyd", ".pyi", ".c"):
                continue
            entries[name] = path.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        stream.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, data in sorted(entries.items()):
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
    target.chmod(0o755)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
