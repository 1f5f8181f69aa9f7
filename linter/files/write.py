"""Writing files: the only place in the package that does. Whole or not at all, and never over somebody else's change.

A new file is written beside the old one, flushed to the disk and renamed over it (rename(2): readers see the old bytes or the new ones,
nothing between). Its name begins with a dot and ends in six random characters, so that neither `*.conf` nor `*` of an Include takes it.
"""

import contextlib
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
    """Nothing was changed; the message is one sentence for people. `undone` False: some files could not be put back, and are named."""


class _Prepared(NamedTuple):
    change: Change
    status: os.stat_result
    fresh: str
    old: str | None


def write(changes: Sequence[Change], *, backup: bool = False) -> None:
    """Write all files or none. Raises `WriteRefusedError`.

    `backup`: the old bytes stay beside each file as `NAME.bak`. Killed in the middle, each file is whole, old or new; a left-over
    `.NAME.tlslint-…` is all that can remain.
    """
    prepared: list[_Prepared] = []
    done: list[_Prepared] = []
    saved: list[str] = []
    try:
        for change in changes:
            status = _checked(change)
            fresh = _beside(change, change.after, status)
            prepared.append(_Prepared(change, status, fresh, None))
            if len(changes) > 1:  # what undoing needs is on the disk before the first rename: a full disk cannot stop it
                prepared[-1] = prepared[-1]._replace(old=_beside(change, change.before, status))
        if backup:
            for item in prepared:
                saved.append(_saved(item))  # noqa: PERF401 (what was saved before a failure must be known)
        for item in prepared:
            _unchanged(item.change, item.status)
            os.rename(item.fresh, item.change.real)
            done.append(item)
    except OSError as error:
        lost = _undo(done)
        _clear(prepared, saved)
        where = f"{error.filename or 'a file'} could not be written ({error.strerror})"
        raise WriteRefusedError(_ended(where, lost)) from None
    except WriteRefusedError as error:
        lost = _undo(done)
        _clear(prepared, saved)
        raise WriteRefusedError(_ended(str(error), lost)) from None
    except BaseException:  # Ctrl-C
        _undo(done)
        _clear(prepared, saved)
        raise
    _clear(prepared, [])
    for directory in sorted({os.path.dirname(change.real) for change in changes}):
        _flush(directory)


def _ended(sentence: str, lost: list[str]) -> str:
    return f"{sentence}; nothing was changed" if not lost else f"{sentence}; these files keep their new text: {', '.join(lost)}"


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
    same = (now.st_ino, now.st_dev, now.st_mode, now.st_uid, now.st_gid) == (
        status.st_ino,
        status.st_dev,
        status.st_mode,
        status.st_uid,
        status.st_gid,
    )
    descriptor = os.open(change.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        same = same and stream.read(len(change.before) + 1) == change.before
    if not same:
        raise WriteRefusedError(f"{change.real} was changed by somebody else since it was read")


def _beside(change: Change, data: bytes, status: os.stat_result) -> str:
    """A file in the same directory with `data` and everything else as the old one has it. Leaves nothing behind when it fails."""
    directory, name = os.path.split(change.real)
    descriptor, path = tempfile.mkstemp(prefix=f".{name[:200]}.tlslint-", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if (status.st_uid, status.st_gid) != (os.fstat(descriptor).st_uid, os.fstat(descriptor).st_gid):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            for attribute in os.listxattr(change.real) if hasattr(os, "listxattr") else ():  # ACLs are among them (system.posix_acl_access)
                os.setxattr(descriptor, attribute, os.getxattr(change.real, attribute))
            os.fsync(descriptor)
    except BaseException:
        _unlink(path)
        raise
    return path


def _saved(item: _Prepared) -> str:
    path = f"{item.change.real}.bak"
    if os.path.lexists(path):
        raise WriteRefusedError(f"{path} is there already")
    os.rename(_beside(item.change, item.change.before, item.status), path)
    return path


def _undo(done: list[_Prepared]) -> list[str]:
    """Put old bytes back, last one first. Returns the files that could not be."""
    lost = []
    for item in reversed(done):
        try:
            os.rename(item.old or _beside(item.change, item.change.before, item.status), item.change.real)
        except OSError:
            lost.append(item.change.real)
    return lost


def _clear(prepared: list[_Prepared], saved: list[str]) -> None:
    for item in prepared:
        for path in (item.fresh, item.old):
            if path is not None:
                _unlink(path)
    for path in saved:
        _unlink(path)


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _flush(directory: str) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot flush a directory; the rename has happened all the same
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
