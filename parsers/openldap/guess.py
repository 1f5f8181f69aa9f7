"""Which slapd a configuration was written for, where nobody says: an assumed target gives way to what the text itself shows."""

import re

from tlslint.crypto import gnutls
from tlslint.model.instance import KnownBy, Software
from tlslint.model.versions import TLS10
from tlslint.targets import Target, load

_OLD = re.compile(rb"(?im)^(?:database[ \t]+\"?|dn:[ \t]*olcDatabase=(?:\{\d+\})?)(?:bdb|hdb|ldbm|shell)\b")
"""Database types that OpenLDAP 2.5 took away."""
_STRING = re.compile(rb"(?im)^[ \t]*(?:TLSCipherSuite|TLS_CIPHER_SUITE|olcTLSCipherSuite:)[ \t]+\"?(\S+)")
_ELSEWHERE = re.compile(rb"/etc/openldap/|/usr/lib(?:64)?/openldap|/usr/local/")
"""Paths of distributions whose slapd was never linked with GnuTLS."""
_NICKNAME = re.compile(rb"(?im)^(?:TLSCertificateFile[ \t]+|olcTLSCertificateFile:[ \t]*)\"?[^/\s\"$%@{<][^/\n]*$")
_FOLDER = re.compile(rb"(?im)^(?:TLSCACertificatePath[ \t]+|olcTLSCACertificatePath:[ \t]*)")
"""A certificate by name, out of a database of Mozilla's NSS."""
_RED_HAT = re.compile(rb"/usr/lib64/openldap|/etc/pki/|/etc/openldap/certs")


def fitting(target: Target, text: bytes) -> Target:
    """The target to judge `text` for: an old database type means slapd 2.4, a priority string means a build with GnuTLS.

    A target that was given or detected stays what it is.
    """
    if target.how is not KnownBy.ASSUMED:
        return target
    string = _STRING.search(text)
    is_priority = string is not None and gnutls.reads_like_priority(string[1].decode("latin-1"))
    is_old = _OLD.search(text) is not None
    if (_NICKNAME.search(text) and _FOLDER.search(text)) or (is_old and _RED_HAT.search(text) and not is_priority):
        # which release of Red Hat's nobody says; its later ones put OpenSSL below, which does all that is sure of NSS as well
        nss = _assumed(load("rhel-7.4"))
        unnumbered = {name: one._replace(version=None) if name in ("slapd", "ldap-client") else one for name, one in nss.software.items()}
        return nss._replace(software=unnumbered)
    if is_old:
        is_gnutls = is_priority or (string is None and not _ELSEWHERE.search(text))
        if is_gnutls:
            return _assumed(load("debian-11"))
        # its earlier builds with NSS began with TLS 1.0, which build it is nobody says, and a guess blames nobody for SSL 3
        return _assumed(load("rhel-7"))._replace(openssl_min_version=TLS10)
    return _assumed(load("debian-12")) if is_priority else target


def _assumed(target: Target) -> Target:
    def weaker(known: dict[str, Software]) -> dict[str, Software]:
        return {name: software._replace(how=KnownBy.ASSUMED) for name, software in known.items()}

    return target._replace(how=KnownBy.ASSUMED, software=weaker(target.software), libraries=weaker(target.libraries))
