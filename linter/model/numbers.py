"""Numbers as strangers write them. `str.isdigit()` takes `²`, which `int()` refuses, as it does more than 4,300 digits."""


def whole(text: str) -> int | None:
    """The number that ASCII digits stand for; None for any other text, and for more than 18 digits, which no daemon counts with."""
    return int(text) if len(text) <= 18 and text.isascii() and text.isdigit() else None
