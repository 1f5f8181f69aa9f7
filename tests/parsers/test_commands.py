"""What is told to be run after a fix."""

import pytest
from tlslint.parsers.commands import on_the_server


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        ("etc/ldap/slapd.conf", "/etc/ldap/slapd.conf"),  # below --root
        ("hosts/a/etc/ldap/slapd.conf", "/etc/ldap/slapd.conf"),  # in a repository
        ("hosts/b/usr/local/etc/openldap/slapd.conf", "/usr/local/etc/openldap/slapd.conf"),
        ("/opt/etc/slapd.conf", "/opt/etc/slapd.conf"),  # as it was named on the server itself
        ("files/slapd.conf", "files/slapd.conf"),
        ("sketch/slapd.conf", "sketch/slapd.conf"),
    ],
)
def test_files_are_named_as_they_lie_on_the_server(shown: str, there: str) -> None:
    assert on_the_server(shown) == there
