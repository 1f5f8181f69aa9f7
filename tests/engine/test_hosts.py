"""A folder of hosts is read host by host; whoever reads the report does not see it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.hosts import hosts

from tests.support.cli import Ran, tlslint

SITE = "<VirtualHost *:443>\nServerName {name}\nSSLEngine on\nSSLProtocol all -TLSv1.3\nSSLCertificateFile /c.pem\n</VirtualHost>\n"
ROOT = "ServerName h\nListen 443\nLoadModule ssl_module x\nIncludeOptional sites-enabled/*.conf\n"
MAIN_CF = "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /c.pem\nsmtpd_tls_ciphers = export\n"
MASTER_CF = "smtp inet n - y - - smtpd\n"
NAMES = ("www", "www-1", "www1", "a", "z", "www.old")
"""A folder stands before or after another as their names with a slash behind them do: www-1, www.old, www, www1."""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hosts with a web server, a mail server, a snippet no server reads, a site's folder, and an ignore comment."""
    for name in NAMES:
        etc = tmp_path / "fleet" / name / "etc"
        (etc / "apache2" / "sites-enabled").mkdir(parents=True)
        (etc / "apache2" / "apache2.conf").write_text(ROOT)
        (etc / "apache2" / "sites-enabled" / "www.conf").write_text(SITE.format(name=f"{name}.test"))
        (etc / "httpd" / "conf.d").mkdir(parents=True)
        snippet = SITE.format(name=f"snippet.{name}.test").replace("SSLProtocol", f"# tlslint: ignore[TLS103]: for {name}\nSSLProtocol")
        (etc / "httpd" / "conf.d" / "ssl.conf").write_text(snippet)
        (etc / "postfix").mkdir()
        (etc / "postfix" / "main.cf").write_text(MAIN_CF)
        (etc / "postfix" / "master.cf").write_text(MASTER_CF)
        (tmp_path / "fleet" / name / "srv").mkdir()
        (tmp_path / "fleet" / name / "srv" / ".htaccess").write_text("Header set Strict-Transport-Security max-age=60\n")
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / "main.cf").write_text(MAIN_CF)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "fleet"


def told(*arguments: object) -> tuple[Ran, Any]:
    ran = tlslint("--isolated", "--output-format", "json", "--now", "2026-11-29", *arguments)
    assert not ran.err
    return ran, json.loads(ran.out)


def of_the_fleet(document: Any) -> list[Any]:
    return [each for each in document["findings"] if each["location"]["path"].startswith("fleet/")]


@pytest.mark.usefixtures("fleet")
def test_hosts_one_by_one_are_what_they_are_together() -> None:
    assert len(list(hosts(discover(["fleet"])))) == len(NAMES)
    assert len(list(hosts(discover(["fleet", "lone"])))) == 1  # a file that belongs to no host: all is read as one
    (apart, one_by_one), (_, together) = told("fleet"), told("fleet", "lone")
    assert apart.code == 1
    assert len(of_the_fleet(together)) > 5 * len(NAMES)
    assert one_by_one["findings"] == of_the_fleet(together)
    assert one_by_one["ignored"] == together["ignored"] != []
    alone = told("lone")[1]["summary"]
    for what in ("files", "instances", "endpoints", "findings", "ignored", "fixable"):
        assert one_by_one["summary"][what] == together["summary"][what] - alone[what]


@pytest.mark.usefixtures("fleet")
def test_every_report_is_told_of_all_hosts() -> None:
    wanted = [
        word for name in ("sarif", "gitlab", "github", "junit", "markdown", "html", "concise") for word in ("--report", f"{name}={name}")
    ]
    _, document = told(*wanted, "fleet")
    count = len(document["findings"])
    run = json.loads(Path("sarif").read_text())["runs"][0]
    assert len([result for result in run["results"] if "suppressions" not in result]) == count
    assert len(json.loads(Path("gitlab").read_text())) == count
    assert Path("github").read_text().count("title=tlslint") == count
    assert Path("junit").read_text().count("<failure") == count
    assert len(Path("concise").read_text().splitlines()) == count
    for name in NAMES:
        assert f"fleet/{name}/etc/apache2/apache2.conf" in Path("html").read_text()
        assert f"fleet/{name}/etc/apache2/apache2.conf" in Path("markdown").read_text()


def test_a_baseline_is_held_against_all_hosts(fleet: Path) -> None:
    count = len(told("fleet")[1]["findings"])
    assert f"{count} findings written" in tlslint("--isolated", "--baseline", "known.json", "--write-baseline", "fleet").err
    assert told("--baseline", "known.json", "fleet")[1]["stale"] == []
    snippet = Path("etc", "httpd", "conf.d", "ssl.conf")
    (fleet / "www" / snippet).unlink()
    (fleet / "z" / snippet).write_text("# nothing left\n")
    ran, document = told("--baseline", "known.json", "fleet")
    assert {each["path"] for each in document["stale"]} == {f"fleet/{name}/{snippet}" for name in ("www", "z")}
    assert (
        f"{len(document['stale'])} findings of the baseline met no more" in tlslint("--isolated", "--baseline", "known.json", "fleet").out
    )
    assert ran.code == 0


def test_a_file_that_hosts_share_by_a_link_is_told_once(fleet: Path) -> None:
    (fleet / "common.conf").write_text(SITE.format(name="common.test"))
    for name in ("a", "z"):
        (fleet / name / "etc" / "apache2" / "sites-enabled" / "common.conf").symlink_to("../../../../common.conf")
    assert len(list(hosts(discover(["fleet"])))) == 1
    found = [each for each in told("fleet")[1]["findings"] if each["location"]["path"] == "fleet/common.conf"]
    assert [each["rule"] for each in found].count("TLS103") == 1


@pytest.mark.parametrize(
    ("paths", "count"),
    [
        (("fleet",), len(NAMES)),
        (("fleet/a", "fleet/z"), 2),
        (("fleet/a/etc", "fleet/z/etc"), 1),
        (("fleet/a",), 1),
        (("fleet/a/etc/postfix/main.cf", "fleet/a/etc/httpd/conf.d/ssl.conf"), 1),
        (("fleet/a/etc/postfix/main.cf", "fleet/z/etc/postfix/main.cf"), 2),
        (("lone",), 1),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_what_is_a_host(paths: tuple[str, ...], count: int) -> None:
    found = discover(paths)
    apart = list(hosts(found))
    assert len(apart) == count
    assert sorted(job for one in apart for job in one.jobs) == sorted(found.jobs)
    assert sorted(job for one in apart for job in one.parts) == sorted(found.parts)


OLD_AND_NEW = {"old": "11", "new": "13"}


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Mail servers of two releases: Postfix 3.5, which knows exclusions only, and 3.10, which knows `>=TLSv1.2`."""
    for name, release in OLD_AND_NEW.items():
        etc = tmp_path / "mixed" / name / "etc"
        (etc / "postfix").mkdir(parents=True)
        (etc / "os-release").write_text(f'ID=debian\nVERSION_ID="{release}"\n')
        (etc / "postfix" / "main.cf").write_text(
            "smtpd_tls_mandatory_protocols = !SSLv2\nsmtpd_tls_cert_file = /c.pem\nsmtpd_relay_restrictions = reject_unauth_destination\n"
        )
        (etc / "postfix" / "master.cf").write_text("submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mixed"


@pytest.mark.usefixtures("mixed")
def test_every_host_is_judged_for_its_own_software() -> None:
    _, document = told("mixed")
    assert "target" not in document["tool"]
    assert {each["path"]: each["target"]["name"] for each in document["hosts"]} == {"mixed/old": "debian-11", "mixed/new": "debian-13"}
    assert "judged for debian-13 (detected: etc/os-release; " in tlslint("--isolated", "mixed").out
    assert ", debian-11 (detected: etc/os-release; " in tlslint("effective", "--isolated", "mixed").out
    _, given = told("--target", "debian-12", "mixed")
    assert "hosts" not in given
    assert given["tool"]["target"]["name"] == "debian-12"
    _, single = told("mixed/old")
    assert single["tool"]["target"]["name"] == "debian-11"


def test_every_host_is_mended_in_its_own_words(mixed: Path) -> None:
    patch = tlslint("--isolated", "--diff", "--unsafe-fixes", "--select", "TLS102", "mixed").out
    assert patch.count("\n+++ b/") == len(OLD_AND_NEW)
    ran = tlslint("--isolated", "--fix-only", "--unsafe-fixes", "--select", "TLS102", "mixed")
    assert ran.err.startswith("tlslint: 2 mended in 2 files, ")
    said = {name: (mixed / name / "etc" / "postfix" / "main.cf").read_text().splitlines()[0] for name in OLD_AND_NEW}
    assert said["old"] == "smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1"
    assert said["new"] == "smtpd_tls_mandatory_protocols = >=TLSv1.2"
