"""What servers negotiate: the labelled records whose parameters can be read off without a parser, and single rules."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tlslint.crypto import gnutls, groups, libraries, negotiation, openssl, suites
from tlslint.crypto.negotiation import Dh, GnuTlsServer, Key, Offer, OpenSslServer, negotiable
from tlslint.model import Software
from tlslint.model.versions import SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion

from tests.support import world
from tests.support.world import Record

KINDS = {"rsa": "RSA", "ecdsa": "ECDSA", "ed25519": "Ed25519", "dsa": "DSA"}
ALL = {TLS10, TLS11, TLS12, TLS13}
WORDS = {"sslv3": {SSL30}, "tlsv1": {TLS10}, "tlsv1.1": {TLS11}, "tlsv1.2": {TLS12}, "tlsv1.3": {TLS13}, "all": ALL}
DEBIAN_LEVEL = 2
SIMPLE_COMMANDS = {"Groups", "Curves", "SignatureAlgorithms"}


def build_of(record: Record) -> str:
    build = libraries.build_of(Software(*record["tls_library"].split()))
    assert build is not None
    return build


def directives(record: Record) -> dict[str, list[str]]:
    """Every SSL… line of a record, by lower-cased name."""
    found: dict[str, list[str]] = {}
    for path, text in record["files"].items():
        if path.endswith(".conf"):
            for name, value in re.findall(r"^\s*(SSL\w+)[ \t]+(\S.*?)\s*$", text, re.MULTILINE):
                found.setdefault(name.lower(), []).append(value)
    return found


def is_plain(record: Record, lines: dict[str, list[str]]) -> bool:
    """One host that holds every SSL directive there is, each once, as plain words: the parameters stand there."""
    text = "\n".join(record["files"].values())
    hosts = re.findall(r"<VirtualHost.*?</VirtualHost>", text, re.DOTALL)
    once = all(len(values) == 1 for name, values in lines.items() if name not in ("sslcertificatefile", "sslopensslconfcmd"))
    literal = not any(sign in value for values in lines.values() for value in values for sign in '$"\\#')
    commands = {value.split()[0] for value in lines.get("sslopensslconfcmd", ())}
    inside = len(hosts) == 1 and len(re.findall(r"^\s*SSL", text, re.MULTILINE)) == len(re.findall(r"^\s*SSL", hosts[0], re.MULTILINE))
    return inside and once and literal and commands <= SIMPLE_COMMANDS and not re.search(r"<(If|Macro)", hosts[0])


def httpd(record: Record, lines: dict[str, list[str]]) -> OpenSslServer:
    """The parameters of a plain record."""
    build = build_of(record)
    chosen: set[TlsVersion] = set(ALL)
    for word in lines.get("sslprotocol", ["all"])[0].split():
        meant = WORDS[word.lstrip("+-").lower()]
        chosen = chosen - meant if word[0] == "-" else chosen | meant if word[0] == "+" else set(meant)
    commands = dict(value.split(None, 1) for value in lines.get("sslopensslconfcmd", ()))
    curves = commands.get("Groups", commands.get("Curves"))
    algorithms = commands.get("SignatureAlgorithms")
    described = [record["certificates"][path] for path in lines["sslcertificatefile"]]
    return OpenSslServer(
        build,
        openssl.evaluate(lines.get("sslciphersuite", ["DEFAULT"])[0].split()[-1] + ":!aNULL:!eNULL:!EXP", build, level=DEBIAN_LEVEL),
        frozenset(chosen),
        DEBIAN_LEVEL,
        tuple(Key(KINDS[entry["type"]], entry.get("bits")) for entry in described),
        None if curves is None else groups.evaluate(curves, build).groups,
        Dh.AUTO,
        lines.get("sslhonorcipherorder", ["off"])[0].lower() == "on",
        None if algorithms is None else tuple(algorithms.split(":")),
    )


def plain_records() -> Iterator[Any]:
    for record in world.records("apache"):
        if record["kind"] == "tls" and record["starts"] and record["probes"]:
            lines = directives(record)
            observed = record["probes"][0]["observed"]
            if observed.get("cipher_suites") and lines.get("sslcertificatefile") and is_plain(record, lines):
                yield pytest.param(record, lines, observed, id=record["id"])


@pytest.mark.parametrize(("record", "lines", "observed"), list(plain_records()))
def test_httpd_served_what_is_predicted(record: Record, lines: dict[str, list[str]], observed: dict[str, Any]) -> None:
    offer = negotiable(httpd(record, lines))
    partial = set(observed.get("partial_versions") or ())
    assert {version.word for version in offer.versions} == set(observed["versions"]) | partial
    assert {version.word for version in offer.partial} == partial
    served = [suite.iana for suite in offer.suites]
    assert served == observed["cipher_suites"] if observed["suites_ordered"] else sorted(served) == sorted(observed["cipher_suites"])
    for version, listed in (observed.get("suites_by_version") or {}).items():
        assert sorted(names(offer, version)) == sorted(listed)
    if observed.get("groups"):
        assert {group.iana for group in offer.groups} == set().union(*observed["groups"].values())


def names(offer: Offer, word: str) -> list[str]:
    return next(([suite.iana for suite in listed] for version, listed in offer.suites_by_version.items() if version.word == word), [])


def test_enough_records_are_plain() -> None:
    assert len(list(plain_records())) >= 40


def server(string: str = "DEFAULT", build: str = "openssl@3.0", **fields: Any) -> OpenSslServer:
    fields.setdefault("versions", frozenset({TLS10, TLS11, TLS12, TLS13}))
    fields.setdefault("keys", (Key("RSA", 2048),))
    return OpenSslServer(build, openssl.evaluate(string, build), **fields)


@pytest.mark.parametrize(
    ("build", "level", "keys", "versions"),
    [
        ("openssl@1.1.1", 1, "RSA", {TLS10, TLS11, TLS12, TLS13}),
        ("openssl@1.1.1", 2, "RSA", {TLS10, TLS11, TLS12, TLS13}),
        ("openssl@1.1.1", 2, "ECDSA", {TLS12, TLS13}),
        ("openssl@1.1.1", 2, "DSA", {TLS12}),
        ("openssl@1.1.1", 1, "ECDSA", {TLS10, TLS11, TLS12, TLS13}),
        ("openssl@3.0", 0, "RSA", {TLS10, TLS11, TLS12, TLS13}),
        ("openssl@3.0", 1, "RSA", {TLS12, TLS13}),
        ("openssl@3.5", 2, "RSA", {TLS12, TLS13}),
        ("openssl@3.5", 0, "DSA", {TLS10, TLS11, TLS12}),
    ],
)
def test_the_security_level_decides_on_versions(build: str, level: int, keys: str, versions: set[TlsVersion]) -> None:
    offer = negotiable(server(f"ALL:@SECLEVEL={level}", build, keys=(Key(keys, 2048 if keys != "ECDSA" else 256),)))
    assert offer.versions == versions
    assert {held.version for held in offer.held_back} == {TLS10, TLS11, TLS12, TLS13} - versions


@pytest.mark.parametrize(("level", "oldest"), [(2, TLS10), (3, TLS11), (4, TLS12)])
def test_levels_of_1_1_1_close_one_old_version_after_the_other(level: int, oldest: TlsVersion) -> None:
    """ssl_security_default_callback(): TLS 1.0 below 3, TLS 1.1 below 4."""
    offer = negotiable(server(f"ALL:@SECLEVEL={level}", "openssl@1.1.1", keys=(Key("RSA", 15360),)))
    assert min(offer.versions) is oldest


@pytest.mark.parametrize(
    ("changes", "version", "reason"),
    [
        ({"keys": ()}, TLS12, "no certificate goes with any of its suites"),
        ({"groups": ()}, TLS13, "no group is left for it"),
        ({"string": "TLSv1.2:@SECLEVEL=0"}, TLS11, "no cipher suite is left for it"),
        ({"string": "ECDHE", "groups": ()}, TLS12, "no key exchange is left for it"),
        ({"string": "ALL:@SECLEVEL=0", "versions": frozenset({SSL30, TLS12})}, SSL30, "this build of openssl does not speak it"),
        ({"string": "ALL:@SECLEVEL=1"}, TLS11, "security level 1 leaves TLS 1.2 and later only"),
        ({"string": "ALL:@SECLEVEL=4", "build": "openssl@1.1.1"}, TLS11, "security level 4 is too high for it"),
    ],
)
def test_why_a_version_is_held_back(changes: dict[str, Any], version: TlsVersion, reason: str) -> None:
    changes = {"string": "HIGH:!aNULL:@SECLEVEL=0", **changes}
    held = {one.version: one.reason for one in negotiable(server(changes.pop("string"), **changes)).held_back}
    assert held[version] == reason


def test_hashes_of_signatures_have_their_strength_too() -> None:
    """Level 5 wants 256 bits: SHA-512 and nothing less."""
    for name, versions in (("RSA-PSS+SHA512", {TLS12, TLS13}), ("RSA-PSS+SHA384", set())):
        offer = negotiable(server("ALL:@SECLEVEL=5", "openssl@3.0", keys=(Key("RSA", 15360),), signature_algorithms=(name,)))
        assert offer.versions == versions


def test_rsa_and_ecdsa_at_level_2_of_1_1_1_serve_old_versions_to_some_clients_only() -> None:
    keys = (Key("RSA", 2048), Key("ECDSA", 256))
    assert negotiable(server("DEFAULT@SECLEVEL=2", "openssl@1.1.1", keys=keys)).partial == {TLS10, TLS11}
    assert negotiable(server("aRSA@SECLEVEL=2", "openssl@1.1.1", keys=keys)).partial == frozenset()


def test_the_string_s_own_level_wins() -> None:
    assert negotiable(server("HIGH:@SECLEVEL=0", security_level=2)).security_level == 0
    assert negotiable(server("HIGH", security_level=1)).security_level == 1


def test_unknown_keys_leave_nothing_out() -> None:
    offer = negotiable(server("HIGH:!aNULL", keys=None))
    assert offer.depends_on_keys
    assert {suite.authentication for suite in offer.suites} >= {"RSA", "ECDSA"}


def test_no_key_leaves_anonymous_suites_at_level_0() -> None:
    offer = negotiable(server("ALL:@SECLEVEL=0", keys=()))
    assert {suite.authentication for suite in offer.suites} == {"anonymous"}
    assert TLS13 not in offer.versions


def test_level_3_wants_forward_secrecy_and_strong_groups() -> None:
    offer = negotiable(server("ALL:@SECLEVEL=3", keys=(Key("RSA", 3072),)))
    assert all(suite.has_forward_secrecy for suite in offer.suites)
    assert "ffdhe2048" not in {group.iana for group in offer.groups}


@pytest.mark.parametrize(("dh", "has_dhe"), [(Dh.AUTO, True), (Dh.NONE, False), (2048, True), (1024, False), (Dh.BROKEN, False)])
def test_dh_parameters(dh: Dh | int, has_dhe: bool) -> None:
    offer = negotiable(server("DEFAULT", "openssl@3.0", dh=dh))
    assert any(suite.key_exchange == "DHE" for suite in offer.suites) is has_dhe
    assert (TLS12 in offer.partial) is (dh is Dh.BROKEN)


@pytest.mark.parametrize(
    ("string", "bits", "versions", "curves"),
    [
        ("SUITEB128", 256, {TLS12, TLS13}, {"secp256r1", "secp384r1"}),
        ("SUITEB192:HIGH", 256, set(), set()),
        ("SUITEB192", 384, {TLS12, TLS13}, {"secp384r1"}),
        ("SUITEB128ONLY", 384, set(), set()),
        ("SUITEB128ONLY", 256, {TLS12, TLS13}, {"secp256r1"}),
        ("SUITEB128C2", 256, {TLS12, TLS13}, {"secp256r1", "secp384r1"}),
        ("SUITEB128C2", 384, {TLS12, TLS13}, {"secp256r1", "secp384r1"}),
        ("SUITEB128C2", 521, set(), set()),
    ],
)
def test_suite_b_limits_keys_and_groups(string: str, bits: int, versions: set[TlsVersion], curves: set[str]) -> None:
    offer = negotiable(server(string, keys=(Key("RSA", 3072), Key("ECDSA", bits))))
    assert offer.versions == versions
    assert {group.iana for group in offer.groups} == curves


def test_fixed_ecdh_of_1_0_wants_an_elliptic_key() -> None:
    by_key = {key: negotiable(server("ALL", "openssl@1.0.2", keys=(Key(key, 2048),))).suites for key in ("RSA", "ECDSA")}
    assert not any(suite.key_exchange == "ECDH" for suite in by_key["RSA"])
    assert {suite.authentication for suite in by_key["ECDSA"] if suite.key_exchange == "ECDH"} == {"ECDSA"}


@pytest.mark.parametrize(
    ("key", "algorithm", "versions"),
    [
        (Key("DSA", 2048), "DSA+SHA256", {TLS12}),
        (Key("DSA", 2048), "RSA+SHA256", set()),
        (Key("DSA", 2048), "ECDSA+SHA256", set()),
        (Key("RSA", 2048), "DSA+SHA256", set()),
        (Key("ECDSA", 256), "RSA+SHA256", set()),
        (Key("ECDSA", 256), "ECDSA+SHA256", {TLS12, TLS13}),
        (Key("ECDSA", 256), "ECDSA+SHA384", {TLS12}),  # TLS 1.3 ties the hash to the curve
        (Key("ECDSA", 384), "ECDSA+SHA384", {TLS12, TLS13}),
        (Key("ECDSA", 224), "ECDSA+SHA384", {TLS12}),
        (Key("ECDSA", None), "ECDSA+SHA384", {TLS12, TLS13}),
        (Key("Ed25519", 256), "ed25519", {TLS12, TLS13}),
        (Key("Ed25519", 256), "ed448", set()),
        (Key("RSA-PSS", 2048), "rsa_pss_pss_sha256", {TLS12, TLS13}),
        (Key("RSA-PSS", 2048), "rsa_pss_rsae_sha256", set()),
        (Key("RSA", 2048), "rsa_pss_pss_sha256", set()),
    ],
)
def test_a_key_signs_as_its_kind_does(key: Key, algorithm: str, versions: set[TlsVersion]) -> None:
    """RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1; those with elliptic, Edwards and RSA-PSS keys seen on s_server of 3.0.20."""
    fields = {"versions": frozenset({TLS12, TLS13}), "keys": (key,), "signature_algorithms": (algorithm,)}
    assert negotiable(server("ALL:!aNULL:!kRSA:!PSK:@SECLEVEL=0", "openssl@3.0", **fields)).versions == versions


def test_signature_algorithms_without_pss_end_tls13_with_rsa() -> None:
    assert negotiable(server(signature_algorithms=("RSA+SHA256",))).versions == {TLS12}
    assert negotiable(server(signature_algorithms=("RSA-PSS+SHA256", "RSA+SHA256"))).versions == {TLS12, TLS13}


def test_no_common_group_leaves_static_rsa() -> None:
    offer = negotiable(server("DEFAULT", groups=()))
    assert {suite.key_exchange for suite in offer.suites} == {"RSA", "DHE"}


@pytest.mark.parametrize(
    ("key", "level", "refused"),
    [
        (Key("RSA", 1024), 2, True),
        (Key("RSA", 1024), 1, False),
        (Key("RSA", 2048), 2, False),
        (Key("RSA", 2048), 3, True),
        (Key("RSA", 3072), 3, False),
        (Key("ECDSA", 256), 3, False),
        (Key("ECDSA", 256), 4, True),
        (Key("RSA", 512), 0, False),
        (Key("RSA", None), 5, False),
    ],
)
def test_keys_too_small_for_the_level(key: Key, level: int, refused: bool) -> None:
    assert bool(negotiation.key_refused(key, "openssl@3.0", level)) is refused


def test_auto_dh_sizes() -> None:
    assert negotiation.auto_dh_bits([Key("RSA", 2048)], "openssl@1.1.1", 2) == 2048
    assert negotiation.auto_dh_bits([Key("ECDSA", 256)], "openssl@1.1.1", 2) == 3072
    assert negotiation.auto_dh_bits([Key("RSA", 1024)], "openssl@1.1.1", 1) == 1024
    assert negotiation.auto_dh_bits([Key("RSA", 1024)], "openssl@3.0", 2) == 2048


def test_gnutls_by_key_and_version() -> None:
    priority = gnutls.evaluate("NORMAL", "gnutls@3.7.9")
    offer = negotiable(GnuTlsServer("gnutls@3.7.9", priority, (Key("ECDSA", 256),)))
    assert offer.versions == {TLS10, TLS11, TLS12, TLS13}
    assert {suite.authentication for suite in offer.suites_by_version[TLS12]} == {"ECDSA"}
    assert {suite.mac for suite in offer.suites_by_version[TLS10]} == {"SHA-1"}
    only_dhe = gnutls.evaluate("NORMAL:-KX-ALL:+DHE-RSA:-GROUP-DH-ALL:-VERS-TLS1.3", "gnutls@3.7.9")
    assert not negotiable(GnuTlsServer("gnutls@3.7.9", only_dhe, (Key("RSA", 2048),))).versions
    assert negotiable(GnuTlsServer("gnutls@3.7.9", only_dhe, (Key("RSA", 2048),), 2048)).versions == {TLS10, TLS11, TLS12}


def test_courier_served_what_its_priority_string_says() -> None:
    """Records with one literal TLS_PRIORITY and one certificate, shell tricks left to the format's own tests."""
    compared = 0
    for record in world.records("courier"):
        if record["kind"] in ("shell", "file-order"):
            continue
        text = "\n".join(record["files"].values())
        strings = set(re.findall(r'^TLS_PRIORITY="?([A-Z][^"$\\\n]*?)"?$', text, re.MULTILINE))
        paths = set(re.findall(r'^TLS_CERTFILE="?([^"$\n]*?)"?$', text, re.MULTILINE))
        if len(strings) > 1 or len(paths) != 1:
            continue
        described = record["certificates"].get(paths.pop())
        for probe in record["probes"] if described else ():
            observed = probe["observed"]
            if observed.get("tls_works"):
                build = build_of(record)
                priority = gnutls.evaluate(strings.copy().pop() if strings else "NORMAL", build)
                key = Key(KINDS[described["type"]], described.get("bits"))
                offer = negotiable(GnuTlsServer(build, priority, (key,), 2048))
                assert {version.word for version in offer.versions} == set(observed["versions"]), record["id"]
                assert sorted(suite.iana for suite in offer.suites) == sorted(observed["cipher_suites"]), record["id"]
                compared += 1
    assert compared >= 15


def test_every_suite_of_every_build_is_in_the_table() -> None:
    for build in libraries.names():
        listed = suites.of_build(build)
        assert len(listed) > 100
        assert all(suites.named(suites.library_name(suite, build)) is not None for suite in listed)


@pytest.mark.parametrize(("level", "least"), [(None, TLS12), (2, TLS12), (1, TLS10), (0, TLS10)])
def test_ubuntus_own_level_2_leaves_nothing_below_tls12(level: int | None, least: TlsVersion) -> None:
    """Whatever lowest version a program sets: SSL_CTX_set_security_level(3ssl) of focal."""
    build = libraries.build_of(Software("openssl", "1.1.1f-ubuntu"))
    assert build == "openssl@1.1.1-ubuntu"
    server = OpenSslServer(build, openssl.evaluate("DEFAULT", build, level=level), frozenset(ALL), keys=(Key("RSA", 2048),))
    assert min(negotiable(server).versions) == least
