"""`tlslint ciphers`, through its own command."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tlslint.cli.ciphers import command

ANSWERS = Path(__file__).parents[1] / "data" / "ciphers"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, list(arguments), prog_name="tlslint ciphers")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def test_json_has_exactly_the_promised_keys() -> None:
    code, out, _ = run("--library", "openssl@3.0.20", "--output-format", "json", "ECDHE+AESGCM:!aNULL:@SECLEVEL=1")
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["accepted", "error", "security_level", "suites", "words"]
    assert (answer["accepted"], answer["error"], answer["security_level"]) == (True, None, 1)
    first = answer["suites"][0]
    assert (first["name"], first["iana"], first["id"]) == ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "0x13,0x02")
    assert [word["text"] for word in answer["words"]] == ["ECDHE+AESGCM", "!aNULL", "@SECLEVEL=1"]


@pytest.mark.parametrize(("library", "kind"), [("openssl@1.1.1-weak", "openssl"), ("gnutls@3.7.9", "gnutls")])
def test_a_file_gives_one_object_a_line(library: str, kind: str, tmp_path: Path) -> None:
    with gzip.open(ANSWERS / f"expected-{library.replace('@', '-')}.jsonl.gz", "rt") as lines:
        recorded = [json.loads(line) for line in lines][:300]
    strings = tmp_path / "strings"
    strings.write_text("".join(f"{answer['string']}\n" for answer in recorded))
    code, out, _ = run("--library", library, "--from-file", str(strings))
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [answer["accepted"] for answer in answers] == [answer["ok"] for answer in recorded]
    for answer, real in zip(answers, recorded, strict=True):
        listed = [suite["name"] for suite in answer["suites"]]
        assert listed == (real["ciphers"] if kind == "openssl" else [suite[0] for suite in real.get("suites", ())])


def test_a_refused_string_is_exit_code_1() -> None:
    code, out, _ = run("--library", "gnutls@3.8.9", "NORMAL:-VERS-TLS1.O")
    assert code == 1
    assert out.startswith("gnutls@3.8.9 (3.8.9, Debian 13): refused, GNUTLS_E_INVALID_REQUEST at character 8")


def test_why() -> None:
    _, out, _ = run("--library", "openssl@3.0", "--why", "TLS_RSA_WITH_AES_128_CBC_SHA", "kRSA:+AES:-SHA")
    assert out.splitlines() == ["AES128-SHA is not in the list", "  kRSA  added it", "  +AES  moved it", "  -SHA  removed it"]
    _, out, _ = run("--library", "openssl@3.0", "--why", "RC4-SHA", "ALL")
    assert out.splitlines()[1] == "  openssl@3.0 has no such suite"


def test_diff_of_two_libraries_and_of_two_strings() -> None:
    _, out, _ = run("--diff", "--library", "openssl@1.1.1", "--library", "openssl@1.1.1-weak", "RC4:AES128-SHA")
    assert "+ RC4-SHA" in out.splitlines()
    _, out, _ = run("--diff", "--library", "openssl@3.0", "HIGH:!aNULL", "HIGH:!aNULL:!kRSA")
    assert "- AES128-SHA" in out.splitlines()


@pytest.mark.parametrize(
    "arguments",
    [(), ("a", "b"), ("--library", "openssl@9", "HIGH"), ("--diff", "HIGH"), ("--library", "gnutls@3.8", "--level", "1", "NORMAL")],
)
def test_misuse_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    code, out, error = run(*arguments)
    if arguments == ("--library", "openssl@9", "HIGH"):  # newer than the data: the newest build
        assert code == 0
        return
    assert (code, out) == (2, "")
    assert error.startswith("tlslint: ")
    assert error.count("\n") == 1


def test_hostile_text_is_shown_harmless() -> None:
    _, out, _ = run("--library", "openssl@3.0", "HIGH:\x1b[31mRC4\x1b[0m")
    assert "\x1b" not in out
