"""What reading findings on real trees brought up: words too many, silence, and fixes that were none."""

from pathlib import Path

from tlslint.engine.discover import discover
from tlslint.engine.run import Result, run, selection
from tlslint.model import Known, Severity, TlsMode
from tlslint.model.versions import TLS13
from tlslint.profiles import load as load_profile
from tlslint.targets import load as load_target

from tests.parsers.postfix.trees import SMTP, SUBMISSION, judged
from tests.support.mending import Outcome, mend_files
from tests.support.world import dh_parameters, lay

MAIN = "compatibility_level = 3.6\nsmtpd_relay_restrictions = reject\nsmtpd_tls_cert_file = /etc/ssl/mx.pem\n"
OUTGOING = "smtp unix - - n - - smtp\n"


def alone(root: Path, main: str, *select: str, target: str = "debian-12") -> Result:
    """A main.cf whose master.cf is not in the repository."""
    lay({"files": {"/repository/etc/postfix/main.cf": main}}, root)
    return run(discover([str(root / "repository")]), load_target(target), selection(select, []), [load_profile("mozilla-intermediate")])


def mended(tmp_path: Path, main: str, master: str, *select: str, target: str = "debian-12") -> Outcome:
    files = {"etc/postfix/main.cf": (MAIN + main).encode(), "etc/postfix/master.cf": (master + OUTGOING).encode()}
    return mend_files(tmp_path.resolve(), files, target=target, select=select)


def test_mail_for_the_machine_itself_is_no_error(tmp_path: Path) -> None:
    """Debian's "local only" Postfix had an error for TLS 1.0 on a port that nobody else can reach, and a public MX had none."""
    told = judged(tmp_path, "smtpd_tls_security_level = may\ninet_interfaces = loopback-only\n")
    assert told.endpoint("smtp (25)").is_opportunistic_mx
    assert {finding.severity for finding in told.result.findings if "smtp (25)" in finding.endpoints} == {Severity.INFO}
    assert not told.findings("TLS409")


def test_what_a_content_filter_hands_back_is_no_error(tmp_path: Path) -> None:
    """amavis hands mail back to 127.0.0.1:10025, in plain text whatever is offered."""
    told = judged(tmp_path, "smtpd_tls_security_level = may\n", "127.0.0.1:10025 inet n - n - - smtpd\n")
    assert all(finding.severity is Severity.INFO for finding in told.result.findings if "10025" in finding.message)


def test_loopback_beside_another_address_is_no_loopback(tmp_path: Path) -> None:
    """`127.0.0.1, 192.0.2.1` was taken for its first word."""
    for number, text in enumerate(("127.0.0.1, 192.0.2.1", "localhost, $myhostname", "192.0.2.1 localhost")):
        told = judged(tmp_path / str(number), f"inet_interfaces = {text}\nsmtpd_tls_security_level = none\n")
        assert told.says("TLS401").startswith("smtp (25) offers no STARTTLS"), text


def test_nobody_listens_on_the_way_to_a_content_filter(tmp_path: Path) -> None:
    """`smtp_sasl_auth_enable` of main.cf made the way to amavis on this machine a critical finding."""
    login = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/passwords\nsmtp_sasl_security_options = noanonymous\n"
    told = judged(tmp_path, f"{login}content_filter = filter:[127.0.0.1]:10024\n", SMTP + "filter unix - - n - - smtp\n")
    assert [finding.endpoints for finding in told.findings("TLS606")] == [("smtp (outgoing)",)]


def test_a_password_is_no_reason_to_demand_tls_of_everybody(tmp_path: Path) -> None:
    """The fix demanded TLS of every server on the Internet, although only some hosts get a password; a relay is one host."""
    login = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/passwords\nsmtp_sasl_security_options = noanonymous\n"
    assert not mended(tmp_path / "all", f"{login}smtp_tls_security_level = may\n", SMTP, "TLS606").lines
    relay = f"{login}relayhost = [relay.example.test]:587\nsmtp_tls_security_level = may\n"
    assert "+smtp_tls_security_level = encrypt" in mended(tmp_path / "relay", relay, SMTP, "TLS606").lines


def test_lists_for_both_levels_are_no_mistake(tmp_path: Path) -> None:
    """Who writes the mandatory list beside the other one, as generators do, had a warning for each that does not count today."""
    lines = "".join(f"smtpd_tls_{which}protocols = >=TLSv1.2\n" for which in ("", "mandatory_"))
    told = judged(tmp_path / "same", f"smtpd_tls_security_level = may\n{lines}smtpd_tls_mandatory_ciphers = medium\n")
    assert [finding.severity for finding in told.findings("TLS803")] == [Severity.INFO, Severity.INFO]
    told = judged(tmp_path / "other", "smtpd_tls_security_level = may\nsmtpd_tls_mandatory_protocols = >=TLSv1.3\n")
    assert [finding.severity for finding in told.findings("TLS803")] == [Severity.WARNING]


def test_nobody_names_an_authority_for_everybody(tmp_path: Path) -> None:
    """`encrypt` for the whole Internet was told to verify certificates; that it demands TLS of everybody is the mistake (TLS605)."""
    told = judged(tmp_path, "smtp_tls_security_level = encrypt\n")
    assert told.findings("TLS605")
    assert not told.findings("TLS602")


def test_a_filter_whose_place_main_cf_says_may_be_here(tmp_path: Path) -> None:
    """A master.cf alone: where its transport for amavis leads is written in main.cf, mostly to this machine."""
    lay({"files": {"/etc/postfix/master.cf": f"{SMTP}amavis unix - - n - 2 smtp\n  -o smtp_tls_security_level=none\n"}}, tmp_path)
    found = discover([str(tmp_path / "etc")], root=str(tmp_path))
    assert not run(found, load_target("debian-12"), selection(["TLS601"], []), []).findings


def test_a_setting_that_is_told_to_be_old_is_told_once(tmp_path: Path) -> None:
    told = judged(tmp_path, "smtpd_tls_security_level = may\nsmtpd_tls_eecdh_grade = ultra\n", target="debian-13")
    assert [finding.code for finding in told.result.findings if "eecdh_grade" in finding.message] == ["TLS805"]


def test_tls13_comes_with_what_lies_between(tmp_path: Path) -> None:
    """`TLSv1` alone could not be mended: 1.0 and 1.3 without 1.2 would have been a gap."""
    outcome = mended(tmp_path, "smtpd_tls_security_level = may\nsmtpd_tls_protocols = !SSLv2, !SSLv3, TLSv1\n", SMTP, "TLS103")
    assert "+smtpd_tls_protocols = >=TLSv1" in outcome.lines


def test_port_25_loses_what_nobody_may_speak_and_nothing_else(tmp_path: Path) -> None:
    """RC4, 3DES and SSL 3.0 on a public MX had fixes that were withheld: they would have taken everything old with them."""
    outcome = mended(tmp_path, "smtpd_tls_security_level = may\n", SMTP, "TLS101", "TLS204", "TLS205", target="rhel-7")
    assert outcome.lines == ["+smtpd_tls_exclude_ciphers = RC4, IDEA, 3DES", "+smtpd_tls_protocols = !SSLv2, !SSLv3"]
    assert not outcome.after.findings


def test_a_release_is_told_no_version_it_does_not_know(tmp_path: Path) -> None:
    """`!TLSv1.3` makes Postfix 2.10 refuse the whole list."""
    outcome = mended(tmp_path, "smtpd_tls_mandatory_protocols = SSLv3\n", SUBMISSION, "TLS101", target="rhel-7")
    assert "+smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1" in outcome.lines


def test_strong_suites_first_takes_nothing_away(tmp_path: Path) -> None:
    """On port 25, and there together with submission, the better order was withheld as if it shut somebody out."""
    grades = "smtpd_tls_security_level = may\nsmtpd_tls_ciphers = high\nsmtpd_tls_mandatory_ciphers = high\ntls_preempt_cipherlist = yes\n"
    outcome = mended(tmp_path, f"{grades}tls_high_cipherlist = AES128-SHA:ECDHE+AESGCM\n", SMTP + SUBMISSION, "TLS211")
    assert not outcome.after.findings
    for before, after in zip(outcome.before.instances[0].endpoints, outcome.after.instances[0].endpoints, strict=True):
        assert set(before.cipher_suites.surely) == set(after.cipher_suites.surely)


def test_groups_go_without_those_that_postfix_cannot_name(tmp_path: Path) -> None:
    """The profile's list begins with a hybrid group, and no weak group could be mended before Postfix 3.10."""
    outcome = mended(tmp_path, "tls_eecdh_auto_curves = X25519 secp224r1\n", SUBMISSION, "TLS304")
    assert outcome.lines == ["-tls_eecdh_auto_curves = X25519 secp224r1", "+tls_eecdh_auto_curves = X25519 prime256v1 secp384r1"]


def test_size_of_dh_parameters(tmp_path: Path) -> None:
    """smtpd_tls_dh1024_param_file was read for the suites and its size told to nobody."""
    for bits, expected in ((1024, ["TLS302"]), (2048, [])):
        root = tmp_path / str(bits)
        text = {"/etc/ssl/dh.pem": dh_parameters(bits).decode()}
        told = judged(root, "smtpd_tls_dh1024_param_file = /etc/ssl/dh.pem\n", SUBMISSION, files=text)
        assert told.endpoint("submission").dh_bits == Known(bits, told.endpoint("submission").dh_bits.origins)
        assert [finding.code for finding in told.result.findings if finding.code == "TLS302"] == expected
    told = judged(tmp_path / "unseen", "smtpd_tls_dh1024_param_file = /srv/dh.pem\n", SUBMISSION)
    assert not told.endpoint("submission").dh_bits.is_known


def test_a_comment_behind_a_value_of_several_lines_takes_nothing_with_it(tmp_path: Path) -> None:
    """The whole value went, and the comment line inside it."""
    text = "smtpd_tls_exclude_ciphers = RC4,\n  # why\n  3DES # no comment\n"
    assert mended(tmp_path, text, SUBMISSION, "TLS809").lines == ["+# no comment", "-  3DES # no comment", "+  3DES"]


def test_where_a_comment_ends_is_a_persons_to_say(tmp_path: Path) -> None:
    """What goes on behind `# old` may have been meant as words of the list."""
    outcome = mended(tmp_path, "smtpd_tls_exclude_ciphers = RC4 # old\n  3DES\n", SUBMISSION, "TLS809")
    assert [finding.code for finding in outcome.after.findings] == ["TLS809"]
    assert not outcome.lines


def test_comment_lines_inside_a_value_outlive_it(tmp_path: Path) -> None:
    """A list written anew lost what stood between its lines."""
    outcome = mended(tmp_path, "smtpd_tls_mandatory_protocols = !SSLv2,\n# since 2019\n  !SSLv3\n", SUBMISSION, "TLS102")
    assert outcome.lines == [
        "-smtpd_tls_mandatory_protocols = !SSLv2,",
        "+smtpd_tls_mandatory_protocols = >=TLSv1.2",
        "-  !SSLv3",
    ]


def test_the_order_of_postfixs_own_list_takes_one_word(tmp_path: Path) -> None:
    """58 suites by name, ADH among them, were written in main.cf and at each service for want of `+kRSA`."""
    outcome = mended(tmp_path, "smtpd_tls_security_level = may\ntls_preempt_cipherlist = yes\n", SMTP + SUBMISSION, "TLS211")
    assert outcome.lines == ["+tls_medium_cipherlist = aNULL:-aNULL:HIGH:MEDIUM:@STRENGTH:+kRSA"]
    assert not outcome.after.findings
    for before, after in zip(outcome.before.instances[0].endpoints, outcome.after.instances[0].endpoints, strict=True):
        assert set(before.cipher_suites.surely) == set(after.cipher_suites.surely)


def test_words_that_only_old_libraries_knew_are_not_written_anew(tmp_path: Path) -> None:
    """Postfix 3.10's own list excludes RC5, unknown to OpenSSL 3.5: written out that was a finding of its own and kept the fix back."""
    main = "smtpd_tls_security_level = may\nsmtpd_relay_restrictions = reject_unauth_destination\ntls_preempt_cipherlist = yes\n"
    outcome = mended(tmp_path, main, SMTP, "TLS211", target="debian-13")
    assert outcome.lines == ["+tls_medium_cipherlist = aNULL:-aNULL:HIGH:MEDIUM:!3DES:!aDSS:!MD5:@STRENGTH:+kRSA"]
    assert not outcome.after.findings


def test_one_more_group_is_written_once(tmp_path: Path) -> None:
    """A public MX loses nothing by a hybrid group; it got a line of main.cf, and every other service an option of its own beside it."""
    outcome = mended(tmp_path, "smtpd_tls_security_level = may\n", SMTP + SUBMISSION, "TLS305", target="debian-13")
    assert outcome.lines == ["+tls_eecdh_auto_curves = X25519MLKEM768 X25519 X448 prime256v1 secp384r1 secp521r1"]


def test_what_main_cf_says_counts_without_master_cf(tmp_path: Path) -> None:
    """Everything of smtpd was unknown, and nothing was said of TLS 1.3 that is off, of plain passwords, of a grade that is none."""
    level = "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = /etc/ssl/a.pem\n"
    gap = alone(tmp_path / "gap", f"{level}smtpd_tls_mandatory_protocols = TLSv1.2\n", "TLS1")
    assert [(finding.code, finding.endpoints) for finding in gap.findings] == [("TLS103", ("smtpd",))]
    assert gap.instances[0].endpoints[0].tls.holds(TlsMode.STARTTLS_REQUIRED)
    grade = alone(tmp_path / "grade", f"{level}smtpd_tls_mandatory_protocols =\nsmtpd_tls_mandatory_ciphers = HIGH:!aNULL\n", "TLS212")
    assert [finding.primary.span.text for finding in grade.findings] == ["HIGH:!aNULL"]
    login = "smtpd_tls_security_level = may\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = no\n"
    assert [finding.code for finding in alone(tmp_path / "login", login, "TLS402").findings] == ["TLS402"]
    old = alone(tmp_path / "old", f"{level}smtpd_tls_mandatory_protocols = !SSLv2\n", "TLS1", target="openssl@1.0.1f")
    assert TLS13 not in old.instances[0].endpoints[0].versions.surely, "what the library lacks no list brings"
    off = alone(tmp_path / "off", "smtpd_tls_security_level = none\n", "TLS401")
    assert [finding.severity for finding in off.findings] == [Severity.WARNING]


def test_what_main_cf_omits_is_unknown_without_master_cf(tmp_path: Path) -> None:
    """-o in master.cf may say it; and a list for the other level is not without effect where the levels of the services were not seen."""
    text = "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/a.pem\nsmtpd_sasl_auth_enable = yes\n"
    result = alone(tmp_path, f"{text}smtpd_tls_mandatory_protocols = !SSLv2\nsmtpd_tls_mandatory_ciphers = high\n")
    assert not result.findings
    endpoint = result.instances[0].endpoints[0]
    assert endpoint.tls.holds(TlsMode.STARTTLS)
    assert not endpoint.versions.is_known
    assert not endpoint.cipher_suites.is_known
    assert not endpoint.cleartext_login.is_known


def test_mail_between_strangers_in_a_main_cf_alone(tmp_path: Path) -> None:
    """Port 25 is the first that main.cf speaks of: TLS 1.0 there is no error."""
    text = "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/a.pem\nsmtpd_tls_protocols = !SSLv2, !SSLv3\n"
    assert {finding.severity for finding in alone(tmp_path, text, "TLS102").findings} == {Severity.INFO}


def test_a_policy_table_beside_main_cf_is_the_one_of_etc_postfix(tmp_path: Path) -> None:
    """hash:/etc/postfix/tls_policy of a repository lies beside its main.cf; policies that hold mail back were not read."""
    files = {
        "/repository/postfix/main.cf": f"{MAIN}smtp_tls_security_level = may\nsmtp_tls_policy_maps = hash:/etc/postfix/tls_policy\n",
        "/repository/postfix/master.cf": SMTP + OUTGOING,
        "/repository/postfix/tls_policy": "bad.test require\npartner.test encrypt protocols=!SSLv2,!SSLv3\n",
    }
    lay({"files": files}, tmp_path)
    result = run(discover([str(tmp_path / "repository")]), load_target("debian-12"), selection(["TLS901"], []), [])
    assert [finding.primary.span.file.path.rpartition("/")[2] for finding in result.findings] == ["tls_policy", "tls_policy"]


def test_what_expands_to_nothing_is_shown(tmp_path: Path) -> None:
    """`myhostname = $ENV_MAIL_HOST` was "an empty value", and nobody sees one there."""
    told = judged(tmp_path, "smtpd_tls_security_level = may\nmyhostname = $ENV_MAIL_HOST\n")
    assert "an empty value is refused (bad string length 0 < 1); '$ENV_MAIL_HOST' expands to nothing" in told.says("TLS901")


def test_what_is_long_gone_and_not_about_tls_is_no_error(tmp_path: Path) -> None:
    """fallback_relay of an old master.cf and smtpd_sasl_application_name, both gone since 2.3, were errors."""
    told = judged(tmp_path, "smtpd_sasl_application_name = smtpd\nsmtpd_tls_cipherlist = HIGH\nsmtpd_tls_security_level = may\n")
    assert sorted(finding.severity for finding in told.findings("TLS804")) == [Severity.INFO, Severity.ERROR]


def test_an_exclusion_that_excludes_nothing(tmp_path: Path) -> None:
    """Copied lists with slips (EDH-RSA-DES-CDC3-SHA, KRB5-DE5) were passed over; names of older releases are no slips."""
    words = "aNULL, EDH-RSA-DES-CDC3-SHA,\n  KRB5-DE5, KRB5-DES-CBC3-SHA, EXP, RSA+AES"
    told = judged(tmp_path, f"smtpd_tls_security_level = may\nsmtpd_tls_exclude_ciphers = {words}\n")
    assert [finding.primary.span.text for finding in told.findings("TLS213")] == ["EDH-RSA-DES-CDC3-SHA", "KRB5-DE5"]
    assert "did you mean EDH-RSA-DES-CBC3-SHA?" in told.findings("TLS213")[0].message
