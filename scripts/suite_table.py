"""Builds linter/crypto/suites.json: every suite of every library build, once, with what its registered name says.

    python scripts/suite_table.py SUITES_JSON

SUITES_JSON as for scripts/cipher_tables.py; GnuTLS suites come from linter/crypto/gnutls-*.json (scripts/gnutls_tables.py).
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

CRYPTO = Path(__file__).parents[1] / "linter" / "crypto"
NAMES = json.loads((Path(__file__).parent / "suite_names.json").read_text())["names"]

EXCHANGES = {
    "RSA": ("RSA", "RSA"),
    "DHE_RSA": ("DHE", "RSA"),
    "DHE_DSS": ("DHE", "DSS"),
    "DH_RSA": ("DH", "RSA"),
    "DH_DSS": ("DH", "DSS"),
    "DH_anon": ("DHE", "anonymous"),
    "ECDHE_RSA": ("ECDHE", "RSA"),
    "ECDHE_ECDSA": ("ECDHE", "ECDSA"),
    "ECDH_RSA": ("ECDH", "RSA"),
    "ECDH_ECDSA": ("ECDH", "ECDSA"),
    "ECDH_anon": ("ECDHE", "anonymous"),
    "PSK": ("PSK", "PSK"),
    "RSA_PSK": ("RSA-PSK", "RSA"),
    "DHE_PSK": ("DHE-PSK", "PSK"),
    "PSK_DHE": ("DHE-PSK", "PSK"),
    "ECDHE_PSK": ("ECDHE-PSK", "PSK"),
    "SRP_SHA": ("SRP", "SRP"),
    "SRP_SHA_RSA": ("SRP", "RSA"),
    "SRP_SHA_DSS": ("SRP", "DSS"),
    "KRB5": ("KRB5", "KRB5"),
    "GOSTR341094": ("GOST", "GOST"),
    "GOSTR341001": ("GOST", "GOST"),
    "GOSTR341112_256": ("GOST", "GOST"),
}
"""Anonymous suites are ephemeral Diffie-Hellman without a signature (RFC 5246 section 7.4.3)."""
CIPHERS = {
    "NULL": ("NULL", "", 0),
    "RC4_40": ("RC4", "stream", 40),
    "RC4_56": ("RC4", "stream", 56),
    "RC4_128": ("RC4", "stream", 128),
    "RC2_CBC_40": ("RC2", "CBC", 40),
    "RC2_CBC_56": ("RC2", "CBC", 56),
    "RC2_128_CBC": ("RC2", "CBC", 128),
    "DES40_CBC": ("DES", "CBC", 40),
    "DES_CBC_40": ("DES", "CBC", 40),
    "DES_CBC": ("DES", "CBC", 56),
    "3DES_EDE_CBC": ("3DES", "CBC", 112),
    "IDEA_CBC": ("IDEA", "CBC", 128),
    "SEED_CBC": ("SEED", "CBC", 128),
    "CHACHA20_POLY1305": ("ChaCha20", "Poly1305", 256),
    "28147_CNT": ("GOST-28147", "CNT", 256),
    "KUZNYECHIK_CTR": ("Kuznyechik", "CTR", 256),
    "MAGMA_CTR": ("Magma", "CTR", 256),
}
MACS = {"MD5": "MD5", "SHA": "SHA-1", "SHA256": "SHA-256", "SHA384": "SHA-384", "IMIT": "GOST", "GOSTR3411": "GOST", "OMAC": "GOST"}
SSL2 = {
    "RC4_128_WITH_MD5": ("RC4", "stream", 128),
    "RC4_128_EXPORT40_WITH_MD5": ("RC4", "stream", 40),
    "RC2_128_CBC_WITH_MD5": ("RC2", "CBC", 128),
    "RC2_128_CBC_EXPORT40_WITH_MD5": ("RC2", "CBC", 40),
    "IDEA_128_CBC_WITH_MD5": ("IDEA", "CBC", 128),
    "DES_64_CBC_WITH_MD5": ("DES", "CBC", 56),
    "DES_192_EDE3_CBC_WITH_MD5": ("3DES", "CBC", 112),
}


def main(suites_json: str) -> None:
    """Write the file."""
    versions = json.loads(Path(suites_json).read_text())["versions"]
    found: dict[int, dict[str, Any]] = {}
    other_names: dict[str, int] = {}
    for branch in sorted(versions, key=lambda name: [int(part) for part in name.split(".")]):
        for row in versions[branch]["suites"]:
            number = row["id"] & (0xFFFFFF if row["table"] == "ssl2" else 0xFFFF)
            iana = row.get("std") or NAMES.get(f"0x{number:06X}" if row["table"] == "ssl2" else f"0x{number:04X}")
            if iana is None:  # never shipped: NULL-MD5 and RC4-64-MD5 of SSLv2, GOST suites behind #if 0
                continue
            entry = found.setdefault(number, {"iana": iana, "openssl": row["name"], "gnutls": "", "first": 0})
            entry["iana"] = iana
            if entry["openssl"] != row["name"]:
                other_names[entry["openssl"]] = number
                entry["openssl"] = row["name"]
            entry["first"] = row.get("min_tls") or {1: 0x0002, 2: 0x0300, 4: 0x0303}[row["ssl"]]
    add_gnutls(found)
    rows = [
        [entry["iana"], number, entry["openssl"], entry["gnutls"], *facts(entry["iana"]), entry["first"]] for number, entry in found.items()
    ]
    rows.sort(key=lambda row: row[1])
    table = {
        "source": "OpenSSL's tables and binaries 1.0.1 to 4.0, gnutls_cipher_suite_info() of GnuTLS 3.7.1 to 3.8.13; names: IANA registry",
        "date": "2026-11-21",
        "columns": "iana, code, openssl, gnutls, key_exchange, authentication, cipher, mode, mac, bits, first version",
        "other_names": other_names,
    }
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (CRYPTO / "suites.json").write_text(json.dumps(table, indent=1)[:-2] + ',\n "rows": [\n' + lines + "\n]}\n")


def add_gnutls(found: dict[int, dict[str, Any]]) -> None:
    """Add GnuTLS names, and the suites only GnuTLS has."""
    for path in sorted(CRYPTO.glob("gnutls-*.json")):
        for name, number, *_, first in json.loads(path.read_text())["suites"]:
            entry = found.setdefault(number, {"openssl": "", "first": first})
            if "iana" not in entry:
                entry["iana"] = registered(name, number)
            entry["gnutls"] = name


def registered(name: str, number: int) -> str:
    """`TLS_RSA_CAMELLIA_128_GCM_SHA256` → `TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256`: GnuTLS leaves out WITH, and says SHA1 and ANON."""
    known = NAMES.get(f"0x{number:04X}")
    if known:
        return str(known)
    name = re.sub(r"SHA1$", "SHA", name).replace("ANON", "anon").replace("ARCFOUR", "RC4")
    for exchange in sorted(EXCHANGES, key=len, reverse=True):
        if name.startswith(f"TLS_{exchange}_"):
            return f"TLS_{exchange}_WITH_{name[len(exchange) + 5 :]}"
    raise ValueError(name)


def facts(iana: str) -> tuple[str, str, str, str, str, int]:
    """Key exchange, authentication, cipher, mode, MAC and bits, read from a registered name."""
    if iana.startswith("SSL_CK_"):
        cipher, mode, bits = SSL2[iana[7:]]
        return "RSA", "RSA", cipher, mode, "MD5", bits
    exchange, _, rest = iana[4:].partition("_WITH_")
    if not rest:
        if exchange in ("SHA256_SHA256", "SHA384_SHA384"):
            return "any", "any", "NULL", "", f"SHA-{exchange[3:6]}", 0
        exchange, rest = "any", exchange
        key_exchange, authentication = "any", "any"
    else:
        key_exchange, authentication = EXCHANGES[re.sub("_EXPORT(1024)?$", "", exchange)]
    rest = rest.removesuffix("_LEGACY")
    modern = re.fullmatch(r"(AES|CAMELLIA|ARIA)_(128|256)_(CBC|GCM|CCM_8|CCM)(?:_(SHA\d*))?", rest)
    if modern:
        name, bits, mode, mac = modern.groups()
        name = {"AES": "AES", "CAMELLIA": "Camellia", "ARIA": "ARIA"}[name]
        return key_exchange, authentication, f"{name}-{bits}", mode.replace("_", ""), MACS[mac] if mode == "CBC" else "AEAD", int(bits)
    cipher, _, mac = rest.rpartition("_")
    name, mode, bits = CIPHERS[cipher]
    if "_EXPORT1024" in exchange and name == "DES":
        bits = 56
    return key_exchange, authentication, name, mode, "AEAD" if mode == "Poly1305" else MACS[mac], bits


if __name__ == "__main__":
    main(*sys.argv[1:])
