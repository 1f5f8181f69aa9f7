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
    "5.5": ("2020-07-22", "2020-07-24", "replaced by 5.6"),
    "5.4": ("2020-01-21", "2020-07-22", "replaced by 5.5"),
    "5.3": ("2020-01-02", "2020-01-21", "replaced by 5.4"),
    "5.2": ("2019-08-20", "2020-01-02", "replaced by 5.3"),
    "5.1": ("2019-07-16", "2019-08-20", "replaced by 5.2"),
    "5.0": ("2019-06-28", "2019-07-16", "replaced by 5.1"),
    "4.0": ("2016-02-13", "2019-06-28", "replaced by 5.0"),
}
NCSC_21 = {
    # Internet.nl judged by 2.1 until its release 1.11: checks/tasks/tls_constants.py (1373ad7), checks/tasks/tls/evaluation.py (0316d66)
    "good": ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"],
    "sufficient": [
        *(f"TLS_ECDHE_{key}_WITH_{cipher}" for key in ("ECDSA", "RSA") for cipher in (
            "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256",
            "AES_256_CBC_SHA384", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_CBC_SHA",
        )),
        *(f"TLS_DHE_RSA_WITH_{cipher}" for cipher in (
            "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256",
            "AES_256_CBC_SHA256", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_CBC_SHA",
        )),
    ],
    "phase_out": [
        *(f"TLS_{exchange}_WITH_3DES_EDE_CBC_SHA" for exchange in ("ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA")),
        *(f"TLS_RSA_WITH_{cipher}" for cipher in (
            "AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "AES_256_CBC_SHA256", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_CBC_SHA",
            "3DES_EDE_CBC_SHA",
        )),
    ],
}  # fmt: skip
FFDHE = ["ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"]
OPTIONAL = {
    "dh_bits": None, "hsts_seconds": None, "key_types": None, "curves": None, "signatures": None, "lifetime_days": None, "until": None,
    "until_why": "",
}  # fmt: skip


def main() -> None:
    """Print the data."""
    policies = YAML(typ="safe").load(Path(sys.argv[1]).read_text())
    older = json.loads((Path(__file__).parent / "mozilla_guidelines.json").read_text())
    editions = [*mozilla({**policies["mozilla"]["versions"], **whole(older["versions"])}), *agencies(policies)]
    document = {"source": "scripts/build_profiles.py", "collected": policies["meta"]["collected"], "editions": editions}
    print(json.dumps(document, indent=1))


def whole(versions: dict[str, Any]) -> dict[str, Any]:
    """Editions that are told as another one and what is different, written out."""
    return {
        number: {
            **content,
            "profiles": content.get("profiles")
            or {name: {**row, **content["but"].get(name, {})} for name, row in versions[content["like"]]["profiles"].items()},
        }
        for number, content in versions.items()
    }


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
    # Section 4.1 wants forward secrecy, 4.2 AEAD; which suites of that kind are RECOMMENDED is told first, of the others it says nothing.
    forward = [
        suite.iana
        for suite in suites.numbers().values()
        if suite.key_exchange == "ECDHE" and suite.authentication in ("RSA", "ECDSA") and suite.is_aead and suite.bits >= 128
    ]
    nist, bsi, anssi = (policies[key] for key in ("nist_800_52r2", "bsi_tr_02102_2", "anssi"))
    base = bsi["base_lists"]
    sha2 = ["SHA-256", "SHA-384", "SHA-512"]
    brainpool = ["brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"]
    internet_nl = policies["internet_nl"]["release"]
    newest = ncsc_nl(policies["ncsc_nl"])
    allowed = next(row for row in newest if row["name"] == "ncsc-nl-phase-out")
    return [
        edition("rfc-bcp195", "2026-07", "2026-07", "RFC 9325, RFC 8996, RFC 10015", MODERN, list(dict.fromkeys(tls13 + iana(recommended) + forward)), None, 2048, dh_bits=2048, signatures=sha2),
        edition(
            "nist-800-52r2", "2019-08", nist["date"], nist["source"], MODERN, iana(nist["cipher_suites_allowed"]),
            group_names(nist["groups"]["recommended_gov"]), 2048, dh_bits=2048, curves=group_names(["P-256", "P-384"]),
        ),
        edition(
            "bsi-tr-02102-2", "2026-01", "2026-01-23", base["source"], base["protocols"], iana(base["suites_with_fs"]),
            group_names(base["groups"]), base["rsa_min_bits"], dh_bits=base["dh_min_bits"], until="2031-12-31",
            until_why="TLS 1.2 and key agreement without a post-quantum part are recommended until the end of 2031 only",
        ),
        *newest, *ncsc_nl_21(policies["ncsc_nl"]),
        edition(
            "anssi", "1.2", "2020-03-26", "ANSSI SDE-NT-35 1.2", MODERN, iana(anssi["suites_recommended"]),
            group_names([*anssi["groups_recommended"], "X25519", "X448", *brainpool, "ffdhe2048", *FFDHE]), 2048, dh_bits=2048,
        ),
        edition("pci-dss", "4.0.1", "2024-06", "PCI DSS 4.0.1 requirement 4.2.1 and appendix A2", MODERN, None, None, 2048, dh_bits=2048),
        edition(
            "internet.nl", internet_nl, "2026-07-14", f"internet.nl {internet_nl}, with NCSC-NL 2025-05: what it does not fail",
            allowed["versions"], allowed["suites"], allowed["groups"], allowed["rsa_bits"], dh_bits=3072, curves=allowed["curves"],
            signatures=allowed["signatures"], hsts_seconds=policies["internet_nl"]["hsts_min_max_age"],
        ),
        edition("ssllabs", "2009r", "2025-05-16", "SSL Server Rating Guide 2009r: what an A+ needs", MODERN, None, None, 2048, dh_bits=2048, hsts_seconds=policies["hsts"]["checkers"]["ssl_labs"]["min_for_a_plus"]),
    ]  # fmt: skip


def ncsc_nl(ncsc: dict[str, Any]) -> list[dict[str, Any]]:
    """Three profiles, each with what the better grades allow; what the last leaves out is the fourth grade, insufficient.

    No grade of its own stands between good and phase out for groups and keys of RSA, so `ncsc-nl` asks the good ones of them.
    """
    source = "NCSC-NL TLS guidelines 2025-05, as Internet.nl 1.11 implements them"
    suites_, groups_, keys, hashes = (ncsc[key] for key in ("cipher_suites", "kex_groups", "cert_keys", "cert_signature_hash"))
    good, sufficient, out = (iana(suites_[grade]) for grade in ("good", "sufficient", "phase_out"))
    curves = group_names([name for name in keys["ec_good"] if not name.startswith(("Ed", "brainpool"))]) + group_names(
        [name for name in groups_["good"] if name.startswith("brainpool")]
    )
    better, hashed = group_names(groups_["good"]), [name for name in hashes["sufficient"] if name.startswith("SHA")]
    later = group_names(groups_["phase_out"] + groups_["ffdhe"]["phase_out"])

    def row(
        name: str, versions: list[str], allowed: list[str], groups__: list[str], rsa: int, curves_: list[str], hashes_: list[str]
    ) -> dict[str, Any]:
        return edition(
            name, "2025-05", "2025-05", source, versions, allowed, groups__, rsa, dh_bits=3072, curves=curves_, signatures=hashes_
        )

    return [
        row("ncsc-nl-good", ncsc["protocols"]["good"], good, better, keys["rsa_good"], curves, hashed),
        row("ncsc-nl", MODERN, good + sufficient, better, keys["rsa_good"], curves, hashed),
        row("ncsc-nl-phase-out", MODERN, good + sufficient + out, better + later, keys["rsa_phase_out"],
            curves + group_names(keys["ec_phase_out"]), hashes["phase_out"] + hashed),
    ]  # fmt: skip


def ncsc_nl_21(ncsc: dict[str, Any]) -> list[dict[str, Any]]:
    """The edition before."""
    source = "NCSC-NL TLS guidelines 2.1, as Internet.nl implemented them before 1.11 (tls_constants.py 1373ad7, evaluation.py 0316d66); versions: infosec-handbook.eu"
    protocols, good = ncsc["protocols_old_v2_1"], NCSC_21["good"]
    newer = [spelt(word) for word in reversed(protocols["good"] + protocols["sufficient"])]
    curves = group_names(["P-256", "P-384"])
    groups_ = [*group_names(["P-256", "P-384", "P-521", "X25519", "X448"]), *FFDHE]

    def row(name: str, versions: list[str], allowed: list[str], groups__: list[str], curves_: list[str], dh: int) -> dict[str, Any]:
        return edition(
            name, "2.1", "2021-01", source, versions, iana(allowed), groups__, 2048, dh_bits=dh, curves=curves_,
            signatures=["SHA-256", "SHA-384", "SHA-512"], until="2025-05-01", until_why="replaced by the guidelines of 2025-05",
        )  # fmt: skip

    every = [spelt(word) for word in reversed(protocols["phase_out"])] + newer
    return [
        row("ncsc-nl-good", protocols["good"], good, groups_, curves, 3072),
        row("ncsc-nl", newer, good + NCSC_21["sufficient"], groups_, curves, 3072),
        row("ncsc-nl-phase-out", sorted(every), good + NCSC_21["sufficient"] + NCSC_21["phase_out"], [*groups_, "ffdhe2048", "secp224r1"],
            [*curves, "secp224r1"], 2048),
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
