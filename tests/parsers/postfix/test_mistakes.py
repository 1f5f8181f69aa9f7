"""The mistakes people make with Postfix, each by name: what it really does, and what is said of it."""

from pathlib import Path

import pytest
from tlslint.model import How, Severity, TlsMode
from tlslint.model.remedy import Rewrite

from tests.parsers.postfix.trees import SMTP, SUBMISSION, Judged, judged

MAY = "smtpd_tls_security_level = may\n"
RELAY = "relayhost = [relay.example.test]:587\n"


def versions(found: Judged, name: str) -> list[str]:
    return sorted(version.word for version in found.endpoint(name).versions.surely)


def rewritten(found: Judged, code: str) -> list[bytes]:
    """What the remedy of the only finding of a rule writes."""
    (only,) = found.findings(code)
    assert isinstance(only.remedy, Rewrite)
    return [edit.replacement for edit in only.remedy.edits]


def test_01_comment_behind_a_protocol_list_switches_tls_off(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_tls_protocols = !SSLv2, !SSLv3 # , !TLSv1\n")
    assert found.endpoint("smtp (25)").tls_works.holds(False)
    assert "knows no comment after a value" in found.says("TLS809")
    assert "refused as a whole: TLS is off" in found.says("TLS809")
    assert not found.findings("TLS105"), "one cause, one finding"
    assert rewritten(found, "TLS809") == [b"# , !TLSv1\n", b""]


def test_02_comment_behind_a_boolean_kills_the_daemon(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_tls_auth_only = yes   # comment\n")
    assert "every daemon that reads it stops" in found.says("TLS809")
    assert "stops before its greeting" in found.endpoint("smtp (25)").tls_failure


def test_03_mandatory_protocols_do_not_count_at_may(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_tls_mandatory_protocols = >=TLSv1.2\n")
    assert versions(found, "smtp (25)") == ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    assert found.says("TLS803") == (
        "smtpd_tls_mandatory_protocols decides nothing, because TLS is not demanded by smtp (25): at level may smtpd_tls_protocols counts"
    )


def test_04_blank_after_a_comma_in_an_option_kills_the_service(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY, SMTP + SUBMISSION + "  -o smtpd_client_restrictions=permit_sasl_authenticated, reject\n")
    assert "the blank after the comma ends the value of smtpd_client_restrictions" in found.says("TLS901")
    assert found.label("TLS901") == "leave the blank out, or write -o { name = value }"


@pytest.mark.parametrize(
    ("option", "where"),
    [
        ("smtpd_tls_security_level= encrypt", "the blank after '=' ends the value of smtpd_tls_security_level"),
        ("smtpd_client_restrictions=reject_unknown_client_hostname ,reject", "the blank before the comma ends the value of"),
    ],
)
def test_04_other_blanks_in_an_option(option: str, where: str, tmp_path: Path) -> None:
    assert where in judged(tmp_path, MAY, SMTP + SUBMISSION + f"  -o {option}\n").says("TLS901")


def test_05_relay_at_465_without_wrapper_mode_hangs(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "relayhost = [relay.example.test]:465\nsmtp_tls_security_level = encrypt\n")
    assert "every delivery hangs" in found.says("TLS407")
    assert "smtp_tls_wrappermode = yes" in found.label("TLS407")


def test_06_wrapper_mode_meant_for_the_client_is_set_on_the_server(tmp_path: Path) -> None:
    found = judged(tmp_path, "smtpd_tls_wrappermode = yes\n")
    assert found.endpoint("smtp (25)").tls.holds(TlsMode.IMPLICIT)
    assert "clients of this port speak plain text first" in found.says("TLS407")


def test_07_doubled_equals_sign(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtp_tls_security_level == may\n")
    assert "'= may' is no TLS level" in found.says("TLS901")


def test_08_lost_exclamation_mark(tmp_path: Path) -> None:
    """SSLv2 counts for nothing, SSLv3 alone leaves nothing."""
    found = judged(tmp_path / "a", MAY + "smtpd_tls_protocols = SSLv2, !SSLv3, !TLSv1, !TLSv1.1\n")
    assert versions(found, "smtp (25)") == ["TLSv1.2", "TLSv1.3"]
    assert found.findings("TLS814")[0].severity is Severity.INFO
    found = judged(tmp_path / "b", MAY + "smtpd_tls_protocols = !SSLv2, SSLv3, !TLSv1, !TLSv1.1\n")
    assert found.endpoint("smtp (25)").tls_works.holds(False)
    assert "every version but SSLv3 is off" in found.says("TLS814")
    assert rewritten(found, "TLS814") == [b"!SSLv3"]


@pytest.mark.parametrize("text", ["TLSv1.2, TLSv1.1, !TLSv1, !SSLv2, !SSLv3", "=TLSv1.2", "TLSv1.2"])
def test_09_list_of_names_closes_tls13(text: str, tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + f"smtpd_tls_mandatory_protocols = {text}\n", SMTP + SUBMISSION)
    if text.startswith("="):
        assert "'=TLSv1.2' is no version of TLS" in found.says("TLS105")
        assert rewritten(found, "TLS105") == [b">=TLSv1.2"]
    else:
        assert "TLSv1.3" not in versions(found, "submission")
        assert "does not offer TLS 1.3" in found.says("TLS103")


def test_10_tls10_alone(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_tls_mandatory_protocols=TLSv1\n", SMTP + SUBMISSION)
    assert versions(found, "submission") == ["TLSv1.0"]
    assert [finding.message for finding in found.findings("TLS102") if finding.severity is Severity.ERROR] == [
        "submission (587) offers TLS 1.0"
    ]


def test_11_option_of_the_client_on_a_server(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY, SMTP + SUBMISSION + "  -o smtp_tls_mandatory_protocols=>=TLSv1.2\n")
    assert found.says("TLS803") == "smtpd never reads smtp_tls_mandatory_protocols: this option of submission (587) does nothing"
    assert found.label("TLS803") == "did you mean smtpd_tls_mandatory_protocols?"


def test_12_options_below_a_service_that_is_commented_out(tmp_path: Path) -> None:
    found = judged(tmp_path / "a", MAY, SMTP + "#smtps inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n")
    assert found.endpoint("smtp (25)").tls.holds(TlsMode.IMPLICIT)
    assert "so they belong to smtp/inet" in found.says("TLS810")
    found = judged(tmp_path / "b", MAY, SMTP + "smtps inet n - n - - smtpd\n-o smtpd_tls_wrappermode=yes\n")
    assert found.instance.starts.holds(False)
    assert "'-o' begins in the first column" in found.says("TLS810")
    assert not found.findings("TLS407"), "nothing runs"


def test_13_appended_to_a_last_line_without_end(tmp_path: Path) -> None:
    master = "submission inet n - n - - smtpd -o smtpd_tls_security_level=encryptsmtps inet n - n - - smtpd\n"
    found = judged(tmp_path, MAY, SMTP + master)
    messages = " ".join(finding.message for finding in found.findings("TLS901"))
    assert "'encryptsmtps' is no TLS level" in messages
    assert "'inet' is no option" in messages


def test_14_certificate_that_is_not_there(tmp_path: Path) -> None:
    missing = "smtpd_tls_cert_file = /etc/letsencrypt/live/mx/fullchain.pem\nsmtpd_tls_key_file = /etc/ssl/mx.key\n"
    found = judged(tmp_path, MAY, SMTP + SUBMISSION, certificate=missing)
    assert found.says("TLS310") == (
        "the certificate /etc/letsencrypt/live/mx/fullchain.pem does not exist: TLS cannot work on smtp (25) and submission (587); "
        "mail and logins go on in the clear on smtp (25), no mail is accepted on submission (587)"
    )
    assert not found.findings("TLS105")


def test_15_certificate_of_its_own_with_the_key_of_another(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY, SMTP + SUBMISSION + "  -o smtpd_tls_cert_file=/etc/ssl/other.pem\n")
    assert found.says("TLS310").startswith(
        "/etc/ssl/other.pem is used with the private key /etc/ssl/mx.key, which belongs to /etc/ssl/mx.pem: TLS"
    )
    works = found.endpoint("submission").tls_works
    assert works.holds(False)
    assert How.ASSUMED in {origin.how for origin in works.origins}
    own = "  -o smtpd_tls_cert_file=/etc/ssl/other.pem\n  -o smtpd_tls_key_file=/etc/ssl/other.key\n"
    assert not judged(tmp_path / "own", MAY, SMTP + SUBMISSION + own).findings("TLS310")
    shared = own.replace("other.key", "mx.key")
    found = judged(tmp_path / "shared", MAY, SMTP + SUBMISSION + shared)
    assert "a key fits one certificate, so TLS is off on one of them" in found.says("TLS310")


def test_16_intermediates_in_the_cafile_are_sent_all_the_same(tmp_path: Path) -> None:
    """OpenSSL completes a chain of one certificate from the trust anchors (ssl_add_cert_chain()): nothing is wrong."""
    found = judged(tmp_path, MAY + "smtpd_tls_CAfile = /etc/ssl/other.pem\n")
    assert found.endpoint("smtp (25)").tls_works.holds(True)
    assert not found.findings("TLS314")


def test_17_chain_file_that_begins_with_the_certificate(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY, certificate="smtpd_tls_chain_files = /etc/ssl/mx.pem, /etc/ssl/mx.key\n")
    assert "the private key must come first" in found.says("TLS310")


def test_18_settings_of_before_23(tmp_path: Path) -> None:
    found = judged(tmp_path / "a", "smtpd_use_tls = yes\n" + MAY, target="debian-13")
    assert "smtpd_tls_security_level is set and counts: leave it out" in found.says("TLS805")
    assert rewritten(found, "TLS805") == [b""]
    found = judged(tmp_path / "b", MAY + "smtp_enforce_tls = yes\nsmtp_tls_CAfile = /etc/ssl/other.pem\n", target="debian-13")
    assert found.says("TLS805").endswith("write smtp_tls_security_level = verify"), "the name is checked unless told otherwise"
    found = judged(tmp_path / "c", "smtpd_use_tls = yes\n" + MAY, target="debian-12")
    assert "does not count beside smtpd_tls_security_level" in found.says("TLS803")


def test_19_invented_names(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "lmtpd_tls_security_level = may\nstart_tls = yes\nSMTPD_TLS_AUTH_ONLY = yes\n")
    said = {finding.message.split()[0]: finding.primary.text for finding in found.findings("TLS801")}
    assert said == {
        "lmtpd_tls_security_level": "did you mean lmtp_tls_security_level?",
        "start_tls": "not read",
        "SMTPD_TLS_AUTH_ONLY": "did you mean smtpd_tls_auth_only?",
    }


def test_20_dane_without_dnssec(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtp_tls_security_level = dane\n")
    assert "smtp_dns_support_level is not dnssec: it means no more than may" in found.says("TLS604")
    assert found.endpoint("smtp (outgoing)").tls.holds(TlsMode.STARTTLS)


def test_21_encrypt_believed_to_authenticate_the_relay(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + RELAY + "smtp_tls_security_level = encrypt\n")
    assert found.says("TLS602") == "smtp (outgoing) accepts any certificate"


def test_22_secure_compares_with_the_domain_and_not_with_the_host(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "relayhost = example.test\nsmtp_tls_security_level = secure\nsmtp_tls_CAfile = /etc/ssl/other.pem\n")
    assert found.endpoint("smtp (outgoing)").peer_verification.holds("certificate and name")
    found = judged(tmp_path / "b", MAY + RELAY + "smtp_tls_security_level = secure\n")
    assert "needs authorities to check against" in found.says("TLS604")


def test_23_exclusion_with_an_operator_and_grade_that_is_a_list(tmp_path: Path) -> None:
    found = judged(tmp_path / "a", MAY + "smtpd_tls_exclude_ciphers = !aNULL, !MD5\n")
    assert "'!aNULL' begins with '!', which no exclusion may do: TLS cannot work on smtp (25)" in found.says("TLS212")
    assert rewritten(found, "TLS212") == [b"", b""]
    found = judged(tmp_path / "b", MAY + "smtpd_tls_ciphers = HIGH:!aNULL\n")
    assert "is no cipher grade (high, medium); words of OpenSSL belong in tls_high_cipherlist" in found.says("TLS212")


def test_24_mx_with_nothing_but_ecdhe_and_gcm(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_tls_ciphers = high\ntls_high_cipherlist = ECDHE+AESGCM:!aNULL\n")
    assert found.says("TLS409").endswith("senders without it deliver in plain text instead")


@pytest.mark.parametrize("master", [SMTP, "submission inet n - n - - smtpd\n"])
def test_25_passwords_in_the_clear(master: str, tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + "smtpd_sasl_auth_enable = yes\n", master)
    assert "takes passwords in the clear" in found.says("TLS402")


def test_26_grades_of_curves_and_dh_files_that_nobody_reads(tmp_path: Path) -> None:
    main = MAY + "smtpd_tls_eecdh_grade = ultra\nsmtpd_tls_dh512_param_file = /etc/ssl/dh.pem\n"
    found = judged(tmp_path, main)
    assert {finding.message.split()[0] for finding in found.findings("TLS803")} == {"smtpd_tls_eecdh_grade", "smtpd_tls_dh512_param_file"}


def test_27_least_version_on_35_and_with_a_blank(tmp_path: Path) -> None:
    found = judged(tmp_path / "a", MAY + "smtpd_tls_protocols = >=TLSv1.2\n", target="debian-11")
    assert "'>=TLSv1.2' needs Postfix 3.6; 3.5.25 refuses the whole list" in found.says("TLS105")
    assert rewritten(found, "TLS105") == [b"!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"]
    found = judged(tmp_path / "b", MAY + "smtpd_tls_protocols = >= TLSv1.2\n")
    assert versions(found, "smtp (25)") == ["TLSv1.2"]
    assert rewritten(found, "TLS814") == [b">=TLSv1.2"]


def test_28_name_of_a_port_that_the_host_does_not_know(tmp_path: Path) -> None:
    services = {"/etc/services": "smtp 25/tcp mail\nsubmission 587/tcp\nsubmissions 465/tcp\n"}
    master = SMTP + "smtps inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"
    found = judged(tmp_path / "a", MAY, master, target="debian-11", files=services)
    assert "the port name 'smtps' stands neither in /etc/services nor in known_tcp_ports; write the number" in found.says("TLS901")
    assert judged(tmp_path / "b", MAY, master, files=services).instance.starts.holds(True), "3.6 brings the name along"


def test_29_compatibility_level_keeps_md5(tmp_path: Path) -> None:
    main = MAY + "smtpd_tls_ask_ccert = yes\nrelay_clientcerts = texthash:/etc/postfix/clients\n"
    found = judged(tmp_path, main, head="compatibility_level = 2\nmyhostname = mx.example.test\n")
    assert "holds MD5 fingerprints, because compatibility_level = 2 keeps the old default" in found.says("TLS814")
    assert not judged(tmp_path / "b", main).findings("TLS814")


def test_30_comma_in_a_policy(tmp_path: Path) -> None:
    main = MAY + "smtp_tls_security_level = may\nsmtp_tls_policy_maps = texthash:/etc/postfix/policy\n"
    found = judged(tmp_path, main, files={"/etc/postfix/policy": "example.org encrypt protocols=!SSLv2,!SSLv3\n"})
    assert "write protocols=!SSLv2:!SSLv3 with colons" in found.says("TLS901")


def test_empty_list_of_curves_kills_postfix_35_and_means_openssls_own_on_310(tmp_path: Path) -> None:
    main = MAY + "tls_eecdh_auto_curves =\ntls_ffdhe_auto_groups =\n"
    assert "stops before its greeting" in judged(tmp_path / "a", main, target="debian-11").endpoint("smtp (25)").tls_failure
    found = judged(tmp_path / "b", main, target="debian-13").endpoint("smtp (25)")
    assert "X25519MLKEM768" in [group.iana for group in found.groups.surely or ()]


def test_older_setting_counts_where_the_newer_one_stands_elsewhere(tmp_path: Path) -> None:
    """smtpd_use_tls decides on port 25, whatever the options of submission say: it is no leftover."""
    found = judged(tmp_path, "smtpd_use_tls = yes\n", SMTP + SUBMISSION)
    assert found.endpoint("smtp (25)").tls.holds(TlsMode.STARTTLS)
    assert not found.findings("TLS803")
