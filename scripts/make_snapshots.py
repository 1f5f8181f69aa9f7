"""Snapshots of hosts that do not exist, made from real configurations: what a fleet's collector would leave in one folder.

    python scripts/make_snapshots.py FOLDER COUNT [CORPUS]

FOLDER/host00000/etc/… : web servers, mail servers, directories and mixtures of them, each a small tree of the collection of real
configurations (default: shared/corpus beside the clone) with names, ports, versions of TLS and cipher lists of its own. The same numbers
give the same bytes.
"""

import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
MOST_FILES, MOST_BYTES = 30, 60_000
"""What a small tree is."""


class Kind(NamedTuple):
    """`root`: the file a tree of this format has at its top; `place`: where the tree lies on a host."""

    format: str
    root: str
    place: str


KINDS = (
    Kind("apache", "apache2.conf", "etc/apache2"),
    Kind("apache", "httpd.conf", "etc/httpd/conf"),
    Kind("postfix", "main.cf", "etc/postfix"),
    Kind("dovecot", "dovecot.conf", "etc/dovecot"),
    Kind("courier", "imapd-ssl", "etc/courier"),
    Kind("openldap", "slapd.conf", "etc/ldap"),
)
HOSTS = (("apache",), ("apache",), ("postfix", "dovecot"), ("apache", "postfix"), ("openldap",), ("postfix", "courier"))
"""What runs together on a host."""

SWAPS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (rb"example\.(?:com|org|net)", ()),
    (rb"(?<=[:\s])443\b", (b"443", b"443", b"8443", b"4443")),
    (rb"(?m)^(\s*SSLProtocol)\s.*$", (rb"\1 all", rb"\1 all -SSLv3", rb"\1 -all +TLSv1.2 +TLSv1.3", rb"\1 TLSv1.2", rb"\1 all -TLSv1 -TLSv1.1")),
    (rb"(?m)^(\s*SSLCipherSuite)\s[^\\\n]*$", (rb"\1 HIGH:!aNULL", rb"\1 HIGH:MEDIUM:!MD5:!RC4", rb"\1 ECDHE+AESGCM:ECDHE+CHACHA20")),
    (rb"(?m)^(ssl_min_protocol) *=.*$", (rb"\1 = TLSv1.2", rb"\1 = TLSv1", rb"\1 = TLSv1.1")),
    (rb"(?m)^(smtpd_tls_mandatory_protocols) *=.*$", (rb"\1 = !SSLv2, !SSLv3", rb"\1 = >=TLSv1.2", rb"\1 = !SSLv2, !SSLv3, !TLSv1")),
)  # fmt: skip


def trees(corpus: Path) -> dict[str, list[tuple[Kind, Mapping[str, bytes]]]]:
    """Small trees by format: what each file below the root's folder holds."""
    found: dict[str, list[tuple[Kind, Mapping[str, bytes]]]] = {}
    for kind in KINDS:
        for root in sorted((corpus / kind.format).rglob(kind.root)):
            paths = sorted(path for path in root.parent.rglob("*") if path.is_file() and not path.is_symlink())
            if len(paths) <= MOST_FILES and sum(path.stat().st_size for path in paths) <= MOST_BYTES:
                files = {str(path.relative_to(root.parent)): path.read_bytes() for path in paths}
                found.setdefault(kind.format, []).append((kind, files))
    return found


def host(number: int, known: Mapping[str, list[tuple[Kind, Mapping[str, bytes]]]]) -> dict[str, bytes]:
    """The files of one host, by path below its root."""
    chance = random.Random(number)
    name = b"host%05d.example.test" % number
    said: dict[str, bytes] = {}
    for wanted in chance.choice(HOSTS):
        kind, files = chance.choice(known[wanted])
        swaps = [(pattern, chance.choice(words) if words else name) for pattern, words in SWAPS]
        for path, data in files.items():
            text = data
            for pattern, word in swaps:
                text = re.sub(pattern, word, text)
            said[f"{kind.place}/{path}"] = text
    return said


def make(folder: Path, count: int, corpus: Path) -> int:
    """Lay `count` hosts below `folder`; returns how many bytes that is."""
    known = trees(corpus)
    total = 0
    for number in range(count):
        for path, data in host(number, known).items():
            at = folder / f"host{number:05}" / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_bytes(data)
            total += len(data)
    return total


def main(words: list[str]) -> int:
    """Make them, or say in one sentence why not."""
    if len(words) not in (2, 3) or not words[1].isdigit():
        print("usage: make_snapshots.py FOLDER COUNT [CORPUS]", file=sys.stderr)
        return 2
    corpus = Path(words[2]) if len(words) == 3 else REPOSITORY.parent / "shared" / "corpus"
    if not corpus.is_dir():
        print(f"make_snapshots.py: the collection of real configurations is not in {corpus}", file=sys.stderr)
        return 2
    size = make(Path(words[0]), int(words[1]), corpus)
    print(f"{words[1]} hosts, {size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
