"""main.cf and master.cf as people write them and with the slips they make, as strategies of hypothesis.

Most of what is drawn is readable; what stops a program is rare, or nothing else would be seen. What stands first in a list is the
simplest: a failure shrinks towards it.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st


class Configuration(NamedTuple):
    """The two files as bytes."""

    main: bytes
    master: bytes

    def __str__(self) -> str:
        return "".join(f"--- {name} ---\n{data.decode('latin-1')}" for name, data in zip(("main.cf", "master.cf"), self, strict=True))


NAMES = ("a", "b", "site", "smtpd_tls_security_level", "smtpd_tls_protocols", "smtpd_tls_mandatory_protocols", "smtpd_tls_ciphers",
         "smtp_tls_ciphers", "smtpd_tls_exclude_ciphers", "smtpd_tls_auth_only", "smtp_tls_security_level", "smtp_tls_policy_maps",
         "smtpd_tls_cert_file", "smtpd_tls_key_file", "tls_high_cipherlist", "tls_preempt_cipherlist", "smtpd_sasl_security_options",
         "relayhost", "smtpd_tls_loglevel", "SMTPD_TLS_AUTH_ONLY", "smtpd_tls_lvl")  # fmt: skip
_WORDS = ("", "may", "encrypt", "!SSLv2", "!SSLv3, !TLSv1", ">=TLSv1.2", "high", "yes", "no", "3.6", "3.10", "9", "10", "aNULL:MD5",
          "/etc/ssl/mx.pem", "[relay.example.test]:587", "a=b", "# no comment", "\\", '"quoted"', "é", "{", "}", "$$", ",")  # fmt: skip
_REFERENCED = ("a", "b", "site", "nowhere", "smtpd_tls_ciphers", "smtp_tls_ciphers", "smtpd_tls_cert_file", "smtpd_tls_security_level",
               "compatibility_level", "tls_high_cipherlist", "smtpd_tls_fingerprint_digest", "lmtp_tls_ciphers", "service_name",
               "mydomain", "smtpd_tls_session_cache_timeout")  # fmt: skip
_BROKEN = ("$", "${", "${}", "$(a", "${a-}", "${a?{x}y}", "${{1} =< {2}}", "${{1} == 2}", "$-", "${{x} <level {3.6}}", "$b")
_BLANKS = ("", "", " ", "  ", "\t")
_OPERATORS = ("==", "!=", "<", "<=", ">=", ">", "<level", "<=level", ">=level", ">level", "==level", "!=level")
_SHORT = ("", "x", "may", "9", "10", "3.6", "3.10", "yes", " 1 ")
_END = ("\n", "\n", "\n", "\r\n", " \n", "\n\n")
_BETWEEN = ("\n ", "\n\t", "\n  # a comment\n  ", "\n# a comment\n\n   ")
_SERVICES = ("smtp inet n - n - - smtpd", "25\tinet  n - y - 20 smtpd -v", "submission inet n - n - - smtpd",
             "587 inet n - - - - smtpd", "127.0.0.1:10025 inet n n n - 0 smtpd", "[::1]:465 inet n - n - - smtpd",
             "smtp unix - - n - - smtp", "relay unix - - y - - smtp",
             "tlsproxy unix - - n - 0 tlsproxy", "lmtp unix - - n 60? 1 lmtp", "smtpd pass - - n - - smtpd")  # fmt: skip
_CLEAN = ("", "may", "encrypt", ">=TLSv1.2", "!SSLv2,!SSLv3", "high", "a=b", "x,y", '"q"')
_NO_SETTINGS = ("# smtpd_tls_auth_only = yes\n", "\n", "   \n", "  # indented\n", "  a = c\n")
_FATAL_LINES = ("smtpd_tls_auth_only yes\n", "= yes\n", "smtp inet n - n - - smtpd\n")
_FATAL_OPTIONS = ("  -o a = b\n", "  -o a, b\n", "  -o a\n", "  -o smtpd_tls_ciphers=a, b\n", "  word\n", "  {-o a = b}\n")
_FATAL_ENTRIES = ("smtp inet n - n\n", "-o a=b\n", "smtpd_tls_auth_only = yes\n")
_UNFIT = r"[\s{}]"
"""What a setting without braces around it cannot hold."""
_LEVELS = ("compatibility_level = 3.6\n", "compatibility_level = 2\n", "compatibility_level=3.10\n")


def _pick(draw: st.DrawFn, *choices: Sequence[Any]) -> list[Any]:
    """One of each. A single number stands for all of them: it is draws that take time."""
    number = draw(_below(math.prod(map(len, choices))))
    found = []
    for each in choices:
        number, at = divmod(number, len(each))
        found.append(each[at])
    return found


@cache
def _below(end: int) -> st.SearchStrategy[int]:
    return st.integers(0, end - 1)


def _reference(draw: st.DrawFn, depth: int = 0) -> str:
    """`$name` in all its forms."""
    form, name, word, blank, other = _pick(draw, range(10), _REFERENCED, _SHORT, _BLANKS, _BLANKS)

    def inner() -> str:
        text, is_nested = _pick(draw, _SHORT, (False, True))
        return _reference(draw, depth + 1) if is_nested and depth < 2 else text

    def relation() -> str:
        operator, left, right, odd = _pick(draw, _OPERATORS, ("$compatibility_level", "3.6", "2"), ("3.6", "3.10", "9.1.1"), range(30))
        if odd == 29 or not operator.endswith("level"):
            left, right = inner(), inner()
        return f"{{{left}}}{blank}{operator}{other}{{{right}}}"

    match form:
        case 0:
            return f"${name}"
        case 1:
            return f"$({name})"
        case 2:
            return f"${{{other}{name}{blank}}}"
        case 3:
            return f"${{{name}?{word}}}"
        case 4:
            return f"${{{blank}{name}{other}:{inner()}}}"
        case 5:
            return f"${{{name}{other}?{blank}{{{inner()}}}{other}:{blank}{{{inner()}}}{blank}}}"
        case 6:
            return f"${{{name}?{{{inner()}}}:{word}}}"
        case 7:
            return f"${{{name}:{{{inner()}}}}}"
        case 8:
            return f"${{{blank}{relation()}}}"
        case _:
            return f"${{{relation()}{other}?{blank}{{{inner()}}}{other}:{blank}{{{inner()}}}{blank}}}"


def _value(draw: st.DrawFn) -> str:
    """Words, references, seldom a broken one."""
    parts, between, broken = _pick(draw, (0, 1, 2, 3), ("", " ", ", "), (*[""] * 1309, *_BROKEN))
    texts = []
    for _ in range(parts):
        word, is_word = _pick(draw, _WORDS, (True, False))
        texts.append(word if is_word else _reference(draw))
    return str(between.join([*texts, broken] if broken else texts))


def _main_line(draw: st.DrawFn) -> str:
    """A setting, a comment, an empty line; seldom a line at which every program stops."""
    chance, name, before, after, between, end = _pick(draw, range(200), NAMES, _BLANKS, _BLANKS, _BETWEEN, _END)
    if chance == 199:
        return str(_pick(draw, _FATAL_LINES)[0])
    if chance > 178:
        return str(_pick(draw, _NO_SETTINGS)[0])
    more = between + _value(draw) if chance > 90 else ""
    return f"{name}{before}={after}{_value(draw)}{more}{end}"


def _option(draw: st.DrawFn) -> str:
    """An option line of a service; seldom one that stops the daemon."""
    chance, name, clean, *blanks = _pick(draw, range(100), NAMES, _CLEAN, _BLANKS, _BLANKS, _BLANKS, _BLANKS)
    if chance > 97:
        return str(_pick(draw, _FATAL_OPTIONS)[0])
    if chance > 90:
        return "  # a comment\n"
    if chance > 65:
        text = _value(draw)
        is_in_balance = text.count("{") == text.count("}") and not re.match(r"[^{]*\}", text)
        return f"  -o {{{blanks[0]}{name}{blanks[1]}={blanks[2]}{text if is_in_balance else clean}{blanks[3]}}}\n"
    text = _reference(draw) if chance > 44 else clean
    return f"{blanks[0] or '  '}-o{blanks[1]}{name}={clean if re.search(_UNFIT, text) else text}\n"


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """A main.cf and a master.cf."""
    level, skipped, settings, services, seldom = _pick(draw, _LEVELS, ("", "", "  skipped = yes\n"), range(8), range(5), range(60))
    main = f"{skipped}{level}myhostname = mx.example.test\nmydomain = example.test\n"
    main += "".join(_main_line(draw) for _ in range(settings))
    master, met = "", set()
    for _ in range(services):
        service, end, options, may_repeat = _pick(draw, _SERVICES, _END, range(5), range(10))
        if service not in met or may_repeat == 9:
            master += service + end + "".join(_option(draw) for _ in range(options))
        met.add(service)
    if seldom == 59:
        master += _pick(draw, _FATAL_ENTRIES)[0]
    return Configuration(main.encode(), master.encode())
