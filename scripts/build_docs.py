"""Write docs/rules/: a page per rule and an index, from the rules themselves. `tests/test_docs.py` holds them current.

python scripts/build_docs.py
"""

import sys
from pathlib import Path

from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.checks.rule import Rule

DOCS = Path(__file__).parents[1] / "docs" / "rules"
TOPICS = {
    "versions": "Protocol versions",
    "ciphers": "Cipher suites",
    "keys": "Keys, groups, certificates",
    "enforcement": "Is TLS used where it must be?",
    "headers": "What HTTP answers carry",
    "clients": "Outgoing connections",
    "handshake": "Compression, renegotiation, tickets, stapling, client certificates",
    "effect": "Text that does not do what it says",
    "reading": "Reading files",
}


def page(entry: Entry, rule: type[Rule]) -> str:
    """A rule's page."""
    text = (sys.modules[rule.__module__].__doc__ or "").strip()
    lines = [f"# {entry.code} {entry.name}", "", f"Severity: {rule.severity.word}", ""]
    for line in text.splitlines():
        for word in ("Use instead:", "Fix safety:", "Limits:", "References:"):
            if line.startswith(word):
                lines.append("")
                line = f"**{word}**{line.removeprefix(word)}"  # noqa: PLW2901
        lines.append(line)
    for is_bad, title in ((True, "Reported"), (False, "Not reported")):
        chosen = [example for example in rule.examples if example.is_bad is is_bad]
        if chosen:
            lines += ["", f"## {title}"]
        for example in chosen:
            place = "".join(f", {name} {value}" for name, value in example.settings)
            lines += ["", f"{example.service}{place}{f': {example.why}' if example.why else ''}", "", "```"]
            lines += [*example.text.replace("«", "").replace("»", "").splitlines(), "```"]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Every page by file name."""
    found = {}
    index = ["# All rules", "", "Made by `make docs` from the rules; the same text as `tlslint explain`."]
    for topic, title in TOPICS.items():
        entries = [entry for entry in registry.ENTRIES if entry.module.startswith(f"{topic}.")]
        if not entries:
            continue
        index += ["", f"## {title}", "", "| code | name | severity | reports |", "|---|---|---|---|"]
        for entry in entries:
            rule = registry.load(entry)
            found[f"{entry.code}.md"] = page(entry, rule)
            index.append(f"| [{entry.code}]({entry.code}.md) | {entry.name} | {rule.severity.word} | {registry.summary(rule)} |")
    found["README.md"] = "\n".join(index) + "\n"
    return found


def main() -> None:
    """Write what changed, remove what is gone."""
    DOCS.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in DOCS.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
