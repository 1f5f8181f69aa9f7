"""Text of a configuration made harmless: what it says is shown, what it would do to a terminal or page is not."""

import re
from collections.abc import Iterable, Iterator

# C0 and C1 controls, and what reorders or hides text: bidi controls, zero-width characters, BOM, line and paragraph separators.
_UNSEEN = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"


# What a CI system that reads its own log would carry out: `##[error]` and `##vso[task.setvariable …]` anywhere in a line (actions/runner,
# ActionCommand.TryParse; Azure Pipelines, "Logging commands"), `::error::` where one begins (TryParseV2 there; blanks do not count).
_COMMAND = r"#(?=#\w*\[)"
_FIRST = r"\A\s*:(?=:[\w-]+(?: |::))"


def visible(text: str) -> str:
    """Every character that cannot be seen or trusted as `\\x1b`, `\\u202e`, and the first of what would be a command; tabs stay."""
    if text.isascii() and text.isprintable() and "##" not in text and "::" not in text:  # most of it, at once
        return text
    return re.sub(f"{_UNSEEN}|{_COMMAND}|{_FIRST}", _escape, text)


def as_json(document: object) -> str:
    """JSON in which people may read every letter, and what cannot be seen or trusted is escaped."""
    import json  # noqa: PLC0415 (reports for people do without)

    return harmless(json.dumps(document, indent=2, ensure_ascii=False))


def harmless(text: str) -> str:
    """JSON that means the same, with escapes for what cannot be seen or trusted."""
    return re.sub(f"{_UNSEEN_IN_JSON}|{_COMMAND}", _escape_in_json, text)


class Listing:
    """A list in a document of JSON that is written piece by piece, as `as_json` would write the whole."""

    def __init__(self, name: str) -> None:
        self._held = f"  {as_json(name)}: ["
        self._comma = ""

    def lines(self, elements: Iterable[object]) -> Iterator[str]:
        """What can be written now that these are known."""
        for element in elements:
            yield self._held + self._comma
            self._held, self._comma = f"    {_indented(element, 4)}", ","

    def end(self) -> str:
        """The last lines; others follow."""
        return f"{self._held}\n  ]," if self._comma else f"{self._held}],"


def member(name: str, value: object) -> str:
    """`  "name": value`, as in a document that is written piece by piece."""
    return f"  {as_json(name)}: {_indented(value, 2)}"


def _indented(value: object, columns: int) -> str:
    return as_json(value).replace("\n", "\n" + " " * columns)  # no string of JSON holds a line's end


_UNSEEN_IN_JSON = _UNSEEN.replace("\x0a-", "\x0b-")


def _escape_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0][-1])
    return found[0][:-1] + _escaped(code)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
