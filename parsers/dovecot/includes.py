"""Which files an `!include` names, and whether all that it could name was seen.

Source: settings_include() in src/config/config-parser.c, glob(3) with GLOB_BRACE.
"""

import fnmatch
import os
import re

from tlslint.files import FileProblem, Files


def expanded(pattern: str, files: Files) -> tuple[list[str], bool]:
    """glob() with GLOB_BRACE: paths in the daemon's order, and whether all folders in question could be seen."""
    found: list[str] = []
    seen = True
    for plain in _braces(pattern):
        more, visible = _glob(os.path.normpath(plain), files)
        found += more
        seen = seen and visible
    return found, seen


def _braces(pattern: str) -> list[str]:
    """Alternatives in braces, in order, the leftmost varying slowest; at most 256."""
    match = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    made: list[str] = []
    for choice in match.group(1).split(","):
        made += _braces(pattern[: match.start()] + choice + pattern[match.end() :])
        if len(made) > 256:
            break
    return made[:256]


def _glob(pattern: str, files: Files) -> tuple[list[str], bool]:
    paths, seen = ["/"], True
    parts = [part for part in pattern.split("/") if part]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        grown: list[str] = []
        for path in paths:
            base = path.rstrip("/") + "/"
            if not re.search(r"[*?\[]", part):
                kind = files.kind(base + part)
                if kind not in ("missing", "outside") or (not last and kind == "outside"):
                    grown.append(base + part)
                elif kind == "outside" or not _is_visible(base + part, files):
                    seen = False
                continue
            try:
                names = files.names(path)
            except FileProblem as problem:
                seen = seen and problem.kind == "missing" and _is_visible(path, files)
                continue
            wanted = re.compile(fnmatch.translate(part.replace("[^", "[!")))
            grown += [base + name for name in names if wanted.fullmatch(name) and (not name.startswith(".") or part.startswith("."))]
        paths = grown
    return paths, seen


def _is_visible(path: str, files: Files) -> bool:
    """Would a file of this name have been seen? Its folder, or the top of the host's tree, lies in what was scanned."""
    return files.kind(os.path.dirname(path)) == "directory" or is_missing(path, files)


def is_missing(path: str, files: Files) -> bool:
    """Is the file surely not there? Only a tree that shows a whole host can tell: a repository's copy leaves certificates out."""
    if files.kind(path) != "missing":
        return False
    return files.has_host_at(path) or (files.kind("/etc") == "directory" and files.kind("/usr") == "directory")
