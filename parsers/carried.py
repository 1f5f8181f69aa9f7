"""Text without an encoding: parsers carry bytes as Latin-1, one character for each, so that none is lost."""

import os


def readable(text: str) -> str:
    """Carried text as people wrote it: UTF-8 where it is that."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def file_name(text: str) -> str:
    """A carried path as the operating system's functions want it."""
    return text if text.isascii() else os.fsdecode(text.encode("latin-1", "replace"))


def readable_path(path: str) -> str:
    """A path of the operating system for people."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
