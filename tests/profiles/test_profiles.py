"""Profiles by name and edition, several at once, past their date, and files of one's own."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML
from tlslint.crypto import groups, suites
from tlslint.model.versions import TLS12, TLS13
from tlslint.profiles import UnknownProfileError, every, load, names

from tests.support.cli import tlslint

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "profile.schema.json").read_text())
HOUSE = """name: house
edition: "3"
versions: [TLSv1.3]
suites: [TLS_AES_256_GCM_SHA384]
groups: [X25519, P-256]
rsa_bits: 3072
hsts_seconds: 31536000
until: "2026-10-01"
until_why: the security board meets again
"""
MOZILLA = {
    "version": 9.9,
    "href": "https://example.test/9.9.json",
    "configurations": {
        "modern": {
            "ciphers": {"openssl": ["ECDHE-ECDSA-AES128-GCM-SHA256"]},
            "ciphersuites": ["TLS_AES_128_GCM_SHA256"],
            "tls_versions": ["TLSv1.2", "TLSv1.3"],
            "tls_curves": ["X25519", "prime256v1"],
            "certificate_types": ["ecdsa"],
            "certificate_signatures": ["ecdsa-with-SHA384", "sha256WithRSAEncryption"],
            "rsa_key_size": None,
            "hsts_min_age": 63072000,
            "oldest_clients": ["Firefox 63"],
        }
    },
}
SITE = """LoadModule ssl_module x.so
Listen 443
SSLEngine on
SSLCertificateFile /etc/ssl/certs/www.pem
SSLCertificateKeyFile /etc/ssl/private/www.key
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "apache2.conf").write_text(SITE)
    return tmp_path


def test_every_edition_is_whole_and_known_to_the_tables() -> None:
    labels = [profile.label for profile in every()]
    assert len(set(labels)) == len(labels)
    assert {"mozilla-intermediate@5.0", "mozilla-old@5.8", "ncsc-nl-good@2025-05", "ssllabs@2009r"} <= set(labels)
    for profile in every():
        assert all((profile.date, profile.source, profile.versions))
        assert all(suites.named(name) is not None for name in profile.suites or ())
        assert all(groups.named(name) is not None for name in (*(profile.groups or ()), *(profile.curves or ())))


def test_the_newest_edition_is_what_a_name_means() -> None:
    for name in names():
        editions = [profile for profile in every() if profile.name == name]
        assert load(name) == max(editions, key=lambda profile: (profile.date, profile.edition))


def test_several_profiles_the_strictest_decides_and_each_that_demands_is_named(site: Path) -> None:
    run = tlslint(site, "--profile", "mozilla-modern", "--profile", "rfc-bcp195", "--profile", "ncsc-nl-good", "--select", "TLS106,TLS208",
                  "--output-format", "json")  # fmt: skip
    by_rule = {finding["rule"]: finding for finding in json.loads(run.out)["findings"]}
    assert by_rule["TLS106"]["profiles"] == ["mozilla-modern@6.0", "ncsc-nl-good@2025-05"]
    assert "mozilla-modern@6.0 and ncsc-nl-good@2025-05 do not allow" in by_rule["TLS106"]["message"]
    assert "rfc-bcp195@2026-07" not in by_rule["TLS208"]["profiles"]


def test_a_profile_past_its_date_says_so(site: Path) -> None:
    past = tlslint(site, "--profile", "mozilla-intermediate@5.7", "--now", "2026-05-01")
    assert "mozilla-intermediate@5.7 is past its date (2026-04-06): replaced by 5.8" in past.err
    assert "past its date" not in tlslint(site, "--profile", "mozilla-intermediate@5.7", "--now", "2026-03-01").err
    assert "past its date" not in tlslint(site, "--now", "2026-11-24").err
    assert "past since 2026-04-06" in tlslint("profiles", "--now", "2026-11-24").out
    assert "past since 2031" not in tlslint("profiles", "--now", "2026-11-24").out
    assert "past since 2031-12-31" in tlslint("profiles", "--now", "2032-01-01").out


def test_a_profile_of_ones_own_in_yaml(site: Path) -> None:
    path = site / "house.yaml"
    path.write_text(HOUSE)
    jsonschema.validate(YAML(typ="safe").load(HOUSE), SCHEMA)
    profile = load(str(path))
    assert (profile.label, profile.versions, profile.groups) == ("house@3", frozenset({TLS13}), ("x25519", "secp256r1"))
    run = tlslint(site, "--profile", path, "--now", "2026-11-24")
    assert "house@3 does not allow" in run.out
    assert "house@3 is past its date (2026-10-01): the security board meets again" in run.err


def test_a_name_with_the_ending_of_a_file_is_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "house.yaml").write_text(HOUSE)
    monkeypatch.chdir(site)
    assert load("house.yaml") == load(str(site / "house.yaml"))._replace(source=load("house.yaml").source)


def test_mozillas_own_shape(tmp_path: Path) -> None:
    whole, single = tmp_path / "guidelines.json", tmp_path / "custom.json"
    whole.write_text(json.dumps(MOZILLA))
    single.write_text(json.dumps(MOZILLA["configurations"]["modern"]))  # type: ignore[index]
    profile = load(f"{whole}#modern")
    assert (profile.label, profile.versions, profile.key_types) == ("guidelines-modern@9.9", frozenset({TLS12, TLS13}), ("ECDSA",))
    assert profile.suites == ("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    assert (profile.signatures, profile.shortest_hash) == (("SHA-384", "SHA-256"), "SHA-256")
    assert load(str(single))._replace(name="", source="") == profile._replace(name="", source="", edition="")
    with pytest.raises(UnknownProfileError, match=r"choose with .*#NAME from modern"):
        load(str(whole))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("versions: [TLSv1.4]", "no version is called 'TLSv1.4'"),
        ("versions: [TLSv1.2]\nsuites: [AES-MAGIC]", "no cipher suite is called 'AES-MAGIC'"),
        ("versions: [TLSv1.2]\nrsa_bit: 2048", "did you mean rsa_bits?"),
        ("versions: [TLSv1.2]\nsignatures: [SHA-999]", "no hash is called 'SHA-999'"),
        ("versions: [TLSv1.2]\nkey_types: [DSA]", "no type of key is called 'DSA'"),
        ("versions: [TLSv1.2]\nrsa_bits: many", "rsa_bits takes a number"),
        ("suites: []", "versions is missing"),
        ("- a\n- b\n", "holds no profile"),
        ("versions: [", "is no YAML"),
        ("a: &a [*a]\nversions: !!python/object:os.system x", "is no YAML"),
    ],
)
def test_mistakes_in_own_profiles_are_one_sentence(text: str, sentence: str, site: Path) -> None:
    path = site / "house.yaml"
    path.write_text(text)
    run = tlslint(site, "--profile", path)
    assert (run.code, run.out) == (2, "")
    assert sentence in run.err
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("house.yaml", "versions:\n  - TLSv1.3\n b: c\n", "house.yaml:3:2 is no YAML"),
        ("house.json", '{"versions": ', "house.json is no JSON"),
    ],
)
def test_where_a_file_of_ones_own_breaks_is_told(name: str, text: str, said: str, site: Path) -> None:
    (site / name).write_text(text)
    run = tlslint(site, "--profile", site / name)
    assert (run.code, run.err.count("\n")) == (2, 1)
    assert said in run.err


def test_what_differs_between_editions() -> None:
    run = tlslint("profiles", "diff", "mozilla-intermediate@5.7", "mozilla-intermediate@6.0")
    assert run.code == 1
    assert run.out.splitlines()[2:] == [
        "cipher suites: - DHE-RSA-AES128-GCM-SHA256 (TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)",
        "cipher suites: - DHE-RSA-AES256-GCM-SHA384 (TLS_DHE_RSA_WITH_AES_256_GCM_SHA384)",
        "cipher suites: - DHE-RSA-CHACHA20-POLY1305 (TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256)",
        "groups: + X25519MLKEM768",
    ]
    assert tlslint("profiles", "diff", "anssi", "anssi@1.2").code == 0
    assert "no profile is called 'anss1'; did you mean anssi?" in tlslint("profiles", "show", "anss1").err
    assert "did you mean bsi-tr-02102-2?" in tlslint("profiles", "show", "BSI").err
    assert "did you mean mozilla-modern or mozilla-intermediate or mozilla-old?" in tlslint("profiles", "show", "mozilla").err
