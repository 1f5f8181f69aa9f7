"""Targets by name, and several words of them together."""

import json
import re
from pathlib import Path

import pytest
from tlslint.crypto import libraries
from tlslint.model import KnownBy
from tlslint.model.versions import TLS12
from tlslint.targets import UnknownTargetError, combined, load, names
from tlslint.targets.target import SERVICES

from tests.support.cli import tlslint


@pytest.mark.parametrize("name", names())
def test_every_row_is_whole(name: str) -> None:
    target = load(name)
    assert target.how is KnownBy.GIVEN
    assert set(target.software) == set(target.libraries) == set(SERVICES)
    assert 0 <= target.openssl_security_level <= 5
    for library in target.libraries.values():
        assert library.version is None or libraries.build_of(library) is not None or library.version < "3.6"
    assert target.system_ciphers is None or target.family == "rhel"
    assert re.fullmatch(r"packages of 20\d\d-\d\d-\d\d", target.source)


def test_every_row_names_its_source_and_what_was_not_seen() -> None:
    """A version is there, or the source says that nobody saw it; nothing is dated later than the table."""
    table = json.loads((Path(__file__).parents[2] / "linter" / "targets" / "distributions.json").read_text())
    for name, row in table["distributions"].items():
        assert row["date"] <= table["date"], name
        assert len(row["source"]) > 20, name
        missing = [service for service, version in row["software"].items() if version is None and service != "courier"]
        assert not missing or "not seen" in row["source"] or "without servers" in row["source"], (name, missing)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("rocky-9", "rhel-9"),
        ("CentOS-7", "rhel-7"),
        ("opensuse-leap-15.6", "suse-15.6"),
        ("Bookworm", "debian-12"),
        ("noble", "ubuntu-24.04"),
        ("arch", "arch"),
    ],
)
def test_other_names_of_releases(word: str, name: str) -> None:
    assert combined((word,), None).name == name


def test_words_are_put_together_and_each_version_says_how_it_is_known() -> None:
    target = combined(("debian-12", "httpd@2.4.10", "gnutls@3.8.9"), None)
    assert (target.software["httpd"].version, target.software["httpd"].how) == ("2.4.10", KnownBy.GIVEN)
    assert target.software["postfix"].version == "3.7.11"
    assert target.libraries["slapd"].version == "3.8.9"
    assert target.libraries["httpd"].version == "3.0.20"
    assert target.name == "debian-12 with httpd@2.4.10 with gnutls@3.8.9"


def test_a_version_alone_leaves_the_rest_assumed() -> None:
    target = combined(("dovecot@2.4.2",), None)
    assert target.software["dovecot"].how is KnownBy.GIVEN
    assert target.software["httpd"].how is KnownBy.ASSUMED
    assert target.how is KnownBy.ASSUMED


def test_openssl_alone_is_judged_by_its_own_defaults_and_a_distributions_by_the_distributions() -> None:
    assert combined(("openssl@1.1.1",), None).openssl_security_level == 1
    assert combined(("openssl@3.0.15",), None).openssl_security_level == 1
    assert combined(("openssl@3.5.0",), None).openssl_security_level == 2
    with_debian = combined(("debian-11", "openssl@1.1.1w"), None)
    assert (with_debian.openssl_security_level, with_debian.openssl_min_version) == (2, TLS12)


@pytest.mark.parametrize(
    ("target", "versions"),
    [
        ("rhel-8", ["TLSv1.2", "TLSv1.3"]),
        ("rhel-9", ["TLSv1.2", "TLSv1.3"]),
        ("debian-10", ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        ("alpine-3.24", ["TLSv1.2", "TLSv1.3"]),
        ("freebsd-14", ["TLSv1.2", "TLSv1.3"]),
        ("arch", ["TLSv1.2", "TLSv1.3"]),
        ("fedora-45", ["TLSv1.2", "TLSv1.3"]),
        ("fedora-27", {"unknown": "the TLS library is not known"}),
    ],
)
def test_without_sslprotocol_the_build_and_its_policy_decide(target: str, versions: object, tmp_path: Path) -> None:
    """Red Hat's httpd leaves it to the crypto policy; Debian's sets its own range, whatever openssl.cnf says."""
    (tmp_path / "httpd.conf").write_text("LoadModule ssl_module x.so\nListen 443\nSSLEngine on\nSSLCertificateFile /x.pem\n")
    document = json.loads(tlslint("effective", "--target", target, "--output-format", "json", tmp_path).out)
    (endpoint,) = document["instances"][0]["endpoints"]
    assert endpoint["versions"] == versions


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("debian-21", "did you mean debian-1"),
        ("alpine", "did you mean alpine-3."),
        ("freebsd", "did you mean freebsd-14"),
        ("httpd@new", "names no version"),
        ("nginx@1.25", "no target is called 'nginx@1.25'"),
        ("", "no target is called ''"),
    ],
)
def test_words_that_are_no_target(word: str, sentence: str) -> None:
    with pytest.raises(UnknownTargetError, match=sentence):
        combined((word,), None)


def test_the_command_line_takes_several(tmp_path: object) -> None:
    ran = tlslint("effective", "--target", "rhel-9", "--target", "httpd@2.4.57", "sample_configs/apache/rhel")
    assert "httpd 2.4.57 with openssl 3.5.1 (given)" in ran.out
    assert "judged for rhel-9 with httpd@2.4.57 (given: packages of 2026-11-29)" in ran.out


def test_nss_is_given_by_its_version_or_by_a_distribution_that_had_it() -> None:
    alone = combined(("moznss@3.44",), None)
    assert (alone.libraries["slapd"].name, alone.libraries["slapd"].version, alone.family) == ("moznss", "3.44", "rhel")
    both = combined(("rhel-6", "moznss@3.16", "openldap@2.4.39"), None)
    assert (both.libraries["ldap-client"].version, both.software["slapd"].version) == ("3.16", "2.4.39")
    assert both.libraries["httpd"].name == "openssl"
    with pytest.raises(UnknownTargetError, match="nothing of debian-12 is linked with Mozilla's NSS: name rhel-6"):
        combined(("debian-12", "moznss@3.44"), None)


def test_a_row_stands_for_the_releases_it_names_as_well() -> None:
    assert load("rhel-7.3").software["slapd"].version == load("rhel-7.2").software["slapd"].version == "2.4.40"
    assert "rhel-7.3" not in names()
