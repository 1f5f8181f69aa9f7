"""Which files are OpenLDAP's, and what is left alone."""

from pathlib import Path

import pytest
from tlslint.parsers.format import Claim
from tlslint.parsers.openldap import layout

from tests.support import mail, world


@pytest.mark.parametrize(
    ("path", "claim"),
    [
        ("/etc/ldap/slapd.conf", Claim.ROOT),
        ("/srv/repo/slapd.conf", Claim.ROOT),
        ("/etc/ldap/slapd.conf.dpkg-old", Claim.SPARE),
        ("/etc/openldap/slapd.conf.default", Claim.SPARE),
        ("/usr/share/doc/slapd/examples/slapd.conf", Claim.SPARE),
        ("/etc/ldap/slapd.d/cn=config.ldif", Claim.ROOT),
        ("/etc/ldap/slapd.d/cn=config/olcDatabase={1}mdb.ldif", Claim.PART),
        ("/etc/ldap/schema/core.ldif", Claim.SPARE),
        ("/srv/repo/tls.ldif", Claim.ROOT),
        ("/etc/default/slapd", Claim.ROOT),
        ("/etc/sysconfig/slapd", Claim.PART),
        ("/etc/ldap/ldap.conf", Claim.ROOT),
        ("/home/joe/.ldaprc", Claim.ROOT),
        ("/etc/slapd.txt", None),
        ("/etc/apache2/apache2.conf", None),
    ],
)
def test_names(path: str, claim: Claim | None) -> None:
    assert layout.claim(path) is claim


def test_clients_are_told_from_servers() -> None:
    assert layout.is_client("/etc/ldap/ldap.conf")
    assert layout.is_client("/etc/sssd/sssd.conf")
    assert not layout.is_client("/etc/ldap/slapd.conf")


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("include /x\nTLSCertificateFile /y\n", True),
        ("rootdn cn=a\nsuffix dc=x\n", True),
        ("dn: cn=config\nchangetype: modify\n", True),
        ("dn: olcDatabase={1}mdb,cn=config\n", True),
        ("dn: uid=joe,dc=example,dc=test\nobjectClass: person\n", False),
        ("include mime.types;\nindex index.html;\n", False),
        ("", False),
    ],
)
def test_text(text: str, is_ours: bool) -> None:
    assert layout.looks_like(text.encode()) is is_ours


def test_the_file_a_part_is_read_through(tmp_path: Path) -> None:
    base = "dn: cn=config\nobjectClass: olcGlobal\n"
    change = "dn: cn=config\nchangetype: modify\ndelete: olcSecurity\n"
    files = {
        "/etc/ldap/slapd.d/cn=config.ldif": base,
        "/etc/ldap/slapd.d/cn=config/cn=module{0}.ldif": "dn: cn=module{0}\n",
        "/etc/default/slapd": "",
        "/srv/base.ldif": base,
        "/srv/change.ldif": change,
        "/srv2/change.ldif": change,
        "/etc/openldap/slapd.conf": "include /etc/openldap/tls.inc\n",
        "/etc/openldap/tls.inc": "TLSVerifyClient try\nrootdn cn=x\n",
    }
    world.lay({"files": files}, tmp_path)
    found = {path: layout.root_of(path, mail.below(tmp_path)) for path in files}
    assert found["/etc/ldap/slapd.d/cn=config/cn=module{0}.ldif"] == "/etc/ldap/slapd.d/cn=config.ldif"
    assert found["/etc/default/slapd"] == "/etc/ldap/slapd.d/cn=config.ldif"
    assert found["/srv/change.ldif"] == "/srv/base.ldif"
    assert found["/srv2/change.ldif"] == "/srv2/change.ldif"
    assert found["/etc/openldap/tls.inc"] == "/etc/openldap/slapd.conf"
