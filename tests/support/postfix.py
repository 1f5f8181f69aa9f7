"""Postfix on this machine: postconf over many directories at once, and a private instance on loopback."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LONG_AGO = 600
"""Seconds. Every Postfix program reads a file again and again while it is younger than a second or two (util/readlline.c, "hot file")."""

SHELLS = 24


class Said(NamedTuple):
    """What one call of postconf printed, line by line, and whether it came to an end."""

    lines: tuple[str, ...]
    failed: bool
    errors: str


def version() -> str:
    """`3.7.11`."""
    return subprocess.run(["postconf", "-dh", "mail_version"], capture_output=True, text=True, check=True).stdout.strip()


def aged(path: Path) -> Path:
    """Make a file look old, so that no program waits for it to cool down."""
    then = time.time() - LONG_AGO
    os.utime(path, (then, then))
    return path


def postconf(calls: Sequence[tuple[Path, Sequence[str]]]) -> list[Said]:
    """Run `postconf -c FOLDER ARGUMENT…` for every call.

    Thousands are affordable because shells, not this process, start them, and many side by side: one that stops sleeps a second first.
    """
    if not calls:
        return []
    work = calls[0][0].parent / "postconf-output"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shells = []
    for share in range(SHELLS):
        numbered = [(number, call) for number, call in enumerate(calls) if number % SHELLS == share]
        script = work / f"share{share}"
        lines = []
        for number, (folder, arguments) in numbered:
            words = " ".join(_quoted(word) for word in ("-c", str(folder), *arguments))
            lines.append(f"postconf {words} >{work}/{number}.out 2>{work}/{number}.err; echo $? >{work}/{number}.code")
        script.write_bytes("\n".join(lines).encode("latin-1") + b"\n")
        shells.append(subprocess.Popen(["sh", str(script)], env={**os.environ, "LC_ALL": "C"}))
    for shell in shells:
        assert shell.wait(100) == 0
    found = []
    for number in range(len(calls)):
        text = (work / f"{number}.out").read_bytes().decode("latin-1")
        found.append(
            Said(
                tuple(text.split("\n")[:-1]),
                (work / f"{number}.code").read_text().strip() != "0",
                (work / f"{number}.err").read_bytes().decode("latin-1"),
            )
        )
    shutil.rmtree(work)
    return found


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
