"""Any bytes: read without loss, never a traceback, in linear time."""

import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tlslint.model import SourceFile
from tlslint.parsers.dovecot import evaluate
from tlslint.parsers.dovecot.syntax import statements

from tests.support import mail

ROOT = "/etc/dovecot/dovecot.conf"
PIECES = st.sampled_from(
    [  # noqa: RUF005 (rows of a table)
        "ssl = yes",
        "ssl_cert = </x",
        "protocol imap {",
        "}",
        "local 10.0.0.0/8 {",
        "!include x.conf",
        "!include_try *",
        "\\",
        "# c",
        "a\\",
        '"',
        "'",
        "= x",
    ]
    + [
        "service imap-login {",
        "inet_listener imaps {",
        "port = 0",
        "ssl_min_protocol = TLSv1.2 # x",
        "$ssl",
        "x = $ssl",
        "\0",
        "\ufeff",
        "local_name a b {",
    ]
    + [
        "dovecot_config_version = 2.4.0",
        "group @a b {",
        "@a = b",
        "ssl_server {",
        "cert_file = /x",
        "ssl_cipher_list = $SET:ssl_cipher_list",
    ]
)


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=12).map(lambda lines: "\n".join(lines).encode())), st.booleans())
def test_statements_joined_are_the_file(data: bytes, quoted_keys: bool) -> None:
    file = SourceFile("dovecot.conf", data)
    found = list(statements(file, quoted_keys=quoted_keys))
    assert b"".join(statement.whole.data for statement in found) == data
    for statement in found:
        for span in (statement.span, statement.key_span, statement.value_span):
            assert statement.whole.start <= span.start <= span.end <= statement.whole.end


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=14), st.sampled_from(["debian-11", "debian-12", "debian-13"]))
def test_no_text_raises(tmp_path: Path, lines: list[str], target: str) -> None:
    text = "\n".join(lines)
    instance = mail.text_as(evaluate, {ROOT: text, "/etc/dovecot/x.conf": text}, tmp_path, ROOT, target)
    assert instance.service == "dovecot"


def test_include_loops_end(tmp_path: Path) -> None:
    instance = mail.text_as(evaluate, {ROOT: "!include a.conf\n", "/etc/dovecot/a.conf": "!include dovecot.conf\n"}, tmp_path, ROOT)
    assert instance.starts.holds(False)


def test_includes_that_double_end(tmp_path: Path) -> None:
    files = {f"/etc/dovecot/{number}.conf": f"!include {number + 1}.conf\n" * 2 for number in range(40)}
    mail.text_as(evaluate, {ROOT: "!include 0.conf\n", **files, "/etc/dovecot/40.conf": ""}, tmp_path, ROOT)


def test_huge_lines_take_linear_time(tmp_path: Path) -> None:
    began = time.perf_counter()
    for text in (
        "ssl_cipher_list = " + "'\"" * 200_000,
        "x " * 200_000,
        "a\\\n" * 100_000,
        "protocol imap {\n" * 20_000,
        "!include " + "*a" * 5_000,
    ):
        mail.text_as(evaluate, {ROOT: text}, tmp_path, ROOT)
    assert time.perf_counter() - began < 20
