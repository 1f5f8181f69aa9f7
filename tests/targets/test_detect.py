"""Software found below a root: package databases, releases, openssl.cnf."""

import json
import lzma
import sqlite3
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.files import Files
from tlslint.model import KnownBy
from tlslint.model.versions import TLS10, TLS12
from tlslint.targets import Target, rpmdb
from tlslint.targets.detect import detect, upstream
from tlslint.targets.detect import library as library_needed

from tests.support import pki, roots
from tests.support.cli import tlslint

RPM = Path(__file__).parents[1] / "data" / "rpmdb"
HTTPD = """Listen 443 https
LoadModule ssl_module modules/mod_ssl.so
<VirtualHost _default_:443>
SSLEngine on
SSLCipherSuite PROFILE=SYSTEM
SSLCertificateFile /etc/pki/tls/certs/localhost.crt
</VirtualHost>
"""
CNF = """openssl_conf = a # here
[a]
ssl_conf=b
[b]
system_default = c
[c]
MinProtocol = TLSv1
CipherString = DEFAULT:\\
@SECLEVEL=1
"""
APK = """P:apache2
V:2.4.65-r0

P:apache2-ssl
V:2.4.65-r0
D:so:libssl.so.3 apache2

P:libssl3
V:3.5.1-r0
"""
REMOVED = """Package: postfix
Status: deinstall ok config-files
Version: 3.1.0

Package: a
Status: install ok installed
Version: 1
"""
PACMAN = "%NAME%\n{}\n\n%VERSION%\n{}\n\n%DEPENDS%\nopenssl\n"
NOBLE = "2.6.7+dfsg-1~exp1ubuntu8.2"


def found(root: Path) -> Target:
    target = detect(Files((str(root),), str(root), (("/", str(root)),)))
    assert target is not None
    return target


def lay(root: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def put(root: Path, name: str, content: str | bytes) -> None:
    lay(root, **{name: content})


@pytest.mark.live
@pytest.mark.parametrize(("suite", "release"), [("bullseye", "debian-11"), ("bookworm", "debian-12"), ("trixie", "debian-13")])
def test_a_debian_with_the_five_servers_is_detected_whole(suite: str, release: str) -> None:
    """What dpkg itself says is what is found; every version is detected, none assumed."""
    root = roots.root(suite, "servers", roots.SERVERS)
    target = found(root)
    assert target.name == release
    said = roots.versions(root)
    holds = {"httpd": "apache2-bin", "postfix": "postfix", "dovecot": "dovecot-core", "courier": "courier-imap", "slapd": "slapd"}
    for service, package in holds.items():
        assert target.software[service].how is KnownBy.DETECTED
        assert target.software[service].version == upstream(said[package])
        assert target.libraries[service].how is KnownBy.DETECTED
        linked = roots.linked(root, service)
        assert target.libraries[service].name == linked.name
        assert target.libraries[service].version == linked.version
    ran = tlslint("effective", "--root", root, root / "etc")
    assert "assumed" not in ran.out
    assert f"judged for {release} (detected: etc/os-release, var/lib/dpkg/status, etc/ssl/openssl.cnf)" in ran.out


def rhel9(root: Path) -> Path:
    put(root, "etc/os-release", 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.7"\nID_LIKE="fedora"\n')
    put(root, "var/lib/rpm/rpmdb.sqlite", lzma.decompress((RPM / "rpmdb.sqlite.xz").read_bytes()))
    put(root, "etc/pki/tls/openssl.cnf", "openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_module\n[ssl_module]\n"
        "system_default = crypto_policy\n[ crypto_policy ]\n.include = /etc/crypto-policies/back-ends/opensslcnf.config\n")  # fmt: skip
    put(root, "usr/share/crypto-policies/DEFAULT/opensslcnf.txt", "CipherString = @SECLEVEL=2:kEECDH:kRSA:-aDSS:!aNULL\n"
        "TLS.MinProtocol = TLSv1.2\nTLS.MaxProtocol = TLSv1.3\nDTLS.MinProtocol = DTLSv1.2\nGroups = X25519:secp256r1\n")  # fmt: skip
    put(root, "usr/share/crypto-policies/DEFAULT/openssl.txt", "@SECLEVEL=2:kEECDH:kRSA:-aDSS:!aNULL:-SHA384:-CAMELLIA:-ARIA:-AESCCM8")
    back_ends = root / "etc/crypto-policies/back-ends"
    back_ends.mkdir(parents=True)
    (back_ends / "opensslcnf.config").symlink_to("/usr/share/crypto-policies/DEFAULT/opensslcnf.txt")
    (back_ends / "openssl.config").symlink_to("/usr/share/crypto-policies/DEFAULT/openssl.txt")
    put(root, "etc/httpd/conf/httpd.conf", HTTPD)
    key, chain = pki.made("public")
    put(root, "etc/pki/tls/certs/localhost.crt", key + chain)
    return root


def test_a_rhel_9_is_judged_as_itself(tmp_path: Path) -> None:
    target = found(rhel9(tmp_path))
    assert target.spoken == "rhel-9 (detected: etc/os-release, var/lib/rpm/rpmdb.sqlite, etc/pki/tls/openssl.cnf)"
    versions = {service: software.version for service, software in target.software.items() if service != "courier"}
    assert versions == {"httpd": "2.4.62", "postfix": "3.5.25", "dovecot": "2.3.16", "slapd": "2.6.8", "ldap-client": "2.6.8"}
    assert {library.name for service, library in target.libraries.items()} == {"openssl"}
    assert {library.version for library in target.libraries.values()} == {"3.5.1"}
    assert (target.openssl_min_version, target.openssl_security_level, target.openssl_groups) == (TLS12, 2, "X25519:secp256r1")
    assert {software.how for software in (*target.software.values(), *target.libraries.values())} == {KnownBy.DETECTED}


def test_the_policy_of_a_rhel_9_decides_what_httpd_offers(tmp_path: Path) -> None:
    """PROFILE=SYSTEM, groups and the lowest version come from below /etc/crypto-policies, through its links into /usr/share."""
    rhel9(tmp_path)
    document = json.loads(tlslint("effective", "--root", tmp_path, "--output-format", "json", tmp_path).out)
    (instance,) = document["instances"]
    assert instance["software"] == {"name": "httpd", "version": "2.4.62", "how": "detected"}
    assert instance["tls_library"] == {"name": "openssl", "version": "3.5.1", "how": "detected"}
    (endpoint,) = instance["endpoints"]
    assert endpoint["versions"] == ["TLSv1.2", "TLSv1.3"]
    assert endpoint["groups"] == ["x25519", "secp256r1"]
    assert endpoint["origins"]["groups"][0]["how"] == "system policy"
    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in endpoint["cipher_suites"]
    assert not [suite for suite in endpoint["cipher_suites"] if "CAMELLIA" in suite]


def test_the_etc_of_a_host_alone_tells_its_release(tmp_path: Path) -> None:
    put(tmp_path, "etc/debian_version", "11.9\n")
    put(tmp_path, "etc/ssl/openssl.cnf", "[ default_conf ]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1\n")
    target = found(tmp_path)
    assert (target.name, target.software["postfix"].version, target.software["postfix"].how) == ("debian-11", "3.5.25", KnownBy.DETECTED)
    assert target.openssl_min_version is None, "no openssl_conf at the top: the section is read by nobody"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"etc/debian_version": "12.9\n"}, "judged for debian-12 (detected: etc/debian_version; versions of the release"),
        ({"etc/os-release": "ID=alpine\nVERSION_ID=3.24.1\n"}, "judged for alpine-3.24 (detected: etc/os-release; versions of the release"),
        (
            {"etc/os-release": 'ID=linuxmint\nVERSION_ID="22"\nID_LIKE="ubuntu debian"\n'},
            "judged for linuxmint-22 (detected: etc/os-release; versions not known, --target names them",
        ),
    ],
)
def test_without_a_package_database_the_output_says_once_whose_versions_these_are(files: dict[str, str], said: str, tmp_path: Path) -> None:
    for path, content in files.items():
        put(tmp_path, path, content)
    put(tmp_path, "etc/apache2/apache2.conf", HTTPD)
    ran = tlslint("--root", tmp_path, tmp_path)
    assert f"{said}, no package database was found)" in ran.out
    assert ran.out.count("package database") == 1


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only Debian and its kin keep their release in /etc itself")
def test_a_scan_of_etc_alone_says_how_the_installed_versions_are_read() -> None:
    """The package database lies outside of what was named, so nothing of it is read."""
    target = detect(Files(("/etc",), "/etc"))
    assert target is not None
    assert target.spoken.endswith(", `tlslint --root / /etc` reads those installed)")


DPKG = "Package: postfix\nStatus: install ok installed\nVersion: {}\nDepends: libssl3 (>= 3)\n"


def test_each_of_several_snapshots_is_judged_as_itself(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    put(hosts, "old/etc/os-release", "ID=debian\nVERSION_ID=11\n")
    put(hosts, "old/var/lib/dpkg/status", DPKG.format("3.5.25-0+deb11u1"))
    put(hosts, "new/usr/lib/os-release", "ID=debian\nVERSION_ID=13\n")
    (hosts / "new/etc").mkdir()
    (hosts / "new/etc/os-release").symlink_to("/usr/lib/os-release")  # of the host, not of this machine
    put(hosts, "new/var/lib/dpkg/status", DPKG.format("3.10.5-1~deb13u1"))
    put(hosts, "bare/etc/postfix/main.cf", "")
    put(tmp_path, "secret/os-release", "ID=debian\nVERSION_ID=12\n")
    (hosts / "sly/etc").mkdir(parents=True)
    (hosts / "sly/etc/os-release").symlink_to("../../../secret/os-release")
    files = Files((str(hosts),), str(tmp_path))
    told = {host: detect(files, f"{hosts}/{host}") for host in ("old", "new", "bare", "sly")}
    said = {host: target and (target.name, target.software["postfix"].version, target.source) for host, target in told.items()}
    seen = "etc/os-release, var/lib/dpkg/status"
    assert said == {"old": ("debian-11", "3.5.25", seen), "new": ("debian-13", "3.10.5", seen), "bare": None, "sly": None}
    assert detect(files) is None, "this machine's own release lies outside of what was scanned"


def test_of_a_snapshots_etc_alone_the_release_counts(tmp_path: Path) -> None:
    put(tmp_path, "www1/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    etc = tmp_path / "www1/etc"
    target = detect(Files((str(etc),), str(tmp_path)), f"{tmp_path}/www1")
    assert target is not None
    assert target.spoken == (
        "debian-12 (detected: etc/os-release; versions of the release, those installed lie outside of what was scanned)"
    )


def test_openssl_conf_counts_over_the_release(tmp_path: Path) -> None:
    put(tmp_path, "etc/debian_version", "12.1\n")
    put(tmp_path, "etc/ssl/openssl.cnf", CNF)
    target = found(tmp_path)
    assert (target.openssl_min_version, target.openssl_security_level) == (TLS10, 1)


@pytest.mark.parametrize(
    ("files", "name", "service", "version", "library"),
    [
        (
            {"etc/os-release": "ID=alpine\nVERSION_ID=3.22.1\n", "lib/apk/db/installed": APK},
            "alpine-3.22",
            "httpd",
            "2.4.65",
            ("openssl", "3.5.1"),
        ),
        (
            {
                "etc/os-release": "ID=arch\n",
                "var/lib/pacman/local/dovecot-2.4.1-1/desc": PACMAN.format("dovecot", "2.4.1-1"),
                "var/lib/pacman/local/openssl-3.6.0-1/desc": PACMAN.format("openssl", "3.6.0-1"),
            },
            "arch",
            "dovecot",
            "2.4.1",
            ("openssl", "3.6.0"),
        ),
        (
            {
                "etc/os-release": 'ID=ubuntu\nVERSION_ID="24.04"\nID_LIKE=debian\n',
                "var/lib/dpkg/status.d/slapd": f"Package: slapd\nVersion: {NOBLE}\n",
                "var/lib/dpkg/status.d/libldap2": f"Package: libldap2\nVersion: {NOBLE}\nDepends: libgnutls30t64 (>= 3.8.2)\n",
                "var/lib/dpkg/status.d/libgnutls30t64": "Package: libgnutls30t64\nVersion: 3.8.3-1.1ubuntu3.2\n",
            },
            "ubuntu-24.04",
            "slapd",
            "2.6.7",
            ("gnutls", "3.8.3"),
        ),
    ],
)
def test_other_package_databases(
    files: dict[str, str], name: str, service: str, version: str, library: tuple[str, str], tmp_path: Path
) -> None:
    for path, content in files.items():
        put(tmp_path, path, content)
    target = found(tmp_path)
    assert target.name == name
    assert target.software[service].version == version
    assert target.libraries[service][:2] == library


def test_freebsds_packages(tmp_path: Path) -> None:
    (tmp_path / "var/db/pkg").mkdir(parents=True)
    with sqlite3.connect(tmp_path / "var/db/pkg/local.sqlite") as database:
        database.execute("CREATE TABLE packages (name TEXT, version TEXT)")
        database.execute("INSERT INTO packages VALUES ('apache24', '2.4.68_1')")
    put(tmp_path, "etc/os-release", "ID=freebsd\nVERSION_ID=14.3\n")
    target = found(tmp_path)
    assert (target.name, target.software["httpd"].version) == ("freebsd-14", "2.4.68")
    assert target.libraries["httpd"][:2] == ("openssl", "3.0"), "ports are linked with the base system's"


def test_removed_packages_are_not_installed(tmp_path: Path) -> None:
    put(tmp_path, "var/lib/dpkg/status", REMOVED)
    assert found(tmp_path).software["postfix"].version is None


def test_the_same_packages_from_sqlite_and_berkeley_db() -> None:
    by_sqlite = sorted(rpmdb.sqlite(lzma.decompress((RPM / "rpmdb.sqlite.xz").read_bytes())))
    by_hash = sorted(rpmdb.berkeley(lzma.decompress((RPM / "Packages.xz").read_bytes())))
    assert len(by_sqlite) == 28
    assert by_sqlite == by_hash


def test_suses_ndb() -> None:
    """Laid out by hand after lib/backend/ndb/rpmpkg.c: no rpm here writes one."""
    ((_, blob),) = [(one, one) for one in [_header({rpmdb.NAME: "postfix", rpmdb.VERSION: "3.8.4"})]]
    slot = struct.pack("<4sIII", b"Slot", 1, 4096 // 16, 8)
    page = struct.pack("<4sIIII12x", b"RpmP", 0, 1, 1, 2) + slot
    data = page.ljust(4096, b"\0") + struct.pack("<4sIII", b"BlbS", 1, 1, len(blob)) + blob
    assert list(rpmdb.ndb(data)) == [rpmdb.Header("postfix", "3.8.4", ())]


def _header(texts: dict[int, str]) -> bytes:
    entries, store = b"", b""
    for tag, text in texts.items():
        entries += struct.pack(">IIiI", tag, 6, len(store), 1)
        store += text.encode() + b"\0"
    return struct.pack(">II", len(texts), len(store)) + entries + store


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 40000), st.binary(max_size=40))
def test_no_database_crashes(body: bytes, at: int, damage: bytes) -> None:
    for name, read in (("rpmdb.sqlite.xz", rpmdb.sqlite), ("Packages.xz", rpmdb.berkeley)):
        whole = lzma.decompress((RPM / name).read_bytes())
        list(read(whole[:at] + damage + whole[at + len(damage) :]))
        list(read(body))
    list(rpmdb.ndb(b"RpmP" + body))
    rpmdb.header(body)


def test_a_root_that_tells_nothing_is_judged_for_the_default(tmp_path: Path) -> None:
    put(tmp_path, "etc/httpd/conf/httpd.conf", HTTPD)
    assert detect(Files((str(tmp_path),), str(tmp_path), (("/", str(tmp_path)),))) is None
    assert "judged for debian-13 (assumed: --target says otherwise)" in tlslint("effective", "--root", tmp_path, tmp_path).out


@pytest.mark.parametrize(
    ("release", "name", "slapd", "library"),
    [
        ("CentOS release 6.10 (Final)", "rhel-6", "2.4.40", "moznss"),
        ("CentOS Linux release 7.1.1503 (Core)", "rhel-7.1", "2.4.39", "moznss"),
        ("CentOS Linux release 7.4.1708 (Core)", "rhel-7.4", "2.4.44", "moznss"),
        ("CentOS Linux release 7.5.1804 (Core)", "rhel-7", "2.4.44", "openssl"),
        ("CentOS Linux release 7.9.2009 (Core)", "rhel-7", "2.4.44", "openssl"),
        ("Fedora release 20 (Heisenbug)", "fedora-20", None, "moznss"),
        ("Red Hat Enterprise Linux release 8.10 (Ootpa)", "rhel-8", "2.4.46", "openssl"),
    ],
)
def test_which_library_red_hats_slapd_is_linked_with_by_its_release(
    release: str, name: str, slapd: str | None, library: str, tmp_path: Path
) -> None:
    place = "etc__fedora-release" if release.startswith("Fedora") else "etc__redhat-release"
    target = found(lay(tmp_path, **{place: release + "\n"}))
    assert (target.name, target.software["slapd"].version, target.libraries["slapd"].name) == (name, slapd, library)
    assert target.libraries["httpd"].name == "openssl"
    if release.startswith("CentOS Linux"):  # whose os-release knows the major release only
        again = found(lay(tmp_path, **{"etc__os-release": 'ID="centos"\nVERSION_ID="7"\n'}))
        assert again.name == name


@pytest.mark.parametrize(
    ("needs", "library"),
    [
        (("libnss3.so()(64bit)", "libssl3.so()(64bit)", "libssl3.so(NSS_3.2)(64bit)", "nss-tools"), "moznss"),
        (("libcrypto.so.10()(64bit)", "libssl.so.10()(64bit)", "libnss3.so()(64bit)", "libssl3.so()(64bit)"), "openssl"),
        (("libssl3", "libc6"), "openssl"),
        (("libssl.so.3()(64bit)",), "openssl"),
        (("libgnutls30",), "gnutls"),
    ],
    ids=["RHEL 7.4", "RHEL 7.5 to 7.9", "Debian 12", "RHEL 9", "Debian"],
)
def test_the_library_a_package_needs(needs: tuple[str, ...], library: str) -> None:
    """NSS calls its own part libssl3.so, as OpenSSL 3 calls Debian's package."""
    assert library_needed(needs, "openssl") == library


def test_ubuntus_patched_library_is_known_by_its_package(tmp_path: Path) -> None:
    release = 'ID=ubuntu\nVERSION_ID="20.04"\n'
    rows = (("apache2-bin", "2.4.41-4ubuntu3.23", "libssl1.1 (>= 1.1.1)"), ("libssl1.1", "1.1.1f-1ubuntu2.24", ""))
    text = "".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: {version}\nDepends: {needs}\n\n" for name, version, needs in rows
    )
    lines = "ServerName www.test\nSSLEngine on\nSSLProtocol all\nSSLCertificateFile /c.pem\n"
    site = f"Listen 443\nLoadModule ssl_module x\n<VirtualHost *:443>\n{lines}</VirtualHost>\n"
    lay(tmp_path, **{"etc__os-release": release, "var__lib__dpkg__status": text, "etc__apache2__apache2.conf": site})
    target = found(tmp_path)
    assert (target.libraries["httpd"].version, target.openssl_security_level, target.openssl_min_version) == ("1.1.1f-ubuntu", 2, None)
    assert "TLS102" not in tlslint("--root", tmp_path, "--output-format", "concise", tmp_path).out
    put(tmp_path, "var/lib/dpkg/status", text.replace("1ubuntu2.24", "1").replace("4ubuntu3.23", "4"))
    assert found(tmp_path).libraries["httpd"].version == "1.1.1f"
