"""Real Dovecot as a client: what it says to the server that holds its mail (imapc) is what is predicted.

doveadm opens the connection as imap does; the other side reads the greeting or the ClientHello and hangs up.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, Role, TlsMode
from tlslint.model.versions import TLS12
from tlslint.parsers.dovecot import evaluate
from tlslint.targets import load

from tests.support import hello
from tests.support.hello import Hello

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("doveadm") is None, reason="dovecot is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which doveadm gives up for the user whose mail it reads"),
]
MAIN = """base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
mail_location = imapc:{folder}/mail
mail_uid = nobody
mail_gid = nogroup
first_valid_gid = 0
imapc_host = 127.0.0.1
imapc_port = {port}
imapc_user = u
imapc_password = p
ssl_client_ca_file = /etc/ssl/certs/ca-certificates.crt
"""
CASES = (
    "imapc_ssl = no",
    "imapc_ssl = starttls",
    "imapc_ssl = imaps",
    "imapc_ssl = imaps\nssl_min_protocol = TLSv1.3",
    "imapc_ssl = imaps\nssl_min_protocol = ANY",
    "imapc_ssl = imaps\nssl_min_protocol = TLSv1\nssl_cipher_list = ALL:@SECLEVEL=0",
    "imapc_ssl = imaps\nssl_min_protocol = TLSv12",
    "imapc_ssl = imaps\nssl_cipher_list = ECDHE+AESGCM\nssl_curve_list = P-384:X25519",
    "imapc_ssl = starttls\nssl_cipher_list = kRSA+AESGCM:aNULL",
    "imapc_ssl = imaps\nssl_cipher_list = nonsense",
    "imapc_ssl = imaps\nssl_cipher_suites = TLS_AES_128_GCM_SHA256",
    "imapc_ssl = imaps\nssl_curve_list = nonsense",
)
PATIENCE = 20
"""Seconds; a connection takes some tenths."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tlslint-dovecot-") as made:
        Path(made).chmod(0o777)
        yield Path(made)


def heard(folder: Path, text: str) -> tuple[str, Hello | None]:
    """How TLS begins (`none`: the password comes first; "": no word at all), and the ClientHello."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        path = folder / "dovecot.conf"
        path.write_text(MAIN.format(folder=folder, port=listener.getsockname()[1]) + text + "\n")
        environment = {**os.environ, "USER": "u", "HOME": str(folder)}
        client = subprocess.Popen(
            ["doveadm", "-c", str(path), "mailbox", "list"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        try:
            with listener.accept()[0] as peer:
                peer.settimeout(PATIENCE)
                if "imaps" in text:
                    said = hello.offered(peer)
                    return ("implicit" if said else ""), said
                return _greeted(peer)
        finally:
            client.kill()
            client.wait()


def _greeted(peer: socket.socket) -> tuple[str, Hello | None]:
    peer.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n")
    with contextlib.suppress(OSError):
        while line := peer.recv(4096):
            tag, _, command = line.partition(b" ")
            if command.upper().startswith(b"STARTTLS"):
                peer.sendall(tag + b" OK begin\r\n")
                return "starttls-required", hello.offered(peer)
            if command.upper().startswith((b"LOGIN", b"AUTHENTICATE")):
                return "none", None
            peer.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n" + tag + b" OK done\r\n")
    return "", None


def predicted(folder: Path) -> Endpoint:
    files = Files((str(folder),), str(folder), (("/etc/dovecot", str(folder)),))
    (instance,) = evaluate.instances("/etc/dovecot/dovecot.conf", files, load("debian-12"), complete=True)
    (endpoint,) = [each for each in instance.endpoints if each.role is Role.CLIENT]
    return endpoint


@pytest.mark.parametrize("text", CASES)
def test_connection_to_the_server_that_holds_the_mail(text: str, folder: Path) -> None:
    mode, said = heard(folder, text)
    endpoint = predicted(folder)
    assert endpoint.cleartext_login.holds(mode == "none")
    if mode == "none":
        assert endpoint.tls.holds(TlsMode.NONE)
        return
    assert endpoint.tls_works.holds(said is not None)
    if said is None:
        return
    assert endpoint.tls.holds(TlsMode(mode))
    # from level 1 on OpenSSL 3 offers TLS 1.0 and 1.1 where they are asked for, and completes neither
    assert {each for each in said.versions if each >= TLS12 or "SECLEVEL=0" in text} == endpoint.versions.surely
    assert said.suites == tuple(suite.code for suite in endpoint.cipher_suites.surely)
    assert said.groups == tuple(group.code for group in endpoint.groups.surely or ())
