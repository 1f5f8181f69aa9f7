"""Where stunnel's files live: /etc/stunnel/*.conf."""

import re

from tlslint.files import Files
from tlslint.parsers.format import Claim, Comments

HOOK = r"(?:.*/)?stunnel/[^/]+\.conf$"


def claim(path: str) -> Claim | None:
    """Every file of the folder is a server of its own."""
    return Claim.ROOT if re.search(r"(?:^|/)stunnel/[^/]+\.conf$", path) else None


def looks_like(data: bytes) -> bool:
    """A service that accepts and connects."""
    return re.search(rb"(?m)^\s*\[[^\]]+\]", data) is not None and re.search(rb"(?m)^\s*accept\s*=", data) is not None


def root_of(path: str, files: Files) -> str | None:  # noqa: ARG001 (nothing includes anything)
    """The file itself."""
    return path


def comments(path: str) -> Comments:  # noqa: ARG001 (the same in every file)
    """Lines that begin with `;` are comments too; `#` is one everywhere."""
    return Comments(indented=True, goes_on="", comment_goes_on=False)
