"""Make parsers/openldap/directives.json from OpenLDAP's source: what slapd's own tables say of every directive.

    python scripts/slapd_directives.py 2.4.57=DIR 2.5.13=DIR 2.6.10=DIR

DIR holds the unpacked source of that release. For each release: `global`, `backends` and `overlays`, each directive with the least and most
words of its line (0: any), how many letters of it count (0: all), what kind of value it takes, where it may stand, and the attribute of
cn=config. The kinds and places are those of servers/slapd/slap-config.h.
"""

import json
import re
import sys
from pathlib import Path

DEFINED = {
    "HAVE_TLS",
    "HAVE_CYRUS_SASL",
    "SLAPD_MODULES",
    "LDAP_SLAPI",
    "LDAP_TCP_BUFFER",
    "SLAP_AUXPROP_DONTUSECOPY",
    "SLAPD_RLOOKUPS",
    "SIGHUP",
}
"""As Debian builds it; what depends on the TLS library is told apart where it is evaluated."""

TABLE = re.compile(r"^(?:static )?ConfigTable (\w+)\[\] = \{(.*?)^\};", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r'\{\s*"([^"]*)",\s*(?:NULL|"[^"]*"),\s*(\d+),\s*(\d+),\s*(?:STRLENOF\(\s*"([^"]*)"\s*\)|(\d+)),\s*([A-Z0-9_|\s]*)')
ATTRIBUTE = re.compile(r"NAME \(? ?'(olc\w+)'")
KINDS = ("ON_OFF", "INT", "UINT", "LONG", "ULONG", "BER_LEN_T", "STRING", "BERVAL", "BINARY", "DN", "ATDESC")
PLACES = ("DB", "MAY_DB", "PRE_BI", "PRE_DB", "PAREN", "NONZERO", "QUOTE", "IGNORED", "MAGIC")


def preprocessed(text: str) -> str:
    """The lines a Debian build compiles."""
    stack: list[bool] = []
    kept = []
    for line in text.splitlines():
        word = re.match(r"#\s*(ifdef|ifndef|if|else|elif|endif)\b\s*(.*)", line)
        if word is None:
            if all(stack):
                kept.append(line)
        elif word[1] == "endif":
            stack.pop()
        elif word[1] in ("else", "elif"):
            stack[-1] = not stack[-1]
        else:
            names = set(re.findall(r"\b[A-Z_]{3,}\w*", word[2]))
            known = bool(names & DEFINED) or any(name.startswith(("SLAPD_OVER_", "SLAPD_BACKEND_")) for name in names)
            stack.append(not known if word[1] == "ifndef" else known)
    return "\n".join(kept)


def tables(path: Path) -> dict[str, dict[str, list[object]]]:
    """Every table of one source file."""
    found: dict[str, dict[str, list[object]]] = {}
    for name, body in TABLE.findall(preprocessed(path.read_text("latin-1"))):
        rows: dict[str, list[object]] = {}
        starts = [*ENTRY.finditer(body)]
        for number, entry in enumerate(starts):
            if not entry[1]:
                continue
            end = starts[number + 1].start() if number + 1 < len(starts) else len(body)
            words = set(re.findall(r"ARG_(\w+)", entry[6]))
            kind = next((each for each in KINDS if each in words), "")
            places = [each for each in PLACES if each in words]
            attribute = ATTRIBUTE.search(body, entry.end(), end)
            length = len(entry[4]) if entry[4] else int(entry[5] or 0)
            rows[entry[1]] = [int(entry[2]), int(entry[3]), length, kind, " ".join(places), attribute[1] if attribute else ""]
        found[name] = rows
    return found


def merged(path: Path) -> dict[str, list[object]]:
    """All the tables of a file as one."""
    rows: dict[str, list[object]] = {}
    for each in tables(path).values():
        rows.update(each)
    return rows


def release(source: Path) -> dict[str, object]:
    """Everything about one release."""
    slapd = source / "servers" / "slapd"
    backends = {path.name[5:]: {} for path in sorted(slapd.glob("back-*")) if path.is_dir()}
    for name, rows in backends.items():
        for path in sorted((slapd / f"back-{name}").glob("*.c")):
            if path.name not in ("chain.c", "distproc.c", "pbind.c"):
                rows.update(merged(path))
    for twin in ("hdb",):
        if "bdb" in backends:
            backends[twin] = backends["bdb"]
    overlays = {}
    for path in [*sorted((slapd / "overlays").glob("*.c")), *sorted((slapd / "back-ldap").glob("*.c"))]:
        for type_ in re.findall(r'\.on_bi\.bi_type = "([\w-]+)"', path.read_text("latin-1")):
            overlays[type_] = merged(path)
    return {
        "global": tables(slapd / "bconfig.c")["config_back_cf_table"],
        "backends": {name: rows for name, rows in backends.items() if rows},
        "overlays": overlays,
    }


def main(arguments: list[str]) -> int:
    """Write the file."""
    data = {"source": "the ConfigTable arrays of servers/slapd, openldap " + ", ".join(each.partition("=")[0] for each in arguments)}
    data["releases"] = {each.partition("=")[0]: release(Path(each.partition("=")[2])) for each in arguments}  # type: ignore[assignment]
    target = Path(__file__).parents[1] / "parsers" / "openldap" / "directives.json"
    lines = json.dumps(data, indent=1, sort_keys=True)
    lines = re.sub(r"\[\s+(\d+),\s+(\d+),\s+(\d+),\s+(\"[^\"]*\"),\s+(\"[^\"]*\"),\s+(\"[^\"]*\")\s+\]", r"[\1, \2, \3, \4, \5, \6]", lines)
    target.write_text(lines + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
