"""Writing files: the only place in the package that does. Whole or not at all, and never over somebody else's change.

A new file is written beside the old one, flushed to the disk and renamed over it (rename(2): readers see the old bytes or the new ones,
nothing between), while a second name keeps the old file itself, not a copy: it is read once more, and where somebody wrote to it at the
last moment it goes back to its place. The same undoes a file when a later one fails. A name of ours begins with a dot, so that no `*` of an
Include takes it.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Sequence

from tlslint.model.struct import Struct


class Change(Struct):
    """New bytes for the file at `real` (links resolved: a link stays, its target changes); `before` is what was read."""

    real: str
    before: bytes
    after: bytes


class WriteRefusedError(Exception):
    """Nothing was changed, or else the files that were are named; the message is one sentence for people."""


class _Prepared(Struct):
    """`beside`: the new file until it takes its place; `old`: the old one from then on."""

    change: Change
    status: os.stat_result
    beside: str

    @property
    def old(self) -> str:
        return f"{self.beside}-old"


def write(changes: Sequence[Change], *, backup: bool = False) -> None:
    """Write all files or none. Raises `WriteRefusedError`.

    `backup`: the old bytes stay beside each file as `NAME.bak`. Killed in the middle, each file is whole, old or new; a left-over
    `.NAME.tlslint-…` is all that can remain.
    """
    prepared: list[_Prepared] = []
    done: list[_Prepared] = []
    saved: list[str] = []
    at = ""
    try:
        for change in changes:
            at = change.real
            status = _checked(change)
            prepared.append(_Prepared(change, status, _beside(change.real, change.after, status)))
        for item in prepared if backup else ():
            at = backup_of(item.change.real)
            _save(item, at)
            saved.append(at)
        for item in prepared:
            at = item.change.real
            _unchanged(item.change, item.status)
            done.append(item)
            _swap(item)
            _unchanged_at_last(item)
    except OSError as error:
        lost = _undo(done)
        _clear(prepared, saved, lost)
        raise WriteRefusedError(_ended(f"{at} could not be written: {_reason(error)}", lost)) from None
    except WriteRefusedError as error:
        lost = _undo(done)
        _clear(prepared, saved, lost)
        raise WriteRefusedError(_ended(str(error), lost)) from None
    except BaseException:  # Ctrl-C
        _clear(prepared, saved, _undo(done))
        raise
    for directory in sorted({os.path.dirname(change.real) for change in changes}):
        _flush(directory)
    _clear(prepared, [], [])


def backup_of(real: str) -> str:
    """Where `backup` keeps the old bytes of a file."""
    return f"{real}.bak"


def _reason(error: OSError) -> str:
    text = error.strerror or "the system refuses it"
    return text[0].lower() + text[1:]


def _ended(sentence: str, lost: Sequence[_Prepared]) -> str:
    if not lost:
        return f"{sentence}; nothing was changed"
    named = ", ".join(f"{item.change.real} (its old text is in {item.old})" for item in lost)
    return f"{sentence}; what was written before could not be put back: {named}"


def _checked(change: Change) -> os.stat_result:
    status = os.lstat(change.real)
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefusedError(f"{change.real} is not a regular file")
    if status.st_nlink > 1:
        status = _parted(change.real, status)
    if status.st_nlink > 1:
        raise WriteRefusedError(f"{change.real} has {status.st_nlink} hard links: renaming a new file over it would part them")
    if not status.st_mode & 0o222 or not os.access(change.real, os.W_OK):
        raise WriteRefusedError(f"{change.real} is read-only")
    _unchanged(change, status)
    return status


def _parted(real: str, status: os.stat_result) -> os.stat_result:
    """Without the second name that a run which was killed gave the file."""
    directory, name = os.path.split(real)
    for other in os.listdir(directory):
        if other.startswith(f".{name[:200]}.tlslint-") and other.endswith("-old"):
            path = os.path.join(directory, other)
            if os.lstat(path).st_ino == status.st_ino:
                os.unlink(path)
    return os.lstat(real)


def _unchanged(change: Change, status: os.stat_result) -> None:
    now = os.lstat(change.real)
    fields = ("st_ino", "st_dev", "st_mode", "st_uid", "st_gid", "st_nlink")
    same = all(getattr(now, field) == getattr(status, field) for field in fields)
    if not same or not _holds(change.real, change.before):
        raise WriteRefusedError(f"{change.real} was changed by somebody else since it was read")


def _unchanged_at_last(item: _Prepared) -> None:
    if not _holds(item.old, item.change.before):
        raise WriteRefusedError(f"{item.change.real} was changed by somebody else at this very moment")


def _holds(path: str, data: bytes) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(len(data) + 1) == data


def _beside(real: str, data: bytes, status: os.stat_result) -> str:
    """A file in the same directory with `data` and everything else as the old one has it. Leaves nothing behind when it fails."""
    directory, name = os.path.split(real)
    descriptor, path = tempfile.mkstemp(prefix=f".{name[:200]}.tlslint-", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if (status.st_uid, status.st_gid) != (os.fstat(descriptor).st_uid, os.fstat(descriptor).st_gid):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            for attribute in os.listxattr(real) if hasattr(os, "listxattr") else ():  # ACLs are among them (system.posix_acl_access)
                os.setxattr(descriptor, attribute, os.getxattr(real, attribute))
            os.fsync(descriptor)
    except BaseException:
        _unlink(path)
        raise
    return path


def _swap(item: _Prepared) -> None:
    """The new file in its place; a second name keeps the old one."""
    os.link(item.change.real, item.old)
    _same_file(item)
    os.rename(item.beside, item.change.real)


def _same_file(item: _Prepared) -> None:
    if os.lstat(item.change.real).st_ino != os.lstat(item.old).st_ino:
        raise WriteRefusedError(f"{item.change.real} was changed by somebody else since it was read")


def _save(item: _Prepared, path: str) -> None:
    fresh = _beside(item.change.real, item.change.before, item.status)
    try:
        os.link(fresh, path)  # never over one that is there
    except FileExistsError:
        raise WriteRefusedError(f"{path} is there already") from None
    finally:
        _unlink(fresh)


def _undo(done: Sequence[_Prepared]) -> list[_Prepared]:
    """Old files back in their places, the last one first. Returns those that could not be, or that somebody has changed since."""
    lost = []
    for item in reversed(done):
        try:
            if os.lstat(item.change.real).st_ino == item.status.st_ino:
                continue  # it was never swapped
            if _holds(item.change.real, item.change.after):
                os.rename(item.old, item.change.real)
            else:
                lost.append(item)
        except OSError:
            lost.append(item)
    return lost


def _clear(prepared: Sequence[_Prepared], saved: Sequence[str], lost: Sequence[_Prepared]) -> None:
    """Take away what is no longer needed; the old text of a file that could not be put back stays."""
    for item in prepared:
        _unlink(item.beside)
        if item not in lost:
            _unlink(item.old)
    for path in saved:
        _unlink(path)


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _flush(directory: str) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot flush a directory; the swap has happened all the same
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
