"""The value of a Strict-Transport-Security header, as browsers read it.

Grammar: RFC 6797 section 6.1 (directives between `;`, each a token, perhaps with `=` and a token or quoted string; names without regard to
case, none twice). A fault in it makes browsers ignore the whole header (section 8.1); an unknown directive is passed over by itself.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyparsing

MINUTE, HOUR, DAY = 60, 3600, 86400
HALF_YEAR = 180 * DAY
"""SSL Labs (HstsPolicy.LONG_MAX_AGE) and the MDN Observatory want at least this."""
YEAR = 365 * DAY
"""The preload list's (hstspreload.org, 2026-03-23) and internet.nl's least."""
LAST_STAGE = 2 * YEAR
"""Mozilla's least, and where the staged roll-out ends."""
STAGES = (300, 7 * DAY, 30 * DAY, LAST_STAGE)
"""The roll-out hstspreload.org describes: five minutes, a week, a month, each waited out; then the value that stays."""


class Fault(NamedTuple):
    """Characters `start` to `end` of the value; `message` completes "…: browsers ignore it"; `instead` is what to write there."""

    start: int
    end: int
    message: str
    instead: str | None = None


class HstsValue(NamedTuple):
    """What a value says. `faults`: why browsers ignore all of it; `unknown`: directives they pass over, with what may have been meant."""

    max_age: int | None
    has_subdomains: bool = False
    has_preload: bool = False
    faults: tuple[Fault, ...] = ()
    unknown: tuple[Fault, ...] = ()
    places: tuple[tuple[str, tuple[int, int]], ...] = ()
    """Lower-case directive names with the characters they take."""

    def place(self, name: str) -> tuple[int, int] | None:
        """Where a directive stands."""
        return next((place for directive, place in self.places if directive == name), None)


_WELL_FORMED = re.compile(r"max-age=(\d+)(; ?includeSubDomains)?(; ?preload)?", re.IGNORECASE)
_KNOWN = {"max-age": "max-age", "includesubdomains": "includeSubDomains", "preload": "preload"}


@lru_cache(maxsize=1024)
def read(text: str) -> HstsValue:
    """Read a value; never raises."""
    found = _WELL_FORMED.fullmatch(text)
    if found is not None:
        places = [("max-age", (0, found.end(1)))]
        places += [
            (name, (found.end(group) - len(name), found.end(group)))
            for group, name in ((2, "includesubdomains"), (3, "preload"))
            if found[group]
        ]
        return HstsValue(int(found[1][:18]), bool(found[2]), bool(found[3]), places=tuple(places))
    return _explained(text)


@cache
def _grammar() -> "pyparsing.ParserElement":
    from pyparsing import LineEnd, Located, Optional, ParserElement, Regex, Suppress  # noqa: PLC0415 (only for what needs explaining)

    ParserElement.set_default_whitespace_chars(" \t")
    token = Regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
    quoted = Regex(r'"(?:[^"\\]|\\.)*"')
    directive = token("name") + Optional(Regex("=")("equals") + Optional((quoted | token)("value")))
    broken = Regex("[^;]+")("broken")
    element = Located(directive + (Suppress(LineEnd()) | Regex("(?=;)").suppress()) | broken)
    more: ParserElement = (Suppress(";") + Optional(element))[...]
    return Optional(element) + more


def _explained(text: str) -> HstsValue:
    faults: list[Fault] = []
    unknown: list[Fault] = []
    places: dict[str, tuple[int, int]] = {}
    values: dict[str, str | None] = {}
    for start, tokens, end in _grammar().parse_string(text, parse_all=True).as_list():
        start, end = _trimmed(text, start, end)  # noqa: PLW2901 (blanks belong to nobody)
        _take(text, tokens, start, end, faults, unknown, places, values)
    age = values.get("max-age")
    if "max-age" in values:
        bare = age[1:-1] if age and age.startswith('"') else age
        if not bare or not bare.isdigit():
            start, end = places["max-age"]
            faults.append(Fault(start, end, "max-age needs a number of seconds"))
        else:
            age = bare[:18]
    elif not faults:
        faults.append(Fault(0, len(text), "max-age is missing, and without it the header means nothing"))
    max_age = int(age) if age is not None and age.isdigit() else None
    return HstsValue(max_age, "includesubdomains" in values, "preload" in values, tuple(faults), tuple(unknown), tuple(places.items()))


def _take(
    text: str,
    tokens: list[Any],
    start: int,
    end: int,
    faults: list[Fault],
    unknown: list[Fault],
    places: dict[str, tuple[int, int]],
    values: dict[str, str | None],
) -> None:
    written = text[start:end]
    name = tokens[0].lower() if len(tokens) > 1 or re.fullmatch(r"[\w-]+", written) else written
    if len(tokens) == 1 and not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", written):
        faults.append(_broken(written, start, end))
        for known in _KNOWN:  # what was meant is not called missing
            if known in written.lower():
                values.setdefault(known, "0" if known == "max-age" else None)
                places.setdefault(known, (start, end))
        if "max-age" in values and values["max-age"] == "0":
            digits = re.search(r"max-age\D{0,3}(\d+)", written, re.IGNORECASE)
            values["max-age"] = digits[1] if digits else "0"
        return
    value = tokens[2] if len(tokens) > 2 else None
    if name not in _KNOWN:
        unknown.append(_unknown(written, name, start, end))
        return
    if name in values:
        faults.append(Fault(start, end, f"{_KNOWN[name]} stands here twice"))
        return
    values[name], places[name] = value, (start, end)
    if name == "includesubdomains" and len(tokens) > 1:
        faults.append(Fault(start, end, "includeSubDomains takes no value", "includeSubDomains"))


def _broken(written: str, start: int, end: int) -> Fault:
    if not written.isascii():
        return Fault(start, end, "it holds quotation marks or other characters that were pasted from a page set for people")
    if "," in written:
        at = start + written.index(",")
        return Fault(at, at + 1, "directives are separated by semicolons, and a comma begins a second header", ";")
    if re.search(r"\s", written.strip()):
        inner = re.search(r"\s+", written)
        at = start + (inner.start() if inner else 0)
        return Fault(at, at + 1, "a semicolon is missing between two directives", "; ")
    if written.count('"') % 2:
        at = start + written.index('"')
        return Fault(at, at + 1, "a quotation mark is never closed")
    return Fault(start, end, "this is no directive (a name, perhaps with = and a value)")


def _unknown(written: str, name: str, start: int, end: int) -> Fault:
    import difflib  # noqa: PLC0415 (only for a word nobody knows)

    close = difflib.get_close_matches(name[:64].replace("_", "-"), _KNOWN, 1, 0.7)
    meant = _KNOWN[close[0]] if close else None
    return Fault(start, start + len(written.partition("=")[0].rstrip()) if meant else end, written, meant)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    return start, end


def spoken(seconds: int) -> str:
    """A time as people say it: `6 months`, `1 year`, `5 minutes`; `200 days` where no larger unit comes out even."""
    if seconds in (15768000, 15811200):
        return "6 months"
    for unit, name in ((YEAR, "year"), (30 * DAY, "month"), (7 * DAY, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= unit and seconds % unit == 0 and (name != "month" or seconds < 12 * unit):
            count = seconds // unit
            return f"{count} {name}{'s' if count != 1 else ''}"
    if seconds >= 2 * DAY:
        return f"{seconds // DAY} days"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


def next_stage(seconds: int) -> int | None:
    """The stage after this value in the roll-out; None at its end."""
    return next((stage for stage in STAGES if stage > seconds), None)
