"""Builds linter/crypto/judgements.json: what each standard says of cipher suites.

    python scripts/judgements.py POLICIES_YAML        (needs ruamel.yaml or PyYAML)

POLICIES_YAML: the dated lists of Mozilla, NCSC-NL, NIST, BSI and ANSSI. The RFCs speak in rules rather than lists: they stand below.
"""

import json
import sys
from pathlib import Path
from typing import Any

CRYPTO = Path(__file__).parents[1] / "linter" / "crypto"

RFC_9325: list[dict[str, Any]] = [
    {"when": {"cipher": ["NULL"]}, "word": "MUST NOT", "text": "no encryption (section 4.1)"},
    {"when": {"cipher": ["RC4"]}, "word": "MUST NOT", "text": "RC4 (section 4.1, RFC 7465)"},
    {"when": {"bits below": 112}, "word": "MUST NOT", "text": "less than 112 bits, export ciphers among them (section 4.1)"},
    {"when": {"bits below": 128}, "word": "SHOULD NOT", "text": "less than 128 bits (section 4.1)"},
    {"when": {"key_exchange": ["RSA", "RSA-PSK"]}, "word": "SHOULD NOT", "text": "static RSA: no forward secrecy (section 4.1)"},
    {"when": {"key_exchange": ["DH", "ECDH"]}, "word": "SHOULD NOT", "text": "fixed Diffie-Hellman keys: no forward secrecy (section 4.1)"},
    {"when": {"key_exchange": ["DHE", "DHE-PSK"]}, "word": "SHOULD NOT", "text": "finite-field DHE in TLS 1.2 (section 4.1)"},
    {"when": {"mode": ["CBC"]}, "word": "SHOULD NOT", "text": "CBC, unless encrypt-then-MAC is negotiated (section 4.2)"},
]
RFC_10015: list[dict[str, Any]] = [
    {"when": {"key_exchange": ["RSA", "RSA-PSK"]}, "word": "MUST NOT", "text": "static RSA key exchange"},
    {"when": {"key_exchange": ["DH", "DHE", "DHE-PSK"]}, "word": "MUST NOT", "text": "finite-field Diffie-Hellman in TLS 1.2"},
    {"when": {"key_exchange": ["ECDH"]}, "word": "SHOULD NOT", "text": "fixed ECDH keys"},
]


def main(policies_yaml: str) -> None:
    """Write the file."""
    try:
        import yaml  # noqa: PLC0415

        policies = yaml.safe_load(Path(policies_yaml).read_text())
    except ImportError:
        from ruamel.yaml import YAML  # noqa: PLC0415

        policies = YAML(typ="safe").load(Path(policies_yaml).read_text())
    by_name = {}
    for iana, _, openssl, *_ in json.loads((CRYPTO / "suites.json").read_text())["rows"]:
        by_name.setdefault(openssl, iana)
        by_name[iana] = iana

    def listed(*lists: list[str]) -> list[str]:
        """Registered names; a source's slips and suites no library has are left as they are."""
        return [by_name.get(name, name) for names in lists for name in names]

    ncsc = policies["ncsc_nl"]["cipher_suites"]
    mozilla = policies["mozilla"]["versions"]["6.0"]["profiles"]
    bsi = policies["bsi_tr_02102_2"]["base_lists"]
    recommended = next(row for row in policies["ietf"]["rfc9325_requirements"] if row["id"] == "recommended-tls12-suites")
    sources = [
        source("RFC 9325", "2022-11", {"RECOMMENDED": listed(recommended["suites"])}, RFC_9325),
        source("RFC 10015", "2026-07", {}, RFC_10015),
        source(
            "NCSC-NL",
            str(policies["ncsc_nl"].get("version", "")),
            {word.replace("_", " "): listed(ncsc[word]) for word in ("good", "sufficient", "phase_out")},
            others="insufficient",
        ),
        *(
            source(
                f"Mozilla {name}",
                "6.0 of 2026-04-06",
                {"listed": listed(mozilla[name]["ciphersuites"], mozilla[name]["ciphers_openssl"])},
                others="not listed",
            )
            for name in ("intermediate", "modern")
        ),
        source("NIST SP 800-52r2", "2019-08", {"allowed": listed(policies["nist_800_52r2"]["cipher_suites_allowed"])}, others="MUST NOT"),
        source(
            "BSI TR-02102-2",
            "base lists of 2022 to 2024",
            {"recommended": listed(bsi["suites_with_fs"]), "only if needed": listed(bsi["suites_without_fs_only_if_needed"])},
            others="not listed",
        ),
        source("ANSSI", "1.2 of 2020-03-26", {"recommended": listed(policies["anssi"]["suites_recommended"])}, others="not listed"),
    ]
    table = {"source": "standards as dated below, collected 2026-11-21, by scripts/judgements.py", "date": "2026-11-24", "sources": sources}
    (CRYPTO / "judgements.json").write_text(json.dumps(table, indent=1) + "\n")


def source(
    name: str, edition: str, lists: dict[str, list[str]], rules: list[dict[str, Any]] | None = None, others: str = ""
) -> dict[str, Any]:
    """One source: what it lists, what its rules say of the rest, and what it says of all others."""
    return {"name": name, "edition": edition, "lists": lists, "rules": rules or [], "others": others}


if __name__ == "__main__":
    main(*sys.argv[1:])
