"""The profiles against the collection of policies they were made from: every edition, and every limit or the reason why it is not one."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from ruamel.yaml import YAML
from tlslint.crypto import groups, suites
from tlslint.profiles import Profile, every, load

from tests.support import corpus

POLICIES = corpus.FOLDER.parent / "data" / "policies.yaml"
needed = pytest.mark.skipif(
    not POLICIES.exists(), reason=f"{POLICIES} is not here: the profiles are compared with what they were made from"
)

MOZILLAS_OTHER_WORDS = {
    "ecdh_param_size": "256 bits: every group on the list has them",
    "ocsp_staple": "overtaken: Let's Encrypt has no OCSP since 2025-08; stapling is judged by today's facts",
    "server_preferred_order": "either order is right where every suite is on the list; TLS210 and TLS211 judge mixed lists",
    "recommended_certificate_lifespan": "advice; the longest life is judged",
    "oldest_clients": "who can connect, not what is allowed",
}
RFC_9325 = {
    "proto-ssl2": "TLS101", "proto-ssl3": "TLS101", "proto-tls10": "TLS102", "proto-tls11": "TLS102",
    "proto-tls12-support": "TLS105: no version left; what is offered is judged, not what is missing for old peers",
    "proto-tls13-support": "TLS103", "implicit-tls-preferred": "TLS403", "hsts": "TLS501",
    "tls-compression": "compression is in `effective` and in grades; no build of today has it",
    "ticket-key-rotation": "keys in files are seen, their age is not",
    "secure-renegotiation": "grades; libraries refuse the insecure kind by themselves",
    "extended-master-secret": "no server of the five has a switch", "sni": "no switch", "alpn": "no switch",
    "zero-rtt": "none of the five servers takes early data",
    "null-cipher": "TLS201", "rc4": "TLS204", "below-112-bit / export": "TLS203", "below-128-bit (3DES counts as 112)": "TLS205",
    "static-rsa": "TLS301", "static-dh": "TLS301", "static-ecdh": "TLS301", "dhe-tls12": "TLS303", "forward-secrecy": "TLS301",
    "cbc-without-encrypt-then-mac": "TLS206", "recommended-tls12-suites": "suites", "curves": "TLS304",
    "dh-bits": "dh_bits", "ec-bits": "TLS304", "rsa-bits": "rsa_bits", "cert-hash": "signatures",
    "truncated-hmac": "no server of the five has a switch", "dh-key-reuse": "libraries make a key for each handshake",
    "ocsp-stapling": "overtaken, as Mozilla's",
}  # fmt: skip
NCSC = {
    "version": "edition", "source": "", "confidence": "", "levels": "three profiles; what the last leaves out is insufficient",
    "protocols": "versions", "protocols_old_v2_1": "versions of 2.1", "cipher_suites": "suites", "kex_groups": "groups",
    "cert_keys": "rsa_bits, curves", "cert_signature_hash": "signatures",
    "kex_signature_hash": "what handshakes are signed with is not in the model",
    "client_renegotiation": "servers refuse it or OpenSSL limits it", "extended_master_secret": "no switch", "zero_rtt": "none takes it",
    "compression": "grades", "ocsp_stapling": "a notice at most",
}  # fmt: skip
INTERNET_NL = {
    "release": "edition", "source": "", "confidence": "", "hsts_min_max_age": "hsts_seconds",
    "hsts_below": "fails", "hsts_first_header_only": "grades", "https_redirect": "TLS405, grades", "statuses": "grades",
    "dane_web": "DNS is not seen",
}  # fmt: skip


def policies() -> Any:
    return YAML(typ="safe").load(POLICIES.read_text())


def iana(names: list[str]) -> list[str]:
    """Suites the tables know, once each, in order."""
    return list(dict.fromkeys(suite.iana for suite in map(suites.named, names) if suite is not None))


def group_names(names: list[str]) -> list[str]:
    found = [groups.named(name) for name in names]
    assert None not in found, names
    return [group.iana for group in found if group is not None]


def mozillas() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for edition, content in policies()["mozilla"]["versions"].items():
        for name, row in content["profiles"].items():
            yield edition, name, row


@needed
def test_every_edition_of_mozillas_is_there_with_every_limit() -> None:
    rows = list(mozillas())
    assert len(rows) == 8
    for edition, name, row in rows:
        profile = load(f"mozilla-{name}@{edition}")
        held = {
            "tls_versions": [version.word.replace("TLSv1.0", "TLSv1") for version in sorted(profile.versions)],
            "ciphersuites": [suite for suite in profile.suites or () if "_WITH_" not in suite],
            "tls_curves": list(profile.groups or ()),
            "dh_param_size": profile.dh_bits,
            "rsa_key_size": profile.rsa_bits,
            "certificate_types": [kind.lower() for kind in profile.key_types or ()],
            "certificate_curves": list(profile.curves or ()),
            "certificate_signatures": sorted(profile.signatures or ()),
            "hsts_min_age": profile.hsts_seconds,
            "maximum_certificate_lifespan": profile.lifetime_days,
            "ciphers_openssl": [suite for suite in profile.suites or () if "_WITH_" in suite],
        }
        wanted = {
            **row,
            "tls_curves": group_names(row["tls_curves"]),
            "certificate_curves": group_names(row["certificate_curves"]),
            "certificate_signatures": sorted({f"SHA-{word.upper().partition('SHA')[2][:3]}" for word in row["certificate_signatures"]}),
            "ciphers_openssl": iana(row["ciphers_openssl"]),
        }
        assert set(row) - set(held) == set(MOZILLAS_OTHER_WORDS)
        assert held == {key: wanted[key] for key in held}, (edition, name)


def test_editions_of_mozillas_follow_each_other() -> None:
    """4.0 to 6.0 without a gap; each ends on the day the next begins."""
    labels = {"4.0", "5.0", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "6.0"}
    for name in ("modern", "intermediate", "old"):
        chain = [profile for profile in every() if profile.name == f"mozilla-{name}"]
        assert {profile.edition for profile in chain} == labels - ({"6.0"} if name == "old" else set())
        for newer, older in pairwise(chain):
            assert older.until == newer.date, (older.label, newer.label)
            assert float(newer.edition) > float(older.edition)


def test_what_changed_between_mozillas_editions_is_what_its_changelog_says() -> None:
    """CHANGELOG.md of its guidelines."""
    assert difference("intermediate", "5.6", "5.7") == {"suites"}  # DHE-RSA-CHACHA20-POLY1305
    assert difference("intermediate", "5.5", "5.6") == set()  # order of lists for Go
    assert difference("intermediate", "5.4", "5.5") == {"lifetime_days"}  # 730 to 366
    assert difference("intermediate", "5.3", "5.4") == {"curves"}
    assert difference("modern", "5.3", "5.4") == {"rsa_bits"}  # told of intermediate there; the files say it of modern
    assert difference("intermediate", "5.0", "5.3") == set()  # names of keys and curves
    assert {"versions", "suites", "groups", "hsts_seconds", "key_types", "signatures"} <= difference("intermediate", "4.0", "5.0")


def difference(name: str, older: str, newer: str) -> set[str]:
    one, other = load(f"mozilla-{name}@{older}"), load(f"mozilla-{name}@{newer}")
    told = {"edition", "date", "source", "until", "until_why"}
    return {field for field in Profile._fields if field not in told and getattr(one, field) != getattr(other, field)}


def test_a_policy_older_than_tls_13_says_nothing_of_it() -> None:
    old = load("mozilla-modern@4.0")
    assert "TLSv1.3" not in {version.word for version in old.versions}
    assert "TLSv1.3" in {version.word for version in old.allowed_versions}
    assert all(old.allows_suite(suite) for suite in suites.numbers().values() if suite.is_tls13)
    assert not load("mozilla-modern@5.0").allows_suite(next(s for s in suites.numbers().values() if s.iana == "TLS_AES_128_CCM_SHA256"))


def test_a_list_without_hybrids_says_nothing_of_them() -> None:
    hybrid, curve = groups.named("X25519MLKEM768"), groups.named("brainpoolP256r1tls13")
    assert hybrid is not None
    assert curve is not None
    assert load("ncsc-nl").allows_group(hybrid)
    assert load("ncsc-nl").allows_group(curve), "the same curve, in TLS 1.3"
    assert not load("anssi")._replace(groups=("SecP256r1MLKEM768",)).allows_group(hybrid)


@needed
def test_every_requirement_of_rfc_9325_is_judged_or_it_is_said_why_not() -> None:
    rows = {row["id"]: row for row in policies()["ietf"]["rfc9325_requirements"]}
    assert set(rows) == set(RFC_9325)
    profile = load("rfc-bcp195")
    assert set(iana(rows["recommended-tls12-suites"]["suites"])) < set(profile.suites or ())
    assert (profile.dh_bits, profile.rsa_bits, profile.shortest_hash) == (2048, 2048, "SHA-256")


@needed
def test_the_grades_of_ncsc_nl() -> None:
    """Good, sufficient and phase out are profiles, each with what is better; insufficient is what the last one refuses."""
    data = policies()["ncsc_nl"]
    assert set(data) == set(NCSC)
    good, sufficient, out = (load(name) for name in ("ncsc-nl-good", "ncsc-nl", "ncsc-nl-phase-out"))
    lists = data["cipher_suites"]
    assert list(good.suites or ()) == iana(lists["good"])
    assert list(sufficient.suites or ()) == iana(lists["good"]) + iana(lists["sufficient"])
    assert list(out.suites or ()) == iana(lists["good"]) + iana(lists["sufficient"]) + iana(lists["phase_out"])
    unknown = [name for grade in ("good", "sufficient", "phase_out") for name in lists[grade] if suites.named(name) is None]
    assert all("ARIA" in name and "CBC" in name for name in unknown), "suites that no library of the five servers has"
    assert list(good.groups or ()) == list(sufficient.groups or ()) == group_names(data["kex_groups"]["good"])
    assert set(out.groups or ()) - set(good.groups or ()) == set(
        group_names(data["kex_groups"]["phase_out"] + data["kex_groups"]["ffdhe"]["phase_out"])
    )
    assert [profile.rsa_bits for profile in (good, sufficient, out)] == [3072, 3072, 2048]
    assert [profile.shortest_hash for profile in (good, sufficient, out)] == ["SHA-256", "SHA-256", "SHA-224"]
    assert [load(f"{name}@2.1").edition for name in ("ncsc-nl-good", "ncsc-nl", "ncsc-nl-phase-out")] == ["2.1"] * 3
    old = {version.word for version in load("ncsc-nl-phase-out@2.1").versions}
    assert old == {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}


@needed
def test_agencies_as_collected() -> None:
    data = policies()
    nist, bsi, anssi = load("nist-800-52r2"), load("bsi-tr-02102-2"), load("anssi")
    assert list(nist.suites or ()) == iana(data["nist_800_52r2"]["cipher_suites_allowed"])
    assert nist.rsa_bits == data["nist_800_52r2"]["keys"]["rsa"]
    base = data["bsi_tr_02102_2"]["base_lists"]
    assert list(bsi.suites or ()) == iana(base["suites_with_fs"])
    assert list(bsi.groups or ()) == group_names(base["groups"])
    assert (bsi.rsa_bits, bsi.dh_bits, bsi.edition) == (base["rsa_min_bits"], base["dh_min_bits"], data["bsi_tr_02102_2"]["newest"])
    assert list(anssi.suites or ()) == iana(data["anssi"]["suites_recommended"])
    assert set(group_names(data["anssi"]["groups_recommended"])) < set(anssi.groups or ())
    assert set(data["internet_nl"]) == set(INTERNET_NL)
    judge = load("internet.nl")
    assert judge.hsts_seconds == data["internet_nl"]["hsts_min_max_age"]
    assert judge._replace(**{field: getattr(load("ncsc-nl-phase-out"), field) for field in ("suites", "groups", "rsa_bits")}) == judge
    assert load("ssllabs").hsts_seconds == data["hsts"]["checkers"]["ssl_labs"]["min_for_a_plus"]
    assert load("ssllabs").edition == data["ssl_labs"]["newest"].partition(" ")[0]
