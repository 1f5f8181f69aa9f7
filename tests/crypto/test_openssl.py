"""OpenSSL's cipher strings, held against what 17 real builds said."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import libraries, openssl, suites
from tlslint.crypto.openssl import Effect
from tlslint.model import Software

ANSWERS = Path(__file__).parents[1] / "data" / "ciphers"
BUILDS = [name for name in libraries.names() if name.startswith("openssl") and libraries.build(name).like == name]


def recorded(build: str) -> list[dict[str, Any]]:
    with gzip.open(ANSWERS / f"expected-{build.replace('@', '-')}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def differs(answer: dict[str, Any], build: str, names: dict[int, str]) -> str:
    """What a real library said beside what we say; "" when it is the same."""
    mine = openssl.evaluate(answer["string"], build)
    if mine.accepted is not answer["ok"]:
        return f"accepted {mine.accepted} ({mine.error}), really {answer['ok']} ({answer.get('error')})"
    if "seclevel" in answer and mine.security_level != answer["seclevel"]:
        return f"level {mine.security_level}, really {answer['seclevel']}"
    # 1.0.2e's client gives no list after an error; nassl words its errors in its own way.
    if (answer["ok"] or build != "openssl@1.0.2-weak") and [names[suite.code] for suite in mine.suites] != answer["ciphers"]:
        return f"suites {[names[suite.code] for suite in mine.suites]}, really {answer['ciphers']}"
    if answer.get("error") in (openssl.NO_MATCH, openssl.INVALID_COMMAND) and mine.error != answer["error"]:
        return f"error {mine.error}, really {answer['error']}"
    return ""


@pytest.mark.parametrize("build", BUILDS)
def test_every_recorded_string_means_what_the_library_made_of_it(build: str) -> None:
    names = {suite.code: suites.library_name(suite, build) for suite in suites.numbers().values()}
    answers = recorded(build)
    wrong = {answer["string"]: difference for answer in answers if (difference := differs(answer, build, names))}
    assert len(answers) == 2000
    assert not wrong


@pytest.mark.parametrize("build", ["openssl@1.0.2-weak", "openssl@1.1.0", "openssl@3.0", "openssl@4.0"])
def test_the_explanation_of_every_recorded_string_adds_up(build: str) -> None:
    """Replaying what each word is said to have done gives the list; every character stands in one word or is a separator."""
    for answer in recorded(build)[:600]:
        mine = openssl.evaluate(answer["string"], build)
        text = answer["string"]
        covered = [position for word in mine.words for position in range(word.start, word.end)]
        assert len(covered) == len(set(covered)), text
        assert not [text[position] for position in range(len(text)) if position not in covered and text[position] not in ":;, "], text
        assert all(text[word.start : word.end] == word.text for word in mine.words)
        if not mine.accepted:
            assert mine.error == openssl.NO_MATCH or any(word.effect is Effect.REFUSED for word in mine.words), text
            continue
        active: list[Any] = []
        for word in mine.words:
            if word.effect in (Effect.ADDED, Effect.MOVED, Effect.SORTED):
                active = [suite for suite in active if suite not in word.suites] + list(word.suites)
            elif word.effect in (Effect.REMOVED, Effect.BANNED):
                active = [suite for suite in active if suite not in word.suites]
        assert active == [suite for suite in mine.suites if not suite.is_tls13], text


def test_words_say_what_they_did() -> None:
    words = openssl.evaluate("HIGH:!aNULL:RC4:!EXP:@SECLEVEL=1:+AES:DEFAULT:HIHG:TLS_AES_128_GCM_SHA256", "openssl@3.0").words
    said = {word.text: word for word in words}
    assert said["HIGH"].effect is Effect.ADDED
    assert said["HIGH"].suites
    assert said["!aNULL"].effect is Effect.BANNED
    assert {suite.authentication for suite in said["!aNULL"].suites} == {"anonymous"}
    assert said["RC4"].effect is Effect.UNKNOWN
    assert said["RC4"].note == "this build has no such suite"
    assert (said["!EXP"].effect, said["!EXP"].unknown, said["!EXP"].note) == (Effect.UNKNOWN, "EXP", "known only before OpenSSL 1.1.0")
    assert said["@SECLEVEL=1"].effect is Effect.LEVEL
    assert said["+AES"].effect is Effect.MOVED
    assert said["DEFAULT"].note == "understood at the beginning of a string only"
    assert said["HIHG"].suggestion == "HIGH"
    assert said["TLS_AES_128_GCM_SHA256"].note == "a TLS 1.3 suite: this string has no say over those"
    assert (said["RC4"].start, said["RC4"].end) == (12, 15)


@pytest.mark.parametrize(
    ("word", "build", "note", "suggestion"),
    [
        ("ECDHE", "openssl@1.0.1", "known only from OpenSSL 1.0.2", "EECDH"),
        ("CHACHA20", "openssl@1.0.2", "known only from OpenSSL 1.1.0", ""),
        ("ECDHE-ARIA128-GCM-SHA256", "openssl@1.1.0", "known only from OpenSSL 1.1.1", ""),
        ("kECDH", "openssl@3.0", "known only before OpenSSL 1.1.0", ""),
        ("SSLv3", "openssl@4.0", "known only before OpenSSL 4.0", ""),
        ("high", "openssl@3.5", "", "HIGH"),
        ("TLSv1.3", "openssl@3.0", "TLS 1.3 suites are not chosen by this string", ""),
        (
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "openssl@3.0",
            "the registry's names are understood from OpenSSL 3.2",
            "ECDHE-RSA-AES128-GCM-SHA256",
        ),
        (
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "openssl@3.1",
            "the registry's names are understood from OpenSSL 3.2",
            "ECDHE-RSA-AES128-GCM-SHA256",
        ),
        ("ECDHE-RSA-AES256-GCM-SHA256", "openssl@3.0", "", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("DES-CBC3-SHA", "openssl@3.0", "this build has no such suite", ""),
        ("PROFILE=SYSTEM", "openssl@3.0", "understood only by the OpenSSL of Red Hat and Fedora, at the beginning of a string", ""),
    ],
)
def test_unknown_words_are_explained(word: str, build: str, note: str, suggestion: str) -> None:
    (said,) = openssl.explain(word, build)
    assert (said.effect, said.note, said.suggestion) == (Effect.UNKNOWN, note, suggestion)


def test_why_a_suite_is_there() -> None:
    suite = suites.named("AES128-SHA")
    assert suite is not None
    assert [word.text for word in openssl.why("ECDHE:kRSA:+AES128:-SHA", "openssl@3.0", suite)] == ["kRSA", "+AES128", "-SHA"]


@pytest.mark.parametrize(
    ("build", "names", "left", "refused"),
    [
        ("openssl@1.1.1", None, ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"], False),
        ("openssl@1.1.1", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"], False),
        ("openssl@1.1.1", "TLS_AES_128_GCM_SHA256:FOO", None, True),
        ("openssl@3.0", "TLS_AES_128_GCM_SHA256:FOO", ["TLS_AES_128_GCM_SHA256"], False),
        ("openssl@3.0", "FOO", None, True),
        ("openssl@3.0", "", [], False),
    ],
)
def test_tls13_lists(build: str, names: str | None, left: list[str] | None, refused: bool) -> None:
    mine = openssl.evaluate("ECDHE-RSA-AES128-GCM-SHA256", build, tls13=names)
    assert mine.accepted is not refused
    if left is not None:
        assert [suite.iana for suite in mine.suites if suite.is_tls13] == left


def test_the_level_before_the_string_counts_until_the_string_sets_one() -> None:
    assert openssl.evaluate("HIGH", "openssl@1.1.1").security_level == 1
    assert openssl.evaluate("HIGH", "openssl@1.1.1", level=2).security_level == 2
    assert openssl.evaluate("HIGH:@SECLEVEL=0", "openssl@1.1.1", level=2).security_level == 0
    assert openssl.evaluate("HIGH:@SECLEVEL=0", "openssl@1.0.2").error == openssl.INVALID_COMMAND


def test_red_hat_s_system_profile() -> None:
    policy = "@SECLEVEL=2:kEECDH:kRSA\n"
    assert openssl.with_system_profile("PROFILE=SYSTEM:!kRSA", policy) == "@SECLEVEL=2:kEECDH:kRSA:!kRSA"
    assert openssl.with_system_profile("PROFILE=SYSTEM", None) is None
    assert openssl.with_system_profile("HIGH", None) == "HIGH"


ALPHABET = "HIGHALLaNULLRC4AESGCMECDHE+-!@:;, =DEFAULTSECLEVEL0129STRENGTH_.~\t\nü\x00"
HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=ALPHABET, max_size=200),
    st.lists(
        st.sampled_from(
            [*"+-!@:;, =", "HIGH", "aNULL", "AES", "DEFAULT", "SUITEB128", "@SECLEVEL=1", "@STRENGTH", "ECDHE-RSA-AES128-SHA", "FOO"]
        ),
        max_size=30,
    ).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(HOSTILE, st.sampled_from(BUILDS))
def test_no_string_crashes(string: str, build: str) -> None:
    mine = openssl.evaluate(string, build)
    assert mine.accepted is (mine.error is None)
    assert len(set(mine.suites)) == len(mine.suites)
    for word in mine.words:
        assert string[word.start : word.end] == word.text


@pytest.mark.parametrize("unit", ["HIGH:", "-ALL:ALL:", "!FOO:", "AES+", "+", ": ", "@STRENGTH:", "\0"])
def test_time_is_linear(unit: str) -> None:
    """Ten times the text takes about ten times as long; counted in rules met, so that the machine does not matter."""
    known = openssl._table("openssl@3.0")
    short = sum(len(known.entry(part.group())) for part in openssl._ENTRY.finditer(unit * 200))
    long = sum(len(known.entry(part.group())) for part in openssl._ENTRY.finditer(unit * 2000))
    assert long <= 10 * short + 10
    assert openssl.evaluate(unit * 2000, "openssl@3.0").string


@pytest.mark.parametrize("unit", ["ALL:-ALL:", "HIHGG:", "!FOO+:", "@STRENGTH:"])
def test_a_hostile_explanation_stays_small(unit: str) -> None:
    words = openssl.explain(unit * 5000, "openssl@3.0")
    assert len(words) >= 5000
    assert not any(
        word.suites or word.note or word.suggestion for word in words[openssl.MAX_EXPLAINED + 1 :] if word.effect is not Effect.NOTHING
    )


@pytest.mark.parametrize(
    ("name", "version", "build"),
    [
        ("openssl", "1.1.1w", "openssl@1.1.1"),
        ("openssl", "3.0.20", "openssl@3.0"),
        ("openssl", "3.5.7-1~deb13u1", "openssl@3.5"),
        ("OpenSSL", "1.0.2f", "openssl@1.0.2-weak"),
        ("openssl", "1.0.2g", "openssl@1.0.2"),
        ("openssl", "1:3.2.2-6.el9_5", "openssl@3.2"),
        ("openssl", "4.1.0", "openssl@4.0"),
        ("openssl", "0.9.8zh", None),
        ("gnutls", "3.7.9", "gnutls@3.7.9"),
        ("gnutls", "3.6.16", "gnutls@3.6"),
        ("gnutls", "3.8.3", "gnutls@3.8.9"),
        ("gnutls", "3.8.13", "gnutls@3.8"),
        ("libressl", "3.8", None),
    ],
)
def test_any_patch_level_maps_to_its_build(name: str, version: str, build: str | None) -> None:
    assert libraries.build_of(Software(name, version)) == build


def test_builds_by_the_names_people_write() -> None:
    assert libraries.build_named("openssl@3.0.20") == "openssl@3.0"
    assert libraries.build_named("openssl@1.1.1w-weak") == "openssl@1.1.1-weak"
    assert libraries.build_named("gnutls@3.8") == "gnutls@3.8"
    assert libraries.build_named("3.5") == "openssl@3.5"
    with pytest.raises(libraries.UnknownBuildError, match="no library build is called"):
        libraries.build_named("boringssl@1")
