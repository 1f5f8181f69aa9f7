"""slapd and its clients linked with Mozilla's NSS: what was recorded of real ones, and what tls_m.c's own parser made of strings."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tlslint.model import Instance, TlsMode, Unknown
from tlslint.model.versions import TLS10, TLS12
from tlslint.parsers.openldap import evaluate, moznss
from tlslint.targets import combined

from tests.support import mail, world
from tests.support.cli import tlslint

ANSWERS = Path(__file__).parents[2] / "data" / "ciphers" / "expected-moznss.jsonl.gz"
PKI = {
    "/t/ca.pem": {"type": "rsa", "bits": 2048, "cn": "ca", "holds": "certificate"},
    "/t/other.pem": {"type": "rsa", "bits": 2048, "cn": "other", "holds": "certificate"},
    "/t/cert.pem": {"type": "rsa", "bits": 2048, "cn": "localhost", "key": "/t/key.pem"},
    "/t/dh.pem": {"type": "dhparam", "bits": 1024},
}
DATABASES = {"/t/db/cert9.db": "", "/t/db/key4.db": "", "/t/db/pw": "secretpw\n", "/t/nopw/cert9.db": "", "/t/nopw/key4.db": ""}
DATABASE = "\ndatabase ldif\nsuffix cn=x\nrootdn cn=a,cn=x\nrootpw s\ndirectory /t/data\n"
SERVICES = 'SLAPD_URLS="ldap:/// ldaps:///"\n'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files the recorded servers had."""
    root = tmp_path_factory.mktemp("host")
    return world.lay({"files": DATABASES, "directories": ["/t/empty", "/t/data"], "certificates": PKI}, root)


def server(root: Path, text: str, version: str = "2.4.44") -> Instance:
    world.lay({"files": {"/etc/openldap/slapd.conf": text + DATABASE, "/etc/sysconfig/slapd": SERVICES}}, root)
    target = combined(("rhel-7.4", f"slapd@{version}"), None)
    return evaluate.instances("/etc/openldap/slapd.conf", mail.below(root), target, complete=True)[0]


def recorded(kind: str) -> list[dict[str, Any]]:
    return [record for record in world.records("openldap-nss") if record["kind"] == kind]


def test_the_parser_of_tls_m_c_reads_every_string_as_it_does() -> None:
    """Three tables, 1,208 strings each, answered by nss_parse_ciphers() itself."""
    rows = moznss._data()["rows"]
    with gzip.open(ANSWERS, "rt") as lines:
        answers = [json.loads(line) for line in lines]
    assert len(answers) == 3 * 1208
    for table, text, states in answers:
        own = [state for row, state in zip(rows, moznss._parsed(text, table), strict=True) if table in row[3].split()]
        assert "".join({-1: "-", None: "?"}.get(state, str(state)) for state in own) == states, (table, text)


def test_recorded_servers(host: Path) -> None:
    """Whether it starts, StartTLS, dead or alive; what is sure was seen, and most of what was seen is sure."""
    sure = seen = 0
    for record in recorded("server"):
        instance, told = server(host, record["text"], record["slapd"]), f"{record['slapd']}: {record['text']}"
        assert instance.starts.holds(record["starts"]), told
        if not record["starts"]:
            continue
        plain, secure = instance.endpoints
        assert plain.tls.holds(TlsMode.STARTTLS) is (record["starttls"] == 0), told
        assert secure.tls.holds(TlsMode.IMPLICIT)
        if secure.tls_works.holds(False):
            assert not record["versions"], told
        elif not record["versions"]:  # NSS 3.61 refuses SSL 2.0 and has no suite of TLS 1.3 switched on; an older or newer one may do more
            assert "TLSProtocolMin" in record["text"], told
        assert {version.word for version in secure.versions.surely} <= set(record["versions"]), told
        if "TLSv1.0" in record["versions"]:
            offered = {suite.iana for suite in secure.cipher_suites.surely}
            assert offered <= set(record["suites"]), told
            assert secure.versions.surely or not offered, told
            seen += len(record["suites"])
            sure += len(offered)
    assert seen > 300
    assert sure > 0.8 * seen


def test_recorded_clients(host: Path) -> None:
    for record in recorded("client"):
        world.lay({"files": {"/home/a/.ldaprc": record["text"] + "\n"}}, host)
        instance = evaluate.instances("/home/a/.ldaprc", mail.below(host), combined(("rhel-7.4",), None), complete=True)[0]
        (client,), (trusted, wrong_name) = instance.endpoints, record["accepted"]
        if client.peer_verification.holds("none"):
            assert trusted == wrong_name == client.tls_works.holds(True), record
            continue
        assert not wrong_name, record
        if client.tls_works.holds(False):
            assert not trusted, record
        elif not trusted:  # another CA than the server's; SSL 2.0, which an older NSS does
            assert "/t/other.pem" in record["text"] or "TLS_PROTOCOL_MIN 1.2" in record["text"], record


def test_nothing_about_tls_stops_it_and_everything_is_said(host: Path) -> None:
    """A certificate that is not there: with OpenSSL and GnuTLS slapd ends, with NSS it runs and every handshake fails."""
    instance = server(host, "TLSCACertificatePath /t/empty\nTLSCertificateFile OpenLDAP-Server\n")
    (problem,) = (each for each in instance.problems if each.rule == "certificate-missing")
    assert problem.message == (
        "OpenLDAP-Server does not exist, nor is /t/empty a certificate database that could know it: "
        "StartTLS is offered and every handshake fails"
    )


def test_a_minimum_counts_by_release(tmp_path: Path) -> None:
    text = "TLSCACertificatePath /t/db\nTLSCertificateFile srv\nTLSCipherSuite HIGH\nTLSProtocolMin 3.3\n"
    for version, sure, is_told in (
        ("2.4.39", {TLS10}, True),
        ("2.4.40", set(), False),
        ("2.4.44", {TLS12}, False),
        ("2.4.57", {TLS10}, True),
    ):
        instance = server(tmp_path / version, text, version)
        versions = instance.endpoints[1].versions
        assert isinstance(versions, Unknown)
        assert versions.surely == sure, version
        assert any(each.rule == "setting-ignored-here" for each in instance.problems) is is_told


def test_red_hats_own_configuration(tmp_path: Path) -> None:
    """What generate-server-cert.sh and slapd.ldif of RHEL 6 and 7 set up: a name in a database, its PIN beside it."""
    entry = (
        "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcTLSCACertificatePath: /etc/openldap/certs\n"
        'olcTLSCertificateFile: "OpenLDAP Server"\nolcTLSCertificateKeyFile: /etc/openldap/certs/password\n'
    )
    certs = dict.fromkeys(("cert8.db", "key3.db", "secmod.db", "password"), "")
    files = {"/etc/openldap/slapd.d/cn=config.ldif": entry, **{f"/etc/openldap/certs/{name}": text for name, text in certs.items()}}
    world.lay({"files": {**files, "/etc/redhat-release": "CentOS release 6.9 (Final)\n"}}, tmp_path)
    run = tlslint("effective", "--output-format", "json", "--root", str(tmp_path), str(tmp_path / "etc"))
    (instance,) = json.loads(run.out)["instances"]
    assert instance["tls_library"]["name"] == "moznss"
    (endpoint,) = (each for each in instance["endpoints"] if each["name"] == "ldap:///")
    assert endpoint["tls"] == "starttls"
    assert "hangs on its release" in json.dumps(endpoint["versions"])


def test_fixes_are_left_to_a_person_who_is_told_how(tmp_path: Path) -> None:
    conf = "TLSCACertificatePath /t/db\nTLSCertificateFile srv\nTLSCipherSuite RC4-SHA\n"
    world.lay({"files": {**DATABASES, "/etc/openldap/slapd.conf": conf + DATABASE}}, tmp_path)
    folder = str(tmp_path / "etc")
    chosen = ("--target", "rhel-6", "--root", str(tmp_path), "--select", "TLS102,TLS204")
    run = tlslint(*chosen, "--fix", "--unsafe-fixes", "--show-fixes", folder)
    assert "ldap:/// offers TLS 1.0" in run.out
    assert "offers RC4 suites: RC4-SHA" in run.out
    assert "by hand, TLSProtocolMin 3.3" in run.out + run.err


def test_words_only_other_builds_read(host: Path) -> None:
    text = "TLSCACertificatePath /t/db\nTLSCertificateFile srv\nTLSCRLCheck foo\nTLSCRLFile /t/nope\nTLSDHParamFile /t/nope\n"
    instance = server(host, text + "TLSCipherSuite HIGH:kEDH\n")
    messages = [each.message for each in instance.problems if each.rule == "setting-ignored-here"]
    assert [message.partition(" ")[0] for message in messages] == ["TLSCRLCheck", "TLSCRLFile", "TLSDHParamFile", "kEDH"]
    assert instance.endpoints[1].tls_works.holds(True)


def test_a_certificate_by_name_tells_red_hats_library_where_no_target_does(tmp_path: Path) -> None:
    """A false positive: a container's copy of CentOS 6's own slapd.d was told to offer RC4 with ECDH, which is OpenSSL's way."""
    entry = (
        "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcTLSCACertificatePath: /etc/openldap/certs\n"
        'olcTLSCertificateFile: "OpenLDAP Server"\nolcTLSCertificateKeyFile: /etc/openldap/certs/password\n'
    )
    data = "dn: olcDatabase={2}hdb\nobjectClass: olcDatabaseConfig\nobjectClass: olcHdbConfig\nolcDatabase: {2}hdb\nolcSuffix: dc=x\n"
    tree = {"/etc/openldap/slapd.d/cn=config.ldif": entry, "/etc/openldap/slapd.d/cn=config/olcDatabase={2}hdb.ldif": data}
    world.lay({"files": tree}, tmp_path)
    out = tlslint("--output-format", "concise", str(tmp_path)).out
    assert "TLS102 deprecated-version: ldap:/// offers TLS 1.0\n" in out
    assert "RC4" not in out
