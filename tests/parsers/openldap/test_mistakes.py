"""The mistakes people make with slapd, each by name: what it really does, and what is said of it."""

from pathlib import Path

import pytest
from tlslint.model import Endpoint, Instance, Problem, TlsMode
from tlslint.model.remedy import Rewrite
from tlslint.parsers.openldap import evaluate
from tlslint.targets import Target, load

from tests.support import mail, world
from tests.support.cli import tlslint

HEAD = "include /etc/ldap/schema/core.schema\npidfile /run/slapd/slapd.pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
CERTIFICATE = "TLSCertificateFile /etc/ldap/ldap.pem\nTLSCertificateKeyFile /etc/ldap/ldap.key\nTLSCACertificateFile /etc/ldap/ca.pem\n"
DATABASE = 'database mdb\nsuffix "dc=example,dc=test"\nrootdn "cn=admin,dc=example,dc=test"\nrootpw secret\ndirectory /var/lib/ldap\n'
PKI = {
    "/etc/ldap/ldap.pem": {"type": "rsa", "bits": 2048, "key": "/etc/ldap/ldap.key", "cn": "ldap.example.test"},
    "/etc/ldap/ca.pem": {"type": "ecdsa", "bits": 256, "cn": "Lab Root CA", "holds": "certificate"},
}
GLOBAL = "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcPidFile: /run/slapd/slapd.pid\n"
IN_LDIF = (
    "olcTLSCertificateFile: /etc/ldap/ldap.pem\nolcTLSCertificateKeyFile: /etc/ldap/ldap.key\nolcTLSCACertificateFile: /etc/ldap/ca.pem\n"
)
MODULES = (
    "dn: cn=module{0},cn=config\nobjectClass: olcModuleList\ncn: module{0}\nolcModulePath: /usr/lib/ldap\n"
    "olcModuleLoad: {0}back_mdb\nolcModuleLoad: {1}back_ldap\n"
)
MDB = (
    f"\n{MODULES}"
    "\ndn: olcDatabase={1}mdb,cn=config\nobjectClass: olcDatabaseConfig\nobjectClass: olcMdbConfig\nolcDatabase: {1}mdb\nolcSuffix: dc=x\n"
)


def judged(
    root: Path,
    text: str = "",
    *,
    target: str = "debian-12",
    inside: str = "",
    certificate: str = CERTIFICATE,
    urls: str = "ldap:/// ldaps:/// ldapi:///",
    files: dict[str, str] | None = None,
) -> Instance:
    """slapd.conf with `text` before the database and `inside` in it."""
    services = f'SLAPD_CONF=/etc/ldap/slapd.conf\nSLAPD_SERVICES="{urls}"\n'
    conf = HEAD + certificate + text + "\n" + DATABASE + inside
    world.lay({"files": {"/etc/ldap/slapd.conf": conf, "/etc/default/slapd": services, **(files or {})}, "certificates": PKI}, root)
    (root / "etc/ldap/ldap.key").chmod(0o600)
    return evaluate.instances("/etc/ldap/slapd.conf", mail.below(root), load(target), complete=True)[0]


def ldif(root: Path, files: dict[str, str], name: str = "/etc/ldap/config.ldif", target: str | Target = "debian-12") -> Instance:
    """LDIF as slapadd or ldapmodify would get it."""
    judged_for = load(target) if isinstance(target, str) else target
    world.lay({"files": files, "certificates": PKI}, root)
    return evaluate.instances(name, mail.below(root), judged_for, complete=True)[0]


def port(instance: Instance, name: str) -> Endpoint:
    return next(each for each in instance.endpoints if each.name.startswith(name))


def versions(instance: Instance, name: str = "ldaps:") -> list[str]:
    return sorted(version.word for version in mail.value(port(instance, name).versions))


def problem(instance: Instance, rule: str) -> Problem:
    found = [each for each in instance.problems if each.rule == rule]
    assert found, [(each.rule, each.message) for each in instance.problems]
    return found[0]


def silent(instance: Instance, *rules: str) -> bool:
    return not [each for each in instance.problems if each.rule in rules]


def test_01_protocol_min_12_restricts_nothing(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSProtocolMin 1.2\nTLSCipherSuite DEFAULT:@SECLEVEL=0\n", target="debian-13")
    assert versions(instance) == ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    remedy = problem(instance, "means-something-else").remedy
    assert isinstance(remedy, Rewrite)
    assert remedy.edits[0].replacement == b"3.3"


@pytest.mark.parametrize("value", ["TLSv1.2", "0x303", "771", "3,3", "3.3.1", "3.", ".4", "256", '""', "-1"])
def test_02_protocol_min_in_other_words_stops_slapd(value: str, tmp_path: Path) -> None:
    for target in ("debian-11", "debian-12", "debian-13"):
        instance = judged(tmp_path / target, f"TLSProtocolMin {value}\n", target=target)
        assert instance.starts.holds(False)
        assert problem(instance, "refused").span.text in (value, f"TLSProtocolMin {value}")


def test_03_gnutls_never_reads_protocol_min(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSProtocolMin 3.3\n")
    assert versions(instance) == ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    assert "GnuTLS" in problem(instance, "setting-ignored-here").message
    fixed = judged(tmp_path / "fixed", "TLSCipherSuite SECURE256:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3\n")
    assert versions(fixed) == ["TLSv1.2", "TLSv1.3"]


@pytest.mark.parametrize(("value", "target"), [("HIGH:MEDIUM:+SSLv2", "debian-12"), ("NORMAL", "debian-13"), ("SECURE256", "debian-13")])
def test_04_05_the_other_librarys_language_stops_slapd(value: str, target: str, tmp_path: Path) -> None:
    assert judged(tmp_path, f"TLSCipherSuite {value}\n", target=target).starts.holds(False)


def test_09_without_security_passwords_travel_in_the_clear(tmp_path: Path) -> None:
    instance = judged(tmp_path)
    assert port(instance, "ldap:").cleartext_login.holds(True)
    assert port(instance, "ldap:").tls.holds(TlsMode.STARTTLS)
    assert port(instance, "ldaps:").cleartext_login.holds(False)


def test_10_ssf_128_shuts_ldapi_out_unless_localssf(tmp_path: Path) -> None:
    instance = judged(tmp_path, "security ssf=128\n")
    assert port(instance, "ldapi").tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert "localSSF" in problem(instance, "means-something-else").message
    fixed = judged(tmp_path / "fixed", "security ssf=128\nlocalSSF 0x80\n")
    assert port(fixed, "ldapi").cleartext_login.holds(True)
    assert port(fixed, "ldap:").tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert silent(fixed, "means-something-else")


def test_11_tls_1_shuts_ldapi_out_whatever_localssf(tmp_path: Path) -> None:
    instance = judged(tmp_path, "security tls=1\nlocalSSF 256\n")
    assert port(instance, "ldapi").tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert "ldapi" in problem(instance, "means-something-else").message


def test_12_indented_after_a_comment_is_comment(tmp_path: Path) -> None:
    instance = judged(tmp_path, "# new\n TLSProtocolMin 3.4\n", target="debian-13")
    assert versions(instance) == ["TLSv1.2", "TLSv1.3"]
    assert problem(instance, "swallowed-line").span.text == "TLSProtocolMin 3.4"
    alone = judged(tmp_path / "alone", "\n TLSProtocolMin 3.4\n", target="debian-13")
    assert versions(alone) == ["TLSv1.3"]


def test_12_a_backslash_does_not_continue_a_comment_into_a_directive_of_its_own(tmp_path: Path) -> None:
    instance = judged(tmp_path, "# old: 3.1 \\\nTLSProtocolMin 3.4\n", target="debian-13")
    assert versions(instance) == ["TLSv1.2", "TLSv1.3"]
    assert problem(instance, "swallowed-line")


def test_13_a_trailing_comment_stops_slapd(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSProtocolMin 3.4 # strict\n", target="debian-13")
    assert instance.starts.holds(False)
    assert problem(instance, "trailing-comment").span.text == "# strict"


@pytest.mark.parametrize("word", ["required", "require", "optional", "off", "false", "5", "no"])
def test_14_verify_client_in_other_words_stops_slapd(word: str, tmp_path: Path) -> None:
    assert judged(tmp_path, f"TLSVerifyClient {word}\n").starts.holds(False)


ASKED = {
    "none": ("never", "0"),
    "optional": ("3", "4", "allow", "try"),
    "required": ("1", "2", "02", "Demand", "hard", "true", "on", "YES"),
}


@pytest.mark.parametrize(("word", "asked"), [(word, asked) for asked, words in ASKED.items() for word in words])
def test_14_what_verify_clients_words_ask(word: str, asked: str, tmp_path: Path) -> None:
    assert port(judged(tmp_path, f"TLSVerifyClient {word}\n"), "ldaps:").client_certificate.holds(asked)


def test_15_there_is_no_protocol_max(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSProtocolMax 3.3\n")
    assert instance.starts.holds(False)
    assert "no TLSProtocolMax" in problem(instance, "unknown-setting").message


def test_16_slapd_conf_beside_slapd_d_is_not_read(tmp_path: Path) -> None:
    files = {"/etc/ldap/slapd.d/cn=config.ldif": GLOBAL, "/etc/ldap/slapd.conf": HEAD + "TLSProtocolMin bad\n"}
    instance = ldif(tmp_path, files, "/etc/ldap/slapd.conf")
    assert instance.starts.holds(True)
    assert not instance.endpoints
    assert "slapd.d" in problem(instance, "file-not-read").message
    files["/etc/default/slapd"] = "SLAPD_CONF=/etc/ldap/slapd.conf\n"
    assert ldif(tmp_path / "named", files, "/etc/ldap/slapd.conf").starts.holds(False)
    assert problem(ldif(tmp_path / "named", files, "/etc/ldap/slapd.d/cn=config.ldif"), "file-not-read")


def test_16_an_empty_slapd_d_is_taken_by_debians_old_start_script(tmp_path: Path) -> None:
    (tmp_path / "etc/ldap/slapd.d").mkdir(parents=True)
    files = {"/etc/ldap/slapd.conf": HEAD + DATABASE, "/etc/default/slapd": "SLAPD_CONF=\n"}
    assert ldif(tmp_path, files, "/etc/ldap/slapd.conf").starts.holds(False)
    assert ldif(tmp_path, files, "/etc/ldap/slapd.conf", "debian-13").starts.holds(True)


def test_17_ldaps_is_not_open_unless_a_url_says_so(tmp_path: Path) -> None:
    instance = judged(tmp_path, urls="ldap:/// ldapi:///")
    assert [each.name for each in instance.endpoints] == ["ldap:///", "ldapi:///"]


def test_18_protocol_min_above_tls13_leaves_nothing_on_openssl(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSProtocolMin 4\n", target="debian-13")
    assert instance.starts.holds(True)
    assert port(instance, "ldaps:").tls_works.holds(False)
    assert versions(judged(tmp_path / "g", "TLSProtocolMin 4\n")) == ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


def test_19_names_of_tls12_suites_leave_tls13_on(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLSCipherSuite ECDHE-RSA-AES128-GCM-SHA256\n", target="debian-13")
    assert versions(instance) == ["TLSv1.2", "TLSv1.3"]
    only13 = judged(tmp_path / "13", "TLSCipherSuite TLS_AES_128_GCM_SHA256\n", target="debian-13")
    assert [suite.iana for suite in mail.value(port(only13, "ldaps:").cipher_suites) if suite.is_tls13] == ["TLS_AES_128_GCM_SHA256"]
    assert versions(only13) == ["TLSv1.2", "TLSv1.3"]


def test_20_certificate_and_key_in_separate_changes(tmp_path: Path) -> None:
    """GnuTLS refuses the first half (error 80) and slapd is left without TLS."""
    change = "dn: cn=config\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: /etc/ldap/ldap.pem\n"
    second = "\ndn: cn=config\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/ldap.key\n"
    files = {"/etc/ldap/config.ldif": GLOBAL + MDB, "/etc/ldap/z-tls.ldif": change + second}
    gnutls = ldif(tmp_path / "12", files)
    assert port(gnutls, "ldap:").tls.holds(TlsMode.NONE)
    assert "refuses the change" in problem(gnutls, "refused").message
    openssl = ldif(tmp_path / "13", files, target="debian-13")
    assert port(openssl, "ldap:").tls.holds(TlsMode.STARTTLS)
    assert port(openssl, "ldap:").tls_works.holds(True)
    together = change + "-\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/ldap.key\n"
    mended = ldif(tmp_path / "mended", {**files, "/etc/ldap/z-tls.ldif": together})
    assert port(mended, "ldap:").tls_works.holds(True)


@pytest.mark.parametrize(
    ("line", "target"), [("TLSCRLFile /none.pem", "debian-13"), ("TLSCRLCheck all", "debian-12"), ("TLSECName x", "debian-12")]
)
def test_22_settings_of_the_other_library_are_ignored(line: str, target: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, line + "\n", target=target)
    assert instance.starts.holds(True)
    assert problem(instance, "setting-ignored-here")


def test_no_certificate_no_starttls_and_ldaps_fails(tmp_path: Path) -> None:
    instance = judged(tmp_path, certificate="")
    assert port(instance, "ldap:").tls.holds(TlsMode.NONE)
    assert port(instance, "ldaps:").tls_works.holds(False)
    assert problem(instance, "certificate-missing").span.text == "ldaps:///"


def test_a_ca_alone_offers_starttls_that_always_fails(tmp_path: Path) -> None:
    for target in ("debian-12", "debian-13"):
        instance = judged(tmp_path / target, certificate="TLSCACertificateFile /etc/ldap/ca.pem\n", target=target)
        assert instance.starts.holds(True)
        assert port(instance, "ldap:").tls.holds(TlsMode.STARTTLS)
        assert port(instance, "ldap:").tls_works.holds(False)


def test_half_a_pair_stops_gnutls_and_fails_on_openssl(tmp_path: Path) -> None:
    half = "TLSCertificateFile /etc/ldap/ldap.pem\n"
    assert judged(tmp_path / "12", certificate=half).starts.holds(False)
    instance = judged(tmp_path / "13", certificate=half, target="debian-13")
    assert instance.starts.holds(True)
    assert port(instance, "ldaps:").tls_works.holds(False)


@pytest.mark.parametrize(
    ("line", "clear", "mode"),
    [
        ("security tls=1", False, TlsMode.STARTTLS_REQUIRED),
        ("security SSF=128", False, TlsMode.STARTTLS_REQUIRED),
        ("security simple_bind=128", False, TlsMode.STARTTLS_REQUIRED),
        ("security update_ssf=128", True, TlsMode.STARTTLS),
        ("security ssf=0", True, TlsMode.STARTTLS),
        ("security sasl=56", False, TlsMode.STARTTLS_REQUIRED),
        ("disallow bind_simple", False, TlsMode.STARTTLS),
        ("disallow bind_anon", True, TlsMode.STARTTLS),
        ("require strong", True, TlsMode.STARTTLS),
        ("restrict bind", False, TlsMode.STARTTLS),
        ("restrict extended=1.3.6.1.4.1.1466.20037", True, TlsMode.STARTTLS),
        ("restrict extended", True, TlsMode.STARTTLS),
    ],
)
def test_what_security_disallow_require_and_restrict_do_to_ldap(line: str, clear: bool, mode: TlsMode, tmp_path: Path) -> None:
    endpoint = port(judged(tmp_path, line + "\n"), "ldap:")
    assert endpoint.cleartext_login.holds(clear)
    assert endpoint.tls.holds(mode)


def test_security_inside_a_database_counts_there(tmp_path: Path) -> None:
    assert port(judged(tmp_path, inside="security simple_bind=128\n"), "ldap:").cleartext_login.holds(False)
    two = 'security simple_bind=128\ndatabase mdb\nsuffix "dc=other"\nrootdn "cn=a,dc=other"\nrootpw x\ndirectory /var/lib/other\n'
    assert port(judged(tmp_path / "two", inside=two), "ldap:").cleartext_login.holds(True)
    lifted = judged(tmp_path / "lifted", "security simple_bind=128\n", inside="security simple_bind=0\n")
    assert port(lifted, "ldap:").cleartext_login.holds(False)
    assert problem(lifted, "setting-ignored-here").span.text == "simple_bind=0"


@pytest.mark.parametrize(
    "line", ["security ssf = 128", "security minssf=1", "security ssf=strong", "disallow starttls", "require tls", "localSSF x"]
)
def test_words_security_and_its_like_do_not_know_stop_slapd(line: str, tmp_path: Path) -> None:
    assert judged(tmp_path, line + "\n").starts.holds(False)


@pytest.mark.parametrize(
    ("urls", "starts"),
    [
        ("ldap:/// imaps:///", False),
        ("ldap://:389:1/", False),
        ("ldap://127.0.0.1:", False),
        ("ldap:///dc=x", False),
        ("LDAP:///", True),
        ("ldap://*:3389", True),
        ("<ldap:///>", True),
        ("ldap:///????x-mod=0777", True),
        ("  ldap:///   ldaps:///  ", True),
        ("ldap://[::1]:3389/", True),
    ],
)
def test_urls_to_listen_on(urls: str, starts: bool, tmp_path: Path) -> None:
    assert judged(tmp_path, urls=urls).starts.holds(starts)


def test_listeners_of_the_start_script(tmp_path: Path) -> None:
    def names(text: str, target: str = "debian-12") -> list[str]:
        root = tmp_path / str(abs(hash((text, target))))
        return [each.name for each in judged(root, files={"/etc/default/slapd": text}, target=target).endpoints]

    assert names('SLAPD_SERVICES="ldap:///"\nSLAPD_SERVICES="$SLAPD_SERVICES ldaps:///"\n') == ["ldap:///", "ldaps:///"]
    assert names("SLAPD_SERVICES=\n") == ["ldap:///"]
    assert names("# nothing\n") == ["ldap:///"]
    assert names("SLAPD_SERVICES='ldap://127.0.0.1/'\nSLAPD_OPTIONS=\"-h ldaps:///\"\n") == ["ldaps:///"]
    assert names('export SLAPD_SERVICES="ldaps:/// \\\nldapi:///"\n') == ["ldaps:///", "ldapi:///"]
    assert names("#SLAPD_SERVICES='ldaps:///'\nSLAPD_SERVICES=ldapi:///  # local\n") == ["ldapi:///"]


def test_listeners_of_a_systemd_unit_and_of_red_hat(tmp_path: Path) -> None:
    unit = "[Service]\nEnvironmentFile=/etc/sysconfig/slapd\nExecStart=/usr/sbin/slapd -u ldap -h ${SLAPD_URLS} $SLAPD_OPTIONS\n"
    files = {"/usr/lib/systemd/system/slapd.service": unit, "/etc/sysconfig/slapd": 'SLAPD_URLS="ldapi:/// ldaps:///"\n'}
    instance = judged(tmp_path, files=files)
    assert [each.name for each in instance.endpoints] == ["ldapi:///", "ldaps:///"]


def test_another_file_named_by_the_start_script_is_what_runs(tmp_path: Path) -> None:
    files = {
        "/etc/default/slapd": "SLAPD_CONF=/etc/ldap/other\nSLAPD_SERVICES=ldaps:///\n",
        "/etc/ldap/other": HEAD + CERTIFICATE + DATABASE,
    }
    instance = ldif(tmp_path, files, "/etc/default/slapd")
    assert [each.name for each in instance.endpoints] == ["ldaps:///"]
    gone = ldif(tmp_path / "gone", {"/etc/default/slapd": "SLAPD_CONF=/etc/ldap/gone.conf\n"}, "/etc/default/slapd")
    assert gone.starts.holds(False)


def test_debians_old_start_script_wants_a_pidfile(tmp_path: Path) -> None:
    conf = HEAD.replace("pidfile /run/slapd/slapd.pid\n", "") + DATABASE
    files = {"/etc/ldap/slapd.conf": conf, "/etc/default/slapd": "SLAPD_CONF=/etc/ldap/slapd.conf\nSLAPD_PIDFILE=\n"}
    instance = ldif(tmp_path / "12", files, "/etc/ldap/slapd.conf")
    assert instance.starts.holds(False)
    assert "pidfile" in problem(instance, "refused").message
    assert ldif(tmp_path / "13", files, "/etc/ldap/slapd.conf", "debian-13").starts.holds(True)


def test_includes_are_read_in_place_and_missing_ones_stop_slapd(tmp_path: Path) -> None:
    instance = judged(tmp_path, "include /etc/ldap/tls.conf\n", files={"/etc/ldap/tls.conf": "TLSVerifyClient demand\n"})
    assert port(instance, "ldaps:").client_certificate.holds("required")
    gone = judged(tmp_path / "gone", "include /etc/ldap/none.conf\n")
    assert gone.starts.holds(False)
    assert problem(gone, "include-missing").span.text == "/etc/ldap/none.conf"
    endless = judged(tmp_path / "endless", "include /etc/ldap/loop.conf\n", files={"/etc/ldap/loop.conf": "include /etc/ldap/loop.conf\n"})
    assert endless.starts.holds(False)


def test_a_database_and_its_module(tmp_path: Path) -> None:
    assert "moduleload back_ldap" in problem(judged(tmp_path, inside="database ldap\n"), "refused").message
    assert "2.5 took the hdb" in problem(judged(tmp_path / "h", inside="database hdb\n"), "setting-not-in-version").message
    old = judged(tmp_path / "o", "moduleload back_hdb\n", inside="database hdb\nsuffix dc=y\n", target="debian-11")
    assert old.starts.holds(True)


def test_certificate_files_that_cannot_be_used_stop_slapd(tmp_path: Path) -> None:
    for text in ("/etc/ldap/none.pem", "/etc/ldap/junk.pem"):
        said = f"TLSCertificateFile {text}\nTLSCertificateKeyFile /etc/ldap/ldap.key\n"
        instance = judged(tmp_path, certificate=said, files={"/etc/ldap/junk.pem": "not PEM\n"})
        assert instance.starts.holds(False)
        assert problem(instance, "certificate-missing").span.text == text


def test_a_key_everybody_can_read(tmp_path: Path) -> None:
    judged(tmp_path)
    (tmp_path / "etc/ldap/ldap.key").chmod(0o644)
    instance = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    keys = [certificate.key for endpoint in instance.endpoints for certificate in endpoint.certificates]
    assert keys
    assert all(key is not None and (key.mode, key.open_to_all) == (0o644, True) for key in keys)
    (tmp_path / "etc/ldap/ldap.key").chmod(0o640)
    instance = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    again = [certificate.key for endpoint in instance.endpoints for certificate in endpoint.certificates]
    assert not any(key is not None and key.open_to_all for key in again)


@pytest.mark.parametrize("hole", ["{{ ciphers }}", "${CIPHERS}", "<%= ciphers %>", "@CIPHERS@"])
def test_what_a_template_fills_in_is_unknown(hole: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, f'TLSCipherSuite "{hole}"\nTLSVerifyClient {hole.split(maxsplit=1)[0]}\nsecurity "{hole}"\n')
    assert not instance.starts.holds(False)
    assert not port(instance, "ldaps:").versions.is_known
    assert not port(instance, "ldap:").cleartext_login.is_known
    assert instance.problems == ()


def test_a_schema_that_was_not_seen_hides_only_whether_slapd_starts(tmp_path: Path) -> None:
    instance = judged(tmp_path, "include schema/own.schema\n")
    assert not instance.starts.is_known
    assert port(instance, "ldap:").cleartext_login.holds(True)
    hidden = judged(tmp_path / "hidden", "include tls.conf\n")
    assert not port(hidden, "ldap:").cleartext_login.is_known


def test_outgoing_connections_of_every_kind(tmp_path: Path) -> None:
    def found(text: str, name: str = "moduleload back_ldap\n") -> dict[str, Endpoint]:
        root = tmp_path / str(abs(hash(text)))
        return {each.name: each for each in judged(root, name, inside=text).endpoints if each.role.value == "client"}

    base = 'searchbase="dc=x" bindmethod=simple binddn="cn=r" credentials=x'
    for words, mode, clear, checked in (
        (f"provider=ldap://p {base}", TlsMode.NONE, True, None),
        (f"provider=ldap://p {base} starttls=yes", TlsMode.STARTTLS, True, "certificate and name"),
        (f"provider=ldap://p {base} starttls=critical tls_reqcert=allow", TlsMode.STARTTLS_REQUIRED, None, "none"),
        (f"provider=ldaps://p:6360 {base} tls_reqcert=try", TlsMode.IMPLICIT, None, "certificate and name"),
        ('provider=ldap://p searchbase="dc=x" bindmethod=sasl saslmech=EXTERNAL', TlsMode.NONE, None, None),
    ):
        endpoint = found(f"syncrepl rid=001 {words}\n")[f"syncrepl 001 to {words.split()[0].partition('=')[2]}"]
        assert endpoint.tls.holds(mode), words
        assert endpoint.cleartext_login.holds(clear), words
        assert endpoint.peer_verification.holds(checked), words
    proxy = found('database ldap\nsuffix "dc=y"\nuri "ldap://a ldaps://b"\n')
    assert proxy["proxy to ldap://a"].cleartext_login.holds(True)
    assert proxy["proxy to ldaps://b"].tls.holds(TlsMode.IMPLICIT)
    started = found('database ldap\nsuffix "dc=y"\nuri ldap://a\ntls start tls_reqcert=never\n')["proxy to ldap://a"]
    assert started.tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert started.peer_verification.holds("none")
    chain = found('overlay chain\nchain-uri ldap://c\nchain-idassert-bind bindmethod=simple binddn="cn=p" credentials=x\nchain-tls start\n')
    assert chain["chain to ldap://c"].tls.holds(TlsMode.STARTTLS_REQUIRED)


def test_outgoing_connections_in_cn_config(tmp_path: Path) -> None:
    said = 'olcSyncrepl: {0}rid=002 provider=ldap://p bindmethod=simple binddn="cn=r" credentials=x\n  searchbase="dc=x" starttls=yes\n'
    chain = "\ndn: olcOverlay={0}chain,olcDatabase={-1}frontend,cn=config\nolcOverlay: {0}chain\n"
    proxy = "\ndn: olcDatabase={0}ldap,olcOverlay={0}chain,olcDatabase={-1}frontend,cn=config\nolcDatabase: {0}ldap\nolcDbURI: ldap://c\n"
    instance = ldif(tmp_path, {"/etc/ldap/config.ldif": GLOBAL + IN_LDIF + MDB + said + chain + proxy})
    clients = {each.name: each for each in instance.endpoints if each.role.value == "client"}
    assert set(clients) == {"syncrepl 002 to ldap://p", "proxy to ldap://c"}
    assert clients["syncrepl 002 to ldap://p"].tls.holds(TlsMode.STARTTLS)


def test_a_change_named_alone_is_judged_with_what_it_changes(tmp_path: Path) -> None:
    change = "dn: cn=config\nchangetype: modify\nreplace: olcTLSVerifyClient\nolcTLSVerifyClient: try\n"
    files = {"/ldap/base.ldif": GLOBAL + IN_LDIF + MDB, "/ldap/tls.ldif": change, "/alone/tls.ldif": change}
    world.lay({"files": files}, tmp_path)
    for folder in ("ldap", "alone"):
        said = tlslint("--output-format", "concise", "--target", "debian-12", tmp_path / folder / "tls.ldif").out
        assert said.count("TLS706") == 1, said


def test_names_beyond_ascii_are_found_and_shown(tmp_path: Path) -> None:
    text = "TLSCertificateFile /etc/ldap/schlüssel.pem\nTLSCertificateKeyFile /etc/ldap/ldap.key\n"
    instance = judged(tmp_path, certificate=text)
    assert problem(instance, "certificate-missing").message.startswith("/etc/ldap/schlüssel.pem does not exist")
    (tmp_path / "etc/ldap/ldap.pem").rename(tmp_path / "etc/ldap/schlüssel.pem")
    found = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    assert found.starts.holds(True)
    assert port(found, "ldaps:").certificates[0].path == "/etc/ldap/schlüssel.pem"


TREE = "/etc/ldap/slapd.d/cn=config"


def tree(root: Path, files: dict[str, str], target: str = "debian-12") -> Instance:
    """A slapd.d tree with its modules and schema, and `files` below `cn=config` on top."""
    base = {f"{TREE}.ldif": GLOBAL + IN_LDIF, f"{TREE}/cn=module{{0}}.ldif": MODULES.replace(",cn=config", "")}
    base[f"{TREE}/cn=schema.ldif"] = "dn: cn=schema\nobjectClass: olcSchemaConfig\ncn: schema\n"
    return ldif(root, {**base, **{f"{TREE}/{name}": text for name, text in files.items()}}, f"{TREE}.ldif", target)


def test_a_tree_of_an_older_release_names_types_that_are_gone(tmp_path: Path) -> None:
    database = "dn: olcDatabase={1}hdb\nobjectClass: olcHdbConfig\nolcDatabase: {1}hdb\nolcSuffix: dc=x\n"
    old = MODULES.replace(",cn=config", "").replace("back_mdb", "back_hdb")
    for files in ({"olcDatabase={1}hdb.ldif": database}, {"cn=module{0}.ldif": old}):
        instance = tree(tmp_path / str(len(files)), files)
        assert instance.starts.holds(False)
        assert "hdb" in problem(instance, "setting-not-in-version").message
    both = {"olcDatabase={1}hdb.ldif": database, "cn=module{0}.ldif": old}
    assert tree(tmp_path / "11", both, "debian-11").starts.holds(True)


@pytest.mark.parametrize(
    ("name", "text", "starts"),
    [
        ("users.ldif", "dn: dc=x\nobjectClass: dcObject\ndc: x\n", False),
        ("empty.ldif", "", False),
        ("notes.ldif", "# nothing\n", False),
        ("acl.ldif", "dn: cn=x\nchangetype: modify\nreplace: olcTLSCipherSuite\nolcTLSCipherSuite: HIGH\n", True),
        ("users.ldif.bak", "dn: dc=x\nobjectClass: dcObject\n", True),
    ],
)
def test_what_else_lies_in_a_tree(name: str, text: str, starts: bool, tmp_path: Path) -> None:
    """An entry of another kind ends slapd; one without any class is passed over (seen on slapd 2.5.13)."""
    instance = tree(tmp_path, {name: text})
    assert instance.starts.holds(starts)
    assert starts or name in problem(instance, "refused").message


def test_a_tree_kept_without_its_schema_is_not_known_to_start(tmp_path: Path) -> None:
    access = "olcAccess: {0}to attrs=shadowLastChange by self write by * read\n"
    files = {f"{TREE}.ldif": GLOBAL + IN_LDIF, f"{TREE}/olcDatabase={{-1}}frontend.ldif": "dn: olcDatabase={-1}frontend\n" + access}
    assert not ldif(tmp_path, files, f"{TREE}.ldif").starts.is_known


def test_what_slapd_does_not_take_of_outgoing_connections(tmp_path: Path) -> None:
    head = 'syncrepl rid=1 provider=ldap://p searchbase="dc=x" '
    for number, words in enumerate(("starttls=required", "tls_crlcheck=peer", "tls_protocol=1.2", "bindmethod=plain", "provider=p")):
        instance = judged(tmp_path / str(number), inside=head + words + "\n")
        assert instance.starts.holds(False), words
    assert judged(tmp_path / "openssl", inside=head + "tls_crlcheck=peer\n", target="debian-13").starts.holds(True)


def test_syncrepl_binds_simply_unless_it_says_otherwise(tmp_path: Path) -> None:
    words = 'syncrepl rid=1 provider=ldap://p searchbase="dc=x" binddn="cn=r,dc=x" credentials=s'
    plain = port(judged(tmp_path, inside=words + "\n"), "syncrepl")
    assert plain.cleartext_login.holds(True)
    assert not port(judged(tmp_path / "sasl", inside=words + " bindmethod=sasl\n"), "syncrepl").cleartext_login.holds(True)


def test_a_proxy_has_one_uri_the_last(tmp_path: Path) -> None:
    proxy = 'database ldap\nsuffix "dc=y"\nuri ldap://a\nuri ldaps://b\n'
    names = [each.name for each in judged(tmp_path, "moduleload back_ldap\n", inside=proxy).endpoints if each.role.value == "client"]
    assert names == ["proxy to ldaps://b"]


@pytest.mark.parametrize(
    ("text", "kind", "version", "library"),
    [
        ("TLSProtocolMin 3.3\n", "mdb", "2.6.10", "openssl"),
        ("TLSCipherSuite SECURE256:-VERS-SSL3.0\n", "mdb", "2.5.13", "gnutls"),
        ("TLSCipherSuite HIGH:MEDIUM:+SSLv2\n", "hdb", "2.4.44", "openssl"),
        ("", "bdb", "2.4.57", "gnutls"),
        ("TLSCACertificateFile /etc/openldap/ca.pem\n", "hdb", "2.4.44", "openssl"),
        ("TLSCACertificatePath /etc/openldap/certs\n", "hdb", None, "moznss"),
        ("TLSCertificateFile /etc/pki/tls/certs/ldap.pem\n", "bdb", None, "moznss"),
        ("TLSCACertificatePath /etc/pki/nssdb\nTLSCertificateFile ldap.example.test\n", "mdb", None, "moznss"),
    ],
)
def test_an_assumed_slapd_gives_way_to_what_the_text_was_written_for(
    text: str, kind: str, version: str | None, library: str, tmp_path: Path
) -> None:
    """A guess is no fact: where the target is given, the same text is judged for it."""
    conf = HEAD.replace("back_mdb", f"back_{kind}") + text + DATABASE.replace("mdb", kind)
    world.lay({"files": {"/etc/ldap/slapd.conf": conf}}, tmp_path)
    assumed = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load(None), complete=True)[0]
    assert (assumed.software.version, assumed.tls_library.name) == (version, library)
    assert silent(assumed, "setting-not-in-version")
    given = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load("debian-13"), complete=True)[0]
    assert given.software.version == "2.6.10"
    assert silent(given, "setting-not-in-version") == (kind == "mdb")


def test_a_hashed_password_is_no_template(tmp_path: Path) -> None:
    """`$ABCDEF` in it is no variable; in a suffix it is one, and then nobody knows whether slapd starts."""
    assert judged(tmp_path, inside="rootpw {CRYPT}$6$ABCDEF$x\n").starts.holds(True)
    assert not judged(tmp_path / "hole", inside="suffix $LDAP_SUFFIX\n").starts.is_known


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("ldaps://ldap.example.test", ("ldap.example.test",)),
        ("ldap://127.0.0.1", None),
        ("ldap://[::1]:3890", None),
        ("ldaps:///", None),
        ("ldapi://%2Frun%2Fldapi", None),
    ],
)
def test_the_name_of_a_listener_is_that_of_its_url(url: str, names: tuple[str, ...] | None, tmp_path: Path) -> None:
    (endpoint,) = judged(tmp_path, CERTIFICATE, urls=url).endpoints
    assert endpoint.server_names.surely == names


def test_a_missing_half_is_not_the_versions_fault(tmp_path: Path) -> None:
    """A false positive: TLS105 asked for other versions where only the key is missing."""
    judged(tmp_path, target="debian-13", certificate="TLSCertificateFile /etc/ldap/ldap.pem\n")
    run = tlslint("--target", "debian-13", "--root", str(tmp_path), "--select", "TLS105,TLS212,TLS310", str(tmp_path / "etc"))
    assert "TLS310" in run.out
    assert "1 finding" in run.out, run.out


@pytest.mark.parametrize(("url", "address"), [("ldap:///", "*"), ("ldap://127.0.0.1/", "127.0.0.1"), ("ldap://[::1]:389/", "::1")])
def test_where_a_listener_listens(url: str, address: str, tmp_path: Path) -> None:
    assert port(judged(tmp_path, urls=url), url).address.holds(address)


@pytest.mark.parametrize(("text", "starts"), [("no certificate\n", False), (None, True)])
def test_authorities_that_are_none_stop_slapd_on_openssl(text: str | None, starts: bool, tmp_path: Path) -> None:
    """SSL_CTX_load_verify_locations() wants a certificate (tlso_ctx_init() in libraries/libldap/tls_o.c)."""
    files = {"/etc/ldap/other.pem": text or world.certificate("rsa", 2048, "a CA", is_ca=True).decode()}
    certificate = CERTIFICATE.replace("/etc/ldap/ca.pem", "/etc/ldap/other.pem")
    assert judged(tmp_path, certificate=certificate, files=files, target="debian-13").starts.holds(starts)


@pytest.mark.parametrize(("target", "offered"), [("debian-11", False), ("debian-12", True)])
def test_certificate_in_the_entry_itself(target: str, offered: bool, tmp_path: Path) -> None:
    """olcTLSCertificate and its like hold DER since 2.5 (slapd-config(5)); 2.4 knows no such attribute."""
    entry = GLOBAL + "olcTLSCertificate;binary:: MIIB\nolcTLSCertificateKey;binary:: MIIB\n" + MDB
    instance = ldif(tmp_path, {"/etc/ldap/config.ldif": entry}, target=target)
    assert any(not each.tls.holds(TlsMode.NONE) for each in instance.endpoints) is offered


CERT_RECORD = "dn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: /etc/ldap/ldap.pem\n"
KEY_ALONE = "replace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/ldap.key\n"


@pytest.mark.parametrize(
    ("change", "target", "told"),
    [
        (CERT_RECORD + "\ndn: cn=config\nchangetype: modify\n" + KEY_ALONE, "debian-12", True),
        (CERT_RECORD + "-\n" + KEY_ALONE, "debian-12", False),
        (CERT_RECORD + "\ndn: cn=config\nchangetype: modify\n" + KEY_ALONE, "debian-13", False),
        (CERT_RECORD, "debian-12", False),
    ],
)
def test_certificate_and_key_in_changes_of_their_own(change: str, target: str, told: bool, tmp_path: Path) -> None:
    """Error 80 on GnuTLS, where the first alone does not fit the other; on OpenSSL the second mends it (seen on 2.5.13 and 2.6.10)."""
    instance = ldif(tmp_path, {"/srv/change.ldif": change}, "/srv/change.ldif", target)
    assert any("certificate and key in separate records" in each.message for each in instance.problems) is told


@pytest.mark.parametrize(("version", "told"), [("2.5.13+dfsg-5", True), ("2.6.10", False), (None, False)])
def test_what_a_refused_change_costs(version: str | None, told: bool, tmp_path: Path) -> None:
    """2.6 makes the old context again (config_modify_internal()); a release nobody knows is taken for it."""
    known = load("debian-12")
    target = known._replace(software={**known.software, "slapd": known.software["slapd"]._replace(version=version)})
    change = CERT_RECORD + "\ndn: cn=config\nchangetype: modify\n" + KEY_ALONE
    instance = ldif(tmp_path, {"/etc/ldap/config.ldif": GLOBAL + MDB, "/etc/ldap/z-tls.ldif": change}, target=target)
    assert problem(instance, "refused").message.startswith("slapd refuses the change")
    assert any("has no TLS until it is started again" in each.message for each in instance.problems) is told


@pytest.mark.parametrize(
    ("target", "pidfile", "starts"), [("debian-12", False, False), ("debian-12", True, True), ("debian-13", False, True)]
)
def test_debians_script_wants_a_pidfile(target: str, pidfile: bool, starts: bool, tmp_path: Path) -> None:
    """The init script reads it out of slapd.conf; the unit of Debian 13 does not."""
    conf = (HEAD if pidfile else HEAD.replace("pidfile /run/slapd/slapd.pid\n", "")) + CERTIFICATE + DATABASE
    instance = judged(tmp_path, files={"/etc/ldap/slapd.conf": conf}, target=target)
    assert instance.starts.holds(starts)
    if not starts:
        assert [(each.span.start, each.span.end) for each in instance.problems if "starts nothing without one" in each.message] == [(0, 0)]
        assert "pidfile" in instance.starts.origins[0].note.lower()


def test_tree_that_slapd_does_not_read(tmp_path: Path) -> None:
    """/etc/default/slapd names another configuration: the tree is told to be unread, and nothing else of it."""
    files = {
        "/etc/default/slapd": "SLAPD_CONF=/etc/ldap/slapd.conf\n",
        "/etc/ldap/slapd.conf": HEAD + CERTIFICATE + DATABASE,
        "/etc/ldap/slapd.d/cn=config.ldif": "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n" + IN_LDIF,
    }
    instance = ldif(tmp_path, files, "/etc/ldap/slapd.d/cn=config.ldif")
    assert [each.rule for each in instance.problems] == ["file-not-read"]
    assert (instance.starts.holds(True), instance.endpoints) == (True, ())


@pytest.mark.parametrize(("target", "module_path", "starts"), [(None, False, True), (None, True, False), ("debian-13", False, False)])
def test_modules_are_known_where_it_is_known_whose_slapd_this_is(
    target: str | None, module_path: bool, starts: bool, tmp_path: Path
) -> None:
    """A module that Debian no longer has ends its slapd (seen on 2.5.13); where nobody said which slapd it is, it may be there."""
    conf = (
        "include /etc/ldap/schema/core.schema\n"
        + ("modulepath /usr/lib/ldap\n" if module_path else "")
        + "pidfile /run/slapd.pid\nmoduleload back_hdb\n"
    )
    world.lay({"files": {"/etc/ldap/slapd.conf": conf + CERTIFICATE + DATABASE.replace("mdb", "ldif")}, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/ldap/slapd.conf", mail.below(tmp_path), load(target), complete=True)[0]
    assert instance.starts.holds(False) is not starts


@pytest.mark.parametrize(
    ("url", "starts", "address"),
    [
        ("ldapi://%2Frun%2Fslapd%2Fother/", True, "/run/slapd/other"),
        ("ldapi:///????x-mod=0700", True, "/run/slapd/ldapi"),
        ("ldap:///????bogus", False, None),
        ("ldap:///????x-mod=0700,bogus", False, None),
    ],
)
def test_what_a_url_of_a_listener_says(url: str, starts: bool, address: str | None, tmp_path: Path) -> None:
    """slap_open_listener() in servers/slapd/daemon.c, ldap_url_parse_ext() in libraries/libldap/url.c."""
    instance = judged(tmp_path, urls=url)
    assert instance.starts.holds(starts)
    if address is not None:
        assert instance.endpoints[0].address.holds(address)


def test_urls_are_where_they_stand_whatever_comes_behind(tmp_path: Path) -> None:
    files = {"/etc/default/slapd": 'SLAPD_CONF=/etc/ldap/slapd.conf\nSLAPD_SERVICES="ldap:/// ldaps:///" # both\n'}
    instance = judged(tmp_path, files=files)
    assert [each.anchor.text for each in instance.endpoints] == ["ldap:///", "ldaps:///"]


@pytest.mark.parametrize(("folder", "port_number"), [("/etc/systemd/system/slapd.service.d", 1389), ("/srv", 389)])
def test_drop_in_of_systemd_says_how_slapd_is_started(folder: str, port_number: int, tmp_path: Path) -> None:
    """systemd.unit(5): an empty ExecStart= forgets the unit's own; Debian 13 has a unit (seen)."""
    start = "[Service]\nExecStart=\nExecStart=/usr/sbin/slapd -h 'ldap://127.0.0.1:1389/' -f /etc/ldap/slapd.conf\n"
    instance = judged(tmp_path, target="debian-13", urls="ldap:///", files={f"{folder}/local.conf": start})
    assert [each.port.value for each in instance.endpoints] == [port_number]  # type: ignore[union-attr]
