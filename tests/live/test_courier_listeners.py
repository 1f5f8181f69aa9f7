"""Real Courier (Debian 12, GnuTLS): what imapd and imapd-ssl offer equals what is predicted.

Debian's own start scripts, in a root of Debian 12, with one pair of files after the other. authdaemond does not run: a password looked at
ends in a temporary failure, one that was not in "STARTTLS required".
"""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tlslint.files import Files
from tlslint.model import Endpoint, TlsMode
from tlslint.parsers.courier import evaluate
from tlslint.targets import load

from tests.support import mail, roots, world

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")]
PORT, SSLPORT = 22143, 22993
VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
IMAPD = f"""ADDRESS=0
PORT={PORT}
MAXDAEMONS=60
MAXPERIP=60
PIDFILE=/run/courier/imapd.pid
TCPDOPTS="-nodnslookup -noidentlookup"
IMAPACCESSFILE=/etc/courier/imapaccess
LOGGEROPTS="-name=imapd"
IMAP_CAPABILITY="IMAP4rev1 UIDPLUS"
IMAP_CAPABILITY_TLS="$IMAP_CAPABILITY AUTH=PLAIN"
IMAP_UMASK=022
IMAPDSTART=YES
MAILDIRPATH=Maildir
"""
IMAPD_SSL = f"""SSLPORT={SSLPORT}
SSLADDRESS=0
SSLPIDFILE=/run/courier/imapd-ssl.pid
SSLLOGGEROPTS="-name=imapd-ssl"
IMAPDSSLSTART=YES
IMAPDSTARTTLS=YES
IMAP_TLS_REQUIRED=0
COURIERTLS=/usr/bin/couriertls
TLS_CERTFILE=/etc/courier/rsa.pem
TLS_TRUSTCERTS=/etc/courier/rsa.pem
TLS_VERIFYPEER=NONE
MAILDIRPATH=Maildir
"""


class Case(NamedTuple):
    """What is added to the two files."""

    imapd_ssl: str
    imapd: str = ""


CASES = [
    *(
        Case(f"TLS_PRIORITY={text}")
        for text in (
            *(
                "NORMAL",
                '"NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"',
                "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                "SECURE128",
            ),
            *(
                "SECURE256:-VERS-TLS1.0",
                "PFS",
                '"PFS:!VERS-TLS1.0"',
                "SECURE192",
                "SUITEB128",
                "HIGH:!aNULL",
                "HIGH:MEDIUM",
                "",
                '""',
                "normal",
            ),
            *(
                "NORMAL:%SERVER_PRECEDENCE",
                "NORMAL:-KX-ALL:+RSA",
                "NORMAL:-CIPHER-ALL:+AES-128-GCM",
                "NONE",
                "NORMAL:+NONSENSE",
                "PERFORMANCE",
            ),
            *(
                "NORMAL:-VERS-TLS-ALL:+VERS-TLS1.1",
                "NORMAL#x",
                "NORMAL # x",
                "'NORMAL:-VERS-TLS1.3'",
                "NORMAL: -VERS-TLS1.0",
                "$NOTHING",
                "${NOTHING:-PFS}",
            ),
        )
    ),
    Case("TLS_PRIORITY = PFS"),
    Case("export TLS_PRIORITY=PFS"),
    Case("TLS_PRIORITY=PFS\nTLS_PRIORITY=NORMAL"),
    Case("if true; then TLS_PRIORITY=PFS; else TLS_PRIORITY=SECURE192; fi"),
    Case("test -f /etc/no-such-file && TLS_PRIORITY=PFS"),
    Case("[ -f /etc/courier/rsa.pem ] && TLS_PRIORITY=PFS"),
    Case("A=NORMAL\nB=:-VERS-TLS1.0\nTLS_PRIORITY=$A${B}"),
    Case("TLS_PROTOCOL=TLSv1.2\nTLS_CIPHER_LIST=HIGH"),
    Case("TLS_CERTFILE=/etc/courier/ecdsa.pem"),
    Case("TLS_CERTFILE=/etc/courier/none.pem"),
    Case("TLS_CERTFILE="),
    Case("COURIERTLS="),
    Case("IMAPDSTARTTLS=NO"),
    Case("IMAPDSTARTTLS=no\nIMAP_TLS_REQUIRED=1"),
    Case("IMAPDSTARTTLS=yes\nIMAP_TLS_REQUIRED=1"),
    Case("IMAP_TLS_REQUIRED=yes"),
    Case("IMAP_TLS_REQUIRED=2"),
    Case("IMAPDSTARTTLS=1"),
    Case("IMAPDSTARTTLS='Yes please'"),
    Case("", "IMAPDSTARTTLS=NO"),
    Case("", "IMAP_TLS_REQUIRED=1"),
    Case("", "TLS_PRIORITY=PFS"),
    Case("TLS_STARTTLS_PROTOCOL=TLSv1.2"),
    Case("TLS_VERIFYPEER=REQUIREPEER"),
    Case("IMAPDSTARTTLS=$SITE", "SITE=YES"),
]


def starttls(raw: socket.socket) -> bool:
    stream = raw.makefile("rwb")
    stream.readline()
    stream.write(b"a STARTTLS\r\n")
    stream.flush()
    return stream.readline().startswith(b"a OK")


def handshake(port: int, version: ssl.TLSVersion, ciphers: str = "ALL:COMPLEMENTOFALL", certificate: Path | None = None) -> str | None:
    """The suite agreed on, and one line heard inside; None: no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.set_ciphers(ciphers + ":@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        if certificate is not None:
            context.load_cert_chain(certificate)
        with socket.create_connection(("127.0.0.1", port), 5) as raw:
            if port == PORT and not starttls(raw):
                return None
            with context.wrap_socket(raw) as tls:
                tls.settimeout(5)
                if port == PORT:
                    tls.sendall(b"b NOOP\r\n")
                chosen = tls.cipher()
                return chosen[0] if tls.recv(1) and chosen else None
    except (OSError, ssl.SSLError):
        return None


def suites_of_tls12(port: int) -> list[str]:
    found: list[str] = []
    while len(found) < 80:
        chosen = handshake(port, ssl.TLSVersion.TLSv1_2, "ALL:COMPLEMENTOFALL:!kDHE" + "".join(f":!{name}" for name in found))
        if chosen is None:
            break
        found.append(chosen)
    return found


def before_tls() -> dict[str, bool]:
    with socket.create_connection(("127.0.0.1", PORT), 5) as raw:
        raw.settimeout(10)
        stream = raw.makefile("rwb")
        greeting = stream.readline()
        stream.write(b"b LOGIN x y\r\n")
        stream.flush()
        reply = stream.readline()
        return {"starttls": b"STARTTLS" in greeting, "login": b"required" not in reply}


def run(root: Path, *command: str) -> None:
    subprocess.run(["chroot", str(root), *command], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)


def is_open(port: int) -> bool:
    for _ in range(40):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def root() -> Path:
    where = roots.root("bookworm", "courier", roots.COURIER)
    for kind, bits in (("rsa", 2048), ("ecdsa", 256)):
        pem = world.private_key(kind, bits) + world.certificate(kind, bits, "localhost", ("localhost",), is_ca=True)
        (where / f"etc/courier/{kind}.pem").write_bytes(pem)
        (where / f"etc/courier/{kind}.pem").chmod(0o644)
    return where


def at_port(endpoints: tuple[Endpoint, ...], port: int) -> Endpoint | None:
    return next((each for each in endpoints if each.port.holds(port)), None)


def test_every_configuration(root: Path) -> None:
    """More than forty pairs of files: STARTTLS, cleartext LOGIN, versions, suites, handshakes that fail."""
    assert len(CASES) >= 40
    wrong = [f"{case}: {line}" for case in CASES for line in differences(root, case)]
    assert not wrong, "\n".join(wrong)


def differences(root: Path, case: Case) -> list[str]:
    folder = root / "etc/courier"
    (folder / "imapd").write_text(IMAPD + case.imapd + "\n")
    (folder / "imapd-ssl").write_text(IMAPD_SSL + case.imapd_ssl + "\n")
    shutil.rmtree(root / "run/courier", ignore_errors=True)
    (root / "run/courier").mkdir(parents=True)
    files = Files((str(root),), str(root), (("/", str(root)),))
    instance = evaluate.instances("/etc/courier/imapd-ssl", files, load("debian-12"), complete=True)[0]
    try:
        run(root, "/usr/lib/courier/imapd", "start")
        run(root, "/usr/lib/courier/imapd-ssl", "start")
        return [*starttls_differences(instance.endpoints), *tls_differences(instance.endpoints, folder)]
    finally:
        run(root, "/usr/lib/courier/imapd", "stop")
        run(root, "/usr/lib/courier/imapd-ssl", "stop")


def starttls_differences(endpoints: tuple[Endpoint, ...]) -> list[str]:
    endpoint = at_port(endpoints, PORT)
    if is_open(PORT) != (endpoint is not None):
        return [f"port {PORT}: predicted {endpoint}"]
    if endpoint is None:
        return []
    said = {"starttls": endpoint.tls.value is not TlsMode.NONE, "login": mail.value(endpoint.cleartext_login)}
    seen = before_tls()
    wrong = [] if seen == said else [f"143: seen {seen}, predicted {said}"]
    works = any(handshake(PORT, version) for version in VERSIONS.values())
    if said["starttls"] and not endpoint.client_certificate.holds("required") and works != mail.value(endpoint.tls_works):
        wrong.append(f"143: a handshake works: {works}, predicted {endpoint.tls_works.value} {endpoint.tls_failure}")
    return wrong


def tls_differences(endpoints: tuple[Endpoint, ...], folder: Path) -> list[str]:
    endpoint = at_port(endpoints, SSLPORT)
    assert endpoint is not None
    if not is_open(SSLPORT):
        return ["993 is closed"] if mail.value(endpoint.tls_works) else []
    needed = folder / "rsa.pem" if endpoint.client_certificate.holds("required") else None
    if needed is not None and any(handshake(SSLPORT, version) for version in VERSIONS.values()):
        return ["993: no client certificate is needed"]
    seen = {word for word, version in VERSIONS.items() if handshake(SSLPORT, version, certificate=needed)}
    said = {version.word for version in mail.value(endpoint.versions)}
    if seen != said:
        return [f"993: versions seen {sorted(seen)}, predicted {sorted(said)} {endpoint.tls_failure}"]
    if "TLSv1.2" not in seen or needed is not None:
        return []
    suites = sorted(suites_of_tls12(SSLPORT))
    predicted = sorted(suite.openssl for suite in mail.value(endpoint.cipher_suites) if not suite.is_tls13 and suite.key_exchange != "DHE")
    return [] if suites == predicted else [f"993: suites seen {suites}, predicted {predicted}"]


def test_certificates_that_bear_a_name(root: Path) -> None:
    """TLS_CERTFILE.NAME is presented to who asks for NAME, TLS_CERTFILE to everybody else; names that are none are passed over."""
    folder = root / "etc/courier"
    asked = folder / "rsa.pem.www.example.test"
    try:
        asked.write_bytes((folder / "ecdsa.pem").read_bytes())
        (folder / "rsa.pem.bak").write_bytes(b"")
        (folder / "imapd").write_text(IMAPD)
        (folder / "imapd-ssl").write_text(IMAPD_SSL)
        (root / "run/courier").mkdir(parents=True, exist_ok=True)
        instance = evaluate.instances(
            "/etc/courier/imapd-ssl", Files((str(root),), str(root), (("/", str(root)),)), load("debian-12"), complete=True
        )[0]
        run(root, "/usr/lib/courier/imapd-ssl", "start")
        assert is_open(SSLPORT)
        predicted = {each.name: each.certificates[0].key_type for each in instance.endpoints if each.port.holds(SSLPORT)}
        assert predicted == {f"imaps ({SSLPORT})": "RSA", f"imaps ({SSLPORT}) as www.example.test": "ECDSA"}
        for name, kind in (("", "RSA"), ("www.example.test", "ECDSA"), ("other.example.test", "RSA")):
            assert key_type(name) == kind, name
    finally:
        run(root, "/usr/lib/courier/imapd-ssl", "stop")
        asked.unlink(missing_ok=True)
        (folder / "rsa.pem.bak").unlink(missing_ok=True)


def key_type(name: str) -> str:
    """Of the certificate that is presented to who asks for this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", SSLPORT), 5) as raw, context.wrap_socket(raw, server_hostname=name or None) as tls:
        der = tls.getpeercert(binary_form=True)
    assert der is not None
    return "ECDSA" if isinstance(x509.load_der_x509_certificate(der).public_key(), ec.EllipticCurvePublicKey) else "RSA"
