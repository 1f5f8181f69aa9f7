"""Writing: all or none, nothing lost, whatever happens in the middle."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tlslint.files import write as writer
from tlslint.files.write import Change, WriteRefusedError, write

OLD, NEW = b"old line\n" * 2000, b"new line\n" * 2000


@pytest.fixture
def three(tmp_path: Path) -> list[Change]:
    changes = []
    for name in ("a.conf", "b.conf", "c.conf"):
        (tmp_path / name).write_bytes(OLD)
        changes.append(Change(str(tmp_path / name), OLD, NEW))
    return changes


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_all_are_written_and_nothing_else_stays(three: list[Change], tmp_path: Path) -> None:
    write(three)
    assert contents(tmp_path) == {"a.conf": NEW, "b.conf": NEW, "c.conf": NEW}


def test_mode_owner_and_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(OLD)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12, 34)
    try:
        os.setxattr(path, "user.note", b"kept")
        attributes = True
    except OSError:  # this file system has none
        attributes = False
    before = path.stat()
    write([Change(str(path), OLD, NEW)])
    after = path.stat()
    assert path.read_bytes() == NEW
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not attributes or os.getxattr(path, "user.note") == b"kept"


def test_backup_keeps_the_old_bytes_and_never_overwrites_one(three: list[Change], tmp_path: Path) -> None:
    write(three[:1], backup=True)
    assert (tmp_path / "a.conf.bak").read_bytes() == OLD
    with pytest.raises(WriteRefusedError, match="is there already"):
        write([Change(three[0].real, NEW, OLD)], backup=True)
    assert (tmp_path / "a.conf").read_bytes() == NEW


def test_hard_links_are_refused(three: list[Change], tmp_path: Path) -> None:
    os.link(tmp_path / "b.conf", tmp_path / "other.conf")
    with pytest.raises(WriteRefusedError, match=r"2 hard links.*nothing was changed"):
        write(three)
    assert set(contents(tmp_path).values()) == {OLD}
    assert len(contents(tmp_path)) == 4


def test_read_only_is_refused(three: list[Change], tmp_path: Path) -> None:
    (tmp_path / "c.conf").chmod(stat.S_IRUSR)
    with pytest.raises(WriteRefusedError, match=r"c\.conf is read-only"):
        write(three)
    assert contents(tmp_path) == {"a.conf": OLD, "b.conf": OLD, "c.conf": OLD}


def test_a_file_changed_since_it_was_read_is_refused(three: list[Change], tmp_path: Path) -> None:
    (tmp_path / "b.conf").write_bytes(OLD + b"somebody's line\n")
    with pytest.raises(WriteRefusedError, match=r"b\.conf was changed by somebody else"):
        write(three)
    assert contents(tmp_path) == {"a.conf": OLD, "b.conf": OLD + b"somebody's line\n", "c.conf": OLD}


def test_a_change_between_two_renames_undoes_the_first(three: list[Change], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename

    def rename(source: str, target: str) -> None:
        real(source, target)
        if target.endswith("a.conf"):
            (tmp_path / "c.conf").write_bytes(b"somebody's\n")

    monkeypatch.setattr(writer.os, "rename", rename)
    with pytest.raises(WriteRefusedError, match="nothing was changed"):
        write(three)
    assert contents(tmp_path) == {"a.conf": OLD, "b.conf": OLD, "c.conf": b"somebody's\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_disk_full(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        changes = []
        for name in ("a.conf", "b.conf", "c.conf"):
            (small / name).write_bytes(OLD[:12000])
            changes.append(Change(str(small / name), OLD[:12000], NEW[:12000]))
        with pytest.raises(WriteRefusedError, match=r"No space left on device.*nothing was changed"):
            write(changes)
        assert contents(small) == dict.fromkeys(("a.conf", "b.conf", "c.conf"), OLD[:12000])
    finally:
        subprocess.run(["umount", str(small)], check=True)


KILLED = """
import os, signal, sys
from tlslint.files.write import Change, write
left = int(sys.argv[1])
def counted(function):
    def step(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return function(*args, **kwargs)
    return step
for name in ("lstat", "fsync", "fchmod", "rename", "unlink", "open"):
    setattr(os, name, counted(getattr(os, name)))
old, new = b"old line\\n" * 2000, b"new line\\n" * 2000
write([Change(path, old, new) for path in sys.argv[2:]])
"""


def test_killed_at_any_step_every_file_is_whole(tmp_path: Path) -> None:
    killed = 0
    for step in range(200):
        directory = tmp_path / str(step)
        directory.mkdir()
        paths = [directory / name for name in ("a.conf", "b.conf", "c.conf")]
        for path in paths:
            path.write_bytes(OLD)
        ran = subprocess.run([sys.executable, "-c", KILLED, str(step), *map(str, paths)], check=False)
        assert all(path.read_bytes() in (OLD, NEW) for path in paths)
        left = [path.name for path in directory.iterdir() if path not in paths]
        assert all(name.startswith(".") and ".tlslint-" in name for name in left)
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL
        killed += 1
    assert killed > 10
    assert all(path.read_bytes() == NEW for path in paths)
