"""What the first document asks of Dovecot."""

from pathlib import Path

from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import KnownBy, Software
from tlslint.model.remedy import Rewrite
from tlslint.parsers.dovecot import evaluate, settings
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.parsers.dovecot.test_mistakes import judged, port, rules
from tests.support import mail, world


def test_seed_a7_server_order_needs_226(tmp_path: Path) -> None:
    """`ssl_prefer_server_ciphers` is "Dovecot 2.2.6 or greater": 2.2.5 does not know it."""
    for version, known in (("2.2.5", False), ("2.2.6", True), ("2.3.19.1", True)):
        assert (settings.default("ssl_prefer_server_ciphers", settings.release(version)) is not None) == known
    old = load("debian-12")
    old = old._replace(how=KnownBy.GIVEN, software={**old.software, "dovecot": Software("dovecot", "2.2.5", KnownBy.GIVEN)})
    world.lay({"files": {"/etc/dovecot/dovecot.conf": "protocols = imap\nssl_prefer_server_ciphers = yes\n"}}, tmp_path)
    instance = evaluate.instances("/etc/dovecot/dovecot.conf", mail.below(tmp_path), old, complete=True)[0]
    assert "setting-not-in-version" in rules(instance)


def test_seed_a8_a_strong_list_in_the_servers_order(tmp_path: Path) -> None:
    """A cipher list and the server's order: what is offered comes in the list's order, and nothing weak is in it."""
    text = "ssl_cipher_list = EECDH+AESGCM:EDH+AESGCM:AES256+EECDH\nssl_prefer_server_ciphers = yes\n"
    endpoint = port(judged(tmp_path, text), 993)
    suites = [suite for suite in mail.value(endpoint.cipher_suites) if not suite.is_tls13]
    assert endpoint.server_order.holds(True)
    assert suites[0].iana == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert all(suite.has_forward_secrecy and suite.bits >= 128 for suite in suites)
    moved = judged(tmp_path / "24", "ssl_prefer_server_ciphers = yes\n", "debian-13")
    renamed = next(problem for problem in moved.problems if problem.rule == "setting-renamed")
    assert isinstance(renamed.remedy, Rewrite)
    assert [edit.replacement for edit in renamed.remedy.edits] == [b"ssl_server_prefer_ciphers", b"server"]


SAMPLES = Path(__file__).parents[3] / "sample_configs" / "dovecot"


def told(tree: str) -> set[str]:
    found = discover([str(SAMPLES / tree)])
    return {finding.code for finding in run(found, load("debian-12"), selection([], []), [load_profile("mozilla-intermediate")]).findings}


def test_sample_of_a_server_grown_over_the_years() -> None:
    """The weak tree has the document's lines and what people add to them; the repaired one has nothing left to say about."""
    assert {"TLS206", "TLS215", "TLS301", "TLS402", "TLS403", "TLS407", "TLS408", "TLS805", "TLS814"} <= told("weak")
    assert told("repaired") == set()
