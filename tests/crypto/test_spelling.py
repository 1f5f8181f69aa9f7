"""What is written for a library means what was asked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.crypto import gnutls, groups, spelling, suites
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
