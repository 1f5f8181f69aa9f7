"""Real configuration files, one folder a format (`apache`, `openldap` …), kept beside the repository and not in it: licences vary.

Looked for in `TLSLINT_CORPUS`, else in `shared/corpus` beside the clone.
"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TLSLINT_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")

needed = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the collection of real configurations is not in {FOLDER} (TLSLINT_CORPUS names another place)"
)
"""Marks tests that read the collection."""
