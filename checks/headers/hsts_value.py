"""The value of a Strict-Transport-Security header, as browsers read it.

Grammar: RFC 6797 section 6.1 (directives between `;`, each a token, perhaps with `=` and a token or quoted string; names without regard to
case, none twice). A fault in it makes browsers ignore the whole header (section 8.1); an unknown directive is passed over by itself.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tlslint.model.struct import Struct

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


class Fault(Struct):
    """Characters `start` to `end` of the value; `message` completes "browsers ignore it: …"; `instead` is what to write there."""

    start: int
    end: int
    message: str
    instead: str | None = None


class HstsValue(Struct):
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
    """Directives between semicolons, each with its place; what is none is taken whole."""
    from pyparsing import FollowedBy, Group, Located, Opt, Regex, Suppress, ZeroOrMore  # noqa: PLC0415 (only for what needs explaining)

    token = Regex(_WORD)
    quoted = Regex(r'"(?:[^"\\]|\\.)*"')
    directive = token("name") + Opt(Regex("=")("equals") + Opt((quoted | token)("value"))) + FollowedBy(Regex(r";|\Z"))
    broken = Regex("[^;]+")("broken")
    element = Group(Located(directive | broken))
    grammar: pyparsing.ParserElement = Opt(element) + ZeroOrMore(Suppress(";") + Opt(element))
    return grammar.parse_with_tabs()  # places are those of the text, not of one with blanks for tabs


_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""RFC 2616 section 2.2, which RFC 6797 refers to."""


class _Seen:
    """What was met so far: values by lower-case name (None: without one), places, faults."""

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        self.places: dict[str, tuple[int, int]] = {}
        self.faults: list[Fault] = []
        self.unknown: list[Fault] = []
        self.meant: set[str] = set()
        """Names inside what cannot be read: what was meant is not called missing besides."""


def _explained(text: str) -> HstsValue:
    seen = _Seen()
    for located in _grammar().parse_string(text, parse_all=True):
        start, end = _trimmed(text, located.locn_start, located.locn_end)
        if "broken" in located.value:
            _take_broken(seen, text[start:end], start, end)
        else:
            value = located.value.get("value")
            _take(seen, located.value["name"], str(value or "") if "equals" in located.value else None, start, end)
    age = _age(seen)
    if "max-age" not in seen.values | dict.fromkeys(seen.meant):
        misspelt = next((fault for fault in seen.unknown if fault.instead == "max-age"), None)
        if misspelt is not None:
            seen.unknown.remove(misspelt)
        start, end = (0, len(text)) if misspelt is None else misspelt[:2]
        seen.faults.append(Fault(start, end, "max-age is missing, and without it the header means nothing", misspelt and "max-age"))
    has = {*seen.values, *seen.meant}
    return HstsValue(age, "includesubdomains" in has, "preload" in has, tuple(seen.faults), tuple(seen.unknown), tuple(seen.places.items()))


def _age(seen: _Seen) -> int | None:
    if "max-age" not in seen.values:
        return None
    written = seen.values["max-age"] or ""
    digits = written[1:-1] if written.startswith('"') else written
    if digits.isascii() and digits.isdigit():
        return int(digits[:18])
    number = re.match(r"\d+", digits)
    seen.faults.append(Fault(*seen.places["max-age"], "max-age needs a whole number of seconds and nothing else"))
    return int(number[0][:18]) if number else None


def _take(seen: _Seen, name: str, value: str | None, start: int, end: int) -> None:
    """One directive; `value` None: without `=`."""
    known = name.lower()
    if known not in _KNOWN:
        seen.unknown.append(_unknown(name, start, end))
    elif known in seen.values:
        seen.faults.append(Fault(start, end, f"{_KNOWN[known]} stands here twice"))
    else:
        seen.values[known], seen.places[known] = value, (start, end)
        if known == "includesubdomains" and value is not None:  # section 6.1.2: it has none
            seen.faults.append(Fault(start, end, "includeSubDomains takes no value", "includeSubDomains"))


def _take_broken(seen: _Seen, written: str, start: int, end: int) -> None:
    seen.faults.append(_broken(written, start, end))
    seen.meant.update(name for name in _KNOWN if name in written.lower())


def _broken(written: str, start: int, end: int) -> Fault:
    if not written.isascii():
        odd = next(re.finditer(r"[^\x00-\x7f]", written))
        return Fault(start, end, f"U+{ord(odd[0]):04X} was pasted in, which is no character of a header")
    if written.count('"') % 2:
        at = start + written.index('"')
        return Fault(at, at + 1, "a quotation mark is never closed")
    if "," in written:
        at = start + written.index(",")
        return Fault(at, at + 1, "directives are separated by semicolons, not commas", ";")
    if written[:1] == written[-1:] == '"':
        return Fault(start, end, "the quotation marks are sent along, and no directive begins with one", written[1:-1])
    colon = re.match(r"max-age[ \t]*:[ \t]*(?=\d+$)", written, re.IGNORECASE)
    if colon is not None:
        return Fault(start, start + colon.end(), "max-age takes its number after =", "max-age=")
    blank = re.search(rf'(?<=[\w"])[ \t]+(?=(?:{"|".join(_KNOWN)})\b)', written, re.IGNORECASE)
    if blank is not None:
        return Fault(start + blank.start(), start + blank.end(), "a semicolon is missing between two directives", "; ")
    return Fault(start, end, "this is no directive (a name, perhaps with = and a value)")


def _unknown(name: str, start: int, end: int) -> Fault:
    import difflib  # noqa: PLC0415 (only for a word nobody knows)

    close = difflib.get_close_matches(name.lower()[:64].replace("_", "-"), _KNOWN, 1, 0.7)
    if not close:
        return Fault(start, end, name)
    return Fault(start, start + len(name), name, _KNOWN[close[0]])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    return start, end


def spoken(seconds: int) -> str:
    """A time as people say it: `6 months`, `1 year`, `5 minutes`; `200 days` where no larger unit comes out even."""
    if seconds in (15768000, 15811200):  # half a common year, half a leap year
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
