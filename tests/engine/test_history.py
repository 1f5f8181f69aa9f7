"""`--history`: real repositories, written commit by commit, and what the rules make of how long a value has stood."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dulwich import porcelain

from tests.support.cli import tlslint

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FILE = "public/.htaccess"


class Work:
    """A work tree with a history of one file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        porcelain.init(str(root)).close()

    def commit(self, text: str, days_ago: float, *, name: str = FILE) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        porcelain.add(str(self.root), [str(path)])
        when = int((NOW - timedelta(days=days_ago)).timestamp())
        who = b"A <a@example.test>"
        porcelain.commit(
            str(self.root),
            b"change",
            author=who,
            committer=who,
            commit_timestamp=when,
            commit_timezone=0,
            author_timestamp=when,
            author_timezone=0,
        )

    def report(self, *arguments: str) -> str:
        ran = tlslint("check", "--history", "--now", "2026-11-24", "--output-format", "full", "--exit-zero", str(self.root), *arguments)
        assert not ran.err, ran.err
        return ran.out


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "site")


def line(value: str) -> str:
    return f'Header always set Strict-Transport-Security "{value}"\n'


def test_a_stage_that_was_waited_out_may_go_on(work: Work) -> None:
    work.commit(line("max-age=300"), 30)
    work.commit(line("max-age=604800"), 10)
    work.commit("# a remark\n" + line("max-age=604800"), 2)
    assert "write max-age=2592000" in work.report()
    ran = tlslint("check", "--history", "--now", "2026-11-24", "--fix", "--unsafe-fixes", "--exit-zero", str(work.root))
    assert "max-age=2592000" in (work.root / FILE).read_text(), ran.err
    ran = tlslint("check", "--history", "--now", "2026-11-24", "--fix", "--unsafe-fixes", "--exit-zero", str(work.root))
    assert "max-age=2592000" in (work.root / FILE).read_text(), "the next stage has not even begun"


def test_a_stage_that_has_just_begun_must_be_waited_out(work: Work) -> None:
    work.commit(line("max-age=604800"), 3)
    assert "once it has been waited out without trouble, write max-age=2592000" in work.report()


def test_a_value_that_came_back_begins_anew(work: Work) -> None:
    work.commit(line("max-age=604800"), 90)
    work.commit(line("max-age=0"), 60)
    work.commit(line("max-age=604800"), 1)
    assert "once it has been waited out" in work.report()


def test_a_longer_value_is_another_one(work: Work) -> None:
    work.commit(line("max-age=3000") + line("max-age=300; preload"), 60)
    work.commit(line("max-age=300"), 0)
    assert "once it has been waited out" in work.report()


def test_preload_after_two_months_is_not_premature(work: Work) -> None:
    work.commit(line("max-age=63072000; includeSubDomains; preload"), 60)
    assert "TLS511" not in work.report()


def test_preload_of_yesterday_is_premature_for_sure(work: Work) -> None:
    work.commit(line("max-age=63072000; includeSubDomains"), 60)
    work.commit(line("max-age=63072000; includeSubDomains; preload"), 1)
    told = work.report()
    assert "premature: this value has stood for 1 day" in told
    assert "confidence: low" not in told


def test_what_is_not_committed_has_not_stood_at_all(work: Work) -> None:
    work.commit("# nothing\n", 60)
    (work.root / FILE).write_text(line("max-age=63072000; includeSubDomains; preload"))
    assert "this value has stood for 0 seconds" in work.report()


def test_outside_a_repository_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / ".htaccess").write_text(line("max-age=63072000; includeSubDomains; preload"))
    ran = tlslint("check", "--history", "--now", "2026-11-24", "--exit-zero", str(tmp_path / ".htaccess"))
    assert "premature unless" in ran.out


def test_a_broken_repository_is_no_repository(work: Work) -> None:
    work.commit(line("max-age=604800"), 10)
    (work.root / ".git" / "HEAD").write_text("ref: nowhere\n")
    work.report()
    (work.root / ".git" / "HEAD").unlink()
    work.report()


def test_no_process_no_hook_and_nothing_written(work: Work) -> None:
    work.commit(line("max-age=604800"), 10)
    hook = work.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ntouch "$0.ran"\n')
    hook.chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in sorted(work.root.rglob("*"))}
    watched = (
        "import sys\n"
        "sys.addaudithook(lambda event, args: sys.exit(f'{event} {args}') if event.startswith(('subprocess', 'os.exec', 'os.posix_spawn', "
        "'os.fork', 'socket.connect')) else None)\n"
        "from tlslint.cli.main import run\nrun()\n"
    )
    command = [sys.executable, "-c", watched, "check", "--history", "--exit-zero", str(work.root)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": ""}, check=False)
    assert ran.returncode == 0, ran.stderr
    assert before == {path: path.stat().st_mtime_ns for path in sorted(work.root.rglob("*"))}


def test_without_the_library_one_sentence(work: Work) -> None:
    work.commit(line("max-age=604800"), 10)
    hidden = "import sys\nsys.modules['dulwich'] = None\nfrom tlslint.cli.main import run\nrun()\n"
    command = [sys.executable, "-c", hidden, "check", "--history", str(work.root)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == "tlslint: --history needs a library that reads git repositories: pip install 'tlslint[history]'\n"
