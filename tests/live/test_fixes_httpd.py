"""Forty-two weak virtual hosts, mended at once: httpd accepts the mended file, and handshakes show what was promised."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import world
from tests.support.cli import tlslint

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or not MODULES.is_dir(), reason="Debian's apache2 is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as Debian's apache2 does"),
]

STRINGS = [
    "ALL:@SECLEVEL=0",
    "DEFAULT:@SECLEVEL=0",
    "HIGH:MEDIUM:@SECLEVEL=0",
    "kRSA:ECDHE:@SECLEVEL=0",
    "AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
    "HIGH:!aNULL",
    "DHE+AESGCM:AES256-SHA256:ECDHE+SHA1",
]
PROTOCOLS = ["all", "all -TLSv1.3", "all -TLSv1.2", "-all +TLSv1.1", "-all +TLSv1 +TLSv1.2", "+TLSv1.1 +TLSv1.3"]
WEAK = "aRSA+kRSA:RC4:3DES:DHE:ECDHE+SHA1:AES128-SHA:@SECLEVEL=0"
FIRST_PORT = 22600


def weak(root: Path) -> str:
    key, certificate = root / "key.pem", root / "cert.pem"
    key.write_bytes(world.private_key("rsa", 2048))
    key.chmod(0o600)
    certificate.write_bytes(world.certificate("rsa", 2048, "www.example.test", ("www.example.test",)))
    lines = [f"ServerRoot {root}", "ServerName www.example.test", f"PidFile {root}/pid", f"ErrorLog {root}/log"]
    lines += [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ("mpm_event", "authz_core", "socache_shmcb", "ssl")]
    for port, (string, protocols) in enumerate(itertools.product(STRINGS, PROTOCOLS), FIRST_PORT):
        lines += [f"Listen 127.0.0.1:{port}", f"<VirtualHost 127.0.0.1:{port}>", "    SSLEngine on", f"    SSLProtocol {protocols}"]
        lines += [
            f'    SSLCipherSuite "{string}"',
            f"    SSLCertificateFile {certificate}",
            f"    SSLCertificateKeyFile {key}",
            "</VirtualHost>",
        ]
    return "\n".join(lines) + "\n"


def shakes(port: int, *options: str) -> bool:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20)
    return b"Cipher is (NONE)" not in done.stdout and done.returncode == 0


def test_mended_servers_keep_the_promise(tmp_path: Path) -> None:
    path = tmp_path / "apache2.conf"
    path.write_text(weak(tmp_path))
    before = path.read_text().splitlines()
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS1,TLS2,TLS3", "--target", "debian-12", path)
    assert ran.code == 0, ran.err
    after = path.read_text().splitlines()
    untouched = [line for line in before if "SSLProtocol" not in line and "SSLCipherSuite" not in line]
    kept = [line for line in after if not line.strip().startswith(("SSLProtocol", "SSLCipherSuite", "SSLHonorCipherOrder"))]
    assert kept == untouched
    assert subprocess.run([HTTPD, "-t", "-f", str(path)], check=False, capture_output=True).returncode == 0
    ports = range(FIRST_PORT, FIRST_PORT + len(STRINGS) * len(PROTOCOLS))
    assert len(ports) >= 40
    with subprocess.Popen([HTTPD, "-D", "FOREGROUND", "-f", str(path)]) as server:
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", ports[-1])) == 0:
                        break
                time.sleep(0.1)
            wrong = []
            for port in ports:
                if not shakes(port):
                    wrong.append(f"{port}: no handshake at all")
                if shakes(port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"):
                    wrong.append(f"{port}: TLS 1.1")
                if shakes(port, "-tls1_2", "-cipher", WEAK):
                    wrong.append(f"{port}: a weak suite")
            assert not wrong, ran.err
        finally:
            server.terminate()
