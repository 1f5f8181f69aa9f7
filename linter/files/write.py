"""Writing files: the only place in the package that does. Whole or not at all, and never over somebody else's change.

A new file is written beside the old one, flushed to the disk and swapped with it (renameat2(2), RENAME_EXCHANGE: readers see the old bytes
or the new ones, nothing between). What was swapped out is the old file itself, not a copy: it is read once more, and where somebody wrote
to it at the last moment it goes back to its place. The same swap undoes a file when a later one fails. A name of ours begins with a dot
and ends in random characters, so that no `*.conf` of an Include takes it.
"""

import contextlib
import ctypes
import errno
import os
import stat
import tempfile
from collections.abc import Sequence
from typing import NamedTuple


class Change(NamedTuple):
    """New bytes for the file at `real` (links resolved: a link stays, its target changes); `before` is what was read."""

    real: str
    before: bytes
    after: bytes


class WriteRefusedError(Exception):
    """Nothing was changed, or else the files that were are named; the message is one sentence for people."""


class _Prepared(NamedTuple):
    """`beside`: the new file until the swap, the old one after it."""

    change: Change
    status: os.stat_result
    beside: str


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
    named = ", ".join(f"{item.change.real} (its old text is in {item.beside})" for item in lost)
    return f"{sentence}; what was written before could not be put back: {named}"


def _checked(change: Change) -> os.stat_result:
    status = os.lstat(change.real)
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefusedError(f"{change.real} is not a regular file")
    if status.st_nlink > 1:
        raise WriteRefusedError(f"{change.real} has {status.st_nlink} hard links: renaming a new file over it would part them")
    if not status.st_mode & 0o222 or not os.access(change.real, os.W_OK):
        raise WriteRefusedError(f"{change.real} is read-only")
    _unchanged(change, status)
    return status


def _unchanged(change: Change, status: os.stat_result) -> None:
    now = os.lstat(change.real)
    fields = ("st_ino", "st_dev", "st_mode", "st_uid", "st_gid", "st_nlink")
    same = all(getattr(now, field) == getattr(status, field) for field in fields)
    if not same or not _holds(change.real, change.before):
        raise WriteRefusedError(f"{change.real} was changed by somebody else since it was read")


def _unchanged_at_last(item: _Prepared) -> None:
    if not _holds(item.beside, item.change.before):
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


_HERE = -100
"""AT_FDCWD (fcntl.h)."""
_EXCHANGE = 2
"""RENAME_EXCHANGE (linux/fs.h)."""
_CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def _swap(item: _Prepared) -> None:
    """The new file in its place, the old one where the new one was."""
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)  # glibc 2.28 and later
    if exchange is not None:
        if exchange(_HERE, os.fsencode(item.beside), _HERE, os.fsencode(item.change.real), _EXCHANGE) == 0:
            return
        number = ctypes.get_errno()
        if number not in _CANNOT_EXCHANGE:
            raise OSError(number, os.strerror(number), item.change.real)
    old = f"{item.beside}-old"  # this system or file system cannot exchange two names: a second name for the old file does the same
    os.link(item.change.real, old)
    os.rename(item.beside, item.change.real)
    os.rename(old, item.beside)


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
                os.rename(item.beside, item.change.real)
            else:
                lost.append(item)
        except OSError:
            lost.append(item)
    return lost


def _clear(prepared: Sequence[_Prepared], saved: Sequence[str], lost: Sequence[_Prepared]) -> None:
    """Take away what is no longer needed; the old text of a file that could not be put back stays."""
    for item in prepared:
        if item not in lost:
            _unlink(item.beside)
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
