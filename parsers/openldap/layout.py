"""Where OpenLDAP's files live, by name and folder: the server's and those of its clients."""

import re

from tlslint.files import FileProblem, Files
from tlslint.parsers.format import Claim, Comments

CLIENTS = frozenset({"ldap.conf", ".ldaprc", "ldaprc", "nslcd.conf", "sssd.conf", "libnss-ldap.conf", "pam_ldap.conf", "sudo-ldap.conf"})
"""Names read by programs that ask an LDAP server: libldap, nslcd, sssd, sudo, and PADL's nss_ldap and pam_ldap."""

# Patterns are compiled when first needed (re keeps them): every run loads every layout, and few need more than one.
_SPARE = (
    r"(?:slapd|ldap|nslcd|sssd|libnss-ldap|pam_ldap|sudo-ldap)\.conf"
    r"(?:[-._~](?:bak|old|orig|save|default|dist|dpkg-\w+|ucf-\w+|rpm\w+|sample|example).*|~)"
)
_SAMPLES = r"/usr/(?:share|lib|libexec|local/share)/.*"
_CONFIG = rb"(?im)^dn:[ \t]*(?:[^\n]*,[ \t]*)?cn=config[ \t\r]*$|^dn:[ \t]*olc\w+=|^olc\w+:"
_LINE = (
    rb"(?im)^(?:TLSC\w+|TLSVerifyClient|TLSProtocolMin|TLSDHParamFile|database|suffix|rootdn|rootpw|moduleload|modulepath|syncrepl|overlay"
    rb"|by|access|index|directory|include|pidfile|argsfile|loglevel|security|TLS_\w+|BASE|URI|SASL_\w+)[ \t]+\S"
)
_OWN = (
    rb"(?im)^(?:TLSC\w+File|TLSVerifyClient|TLSProtocolMin|TLSCipherSuite|rootdn|rootpw|moduleload|syncrepl"
    rb"|TLS_(?:CACERT|REQCERT)\w*)[ \t]+\S"
)
_LISTENERS = ("/etc/default/slapd", "/etc/sysconfig/slapd", "/etc/sysconfig/ldap", "/etc/conf.d/slapd")

HOOK = (
    r"(?:^|/)cn=config[^/]*/(?:.*/)?[^/]*\.ldif$|^(?!(?:.*/)?schemas?/).*\.ldif$"
    r"|(?:^|/)(?:slapd|ldap|nslcd|sssd|libnss-ldap|pam_ldap|sudo-ldap)\.conf$|(?:^|/)\.?ldaprc$"
    r"|(?:^|/)default/slapd$|(?:^|/)etc/(?:sysconfig/(?:slapd|ldap)|conf\.d/slapd)$"
)
"""What `claim` takes, spare files left out, as one pattern over the paths of a repository: pre-commit asks for one."""


def claim(path: str) -> Claim | None:
    """slapd.conf, slapd.d and LDIF files are roots (an LDIF file that says nothing of cn=config gives no server), so are clients' files.

    /etc/default/slapd is one too: it may name a configuration of any name. What lies below `cn=config/` is reached from cn=config.ldif.
    """
    folder, _, name = path.rpartition("/")
    if name.endswith(".ldif"):
        if "/cn=config" in folder:
            return Claim.PART
        return Claim.SPARE if re.search("(?:^|/)schemas?(?:/|$)", folder) or re.fullmatch(_SAMPLES, path) else Claim.ROOT
    if name == "slapd.conf" or name in CLIENTS:
        return Claim.SPARE if re.fullmatch(_SAMPLES, path) else Claim.ROOT
    if path.endswith("/default/slapd"):
        return Claim.ROOT
    if path.endswith(_LISTENERS):
        return Claim.PART
    return Claim.SPARE if ".conf" in name and (re.fullmatch(_SPARE, name) or name.endswith((".slapd.conf", "-slapd.conf"))) else None


def is_client(path: str) -> bool:
    """Does a client read this file, rather than slapd?"""
    name = path.rpartition("/")[2]
    return name in CLIENTS or any(name.startswith(client + mark) for client in CLIENTS for mark in ".-_~")


def looks_like(data: bytes) -> bool:
    """An entry below cn=config, or two lines with names that OpenLDAP knows, one of which nothing else has."""
    text = data[:65536]
    return bool(re.search(_CONFIG, text)) or (len(re.findall(_LINE, text)) >= 2 and bool(re.search(_OWN, text)))


def root_of(path: str, files: Files) -> str | None:
    """cn=config.ldif above a part of slapd.d; the slapd.conf or slapd.d that a file of the start script goes with; else the file itself."""
    folder, _, name = path.rpartition("/")
    if "/cn=config/" in f"{folder}/" and name.endswith(".ldif"):
        above = f"{folder}/".partition("/cn=config/")[0] + "/cn=config.ldif"
        return above if files.kind(above) == "file" else None
    if path.endswith(_LISTENERS):
        host = next(path[: -len(each)] for each in _LISTENERS if path.endswith(each))
        for each in ("ldap/slapd.d/cn=config.ldif", "openldap/slapd.d/cn=config.ldif", "ldap/slapd.conf", "openldap/slapd.conf"):
            root = f"{host}/etc/{each}"
            if files.kind(root) == "file":
                return root
        return path if path.endswith("/default/slapd") else None
    if name.endswith(".ldif") and claim(path) is Claim.ROOT:
        from tlslint.parsers.openldap import cnconfig  # noqa: PLC0415 (only for LDIF that was named)

        return cnconfig.base_of(path, files)
    if claim(path) is Claim.ROOT:
        return path
    try:
        own = files.real(path)
        return next(
            (
                each
                for each in (f"{folder}/slapd.conf",)
                if each != path and files.kind(each) == "file" and files.real(each) != own and name.encode() in files.read(each).data
            ),
            None,
        )
    except FileProblem:
        return None


def comments(path: str) -> Comments:
    """A blank carries lines of slapd.conf and LDIF on, comments too (slapd.conf(5), RFC 2849); clients' files know only whole lines."""
    return Comments(indented=False, goes_on="" if is_client(path) else "indent", comment_goes_on=not is_client(path))
