"""A part of all servers, for several machines or processes at once: parts are disjoint, and together they are the whole.

What lies below one entry of a folder that was named stays together: a host of a folder of hosts, a service's folder in /etc. A hash of
that entry's name says which part it belongs to, so a host that comes or goes moves no other one, and every machine comes to the same parts.
A file that belongs to a server and is no root file goes where the nearest root file of its format goes, for that server may read it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from hashlib import sha256

from tlslint.engine.discover import Discovery, Job
from tlslint.model.struct import Struct


class Shard(Struct):
    """Part `number` (from 1) of `parts`."""

    number: int
    parts: int

    def takes(self, unit: str) -> bool:
        """Does what is called so belong to this part?"""
        return int.from_bytes(sha256(unit.encode("utf-8", "surrogateescape")).digest(), "big") % self.parts == self.number - 1


def sharded(found: Discovery, shard: Shard) -> Discovery:
    """What of it belongs to the part; files are read as before, wherever they lie."""
    roots: dict[str, list[tuple[str, ...]]] = {}
    for job in found.jobs:
        roots.setdefault(job.format, []).append(tuple(job.path.split("/")))
    for paths in roots.values():
        paths.sort()

    def unit_of(job: Job) -> str:
        return _unit(job.path if job.complete else _nearest(job.path, roots.get(job.format, [])), found)

    return found._replace(
        jobs=tuple(job for job in found.jobs if shard.takes(unit_of(job))),
        parts=tuple(job for job in found.parts if shard.takes(unit_of(job))),
    )


def _unit(path: str, found: Discovery) -> str:
    """The entry of the innermost folder that was named, with that folder's name where there are several; of a file, the folder it is in."""
    above = found.folder_above(path)
    if above is None:
        return found.files.shown(found.files.on_disk(path.rpartition("/")[0] or "/"))
    entry = path[len(above.rstrip("/")) + 1 :].partition("/")[0]
    return entry if len(found.folders) == 1 else f"{above.rpartition('/')[2]}/{entry}"


def _nearest(path: str, roots: list[tuple[str, ...]]) -> str:
    """The root file that has most of the way in common (it stands beside the path in order); the path itself where there is none."""
    names = tuple(path.split("/"))
    at = bisect_left(roots, names)
    near = roots[max(0, at - 1) : at + 1]
    nearest = max(near, key=lambda root: _common(root, names), default=names)
    return "/".join(nearest)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((place for place, names in enumerate(zip(one, other, strict=False)) if names[0] != names[1]), min(len(one), len(other)))
