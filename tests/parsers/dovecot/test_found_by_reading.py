"""What reading findings on real files brought up: silence where there was something to say, and words too many."""

from pathlib import Path

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.run import Result, run, selection
from tlslint.model import Confidence, KnownBy, Severity
from tlslint.model.remedy import Rewrite
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.parsers.dovecot.test_mistakes import CERTIFICATE_23, PKI, judged, port, rules, versions
from tests.support import world


def checked(root: Path, files: dict[str, str], select: str) -> Result:
    """The rules' findings; nothing is said of the release."""
    world.lay({"files": files, "certificates": PKI}, root)
    return run(discover([str(root / "etc")], root=str(root)), load(None), selection([select], []), [load_profile("mozilla-intermediate")])


def test_debians_protocol_files_hide_nothing_but_protocols(tmp_path: Path) -> None:
    """A repository never holds /usr/share/dovecot/protocols.d; its files only add a word to `protocols`. Everything was unknown before."""
    text = "!include_try /usr/share/dovecot/protocols.d/*.protocol\nssl_min_protocol = TLSv1.2\n" + CERTIFICATE_23
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": text}, "TLS210")
    assert found.instances[0].starts.holds(True)
    assert {endpoint.name for endpoint in found.instances[0].endpoints} == {"imap (143)", "imaps (993)", "pop3 (110)", "pop3s (995)"}
    assert versions(found.instances[0].endpoints[0]) == {"TLSv1.2", "TLSv1.3"}


def test_a_default_shared_by_all_ports_is_told_once(tmp_path: Path) -> None:
    """One finding for each inet_listener said the same four times."""
    listeners = "service imap-login {\n  inet_listener imap {\n    port = 143\n  }\n  inet_listener imaps {\n    port = 993\n  }\n}\n"
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": "protocols = imap\n" + CERTIFICATE_23 + listeners}, "TLS210")
    assert [finding.endpoints for finding in found.findings] == [("imap (143)", "imaps (993)")]


def test_without_protocols_and_without_a_target_the_upstream_default_serves(tmp_path: Path) -> None:
    """Debian's build serves nothing by itself; whoever leaves the line out has another one. No endpoint was seen before."""
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": "ssl_prefer_server_ciphers = yes\n" + CERTIFICATE_23}, "TLS401")
    assert found.instances[0].software.how is KnownBy.ASSUMED
    assert {endpoint.protocol for endpoint in found.instances[0].endpoints} == {"imap", "pop3"}


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("protocols = imap imaps pop3s\n", {143, 993, 995}),
        ("protocols = imaps\nssl_disable = yes\n", set()),
        ("protocols = imap imaps\nprotocol imap {\n  listen = *:10143\n  ssl_listen = 192.0.2.1:10993\n}\n", {10143, 10993}),
    ],
)
def test_ports_of_dovecot_1(text: str, ports: set[int], tmp_path: Path) -> None:
    """Every word of `protocols` was a port of its own; nothing of 1.x was judged before."""
    files = {"/etc/dovecot/dovecot.conf": text + "ssl_cert_file = /etc/ssl/a.pem\ndisable_plaintext_auth = no\n"}
    assert {endpoint.port.value for endpoint in checked(tmp_path, files, "TLS402").instances[0].endpoints} == ports  # type: ignore[union-attr]


def test_an_ignored_list_of_versions_is_one_finding_and_no_error_where_the_default_is_strict(tmp_path: Path) -> None:
    instance = judged(tmp_path / "12", "ssl_protocols = !SSLv2 !SSLv3\n")
    problem = next(problem for problem in instance.problems if problem.rule == "means-something-else")
    assert problem.severity is Severity.WARNING
    assert "setting-renamed" not in rules(instance)
    old = judged(tmp_path / "11", "ssl_protocols = !SSLv2 !SSLv3\n", "debian-11")
    assert next(problem for problem in old.problems if problem.rule == "means-something-else").severity is None


def test_a_key_that_is_the_certificates_file(tmp_path: Path) -> None:
    """`ssl_key = $ssl_cert` is the file's text again, not the path's."""
    instance = judged(tmp_path, "ssl_key = $ssl_cert\n")
    assert port(instance, 993).tls_works.holds(True)
    assert "certificate-missing" not in rules(instance)


def test_no_word_of_tls_at_all_is_little_to_go_by(tmp_path: Path) -> None:
    """A repository may hold a part of what lies on the host."""
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": "protocols = imap\nmail_location = maildir:~/Maildir\n"}, "TLS310")
    assert [finding.confidence for finding in found.findings] == [Confidence.LOW]


def test_a_name_far_off_is_not_guessed(tmp_path: Path) -> None:
    """service_count was mended to service_chroot."""
    instance = judged(tmp_path, "service_count = 1\n", "debian-13")
    problem = next(problem for problem in instance.problems if problem.rule == "unknown-setting")
    assert not isinstance(problem.remedy, Rewrite)


@pytest.mark.parametrize(
    "text",
    [
        "plugin {\n  quota = maildir:User quota\n}\n",
        "service imap-login {\n  service_count = 1\n}\n",
        "protocols = $protocols sieve\n",
        "service lmtp {\n  inet_listener {\n    port = 24\n  }\n}\n",
        "postmaster_address = postmaster@%d\n",
        "mail_max_userip_connections = 10\n",
    ],
)
def test_a_part_without_a_sign_of_24_is_not_told_to_move_there(text: str, tmp_path: Path) -> None:
    """A pre-commit hook over conf.d/90-quota.conf told of the move to 2.4, which nobody had asked for."""
    assert checked(tmp_path, {"/etc/dovecot/conf.d/90-x.conf": text}, "TLS8").findings == ()
    assert checked(tmp_path, {"/etc/dovecot/conf.d/90-x.conf": text}, "TLS9").findings == ()


def test_the_packages_own_files_are_not_missed(tmp_path: Path) -> None:
    """A repository lays its files over the package's; `!include auth-system.conf.ext` was "Dovecot does not start"."""
    files = {"/repository/etc/dovecot/dovecot.conf": "protocols = imap\n!include auth-system.conf.ext\n" + CERTIFICATE_23}
    world.lay({"files": files, "certificates": {}}, tmp_path)
    found = discover([str(tmp_path / "repository")])
    result = run(found, load(None), selection(["TLS902", "TLS901", "TLS210"], []), [load_profile("mozilla-intermediate")])
    assert [finding.code for finding in result.findings] == ["TLS210"]


PART = "/repository/etc/dovecot/conf.d"


def of_a_repository(root: Path, files: dict[str, str], select: str, named: str = "", target: str | None = None) -> Result:
    world.lay({"files": {f"{PART}/{name}": text for name, text in files.items()}, "certificates": {}}, root)
    found = discover([f"{root}{PART}/{named}" if named else str(root / "repository")])
    return run(found, load(target), selection([select], []), [load_profile("mozilla-intermediate")])


@pytest.mark.parametrize("named", ["", "10-auth.conf", "10-ssl.conf"])
def test_the_files_of_one_conf_d_belong_together(named: str, tmp_path: Path) -> None:
    """Each was a server of its own: `ssl = yes` in one and `disable_plaintext_auth = no` in the other said nothing."""
    texts = {
        "10-auth.conf": "disable_plaintext_auth = no\nauth_mechanisms = plain login\n",
        "10-mail.conf": "mail_location = maildir:~/Maildir\n",
        "10-ssl.conf": "ssl = yes\nssl_cert = </etc/ssl/a.pem\nssl_key = </etc/ssl/a.key\n",
    }
    result = of_a_repository(tmp_path, texts, "TLS402", named)
    assert [(instance.complete, len(instance.files)) for instance in result.instances] == [(False, 3)]
    assert [finding.endpoints for finding in result.findings] == [("imap (143)", "pop3 (110)")]


def test_one_file_of_24_among_others_makes_all_of_them_24(tmp_path: Path) -> None:
    """10-auth.conf of a 2.4 tree has no word that 2.3 lacks; by itself it was judged for 2.3."""
    texts = {"10-auth.conf": "auth_mechanisms = plain login\n!include auth-sql.conf.ext\n", "90-quota.conf": 'quota "User quota" {\n}\n'}
    result = of_a_repository(tmp_path, texts, "TLS9")
    assert [instance.software.version for instance in result.instances] == ["2.4.1"]
    assert not [finding for finding in result.findings if finding.code == "TLS901"]


def test_names_of_a_passdb_are_of_1x_too(tmp_path: Path) -> None:
    """Three such files of ten years ago were judged for 2.4 and told that they lack its version."""
    old = "protocols = imap imaps\nssl_cert_file = /c.pem\nauth default {\n  passdb pam {\n  }\n  userdb passwd {\n  }\n}\ndict {\n}\n"
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": old}, "TLS901")
    assert not found.findings
    assert [instance.software.version for instance in found.instances] == ["1.2.17"]


def test_a_later_file_of_conf_d_overrides(tmp_path: Path) -> None:
    """They are read by name, as `!include conf.d/*.conf` reads them."""
    assert not of_a_repository(tmp_path / "on", {"10-ssl.conf": "ssl = no\n", "99-local.conf": "ssl = required\n"}, "TLS401").findings
    off = of_a_repository(tmp_path / "off", {"10-ssl.conf": "ssl = required\n", "99-local.conf": "ssl = no\n"}, "TLS401")
    assert [finding.primary.span.file.path.rpartition("/")[2] for finding in off.findings] == ["99-local.conf"]


def test_what_a_passdb_is_told_is_another_grammar(tmp_path: Path) -> None:
    """`uri = proxy:…` in core/dovecot/conf/auth.conf was "Dovecot has no setting 'uri'; it does not start"."""
    text = "uri = proxy:/run/auth.socket:auth\niterate_disable = yes\npassword_key = passdb/%u\n"
    assert not of_a_repository(tmp_path / "other", {"auth.conf": text}, "TLS801").instances
    slips = {"10-ssl.conf": "ssl_min_protocl = TLSv1.2\nssl_chipher_list = HIGH\n"}
    slip = of_a_repository(tmp_path / "slip", slips, "TLS801", target="debian-12")
    assert len(slip.findings) == 2


def test_a_port_that_begins_with_tls_says_nothing_of_a_certificate(tmp_path: Path) -> None:
    """The package's 10-ssl.conf lies on the host and not in the repository; `ssl = yes` of the imaps listener made that an error."""
    listener = "service imap-login {\n  inet_listener imaps {\n    port = 993\n    ssl = yes\n  }\n}\n"
    found = checked(tmp_path, {"/etc/dovecot/dovecot.conf": f"protocols = imap\nmail_location = maildir:~/Maildir\n{listener}"}, "TLS310")
    assert {finding.confidence for finding in found.findings} == {Confidence.LOW}
