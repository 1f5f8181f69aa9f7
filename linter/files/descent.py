"""Reaching real paths from the jail's directories down, folder by folder, following no link on the way.

A path that was checked may be changed before it is opened: a folder swapped for a link leads elsewhere. So no path is opened as a whole;
each folder is opened within its parent's descriptor, with O_NOFOLLOW (openat(2)). What is opened is inside the jail, whoever races.
"""

import os
from collections.abc import Sequence

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO must not wait for its other end.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

FOLDER, REGULAR, LINK, OTHER = 0, 1, 2, 3

MOST = 128
"""Folders held open at a time; most files lie beside others."""


class Descent:
    """Opens, lists and looks at real paths below `tops`. All methods raise `OSError` or `ValueError` as the calls of `os` do."""

    def __init__(self, tops: Sequence[str]) -> None:
        self._tops = frozenset(tops)
        self._folders: dict[str, int] = {}

    def __del__(self) -> None:
        while self._folders:
            os.close(self._folders.popitem()[1])

    def open(self, real: str) -> int:
        """A descriptor of a file, device or whatever lies there; the caller looks what it is, and closes it."""
        if real in self._tops:
            return os.open(real, _FILE)
        above, _, name = real.rpartition("/")
        return os.open(name, _FILE, dir_fd=self._folder(above or "/"))

    def lstat(self, real: str) -> os.stat_result:
        """What lies there, without following a link."""
        if real in self._tops:
            return os.lstat(real)
        above, _, name = real.rpartition("/")
        return os.stat(name, dir_fd=self._folder(above or "/"), follow_symlinks=False)

    def entries(self, real: str) -> list[tuple[str, int]]:
        """Names in a folder with what each is: `FOLDER`, `REGULAR`, `LINK` or `OTHER`."""
        descriptor = os.open(".", _LISTED, dir_fd=self._folder(real))
        try:
            with os.scandir(descriptor) as found:
                return [(entry.name, _kind(entry)) for entry in found]
        finally:
            os.close(descriptor)

    def _folder(self, real: str) -> int:
        known = self._folders.get(real)
        if known is not None:
            return known
        if real in self._tops:
            descriptor = os.open(real, _FOLDER)
        elif real == "/":
            raise PermissionError(1, "lies outside the scanned roots")  # the caller has checked; here nothing gets past
        else:
            above, _, name = real.rpartition("/")
            descriptor = os.open(name, _FOLDER, dir_fd=self._folder(above or "/"))
        if len(self._folders) >= MOST:
            oldest = next(iter(self._folders))
            os.close(self._folders.pop(oldest))
        self._folders[real] = descriptor
        return descriptor


def _kind(entry: "os.DirEntry[str]") -> int:
    if entry.is_symlink():
        return LINK
    if entry.is_dir(follow_symlinks=False):
        return FOLDER
    return REGULAR if entry.is_file(follow_symlinks=False) else OTHER
