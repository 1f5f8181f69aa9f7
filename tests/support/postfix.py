"""Postfix on this machine: postconf over many directories at once, and a private instance on loopback."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.support import world

LONG_AGO = 600
"""Seconds. Every Postfix program reads a file again and again while it is younger than a second or two (util/readlline.c, "hot file")."""

SHELLS = 24


class Said(NamedTuple):
    """What one call of postconf printed, line by line, and whether it came to an end."""

    lines: tuple[str, ...]
    failed: bool
    errors: str


def version() -> str:
    """`3.7.11`."""
    return subprocess.run(["postconf", "-dh", "mail_version"], capture_output=True, text=True, check=True).stdout.strip()


def aged(path: Path) -> Path:
    """Make a file look old, so that no program waits for it to cool down."""
    then = time.time() - LONG_AGO
    os.utime(path, (then, then))
    return path


def postconf(calls: Sequence[tuple[Path, Sequence[str]]]) -> list[Said]:
    """Run `postconf -c FOLDER ARGUMENT…` for every call.

    Thousands are affordable because shells, not this process, start them, and many side by side: one that stops sleeps a second first.
    """
    if not calls:
        return []
    work = calls[0][0].parent / "postconf-output"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shells = []
    for share in range(SHELLS):
        numbered = [(number, call) for number, call in enumerate(calls) if number % SHELLS == share]
        script = work / f"share{share}"
        lines = []
        for number, (folder, arguments) in numbered:
            words = " ".join(_quoted(word) for word in ("-c", str(folder), *arguments))
            lines.append(f"postconf {words} >{work}/{number}.out 2>{work}/{number}.err; echo $? >{work}/{number}.code")
        script.write_bytes("\n".join(lines).encode("latin-1") + b"\n")
        shells.append(subprocess.Popen(["sh", str(script)], env={**os.environ, "LC_ALL": "C"}))
    for shell in shells:
        assert shell.wait(300) == 0
    found = []
    for number in range(len(calls)):
        text = (work / f"{number}.out").read_bytes().decode("latin-1")
        found.append(
            Said(
                tuple(text.split("\n")[:-1]),
                (work / f"{number}.code").read_text().strip() != "0",
                (work / f"{number}.err").read_bytes().decode("latin-1"),
            )
        )
    shutil.rmtree(work)
    return found


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


# --- a private instance ------------------------------------------------------------------------------------------------------------

MAIN = """compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination = localhost
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
notify_classes =
maillog_file = {folder}/mail/maillog
maillog_file_prefixes = {folder}/mail
syslog_name = tlslint-test
multi_instance_enable = no
"""
# postlogd stays: while master starts another one nobody reads what all others, master too, wait to have logged
MASTER = """postlog   unix-dgram n  -       n       -       1       postlogd -o max_use=1000000 -o max_idle=1h
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
proxymap  unix  -       -       n       -       -       proxymap
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
"""


@contextlib.contextmanager
def _long_queues() -> Iterator[None]:
    """All of Postfix waits while the log's socket holds ten messages (unix(7)): master too, and then nobody starts the reader."""
    length = Path("/proc/sys/net/unix/max_dgram_qlen")
    before = length.read_text()
    with contextlib.suppress(OSError):  # a container may not
        length.write_text("4096")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            length.write_text(before)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that the user postfix can reach, unlike those of pytest; inside, the machine's sockets hold more messages."""
    with _long_queues(), tempfile.TemporaryDirectory(prefix="tlslint-postfix-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


class Instance:
    """A Postfix of its own below `folder`: nothing outside is read or written, every service runs without chroot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        for name in ("", "etc", "spool", "spool/pid", "data", "mail"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name).chmod(0o755)
        shutil.chown(folder / "data", "postfix")
        (folder / "mail").chmod(0o1777)
        for name in ("postfix-files", "dynamicmaps.cf"):
            if Path("/etc/postfix", name).exists():
                shutil.copy(Path("/etc/postfix", name), self.etc)
        for name in ("postfix-files.d", "dynamicmaps.cf.d"):
            shutil.copytree(Path("/etc/postfix", name), self.etc / name)

    def start(self, main: str, master: str) -> None:
        """Write the files and start; the text of both stands after what every private instance needs."""
        (self.etc / "main.cf").write_text(MAIN.format(folder=self.folder) + main)
        (self.etc / "master.cf").write_text(MASTER + master)
        aged(self.etc / "main.cf")
        aged(self.etc / "master.cf")
        done = self._run("start")
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:] + self.log()[-2000:]

    def reload(self) -> None:
        """Make the daemons read their files again."""
        self._run("reload")

    def stop(self) -> None:
        """End master and all it started: they are one process group, and its number stands in the instance's own pid file."""
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.killpg(int((self.folder / "spool/pid/master.pid").read_text()), signal.SIGKILL)

    def log(self) -> str:
        """All that was logged."""
        path = self.folder / "mail/maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def _run(self, command: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["postfix", "-c", str(self.etc), command], capture_output=True, check=False, timeout=60, env={**os.environ, "LC_ALL": "C"}
        )


class Logins:
    """A Dovecot-style SASL service with the mechanisms PLAIN and LOGIN that takes every password."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._socket.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    @staticmethod
    def _answer(peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            peer.sendall(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
            for line in peer.makefile("rb"):
                words = line.decode().rstrip().split("\t")
                if words[0] == "AUTH":
                    peer.sendall(f"OK\t{words[1]}\tuser=u\n".encode())


def make_certificates(pki: Path) -> None:
    """Certificates of every kind of key, alone and behind their keys."""
    pki.mkdir()
    for kind, bits in (("rsa", 2048), ("ecdsa", 256), ("ed25519", None)):
        certificate, key = world.certificate(kind, bits, "mx.example.test", ("mx.example.test",), is_ca=True), world.private_key(kind, bits)
        (pki / f"{kind}.pem").write_bytes(certificate)
        (pki / f"{kind}.key").write_bytes(key)
        (pki / ("chain.pem" if kind == "rsa" else f"{kind}-chain.pem")).write_bytes(key + certificate)
    (pki / "rsa1024.pem").write_bytes(world.certificate("rsa", 1024, "mx.example.test"))
    (pki / "rsa1024.key").write_bytes(world.private_key("rsa", 1024))
    (pki / "empty.pem").touch()
    for bits in (1024, 2048):
        (pki / f"dh{bits}.pem").write_bytes(world.dh_parameters(bits))


# --- a client ----------------------------------------------------------------------------------------------------------------------

WAIT = 8.0
"""Seconds until a listener counts as silent; a sound one greets within a few hundredths, on a busy machine within a second or two."""

VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


@cache
def context(version: str, ciphers: str, pki: Path) -> ssl.SSLContext:
    """A client of one version at level 0 that takes every certificate and shows one when asked."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    made.minimum_version = made.maximum_version = VERSIONS[version]
    made.load_cert_chain(pki / "rsa.pem", pki / "rsa.key")
    return made


class Session:
    """One SMTP connection."""

    def __init__(self, host: str, port: int) -> None:
        self.socket: socket.socket = socket.create_connection((host, port), WAIT)
        self._stream = self.socket.makefile("rb")

    def reply(self) -> tuple[int, str]:
        """Code and text; code 0 where the connection ends."""
        text = ""
        while True:
            line = self._stream.readline().decode("latin-1")
            text += line
            if line[3:4] != "-":
                return (int(line[:3]) if line[:3].isdigit() else 0), text

    def say(self, line: str) -> tuple[int, str]:
        """Send a command and read the reply."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def encrypt(self, with_: ssl.SSLContext) -> str:
        """Shake hands; the suite agreed on."""
        self.socket = with_.wrap_socket(self.socket)
        self._stream = self.socket.makefile("rb")
        chosen = self.socket.cipher()  # type: ignore[attr-defined]
        return chosen[0] if chosen else ""

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._stream.close()
            self.socket.close()
