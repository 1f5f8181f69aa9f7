"""Commands that check a mended configuration and make it count, as each family of distributions has them (commands.json)."""

import json
import re
from functools import cache

from tlslint.data import beside


def httpd(family: str) -> str:
    """Check and reload Apache httpd."""
    return _command("httpd", family)


def restart(unit: str, family: str) -> str:
    """Start a service anew."""
    return _command("restart", family).format(unit=unit)


def on_the_server(path: str) -> str:
    """Where a file lies on its server, as far as its name in a snapshot or a repository tells: from `etc` on."""
    return re.sub(r"\A(?!/).*?((?<![^/])(?:usr/local/)?etc/)", r"/\1", path)


def _command(what: str, family: str) -> str:
    by_family = _table()[what]
    return by_family.get(family, by_family[""])["command"]


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    return {what: rows for what, rows in json.loads(beside(__file__, "commands.json")).items() if isinstance(rows, dict)}
