"""Real slapd 2.4, 2.5 (GnuTLS) and 2.6 (OpenSSL): listeners, StartTLS, versions, suites, client certificates, passwords in the clear.

Each configuration is started on loopback, asked in LDAP and TLS, and held against its prediction. Debian 11's and 13's slapd run in
roots of their own.
"""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, Instance, TlsMode
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.support import mail, roots, world

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("slapd") is None, reason="slapd is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private slapd"),
]

PLAIN, SECURE = 23389, 23636
URLS = f"ldap://127.0.0.1:{PLAIN} ldaps://127.0.0.1:{SECURE}"
ADMIN, PASSWORD = "cn=admin,dc=x", "secret"
STARTTLS_OID = b"1.3.6.1.4.1.1466.20037"
VERSIONS = (
    (ssl.TLSVersion.TLSv1, "TLSv1.0"),
    (ssl.TLSVersion.TLSv1_1, "TLSv1.1"),
    (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
    (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
)
PRIORITIES = (
    *(
        "NORMAL",
        "SECURE128",
        "SECURE256",
        "PFS",
        "LEGACY",
        "PERFORMANCE",
        "SUITEB128",
        "NONE",
        "",
        "HIGH",
        "normal",
        "NORMAL:%SERVER_PRECEDENCE",
    ),
    *(
        "NORMAL:-VERS-ALL:+VERS-TLS1.2",
        "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1",
        "NORMAL:-RSA",
        "SECURE256:-VERS-ALL:+VERS-TLS1.3",
        "NORMAL:+FOO",
    ),
    *("NORMAL:-CIPHER-ALL:+AES-128-GCM", "NORMAL:-VERS-ALL", "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.2:-RSA:-DHE-DSS:%SERVER_PRECEDENCE"),
    *("NORMAL:-MAC-ALL:+SHA1", "NORMAL:-ECDHE-RSA:-DHE-RSA", "NORMAL:-VERS-TLS1.3:-AES-256-GCM:-AES-128-GCM", "NORMAL:!VERS-TLS1.3"),
    *("HIGH:!aNULL", "NORMAL:-GROUP-ALL:+GROUP-X25519", "NORMAL:-SIGN-ALL:+SIGN-RSA-SHA256", "NORMAL: -RSA", "PFS:-3DES-CBC"),
)
STRINGS = (
    *(
        "HIGH",
        "HIGH:!aNULL",
        "NORMAL",
        "SECURE256",
        "DEFAULT@SECLEVEL=0",
        "ALL:@SECLEVEL=0",
        "HIHG",
        "HIGH:HIHG",
        "ECDHE+AESGCM",
        "AES128-SHA",
    ),
    *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:ECDHE+AESGCM", "ECDHE+AESGCM:TLS_AES_128_GCM_SHA256", "kRSA+AESGCM", "HIGH:+SSLv2"),
    *(
        "ECDHE-RSA-AES128-GCM-SHA256,AES128-SHA",
        "TLS_AES_128_GCM_SHA256:HIHG",
        "TLS_AES_128_GCM_SHA256:",
        ":TLS_AES_128_GCM_SHA256",
        "aNULL",
    ),
    *(
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "HIGH:@SECLEVEL=3",
        "HIGH:@FOO",
        "PSK",
        "",
        "tls_aes_128_gcm_sha256",
        "RC4",
    ),
    *("DEFAULT:@SECLEVEL=1", "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.2", "ECDHE+CHACHA20:ECDHE+AES128:RSA+AES", "HIGH MEDIUM", "EECDH:EDH"),
)
SECURITIES = (
    *(
        "security tls=1",
        "security ssf=128",
        "security SSF=1",
        "security simple_bind=128",
        "security update_ssf=128",
        "security update_tls=1",
    ),
    *("security transport=1", "security sasl=1", "security ssf=0", "security tls=1 simple_bind=0", "security ssf=257", "security ssf=256"),
    *("disallow bind_simple", "disallow bind_anon", "disallow tls_2_anon tls_authc", "require authc", "require strong", "require sasl"),
    *("restrict bind", "restrict extended", "restrict extended=1.3.6.1.4.1.1466.20037", "restrict read", "restrict all", "restrict search"),
    "security simple_bind=128\nsecurity update_ssf=1",
)


class Case(NamedTuple):
    """`text` before the database, `inside` in it; `pair` False: no certificate."""

    name: str
    text: str = ""
    inside: str = ""
    pair: bool = True
    urls: str = URLS


class Change(NamedTuple):
    """cn=config with `entry` in it, loaded by slapadd; then `change` by ldapmodify, records separated by an empty line."""

    name: str
    change: str
    entry: str = ""
    pair: bool = True


class Host(NamedTuple):
    """Where a release's slapd runs: `root` is "/" for this machine; `folder` lies in it."""

    target: str
    root: Path
    folder: Path

    def command(self, *words: str) -> list[str]:
        """A command in the root."""
        return list(words) if self.root == Path("/") else ["chroot", str(self.root), *words]

    def inside(self, path: Path) -> str:
        """A path as slapd knows it."""
        return str(path) if self.root == Path("/") else "/" + str(path.relative_to(self.root))


def cases(target: str) -> list[Case]:
    strings = STRINGS if target == "debian-13" else PRIORITIES
    found = [Case(f"ciphers {text}", f'TLSCipherSuite "{text}"') for text in strings]
    found += [Case(f"minimum {text}", f"TLSProtocolMin {text}") for text in ("1.2", "3.3", "3.4", "4", "0", "3", "TLSv1.2", "3.9", "2.0")]
    found += [
        Case(f"minimum {text} at level 0", f"TLSProtocolMin {text}\nTLSCipherSuite ALL:@SECLEVEL=0")
        for text in (("1.2", "3", "3.1", "3.2", "3.3", "3.4", "2.9") if target == "debian-13" else ())
    ]
    found += [
        Case(f"verify {word}", f"TLSVerifyClient {word}") for word in ("never", "0", "1", "2", "3", "4", "allow", "try", "Demand", "on")
    ]
    found += [Case(f"verify {word}, refused", f"TLSVerifyClient {word}") for word in ("required", "optional", "false", "5", "off")]
    found += [Case(line, line) for line in SECURITIES]
    found += [
        Case(f"{line}, inside", inside=line) for line in ("security tls=1", "security ssf=1", "security simple_bind=1", "restrict bind")
    ]
    found += [
        Case("lifted inside", "security simple_bind=1", "security simple_bind=0"),
        Case("no certificate", pair=False),
        Case("ca alone", "TLSCACertificateFile {pki}/ca.pem", pair=False),
        Case("ca folder alone", "TLSCACertificatePath /etc/ssl/certs", pair=False),
        Case("ciphers alone", "TLSCipherSuite HIGH:!aNULL", pair=False),
        Case("certificate alone", "TLSCertificateFile {pki}/rsa.pem", pair=False),
        Case("key alone", "TLSCertificateKeyFile {pki}/rsa.key", pair=False),
        Case("missing certificate", "TLSCertificateFile {pki}/none.pem"),
        Case("missing key", "TLSCertificateKeyFile {pki}/none.key"),
        Case("missing ca", "TLSCACertificateFile {pki}/none.pem"),
        Case("missing ca folder", "TLSCACertificatePath {pki}/none"),
        Case("junk certificate", "TLSCertificateFile {pki}/junk.pem"),
        Case("junk ca", "TLSCACertificateFile {pki}/junk.pem"),
        Case("ecdsa", "TLSCertificateFile {pki}/ecdsa.pem\nTLSCertificateKeyFile {pki}/ecdsa.key"),
        Case("rsa 1024", "TLSCertificateFile {pki}/rsa1024.pem\nTLSCertificateKeyFile {pki}/rsa1024.key"),
        Case("ed25519", "TLSCertificateFile {pki}/ed25519.pem\nTLSCertificateKeyFile {pki}/ed25519.key"),
        Case("dh", "TLSDHParamFile {pki}/dh2048.pem"),
        Case("dh 1024", "TLSDHParamFile {pki}/dh1024.pem"),
        Case("missing dh", "TLSDHParamFile {pki}/none.pem"),
        Case("junk dh", "TLSDHParamFile {pki}/junk.pem"),
        Case("missing crl", "TLSCRLFile {pki}/none.pem"),
        Case("crl of OpenSSL", "TLSCRLCheck whatever"),
        Case("no curves", "TLSECName whatever"),
        Case("one curve", "TLSECName secp384r1"),
        Case("curves", "TLSECName X25519:prime256v1"),
        Case("dh and ciphers", "TLSDHParamFile {pki}/dh2048.pem\nTLSCipherSuite NORMAL"),
        Case("empty certificate", 'TLSCertificateFile ""\nTLSCertificateKeyFile ""'),
        Case("both in one file", "TLSCertificateFile {pki}/both.pem\nTLSCertificateKeyFile {pki}/both.pem"),
        Case("certificate is a folder", "TLSCertificateFile /etc"),
        Case("ca is a folder", "TLSCACertificateFile /etc"),
        Case("ca folder is a file", "TLSCACertificatePath {pki}/ca.pem"),
        Case("ca is a key", "TLSCACertificateFile {pki}/rsa.key"),
        Case("ca is empty", "TLSCACertificateFile {pki}/empty.pem"),
        Case("certificate is empty", "TLSCertificateFile {pki}/empty.pem"),
        Case("no crl in the file", "TLSCRLFile {pki}/ca.pem"),
        Case("dh in the certificate", "TLSDHParamFile {pki}/rsa.pem"),
        Case("monitor", "moduleload back_monitor", "database monitor\nsecurity ssf=1"),
        Case("security in the frontend", "database frontend\nsecurity tls=1"),
        Case("extension", urls=f"ldap://127.0.0.1:{PLAIN}/????x-mod=0777 ldaps://127.0.0.1:{SECURE}"),
        Case("unknown extension", urls=f"ldap://127.0.0.1:{PLAIN}/????x-foo=1"),
        Case("all addresses and one", urls=f"ldap://*:{PLAIN} ldap://127.0.0.1:{PLAIN}"),
        Case("a tab between URLs", urls=f"ldap://127.0.0.1:{PLAIN}\tldaps://127.0.0.1:{SECURE}"),
        Case("only ldaps", urls=f"ldaps://127.0.0.1:{SECURE}"),
        Case("only ldap", urls=f"ldap://127.0.0.1:{PLAIN}"),
        Case("bad scheme", urls=f"imaps://127.0.0.1:{SECURE}"),
        Case("a DN", urls=f"ldap://127.0.0.1:{PLAIN}/dc=x"),
        Case("no port after the colon", urls="ldap://127.0.0.1:"),
        Case("the same port twice", urls=f"ldap://127.0.0.1:{PLAIN} ldaps://127.0.0.1:{PLAIN}"),
        Case("capitals and brackets", urls=f"<LDAP://127.0.0.1:{PLAIN}> LDAPS://127.0.0.1:{SECURE}/"),
    ]
    return found


def changes(target: str) -> list[Change]:
    certificate = "replace: olcTLSCertificateFile\nolcTLSCertificateFile: {pki}/rsa.pem\n"
    key = "replace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: {pki}/rsa.key\n"
    head = "dn: cn=config\nchangetype: modify\n"
    frontend = "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\n"
    database = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\n"
    security = "replace: olcSecurity\nolcSecurity: "
    good, bad = ("SECURE256:-VERS-ALL:+VERS-TLS1.2", "HIGH") if target != "debian-13" else ("ECDHE+AESGCM", "NORMAL")
    return [
        Change("pair together", head + certificate + "-\n" + key, pair=False),
        Change("pair in two records", head + certificate + "\n" + head + key, pair=False),
        Change("key, then certificate", head + key + "\n" + head + certificate, pair=False),
        Change("ca, then pair", head + "add: olcTLSCACertificateFile\nolcTLSCACertificateFile: {pki}/ca.pem\n\n" + head + key, pair=False),
        Change("without changetype", "dn: cn=config\n" + certificate + "-\n" + key, pair=False),
        Change("ciphers", head + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: " + good + "\n"),
        Change("ciphers of the other library", head + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: " + bad + "\n"),
        Change(
            "ciphers of the other library, then security",
            head + "add: olcTLSCipherSuite\nolcTLSCipherSuite: " + bad + "\n\n" + head + security + "tls=1\n",
        ),
        Change("ciphers without a certificate", head + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL\n", pair=False),
        Change("minimum", head + "replace: olcTLSProtocolMin\nolcTLSProtocolMin: TLSv1.2\n"),
        Change("minimum ignored", head + "replace: olcTLSProtocolMin\nolcTLSProtocolMin: 3.3\n"),
        Change("verify", head + "replace: olcTLSVerifyClient\nolcTLSVerifyClient: demand\n"),
        Change("verify refused", head + "replace: olcTLSVerifyClient\nolcTLSVerifyClient: required\n"),
        Change("verify added twice", head + "add: olcTLSVerifyClient\nolcTLSVerifyClient: demand\n", "olcTLSVerifyClient: try\n"),
        Change("pair deleted", head + "delete: olcTLSCertificateFile\n-\ndelete: olcTLSCertificateKeyFile\n"),
        Change("certificate deleted", head + "delete: olcTLSCertificateFile\n"),
        Change("missing file", head + "replace: olcTLSCertificateFile\nolcTLSCertificateFile: {pki}/none.pem\n"),
        Change("missing ca", head + "add: olcTLSCACertificateFile\nolcTLSCACertificateFile: {pki}/none.pem\n"),
        Change("unknown attribute", head + "add: olcTLSProtocolMax\nolcTLSProtocolMax: 3.3\n"),
        Change("security", head + security + "tls=1\n"),
        Change("security in two values", head + "add: olcSecurity\nolcSecurity: ssf=1\nolcSecurity: update_ssf=1\n"),
        Change("security in the frontend", frontend + "add: olcSecurity\nolcSecurity: simple_bind=1\n"),
        Change("security in the database", database + "add: olcSecurity\nolcSecurity: simple_bind=1\n"),
        Change("security refused", head + security + "minssf=1\n"),
        Change("security deleted", head + "delete: olcSecurity\n", "olcSecurity: tls=1\n"),
        Change(
            "one security deleted", head + "delete: olcSecurity\nolcSecurity: tls=1\n", "olcSecurity: tls=1\nolcSecurity: update_ssf=1\n"
        ),
        Change("disallow", head + "add: olcDisallows\nolcDisallows: bind_simple\n"),
        Change("nothing to delete", head + "delete: olcTLSCipherSuite\n\n" + head + security + "tls=1\n"),
        Change("trailing comment", head + "replace: olcTLSVerifyClient\nolcTLSVerifyClient: demand # all\n"),
        Change("refused, then more", head + "add: olcFoo\nolcFoo: 1\n\n" + head + security + "tls=1\n"),
        Change("dh", head + "add: olcTLSDHParamFile\nolcTLSDHParamFile: {pki}/none.pem\n"),
        Change(
            "refused, then mended",
            f"{head}add: olcTLSCipherSuite\nolcTLSCipherSuite: {bad}\n-\nreplace: olcTLSCipherSuite\nolcTLSCipherSuite: {good}\n",
        ),
    ]


def configuration(case: Case, folder: Path, pki: Path, host: Host) -> Path:
    """slapd.conf and the start script below a folder that stands for a host."""
    etc = folder / "etc"
    (etc / "ldap").mkdir(parents=True)
    (etc / "default").mkdir()
    (folder / "db").mkdir()
    keys, here = host.inside(pki), host.inside(folder)
    pair = f"TLSCertificateFile {keys}/rsa.pem\nTLSCertificateKeyFile {keys}/rsa.key\n" if case.pair else ""
    text = f"""include /etc/ldap/schema/core.schema
pidfile {here}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
{pair}{case.text.replace("{pki}", keys)}
database mdb
suffix "dc=x"
rootdn "{ADMIN}"
rootpw {PASSWORD}
directory {here}/db
{case.inside}
"""
    (etc / "ldap" / "slapd.conf").write_text(text)
    (etc / "default" / "slapd").write_text(f"SLAPD_CONF=\nSLAPD_SERVICES='{case.urls}'\n")
    return etc / "ldap" / "slapd.conf"


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if request.param == "debian-12":
        yield Host("debian-12", Path("/"), tmp_path_factory.mktemp("slapd"))
        return
    root = roots.root({"debian-11": "bullseye", "debian-13": "trixie"}[request.param], "slapd", ("slapd", "ldap-utils"))
    folder = root / "tmp" / f"slapd-{os.getpid()}"
    folder.mkdir()
    yield Host(request.param, root, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def pki(host: Host) -> Path:
    folder = host.folder / "pki"
    folder.mkdir()
    for name, kind, bits in (("rsa", "rsa", 2048), ("ecdsa", "ecdsa", 256), ("ed25519", "ed25519", None), ("rsa1024", "rsa", 1024)):
        (folder / f"{name}.pem").write_bytes(world.certificate(kind, bits, "localhost", ("localhost",)))
        (folder / f"{name}.key").write_bytes(world.private_key(kind, bits))
    (folder / "ca.pem").write_bytes(world.certificate("ecdsa", 256, "Lab Root CA", (), is_ca=True))
    (folder / "junk.pem").write_text("not PEM\n")
    (folder / "empty.pem").touch()
    (folder / "both.pem").write_bytes(world.certificate("rsa", 2048, "localhost", ("localhost",)) + world.private_key("rsa", 2048))
    for bits in (1024, 2048):
        (folder / f"dh{bits}.pem").write_bytes(world.dh_parameters(bits))
    return folder


@contextlib.contextmanager
def running(host: Host, arguments: list[str], ports: list[int], log: Path) -> Iterator[bool]:
    """A private slapd; False when it ended by itself."""
    with log.open("wb") as stream:
        process = subprocess.Popen(host.command("slapd", "-d", "none", *arguments), stdout=stream, stderr=stream)
    try:
        for _ in range(500):
            if process.poll() is not None or (ports and all(is_served(port) for port in ports)):
                break
            time.sleep(0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)  # a connection that ends may be the end of slapd
        yield process.poll() is None
    finally:
        process.kill()
        process.wait()


def is_served(port: int) -> bool:
    """Is there somebody who reads what is sent? A port is open for a moment before slapd gives up."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as raw:
        raw.settimeout(2)
        raw.sendall(message(element(0x42, b"")))  # unbind: the connection is closed; in ldaps it is junk, with the same end
        while raw.recv(4096):
            pass
        return True
    return False


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
        return True
    return False


def element(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])) + content


def message(operation: bytes) -> bytes:
    return element(0x30, element(0x02, b"\x01") + operation)


def bind(name: str, password: str) -> bytes:
    return message(element(0x60, element(0x02, b"\x03") + element(0x04, name.encode()) + element(0x80, password.encode())))


def answer(raw: socket.socket, request: bytes) -> int:
    """The result code of one operation; -1 when the connection ends."""
    raw.settimeout(5)
    raw.sendall(request)
    data = raw.recv(4096)
    at = data.find(b"\x0a\x01", 5)
    return data[at + 2] if at != -1 else -1


def handshake(port: int, version: ssl.TLSVersion, ciphers: str = "ALL:COMPLEMENTOFALL", certificate: Path | None = None) -> str | None:
    """The suite agreed on and with it one answer in LDAP; None: no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.set_ciphers(ciphers + ":@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        if certificate is not None:
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the request need not wait for the Finished to be acknowledged
            if port == PLAIN and answer(plain, message(element(0x77, element(0x80, STARTTLS_OID)))) != 0:
                return None
            with context.wrap_socket(plain) as tls:
                chosen = tls.cipher()
                return chosen[0] if chosen and answer(tls, bind("", "")) >= 0 else None
    except (OSError, ssl.SSLError):
        return None


def suites_of_tls12(port: int, certificate: Path | None) -> list[str]:
    """By elimination. Without DHE: GnuTLS wants RFC 7919's groups for it, which this client does not offer in TLS 1.2."""
    found: list[str] = []
    while len(found) < 80:
        left = "ALL:COMPLEMENTOFALL:!kDHE" + "".join(f":!{name}" for name in found)
        chosen = handshake(port, ssl.TLSVersion.TLSv1_2, left, certificate)
        if chosen is None:
            break
        found.append(chosen)
    return found


def predicted(path: Path, host: Host) -> Instance:
    root = str(host.root)
    return evaluate.instances(host.inside(path), Files((root,), root, (("/", root),)), load(host.target), complete=True)[0]


RELEASES = ("debian-11", "debian-12", "debian-13")
EVERY = {"debian-11": 3, "debian-12": 1, "debian-13": 1}
"""2.4 and 2.5 differ in few things, and slaptest sees most of those: one case of three is enough for 2.4."""
CASES = [(target, case) for target in RELEASES for case in cases(target)[:: EVERY[target]]]
CHANGES = [(target, case) for target in RELEASES for case in changes(target)[:: EVERY[target]]]


def name_of(value: object) -> str:
    return value if isinstance(value, str) else getattr(value, "name", "").replace("\n", " ")


@pytest.fixture
def folder(host: Host, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = host.folder / str(abs(hash(request.node.name)))
    path.mkdir()
    yield path
    shutil.rmtree(path)


def differences(instance: Instance, pki: Path) -> Iterator[str]:
    """What both ports do, beside what is predicted of them."""
    by_port = {mail.value(endpoint.port): endpoint for endpoint in instance.endpoints}
    for port in (PLAIN, SECURE):
        if is_open(port) != (port in by_port):
            yield f"{port} is {'open' if is_open(port) else 'closed'}"
        elif port in by_port:
            yield from (f"{port}: {text}" for text in port_differences(by_port[port], port, pki))


def port_differences(endpoint: Endpoint, port: int, pki: Path) -> Iterator[str]:
    if port == PLAIN:
        with socket.create_connection(("127.0.0.1", port), 5) as raw:
            offered = answer(raw, message(element(0x77, element(0x80, STARTTLS_OID)))) == 0
        with socket.create_connection(("127.0.0.1", port), 5) as raw:
            code = answer(raw, bind(ADMIN, PASSWORD))
        mode = TlsMode.NONE if not offered else TlsMode.STARTTLS_REQUIRED if code == 13 else TlsMode.STARTTLS
        if not endpoint.tls.holds(mode):
            yield f"seen {mode}, predicted {endpoint.tls}"
        if not endpoint.cleartext_login.holds(code == 0):
            yield f"simple bind answered {code}, predicted {endpoint.cleartext_login}"
    certificate = pki / "rsa.pem"
    without = {name for version, name in VERSIONS if handshake(port, version)}
    seen = {name for version, name in VERSIONS if handshake(port, version, certificate=certificate)} | without
    said = {version.word for version in mail.value(endpoint.versions)}
    needs = endpoint.client_certificate.holds("required")
    if needs and without:
        yield f"a certificate is needed, and handshakes without one work: {without}"
    if not needs and seen != said:
        yield f"versions seen {sorted(seen)}, predicted {sorted(said)} ({endpoint.tls_failure})"
    if "TLSv1.2" in without:
        suites = suites_of_tls12(port, None)
        expected = [suite.openssl for suite in mail.value(endpoint.cipher_suites) if not suite.is_tls13 and suite.key_exchange != "DHE"]
        if sorted(suites) != sorted(expected):
            yield f"suites seen {suites}, predicted {expected}"
        elif endpoint.server_order.holds(True) and suites != expected:
            yield f"order seen {suites}, predicted {expected}"


@pytest.mark.parametrize(("host", "case"), CASES, indirect=["host"], ids=name_of)
def test_slapd_does_what_is_predicted(host: Host, case: Case, pki: Path, folder: Path) -> None:
    path = configuration(case, folder, pki, host)
    instance = predicted(path, host)
    ports = [port for port in (PLAIN, SECURE) if str(port) in case.urls]
    with running(host, ["-h", case.urls, "-f", host.inside(path)], ports, folder / "log") as alive:
        assert instance.starts.holds(alive), (instance.starts, (folder / "log").read_text()[-500:])
        if alive:
            assert not list(differences(instance, pki))


def in_ldif(case: Change, folder: Path, pki: Path, host: Host) -> Path:
    """config.ldif and change.ldif in a folder of a host."""
    etc = folder / "etc"
    (etc / "ldap").mkdir(parents=True)
    (etc / "default").mkdir()
    (folder / "db").mkdir()
    keys, here = host.inside(pki), host.inside(folder)
    pair = f"olcTLSCertificateFile: {keys}/rsa.pem\nolcTLSCertificateKeyFile: {keys}/rsa.key\n" if case.pair else ""
    text = f"""dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: {here}/slapd.pid
{pair}{case.entry}
dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif

dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcRootDN: cn=admin,cn=config
olcRootPW: kettle

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcSuffix: dc=x
olcRootDN: {ADMIN}
olcRootPW: {PASSWORD}
olcDbDirectory: {here}/db
"""
    (etc / "ldap" / "config.ldif").write_text(text)
    (etc / "ldap" / "tls.ldif").write_text(case.change.replace("{pki}", keys))
    (etc / "default" / "slapd").write_text(f"SLAPD_CONF=\nSLAPD_SERVICES='{URLS}'\n")
    return etc / "ldap" / "config.ldif"


@pytest.mark.parametrize(("host", "case"), CHANGES, indirect=["host"], ids=name_of)
def test_slapd_after_ldapmodify_is_what_is_predicted(host: Host, case: Change, pki: Path, folder: Path) -> None:
    path = in_ldif(case, folder, pki, host)
    (folder / "slapd.d").mkdir()
    tree, socket_path = host.inside(folder / "slapd.d"), host.inside(folder / "ldapi")
    subprocess.run(host.command("slapadd", "-n0", "-F", tree, "-l", host.inside(path)), check=True, capture_output=True)
    instance = predicted(path, host)
    assert instance.starts.holds(True)
    local = "ldapi://" + socket_path.replace("/", "%2F")
    with running(host, ["-h", f"{URLS} {local}", "-F", tree], [PLAIN, SECURE], folder / "log") as alive:
        assert alive, (folder / "log").read_text()[-500:]
        url = f"ldaps://127.0.0.1:{SECURE}" if "olcSecurity" in case.entry else local  # tls=1 shuts ldapi out
        change = host.inside(path.parent / "tls.ldif")
        modify = host.command("ldapmodify", "-x", "-D", "cn=admin,cn=config", "-w", "kettle", "-H", url, "-f", change)
        said = subprocess.run(modify, capture_output=True, text=True, check=False, env={**os.environ, "LDAPTLS_REQCERT": "never"})
        assert not list(differences(instance, pki)), said.stderr


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 120
    assert len(CHANGES) >= 40
