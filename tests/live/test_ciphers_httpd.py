"""What the cipher engine predicts against what nmap's ssl-enum-ciphers finds on a real httpd: suites by version, in order.

One httpd, one port per case: cipher strings × protocols × certificates × security levels.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from tlslint.crypto import libraries, openssl
from tlslint.crypto.negotiation import Key, Offer, OpenSslServer, negotiable
from tlslint.model import Software
from tlslint.model.versions import BY_WORD, TLS10, TLS11, TLS12, TLS13, TlsVersion

from tests.support import world

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
NMAP = shutil.which("nmap") or "/usr/bin/nmap"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or not MODULES.is_dir(), reason="Debian's apache2 is not installed"),
    pytest.mark.skipif(not os.access(NMAP, os.X_OK), reason="nmap is not installed: apt-get install nmap"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as Debian's apache2 does"),
]

SUFFIX = ":!aNULL:!eNULL:!EXP"
"""mod_ssl adds it to every SSLCipherSuite (modules/ssl/ssl_engine_config.c)."""

STRINGS = [
    "ALL",
    "ALL:COMPLEMENTOFALL",
    "DEFAULT",
    "HIGH:!aNULL",
    "HIGH:MEDIUM:!MD5:!RC4",
    "DEFAULT:!DHE:+SHA1",
    "ECDHE+AESGCM:DHE+AESGCM",
    "EECDH+CHACHA20:EECDH+AES128:RSA+AES128:EECDH+AES256:RSA+AES256",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    "kRSA:ECDHE:@STRENGTH",
    "AES256+EECDH:AES256+EDH:!aNULL",
    "ARIAGCM:CAMELLIA:AESCCM8:AESCCM:AES128-SHA:AES256-SHA256",
    "SHA1:-kRSA:kRSA",
    "aNULL:-aNULL:HIGH:@STRENGTH",
    "TLSv1.2:!AESGCM:+CHACHA20",
    "FIPS:!3DES:-DHE:DHE",
    "SUITEB128",
    "SUITEB192:HIGH",
]
PROTOCOLS = ["all", "all -TLSv1.3", "-all +TLSv1.2", "-all +TLSv1.1", "-all +TLSv1.1 +TLSv1.2 +TLSv1.3", "-all +TLSv1.3"]
CERTIFICATES = [("RSA",), ("ECDSA",), ("RSA", "ECDSA")]
KEYS = {"RSA": Key("RSA", 3072), "ECDSA": Key("ECDSA", 256)}
FIRST_PORT = 21400


class Case(NamedTuple):
    """One port."""

    port: int
    string: str
    protocols: str
    certificates: tuple[str, ...]


def cases() -> list[Case]:
    """Every string at every level, with protocols and certificates in turn."""
    found = []
    for number, (string, level) in enumerate((string, level) for string in STRINGS for level in (0, 1, 2, 3)):
        turn = number + number // 4
        found.append(
            Case(
                FIRST_PORT + number,
                f"{string}:@SECLEVEL={level}",
                PROTOCOLS[turn % len(PROTOCOLS)],
                CERTIFICATES[number % len(CERTIFICATES)],
            )
        )
    return found


def versions(words: str) -> frozenset[TlsVersion]:
    """What SSLProtocol leaves, for the words used here."""
    every = {TLS10, TLS11, TLS12, TLS13}
    chosen: set[TlsVersion] = set()
    for word in words.split():
        meant = every if word.endswith("all") else {BY_WORD[word.lstrip("+-")]}
        chosen = chosen - meant if word.startswith("-") else chosen | meant
    return frozenset(chosen)


def predicted(case: Case, build: str) -> Offer:
    """What the engine says of a case."""
    listed = openssl.evaluate(case.string + SUFFIX, build)
    assert listed.accepted
    keys = tuple(KEYS[name] for name in case.certificates)
    return negotiable(OpenSslServer(build, listed, versions(case.protocols), keys=keys, server_order=True))


@pytest.fixture(scope="module")
def build() -> str:
    """The build of the libssl that httpd uses here."""
    answer = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    name = libraries.build_of(Software("openssl", answer.split()[1]))
    assert name is not None
    return name


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, dict[TlsVersion, list[str]]]]:
    """Suites by version that nmap finds, port by port."""
    directory = tmp_path_factory.mktemp("httpd")
    config = directory / "httpd.conf"
    config.write_text(head(directory) + "".join(vhost(case, directory) for case in cases()))
    server = start(config)
    try:
        wait(server, FIRST_PORT + len(cases()) - 1, directory)
        yield scan(directory)
    finally:
        server.terminate()
        server.wait(10)


def head(directory: Path) -> str:
    """The server's own part, certificates laid beside it."""
    for name, kind, bits in (("RSA", "rsa", 3072), ("ECDSA", "ecdsa", 256)):
        (directory / f"{name}.pem").write_bytes(world.certificate(kind, bits, "localhost") + world.private_key(kind, bits))
    modules = ("mpm_event", "authz_core", "socache_shmcb", "ssl")
    return "\n".join(
        (
            f"ServerRoot {directory}\nDefaultRuntimeDir {directory}\nPidFile {directory}/pid\nErrorLog {directory}/error.log",
            f"ServerName localhost\nDocumentRoot {directory}\nStartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\nServerLimit 1",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
            "SSLHonorCipherOrder on\nSSLSessionCache none\nSSLSessionTickets off\n",
        )
    )


def vhost(case: Case, directory: Path) -> str:
    """One case's listener."""
    files = "\n".join(f"SSLCertificateFile {directory}/{name}.pem" for name in case.certificates)
    return f"""Listen 127.0.0.1:{case.port}
<VirtualHost 127.0.0.1:{case.port}>
SSLEngine on
{files}
SSLProtocol {case.protocols}
SSLCipherSuite {case.string}
</VirtualHost>
"""


def start(config: Path) -> "subprocess.Popen[bytes]":
    """httpd in the foreground, without the system's openssl.cnf."""
    return subprocess.Popen(
        [HTTPD, "-f", str(config), "-DFOREGROUND"],
        env={"PATH": "/usr/bin:/bin", "OPENSSL_CONF": "/dev/null"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait(server: "subprocess.Popen[bytes]", port: int, directory: Path) -> None:
    """Until the last port answers."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail((directory / "error.log").read_text()[-2000:] if (directory / "error.log").exists() else "httpd does not start")


def scan(directory: Path) -> dict[int, dict[TlsVersion, list[str]]]:
    """One run of nmap over all ports; its TLS 1.3 names say AKE where the registry says nothing."""
    report = directory / "nmap.xml"
    ports = f"{FIRST_PORT}-{FIRST_PORT + len(cases()) - 1}"
    command = [NMAP, "-Pn", "-n", "-p", ports, "--script", "+ssl-enum-ciphers", "-oX", str(report), "127.0.0.1"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=150)
    found: dict[int, dict[TlsVersion, list[str]]] = {}
    for port in ET.parse(report).iter("port"):
        by_version = found.setdefault(int(port.attrib["portid"]), {})
        for table in port.iter("table"):
            version = BY_WORD.get(table.get("key", ""))
            if version is not None:
                names = [name.text or "" for name in table.iter("elem") if name.get("key") == "name" and "_" in (name.text or "")]
                by_version[version] = [re.sub("^TLS_AKE_WITH_", "TLS_", name) for name in names]
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.string}|{case.protocols}|{'+'.join(case.certificates)}")
def test_predicted_suites_are_the_served_ones(case: Case, build: str, scanned: dict[int, dict[TlsVersion, list[str]]]) -> None:
    offer = predicted(case, build)
    said = {version: [suite.iana for suite in listed] for version, listed in offer.suites_by_version.items()}
    assert said == scanned[case.port]


@pytest.mark.parametrize("string", ["RC4", "DES-CBC3-SHA:@SECLEVEL=0", "aNULL", "HIGH+", "HIGH:@SECLEVEL=9", "eNULL:@SECLEVEL=0"])
def test_a_string_we_say_is_refused_stops_httpd(string: str, build: str, tmp_path: Path) -> None:
    assert not openssl.evaluate(string + SUFFIX, build).accepted
    config = tmp_path / "httpd.conf"
    config.write_text(head(tmp_path) + vhost(Case(FIRST_PORT - 1, string, "all", ("RSA",)), tmp_path))
    server = start(config)
    try:
        assert server.wait(10) != 0
    finally:
        server.kill()
    assert "AH01898" in (tmp_path / "error.log").read_text()
