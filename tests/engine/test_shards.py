"""Parts of a run: disjoint, together the whole, the same on every machine."""

import json
from itertools import chain
from pathlib import Path

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.shards import Shard, sharded

from tests.support.cli import tlslint

SITE = "<VirtualHost *:443>\nServerName www.test\nSSLEngine on\nSSLProtocol all -TLSv1.3\nSSLCertificateFile /c.pem\n</VirtualHost>\n"
HOSTS = 23


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Web servers with a site each, mail servers, hosts with a lone snippet, and a snippet beside the hosts that belongs to none."""
    for number in range(HOSTS):
        etc = tmp_path / "hosts" / f"host{number}" / "etc"
        if number % 3 == 0:
            (etc / "apache2" / "sites-enabled").mkdir(parents=True)
            (etc / "apache2" / "apache2.conf").write_text(
                "ServerName h\nListen 443\nLoadModule ssl_module x\nIncludeOptional sites-enabled/*.conf\n"
            )
            (etc / "apache2" / "sites-enabled" / "www.conf").write_text(SITE)
        elif number % 3 == 1:
            (etc / "postfix").mkdir(parents=True)
            (etc / "postfix" / "main.cf").write_text("smtpd_tls_security_level = may\nsmtpd_tls_mandatory_protocols = !SSLv2\n")
        else:
            (etc / "apache2" / "conf-enabled").mkdir(parents=True)
            (etc / "apache2" / "conf-enabled" / "ssl.conf").write_text(SITE)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hosts"


def told(*arguments: object) -> tuple[int, list[str]]:
    """Exit code, and each finding as text."""
    ran = tlslint("--isolated", "--output-format", "json", *arguments)
    assert not ran.err
    return ran.code, [json.dumps(finding, sort_keys=True) for finding in json.loads(ran.out)["findings"]]


@pytest.mark.parametrize("count", [1, 5, 40])
def test_parts_are_disjoint_and_together_the_whole(hosts: Path, count: int) -> None:
    code, whole = told(hosts)
    assert code == 1
    assert len(whole) > HOSTS
    parts = [told(hosts, "--shard", f"{number}/{count}") for number in range(1, count + 1)]
    assert sorted(chain.from_iterable(findings for _, findings in parts)) == sorted(whole)
    assert all(code == (1 if findings else 0) for code, findings in parts)
    if count == 5:
        assert all(findings for _, findings in parts)


def test_folders_that_are_named_one_by_one(hosts: Path) -> None:
    named = sorted(hosts.iterdir())
    _, whole = told(*named)
    parts = [told(*named, "--shard", f"{number}/3")[1] for number in (1, 2, 3)]
    assert sorted(chain.from_iterable(parts)) == sorted(whole)
    assert all(0 < len(part) < len(whole) for part in parts)


def test_a_snippet_goes_where_the_server_is_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "apache2").mkdir()
    (tmp_path / "apache2" / "apache2.conf").write_text(
        f"Listen 443\nLoadModule ssl_module x\nInclude {tmp_path}/snippets/apache2/conf-enabled/ssl.conf\n"
    )
    (tmp_path / "snippets" / "apache2" / "conf-enabled").mkdir(parents=True)
    (tmp_path / "snippets" / "apache2" / "conf-enabled" / "ssl.conf").write_text(SITE)
    found = discover([str(tmp_path)])
    assert len(found.jobs) == len(found.parts) == 1
    for number in range(1, 9):
        part = sharded(found, Shard(number, 8))
        assert len(part.jobs) == len(part.parts)


def test_no_part_hangs_on_where_the_hosts_lie(hosts: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    moved = hosts.rename(tmp_path / "elsewhere" / "copied")
    there = [json.loads(each)["location"]["path"] for each in told(moved, "--shard", "1/2")[1]]
    moved.rename(hosts)
    here = [json.loads(each)["location"]["path"] for each in told(hosts, "--shard", "1/2")[1]]
    assert [path.replace("elsewhere/copied", "hosts") for path in there] == here != []


def test_a_baseline_holds_for_parts(hosts: Path) -> None:
    tlslint("--isolated", "--baseline", "known.json", "--write-baseline", hosts)
    for number in (1, 2, 3):
        ran = tlslint("--isolated", "--baseline", "known.json", "--shard", f"{number}/3", hosts)
        assert ran.code == 0
        assert "met no more" not in ran.out
    site = hosts / "host0" / "etc" / "apache2" / "sites-enabled" / "www.conf"
    site.write_text(SITE.replace("TLSv1.3", "TLSv1.2"))
    codes = [tlslint("--isolated", "--baseline", "known.json", "--shard", f"{number}/3", hosts).code for number in (1, 2, 3)]
    assert sorted(codes) == [0, 0, 1]


def test_every_part_mends_its_own(hosts: Path) -> None:
    tlslint("--isolated", "--fix-only", "--unsafe-fixes", "--shard", "1/2", hosts)
    tlslint("--isolated", "--fix-only", "--unsafe-fixes", "--shard", "2/2", hosts)
    assert "0 mended in 0 files" in tlslint("--isolated", "--fix-only", "--unsafe-fixes", hosts).err


@pytest.mark.parametrize(
    "word", ["0/2", "3/2", "1", "1/", "/2", "a/b", "1/0", "-1/2", "1/2/3", "1.5/2", "", "1" * 30 + "/" + "9" * 30, "\u00b2/\u00b3"]
)
def test_what_is_no_part(word: str, tmp_path: Path) -> None:
    ran = tlslint("--shard", word, tmp_path)
    assert ran.code == 2
    assert ran.err == f"tlslint: --shard {word!r} is no part: write PART/PARTS, counted from 1 (2/16)\n"
