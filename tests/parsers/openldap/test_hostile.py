"""Any bytes: read without loss, never a traceback, in linear time."""

import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tlslint.model import SourceFile
from tlslint.parsers.openldap import evaluate, ldif
from tlslint.parsers.openldap.syntax import lines
from tlslint.targets import load

from tests.support import mail

CONF = st.sampled_from(
    [  # noqa: RUF005 (rows of a table)
        "TLSCertificateFile /x",
        "TLSCipherSuite NORMAL:-VERS-ALL",
        'TLSProtocolMin "3.4',
        " TLSProtocolMin 3.3",
        "# c",
        "# c \\",
        "include /etc/ldap/slapd.conf",
        "include x",
        "database mdb",
        "database",
        "overlay",
        "backend",
        "moduleload",
        "suffix",
        "rootpw x",
    ]
    + [
        "security ssf=1",
        "security",
        "disallow",
        "   ",
        "",
        "\\",
        "\0",
        "\ufeff",
        "syncrepl rid=1 provider=ldaps://[x",
        "uri ldap://[::1]:x",
    ]
    + [
        "localSSF 0x",
        "TLSVerifyClient 9999999999",
        "access",
        "limits",
        "sizelimit",
        "loglevel",
        "serverID",
        "password-hash",
        "database perl",
    ]
)
LDIF = st.sampled_from(
    [  # noqa: RUF005 (rows of a table)
        "dn: cn=config",
        "dn:: Y249Y29uZmln",
        "dn:",
        "changetype: modify",
        "changetype: add",
        "replace: olcTLSCipherSuite",
        "delete: olcSecurity",
        "add: olcTLSVerifyClient",
        "-",
        "",
    ]
    + ["olcTLSCipherSuite: NORMAL", "olcTLSProtocolMin:: !!", "olcTLSCertificateFile:< file:///x", " folded", "# c", "include: file:///x"]
    + ["dn: olcDatabase={1}mdb,cn=config", "olcSyncrepl: {0}rid=1 provider=ldap://x", "olcTLS: 1", ": x", "olcSecurity:", "version: 1"]
)


def joined(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Lines of a file, or just bytes."""
    return st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=14).map(lambda found: "\n".join(found).encode()))


@given(joined(CONF))
def test_lines_joined_are_the_file(data: bytes) -> None:
    file = SourceFile("slapd.conf", data)
    found = list(lines(file))
    assert b"".join(line.whole.data for line in found) == data
    for line in found:
        for span in (line.span, *line.continued, *(word.span for word in line.words)):
            assert line.whole.start <= span.start <= span.end <= line.whole.end


@given(joined(LDIF))
def test_records_joined_are_the_file(data: bytes) -> None:
    """What follows the last record is empty lines and comments."""
    file = SourceFile("config.ldif", data)
    end = 0
    for record in ldif.records(file):
        assert end == record.whole.start <= record.whole.end <= len(data)
        end = record.whole.end
        for value in record.values:
            for span in (value.span, value.name_span, value.value_span):
                assert record.whole.start <= span.start <= span.end <= record.whole.end


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(joined(CONF), st.sampled_from(["debian-11", "debian-12", "debian-13", "rhel-7.2"]), st.booleans())
def test_any_slapd_conf_is_evaluated(tmp_path: Path, data: bytes, target: str, complete: bool) -> None:
    _evaluated(tmp_path, "etc/ldap/slapd.conf", data, target, complete)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(joined(LDIF), st.sampled_from(["etc/ldap/slapd.d/cn=config.ldif", "etc/ldap/tls.ldif"]), st.booleans())
def test_any_ldif_is_evaluated(tmp_path: Path, data: bytes, name: str, complete: bool) -> None:
    _evaluated(tmp_path, name, data, "debian-12", complete)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.one_of(st.binary(max_size=100), st.text("SLAPD_ERVICONF='\"$\\\n ld:/x{}", max_size=80).map(str.encode)))
def test_any_start_script_is_read(tmp_path: Path, data: bytes) -> None:
    _evaluated(tmp_path, "etc/default/slapd", b"SLAPD_SERVICES=" + data, "debian-12", complete=True)


def _evaluated(root: Path, name: str, data: bytes, target: str, complete: bool) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    for instance in evaluate.instances("/" + name, mail.below(root), load(target), complete=complete):
        assert instance.files


def test_a_hundred_thousand_lines_are_read_in_a_blink(tmp_path: Path) -> None:
    text = "TLSCertificateFile /x\n" + "# c\n  d\n" * 50_000 + "TLSProtocolMin 3.3\n"
    (tmp_path / "slapd.conf").write_text(text)
    (tmp_path / "ldif").mkdir()
    (tmp_path / "ldif/config.ldif").write_text("dn: cn=config\nobjectClass: olcGlobal\n" + "olcTLSCipherSuite: A\n B\n" * 50_000)
    started = time.process_time()
    for name in ("/slapd.conf", "/ldif/config.ldif"):
        assert evaluate.instances(name, mail.below(tmp_path), load("debian-12"), complete=True)
    assert time.process_time() - started < 10
