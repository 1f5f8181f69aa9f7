"""Ignore comments and baselines: what they hide, what they must not, and what is told of those that hide nothing."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.cli import Ran, tlslint

SAMPLES = Path(__file__).parents[2] / "sample_configs"

HTTPD = "ServerName x\nListen 443\nSSLEngine on\nSSLCertificateFile /x\n{}"
WITHOUT_13 = "SSLProtocol -all +TLSv1.2\n"


@pytest.fixture
def httpd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "apache2.conf"


def found(ran: Ran, field: str = "findings") -> list[tuple[str, int]]:
    return [(finding["rule"], finding["location"]["line"]) for finding in json.loads(ran.out)[field]]


def look(*arguments: object) -> Ran:
    return tlslint("--output-format", "json", "--select", "TLS103,TLS812", *arguments)


@pytest.mark.parametrize(
    ("comment", "hidden", "told"),
    [
        ("# tlslint: ignore[TLS103] old printers", True, ""),
        ("  #tlslint:ignore[ no-tls13 ]", True, ""),
        ("# tlslint: ignore[TLS1] a whole block of rules", True, ""),
        ("# tlslint: ignore[TLS103] until=2999-01-01 old printers", True, ""),
        ("# tlslint: ignore[TLS103]\n\n# printers\n", True, ""),
        ("# tlslint: ignore-file[TLS103]\nTimeout 5\n", True, ""),
        ("# tlslint: ignore[TLS103] until=2020-01-01 old printers", False, "this ignore ended on 2020-01-01"),
        ("# tlslint: ignore[TLS103] until=soon", False, "'soon' is no date"),
        ("# tlslint: ignore[TLS103]\nTimeout 5", False, "nothing here is reported by TLS103"),
        ("# tlslint: ignore[TLS102] not asked about", False, ""),
        ("# tlslint: ignore", False, "no rule is named"),
        ("# tlslint: ignore[]", False, "no rule is named"),
        ("# tlslint: ignore[TLS1O3]", False, "no rule is called 'TLS1O3'"),
        ("# tlslint: ingore[TLS103]", False, "did you mean ignore?"),
        ("# tlslint: disable[TLS103]", False, "did you mean ignore?"),
        ("# tlslint: see the wiki", False, ""),
        ("# tlslint: ignore[TLS103] \\", False, "nothing here is reported"),  # httpd reads the next line as comment
    ],
)
def test_what_a_comment_hides_and_what_is_told_of_it(httpd: Path, comment: str, hidden: bool, told: str) -> None:
    httpd.write_text(HTTPD.format(comment + "\n" + WITHOUT_13))
    ran = look()
    rules = [rule for rule, _ in found(ran)]
    if "\\" not in comment:
        assert ("TLS103" not in rules) is hidden
        assert [rule for rule, _ in found(ran, "ignored")] == ["TLS103"] * hidden
    assert ("TLS812" in rules) is bool(told)
    assert told in ran.out
    assert "TLS812" not in [rule for rule, _ in found(look("--no-ignores"))]


def test_a_comment_speaks_of_one_setting_with_all_its_lines(httpd: Path) -> None:
    httpd.write_text(HTTPD.format("# tlslint: ignore[TLS103]\nSSLProtocol -all \\\n  +TLSv1.2\n"))
    assert found(look()) == []
    httpd.write_text(HTTPD.format("# tlslint: ignore[TLS103]\nTimeout 5 \\\n\n" + WITHOUT_13))
    assert [rule for rule, _ in found(look())] == ["TLS812", "TLS103"]


def test_reason_and_date_are_kept(httpd: Path) -> None:
    httpd.write_text(HTTPD.format("# tlslint: ignore[TLS103] until=2999-01-01 old printers, house 3\n" + WITHOUT_13))
    (ignored,) = json.loads(look().out)["ignored"]
    assert (ignored["by"], ignored["reason"]) == ("comment", "old printers, house 3")


def test_only_idle_words_of_a_comment_are_told_and_taken_out(httpd: Path) -> None:
    httpd.write_text(HTTPD.format("# tlslint: ignore[TLS103, no-aead] printers\n" + WITHOUT_13))
    ran = tlslint("--output-format", "json", "--select", "TLS103,TLS207,TLS812", "--fix")
    assert found(ran) == []
    assert "# tlslint: ignore[TLS103] printers\n" in httpd.read_text()


def test_every_format_has_its_own_comments_and_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cases = {
        "main.cf": ("smtpd_tls_securty_level = may\n", "TLS801", True),
        "slapd.conf": ("TLSVerifyClient required\n", "TLS901", False),
        "dovecot.conf": ("ssl_min_protocoll = TLSv1.2\n", "TLS801", True),
    }
    for name, (line, rule, indented) in cases.items():
        where = tmp_path / name
        for comment, hides in ((f"# tlslint: ignore[{rule}]\n", True), (f"  # tlslint: ignore[{rule}]\n", indented)):
            where.write_text("# first\n" + comment + line)
            ran = tlslint("--output-format", "json", "--select", rule, where)
            assert (found(ran) == []) is hides, (name, comment)
    # a blank carries lines of slapd.conf on, so this setting is a part of the comment and the next is meant
    (tmp_path / "slapd.conf").write_text("# tlslint: ignore[TLS901]\n  goes on\nloglevel 0\nTLSVerifyClient required\n")
    assert found(tlslint("--output-format", "json", "--select", "TLS901", tmp_path / "slapd.conf")) == [("TLS901", 4)]
    # in Postfix a comment may stand between two lines of one setting
    (tmp_path / "main.cf").write_text("# tlslint: ignore[TLS801]\nsmtpd_tls_securty_level =\n# between\n  may\nsmtpd_tls_loglevell = 1\n")
    assert found(tlslint("--output-format", "json", "--select", "TLS801", tmp_path / "main.cf")) == [("TLS801", 5)]
    setting = "smtpd_tls_protocols = !SSLv2,\n# between\n\n  TLSv9\n"
    for comment, told in (("# first\n", [("TLS105", 5)]), ("# tlslint: ignore[TLS105]\n", [])):
        (tmp_path / "main.cf").write_text(f"{comment}{setting}smtpd_tls_security_level = may\n")
        assert found(tlslint("--output-format", "json", "--select", "TLS105,TLS812", tmp_path / "main.cf")) == told


def test_add_ignore_writes_comments_that_hold_for_every_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES, tmp_path / "samples", symlinks=True)
    monkeypatch.chdir(tmp_path)
    before = json.loads(tlslint("--output-format", "json", "samples").out)["findings"]
    servers = _without_places(tlslint("effective", "--output-format", "json", "samples").out)
    ran = tlslint("--output-format", "json", "--add-ignore", "we know, ticket 7", "samples")
    after = json.loads(ran.out)
    left = ran.err.count("left ")
    assert len(after["ignored"]) + left == len(before)
    assert len(after["findings"]) == left
    assert left <= 2, ran.err
    assert {each["reason"] for each in after["ignored"]} == {"we know, ticket 7"}
    assert _without_places(tlslint("effective", "--output-format", "json", "samples").out) == servers
    again = tlslint("--output-format", "json", "--add-ignore", "again", "--select", "TLS", "samples")
    assert "tlslint: 0 comments written" in again.err


def _without_places(text: str) -> object:
    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {key: strip(each) for key, each in value.items() if key not in ("line", "end_line")}
        return [strip(each) for each in value] if isinstance(value, list) else value

    return strip(json.loads(text))


def test_add_ignore_keeps_line_ends_and_refuses_reasons_that_would_break_the_file(httpd: Path) -> None:
    httpd.write_bytes(HTTPD.format("  " + WITHOUT_13).replace("\n", "\r\n").encode())
    for reason in ("ends \\", "", "two\nlines", "\x1b[31m"):
        assert look("--add-ignore", reason).code == 2
    assert look("--add-ignore", "known").code == 0
    assert b"\r\n  # tlslint: ignore[TLS103] known\r\n  SSLProtocol" in httpd.read_bytes()
    assert look("--add-ignore", "known", "--stdin-filename", "apache2.conf", "-").code == 2


def test_a_baseline_hides_what_was_there_survives_moves_and_tells_what_is_gone(httpd: Path, tmp_path: Path) -> None:
    httpd.write_text(HTTPD.format(WITHOUT_13))
    assert "needs to know where" in look("--write-baseline").err
    assert look("--baseline", "known.json", "--write-baseline").code == 0
    text = (tmp_path / "known.json").read_text()
    assert '"line"' not in text
    assert look("--baseline", "known.json").code == 0
    httpd.write_text("# moved\n" * 10 + HTTPD.format("SSLProtocol   -all   +TLSv1.2\n"))
    ran = look("--baseline", "known.json")
    assert (ran.code, found(ran, "ignored")) == (0, [("TLS103", 15)])
    httpd.write_text(HTTPD.format("SSLProtocol -all +TLSv1.2 +TLSv1.1\n"))
    ran = look("--baseline", "known.json")
    assert ran.code == 1
    assert [each["rule"] for each in json.loads(ran.out)["stale"]] == ["TLS103"]
    assert "1 finding of the baseline met no more" in tlslint("--select", "TLS103", "--baseline", "known.json").out
    assert json.loads(tlslint("--output-format", "json", "--select", "TLS102", "--baseline", "known.json").out)["stale"] == []
    assert look("--baseline", "known.json", "--no-ignores").code == 1


def test_a_baseline_is_sorted_and_the_same_wherever_the_checkout_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for name in ("one", "two/deeper"):
        shutil.copytree(SAMPLES, tmp_path / name / "samples", symlinks=True)
        monkeypatch.chdir(tmp_path / name)
        assert tlslint("--baseline", "b.json", "--write-baseline", "samples").code == 0
        texts.append((tmp_path / name / "b.json").read_text())
        assert tlslint("--baseline", "b.json", "samples").code == 0
    assert texts[0] == texts[1]
    rows = json.loads(texts[0])["findings"]
    assert rows == sorted(rows, key=lambda row: (row["path"], row["rule"], row["fingerprint"]))
    assert len({row["fingerprint"] for row in rows}) == len(rows) == texts[0].count("\n") - 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "is no baseline"),
        ('{"baseline_version": 2}', "is no baseline"),
        ('{"baseline_version": 1, "findings": [{}]}', "without one of"),
    ],
)
def test_a_baseline_that_is_none_is_a_sentence(httpd: Path, tmp_path: Path, text: str, sentence: str) -> None:
    httpd.write_text(HTTPD.format(WITHOUT_13))
    (tmp_path / "b.json").write_text(text)
    ran = look("--baseline", "b.json")
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
