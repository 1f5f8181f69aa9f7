"""Make linter/profiles/profiles.json from a collection of policies (YAML; figures and sources only).

python scripts/build_profiles.py POLICIES.yaml > linter/profiles/profiles.json
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tlslint.crypto import groups, suites

MODERN = ["TLSv1.2", "TLSv1.3"]
MOZILLA = {
    # edition: date, the day it was no longer the newest, and why (src/static/guidelines/CHANGELOG.md)
    "6.0": ("2026-04-06", None, ""),
    "5.8": ("2026-04-06", "2026-04-06", "replaced by 6.0 the same day"),
    "5.7": ("2023-05-15", "2026-04-06", "replaced by 5.8"),
    "5.6": ("2020-07-24", "2023-05-15", "replaced by 5.7"),
    "5.0": ("2019-06-28", "2019-07-16", "replaced by 5.1"),
}
OPTIONAL = {
    "dh_bits": None, "hsts_seconds": None, "key_types": None, "curves": None, "signatures": None, "lifetime_days": None, "until": None,
    "until_why": "",
}  # fmt: skip


def main() -> None:
    """Print the data."""
    policies = YAML(typ="safe").load(Path(sys.argv[1]).read_text())
    older = json.loads((Path(__file__).parent / "mozilla_guidelines.json").read_text())
    editions = [*mozilla({**policies["mozilla"]["versions"], **older["versions"]}), *agencies(policies)]
    document = {"source": "scripts/build_profiles.py", "collected": policies["meta"]["collected"], "editions": editions}
    print(json.dumps(document, indent=1))


def mozilla(versions: dict[str, Any]) -> list[dict[str, Any]]:
    """Every edition of the three Mozilla profiles."""
    found = []
    for number, content in versions.items():
        date, until, why = MOZILLA[number]
        for name, row in content["profiles"].items():
            is_last_old = name == "old" and number == "5.8"
            found.append(
                edition(
                    f"mozilla-{name}",
                    number,
                    date,
                    content["href"],
                    [spelt(word) for word in row["tls_versions"]],
                    iana(row["ciphersuites"] + row["ciphers_openssl"]),
                    group_names(row["tls_curves"]),
                    row["rsa_key_size"],
                    dh_bits=row["dh_param_size"],
                    hsts_seconds=row["hsts_min_age"],
                    key_types=[{"rsa": "RSA", "ecdsa": "ECDSA"}[kind] for kind in row["certificate_types"]],
                    curves=group_names(row["certificate_curves"]) if row["certificate_curves"] else None,
                    signatures=sorted(
                        {re.search(r"(?i)sha\d+", name)[0].upper().replace("SHA", "SHA-") for name in row["certificate_signatures"]}
                    ),
                    lifetime_days=row["maximum_certificate_lifespan"],
                    until=until,
                    until_why="Mozilla dropped the profile with 6.0" if is_last_old else why,
                )
            )  # fmt: skip
    return found


def agencies(policies: dict[str, Any]) -> list[dict[str, Any]]:
    """RFC 9325 with RFC 10015, NIST, BSI, NCSC-NL, ANSSI, PCI DSS, internet.nl, SSL Labs."""
    tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
    recommended = next(row for row in policies["ietf"]["rfc9325_requirements"] if row["id"] == "recommended-tls12-suites")["suites"]
    nist, bsi, anssi, ncsc = (policies[key] for key in ("nist_800_52r2", "bsi_tr_02102_2", "anssi", "ncsc_nl"))
    base = bsi["base_lists"]
    good = iana(ncsc["cipher_suites"]["good"])
    sufficient = good + iana(ncsc["cipher_suites"]["sufficient"])
    phased = sufficient + iana(ncsc["cipher_suites"]["phase_out"])
    ncsc_groups = group_names(ncsc["kex_groups"]["good"])
    phased_groups = [*ncsc_groups, *group_names(ncsc["kex_groups"]["phase_out"] + ncsc["kex_groups"]["ffdhe"]["phase_out"])]
    ncsc_source = "NCSC-NL TLS guidelines 2025-05, as Internet.nl 1.11 implements them"
    ncsc_curves = group_names(["P-521", "P-384", "P-256", "brainpoolP512r1", "brainpoolP384r1", "brainpoolP256r1"])
    sha2 = ["SHA-256", "SHA-384", "SHA-512"]

    def ncsc_nl(name: str, versions: list[str], suites_: list[str], groups_: list[str], rsa: int) -> dict[str, Any]:
        return edition(name, "2025-05", "2025-05", ncsc_source, versions, suites_, groups_, rsa, curves=ncsc_curves, signatures=sha2)

    return [
        edition("rfc-bcp195", "2026-07", "2026-07", "RFC 9325, RFC 8996, RFC 10015", MODERN, tls13 + iana(recommended), None, 2048, dh_bits=2048, signatures=sha2),
        edition(
            "nist-800-52r2", "2019-08", nist["date"], nist["source"], MODERN, iana(nist["cipher_suites_allowed"]),
            group_names(nist["groups"]["recommended_gov"]), 2048, dh_bits=2048, curves=group_names(["P-256", "P-384"]),
        ),
        edition(
            "bsi-tr-02102-2", "2026-01", "2026-01-23", base["source"], base["protocols"], iana(base["suites_with_fs"]),
            group_names(base["groups"]), base["rsa_min_bits"], dh_bits=base["dh_min_bits"], until="2031-12-31",
            until_why="TLS 1.2 and key agreement without a post-quantum part are recommended until the end of 2031 only",
        ),
        ncsc_nl("ncsc-nl-good", ["TLSv1.3"], good, ncsc_groups, 3072),
        ncsc_nl("ncsc-nl", MODERN, sufficient, ncsc_groups, 2048),
        ncsc_nl("ncsc-nl-phase-out", MODERN, phased, phased_groups, 2048),
        edition(
            "anssi", "1.2", "2020-03-26", "ANSSI SDE-NT-35 1.2", MODERN, iana(anssi["suites_recommended"]),
            group_names([*anssi["groups_recommended"], "X25519", "X448"]), 2048,
        ),
        edition("pci-dss", "4.0.1", "2024-06", "PCI DSS 4.0.1 requirement 4.2.1 and appendix A2", MODERN, None, None, 2048, dh_bits=2048),
        edition("internet.nl", "1.11.2", "2026-07-14", f"internet.nl {policies['internet_nl']['release']}, with NCSC-NL 2025-05", MODERN, phased, phased_groups, 2048, hsts_seconds=31536000, signatures=sha2),
        edition("ssllabs", "2009r", "2025-05-16", "SSL Server Rating Guide 2009r: what an A+ needs", MODERN, None, None, 2048, dh_bits=2048, hsts_seconds=15552000),
    ]  # fmt: skip


def edition(
    name: str, number: str, date: str, source: str, versions: list[str], allowed: list[str] | None, curves_: list[str] | None, rsa: int | None,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """One row."""
    assert set(more) <= set(OPTIONAL), set(more) - set(OPTIONAL)
    row = {
        "name": name,
        "edition": number,
        "date": str(date),
        "source": source,
        "versions": versions,
        "suites": allowed,
        "groups": curves_,
        "rsa_bits": rsa,
    }
    return {**row, **OPTIONAL, **more}


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
