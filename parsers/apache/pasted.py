"""Characters of web pages and word processors, which are ordinary letters to httpd (seen on 2.4.71)."""

import re

from tlslint.model import Problem
from tlslint.model.remedy import Edit, Rewrite

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
    "\u2060": "",
    "\ufeff": "",
}
_PASTED = f"[{''.join(_PLAIN)}]"


def explained(problem: Problem) -> Problem:
    """A refusal of words that hold such characters, told as what it is, with the plain ones as remedy; any other problem as it was."""
    span = problem.span
    if span.data.isascii() or span.file.encoding != "utf-8" or problem.rule not in ("refused", "pasted-characters"):
        return problem
    written = span.text
    first = re.search(_PASTED, written)
    if first is None:
        return problem
    plain = re.sub(_PASTED, lambda found: _PLAIN[found[0]], written)
    return problem._replace(
        rule="pasted-characters",
        message=f"{problem.message}; U+{ord(first[0]):04X} was pasted in here, an ordinary letter to httpd",
        label="pasted characters",
        remedy=Rewrite((Edit(span, plain.encode()),), f"write {plain}"),
    )
