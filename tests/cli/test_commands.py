"""Commands, options and exit codes as people and scripts meet them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from tlslint.cli.shared import write

from tests.support.cli import tlslint

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_configs"
SCHEMAS = REPOSITORY / "docs" / "schemas"


def schema(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((SCHEMAS / name).read_text())
    return found


def test_findings_as_json_are_what_the_schema_says() -> None:
    ran = tlslint("--output-format", "json", SAMPLES)
    document = json.loads(ran.out)
    jsonschema.validate(document, schema("findings.schema.json"))
    assert document["findings"]
    assert document["summary"]["findings"] == len(document["findings"])
    assert len({finding["fingerprint"] for finding in document["findings"]}) == len(document["findings"])


def test_effective_as_json_is_what_the_schema_says() -> None:
    ran = tlslint("effective", "--output-format", "json", SAMPLES)
    document = json.loads(ran.out)
    jsonschema.validate(document, schema("effective.schema.json"))
    assert {instance["service"] for instance in document["instances"]} >= {"httpd"}
    assert ran.code == 0


def test_same_input_same_output() -> None:
    assert tlslint(SAMPLES).out == tlslint(SAMPLES).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([SAMPLES / "apache" / "weak"], 1),
        ([SAMPLES / "apache" / "weak", "--exit-zero"], 0),
        ([SAMPLES / "apache" / "weak", "--fail-on", "critical"], 0),
        ([SAMPLES / "apache" / "weak", "--fail-on", "never"], 0),
        ([SAMPLES / "apache" / "weak", "--select", "TLS206"], 1),
        ([SAMPLES / "apache" / "weak", "--select", "no-forward-secrecy", "--ignore", "TLS301"], 0),
        ([SAMPLES / "apache" / "repaired", "--target", "debian-12", "--fail-on", "error"], 0),
    ],
)
def test_exit_code_says_whether_something_was_found(arguments: list[object], code: int) -> None:
    assert tlslint(*arguments).code == code


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["/nowhere/at/all"], "does not exist"),
        ([SAMPLES, "--target", "windows-95"], "no target is called 'windows-95'"),
        ([SAMPLES, "--profile", "mozila-modern"], "did you mean mozilla-modern?"),
        ([SAMPLES, "--select", "TLS999"], "no rule is called 'TLS999'"),
        (["explain", "deprecated-versions"], "did you mean deprecated-version?"),
        (["-"], "--stdin-filename"),
        ([SAMPLES, "--root", "/nowhere"], "/nowhere is not a directory"),
        ([SCHEMAS], "nothing to read"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(arguments: list[object], sentence: str) -> None:
    ran = tlslint(*arguments)
    assert ran.code == 2
    assert sentence in ran.err
    assert ran.err.count("\n") == 1
    assert not ran.out


def test_a_single_file_is_judged_as_part_of_its_server_and_only_its_findings_are_shown() -> None:
    site = SAMPLES / "apache" / "weak" / "etc" / "apache2" / "sites-available" / "www.conf"
    ran = tlslint("--output-format", "json", site)
    findings = json.loads(ran.out)["findings"]
    assert {finding["rule"] for finding in findings} >= {"TLS103", "TLS814"}
    assert {Path(finding["location"]["path"]).name for finding in findings} == {"www.conf"}


def test_standard_input_has_the_format_of_its_name(tmp_path: Path) -> None:
    text = b"smtpd_tls_securty_level = may\n"
    ran = tlslint("--stdin-filename", tmp_path / "postfix" / "main.cf", "-", "--output-format", "concise", standard_input=text)
    assert ran.code == 1
    assert "TLS801" in ran.out


def test_version_and_help() -> None:
    assert tlslint("--version").out.startswith("tlslint 0.")
    for command in ("check", "effective", "explain", "rules", "ciphers"):
        ran = tlslint(command, "--help")
        assert ran.code == 0
        assert "Usage: " in ran.out


def test_explain_shows_the_manual_page_with_examples() -> None:
    by_code, by_name = tlslint("explain", "TLS102"), tlslint("explain", "deprecated-version")
    assert by_code.out == by_name.out
    assert "Use instead: TLS 1.2 and 1.3" in by_code.out
    assert "SSLProtocol all -SSLv3" in by_code.out
    assert "«" not in by_code.out


def test_output_file(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    ran = tlslint(SAMPLES, "--output-file", target)
    assert not ran.out
    assert "findings:" in target.read_text()


def interrupted() -> Iterator[str]:
    yield "new"
    raise KeyboardInterrupt


def test_a_report_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write(interrupted(), str(target))
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]
    assert target.read_text() == "old"
    ran = tlslint(SAMPLES, "--output-file", tmp_path / "missing" / "report.txt")
    assert ran.code == 2
    assert ran.err.endswith("cannot be written: No such file or directory\n")


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b[" not in tlslint(SAMPLES).out
    assert "\x1b[" in tlslint(SAMPLES, "--color", "always").out
    assert "\x1b[" in tlslint(SAMPLES, env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in tlslint(SAMPLES, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m tlslint {SAMPLES} | head -n 1"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


UNNEEDED = ("pyparsing", "ruamel", "cryptography", "dataclasses", "importlib.metadata", "pathlib", "socket", "subprocess", "asyncio")


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--version"], (*UNNEEDED, "click", "json", "re")),
        (["--exit-zero", str(SAMPLES / "apache" / "weak")], tuple(name for name in UNNEEDED if name not in ("dataclasses", "pathlib"))),
    ],
)
def test_nothing_is_imported_before_it_is_needed(arguments: list[str], unneeded: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", "-c", "from tlslint.cli.main import run; run()", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded = [line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")]
    assert "tlslint.cli.main" in loaded
    # what site and the editable installation's finder bring is not ours
    own = loaded[loaded.index("tlslint.cli.main") :]
    assert not [name for name in own if name in unneeded or name.split(".")[0] in unneeded]


VHOST = """<VirtualHost *:443>
    ServerName www.example.org
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCertificateFile /etc/ssl/certs/www.pem
    Header always set Strict-Transport-Security "max-age=63072000"
</VirtualHost>
"""
MAIN_CF = "smtpd_tls_security_level = may\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n"
HOOKED = [
    # one site that is well kept: nothing is told apart by a fingerprint, and no other format is asked
    ("sites-enabled/www.conf", VHOST, ("hashlib", "base64", "tlslint.parsers.postfix", "tlslint.parsers.openldap", "tlslint.engine.fix")),
    # a mail server sends no headers
    ("main.cf", MAIN_CF, ("hashlib", "base64", "tlslint.parsers.dovecot", "tlslint.checks.headers", "tlslint.engine.fix")),
]


@pytest.mark.parametrize(("name", "text", "unneeded"), HOOKED, ids=[name for name, *_ in HOOKED])
def test_a_commit_hook_waits_for_nothing_it_does_not_need(tmp_path: Path, name: str, text: str, unneeded: tuple[str, ...]) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    # the run ends without coming back; modules imported by name are in no -X importtime
    listing = "import os, sys; end = os._exit; os._exit = lambda code: (print('loaded:', *sys.modules), end(code))"
    command = [sys.executable, "-c", f"{listing}; from tlslint.cli.main import run; run()", "--isolated", path]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    told, _, loaded = result.stdout.partition("loaded: ")
    assert "nothing to report: 1 file read, 1 endpoint" in told
    own = [module for module in loaded.split() if module not in sys.builtin_module_names]
    assert "tlslint.engine.run" in own
    assert not [module for module in own if module.startswith((*UNNEEDED[:3], *unneeded))]
