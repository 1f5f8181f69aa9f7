"""Generated virtual hosts on this machine's httpd: what is predicted for each name, held against real handshakes.

Several configurations share one httpd, each on ports of its own. Compared per SNI name: is TLS spoken, which versions complete a handshake,
the suites of TLS 1.2 in the order in which they are chosen, who decides on that order, groups, session tickets, the certificate.
Configurations that are predicted to be refused are started one by one and must not come up.
"""

import functools
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, Instance, Role, TlsMode
from tlslint.model.versions import TLS11, TLS12
from tlslint.parsers.apache import evaluate
from tlslint.targets import load

from tests.support.world import certificate, private_key

# ruff: noqa: E501 (configurations in one line)

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
TARGET = "debian-12"


def _is_debian_12() -> bool:
    try:
        return "bookworm" in Path("/etc/os-release").read_text() and MODULES.is_dir() and os.access(HTTPD, os.X_OK)
    except OSError:
        return False


pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not _is_debian_12(), reason="needs the apache2 of Debian 12, which the predictions are for"),
]

warnings.filterwarnings("ignore", category=DeprecationWarning, module="tests.live")

BASE = """ServerRoot {root}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule macro_module {modules}/mod_macro.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule ssl_module {modules}/mod_ssl.so
User www-data
Group www-data
ServerName main.example.test
DefaultRuntimeDir {root}
PidFile {root}/pid
ErrorLog {root}/error.log
Mutex sem
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
<Directory />
Require all granted
</Directory>
DocumentRoot {root}/htdocs
"""


class Case(NamedTuple):
    """One configuration. `$P`, `$Q`: its ports; `$C(www-rsa)`: certificate and key lines."""

    name: str
    text: str
    before: str = ""


# Hand-written: one idea each.

WRITTEN = [
    Case("auto-enable only on 443", "Listen 127.0.0.1:$P\n<VirtualHost 127.0.0.1:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen with protocol https", "Listen 127.0.0.1:$P https\n<VirtualHost 127.0.0.1:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen https, wildcard vhost", "Listen 127.0.0.1:$P https\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen wildcard https", "Listen $P https\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen wildcard https, IPv6 wildcard", "Listen [::]:$P https\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen 0.0.0.0 https", "Listen 0.0.0.0:$P https\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen 0.0.0.0 https, same vhost", "Listen 0.0.0.0:$P https\n<VirtualHost 0.0.0.0:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen wildcard, vhost 0.0.0.0", "Listen $P https\n<VirtualHost 0.0.0.0:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("Listen wildcard, vhost [::]", "Listen $P https\n<VirtualHost [::]:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("vhost with mapped address", "Listen 127.0.0.1:$P https\n<VirtualHost [::ffff:127.0.0.1]:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("two Listen, one within the other", "Listen $P\nListen 127.0.0.1:$P"),
    Case("two Listen, wildcards", "Listen $P\nListen [::]:$P"),
    Case("two Listen, both families", "Listen 0.0.0.0:$P\nListen [::]:$P"),
    Case("two Listen, apart", "Listen 127.0.0.1:$P\nListen 127.0.0.2:$P"),
    Case("first vhost without a version", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n"
         "SSLOpenSSLConfCmd MinProtocol TLSv1.3\n</VirtualHost>\n<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n"
         "</VirtualHost>"),
    Case("first vhost held back by the level", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.1\n"
         "</VirtualHost>\n<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>"),
    Case("default keyword", "Listen $P https\n<VirtualHost _default_:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("https without certificate", "Listen $P https\n<VirtualHost *:$P>\nServerName a.test\n</VirtualHost>"),
    Case("https, engine off", "Listen $P https\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine off\n$C(a-rsa)</VirtualHost>"),
    Case("Protocol https", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nProtocol https\n$C(a-rsa)</VirtualHost>"),
    Case("Protocol http on https", "Listen $P https\n<VirtualHost *:$P>\nServerName a.test\nProtocol http\n$C(a-rsa)</VirtualHost>"),
    Case("two ports, plain first", "Listen $P\nListen $Q https\n<VirtualHost *:$P *:$Q>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("two ports, https first", "Listen $P\nListen $Q https\n<VirtualHost *:$Q *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>"),
    Case("any port", "Listen $P\n<VirtualHost *:*>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>", "own any alone"),
    Case("any port of one address", "Listen 127.0.0.1:$P\n<VirtualHost 127.0.0.1>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>", "own ip"),
    Case(
        "a port beats any port of one address",
        "Listen 127.0.0.1:$P\n<VirtualHost 127.0.0.1>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>",
        "own ip port",
    ),
    Case(
        "a port beats any port",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>",
    ),
    Case(
        "address beats wildcard for plain too",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>\n<VirtualHost 127.0.0.1:$P>\nServerName b.test\n"
        "</VirtualHost>",
    ),
    Case(
        "plain first vhost",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\n</VirtualHost>\n<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)"
        "</VirtualHost>",
    ),
    Case(
        "plain second vhost",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
        "<VirtualHost *:$P>\nServerName b.test\nSSLProtocol TLSv1.3\n</VirtualHost>",
    ),
    Case("engine optional", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)SSLEngine optional\n</VirtualHost>"),
    Case("engine on, then optional", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)SSLEngine on\nSSLEngine optional\n</VirtualHost>"),
    Case("engine optional, then on", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)SSLEngine optional\nSSLEngine on\n</VirtualHost>"),
    Case("localhost by name", "Listen localhost:$P\n<VirtualHost localhost:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>"),
    Case("main server plain", "Listen $P"),
    Case(
        "alias with wildcard shadows",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nServerAlias *.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
        "<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>",
    ),
    Case(
        "alias upper case",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
        "<VirtualHost *:$P>\nServerName x.test\nServerAlias B.TEST c.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>",
    ),
    Case("empty second word", 'Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLCipherSuite HIGH ""\n</VirtualHost>'),
    Case("SSL slot by name", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLCipherSuite SSL AES128-SHA\n</VirtualHost>"),
    Case("flag with more words", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLHonorCipherOrder on off # x\n</VirtualHost>"),
    Case(
        "macro",
        "<Macro m$P $host $set>\n<VirtualHost *:$P>\nServerName $host\nSSLEngine on\n$C(a-rsa)SSLProtocol $set\n</VirtualHost>\n</Macro>\n"
        'Listen $P\nUse m$P a.test "all -TLSv1.3"\nUse m$P b.test TLSv1.3',
    ),
    Case("three certificates", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)$C(a-ec)$C(a-ed)</VirtualHost>"),
    Case("two of one type", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(b-rsa)$C(a-rsa)</VirtualHost>"),
    Case("curve in the certificate file", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(curve)</VirtualHost>"),
    Case("key in the certificate file", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\nSSLCertificateFile $R/combo.pem\n</VirtualHost>"),
    Case(
        "curve of the first vhost only",
        "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(curve)</VirtualHost>\n"
        "<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)</VirtualHost>",
    ),
    Case("tls13 list empty", 'Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLOpenSSLConfCmd Ciphersuites ""\n</VirtualHost>'),
    Case("min none", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.3\nSSLOpenSSLConfCmd MinProtocol None\n"
         "SSLCipherSuite ALL:@SECLEVEL=0\n</VirtualHost>"),
    Case("max below min", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.3\nSSLOpenSSLConfCmd MaxProtocol TLSv1.2\n"
         "</VirtualHost>"),
    Case("sigalgs without PSS", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLOpenSSLConfCmd SignatureAlgorithms RSA+SHA256\n"
         "</VirtualHost>"),
    Case("level of the first stays in ConfCmd", "Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol all\n"
         "SSLCipherSuite ALL:@SECLEVEL=0\nSSLOpenSSLConfCmd CipherString HIGH\n</VirtualHost>"),
    Case("ConfCmd in the main server", "SSLOpenSSLConfCmd Groups P-384\nListen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>",
         before="own"),
    Case("main server with TLS", "Listen $P\nSSLEngine on\n$C(a-rsa)", before="own main"),
    Case("global Protocol https", "Protocol https\nListen $P\n<VirtualHost *:$P>\nServerName a.test\n$C(a-rsa)</VirtualHost>", before="own protocol"),
    Case("port of the main ServerName", "ServerName main.example.test:$P\nListen $P\nListen $Q\n<VirtualHost *>\nServerName a.test\nSSLEngine on\n$C(a-rsa)"
         "</VirtualHost>", before="own port"),
    Case("any port before a port", "Listen $P\nListen $Q\n<VirtualHost *:*>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>\n"
         "<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>", before="own any"),
    Case("any port after a port", "Listen $P\nListen $Q\n<VirtualHost *:$P>\nServerName b.test\nSSLEngine on\n$C(b-rsa)SSLProtocol TLSv1.3\n</VirtualHost>\n"
         "<VirtualHost *:*>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol TLSv1.2\n</VirtualHost>", before="own any after"),
]  # fmt: skip

MAIN = {
    "": "",
    "wide": "SSLProtocol all\nSSLCipherSuite ALL:@SECLEVEL=0\n",
    "ordered": "SSLHonorCipherOrder on\nSSLSessionTickets off\nSSLProtocol all -TLSv1.3\n",
    "narrow": "SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite ECDHE+AESGCM:AES128-SHA256\nSSLCertificateFile {root}/b-ec.pem\n"
    "SSLCertificateKeyFile {root}/b-ec.key\n",
    "commands": "SSLOpenSSLConfCmd Groups X25519:P-256\nSSLOpenSSLConfCmd Options -SessionTicket\n",
}

_WORDS = ["all", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "-SSLv3", "-SSLv2"]


def protocol_words(rng: random.Random) -> str:
    """A list as people write it, and as they do not."""
    words = []
    for _ in range(rng.randint(1, 5)):
        word = rng.choice(_WORDS)
        words.append(word if word.startswith("-") else rng.choice(["", "+", "-", "+"]) + word)
    if rng.random() < 0.3:
        words = [word.upper() if rng.random() < 0.5 else word for word in words]
    return " ".join(words)


_CIPHERS = [
    "HIGH",
    "ECDHE+AESGCM:DHE+AESGCM",
    "AES256-SHA:AES128-SHA:@SECLEVEL=0",
    "DEFAULT:!DHE",
    "ALL:@SECLEVEL=0",
    "ALL:@SECLEVEL=1",
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA256",
    "CHACHA20:AESCCM",
    "aECDSA:AES128-GCM-SHA256",
    "HIGH:@SECLEVEL=3",
    "@STRENGTH:HIGH:@STRENGTH",
]
_COMMANDS = [
    "Groups P-384",
    "Curves X25519:P-521",
    "ECDHParameters P-256",
    "MinProtocol TLSv1.2",
    "MinProtocol TLSv1.3",
    "MinProtocol SSLv3",
    "MaxProtocol TLSv1.2",
    "MaxProtocol None",
    'Protocol "-TLSv1.2"',
    "Protocol -ALL,TLSv1.3",
    "Protocol ALL",
    "Options -SessionTicket",
    "Options SessionTicket",
    "Options ServerPreference",
    "Options -ServerPreference",
    "CipherString AES128-GCM-SHA256:ECDHE",
    "CipherString ALL@SECLEVEL=0",
    "Ciphersuites TLS_AES_128_GCM_SHA256",
    "SignatureAlgorithms ECDSA+SHA256:RSA-PSS+SHA256",
    "SignatureAlgorithms RSA+SHA256",
]


def virtual_host(rng: random.Random, name: str) -> str:
    """A virtual host with a few settings drawn at random."""
    lines = [f"ServerName {name}.test", "SSLEngine on", *rng.sample([f"$C({name}-rsa)", f"$C({name}-ec)"], rng.choice([1, 1, 2]))]
    if rng.random() < 0.6:
        lines.append(f"SSLProtocol {rng.choice(['all', '-all +TLSv1.2', 'TLSv1.3', 'all -TLSv1.3', 'all -TLSv1.2', '+TLSv1.1 +TLSv1.2'])}")
    if rng.random() < 0.6:
        lines.append(f"SSLCipherSuite {rng.choice(_CIPHERS)}")
    if rng.random() < 0.2:
        lines.append("SSLCipherSuite TLSv1.3 TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256")
    flags = ("SSLHonorCipherOrder", "SSLSessionTickets", "SSLInsecureRenegotiation")
    lines += [f"{flag} {rng.choice(['on', 'off'])}" for flag in flags if rng.random() < 0.35]
    lines += [f"SSLOpenSSLConfCmd {command}" for command in rng.sample(_COMMANDS, rng.choice([0, 0, 1, 1, 2]))]
    body = "\n".join(line.removesuffix("\n") for line in lines)
    return f"<VirtualHost *:$P>\n{body}\n</VirtualHost>"


@functools.cache
def cases() -> tuple[Case, ...]:
    rng = random.Random(20261124)
    found = list(WRITTEN)
    for number in range(45):
        words = protocol_words(rng)
        text = f"Listen $P\n<VirtualHost *:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)SSLProtocol {words}\nSSLCipherSuite ALL:@SECLEVEL=0\n</VirtualHost>"
        found.append(Case(f"SSLProtocol {number}: {words}", text))
    for number in range(75):
        before = rng.choice(list(MAIN))
        hosts = "\n".join(virtual_host(rng, name) for name in "abc"[: rng.choice([1, 2, 2, 3])])
        found.append(Case(f"hosts {number} {before}", f"Listen $P\n{hosts}", before))
    return tuple(found)


def expanded(text: str, root: Path, ports: tuple[int, int]) -> str:
    text = text.replace("$P", str(ports[0])).replace("$Q", str(ports[1])).replace("$R", str(root))
    while "$C(" in text:
        head, _, rest = text.partition("$C(")
        name, _, tail = rest.partition(")")
        text = f"{head}SSLCertificateFile {root}/{name}.pem\nSSLCertificateKeyFile {root}/{name}.key\n{tail}"
    return text


def predict(root: Path) -> Instance:
    files = Files((str(root),), str(root))
    (instance,) = evaluate.instances(f"{root}/apache2.conf", files, load(TARGET), complete=True)
    return instance


def free_ports(count: int) -> list[int]:
    """Ports nobody has, below those the system gives to clients (32768 and up), where other tests' connections come and go."""
    found: list[int] = []
    for port in random.sample(range(12000, 32000), 20000):
        with socket.socket(socket.AF_INET6) as tried:
            try:
                tried.bind(("::", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found


def lay_certificates(root: Path) -> None:
    for letter in "abc":
        for kind, short in (("rsa", "rsa"), ("ecdsa", "ec"), ("ed25519", "ed")):
            (root / f"{letter}-{short}.pem").write_bytes(certificate(kind, None, f"{letter}-{short}.test", (f"{letter}.test",)))
            (root / f"{letter}-{short}.key").write_bytes(private_key(kind, None))
    parameters = b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n"
    (root / "curve.pem").write_bytes((root / "a-rsa.pem").read_bytes() + parameters)
    (root / "curve.key").write_bytes((root / "a-rsa.key").read_bytes())
    (root / "combo.pem").write_bytes((root / "a-rsa.key").read_bytes() + (root / "a-rsa.pem").read_bytes())
    (root / "empty.pem").write_bytes(b"")
    (root / "text.pem").write_bytes(b"no certificate\n")


class Running(NamedTuple):
    instance: Instance
    root: Path


class Launcher:
    """Each batch in a process of its own, started when its first case is asked for, stopped at the end."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._scratch = new_root(factory)
        self._started: dict[str, tuple[Running, subprocess.Popen[bytes]]] = {}
        every = cases()
        ports = free_ports(2 * len(every))
        self.ports = {case.name: (ports[2 * index], ports[2 * index + 1]) for index, case in enumerate(every)}
        self._starts: dict[str, bool] = {}

    def starts(self, case: Case) -> bool:
        """Is the case predicted to start?"""
        if case.name not in self._starts:
            write(self._scratch, self.text(case, self._scratch))
            self._starts[case.name] = bool(predict(self._scratch).starts.holds(True))
        return self._starts[case.name]

    def text(self, case: Case, root: Path, *, main: bool = True) -> str:
        before = MAIN.get(case.before, "").format(root=root) if main else ""
        return before + expanded(case.text, root, self.ports[case.name])

    def run(self, case: Case) -> Running:
        if case.before not in self._started:
            batch = [other for other in cases() if other.before == case.before and self.starts(other)]
            main = MAIN.get(case.before, "")
            process, complaint = None, "Address already in use"
            for _ in range(3):
                if process is None and "Address already in use" in complaint:
                    root = new_root(self._factory)
                    lines = "\n".join(self.text(other, root, main=False) for other in batch)
                    process, complaint = start(root, main.format(root=root) + lines)
                    if process is None:
                        fresh = free_ports(2 * len(batch))
                        self.ports.update({other.name: (fresh[2 * at], fresh[2 * at + 1]) for at, other in enumerate(batch)})
            assert process is not None, complaint
            self._started[case.before] = (Running(predict(root), root), process)
        return self._started[case.before][0]

    def alone(self, case: Case) -> bool:
        """Does httpd come up with this case alone?"""
        root = new_root(self._factory)
        process, _ = start(root, self.text(case, root))
        if process is not None:
            stop(process)
        return process is not None

    def stop(self) -> None:
        for _, process in self._started.values():
            stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    found = Launcher(tmp_path_factory)
    yield found
    found.stop()


def new_root(factory: pytest.TempPathFactory) -> Path:
    root = factory.mktemp("httpd")
    (root / "htdocs").mkdir()
    lay_certificates(root)
    return root


def write(root: Path, text: str) -> Path:
    config = root / "apache2.conf"
    config.write_text(BASE.format(root=root, modules=MODULES) + text)
    return config


def start(root: Path, text: str) -> "tuple[subprocess.Popen[bytes] | None, str]":
    """httpd in the foreground once it is up; None and its complaint when it ended by itself."""
    config = write(root, text)
    output = root / "stderr"
    with output.open("wb") as errors:
        process = subprocess.Popen([HTTPD, "-f", str(config), "-DFOREGROUND"], stdout=subprocess.DEVNULL, stderr=errors)
    log = root / "error.log"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return None, output.read_text(errors="replace") + (log.read_text(errors="replace") if log.exists() else "")
        if log.exists() and "resuming normal operations" in log.read_text(errors="replace"):
            return process, ""
        time.sleep(0.02)
    process.kill()
    return None, "httpd did not come up in time"


# Handshakes

_PYTHON = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


class Handshake(NamedTuple):
    suite: str
    certificate: bytes
    ticket: bool


def shake(port: int, name: str | None, version: str, ciphers: str = "ALL:COMPLEMENTOFALL", curve: str = "") -> Handshake | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = _PYTHON[version]
    try:
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    except ssl.SSLError:
        return None
    if curve:
        context.set_ecdh_curve(curve)
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
            found = tls.cipher()
            session = tls.session
            return Handshake(found[0] if found else "", tls.getpeercert(True) or b"", bool(session and session.has_ticket))
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError, OSError):
        return None


def suites_in_order(port: int, name: str | None, offered: list[str], version: str = "TLSv1.2") -> list[str]:
    """Suites one after another, each left out once it was chosen."""
    left = list(offered)
    found = []
    while left:
        answer = shake(port, name, version, ":".join(left))
        if answer is None:
            # A suite may be chosen and then break off (DHE with parameters of a curve): go on without its kind.
            rest = [suite for suite in left if not suite.startswith("DHE-")]
            if rest == left:
                break
            left = rest
            continue
        found.append(answer.suite)
        left.remove(answer.suite)
    return found


def client_suites() -> list[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return sorted(row["name"] for row in context.get_ciphers() if row["protocol"] != "TLSv1.3")


def endpoint_for(instance: Instance, port: int, name: str | None) -> Endpoint | None:
    here = [one for one in instance.endpoints if one.role is Role.SERVER and one.port.holds(port)]
    exact = [one for one in here if one.address.holds("127.0.0.1")] or here
    for one in exact:
        for known in one.server_names.surely or ():
            if name and (known.lower() == name or (known.startswith("*.") and name.endswith(known[1:].lower()))):
                return one
    return exact[0] if exact else None


def compare(endpoint: Endpoint, port: int, name: str | None) -> list[str]:
    """Differences between prediction and handshakes."""
    versions = {word for word in _PYTHON if shake(port, name, word) is not None}
    if endpoint.tls.holds(TlsMode.NONE):
        return [f"{name}: plain predicted, {versions} answered"] if versions else []
    wrong = []
    predicted = {version.word for version in endpoint.versions.surely}
    if versions != predicted:
        wrong.append(f"{name}: versions {sorted(versions)}, predicted {sorted(predicted)}")
    if bool(versions) != endpoint.tls_works.surely:
        wrong.append(f"{name}: works {bool(versions)}, predicted {endpoint.tls_works}")
    if wrong or not versions:
        return wrong
    if "TLSv1.2" in versions:
        wrong += _compare_tls12(endpoint, port, name)
    version = max(versions)
    if version >= "TLSv1.2" and endpoint.groups.surely:
        for group, spelt in (("secp256r1", "prime256v1"), ("secp384r1", "secp384r1"), ("secp521r1", "secp521r1")):
            ciphers = "ALL:COMPLEMENTOFALL" if version == "TLSv1.3" else "kECDHE"
            answers = shake(port, name, version, ciphers, spelt) is not None
            if answers != (group in {one.iana for one in endpoint.groups.surely}):
                if version == "TLSv1.2" and _needs_certificate_curve(endpoint):
                    continue
                wrong.append(f"{name}: group {group} {'answers' if answers else 'does not'} in {version}")
    return wrong


def _needs_certificate_curve(endpoint: Endpoint) -> bool:
    """A client of TLS 1.2 with one curve that is not the ECDSA certificate's cannot use that certificate (RFC 8422 section 5.1)."""
    return any(one.key_type == "ECDSA" for one in endpoint.certificates)


def _compare_tls12(endpoint: Endpoint, port: int, name: str | None) -> list[str]:
    wrong = []
    expected = [suite.openssl for suite in endpoint.cipher_suites.surely if suite.first <= TLS12 <= suite.last]
    offered = client_suites()
    met = suites_in_order(port, name, offered)
    by_client = [suite for suite in offered if suite in expected]
    if set(met) < set(expected) and TLS11 in endpoint.versions.surely:
        # Some suites are for TLS 1.1 and below only, where no signature algorithm is asked for.
        older = suites_in_order(port, name, offered, "TLSv1.1")
        expected = [suite for suite in expected if suite in met or suite not in older]
        by_client = [suite for suite in offered if suite in expected]
    if set(met) != set(expected):
        wrong.append(f"{name}: suites missing {set(met) - set(expected)}, too many {set(expected) - set(met)}")
    elif met != (expected if endpoint.server_order.surely else by_client):
        wrong.append(f"{name}: order {met[:6]}, predicted server order {endpoint.server_order.surely} {expected[:6]}")
    answer = shake(port, name, "TLSv1.2")
    if answer is not None and answer.ticket != endpoint.session_tickets.surely:
        wrong.append(f"{name}: ticket {answer.ticket}, predicted {endpoint.session_tickets.surely}")
    served = {answer.certificate for words in ("aRSA", "aECDSA") if (answer := shake(port, name, "TLSv1.2", words)) is not None}
    held = {ssl.PEM_cert_to_DER_cert(_certificate_block(Path(one.path))) for one in endpoint.certificates}
    if not served <= held:
        wrong.append(f"{name}: a certificate was served that is not predicted")
    return wrong


def _certificate_block(path: Path) -> str:
    text = path.read_text()
    begin = text.index("-----BEGIN CERTIFICATE-----")
    end = text.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
    return text[begin:end] + "\n"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_prediction_equals_what_httpd_does(case: Case, launcher: Launcher) -> None:
    if not launcher.starts(case):
        assert not launcher.alone(case), "httpd started, though it is predicted not to"
        return
    world = launcher.run(case)
    wrong = []
    ports = launcher.ports[case.name]
    for port in ports if "$Q" in case.text else ports[:1]:
        for name in (None, "a.test", "b.test", "c.test"):
            if name and f"ServerName {name}" not in case.text and not any(word in case.text for word in ("ServerAlias", "$host")):
                continue
            endpoint = endpoint_for(world.instance, port, name)
            assert endpoint is not None
            wrong += compare(endpoint, port, name)
    assert wrong == []


def test_there_are_enough_cases(launcher: Launcher) -> None:
    assert sum(launcher.starts(case) for case in cases()) >= 120
