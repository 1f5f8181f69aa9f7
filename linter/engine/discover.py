"""What is here? Paths in, configured servers to evaluate out."""

import os
from collections.abc import Callable, Iterator, Sequence

from tlslint import parsers
from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct
from tlslint.parsers.format import Claim, Layout


class NothingFoundError(ValueError):
    """Nothing to look at; the message is one sentence for people."""


class Job(Struct):
    """One root file (or fragment) to evaluate. `given`: it was named on the command line itself."""

    format: str
    path: str
    complete: bool
    given: bool


class Discovery(Struct):
    """What was found. `parts`: files that belong to a format and must be reached from a root, or stand alone.

    `limits`: real paths of files named on the command line whose root is evaluated for their sake only; empty: report everything
    ("" stands for files that were named and are excluded). `scanned`: the folder that was named, as people see it; "" for the working
    directory, several folders, or files. `folders`: all folders that were named. `host`: the logical path of the folder that is `/` to
    what was found.
    """

    files: Files
    jobs: tuple[Job, ...]
    parts: tuple[Job, ...]
    limits: frozenset[str]
    scanned: str = ""
    folders: tuple[str, ...] = ()
    host: str = "/"

    def folder_above(self, path: str) -> str | None:
        """The innermost folder that was named and holds this file; None: the file itself was named."""
        return max((folder for folder in self.folders if path.startswith(f"{folder.rstrip('/')}/")), key=len, default=None)


def layouts() -> Iterator[tuple[str, Layout]]:
    """Every format's layout, in order; each is imported when its turn comes."""
    for name in parsers.formats():
        yield name, layout_of(name)


def layout_of(format_: str) -> Layout:
    """Where a format's files live."""
    layout: Layout = parsers.room(format_, "layout")
    return layout


def discover(
    paths: Sequence[str],
    *,
    root: str | None = None,
    base: str = ".",
    all_files: bool = False,
    excluded: Callable[[str], bool] = lambda _: False,
    standard_input: tuple[str, bytes] | None = None,
    watch: Callable[[str], None] | None = None,
) -> Discovery:
    """Find configured servers below `paths`. Raises `NothingFoundError` for a path that is not there or is nothing of ours.

    `root`: a directory treated as `/`; only it is read. `standard_input`: a name and the text it stands for. `excluded` is asked for
    places on this disk, `watch` is told of every file that is met or read.
    """
    absolute = [_named(path) for path in paths]
    for path, shown in zip(absolute, paths, strict=True):
        if not os.path.lexists(path) and (standard_input is None or path != _named(standard_input[0])):
            raise NothingFoundError(f"{shown} does not exist")
    files = _door(absolute, root, base)
    if watch is not None:
        files.watch = watch
    if standard_input is not None:
        files.overlay(files.logical(_named(standard_input[0])), standard_input[1])
    jobs: dict[str, Job] = {}
    parts: dict[str, Job] = {}
    limits: set[str] = set()
    whole = False
    for path in absolute:
        logical = files.logical(path)
        if os.path.isdir(path):
            whole = True
            formats = list(layouts())
            below = len(logical.rstrip("/").rpartition("/")[0])  # names above the folder that was named say nothing of what is in it
            for found in files.walk(logical):
                if excluded(files.on_disk(found)):
                    continue
                _sort_in(found, below, formats, files, jobs, parts, all_files=all_files)
        elif excluded(path):
            limits.add("")
        else:
            claimed = _given(logical, files, jobs, parts)
            if claimed is None:
                continue
            limits.add(claimed)
    shown = files.shown(os.path.realpath(absolute[0])) if whole and len(absolute) == 1 else "."
    return Discovery(
        files,
        tuple(jobs.values()),
        tuple(parts.values()),
        frozenset() if whole else frozenset(limits),
        "" if shown == "." else shown,
        tuple(files.logical(path) for path in absolute if os.path.isdir(path)),
    )


def _named(path: str) -> str:
    """The absolute path somebody named: links on the way are followed as the shell would, a file keeps the name it was called by."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    directory, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(directory), name)


def _door(paths: Sequence[str], root: str | None, base: str) -> Files:
    if root is not None:
        if not os.path.isdir(root):
            raise NothingFoundError(f"{root} is not a directory, so it cannot be treated as /")
        real = os.path.realpath(root)
        return Files((real,), real, (("/", real),))
    jail = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    # A file is judged as part of its server: what lies between it and its root file may be read too.
    # Looking for that root file opens nothing; it stays below the working directory when the file does.
    here = os.path.realpath(base)
    for path in paths:
        if os.path.isdir(path):
            continue
        lookout = Files((here if os.path.realpath(path).startswith(here + "/") else "/",), base)
        claiming = _claiming(path)
        found = claiming[1].root_of(path, lookout) if claiming is not None else None
        if found is not None:
            jail.append(os.path.commonpath([os.path.dirname(found), os.path.dirname(path)]))
    return Files(tuple(dict.fromkeys(jail)), base)


def _sort_in(
    path: str,
    below: int,
    formats: list[tuple[str, Layout]],
    files: Files,
    jobs: dict[str, Job],
    parts: dict[str, Job],
    *,
    all_files: bool,
) -> None:
    """A file that was met. `below`: where in its path the names begin that were met as well; those before it were given."""
    for name, layout in formats:
        claim = layout.claim(path)
        if claim is None or (layout.claim(path[below:]) is None and not _reads_like(path, layout, files)):
            continue
        if claim is Claim.ROOT:
            jobs.setdefault(path, Job(name, path, True, given=False))
        elif claim is Claim.PART or all_files or (claim is Claim.OFFERED and files.kind(_enabled(path)) != "directory"):
            parts.setdefault(path, Job(name, path, False, given=False))
        return


def _reads_like(path: str, layout: Layout, files: Files) -> bool:
    try:
        return layout.looks_like(files.read(path).data)
    except FileProblem:
        return True  # it is told there why it cannot be read


def _enabled(path: str) -> str:
    """`…/sites-enabled` for `…/sites-available/www.conf`: with it in sight, only what it links to counts."""
    before, _, _ = path.rpartition("-available/")
    return f"{before}-enabled"


def _claiming(path: str) -> tuple[str, Layout] | None:
    """The format that takes a file for its own by name."""
    return next(((name, layout) for name, layout in layouts() if layout.claim(path) is not None), None)


def _given(path: str, files: Files, jobs: dict[str, Job], parts: dict[str, Job]) -> str | None:
    """A file named on the command line: its root is evaluated, or itself as a fragment. Returns its real path; None: nothing of ours."""
    chosen = _claiming(path)
    try:
        if chosen is None:
            data = files.read(path).data
            chosen = next(((name, layout) for name, layout in layouts() if layout.looks_like(data)), None)
        if chosen is None:
            return None
        name, layout = chosen
        root = layout.root_of(path, files)
        if root is not None and files.kind(root) == "file":
            jobs.setdefault(root, Job(name, root, True, root == path))
        if root != path:
            parts.setdefault(path, Job(name, path, False, True))
        return files.real(path)
    except FileProblem as problem:
        raise NothingFoundError(
            f"{path} {problem.reason}" if problem.kind != "unreadable" else f"{path} cannot be read: {problem.reason}"
        ) from None
