"""The hosts of a folder of hosts (snapshots of a fleet: `hosts/www1/etc/…`), to be read one after the other.

Hosts have nothing in common, so a run over them need not hold more than one. A host is the folder an `etc` lies in; where a folder was
named, that one or one below it.
"""

from collections.abc import Container, Iterator

from tlslint.engine.discover import Discovery, Job
from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct


class Host(Struct):
    """What is to be read of one."""

    jobs: list[Job]
    parts: list[Job]


def hosts(found: Discovery) -> Iterator[Discovery]:
    """Each host by itself, in order of path; all as one where something belongs to no host, or is a link out of its host."""
    known = _hosts(found)
    if not known:
        yield found
    elif len(known) == 1:
        yield found._replace(host=next(iter(known)))
    else:
        for folder in sorted(known, key="{}/".format):
            host = known.pop(folder)
            yield found._replace(files=found.files.afresh(), jobs=tuple(host.jobs), parts=tuple(host.parts), host=folder)


def _hosts(found: Discovery) -> dict[str, Host]:
    """By folder; empty where something belongs to none."""
    jobs = (*found.jobs, *found.parts)
    hosts = {folder: Host([], []) for job in jobs if (folder := _folder(job.path, found))}
    files = found.files.afresh()  # what it learns here is of all hosts, and is not to be kept
    for number, job in enumerate(jobs):
        folder = _above(job.path, hosts)
        if not folder or not _stays(job.path, folder, files):
            return {}
        host = hosts[folder]
        (host.jobs if number < len(found.jobs) else host.parts).append(job)
    return hosts


def _folder(path: str, found: Discovery) -> str:
    """The folder above the outermost `etc` on the way from the innermost folder that was named; "" where there is none."""
    above = (found.folder_above(path) or "").rstrip("/")
    before, etc, _ = path[len(above) :].partition("/etc/")
    return above + before if etc else ""


def _above(path: str, hosts: Container[str]) -> str:
    """The innermost host that has the file below it; "" where none has."""
    folder = path.rpartition("/")[0]
    while folder and folder not in hosts:
        folder = folder.rpartition("/")[0]
    return folder


def _stays(path: str, folder: str, files: Files) -> bool:
    """Does the file, links followed, lie in the folder?"""
    try:
        return files.real(path).startswith(f"{files.real(folder)}/")
    except FileProblem:
        return True  # whatever it is, no other host has it
