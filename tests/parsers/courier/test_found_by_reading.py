"""What reading findings on real files brought up: silence where there was something to say, and words too many."""

from pathlib import Path

from tlslint.model import Instance, Severity, TlsMode
from tlslint.parsers.courier import evaluate
from tlslint.targets import load

from tests.parsers.courier.test_fixer import ESMTPD
from tests.parsers.courier.test_mistakes import BASE, EVERY, PKI, port, rules, versions
from tests.support import mail, world


def test_imapd_ssl_alone_is_judged_by_what_it_says(tmp_path: Path) -> None:
    """A repository that holds imapd-ssl alone was "does not start", and nothing was said of its TLS."""
    world.lay({"files": {"/etc/courier/imapd-ssl": BASE}, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/imapd-ssl", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    assert not instance.starts.is_known
    assert not instance.complete
    assert versions(port(instance, 993)) == EVERY


def test_what_esmtpd_ssl_says_again_counts_on_its_port_only(tmp_path: Path) -> None:
    """TLS_CERTFILE of esmtpd was told to be overridden, and port 25 uses it."""
    files = {"/etc/courier/esmtpd": ESMTPD, "/etc/courier/esmtpd-ssl": "SSLPORT=465\nTLS_CERTFILE=/etc/courier/other.pem\n"}
    world.lay({"files": files, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/esmtpd", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    assert "setting-overridden" not in rules(instance)


def test_other_builds_than_debians_are_told_by_their_places(tmp_path: Path) -> None:
    """`COURIERTLS=/usr/local/bin/couriertls` was "no program"; such a build has OpenSSL, of a version nobody knows."""
    text = BASE.replace("/usr/bin/couriertls", "/usr/local/bin/couriertls") + "TLS_PROTOCOL=TLSv1.3\n"
    world.lay({"files": {"/etc/courier/imapd-ssl": text, "/etc/courier/imapd": "PORT=143\n"}, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/imapd-ssl", mail.below(tmp_path), load(None), complete=True)[0]
    assert (instance.tls_library.name, instance.tls_library.version) == ("openssl", None)
    assert not port(instance, 993).versions.is_known
    assert "means-something-else" in rules(instance)


def test_mail_between_strangers_is_told_apart(tmp_path: Path) -> None:
    """Port 25 takes mail without TLS where it must."""
    world.lay({"files": {"/etc/courier/esmtpd": ESMTPD}, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/esmtpd", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    assert port(instance, 25).is_opportunistic_mx


def alone(root: Path, name: str, text: str, target: str | None = "debian-12") -> Instance:
    world.lay({"files": {f"/etc/courier/{name}": text}, "certificates": PKI}, root)
    return evaluate.instances(f"/etc/courier/{name}", mail.below(root), load(target), complete=False)[0]


def test_whether_starttls_is_offered_says_the_other_file(tmp_path: Path) -> None:
    """imapd alone was "speaks plain text only", an error; IMAPDSTARTTLS=YES stands in imapd-ssl, which was not seen."""
    instance = alone(tmp_path / "imap", "imapd", "PORT=143\nADDRESS=0\nIMAPDSTART=YES\n")
    assert not port(instance, 143).tls.is_known
    assert not port(instance, 143).cleartext_login.is_known
    assert not port(alone(tmp_path / "pop3", "pop3d", "PORT=110\nPOP3DSTART=YES\n"), 110).tls.is_known
    said = "PORT=143\nCOURIERTLS=/usr/bin/couriertls\nIMAPDSTARTTLS=NO\n"
    assert port(alone(tmp_path / "said", "imapd", said), 143).tls.holds(TlsMode.NONE)


def test_what_another_build_does_not_start_is_no_port(tmp_path: Path) -> None:
    """OpenBSD's IMAPDSTART=NO: port 143 was told to speak plain text, as if Debian's unit were there to start it all the same."""
    text = BASE.replace("/usr/bin/couriertls", "/usr/local/bin/couriertls")
    world.lay({"files": {"/etc/courier/imapd-ssl": text, "/etc/courier/imapd": "PORT=143\nIMAPDSTART=NO\n"}, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/imapd-ssl", mail.below(tmp_path), load(None), complete=True)[0]
    assert [endpoint.port.value for endpoint in instance.endpoints if endpoint.port.is_known] == [993]


def test_debians_units_do_not_ask_for_imapdstart(tmp_path: Path) -> None:
    """Who wrote IMAPDSTART=NO was told of the open port and not why it is open (courier-imap.service of Debian 12 and 13)."""
    files = {"/etc/courier/imapd-ssl": BASE, "/etc/courier/imapd": "PORT=143\nIMAPDSTART=NO\n"}
    world.lay({"files": files, "certificates": PKI}, tmp_path)
    instance = evaluate.instances("/etc/courier/imapd-ssl", mail.below(tmp_path), load("debian-12"), complete=True)[0]
    told = [problem for problem in instance.problems if problem.message.startswith("IMAPDSTART keeps nothing")]
    assert [(problem.span.text, problem.severity) for problem in told] == [("NO", Severity.INFO)]
