"""A folder swapped for a link while files are read: what lies outside is never read, whoever wins."""

import os
import signal
from pathlib import Path

from tlslint.files import FileProblem, Files

ROUNDS = 3000


def test_a_folder_that_becomes_a_link(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder, text in ((inside / "conf", "inside"), (outside, "secret")):
        folder.mkdir(parents=True)
        (folder / "x.conf").write_text(text)
        (folder / f"{text}-only").touch()
    child = os.fork()
    if child == 0:
        while True:
            os.rename(inside / "conf", inside / "held")
            os.symlink(outside, inside / "conf")
            os.unlink(inside / "conf")
            os.rename(inside / "held", inside / "conf")
    met = {"read": 0, "refused": 0}
    try:
        for number in range(10 * ROUNDS):  # a busy machine may leave the other process standing where it is for long
            if number >= ROUNDS and all(met.values()):
                break
            files = Files((str(inside),), str(inside))
            try:
                assert files.read(str(inside / "conf" / "x.conf")).data == b"inside"
                assert "secret-only" not in files.names(str(inside / "conf"))
                met["read"] += 1
            except FileProblem:
                met["refused"] += 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert met["read"], "the folder was never there"
    assert met["refused"], "there was no race"
