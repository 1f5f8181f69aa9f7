"""The pages in docs/ are those the rules make, links lead somewhere, and every command shown works."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tlslint.checks import registry

from scripts import build_docs, build_screenshot
from tests.support.cli import tlslint

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


def test_rule_pages_are_current() -> None:
    wanted = build_docs.pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in build_docs.DOCS.glob("*.md")}
    assert there == wanted, "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_output_shown_in_the_readme_is_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    shown = re.findall(r"```\n\$ tlslint ([^\n]*)\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    for command, output in shown:
        assert output.strip() in tlslint(*shlex.split(command)).out


def test_every_rule_has_its_page_and_the_menu_leads_somewhere() -> None:
    assert {path.stem for path in build_docs.DOCS.glob("TLS*.md")} == {entry.code for entry in registry.ENTRIES}

    def names(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from names(each)

    listed = set(names(YAML(typ="safe").load((REPOSITORY / "mkdocs.yml").read_text())["nav"]))
    docs = REPOSITORY / "docs"
    missing = sorted(name for name in listed if not (docs / name).is_file())
    assert not missing
    assert "rules/README.md" in listed


def test_the_screenshot_is_what_a_terminal_shows() -> None:
    picture = build_screenshot.svg()
    assert build_screenshot.SCREENSHOT.read_text(encoding="utf-8") == picture, "run make docs"
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched"


def test_examples_in_the_pages_are_the_files_in_examples() -> None:
    text = (REPOSITORY / "docs" / "ci.md").read_text()
    for name in ("github-workflow.yml", "gitlab-ci.yml"):
        assert (REPOSITORY / "docs" / "examples" / name).read_text().rstrip("\n") in text


PROVEN_ELSEWHERE = {
    "make": "what CI runs; tests/live/test_pyz.py, tests/cli/test_terminal.py",
    "pip": "tests/live/test_hooks.py installs it so",
    "python3": "tests/live/test_pyz.py",
}
COMMAND = re.compile(r"(?:\$ )?((?:tlslint|git|jq|ls|make|pip|python3|_TLSLINT_COMPLETE=\S+)(?: .*)?)")


def commands(page: Path) -> list[str]:
    """Command lines in code blocks, fenced or indented; other languages than the shell have none."""
    found = []
    language: str | None = None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            language = line[3:] if language is None else None
        elif language == "" or (language is None and line.startswith("    ")):
            match = COMMAND.fullmatch(line.strip())
            if match and not (language is None and line.startswith("     ")):
                found.append(match[1])
    return found


WITH_COMMANDS = [page for page in PAGES if commands(page)]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which every command of the pages has what it names; what they call /etc is a copy in it."""
    if shutil.which("git") is None:
        pytest.skip("git is missing: apt-get install git")
    samples = tmp_path / "sample_configs"
    shutil.copytree(REPOSITORY / "sample_configs", samples, symlinks=True)
    for name in ("etc", "snapshot/etc", "hosts/web1/etc"):
        shutil.copytree(samples / "apache" / "weak" / "etc", tmp_path / name, symlinks=True)
        (tmp_path / name / "dovecot").mkdir()
        (tmp_path / name / "dovecot" / "dovecot.conf").write_text("protocols = imap\nssl_cert = </etc/dovecot/dovecot.pem\n")
        (tmp_path / name / "postfix").mkdir()
        (tmp_path / name / "postfix" / "main.cf").write_text("smtpd_tls_security_level = may\n")
    (tmp_path / "sites-enabled").mkdir()
    shutil.copy(samples / "apache" / "weak" / "etc" / "apache2" / "sites-available" / "www.conf", tmp_path / "sites-enabled")
    (tmp_path / "strings.txt").write_text("HIGH:!aNULL\n")
    house = re.search(r"```yaml\n(name: house\n.*?)```", (REPOSITORY / "docs" / "profiles.md").read_text(), re.DOTALL)
    assert house, "the page shows a profile of one's own"
    (tmp_path / "house.yaml").write_text(house[1])
    (tmp_path / ".tlslint.yaml").write_text("ignore: [no-hybrid-group]\n")
    monkeypatch.chdir(tmp_path)
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "init.defaultBranch=main")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "x"), ("update-ref", "refs/remotes/origin/main", "HEAD")):
        subprocess.run([*git, *words], check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_every_command_shown_works(page: Path, host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{Path('/usr/bin')}:{Path('/bin')}")
    for shown in commands(page):
        program = shown.split()[0]
        if program in PROVEN_ELSEWHERE or (program == "jq" and shutil.which("jq") is None):
            continue
        line = re.sub(r"(?<![\w./}-])/etc\b", "etc", shown)
        if program == "tlslint" and not re.search(r"[|<>]", line.split("#")[0]):
            ran = tlslint(*shlex.split(line, comments=True)[1:])
            assert ran.code in (0, 1), f"{shown}: {ran.err}"
            continue
        result = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=host, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode in (0, 1), f"{shown}: {result.stderr}"
        assert "Traceback" not in result.stderr
