"""Data files of the package itself, wherever it lies: in a folder or in a zip archive."""

import os

import tlslint


def beside(module_file: str, name: str) -> bytes:
    """The bytes of the file `name` beside a module (its `__file__`)."""
    data: bytes = tlslint.__spec__.loader.get_data(os.path.join(os.path.dirname(module_file), name))  # type: ignore[union-attr]
    return data
