"""Remedies in OpenLDAP's words: every one spelt, in every form, proven by the engine; untouched lines stay byte for byte."""

import difflib
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.openldap.test_mistakes import CERTIFICATE, DATABASE, GLOBAL, HEAD, IN_LDIF, MDB, MODULES, PKI
from tests.support import world
from tests.support.cli import tlslint

CONF, CONFIG, TREE = "/etc/ldap/slapd.conf", "/etc/ldap/config.ldif", "/etc/ldap/slapd.d/cn=config"
GOOD13 = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
    ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
SUITES12 = "-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD"
GROUPS12 = "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
WHOLE12 = f"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:{SUITES12}:{GROUPS12}"
GOOD12 = f"NORMAL:{SUITES12}:{GROUPS12}"
SERVICES = 'SLAPD_CONF={conf}\nSLAPD_SERVICES="ldap:/// ldaps:/// ldapi:///"\n'


class Case(NamedTuple):
    """`after`: lines that come, with `+` before them, and lines that go, with `-`; the rest stays. `unsafe`: only with --unsafe-fixes."""

    name: str
    text: str
    after: str
    target: str = "debian-13"
    inside: str = ""
    unsafe: bool = True


def mended(root: Path, files: dict[str, str], path: str, target: str, *, unsafe: bool = True) -> tuple[str, str]:
    """The text of one file after `--fix`, and what was said. A second run changes nothing."""
    services = {"/etc/default/slapd": SERVICES.format(conf=path if path == CONF else "")} if "slapd" in path or path == CONFIG else {}
    world.lay({"files": {**services, **files}, "certificates": PKI}, root)
    if (root / "etc/ldap/ldap.key").exists():
        (root / "etc/ldap/ldap.key").chmod(0o600)
    flags = ["--unsafe-fixes"] if unsafe else []
    call = ("--root", root, "--target", target, "--fix", *flags, "--output-format", "concise", "--show-fixes", root / "etc")
    said = tlslint(*call)
    text = (root / path.lstrip("/")).read_bytes()
    again = tlslint(*call)
    assert (root / path.lstrip("/")).read_bytes() == text, again.out
    return text.decode(), said.out + said.err


def difference(before: str, after: str) -> str:
    return "\n".join(
        line
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        if line[:3] not in ("---", "+++") and line[:2] != "@@"
    )


SECURITY = "+security simple_bind=64"
CONFS = [
    Case(
        "versions and level",
        "TLSCipherSuite HIGH:@SECLEVEL=0\n",
        f"-TLSCipherSuite HIGH:@SECLEVEL=0\n+TLSCipherSuite {GOOD13}\n+TLSProtocolMin 3.3\n{SECURITY}",
    ),
    Case("minimum below", "TLSProtocolMin 1.2\n", f"-TLSProtocolMin 1.2\n+TLSProtocolMin 3.3\n+TLSCipherSuite {GOOD13}\n{SECURITY}"),
    Case("no version", "TLSProtocolMin 4\nsecurity ssf=64\n", f"-TLSProtocolMin 4\n+TLSProtocolMin 3.3\n+TLSCipherSuite {GOOD13}"),
    Case("nothing said, GnuTLS", "", f"+TLSCipherSuite {WHOLE12}\n{SECURITY}", "debian-12"),
    Case(
        "said twice: the last one counts",
        "security ssf=64\nTLSCipherSuite HIGH\nTLSCipherSuite HIGH:!SHA1\n",
        f"-TLSCipherSuite HIGH:!SHA1\n+TLSCipherSuite {GOOD13}",
    ),
    Case(
        "the other language",
        "TLSCipherSuite HIGH:+SSLv2\n",
        f"-TLSCipherSuite HIGH:+SSLv2\n+TLSCipherSuite {GOOD12}\n{SECURITY}",
        "debian-12",
    ),
    Case(
        "quotes", f'TLSCipherSuite "{GOOD13}:AES128-SHA"\n', f'-TLSCipherSuite "{GOOD13}:AES128-SHA"\n+TLSCipherSuite {GOOD13}\n{SECURITY}'
    ),
    Case(
        "names of TLS 1.3 stay",
        "TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH\nsecurity ssf=64\n",
        f"-TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH\n+TLSCipherSuite TLS_AES_256_GCM_SHA384:{GOOD13}",
    ),
    Case(
        "a factor more",
        f"TLSCipherSuite {GOOD13}\nsecurity update_ssf=1\n",
        "-security update_ssf=1\n+security update_ssf=1 simple_bind=64",
    ),
    Case("a factor of zero", f"TLSCipherSuite {GOOD13}\nsecurity simple_bind=0\n", "-security simple_bind=0\n+security simple_bind=64"),
    Case("shut for ldapi", f"TLSCipherSuite {GOOD13}\nsecurity tls=1\n", "-security tls=1\n+security ssf=64"),
    Case("stronger than ldapi", f"TLSCipherSuite {GOOD13}\nsecurity ssf=128\n", "+localSSF 128"),
    Case("localSSF there", f"TLSCipherSuite {GOOD13}\nsecurity ssf=128\nlocalSSF 100\n", "-localSSF 100\n+localSSF 128"),
    Case("simple binds shut off", f"TLSCipherSuite {GOOD13}\ndisallow bind_simple\n", ""),
    Case(
        "after a database",
        "",
        f"+security simple_bind=64\n-TLSCipherSuite HIGH\n+TLSCipherSuite {GOOD13}",
        inside="TLSCipherSuite HIGH\n",
    ),
    Case(
        "a comment behind",
        f"TLSCipherSuite {GOOD13} # ours\nsecurity ssf=64\n",
        f"-TLSCipherSuite {GOOD13} # ours\n+# ours\n+TLSCipherSuite {GOOD13}",
        unsafe=False,
    ),
    Case(
        "indented argument",
        f"TLSCipherSuite {GOOD13}\n TLSProtocolMin 3.3\nsecurity ssf=64\n",
        "- TLSProtocolMin 3.3\n+TLSProtocolMin 3.3",
        unsafe=False,
    ),
    Case(
        "swallowed", f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\n# new\n TLSProtocolMin 3.4\n", "- TLSProtocolMin 3.4\n+TLSProtocolMin 3.4"
    ),
    Case("swallowed behind a backslash", f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\n# new \\\nTLSProtocolMin 3.4\n", "-# new \\\n+# new "),
    Case("word for required", "TLSVerifyClient required\n", "-TLSVerifyClient required\n+TLSVerifyClient demand", unsafe=False),
    Case(
        "name of ldap.conf",
        f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\nTLS_PROTOCOL_MIN 3.3\n",
        "-TLS_PROTOCOL_MIN 3.3\n+TLSProtocolMin 3.3",
        unsafe=False,
    ),
    Case(
        "replication without TLS",
        f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\n",
        '-syncrepl rid=1 provider=ldap://p searchbase="dc=x" binddn="cn=r,dc=x" credentials=s\n'
        '+syncrepl rid=1 provider=ldap://p starttls=critical searchbase="dc=x" binddn="cn=r,dc=x" credentials=s',
        inside='syncrepl rid=1 provider=ldap://p searchbase="dc=x" binddn="cn=r,dc=x" credentials=s\n',
    ),
    Case(
        "replication that verifies nothing",
        f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\n",
        "-  starttls=yes tls_reqcert=never\n+  starttls=critical tls_reqcert=demand",
        inside='syncrepl rid=1 provider=ldap://p searchbase="dc=x" binddn="cn=r,dc=x" credentials=s\n  starttls=yes tls_reqcert=never\n',
    ),
    Case(
        "a proxy",
        f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\nmoduleload back_ldap\n",
        "+tls start",
        inside='database ldap\nsuffix "dc=y"\nuri ldap://a.example.test\n',
    ),
    Case(
        "a proxy that tries",
        f"TLSCipherSuite {GOOD13}\nsecurity ssf=64\nmoduleload back_ldap\n",
        "-tls try-start\n+tls start",
        inside='database ldap\nsuffix "dc=y"\nuri ldap://a.example.test\ntls try-start\n',
    ),
]


@pytest.mark.parametrize("case", CONFS, ids=lambda case: case.name)
def test_slapd_conf(case: Case, tmp_path: Path) -> None:
    before = HEAD + CERTIFICATE + case.text + DATABASE + case.inside
    after, said = mended(tmp_path, {CONF: before}, CONF, case.target, unsafe=case.unsafe)
    assert difference(before, after) == case.after, said


def test_line_ends_and_a_missing_last_one_are_kept(tmp_path: Path) -> None:
    text = (HEAD + CERTIFICATE + "TLSProtocolMin 1.2\n" + DATABASE).replace("\n", "\r\n").removesuffix("\r\n")
    after, _ = mended(tmp_path, {CONF: text}, CONF, "debian-13")
    assert after.count("\n") == after.count("\r\n")
    assert "TLSProtocolMin 3.3\r\n" in after
    assert not after.endswith("\n")


LDIFS = [
    ("minimum below", "olcTLSProtocolMin: 1.2\n", f"-olcTLSProtocolMin: 1.2\n+olcTLSProtocolMin: 3.3\n+olcTLSCipherSuite: {GOOD13}"),
    (
        "folded",
        "olcTLSCipherSuite: HIGH:@SEC\n LEVEL=0\n",
        f"-olcTLSCipherSuite: HIGH:@SEC\n- LEVEL=0\n+olcTLSCipherSuite: {GOOD13}\n+olcTLSProtocolMin: 3.3",
    ),
    ("base 64", "olcTLSCipherSuite:: SElHSA==\n", f"-olcTLSCipherSuite:: SElHSA==\n+olcTLSCipherSuite: {GOOD13}"),
    ("case", "OLCTLSCIPHERSUITE: HIGH\n", f"-OLCTLSCIPHERSUITE: HIGH\n+OLCTLSCIPHERSUITE: {GOOD13}"),
]


@pytest.mark.parametrize(("name", "text", "change"), LDIFS, ids=[name for name, _, _ in LDIFS])
@pytest.mark.parametrize("form", ["ldif", "tree"])
def test_cn_config(form: str, name: str, text: str, change: str, tmp_path: Path) -> None:
    del name
    entry = GLOBAL + IN_LDIF + text
    files, path = {CONFIG: entry + MDB}, CONFIG
    if form == "tree":
        head = "# AUTO-GENERATED FILE - DO NOT EDIT!! Use ldapmodify.\n"
        entry = f"{head}# CRC32 {zlib.crc32(entry.encode()):08x}\n{entry}"
        path = f"{TREE}.ldif"
        files = {path: entry, f"{TREE}/cn=module{{0}}.ldif": MODULES.replace(",cn=config", "")}
        files[f"{TREE}/olcDatabase={{1}}mdb.ldif"] = (
            "dn: olcDatabase={1}mdb\nobjectClass: olcMdbConfig\nolcDatabase: {1}mdb\nolcSuffix: dc=x\n"
        )
    after, said = mended(tmp_path, files, path, "debian-13")
    lines = [line for line in difference(files[path], after).splitlines() if "CRC32" not in line]
    assert sorted(lines) == sorted((*change.splitlines(), "+olcSecurity: simple_bind=64")), said
    if form == "tree":
        first, second, rest = after.split("\n", 2)
        assert first.startswith("# AUTO-GENERATED")
        assert second == f"# CRC32 {zlib.crc32(rest.encode()):08x}"


CHANGE = "dn: cn=config\nchangetype: modify\n"


@pytest.mark.parametrize(
    ("text", "change", "target"),
    [
        (
            f"{CHANGE}replace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL:-VERS-TLS1.3\n",
            f"-olcTLSCipherSuite: NORMAL:-VERS-TLS1.3\n+olcTLSCipherSuite: {WHOLE12}",
            "debian-12",
        ),
        (
            f"{CHANGE}replace: olcTLSVerifyClient\nolcTLSVerifyClient: demand # all\n",
            "-olcTLSVerifyClient: demand # all\n+# all\n+olcTLSVerifyClient: demand",
            "debian-12",
        ),
        (
            f"{CHANGE}add: olcTLSProtocolMin\nolcTLSProtocolMin: TLSv1.2\n",
            "-olcTLSProtocolMin: TLSv1.2\n+olcTLSProtocolMin: 3.3",
            "debian-13",
        ),
    ],
)
def test_a_change_that_is_kept_in_a_file(text: str, change: str, target: str, tmp_path: Path) -> None:
    files = {
        "/etc/ldap/tls.ldif": f"{CHANGE}add: olcTLSCertificateFile\nolcTLSCertificateFile: /etc/ldap/ldap.pem\n-\n"
        "add: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/ldap.key\n\n" + text
    }
    after, said = mended(tmp_path, files, "/etc/ldap/tls.ldif", target)
    assert difference(files["/etc/ldap/tls.ldif"], after) == change, said


CA = "TLS_CACERT /etc/ldap/ca.pem\n"
CLIENTS = [
    ("/etc/ldap/ldap.conf", CA + "URI ldap://l.example.test ldaps://m.example.test\n", "URI ldaps://l.example.test ldaps://m.example.test"),
    ("/etc/ldap/ldap.conf", CA + "URI ldap://l.example.test:389/\n", "URI ldaps://l.example.test/"),
    ("/etc/ldap/ldap.conf", CA + "URI ldaps://l.example.test\nTLS_REQCERT never\n", "TLS_REQCERT demand"),
    ("/etc/ldap/ldap.conf", CA + "TLS_REQCERT Allow\n", "TLS_REQCERT demand"),
    ("/etc/ldap/ldap.conf", 'TLS_CACERT "/etc/ldap/ca.pem"\n', "TLS_CACERT /etc/ldap/ca.pem"),
    ("/etc/ldap/ldap.conf", "TLS_CACERT /etc/ldap/ca.pem # ours\n", "TLS_CACERT /etc/ldap/ca.pem"),
    ("/etc/ldap/ldap.conf", "TLS_CACERT = /etc/ldap/ca.pem\n", "TLS_CACERT /etc/ldap/ca.pem"),
    ("/etc/ldap/ldap.conf", CA + "TLSVerifyClient demand\n", "TLS_REQCERT demand"),
    ("/etc/ldap/ldap.conf", CA + "TLS_REQSAN never\n", "TLS_REQSAN allow"),
    ("/root/.ldaprc", CA + "TLS_REQCERT never\n", "TLS_REQCERT demand"),
    ("/etc/nslcd.conf", "uri ldap://l.example.test\nssl off\ntls_cacertfile /etc/ldap/ca.pem\n", "ssl start_tls"),
    ("/etc/nslcd.conf", "uri ldap://l.example.test\ntls_cacertfile /etc/ldap/ca.pem\n", "ssl start_tls"),
    ("/etc/nslcd.conf", "uri ldaps://l.example.test\ntls_cacertfile /etc/ldap/ca.pem\ntls_reqcert never\n", "tls_reqcert demand"),
    ("/etc/pam_ldap.conf", "uri ldap://l.example.test\ntls_cacertfile /etc/ldap/ca.pem\npam_password md5\n", "ssl start_tls"),
    ("/etc/libnss-ldap.conf", "uri ldaps://l.example.test\ntls_cacertfile /etc/ldap/ca.pem\ntls_checkpeer no\n", "tls_checkpeer yes"),
    (
        "/etc/sssd/sssd.conf",
        "[domain/a]\nid_provider = ldap\nldap_uri = ldap://l.example.test\nldap_tls_cacert = /etc/ldap/ca.pem\n",
        "ldap_id_use_start_tls = True",
    ),
    (
        "/etc/sssd/sssd.conf",
        "[domain/a]\nid_provider = ldap\nldap_uri = ldaps://l.example.test\nldap_tls_cacert = /etc/ldap/ca.pem\nldap_tls_reqcert = never\n",
        "ldap_tls_reqcert = demand",
    ),
]


@pytest.mark.parametrize(("path", "text", "line"), CLIENTS, ids=lambda word: word.replace("\n", "; ")[:50])
def test_clients(path: str, text: str, line: str, tmp_path: Path) -> None:
    target = "debian-12" if "REQSAN" in text else "debian-13"
    world.lay({"files": {path: text}, "certificates": PKI}, tmp_path)
    call = ("--root", tmp_path, "--target", target, "--fix", "--unsafe-fixes", "--output-format", "concise", "--show-fixes")
    said = tlslint(*call, tmp_path / path.lstrip("/"))
    after = (tmp_path / path.lstrip("/")).read_text()
    changed = [each[1:] for each in difference(text, after).splitlines() if each.startswith("+")]
    assert changed == [line], said.out + said.err
    assert len(after.splitlines()) - len(text.splitlines()) in (0, 1)


LINES = (
    *(
        "TLSCipherSuite HIGH",
        "TLSCipherSuite NORMAL",
        'TLSCipherSuite "ALL:@SECLEVEL=0"',
        "TLSProtocolMin 1.2",
        "TLSProtocolMin TLSv1.2",
        "# c",
    ),
    *(
        "TLSProtocolMin 3.4 # new",
        " TLSVerifyClient never",
        "",
        "security tls=1",
        "security ssf=0 update_ssf=128",
        "security\tsimple_bind=0",
    ),
    *(
        "localSSF 5",
        "disallow bind_simple",
        "TLSVerifyClient required",
        "TLSDHParamFile /none",
        "TLS_REQCERT never",
        "# x \\",
        "\t",
        "TLSCipherSuite \\",
    ),
    *(
        "overlay chain",
        "chain-uri ldap://c.example.test",
        "TLSECName secp192r1",
        'TLSCipherSuite "HIGH',
        "olcTLSProtocolMin 3.3",
        "\u201ctls\u201d",
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=5),
    st.lists(st.sampled_from(LINES), max_size=2),
    st.sampled_from(["debian-11", "debian-12", "debian-13"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_slapd_conf_comes_out_whole(before: list[str], inside: list[str], target: str, ending: str) -> None:
    """Whatever it says: the mended text is mended, and every line that is left stands where it stood."""
    text = (HEAD + CERTIFICATE + "".join(f"{line}\n" for line in before) + DATABASE + "".join(f"{line}\n" for line in inside)).replace(
        "\n", ending
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        world.lay({"files": {CONF: text, "/etc/default/slapd": SERVICES.format(conf=CONF)}, "certificates": PKI}, root)
        call = ("--root", root, "--target", target, "--unsafe-fixes", root / "etc/ldap/slapd.conf")
        tlslint("--fix", *call)
        after = (root / "etc/ldap/slapd.conf").read_bytes()
        assert not tlslint("--diff", *call).out.startswith("---")
    kept = [line for line in after.decode().split(ending) if line in text.split(ending)]
    old = iter(text.split(ending))
    assert all(line in old for line in kept)
    assert ending == "\n" or after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize("swallowed", ["# passwords need TLS\n  security simple_bind=128\n", "sizelimit 500\n\tsecurity simple_bind=128\n"])
@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
def test_a_swallowed_line_comes_first_and_none_is_written_twice(swallowed: str, target: str, tmp_path: Path) -> None:
    """What the swallowed line says is known only once it is a line of its own; a second `security` beside it would be one too many."""
    text, _ = mended(tmp_path, {CONF: HEAD + CERTIFICATE + swallowed + DATABASE}, CONF, target)
    assert [line for line in text.splitlines() if "security" in line] == ["security simple_bind=128"]


def test_what_stands_in_the_way_is_said(tmp_path: Path) -> None:
    """StartTLS without a CA would verify nothing: the word that is missing is named."""
    _, said = mended(
        tmp_path, {"/etc/nslcd.conf": "base dc=x\nuri ldap://l.example.test\nbinddn cn=a\nbindpw s\n"}, "/etc/nslcd.conf", "debian-12"
    )
    assert "no file of trusted CAs is set (tls_cacertfile)" in said
