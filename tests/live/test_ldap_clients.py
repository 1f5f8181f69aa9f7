"""Real ldapwhoami of OpenLDAP 2.5 (GnuTLS) and 2.6 (OpenSSL) against slapd with trusted, untrusted and wrong-name certificates.

The settings stand in a user's .ldaprc on top of the system's ldap.conf, or in a file that LDAPCONF names; both are evaluated as
they lie, and whether a certificate is accepted is held against what was predicted: over ldaps, with StartTLS demanded (-ZZ) and asked (-Z).
"""

import datetime as dt
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tlslint.files import Files
from tlslint.model import Endpoint
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.support import roots

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("slapd") is None, reason="slapd is not installed"),
    pytest.mark.skipif(shutil.which("ldapwhoami") is None, reason="ldap-utils is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private slapd"),
]

PORTS = {"trusted": 24389, "untrusted": 24391, "wrongname": 24393}
"""StartTLS here, ldaps on the next."""

TEXTS = (
    *(f"TLS_CACERT {{ca}}\nTLS_REQCERT {word}" for word in ("never", "allow", "try", "demand", "hard", "on", "yes", "true", "NEVER")),
    *(f"TLS_CACERT {{ca}}\nTLS_REQCERT {word}" for word in ("no", "off", "0", "1", "never # why", '"never"', "require", "always")),
    "TLS_CACERT {ca}",
    "TLS_CACERT {other}",
    "TLS_CACERT {ca}\nTLS_CACERT {other}",
    "TLS_CACERT {missing}",
    "TLS_CACERT {missing}\nTLS_REQCERT never",
    "TLS_CACERT {junk}\nTLS_REQCERT never",
    "TLS_CACERT {ca} # ours",
    'TLS_CACERT "{ca}"',
    "TLS_CACERT = {ca}\nTLS_REQCERT never",
    "  tls_cacert\t{ca}\t\r\n\tTls_ReqCert  never  \r",
    "TLS_CACERT {ca}\n#TLS_REQCERT never\n # TLS_REQCERT never",
    "TLS_CACERT {ca}\nTLS_REQCERT never\nTLS_REQCERT demand",
    "TLS_CACERT {ca}\nTLS_REQCERT never\nTLS_REQCERT demnad",
    "TLS_CACERT {ca}\nTLSREQCERT never\nTLSVerifyClient never\ntls_checkpeer no",
    "TLS_CACERT {ca}\nTLS_REQCERT=never",
    "TLS_CACERT {ca}\nTLS_REQSAN demand",
    "TLS_CACERT {ca}\nTLS_REQSAN never",
    "TLS_CACERT {ca}\nTLS_CIPHER_SUITE NORMAL",
    "TLS_CACERT {ca}\nTLS_CIPHER_SUITE HIGH:!aNULL",
    "TLS_CACERT {ca}\nTLS_CIPHER_SUITE HIHG\nTLS_REQCERT never",
    "TLS_CACERT {ca}\nTLS_PROTOCOL_MIN 3.4",
    "TLS_CACERT {ca}\nTLS_PROTOCOL_MIN TLSv1.3\nTLS_REQCERT allow",
    "TLS_CACERT {ca}\nTLS_CERT {missing}\nTLS_KEY {missing}",
    "TLS_CACERT {ca}\nssl start_tls\nTLS hard",
    "TLS_CACERT {junk}",
    "TLS_CACERT ~/ca.pem",
    "TLS_CACERT {ca}\nTLS_PROTOCOL_MIN 4",
    "TLS_CACERT {ca}\nTLS_CERT {ca}",
    "TLS_CACERT {home}\nTLS_REQSAN try",
    "TLS_CACERT {ca}\nTLS_CIPHER_SUITE ECDHE+AESGCM:SECURE256",
)


class Host(NamedTuple):
    """Where a client is installed."""

    target: str
    root: Path

    def command(self, *words: str) -> list[str]:
        """Run there."""
        return list(words) if self.root == Path("/") else ["chroot", str(self.root), *words]


Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _pem(name: str, address: str, signer: Pair | None = None) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(signer[0].subject if signer else subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    if signer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    return builder.sign(signer[1] if signer else key, hashes.SHA256()), key


def _write(path: Path, *parts: x509.Certificate | ec.EllipticCurvePrivateKey) -> Path:
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        b"".join(
            part.public_bytes(pem)
            if isinstance(part, x509.Certificate)
            else part.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
            for part in parts
        )
    )
    return path


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Three servers run while the module's tests do; the PEM texts of both CAs."""
    folder = tmp_path_factory.mktemp("servers")
    ours, others = _pem("Our CA", ""), _pem("Other CA", "")
    presented = {
        "trusted": _pem("127.0.0.1", "127.0.0.1", ours),
        "untrusted": _pem("b", "127.0.0.1", others),
        "wrongname": _pem("c", "192.0.2.7", ours),
    }
    servers = []
    try:
        for kind, (certificate, key) in presented.items():
            (folder / kind).mkdir()
            _write(folder / kind / "cert.pem", certificate)
            _write(folder / kind / "key.pem", key)
            conf = folder / kind / "slapd.conf"
            conf.write_text(
                f"TLSCACertificateFile {_write(folder / kind / 'ca.pem', ours[0] if kind != 'untrusted' else others[0])}\n"
                f"TLSCertificateFile {folder / kind}/cert.pem\nTLSCertificateKeyFile {folder / kind}/key.pem\n"
            )
            port = PORTS[kind]
            urls = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{port + 1}"
            servers.append(subprocess.Popen(["slapd", "-d", "0", "-h", urls, "-f", str(conf)], stderr=subprocess.DEVNULL))
        for port in (number + more for number in PORTS.values() for more in (0, 1)):
            _await(port)
        yield {"ca": ours[0].public_bytes(serialization.Encoding.PEM), "other": others[0].public_bytes(serialization.Encoding.PEM)}
    finally:
        for server in servers:
            server.terminate()
            server.wait(10)


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture(scope="module", params=["debian-12", "debian-13"])
def host(request: pytest.FixtureRequest) -> Host:
    """This machine where it is Debian 12, and Debian 13 in a root of its own."""
    if request.param == "debian-12":
        if "bookworm" not in Path("/etc/os-release").read_text(encoding="utf-8"):
            pytest.skip("this is not Debian 12")
        return Host("debian-12", Path("/"))
    return Host("debian-13", roots.root("trixie", "slapd", ("slapd", "ldap-utils")))


@pytest.fixture(scope="module")
def folder(host: Host, authorities: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for the client, as it sees it, with what its settings name."""
    home = tmp_path_factory.mktemp("home") if host.root == Path("/") else host.root / "tmp" / "ldap-client-home"
    home.mkdir(exist_ok=True)
    for name, data in authorities.items():
        (home / f"{name}.pem").write_bytes(data)
    (home / "junk.pem").write_text("no certificate\n", encoding="utf-8")
    yield home
    if host.root != Path("/"):
        shutil.rmtree(home)


def seen(host: Host, home: Path, environment: dict[str, str]) -> dict[str, bool]:
    """Who was let in, by server and way."""
    running = {}
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), **environment}
    for kind, port in PORTS.items():
        plain = f"ldap://127.0.0.1:{port}"
        for way, words in (("ldaps", (f"ldaps://127.0.0.1:{port + 1}",)), ("-ZZ", (plain, "-ZZ")), ("-Z", (plain, "-Z"))):
            command = host.command("ldapwhoami", "-x", "-H", *words)
            running[f"{kind} {way}"] = subprocess.Popen(
                command, env=variables, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
    return {name: process.wait(20) == 0 for name, process in running.items()}


def _predicted(endpoint: Endpoint, authority: str) -> dict[str, bool]:
    works = endpoint.tls_works.holds(True)
    accepts_any, any_name = endpoint.peer_verification.holds("none"), endpoint.peer_verification.holds("certificate")
    answer = {}
    for kind in PORTS:
        trusted = authority == ("other" if kind == "untrusted" else "ca") and (any_name or kind != "wrongname")
        for way in ("ldaps", "-ZZ", "-Z"):
            answer[f"{kind} {way}"] = works and (accepts_any or trusted)
    return answer


CASES = (*((text, "home") for text in TEXTS), *((text, "LDAPCONF") for text in TEXTS[::6]))
"""Every sixth again through LDAPCONF: its file is read in the same way."""


@pytest.mark.parametrize(("text", "by"), CASES, ids=lambda word: word.replace("\n", "; ")[:60])
def test_who_is_let_in_is_who_was_predicted(text: str, by: str, host: Host, folder: Path) -> None:
    home = Path("/") / folder.relative_to(host.root)
    names = {name: f"{home}/{name}.pem" for name in ("ca", "other", "missing", "junk")}
    written = text.format(**names, home=home) + "\n"
    path = folder / ".ldaprc"
    if by == "LDAPCONF":
        path = folder / "named" / "ldaprc"
        path.parent.mkdir(exist_ok=True)
        (folder / ".ldaprc").unlink(missing_ok=True)
    path.write_text(written, encoding="utf-8", newline="")
    files = Files((str(host.root),), str(host.root), (("/", str(host.root)),))
    logical = "/" + str(path.relative_to(host.root))
    endpoint = evaluate.instances(logical, files, load(host.target), complete=True)[0].endpoints[0]
    last = [line.split() for line in written.splitlines() if line.lower().strip().startswith("tls_cacert")][-1]
    authority = next((name for name in ("ca", "other") if last[1:] == [names[name]]), "")
    seen_now = seen(host, home, {"LDAPCONF": logical} if by == "LDAPCONF" else {})
    assert seen_now == _predicted(endpoint, authority), written
