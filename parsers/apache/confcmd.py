"""SSLOpenSSLConfCmd: OpenSSL's own configuration commands, carried out on the server's context after all of mod_ssl's settings.

Sources: ssl/ssl_conf.c of OpenSSL 1.0.2, 1.1.1, 3.0 and 3.5 (cmd_*, ssl_set_option_list), ssl_cmd_SSLOpenSSLConfCmd of httpd 2.4; values
tried on OpenSSL 3.0 through SSL_CONF_cmd with the flags httpd sets.
"""

from functools import cache

from tlslint.model import Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.apache import defaults
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.expression import integer
from tlslint.parsers.apache.protocol import Range
from tlslint.parsers.apache.scopes import RefusedError
from tlslint.parsers.apache.syntax import Word


class Command(Struct):
    """One accepted line. `name` as OpenSSL spells it; `path`: the logical path where the value names a file."""

    name: str
    value: str
    words: tuple[Word, ...]
    path: str | None

    @property
    def span(self) -> Span:
        """The value."""
        return self.words[1].span


@cache
def _kinds() -> dict[str, tuple[str, str, str]]:
    kinds: dict[str, list[str]] = defaults.data()["openssl_commands"]["kinds"]
    return {name.lower(): (name, kind, since) for name, (kind, since) in kinds.items()}


def kind(name: str, software: Software) -> tuple[str, str] | None:
    """(spelling, `string`, `file`, `directory` or `store`); None: this OpenSSL does not know the command. Case does not matter."""
    row = _kinds().get(name.lower())
    return None if row is None or defaults.numbers(row[2]) > software.openssl else row[:2]


def unknown(word: Word, software: Software) -> RefusedError:
    """The refusal for a command nobody knows, with the one probably meant."""
    row = _kinds().get(word.text.lower())
    if row is not None:
        return RefusedError(
            f"the OpenSSL command {row[0]} came with OpenSSL {row[2]}; this httpd ({software.words}) does not start",
            word.span,
            rule="setting-not-in-version",
        )
    import difflib  # noqa: PLC0415 (only for a name nobody knows)

    names = {"minimumprotocol": "minprotocol", "maximumprotocol": "maxprotocol", "ciphers": "ciphersuites", "curve": "curves"}
    lower = word.text.lower()
    close = [names[lower]] if lower in names else difflib.get_close_matches(lower[:64], _kinds(), 1, 0.7)
    message = f"OpenSSL knows no command {word.spoken}, so httpd does not start"
    if not close:
        return RefusedError(message, word.span)
    meant = _kinds()[close[0]][0]
    return RefusedError(
        f"{message}: did you mean {meant}?", word.span, remedy=Rewrite((Edit(word.span, meant.encode()),), f"write {meant}")
    )


class Options:
    """The SSL_OP_… bits that matter, as a set of names; `NO_…` for versions. Adding is all that carries over to another virtual host."""

    __slots__ = ("bits",)

    def __init__(self, bits: frozenset[str]) -> None:
        self.bits = bits

    def switch(self, bit: str, *, on: bool) -> None:
        """Set or clear one bit."""
        self.bits = self.bits | {bit} if on else self.bits - {bit}


class State:
    """The parts of an SSL_CTX that commands change."""

    __slots__ = ("cipher_string", "dh_path", "files", "groups", "options", "range", "signature_algorithms", "tls13", "touched", "verify")

    def __init__(self, version_range: Range, options: frozenset[str]) -> None:
        self.range = version_range
        self.options = Options(options)
        self.cipher_string: tuple[str, Command] | None = None
        self.tls13: tuple[str, Command] | None = None
        self.groups: tuple[tuple[Group, ...], Command] | None = None
        self.signature_algorithms: tuple[tuple[str, ...], Command] | None = None
        self.dh_path: tuple[str, Command] | None = None
        self.verify: tuple[str, Command] | None = None
        self.files: list[Command] = []
        self.touched: dict[str, Command] = {}
        """The last command that had a say in `versions`, or in an option by its bit's name."""


def apply(command: Command, state: State, software: Software) -> str:
    """Carry out one command at start-up; returns why OpenSSL refuses the value, "" when it does not (AH02407)."""
    handler = {
        "Protocol": _protocol,
        "MinProtocol": _bound,
        "MaxProtocol": _bound,
        "CipherString": _cipher_string,
        "Ciphersuites": _ciphersuites,
        "Curves": _groups,
        "Groups": _groups,
        "ECDHParameters": _ecdh,
        "SignatureAlgorithms": _signatures,
        "ClientSignatureAlgorithms": _signatures,
        "Options": _options,
        "VerifyMode": _verify,
        "DHParameters": _file,
        "Certificate": _file,
        "PrivateKey": _file,
        "NumTickets": _number,
        "RecordPadding": _number,
    }.get(command.name)
    return handler(command, state, software) if handler else ""


_OFF = {"sslv2": SSL20, "sslv3": SSL30, "tlsv1": TLS10, "tlsv1.1": TLS11, "tlsv1.2": TLS12, "tlsv1.3": TLS13}
_BOUNDS = {"SSLv3": SSL30, "TLSv1": TLS10, "TLSv1.1": TLS11, "TLSv1.2": TLS12, "TLSv1.3": TLS13}


def _elements(value: str) -> list[tuple[str, bool]] | None:
    """A comma-separated list with optional signs (CONF_parse_list); None: an empty element, which ends in failure."""
    found = []
    for part in value.split(","):
        word = part.strip(" \t")
        if not word:
            return None
        on = not word.startswith("-")
        found.append((word[1:] if word[0] in "+-" else word, on))
    return found


def _protocol(command: Command, state: State, software: Software) -> str:
    """Sets and clears SSL_OP_NO_…; starts from what is there, so a plain list of names switches nothing off."""
    elements = _elements(command.value)
    if elements is None:
        return "there is an empty entry"
    known = {name.lower() for name in defaults.data()["openssl_commands"]["protocols"]}
    off = set(state.range.off)
    for name, on in elements:
        lower = name.lower()
        if lower not in known:
            return f"{name} is not a protocol"
        versions = set(_OFF.values()) if lower == "all" else {_OFF[lower]} if lower in _OFF else set()
        off = off - versions if on else off | versions
    del software
    state.range = state.range._replace(off=frozenset(off))
    state.touched["versions"] = command
    return ""


def _bound(command: Command, state: State, software: Software) -> str:
    value = command.value
    version: TlsVersion | None = None
    if value.startswith("DTLS"):
        return "" if value in ("DTLSv1", "DTLSv1.2") and software.openssl >= (3,) else f"{value} is not a version of TLS"
    if value != "None":
        version = _BOUNDS.get(value)
        if version is None or (version is TLS13 and software.openssl < (1, 1, 1)):
            return f"{value} is not a version: there are None, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"
    if command.name == "MinProtocol":
        state.range = state.range._replace(lowest=version)
    else:
        state.range = state.range._replace(highest=version)
    state.touched["versions"] = command
    return ""


def _cipher_string(command: Command, state: State, software: Software) -> str:
    del software
    # "always disable null and export ciphers" (ssl_cmd_SSLOpenSSLConfCmd)
    state.cipher_string = (command.value + ":!aNULL:!eNULL:!EXP", command)
    return ""


def _ciphersuites(command: Command, state: State, software: Software) -> str:
    del software
    state.tls13 = (command.value, command)
    return ""


def _groups(command: Command, state: State, software: Software) -> str:
    from tlslint.crypto import groups  # noqa: PLC0415 (only where groups are named)

    if software.build is None:
        return ""
    found = groups.evaluate(command.value, software.build)
    if not found.accepted:
        return found.error or "it is not a list of groups"
    state.groups = (found.groups, command)
    return ""


def _ecdh(command: Command, state: State, software: Software) -> str:
    if command.value.lower() in ("automatic", "+automatic"):
        return ""
    if ":" in command.value:
        return "it takes one curve"
    return _groups(command, state, software)


_HASHES = ("MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
_SIGNATURES = ("RSA", "RSA-PSS", "PSS", "ECDSA", "DSA")


def _signatures(command: Command, state: State, software: Software) -> str:
    """SSL_CTX_set1_sigalgs_list: names apart by colons, each known and standing there once."""
    names = command.value.split(":")
    known: list[str] = defaults.data()["openssl_commands"]["signature_algorithms"]
    seen: set[str] = set()
    for name in names:
        word = name.strip()
        if software.openssl >= (3, 3) and word.startswith("?"):
            continue
        shown = word if software.openssl < (3, 4) else word.lower()  # names count case before
        kind_of, plus, digest = word.partition("+")
        listed = known if software.openssl < (3, 4) else {name.lower() for name in known}
        if not word or (plus and (kind_of not in _SIGNATURES or digest not in _HASHES)) or (not plus and shown not in listed):
            return f"{word or 'an empty name'} is not a signature algorithm"
        if word.lower() in seen and software.openssl < (3, 5):
            return f"{word} stands there twice"
        seen.add(word.lower())
    if command.name == "SignatureAlgorithms":
        state.signature_algorithms = (tuple(name.strip() for name in names), command)
    return ""


_BITS = {
    # option → (bit, does naming it set the bit?): "Compression" clears SSL_OP_NO_COMPRESSION
    "sessionticket": ("NO_TICKET", False),
    "compression": ("NO_COMPRESSION", False),
    "serverpreference": ("SERVER_PREFERENCE", True),
    "unsafelegacyrenegotiation": ("UNSAFE_LEGACY_RENEGOTIATION", True),
    "norenegotiation": ("NO_RENEGOTIATION", True),
    "prioritizechacha": ("PRIORITIZE_CHACHA", True),
}


def _options(command: Command, state: State, software: Software) -> str:
    elements = _elements(command.value)
    if elements is None:
        return "there is an empty entry"
    known = {
        name.lower()
        for name, since in defaults.data()["openssl_commands"]["options"].items()
        if defaults.numbers(since) <= software.openssl
    }
    for name, on in elements:
        if name.lower() not in known:
            return f"{name} is not an option"
        bit = _BITS.get(name.lower())
        if bit is not None:
            state.options.switch(bit[0], on=on == bit[1])
            state.touched[bit[0]] = command
    return ""


def _verify(command: Command, state: State, software: Software) -> str:
    del software
    elements = _elements(command.value)
    known = {name.lower() for name in defaults.data()["openssl_commands"]["verify_modes"]}
    for name, on in elements or [("", True)]:
        if name.lower() not in known:
            return f"{name or 'an empty entry'} is not a way to ask for certificates"
        if name.lower() == "require":
            state.verify = ("required" if on else "none", command)
        elif name.lower() == "request" and (state.verify is None or state.verify[0] != "required"):
            state.verify = ("optional" if on else "none", command)
    return ""


def _file(command: Command, state: State, software: Software) -> str:
    del software
    if command.name == "DHParameters" and command.path:
        state.dh_path = (command.path, command)
    else:
        state.files.append(command)
    return ""


def _number(command: Command, state: State, software: Software) -> str:
    """atoi: words count as 0; negative numbers, and padding above 16384, are refused."""
    del state, software
    number = integer(command.value)
    if number < 0 or (command.name == "RecordPadding" and number > 16384):
        return f"{command.value} is out of range"
    return ""
