"""Builds linter/crypto/gnutls-<release>.json by asking real GnuTLS libraries, one question at a time.

    ORACLE_HOME=... python scripts/gnutls_tables.py CIPHER_ORACLE_PY

CIPHER_ORACLE_PY: a script with `ask(VERSION, STRINGS)` and `VERSIONS`, that answers with what gnutls_priority_init() of that version
makes of each string. The words tried are those of lib/algorithms/*.c and lib/priority_options.gperf of GnuTLS 3.6 to 3.8.
"""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CRYPTO = Path(__file__).parents[1] / "linter" / "crypto"
BUILDS = {"gnutls@3.7.1": "gnutls-3.7.1", "gnutls@3.7.9": "gnutls-3.7.9", "gnutls@3.8.9": "gnutls-3.8.9", "gnutls@3.8": "gnutls-3.8"}

LEVELS = ["NORMAL", "PERFORMANCE", "PFS", "LEGACY", "SECURE128", "SECURE192", "SECURE256", "SECURE", "SUITEB128", "SUITEB192"]
CIPHERS = [
    "AES-256-CBC",
    "AES-192-CBC",
    "AES-128-CBC",
    "AES-128-GCM",
    "AES-192-GCM",
    "AES-256-GCM",
    "AES-128-CCM",
    "AES-256-CCM",
    "AES-128-CCM-8",
    "AES-256-CCM-8",
    "ARCFOUR-128",
    "ESTREAM-SALSA20-256",
    "SALSA20-256",
    "CHACHA20-32",
    "CHACHA20-64",
    "CAMELLIA-256-CBC",
    "CAMELLIA-192-CBC",
    "CAMELLIA-128-CBC",
    "CHACHA20-POLY1305",
    "CAMELLIA-128-GCM",
    "CAMELLIA-256-GCM",
    "GOST28147-TC26Z-CFB",
    "GOST28147-CPA-CFB",
    "GOST28147-CPB-CFB",
    "GOST28147-CPC-CFB",
    "GOST28147-CPD-CFB",
    "AES-128-CFB8",
    "AES-192-CFB8",
    "AES-256-CFB8",
    "AES-128-XTS",
    "AES-256-XTS",
    "AES-128-SIV",
    "AES-256-SIV",
    "AES-128-SIV-GCM",
    "AES-256-SIV-GCM",
    "GOST28147-TC26Z-CNT",
    "MAGMA-CTR-ACPKM",
    "KUZNYECHIK-CTR-ACPKM",
    "3DES-CBC",
    "DES-CBC",
    "RC2-40",
    "NULL",
]
MACS = [
    "SHA1",
    "SHA256",
    "SHA384",
    "SHA512",
    "SHA224",
    "SHA3-224",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
    "SHAKE-128",
    "SHAKE-256",
    "UMAC-96",
    "UMAC-128",
    "AEAD",
    "MD5",
    "MD2",
    "MD5+SHA1",
    "RIPEMD160",
    "GOSTR341194",
    "STREEBOG-256",
    "STREEBOG-512",
    "AES-CMAC-128",
    "AES-CMAC-256",
    "AES-GMAC-128",
    "AES-GMAC-192",
    "AES-GMAC-256",
    "GOST28147-TC26Z-IMIT",
    "OMAC-MAGMA",
    "OMAC-KUZNYECHIK",
    "PBMAC1",
    "MAC-NULL",
]
EXCHANGES = [
    "ECDHE-RSA",
    "ECDHE-ECDSA",
    "RSA",
    "DHE-RSA",
    "DHE-DSS",
    "PSK",
    "RSA-PSK",
    "DHE-PSK",
    "ECDHE-PSK",
    "SRP-DSS",
    "SRP-RSA",
    "SRP",
    "ANON-DH",
    "ANON-ECDH",
    "VKO-GOST-12",
    "RSA-EXPORT",
]
GROUPS = [
    "SECP192R1",
    "SECP224R1",
    "SECP256R1",
    "SECP384R1",
    "SECP521R1",
    "X25519",
    "GC256A",
    "GC256B",
    "GC256C",
    "GC256D",
    "GC512A",
    "GC512B",
    "GC512C",
    "X448",
    "FFDHE2048",
    "FFDHE3072",
    "FFDHE4096",
    "FFDHE6144",
    "FFDHE8192",
    "X25519-MLKEM768",
    "SECP256R1-MLKEM768",
    "SECP384R1-MLKEM1024",
    "X25519-KYBER768",
    "ED25519",
    "ED448",
]
SIGNATURES = [
    "RSA-SHA256",
    "RSA-SHA384",
    "RSA-SHA512",
    "RSA-PSS-SHA256",
    "RSA-PSS-RSAE-SHA256",
    "RSA-PSS-SHA384",
    "RSA-PSS-RSAE-SHA384",
    "RSA-PSS-SHA512",
    "RSA-PSS-RSAE-SHA512",
    "EdDSA-Ed25519",
    "EdDSA-Ed448",
    "ECDSA-SHA256",
    "ECDSA-SHA384",
    "ECDSA-SHA512",
    "ECDSA-SECP256R1-SHA256",
    "ECDSA-SECP384R1-SHA384",
    "ECDSA-SECP521R1-SHA512",
    "ECDSA-SHA3-224",
    "ECDSA-SHA3-256",
    "ECDSA-SHA3-384",
    "ECDSA-SHA3-512",
    "RSA-SHA3-224",
    "RSA-SHA3-256",
    "RSA-SHA3-384",
    "RSA-SHA3-512",
    "DSA-SHA3-224",
    "DSA-SHA3-256",
    "DSA-SHA3-384",
    "DSA-SHA3-512",
    "RSA-RAW",
    "RSA-SHA1",
    "RSA-SHA224",
    "RSA-RMD160",
    "DSA-SHA1",
    "DSA-SHA224",
    "DSA-SHA256",
    "RSA-MD5",
    "RSA-MD2",
    "ECDSA-SHA1",
    "ECDSA-SHA224",
    "GOSTR341012-512",
    "GOSTR341012-256",
    "GOSTR341001",
    "DSA-SHA384",
    "DSA-SHA512",
    "ML-DSA-44",
    "ML-DSA-65",
    "ML-DSA-87",
]
VERSIONS = ["SSL3.0", "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3", "TLS1.4", "DTLS0.9", "DTLS1.0", "DTLS1.2", "DTLS1.3"]
CTYPES = [
    "X.509",
    "X509",
    "RAWPK",
    "RPK",
    "OPENPGP",
    "CLI-ALL",
    "SRV-ALL",
    "CLI-X.509",
    "CLI-X509",
    "SRV-X.509",
    "SRV-X509",
    "CLI-RAWPK",
    "SRV-RAWPK",
    "CLI-FOO",
    "ALL",
    "Raw Public Key",
]
OPTIONS = [
    "COMPAT",
    "NO_EXTENSIONS",
    "FORCE_ETM",
    "NO_ETM",
    "FORCE_SESSION_HASH",
    "NO_SESSION_HASH",
    "STATELESS_COMPRESSION",
    "VERIFY_ALLOW_BROKEN",
    "VERIFY_ALLOW_SIGN_RSA_MD5",
    "VERIFY_ALLOW_SIGN_WITH_SHA1",
    "VERIFY_DISABLE_CRL_CHECKS",
    "SSL3_RECORD_VERSION",
    "LATEST_RECORD_VERSION",
    "VERIFY_ALLOW_X509_V1_CA_CRT",
    "UNSAFE_RENEGOTIATION",
    "SAFE_RENEGOTIATION",
    "PARTIAL_RENEGOTIATION",
    "DISABLE_SAFE_RENEGOTIATION",
    "DISABLE_WILDCARDS",
    "FALLBACK_SCSV",
    "DISABLE_TLS13_COMPAT_MODE",
    "SERVER_PRECEDENCE",
    "NO_TICKETS",
    "NO_TICKETS_TLS12",
    "NO_SHUFFLE_EXTENSIONS",
    "NO_STATUS_REQUEST",
    "ALLOW_SMALL_RECORDS",
    "NEW_PADDING",
    "DUMBFW",
    "KEYWORD",
    "FORCE_SESSION_TICKET",
    "PROFILE_VERY_WEAK",
    "PROFILE_LOW",
    "PROFILE_LEGACY",
    "PROFILE_MEDIUM",
    "PROFILE_HIGH",
    "PROFILE_ULTRA",
    "PROFILE_FUTURE",
    "PROFILE_SUITEB128",
    "PROFILE_SUITEB192",
]
REST = "+VERS-TLS1.2:+AES-128-GCM:+AEAD:+ECDHE-RSA:+SIGN-ALL:+GROUP-ALL"
REFUSED = "GNUTLS_E_INVALID_REQUEST"

Ask = Callable[[list[str]], list[dict[str, Any]]]


def main(oracle_path: str) -> None:
    """Ask every build and write its file."""
    spec = importlib.util.spec_from_file_location("oracle", oracle_path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{oracle_path} is not a Python file")
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    builds = {}
    for build, version in BUILDS.items():
        builds[build] = facts(lambda strings, version=version: oracle.ask(version, strings))  # type: ignore[misc]
    for build, row in {"gnutls@3.6": before_3_7(builds["gnutls@3.7.1"]), **builds}.items():
        lines = ",\n".join(f' "{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in row.items())
        head = f'{{"source": "{source(build)}", "date": "2026-11-24",'
        text = f"{head}\n{lines}\n}}\n".replace("],[", "],\n[")
        (CRYPTO / f"{build.replace('@', '-')}.json").write_text(text)


def source(build: str) -> str:
    """Where a file comes from."""
    if build == "gnutls@3.6":
        return "GnuTLS 3.7.1 of Debian asked by scripts/gnutls_tables.py; what differs in 3.6: lib/priority.c"
    return "the GnuTLS of Debian asked by scripts/gnutls_tables.py"


def facts(ask: Ask) -> dict[str, Any]:
    """What one build knows."""
    levels = {}
    for level, answer in zip(LEVELS, ask(LEVELS), strict=True):
        if answer["ok"]:
            levels[level] = {key: answer[key] for key in ("protocols", "ciphers", "macs", "kx", "sign", "groups")}
    return {
        "levels": levels,
        "ciphers": taken(ask, CIPHERS, "ciphers"),
        "macs": taken(ask, MACS, "macs"),
        "kx": taken(ask, EXCHANGES, "kx"),
        "groups": taken(ask, GROUPS, "groups", "GROUP-"),
        "curves": taken(ask, GROUPS, "groups", "CURVE-"),
        "sign": taken(ask, SIGNATURES, "sign", "SIGN-"),
        "versions": taken(ask, VERSIONS, "protocols", "VERS-"),
        "ctypes": [word for word, answer in zip(CTYPES, ask([f"NORMAL:+CTYPE-{word}" for word in CTYPES]), strict=True) if answer["ok"]],
        "options": [word for word, answer in zip(OPTIONS, ask([f"NORMAL:%{word}" for word in OPTIONS]), strict=True) if answer["ok"]],
        "signs12": works(ask, [f"NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+ECDHE-RSA:+GROUP-ALL:+SIGN-{word}" for word in SIGNATURES]),
        "signs13": works(ask, [f"NONE:+VERS-TLS1.3:+AES-128-GCM:+AEAD:+GROUP-ALL:+SIGN-{word}" for word in SIGNATURES]),
        "suites": suites(ask),
    }


def taken(ask: Ask, words: list[str], key: str, prefix: str = "") -> list[str]:
    """Words the build knows. One that it takes and that does nothing (SSL 3.0, RSA-EXPORT) has a `-` before it."""
    known = []
    answers = ask([f"NONE:{REST}:-{prefix}{word}:+{prefix}{word}" for word in words])
    for word, answer in zip(words, answers, strict=True):
        if answer["ok"]:
            listed = [answer[key][-1] or ""] if answer[key] else [""]
            known.append(word if listed[0].upper() == word.upper() else f"-{word}")
        elif answer["error"] != REFUSED:
            known.append(word)
    return known


def works(ask: Ask, strings: list[str]) -> list[str]:
    """Signatures with which a string that has no other is accepted."""
    return [string.rpartition("SIGN-")[2] for string, answer in zip(strings, ask(strings), strict=True) if answer["ok"]]


def suites(ask: Ask) -> list[list[Any]]:
    """Every suite: name, code, key exchange, cipher, MAC, usable in DTLS 1.0, in DTLS 1.2, first TLS version."""
    rows = ask(["!dump"])
    questions = []
    for version in ("DTLS1.0", "DTLS1.2"):
        for row in rows:
            exchange = row["kx"] or "ECDHE-RSA"
            questions.append(f"NONE:+VERS-{version}:+{row['cipher']}:+{row['mac']}:+{exchange}:+SIGN-ALL:+GROUP-ALL")
    answers = ask(questions)
    found = []
    for number, row in enumerate(rows):
        code = int(row["id"].replace("0x", "").replace(",", ""), 16)
        dtls = [any(suite[0] == row["name"] for suite in answers[number + skip].get("suites", ())) for skip in (0, len(rows))]
        first = {"TLS1.3": 0x304, "TLS1.2": 0x303, "TLS1.1": 0x302, "TLS1.0": 0x301, "SSL3.0": 0x300}[row["min_version"]]
        found.append([row["name"], code, row["kx"] or "", row["cipher"], row["mac"], int(dtls[0]), int(dtls[1]), first])
    return found


def before_3_7(facts: dict[str, Any]) -> dict[str, Any]:
    """3.6: the lists of 3.7.1, but SECURE192 has no Ed448 yet (lib/priority.c, sign_priority_secure192)."""
    old: dict[str, Any] = json.loads(json.dumps(facts))
    for level in ("SECURE192", "SECURE256"):
        old["levels"][level]["sign"] = [name for name in old["levels"][level]["sign"] if name != "EdDSA-Ed448"]
    return old


if __name__ == "__main__":
    main(*sys.argv[1:])
