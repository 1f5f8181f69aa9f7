"""The same sources give the same sdist and the same wheel, byte for byte, wherever and whenever they are built."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def built(folder: Path) -> dict[str, bytes]:
    """Build a copy of the sources there, with times of its own."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in ("linter", "parsers", "checks"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source / name)
    for path in source.rglob("*"):
        os.utime(path, (time.time(), time.time()))
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    made = folder / "made"
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(made), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)
    (sdist,) = made.glob("*.tar.gz")
    subprocess.run([sys.executable, REPOSITORY / "scripts" / "repack.py", sdist], check=True, env=environment)
    return {path.name: path.read_bytes() for path in made.iterdir()}


def test_two_builds_are_one(tmp_path: Path) -> None:
    first = built(tmp_path / "one")
    time.sleep(1.1)
    second = built(tmp_path / "another place")
    assert sorted(first) == sorted(second)
    assert len(first) == 2
    for name, data in first.items():
        assert data == second[name], name
