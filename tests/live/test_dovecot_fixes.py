# ruff: noqa: E501 (rows of a table)
"""Weak Dovecot configurations mended with `--fix --unsafe-fixes`: doveconf takes the files, and the running server keeps the promises.

Each configuration has a tree and a server of its own (127.31.0.N); ten run at a time.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from tlslint.cli.commands import cli
from tlslint.files import Files
from tlslint.model import TlsMode
from tlslint.parsers.dovecot import evaluate
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.live import test_dovecot_listeners as listeners
from tests.support import mail, roots, world

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run private dovecots"),
]
AT_A_TIME = 10


class Weak(NamedTuple):
    """What is added to the tree: to the end of conf.d/10-ssl.conf, of dovecot.conf, and in place of the line that names the certificate."""

    ssl: str = ""
    root: str = ""
    certificate: str = "ssl_cert = <{pki}/rsa.pem"
    ending: str = "\n"


WEAK = [
    Weak(),
    *(Weak(f"ssl_min_protocol = {word}") for word in ("TLSv1", "TLSv1.1", "SSLv3", "ANY", "TLSv12", "TLSv1.2 TLSv1.3", "SSLv2", "")),
    *(Weak(f"ssl_protocols = {words}") for words in ("!SSLv2 !SSLv3", "TLSv1 TLSv1.2", "TLSv1.2 TLSv1.3", "!SSLv3")),
    *(
        Weak(f"ssl_cipher_list = {text}")
        for text in (
            *("ALL", "ALL:@SECLEVEL=0", "DEFAULT@SECLEVEL=0", "HIGH:!aNULL", "AES128-SHA", "kRSA+AESGCM", "RC4:3DES:AES128-SHA", "nonsense"),
            *("TLS_AES_128_GCM_SHA256:AES128-SHA", '"ALL:!aNULL"', "HIGH:\\\n  MEDIUM:+AES", "HIGH:!aNULL#strong", "ECDHE+AESGCM:ECDHE+AESGMC"),
            *("ECDHE-RSA-AES256-SHA:ECDHE+AESGCM", "EECDH+CHACHA20:EECDH+AES128", "PSK"),
        )
    ),
    Weak("ssl_cipher_list = ALL:@SECLEVEL=0\nssl_min_protocol = TLSv1\nssl_prefer_server_ciphers = no"),
    Weak("ssl_cipher_list = AES128-SHA:ECDHE+AESGCM\nssl_prefer_server_ciphers = yes"),
    Weak("disable_plaintext_auth = no"),
    Weak("ssl = required\nlogin_trusted_networks = 0.0.0.0/0"),
    Weak("login_trusted_networks = 10.0.0.0/8 0.0.0.0/0\ndisable_plaintext_auth = no"),
    Weak("ssl = no"),
    Weak("ssl = no\ndisable_plaintext_auth = no"),
    Weak("ssl = YES"),
    Weak("ssl = on"),
    Weak("ssl_min_protocoll = TLSv1.2\nssl_cipher_list = ALL"),
    Weak("ssl_dh_parameters_length = 2048\nssl_parameters_regenerate = 168"),
    Weak("ssl_curve_list = X25519:secp224r1\nssl_cipher_list = ALL:@SECLEVEL=0"),
    Weak(certificate="ssl_cert = {pki}/rsa.pem"),
    Weak(certificate="ssl_cert_file = {pki}/rsa.pem"),
    Weak(root="protocol imap {\n  ssl_min_protocol = TLSv1\n  ssl_cipher_list = ALL:@SECLEVEL=0\n}"),
    Weak(root="protocol imap {\n  ssl_min_protocol = TLSv1\n  disable_plaintext_auth = no\n}\nssl_min_protocol = TLSv1.1"),
    Weak(root="local 127.31.0.0/16 {\n\tssl_cipher_list = ALL:@SECLEVEL=0\n\tssl_min_protocol = TLSv1\n}"),
    Weak(root="local 127.31.0.0/16 {\n  protocol imap {\n    ssl_min_protocol = TLSv1\n  }\n}\nssl_cipher_list = ALL:@SECLEVEL=0"),
    Weak(root="auth_mechanisms = plain login cram-md5"),
    Weak("ssl_min_protocol = TLSv1\nssl_cipher_list = ALL:@SECLEVEL=0", ending="\r\n"),
    Weak("ssl_options = no_compression\nssl_cipher_list = $ssl_cipher_list +aNULL"),
    Weak(root="local_name mail.example.test {\n  ssl_min_protocol = TLSv1\n  ssl_cipher_list = ALL:@SECLEVEL=0\n}"),
]  # fmt: skip


WEAK_24 = [
    Weak(certificate=""),
    *(Weak(f"ssl_min_protocol = {word}", certificate="") for word in ("TLSv1", "ANY", "TLSv12", "SSLv3", "TLSv1.2 TLSv1.3")),
    *(Weak(f"ssl_cipher_list = {text}", certificate="") for text in ("ALL", "ALL:@SECLEVEL=0", "HIGH:!aNULL", "AES128-SHA", "nonsense")),
    Weak("ssl_cipher_list = ALL:@SECLEVEL=0\nssl_min_protocol = TLSv1\nssl_server_prefer_ciphers = client", certificate=""),
    Weak("ssl_server {\n  prefer_ciphers = client\n  ssl_min_protocol = TLSv1\n}\nssl_cipher_list = ALL:@SECLEVEL=0", certificate=""),
    Weak("auth_allow_cleartext = yes", certificate=""),
    Weak("login_trusted_networks = 0.0.0.0/0", certificate=""),
    Weak("ssl = no\nauth_allow_cleartext = yes", certificate=""),
    Weak("auth_allow_cleartext = yes\nssl = required", certificate=""),
    Weak("ssl_options = no_compression", certificate=""),
    Weak("ssl_prefer_server_ciphers = yes\ndisable_plaintext_auth = no\nssl_protocols = !SSLv3", certificate=""),
    Weak(root="protocol imap {\n  ssl_min_protocol = TLSv1\n  ssl_cipher_list = ALL:@SECLEVEL=0\n}", certificate=""),
    Weak(root="local 127.31.0.0/16 {\n  ssl_min_protocol = TLSv1\n  ssl_cipher_list = ALL:@SECLEVEL=0\n}", certificate=""),
    Weak(root="service imap-login {\n  ssl_min_protocol = TLSv1\n  ssl_cipher_list = ALL:@SECLEVEL=0\n}", certificate=""),
]
"""The same for 2.4 in a root of Debian 13."""


def address(number: int) -> str:
    return f"127.31.0.{number + 1}"


class Server(NamedTuple):
    """How a release is run: where its files lie, what goes before its programs, its target, and what its texts begin with."""

    root: Path
    command: tuple[str, ...]
    target: str
    head: str
    certificates: str


SERVER_23 = """protocols = imap
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service anvil {
  chroot =
}
"""
SERVER_24 = """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
passdb static {
  password = x
}
userdb static {
  fields {
    uid = 65534
    gid = 65534
    home = /nonexistent
  }
}
"""


def lay(server: Server, number: int, weak: Weak) -> Path:
    """A tree as Debian's: dovecot.conf with conf.d below it. Returns where it lies, as the server sees it."""
    place = f"/tmp/{server.root.name}-fixes/{number}"
    folder = Path(str(server.root) + place) if server.command else server.root / str(number)
    place = place if server.command else str(folder)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "conf.d").mkdir(parents=True)
    (folder / "dovecot.conf").write_text(
        f"""{server.head}base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/dovecot.log
listen = *
service imap-login {{
  inet_listener imap {{
    port = {listeners.IMAP}
  }}
  inet_listener imaps {{
    port = {listeners.IMAPS}
  }}
}}
!include conf.d/*.conf
{weak.root}
"""
    )
    pki = f"{place}/pki"
    certificates = server.certificates.format(certificate=weak.certificate.format(pki=pki), pki=pki)
    text = f"""# SSL/TLS support: yes, no, required.
ssl = yes
{certificates}

# Minimum SSL protocol version to use.
#ssl_min_protocol = TLSv1.2
#ssl_prefer_server_ciphers = no
{weak.ssl}
"""
    (folder / "conf.d/10-ssl.conf").write_bytes(text.replace("\n", weak.ending).encode())
    (folder / "pki").mkdir()
    (folder / "pki/rsa.pem").write_bytes(world.certificate("rsa", 2048, "localhost", ("localhost", "mail.example.test")))
    (folder / "pki/rsa.key").write_bytes(world.private_key("rsa", 2048))
    (folder / "pki/rsa.key").chmod(0o600)
    return Path(place)


def tlslint(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def wait(process: subprocess.Popen[bytes], host: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((host, listeners.IMAP), 1):
            return
        if process.poll() is not None:
            return
        time.sleep(0.05)


@pytest.mark.skipif(shutil.which("dovecot") is None, reason="dovecot is not installed")
def test_every_weak_configuration(tmp_path: Path) -> None:
    """More than forty of 2.3: mended, accepted, and on the wire what was promised."""
    assert len(WEAK) >= 40
    tmp_path.chmod(0o755)
    certificates = "{certificate}\nssl_key = <{pki}/rsa.key"
    held(Server(tmp_path, (), "debian-12", SERVER_23, certificates), WEAK)


def test_weak_configurations_of_24() -> None:
    """The same in the words of 2.4, on Dovecot 2.4 of Debian 13."""
    root = roots.root("trixie", "dovecot", roots.DOVECOT)
    certificates = "ssl_server_cert_file = {pki}/rsa.pem\nssl_server_key_file = {pki}/rsa.key"
    held(Server(root, ("chroot", str(root)), "debian-13", SERVER_24, certificates), WEAK_24)


def held(server: Server, weak: Sequence[Weak]) -> None:
    """Mend every text, ask doveconf, start the servers and hold what they do against what was promised."""
    places = [lay(server, number, each) for number, each in enumerate(weak)]
    wrong = []
    for number, place in enumerate(places):
        path = Path(str(server.root) + str(place)) / "dovecot.conf" if server.command else place / "dovecot.conf"
        options = ("--target", server.target, *(("--root", str(server.root)) if server.command else ()))
        tlslint(*options, "--fix", "--unsafe-fixes", str(path.parent))
        again = tlslint(*options, "--diff", "--unsafe-fixes", str(path.parent))
        if not again.startswith("tlslint: 0 mended"):
            wrong.append(f"{weak[number]}: a second run changes something: {again}")
        command = [*server.command, "doveconf", "-c", f"{place}/dovecot.conf", "-n"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            wrong.append(f"{weak[number]}: doveconf refuses it: {done.stderr[-300:]}")
        # every address while it is mended (what only this machine reaches is not judged), its own while it runs
        path.write_text(path.read_text().replace("listen = *\n", f"listen = {address(number)}\n"))
    for first in range(0, len(places), AT_A_TIME):
        numbers = range(first, min(first + AT_A_TIME, len(places)))
        processes = [
            subprocess.Popen([*server.command, "dovecot", "-F", "-c", f"{places[number]}/dovecot.conf"], stderr=subprocess.DEVNULL)
            for number in numbers
        ]
        try:
            for number, process in zip(numbers, processes, strict=True):
                wait(process, address(number))
                wrong += [f"{weak[number]}: {line}" for line in differences(server, number, places[number])]
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait(10)
    assert not wrong, "\n".join(wrong)


def differences(server: Server, number: int, place: Path) -> list[str]:
    """What is not as mozilla-intermediate wants it, or not as predicted."""
    host = address(number)
    files = mail.below(server.root) if server.command else Files(("/",), "/")
    instance = evaluate.instances(f"{place}/dovecot.conf", files, load(server.target), complete=True)[0]
    imap, imaps = (mail.probed(instance.endpoints, {"address": host, "port": port}) for port in (listeners.IMAP, listeners.IMAPS))
    if imap is None or imaps is None or not imaps.tls.holds(TlsMode.IMPLICIT):
        return [f"a port is not predicted: {instance.endpoints} {instance.problems}"]
    wrong = []
    seen = listeners.before_tls(host, listeners.IMAP)
    if seen["login"] or not seen["starttls"] or not imap.cleartext_login.holds(False) or imap.tls.holds(TlsMode.NONE):
        wrong.append(f"143: {seen}")
    versions = listeners.versions_seen(host, listeners.IMAPS)
    if not versions or not versions <= {"TLSv1.2", "TLSv1.3"} or versions != {version.word for version in mail.value(imaps.versions)}:
        wrong.append(f"versions {sorted(versions)}, predicted {imaps.versions} {imaps.tls_failure}")
    suites = listeners.suites_of_tls12(host)
    profile = load_profile("mozilla-intermediate")
    offered = {suite.openssl: suite for suite in mail.value(imaps.cipher_suites)}
    if set(suites) != {name for name, suite in offered.items() if not suite.is_tls13}:
        wrong.append(f"suites {suites}, predicted {list(offered)}")
    bad = [name for name in suites if name in offered and not profile.allows_suite(offered[name])]
    if bad:
        wrong.append(f"suites outside of the profile: {bad}")
    return wrong
