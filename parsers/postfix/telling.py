"""What all that is told of a text has in common."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from tlslint.data import beside
from tlslint.model import Origin, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.versions import joined
from tlslint.parsers.postfix import defaults, expansion
from tlslint.parsers.postfix.syntax import Setting

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated, Listener, Transport


COMMENT = re.compile(r"(?:^|[ \t])(#.*)", re.DOTALL)
"""What looks like one behind a value."""


def has_comment(setting: Setting) -> bool:
    """Does the value look as if a comment stood behind it?"""
    return COMMENT.search(setting.value) is not None


def is_one_piece(setting: Setting) -> bool:
    """Does the value stand in the file as it is read, without a comment or a line end inside?"""
    return len(setting.value_span.data) == len(setting.value)


def is_tls(name: str) -> bool:
    """Is it a parameter about TLS or logins?"""
    return "tls" in name or "sasl" in name


def left_out(setting: Setting) -> Rewrite | None:
    """The whole line of main.cf gone, where it is a line of its own."""
    if setting.line is None or len(setting.line.pieces) != 1 or setting.line.notes:
        return None
    file, start, end = setting.span.file, setting.span.start, setting.span.end
    after = file.data.find(b"\n", end)
    return Rewrite((Edit(Span(file, start, after + 1 if after != -1 else len(file.data)), b""),), "leave the line out")


def at_least(release: defaults.Release, version: str) -> bool:
    """Is the release as new as the version written `3.6`?"""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return release >= (numbers[0], numbers[1])


@cache
def facts() -> dict[str, Any]:
    """Parameters that are deprecated, and those that decide nothing any more."""
    found: dict[str, Any] = json.loads(beside(__file__, "renamed.json"))
    return found


def who(titles: list[str]) -> str:
    """Names in a sentence, the first few."""
    return joined(titles) if len(titles) <= 3 else f"{', '.join(titles[:2])} and {len(titles) - 2} more"


def blamed(origins: tuple[Origin, ...], item: "Listener | Transport") -> Span:
    """The first of the origins that stands in a file; where none does, the entry."""
    return next((origin.span for origin in origins if origin.span is not None), item.service.anchor)


def part(setting: Setting, start: int, end: int) -> Span:
    """Characters of the value, where it stands in one piece; else all of it."""
    if not is_one_piece(setting):
        if setting.line is None:
            return setting.value_span
        offset = setting.line.text.rfind(setting.value)
        return setting.line.span(offset + start, offset + end)
    base = setting.value_span.start
    return Span(setting.value_span.file, base + start, base + end)


def written(evaluated: "Evaluated") -> Iterator[Setting]:
    """Every setting that counts for something: those of main.cf, then options."""
    yield from evaluated.settings.values()
    for service in evaluated.services.running:
        yield from service.overrides


def refers(setting: Setting) -> set[str]:
    """Names the value refers to."""
    return expansion.references(setting.value) if "$" in setting.value else set()


def referred(evaluated: "Evaluated", name: str) -> bool:
    """Does any value refer to the name?"""
    return any(name in refers(setting) for setting in written(evaluated))
