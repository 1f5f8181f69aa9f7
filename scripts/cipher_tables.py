"""Builds the OpenSSL tables of `tlslint.crypto` from measured facts.

    python scripts/cipher_tables.py SUITES_JSON EXPECTED_1_0_2_WEAK

SUITES_JSON: every row of every OpenSSL release branch (numeric masks of its own headers, suites available in real builds);
EXPECTED_1_0_2_WEAK: recorded answers of 1.0.2e, whose flags differ from later 1.0.2 releases (3DES was HIGH, nothing was NOT_DEFAULT).
Writes linter/crypto/openssl-<branch>.json: rows in the library's base order, words, and what each build lacks.
"""

import gzip
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CRYPTO = Path(__file__).parents[1] / "linter" / "crypto"
NAMES = json.loads((Path(__file__).parent / "suite_names.json").read_text())["names"]
Row = dict[str, Any]

ALWAYS_FOUND = ("3DES",)
"""Ciphers that libcrypto has whatever suites were compiled: ssl_load_ciphers() asks it, so their words stay known."""
FOUND_BEFORE_3_0 = ("3DES", "RC4", "RC2", "DES")
FOUND_WITH_LEGACY_PROVIDER = ("3DES", "RC4", "RC2")
"""From 3.0 on RC4 and RC2 live in the legacy provider, as SEED and IDEA do; the builds of PyPI's cryptography load it."""
CATEGORIES = ("mkey", "auth", "enc", "mac")


class Order:
    """The list of ssl_create_cipher_list() while the base order is made: active and inactive rows, each in list order."""

    def __init__(self, rows: list[Row]) -> None:
        self.active: list[Row] = []
        self.inactive = rows

    def add(self, match: Callable[[Row], bool]) -> None:
        """ADD: matching inactive rows go to the tail."""
        self.active += [row for row in self.inactive if match(row)]
        self.inactive = [row for row in self.inactive if not match(row)]

    def delete(self, match: Callable[[Row], bool]) -> None:
        """DEL: matching active rows go to the head, inactive."""
        self.inactive = [row for row in self.active if match(row)] + self.inactive
        self.active = [row for row in self.active if not match(row)]

    def last(self, match: Callable[[Row], bool]) -> None:
        """ORD: matching active rows go to the tail."""
        self.active.sort(key=match)

    def first(self, match: Callable[[Row], bool]) -> None:
        """BUMP: matching active rows go to the head."""
        self.active.sort(key=lambda row: not match(row))

    def by_strength(self) -> None:
        """ssl_cipher_strength_sort()."""
        self.active.sort(key=lambda row: -int(row["strength_bits"]))


def main(suites_json: str, weak_answers: str) -> None:
    """Write all tables."""
    versions = json.loads(Path(suites_json).read_text())["versions"]
    complement = dict(next(alias for alias in versions["1.0.1"]["aliases"] if alias["name"] == "COMPLEMENTOFDEFAULT"))
    late_1_0_1(versions["1.0.1"], versions["1.0.2"])
    versions["1.0.2-weak"] = early_1_0_2(versions["1.0.2"], complement, weak_answers)
    del versions["1.0.2"]["available"]["1.0.2-weak"]
    for branch, facts in versions.items():
        write(branch, facts)


def late_1_0_1(facts: dict[str, Any], newer: dict[str, Any]) -> None:
    """1.0.1u has the NOT_DEFAULT flag and the COMPLEMENTOFDEFAULT of 1.0.2s; the word tables at hand are those of 1.0.1s."""
    facts["masks"]["SSL_NOT_DEFAULT"] = newer["masks"]["SSL_NOT_DEFAULT"]
    meaning = next(alias for alias in newer["aliases"] if alias["name"] == "COMPLEMENTOFDEFAULT")
    facts["aliases"] = [meaning if alias["name"] == "COMPLEMENTOFDEFAULT" else alias for alias in facts["aliases"]]


def early_1_0_2(facts: dict[str, Any], complement: dict[str, Any], answers_file: str) -> dict[str, Any]:
    """The rows of 1.0.2 with the flags that 1.0.2e's own answers show.

    DEFAULT still had the LOW suites (CHANGES of 1.0.2g); COMPLEMENTOFDEFAULT was that of 1.0.1, no flag of its own.
    """
    answers = {}
    with gzip.open(answers_file, "rt") as lines:
        for line in lines:
            answer = json.loads(line)
            answers[answer["string"]] = answer["ciphers"] if answer["ok"] else []
    early: dict[str, Any] = json.loads(json.dumps(facts))
    early["available"] = {"1.0.2-weak": facts["available"]["1.0.2-weak"]}
    early["default_list"] = "ALL:!EXPORT:!aNULL:!eNULL:!SSLv2"
    bits = {word: facts["masks"][f"SSL_{word}"] for word in ("LOW", "MEDIUM", "HIGH")}
    for row in early["suites"]:
        row["algo_strength"] &= ~facts["masks"]["SSL_NOT_DEFAULT"]
        if not row["algo_strength"] & facts["masks"]["SSL_EXPORT"]:
            for word, bit in bits.items():
                row["algo_strength"] &= ~bit
                if row["name"] in answers[word]:
                    row["algo_strength"] |= bit
    for alias in early["aliases"]:
        if alias["name"] == "COMPLEMENTOFDEFAULT":
            alias.update(complement)
    return early


def write(branch: str, facts: dict[str, Any]) -> None:
    """Write the table of one branch."""
    old = branch.startswith("1.0.")
    version = "ssl" if old else "min_tls"
    available = {f"openssl@{name}": ids(names, facts["suites"]) for name, names in facts["available"].items()}
    every = frozenset().union(*available.values())
    rows = [row for row in base_order(facts["suites"], old) if row["id"] in every]
    builds = {}
    for name, mine_ids in available.items():
        lacking = [number for number, row in enumerate(rows) if row["id"] not in mine_ids]
        mine = [row for row in rows if row["id"] in mine_ids]
        builds[name] = {"lacks": lacking, "unknown": sorted(unknown_words(facts["aliases"], mine, branch))}
    aliases = {
        alias["name"]: [alias.get(field, 0) for field in (*CATEGORIES, version, "algo_strength")]
        for alias in facts["aliases"]
        if alias["name"]
    }
    table = {
        "source": f"OpenSSL {branch}: ssl/s3_lib.c, ssl/s2_lib.c, ssl/ssl_ciph.c and the binaries' own lists, by scripts/cipher_tables.py",
        "date": "2026-11-21",
        "default": facts["default_list"],
        "masks": masks(facts, old),
        "words": aliases,
        "builds": builds,
        "never_built": sorted({row["name"] for row in facts["suites"] if row["table"] == "ssl3"} - {row["name"] for row in rows}),
        "rows": [
            [row["name"], code(row), *(row[field] for field in (*CATEGORIES, version, "algo_strength")), row["strength_bits"]]
            for row in rows
        ],
    }
    text = json.dumps(table, separators=(",", ":"))
    text = re.sub(r'(,"(?:date|default|masks|words|builds|never_built|rows)":)', r"\n\1", text).replace("\n,", ",\n")
    (CRYPTO / f"openssl-{branch}.json").write_text(text.replace("],[", "],\n[") + "\n")


def ids(names: list[str], rows: list[Row]) -> frozenset[int]:
    """Which rows a build's list of names means. SSLv2 and SSLv3 share names (RC4-MD5): SSLv2 is there if the name is twice."""
    found = set()
    for row in rows:
        twins = sum(other["name"] == row["name"] for other in rows)
        if names.count(row["name"]) >= (twins if row["table"] == "ssl2" else 1):
            found.add(row["id"])
    return frozenset(found)


def _every(row: Row) -> bool:
    return bool(row)


def base_order(rows: Iterable[Row], old: bool) -> list[Row]:
    """The order before any string is read (ssl_create_cipher_list); see docs/ciphers.md."""
    ssl3 = sorted((row for row in rows if row["table"] == "ssl3"), key=lambda row: -row["id"])
    ssl2 = [row for row in rows if row["table"] == "ssl2"]
    order = Order(ssl3 + sorted(ssl2, key=lambda row: -row["id"]))
    if old:
        order.add(lambda row: row["mkey"] & 0x80)  # kEECDH
        order.delete(_every)
        order.add(lambda row: row["enc"] & (0x40 | 0x80 | 0x1000 | 0x2000))  # AES
        order.add(_every)
        order.last(lambda row: bool(row["mac"] & 0x1))  # MD5
        order.last(lambda row: bool(row["auth"] & 0x4))  # aNULL
        order.last(lambda row: bool(row["auth"] & 0x10))  # aECDH
        order.last(lambda row: bool(row["mkey"] & 0x1))  # kRSA
        order.last(lambda row: bool(row["mkey"] & 0x100))  # kPSK
        order.last(lambda row: bool(row["mkey"] & 0x10))  # kKRB5
        order.last(lambda row: bool(row["enc"] & 0x4))  # RC4
        order.by_strength()
    else:
        aead_aes = 0x1000 | 0x2000
        order.add(lambda row: row["mkey"] & 0x4 and row["auth"] & 0x8)  # kECDHE+aECDSA
        order.add(lambda row: row["mkey"] & 0x4)
        order.delete(lambda row: row["mkey"] & 0x4)
        order.add(lambda row: row["enc"] & aead_aes)
        order.add(lambda row: row["enc"] & 0x80000)  # CHACHA20
        order.add(lambda row: row["enc"] & (0x40 | 0x80 | 0x4000 | 0x8000 | 0x10000 | 0x20000))  # AES but GCM
        order.add(_every)
        order.last(lambda row: bool(row["mac"] & 0x1))
        order.last(lambda row: bool(row["auth"] & 0x4))
        order.last(lambda row: bool(row["mkey"] & 0x1))
        order.last(lambda row: bool(row["mkey"] & 0x8))
        order.last(lambda row: bool(row["enc"] & 0x4))
        order.by_strength()
        order.first(lambda row: row["min_tls"] == 0x303)
        order.first(lambda row: bool(row["mac"] & 0x40))  # AEAD
        order.first(lambda row: bool(row["mkey"] & (0x2 | 0x4)))
        order.first(lambda row: bool(row["mkey"] & (0x2 | 0x4) and row["mac"] & 0x40))
    return order.active


def masks(facts: dict[str, Any], old: bool) -> dict[str, int]:
    """Which bits of the strength column AND among themselves."""
    if not old:
        return {"strong": 0x1F, "default": 0x20, "export": 0}
    named = facts["masks"]
    exports = named["SSL_EXP40"] | named["SSL_EXP56"]
    # SSL_STRONG_MASK of 1.0.x includes EXP40 and EXP56; SSL_EXP_MASK is EXPORT and NOT_EXP
    return {"strong": named["SSL_STRONG_MASK"] | exports, "default": named.get("SSL_NOT_DEFAULT", 0), "export": named["SSL_EXP_MASK"]}


def unknown_words(aliases: list[dict[str, Any]], rows: list[Row], branch: str) -> Iterable[str]:
    """Words of which one whole category is missing from the build (ssl_cipher_collect_aliases)."""
    have = dict.fromkeys(CATEGORIES, 0)
    for row in rows:
        for field in CATEGORIES:
            have[field] |= row[field]
    found = FOUND_BEFORE_3_0 if branch.startswith("1.") else ALWAYS_FOUND
    if not branch.startswith("1.") and any(row["name"] == "SEED-SHA" for row in rows):
        found = FOUND_WITH_LEGACY_PROVIDER
    for alias in aliases:
        if alias["name"] in found:
            have["enc"] |= alias["enc"]
    for alias in aliases:
        if any(alias.get(field) and not alias[field] & have[field] for field in CATEGORIES):
            yield alias["name"]


def code(row: Row) -> int:
    """The number on the wire: two bytes, three for SSLv2."""
    return int(row["id"]) & (0xFFFFFF if row["table"] == "ssl2" else 0xFFFF)


if __name__ == "__main__":
    main(*sys.argv[1:])
