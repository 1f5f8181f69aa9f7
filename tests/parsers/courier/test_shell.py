"""The shell's variables as we work them out equal dash's own; any bytes end without a traceback."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tlslint.files import Files
from tlslint.model import SourceFile
from tlslint.parsers.courier.shell import Shell
from tlslint.parsers.courier.syntax import Reader, Simple

LINES = st.sampled_from(
    [  # noqa: RUF005 (rows of a table)
        "A=1",
        "A='x y'",
        'B="$A z"',
        "B=${A:-q}",
        "C=$B$A",
        "C=${C:=w}",
        "A=a#b",
        "A=a # b",
        "B=x\\",
        "A = 1",
        "A=1 B=2",
        "A=1 true",
        "export C=e",
        "unset A",
    ]
    + [
        "if true; then A=t; else A=e; fi",
        "if false",
        "then B=n",
        "fi",
        '[ -n "$A" ] && B=has',
        'test "$A" = 1 || C=not1',
        '[ ! -n "$A" ] && B=empty',
        'test ! "$A" = 1 && C=other',
        '[ "$A" -eq 1 ] && C=one',
        "[ 2 -ne 01 ] && B=two",
        ": ${D:=d}",
        "readonly Z=1",
    ]
    + [
        "A='open",
        'B="open',
        "# comment",
        "",
        "{ A=g; }",
        "! true && A=no",
        "A=\\$B",
        'A="\\$B \\x"',
        "A=`echo 1`",
        "B=$(echo 2)",
        "(A=sub)",
        "C=x;A=y",
        "fi",
    ]
)


def evaluated(folder: Path, text: str) -> Shell:
    (folder / "f").write_text(text)
    shell = Shell(Files((str(folder),), str(folder), (("/", str(folder)),)), {})
    shell.source("/f")
    return shell


@pytest.mark.skipif(shutil.which("dash") is None, reason="needs dash to compare with")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=8))
def test_variables_equal_those_of_dash(tmp_path: Path, lines: list[str]) -> None:
    shell = evaluated(tmp_path, "\n".join(lines) + "\n")
    script = f'. {tmp_path}/f; for v in A B C; do eval "printf \'%s=%s@\' $v \\"\\${{$v-UNSET}}\\""; done'
    done = subprocess.run(
        ["env", "-i", "PATH=/nonexistent", shutil.which("dash") or "", "-c", script], capture_output=True, text=True, check=False
    )
    if shell.stopped or not done.stdout:
        assert bool(shell.stopped) == (not done.stdout), (shell.stopped, done)
        return
    seen = dict(part.partition("=")[::2] for part in done.stdout.split("@") if part)
    for name in "ABC":
        variable = shell.get(name)
        if not variable.unknown:
            assert seen[name] == ("UNSET" if variable.value is None else variable.value), name


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("-f /etc/f", "yes"), ("-e /etc/f", "yes"), ("-r /etc/f", "yes"), ("-d /etc/f", "no"), ("-d /etc/d", "yes"), ("-e /etc/d", "yes"),
        ("-f /etc/d", "no"), ("-f /etc/none", "no"), ("! -f /etc/none", "yes"), ("! -f /etc/f", "no"), ("-f /opt/none", None),
        ("-f f", None),
    ],
)  # fmt: skip
def test_questions_about_files(question: str, answer: str | None, tmp_path: Path) -> None:
    """test(1), of the host that is looked at; what a copy of /etc does not show is not known."""
    (tmp_path / "etc/d").mkdir(parents=True)
    (tmp_path / "etc/f").write_text("x")
    said = evaluated(tmp_path, f"A=no\n[ {question} ] && A=yes\n").get("A")
    assert (None if said.unknown else said.value) == answer


@pytest.mark.parametrize(("path", "stops"), [("/etc/none", True), ("/opt/none", False)])
def test_a_file_that_is_not_there_ends_the_shell(path: str, stops: bool, tmp_path: Path) -> None:
    """`.` of dash; where its folder was not seen nothing is known of what it would have set."""
    (tmp_path / "etc").mkdir()
    shell = evaluated(tmp_path, f"A=1\n. {path}\nB=2\n")
    assert bool(shell.stopped) is stops
    if not stops:
        assert shell.get("A").unknown
        assert shell.get("B").value == "2"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="A=$ {}()\"'`\\;&|<>#\n\tif then!x-:", max_size=60))
def test_no_text_raises(tmp_path: Path, text: str) -> None:
    evaluated(tmp_path, text)
    Reader(SourceFile("x", text.encode())).commands()


def test_depth_and_length_are_bounded(tmp_path: Path) -> None:
    for text in (
        "if true; then " * 5000,
        "{ " * 5000,
        "! " * 5000,
        "A=${A:-" * 5000,
        "$(" * 5000,
        "A=1;" * 20000,
        "true && " * 5000,
        'A="' + "x" * 10**6,
    ):
        evaluated(tmp_path, text)


@pytest.mark.parametrize("text", ["A=1\n;;\nB=2", "&& A=1", "| A=1", "A=1 ;; B=2", "if true; then ;; fi"])
def test_operator_in_place_of_a_command_is_a_syntax_error(tmp_path: Path, text: str) -> None:
    """What stands before it counts; the shell ends there."""
    assert evaluated(tmp_path, text).stopped


@given(st.lists(LINES, max_size=8))
def test_assignments_stand_where_they_say(lines: list[str]) -> None:
    """A fix replaces just these bytes."""
    text = "\n".join(lines)
    at = 0
    for command in Reader(SourceFile("x", text.encode())).commands():
        if isinstance(command, Simple):
            assert at <= command.start <= command.end <= len(text)
            at = command.start
            for name, word in command.assignments:
                assert text[word.start - len(name) - 1 : word.start] == f"{name}="
                assert command.start <= word.start <= word.end <= command.end
