"""Writing: all or none, nothing lost, whatever happens in the middle."""

import itertools
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tlslint.files import write as writer
from tlslint.files.exchange import exchange
from tlslint.files.write import Change, WriteRefusedError, write

OLD, NEW = b"old line\n" * 2000, b"new line\n" * 2000

# What `setfacl -m u:12:r` makes of mode 640: version 2, then tag, permissions and id of each entry (linux/posix_acl_xattr.h).
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 0xFFFFFFFF, 2, 4, 12, 4, 4, 0xFFFFFFFF, 16, 4, 0xFFFFFFFF, 32, 0, 0xFFFFFFFF)


@pytest.fixture(params=["swapped", "renamed"])
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to put a file in its place: two names swapped, and what is done where the system cannot."""
    if request.param == "renamed":
        monkeypatch.setattr(writer, "_swapped", lambda one, other: False)
    else:
        can_swap(tmp_path)
    return str(request.param)


def can_swap(directory: Path) -> None:
    names = [str(directory / name) for name in ("one", "other")]
    for name in names:
        Path(name).write_text(name)
    swaps = exchange(names[0], names[1])
    assert not swaps or Path(names[0]).read_text() == names[1]
    for name in names:
        Path(name).unlink()
    if not swaps:
        pytest.skip("this file system cannot swap two names")


@pytest.fixture
def three(tmp_path: Path) -> list[Change]:
    changes = []
    for name in ("a.conf", "b.conf", "c.conf"):
        (tmp_path / name).write_bytes(OLD)
        changes.append(Change(str(tmp_path / name), OLD, NEW))
    return changes


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_two_names_swapped_and_what_is_said_where_they_cannot_be(tmp_path: Path) -> None:
    can_swap(tmp_path)
    (tmp_path / "folder").mkdir()
    assert not exchange(str(tmp_path), str(tmp_path / "folder"))  # EINVAL, as file systems say that cannot swap at all
    with pytest.raises(FileNotFoundError):
        exchange(str(tmp_path / "folder"), str(tmp_path / "nothing"))


def test_the_c_library_is_called_by_nobody_who_writes_nothing() -> None:
    program = "import sys, tlslint.cli.fixing; sys.exit('ctypes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_all_are_written_and_nothing_else_stays(three: list[Change], tmp_path: Path, way: str) -> None:
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
        os.setxattr(path, "system.posix_acl_access", ACL)
        attributes = True
    except OSError:  # this file system has none
        attributes = False
    before = path.stat()
    write([Change(str(path), OLD, NEW)])
    after = path.stat()
    assert path.read_bytes() == NEW
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not attributes or (os.getxattr(path, "user.note"), os.getxattr(path, "system.posix_acl_access")) == (b"kept", ACL)


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
    with pytest.raises(WriteRefusedError, match=r"b\.conf was changed by somebody else since it was read"):
        write(three)
    assert contents(tmp_path) == {"a.conf": OLD, "b.conf": OLD + b"somebody's line\n", "c.conf": OLD}


def test_a_second_name_given_while_new_files_are_made_is_refused(
    three: list[Change], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The bytes are those that were read, and yet a swap would part the two names."""
    real = writer._beside

    def beside(path: str, data: bytes, status: os.stat_result) -> str:
        if path.endswith("c.conf"):
            os.link(tmp_path / "a.conf", tmp_path / "other.conf")
        return real(path, data, status)

    monkeypatch.setattr(writer, "_beside", beside)
    with pytest.raises(WriteRefusedError, match=r"a\.conf was changed by somebody else since it was read; nothing was changed"):
        write(three)
    assert contents(tmp_path) == dict.fromkeys(("a.conf", "b.conf", "c.conf", "other.conf"), OLD)


@pytest.mark.parametrize("way", ["renamed"], indirect=True)
def test_nobody_is_asked_for_a_lease_where_names_cannot_be_swapped(three: list[Change], tmp_path: Path, way: str) -> None:
    """Such file systems are those of a network, where a lease may be refused for other reasons than a writer."""
    with (tmp_path / "a.conf").open("ab"):
        write(three)
    assert set(contents(tmp_path).values()) == {NEW}


def meddle(monkeypatch: pytest.MonkeyPatch, what: Callable[[str], None], *, before: bool) -> None:
    """Somebody else does `what` right before or after each swap."""
    real = writer._swap

    def swap(item: writer._Prepared) -> None:
        if before:
            what(item.change.real)
        real(item)
        if not before:
            what(item.change.real)

    monkeypatch.setattr(writer, "_swap", swap)


def test_a_change_to_a_later_file_undoes_the_first(three: list[Change], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    def edit(path: str) -> None:
        if path.endswith("a.conf"):
            (tmp_path / "c.conf").write_bytes(b"somebody's\n")

    meddle(monkeypatch, edit, before=False)
    with pytest.raises(WriteRefusedError, match=r"c\.conf was changed.*nothing was changed"):
        write(three)
    assert contents(tmp_path) == {"a.conf": OLD, "b.conf": OLD, "c.conf": b"somebody's\n"}


def test_undoing_never_writes_over_an_edit_of_the_new_text(
    three: list[Change], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def edit(path: str) -> None:
        if path.endswith("a.conf"):
            (tmp_path / "a.conf").write_bytes(NEW + b"somebody's line\n")
            (tmp_path / "c.conf").write_bytes(b"somebody's\n")

    meddle(monkeypatch, edit, before=False)
    with pytest.raises(WriteRefusedError, match=r"could not be put back: \S+a\.conf \(its old text is in \S+\.a\.conf\.tlslint-[\w-]+\)"):
        write(three)
    left = contents(tmp_path)
    assert left.pop(next(name for name in left if name.startswith(".a.conf"))) == OLD
    assert left == {"a.conf": NEW + b"somebody's line\n", "b.conf": OLD, "c.conf": b"somebody's\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
@pytest.mark.parametrize("backup", [False, True])
def test_disk_full(tmp_path: Path, *, backup: bool) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        changes = []
        size = 8000 if backup else 12000
        for name in ("a.conf", "b.conf", "c.conf"):
            (small / name).write_bytes(OLD[:size])
            changes.append(Change(str(small / name), OLD[:size], NEW[:size]))
        (small / "filler").write_bytes(b"x" * (4096 if backup else 8192))
        with pytest.raises(WriteRefusedError, match=r"no space left on device; nothing was changed"):
            write(changes, backup=backup)
        (small / "filler").unlink()
        assert contents(small) == dict.fromkeys(("a.conf", "b.conf", "c.conf"), OLD[:size])
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody who may lose a permission")
@pytest.mark.parametrize("step", range(3))
def test_permission_lost_half_way(tmp_path: Path, step: int) -> None:
    """Somebody takes the right to write the folders away after so many swaps."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    folders = [tmp_path / name for name in ("one", "two", "three")]
    changes = []
    for folder in folders:
        folder.mkdir()
        (folder / "x.conf").write_bytes(OLD)
        os.chown(folder, 65534, 65534)
        os.chown(folder / "x.conf", 65534, 65534)
        changes.append(Change(str(folder / "x.conf"), OLD, NEW))
    said, telling = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(telling, "w") as stream:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                swapped = 0
                real = writer._swap

                def swap(item: writer._Prepared) -> None:
                    nonlocal swapped
                    if swapped == step:
                        folders[step].chmod(0o555)
                    swapped += 1
                    real(item)

                writer._swap = swap
                write(changes)
            except WriteRefusedError as error:
                stream.write(str(error))
            finally:
                stream.flush()
                os._exit(0)
    os.close(telling)
    os.waitpid(child, 0)
    with os.fdopen(said) as stream:
        assert stream.read() == f"{changes[step].real} could not be written: permission denied; nothing was changed"
    for folder in folders:
        left = contents(folder)
        assert left.pop("x.conf") == OLD
        # what lies in the folder that may no longer be written to cannot be taken away either
        assert all(name.startswith(".x.conf.tlslint-") and folder is folders[step] for name in left)


# Somebody else at every step

CALLS = ("lstat", "fsync", "fchmod", "rename", "unlink", "open", "link", "close", "listxattr")
THEIRS = b"their line\n"


class Editor:
    """Somebody who adds a line to one file, in one of the ways in which people and programs do."""

    KINDS = ("in place", "by rename", "opened before", "opened, written at the end")

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind
        self._held = path.open("ab", buffering=0) if kind == "opened before" else None

    def act(self) -> None:
        """The step at which they come."""
        if self._kind == "by rename":
            fresh = self._path.with_name("theirs")
            fresh.write_bytes(self._path.read_bytes() + THEIRS)
            fresh.rename(self._path)
            return
        if self._held is None:
            self._held = self._path.open("ab", buffering=0)
        if self._kind != "opened, written at the end":
            self._held.write(THEIRS)
            self._held.close()

    def end(self) -> None:
        """They come to their end after we did."""
        if self._held is not None and not self._held.closed:
            self._held.write(THEIRS)
            self._held.close()


def count(step: int, act: Callable[[str], None]) -> dict[str, Callable[..., object]]:
    """The calls of a write; before number `step` somebody acts, who is told which call it is."""
    left = step
    acting = False

    def counted(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal left, acting
            if not acting:
                left -= 1
                if left == -1:
                    acting = True
                    act(name)
                    acting = False
            return function(*args, **kwargs)

        return call

    calls = {name: counted(name, getattr(os, name)) for name in CALLS}
    calls["fsync"] = counted("fsync", lambda descriptor: None)  # nobody pulls the plug here, and disks are slow
    return calls | {"_swapped": counted("_swapped", writer._swapped)}


@pytest.mark.parametrize("fails", [False, True], ids=["written", "undone"])
@pytest.mark.parametrize(
    ("way", "kind"),
    # whoever holds a file open can only be told where two names are swapped: docs/fixes.md says so
    [*(("swapped", kind) for kind in Editor.KINDS), *(("renamed", kind) for kind in Editor.KINDS if not kind.startswith("opened"))],
    indirect=["way"],
)
def test_no_line_is_lost_whenever_somebody_edits(tmp_path: Path, way: str, kind: str, *, fails: bool) -> None:
    """Somebody edits one of three files before each system call of a write, and of its undoing when the last file cannot be written.

    Their line is in the file afterwards, or in a file the message names; no other file is left; whoever did not edit has old or new text.
    """
    old, new = b"old\n", b"new\n"
    met: set[str] = set()
    for name in ("a.conf", "b.conf"):
        for step in range(200):
            directory = tmp_path / f"{name}{step}"
            directory.mkdir()
            paths = [directory / each for each in ("a.conf", "b.conf", "c.conf")]
            for path in paths:
                path.write_bytes(old)
            editor = Editor(directory / name, kind)
            came: list[str] = []

            def act(call: str, editor: Editor = editor, came: list[str] = came) -> None:
                came.append(call)
                editor.act()

            def swap(item: writer._Prepared, paths: list[Path] = paths, real: Callable[[writer._Prepared], None] = writer._swap) -> None:
                if item.change.real == str(paths[2]):
                    raise OSError(28, "No space left on device")
                real(item)

            said = ""
            with pytest.MonkeyPatch.context() as patched:
                for each, call in count(step, act).items():
                    patched.setattr(writer if each.startswith("_") else os, each, call)
                if fails:
                    patched.setattr(writer, "_swap", swap)
                try:
                    write([Change(str(path), old, new) for path in paths])
                except WriteRefusedError as error:
                    said = str(error)
            editor.end()
            left = contents(directory)
            named = {each: data for each, data in left.items() if str(directory / each) in said}
            theirs = THEIRS in left[name] or any(THEIRS in data for each, data in named.items() if each != name)
            gap = way == "renamed" and kind == "by rename" and came == ["rename"]  # what a system that cannot swap leaves open
            assert not came or theirs or gap, f"{name}, before call {step} ({came}): {said}: {left}"
            assert all(each in named or not each.startswith(".") for each in left), left
            assert all(left[path.name] in (old, new) for path in paths if path.name != name)
            assert not (fails and not said)
            met.add("refused" if said else "written")
            if not came:
                break
        else:
            pytest.fail("there is no end of steps")
    assert met == ({"refused"} if fails or kind == "opened before" else {"refused", "written"})


def as_left(path: Path, number: int) -> bytes:
    """The text an editor begins with: with its own last line in it, which is not there for the moment in which a swap is taken back."""
    for _ in range(200):
        text = path.read_bytes()
        if number == 0 or b"line %d\n" % (number - 1) in text:
            break
        time.sleep(0.001)
    return text


@pytest.mark.parametrize("by_rename", [False, True])
def test_a_race_with_somebody_who_edits_all_the_time(tmp_path: Path, *, by_rename: bool) -> None:
    """They add a line every few milliseconds; each is in the file in the end, or in one that was named."""
    can_swap(tmp_path)
    path, stop = tmp_path / "x.conf", tmp_path / "stop"
    path.write_bytes(b"setting 0\n")
    child = os.fork()
    if child == 0:
        try:
            for number in itertools.count():
                if stop.exists():
                    stop.write_text(str(number))
                    return
                if by_rename:
                    fresh = tmp_path / "theirs"
                    fresh.write_bytes(as_left(path, number) + b"line %d\n" % number)
                    fresh.rename(path)
                else:
                    with path.open("ab", buffering=0) as stream:
                        stream.write(b"line %d\n" % number)
                time.sleep(number % 8 * 0.001)
        finally:
            os._exit(0)
    written, refusals = 0, []
    until = time.monotonic() + 60
    while (written < 5 or len(refusals) < 5) and time.monotonic() < until:
        before = path.read_bytes()
        try:
            write([Change(str(path), before, b"setting %d" % written + before[before.index(b"\n") :])])
            written += 1
        except WriteRefusedError as error:
            refusals.append(str(error))
    stop.touch()
    os.waitpid(child, 0)
    count_of = int(stop.read_text())
    stop.unlink()
    left = contents(tmp_path)
    lines = set(b"".join(left.values()).split(b"\n"))
    assert [number for number in range(count_of) if b"line %d" % number not in lines] == []
    assert all(name == "x.conf" or any(name in refusal for refusal in refusals) for name in left)
    assert written >= 5, "they never let go of it"
    assert len(refusals) >= 5, "there was no race"


STEPS = ("lstat", "fsync", "fchmod", "rename", "unlink", "open", "link")


@pytest.mark.parametrize(("backup", "fails"), [(False, False), (True, False), (False, True)], ids=["", "backup", "undone"])
def test_killed_at_any_step_every_file_is_whole(tmp_path: Path, way: str, *, backup: bool, fails: bool) -> None:
    """`fails`: the last file cannot be written, so that those before it are put back."""
    killed = 0
    for step in range(300):
        directory = tmp_path / str(step)
        directory.mkdir()
        paths = [directory / name for name in ("a.conf", "b.conf", "c.conf")]
        for path in paths:
            path.write_bytes(OLD)
        child = os.fork()
        if child == 0:
            try:
                _die_at(step)
                if fails:
                    _fail_at(paths[2])
                write([Change(str(path), OLD, NEW) for path in paths], backup=backup)
            finally:
                os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert all(path.read_bytes() in (OLD, NEW) for path in paths)
        left = [path for path in directory.iterdir() if path not in paths]
        for path in left:
            is_backup = backup and path.name.endswith(".bak")
            assert is_backup or (path.name.startswith(".") and ".tlslint-" in path.name)
            assert not is_backup or path.read_bytes() == OLD
        if killed and step % 5 == 0:  # what a killed run left does not stand in the next one's way
            again = [Change(str(path), path.read_bytes(), OLD + NEW) for path in paths]
            write(again)
            assert all(path.read_bytes() == OLD + NEW for path in paths)
            continue
        if os.WIFEXITED(status):
            assert len(left) == (3 if backup else 0)
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        killed += 1
    assert killed > 30
    assert all(path.read_bytes() == (OLD if fails else NEW) for path in paths)


def _fail_at(path: Path) -> None:
    real = writer._swap

    def swap(item: writer._Prepared) -> None:
        if item.change.real == str(path):
            raise OSError(28, "No space left on device")
        real(item)

    writer._swap = swap


def _die_at(step: int) -> None:
    """Before the call number `step` that could change anything, the process is killed."""
    left = step

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return function(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    writer._swapped = counted(writer._swapped)
