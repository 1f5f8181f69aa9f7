"""The value of a Public-Key-Pins header, as far as its faults matter today.

Grammar: RFC 7469 section 2.1: directives between `;`, `pin-sha256="base64"` as often as wanted (sections 2.1.1, 2.5), `max-age` once.
"""

import re


def faults(text: str, *, report_only: bool) -> tuple[str, ...]:
    """What is wrong with a value; never raises."""
    found_faults: list[str] = []
    held: list[str] = []
    names: set[str] = set()
    if text.count('"') % 2:
        found_faults.append("a quotation mark is never closed")
    for part in re.findall(r'(?:"[^"]*"|[^;"])+', text):
        name, _, value = part.strip().partition("=")
        names.add(name.strip().lower())
        if name.strip().lower() != "pin-sha256":
            continue
        found = re.fullmatch(r'"([^"]*)"', value.strip())
        if found is None:
            found_faults.append("a pin is not in quotation marks")
        elif not _is_hash(found[1]):
            found_faults.append(f"{found[1][:24]} is no SHA-256 hash in base64")
        else:
            held.append(found[1])
    if "max-age" not in names and not report_only:
        found_faults.append("max-age is missing")
    if len(set(held)) < 2:
        found_faults.append("there is no backup pin" if held else "there is no pin")
    return tuple(dict.fromkeys(found_faults))


def pins(text: str) -> tuple[str, ...]:
    """The hashes a value pins."""
    return tuple(re.findall(r'pin-sha256\s*=\s*"([^"]*)"', text, re.IGNORECASE))


def _is_hash(text: str) -> bool:
    import base64  # noqa: PLC0415 (only where a hash was pinned)
    import binascii  # noqa: PLC0415

    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (ValueError, binascii.Error):
        return False
