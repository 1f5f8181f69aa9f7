"""Settings: found upwards, checked word by word, told with their place; and who may decide."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML
from tlslint.settings import KEYS, SettingsError, find, matcher, read

from scripts import build_schemas
from tests.support.cli import tlslint

WEAK = "ServerName x\nListen 443\nSSLEngine on\nSSLProtocol -all +TLSv1.2\nSSLCertificateFile /x\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    for name in ("web", "legacy/old"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "apache2.conf").write_text(WEAK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(*arguments: object) -> set[tuple[str, str]]:
    document = json.loads(tlslint("--output-format", "json", *arguments).out)
    return {(finding["location"]["path"], finding["rule"]) for finding in document["findings"]}


def test_the_nearest_file_upwards_counts_and_the_command_line_counts_more(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / ".tlslint.yaml").write_text("select: [TLS103]\n")
    assert codes() == {("web/apache2.conf", "TLS103"), ("legacy/old/apache2.conf", "TLS103")}
    assert {code for _, code in codes("--select", "TLS310")} <= {"TLS310"}
    monkeypatch.chdir(repository / "web")
    assert codes() == {("apache2.conf", "TLS103")}
    (repository / "web" / "pyproject.toml").write_text('[tool.tlslint]\nselect = ["TLS9"]\n')
    assert codes() == set()
    assert ("apache2.conf", "TLS103") in codes("--isolated")
    assert codes("--config", "../.tlslint.yaml") == {("apache2.conf", "TLS103")}


def test_nothing_in_the_scanned_tree_and_nothing_above_the_repository_decides(repository: Path, tmp_path: Path) -> None:
    (repository / "web" / ".tlslint.yaml").write_text("ignore: [TLS]\n")
    assert ("web/apache2.conf", "TLS103") in codes("web")
    (repository / "web" / ".git").mkdir()
    os.chdir(repository / "web")
    (repository / "web" / ".tlslint.yaml").unlink()
    (repository / ".tlslint.yaml").write_text("ignore: [TLS]\n")
    assert ("apache2.conf", "TLS103") in codes()


def test_paths_are_excluded_and_rules_ignored_by_path_and_both_are_counted(repository: Path) -> None:
    (repository / ".tlslint.yaml").write_text("select: [TLS103]\nper-path-ignores:\n  'legacy/**': [no-tls13]\n")
    ran = tlslint()
    assert "1 finding ignored: 1 by configuration" in ran.out
    assert codes() == {("web/apache2.conf", "TLS103")}
    (repository / ".tlslint.yaml").write_text("select: [TLS103]\nexclude: [legacy]\n")
    assert codes() == {("web/apache2.conf", "TLS103")}
    assert tlslint("legacy/old/apache2.conf").code == 0, "a hook may name an excluded file"
    assert tlslint("legacy").code == 2


def test_rules_switched_off_are_named(repository: Path) -> None:
    (repository / ".tlslint.yaml").write_text("ignore: [TLS103, weak-dh]\n")
    assert ".tlslint.yaml switches off TLS103, weak-dh" in tlslint().out


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (".tlslint.yaml", "fail-on: error\nignroe: [TLS1]\n", ".tlslint.yaml:2:1: no setting is called 'ignroe'; did you mean ignore?"),
        (".tlslint.yaml", "ignore:\n  - TLS102\n  - TLS1O3\n", ".tlslint.yaml:3:5: no rule is called 'TLS1O3'; did you mean TLS103?"),
        (".tlslint.yaml", "per-path-ignores:\n  a/*: [waek-dh]\n", ".tlslint.yaml:2:9: no rule is called 'waek-dh'; did you mean weak-dh?"),
        (".tlslint.yaml", "fail-on: eror\n", ".tlslint.yaml:1:1: fail-on cannot be 'eror'; did you mean error?"),
        (".tlslint.yaml", "target: 12\n", ".tlslint.yaml:1:1: target takes a list, such as [debian-12]"),
        (".tlslint.yaml", "target: debian-1\n", ".tlslint.yaml:1:1: no target is called 'debian-1'"),
        (".tlslint.yaml", "profile: mozila-modern\n", "did you mean mozilla-modern?"),
        (".tlslint.yaml", "select: {a: b}\n", ".tlslint.yaml:1:1: select takes a list"),
        (".tlslint.yaml", "select: [1.2]\n", ".tlslint.yaml:1:10: 1.2 is not a text"),
        (".tlslint.yaml", "per-path-ignores: [a]\n", ".tlslint.yaml:1:1: per-path-ignores takes patterns with lists of rules"),
        (".tlslint.yaml", "- a\n", ".tlslint.yaml:1:1: settings are names with values"),
        (".tlslint.yaml", "select: [\n", ".tlslint.yaml:2:1: "),
        (".tlslint.yaml", "ignore: [a]\nignore: [b]\n", "duplicate key"),
        (".tlslint.yaml", "x: !!python/object/apply:os.system [id]\n", "no setting is called 'x'"),
        (
            "pyproject.toml",
            '[tool.black]\nx = 1\n[tool.tlslint]\nfail_on = "error"\n',
            "pyproject.toml:4:1: no setting is called 'fail_on'; did you mean fail-on?",
        ),
        ("pyproject.toml", "[tool.tlslint]\nselect = [\n", "pyproject.toml: "),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(repository: Path, name: str, text: str, sentence: str) -> None:
    (repository / name).write_text(text)
    for arguments in ([], ["config", "show"]):
        ran = tlslint(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert sentence in ran.err
        assert ran.err.count("\n") == 1


def test_bytes_that_are_no_text_and_two_files(repository: Path) -> None:
    (repository / ".tlslint.yaml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="not UTF-8"):
        find()
    (repository / "pyproject.toml").write_text("[tool.tlslint]\n")
    with pytest.raises(SettingsError, match="both hold settings"):
        find()
    assert "cannot be read: no such file" in tlslint("--config", "nowhere.yaml").err
    assert "exclude each other" in tlslint("--config", "x", "--isolated").err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_for_root_a_file_of_somebody_else_does_not_decide(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = repository / ".tlslint.yaml"
    path.write_text("ignore: [TLS]\n")
    os.chown(path, 1234, 1234)
    ran = tlslint()
    assert ran.code == 2
    assert "belongs to another user" in ran.err
    assert tlslint("--config", ".tlslint.yaml").code == 0
    assert tlslint("--isolated").code == 1
    monkeypatch.setenv("SUDO_UID", "1234")
    assert tlslint().code == 0


def test_the_published_schema_is_made_from_the_settings_and_agrees_with_the_reader(repository: Path) -> None:
    text = build_schemas.SETTINGS.read_text()
    assert text == build_schemas.settings(), "run make docs"
    example = "".join(f"{name}: {key.example}\n" for name, key in KEYS.items())
    jsonschema.validate(YAML(typ="safe").load(example), json.loads(text))
    (repository / ".tlslint.yaml").write_text(example)
    assert set(read(".tlslint.yaml").values) == set(KEYS)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"ignroe": []}, json.loads(text))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.bak", ["a.bak", "x/y/a.bak"], ["a.bak2"]),
        ("legacy", ["legacy", "legacy/a", "x/legacy/a"], ["legacy2/a"]),
        ("legacy/", ["legacy/a"], ["legac"]),
        ("/legacy/*.conf", ["legacy/a.conf"], ["x/legacy/a.conf", "legacy/b/a.conf"]),
        ("**/old/*.conf", ["old/a.conf", "x/y/old/a.conf"], ["old/b/a.conf"]),
        ("web/**", ["web/a", "web/b/c"], ["webx/a"]),
        ("a?c.[x]", ["abc.[x]"], ["abc.x", "a/c.[x]"]),
    ],
)
def test_patterns_are_those_of_gitignore(pattern: str, yes: list[str], no: list[str]) -> None:
    matches = matcher([pattern])
    assert [path for path in yes if not matches(path)] == []
    assert [path for path in no if matches(path)] == []
    assert not matcher([])("a")


def test_init_writes_a_file_that_says_everything_and_decides_nothing(repository: Path) -> None:
    assert tlslint("init").code == 0
    text = (repository / ".tlslint.yaml").read_text()
    assert all(f"# {name}: " in text for name in KEYS)
    assert read(".tlslint.yaml").values == {}
    again = tlslint("init")
    assert (again.code, "is there already" in again.err) == (2, True)
    assert tlslint("init", "--target", "debian-12").code == 0
    assert (repository / ".tlslint.yaml").read_text() == text + "target: debian-12\n"


@pytest.mark.parametrize("indent", ["", "  "])
def test_init_edits_a_file_and_keeps_its_comments_and_quotes(repository: Path, indent: str) -> None:
    text = f"# ours\nignore:  # for now\n{indent}- \"TLS102\"   # old printers\ntarget: 'debian-11'  # until May\nfail-on: error\n"
    (repository / ".tlslint.yaml").write_text(text)
    assert tlslint("init", "--target", "debian-12", "--fail-on", "error").code == 0
    assert (repository / ".tlslint.yaml").read_text() == text.replace("debian-11", "debian-12")
    assert tlslint("init", "--target", "debian-1").code == 2


def test_config_show_says_what_counts_and_where_it_is_written(repository: Path) -> None:
    (repository / ".tlslint.yaml").write_text("fail-on: error\nper-path-ignores:\n  legacy/**: [TLS102]\n")
    lines = [line.split() for line in tlslint("config", "show").out.splitlines()]
    assert ["fail-on", "error", ".tlslint.yaml:1:1"] in lines
    assert ["per-path-ignores", "legacy/**:", "TLS102", ".tlslint.yaml:3:15"] in lines
    assert ["profile", "mozilla-intermediate@6.0", "default"] in lines
    assert {line[0] for line in lines} == set(KEYS)


def test_fail_on_and_baseline_of_the_settings_count(repository: Path) -> None:
    (repository / ".tlslint.yaml").write_text("select: [TLS103]\nfail-on: error\nbaseline: known.json\n")
    assert "--write-baseline makes it" in tlslint().err
    assert tlslint("--write-baseline").code == 0
    assert (repository / "known.json").exists()
    assert tlslint("--fail-on", "warning").code == 0
    assert tlslint("--fail-on", "warning", "--no-ignores").code == 1
    assert tlslint("--no-ignores").code == 0
