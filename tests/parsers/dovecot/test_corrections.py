"""What live servers do otherwise than manuals lead to believe, each as it was seen (2.3.13, 2.3.19.1, 2.4.1)."""

from pathlib import Path

import pytest
from tlslint.model import TlsMode
from tlslint.parsers.dovecot import evaluate

from tests.parsers.dovecot.test_mistakes import CERTIFICATE_23, PKI, judged, port, rules, versions
from tests.support import mail, world


@pytest.mark.parametrize(("target", "seen"), [("debian-12", {"TLSv1.3"}), ("debian-13", {"TLSv1.2", "TLSv1.3"})])
def test_latest_is_another_thing_in_24(target: str, seen: set[str], tmp_path: Path) -> None:
    assert versions(port(judged(tmp_path, "ssl_min_protocol = LATEST\n", target), 993)) == seen


@pytest.mark.parametrize("target", ["debian-11", "debian-12", "debian-13"])
def test_a_name_does_not_change_versions(target: str, tmp_path: Path) -> None:
    instance = judged(tmp_path, "local_name a.example {\n  ssl_min_protocol = TLSv1.3\n}\n", target)
    for endpoint in instance.endpoints:
        assert "TLSv1.2" in versions(endpoint)


def test_a_missing_file_is_fatal_even_in_a_filter(tmp_path: Path) -> None:
    assert judged(tmp_path, "protocol pop3 {\n  ssl_cert = </etc/dovecot/none.pem\n}\n").starts.holds(False)


@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
def test_local_inside_of_protocol_is_refused(target: str, tmp_path: Path) -> None:
    assert judged(tmp_path, "protocol imap {\n  local 10.0.0.0/8 {\n  }\n}\n", target).starts.holds(False)


def test_all_versions_negated_is_the_default(tmp_path: Path) -> None:
    text = "ssl_protocols = !SSLv3 !TLSv1 !TLSv1.1 !TLSv1.2\nssl_cipher_list = HIGH:@SECLEVEL=0\n"
    assert "TLSv1.0" in versions(port(judged(tmp_path, text, "debian-11"), 993))


@pytest.mark.parametrize(
    ("text", "target", "works"),
    [
        ("ssl_cipher_list =", "debian-12", False),
        ("ssl_cipher_list =", "debian-13", True),
        ("ssl_curve_list = auto", "debian-12", False),
        ("ssl_min_protocol =", "debian-12", False),
        ("ssl_min_protocol =", "debian-13", True),
        ('ssl_min_protocol = "TLSv1.3', "debian-12", False),
        ("ssl_cipher_list = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "debian-12", False),
        ("ssl_cipher_list = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "debian-13", True),
        ("ssl_min_protocol = SSLv3", "debian-13", False),
        ("ssl_min_protocol = tlsv1.3", "debian-11", False),
        ("ssl_min_protocol = tlsv1.3", "debian-12", True),
    ],
)
def test_what_starts_and_then_works_or_not(text: str, target: str, works: bool, tmp_path: Path) -> None:
    instance = judged(tmp_path, text + "\n", target)
    assert instance.starts.holds(True)
    assert port(instance, 993).tls_works.holds(works)


def test_dhe_first_without_parameters_leaves_tls12_to_clients_without_dhe(tmp_path: Path) -> None:
    """2.4 passes DHE over instead."""
    text = "ssl_cipher_list = DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256\n"
    for target, order in (("debian-12", "ssl_prefer_server_ciphers = yes\n"), ("debian-13", "ssl_server_prefer_ciphers = server\n")):
        offered = [suite.openssl for suite in mail.value(port(judged(tmp_path / target, text + order, target), 993).cipher_suites)]
        assert "DHE-RSA-AES128-GCM-SHA256" not in offered


def test_includes_in_braces_come_in_the_order_written(tmp_path: Path) -> None:
    files = {
        "/etc/dovecot/dovecot.conf": "protocols = imap\n" + CERTIFICATE_23 + "!include {20,10}-*.conf\n",
        "/etc/dovecot/10-a.conf": "ssl_min_protocol = TLSv1.2\n",
        "/etc/dovecot/20-b.conf": "ssl_min_protocol = TLSv1.3\n",
    }
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    instance = mail.text_as(evaluate, files, tmp_path, "/etc/dovecot/dovecot.conf")
    assert versions(port(instance, 993)) == {"TLSv1.2", "TLSv1.3"}


def test_the_same_value_twice_conflicts_all_the_same(tmp_path: Path) -> None:
    text = "local 192.0.2.1 {\n  ssl_min_protocol = TLSv1.3\n}\nprotocol imap {\n  ssl_min_protocol = TLSv1.3\n}\n"
    instance = judged(tmp_path, text)
    assert any(each.tls_works.holds(False) for each in instance.endpoints if each.address.holds("192.0.2.1") and each.protocol == "imap")


def test_a_trusted_network_that_is_none(tmp_path: Path) -> None:
    instance = judged(tmp_path, "login_trusted_networks = 10.0.0.0/33\n")
    assert any("login process dies" in problem.message for problem in instance.problems)


def test_imaps_without_ssl_is_plain_text_on_993(tmp_path: Path) -> None:
    instance = judged(tmp_path, "service imap-login {\n  inet_listener imaps {\n    ssl = no\n  }\n}\n")
    assert port(instance, 993).tls.holds(TlsMode.STARTTLS_REQUIRED)


def test_ssl_off_in_a_filter_leaves_993_open_and_dead(tmp_path: Path) -> None:
    instance = judged(tmp_path, "protocol imap {\n  ssl = no\n}\n")
    assert port(instance, 993).tls_works.holds(False)
    assert port(instance, 143).tls.holds(TlsMode.NONE)
    assert port(instance, 995).tls_works.holds(True)


def test_ssl_on_in_a_filter_alone_is_starttls_without_993(tmp_path: Path) -> None:
    instance = judged(tmp_path, "ssl = no\nprotocol imap {\n  ssl = yes\n}\n")
    assert not any(each.port.holds(993) for each in instance.endpoints)
    assert port(instance, 143).tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert "setting-ignored-here" in rules(instance)


@pytest.mark.parametrize(
    ("text", "target", "starts"),
    [
        ("ssl = YES", "debian-12", False),
        ("disable_plaintext_auth = YES", "debian-12", True),
        ("disable_plaintext_auth = true", "debian-12", False),
        ("SSL_MIN_PROTOCOL = TLSv1.2", "debian-12", False),
        ("ssl_min_protocol TLSv1.3", "debian-12", False),
        ("ssl_cipher_list = $ssl_cipher_list:!DHE", "debian-12", False),
        ("ssl_cipher_list = $SET:ssl_cipher_list:!DHE", "debian-13", False),
        ("ssl_server_key_file = $SET:ssl_server_cert_file", "debian-13", False),
        ("service imap-login {\n  ssl_min_protocol = TLSv1.3\n}", "debian-12", False),
        ("service imap-login {\n  ssl_min_protocol = TLSv1.3\n}", "debian-13", True),
        ("ssl_cipher_suites = TLS_AES_256_GCM_SHA384", "debian-11", False),
        ("dovecot_config_version = 2.4.0", "debian-12", False),
        ("ssl_verify_client_cert = yes", "debian-12", False),
    ],
)
def test_what_is_refused_at_start(text: str, target: str, starts: bool, tmp_path: Path) -> None:
    assert judged(tmp_path, text + "\n", target).starts.holds(starts)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}),
        ("ssl_protocols = TLSv1.2\n", {"TLSv1.2", "TLSv1.3"}),
        ("ssl_protocols = !SSLv3 !TLSv1\n", {"TLSv1.1", "TLSv1.2", "TLSv1.3"}),
        ("ssl_protocols = !SSLv2 !SSLv3\n", set()),
        ("ssl_protocols = TLSv1.2 TLSv1.3\n", set()),
    ],
)
def test_the_last_22_with_a_library_without_sslv2(text: str, seen: set[str], tmp_path: Path) -> None:
    """Ubuntu 18.04: a minimum as in 2.3, and a word it does not know kills the login process (iostream-openssl-common.c of 2.2.36)."""
    world.lay({"files": {}, "certificates": PKI}, tmp_path)
    files = {"/etc/dovecot/dovecot.conf": "protocols = imap\nssl_cipher_list = HIGH:@SECLEVEL=0\n" + CERTIFICATE_23 + text}
    instance = mail.text_as(evaluate, files, tmp_path, "/etc/dovecot/dovecot.conf", "ubuntu-18.04")
    assert versions(port(instance, 993)) == seen
