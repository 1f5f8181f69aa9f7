"""Which files `Include` and `IncludeOptional` name, and what lies beside them and is passed over.

Source: server/config.c (ap_process_fnmatch_configs, ap_process_resource_config) of httpd 2.4.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tlslint.files import FileProblem
from tlslint.model import Problem, Severity, SourceFile
from tlslint.parsers.apache import layout
from tlslint.parsers.apache.paths import fnmatch, is_wild, split_at_wildcard
from tlslint.parsers.apache.state import State, Stop
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node, Section
from tlslint.parsers.carried import readable_path
from tlslint.parsers.format import Claim

MAX_DEPTH = 128
"""AP_MAX_INCLUDE_DEPTH of server/core.c."""

MAX_FILES = 20_000
"""A bound of ours: include trees that fan out beyond any real server stop here, with a finding."""

_LINK_AS_TEXT = rb"(?:\.\./)+[\w.+-]+(?:/[\w.+-]+)*"


class Includes:
    """The files that lines name, one line after the other."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._opened = 0
        self._picked: dict[str, tuple[Word, list[Callable[[str], bool]]]] = {}
        """Folders of which only names of a pattern are read: where the last one says so, and the patterns."""

    def matches(self, node: Node, where: Section, *, optional: bool, condition: str) -> Iterator[tuple[str, bool, str]]:
        """The files an argument stands for, in httpd's order: byte-wise by component, directories recursively (core.c, util.c).

        With each: did a wildcard or a folder find it, and why it may not be read at all ("": it is).
        """
        word = node.words[0]
        path = self._state.path(word.text)
        if not is_wild(path):
            kind = self._state.files.kind(path)
            offered = self._offered(path.rstrip("/"), node, where) if kind == "missing" else ""
            if kind == "directory" or offered:
                for name in self._files_below(offered or path, 0, node, where):
                    yield name, True, self._doubt(name) if offered else ""
            else:
                yield path, False, ""
            return
        base, pattern = split_at_wildcard(path)
        found = False
        if self._state.files.kind(base) == "outside":
            self._outside(path, node, where, modules=True)
            return
        told = len(self._state.problems)
        offered = self._offered(base, node, where)
        if optional and not offered and not self._state.is_host and self._state.files.kind(base) == "missing":
            self._state.hole(node, where, f"what {readable_path(base)} holds is not known")
        for name in self._glob(offered or base, pattern.split("/"), node, where, optional=optional):
            found = True
            yield name, True, self._doubt(name) if offered else ""
        if not found and not optional and len(self._state.problems) == told:
            self._missing(path, f"no file matches {readable_path(path)}", "matches nothing", node, where, condition)

    def opened(self, path: str, node: Node, where: Section, condition: str, *, optional: bool, wild: bool) -> SourceFile | None:
        """One of the files that a line names; None where it is not to be had, which is told."""
        self._opened += 1
        if self._opened > MAX_FILES:
            raise Stop(Problem("unreadable", f"more than {MAX_FILES} files are included; the rest is not read", node.span))
        word = node.words[0]
        try:
            return self._linked(path, self._state.files.read(path))
        except FileProblem as problem:
            if problem.kind == "missing":
                if not optional:
                    self._missing(path, f"{readable_path(path)} is included and does not exist", "not there", node, where, condition)
            elif problem.kind == "outside-root":
                self._outside(path, node, where, modules=not wild)
            else:
                message = (
                    f"{readable_path(path)} cannot be read: it {problem.reason}" if " " in problem.reason else f"{path}: {problem.reason}"
                )
                self._state.problems.append(Problem("unreadable", message, word.span, about=self._state.files.on_disk(path)))
                self._state.hole(node, where, "an include that cannot be read", modules=not wild)
            return None

    def _outside(self, path: str, node: Node, where: Section, *, modules: bool) -> None:
        state = self._state
        message = f"{readable_path(path)} lies outside the scanned roots and was not read: what it sets is not known"
        place = state.files.on_disk(path)
        state.problems.append(Problem("outside-root", message, node.words[0].span, severity=state.severity_outside, about=place))
        state.hole(node, where, "an include outside the scanned roots", modules=modules)

    def _linked(self, path: str, source: SourceFile) -> SourceFile:
        """A link that was checked out as text (git's core.symlinks = false): the file it names. Raises `FileProblem`."""
        if self._state.is_host or len(source.data) > 200 or not re.fullmatch(_LINK_AS_TEXT, source.data):
            return source
        return self._state.files.read(f"{path.rpartition('/')[0]}/{source.data.decode('utf-8', 'surrogateescape')}")

    def _missing(self, path: str, what: str, label: str, node: Node, where: Section, condition: str) -> None:
        """What a line includes is not there: httpd stops, or it was left out of a copy."""
        problem = Problem("include-missing", what, node.words[0].span, label, about=self._state.files.on_disk(path))
        if self._state.complete and self._state.is_host:
            self._state.refuse(problem._replace(message=f"{what}, so httpd does not start"), condition)
        else:
            self._state.hole(node, where, "an include that was not found")
            left_out = f"{what} in this copy: what it sets is not known"
            self._state.problems.append(problem._replace(message=left_out, severity=Severity.INFO))

    def _offered(self, base: str, node: Node, where: Section) -> str:
        """`sites-available` for a `sites-enabled` that a copy lacks: what the host reads is among that. "" in any other case.

        git keeps no empty folders and few people put links into it: the copy says nothing of what is enabled.
        """
        if self._state.is_host or not base.endswith("-enabled") or self._state.files.kind(base) != "missing":
            return ""
        available = f"{base.removesuffix('-enabled')}-available"
        if self._state.files.kind(available) != "directory":
            return ""
        self._state.hole(node, where, f"what {readable_path(base)} holds is not known")
        return available

    def _doubt(self, name: str) -> str:
        return f"whether {readable_path(name.rpartition('/')[2])} is enabled is not known"

    def _names(self, directory: str, node: Node, where: Section) -> list[str]:
        """What a folder holds; a folder nobody may list may hold anything."""
        try:
            return self._state.files.names(directory)
        except FileProblem as problem:
            if problem.kind == "unreadable":
                message = f"{readable_path(directory)} cannot be listed: {problem.reason}"
                self._state.problems.append(Problem("unreadable", message, node.words[0].span, about=self._state.files.on_disk(directory)))
                self._state.hole(node, where, "a folder that cannot be listed")
            return []

    def _glob(self, base: str, parts: list[str], node: Node, where: Section, *, optional: bool) -> Iterator[str]:
        pattern = fnmatch(parts[0])
        for name in self._names(base, node, where):
            if not pattern(name):
                continue
            path = f"{base.rstrip('/')}/{name}"
            kind = self._state.files.kind(path)
            if len(parts) > 1:
                if kind == "directory":
                    yield from self._glob(path, parts[1:], node, where, optional=optional)
            elif kind == "directory":
                yield from self._files_below(path, 0, node, where)
            elif kind != "missing" or not optional:
                yield path
        if len(parts) == 1 and self._state.files.kind(base) == "directory":
            _, patterns = self._picked.get(base, (None, []))
            self._picked[base] = (node.words[0], [*patterns, pattern])

    def passed_over(self, sources: Iterable[SourceFile]) -> Iterator[Problem]:
        """Configuration in a folder of which only other names are read: Debian's `sites-enabled/www` since httpd 2.4. Once per folder."""
        read = {id(source) for source in sources}
        for folder, (word, patterns) in self._picked.items():
            unread = [path for path in self._others(folder, patterns) if self._is_unread(path, read)]
            if unread:
                others = f" (and {len(unread) - 1} more beside it)" if len(unread) > 1 else ""
                message = f"{readable_path(unread[0])} is not read: only names like {word.spoken.rpartition('/')[2]} are{others}"
                yield Problem("file-not-read", message, word.span, "only these names")

    def _others(self, folder: str, patterns: list[Callable[[str], bool]]) -> list[str]:
        """What else lies in a folder under a name that somebody meant to be read."""
        try:
            names = self._state.files.names(folder)
        except FileProblem:  # told when it was asked for the first time
            return []
        paths = (f"{folder.rstrip('/')}/{name}" for name in names if name[0] != "." and not any(fits(name) for fits in patterns))
        return [path for path in paths if layout.claim(path) is Claim.PART]

    def _is_unread(self, path: str, read: set[int]) -> bool:
        try:
            source = self._state.files.read(path) if self._state.files.kind(path) == "file" else None
        except FileProblem:
            return False
        return source is not None and id(source) not in read and layout.looks_like(source.data)

    def _files_below(self, directory: str, depth: int, node: Node, where: Section) -> Iterator[str]:
        if depth > MAX_DEPTH:
            return
        for name in self._names(directory, node, where):
            path = f"{directory.rstrip('/')}/{name}"
            if self._state.files.kind(path) == "directory":
                yield from self._files_below(path, depth + 1, node, where)
            else:
                yield path
