"""`tlslint config show`: the settings that count here."""

import click
from tlslint.cli import deciding
from tlslint.cli.options import Policy
from tlslint.cli.shared import settings_of, target_for, write
from tlslint.settings import KEYS


@click.group("config")
def command() -> None:
    """Look at settings."""


@command.command("show")
@click.option("--config", metavar="FILE", help="Settings from FILE instead of the nearest .tlslint.yaml or pyproject.toml upwards.")
def show(config: str | None) -> None:
    """Print every setting, what it is here, and where that is written. Exit code 2 where something in it is wrong."""
    settings = settings_of(config, isolated=False)
    decided = deciding.decide(settings, Policy())
    defaults = {
        "profile": ", ".join(profile.label for profile in decided.profiles),
        "target": target_for((), settings, None).name,
        "fail-on": decided.fail_on,
    }
    rows = []
    for key in KEYS:
        found = settings.values.get(key)
        if found:
            rows += [(key, ": ".join(each.value) if isinstance(each.value, tuple) else each.value, each.place) for each in found]
        else:
            rows.append((key, defaults.get(key, "-"), "default"))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    write((f"{key.ljust(widths[0])}  {value.ljust(widths[1])}  {place}" for key, value, place in rows), None)
