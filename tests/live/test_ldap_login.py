"""Real nslcd, sssd, libnss-ldap and sudo against slapd with trusted, untrusted and wrong-name certificates.

Each runs in a root of its own and looks a user up there (this machine's name service is not touched). Whether the server was asked, and
whether inside TLS or in the clear, stands in the server's own log, and is held against what was predicted of the file.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from tlslint.files import Files
from tlslint.model import Endpoint, Instance, TlsMode
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.live.test_ldap_clients import _await, _pem, _write
from tests.support import roots

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("slapd") is None, reason="slapd is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private slapd"),
]

PORTS = {"trusted": 24511, "untrusted": 24513, "wrongname": 24515}
"""Plain and StartTLS here, ldaps on the next."""
SCHEMA = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "nis"))
USER = """dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: uid=alice,dc=x
objectClass: account
objectClass: posixAccount
uid: alice
cn: alice
uidNumber: 4711
gidNumber: 4711
homeDirectory: /
"""
START = "uri ldap://{plain}\nssl start_tls\n"
CHECK = START + "tls_cacertfile /tmp/ca.pem\ntls_checkpeer {}\n"
REQCERT = START + "tls_cacertfile /tmp/ca.pem\ntls_reqcert {}\n"
BOTH = (
    "uri ldap://{plain}\n",
    "uri ldaps://{secure}\ntls_cacertfile /tmp/ca.pem\n",
    START + "tls_cacertfile /tmp/ca.pem\n",
    START,
    *(f"uri ldap://{{plain}}\nssl {word}\n" for word in ("off", "no", "false", "tls", "starttls", "1", "START_TLS")),
    *(f"uri ldap://{{secure}}\nssl {word}\ntls_cacertfile /tmp/ca.pem\n" for word in ("on", "yes", "true")),
    "uri ldap://{plain}\nssl start_tls # ours\n",
    START + "tls_cacertfile /tmp/ca.pem\nssl off\n",
    "uri ldaps://{secure}\nssl start_tls\ntls_cacertfile /tmp/ca.pem\n",
    START + "tls_cacertfile /nope.pem\n",
)
PADL = tuple(
    CHECK.replace("{}", word) for word in ("yes", "no", "off", "false", "NO", "on", "true", "0", "1", "n", "never", "hard", "no # ours")
)
HOST = ("host 127.0.0.1\nport {plainport}\n", "host 127.0.0.1\nport {secureport}\nssl on\ntls_cacertfile /tmp/ca.pem\n")
NSLCD = (
    *(
        REQCERT.replace("{}", word)
        for word in ("never", "no", "allow", "try", "demand", "yes", "hard", "NEVER", "off", "on", "1", "never # ours")
    ),
    CHECK.replace("{}", "no"),
    *HOST,
    START + "tls_cacertfile /tmp/ca.pem\ntls_reqcert never\ntls_reqcert demand\n",
    START + "tls_cacertfile /tmp/ca.pem\ntls_reqcert never\ntls_ciphers HIGH:!aNULL\n",
)
SYSTEM = ("TLS_CACERT /tmp/ca.pem\n", "TLS_CACERT /tmp/ca.pem\nTLS_REQCERT never\n", "TLS_REQCERT never\n")
SSSD = (
    *("ldap_uri = ldap://{plain}\n", "ldap_uri = ldaps://{secure}\nldap_tls_cacert = /tmp/ca.pem\n"),
    *("ldap_uri = ldap://{plain}\nldap_tls_cacert = /tmp/ca.pem\nldap_id_use_start_tls = " + word + "\n" for word in ("TRUE", "false")),
    *(
        f"ldap_uri = ldap://{{plain}}\nldap_tls_cacert = /tmp/ca.pem\nldap_id_use_start_tls = true\nldap_tls_reqcert = {word}\n"
        for word in ("never", "try")
    ),
)
REFUSED = ("ldap_id_use_start_tls = yes\n", "ldap_id_use_start_tls = true\nldap_tls_reqcert = off\n")


class Directory(NamedTuple):
    """Three running servers; their logs lie in `folder`."""

    folder: Path

    def marks(self) -> dict[str, int]:
        return {kind: (self.folder / kind / "log").stat().st_size for kind in PORTS}

    def seen(self, kind: str, mark: int) -> str:
        """How the server was asked for an entry since `mark`: `tls`, `plain`, `none`."""
        connections: dict[str, list[str]] = {}
        for line in (self.folder / kind / "log").read_bytes()[mark:].decode().splitlines():
            number = re.search(r"conn=(\d+)", line)
            if number is not None:
                connections.setdefault(number[1], []).append(line)
        ways = {
            "tls" if any("TLS established" in line for line in lines) else "plain"
            for lines in connections.values()
            if any(" SRCH base=" in line for line in lines)
        }
        assert len(ways) < 2, connections
        return ways.pop() if ways else "none"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    folder = tmp_path_factory.mktemp("directory")
    ours, others = _pem("Our CA", ""), _pem("Other CA", "")
    presented = {
        "trusted": _pem("127.0.0.1", "127.0.0.1", ours),
        "untrusted": _pem("b", "127.0.0.1", others),
        "wrongname": _pem("c", "192.0.2.7", ours),
    }
    (folder / "ca.pem").write_bytes(ours[0].public_bytes(serialization.Encoding.PEM))
    servers = []
    try:
        for kind, (certificate, key) in presented.items():
            own = folder / kind
            (own / "db").mkdir(parents=True)
            _write(own / "cert.pem", certificate)
            _write(own / "key.pem", key)
            ca = _write(own / "ca.pem", ours[0] if kind != "untrusted" else others[0])
            conf = own / "slapd.conf"
            conf.write_text(
                f"{SCHEMA}modulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCACertificateFile {ca}\nTLSCertificateFile {own}/cert.pem\n"
                f"TLSCertificateKeyFile {own}/key.pem\ndatabase mdb\nsuffix dc=x\ndirectory {own}/db\n"
            )
            subprocess.run(["slapadd", "-f", str(conf)], input=USER.encode(), check=True, capture_output=True)
            urls = f"ldap://127.0.0.1:{PORTS[kind]} ldaps://127.0.0.1:{PORTS[kind] + 1}"
            with (own / "log").open("wb") as log:
                servers.append(subprocess.Popen(["slapd", "-d", "stats", "-h", urls, "-f", str(conf)], stderr=log))
        for port in (number + more for number in PORTS.values() for more in (0, 1)):
            _await(port)
        yield Directory(folder)
    finally:
        for server in servers:
            server.terminate()
            server.wait(10)


def _host(suite: str, packages: tuple[str, ...], directory: Directory) -> Path:
    root = roots.root(suite, "nss-ldap", packages, tools=())
    shutil.copy(directory.folder / "ca.pem", root / "tmp/ca.pem")
    (root / "tmp/ca.pem").chmod(0o644)
    (root / "etc/ldap").mkdir(exist_ok=True)
    (root / "etc/ldap/ldap.conf").unlink(missing_ok=True)
    return root


@pytest.fixture(scope="module")
def bookworm(directory: Directory) -> Path:
    return _host("bookworm", ("nslcd", "libnss-ldapd", "sssd-ldap", "libnss-sss"), directory)


@pytest.fixture(scope="module")
def bullseye(directory: Directory) -> Path:
    return _host("bullseye", ("libnss-ldap", "sudo-ldap"), directory)


def _switched(root: Path, source: str) -> None:
    names = f"passwd: files {source}\ngroup: files\nshadow: files\nhosts: files\nsudoers: ldap\n"
    (root / "etc/nsswitch.conf").write_text(names)


def _filled(text: str, kind: str) -> str:
    plain, secure = PORTS[kind], PORTS[kind] + 1
    text = text.replace("{plain}", f"127.0.0.1:{plain}").replace("{secure}", f"127.0.0.1:{secure}")
    return text.replace("{plainport}", str(plain)).replace("{secureport}", str(secure))


def _judged(root: Path, path: str, target: str) -> Instance:
    files = Files((str(root),), str(root), (("/", str(root)),))
    return evaluate.instances(path, files, load(target), complete=True)[0]


def _predicted(endpoint: Endpoint, kind: str) -> str:
    if endpoint.tls.holds(TlsMode.NONE):
        return "plain"
    if endpoint.tls_works.holds(False):
        return "none"
    fits = {"trusted": {"certificate", "name"}, "untrusted": {"name"}, "wrongname": {"certificate"}}[kind]
    return "tls" if set(str(endpoint.peer_verification.surely).split(" and ")) <= {*fits, "none"} else "none"


def _asked(root: Path, directory: Directory, path: str, text: str, target: str, command: list[str], daemon: str = "") -> None:
    """One file against each of the servers."""
    for kind in PORTS:
        whole = _filled(f"base dc=x\n{'uid nslcd' if daemon else 'sudoers_base dc=x'}\nbind_timelimit 2\ntimelimit 2\n{text}", kind)
        (root / path.lstrip("/")).write_text(whole)
        (root / path.lstrip("/")).chmod(0o644)
        instance = _judged(root, path, target)
        mark = directory.marks()[kind]
        if daemon:
            starts, seen = _with_daemon(root, command), directory.seen(kind, mark)
            assert starts is instance.starts.holds(True) or any("/nope" in line for line in text.splitlines()), (text, instance.problems)
        else:
            subprocess.run(["chroot", str(root), *command], capture_output=True, timeout=20, check=False)
            seen = directory.seen(kind, mark)
        expected = _predicted(instance.endpoints[0], kind) if instance.starts.holds(True) else "none"
        assert seen == expected, (kind, text, instance.endpoints[:1])


def _with_daemon(root: Path, command: list[str]) -> bool:
    """Run nslcd for one look-up. Does it start?"""
    socket = root / "run/nslcd/socket"
    # what its init script does (nslcd.init); it binds as its own user
    subprocess.run(["chroot", str(root), "install", "-d", "-o", "nslcd", "-g", "nslcd", "/run/nslcd"], check=True)
    socket.unlink(missing_ok=True)
    daemon = subprocess.Popen(["chroot", str(root), "nslcd", "-d"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not socket.exists() and daemon.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if daemon.poll() is not None:
            return False
        subprocess.run(["chroot", str(root), *command], capture_output=True, timeout=30, check=False)
        return True
    finally:
        daemon.terminate()
        daemon.wait(20)


def test_nslcd(bookworm: Path, directory: Directory) -> None:
    _switched(bookworm, "ldap")
    for text in (*BOTH, *NSLCD):
        quick = f"gid nslcd\nreconnect_retrytime 1\nreconnect_sleeptime 1\n{text}"
        _asked(bookworm, directory, "/etc/nslcd.conf", quick, "debian-12", ["getent", "passwd", "alice"], "nslcd")


def test_nslcd_forbids_libldap_to_read_ldap_conf(bookworm: Path, directory: Directory) -> None:
    _switched(bookworm, "ldap")
    system = bookworm / "etc/ldap/ldap.conf"
    system.write_text(SYSTEM[1])
    try:
        quick = f"gid nslcd\nreconnect_retrytime 1\nreconnect_sleeptime 1\n{START}"
        _asked(bookworm, directory, "/etc/nslcd.conf", quick, "debian-12", ["getent", "passwd", "alice"], "nslcd")
    finally:
        system.unlink()


@pytest.mark.parametrize(
    ("path", "command"),
    [("/etc/libnss-ldap.conf", ["getent", "passwd", "alice"]), ("/etc/sudo-ldap.conf", ["sudo", "-l", "-U", "root"])],
    ids=["libnss-ldap", "sudo"],
)
def test_padls_words(path: str, command: list[str], bullseye: Path, directory: Directory) -> None:
    _switched(bullseye, "ldap" if "nss" in path else "")
    for text in (*BOTH, *PADL, *HOST):
        _asked(bullseye, directory, path, f"bind_policy soft\nldap_version 3\n{text}", "debian-11", command)
    system = bullseye / "etc/ldap/ldap.conf"
    try:
        for said in SYSTEM:
            system.write_text(said)
            for text in (START, START + "tls_checkpeer yes\n", START + "tls_checkpeer no\n"):
                _asked(bullseye, directory, path, f"bind_policy soft\nldap_version 3\n{text}", "debian-11", command)
    finally:
        system.unlink()


def test_sssd(bookworm: Path, directory: Directory) -> None:
    """Every text against every server at once. A domain that sssd refuses takes the others with it."""
    _switched(bookworm, "sss")
    system = bookworm / "etc/ldap/ldap.conf"
    system.write_text(SYSTEM[1])  # whose CA counts, and whose `never` does not
    try:
        texts = (*SSSD, "ldap_uri = ldap://{plain}\nldap_id_use_start_tls = true\n")
        for text in texts:
            instance = _with_sssd(bookworm, directory, text)
            assert instance.starts.holds(True)
        for text in REFUSED:
            instance = _with_sssd(bookworm, directory, "ldap_uri = ldap://{plain}\n" + text)
            assert instance.starts.holds(False)
    finally:
        system.unlink()


def _with_sssd(root: Path, directory: Directory, text: str) -> Instance:
    conf = f"[sssd]\nservices = nss\ndomains = {', '.join(PORTS)}\n[nss]\n"
    for kind in PORTS:
        conf += f"[domain/{kind}]\nid_provider = ldap\nsudo_provider = none\nuse_fully_qualified_names = true\nldap_search_base = dc=x\n"
        conf += "ldap_opt_timeout = 2\nldap_network_timeout = 2\n" + _filled(text, kind)
    path = root / "etc/sssd/sssd.conf"
    path.write_text(conf)
    path.chmod(0o600)
    for folder in ("db", "mc", "pipes", "pipes/private"):
        for file in (root / "var/lib/sss" / folder).glob("*"):
            if not file.is_dir():
                file.unlink()
    instance, marks = _judged(root, "/etc/sssd/sssd.conf", "debian-12"), directory.marks()
    daemon = subprocess.Popen(["chroot", str(root), "sssd", "-i"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # a domain that is refused is tried three times before sssd ends; what matters is that nobody is answered
        pipe, deadline = root / "var/lib/sss/pipes/nss", time.monotonic() + (30 if instance.starts.holds(True) else 4)
        while not pipe.exists() and daemon.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert pipe.exists() is instance.starts.holds(True), text
        if pipe.exists():
            for kind in PORTS:
                subprocess.run(["chroot", str(root), "getent", "passwd", f"alice@{kind}"], capture_output=True, timeout=30, check=False)
    finally:
        daemon.terminate()
        daemon.wait(20)
    for kind, endpoint in zip(PORTS, instance.endpoints or [None] * 3, strict=True):
        expected = _predicted(endpoint, kind) if endpoint is not None else "none"
        assert directory.seen(kind, marks[kind]) == expected, (kind, text)
    return instance
