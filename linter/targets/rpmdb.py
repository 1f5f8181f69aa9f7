"""The rpm database without rpm: names, versions and needs of installed packages.

Three formats are in use, and all hold the same package headers: SQLite (`rpmdb.sqlite`, Fedora 33, RHEL 9), ndb (`Packages.db`, SUSE) and
Berkeley DB (`Packages`, up to RHEL 8). Read for the few tags that are asked for; whatever does not look right is passed over.
Sources: rpm's lib/header.c (regionless form as the database has it: two counts, 16-byte index entries, data), lib/rpmtag.h,
lib/backend/{sqlite,ndb/rpmpkg,bdb_ro}.c of rpm 4.18 and 4.20.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from tlslint.model.struct import Struct

NAME, VERSION, REQUIRES = 1000, 1001, 1049
_STRING, _STRING_ARRAY, _I18N = 6, 8, 9
MOST_BYTES = 64 * 1024 * 1024
"""No package header comes near it; larger counts are nonsense."""


class Header(Struct):
    """One installed package."""

    name: str
    version: str
    requires: tuple[str, ...]


def sqlite(data: bytes) -> Iterator[Header]:
    """Packages of an rpmdb.sqlite."""
    for (blob,) in query(data, "SELECT blob FROM Packages"):
        found = header(blob) if isinstance(blob, bytes) else None
        if found is not None:
            yield found


def query(data: bytes, statement: str) -> list[tuple[Any, ...]]:
    """Rows of an SQLite database given as bytes: SQLite opens no file. Nothing for what is no such database.

    Bytes 18 and 19 say that there is a write-ahead log (sqlite.org/fileformat2.html section 1.3), which memory has none of; what a log
    beside the file holds is not seen, rpm empties it when it is done.
    """
    import sqlite3  # noqa: PLC0415 (only where there is such a database)

    try:
        connection = sqlite3.connect(":memory:")
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        return connection.execute(statement).fetchall()
    except (sqlite3.Error, ValueError, MemoryError):
        return []


def ndb(data: bytes) -> Iterator[Header]:
    """Packages of a Packages.db: a page table of 16-byte slots, blobs in 16-byte blocks behind a 16-byte head."""
    if data[:4] != b"RpmP" or len(data) < 32:
        return
    (pages,) = struct.unpack_from("<I", data, 12)
    for offset in range(32, min(pages * 4096, len(data) - 15), 16):
        magic, package, block, _ = struct.unpack_from("<4sIII", data, offset)
        if magic != b"Slot" or not package:
            continue
        at = block * 16
        if data[at : at + 4] != b"BlbS" or at + 16 > len(data):
            continue
        (size,) = struct.unpack_from("<I", data, at + 12)
        found = header(data[at + 16 : at + 16 + size])
        if found is not None:
            yield found


_HASH_MAGIC, _HASH_PAGE, _HASH_UNSORTED, _OVERFLOW_PAGE, _OFF_PAGE = 0x00061561, 13, 2, 7, 3


def berkeley(data: bytes) -> Iterator[Header]:
    """Packages of a Berkeley DB hash: every second item of a hash page is a value, large ones lie in chains of overflow pages."""
    order = next((order for order in "<>" if data[12:16] == struct.pack(order + "I", _HASH_MAGIC)), None)
    if order is None or len(data) < 512:
        return
    (size,) = struct.unpack_from(order + "I", data, 20)
    if size < 512 or size > 65536:
        return
    for start in range(size, len(data) - size + 1, size):
        if data[start + 25] not in (_HASH_PAGE, _HASH_UNSORTED):
            continue
        (entries,) = struct.unpack_from(order + "H", data, start + 20)
        for index in range(1, min(entries, (size - 26) // 2), 2):
            (item,) = struct.unpack_from(order + "H", data, start + 26 + 2 * index)
            if item + 12 > size or data[start + item] != _OFF_PAGE:
                continue
            page, length = struct.unpack_from(order + "II", data, start + item + 4)
            found = header(_chained(data, order, size, page, length))
            if found is not None:
                yield found


def _chained(data: bytes, order: str, size: int, page: int, length: int) -> bytes:
    parts: list[bytes] = []
    seen: set[int] = set()
    while page and page not in seen and (page + 1) * size <= len(data) and length <= MOST_BYTES:
        seen.add(page)
        start = page * size
        if data[start + 25] != _OVERFLOW_PAGE:
            break
        (following,) = struct.unpack_from(order + "I", data, start + 16)
        (used,) = struct.unpack_from(order + "H", data, start + 22)
        parts.append(data[start + 26 : start + 26 + (used if not following else size - 26)])
        page = following
    return b"".join(parts)[:length]


def header(blob: bytes) -> Header | None:
    """The asked-for tags of a package header; None where it is none."""
    if len(blob) < 8:
        return None
    entries, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * entries
    if entries > 65536 or size > MOST_BYTES or start + size > len(blob):
        return None
    texts: dict[int, tuple[str, ...]] = {}
    for number in range(entries):
        tag, kind, offset, count = struct.unpack_from(">IIiI", blob, 8 + 16 * number)
        if tag in (NAME, VERSION, REQUIRES) and kind in (_STRING, _STRING_ARRAY, _I18N) and 0 <= offset < size and count <= size:
            texts[tag] = _texts(blob, start + offset, 1 if kind == _STRING else count)
    if NAME not in texts or VERSION not in texts:
        return None
    return Header(texts[NAME][0], texts[VERSION][0], texts.get(REQUIRES, ()))


def _texts(blob: bytes, at: int, count: int) -> tuple[str, ...]:
    found = []
    for _ in range(count):
        end = blob.find(b"\0", at)
        if end < 0:
            break
        found.append(blob[at:end].decode("utf-8", "replace"))
        at = end + 1
    return tuple(found) or ("",)


PLACES: tuple[tuple[str, Callable[[bytes], Iterator[Header]]], ...] = (
    ("/usr/lib/sysimage/rpm/rpmdb.sqlite", sqlite),
    ("/var/lib/rpm/rpmdb.sqlite", sqlite),
    ("/usr/lib/sysimage/rpm/Packages.db", ndb),
    ("/var/lib/rpm/Packages.db", ndb),
    ("/usr/lib/sysimage/rpm/Packages", berkeley),
    ("/var/lib/rpm/Packages", berkeley),
)
"""Where the database lies, newest place first."""
