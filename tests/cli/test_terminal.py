"""What a terminal adds: progress when it takes long, completion, manual pages."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tlslint.cli.commands import COMMANDS

from scripts import build_man

SAMPLES = Path(__file__).parents[2] / "sample_configs"
IMPATIENT = "from tlslint.cli import progress; progress.PATIENCE = {patience}; progress.PAUSE = 0; from tlslint.cli.main import run; run()"


def on_a_terminal(patience: float, *arguments: str) -> tuple[str, str]:
    """Standard output, and what standard error's terminal got."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here: is /dev/pts mounted?")
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT.format(patience=patience), *arguments], stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        out, _ = process.communicate(timeout=60)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return out, said.decode()


def test_progress_is_one_line_that_leaves_no_trace_and_only_when_it_takes_long() -> None:
    out, said = on_a_terminal(0, "--exit-zero", str(SAMPLES))
    words = said.split("\r")
    assert sum("files looked at" in word for word in words) > 10
    assert re.fullmatch(r" *\r?", words[-2]), "wiped"
    assert "\n" not in said
    patient, silent = on_a_terminal(3600, "--exit-zero", str(SAMPLES))
    assert silent == ""
    assert patient == out


def complete(line: str) -> list[str]:
    words = line.split(" ")
    environment = {**os.environ, "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_TLSLINT_COMPLETE": "bash_complete"}
    program = "import sys; sys.argv = ['tlslint']; from tlslint.cli.main import run; run()"
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout.split()


def test_completion() -> None:
    assert "plain,effective" in complete("tlslint eff")
    assert "file,etc" in complete("tlslint etc"), "or a path"
    assert "plain,--output-format" in complete("tlslint --out")
    assert "plain,critical" in complete("tlslint --fail-on cri")
    assert "plain,sarif" in complete("tlslint check --output-format sa")
    assert complete("tlslint rules --out") == ["plain,--output-format"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:click_man")
@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is missing: apt-get install groff-base")
def test_every_command_has_a_manual_page_without_a_warning(tmp_path: Path) -> None:
    pages = build_man.pages()
    assert set(pages) == {"tlslint.1"} | {f"tlslint-{name}.1" for name in COMMANDS}
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        command = ["groff", "-K", "utf8", "-man", "-ww", "-T", "utf8", str(tmp_path / name)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert ran.stderr == "", name
        assert "OPTIONS" in ran.stdout
