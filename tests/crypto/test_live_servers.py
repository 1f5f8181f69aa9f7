"""What `openssl s_server` of four releases really serves, by key and security level, as nmap finds it.

    TLSLINT_OPENSSL_ROOTS=/path/to/full pytest tests/crypto/test_live_servers.py

The folder holds unpacked Debian packages of openssl with their own libc: bullseye, bookworm, trixie, sid. nmap 7.93 does not offer
Ed25519 signatures in TLS 1.2, so those keys cannot be seen this way.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from tlslint.crypto import negotiation, openssl
from tlslint.crypto.negotiation import Key, OpenSslServer
from tlslint.model.versions import BY_WORD, TLS10, TLS11, TLS12, TLS13, TlsVersion

from tests.support import world

ROOTS = os.environ.get("TLSLINT_OPENSSL_ROOTS", "")
BUILDS = {"bullseye": "openssl@1.1.1", "bookworm": "openssl@3.0", "trixie": "openssl@3.5", "sid": "openssl@3.6"}
KEYS = {"rsa2048": Key("RSA", 2048), "rsa3072": Key("RSA", 3072), "ecdsa256": Key("ECDSA", 256), "dsa2048": Key("DSA", 2048)}
LEVELS = range(4)
FIRST_PORT = 22500

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not ROOTS, reason="TLSLINT_OPENSSL_ROOTS does not name a folder with unpacked OpenSSL packages"),
    pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed"),
]


class Case(NamedTuple):
    """One server."""

    release: str
    key: str
    level: int
    port: int


CASES = [
    Case(release, key, level, FIRST_PORT + number)
    for number, (release, key, level) in enumerate((release, key, level) for release in BUILDS for key in KEYS for level in LEVELS)
]


def command(case: Case, directory: Path) -> list[str]:
    """The release's own openssl under its own loader."""
    root = Path(ROOTS) / case.release
    libraries = [path for path in (root / "lib/x86_64-linux-gnu", root / "usr/lib/x86_64-linux-gnu") if path.is_dir()]
    loader = next(path / "ld-linux-x86-64.so.2" for path in libraries if (path / "ld-linux-x86-64.so.2").exists())
    server = ["s_server", "-accept", f"127.0.0.1:{case.port}", "-cipher", f"ALL:@SECLEVEL={case.level}", "-serverpref", "-quiet"]
    files = ["-cert", str(directory / f"{case.key}.pem"), "-key", str(directory / f"{case.key}.pem")]
    return [str(loader), "--library-path", ":".join(map(str, libraries)), str(root / "usr/bin/openssl"), *server, *files]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, dict[TlsVersion, list[str]] | None]]:
    """Suites by version and port; None where the server did not start."""
    directory = tmp_path_factory.mktemp("servers")
    for name in KEYS:
        kind, bits = re.fullmatch(r"([a-z]+)(\d+)", name).groups()  # type: ignore[union-attr]
        (directory / f"{name}.pem").write_bytes(world.certificate(kind, int(bits), "localhost") + world.private_key(kind, int(bits)))
    environment = {"PATH": "/usr/bin:/bin", "OPENSSL_CONF": "/dev/null"}
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = {case.port: subprocess.Popen(command(case, directory), env=environment, **quiet) for case in CASES}  # type: ignore[call-overload]
    try:
        time.sleep(2)
        report = directory / "nmap.xml"
        ports = f"{FIRST_PORT}-{FIRST_PORT + len(CASES) - 1}"
        scan = ["nmap", "-Pn", "-n", "-p", ports, "--script", "+ssl-enum-ciphers", "-oX", str(report), "127.0.0.1"]
        subprocess.run(scan, stdout=subprocess.DEVNULL, check=True, timeout=150)
        found: dict[int, dict[TlsVersion, list[str]] | None] = {}
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.release}-{case.key}-level{case.level}")
def test_served_is_what_is_predicted(case: Case, served: dict[int, dict[TlsVersion, list[str]] | None]) -> None:
    build, key = BUILDS[case.release], KEYS[case.key]
    seen = served[case.port]
    assert bool(negotiation.key_refused(key, build, case.level)) is (seen is None)
    if seen is None:
        return
    listed = openssl.evaluate(f"ALL:@SECLEVEL={case.level}", build)
    every = frozenset({TLS10, TLS11, TLS12, TLS13})
    offer = negotiation.negotiable(OpenSslServer(build, listed, every, keys=(key,), server_order=True))
    assert {version: [suite.iana for suite in suites] for version, suites in offer.suites_by_version.items()} == seen
