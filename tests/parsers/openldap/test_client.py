"""Clients of LDAP servers: every labelled record, the grammars, the mistakes of the document."""

import json
import re
from pathlib import Path

import pytest
from tlslint.model import How, Instance, TlsMode
from tlslint.model.versions import TLS10, TLS12, TLS13
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.support import mail, world
from tests.support.cli import tlslint

CLIENTS = [record for record in world.records("openldap") if record["kind"] == "client"]
CA = "/etc/ldap/certs/ca.pem"


def client(root: Path, text: str, path: str = "/etc/ldap/ldap.conf", target: str = "debian-13") -> Instance:
    """The client that one file configures; a CA lies at `CA`."""
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode())
    (root / "etc/ldap/certs").mkdir(parents=True, exist_ok=True)
    (root / CA.lstrip("/")).write_bytes(world.certificate("ecdsa", 256, "Lab Root CA", (), is_ca=True))
    return evaluate.instances(path, mail.below(root), load(target), complete=True)[0]


def rules(instance: Instance) -> list[str]:
    """What was met while reading."""
    return [problem.rule for problem in instance.problems]


@pytest.mark.parametrize("record", CLIENTS, ids=lambda record: record["id"])
def test_every_labelled_client_does_what_was_seen(record: world.Record, tmp_path: Path) -> None:
    if record.get("environment"):
        pytest.skip("LDAPNOINIT makes libldap read no file at all, and no file says so")
    world.lay(record, tmp_path)
    root = next((path for path in record["files"] if "ldaprc" in path), "/etc/ldap/ldap.conf")
    (instance,) = evaluate.instances(root, mail.below(tmp_path), load(record["target"]), complete=True)
    endpoint, seen = instance.endpoints[0], record["observed"]
    hello = seen["client_hello"]
    assert [version.word for version in sorted(endpoint.versions.surely)] == seen["versions"]
    assert [suite.iana for suite in endpoint.cipher_suites.surely] == (hello["cipher_suites"] if hello else [])
    works = endpoint.tls_works.holds(True)
    accepts_any = works and endpoint.peer_verification.holds("none")
    named = re.findall(r"(?im)^[ \t]*tls_cacert[ \t]+(\S.*?)[ \t\r]*$", "\n".join(record["files"].values()))
    authority = record["certificates"].get(named[-1], {}).get("cn") if named else None
    for way in ("ldaps", "starttls"):
        assert seen[f"{way}_wrongname"] == seen[f"{way}_expired"] == accepts_any
        assert seen[f"{way}_trusted"] == (accepts_any or (works and authority == "Lab Root CA"))
        assert seen[f"{way}_untrusted"] == (accepts_any or (works and authority == "Somebody Else CA"))
    if seen["default_uri_works"]:
        assert endpoint.tls.holds(TlsMode.IMPLICIT) == seen["default_uri_encrypted"]


def test_protocol_min_counts_on_openssl_only(tmp_path: Path) -> None:
    assert client(tmp_path, "TLS_PROTOCOL_MIN 3.4\n").endpoints[0].versions.surely == {TLS13}
    assert client(tmp_path, "TLS_PROTOCOL_MIN TLSv1.3\n").endpoints[0].versions.surely == {TLS12, TLS13}
    assert TLS10 in client(tmp_path, f"TLS_CACERT {CA}\nTLS_PROTOCOL_MIN 3.4\n", target="debian-12").endpoints[0].versions.surely


MISTAKES = [
    (f"TLS_CACERT {CA} # ours\n", "verification-impossible", "does not exist"),
    (f'TLS_CACERT "{CA}"\n', "verification-impossible", "as part of the name"),
    (f"TLS_CACERT = {CA}\n", "verification-impossible", "as part of the name"),
    (f"TLS_CACERT={CA}\n", "unknown-setting", "a blank"),
    (f"TLS_CACERT {CA}\nTLS_REQCERT no\n", "setting-ignored-here", "the default stays"),
    (f"TLS_CACERT {CA}\nTLS_REQCERT never\nTLS_REQCERT bogus\n", "setting-ignored-here", "'never' from before stays"),
    ("URI ldap://127.0.0.1 # ours\n", "setting-ignored-here", "is no LDAP URL"),
    ("TLS_CACERT ~/ca.pem\n", "verification-impossible", "as part of the name"),
    ("TLS_CACERTDIR /etc/ldap/certs\n", "verification-impossible", "named by its hash"),
    ("TLSCertificateFile /etc/ldap/ldap.pem\n", "unknown-setting", "slapd.conf"),
    ("TLSProtocolMin 3.4\n", "unknown-setting", "TLS_PROTOCOL_MIN"),
    ("ssl start_tls\n", "unknown-setting", "ldaps://"),
    ("TLS_KEY /etc/ldap/k\n", "setting-ignored-here", ".ldaprc"),
    ("TLS_PROTOCOL_MIN TLSv1.3\n", "setting-ignored-here", "3.4 for TLS 1.3"),
    ("TLS_CRLFILE /etc/ldap/crl\n", "setting-ignored-here", "GnuTLS"),
]


@pytest.mark.parametrize(("text", "rule", "says"), MISTAKES)
def test_mistakes_that_libldap_passes_over(text: str, rule: str, says: str, tmp_path: Path) -> None:
    found = client(tmp_path, text).problems
    assert [problem.rule for problem in found] == [rule]
    assert says in found[0].message


def test_an_invalid_value_keeps_the_one_before(tmp_path: Path) -> None:
    """`never` stays in force below a misspelt `demand`."""
    endpoint = client(tmp_path, "TLS_REQCERT never\nTLS_REQCERT demnad\n").endpoints[0]
    assert endpoint.peer_verification.holds("none")


def test_comments_count_in_the_first_column_only(tmp_path: Path) -> None:
    assert client(tmp_path, "#TLS_REQCERT never\n  # TLS_REQCERT never\n").endpoints[0].peer_verification.holds("certificate and name")
    assert client(tmp_path, "\t tls_ReqCert\tnever\t\r\n").endpoints[0].peer_verification.holds("none")


def test_a_users_file_lies_on_top_of_the_systems(tmp_path: Path) -> None:
    client(tmp_path, f"TLS_CACERT {CA}\nTLS_REQCERT demand\n")
    instance = client(tmp_path, "TLS_REQCERT never\n", "/home/joe/.ldaprc")
    assert instance.endpoints[0].peer_verification.holds("none")
    assert [file.path.rpartition("/")[2] for file in instance.files] == [".ldaprc", "ldap.conf"]


def test_seed_d10_slapd_names_in_ldap_conf(tmp_path: Path) -> None:
    """ "The ldap.conf counterparts" of the text are slapd.conf's names: libldap passes over every one, slapd.conf reads them."""
    names = ("TLSCertificateFile /a.pem", "TLSCertificateKeyFile /a.key", "TLSCACertificateFile /ca.pem", "TLSVerifyClient never")
    text = "\n".join((*names, "TLSCipherSuite NORMAL\n"))
    instance = client(tmp_path, text)
    assert rules(instance) == ["unknown-setting"] * 5
    assert all("slapd.conf" in problem.message for problem in instance.problems)
    assert instance.endpoints[0].tls_works.holds(True)


def test_nslcd(tmp_path: Path) -> None:
    (endpoint,) = client(tmp_path, "uri ldap://l.example.test/\nssl start_tls\ntls_reqcert never\n", "/etc/nslcd.conf").endpoints
    assert endpoint.tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert endpoint.peer_verification.holds("none")
    (plain,) = client(tmp_path, "uri ldap://l.example.test/\n", "/etc/nslcd.conf").endpoints
    assert plain.tls.holds(TlsMode.NONE)
    assert plain.cleartext_login.holds(True)


def test_sssd(tmp_path: Path) -> None:
    text = "[sssd]\ndomains = a\n[domain/a]\nid_provider = ldap\n"
    text += "ldap_uri = ldap://one.example.test, ldaps://two.example.test\nldap_id_use_start_tls = True\n"
    one, two = client(tmp_path, text, "/etc/sssd/sssd.conf").endpoints
    assert one.tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert two.tls.holds(TlsMode.IMPLICIT)
    assert one.peer_verification.holds("certificate and name")
    weak = text.replace("True", "False") + "ldap_tls_reqcert = allow\n"
    one, two = client(tmp_path, weak, "/etc/sssd/sssd.conf").endpoints
    assert one.tls.holds(TlsMode.NONE)
    assert not one.cleartext_login.holds(True)  # sssd demands StartTLS for passwords by itself
    assert two.peer_verification.holds("none")


def test_padls_ldap_conf_is_told_from_openldaps(tmp_path: Path) -> None:
    text = "uri ldap://l.example.test\nssl start_tls\ntls_checkpeer no\npam_password exop\n"
    padl = client(tmp_path, text, "/etc/ldap.conf").endpoints[0]
    assert padl.tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert padl.peer_verification.holds("name")
    openldap = client(tmp_path, text, "/etc/ldap/ldap.conf").endpoints[0]
    assert openldap.tls.holds(TlsMode.NONE)
    assert openldap.peer_verification.holds("certificate and name")


def test_hostile_text(tmp_path: Path) -> None:
    for path in ("/etc/ldap/ldap.conf", "/etc/nslcd.conf", "/etc/sssd/sssd.conf", "/etc/ldap.conf", "/etc/pam_ldap.conf"):
        for text in (
            "",
            "\0",
            "URI",
            "URI \0 [ ldap://[ ://",
            "uri ldap://a:99999999999999\n",
            "[domain/\nldap_uri=",
            "A" * 100000,
            "uri {{ x }}\nTLS_CACERT {{ y }}\n",
            "é ü\n",
            " \t" * 50000,
        ):
            client(tmp_path, text, path)


SAMPLES = Path(__file__).parents[3] / "sample_configs" / "openldap"


def test_the_weak_sample_and_the_repaired_one(tmp_path: Path) -> None:
    weak = client(tmp_path, (SAMPLES / "client-weak/etc/ldap/ldap.conf").read_text(encoding="utf-8"))
    assert rules(weak) == ["unknown-setting"] * 4 + ["setting-ignored-here"]
    assert weak.endpoints[0].tls.holds(TlsMode.NONE)
    assert weak.endpoints[0].peer_verification.holds("none")
    (tmp_path / "etc/ssl/certs").mkdir(parents=True)
    (tmp_path / "etc/ssl/certs/ca-certificates.crt").write_bytes(world.certificate("ecdsa", 256, "Lab Root CA", (), is_ca=True))
    repaired = client(tmp_path, (SAMPLES / "client-repaired/etc/ldap/ldap.conf").read_text(encoding="utf-8"))
    assert not repaired.problems
    assert repaired.endpoints[0].tls.holds(TlsMode.IMPLICIT)
    assert repaired.endpoints[0].peer_verification.holds("certificate and name")


@pytest.mark.parametrize(("target", "checked"), [("debian-12", "certificate"), ("debian-13", "certificate and name")])
def test_reqsan_never_ends_the_name_check_on_gnutls(target: str, checked: str, tmp_path: Path) -> None:
    endpoint = client(tmp_path, f"TLS_CACERT {CA}\nTLS_REQSAN never\n", target=target).endpoints[0]
    assert endpoint.peer_verification.holds(checked)


def test_mistake_06_slapds_names_of_files_do_nothing(tmp_path: Path) -> None:
    for name, here in (("TLSCACertificateFile", "TLS_CACERT"), ("TLSCertificateFile", "TLS_CERT")):
        instance = client(tmp_path, f"{name} /missing.pem\n")
        assert here in instance.problems[0].message
        assert instance.endpoints[0].tls_works.holds(True)


@pytest.mark.parametrize("word", ["never", "allow", "Never"])
def test_mistake_07_reqcert_never_and_allow_take_any_certificate(word: str, tmp_path: Path) -> None:
    for target in ("debian-11", "debian-12", "debian-13"):
        assert client(tmp_path, f"TLS_CACERT {CA}\nTLS_REQCERT {word}\n", target=target).endpoints[0].peer_verification.holds("none")


def test_mistake_08_ssl_start_tls_is_no_word_of_openldaps_file(tmp_path: Path) -> None:
    instance = client(tmp_path, f"TLS_CACERT {CA}\nURI ldap://l.example.test\nssl start_tls\n")
    assert instance.endpoints[0].tls.holds(TlsMode.NONE)
    assert rules(instance) == ["unknown-setting"]


def test_mistake_13_a_comment_behind_the_name_of_a_file_belongs_to_it(tmp_path: Path) -> None:
    instance = client(tmp_path, f"TLS_CACERT {CA} # ours\n")
    assert instance.endpoints[0].tls_works.holds(False)


def test_mistake_21_only_the_program_can_demand_starttls(tmp_path: Path) -> None:
    """`ldapsearch -Z` goes on in plain text where StartTLS fails, `-ZZ` does not; no file can say either."""
    endpoint = client(tmp_path, f"TLS_CACERT {CA}\nURI ldap://l.example.test\n").endpoints[0]
    assert endpoint.tls.holds(TlsMode.NONE)
    assert "ldapsearch -ZZ" in endpoint.tls.origins[0].note


def test_a_priority_string_tells_of_gnutls_where_nobody_says_which_library(tmp_path: Path) -> None:
    (tmp_path / "etc/ldap").mkdir(parents=True)
    (tmp_path / "etc/ldap/ldap.conf").write_text("TLS_CACERT /x.pem\nTLS_CIPHER_SUITE NORMAL:-VERS-TLS1.0\n")
    assumed = evaluate.instances("/etc/ldap/ldap.conf", mail.below(tmp_path), load(None), complete=True)[0]
    given = evaluate.instances("/etc/ldap/ldap.conf", mail.below(tmp_path), load("debian-13"), complete=True)[0]
    assert assumed.tls_library.name == "gnutls"
    assert given.endpoints[0].tls_works.holds(False)


def test_sudo(tmp_path: Path) -> None:
    (plain,) = client(tmp_path, "uri ldap://l.example.test\nsudoers_base ou=sudoers,dc=x\n", "/etc/sudo-ldap.conf").endpoints
    assert plain.name == "sudo to ldap://l.example.test"
    assert plain.tls.holds(TlsMode.NONE)
    assert not plain.cleartext_login.holds(True)
    text = f"uri ldap://l.example.test\nbinddn cn=s\nbindpw x\nssl start_tls\ntls_checkpeer no\ntls_cacertfile {CA}\n"
    (tls,) = client(tmp_path, text, "/etc/sudo-ldap.conf").endpoints
    assert tls.tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert tls.peer_verification.holds("none")


@pytest.mark.parametrize(
    ("path", "text", "checked"),
    [
        ("/etc/nslcd.conf", "tls_reqcert no", "none"),
        ("/etc/nslcd.conf", "tls_reqcert try", "certificate and name"),
        ("/etc/libnss-ldap.conf", "tls_checkpeer no", "name"),
        ("/etc/libnss-ldap.conf", "tls_checkpeer never", "certificate and name"),
        ("/etc/libnss-ldap.conf", "tls_checkpeer no # ours", "certificate and name"),
        ("/etc/sudo-ldap.conf", "tls_checkpeer never", "none"),
        ("/etc/sudo-ldap.conf", "tls_checkpeer hard", "none"),
        ("/etc/sudo-ldap.conf", "tls_checkpeer 1", "certificate and name"),
    ],
)
def test_words_about_certificates_by_program(path: str, text: str, checked: str, tmp_path: Path) -> None:
    """Seen of the programs (tests/live/test_ldap_login.py): PADL's compare the name all the same, sudo takes most words for no."""
    whole = f"uri ldap://l.example.test\nssl start_tls\ntls_cacertfile {CA}\n{text}\n"
    assert client(tmp_path, whole, path).endpoints[0].peer_verification.holds(checked)


@pytest.mark.parametrize(
    ("path", "lines", "mode", "port"),
    [
        ("/etc/nslcd.conf", "uri ldap://l\nssl starttls\n", TlsMode.STARTTLS_REQUIRED, 389),
        ("/etc/libnss-ldap.conf", "uri ldap://l\nssl starttls\n", TlsMode.NONE, 389),
        ("/etc/sudo-ldap.conf", "uri ldap://l\nssl 1\n", TlsMode.IMPLICIT, 389),
        ("/etc/libnss-ldap.conf", "uri ldap://l\nssl 1\n", TlsMode.NONE, 389),
        ("/etc/libnss-ldap.conf", "host l\nport 3890\nssl start_tls\n", TlsMode.STARTTLS_REQUIRED, 3890),
        ("/etc/libnss-ldap.conf", "host l\nssl on\n", TlsMode.IMPLICIT, 636),
        ("/etc/nslcd.conf", "uri ldap://l\nssl start_tls\nssl off\n", TlsMode.STARTTLS_REQUIRED, 389),
        ("/etc/sudo-ldap.conf", "uri ldap://l\nssl start_tls\nssl off\n", TlsMode.NONE, 389),
    ],
)
def test_ssl_by_program(path: str, lines: str, mode: TlsMode, port: int, tmp_path: Path) -> None:
    endpoint = client(tmp_path, lines, path).endpoints[0]
    assert endpoint.tls.holds(mode)
    assert endpoint.port.holds(port)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("/etc/nslcd.conf", "uri ldap://l\ntls_checkpeer no\n", "nslcd does not know tls_checkpeer, it is a word of nss_ldap and pam_ldap"),
        ("/etc/nslcd.conf", "uri ldap://l\nssl tls\n", "'tls' is no value of ssl"),
        ("/etc/nslcd.conf", "uri ldap://l\ntls_reqcert off\n", "'off' is no value of tls_reqcert"),
        ("/etc/sssd/sssd.conf", "[domain/a]\nid_provider = ldap\nldap_uri = ldap://l\nldap_id_use_start_tls = yes\n", "takes true, false"),
        ("/etc/sssd/sssd.conf", "[domain/a]\nid_provider = ldap\nldap_uri = ldap://l\nldap_tls_reqcert = off\n", "never, allow, try"),
    ],
)
def test_what_the_programs_do_not_start_with(path: str, text: str, told: str, tmp_path: Path) -> None:
    instance = client(tmp_path, text, path)
    assert instance.starts.holds(False)
    assert told in next(problem.message for problem in instance.problems if problem.rule == "refused")


def test_starttls_inside_ldaps(tmp_path: Path) -> None:
    text = f"uri ldaps://l\nssl start_tls\ntls_cacertfile {CA}\n"
    for path, works in (("/etc/nslcd.conf", False), ("/etc/libnss-ldap.conf", False), ("/etc/sudo-ldap.conf", True)):
        assert not client(tmp_path, text, path).endpoints[0].tls_works.holds(not works), path


def test_the_systems_ldap_conf_counts_for_programs_that_read_it(tmp_path: Path) -> None:
    """nslcd and sudo forbid libldap to read it; sssd takes its CA and keeps its own idea of verification."""
    world.lay({"files": {"/etc/ldap/ldap.conf": f"TLS_CACERT {CA}\nTLS_REQCERT never\n"}}, tmp_path)
    text = "uri ldap://l\nssl start_tls\n"
    padl = client(tmp_path, text, "/etc/libnss-ldap.conf", "debian-11")
    assert padl.endpoints[0].peer_verification.holds("none")
    assert "etc/ldap/ldap.conf" in [file.path for file in padl.files]
    assert client(tmp_path, text, "/etc/sudo-ldap.conf", "debian-11").endpoints[0].tls_works.holds(False)
    assert client(tmp_path, text, "/etc/nslcd.conf", "debian-12").endpoints[0].tls_works.holds(False)
    sssd = "[domain/a]\nid_provider = ldap\nldap_uri = ldaps://l\n"
    (endpoint,) = client(tmp_path, sssd, "/etc/sssd/sssd.conf", "debian-12").endpoints
    assert endpoint.peer_verification.holds("certificate and name")
    assert endpoint.tls_works.holds(True)


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("ldap://ldap.example.test", "client of ldap.example.test"),
        ("ldaps://ldap.example.test:636/", "client of ldap.example.test"),
        ("ldaps://ldap.example.test:1636", "client of ldap.example.test:1636"),
        ("ldapi:///", "ldapi:///"),
    ],
)
def test_how_a_client_is_called(uri: str, name: str, tmp_path: Path) -> None:
    assert [each.name for each in client(tmp_path, f"URI {uri}\n").endpoints] == [name]


@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
def test_where_the_suites_come_from(target: str, tmp_path: Path) -> None:
    words = {"debian-12": "SECURE256", "debian-13": "ECDHE+AESGCM"}[target]
    written = client(tmp_path / "a", f"TLS_CACERT {CA}\nTLS_CIPHER_SUITE {words}\n", target=target).endpoints[0]
    assert (written.cipher_suites.origins[0].how, written.cipher_suites.origins[0].span.text) == (How.WRITTEN, words)  # type: ignore[union-attr]
    default = client(tmp_path / "b", f"TLS_CACERT {CA}\n", target=target).endpoints[0]
    assert default.cipher_suites.origins[0].how is How.DEFAULT


@pytest.mark.parametrize(
    ("text", "target", "left", "told"),
    [
        ("", "debian-11", {"versions", "cipher_suites"}, []),
        ("", "debian-13", {"versions", "cipher_suites"}, []),
        ("TLS_CIPHER_SUITE NORMAL\n", "debian-11", set(), ["TLS102", "TLS206", "TLS208", "TLS301", "TLS303"]),
        ("TLS_PROTOCOL_MIN 3.1\n", "debian-11", {"versions", "cipher_suites"}, ["TLS803"]),  # GnuTLS: libldap never reads it
        ("TLS_PROTOCOL_MIN 3.3\nTLS_PROTOCOL_MAX 3.3\n", "debian-13", {"cipher_suites"}, ["TLS103"]),
        ("TLS_CIPHER_SUITE HIGH\n", "debian-13", set(), ["TLS206", "TLS208", "TLS301", "TLS303"]),
    ],
)
def test_what_nobody_chose_is_the_servers_choice(text: str, target: str, left: set[str], told: list[str], tmp_path: Path) -> None:
    (endpoint,) = client(tmp_path, f"URI ldaps://l.example.test\nTLS_CACERT {CA}\n{text}", target=target).endpoints
    assert endpoint.left_to_peer == left
    assert TLS12 in endpoint.versions.surely
    assert any(not suite.has_forward_secrecy for suite in endpoint.cipher_suites.surely)
    ran = tlslint(tmp_path, "--target", target, "--output-format", "json")
    assert sorted({finding["rule"] for finding in json.loads(ran.out)["findings"]}) == told


@pytest.mark.parametrize(("version", "chosen"), [("2.4.57", False), ("2.5.20", True), ("2.6.8", True)])
def test_suites_of_tls13_in_the_one_list(version: str, chosen: bool, tmp_path: Path) -> None:
    """Since 2.5 on OpenSSL (ITS#9521, tlso_ctx_cipher13() in libraries/libldap/tls_o.c)."""
    target = load("rhel-9")
    target = target._replace(software={**target.software, "ldap-client": target.software["ldap-client"]._replace(version=version)})
    (tmp_path / "etc/ldap").mkdir(parents=True)
    (tmp_path / "etc/ldap/ldap.conf").write_text("TLS_CIPHER_SUITE TLS_AES_128_GCM_SHA256:ECDHE+AESGCM\n")
    endpoint = evaluate.instances("/etc/ldap/ldap.conf", mail.below(tmp_path), target, complete=True)[0].endpoints[0]
    assert endpoint.cipher_string is not None
    assert endpoint.cipher_string.has_tls13 is chosen
    suites = [suite.iana for suite in endpoint.cipher_suites.surely if suite.is_tls13]
    assert (suites == ["TLS_AES_128_GCM_SHA256"]) is chosen
