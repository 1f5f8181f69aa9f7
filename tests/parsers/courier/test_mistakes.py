"""The mistakes people make with Courier, each by name, and the seed about it."""

from pathlib import Path

import pytest
from tlslint.model import Endpoint, Instance, KnownBy, Role, Software, TlsMode
from tlslint.parsers.courier import evaluate
from tlslint.targets import Target, load

from tests.support import mail, world

BASE = (
    "IMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=0\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/courier/imapd.pem\nTLS_VERIFYPEER=NONE\n"
    "SSLPORT=993\nSSLADDRESS=0\n"
)
PKI = {"/etc/courier/imapd.pem": {"type": "rsa", "bits": 2048, "key": "/etc/courier/imapd.pem", "cn": "mail.example.test"}}
SEED = "TLSv1.2:TLSv1.1:TLSv1:!SSLv3"
EVERY = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}


def openssl(version: str = "5.2.11", library: str = "3.5.7") -> Target:
    """Courier as most others build it."""
    target = load("debian-13")
    software = {**target.software, "courier": Software("courier", version, KnownBy.GIVEN)}
    libraries = {**target.libraries, "courier": Software("openssl", library, KnownBy.GIVEN)}
    return target._replace(software=software, libraries=libraries)


def judged(root: Path, text: str, target: Target | None = None, imapd: str = "") -> Instance:
    files = {"/etc/courier/imapd-ssl": BASE + text, "/etc/courier/imapd": "PORT=143\nADDRESS=0\n" + imapd}
    world.lay({"files": files, "certificates": PKI}, root)
    return evaluate.instances("/etc/courier/imapd-ssl", mail.below(root), target or load("debian-12"), complete=True)[0]


def port(instance: Instance, number: int) -> Endpoint:
    return next(each for each in instance.endpoints if each.port.holds(number))


def versions(endpoint: Endpoint) -> set[str]:
    return {version.word for version in mail.value(endpoint.versions)}


def rules(instance: Instance) -> set[str]:
    return {problem.rule for problem in instance.problems}


@pytest.mark.parametrize("word", [SEED, "TLSv1.3", "tlsv1.2", "SSL23", "TLSv1.2 "])
def test_unknown_protocol_word_falls_back_to_tls10_in_an_openssl_build(word: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, f'TLS_PROTOCOL="{word}"\nTLS_CIPHER_LIST="ALL:@SECLEVEL=0"\n', openssl())
    assert versions(port(instance, 993)) == EVERY
    assert "means-something-else" in rules(instance)


def test_protocol_and_cipher_list_do_nothing_in_a_gnutls_build(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLS_PROTOCOL=TLSv1.2\nTLS_CIPHER_LIST=HIGH\n")
    assert versions(port(instance, 993)) == EVERY
    assert "setting-ignored-here" in rules(instance)


def test_openssl_string_as_priority_kills_every_handshake(tmp_path: Path) -> None:
    assert port(judged(tmp_path, 'TLS_PRIORITY="HIGH:!aNULL"\n'), 993).tls_works.holds(False)


def test_blanks_around_the_sign_are_a_command(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLS_PRIORITY = SECURE192\n")
    assert versions(port(instance, 993)) == EVERY
    assert "means-something-else" in rules(instance)


def test_unquoted_blank_loses_the_assignment(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLS_PRIORITY=SECURE128: -VERS-TLS1.0\n")
    assert "TLSv1.0" in versions(port(instance, 993))
    assert "swallowed-line" in rules(instance)


def test_required_yes_is_zero(tmp_path: Path) -> None:
    instance = judged(tmp_path, "IMAP_TLS_REQUIRED=yes\n")
    assert port(instance, 143).cleartext_login.holds(True)
    assert "means-something-else" in rules(instance)


def test_required_without_starttls_is_ignored(tmp_path: Path) -> None:
    instance = judged(tmp_path, "IMAP_TLS_REQUIRED=1\nIMAPDSTARTTLS=NO\n")
    assert port(instance, 143).tls.holds(TlsMode.NONE)
    assert port(instance, 143).cleartext_login.holds(True)
    assert "setting-ignored-here" in rules(instance)


def test_families_share_nothing(tmp_path: Path) -> None:
    judged(tmp_path, "TLS_PRIORITY=SECURE192\n")
    pop = {"/etc/courier/pop3d": "PORT=110\n", "/etc/courier/pop3d-ssl": BASE.replace("993", "995")}
    instance = mail.text_as(evaluate, pop, tmp_path, "/etc/courier/pop3d-ssl")
    assert versions(port(instance, 995)) == EVERY


@pytest.mark.parametrize("line", ["TLS_STARTTLS_PROTOCOL=TLSv1.2", "TLS_DHCERTFILE=/etc/courier/dh.pem", "TLS_COMPRESSION=NULL"])
def test_settings_that_nothing_reads(line: str, tmp_path: Path) -> None:
    assert "setting-ignored-here" in rules(judged(tmp_path, line + "\n"))


@pytest.mark.parametrize(("auth", "clear"), [('"PLAIN LOGIN"', True), ('""', False)])
def test_passwords_in_the_clear_over_smtp(auth: str, clear: bool, tmp_path: Path) -> None:
    text = (
        f'PORT=smtp\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/courier/imapd.pem\nESMTPAUTH={auth}\nESMTPAUTH_TLS="PLAIN LOGIN"\n'
    )
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    instance = mail.text_as(evaluate, {"/etc/courier/esmtpd": text}, tmp_path, "/etc/courier/esmtpd")
    assert port(instance, 25).cleartext_login.holds(clear)


def test_the_later_of_two_assignments_counts(tmp_path: Path) -> None:
    instance = judged(tmp_path, "TLS_PRIORITY=SECURE192\nTLS_PRIORITY=NORMAL\n")
    assert versions(port(instance, 993)) == EVERY
    assert "setting-overridden" in rules(instance)


def test_unset_verify_peer_asks_for_a_certificate(tmp_path: Path) -> None:
    instance = judged(tmp_path, "unset TLS_VERIFYPEER\n")
    assert port(instance, 993).client_certificate.holds("optional")


def test_old_versions_take_any_word_for_tls10_alone() -> None:
    assert {version.word for version in evaluate.row_versions(evaluate.protocol_row("TLSv1.2", "0.70"))} == {"TLSv1.0"}
    assert evaluate.protocol_row("TLSv1.2++", "5.1.5").get("order") is True


def test_seed_d7_starttls_required_and_the_string_in_both_builds(tmp_path: Path) -> None:
    """The seed's lines: STARTTLS is required; its protocol string means TLS 1.0 and later (OpenSSL) or nothing (GnuTLS)."""
    text = f'IMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1\nTLS_STARTTLS_PROTOCOL="{SEED}"\nTLS_PROTOCOL="{SEED}"\n#IMAPDSSLSTART=YES\n'
    gnutls = judged(tmp_path / "gnutls", text)
    assert port(gnutls, 143).tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert port(gnutls, 143).cleartext_login.holds(False)
    assert versions(port(gnutls, 143)) == EVERY
    assert {"setting-ignored-here"} <= rules(gnutls)
    other = judged(tmp_path / "openssl", text, openssl(library="1.1.1w")._replace(openssl_min_version=None, openssl_security_level=1))
    assert versions(port(other, 143)) == EVERY
    assert "means-something-else" in rules(other)


@pytest.mark.parametrize(
    ("word", "version", "seen"),
    [
        ("TLS1", "0.70", {"TLSv1.0"}),
        ("SSL23", "0.70", {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}),
        ("TLSv1.2", "0.73", {"TLSv1.2"}),
        ("nonsense", "0.73", {"SSLv3", *EVERY}),
        ("TLS1", "0.74", {"TLSv1.0"}),
        ("SSL23", "0.75", EVERY),
        ("TLSv1", "1.0.16", EVERY),
        ("TLSv1.1", "4.18.1", EVERY - {"TLSv1.0"}),
        ("TLSv1.2+", "5.2.11", {"TLSv1.2", "TLSv1.3"}),
    ],
)
def test_words_copied_from_old_guides(word: str, version: str, seen: set[str]) -> None:
    assert {one.word for one in evaluate.row_versions(evaluate.protocol_row(word, version))} == seen


def test_sslv3_in_a_cipher_list_is_a_class_of_suites(tmp_path: Path) -> None:
    """It takes away most CBC suites, and no protocol."""
    plain = port(judged(tmp_path / "a", 'TLS_CIPHER_LIST="HIGH"\n', openssl()), 993)
    without = port(judged(tmp_path / "b", 'TLS_CIPHER_LIST="HIGH:!SSLv3"\n', openssl()), 993)
    assert versions(plain) == versions(without)
    gone = set(mail.value(plain.cipher_suites)) - set(mail.value(without.cipher_suites))
    assert gone
    assert not any(suite.is_aead for suite in gone)


def test_a_commented_sample_leaves_the_default(tmp_path: Path) -> None:
    instance = judged(tmp_path, '#TLS_PRIORITY="SECURE256:-VERS-ALL:+VERS-TLS1.3"\n')
    assert versions(port(instance, 993)) == EVERY


def test_a_certificate_without_its_key(tmp_path: Path) -> None:
    world.lay(
        {"files": {}, "certificates": {"/etc/courier/alone.pem": {"type": "rsa", "bits": 2048, "key": "/etc/courier/x.key", "cn": "a"}}},
        tmp_path,
    )
    instance = judged(tmp_path, "TLS_CERTFILE=/etc/courier/alone.pem\n")
    assert port(instance, 993).tls_works.holds(False)
    assert "certificate-missing" in rules(instance)
    assert port(judged(tmp_path, "TLS_CERTFILE=/etc/courier/alone.pem\nTLS_PRIVATE_KEYFILE=/etc/courier/x.key\n"), 993).tls_works.holds(
        True
    )


def test_imapd_wins_where_the_start_script_expands(tmp_path: Path) -> None:
    instance = judged(tmp_path, "IMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1\n", imapd="IMAPDSTARTTLS=NO\nIMAP_TLS_REQUIRED=0\n")
    assert port(instance, 143).tls.holds(TlsMode.NONE)
    other = judged(tmp_path, "IMAP_TLS_REQUIRED=1\n", imapd="IMAP_TLS_REQUIRED=0\n")
    assert port(other, 143).tls.holds(TlsMode.STARTTLS_REQUIRED)


@pytest.mark.parametrize("value", ['"Yes, please"', "$NOWHERE"])
def test_what_the_script_cannot_hand_on(value: str, tmp_path: Path) -> None:
    assert port(judged(tmp_path, f"IMAPDSTARTTLS={value}\n"), 143).tls.holds(TlsMode.NONE)


def test_set_overwrites_the_scripts_argument(tmp_path: Path) -> None:
    assert judged(tmp_path, "set TLS_PRIORITY=PFS\n").starts.holds(False)


def test_pop3_refuses_logins_even_without_starttls(tmp_path: Path) -> None:
    text = BASE.replace("993", "995") + "POP3_STARTTLS=NO\nPOP3_TLS_REQUIRED=1\n"
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    instance = mail.text_as(
        evaluate, {"/etc/courier/pop3d": "PORT=110\n", "/etc/courier/pop3d-ssl": text}, tmp_path, "/etc/courier/pop3d-ssl"
    )
    assert port(instance, 110).cleartext_login.holds(False)


def test_esmtp_required_and_an_empty_verifypeer(tmp_path: Path) -> None:
    text = "PORT=587\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/courier/imapd.pem\nESMTP_TLS_REQUIRED=1\nTLS_VERIFYPEER=\n"
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    instance = mail.text_as(evaluate, {"/etc/courier/esmtpd": text}, tmp_path, "/etc/courier/esmtpd")
    assert port(instance, 587).tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert port(instance, 587).client_certificate.holds("optional")


def test_certificate_files_that_bear_a_name_are_what_clients_get_that_ask_for_it(tmp_path: Path) -> None:
    """Addresses and endings of other files are no names; with a key file of its own nobody has seen which key goes with which name."""
    pem = {"type": "ecdsa", "bits": 256, "cn": "www.example.test"}
    named = {
        f"/etc/courier/imapd.pem.{end}": {**pem, "key": f"/etc/courier/imapd.pem.{end}"} for end in ("www.example.test", "127.0.0.1", "bak")
    }
    world.lay({"files": {}, "certificates": named}, tmp_path)
    instance = judged(tmp_path, "")
    ends = {each.name: (each.server_names.surely, each.certificates[0].key_type) for each in instance.endpoints if each.port.holds(993)}
    assert ends == {"imaps (993)": (None, "RSA"), "imaps (993) as www.example.test": (("www.example.test",), "ECDSA")}
    keyed = judged(tmp_path, "TLS_PRIVATE_KEYFILE=/etc/courier/imapd.pem\n")
    assert not [each.name for each in keyed.endpoints if " as " in each.name]


@pytest.mark.parametrize(("parameters", "has_dhe"), [("", False), ("TLS_DHPARAMS=/etc/courier/dh.pem\n", True)])
def test_finite_field_suites_without_groups_hang_on_the_parameters(parameters: str, has_dhe: bool, tmp_path: Path) -> None:
    """With groups of RFC 7919 GnuTLS needs no file (each seen with gnutls-serv 3.7.9)."""
    files = {"/etc/courier/dh.pem": world.dh_parameters(2048).decode()}
    world.lay({"files": files}, tmp_path)
    without = port(judged(tmp_path, "TLS_PRIORITY=NORMAL:-GROUP-DH-ALL\n" + parameters), 993)
    assert any(suite.key_exchange == "DHE" for suite in without.cipher_suites.surely) is has_dhe
    assert any(suite.key_exchange == "DHE" for suite in port(judged(tmp_path, parameters), 993).cipher_suites.surely)


@pytest.mark.parametrize(("parameters", "bits", "has_dhe"), [("", None, False), ("TLS_DHPARAMS=/etc/courier/dh.pem\n", 1024, True)])
def test_size_of_parameters_on_openssl(parameters: str, bits: int | None, has_dhe: bool, tmp_path: Path) -> None:
    world.lay({"files": {"/etc/courier/dh.pem": world.dh_parameters(1024).decode()}}, tmp_path)
    endpoint = port(judged(tmp_path, 'TLS_CIPHER_LIST="DHE+AESGCM:AES128-SHA:@SECLEVEL=0"\n' + parameters, openssl()), 993)
    assert endpoint.dh_bits.holds(bits)
    assert any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely) is has_dhe


@pytest.mark.parametrize(
    ("folder", "helper", "library"),
    [
        ("/etc/courier", "", "gnutls"),
        ("/etc/courier", "COURIERTLS=couriertls\n", "gnutls"),
        ("/etc/courier", "COURIERTLS=/usr/bin/couriertls\n", "gnutls"),
        ("/etc/courier", "COURIERTLS=/usr/lib/courier-imap/bin/couriertls\n", "openssl"),
        ("/usr/local/etc/courier-imap", "", "openssl"),
    ],
)
def test_library_is_told_by_the_places_of_files(folder: str, helper: str, library: str, tmp_path: Path) -> None:
    world.lay({"files": {f"{folder}/imapd-ssl": helper + "SSLPORT=993\n", f"{folder}/imapd": "PORT=143\n"}}, tmp_path)
    instance = evaluate.instances(f"{folder}/imapd-ssl", mail.below(tmp_path), load(None), complete=True)[0]
    assert instance.tls_library.name == library


@pytest.mark.parametrize(
    ("text", "modes"),
    [("", [TlsMode.STARTTLS]), ("ESMTP_USE_STARTTLS=0\n", [TlsMode.NONE]), ("ESMTP_USE_STARTTLS=1\nfi\n", [])],
)
def test_courierd_as_a_client(text: str, modes: list[TlsMode], tmp_path: Path) -> None:
    """STARTTLS where it is offered, unless told otherwise; a script that does not run sends nothing."""
    files = {"/etc/courier/esmtpd": BASE, "/etc/courier/courierd": text + "# end\n"}
    world.lay({"files": files, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/esmtpd", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    assert [each.tls.value for each in instance.endpoints if each.role is Role.CLIENT] == modes  # type: ignore[union-attr]
