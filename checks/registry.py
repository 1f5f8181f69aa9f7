"""The one list of rules: code, name, where it lives, what it looks at. Reading it imports no rule.

The docs index, `tlslint rules` and SARIF's rule list come from here; a test holds it against the classes.
"""

from functools import cache
from importlib import import_module
from typing import NamedTuple

from tlslint.checks.rule import Rule


class Entry(NamedTuple):
    """A rule. `scope`: `endpoint`, `instance` or `problem`; `role`: `server`, `client` or "" for both; `module` below `tlslint.checks`.

    `after`: codes whose finding about the same endpoint explains this one, which then stays silent.
    """

    code: str
    name: str
    module: str
    scope: str
    role: str = ""
    after: tuple[str, ...] = ()

    @property
    def class_name(self) -> str:
        """`deprecated-version` → `DeprecatedVersion`."""
        return "".join(part.capitalize() for part in self.name.split("-"))


def _topic(topic: str, scope: str, *rows: tuple[str, str] | tuple[str, str, dict[str, object]]) -> list[Entry]:
    found = []
    for code, name, *more in rows:
        options: dict[str, object] = dict(more[0]) if more else {}
        found.append(Entry(code, name, f"{topic}.{name.replace('-', '_')}", scope, **options))  # type: ignore[arg-type]
    return found


ENTRIES: tuple[Entry, ...] = tuple(
    sorted(
        [
            *_topic(
                "effect", "problem", ("TLS801", "unknown-setting"), ("TLS802", "setting-overridden"), ("TLS803", "setting-ignored-here")
            ),
        ]
    )
)


@cache
def by_code() -> dict[str, Entry]:
    """Entries by code and by name."""
    return {key: entry for entry in ENTRIES for key in (entry.code, entry.name)}


def load(entry: Entry) -> type[Rule]:
    """Import a rule."""
    rule: type[Rule] = getattr(import_module(f"tlslint.checks.{entry.module}"), entry.class_name)
    return rule


def manual_page(entry: Entry, rule: type[Rule]) -> list[str]:
    """The page as lines: headline, the module's docstring, examples."""
    import sys  # noqa: PLC0415

    text = (sys.modules[rule.__module__].__doc__ or "").strip()
    lines = [f"{entry.code} {entry.name} ({rule.severity.word})", "", *text.splitlines()]
    for is_bad, title in ((True, "Reported"), (False, "Not reported")):
        chosen = [example for example in rule.examples if example.is_bad is is_bad]
        if chosen:
            lines += ["", f"{title}:"]
        for example in chosen:
            place = ", ".join(f"{name} {value}" for name, value in example.settings)
            lines.append("")
            lines.append(f"  {example.service}{f' ({place})' if place else ''}:")
            lines += [f"    {line}" for line in example.text.replace("«", "").replace("»", "").splitlines()]
            if example.says or example.why:
                lines.append(f"    → {example.says or example.why}")
    return lines


def summary(rule: type[Rule]) -> str:
    """The first line of the manual page, without its full stop."""
    import sys  # noqa: PLC0415

    return (sys.modules[rule.__module__].__doc__ or "").strip().partition("\n")[0].removesuffix(".")
