"""Real Dovecot 2.3: what each port offers to a client from elsewhere equals what is predicted.

One server serves all configurations at once: each has an address of its own (127.1.x.y), and its settings in a `local` filter for it.
The client comes from 127.0.0.2, so that Dovecot does not take it for secure.
"""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, TlsMode
from tlslint.parsers.dovecot import evaluate
from tlslint.targets import load

from tests.support import mail, world

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("dovecot") is None, reason="dovecot is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private dovecot"),
]
IMAP, IMAPS, POP3 = 21143, 21993, 21110
CLIENT = "127.0.0.2"

CIPHERS = (
    "HIGH:!aNULL", "ECDHE+AESGCM", "kRSA+AESGCM", "AES128-SHA", "ALL", "DEFAULT", "ECDHE-RSA-AES128-SHA256:AES256-GCM-SHA384",
    "nonsense", "",
    "HIGH:!kDHE:!aNULL", "EECDH+CHACHA20:EECDH+AES128", "AES256+EECDH", "ALL:!aNULL:@STRENGTH", "ALL:@SECLEVEL=0", "DEFAULT@SECLEVEL=1",
    "HIGH:@SECLEVEL=3", "HIGH:!SSLv3", "TLSv1.2", "aNULL", "eNULL", "RC4:3DES:AES128-SHA", "TLS_AES_128_GCM_SHA256:AES128-SHA",
    "ECDHE-RSA-AES128-GCM-SHA256,AES128-SHA", "CAMELLIA", "ARIA256:AES256-SHA", "ECDHE+AESGCM:!SSLV2:!FOOBAR", "AESCCM", "PSK",
    "-ALL:AES128-SHA", "!ALL",
)  # fmt: skip
MINIMA = (
    "TLSv1",
    "TLSv1.1",
    "TLSv1.2",
    "TLSv1.3",
    "tlsv1.3",
    "ANY",
    "LATEST",
    "SSLv3",
    "SSLv2",
    "TLSv12",
    "",
    "TLSv1.2 TLSv1.3",
    "1.2",
    '"TLSv1.3',
)
CURVES = (
    "X25519",
    "P-256:P-384",
    "secp384r1",
    "X448:P-521",
    "auto",
    "X25519 P-256",
    "prime256v1",
    "brainpoolP256r1",
    "ffdhe2048:X25519",
    "nonsense",
)


class Case(NamedTuple):
    """One configuration: what stands in the filter for its address."""

    name: str
    lines: tuple[str, ...]


def cases() -> list[Case]:
    found = [Case(f"ciphers {text}", (f"ssl_cipher_list = {text}",)) for text in CIPHERS]
    found += [
        Case(f"ciphers at level 0, {text}", (f"ssl_cipher_list = {text}:@SECLEVEL=0", "ssl_min_protocol = TLSv1")) for text in CIPHERS[:4]
    ]
    found += [Case(f"minimum {text}", (f"ssl_min_protocol = {text}",)) for text in MINIMA]
    found += [Case(f"minimum {text}, level 0", (f"ssl_min_protocol = {text}", "ssl_cipher_list = ALL:@SECLEVEL=0")) for text in MINIMA[:8]]
    found += [Case(f"curves {text}", (f"ssl_curve_list = {text}",)) for text in CURVES]
    found += [
        Case(f"protocols {text}", (f"ssl_protocols = {text}",))
        for text in ("!SSLv2 !SSLv3", "TLSv1.2", "!SSLv3 !TLSv1", "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2")
    ]
    for mode in ("yes", "required", "no"):
        for plain in ("yes", "no"):
            for trusted in ("", "0.0.0.0/0", "10.0.0.0/8"):
                lines = (
                    f"ssl = {mode}",
                    f"disable_plaintext_auth = {plain}",
                    *((f"login_trusted_networks = {trusted}",) if trusted else ()),
                )
                found.append(Case(" ".join(lines), lines))
    for kind in ("ecdsa", "ed25519", "rsa1024"):
        found.append(Case(f"certificate {kind}", (f"ssl_cert = <{{pki}}/{kind}.pem", f"ssl_key = <{{pki}}/{kind}.key")))
    found += [
        Case("ecdsa beside rsa", ("ssl_alt_cert = <{pki}/ecdsa.pem", "ssl_alt_key = <{pki}/ecdsa.key")),
        Case("certificate without <", ("ssl_cert = {pki}/rsa.pem",)),
        Case("key without <", ("ssl_key = {pki}/rsa.key",)),
        Case("no certificate", ("ssl_cert =",)),
        Case("certificate that is a key", ("ssl_cert = <{pki}/rsa.key",)),
        Case("dh 2048", ("ssl_dh = <{pki}/dh2048.pem", "ssl_cipher_list = HIGH:!aNULL")),
        Case("dh 1024", ("ssl_dh = <{pki}/dh1024.pem",)),
        Case("dh 1024 at level 0", ("ssl_dh = <{pki}/dh1024.pem", "ssl_cipher_list = ALL:@SECLEVEL=0")),
        Case("dh without <", ("ssl_dh = {pki}/dh2048.pem",)),
        Case("no dh, dhe first, server order", ("ssl_cipher_list = kDHE:kECDHE:!aNULL", "ssl_prefer_server_ciphers = yes")),
        Case("server order", ("ssl_cipher_list = AES128-SHA:ECDHE+AESGCM", "ssl_prefer_server_ciphers = yes")),
        Case("client order", ("ssl_cipher_list = AES128-SHA:ECDHE+AESGCM", "ssl_prefer_server_ciphers = no")),
        Case("client certificates", ("ssl_ca = <{pki}/rsa.pem", "ssl_verify_client_cert = yes")),
        Case("suites of 1.3", ("ssl_cipher_suites = TLS_AES_128_GCM_SHA256",)),
        Case("suites of 1.3 that are none", ("ssl_cipher_suites = nonsense",)),
        Case("no ticket", ("ssl_options = no_ticket",)),
    ]
    return found


def address(number: int) -> str:
    return f"127.1.{number // 200}.{number % 200 + 1}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("dovecot")
    folder.chmod(0o755)
    pki = folder / "pki"
    pki.mkdir()
    for kind, bits in (("rsa", 2048), ("ecdsa", 256), ("ed25519", None)):
        (pki / f"{kind}.pem").write_bytes(world.certificate(kind, bits, "localhost", ("localhost",)))
        (pki / f"{kind}.key").write_bytes(world.private_key(kind, bits))
    (pki / "rsa1024.pem").write_bytes(world.certificate("rsa", 1024, "localhost", ("localhost",)))
    (pki / "rsa1024.key").write_bytes(world.private_key("rsa", 1024))
    for bits in (1024, 2048):
        (pki / f"dh{bits}.pem").write_bytes(world.dh_parameters(bits))
    path = folder / "dovecot.conf"
    path.write_text(text(folder, pki))
    log = (folder / "start.log").open("wb")
    process = subprocess.Popen(["dovecot", "-F", "-c", str(path)], stdout=log, stderr=log)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", IMAP), 1):
                break
            if process.poll() is not None:
                break
            time.sleep(0.05)
        if process.poll() is not None:
            pytest.fail((folder / "start.log").read_text()[-2000:])
        yield path
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def text(folder: Path, pki: Path) -> str:
    head = f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = *
protocols = imap pop3
ssl = yes
ssl_cert = <{pki}/rsa.pem
ssl_key = <{pki}/rsa.key
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {IMAP}
  }}
  inet_listener imaps {{
    port = {IMAPS}
    ssl = yes
  }}
  process_limit = 400
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {POP3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
    blocks = []
    for number, case in enumerate(cases()):
        lines = "\n".join(f"  {line}".replace("{pki}", str(pki)) for line in case.lines)
        blocks.append(f"local {address(number)} {{\n{lines}\n}}\n")
    return head + "".join(blocks)


def connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 5, source_address=(CLIENT, 0))


def versions_seen(host: str, port: int) -> set[str]:
    """Protocol versions with which a handshake and one command come through."""
    found = set()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        # without DH parameters a server that picks DHE breaks off: a client that does not offer it may still come through
        if any(handshake(host, port, ciphers, version, curve) for ciphers in ("ALL", "ALL:!kDHE") for curve in ("", "brainpoolP256r1")):
            found.add({"TLSv1": "TLSv1.0", "TLSv1_1": "TLSv1.1", "TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name])
    return found


def handshake(host: str, port: int, ciphers: str, version: ssl.TLSVersion, curve: str = "") -> str | None:
    """The suite agreed on; None: no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.set_ciphers(ciphers + ":@SECLEVEL=0")
        if curve:
            context.set_ecdh_curve(curve)
        context.minimum_version = context.maximum_version = version
        with connect(host, port) as raw, context.wrap_socket(raw) as tls:
            tls.settimeout(5)
            if not tls.recv(4):
                return None
            chosen = tls.cipher()
            return chosen[0] if chosen else None
    except (OSError, ssl.SSLError):
        return None


def suites_of_tls12(host: str) -> list[str]:
    """TLS 1.2 suites by elimination: each one the server picks is taken away and the question asked again; DHE apart."""
    found: list[str] = []
    for kind in ("ALL:COMPLEMENTOFALL:!kDHE", "kDHE"):
        while len(found) < 80:
            left = kind + "".join(f":!{name}" for name in found)
            chosen = handshake(host, IMAPS, left, ssl.TLSVersion.TLSv1_2) or handshake(
                host, IMAPS, left, ssl.TLSVersion.TLSv1_2, "brainpoolP256r1"
            )
            if chosen is None:
                break
            found.append(chosen)
    return found


def before_tls(host: str, port: int) -> dict[str, Any]:
    """What an IMAP or POP3 port says and takes without TLS."""
    with connect(host, port) as raw:
        raw.settimeout(5)
        stream = raw.makefile("rwb")
        stream.readline()
        if port == POP3:
            stream.write(b"CAPA\r\n")
            stream.flush()
            said = b"".join(iter(stream.readline, b".\r\n"))
            stream.write(b"USER x\r\n")
            stream.flush()
            reply = stream.readline()
            return {"starttls": b"STLS" in said, "login": reply.startswith(b"+OK")}
        stream.write(b"a CAPABILITY\r\n")
        stream.flush()
        said = stream.readline() + stream.readline()
        stream.write(b"b LOGIN x y\r\n")
        stream.flush()
        reply = b""
        while not reply.startswith(b"b "):
            reply = stream.readline()
            if not reply:
                break
        return {
            "starttls": b"STARTTLS" in said,
            "login": b"PRIVACYREQUIRED" not in reply and b"CLIENTBUG" not in reply,
            "disabled": b"LOGINDISABLED" in said,
        }


def predicted(endpoints: tuple[Endpoint, ...], host: str, port: int) -> Endpoint:
    found = mail.probed(endpoints, {"address": host, "port": port})
    assert found is not None, (host, port)
    return found


def test_every_configuration(server: Path) -> None:
    """More than a hundred configurations: modes, cleartext logins, versions, suites, handshakes that fail."""
    instance = evaluate.instances(str(server), Files(("/",), "/"), load("debian-12"), complete=True)[0]
    assert instance.starts.holds(True), instance.problems
    every = cases()
    assert len(every) >= 100
    wrong = []
    for number, case in enumerate(every):
        host = address(number)
        imap, imaps, pop3 = (predicted(instance.endpoints, host, port) for port in (IMAP, IMAPS, POP3))
        for endpoint, port in ((imap, IMAP), (pop3, POP3)):
            seen = before_tls(host, port)
            said = {"starttls": endpoint.tls.value is not TlsMode.NONE, "login": mail.value(endpoint.cleartext_login)}
            if port == IMAP:  # LOGINDISABLED among the capabilities
                said["disabled"] = not said["login"]
            if {name: seen[name] for name in said} != said:
                wrong.append(f"{case.name}: {endpoint.name} seen {seen}, predicted {said}")
        seen_versions = versions_seen(host, IMAPS)
        if seen_versions != {version.word for version in mail.value(imaps.versions)}:
            wrong.append(f"{case.name}: versions seen {sorted(seen_versions)}, predicted {mail.value(imaps.versions)} {imaps.tls_failure}")
        if "TLSv1.2" in seen_versions:
            offered = [suite for suite in mail.value(imaps.cipher_suites) if not suite.is_tls13]
            seen_suites = suites_of_tls12(host)
            if sorted(seen_suites) != sorted(suite.openssl for suite in offered):
                wrong.append(f"{case.name}: suites seen {seen_suites}, predicted {[suite.openssl for suite in offered]}")
            elif (
                imaps.server_order.holds(True)
                and not any("DHE-" in name and "ECDHE" not in name for name in seen_suites)
                and seen_suites != [suite.openssl for suite in offered]
            ):
                wrong.append(f"{case.name}: order seen {seen_suites}")
    assert not wrong, "\n".join(wrong)
