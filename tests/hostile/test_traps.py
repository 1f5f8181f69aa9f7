"""Each trap by itself: it ends in findings or one sentence, in bounded time and memory, and nothing from outside is told."""

import os
import pickle
import re
import resource
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.hostile import traps
from tests.support.cli import Ran, tlslint

SECONDS = 60
BYTES = 1 << 30
PRINTED = ("full", "concise", "grouped", "github", "markdown", "html", "json", "sarif", "gitlab", "junit")


def bounded(*arguments: object) -> Ran:
    """Call the command line in a process of its own that may not take more."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
        try:
            said: object = tlslint(*arguments)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(said, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"ended by signal or limit: {status}"
    ran = pickle.loads(data)
    assert isinstance(ran, Ran), ran
    return ran


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    traps.lay_outside(folder)
    return folder


@pytest.mark.parametrize("name", traps.TRAPS)
def test_a_trap_ends_in_findings(name: str, tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = traps.TRAPS[name]
    folder = traps.lay(tmp_path / "repository", name, trap, outside)
    monkeypatch.chdir(folder)
    ran = bounded("--output-format", "concise", ".")
    assert ran.code in (0, 1) or (ran.code == 2 and ran.err.count("\n") == 1), ran.err
    assert "please report" not in ran.err
    assert trap.says in ran.out + ran.err
    assert traps.CANARY not in ran.out + ran.err
    again = bounded("effective", ".")
    assert again.code in (0, 2), again.err
    assert traps.CANARY not in again.out + again.err
    assert not (folder / "ran").exists(), "something of the repository was run"


def test_there_are_enough_traps() -> None:
    assert len(traps.TRAPS) >= 40


CONTROLS = set(map(chr, [*range(9), 11, *range(12, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]))


@pytest.mark.parametrize(
    "name",
    [
        "escapes",
        "html",
        "markdown",
        "workflow-commands",
        "commands-anywhere",
        "names-like-commands",
        "formulas",
        "names-with-escapes",
        "names-that-break-lines",
    ],
)
@pytest.mark.parametrize("shape", PRINTED)
def test_no_text_breaks_out_of_a_report(shape: str, name: str, tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No control character, no line that a CI log reads as a command, no tag, in any report."""
    folder = traps.lay(tmp_path, name, traps.TRAPS[name], outside)
    monkeypatch.chdir(folder)
    ran = tlslint("--output-format", shape, ".")
    out = ran.out
    assert out
    assert not CONTROLS & set(out)
    assert not re.search(r"##\w*\[", out + ran.err), "Azure Pipelines and GitHub's runner take it for a command"
    assert not re.search(r"(?m)^\s*::", ran.err)
    for line in out.split("\n"):
        command = re.match(r"\s*::[\w-]+(?: |::)", line) is not None
        assert not command or shape == "github"
        if command:
            assert line.split("::")[1].split(" ")[0] in ("error", "warning", "notice"), line
            assert "set-output" not in line.split("::")[1]
    if shape == "markdown":
        out = MarkdownIt("commonmark", {"html": True}).enable("table").render(out)
    if shape in ("html", "markdown"):
        page = Tags()
        page.feed(out)
        assert "https://evil.test" not in page.targets
        assert not any(target.startswith("javascript:") for target in page.targets)
        assert not [tag for tag in page.tags if tag in ("img", "b", "script") and shape == "markdown"]
        assert "alert(1)" not in "".join(page.scripts)
        assert not page.handlers


class Tags(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)


@pytest.mark.parametrize("name", ["escapes", "names-with-escapes", "names-of-no-encoding", "names-like-commands", "commands-anywhere"])
def test_no_text_breaks_out_of_the_effective_values(name: str, tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(traps.lay(tmp_path, name, traps.TRAPS[name], outside))
    for shape in ("table", "json"):
        out = tlslint("effective", "--output-format", shape, ".").out
        assert out
        assert not CONTROLS & set(out)
        assert not re.search(r"(?m)##\w*\[|^\s*::[\w-]+(?: |::)", out)


def test_names_are_no_lines_of_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as git writes them, so that `git apply` reads them, and no CI system takes one for a command."""
    monkeypatch.chdir(tmp_path)
    names = ["a\n::error::owned", "b\n--- b\n+++ c", 'quo"te \\ blank', "tab\tend"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "apache2.conf").write_text(traps.APACHE + traps.SITE)
    out = tlslint("--isolated", "--diff", "--unsafe-fixes", ".").out
    assert out.count("\n--- ") + out.startswith("--- ") == len(names)
    assert not re.search(r"(?m)^\s*::", out)
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply"], input=out.encode(), check=True)
    for name in names:
        assert "SSLProtocol all -TLSv1.1\n" not in (tmp_path / name / "apache2.conf").read_text()
