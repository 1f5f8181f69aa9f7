"""Real output of the command line, case by case, read as text in review.

A case is a folder of `tests/golden`: `command` (arguments, one line, as typed in the repository's root), `expected`, perhaps an input tree.
`make golden` writes `expected` anew.
"""

import os
import shlex
from pathlib import Path

import pytest

from tests.support.cli import tlslint

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("case", sorted(path.parent for path in GOLDEN.glob("*/command")), ids=lambda case: case.name)
def test_golden(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN.parents[1])
    ran = tlslint(*shlex.split((case / "command").read_text()))
    text = f"{ran.out}{ran.err}exit code {ran.code}\n"
    expected = case / "expected"
    if os.environ.get("TLSLINT_GOLDEN") == "write":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
