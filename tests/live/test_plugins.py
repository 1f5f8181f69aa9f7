"""The example package of the documentation, installed as people install it; and packages that must not be loaded."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "docs" / "examples" / "plugin"
FORMAT = REPOSITORY / "docs" / "examples" / "format-plugin"
SITE = "ServerName x.example.test\nListen 443\nSSLEngine on\nSSLCertificateFile /etc/ssl/own.pem\n"
ROGUE = "print('owned')\nRULES = []\n"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own that sees this one's packages, with the example in it."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    packages = next(folder.glob("lib/python3*/site-packages"))
    (packages / "base.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    source = shutil.copytree(EXAMPLE, folder / "source")  # building leaves files beside the sources
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target", str(packages), str(source)],
        check=True,
        timeout=180,
    )
    return folder / "bin" / "python"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "apache2.conf").write_text(SITE)
    (tmp_path / ".tlslint.yaml").write_text("plugins: [acme]\n")
    return tmp_path


def run(python: Path, where: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "tlslint", *arguments]
    return subprocess.run(command, cwd=where, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60)


def test_the_example_reports_explains_and_is_ignored_like_any_rule(python: Path, repository: Path) -> None:
    ran = run(python, repository, "--select", "ACME", "--output-format", "concise")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert (
        "apache2.conf:4:20: warning ACME101 certificate-elsewhere: x.example.test:443 has its certificate at /etc/ssl/own.pem" in ran.stdout
    )
    assert "Use instead: a certificate below /etc/acme/live" in run(python, repository, "explain", "ACME101").stdout
    assert "ACME101  certificate-elsewhere" in run(python, repository, "rules").stdout
    for name in ("sarif", "html", "json", "junit", "markdown", "gitlab"):
        assert "ACME101" in run(python, repository, "--select", "ACME", "--output-format", name).stdout, name
    (repository / "apache2.conf").write_text(SITE.replace("SSLCert", "# tlslint: ignore[certificate-elsewhere] known\nSSLCert", 1))
    assert run(python, repository, "--select", "ACME,TLS812").returncode == 0


def test_what_the_settings_do_not_name_is_not_loaded(python: Path, repository: Path) -> None:
    (repository / ".tlslint.yaml").unlink()
    ran = run(python, repository, "--select", "ACME")
    assert ran.returncode == 2
    assert "no rule is called 'ACME'" in ran.stderr
    assert "ACME101" not in run(python, repository).stdout


def test_a_name_nobody_has_is_a_sentence_with_its_place(python: Path, repository: Path) -> None:
    (repository / ".tlslint.yaml").write_text("plugins: [acme, amce]\n")
    ran = run(python, repository)
    assert ran.returncode == 2
    assert ran.stderr == "tlslint: .tlslint.yaml:1:17: no installed package has a plugin called 'amce'; there are acme\n"


def test_nothing_is_loaded_from_the_scanned_tree(python: Path, repository: Path) -> None:
    """A pull request brings a package of its own, and one that goes by the name of the installed one."""
    info = repository / "rogue-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rogue\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tlslint.checks]\nrogue = rogue:RULES\n")
    for name in ("rogue", "acme_tlslint", "click", "tlslint_rogue"):
        (repository / f"{name}.py").write_text(ROGUE)
    (repository / ".tlslint.yaml").write_text("plugins: [rogue]\n")
    ran = run(python, repository)
    assert ran.returncode == 2
    assert "no installed package has a plugin called 'rogue'" in ran.stderr
    assert "owned" not in ran.stdout
    (repository / ".tlslint.yaml").write_text("plugins: [acme]\n")
    ran = run(python, repository, "--select", "ACME")
    assert "ACME101" in ran.stdout
    assert "owned" not in ran.stdout


def test_a_plugin_that_breaks_is_a_sentence(python: Path, repository: Path, tmp_path: Path) -> None:
    packages = next(python.parents[1].glob("lib/python3*/site-packages"))
    info = packages / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "broken = broken_plugin:RULES\nempty = broken_plugin:NOTHING\ntaken = broken_plugin:TAKEN\n"
    (info / "entry_points.txt").write_text(f"[tlslint.checks]\n{points}[tlslint.formats]\nhollow = broken_plugin\n")
    (packages / "broken_plugin.py").write_text(
        "from tlslint.checks.rule import EndpointRule\nclass A(EndpointRule):\n    code, name = 'TLS102', 'a'\nNOTHING = 5\nTAKEN = [A]\n"
    )
    for name, sentence in (
        ("broken", "AttributeError"),
        ("empty", "no list of rules"),
        ("taken", "TLS102 is taken by"),
        ("hollow", "ModuleNotFoundError"),
    ):
        (repository / ".tlslint.yaml").write_text(f"plugins: [{name}]\n")
        ran = run(python, repository)
        assert ran.returncode == 2, name
        assert sentence in ran.stderr
        assert ran.stderr.count("\n") == 1


STUNNEL = """; every service
sslVersionMin = TLSv1.2

[imaps]
accept = 993
connect = 143
ciphers = ECDHE+AESGCM:AES128-SHA

[old]
accept = 994
connect = 143
sslVersionMin = TLSv1.1
ciphers = ECDHE+AES:@SECLEVEL=0
"""


def test_a_format_is_found_judged_shown_and_mended_like_any(python: Path, tmp_path: Path) -> None:
    """Known to importlib.metadata by hand, as an installer would have done it."""
    packages = next(python.parents[1].glob("lib/python3*/site-packages"))
    shutil.copytree(FORMAT / "stunnel_tlslint", packages / "stunnel_tlslint")
    info = packages / "stunnel_tlslint-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stunnel-tlslint\nVersion: 1.0\n")
    points = tomllib.loads((FORMAT / "pyproject.toml").read_text())["project"]["entry-points"]["tlslint.formats"]
    (info / "entry_points.txt").write_text("[tlslint.formats]\n" + "".join(f"{name} = {package}\n" for name, package in points.items()))
    written = tmp_path / "etc" / "stunnel" / "mail.conf"
    written.parent.mkdir(parents=True)
    written.write_text(STUNNEL)
    assert "nothing to read" in run(python, tmp_path).stderr, "it counts when the settings name it"
    (tmp_path / ".tlslint.yaml").write_text("plugins: [stunnel]\n")
    ran = run(python, tmp_path, "--output-format", "concise", "--target", "debian-12")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "etc/stunnel/mail.conf:12:17: error TLS102 deprecated-version: old (994) offers TLS 1.1" in ran.stdout
    assert (
        "etc/stunnel/mail.conf:7:24: info TLS301 no-forward-secrecy: imaps (993) offers suites without forward secrecy if its" in ran.stdout
    )
    shown = run(python, tmp_path, "effective", "--target", "debian-12").stdout
    assert re.search(r"^stunnel +imaps \(993\) +TLS +1\.2 1\.3 +\d+ +server", shown, re.MULTILINE)
    diff = run(python, tmp_path, "--diff", "--unsafe-fixes", "--select", "TLS102", "--target", "debian-12")
    assert "-sslVersionMin = TLSv1.1\n+sslVersionMin = TLSv1.2\n" in diff.stdout
    ran = run(python, tmp_path, "--fix", "--unsafe-fixes", "--select", "TLS102,TLS301", "--target", "debian-12")
    assert ran.returncode == 0, ran.stdout
    assert "to make it count: systemctl reload stunnel4" in ran.stderr
    assert run(python, tmp_path, "--select", "TLS102,TLS301", "--target", "debian-12").returncode == 0
    assert written.read_text().startswith("; every service\nsslVersionMin = TLSv1.2\n"), "what is right stays as it is"
