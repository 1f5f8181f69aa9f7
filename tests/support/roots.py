"""Other Debian releases beside this one: debootstrapped roots with servers in them, made once and kept.

Directories lie below `TLSLINT_ROOTS` (default /var/tmp/tlslint-roots): one base per release, one copy per use with its packages.
Making one takes a minute or two and about 400 MB; with `TLSLINT_ROOTS=none` nothing is made and the tests that need one are skipped.
"""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

COURIER = ("courier-imap", "courier-pop", "courier-mta")
SERVERS = ("apache2", "postfix", "dovecot-core", "courier-imap", "slapd")
DOVECOT = ("dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd", "dovecot-submissiond", "dovecot-managesieved")

_MIRROR = "http://deb.debian.org/debian"
_PRESEED = (
    "courier-base courier-base/webadmin-configmode boolean false\n"
    "courier-mta courier-mta/defaultdomain string example.test\n"
    "slapd slapd/no_configuration boolean true\n"
)


def root(suite: str, use: str, packages: tuple[str, ...], *, tools: tuple[str, ...] = ("openssl",)) -> Path:
    """The root of a release (`trixie`) for one use (`dovecot`) with these packages installed, made when it is not there.

    Skips the test, saying why, where it cannot be made: not root, no debootstrap, no network.
    """
    where = os.environ.get("TLSLINT_ROOTS", "/var/tmp/tlslint-roots")
    if where == "none":
        pytest.skip("TLSLINT_ROOTS=none: no other release is set up")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap to set up another Debian release")
    directory = Path(where)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = directory / f"{suite}-{use}"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not (wanted / ".complete").exists():
                _install(_base(directory, suite), wanted, (*tools, *packages))
            # without this machine's own name every client inside waits for a name server that is not there
            shutil.copy("/etc/hosts", wanted / "etc/hosts")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
            output = getattr(error, "stdout", b"") or b""
            pytest.skip(f"no root for Debian {suite}: {error} {output[-300:].decode(errors='replace')}")
    return wanted


def _base(directory: Path, suite: str) -> Path:
    base = directory / suite
    if not (base / ".complete").exists():
        shutil.rmtree(base, ignore_errors=True)
        _run("debootstrap", "--variant=minbase", suite, str(base), _MIRROR)
        # no service may start while packages are installed (invoke-rc.d asks this script)
        policy = base / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        (base / ".complete").touch()
    return base


def _install(base: Path, wanted: Path, packages: tuple[str, ...]) -> None:
    shutil.rmtree(wanted, ignore_errors=True)
    _run("cp", "-a", "--reflink=auto", str(base), str(wanted))
    (wanted / ".complete").unlink()
    (wanted / "tmp/preseed").write_text(_PRESEED)
    _run("chroot", str(wanted), "debconf-set-selections", "/tmp/preseed")
    _run("chroot", str(wanted), "apt-get", "-q", "-o", "Acquire::Check-Valid-Until=false", "update")  # a mirror may lag behind sid
    _run("chroot", str(wanted), "apt-get", "-qy", "--no-install-recommends", "install", *packages)
    _run("chroot", str(wanted), "apt-get", "clean")
    (wanted / ".complete").touch()


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    subprocess.run(command, check=True, timeout=600, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Linked(NamedTuple):
    """The TLS library a server's program is really linked with."""

    name: str
    version: str


def versions(root: Path) -> dict[str, str]:
    """Installed packages and their versions, as dpkg-query of that root says it."""
    said = _said(root, "dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${Package}\t${Version}\n")
    return {line.split("\t")[1]: line.split("\t")[2] for line in said.splitlines() if line.startswith("ii")}


_PROGRAMS = {
    "httpd": "/usr/lib/apache2/modules/mod_ssl.so",
    "postfix": "/usr/lib/postfix/sbin/smtpd",
    "dovecot": "/usr/lib/dovecot/modules/libssl_iostream_openssl.so",
    "courier": "/usr/bin/couriertls",
    "slapd": "/usr/sbin/slapd",
}


def linked(root: Path, service: str) -> Linked:
    """What ldd of that root says of a server, and which package's version that is."""
    said = _said(root, "ldd", _PROGRAMS[service])
    is_openssl = "libssl.so" in said
    installed = versions(root)
    package = next(name for name in installed if name.startswith("libssl" if is_openssl else "libgnutls"))
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*[a-z]?)", installed[package])
    assert found is not None
    return Linked("openssl" if is_openssl else "gnutls", found[1])


def _said(root: Path, *command: str) -> str:
    return subprocess.run(["chroot", str(root), *command], check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout
