"""What would be told again and again is told once, and to people only."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import world
from tests.support.cli import tlslint

HTTPD = "ServerName h.example.test\nLoadModule ssl_module x.so\nListen 443\nInclude sites/*.conf\n"
OPTIONS = "/etc/letsencrypt/options-ssl-apache.conf"


def found(*words: Any, rule: str) -> list[dict[str, Any]]:
    document = json.loads(tlslint("--target", "debian-12", "--select", rule, "--output-format", "json", *words).out)
    assert document["summary"]["findings"] == len(document["findings"])
    return document["findings"]


def sites(root: Path, count: int) -> Path:
    (root / "sites").mkdir()
    (root / "apache2.conf").write_text(HTTPD)
    for number in range(count):
        text = f"<VirtualHost *:443>\nServerName s{number}.example.test\nInclude {OPTIONS}\n</VirtualHost>\n"
        (root / f"sites/s{number:02}.conf").write_text(text)
    return root


def test_a_slip_on_every_line_is_told_once(tmp_path: Path) -> None:
    """Seventeen lines of 2.2's FilterProvider were seventeen errors."""
    lines = "".join(f"FilterProvider C{number} DEFLATE resp=Content-Type $text/{number}\n" for number in range(17))
    (tmp_path / "apache2.conf").write_text(f"LoadModule filter_module x.so\nLoadModule mpm_event_module x.so\nListen 80\n{lines}")
    (finding,) = found(tmp_path, rule="TLS901")
    assert finding["message"].endswith("(16 more lines likewise)")
    assert [label["location"]["line"] for label in finding["related"]] == [5, 6, 7]


@pytest.mark.parametrize(("count", "told"), [(3, 3), (4, 1), (50, 1)])
def test_a_file_nobody_saw_is_told_once_however_many_sites_name_it(count: int, told: int, tmp_path: Path) -> None:
    findings = found(sites(tmp_path, count), rule="TLS904")
    assert len(findings) == told
    if told == 1:
        assert findings[0]["message"].endswith(f"({count - 1} more lines likewise in {count} files)")
        assert [label["location"]["path"][-8:] for label in findings[0]["related"]] == ["s01.conf", "s02.conf", "s03.conf"]


def test_the_same_slip_in_other_files_is_told_of_each(tmp_path: Path) -> None:
    """Somebody has to go there and mend it."""
    root = sites(tmp_path, 0)
    for number in range(6):
        (root / f"sites/s{number}.conf").write_text(f"<VirtualHost *:443>\nServerName s{number}\nListen\n</VirtualHost>\n")
    assert len({finding["location"]["path"] for finding in found(root, rule="TLS901")}) == 6


def test_a_file_that_was_named_is_told_of_its_own_line(tmp_path: Path) -> None:
    """A hook gives the files of a commit: what is wrong in one of them is not told of another."""
    root = sites(tmp_path, 50)
    (finding,) = found(root / "sites/s20.conf", rule="TLS904")
    assert finding["location"]["path"].endswith("s20.conf")
    assert "likewise" not in finding["message"]


def test_baselines_and_comments_know_every_line(tmp_path: Path) -> None:
    root, baseline = sites(tmp_path, 50), tmp_path / "baseline.json"
    tlslint("--target", "debian-12", "--select", "TLS904", "--baseline", baseline, "--write-baseline", root)
    assert len(json.loads(baseline.read_text())["findings"]) == 50
    assert found("--baseline", baseline, root / "sites/s20.conf", rule="TLS904") == []
    site = root / "sites/s00.conf"
    site.write_text(site.read_text().replace("Include", "# tlslint: ignore[TLS904] ours\nInclude"))
    (finding,) = found(root, rule="TLS904")
    assert finding["message"].endswith("(48 more lines likewise in 49 files)")


@pytest.mark.parametrize(
    "files",
    [
        {
            "/etc/dovecot/dovecot.conf": "!include conf.d/*.conf\n",
            **{f"/etc/dovecot/conf.d/{number}-a.conf": "!include /srv/tls.conf\n" for number in range(10, 15)},
        },
        {f"/srv/{number}/slapd.conf": "include /etc/ldap/tls.conf\n" for number in range(5)} | {"/etc/ldap/ldap.conf": ""},
        {f"/etc/courier/{name}": ". /srv/tls\nPORT=1\n" for name in ("imapd-ssl", "pop3d-ssl", "esmtpd-ssl", "imapd")},
    ],
    ids=["dovecot", "slapd", "courier"],
)
def test_other_formats_as_well(files: dict[str, str], tmp_path: Path) -> None:
    world.lay({"files": files}, tmp_path)
    (finding,) = found("--root", tmp_path, tmp_path, rule="TLS902")
    assert "more lines likewise in" in finding["message"]


def test_a_file_that_several_copies_lack_is_several_files(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"web{number}").mkdir()
        (tmp_path / f"web{number}/apache2.conf").write_text("ServerName h.example.test\nInclude ports.conf\n")
    assert len(found(tmp_path, rule="TLS902")) == 5
