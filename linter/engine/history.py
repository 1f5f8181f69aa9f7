"""How long a setting has been what it is: read from the objects of the git repository it lies in.

Only objects and references are read, by a library in this process: no git is started, no hook and no filter runs, nothing is written.
Needs the optional `dulwich` (extra `history`).
"""

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING

from tlslint.files import Files
from tlslint.model import HeaderLine, Instance

if TYPE_CHECKING:
    from dulwich.objects import Commit
    from dulwich.repo import Repo

MAX_COMMITS = 50_000
"""A bound of ours: further back nobody asks how long a value has stood."""


class NoHistoryError(ImportError):
    """The library that reads repositories is not installed; the message is one sentence for people."""


class History:
    """Looks values up in repositories; each repository is opened once. `now`: RFC 3339 in UTC."""

    def __init__(self, now: str) -> None:
        try:
            import dulwich.repo  # noqa: F401, PLC0415 (optional)
        except ImportError:
            raise NoHistoryError("--history needs a library that reads git repositories: pip install 'tlslint[history]'") from None
        self._now = int(datetime.fromisoformat(now).timestamp())
        self._repositories: dict[str, Repo | None] = {}

    def learn(self, instance: Instance, files: Files) -> Instance:
        """The same server, its header lines with the time for which they have stood."""
        endpoints = []
        for endpoint in instance.endpoints:
            if endpoint.http is not None and endpoint.http.headers:
                told = tuple(self._told(line, files) for line in endpoint.http.headers)
                endpoint = endpoint._replace(http=endpoint.http._replace(headers=told))  # noqa: PLW2901
            endpoints.append(endpoint)
        return instance._replace(endpoints=tuple(endpoints))

    def _told(self, line: HeaderLine, files: Files) -> HeaderLine:
        real = files.real_of(line.setting.file)
        if line.span is None or real is None:
            return line
        since = self._since(real, line.span.data)
        return line if since is None else line._replace(stood=max(self._now - since, 0))

    def _since(self, path: str, value: bytes) -> int | None:
        """Since when the file has held the value, along the first parents of HEAD (seconds since 1970); None: it lies in no repository."""
        repository = self._repository(os.path.dirname(path))
        if repository is None:
            return None
        from dulwich.objects import Commit  # noqa: PLC0415

        name = os.fsencode(os.path.relpath(path, os.path.realpath(repository.path)))
        since = self._now  # as long as no commit has it
        known: dict[bytes, bool] = {}
        try:
            commit = repository[repository.head()]
            for _ in range(MAX_COMMITS):
                if not isinstance(commit, Commit) or not self._holds(repository, commit, name, value, known):
                    break
                since = commit.commit_time
                commit = repository[commit.parents[0]]
        except (IndexError, KeyError):  # nothing committed yet; the first commit, or as far as a shallow clone goes
            pass
        return since

    def _holds(self, repository: "Repo", commit: "Commit", name: bytes, value: bytes, known: dict[bytes, bool]) -> bool:
        from dulwich.object_store import tree_lookup_path  # noqa: PLC0415

        try:
            _, blob = tree_lookup_path(repository.__getitem__, commit.tree, name)
        except (KeyError, NotADirectoryError, ValueError):
            return False
        if blob not in known:
            try:
                # The whole value: `max-age=300` is no part of `max-age=3000`, nor of `max-age=300; preload`.
                found = re.search(rb"(?<![\w=;-])" + re.escape(value) + rb"(?![\w=;-])", repository[blob].as_raw_string())
                known[blob] = found is not None
            except KeyError:
                return False
        return known[blob]

    def _repository(self, directory: str) -> "Repo | None":
        """The repository whose work tree holds a directory."""
        if directory not in self._repositories:
            from dulwich.errors import NotGitRepository  # noqa: PLC0415
            from dulwich.repo import Repo  # noqa: PLC0415

            found: Repo | None
            if os.path.lexists(os.path.join(directory, ".git")):
                try:
                    found = Repo(directory)
                except (NotGitRepository, OSError, ValueError, KeyError):
                    found = None
            else:
                parent = os.path.dirname(directory)
                found = self._repository(parent) if parent != directory else None
            self._repositories[directory] = found
        return self._repositories[directory]
