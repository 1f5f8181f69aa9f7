"""Which generation of Dovecot a text was written for, where nothing else says so."""

import re
from collections.abc import Sequence

from tlslint.model import SourceFile

_OF_1X = rb"ssl_cert_file|ssl_key_file|ssl_ca_file|ssl_disable|ssl_listen|login_executable|auth default"

_SIGNS = (
    # 2.4 begins with its version; the others by names that only they have (src/config/old-set-parser.c, settings by version)
    ("2.4.1", rb"dovecot_config_version|ssl_server_\w+|auth_allow_cleartext|mail_driver|mail_path|passdb_\w+_\w+"),
    ("2.3.19.1", rb"ssl_min_protocol|ssl_dh|ssl_cipher_suites|ssl_curve_list|ssl_client_cert"),
    ("2.2.36", rb"ssl_protocols|ssl_dh_parameters_length|ssl_prefer_server_ciphers"),
    ("1.2.17", _OF_1X),
    ("2.3.19.1", rb"ssl_cert|ssl_key|disable_plaintext_auth|mail_location|passdb|!include(?:_try)?"),
)

_NEW_BLOCKS = re.compile(
    rb"""(?mx) ^[ \t]* (?: (?:mail_plugins|auth_mechanisms|protocols) [ \t]* \{
    | (?:quota|sieve_script|fts|passdb|userdb) [ \t]+ (?:"[^"\n]*"|\w+) [ \t]* \{ )"""
)
"""Blocks of 2.4: lists of booleans, and names where 2.x before it has none; 1.x has `passdb pam {`, within `auth default {`."""

_OLD = re.compile(
    rb"""(?mx) ^[ \t]* (?: (?:plugin|passdb|userdb|namespace|dict|inet_listener) [ \t]* \{
    | (?:service_count|address|idle_kill|ssl_listen) [ \t]* =
    | \w+ [ \t]* = [^#\n]* (?: \$ (?!SET:|ENV:) \w | %[Lhudnsr]\b ) )"""
)
"""What no text of 2.4 has: blocks without a name, names that are gone, variables of one letter."""


def of(files: Sequence[SourceFile], *, is_root: bool) -> str | None:
    """A version of the generation that the text speaks for; None: nothing tells. The newest sign wins.

    `is_root`: a whole configuration, which 2.4 does not read without its version.
    """
    if any(_NEW_BLOCKS.search(file.data) for file in files) and not _has(_OF_1X, files):
        return _SIGNS[0][0]
    for version, names in _SIGNS:
        if _has(names, files):
            return version
    return "2.3.19.1" if is_root or any(_OLD.search(file.data) for file in files) else None


def _has(names: bytes, files: Sequence[SourceFile]) -> bool:
    """Does one of the files set or open one of these?"""
    sign = re.compile(rb"(?m)^[ \t]*(?:" + names + rb")[ \t]*(?:=|\{|/|[ \t]\S)")
    return any(sign.search(file.data) for file in files)
