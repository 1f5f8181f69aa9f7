"""The single file, in a Debian 12 that has python3 and nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.build_pyz import build
from tests.support import roots

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_configs"


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pyz") / "tlslint.pyz"
    build(target)
    return target


def test_the_single_file_says_what_the_installed_program_says(pyz: Path) -> None:
    def said(*program: str) -> str:
        command = [*program, "--exit-zero", "--output-format", "json", "--report", "html=/dev/null", "sample_configs"]
        return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=60).stdout

    alone = json.loads(said(sys.executable, "-I", str(pyz)))
    installed = json.loads(said(sys.executable, "-m", "tlslint"))
    assert alone == installed
    assert len(alone["findings"]) > 10


def test_building_it_again_gives_the_same_bytes(pyz: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.pyz")
    assert (tmp_path / "again.pyz").read_bytes() == pyz.read_bytes()


def test_it_runs_where_there_is_only_python3_and_lints_etc(pyz: Path, tmp_path: Path) -> None:
    bare = roots.root("bookworm", "python3", ("python3",), tools=())
    root = tmp_path / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", str(bare), str(root)], check=True, timeout=120)
    try:
        shutil.copy(pyz, root / "tlslint.pyz")
        shutil.copytree(SAMPLES / "apache" / "weak" / "etc" / "apache2", root / "etc" / "apache2", symlinks=True)
        (root / "etc" / "postfix").mkdir()
        (root / "etc" / "postfix" / "main.cf").write_text("smtpd_tls_securty_level = may\n")

        def run(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(["chroot", str(root), *command], check=False, capture_output=True, text=True, timeout=60)

        assert run("python3", "-c", "import click").returncode == 1, "nothing of ours is there"
        assert run("python3", "-m", "pip").returncode == 1
        assert run("/tlslint.pyz", "--version").stdout.startswith("tlslint ")
        ran = run("/tlslint.pyz", "--report", "html=/tmp/r.html", "--report", "sarif=/tmp/r.sarif", "/etc")
        assert ran.returncode == 1, ran.stderr
        assert ran.stderr == ""
        assert "TLS801" in ran.stdout
        assert " etc/apache2/sites-available/www.conf:27:25" in ran.stdout
        assert (root / "tmp" / "r.html").read_text().startswith("<!DOCTYPE html>")
        assert len(json.loads((root / "tmp" / "r.sarif").read_text())["runs"][0]["results"]) > 5
        assert "postfix" in run("python3", "/tlslint.pyz", "effective", "/etc").stdout
        (root / "etc" / ".tlslint.yaml").write_text("ignore: [TLS]\n")
        assert run("/tlslint.pyz", "/etc").returncode == 1, "settings in what is scanned do not count"
    finally:
        shutil.rmtree(root)
