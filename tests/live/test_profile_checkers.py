"""Verdicts and grades against other people's checkers on a real httpd: sslyze's Mozilla checker, and what testssl.sh rated once.

One httpd with a port for each configuration. sslyze runs here (guideline 5.7, the newest it has); testssl.sh takes a minute for each
port, so its grades were recorded (tests/data/live/testssl.json) for the very configurations below.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.grade import graded
from tlslint.engine.run import clock, evaluate
from tlslint.files import Files
from tlslint.model import Endpoint, Instance
from tlslint.profiles import load
from tlslint.targets.detect import detect

from tests.support import checkers, pki
from tests.support.compliance import deviations

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
FIRST_PORT = 26100

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or not MODULES.is_dir(), reason="Debian's apache2 is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as Debian's apache2 does"),
]

INTERMEDIATE = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"  # fmt: skip
LISTS = [
    INTERMEDIATE,
    f"{INTERMEDIATE}:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305",
    "HIGH:!aNULL",
    "HIGH:!aNULL:!kRSA:!DHE",
    "ECDHE+AESGCM:ECDHE+AES",
    "AES128-SHA:AES256-SHA",
    "AES128-GCM-SHA256:ECDHE+AESGCM",
    "DEFAULT@SECLEVEL=0",
    "ECDHE+AES256:@STRENGTH",
]
PROTOCOLS = ["-all +TLSv1.2 +TLSv1.3", "-all +TLSv1.3", "-all +TLSv1.2", "all"]
GROUPS = ["X25519:prime256v1:secp384r1", "secp521r1:prime256v1", "", "secp384r1"]
CERTIFICATES = ["rsa-2048", "ecdsa-256", "rsa-4096", "ecdsa-521", "rsa-2048-long"]
HEADERS = ["", "max-age=63072000", "max-age=300", "max-age=0"]


class Case(NamedTuple):
    """One port."""

    port: int
    protocols: str
    ciphers: str
    groups: str
    certificate: str
    honors: bool
    hsts: str


def cases() -> list[Case]:
    """54 of the combinations, every word with every other at least once in turn."""
    return [
        Case(
            FIRST_PORT + number,
            PROTOCOLS[(number + number // 9) % 4],
            LISTS[number % 9],
            GROUPS[(number // 2) % 4],
            CERTIFICATES[(number * 2 + number // 5) % 5],
            bool(number % 3),
            HEADERS[(number // 3) % 4],
        )
        for number in range(54)
    ]


def write(directory: Path) -> Path:
    """The configuration and its certificates, issued by a CA laid beside them."""
    for name in CERTIFICATES:
        kind, bits, *long = name.split("-")
        options: dict[str, Any] = {"kind": kind, "bits": int(bits), "names": ("localhost",), "starts": NOW - 10 * pki.DAY}
        issuer = AUTHORITIES[kind]()
        leaf = pki.issue("localhost", issuer, **options, ends=NOW + (500 if long else 70) * pki.DAY)
        (directory / f"{name}.pem").write_bytes(leaf.pem + issuer.pem + leaf.key_pem())
    modules = ("mpm_event", "authz_core", "socache_shmcb", "ssl", "headers")
    lines = [
        f"ServerRoot {directory}\nDefaultRuntimeDir {directory}\nPidFile {directory}/pid\nErrorLog {directory}/error.log",
        f"ServerName localhost\nDocumentRoot {directory}\nStartServers 1\nServerLimit 1\nThreadsPerChild 32\nMaxRequestWorkers 32",
        *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
        "SSLSessionCache none",
        *map(vhost, cases()),
    ]
    path = directory / "httpd.conf"
    path.write_text("\n".join(lines) + "\n")
    (directory / "index.html").write_text("here\n")
    return path


NOW = pki.today()
AUTHORITIES = {
    "rsa": lambda: pki.issue("Test RSA CA of today", kind="rsa", is_ca=True, starts=NOW - 900 * pki.DAY, ends=NOW + 900 * pki.DAY),
    "ecdsa": lambda: pki.issue(
        "Test EC CA of today", kind="ecdsa", bits=256, is_ca=True, starts=NOW - 900 * pki.DAY, ends=NOW + 900 * pki.DAY
    ),
}


def vhost(case: Case) -> str:
    groups = f"SSLOpenSSLConfCmd Curves {case.groups}\n" if case.groups else ""
    hsts = f'Header always set Strict-Transport-Security "{case.hsts}"\n' if case.hsts else ""
    return (
        f"Listen 127.0.0.1:{case.port}\n<VirtualHost 127.0.0.1:{case.port}>\nServerName localhost\nSSLEngine on\n"
        f"SSLCertificateFile {case.certificate}.pem\nSSLProtocol {case.protocols}\nSSLCipherSuite {case.ciphers}\n"
        f"SSLHonorCipherOrder {'on' if case.honors else 'off'}\n{groups}{hsts}</VirtualHost>"
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checked")


@pytest.fixture(scope="module")
def predicted(directory: Path) -> dict[int, tuple[Instance, Endpoint]]:
    """What tlslint makes of the configuration, port by port; the software is this host's own."""
    config = write(directory)
    target = detect(Files(("/",), "/"))
    assert target is not None
    instances, broken = evaluate(discover([str(config)]), target)
    assert not broken
    (instance,) = [instance for instance in instances if instance.service == "httpd"]
    return {int(str(endpoint.port.surely)): (instance, endpoint) for endpoint in instance.endpoints}


@pytest.fixture(scope="module")
def checked(directory: Path, predicted: object) -> Iterator[dict[int, dict[str, dict[str, str]]]]:
    """What sslyze says of the real thing."""
    server = subprocess.Popen(
        [HTTPD, "-f", str(directory / "httpd.conf"), "-DFOREGROUND"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait(server, cases()[-1].port, directory)
        yield checkers.sslyze([case.port for case in cases()])
    finally:
        server.terminate()
        server.wait(10)


def wait(server: "subprocess.Popen[bytes]", port: int, directory: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail((directory / "error.log").read_text()[-2000:])


PARTS = {
    "tls_versions": "versions",
    "ciphersuites": "suites of TLS 1.3",
    "ciphers": "suites",
    "tls_curves": "groups",
    "dh_param_size": "DH parameters",
    "certificate_types": "key type",
    "rsa_key_size": "key size",
    "certificate_curves": "curve",
    "maximum_certificate_lifespan": "lifetime",
}
"""sslyze's parts that are the configuration's; trust, bugs of OpenSSL and the CA's signature are not."""


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case.port))
def test_the_verdict_is_sslyzes(case: Case, predicted: dict[int, Any], checked: dict[int, dict[str, dict[str, str]]]) -> None:
    _, endpoint = predicted[case.port]
    for kind, issues in checked[case.port].items():
        assert "incomplete" not in issues
        seen = {PARTS[part] for part in issues if part in PARTS}
        assert set(deviations(endpoint, load(f"mozilla-{kind}@5.7"))) == seen, (kind, issues)


RECORDED = json.loads((Path(__file__).parents[1] / "data" / "live" / "testssl.json").read_text())
OF_2009R = ("TLS 1.3 is missing", "max-age=0 switches HSTS off")
"""Caps that came with 2009r (Qualys, 2025-02-26); testssl.sh 3.2.1 rates by 2009q, as its own output says."""
ORDER = ("A+", "A", "A-", "B", "C", "D", "E", "F", "M", "T")


@pytest.mark.parametrize("case", [case for case in cases() if str(case.port) in RECORDED["ports"]], ids=lambda case: str(case.port))
def test_the_grade_is_testssls(case: Case, predicted: dict[int, Any]) -> None:
    """The letter but for what 2009r added; the protocol's part of the score; key exchange but for elliptic curves, of which testssl.sh
    has a table of its own (100 from 225 bits on, where SSL Labs counts P-256 and X25519 as RSA of 3072)."""
    recorded = RECORDED["ports"][str(case.port)]
    assert recorded["configuration"] == vhost(case), "recorded for another configuration"
    instance, endpoint = predicted[case.port]
    grade = graded(instance, endpoint, clock()).ssllabs
    assert grade is not None
    assert grade.score is not None
    letters = [reason.cap for reason in grade.reasons if reason.text not in OF_2009R]
    letter = max(["A", *letters], key=ORDER.index)
    if letter == "A" and case.hsts in ("max-age=63072000", "max-age=0"):
        letter = "A+"  # testssl.sh passes over max-age=0
    assert letter == recorded["grade"], (grade, recorded)
    assert grade.score.protocol == recorded["protocol"]
    assert grade.score.key_exchange <= recorded["key_exchange"]
