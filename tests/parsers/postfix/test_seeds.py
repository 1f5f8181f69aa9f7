"""What the fourth document asks of Postfix, on sample_configs and line by line."""

import re
import shutil
from pathlib import Path

from tlslint.crypto import openssl
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import Known, Severity, TlsMode
from tlslint.profiles import load as load_profile
from tlslint.targets import load as load_target

from tests.parsers.postfix.trees import SMTP, SUBMISSION, Judged, judged
from tests.support import world

SAMPLES = Path(__file__).parents[3] / "sample_configs" / "postfix"
SEED_PROTOCOLS = "TLSv1.2:TLSv1.1:TLSv1:!SSLv3"
SEED_LIST = "TLSv1.2:TLSv1.1:TLSv1:AES256:AES128:!3DES:HIGH:!LOW:!MEDIUM:!EXP:!NULL:!eNULL:!aNULL:@STRENGTH"


def sample(name: str, root: Path, target: str = "debian-12") -> Judged:
    shutil.copytree(SAMPLES / name, root, dirs_exist_ok=True)
    key, leaf = world.private_key("rsa", 2048), world.certificate("rsa", 2048, "mx.example.test", ("mx.example.test", "mail.example.test"))
    for path in re.findall(r"(?m)^smtpd_tls_(?:cert|key|chain)_files?[ ]*=[ ]*(\S+)", (root / "etc/postfix/main.cf").read_text()):
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_bytes(key + leaf)
        (root / path.lstrip("/")).chmod(0o600)
    for path in ("etc/ssl/certs/ca-certificates.crt", "etc/ssl/certs/ca.pem"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(leaf)
    found = discover([str(root / "etc")], root=str(root))
    return Judged(run(found, load_target(target), selection([], []), [load_profile("mozilla-intermediate")]))


def versions(found: Judged, name: str) -> list[str]:
    return sorted(version.word for version in found.endpoint(name).versions.surely)


def test_seed_d4_submission_offers_10_and_11_and_not_13(tmp_path: Path) -> None:
    """The list of names is worked out for the service it stands at; on port 25 another one counts."""
    for target in ("debian-11", "debian-12", "debian-13"):
        found = judged(tmp_path / target, "", SMTP + SUBMISSION + f"  -o smtpd_tls_mandatory_protocols={SEED_PROTOCOLS}\n", target=target)
        assert versions(found, "submission") == ["TLSv1.0", "TLSv1.1", "TLSv1.2"]
        assert [one.message for one in found.findings("TLS102") if one.severity is Severity.ERROR] == [
            "submission (587) offers TLS 1.0 and TLS 1.1"
        ]
        assert [one.severity for one in found.findings("TLS103")] == [Severity.WARNING]
    off = judged(tmp_path / "may", "smtpd_tls_security_level = may\n", SMTP + f"  -o smtpd_tls_mandatory_protocols={SEED_PROTOCOLS}\n")
    assert "TLSv1.3" in versions(off, "smtp (25)")
    assert "decides nothing for smtp (25)" in off.says("TLS803")


def test_seed_d4_options_without_blanks_are_sound_and_those_with_one_are_not(tmp_path: Path) -> None:
    sound = judged(tmp_path / "a", "", SUBMISSION + "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n")
    assert sound.endpoint("submission").tls_works.holds(True)
    assert not sound.findings("TLS901")
    broken = judged(tmp_path / "b", "", SUBMISSION + "  -o smtpd_client_restrictions=permit_sasl_authenticated, reject\n")
    assert "ends the value of smtpd_client_restrictions" in broken.says("TLS901")


def test_seed_d5_the_list_is_what_openssl_makes_of_it(tmp_path: Path) -> None:
    """`TLSv1.2:TLSv1.1:TLSv1` select suites by the version they came with: nothing is held back by them, all of HIGH is let in."""
    main = f"tls_high_cipherlist = {SEED_LIST}\nsmtpd_tls_mandatory_ciphers = high\n"
    found = judged(tmp_path, main, SUBMISSION)
    suites = found.endpoint("submission").cipher_suites
    assert isinstance(suites, Known)
    below = [suite.openssl for suite in suites.value if not suite.is_tls13]
    said = openssl.evaluate(SEED_LIST, "openssl@3.0")
    assert below == [suite.openssl for suite in said.suites if suite.openssl in below], "in OpenSSL's order"
    assert {"AES256-SHA", "CAMELLIA128-SHA", "ECDHE-RSA-AES256-GCM-SHA384"} <= set(below)
    assert not any("NULL" in name or name.startswith(("ADH", "AECDH")) for name in below)
    assert "offers suites without forward secrecy" in found.says("TLS301")
    unused = judged(tmp_path / "unused", f"smtpd_tls_security_level = may\ntls_high_cipherlist = {SEED_LIST}\n")
    assert "no listener and no transport uses the grade high" in unused.says("TLS803")


def test_seed_d6_opportunistic_on_both_sides(tmp_path: Path) -> None:
    """On port 25 old versions are information, and what counts there are the lists without `mandatory`."""
    lines = "".join(
        f"{side}_tls_security_level = may\n{side}_tls_protocols = {SEED_PROTOCOLS}\n{side}_tls_ciphers = high\n"
        for side in ("smtp", "smtpd")
    )
    found = judged(tmp_path / "a", lines)
    for name in ("smtp (25)", "smtp (outgoing)"):
        assert versions(found, name) == ["TLSv1.0", "TLSv1.1", "TLSv1.2"]
        assert found.endpoint(name).tls.holds(TlsMode.STARTTLS)
    assert {finding.severity for finding in found.findings("TLS102")} == {Severity.INFO}
    assert not found.findings("TLS803")
    ignored = judged(tmp_path / "b", lines + "smtp_tls_mandatory_ciphers = high\nsmtpd_tls_mandatory_protocols = TLSv1.2\n")
    said = {finding.message.partition(" ")[0] for finding in ignored.findings("TLS803")}
    assert said == {"smtp_tls_mandatory_ciphers", "smtpd_tls_mandatory_protocols"}


def test_the_weak_sample_and_the_repaired_one(tmp_path: Path) -> None:
    weak, repaired = sample("weak", tmp_path / "weak"), sample("repaired", tmp_path / "repaired")
    worst = {finding.code for finding in weak.result.findings if finding.severity >= Severity.WARNING}
    assert {"TLS102", "TLS103", "TLS301"} <= worst
    assert [finding for finding in repaired.result.findings if finding.severity > Severity.INFO] == []
    assert versions(repaired, "submission (587)") == versions(repaired, "submissions (465)") == ["TLSv1.2", "TLSv1.3"]


def test_debians_default_has_nothing_to_be_ashamed_of(tmp_path: Path) -> None:
    for target in ("debian-12", "debian-13"):
        found = sample("debian", tmp_path / target, target)
        assert [finding for finding in found.result.findings if finding.severity > Severity.INFO] == []


def test_a_mail_server_in_one_tree(tmp_path: Path) -> None:
    """postscreen and who it passes on, submission twice, a filter on loopback, partners with policies of their own."""
    found = sample("mail-server", tmp_path)
    names = [endpoint.name for endpoint in found.instance.endpoints]
    assert "smtp (25), passed on by postscreen" in names
    assert {"smtp (outgoing) to partner.example", "smtp (outgoing) to [relay.example.net]:587"} <= set(names)
    assert found.endpoint("smtp (outgoing) to partner.example").peer_verification.holds("certificate and name")
    assert not found.findings("TLS401"), "the filter's port is on loopback"
    assert not found.findings("TLS601"), "the way to the filter does not leave this machine"
    assert [finding for finding in found.result.findings if finding.severity > Severity.INFO] == []
