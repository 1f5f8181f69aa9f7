"""What `openssl s_server` of four releases really serves, by key and security level, as nmap finds it.

nmap 7.93 does not offer Ed25519 signatures in TLS 1.2, so those keys cannot be seen this way.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from tlslint.crypto import libraries, negotiation, openssl
from tlslint.crypto.negotiation import Key, OpenSslServer
from tlslint.model.versions import BY_WORD, TLS10, TLS11, TLS12, TLS13, TlsVersion

from tests.support import roots, world

RELEASES = ("bullseye", "bookworm", "trixie", "sid")
KEYS = {"rsa2048": Key("RSA", 2048), "rsa3072": Key("RSA", 3072), "ecdsa256": Key("ECDSA", 256), "dsa2048": Key("DSA", 2048)}
LEVELS = range(4)
FIRST_PORT = 22500

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed: apt-get install nmap"),
]


class Case(NamedTuple):
    """One server."""

    key: str
    level: int
    port: int


CASES = [Case(key, level, FIRST_PORT + number) for number, (key, level) in enumerate((key, level) for key in KEYS for level in LEVELS)]
Served = dict[int, dict[TlsVersion, list[str]] | None]


@pytest.fixture(scope="module", params=RELEASES)
def host(request: pytest.FixtureRequest) -> Path:
    """A root with its own openssl."""
    return roots.root(request.param, "openssl", ()) if request.param == "sid" else roots.root(request.param, "servers", roots.SERVERS)


@pytest.fixture(scope="module")
def build(host: Path) -> str:
    """Which build of OpenSSL that is; sid's moves."""
    return libraries.build_named(f"openssl@{roots.versions(host)['openssl'].partition('-')[0]}")


def command(case: Case, root: Path) -> list[str]:
    """The release's own openssl."""
    server = ["s_server", "-accept", f"127.0.0.1:{case.port}", "-cipher", f"ALL:@SECLEVEL={case.level}", "-serverpref", "-quiet"]
    return ["chroot", str(root), "openssl", *server, "-cert", f"/tmp/{case.key}.pem", "-key", f"/tmp/{case.key}.pem"]


@pytest.fixture(scope="module")
def served(host: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Suites by version and port; None where the server did not start."""
    for name in KEYS:
        kind, bits = re.fullmatch(r"([a-z]+)(\d+)", name).groups()  # type: ignore[union-attr]
        (host / "tmp" / f"{name}.pem").write_bytes(world.certificate(kind, int(bits), "localhost") + world.private_key(kind, int(bits)))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OPENSSL_CONF": "/dev/null"}
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = {case.port: subprocess.Popen(command(case, host), env=environment, **quiet) for case in CASES}  # type: ignore[call-overload]
    try:
        time.sleep(2)
        report = tmp_path_factory.mktemp("servers") / "nmap.xml"
        ports = f"{FIRST_PORT}-{FIRST_PORT + len(CASES) - 1}"
        scan = ["nmap", "-Pn", "-n", "-p", ports, "--script", "+ssl-enum-ciphers", "-oX", str(report), "127.0.0.1"]
        subprocess.run(scan, stdout=subprocess.DEVNULL, check=True, timeout=150)
        found: Served = {}
        for port in ET.parse(report).iter("port"):
            number = int(port.attrib["portid"])
            found[number] = None if servers[number].poll() is not None else by_version(port)
        yield found
    finally:
        for server in servers.values():
            server.kill()
            server.wait()


def by_version(port: ET.Element) -> dict[TlsVersion, list[str]]:
    """nmap's tables; its TLS 1.3 names say AKE where the registry says nothing."""
    found = {}
    for table in port.iter("table"):
        version = BY_WORD.get(table.get("key", ""))
        if version is not None:
            names = [element.text or "" for element in table.iter("elem") if element.get("key") == "name" and "_" in (element.text or "")]
            found[version] = [re.sub("^TLS_AKE_WITH_", "TLS_", name) for name in names]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.key}-level{case.level}")
def test_served_is_what_is_predicted(case: Case, build: str, served: Served) -> None:
    key = KEYS[case.key]
    seen = served[case.port]
    assert bool(negotiation.key_refused(key, build, case.level)) is (seen is None)
    if seen is None:
        return
    listed = openssl.evaluate(f"ALL:@SECLEVEL={case.level}", build)
    every = frozenset({TLS10, TLS11, TLS12, TLS13})
    offer = negotiation.negotiable(OpenSslServer(build, listed, every, keys=(key,), server_order=True))
    assert {version: [suite.iana for suite in suites] for version, suites in offer.suites_by_version.items()} == seen
