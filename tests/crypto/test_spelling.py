"""What is written for a library means what was asked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import gnutls, groups, openssl, spelling, suites
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13
from tlslint.profiles import load

BUILDS = ("gnutls@3.7.1", "gnutls@3.7.9", "gnutls@3.8.9")
OLD = (
    *("", "NORMAL", "SECURE256:-VERS-SSL3.0", "PFS:%COMPAT", "NONE:+VERS-TLS1.0:+RSA:+AES-128-CBC:+SHA1:+SIGN-ALL:+COMP-NULL"),
    *(
        "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.2:-RSA:-DHE-DSS:+COMP-NULL:%SAFE_RENEGOTIATION:%SERVER_PRECEDENCE",
        "HIGH:!aNULL",
        "LEGACY:+SECURE256",
    ),
    *("NORMAL:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1", "NORMAL:-GROUP-ALL:+GROUP-SECP192R1", "PERFORMANCE:!VERS-TLS1.3"),
)
PROFILES = ("mozilla-modern", "mozilla-intermediate", "mozilla-old")


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("text", OLD)
def test_versions_in_any_priority_string(text: str, build: str) -> None:
    for wanted in ({TLS12, TLS13}, {TLS13}, {TLS10, TLS11, TLS12}):
        written = spelling.gnutls_priority(text, build, versions=wanted)
        said = gnutls.evaluate(written, build)
        assert said.versions == wanted, written
        assert spelling.gnutls_priority(written, build, versions=wanted) == written
        assert said.options == gnutls.evaluate(text, build).options


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("text", OLD)
@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_in_any_priority_string(name: str, text: str, build: str) -> None:
    wanted = [suite for suite in map(suites.named, load(name).suites or ()) if suite is not None]
    written = spelling.gnutls_priority(text, build, suites=wanted, versions={TLS12, TLS13}, server_order=True)
    said = gnutls.evaluate(written, build)
    assert said.accepted, written
    assert said.suites
    assert set(said.suites) <= set(wanted)
    assert said.server_order
    if name == "mozilla-intermediate":
        assert {suite.code for suite in said.suites} == {suite.code for suite in wanted if suite.code in gnutls.parts(build)}
    assert spelling.gnutls_priority(written, build, suites=wanted, versions={TLS12, TLS13}, server_order=True) == written


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(gnutls.suites_of("gnutls@3.7.9")), min_size=1, max_size=12))
def test_never_more_suites_than_were_asked_for(wanted: set[suites.Suite]) -> None:
    said = gnutls.evaluate(spelling.gnutls_priority("NORMAL", "gnutls@3.7.9", suites=sorted(wanted)), "gnutls@3.7.9")
    assert set(said.suites) <= wanted


def test_groups_in_a_priority_string() -> None:
    wanted = [group for group in map(groups.named, ("x25519", "secp256r1", "X25519MLKEM768")) if group is not None]
    said = gnutls.evaluate(spelling.gnutls_priority("NORMAL:-GROUP-ALL:+GROUP-SECP521R1", "gnutls@3.7.9", groups=wanted), "gnutls@3.7.9")
    assert [group.iana for group in said.groups] == ["x25519", "secp256r1"]


OPENSSL = "openssl@3.0"
NEAR = (
    # one word too many goes; the list stays the administrator's
    ("ECDHE+AESGCM:AES128-SHA", "ECDHE+AESGCM"),
    ("AES128-SHA:ECDHE+AESGCM", "ECDHE+AESGCM"),
    ("  AES128-SHA  ECDHE+AESGCM, !aNULL", "ECDHE+AESGCM:!aNULL"),
    ("ECDHE+AESGCM:AES128-SHA:@SECLEVEL=1", "ECDHE+AESGCM:@SECLEVEL=1"),
    # one word brings wanted and unwanted suites, and an exclusion tells them apart
    ("AESGCM:!aNULL:!DHE:!PSK:!SRP", "AESGCM:!aNULL:!DHE:!PSK:!SRP:!kRSA"),
    # nothing strong would be left, or no word tells them apart: another list it is
    ("AES128-SHA:AES256-SHA", ""),
    ("HIGH:!aNULL", ""),
    ("no such word", ""),
)


def below(text: str) -> list[suites.Suite]:
    """What a server with any key makes of a list, TLS 1.3 apart."""
    listed = [suite for suite in openssl.evaluate(text, OPENSSL).suites if not suite.is_tls13]
    return [suite for suite in listed if suite.key_exchange in ("RSA", "DHE", "ECDHE") and suite.authentication in ("RSA", "ECDSA")]


@pytest.mark.parametrize(("text", "expected"), NEAR)
def test_a_list_changes_as_little_as_can_be(text: str, expected: str) -> None:
    """`ECDHE+AESGCM:AES128-SHA` was replaced by the profile's whole list."""
    wanted = [suite for suite in map(suites.named, load("mozilla-intermediate").suites or ()) if suite is not None]
    assert spelling.openssl_near(text, OPENSSL, wanted, below(text)) == expected


@pytest.mark.parametrize("text", ["HIGH:!aNULL", "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH", "DEFAULT", "ALL:!aNULL:!eNULL:@STRENGTH"])
def test_strong_suites_first_takes_one_word(text: str) -> None:
    """Fifty-eight names took the place of Postfix's own list, those without authentication among them."""
    order = sorted(below(text), key=lambda suite: not suite.has_forward_secrecy)
    written = spelling.openssl_near(text, OPENSSL, order, below(text))
    assert written == f"{text}:+kRSA"
    assert [suite.has_forward_secrecy for suite in below(written)] == [suite.has_forward_secrecy for suite in order]
    assert set(below(written)) == set(below(text))


def test_short_lists_are_put_in_order_name_by_name() -> None:
    text = "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"
    assert spelling.openssl_near(text, OPENSSL, below(text)[::-1], below(text)) == "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"


def test_what_is_missing_goes_first() -> None:
    text = "ECDHE-RSA-AES128-SHA:AES128-SHA"
    wanted = [*below("ECDHE-RSA-AES128-GCM-SHA256"), *below(text)]
    assert spelling.openssl_near(text, OPENSSL, wanted, below(text)) == f"ECDHE-RSA-AES128-GCM-SHA256:{text}"


WORDS = ("ECDHE+AESGCM", "AES128-SHA", "HIGH", "RSA+AES", "DHE+AES", "+RSA", "-DHE", "!aNULL", "!eNULL", "CAMELLIA", "@STRENGTH", "ECDHE")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.sampled_from(PROFILES))
def test_a_changed_list_offers_what_was_wanted_of_it_and_nothing_else(words: list[str], name: str) -> None:
    text = ":".join(words)
    wanted = [suite for suite in map(suites.named, load(name).suites or ()) if suite is not None and not suite.is_tls13]
    offered = below(text)
    written = spelling.openssl_near(text, OPENSSL, wanted, offered)
    if written and not set(offered) < set(wanted):
        assert set(below(written)) == set(offered) & set(wanted)
