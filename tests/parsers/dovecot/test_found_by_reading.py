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
