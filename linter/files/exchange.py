"""Two names swapped in one step, which Python's `os` has no call for: renameat2(2) with RENAME_EXCHANGE.

A rename over a path destroys whatever lies there at that instant; a swap brings it out, to be looked at and put back. This is the one
module that may import ctypes, and only `tlslint.files.write` imports it, when files are written.
"""

import ctypes
import errno
import os

_AT_FDCWD = -100  # fcntl.h: paths without a descriptor
_RENAME_EXCHANGE = 2  # linux/fs.h
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
"""Said by a kernel before 3.15 and by file systems without it (NFS, older FUSE); renameat2(2)."""


def exchange(one: str, other: str) -> bool:
    """Swap what two paths of one file system name. False: this system cannot, and nothing happened. Raises `OSError`."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2  # glibc since 2.28
    except AttributeError:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), one, None, other)
