"""The mistakes people make with Dovecot, each by name: what it really does, and what is said of it."""

from pathlib import Path

import pytest
from tlslint.model import Endpoint, Instance, TlsMode
from tlslint.model.remedy import Rewrite
from tlslint.parsers.dovecot import evaluate

from tests.support import mail, world

CERTIFICATE_23 = "ssl_cert = </etc/dovecot/rsa.pem\nssl_key = </etc/dovecot/rsa.key\n"
CERTIFICATE_24 = "ssl_server_cert_file = /etc/dovecot/rsa.pem\nssl_server_key_file = /etc/dovecot/rsa.key\n"
VERSION_24 = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nprotocols = imap pop3\n"
PKI = {"/etc/dovecot/rsa.pem": {"type": "rsa", "bits": 2048, "key": "/etc/dovecot/rsa.key", "cn": "mail.example.test"}}


def judged(root: Path, text: str, target: str = "debian-12", certificates: dict[str, object] | None = None) -> Instance:
    world.lay({"files": {}, "certificates": {**PKI, **(certificates or {})}}, root)
    head = VERSION_24 + CERTIFICATE_24 if target == "debian-13" else "protocols = imap pop3\n" + CERTIFICATE_23
    found: Instance = mail.text_as(evaluate, {"/etc/dovecot/dovecot.conf": head + text}, root, "/etc/dovecot/dovecot.conf", target)
    return found


def port(instance: Instance, number: int) -> Endpoint:
    return next(each for each in instance.endpoints if each.port.holds(number))


def versions(endpoint: Endpoint) -> set[str]:
    return {version.word for version in mail.value(endpoint.versions)}


def rules(instance: Instance) -> set[str]:
    return {problem.rule for problem in instance.problems}


@pytest.mark.parametrize("text", ["ssl_protocols = !SSLv2 !SSLv3", "ssl_protocols = TLSv1.2 TLSv1.3"])
def test_ssl_protocols_with_a_word_23_does_not_know_is_ignored(text: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, text + "\nssl_cipher_list = HIGH:@SECLEVEL=0\n", "debian-11")
    assert versions(port(instance, 993)) == {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
    assert "means-something-else" in rules(instance)
    assert "setting-renamed" not in rules(instance)  # one cause, one finding


def test_ssl_protocols_is_a_minimum_only(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_protocols = TLSv1 TLSv1.2\nssl_cipher_list = HIGH:@SECLEVEL=0\n")
    assert "TLSv1.1" in versions(port(instance, 993))


def test_tls13_as_minimum_on_23_13_kills_every_handshake(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_min_protocol = TLSv1.3\n", "debian-11")
    assert port(instance, 993).tls_works.holds(False)
    assert "means-something-else" in rules(instance)


@pytest.mark.parametrize("word", ["TLSv1.2 TLSv1.3", "SSLv2", "TLSv12"])
def test_minimum_that_is_no_word_kills_every_handshake(word: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, f"ssl_min_protocol = {word}\n")
    assert instance.starts.holds(True)
    assert port(instance, 993).tls_works.holds(False)


def test_certificate_without_the_sign_before_its_path(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_cert = /etc/dovecot/rsa.pem\n")
    assert port(instance, 993).tls_works.holds(False)
    problem = next(problem for problem in instance.problems if problem.rule == "means-something-else")
    assert isinstance(problem.remedy, Rewrite)
    assert problem.remedy.edits[0].replacement == b"<"


def test_certificate_of_24_with_the_sign_is_refused(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_server_cert_file = </etc/dovecot/rsa.pem\n", "debian-13")
    assert instance.starts.holds(False)
    assert instance.endpoints == ()


def test_block_on_one_line_is_refused(tmp_path: Path) -> None:
    assert judged(tmp_path, "protocol imap { ssl_min_protocol = TLSv1.3 }\n").starts.holds(False)


def test_cleartext_allowed_beside_optional_tls(tmp_path: Path) -> None:
    endpoint = port(judged(tmp_path, "ssl = yes\ndisable_plaintext_auth = no\n"), 143)
    assert endpoint.cleartext_login.holds(True)
    assert endpoint.tls.holds(TlsMode.STARTTLS)


def test_trusting_everybody_takes_passwords_in_the_clear(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl = required\nlogin_trusted_networks = 0.0.0.0/0\n")
    assert port(instance, 143).cleartext_login.holds(True)
    assert "trusted-network-too-wide" in rules(instance)


def test_new_listener_on_993_speaks_plain_text(tmp_path: Path) -> None:
    text = "service imap-login {\n  inet_listener imaps {\n    port = 0\n  }\n  inet_listener secure {\n    port = 993\n  }\n}\n"
    instance = judged(tmp_path, text)
    assert not port(instance, 993).tls.holds(TlsMode.IMPLICIT)
    assert "means-something-else" in rules(instance)


def test_tls13_names_in_the_cipher_list(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_cipher_list = TLS_AES_256_GCM_SHA384:ECDHE+AESGCM\n")
    assert len([suite for suite in mail.value(port(instance, 993).cipher_suites) if suite.is_tls13]) == 3
    assert "setting-ignored-here" in rules(instance)


def test_dh_length_is_ignored_by_23(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_dh_parameters_length = 2048\n")
    assert instance.starts.holds(True)
    assert "setting-renamed" in rules(instance)


def test_small_dh_parameters_kill_every_handshake(tmp_path: Path) -> None:
    dh = {"/etc/dovecot/dh.pem": {"type": "dhparams", "bits": 1024}}
    assert port(judged(tmp_path, "ssl_dh = </etc/dovecot/dh.pem\n", certificates=dh), 993).tls_works.holds(False)


def test_global_setting_after_a_filter_does_not_change_it(tmp_path: Path) -> None:
    instance = judged(tmp_path, "protocol imap {\n  ssl_min_protocol = TLSv1.3\n}\nssl_min_protocol = TLSv1.2\n")
    assert versions(port(instance, 993)) == {"TLSv1.3"}
    assert versions(port(instance, 995)) == {"TLSv1.2", "TLSv1.3"}
    assert "setting-ignored-here" in rules(instance)


def test_two_filters_in_conflict_kill_the_login_process(tmp_path: Path) -> None:
    text = "local 192.0.2.1 {\n  ssl_min_protocol = TLSv1.3\n}\nprotocol imap {\n  ssl_min_protocol = TLSv1.2\n}\n"
    instance = judged(tmp_path, text)
    dead = [each for each in instance.endpoints if each.address.holds("192.0.2.1") and each.protocol == "imap"]
    assert dead
    assert all(each.tls_works.holds(False) for each in dead)
    assert versions(port(instance, 995)) == {"TLSv1.2", "TLSv1.3"}


def test_of_two_filters_24_takes_the_later(tmp_path: Path) -> None:
    text = "local 192.0.2.1 {\n  ssl_min_protocol = TLSv1.3\n}\nprotocol imap {\n  ssl_min_protocol = TLSv1.2\n}\n"
    instance = judged(tmp_path, text, "debian-13")
    assert versions(port(instance, 993)) == {"TLSv1.2", "TLSv1.3"}
    assert {frozenset(versions(each)) for each in instance.endpoints if each.address.holds("192.0.2.1") and each.protocol == "pop3"} == {
        frozenset({"TLSv1.3"})
    }


def test_ssl_no_closes_993_and_takes_starttls_away(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl = no\n")
    assert {mail.value(each.port) for each in instance.endpoints} == {143, 110}
    assert all(each.tls.holds(TlsMode.NONE) and each.cleartext_login.holds(False) for each in instance.endpoints)


def test_asking_for_client_certificates_is_not_requiring_them(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_ca = </etc/dovecot/rsa.pem\nssl_verify_client_cert = yes\n")
    assert port(instance, 993).client_certificate.holds("optional")


def test_no_minimum_on_23_13_leaves_tls10(tmp_path: Path) -> None:
    assert "TLSv1.0" in versions(port(judged(tmp_path, "ssl_cipher_list = HIGH:!aNULL\n", "debian-11"), 993))


def test_no_compression_copied_to_24_is_refused(tmp_path: Path) -> None:
    assert judged(tmp_path, "ssl_options = no_compression\n", "debian-13").starts.holds(False)


def test_cleartext_allowed_beside_required_tls_is_refused_by_24(tmp_path: Path) -> None:
    assert judged(tmp_path, "auth_allow_cleartext = yes\nssl = required\n", "debian-13").starts.holds(False)


def test_missing_brace_in_a_word_and_hash_without_blank(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_cipher_list = HIGH:!aNULL#strong\n")
    assert "trailing-comment" in rules(instance)


def test_comment_after_a_continuation_drops_its_beginning(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_cipher_list = \\\n# the best\nssl_min_protocol = TLSv1.3\n")
    assert "swallowed-line" in rules(instance)


def test_wrong_name_with_a_suggestion(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl_min_protocoll = TLSv1.2\n")
    problem = next(problem for problem in instance.problems if problem.rule == "unknown-setting")
    assert isinstance(problem.remedy, Rewrite)
    assert problem.remedy.edits[0].replacement == b"ssl_min_protocol"


MOVE = """protocols = imap pop3
ssl_cert = </etc/dovecot/rsa.pem
ssl_key = </etc/dovecot/rsa.key
ssl_prefer_server_ciphers = yes
disable_plaintext_auth = no
ssl_dh_parameters_length = 2048
ssl_protocols = !SSLv3 !TLSv1 !TLSv1.1
"""


def test_the_move_from_23_to_24_applied_as_a_whole(tmp_path: Path) -> None:
    """Every remedy applied, the text starts on 2.4 and does what it did."""
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    path = "/etc/dovecot/dovecot.conf"
    before = mail.text_as(evaluate, {path: MOVE}, tmp_path, path, "debian-13")
    assert before.starts.holds(False)
    assert {"setting-renamed"} <= rules(before)
    edits = [edit for problem in before.problems if isinstance(problem.remedy, Rewrite) for edit in problem.remedy.edits]
    data = MOVE.encode()
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        data = data[: edit.span.start] + edit.replacement + data[edit.span.end :]
    after = mail.text_as(evaluate, {path: data.decode()}, tmp_path, path, "debian-13")
    assert after.starts.holds(True), (data, after.problems)
    assert port(after, 143).cleartext_login.holds(True)
    assert port(after, 993).server_order.holds(True)
    assert versions(port(after, 993)) == {"TLSv1.2", "TLSv1.3"}
