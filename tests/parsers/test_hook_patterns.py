"""Each layout's pattern for pre-commit takes the very files its `claim` takes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlslint.engine.discover import layouts
from tlslint.parsers.format import Claim

REPOSITORY = Path(__file__).parents[2]
INDEX = REPOSITORY.parent / "shared" / "corpus" / "INDEX.tsv"

FOLDERS = """
    etc apache2 httpd sites-available sites-enabled conf.d conf-available mods-enabled vhosts.d dovecot dovecot-2.4 postfix
    courier courier-imap ldap openldap slapd.d cn=config cn=schema schema examples example-config doc original default
    sysconfig e-smith templates templates-custom conf httpd.conf host1 lampp vhosts
""".split()  # noqa: SIM905 (readable)
NAMES = """
    apache2.conf httpd.conf httpd2.conf www.conf www ssl.load site.vhost .htaccess httpd-ssl.conf options-ssl-apache.conf
    main.cf master.cf main.cf.proto dovecot.conf 10-ssl.conf local.conf dovecot-sql.conf.ext auth-sql.conf.ext imap.protocol
    imapd-ssl pop3d-ssl imapd pop3d esmtpd esmtpd-ssl esmtpd-msa courierd imapd.dist slapd.conf ldap.conf .ldaprc ldaprc
    sssd.conf nslcd.conf libnss-ldap.conf pam_ldap.conf slapd tls.ldif olcDatabase={1}mdb.ldif cn=config.ldif template-begin
    template-end 10Listen README.md a.conf.bak a.conf~ x.include 99-mail.conf my-httpd.conf lighttpd.conf vhost.conf site.apache.conf
""".split()  # noqa: SIM905 (readable)
MARKS = ("", "", "", "", "~", ".bak", ".dpkg-old", ".j2", ".conf", "-old", ".d")


def takes(layout: object, path: str) -> tuple[bool, bool]:
    claim = layout.claim("/r/" + path)  # type: ignore[attr-defined]
    return re.search(layout.HOOK, path) is not None, claim in (Claim.ROOT, Claim.PART, Claim.OFFERED)  # type: ignore[attr-defined]


@given(st.lists(st.sampled_from(FOLDERS), max_size=5), st.sampled_from(NAMES), st.sampled_from(MARKS))
def test_patterns_take_what_claims_take(folders: list[str], name: str, mark: str) -> None:
    path = "/".join([*folders, name + mark])
    for format_name, layout in layouts():
        by_pattern, by_claim = takes(layout, path)
        assert by_pattern == by_claim, (format_name, path)


def test_every_combination_of_two_folders() -> None:
    for format_name, layout in layouts():
        for path in (f"{one}/{two}/{name}" for one in FOLDERS for two in FOLDERS for name in NAMES):
            by_pattern, by_claim = takes(layout, path)
            assert by_pattern == by_claim, (format_name, path)


def test_real_files() -> None:
    if not INDEX.exists():
        pytest.skip("the corpus of real configurations is not here")
    paths = ["/".join(line.split("\t")[2:4]) for line in INDEX.read_text().splitlines()[1:]]
    taken = 0
    for _, layout in layouts():
        for path in paths:
            by_pattern, by_claim = takes(layout, path)
            assert by_pattern == by_claim, path
            taken += by_pattern
    assert taken > 1000
