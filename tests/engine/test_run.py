"""Discovery, merging, and what happens when something inside breaks."""

from pathlib import Path

import pytest
from tlslint.checks.versions.deprecated_version import DeprecatedVersion
from tlslint.engine.discover import NothingFoundError, discover
from tlslint.engine.run import check, evaluate, run, selection
from tlslint.parsers.postfix import evaluate as postfix
from tlslint.targets import load

from tests.support.cli import tlslint

TWO = """ServerName host.example.test
LoadModule ssl_module x.so
Listen 443
SSLEngine on
SSLProtocol all
SSLCipherSuite ALL@SECLEVEL=0
SSLCertificateFile /etc/ssl/certs/www.pem
<VirtualHost *:443>
ServerName a.example.test
</VirtualHost>
<VirtualHost *:443>
ServerName b.example.test
</VirtualHost>
"""


@pytest.fixture
def two_sites(tmp_path: Path) -> Path:
    (tmp_path / "apache2.conf").write_text(TWO)
    return tmp_path


def test_one_cause_is_one_finding_that_names_all_endpoints(two_sites: Path) -> None:
    result = run(discover([str(two_sites)]), load("debian-12"), selection(["TLS102"], []))
    (finding,) = result.findings
    assert finding.endpoints == ("a.example.test:443", "b.example.test:443")
    assert finding.primary.span.text == "all"


def test_what_is_left_to_the_other_side_is_not_judged(two_sites: Path) -> None:
    found = discover([str(two_sites)])
    (instance,), _ = evaluate(found, load("debian-12"))
    site = instance.endpoints[0]
    judged: dict[frozenset[str], set[str]] = {}
    for left in (frozenset(), frozenset({"versions"}), frozenset({"cipher_suites"}), frozenset({"versions", "cipher_suites"})):
        server = instance._replace(endpoints=(site._replace(left_to_peer=left),))
        broken: list[str] = []
        judged[left] = {finding.code for finding in check([server], selection(["TLS102", "TLS301"], []), (), "", broken)}
        assert not broken
    assert list(judged.values()) == [{"TLS102", "TLS301"}, {"TLS301"}, {"TLS102"}, set()]


def test_a_broken_rule_hides_nothing(two_sites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(DeprecatedVersion, "check", broken)
    ran = tlslint(two_sites, "--target", "debian-12", "--output-format", "concise")
    assert ran.code == 2
    assert "rule TLS102 failed (RuntimeError" in ran.err
    assert "please report" in ran.err
    assert "TLS301" in ran.out


def test_a_broken_parser_hides_nothing(two_sites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (two_sites / "main.cf").write_text("x = y\n")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(postfix, "instances", broken)
    ran = tlslint(two_sites, "--target", "debian-12", "--output-format", "concise")
    assert ran.code == 2
    assert "the postfix parser failed" in ran.err
    assert "TLS102" in ran.out


def test_disabled_sites_and_backups_wait_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "apache2.conf").write_text("ServerName x\nListen 80\n")
    site = tmp_path / "sites-available" / "old.conf"
    site.write_text("<VirtualHost *:443>\nSSLEngine on\nSSLProtocol all +TLSv1\nSSLCipherSuite ALL@SECLEVEL=0\n</VirtualHost>\n")
    assert "old.conf" not in tlslint(tmp_path, "--target", "debian-11", "--output-format", "concise").out
    assert "old.conf" in tlslint(site, "--target", "debian-11", "--output-format", "concise").out


def test_nothing_there_is_a_sentence() -> None:
    with pytest.raises(NothingFoundError, match="does not exist"):
        discover(["/nowhere"])


def test_a_path_through_a_link_is_where_the_link_leads(two_sites: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("elsewhere") / "configuration"
    link.symlink_to(two_sites.parent)
    for named in (link / two_sites.name, link / two_sites.name / "apache2.conf"):
        assert "TLS102" in tlslint(named, "--target", "debian-12", "--output-format", "concise").out


def test_a_snippet_two_servers_read_names_the_endpoints_of_both(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "tls.conf").write_text("SSLProtocol all\n")
    for name in ("one", "two"):
        text = TWO.replace("SSLProtocol all\n", f"Include {tmp_path}/shared/tls.conf\n").replace("example.test", f"{name}.test")
        (tmp_path / name).mkdir()
        (tmp_path / name / "apache2.conf").write_text(text)
    result = run(discover([str(tmp_path)]), load("debian-12"), selection(["TLS102"], []))
    (finding,) = result.findings
    assert finding.endpoints == tuple(f"{site}.{name}.test:443" for name in ("one", "two") for site in "ab")
