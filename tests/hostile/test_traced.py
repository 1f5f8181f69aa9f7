"""The whole command line under strace: every file it opens, and every system call that would break a promise.

Run over the traps, and over the collection of real configurations where it is there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import traps
from tests.support import corpus

# ruff: noqa: E501 (a table)

STRACE = shutil.which("strace")
pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed: apt-get install strace")

OPENING = ("open", "openat", "openat2", "creat")
FORBIDDEN = (
    "execve", "execveat", "fork", "vfork", "clone", "clone3", "socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "chmod",
    "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "truncate", "ftruncate", "mknod", "mknodat", "mount", "umount2", "ptrace",
    "kill", "setxattr", "fsetxattr", "utimensat", "process_vm_readv", "io_uring_setup", "memfd_create",
)  # fmt: skip
REPOSITORY = Path(__file__).parents[2]
OWN = (sys.prefix, sys.base_prefix, *(str(REPOSITORY / name) for name in ("build", "linter", "parsers", "checks")))
SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/share/locale", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime")
"""Where Python, its libraries and tlslint itself lie."""

LIBRARIES = r"/dev/null|/usr/share|/etc/locale\.alias|/etc/ssl/openssl\.cnf|/proc/(?:self|\d+)/cgroup|/sys/fs/cgroup/.*|/proc/sys/vm/overcommit_memory"
"""What the C library, OpenSSL and cryptography's runtime read when they start, whatever the program."""


class Traced:
    """What one run did."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = str(folder)
        log = folder / "strace"
        command = [str(STRACE), "-f", "-y", "-s", "4096", "-o", str(log), "-e", f"trace={','.join((*OPENING, *FORBIDDEN))}"]
        program = [sys.executable, "-m", "tlslint"]
        clean = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)}
        self.ran = subprocess.run([*command, *program, *arguments], cwd=folder, capture_output=True, check=False, timeout=600, env=clean)
        self.calls = [line.split(None, 1)[1] for line in log.read_text("utf-8", "replace").splitlines() if " " in line]

    def opened(self) -> Iterator[tuple[str, str]]:
        """Paths that were really opened, with the call."""
        for call in self.calls:
            found = re.match(rf"(?:{'|'.join(OPENING)})\(.* = \d+<(.*)>$", call)
            if found:
                yield re.sub(r"\\([0-7]{1,3})", lambda octal: chr(int(octal[1], 8)), found[1]), call

    def faults(self, scanned: str) -> list[str]:
        """Calls that break a promise."""
        wrong = []
        seen_start = False
        for call in self.calls:
            name = call.partition("(")[0]
            if name == "execve" and not seen_start:
                seen_start = True
            elif name in FORBIDDEN:
                wrong.append(call)
        for path, call in self.opened():
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", call) and path != "/dev/null":
                wrong.append(call)
            if "O_PATH" in call:
                continue  # a name held on to, not a file that could be read
            if (
                path not in (scanned, self.folder)
                and not path.startswith((f"{scanned}/", *OWN, *SYSTEM))
                and not re.fullmatch(LIBRARIES, path)
            ):
                wrong.append(call)
        return wrong


@pytest.mark.parametrize("arguments", [("--output-format", "full"), ("--output-format", "html"), ("effective",)], ids=" ".join)
def test_a_hostile_repository_gets_nothing_done(arguments: tuple[str, ...], tmp_path: Path) -> None:
    traps.build(tmp_path / "repository", tmp_path / "outside")
    for name in ("long-line", "very-continued-line", "macro-bomb"):  # slow under a tracer, and tried by themselves
        shutil.rmtree(tmp_path / "repository" / name)
    traced = Traced(tmp_path / "repository", *arguments)
    assert traced.ran.returncode in (0, 1), traced.ran.stderr
    opened = [path for path, _ in traced.opened()]
    assert sum(path.startswith(str(tmp_path / "repository")) for path in opened) > 100
    assert not traced.faults(str(tmp_path / "repository"))
    assert not [path for path in opened if path.endswith(".key")], "a private key was opened"
    assert traps.CANARY.encode() not in traced.ran.stdout + traced.ran.stderr


WRITING = ("rename", "renameat2", "unlink", "fchmod", "chmod", "fchown", "ftruncate")
"""What a fix is made of, and only at paths of the folder it mends."""


def test_a_fix_writes_to_its_own_folder_and_nowhere_else(tmp_path: Path) -> None:
    site = tmp_path / "scanned/etc/apache2/sites-enabled/site.conf"
    site.parent.mkdir(parents=True)
    site.write_text("<VirtualHost *:443>\nSSLEngine on\nSSLProtocol all -SSLv3 +TLSv1\n</VirtualHost>\n")
    scanned = str(tmp_path / "scanned")
    traced = Traced(tmp_path, "--fix-only", "--unsafe-fixes", scanned)
    assert traced.ran.returncode == 0, traced.ran.stderr
    assert b"1 file" in traced.ran.stderr
    assert "SSLProtocol -all +TLSv1.2 +TLSv1.3" in site.read_text()
    new = re.escape(f"{site.parent}/.{site.name}.tlslint-")
    faults = []
    for call in traced.faults(scanned):
        paths = re.findall(r'"([^"]*)"', call) + re.findall(r"^\w+\(\d+<([^>]*)>", call)
        ours = all(re.fullmatch(rf"{re.escape(str(site))}|{new}[\w-]+", path) for path in paths)
        if not paths or not ours or call.partition("(")[0] not in (*OPENING, *WRITING):
            faults.append(call)
    assert not faults


@corpus.needed
@pytest.mark.parametrize("kind", ["apache", "postfix", "dovecot", "courier", "openldap", "htaccess", "esmith"])
def test_real_configurations_are_read_and_nothing_else(kind: str, tmp_path: Path) -> None:
    place = corpus.FOLDER.resolve() / kind
    traced = Traced(tmp_path, "--exit-zero", str(place))
    assert traced.ran.returncode == 0, traced.ran.stderr
    assert sum(path.startswith(f"{place}/") for path, _ in traced.opened()) > 5
    assert not traced.faults(str(place))
