"""What public certification authorities may issue, by the day of issue (CA/Browser Forum Baseline Requirements)."""

import json
from functools import cache

from tlslint.data import beside


def longest_days(issued: str) -> int | None:
    """How many days a public certificate issued at this moment (RFC 3339) may be valid; None: before the data begin (2020-09-01)."""
    found = None
    for start, days in _limits():
        if issued >= start:
            found = days
    return found


@cache
def _limits() -> list[tuple[str, int]]:
    return [(start, days) for start, days in json.loads(beside(__file__, "authorities.json"))["longest_days"]]
