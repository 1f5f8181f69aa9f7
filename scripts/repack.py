"""Pack an sdist anew so that the same sources give the same bytes: names in order, one time, no owner.

    python scripts/repack.py dist/tlslint-0.1.0.tar.gz

The time is SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), 1980 where it is not set, as in a wheel.
"""

import gzip
import io
import os
import sys
import tarfile
from pathlib import Path

BEFORE_ZIP = 315532800
"""1 January 1980, the first moment a zip file (and so a wheel) can name."""


def repacked(data: bytes, moment: int) -> bytes:
    """The same files in the one order and with the one time."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=moment, compresslevel=9) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, moment
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(plain, old.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


def main(path: str) -> int:
    """Repack one file in place."""
    file = Path(path)
    file.write_bytes(repacked(file.read_bytes(), int(os.environ.get("SOURCE_DATE_EPOCH", BEFORE_ZIP))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
