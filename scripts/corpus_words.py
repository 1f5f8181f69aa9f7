"""Every word of a cipher or priority string met below a folder that a library does not know, how often, and why.

    python scripts/corpus_words.py FOLDER [LIBRARY …]      (default: openssl@1.1.1 openssl@3.0 openssl@3.5 gnutls@3.7.9)

Settings are found by name, without the formats' own parsers, so that no string is missed because its file is odd; words with variables,
template holes and leftovers of prose are listed as not literal.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tlslint.crypto import gnutls, libraries, openssl
from tlslint.crypto.openssl import Effect

DEFAULT_BUILDS = ("openssl@1.1.1", "openssl@3.0", "openssl@3.5", "gnutls@3.7.9")
SETTING = re.compile(
    r"""^[^\S\n]*(?:-o[^\S\n]+)?["']?
    (?P<name>SSL(?:Proxy)?CipherSuite | ssl_cipher_list | ssl_cipher_suites
      | (?:smtpd?|lmtp|tlsproxy)_tls_(?:mandatory_)?exclude_ciphers | tls_(?:high|medium|low|export|null)_cipherlist
      | TLS_CIPHER_LIST | TLS_PRIORITY | TLSCipherSuite | TLS_CIPHER_SUITE | olcTLSCipherSuite)
    [^\S\n]*[:=]?[^\S\n]*(?P<value>[^\n]*)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
NOT_LITERAL = re.compile(r"[${}<>%()`#@\\\"'|*~]")


class Unknown(NamedTuple):
    """A word a build does not know, and why."""

    word: str
    reason: str


def strings(folder: Path) -> Iterator[tuple[str, str]]:
    """Every setting's name and value below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size < 5_000_000:
            text = path.read_bytes().decode("utf-8", "replace").replace("\\\n", "")
            for match in SETTING.finditer(text):
                yield match["name"], match["value"].strip()


def values(name: str, value: str) -> list[str]:
    """The cipher strings of one setting's value."""
    value = value.strip().strip("\"'")
    if name.lower().startswith("ssl"):
        if re.match(r"TLSv1\.3\s", value):  # httpd: SSLCipherSuite TLSv1.3 LIST is no cipher string
            return []
        value = re.sub(r"^SSL\s+", "", value)
    if "exclude" in name.lower():
        return re.split(r"[\s,:]+", value)
    return [value] if value else []


def unknown(build: str, string: str) -> Iterator[Unknown]:
    """What a build does not know in a string."""
    words = gnutls.explain(string, build) if build.startswith("gnutls") else openssl.explain(string, build)
    for word in words:
        if word.effect is Effect.UNKNOWN or (word.effect is Effect.REFUSED and word.unknown):
            spelt = word.unknown or word.text
            if NOT_LITERAL.search(spelt):
                yield Unknown(spelt, "not literal: a variable, a template hole, a quotation mark or a comment")
            else:
                meant = f"did you mean {word.suggestion}?" if word.suggestion else ""
                yield Unknown(spelt, "; ".join(filter(None, (word.note, meant))))


def report(folder: Path, builds: tuple[str, ...]) -> dict[str, Counter[Unknown]]:
    """Unknown words by build, with how often each was met; a string is judged in the language it is written in."""
    found: dict[str, Counter[Unknown]] = {build: Counter() for build in builds}
    for name, value in strings(folder):
        for string in values(name, value):
            for build in builds:
                if build.startswith("gnutls") is gnutls.reads_like_priority(string):
                    found[build].update(unknown(build, string))
    return found


def main(arguments: list[str]) -> int:
    """Print the report."""
    if not arguments:
        print(__doc__)
        return 2
    builds = tuple(libraries.build_named(name) for name in arguments[1:]) or DEFAULT_BUILDS
    for build, words in report(Path(arguments[0]), builds).items():
        print(f"{build}: {len(words)} words")
        for word, count in sorted(words.items()):
            print(f"  {count:>5}  {word.word:<45} {word.reason or 'known to no library'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
