"""Text of a configuration made harmless: what it says is shown, what it would do to a terminal or page is not."""

import re

# C0 and C1 controls, and what reorders or hides text: bidi controls, zero-width characters, BOM, line and paragraph separators.
_UNSEEN = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"


def visible(text: str) -> str:
    """Every character that cannot be seen or trusted as `\\x1b`, `\\u202e`; tabs stay."""
    if text.isascii() and text.isprintable():  # most of it, at once
        return text
    return re.sub(_UNSEEN, _escape, text)


def as_json(document: object) -> str:
    """JSON in which people may read every letter, and what cannot be seen or trusted is escaped."""
    import json  # noqa: PLC0415 (reports for people do without)

    return re.sub(_UNSEEN_IN_JSON, _escape_in_json, json.dumps(document, indent=2, ensure_ascii=False))


_UNSEEN_IN_JSON = _UNSEEN.replace("\x0a-", "\x0b-")


def _escape_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
