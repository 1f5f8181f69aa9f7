"""Every labelled record through the command line's own path: what `tlslint effective` prints is what the real server did.

The number in the README is this test's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tlslint.parsers import FORMATS

from scripts.agreement import SERVICES, compare, effective, verdict
from tests.support.world import Record, lay, records

BEYOND_FILES = {
    "key-mismatch": "a private key is never opened, so that it belongs to another certificate cannot be told",
    "eckey-mismatch": "likewise",
}
"""Parts of record names, with why a difference there is none of the prediction's."""


def cases() -> Iterator[Record]:
    for server in SERVICES:
        if server in FORMATS:
            yield from ({**record, "server": server} for record in records(server))


@pytest.mark.parametrize("record", list(cases()), ids=lambda record: record["id"])
def test_prediction_is_what_the_real_server_did(record: Record, tmp_path: Path) -> None:
    lay(record, tmp_path)
    different = [row for row in compare(record["server"], record, effective(tmp_path, record)) if verdict(*row[1:]) != "equal"]
    why = next((why for part, why in BEYOND_FILES.items() if part in record["id"]), "")
    assert not different or why, different
