"""GnuTLS priority strings, held against what four real builds said."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import gnutls
from tlslint.crypto.gnutls import Effect

ANSWERS = Path(__file__).parents[1] / "data" / "ciphers"
BUILDS = ["gnutls@3.7.1", "gnutls@3.7.9", "gnutls@3.8.9", "gnutls@3.8"]


def differs(answer: dict[str, Any], build: str) -> str:
    """What a real library said beside what we say; "" when it is the same."""
    mine = gnutls.evaluate(answer["string"], build)
    if mine.accepted is not answer["ok"]:
        return f"accepted {mine.accepted} ({mine.error}), really {answer['ok']} ({answer.get('error')})"
    if not mine.accepted:
        said, real = (mine.error, mine.position), (answer["error"], answer["error_pos"])
        return "" if said == real else f"error {said}, really {real}"
    pairs = {
        "suites": ([[suite.gnutls, f"0x{suite.code >> 8:02X},0x{suite.code & 255:02X}"] for suite in mine.suites], answer["suites"]),
        "protocols": (list(mine.protocols), answer["protocols"]),
        "groups": ([group.iana.upper() for group in mine.groups], answer["groups"]),
        "signatures": (list(mine.signatures), answer["sign"]),
        "ciphers": (list(mine.ciphers), answer["ciphers"]),
        "MACs": (list(mine.macs), answer["macs"]),
        "key exchanges": (list(mine.exchanges), answer["kx"]),
    }
    return "; ".join(f"{what}: {said}, really {real}" for what, (said, real) in pairs.items() if said != real)


@pytest.mark.parametrize("build", BUILDS)
def test_every_recorded_string_means_what_the_library_made_of_it(build: str) -> None:
    with gzip.open(ANSWERS / f"expected-{build.replace('@', '-')}.jsonl.gz", "rt") as lines:
        answers = [json.loads(line) for line in lines]
    wrong = {answer["string"]: difference for answer in answers if (difference := differs(answer, build))}
    assert len(answers) == 2000
    assert not wrong


def test_words_say_what_they_did() -> None:
    words = gnutls.evaluate("NORMAL:-VERS-TLS1.0:+ARCFOUR-128:%SERVER_PRECEDENCE:+MAC-FOO:-RSA:-RSA", "gnutls@3.7.9").words
    assert [word.effect for word in words] == [
        Effect.ADDED,
        Effect.REMOVED,
        Effect.ADDED,
        Effect.ADDED,
        Effect.UNKNOWN,
        Effect.REMOVED,
        Effect.NOTHING,
    ]
    assert {suite.cipher for suite in words[2].suites} == {"RC4"}
    assert {suite.key_exchange for suite in words[5].suites} == {"RSA"}


def test_an_error_is_placed_and_what_was_meant_is_named() -> None:
    mine = gnutls.evaluate("NORMAL:-VERS-TLS1.O:+AES-128-GCM", "gnutls@3.8.9")
    assert (mine.error, mine.position) == ("GNUTLS_E_INVALID_REQUEST", 7)
    assert [word.effect for word in mine.words] == [Effect.ADDED, Effect.REFUSED, Effect.UNREAD]
    assert mine.words[1].suggestion.startswith("VERS-TLS1.")


@pytest.mark.parametrize("word", ["AES-128-GCM", "ECDHE-RSA", "VERS-TLS1.2"])
def test_a_word_without_its_sign_is_told_so(word: str) -> None:
    """Only the first keyword stands alone (gnutls_priority_init(3))."""
    refused = gnutls.evaluate(f"NORMAL:{word}", "gnutls@3.7.9").words[1]
    assert (refused.effect, refused.note, refused.suggestion) == (
        Effect.REFUSED,
        "all but the first keyword needs a sign: + adds, - removes",
        f"+{word}",
    )


def test_server_precedence() -> None:
    assert gnutls.evaluate("NORMAL:%SERVER_PRECEDENCE", "gnutls@3.8.9").server_order
    assert not gnutls.evaluate("NORMAL", "gnutls@3.8.9").server_order


def test_3_6_differs_from_3_7_in_one_signature() -> None:
    old, new = (gnutls.evaluate("SECURE192", build) for build in ("gnutls@3.6", "gnutls@3.7.1"))
    assert set(new.signatures) - set(old.signatures) == {"EdDSA-Ed448"}
    assert old.suites == new.suites


WORDS = [
    "NORMAL",
    "NONE",
    "SECURE128",
    "+RSA",
    "-VERS-ALL",
    "+VERS-TLS1.3",
    "!SHA1",
    "%COMPAT",
    "+SIGN-ALL",
    "@SYSTEM",
    "+FOO",
    ":",
    "",
    " ",
    "\0",
    "ü",
]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=15).map(":".join)), st.sampled_from(BUILDS))
def test_no_string_crashes(string: str, build: str) -> None:
    mine = gnutls.evaluate(string, build)
    assert mine.accepted is (mine.error is None)
    assert mine.position is None or 0 <= mine.position <= len(string)
    for word in mine.words:
        assert string[word.start : word.end] == word.text


def test_a_hostile_explanation_stays_small() -> None:
    words = gnutls.explain("NORMAL" + ":-RSA:+RSA:+MAC-FOO" * 5000, "gnutls@3.8.9")
    assert len(words) == 15001
    assert not any(word.suites for word in words[300:])


CONFIG = """# comment
[priorities]
SYSTEM=NORMAL:-VERS-TLS1.0
FOO = SECURE128
EMPTY=

[overrides]
SECURE=no
"""


@pytest.mark.parametrize(
    ("string", "meant"),
    [
        ("@SYSTEM", "NORMAL:-VERS-TLS1.0"),
        (" @SYSTEM", "NORMAL:-VERS-TLS1.0"),
        ("@BAR,FOO", "SECURE128"),
        ("@FOO,SYSTEM:-VERS-ALL:+VERS-TLS1.2", "SECURE128:-VERS-ALL:+VERS-TLS1.2"),
        ("@SYSTEM,", "NORMAL:-VERS-TLS1.0"),
        ("@foo", "@foo"),
        ("@SECURE", "@SECURE"),
        ("@EMPTY:NORMAL", ":NORMAL"),
        ("NORMAL", "NORMAL"),
    ],
)
def test_system_keywords(string: str, meant: str) -> None:
    """As 3.7.9 and 3.8.9 resolve them with this file: @foo, @SECURE and @EMPTY:NORMAL are errors there."""
    assert gnutls.with_system_priorities(string, CONFIG) == meant
    accepted = gnutls.evaluate(meant, "gnutls@3.8.9").accepted
    assert accepted is (string not in ("@foo", "@SECURE", "@EMPTY:NORMAL"))


def test_without_the_file_nothing_is_said() -> None:
    assert gnutls.with_system_priorities("@SYSTEM", None) is None
    assert gnutls.with_system_priorities("NORMAL", None) == "NORMAL"
