"""Write parsers/postfix/parameters.json: every Postfix parameter, its default by version, its type and the daemons that read it.

    python scripts/postfix_parameters.py TABLE.json POSTFIX-3.7.11 POSTFIX-3.10.13

TABLE.json: `{"order": [versions], "table": {parameter: {version: [macro, C expression of the default]}}}`, cut from
src/global/mail_params.h of every release branch. The two directories are unpacked Postfix sources: tables of the daemons
(`CONFIG_STR_TABLE` …) give types, bounds and the order in which a daemon loads its parameters, headers give the values of macros.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parents[1] / "parsers" / "postfix" / "parameters.json"

DAEMONS = {
    "smtpd": ["src/smtpd/smtpd.c"],
    "smtp": ["src/smtp/smtp_params.c"],
    "lmtp": ["src/smtp/lmtp_params.c"],
    "postscreen": ["src/postscreen/postscreen.c"],
    "tlsproxy": ["src/tlsproxy/tlsproxy.c"],
}
LOAD_ORDER = {  # the CA_MAIL_SERVER_*_TABLE arguments in each daemon's main(), and src/global/mail_params.c mail_params_init()
    "every": ["compat_level_defaults", "first_str_defaults", "first_bool_defaults", "first_nbool_defaults", "function_str_defaults",
              "other_str_defaults", "other_int_defaults", "long_defaults", "bool_defaults", "time_defaults", "function_str_defaults_2"],
    "smtpd": ["nint_table", "int_table", "long_table", "str_table", "raw_table", "bool_table", "nbool_table", "time_table"],
    "smtp": ["smtp_time_table", "smtp_int_table", "smtp_str_table", "smtp_bool_table", "smtp_nbool_table"],
    "lmtp": ["lmtp_time_table", "lmtp_int_table", "lmtp_str_table", "lmtp_bool_table", "lmtp_nbool_table"],
    "postscreen": ["str_table", "int_table", "nint_table", "time_table", "bool_table", "raw_table", "nbool_table"],
    "tlsproxy": ["compat_int_table", "nint_table", "compat_str_table", "str_table", "compat_bool_table", "nbool_table", "time_table"],
}  # fmt: skip

SPECIAL: dict[str, dict[str, str]] = {
    # mail_params.h branches on the OpenSSL version; every build since 2018 takes the first branch
    "smtpd_tls_eecdh_grade": {"2.6": "none", "2.8": "strong", "3.2": "auto"},
    "smtp_tls_security_level": {"2.3": "", "3.11": "${{$compatibility_level} <level {3.11} ? {} : {may}}"},
    "tls_eecdh_auto_curves": {
        "3.2": "X25519 X448 prime256v1 secp521r1 secp384r1",
        "3.10": "X25519 X448 prime256v1 secp384r1 secp521r1",
        "3.11": "?X25519MLKEM768:DEFAULT",
    },
    "tls_ffdhe_auto_groups": {"3.8": "ffdhe2048 ffdhe3072", "3.11": ""},
    "tls_random_source": {"2.2": "dev:/dev/urandom"},
    "tls_disable_workarounds": {"2.8": ""},
    "smtp_sasl_type": {"2.3": "cyrus"},
    "smtpd_sasl_type": {"2.3": "cyrus"},
    "lmtp_tls_security_level": {"2.3": ""},
    "tlsproxy_tls_eckey_file": {"2.8": "$smtpd_tls_eckey_file"},
    "syslog_name": {
        "2.2": "postfix",
        "2.6": "${multi_instance_name:postfix}${multi_instance_name?$multi_instance_name}",
        "3.0": "${multi_instance_name?{$multi_instance_name}:{postfix}}",
    },
    "milter_default_action": {"2.3": "tempfail", "3.9": "shutdown"},
    "postscreen_greet_enable": {"2.8": "no"},
    "smtp_always_send_ehlo": {"2.2": "yes"},
    "inet_protocols": {"2.2": "ipv4", "2.9": "all"},
    "sender_dependent_default_transport_maps": {"2.7": ""},
    "empty_address_default_transport_maps_lookup_key": {"2.7": "<>"},
    "address_verify_sender_dependent_default_transport_maps": {"2.7": "$sender_dependent_default_transport_maps"},
}
BUILT = [  # chosen by whoever builds the package, or made on the host; and character sets mangled on their way into the table
    "alias_database",
    "daemon_directory",
    "html_directory",
    "mail_spool_directory",
    "manpage_directory",
    "readme_directory",
    "command_expansion_filter",
    "execution_directory_expansion_filter",
    "forward_expansion_filter",
    "smtpd_expansion_filter",
    "proxy_read_maps",
    "mail_version",
    "mail_release_date",
]
TRANSPORT_SUFFIXES = [  # src/postconf/postconf_service.c: parameters that exist once per delivery transport of master.cf
    "_delivery_slot_cost", "_delivery_slot_discount", "_delivery_slot_loan", "_destination_concurrency_failed_cohort_limit",
    "_destination_concurrency_limit", "_destination_concurrency_negative_feedback", "_destination_concurrency_positive_feedback",
    "_destination_rate_delay", "_destination_recipient_limit", "_extra_recipient_limit", "_initial_destination_concurrency",
    "_minimum_delivery_slots", "_recipient_limit", "_recipient_refill_delay", "_recipient_refill_limit", "_time_limit",
    "_transport_rate_delay",
]  # fmt: skip
EXCLUDED = ":!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5"
MACROS = {
    "PREFER_aNULL": "aNULL:-aNULL:",
    "TLS_EXCL": EXCLUDED,
    "TLS_EXCL_REST": ":!kDH:!kECDH:!aDSS:!MD5",
    "TLS_DANE_AGILITY_ON": "on",
    "CONFIG_BOOL_NO": "no",
    "CONFIG_BOOL_YES": "yes",
}

PATCH_LEVELS = [
    # RELEASE_NOTES of 2.9.14, 2.10.8, 2.11.6, 3.0.2 (2015-07-20): these releases raised the defaults below
    {
        "before": {"2.9": 14, "2.10": 8, "2.11": 6, "3.0": 2},
        "defaults": {
            "smtpd_tls_protocols": "",
            "smtpd_tls_mandatory_protocols": "!SSLv2",
            "smtp_tls_protocols": "!SSLv2",
            "smtp_tls_mandatory_protocols": "!SSLv2",
            "lmtp_tls_protocols": "!SSLv2",
            "lmtp_tls_mandatory_protocols": "!SSLv2",
            "smtpd_tls_ciphers": "export",
            "smtp_tls_ciphers": "export",
            "lmtp_tls_ciphers": "export",
        },
    },
    {
        "before": {"3.2": 21, "3.3": 16, "3.4": 19, "3.5": 9},
        "defaults": {"smtp_tls_dane_insecure_mx_policy": "dane", "lmtp_tls_dane_insecure_mx_policy": "dane"},
    },
    # tls_config_file and tls_config_name came with 3.5.20, 3.6.10, 3.7.6, 3.8.1
    {
        "before": {"3.5": 20, "3.6": 10, "3.7": 6, "3.8": 1},
        "defaults": {"tls_config_file": None, "tls_config_name": None},
    },
]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\|\||[-+*()/]|\d+)')
_TABLE = re.compile(r"CONFIG_(N?INT|LONG|STR|STR_FN|RAW|N?BOOL|TIME|NINT)_TABLE\s+(\w+)\[\]\s*=\s*\{(.*?)\n\s*\};", re.DOTALL)
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+((?:[^\n\\]|\\\n|\\.)+)", re.MULTILINE)


class Source:
    """One unpacked Postfix source tree."""

    def __init__(self, root: Path, names: dict[str, str]) -> None:
        self.root = root
        self.macros: dict[str, str] = {}
        for header in sorted((root / "src" / "global").glob("*.h")) + sorted((root / "src" / "util").glob("*.h")) + [
            root / "src" / "smtpd" / "smtpd_check.h", root / "src" / "tls" / "tls.h",
        ]:  # fmt: skip
            if header.exists():
                text = re.sub(r"/\*.*?\*/", " ", header.read_text(errors="replace"), flags=re.DOTALL)
                for name, body in _DEFINE.findall(text):
                    self.macros.setdefault(name, body.replace("\\\n", " ").strip())
        self.names = dict(names)
        for name, body in self.macros.items():
            if name.startswith(("VAR_", "OBS_")) and body.startswith('"'):
                self.names.setdefault(name, _plain(body))

    def tables(self, path: str) -> dict[str, list[tuple[str, str, int, int]]]:
        """Parameter tables of a C file: name → rows of parameter, type, lower and upper bound."""
        text = re.sub(r"/\*.*?\*/", " ", (self.root / path).read_text(errors="replace"), flags=re.DOTALL)
        found: dict[str, list[tuple[str, str, int, int]]] = {}
        for kind, name, body in _TABLE.findall(text):
            rows = found.setdefault(name, [])
            for line in body.split("\n"):
                cells = [cell.strip() for cell in line.strip().rstrip(",").split(",")]
                if cells[0] in self.names:
                    bounds = [int(cell) if cell.isdigit() else 0 for cell in cells[3:5]] + [0, 0]
                    rows.append((self.names[cells[0]], kind.lower(), bounds[0], bounds[1]))
        return found


def _plain(literal: str) -> str:
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)).replace('\\"', '"').replace("\\t", "\t").replace("\\n", "\n")


def main(arguments: list[str]) -> int:
    """Write the file."""
    raw = json.loads(Path(arguments[0]).read_text())
    versions: list[str] = raw["order"]
    table: dict[str, dict[str, list[str]]] = raw["table"]
    names = {macro: parameter for parameter, rows in table.items() for macro, _ in rows.values()}
    sources = [Source(Path(argument), names) for argument in arguments[1:]]
    types: dict[str, list[Any]] = {}
    daemons: dict[str, list[str]] = {}
    for source in sources:
        for daemon, order in LOAD_ORDER.items():
            paths = DAEMONS.get(daemon, ["src/global/mail_params.c"])
            found = {key: rows for path in paths for key, rows in source.tables(path).items()}
            merged = daemons.setdefault(daemon, [])
            previous = -1
            for parameter, kind, low, high in (row for key in order for row in found.get(key, ())):
                types.setdefault(parameter, [kind, low, high])
                if parameter not in merged:
                    merged.insert(previous + 1, parameter)
                previous = merged.index(parameter)
        last = source.tables("src/tls/tls_misc.c")
        merged = daemons.setdefault("tls", [])
        for parameter, kind, low, high in (row for rows in last.values() for row in rows):
            types.setdefault(parameter, [kind, low, high])
            if parameter not in merged:
                merged.append(parameter)
        for path in sorted(source.root.glob("src/*/*.c")):
            for rows in source.tables(str(path.relative_to(source.root))).values():
                for parameter, kind, low, high in rows:
                    types.setdefault(parameter, [kind, low, high])

    macros = {**sources[-1].macros, **{key: f'"{value}"' for key, value in MACROS.items()}}

    @cache
    def value(expression: str, depth: int = 0) -> str | None:
        """The text of a C expression: string literals and macros side by side; None where it cannot be told."""
        if depth > 8 or "||" in expression or "?" in _TOKEN.sub("", expression):
            return None
        parts, position, text = [], 0, expression.strip()
        if re.fullmatch(r"\d+", text):
            return text
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                return None
            position = token.end()
            word = token.group(1)
            if word.startswith('"'):
                parts.append(_plain(word))
            elif word in names or word in sources[-1].names:
                parts.append(names.get(word) or sources[-1].names[word])
            elif word in macros:
                inner = value(macros[word], depth + 1)
                if inner is None:
                    return None
                parts.append(inner)
            else:
                return None
        return "".join(parts)

    defaults: dict[str, list[list[Any]]] = {}
    for parameter in sorted({*table, *SPECIAL, *BUILT}):
        rows: list[list[Any]] = []
        is_bool = types.get(parameter, [""])[0] in ("bool", "nbool")
        current: Any = ()
        for index, version in enumerate(versions):
            if parameter in SPECIAL:
                steps = [step for step in SPECIAL[parameter] if versions.index(step) <= index]
                text: Any = SPECIAL[parameter][steps[-1]] if steps else None
            elif version not in table.get(parameter, {version: ""}):
                text = None
            elif parameter in BUILT:
                text = False
            else:
                text = value(table[parameter][version][1])
                text = False if text is None else {"0": "no", "1": "yes"}.get(text, text) if is_bool else text
            if text != current or type(text) is not type(current):
                rows.append([index, text])
                current = text
        if rows and rows[0][1] is None:
            rows = rows[1:]
        defaults[parameter] = rows
    document = {
        "source": "Postfix src/global/mail_params.h of every release branch 2.2 to 3.11 and the 3.12 snapshot (defaults); "
        "parameter tables of the daemons in 3.7.11 and 3.10.13 (types, bounds, load order)",
        "date": "2026-11-24",
        "versions": versions,
        "defaults": "parameter: [index of the first version, default]; null: not there, false: depends on the build or the host",
        "parameters": defaults,
        "types": {parameter: kind for parameter, kind in sorted(types.items()) if kind != ["str", 0, 0]},
        "daemons": daemons,
        "patch_levels": PATCH_LEVELS,
        "transport_suffixes": TRANSPORT_SUFFIXES,
    }
    lines = [f"{json.dumps(key)}: {_dump(item)}" for key, item in document.items()]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes, {len(defaults)} parameters")
    unknown = [parameter for parameter, rows in defaults.items() if any(text is False for _, text in rows)]
    print(f"default not told: {len(unknown)}: {' '.join(unknown)}")
    return 0


def _dump(item: Any) -> str:
    if isinstance(item, dict) and len(item) > 20:
        return "{\n" + ",\n".join(f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}" for key, row in item.items()) + "\n}"
    return json.dumps(item, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
