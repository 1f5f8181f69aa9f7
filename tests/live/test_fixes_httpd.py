"""Weak virtual hosts by the dozen, mended at once: httpd accepts the mended files, handshakes and answers show what was promised.

Every endpoint is asked for every suite there is outside the profile, in TLS 1.2 and below, by a ClientHello of our own; every endpoint's
page, error and redirect must carry one Strict-Transport-Security line.
"""

import contextlib
import http.client
import itertools
import os
import shutil
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.crypto.suites import named, numbers
from tlslint.profiles import load as load_profile

from tests.support import pki
from tests.support.cli import tlslint
from tests.support.hello import chosen

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or not MODULES.is_dir(), reason="Debian's apache2 is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as Debian's apache2 does"),
]

warnings.filterwarnings("ignore", category=DeprecationWarning, module="tests.live")

FIRST_PORT = 22600
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
HSTS = [
    [],
    ['Header set Strict-Transport-Security "max-age=31536000"'],
    ['Header always set Strict-Transport-Security "max-age=31536000" env=HTTPS'],
    ['Header set Strict-Transport-Security "max-age=31536000"', 'Header always set Strict-Transport-Security "max-age=300"'],
    ["Header always add Strict-Transport-Security max-age=63072000", "Header always add Strict-Transport-Security max-age=63072000"],
    ['Header always set Strict-Transport-Security "max-age=31536000; preload"'],
    ['Header always set Strict-Transport-Security "max-age=60"'],
    ["<Directory $ROOT/htdocs>", '    Header set Strict-Transport-Security "max-age=63072000"', "</Directory>"],
    ['Header set Public-Key-Pins "pin-sha256=\\"x\\"; max-age=10"', 'Header always set Expect-CT "max-age=0"'],
]
OTHERS = """
Define WEAK "ALL:!aNULL:@SECLEVEL=0"
<Macro Site $port $name>
<VirtualHost *:$port>
    ServerName $name
    SSLEngine on
    SSLProtocol all
    SSLCipherSuite ${WEAK}
    Include $ROOT/certificate.conf
</VirtualHost>
</Macro>
Use Site 22650 one.example.test
Use Site 22650 two.example.test
# the first of the port decides on versions: the second sets none
<VirtualHost *:22651>
    ServerName first.example.test
    SSLEngine on
    SSLProtocol all
    SSLCipherSuite ALL:@SECLEVEL=0
    Include $ROOT/certificate.conf
</VirtualHost>
<VirtualHost *:22651>
    ServerName second.example.test
    SSLEngine on
    SSLCipherSuite \\
        "AES256-SHA \\
         ECDHE+AESGCM @SECLEVEL=0"
    Include $ROOT/certificate.conf
</VirtualHost>
# OpenSSL's own commands are carried out last
<VirtualHost *:22652>
    ServerName third.example.test
    SSLEngine on
    SSLProtocol -all +TLSv1.2
    SSLOpenSSLConfCmd MinProtocol TLSv1
    SSLOpenSSLConfCmd CipherString DEFAULT:@SECLEVEL=0
    Include $ROOT/certificate.conf
</VirtualHost>
# what two share, and an <IfModule> around it
<VirtualHost *:22653>
    ServerName fourth.example.test
    Include $ROOT/shared.conf
</VirtualHost>
<VirtualHost *:22654>
    ServerName fifth.example.test
    Include $ROOT/shared.conf
    <IfModule mod_headers.c>
        Header set Strict-Transport-Security "max-age=31536000"
    </IfModule>
</VirtualHost>
# redirects that never end
<VirtualHost *:22655>
    ServerName sixth.example.test
    Include $ROOT/shared.conf
    Redirect permanent / https://sixth.example.test:22655/
</VirtualHost>
<VirtualHost *:22656>
    ServerName seventh.example.test
    Include $ROOT/shared.conf
    RewriteEngine on
    RewriteCond %{ENV:HTTPS} !=on
    RewriteRule ^ https://%{HTTP_HOST}:22656%{REQUEST_URI} [R=301,L]
</VirtualHost>
"""
SHARED = (
    'SSLEngine on\nSSLProtocol all -SSLv2\nSSLCipherSuite "kRSA:AES:@SECLEVEL=0"\nSSLHonorCipherOrder off\nInclude $ROOT/certificate.conf\n'
)


class Site(NamedTuple):
    """What clients reach."""

    port: int
    name: str = "www.example.test"


MATRIX = [Site(port) for port in range(FIRST_PORT, FIRST_PORT + len(STRINGS) * len(PROTOCOLS))]
NAMED = [
    *(Site(22650, f"{name}.example.test") for name in ("one", "two")),
    *(Site(22651, f"{name}.example.test") for name in ("first", "second")),
    *(Site(22652 + number, f"{name}.example.test") for number, name in enumerate(("third", "fourth", "fifth", "sixth", "seventh"))),
]
PORTS = sorted({site.port for site in (*MATRIX, *NAMED)})


def weak(root: Path) -> Path:
    """Write it all; returns the root file."""
    leaf = pki.issue("www.example.test", pki.intermediate(), names=("*.example.test",), starts=pki.today(), ends=pki.today() + 80 * pki.DAY)
    (root / "key.pem").write_bytes(leaf.key_pem())
    (root / "key.pem").chmod(0o600)
    (root / "cert.pem").write_bytes(leaf.pem + pki.intermediate().pem)
    (root / "htdocs").mkdir()
    (root / "htdocs/index.html").write_text("page")
    os.utime(root / "htdocs/index.html", (1577836800, 1577836800))  # 2020
    (root / "certificate.conf").write_text(f"SSLCertificateFile {root}/cert.pem\nSSLCertificateKeyFile {root}/key.pem\n")
    (root / "shared.conf").write_bytes(SHARED.replace("$ROOT", str(root)).replace("\n", "\r\n").encode())
    lines = [
        f"ServerRoot {root}",
        "ServerName www.example.test",
        f"PidFile {root}/pid",
        f"ErrorLog {root}/log",
        f"DocumentRoot {root}/htdocs",
    ]
    modules = ("mpm_event", "authz_core", "alias", "dir", "headers", "macro", "rewrite", "socache_shmcb", "ssl")
    lines += [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules]
    lines += ["Redirect /moved https://www.example.test/", "StartServers 1", "ServerLimit 2"]
    lines += ["<Location /private>", "    Require all denied", "</Location>"]
    lines += [f"Include {root}/ports.conf"]
    (root / "ports.conf").write_text("".join(f"Listen {port} https\n" for port in PORTS))
    headers = itertools.cycle(HSTS)
    for site, (string, protocols) in zip(MATRIX, itertools.product(STRINGS, PROTOCOLS), strict=True):
        lines += [f"<VirtualHost *:{site.port}>", f"    ServerName {site.name}", "    SSLEngine on", f"    SSLProtocol {protocols}"]
        lines += [f'    SSLCipherSuite "{string}"', f"    Include {root}/certificate.conf"]
        lines += [f"    {line}" for line in next(headers)]
        lines += ["</VirtualHost>"]
    path = root / "apache2.conf"
    path.write_text(("\n".join(lines) + OTHERS).replace("$ROOT", str(root)))
    return path


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running httpd that got the mended files."""
    root = tmp_path_factory.mktemp("httpd")
    root.chmod(0o755)
    path = weak(root)
    before = {file: file.read_bytes() for file in root.glob("*.conf")}
    options = (
        "--unsafe-fixes",
        "--select",
        "TLS1,TLS2,TLS3,TLS406,TLS5",
        "--profile",
        "mozilla-intermediate",
        "--target",
        "debian-12",
        str(root),
    )
    ran = tlslint("--fix-only", "--show-fixes", *options)
    assert ran.code == 0, ran.err
    for file, old in before.items():
        kept = [line for line in old.splitlines(keepends=True) if not _is_about_tls(line)]
        assert [line for line in file.read_bytes().splitlines(keepends=True) if not _is_about_tls(line)] == kept, file
    assert tlslint("--diff", *options).code == 0
    checked = subprocess.run([HTTPD, "-t", "-f", str(path)], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    (root / "ports.conf").write_text(
        "".join(f"Listen 127.0.0.1:{port} https\n" for port in PORTS)
    )  # only now: a site on loopback needs no HSTS
    with subprocess.Popen([HTTPD, "-D", "FOREGROUND", "-f", str(path)]) as server:
        try:
            _wait(server, NAMED[-1].port)
            (root / "told").write_text(ran.err)
            yield root
        finally:
            server.terminate()


def _is_about_tls(line: bytes) -> bool:
    return line.strip().startswith((b"SSL", b"Header", b'"', b"ECDHE+AESGCM", b"Redirect permanent", b"RewriteCond"))


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert server.poll() is None, "httpd did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


ALLOWED = {suite.code for suite in map(named, load_profile("mozilla-intermediate").suites or ()) if suite is not None}
FORBIDDEN = [code for code in numbers() if code <= 0xFFFF and code not in ALLOWED and code >> 8 != 0x13]


def test_only_the_versions_and_suites_of_the_profile_are_left(mended: Path) -> None:
    assert len(MATRIX) + len(NAMED) >= 40
    assert {0x0005, 0x000A, 0x002F, 0x0033} <= set(FORBIDDEN)  # RC4, 3DES, static RSA, DHE
    wrong = []
    for site in (*MATRIX, *NAMED):
        weak_one = chosen(site.port, 0x0303, FORBIDDEN, site.name)
        if weak_one is not None:
            wrong.append(f"{site}: {numbers()[weak_one].iana}")
        wrong += [
            f"{site}: version {version:#x}" for version in (0x0300, 0x0301, 0x0302) if chosen(site.port, version, numbers(), site.name)
        ]
    assert not wrong, (wrong, (mended / "told").read_text())


ANSWERS: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("OPTIONS", "/", {}, 200),
    ("GET", "/", {"If-Modified-Since": "Fri, 01 Jan 2021 00:00:00 GMT"}, 304),
    ("GET", "/", {"Range": "bytes=1-2"}, 206),
    ("GET", "/", {"Range": "bytes=99-"}, 416),
    ("GET", "/moved", {}, 302),
    ("GET", "/private", {}, 403),
    ("GET", "/missing", {}, 404),
    ("DELETE", "/", {}, 405),
    ("GET", "/%", {}, 400),  # the last: httpd hangs up
]
"""A request and the status of its answer, for every class: success, redirect, refusal, error, and those httpd answers by itself."""


def test_every_kind_of_answer_carries_one_hsts_line_and_never_preload(mended: Path) -> None:
    wrong = []
    for site in (*MATRIX, *NAMED):
        sent: dict[str, list[str]] = {}
        with _https(site) as connection:
            for method, path, headers, status in ANSWERS:
                connection.request(method, path, headers={"Host": site.name, **headers})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == status, (site, method, path, answer.status)
                sent[f"{method} {path} {status}"] = answer.headers.get_all("Strict-Transport-Security") or []
                wrong += [f"{site}: {name}" for name in ("Public-Key-Pins", "Expect-CT") if answer.headers.get(name)]
        lines = set(map(tuple, sent.values()))
        if len(lines) != 1 or len(next(iter(lines))) != 1 or "preload" in next(iter(lines))[0]:
            wrong.append(f"{site}: {sent}")
    assert not wrong, (wrong, (mended / "told").read_text())


REFUSED = {
    "a cache inside a virtual host": "SSLUseStapling on\nSSLStaplingCache shmcb:$ROOT/stapling(32768)",
    "a session cache inside a virtual host": "SSLSessionCache shmcb:$ROOT/cache(512000)",
    "a comment behind a value": "SSLProtocol all -SSLv3 # not the old one",
    "a list without quotes": "SSLCipherSuite HIGH !aNULL",
    "what httpd 2.2 had": "SSLMutex default",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_httpd_refuses_is_accepted_when_it_is_mended(name: str, tmp_path: Path) -> None:
    path = weak(tmp_path)
    text = path.read_text().partition("</VirtualHost>")[0] + "</VirtualHost>\n"
    path.write_text(text.replace("    SSLEngine on\n", f"    SSLEngine on\n{REFUSED[name].replace('$ROOT', str(tmp_path))}\n", 1))
    check = [HTTPD, "-t", "-f", str(path)]
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0
    assert tlslint("--fix-only", "--select", "TLS7,TLS8,TLS9,TLS2", "--target", "debian-12", str(tmp_path)).code == 0
    ran = subprocess.run(check, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@contextlib.contextmanager
def _https(site: Site) -> Iterator[http.client.HTTPConnection]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", site.port), timeout=10), server_hostname=site.name)
    assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")
    try:
        yield connection
    finally:
        connection.close()
