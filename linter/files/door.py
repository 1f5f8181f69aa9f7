"""Reading files by the names a daemon uses, never outside the jail.

Two kinds of path: a *logical* path is absolute and as the daemon would say it (`/etc/apache2/ports.conf`); a *real* path is where that
lies on this disk. Mounts map one to the other: `--root DIR` mounts DIR at `/`; a layout may mount the directory of a root file at its
usual place, so that a repository's `web/apache2.conf` finds what it includes as `/etc/apache2/...`.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping

from tlslint.files.descent import FOLDER, OTHER, REGULAR, Descent
from tlslint.model.certificate import KeyFile
from tlslint.model.source import SourceFile, Span
from tlslint.model.struct import Struct

MAX_FILE_BYTES = 128 * 1024 * 1024
"""Larger files are refused: no server configuration comes near it, and memory stays bounded."""

MAX_LINKS = 40
"""Symbolic links followed for one path, as Linux does (path_resolution(7))."""

_NEVER_WALKED = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
"""Version control and environments: no server reads its configuration from there."""

_KERNEL_BELOW = ("/proc/", "/sys/", "/dev/")
"""Real paths no configuration file lies at: what is there are processes and devices (`/proc/self/environ`)."""

_KERNEL = frozenset({"/proc", "/sys", "/dev"})
"""Logical paths of the kernel's file systems: they are no files, and there are very many."""


_OF_A_HOST = frozenset({"/etc", "/opt", "/run", "/srv", "/usr", "/var"})
"""Folders of hier(7) with configuration or what it names."""


def _nobody(_: str) -> None:
    """Where nobody watches."""


class FileProblem(Exception):  # noqa: N818 (a fact about a file, not a fault of the program)
    """A file that cannot be had. `kind`: missing, outside-root, unreadable. `reason` is for people and completes a sentence."""

    def __init__(self, path: str, kind: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.kind = kind
        self.reason = reason


class Status(Struct):
    """Mode bits, owner, group and size in bytes of a file."""

    mode: int
    uid: int
    gid: int
    size: int


class Files:
    """Files below the jail, by logical path. All methods raise `FileProblem` and nothing else.

    `jail`: real directories (or single files) that may be read. `base`: names shown to people are relative to it where possible.
    """

    def __init__(self, jail: tuple[str, ...], base: str, mounts: tuple[tuple[str, str], ...] = (("/", "/"),)) -> None:
        self._jail = tuple(os.path.realpath(directory) for directory in jail)
        self._base = os.path.realpath(base)
        self._mounts = tuple(sorted(mounts, key=lambda mount: -len(mount[0])))
        self._read: dict[str, SourceFile] = {}
        self._real_by_file: dict[int, str] = {}
        self._resolved: dict[str, str | tuple[str, str]] = {}
        self._no_links: set[str] = set()
        """Real paths: neither they nor a folder on the way to them is a link."""
        self._far: set[str] = set()
        """Places that were asked for and are not near the jail."""
        self._kinds: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._overlay: dict[str, bytes] = {}
        self._texts: dict[bytes, bytes] = {}
        self._descent = Descent(self._jail)
        self._complete_below: tuple[str, ...] = ("/",)
        self.watch: Callable[[str], None] = _nobody
        """Told of every file that is met or read, by its logical path."""

    def mounted(self, logical: str, real: str, *, complete_below: str = "") -> "Files":
        """The same files with the real directory `real` also known as `logical`; what was read stays shared.

        `complete_below`: a copy of some files of a host tells nothing of the rest: what is not there counts as missing only below
        this logical directory (and those told before), elsewhere it counts as outside.
        """
        view = Files.__new__(Files)
        view._jail, view._descent, view._base, view._read, view._overlay = self._jail, self._descent, self._base, self._read, self._overlay
        view._real_by_file, view._texts = self._real_by_file, self._texts
        view._no_links, view._far, view._kinds = self._no_links, self._far, self._kinds
        name = logical.rstrip("/") or "/"
        others = (mount for mount in self._mounts if mount[0] != name)
        view._mounts = tuple(sorted(((name, real), *others), key=lambda mount: -len(mount[0])))
        view._resolved, view._asked = {}, {}
        before = self._complete_below if self._complete_below != ("/",) else ()
        view._complete_below = (*before, complete_below) if complete_below else self._complete_below
        view.watch = self.watch
        return view

    def overlay(self, path: str, data: bytes) -> None:
        """Let `path` hold `data` whatever the disk says: text from standard input, an editor's buffer."""
        real = self.real(path)
        self._overlay[real] = data
        self._kinds[real] = "file"
        self._asked.clear()

    def edited(self, texts: Mapping[str, bytes]) -> "Files":
        """The same door as if the files at these real paths held these bytes; nothing read before is kept, nothing is written."""
        view = Files.__new__(Files)
        view._jail, view._descent, view._base = self._jail, self._descent, self._base
        view._mounts, view._complete_below = self._mounts, self._complete_below
        view._read, view._real_by_file, view._resolved, view._texts = {}, {}, {}, self._texts
        view._overlay = {**self._overlay, **texts}
        view._far = self._far
        view._no_links, view._kinds, view._asked = set(), dict.fromkeys(view._overlay, "file"), {}
        view.watch = self.watch
        return view

    def afresh(self) -> "Files":
        """The same door, nothing read yet."""
        view = self.edited({})
        view._texts, view._far = {}, set()
        return view

    def read(self, path: str) -> SourceFile:
        """The bytes of a regular file; read once per run."""
        real = self.real(path)
        source = self._read.get(real)
        if source is None:
            self.watch(path)
            data = self._overlay.get(real)
            try:
                data = self._bytes(path, real) if data is None else data
                # Hosts have many files in common, byte for byte: they share the bytes.
                source = SourceFile(self.shown(real), self._texts.setdefault(data, data))
            except FileProblem as problem:
                if problem.kind == "missing" and not self._is_complete_at(path):
                    raise FileProblem(path, "outside-root", "is not part of what was scanned") from None
                raise
            self._read[real] = source
            self._real_by_file[id(source)] = real
        return source

    def kind(self, path: str) -> str:
        """`file`, `directory`, `other` (device, FIFO, socket), `missing`, `outside` (not looked at) or `unreadable`."""
        found = self._asked.get(path)
        if found is None:
            found = self._asked[path] = self._kind(path)
        return found

    def _kind(self, path: str) -> str:
        real = self._found(path)
        if isinstance(real, tuple):
            return "outside" if real[0] == "outside-root" else real[0]
        found = self._kinds.get(real)
        if found is None:
            found = self._kinds[real] = self._kind_of(real)
        return "outside" if found == "missing" and not self._is_complete_at(path) else found

    def has_host_at(self, path: str) -> bool:
        """Does a host's own tree lie there, so that what is not there is missing on the host, and was not left out of a copy?

        The top folder on the way must be in sight: where all of `/` is not, one of hier(7) that is scanned itself (`/etc`). `/src` in a
        container holds a copy.
        """
        top = "/" + path.lstrip("/").partition("/")[0]
        return (top in _OF_A_HOST or self.kind("/") == "directory") and self.kind(top) == "directory"

    def _is_complete_at(self, path: str) -> bool:
        place = os.path.normpath(path)
        return any(_below(place, directory) for directory in self._complete_below)

    def _kind_of(self, real: str) -> str:
        try:
            mode = self._descent.lstat(real).st_mode
        except (OSError, ValueError) as error:
            return "missing" if _is_missing(error) else "unreadable"
        if stat.S_ISREG(mode):
            return "file"
        return "directory" if stat.S_ISDIR(mode) else "other"

    def names(self, path: str) -> list[str]:
        """Names in a directory, sorted byte-wise."""
        real = self.real(path)
        try:
            entries = self._descent.entries(real)
        except (OSError, ValueError) as error:
            raise _problem(path, error) from None
        for name, kind in entries:
            if kind in (FOLDER, REGULAR):  # no need to ask again what it is
                place = f"{real.rstrip('/')}/{name}"
                self._no_links.add(place)
                self._kinds.setdefault(place, "directory" if kind == FOLDER else "file")
        found = {name for name, _ in entries}
        found.update(os.path.basename(name) for name in self._overlay if os.path.dirname(name) == real)
        return sorted(found, key=os.fsencode)

    def walk(self, path: str) -> Iterator[str]:
        """Every file below a directory, by logical path, byte-wise by name; links to directories are not entered, nothing is opened."""
        try:
            pending = [(path.rstrip("/") or "/", self.real(path))]
        except FileProblem:
            return
        while pending:
            directory, real = pending.pop()
            try:
                entries = sorted(self._descent.entries(real), key=lambda entry: os.fsencode(entry[0]))
            except (OSError, ValueError):
                continue  # a folder nobody may list holds nothing that could be judged
            below: list[tuple[str, str]] = []
            for plain, kind in entries:
                name = f"{directory.rstrip('/')}/{plain}"
                if kind == FOLDER:
                    if plain not in _NEVER_WALKED and name not in _KERNEL:
                        below.append((name, f"{real.rstrip('/')}/{plain}"))
                elif kind != OTHER:
                    self.watch(name)
                    yield name
            pending.extend(reversed(below))

    def status(self, path: str) -> Status:
        """Mode, owner and size; the file is not opened."""
        try:
            status = self._descent.lstat(self.real(path))
        except (OSError, ValueError) as error:
            raise _problem(path, error) from None
        return Status(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_size)

    def key_file(self, path: str, span: Span | None = None) -> KeyFile | None:
        """A private key's mode and owner, and whether everybody can reach it; it is not opened. None where it cannot be looked at."""
        real = self._found(path)
        if isinstance(real, tuple):
            return None
        try:
            status = self.status(path)
        except FileProblem:
            return None
        folder, is_open = os.path.dirname(real), bool(status.mode & stat.S_IROTH)
        # A key that all may read in a folder that only root may enter (certbot's archive) is safe.
        while is_open and folder not in self._jail and self._inside(folder):
            is_open = bool(self._descent.lstat(folder).st_mode & stat.S_IXOTH)
            folder = os.path.dirname(folder)
        return KeyFile(path, status.mode, status.uid, status.gid, is_open, span)

    def real(self, path: str) -> str:
        """Where a logical path lies on this disk, links followed one by one; nothing outside the jail is ever looked at."""
        real = self._found(path)
        if isinstance(real, tuple):
            raise FileProblem(path, *real)
        return real

    def _found(self, path: str) -> str | tuple[str, str]:
        """The same, or kind and reason of the problem: an exception that is kept would keep whatever its callers had in hand."""
        found = self._resolved.get(path)
        if found is None:
            found = self._resolved[path] = self._resolve(path)
        return found

    def real_of(self, file: SourceFile) -> str | None:
        """Where a file that was read lies on this disk."""
        return self._real_by_file.get(id(file))

    def logical(self, real: str) -> str:
        """The name a daemon would use for a real path."""
        real = os.path.abspath(real)
        for name, directory in self._mounts:
            if real == directory or real.startswith(directory.rstrip("/") + "/"):
                return os.path.normpath(f"{name.rstrip('/')}/{real[len(directory) :].lstrip('/')}")
        return real

    def named(self, shown: str) -> str:
        """The name a daemon would use for what people see as `shown`."""
        return self.logical(os.path.join(self._base, shown))

    def shown(self, real: str) -> str:
        """The name people see: relative to the base where it lies below it."""
        if real == self._base or not _below(real, self._base):
            return "." if real == self._base else real
        return real[len(self._base.rstrip("/")) + 1 :]

    def on_disk(self, logical: str) -> str:
        """Where a logical path begins on this disk, before links are followed."""
        for name, directory in self._mounts:
            if name in ("/", logical) or logical.startswith(name + "/"):
                rest = logical[len(name) :].lstrip("/") if name != "/" else logical.lstrip("/")
                return f"{directory.rstrip('/')}/{rest}".rstrip("/") or "/"
        return logical

    def _resolve(self, path: str) -> str | tuple[str, str]:
        if "\0" in path:
            return "missing", "no file can have this name"
        # ".." is taken lexically before mapping: a mount has no real parent to go up to.
        place = self.on_disk(os.path.normpath(path))
        above, _, name = place.rpartition("/")
        # Files lie beside others: the way to their folder is known already.
        if above in self._far:
            return "outside-root", "lies outside the scanned roots"
        done, pending = (above, [name]) if above in self._no_links else ("", place.split("/")[::-1])
        links = 0
        while pending:
            part = pending.pop()
            if not part:
                continue
            step = f"{done}/{part}"
            if step in self._no_links:
                done = step
                continue
            if step in self._far or not self._near_jail(step):
                self._far.add(step if links or not pending else above)
                return "outside-root", "lies outside the scanned roots"
            try:
                target = os.readlink(step)
            except (OSError, ValueError):  # not a link, or not there: opening it will tell
                self._no_links.add(step)
                done = step
                continue
            links += 1
            if links > MAX_LINKS:
                return "unreadable", "too many symbolic links"
            # An absolute link means what it means on the host the tree came from: it goes through the mounts again.
            target = self.on_disk(os.path.normpath(target)) if target.startswith("/") else os.path.normpath(f"{done}/{target}")
            done = ""
            pending.extend(target.split("/")[::-1])
        done = done or "/"
        return done if self._inside(done) else ("outside-root", "lies outside the scanned roots")

    def _inside(self, real: str) -> bool:
        return not real.startswith(_KERNEL_BELOW) and any(_below(real, directory) for directory in self._jail)

    def _near_jail(self, real: str) -> bool:
        """Inside the jail, or on the way down to it."""
        return any(_below(real, directory) or _below(directory, real) for directory in self._jail)

    def _bytes(self, path: str, real: str) -> bytes:
        try:
            descriptor = self._descent.open(real)
        except (OSError, ValueError) as error:
            raise _problem(path, error) from None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileProblem(path, "unreadable", "is not a regular file")
            if status.st_size > MAX_FILE_BYTES:
                raise FileProblem(path, "unreadable", f"is larger than {MAX_FILE_BYTES // (1024 * 1024)} MB")
            pieces, size = [], 0
            while piece := os.read(descriptor, max(status.st_size, 4096) + 1):
                pieces.append(piece)
                size += len(piece)
                if size == status.st_size:  # all there was when it was opened
                    break
                # A file that grows while it is read does not go on for ever either.
                if size > MAX_FILE_BYTES:
                    raise FileProblem(path, "unreadable", f"is larger than {MAX_FILE_BYTES // (1024 * 1024)} MB")
            return b"".join(pieces)
        except OSError as error:
            raise _problem(path, error) from None
        finally:
            os.close(descriptor)


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _is_missing(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def _problem(path: str, error: Exception) -> FileProblem:
    if _is_missing(error):
        return FileProblem(path, "missing", "does not exist")
    if isinstance(error, OSError) and error.strerror:
        return FileProblem(path, "unreadable", error.strerror[0].lower() + error.strerror[1:])
    return FileProblem(path, "unreadable", "no file can have this name")
