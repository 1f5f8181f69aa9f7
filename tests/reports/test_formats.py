"""Reports for other programs: read back by real parsers of their formats, whatever the configuration says."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt
from tlslint.reports import sarif

from tests.support import hostile
from tests.support.cli import tlslint

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_configs"
SARIF = json.loads((REPOSITORY / "tests" / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text())
IGNORING = "\n# tlslint: ignore[TLS103] old printers\nSSLProtocol -all +TLSv1.2\n"


@pytest.fixture
def hostile_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    hostile.lay(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SAMPLES, tmp_path / "one" / "samples", symlinks=True)
    monkeypatch.chdir(tmp_path / "one")
    return tmp_path / "one"


def report(name: str, *arguments: object) -> str:
    ran = tlslint("--exit-zero", "--output-format", name, *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def results(*arguments: object) -> list[dict[str, object]]:
    log = json.loads(report("sarif", *arguments))
    jsonschema.validate(log, SARIF)
    found: list[dict[str, object]] = log["runs"][0]["results"]
    return found


def test_sarif_has_what_github_requires_and_recommends(checkout: Path) -> None:
    log = json.loads(report("sarif", "."))
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert {driver["name"], log["version"]} == {"tlslint", "2.1.0"}
    assert driver["semanticVersion"]
    assert run["automationDetails"]["id"] == "tlslint/"
    assert json.loads(report("sarif", "samples"))["runs"][0]["automationDetails"]["id"] == "tlslint/samples/"
    for rule in driver["rules"]:
        for field in ("shortDescription", "fullDescription"):
            assert 1 < len(rule[field]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} ")
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert "security" in rule["properties"]["tags"]
        assert len(rule["properties"]["tags"]) <= 10
    findings = json.loads(report("json", "."))["findings"]
    assert len(run["results"]) == len(findings)
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert {"startLine", "startColumn", "endLine", "endColumn"} <= region.keys()
        path = checkout / location["physicalLocation"]["artifactLocation"]["uri"]
        assert path.is_file()
        assert not path.is_symlink(), "GitHub does not show results on links"
        assert set(result["partialFingerprints"]) == {"primaryLocationLineHash", "tlslint/v1"}
        for number in re.findall(r"\]\((\d+)\)", result["message"]["text"]):
            assert any(related["id"] == int(number) for related in result["relatedLocations"])
    assert len({result["partialFingerprints"]["tlslint/v1"] for result in run["results"]}) == len(run["results"])
    ranks = [["error", "warning", "note"].index(result["level"]) for result in run["results"]]
    assert ranks == sorted(ranks), "readers with a limit must keep the worst"
    flows = [result for result in run["results"] if "codeFlows" in result]
    assert flows
    for result in flows:
        (flow,) = result["codeFlows"][0]["threadFlows"]
        assert flow["locations"][-1]["location"]["physicalLocation"] == result["locations"][0]["physicalLocation"]
        assert len(flow["locations"]) == len(result["relatedLocations"]) + 1


def test_fixes_in_sarif_do_what_fix_does(checkout: Path) -> None:
    """Every offered edit applied to the file removes its finding."""
    offered = [result for result in results(".") if "fixes" in result]
    assert len(offered) >= 8
    for result in offered:
        root = checkout.parent / "try"
        shutil.copytree(checkout / "samples", root / "samples", symlinks=True)
        (fix,) = result["fixes"]  # type: ignore[misc]
        for change in fix["artifactChanges"]:  # type: ignore[index]
            path = root / change["artifactLocation"]["uri"]
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            for replacement in sorted(
                change["replacements"],
                key=lambda each: (each["deletedRegion"]["startLine"], each["deletedRegion"]["startColumn"]),
                reverse=True,
            ):
                region = replacement["deletedRegion"]
                text = "".join(lines)
                start = sum(map(len, lines[: region["startLine"] - 1])) + region["startColumn"] - 1
                end = sum(map(len, lines[: region["endLine"] - 1])) + region["endColumn"] - 1
                lines = (text[:start] + replacement["insertedContent"]["text"] + text[end:]).splitlines(keepends=True)
            path.write_text("".join(lines), encoding="utf-8")
        run = subprocess.run(
            [shutil.which("tlslint") or str(REPOSITORY / ".venv/bin/tlslint"), "--exit-zero", "--output-format", "json", "."],
            cwd=root, capture_output=True, check=True, text=True, timeout=60,
        )  # fmt: skip
        left = {finding["fingerprint"] for finding in json.loads(run.stdout)["findings"]}
        assert result["partialFingerprints"]["tlslint/v1"] not in left, result  # type: ignore[index]
        shutil.rmtree(root)


def test_sarif_and_json_are_the_same_between_runs_and_checkouts(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sarif", "json", "gitlab", "junit", "markdown", "html", "github", "grouped"):
        here = report(name, ".")
        assert here == report(name, ".")
        other = checkout.parent / "another" / "deeper"
        if not other.exists():
            shutil.copytree(checkout, other, symlinks=True)
        monkeypatch.chdir(other)
        assert report(name, ".") == here, name
        assert str(checkout.parent) not in here
        monkeypatch.chdir(checkout)


def test_moving_a_setting_by_ten_lines_keeps_its_fingerprint(checkout: Path) -> None:
    before = {
        result["partialFingerprints"]["tlslint/v1"]: result["locations"][0]["physicalLocation"]["region"]["startLine"]
        for result in results(".")
    }  # type: ignore[index]
    moved = [*checkout.rglob("*.conf"), *checkout.rglob("imapd-ssl"), *checkout.rglob("main.cf")]
    for path in moved:
        if path.is_file() and not path.is_symlink():
            path.write_bytes(b"#\n" * 10 + path.read_bytes())
    after = {
        result["partialFingerprints"]["tlslint/v1"]: result["locations"][0]["physicalLocation"]["region"]["startLine"]
        for result in results(".")
    }  # type: ignore[index]
    assert after.keys() == before.keys()
    assert sum(after[key] == before[key] + 10 for key in after) > len(after) / 2  # type: ignore[operator]


def test_ignored_findings_are_suppressed_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "apache2.conf").write_text("ServerName x\nListen 443\nSSLEngine on\nSSLCertificateFile /x\n" + IGNORING)
    (result,) = [each for each in results("--select", "TLS103", ".") if each["ruleId"] == "TLS103"]
    (suppression,) = result["suppressions"]  # type: ignore[misc]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "old printers")  # type: ignore[index]
    assert suppression["location"]["physicalLocation"]["region"]["startLine"] == 6  # type: ignore[index]
    assert tlslint("--select", "TLS103", "--baseline", "b.json", "--write-baseline", "--no-ignores", ".").code == 0
    (result,) = [each for each in results("--select", "TLS103", "--baseline", "b.json", ".") if each["ruleId"] == "TLS103"]
    assert result["suppressions"][0]["kind"] == "inSource"  # type: ignore[index]


def test_too_many_results_are_cut_at_the_mild_end_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 5)
    log = json.loads(report("sarif", SAMPLES))
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    assert len(run["results"]) == 5
    assert {result["level"] for result in run["results"]} == {"error"}
    assert "left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_hostile_text_is_only_text_in_sarif_and_json(hostile_root: Path) -> None:
    found = results(".")
    assert len(found) >= 20
    raw = report("sarif", ".")
    assert raw.isascii()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", raw)
    for result in found:
        text = result["message"]["text"]  # type: ignore[index]
        assert not re.search(r"(?<!\\)\[x(?<!\\)\]\(http", text)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", report("json", "."))


def test_hostile_text_in_annotations_is_no_command(hostile_root: Path) -> None:
    lines = report("github", ".").splitlines()
    assert len(lines) == len(json.loads(report("json", "."))["findings"])
    for line in lines:
        found = re.fullmatch(r"::(error|warning|notice) ((?:\w+=[^:,\r\n]*,?)+)::([^\r\n]*)", line)
        assert found, line
        assert "\x1b" not in line
        # what the runner makes of it: no command may hide behind an escape
        assert "%250A" in line or "%0A::" not in line


def test_junit_is_xml_whatever_stands_in_it(hostile_root: Path) -> None:
    root = ET.fromstring(report("junit", "."))
    failures = root.findall("./testsuite/testcase/failure")
    assert len(failures) == int(root.attrib["failures"]) == len(json.loads(report("json", "."))["findings"])
    assert int(root.attrib["tests"]) == len(root.findall("./testsuite/testcase"))
    assert any("<script>" in failure.attrib["message"] for failure in failures)
    clean = ET.fromstring(report("junit", "--select", "TLS101", SAMPLES / "apache" / "repaired"))
    assert clean.findall("./testsuite/testcase")
    assert clean.attrib["failures"] == "0"


def test_markdown_is_a_table_whatever_stands_in_it(hostile_root: Path) -> None:
    text = report("markdown", ".")
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (5, 6), row
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html
    assert html.count("<table>") == 2


def test_gitlab_has_what_the_merge_request_needs(checkout: Path) -> None:
    rows = json.loads(report("gitlab", "."))
    assert len({row["fingerprint"] for row in rows}) == len(rows) > 10
    for row in rows:
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (checkout / row["location"]["path"]).is_file()
        assert not row["location"]["path"].startswith(("./", "/"))
        assert row["location"]["lines"]["begin"] >= 1


def test_several_reports_at_once(checkout: Path) -> None:
    ran = tlslint("--report", "sarif=out.sarif", "--report", "html=out.html", "--report", "junit=out.xml", ".")
    assert ran.code == 1
    assert "findings:" in ran.out
    assert (checkout / "out.sarif").read_text() == report("sarif", ".")
    assert (checkout / "out.html").read_text() == report("html", ".")
    for wrong in ("sarif", "sarif=", "sariff=x", "=x"):
        assert "--report takes FORMAT=FILE" in tlslint("--report", wrong, ".").err
    assert "cannot go to one file" in tlslint("--report", "json=a", "--report", "sarif=a", ".").err
    assert tlslint("--report", "json=/nowhere/a", ".").code == 2


def test_grouped_names_each_file_once(checkout: Path) -> None:
    text = report("grouped", "samples/apache/weak")
    assert text.count("www.conf\n") == 1
    assert re.search(r"^ +14:17  warning   TLS103 (\[\*\]|   ) no-tls13 ", text, re.MULTILINE)
