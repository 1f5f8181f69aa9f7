"""The pages in docs/ are those the rules make, links lead somewhere, and every command shown works."""

import re
import shlex
from pathlib import Path

import pytest

from scripts import build_docs
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
