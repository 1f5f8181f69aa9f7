"""Make linter/profiles/profiles.json from a collection of policies (YAML; figures and sources only).

python scripts/build_profiles.py POLICIES.yaml > linter/profiles/profiles.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tlslint.crypto import groups, suites

MODERN = ["TLSv1.2", "TLSv1.3"]


def main() -> None:
    """Print the data."""
    policies = YAML(typ="safe").load(Path(sys.argv[1]).read_text())
    editions = [*mozilla(policies["mozilla"]), *agencies(policies)]
    document = {"source": "scripts/build_profiles.py", "collected": policies["meta"]["collected"], "editions": editions}
    print(json.dumps(document, indent=1))


def mozilla(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Every edition of the three Mozilla profiles."""
    dates = {"6.0": "2026-04-06", "5.8": "2026-04-06", "5.7": "2023-07-08"}
    found = []
    for edition, content in data["versions"].items():
        for name, row in content["profiles"].items():
            found.append(
                {
                    "name": f"mozilla-{name}",
                    "edition": edition,
                    "date": dates[edition],
                    "source": content["href"],
                    "versions": [spelt(word) for word in row["tls_versions"]],
                    "suites": iana(row["ciphersuites"] + row["ciphers_openssl"]),
                    "groups": group_names(row["tls_curves"]),
                    "rsa_bits": row["rsa_key_size"],
                    "dh_bits": row["dh_param_size"],
                    "hsts_seconds": row["hsts_min_age"],
                }
            )
    return found


def agencies(policies: dict[str, Any]) -> list[dict[str, Any]]:
    """RFC 9325 with RFC 10015, NIST, BSI, NCSC-NL, ANSSI."""
    tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
    recommended = next(row for row in policies["ietf"]["rfc9325_requirements"] if row["id"] == "recommended-tls12-suites")["suites"]
    ncsc = policies["ncsc_nl"]
    nist = policies["nist_800_52r2"]
    bsi = policies["bsi_tr_02102_2"]["base_lists"]
    anssi = policies["anssi"]
    good = iana(ncsc["cipher_suites"]["good"])
    sufficient = good + iana(ncsc["cipher_suites"]["sufficient"])
    phased = sufficient + iana(ncsc["cipher_suites"]["phase_out"])
    ncsc_groups = group_names(ncsc["kex_groups"]["good"])
    base = {
        "edition": "2025-05",
        "date": "2025-05",
        "source": "NCSC-NL TLS guidelines 2025-05, as Internet.nl 1.11 implements them",
        "dh_bits": None,
    }
    return [
        edition(
            "rfc-bcp195", "2026-07", "2026-07", "RFC 9325, RFC 8996, RFC 10015", MODERN, tls13 + iana(recommended), None, rsa=2048, dh=2048
        ),
        edition(
            "nist-800-52r2", "2019-08", nist["date"], nist["source"], MODERN,
            iana(nist["cipher_suites_allowed"]), group_names(nist["groups"]["recommended_gov"]), rsa=2048, dh=2048,
        ),
        edition(
            "bsi-tr-02102-2", "2026-01", "2026-01-23", bsi["source"], bsi["protocols"],
            iana(bsi["suites_with_fs"]), group_names(bsi["groups"]), rsa=bsi["rsa_min_bits"], dh=bsi["dh_min_bits"],
        ),
        {"name": "ncsc-nl-good", **base, "versions": ["TLSv1.3"], "suites": good, "groups": ncsc_groups, "rsa_bits": 3072, "hsts_seconds": None},
        {"name": "ncsc-nl", **base, "versions": MODERN, "suites": sufficient, "groups": ncsc_groups, "rsa_bits": 2048, "hsts_seconds": None},
        {
            "name": "ncsc-nl-phase-out", **base, "versions": MODERN, "suites": phased,
            "groups": [*ncsc_groups, *group_names(ncsc["kex_groups"]["phase_out"] + ncsc["kex_groups"]["ffdhe"]["phase_out"])],
            "rsa_bits": 2048, "hsts_seconds": None,
        },
        edition(
            "anssi", "1.2", "2020-03-26", "ANSSI SDE-NT-35 1.2", MODERN, iana(anssi["suites_recommended"]),
            group_names([*anssi["groups_recommended"], "X25519", "X448"]), rsa=2048, dh=None,
        ),
        edition(
            "pci-dss", "4.0.1", "2024-06", "PCI DSS 4.0.1 requirement 4.2.1 and appendix A2", ["TLSv1.1", *MODERN], None, None, rsa=2048, dh=2048
        ),
        edition(
            "internet.nl", "1.11.2", "2026-07-14", policies["internet_nl"]["source"], MODERN, sufficient, ncsc_groups, rsa=2048, dh=None, hsts=31536000
        ),
    ]  # fmt: skip


def edition(
    name: str, number: str, date: str, source: str, versions: list[str], allowed: list[str] | None, curves: list[str] | None, *,
    rsa: int | None, dh: int | None, hsts: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One row."""
    return {
        "name": name, "edition": number, "date": str(date), "source": source, "versions": versions, "suites": allowed, "groups": curves,
        "rsa_bits": rsa, "dh_bits": dh, "hsts_seconds": hsts,
    }  # fmt: skip


def spelt(word: str) -> str:
    """`TLSv1` → `TLSv1.0`."""
    return "TLSv1.0" if word == "TLSv1" else word


def iana(names: list[str]) -> list[str]:
    """IANA names; a name nobody knows stops the build."""
    found = [suites.named(name) for name in names]
    missing = [name for name, suite in zip(names, found, strict=True) if suite is None]
    if missing:
        print(f"not in the suite table, left out: {', '.join(missing)}", file=sys.stderr)
    return list(dict.fromkeys(suite.iana for suite in found if suite is not None))


def group_names(names: list[str]) -> list[str]:
    """IANA names of groups."""
    found = [groups.named(name) for name in names]
    return list(dict.fromkeys(group.iana for group in found if group is not None))


if __name__ == "__main__":
    main()
