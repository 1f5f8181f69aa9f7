"""Characters of web pages and word processors, which are ordinary letters to every server here."""

import re

from tlslint.model import Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct

_PLAIN = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2007": " ",
    "\u200b": "",
    "\u200c": "",
    "\u200d": "",
    "\u200e": "",
    "\u200f": "",
    "\u2060": "",
    "\ufeff": "",
}
_PASTED = f"[{''.join(_PLAIN)}]"


class Pasted(Struct):
    """The first such character of a text as `U+201C`, and the text in plain ones."""

    character: str
    plain: str


def pasted(span: Span) -> Pasted | None:
    """Such characters in the text of a span; None without one, and in a file whose encoding has no room for them."""
    if span.data.isascii() or span.file.encoding != "utf-8":
        return None
    text = span.data.decode("utf-8", "ignore")
    first = re.search(_PASTED, text)
    return Pasted(f"U+{ord(first[0]):04X}", re.sub(_PASTED, lambda found: _PLAIN[found[0]], text)) if first else None


def problem(span: Span) -> Problem | None:
    """The same as something to report: a value that the server takes with these characters in it."""
    found = pasted(span)
    if found is None:
        return None
    return Problem(
        "pasted-characters",
        f"{found.character} was pasted into the value and belongs to it",
        span,
        "not a plain character",
        remedy=Rewrite((Edit(span, found.plain.encode()),), "type it again in plain characters"),
    )
