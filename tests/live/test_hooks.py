"""The hook as people meet it: a real `git commit` through pre-commit and prek, from a clone of this tree; and the CI templates, run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scripts import build_hooks

REPOSITORY = Path(__file__).parents[2]
HOOKS = YAML(typ="safe").load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is missing: apt-get install git")

CONFIG = """default_install_hook_types: [pre-commit]
repos:
  - repo: {hooks}
    rev: v0
    hooks:
      - id: tlslint
"""
ROOT = """ServerName host.example.test
LoadModule ssl_module x.so
LoadModule socache_shmcb_module x.so
LoadModule headers_module x.so
Listen 443
SSLCertificateFile /etc/ssl/certs/ssl-cert-snakeoil.pem
SSLCertificateKeyFile /etc/ssl/private/ssl-cert-snakeoil.key
IncludeOptional sites-enabled/*.conf
"""
SITE = """<VirtualHost *:443>
    ServerName {name}.example.test
    SSLEngine on
    SSLProtocol {protocol}
    SSLCipherSuite ECDHE+AESGCM
    SSLHonorCipherOrder on
    Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"
</VirtualHost>
"""
GOOD, BAD = "-all +TLSv1.2 +TLSv1.3", "-all +TLSv1.2"


def run(*command: object, cwd: Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    names = {"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    settings = {
        **clean,
        **dict.fromkeys(names, "tester@example.test"),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        **environment,
    }
    return subprocess.run([str(word) for word in command], cwd=cwd, env=settings, text=True, capture_output=True, check=check, timeout=300)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as a repository with a tag, as people's pre-commit would clone it."""
    there = tmp_path_factory.mktemp("hooks")
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=REPOSITORY).stdout.split("\0")
    for name in filter(None, names):
        if name.startswith(("tests/", "docs/")) or not (REPOSITORY / name).is_file():
            continue
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, there / name)
    run("git", "init", "-q", cwd=there)
    run("git", "add", "-A", cwd=there)
    run("git", "commit", "-qm", "as it is", cwd=there)
    run("git", "tag", "v0", cwd=there)
    return there


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """A repository of configurations with an old fault in it that nobody touches."""
    there = tmp_path / "consumer"
    (there / "web" / "sites-enabled").mkdir(parents=True)
    (there / "web" / "apache2.conf").write_text(ROOT)
    (there / "web" / "sites-enabled" / "a.conf").write_text(SITE.format(name="a", protocol=GOOD))
    (there / "web" / "sites-enabled" / "old.conf").write_text(SITE.format(name="old", protocol=BAD))
    (there / "README.md").write_text("x\n")
    run("git", "init", "-q", cwd=there)
    run("git", "add", "-A", cwd=there)
    run("git", "commit", "-qm", "begin", cwd=there)
    return there


def test_the_hooks_are_those_of_the_layouts() -> None:
    assert (REPOSITORY / ".pre-commit-hooks.yaml").read_text() == build_hooks.text(), "run make docs"
    assert [hook["id"] for hook in HOOKS] == ["tlslint", "tlslint-all"]
    assert all(hook["require_serial"] for hook in HOOKS)
    for hook in HOOKS:
        pattern = re.compile(hook["files"])
        for path in (
            "etc/postfix/main.cf",
            "main.cf",
            "apache2/sites-available/www.conf",
            "web/.htaccess",
            "a/imapd-ssl",
            "x/dovecot/conf.d/10-ssl.conf",
            "x y/tls.ldif",
        ):
            assert pattern.search(path), path
        for path in ("README.md", "src/main.c", "main.cf.bak", "apache2.conf~", "pyproject.toml", "conf/app.conf"):
            assert not pattern.search(path), path


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_a_commit_is_refused_and_passes_after_fix(runner: str, hooks: Path, consumer: Path, tmp_path: Path) -> None:
    homes = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "PREK_HOME": str(tmp_path / "home")}
    (consumer / ".pre-commit-config.yaml").write_text(CONFIG.format(hooks=hooks.as_uri()))
    run("git", "add", "-A", cwd=consumer)
    run(runner, "install", cwd=consumer, **homes)
    site = consumer / "web" / "sites-enabled" / "a.conf"
    site.write_text(SITE.format(name="a", protocol=BAD))
    (consumer / "README.md").write_text("y\n")
    run("git", "add", "-A", cwd=consumer)
    refused = run("git", "commit", "-m", "weaken", cwd=consumer, check=False, **homes)
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1, said
    assert "TLS103" in said
    assert "web/sites-enabled/a.conf:4:17" in said
    assert "old.conf" not in said, "what others left is not this commit's"
    assert run("git", "log", "--format=%s", cwd=consumer).stdout == "begin\n"
    run("tlslint", "--fix", "web/sites-enabled/a.conf", cwd=consumer, check=False)
    assert "TLSv1.3" in site.read_text()
    run("git", "add", "-A", cwd=consumer)
    passed = run("git", "commit", "-m", "strengthen", cwd=consumer, check=False, **homes)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert run("git", "log", "-1", "--format=%s", cwd=consumer).stdout == "strengthen\n"
    # what a setting elsewhere does to the committed file is this commit's; what it does to others' is not
    (consumer / "notes.txt").write_text("nothing for us\n")
    run("git", "add", "-A", cwd=consumer)
    assert run("git", "commit", "-m", "notes", cwd=consumer, check=False, **homes).returncode == 0


def test_the_second_hook_reports_the_whole_repository(hooks: Path, consumer: Path, tmp_path: Path) -> None:
    home = {"PREK_HOME": str(tmp_path / "home")}
    (consumer / ".pre-commit-config.yaml").write_text(CONFIG.format(hooks=hooks.as_uri()).replace("id: tlslint", "id: tlslint-all"))
    (consumer / "web" / "sites-enabled" / "a.conf").write_text(SITE.format(name="b", protocol=GOOD))
    run("git", "add", "-A", cwd=consumer)
    ran = run("prek", "run", cwd=consumer, check=False, **home)
    assert ran.returncode == 1
    assert "old.conf" in ran.stdout + ran.stderr


def test_the_github_action_does_what_it_says(consumer: Path, tmp_path: Path) -> None:
    """Its own steps, run by bash as the runner would."""
    action = YAML(typ="safe").load((REPOSITORY / "action.yml").read_text())
    (consumer / "web" / "sites-enabled" / "a.conf").write_text(
        SITE.format(name="a", protocol=BAD).replace("    SSLProtocol", "    # tlslint: ignore[TLS103] known\n    SSLProtocol")
    )
    summary, output = tmp_path / "summary", tmp_path / "output"
    environment = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(REPOSITORY),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(output),
        "TLSLINT_PATH": "web",
        "TLSLINT_ARGS": "--select TLS103",
        "TLSLINT_SARIF": "out.sarif",
    }
    venv = tmp_path / "tlslint" / "bin"
    for step in action["runs"]["steps"]:
        assert set(step.get("env", {})) <= set(environment)
        script = step["run"]
        assert "${{" not in script, "no expression stands in a script"
        if step["name"] == "Install tlslint":
            assert '"$GITHUB_ACTION_PATH[certificates]"' in script
            venv.mkdir(parents=True)  # what it installs is tested with the hook; here the one that is installed does
            (venv / "tlslint").symlink_to(BIN / "tlslint")
            continue
        ran = run("bash", "-eo", "pipefail", "-c", script, cwd=consumer, check=False, **environment)
        assert ran.returncode == 1, ran.stderr
        assert re.search(r"^::warning file=web/sites-enabled/old.conf,line=4,", ran.stdout, re.MULTILINE)
    assert summary.read_text().startswith("## tlslint: 1 warning")
    assert output.read_text() == "sarif=out.sarif\n"
    (result,) = json.loads((consumer / "out.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "web/sites-enabled/old.conf"


def test_the_gitlab_job_does_what_it_says(consumer: Path) -> None:
    job = YAML(typ="safe").load((REPOSITORY / "docs" / "examples" / "gitlab-ci.yml").read_text())["tlslint"]
    (script,) = job["script"]
    ran = run("bash", "-ec", script, cwd=consumer, check=False, **job["variables"])
    assert ran.returncode == 1, ran.stderr
    for kind, name in job["artifacts"]["reports"].items():
        assert (consumer / name).stat().st_size > 100, kind
    for name in job["artifacts"]["paths"]:
        assert (consumer / name).stat().st_size > 100


def test_the_workflow_example_is_yaml_that_names_the_action_s_inputs() -> None:
    workflow = YAML(typ="safe").load((REPOSITORY / "docs" / "examples" / "github-workflow.yml").read_text())
    action = YAML(typ="safe").load((REPOSITORY / "action.yml").read_text())
    (step,) = [step for step in workflow["jobs"]["tlslint"]["steps"] if step.get("id") == "tlslint"]
    assert set(step["with"]) <= set(action["inputs"])
