"""`tlslint explain`: a rule's manual page."""

import click
from tlslint.checks import registry
from tlslint.cli.shared import fail, settings_of, write


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the manual page of RULE (a code or a name)."""
    settings_of(None, isolated=False)  # plugins have rules, too
    entry = registry.by_code().get(rule.upper()) or registry.by_code().get(rule.lower())
    if entry is None:
        from difflib import get_close_matches  # noqa: PLC0415

        near = get_close_matches(rule.lower(), [name for name in registry.by_code() if not name.startswith("TLS")], 1)
        raise fail(f"no rule is called {rule!r}{f'; did you mean {near[0]}?' if near else '; see tlslint rules'}")
    found = registry.load(entry)
    write(registry.manual_page(entry, found), None)
