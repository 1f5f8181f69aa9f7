"""Writing files: the only place in the package that does. Whole or not at all, and never over somebody else's change.

A new file is written beside the old one, flushed to the disk and swapped with it in one step (readers see the old bytes or the new ones,
nothing between). What came out is looked at: where it is not the file that was read, or somebody wrote to it at the last moment, it goes
back to its place. The same undoes a file when a later one fails. Where a system cannot swap, a second name keeps the old file and the new
one is renamed over it. A name of ours begins with a dot, so that no `*` of an Include takes it.
"""

import contextlib
import errno
import fcntl
import os
import signal
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


class _Prepared:
    """`beside`: the new file until it takes its place, the old one from then on; `fresh`: the new one's inode.

    `at_once`: were the two swapped in one step?
    """

    def __init__(self, change: Change, status: os.stat_result, beside: str) -> None:
        self.change, self.status, self.beside = change, status, beside
        self.fresh = os.lstat(beside).st_ino
        self.at_once = False

    @property
    def linked(self) -> str:
        """A second name on the way of a swap in three steps."""
        return f"{self.beside}-old"

    @property
    def old(self) -> str:
        """Where the old file is once the new one is in its place."""
        return self.linked if os.path.lexists(self.linked) else self.beside


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
        for directory in sorted({os.path.dirname(change.real) for change in changes}):
            _flush(directory)
        for item in prepared:  # whoever had a file open before the swap may have written to it since
            at = item.change.real
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


_IDENTITY = ("st_ino", "st_dev", "st_mode", "st_uid", "st_gid")


def _unchanged(change: Change, status: os.stat_result) -> None:
    if not _is_same(change.real, status, (*_IDENTITY, "st_nlink")) or not _holds(change.real, change.before):
        raise WriteRefusedError(f"{change.real} was changed by somebody else since it was read")


def _unchanged_at_last(item: _Prepared) -> None:
    """Is what came out of the swap the file that was read, as it was read, and will it stay so?"""
    if _is_being_written(item, item.old):
        raise WriteRefusedError(f"{item.change.real} is open for writing in another program")
    if not _is_same(item.old, item.status, _IDENTITY) or not _holds(item.old, item.change.before):
        raise WriteRefusedError(f"{item.change.real} was changed by somebody else at this very moment")


def _is_same(path: str, status: os.stat_result, fields: Sequence[str]) -> bool:
    now = os.lstat(path)
    return all(getattr(now, field) == getattr(status, field) for field in fields)


def _is_being_written(item: _Prepared, path: str) -> bool:
    """Has somebody the file open for writing? A read lease is refused then (fcntl(2), F_SETLEASE).

    False as well where nobody can tell: the file is another user's, or its file system knows no swap, as those of a network: there a
    lease may be refused for other reasons (NFS without a delegation says EAGAIN too).
    """
    if not item.at_once or not hasattr(fcntl, "F_SETLEASE"):
        return False
    descriptor = os.open(path, _READ)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # whoever opens it waits; we are told, by a signal that does nothing
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False


_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _holds(path: str, data: bytes) -> bool:
    with os.fdopen(os.open(path, _READ), "rb") as stream:
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
    """The file in its place and the one beside it change names."""
    real, beside = item.change.real, item.beside
    item.at_once = _swapped(beside, real)
    if item.at_once:
        return
    os.link(real, item.linked)
    try:
        _still_there(item)
        os.rename(beside, real)
    except BaseException:
        _unlink(item.linked)
        raise
    os.rename(item.linked, beside)


def _still_there(item: _Prepared) -> None:
    kept = os.lstat(item.linked).st_ino
    if os.lstat(item.change.real).st_ino != kept:
        raise WriteRefusedError(f"{item.change.real} was changed by somebody else since it was read")


def _swapped(one: str, other: str) -> bool:
    """In one step. False where the system cannot; nothing has happened then."""
    try:
        from tlslint.files.exchange import exchange  # noqa: PLC0415 (ctypes, only when files are written)
    except (ImportError, MemoryError):  # Python without libffi, or a system that lets it map no code (SELinux execmem)
        return False
    return exchange(one, other)


def _save(item: _Prepared, path: str) -> None:
    fresh = _beside(item.change.real, item.change.before, item.status)
    try:
        os.link(fresh, path)  # never over one that is there
    except FileExistsError:
        raise WriteRefusedError(f"{path} is there already") from None
    finally:
        _unlink(fresh)


def _undo(done: Sequence[_Prepared]) -> list[_Prepared]:
    """Old files back in their places, the last one first. Returns those that could not be, or whose new text somebody has changed since."""
    lost = []
    for item in reversed(done):
        try:
            if _is_swapped(item) and not _put_back(item):
                lost.append(item)
        except (OSError, WriteRefusedError):
            lost.append(item)
    return lost


def _is_swapped(item: _Prepared) -> bool:
    return not os.path.lexists(item.beside) or os.lstat(item.beside).st_ino != item.fresh


def _put_back(item: _Prepared) -> bool:
    """False: the new file was changed by somebody, and stays."""
    if not _is_ours(item, item.change.real):
        return False
    if os.path.lexists(item.linked):
        os.rename(item.linked, item.beside)
    _swap(item)
    if _is_ours(item, item.beside):
        return True
    _swap(item)  # somebody was faster: what came out goes back
    return False


def _is_ours(item: _Prepared, path: str) -> bool:
    return os.lstat(path).st_ino == item.fresh and not _is_being_written(item, path) and _holds(path, item.change.after)


def _clear(prepared: Sequence[_Prepared], saved: Sequence[str], lost: Sequence[_Prepared]) -> None:
    """Take away what is no longer needed; the old text of a file that could not be put back stays."""
    for item in prepared:
        if item not in lost:
            _unlink(item.beside)
            _unlink(item.linked)
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
