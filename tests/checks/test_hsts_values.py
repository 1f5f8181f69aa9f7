"""Values of Strict-Transport-Security: oddities of real files, each with its finding on the right characters; and any text at all."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tlslint.checks.headers import hsts_value

from tests.support.cli import tlslint

ODDITIES = [
    ('Header always set Strict-Transport-Security "max-age=31536000; «includeSubDomainsi»"', "TLS513", "did you mean includeSubDomains?"),
    ('Header always set Strict-Transport-Security "«max-age=60»"', "TLS502", "1 minute"),
    ('Header always set Strict-Transport-Security "max-age=31536000; «preload»"', "TLS510", "it wants includeSubDomains"),
    ('Header setifempty Strict-Transport-Security "«max-age=15768000»"', "TLS505", "errors, redirects and refusals"),
    ('Header add Strict-Transport-Security "«max-age=15768000; includeSubdomains»"', "TLS506", "added"),
    ('Header always set "Strict-Transport-Security" "«max-age=15768000»"', "TLS502", "6 months"),
    ('Header always set Strict-Transport-Security: "«max-age=60»"', "TLS502", "1 minute"),
    ('Header always set Strict-Transport-Security "max-age=16070400; includeSubDomains; «preload»"', "TLS510", "here 186 days"),
    ("Header always set Strict-Transport-Security '«max-age=600»'", "TLS502", "10 minutes"),
    (
        'Header always set Strict-Transport-Security "max-age=\\"31536000\\"; includeSubDomains; preload"',
        "TLS510",
        "without quotation marks",
    ),
    ('Header always set Strict-Transport-Security "max-age=31536000«, »includeSubDomains"', "TLS504", "semicolons"),
    ('Header always set Strict-Transport-Security max-age=«"»31536000', "TLS504", "never closed"),
    ("Header always set Strict-Transport-Security «“max-age=31536000”»", "TLS504", "U+201C"),
    ("Header always set Strict-Transport-Security «‘max-age=31536000’»", "TLS504", "U+2018"),
]
FINE = [
    'Header always set Strict-Transport-Security "max-age=63072000;"',
    'Header always set Strict-Transport-Security "max-age=311040000"',
    'Header always set Strict-Transport-Security "max-age=63072000; includeSubdomains"',
    'Header always set Strict-Transport-Security "max-age=63072000 ; includeSubDomains ;"',
    'header ALWAYS Set strict-transport-security "MAX-AGE=63072000; INCLUDESUBDOMAINS"',
    "Header always set Strict-Transport-Security max-age=63072000",
]


def report(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / ".htaccess"
    path.write_text(text + "\n", encoding="utf-8")
    ran = tlslint("check", "--exit-zero", "--output-format", "concise", str(path))
    assert not ran.err
    return [line for line in ran.out.splitlines() if "TLS5" in line]


@pytest.mark.parametrize(("text", "code", "says"), ODDITIES, ids=lambda part: part[-40:])
def test_oddity(tmp_path: Path, text: str, code: str, says: str) -> None:
    told = [line for line in report(tmp_path, text.replace("«", "").replace("»", "")) if f" {code} " in line]
    assert told
    assert says in told[0]
    if "«" in text and code != "TLS504":
        assert f":1:{text.index('«') + 1}:" in told[0]


@pytest.mark.parametrize("text", FINE)
def test_nothing_to_say(tmp_path: Path, text: str) -> None:
    assert not report(tmp_path, text)


@given(st.text(max_size=80) | st.from_regex(r"(max-age|includeSubDomains|preload|x)?( ?[=;,\"'] ?\d{0,9}){0,6}", fullmatch=True))
@example('max-age="')
@example(";" * 50)
def test_any_text_is_read(text: str) -> None:
    value = hsts_value.read(text)
    for fault in (*value.faults, *value.unknown):
        assert 0 <= fault.start <= fault.end <= len(text)
    for name, (start, end) in value.places:
        assert text[start:end].lower().startswith(name)
    assert value.faults or value.max_age is not None


@given(st.integers(0, 10**12), st.booleans(), st.booleans())
def test_fast_path_and_grammar_agree(age: int, subdomains: bool, preload: bool) -> None:
    text = f"max-age={age}{'; includeSubDomains' if subdomains else ''}{'; preload' if preload else ''}"
    assert hsts_value.read(text) == hsts_value._explained(text)
    assert hsts_value.read(text + ";")._replace(places=()) == hsts_value.read(text)._replace(places=())
