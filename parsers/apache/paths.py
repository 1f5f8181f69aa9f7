"""Names of files as httpd takes them: bytes of its text, wildcards.

Source: apr_fnmatch.c and ap_process_fnmatch_configs() of httpd 2.4.
"""

import re
from collections.abc import Callable


def is_wild(path: str) -> bool:
    """apr_fnmatch_test: `*`, `?`, or a `[` that is closed."""
    return "*" in path or "?" in path or re.search(r"\[[^\]]*\]", path) is not None


def split_at_wildcard(path: str) -> tuple[str, str]:
    """The folder before the first pattern, and the rest."""
    parts = path.split("/")
    at = next(index for index, part in enumerate(parts) if is_wild(part))
    return "/".join(parts[:at]) or "/", "/".join(parts[at:])


def fnmatch(pattern: str) -> Callable[[str], bool]:
    """apr_fnmatch with APR_FNM_PERIOD: a wildcard never matches a leading dot; no braces."""
    if not is_wild(pattern):
        return lambda name: name == pattern
    expression = ""
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "*":
            expression += ".*"
        elif char == "?":
            expression += "."
        elif char == "[" and "]" in pattern[index + 2 :]:
            close = pattern.index("]", index + 2)
            inside = pattern[index + 1 : close]
            negate = inside[0] in "!^"
            inside = (inside[1:] if negate else inside).replace("\\", "\\\\").replace("[", "\\[")
            expression += f"[{'^' if negate else ''}{inside}]"
            index = close
        elif char == "\\" and index + 1 < len(pattern):
            index += 1
            expression += re.escape(pattern[index])
        else:
            expression += re.escape(char)
        index += 1
    try:
        compiled = re.compile(re.sub(r"(\.\*)+", ".*", expression) + r"\Z", re.DOTALL)
    except re.error:
        return lambda name: name == pattern
    dotted = pattern.startswith(".")
    return lambda name: (dotted or not name.startswith(".")) and compiled.match(name) is not None
