"""Does slapd take a directive's arguments? The same for slapd.conf and cn=config.

Follows config_check_vals() of servers/slapd/config.c, the handlers of servers/slapd/bconfig.c and ldap_pvt_tls_config() of
libraries/libldap/tls2.c; seen on slapd 2.4.57, 2.5.13 and 2.6.10.
"""

import re
from collections.abc import Sequence

from tlslint.model.numbers import whole
from tlslint.parsers.openldap.configuration import has_hole
from tlslint.parsers.openldap.directives import Directive

VERIFY = {
    "never": "never",
    "hard": "hard",
    "on": "hard",
    "yes": "hard",
    "true": "hard",
    "demand": "demand",
    "allow": "allow",
    "try": "try",
    "0": "never",
    "1": "hard",
    "2": "demand",
    "3": "allow",
    "4": "try",
}
"""What TLSVerifyClient's words and digits mean (LDAP_OPT_X_TLS_NEVER … LDAP_OPT_X_TLS_TRY of ldap.h)."""

FACTORS = ("ssf", "transport", "tls", "sasl", "update_ssf", "update_transport", "update_tls", "update_sasl", "simple_bind")
_FEATURES = {
    "disallows": ("bind_anon", "bind_simple", "tls_2_anon", "tls_authc", "proxy_authz_non_critical", "dontusecopy_non_critical"),
    "allows": ("bind_v2", "bind_anon_cred", "bind_anon_dn", "update_anon", "proxy_authz_anon"),
    "require": ("bind", "ldapv3", "authc", "sasl", "strong"),
    "restrict": (
        *("bind", "add", "modify", "rename", "modrdn", "delete", "search", "compare", "read", "write", "extended", "all"),
        *("extended=1.3.6.1.4.1.1466.20037", "extended=1.3.6.1.4.1.4203.1.11.1", "extended=1.3.6.1.4.1.4203.1.11.3"),
        "extended=1.3.6.1.1.8",
    ),
}
_LEVELS = frozenset(
    {
        *("any", "trace", "packets", "args", "conns", "ber", "filter", "config", "acl", "stats", "stats2", "shell", "parse", "cache"),
        *("index", "sync", "none"),
    }
)
_SWITCH = ("on", "true", "yes", "off", "false", "no")
_DIGITS = {"1": "hard", "2": "demand", "3": "allow", "4": "try", "0": "never"}


def refused(row: Directive, arguments: Sequence[str], *, in_database: bool, after_database: bool, library: str) -> str:
    """Why slapd refuses the arguments; "" when it takes them, or when only a running server could tell."""
    checks_crl, reads_crl = library not in ("gnutls", "moznss"), library == "gnutls"
    if "IGNORED" in row.places or (row.name == "TLSCRLCheck" and not checks_crl) or (row.name == "TLSCRLFile" and not reads_crl):
        return ""
    if any(has_hole(argument) for argument in arguments):
        return ""
    words = len(arguments) + 1
    if row.kind == "DN" and words == 1:
        words = 2
    if row.least and words < row.least:
        return f"{row.name} needs an argument" if row.least == 2 else f"{row.name} needs {row.least - 1} arguments"
    if row.most and words > row.most:
        most = row.most - 1
        return f"{row.name} takes {'one argument' if most == 1 else f'{most} arguments'}, and there is more on the line"
    if "DB" in row.places and not in_database:
        return f"{row.name} is allowed inside a database only"
    if "PRE_DB" in row.places and after_database:
        return f"{row.name} must stand before any database"
    if "PAREN" in row.places and not arguments[0].startswith("("):
        return f"{row.name} wants its value in parentheses"
    return _kind(row, arguments) or _outgoing(row.name.lower(), arguments, checks_crl=checks_crl) or _handler(row.name.lower(), arguments)


def _kind(row: Directive, arguments: Sequence[str]) -> str:
    value = arguments[0] if arguments else ""
    if row.kind == "ON_OFF":
        return "" if not arguments or value.lower() in _SWITCH else f"{value} is neither on nor off"
    if row.kind in ("INT", "UINT", "LONG", "ULONG", "BER_LEN_T"):
        return "" if integer(value) is not None else f"{value} is not a number"
    return ""


def _handler(name: str, arguments: Sequence[str]) -> str:
    if name == "tlsprotocolmin":
        return "" if protocol_min(arguments[0]) is not None else f"{arguments[0]} is not a version as slapd writes them"
    if name == "tlsverifyclient":
        return "" if verify(arguments[0]) else f"{arguments[0]} is not a word TLSVerifyClient knows"
    if name == "tlscrlcheck":
        return "" if arguments[0].lower() in ("none", "peer", "all", "0", "1", "2") else f"{arguments[0]} is not a word TLSCRLCheck knows"
    if name in ("loglevel", "serverid", "sizelimit", "timelimit"):
        return _plain(name, arguments)
    if name == "envflags":  # back-mdb/config.c mdb_envflags
        known = ("nosync", "nometasync", "writemap", "mapasync", "nordahead")
        return next((f"{word} is not a flag envflags knows" for word in arguments if word.lower() not in known), "")
    if name == "security":
        return next((f"{word} is not a factor of security" for word in arguments if factor(word) is None), "")
    features = _FEATURES.get(name)
    if features is None:
        return ""
    rest = arguments[1:] if name == "require" and arguments[0].lower() == "none" else arguments
    return next(
        (
            f"{word} is not a feature {name.removesuffix('s') if name.endswith('ws') else name} knows"
            for word in rest
            if word.lower() not in features
        ),
        "",
    )


_BIND = {
    *("uri", "version", "bindmethod", "timeout", "network-timeout", "binddn", "credentials", "saslmech", "secprops", "realm", "authcid"),
    *("authzid", "keepalive", "tcp-user-timeout"),
}
_BIND_TLS = {
    *("starttls", "tls_cert", "tls_key", "tls_cacert", "tls_cacertdir", "tls_reqcert", "tls_reqsan", "tls_cipher_suite"),
    *("tls_protocol_min", "tls_ecname"),
}
_REPLICATION = {
    *("rid", "provider", "schemachecking", "filter", "searchbase", "scope", "attrs", "type", "interval", "retry", "sizelimit"),
    *("timelimit", "syncdata", "logbase", "logfilter", "suffixmassage", "exattrs", "managedsait"),
}
_BARE = ("attrsonly", "strictrefresh", "lazycommit")
_VALUES = {"starttls": ("no", "yes", "critical"), "bindmethod": ("none", "simple", "sasl"), "version": ("2", "3")}
_URL = re.compile(r"(?i)<?(?:url:)?c?ldap[sic]?://")
PROXY_TLS = ("propagate", "try-propagate", "start", "try-start", "ldaps", "none")
"""What `tls` of a proxy database takes (back-ldap/config.c tls_mode)."""


def _outgoing(name: str, arguments: Sequence[str], *, checks_crl: bool) -> str:
    """Connections slapd makes: parse_syncrepl_line() of syncrepl.c, bindkey of config.c, back-ldap/config.c of 2.5.13."""
    tls_words = _BIND_TLS | {"tls_crlcheck"} if checks_crl else _BIND_TLS
    if name == "syncrepl":
        missing = {"rid", "provider", "searchbase"} - {word.partition("=")[0].lower() for word in arguments}
        return _keywords(arguments, _BIND | tls_words | _REPLICATION, "syncrepl") or (
            f"syncrepl needs {' and '.join(sorted(missing))}" if missing else ""
        )
    if name == "tls":
        if arguments[0].lower() not in PROXY_TLS:
            return f"{arguments[0]} is not a mode tls knows"
        return _keywords(arguments[1:], tls_words, "tls")
    if name == "uri":
        odd = next((word for word in re.split(r"[,\s]+", arguments[0]) if word and not _URL.match(word)), "")
        return f"{odd} is no LDAP URL" if odd else ""
    return ""


def _keywords(words: Sequence[str], known: set[str], name: str) -> str:
    for word in words:
        key, equals, value = word.partition("=")
        folded = key.lower()
        if not equals and folded.startswith(_BARE):
            continue
        if not equals or folded not in known:
            return f"{word} is not a word {name} knows"
        if folded in _VALUES and value.strip('"').lower() not in _VALUES[folded]:
            return f"{key} takes {', '.join(_VALUES[folded])}"
        if folded == "provider" and not _URL.match(value.strip('"')):
            return f"{value or 'nothing'} is no LDAP URL"
    return ""


_MEANT_VERSION = {
    "1.0": "3.1",
    "1": "3.1",
    "1.1": "3.2",
    "1.2": "3.3",
    "1.3": "3.4",
    "0x303": "3.3",
    "0x304": "3.4",
    "771": "3.3",
    "772": "3.4",
}
_MEANT_VERIFY = {
    "required": "demand",
    "require": "demand",
    "mandatory": "demand",
    "optional": "try",
    "none": "never",
    "off": "never",
    "no": "never",
}


def meant(name: str, text: str) -> str:
    """What was probably meant by a value slapd refuses; "" when nothing is plain."""
    folded = text.lower()
    if name == "tlsprotocolmin":
        return _MEANT_VERSION.get(re.sub(r"^tls[v ]?(?=1)", "", folded).replace(",", "."), "")
    return _MEANT_VERIFY.get(folded, "") if name == "tlsverifyclient" else ""


def _plain(name: str, arguments: Sequence[str]) -> str:
    if name == "loglevel":
        wrong = next((word for word in arguments if integer(word) is None and word.lower() not in _LEVELS), "")
        return f"{wrong} is not a level loglevel knows" if wrong else ""
    if name == "serverid":
        value = integer(arguments[0])
        return "" if value is not None and 0 <= value <= 4095 else f"{arguments[0]} is not a number from 0 to 4095"
    for word in arguments:
        bare = word.rpartition("=")[2].rpartition(".")[2] if "=" in word else word
        if integer(bare) is None and bare.lower() not in ("unlimited", "none", "soft", "hard", "disabled", "pr", "prtotal", "unchecked"):
            return f"{word} is not a limit"
    return ""


def protocol_min(text: str) -> int | None:
    """TLSProtocolMin as slapd parses it: `major[.minor]`, each 0 to 255, as one number; None: refused."""
    match = re.fullmatch(r"[ \t\n\v\f\r]*([-+]?\d{1,9})(?:\.[ \t\n\v\f\r]*([-+]?\d{1,9}))?", text)
    if match is None:
        return None
    major, minor = int(match[1]), int(match[2] or 0)
    return (major << 8) + minor if 0 <= major <= 255 and 0 <= minor <= 255 else None


def verify(text: str) -> str:
    """TLSVerifyClient's value in the plain word; "" when it is refused."""
    if text[:1].isdigit():
        return _DIGITS.get(str(whole(text)), "")
    return VERIFY.get(text.lower(), "")


def factor(word: str) -> tuple[str, int] | None:
    """`ssf=128` as ("ssf", 128); None: slapd does not know it or cannot read the number."""
    name, equals, number = word.partition("=")
    if not equals or name.lower() not in FACTORS or not re.fullmatch(r"\+?\d{1,9}", number):
        return None
    return name.lower(), int(number)


def integer(text: str) -> int | None:
    """A number as strtol() with base 0 reads it: `0x47` and `0107` are 71; None: slapd cannot parse it."""
    match = re.fullmatch(r"[ \t]*([-+]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9]\d{0,18}))", text)
    if match is None:
        return None
    value = int(match[2], 16) if match[2] else int(match[3], 8) if match[3] else int(match[4])
    return -value if match[1] == "-" else value
