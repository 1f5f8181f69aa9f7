"""Weak slapd configurations and clients mended with `--fix --unsafe-fixes`: slaptest takes the files, and what runs does what was promised.

slapd.conf, slapd.d trees and changes for ldapmodify on Debian 12 (GnuTLS) and 13 (OpenSSL); ldapwhoami of both against servers with
trusted, untrusted and wrong-name certificates.
"""

import os
import shutil
import socket
import subprocess
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.crypto import suites
from tlslint.profiles import load

from tests.live import test_ldap_clients as clients
from tests.live import test_slapd_listeners as servers
from tests.live.test_ldap_clients import authorities  # noqa: F401 (a fixture)
from tests.live.test_slapd_listeners import (
    PLAIN,
    SECURE,
    URLS,
    VERSIONS,
    Case,
    Change,
    Host,
    folder,  # noqa: F401 (a fixture)
    handshake,
    host,  # noqa: F401 (a fixture)
    pki,  # noqa: F401 (a fixture)
    running,
)
from tests.support.cli import tlslint

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("slapd") is None, reason="slapd is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private slapd"),
]

GNUTLS = (
    *("", "TLSCipherSuite NORMAL", "TLSCipherSuite LEGACY", "TLSCipherSuite PERFORMANCE", "TLSCipherSuite PFS", "TLSCipherSuite SECURE256"),
    *("TLSCipherSuite NORMAL:+3DES-CBC:%COMPAT", "TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1", "TLSProtocolMin 3.3"),
    *("TLSCipherSuite NORMAL:-VERS-TLS1.3:-MAC-ALL:+SHA1", "TLSCipherSuite NONE:+VERS-TLS1.2:+RSA:+AES-128-CBC:+SHA1:+SIGN-ALL:+COMP-NULL"),
    "TLSCipherSuite SECURE128:-VERS-TLS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:-DHE-DSS:%SERVER_PRECEDENCE",
    *("TLSCipherSuite HIGH:MEDIUM:+SSLv2", "TLSCipherSuite NORMAL # the default", "TLSCipherSuite NORMAL\n TLSVerifyClient never"),
    *(
        "TLSVerifyClient required\nTLSVerifyClient never",
        "security simple_bind=0",
        "security update_ssf=1",
        "TLSDHParamFile {pki}/dh1024.pem",
    ),
    *("disallow bind_anon\nsecurity update_tls=1 ssf=0", "localSSF 128\nsecurity tls=1\nTLSCipherSuite NORMAL"),
)
OPENSSL = (
    *("", "TLSCipherSuite HIGH", "TLSCipherSuite ALL:@SECLEVEL=0", "TLSCipherSuite DEFAULT@SECLEVEL=0", "TLSCipherSuite AES128-SHA"),
    *("TLSCipherSuite ALL:COMPLEMENTOFALL:@SECLEVEL=0", "TLSProtocolMin 1.2\nTLSCipherSuite ALL:@SECLEVEL=0", "TLSProtocolMin TLSv1.2"),
    *("TLSProtocolMin 3.1\nTLSCipherSuite DEFAULT:@SECLEVEL=0", "TLSProtocolMin 4", "TLSCipherSuite NORMAL", "TLSCipherSuite kRSA+AESGCM"),
    *("TLSCipherSuite SECURE256:-VERS-ALL:+VERS-TLS1.2", "TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH", "TLSCipherSuite HIGH:+SSLv2"),
    *("TLSDHParamFile {pki}/dh2048.pem", "TLSVerifyClient optional\nTLSVerifyClient never", "security ssf=0", "TLSECName secp521r1"),
    *("# stricter\n TLSProtocolMin 3.3\nTLSCipherSuite DEFAULT@SECLEVEL=0", "TLSCipherSuite HIGH:HIHG", "TLSProtocolMin 0x303 # new"),
)
OPEN = f"ldap://:{PLAIN} ldaps://:{SECURE}"
"""Where slapd is said to listen: passwords that never leave the machine are no finding. It is started on loopback alone."""
CONFS = [("debian-12", Case(text.replace("\n", "; ") or "nothing said", text, urls=OPEN)) for text in GNUTLS]
CONFS += [("debian-13", Case(text.replace("\n", "; ") or "nothing said", text, urls=OPEN)) for text in OPENSSL]
TREES = [
    (target, Change(entry.replace("\n", "; ") or "nothing said", "", entry))
    for target, entries in (
        (
            "debian-12",
            ("", "olcTLSCipherSuite: NORMAL:-VERS-TL\n S1.3\n", "olcTLSCipherSuite:: UEVSRk9STUFOQ0U=\n", "olcSecurity: update_ssf=1\n"),
        ),
        ("debian-13", ("", "olcTLSCipherSuite: ALL:@SEC\n LEVEL=0\n", "olcTLSCipherSuite:: SElHSA==\n", "olcTLSProtocolMin: 1.2\n")),
    )
    for entry in entries
]
HEAD = "dn: cn=config\nchangetype: modify\n"
CHANGES = [
    ("debian-12", Change("a weak string", HEAD + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL:-VERS-TLS1.3\n")),
    ("debian-12", Change("a comment behind", HEAD + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: PERFORMANCE # fast\n")),
    ("debian-13", Change("a weak string", HEAD + "replace: olcTLSCipherSuite\nolcTLSCipherSuite: ALL:@SECLEVEL=0\n")),
    ("debian-13", Change("a version as people write it", HEAD + "replace: olcTLSProtocolMin\nolcTLSProtocolMin: TLSv1.2\n")),
]


def fix(host: Host, path: Path) -> str:  # noqa: F811
    """Mend what lies at a path; what was said. A second run finds nothing to change."""
    call = ("--root", host.root, "--target", host.target, "--fix", "--unsafe-fixes", "--show-fixes", "--output-format", "concise", path)
    said = tlslint(*call)
    again = tlslint(*call[:-1], "--diff", path)
    assert not again.out.startswith("---"), again.out
    return said.out + said.err


def in_ldif(case: Change, where: Path, keys: Path, machine: Host) -> Path:
    path = servers.in_ldif(case, where, keys, machine)
    (where / "etc/default/slapd").write_text(f"SLAPD_CONF=\nSLAPD_SERVICES='{OPEN}'\n")
    return path


def check_promise() -> None:
    """Only TLS 1.2 and 1.3 with the suites of mozilla-intermediate, and no password before TLS."""
    allowed = {found.openssl for name in load("mozilla-intermediate").suites or () if (found := suites.named(name)) is not None}
    for port in (PLAIN, SECURE):
        assert {name for version, name in VERSIONS if handshake(port, version)} == {"TLSv1.2", "TLSv1.3"}
        offered = servers.suites_of_tls12(port, None)
        assert offered
        assert set(offered) <= allowed
    with socket.create_connection(("127.0.0.1", PLAIN), 5) as raw:
        assert servers.answer(raw, servers.bind(servers.ADMIN, servers.PASSWORD)) == 13


@pytest.mark.parametrize(("host", "case"), CONFS, indirect=["host"], ids=servers.name_of)
def test_slapd_conf(host: Host, case: Case, pki: Path, folder: Path) -> None:  # noqa: F811
    path = servers.configuration(case, folder, pki, host)
    said = fix(host, folder / "etc")
    checked = subprocess.run(host.command("slaptest", "-u", "-f", host.inside(path)), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, (checked.stderr, said, path.read_text())
    with running(host, ["-h", URLS, "-f", host.inside(path)], [PLAIN, SECURE], folder / "log") as alive:
        assert alive, (folder / "log").read_text()[-500:]
        check_promise()
        assert not list(servers.differences(servers.predicted(path, host), pki))


@pytest.mark.parametrize(("host", "case"), TREES, indirect=["host"], ids=servers.name_of)
def test_slapd_d(host: Host, case: Change, pki: Path, folder: Path) -> None:  # noqa: F811
    whole = in_ldif(case, folder, pki, host)
    tree = folder / "etc/ldap/slapd.d"
    tree.mkdir()
    subprocess.run(host.command("slapadd", "-n0", "-F", host.inside(tree), "-l", host.inside(whole)), check=True, capture_output=True)
    for path in (whole, whole.parent / "tls.ldif"):
        path.unlink()
    said = fix(host, folder / "etc")
    checked = subprocess.run(host.command("slaptest", "-u", "-F", host.inside(tree)), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, (checked.stderr, said)
    assert "checksum" not in checked.stderr
    _, second, rest = (tree / "cn=config.ldif").read_bytes().split(b"\n", 2)
    assert second == b"# CRC32 %08x" % zlib.crc32(rest)
    with running(host, ["-h", URLS, "-F", host.inside(tree)], [PLAIN, SECURE], folder / "log") as alive:
        assert alive, (folder / "log").read_text()[-500:]
        check_promise()


@pytest.mark.parametrize(("host", "case"), CHANGES, indirect=["host"], ids=servers.name_of)
def test_changes(host: Host, case: Change, pki: Path, folder: Path) -> None:  # noqa: F811
    path = in_ldif(case, folder, pki, host)
    said = fix(host, folder / "etc")
    (folder / "slapd.d").mkdir()
    tree, local = host.inside(folder / "slapd.d"), "ldapi://" + host.inside(folder / "ldapi").replace("/", "%2F")
    subprocess.run(host.command("slapadd", "-n0", "-F", tree, "-l", host.inside(path)), check=True, capture_output=True)
    with running(host, ["-h", f"{URLS} {local}", "-F", tree], [PLAIN, SECURE], folder / "log") as alive:
        assert alive, (folder / "log").read_text()[-500:]
        change = host.inside(path.parent / "tls.ldif")
        modify = host.command("ldapmodify", "-x", "-D", "cn=admin,cn=config", "-w", "kettle", "-H", local, "-f", change)
        subprocess.run(modify, check=True, capture_output=True)
        check_promise()
    assert "mended" in said


class Client(NamedTuple):
    """A user's .ldaprc, and who is let in once it is mended."""

    text: str
    lets_in: tuple[str, ...] = ("trusted",)


CLIENTS = (
    *(Client(f"TLS_CACERT {{ca}}\nTLS_REQCERT {word}\n") for word in ("never", "allow", "Never")),
    *(
        Client(f"{line}\n")
        for line in ('TLS_CACERT "{ca}"', "TLS_CACERT {ca} # ours", "TLS_CACERT = {ca}", "TLS_CACERT {ca}\nTLS_REQSAN never")
    ),
    Client("TLS_CACERT {ca}\nTLS_REQCERT never\nTLSVerifyClient demand\n"),
    Client("TLS_CACERT {ca}\nTLS_REQCERT never\nTLS_REQCERT required\n"),
    Client("TLS_CACERT {other}\nTLS_REQCERT never\n", ("untrusted",)),
)


@pytest.mark.parametrize("host", ["debian-12", "debian-13"], indirect=True)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.text.replace("\n", "; "))
def test_clients_turn_away_whom_they_should(client: Client, host: Host, authorities: dict[str, bytes], folder: Path) -> None:  # noqa: F811
    names = {}
    for name, data in authorities.items():
        (folder / f"{name}.pem").write_bytes(data)
        names[name] = host.inside(folder / f"{name}.pem")
    path = folder / ".ldaprc"
    path.write_text(client.text.format(**names))
    said = fix(host, path)
    seen = clients.seen(clients.Host(host.target, host.root), Path(host.inside(folder)), {})
    assert seen == {f"{kind} {way}": kind in client.lets_in for kind in clients.PORTS for way in ("ldaps", "-ZZ", "-Z")}, (
        said,
        path.read_text(),
    )


def test_there_are_enough_cases() -> None:
    assert len(CONFS) + len(TREES) + len(CHANGES) >= 40
