"""What each directive that bears on TLS means by itself, and the values httpd refuses while it reads.

Sources: modules/ssl/ssl_engine_config.c (ssl_cmd_*), server/core.c (set_server_hostname, server_alias, set_protocol) of httpd 2.4;
messages seen on httpd 2.4.62, 2.4.68 and 2.4.71.
"""

import posixpath
import re
from collections.abc import Callable, Sequence
from functools import cache

from tlslint.files import FileProblem, Files
from tlslint.model import Span
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.apache import confcmd, defaults, listen, mends, protocol
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.read import Reading
from tlslint.parsers.apache.scopes import Handler, Place, RefusedError
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node, Section
from tlslint.parsers.carried import file_name, readable

SUFFIX = ":!aNULL:!eNULL:!EXP"
"""Behind every list of the SSL slot since 2.4.17 (ssl_cmd_SSLCipherSuite; by tag)."""


class FileFact(Struct):
    """A file a directive names. `path`: logical; `state`: `there`, `missing` (or empty, or no regular file), `unknown`."""

    path: str
    written: str
    state: str


class Context(Struct):
    """What reading a directive needs to know."""

    files: Files
    reading: Reading
    software: Software
    complete: bool
    whole_host: bool
    """Is the root directory of the host part of what may be looked at? Only then is a file that is not there really missing."""


def handlers(context: Context) -> dict[str, Handler]:
    """Handlers by directive name in lower case."""
    table: dict[str, Handler] = {
        "listen": listen.listen,
        "servername": _server_name,
        "serveralias": _server_alias,
        "protocol": _first_word,
        "port": _port,
        "namevirtualhost": _words,
        "sslengine": _engine,
        "sslprotocol": lambda node, _: ("sslprotocol", protocol.read(node, context.software)),
        "sslproxyprotocol": lambda node, _: ("sslproxyprotocol", protocol.read(node, context.software)),
        "sslciphersuite": lambda node, place: _cipher_suite(node, place, context.software),
        "sslproxyciphersuite": lambda node, place: _cipher_suite(node, place, context.software),
        "sslopensslconfcmd": lambda node, _: ("sslopensslconfcmd", _conf_cmd(node, context)),
        "sslcompression": lambda node, _: _compression(node, context.software),
        "sslfips": lambda node, place: _fips(node, place, context.software),
        "sslrandomseed": _random_seed,
        "sslpassphrasedialog": _dialog,
        "sslverifyclient": _verify,
        "sslproxyverify": _verify,
        "sslverifydepth": _number,
        "sslproxyverifydepth": _number,
        "sslsessioncachetimeout": _number,
        "sslsessioncache": lambda node, _: _cache(node, context.reading),
        "sslstaplingcache": lambda node, _: _cache(node, context.reading),
        "sslcarevocationcheck": _revocation,
        "sslproxycarevocationcheck": _revocation,
        "sslocspenable": _ocsp,
        "ssloptions": _options,
        "sslvhostsnipolicy": _sni_policy,
        "header": _header,
        "requestheader": _header,
        "rewriterule": _rewrite_rule,
        "rewritecond": _rewrite_condition,
        "mdomain": lambda node, _: ("mdomain", node.texts),
        "<mdomainset": lambda node, _: ("mdomain", node.texts),
        "mdmembers": _words,
        "mdmember": _words,
        "mdmatchnames": _first_word,
        "mdstapling": _flag,
        "sslstaplingforceurl": _first_word,
        "proxypass": _proxy_pass,
        "proxypassmatch": _proxy_pass,
        "balancermember": _words,
    }
    for name in _FLAGS:
        table[name] = _flag
    for name in _FILES:
        table[name] = lambda node, _: (node.lower, _file(node, node.words[0], context))
    for name in _DIRECTORIES:
        table[name] = lambda node, _: (node.lower, _directory(node, node.words[0], context))
    for name, instead in defaults.data()["no_longer_supported"].items():
        table[name] = _gone(instead)
    for name, version in _newer(context.software.httpd).items():
        table[name] = _too_new(version, context.software)
    return table


_FLAGS = (
    "sslhonorcipherorder",
    "sslinsecurerenegotiation",
    "sslsessiontickets",
    "sslusestapling",
    "sslstrictsnivhostcheck",
    "sslproxyengine",
    "sslproxycheckpeername",
    "sslproxycheckpeercn",
    "sslproxycheckpeerexpire",
    "sslocspoverrideresponder",
    "sslstaplingfaketrylater",
    "sslstaplingreturnrespondererrors",
)
_FILES = (
    "sslcertificatefile",
    "sslcertificatekeyfile",
    "sslcertificatechainfile",
    "sslcacertificatefile",
    "sslcadnrequestfile",
    "sslcarevocationfile",
    "sslproxycacertificatefile",
    "sslproxycarevocationfile",
    "sslproxymachinecertificatefile",
    "sslproxymachinecertificatechainfile",
    "sslsessionticketkeyfile",
    "sslocsprespondercertificatefile",
)
_DIRECTORIES = (
    "sslcacertificatepath",
    "sslcadnrequestpath",
    "sslcarevocationpath",
    "sslproxycacertificatepath",
    "sslproxycarevocationpath",
    "sslproxymachinecertificatepath",
)


def absent(software: Software) -> dict[str, str]:
    """What to say of directives that only other versions of httpd have, by lower-case name."""
    data = defaults.data()
    said = {
        name.lower(): f"{name} exists in httpd's development branch only; {software.name} does not know it and does not start"
        for name in data["trunk_only"]
    }
    for name, (version, instead) in data["removed"].items():
        more = f": {instead}" if instead else ""
        said[name.lower()] = f"{name} went away in httpd {version}, and {software.name} does not start with it{more}"
    return said


@cache
def _newer(httpd: tuple[int, ...]) -> dict[str, str]:
    """Directives that came after this httpd, by lower-case name, with the version they came with."""
    since: dict[str, str] = defaults.data()["since"]
    return {name.lower(): version for name, version in since.items() if defaults.numbers(version) > httpd}


def _too_new(version: str, software: Software) -> Handler:
    def refuse(node: Node, _place: Place) -> None:
        raise RefusedError(
            f"{node.name} came with httpd {version}; {software.name} does not know it and does not start",
            node.name_span,
            rule="setting-not-in-version",
        )

    return refuse


def _first_word(node: Node, _place: Place) -> tuple[str, str]:
    return node.lower, node.words[0].text.lower()


def _words(node: Node, _place: Place) -> tuple[str, tuple[Word, ...]]:
    return node.lower, node.words


def _proxy_pass(node: Node, place: Place) -> tuple[str, tuple[Word, ...]]:
    if place in (Place.SERVER, Place.VHOST) and len(node.words) < 2:
        raise RefusedError(f"{node.name} needs a path and a target outside <Location>, so httpd does not start")
    return node.lower, node.words


def _random_seed(node: Node, _place: Place) -> None:
    word = node.words[0]
    if word.text.lower() not in ("startup", "connect"):
        raise RefusedError(f"SSLRandomSeed takes startup or connect first, not {word.spoken}, so httpd does not start", word.span)


def _dialog(node: Node, _place: Place) -> None:
    word = node.words[0]
    if word.text != "builtin" and not word.text.startswith(("exec:", "|")):
        raise RefusedError("SSLPassPhraseDialog must be builtin, |program or exec:program, so httpd does not start", word.span)


def _flag(node: Node, _place: Place) -> tuple[str, bool]:
    return node.lower, node.words[0].text.lower() == "on"


def _number(node: Node, _place: Place) -> tuple[str, int]:
    text = node.words[0].text
    if text.startswith("-") and text[1:].isdigit() and whole(text[1:]) != 0:
        raise RefusedError(f"{node.name} cannot be negative, so httpd does not start", node.words[0].span)
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return node.lower, whole(digits) or 0


def _gone(instead: str) -> Handler:
    def refuse(node: Node, _place: Place) -> None:
        raise RefusedError(
            f"{node.name} is no longer supported by httpd 2.4, which does not start with it: {instead} does this now",
            node.name_span,
            rule="setting-not-in-version",
            remedy=mends.without_line(node),
        )

    return refuse


def _port(node: Node, _place: Place) -> None:
    raise RefusedError(
        "Port gave way to Listen in httpd 2.0, and httpd does not start with it", node.name_span, rule="setting-not-in-version"
    )


def _engine(node: Node, _place: Place) -> tuple[str, str]:
    word = node.words[0]
    text = word.text.lower()
    if text not in ("on", "off", "optional"):
        raise RefusedError(f"SSLEngine must be On, Off or Optional, not {word.spoken}, so httpd does not start", word.span)
    return "sslengine", text


def _server_name(node: Node, _place: Place) -> tuple[str, tuple[str, int]]:
    """(name, port or 0); a scheme is dropped (core.c, set_server_hostname)."""
    word = node.words[0]
    text = word.text.partition("://")[2] or word.text
    host, colon, digits = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if "*" in text:
        raise RefusedError(
            f"ServerName {word.spoken} is a pattern, and httpd does not start with it: ServerAlias takes patterns", word.span
        )
    if not colon:
        return "servername", (text, 0)
    leading = re.match(r"\d*", digits[:9])  # atoi: what follows the digits is not looked at
    port = int(leading[0] or 0) if leading else 0
    if not 1 <= port <= 65535:
        raise RefusedError(f"{digits or 'nothing'} is no port, so httpd does not start with ServerName {word.spoken}", word.span)
    return "servername", (host, port)


def _server_alias(node: Node, _place: Place) -> tuple[str, tuple[str, ...]]:
    return "serveralias", node.texts


class Ciphers(Struct):
    """One slot of SSLCipherSuite. `string`: what OpenSSL gets; `word`: where it is written."""

    string: str
    word: Word


def _cipher_suite(node: Node, place: Place, software: Software) -> tuple[str, Ciphers]:
    first = node.words[0]
    # An empty second word counts as none (config.c, TAKE12), so `TLSv1.3 ""` is a list for the SSL slot.
    second = node.words[1] if len(node.words) > 1 and node.words[1].text else None
    if second is None or first.text == "SSL":
        word = second or first
        return node.lower, Ciphers(suffixed(word.text, software), word)
    if first.text == "TLSv1.3" and software.httpd >= (2, 4, 36) and software.openssl >= (1, 1, 1):
        if place is Place.DIRECTORY:
            raise RefusedError("TLS 1.3 suites cannot be set inside a directory section, so httpd does not start", first.span)
        return f"{node.lower} tlsv1.3", Ciphers(second.text, second)
    if first.text == "TLSv1.3":
        raise RefusedError(
            f"a list for TLS 1.3 needs httpd 2.4.36 and OpenSSL 1.1.1; this one ({software.words}) does not start",
            first.span,
            rule="setting-not-in-version",
        )
    raise RefusedError(
        f"{node.name} with two words takes SSL or TLSv1.3 first, not {first.spoken}, so httpd does not start: "
        "a list with blanks needs quotes",
        first.span,
        "taken for a protocol",
        remedy=mends.in_quotes(node, node.words) if len(node.words) <= 2 else None,
    )


def suffixed(string: str, software: Software) -> str:
    """The list with what mod_ssl adds: behind it since 2.4.17, before it from 2.4.7, nothing before (by tag)."""
    if software.httpd >= (2, 4, 17):
        return string + SUFFIX
    return f"!aNULL:!eNULL:!EXP:{string}" if software.httpd >= (2, 4, 7) else string


def _conf_cmd(node: Node, context: Context) -> "confcmd.Command":
    name, value = node.words[0], node.words[1]
    known = confcmd.kind(name.text, context.software)
    if known is None:
        raise confcmd.unknown(name, context.software)
    spelt, kind = known
    path = None
    if kind == "file":
        path = _file(node, value, context)
    elif kind == "directory":
        path = _directory(node, value, context)
    return confcmd.Command(spelt, value.text, node.words, path.path if path else None)


def _compression(node: Node, software: Software) -> tuple[str, bool]:
    on = node.words[0].text.lower() == "on"
    if on and not can_compress(software):
        raise RefusedError(
            "this OpenSSL is built without compression, so httpd does not start with SSLCompression on",
            node.words[0].span,
            "not available here",
        )
    return "sslcompression", on


def can_compress(software: Software) -> bool:
    """Does the library have compression methods? Debian's since 3.5; upstream's default build has none."""
    return _compresses(software.openssl[:2])


@cache
def _compresses(release: tuple[int, ...]) -> bool:
    return any(release >= defaults.numbers(first) for first in defaults.data()["compression_methods"])


def _fips(node: Node, place: Place, software: Software) -> tuple[str, bool]:
    if place is Place.VHOST:
        raise RefusedError(
            "SSLFIPS counts for the whole server and cannot stand inside a <VirtualHost>, so httpd does not start", node.name_span
        )
    on = node.words[0].text.lower() == "on"
    if on and software.openssl < (3,) and not software.has_fips:
        raise RefusedError("this OpenSSL is not built for FIPS, so httpd does not start with SSLFIPS on", node.words[0].span)
    return "sslfips", on


_VERIFY = {
    "none": "none",
    "off": "none",
    "optional": "optional",
    "require": "required",
    "on": "required",
    "optional_no_ca": "optional without a CA",
}


def _verify(node: Node, _place: Place) -> tuple[str, str]:
    word = node.words[0]
    found = _VERIFY.get(word.text.lower())
    if found is None:
        choices = "none, optional, require, optional_no_ca"
        raise RefusedError(f"{node.name} does not know {word.spoken}, so httpd does not start: there are {choices}", word.span)
    return node.lower, found


_CACHES = {
    "shmcb": "socache_shmcb_module",
    "dbm": "socache_dbm_module",
    "memcache": "socache_memcache_module",
    "redis": "socache_redis_module",
    "dc": "socache_dc_module",
}


def _cache(node: Node, reading: Reading) -> tuple[str, str] | None:
    word = node.words[0]
    kind, _, rest = word.text.partition(":")
    if word.text.lower() in ("none", "nonenotnull") and node.lower == "sslsessioncache":
        return node.lower, word.text.lower()
    module = _CACHES.get(kind)
    if module is None:
        if all(name in _CACHES.values() or not name.startswith("socache_") for name in reading.modules) and reading.knows_all_modules:
            raise RefusedError(
                f"{node.name} knows no cache called {word.spoken.partition(':')[0]}, so httpd does not start: "
                "there are shmcb, dbm, memcache and redis",
                word.span,
            )
        return node.lower, kind
    if reading.knows_all_modules and module not in reading.modules:
        raise RefusedError(
            f"{node.name} {kind}: needs mod_{module.removesuffix('_module')}, which is not loaded, so httpd does not start", word.span
        )
    if kind == "shmcb" and "(" in rest:
        last = rest.rpartition("(")[2]
        size = whole(last[:-1]) if last.endswith(")") else None
        if size is None:
            raise RefusedError(f"{node.name} needs a size in brackets at the end, so httpd does not start", word.span)
        if size < 8192:
            raise RefusedError(f"{node.name} needs at least 8192 bytes, so httpd does not start", word.span)
    return node.lower, word.text


def _revocation(node: Node, _place: Place) -> tuple[str, str]:
    found = node.words
    word = found[0].text.lower() if found else ""
    if word not in ("none", "leaf", "chain"):
        at = found[0].span if found else node.name_span
        raise RefusedError(f"{node.name} must be none, leaf or chain, so httpd does not start", at)
    for flag in found[1:]:
        if flag.text.lower() != "no_crl_for_cert_ok":
            raise RefusedError(f"{node.name} does not know the flag {flag.spoken}, so httpd does not start", flag.span)
    return node.lower, word


def _ocsp(node: Node, _place: Place) -> tuple[str, str]:
    found = node.words
    word = found[0].text.lower() if found else ""
    if word not in ("off", "leaf", "on"):
        raise RefusedError("SSLOCSPEnable must be off, leaf or on, so httpd does not start", found[0].span if found else node.name_span)
    for flag in found[1:]:
        if flag.text.lower() != "no_ocsp_for_cert_ok":
            raise RefusedError(f"SSLOCSPEnable does not know the flag {flag.spoken}, so httpd does not start", flag.span)
    return node.lower, word


_OPTIONS = frozenset(
    {
        "stdenvvars",
        "exportcertdata",
        "exportbothcertdata",
        "fakebasicauth",
        "strictrequire",
        "optrenegotiate",
        "legacydnstringformat",
        "compatenvvars",
    }
)


def _options(node: Node, _place: Place) -> tuple[str, tuple[str, ...]]:
    for word in node.words:
        if word.text.lstrip("+-").lower() not in _OPTIONS:
            raise RefusedError(f"SSLOptions does not know {word.spoken}, so httpd does not start", word.span)
    return node.lower, tuple(word.text.lower() for word in node.words)


def _sni_policy(node: Node, _place: Place) -> tuple[str, str]:
    word = node.words[0]
    if word.text.lower() not in ("strict", "secure", "authonly", "insecure"):
        raise RefusedError("SSLVHostSNIPolicy must be strict, secure, authonly or insecure, so httpd does not start", word.span)
    return node.lower, word.text.lower()


def _header(node: Node, _place: Place) -> None:
    if node.lower != "header":
        return
    from tlslint.parsers.apache import headers  # noqa: PLC0415 (only where there are headers)

    _try(node, headers.read, headers.RefusedError)


def _rewrite_rule(node: Node, _place: Place) -> tuple[str, tuple[Word, ...]]:
    from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

    _try(node, lambda words: rewrite.rule_of(words, ()), rewrite.RefusedError)
    return node.lower, node.words


def _rewrite_condition(node: Node, _place: Place) -> None:
    from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

    _try(node, rewrite.condition_of, rewrite.RefusedError)


def _try(node: Node, read: Callable[[Sequence[str]], object], error: type[ValueError]) -> None:
    try:
        read(node.texts)
    except error as refused:
        found = node.words
        index = getattr(refused, "word", 0)
        at = found[min(max(index, 0), len(found) - 1)].span if found else node.name_span
        pasted = [word.span for word in found if not word.text.isascii()]
        if pasted and not at.data.isascii():  # quotation marks come in pairs: both ends are shown and mended
            at = Span(at.file, pasted[0].start, pasted[-1].end)
        raise RefusedError(f"{readable(str(refused))}, so httpd does not start with this {node.name} line", at) from None


def _path(text: str, context: Context) -> str:
    return posixpath.normpath(posixpath.join(context.reading.server_root, file_name(text)))


def _file(node: Node, word: Word, context: Context) -> FileFact:
    """ssl_cmd_check_file: there, a regular file, not empty. Engine ids (`pkcs11:…`) are not files."""
    if word.text.startswith("pkcs11:") and node.lower in ("sslcertificatefile", "sslcertificatekeyfile"):
        return FileFact(word.text, word.spoken, "unknown")
    path = _path(word.text, context)
    kind = context.files.kind(path)
    if kind == "missing" and not _surely_missing(word.text, path, context):
        return FileFact(path, word.spoken, "unknown")
    if kind in ("outside", "unreadable"):
        return FileFact(path, word.spoken, "unknown")
    empty = kind == "file" and size(path, context) == 0
    if kind != "file" or empty:
        what = "is empty" if empty else "does not exist" if kind == "missing" else "is not a regular file"
        if not context.complete:
            return FileFact(path, word.spoken, "unknown")
        rule = "certificate-missing" if node.lower == "sslcertificatefile" else "refused"
        label = "not there" if kind == "missing" else what
        raise RefusedError(f"{word.spoken} {what}, so httpd does not start", word.span, label, rule=rule)
    return FileFact(path, word.spoken, "there")


def size(path: str, context: Context) -> int | None:
    """A file's size in bytes; None where it cannot be looked at."""
    try:
        return context.files.status(path).size
    except FileProblem:
        return None


def _surely_missing(text: str, path: str, context: Context) -> bool:
    """Is a path that is not there missing on the host, and not only in the part of it that was given?

    A snapshot of /etc says nothing of /usr: the top directory must be there. A copy in a repository says nothing at all: certificates
    and keys are seldom kept there, not even in the folder that httpd.conf lies in. Where the very folder that is written lies on this
    disk under that name, it is no copy.
    """
    if not context.complete:
        return False
    if context.whole_host:
        return context.files.has_host_at(path)
    folder = posixpath.dirname(path)
    return text.startswith("/") and context.files.on_disk(folder) == folder and context.files.kind(folder) == "directory"


def _directory(node: Node, word: Word, context: Context) -> FileFact:
    """ssl_cmd_check_dir."""
    path = _path(word.text, context)
    kind = context.files.kind(path)
    if kind == "file" or (kind == "missing" and _surely_missing(word.text, path, context)):
        raise RefusedError(f"{word.spoken} is not a directory, so httpd does not start with {node.name}", word.span)
    return FileFact(path, word.spoken, "there" if kind == "directory" else "unknown")


def in_sections(sections: Sequence[Section], *names: str) -> list[Node]:
    """Directives with one of these lower-case names anywhere below `sections`, in order."""
    found: list[Node] = []
    pending: list[Node] = [*reversed(sections)]
    while pending:
        node = pending.pop()
        if isinstance(node, Section):
            pending.extend(reversed(node.children))
        elif node.lower in names:
            found.append(node)
    return found
