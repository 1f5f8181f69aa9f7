"""Postfix's cipher grades and exclusions: from settings to the one string OpenSSL is given.

Source: tls_set_ciphers() in src/tls/tls_misc.c; set_cipher_grade() in src/smtp/smtp_tls_policy.c; smtpd_start_tls() in
src/smtpd/smtpd.c. What the string means is the business of `tlslint.crypto.openssl`.
"""

import re

from tlslint.model.struct import Struct
from tlslint.parsers.postfix.defaults import Release

GRADES = ("high", "medium", "low", "export", "null")
_SEPARATED = re.compile(r"[^, \t\r\n:]+")


class Choice(Struct):
    """The string, or why there is none (every handshake is then broken off). `wrong`: the word that is at fault.

    `list_parameter`: the parameter that holds the list of the grade.
    """

    string: str
    list_parameter: str = ""
    error: str = ""
    wrong: str = ""
    fault_in: str = ""
    """`grade` or `exclusion`."""


def list_parameter(grade: str, release: Release) -> str | None:
    """The parameter behind a grade, whose case does not matter; None for a word that is no grade. low and export mean medium since 3.8."""
    grade = grade.lower()
    if grade not in GRADES:
        return None
    if grade in ("low", "export") and release >= (3, 8):
        grade = "medium"
    return f"tls_{grade}_cipherlist"


def choose(grade: str, base: str, exclusions: tuple[str, ...], release: Release) -> Choice:
    """Put the string together: the list of the grade, then `:!word` for every word of every exclusion list.

    `base`: the value of the grade's list parameter.
    """
    parameter = list_parameter(grade, release)
    if parameter is None:
        hint = "; words of OpenSSL belong in tls_high_cipherlist" if re.search(r"[:!+@]", grade) else ""
        return Choice("", "", f"{grade!r} is no cipher grade ({', '.join(GRADES[:2])}){hint}", grade, "grade")
    string = base
    for text in exclusions:
        for match in _SEPARATED.finditer(text):
            word = match.group()
            if word[0] in "!+-@":
                return Choice("", parameter, f"{word!r} begins with {word[0]!r}, which no exclusion may do", word, "exclusion")
            string += f":!{word}"
    return Choice(string, parameter)
