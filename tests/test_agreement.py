"""Every labelled record through the command line's own path: what `tlslint effective` prints is what the real server did.

The number in the README is this test's.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tlslint.parsers import FORMATS

from scripts.agreement import SERVICES, Row, compare, effective, verdict
from tests.support.world import Record, lay, records


def cases() -> Iterator[Record]:
    for server in SERVICES:
        if server in FORMATS:
            yield from ({**record, "server": server} for record in records(server))


@pytest.mark.parametrize("record", list(cases()), ids=lambda record: record["id"])
def test_prediction_is_what_the_real_server_did(record: Record, tmp_path: Path) -> None:
    lay(record, tmp_path)
    answer = effective(tmp_path, record)
    different = [row for row in compare(record["server"], record, answer) if verdict(*row[1:]) != "equal"]
    if all(is_assumed(row, answer) for row in different) and not keys_fit(record):
        return
    assert not different


def keys_fit(record: Record) -> bool:
    """Does every private key belong to the certificate that is set beside it? No key is opened, so no prediction can know."""
    return all(entry.get("key_matches", True) for entry in record.get("certificates", {}).values())


def is_assumed(row: Row, answer: dict[str, Any]) -> bool:
    """Does the answer say itself that what it predicts is assumed?"""
    where, field = row[0].split()
    endpoints = [endpoint for instance in answer["instances"] for endpoint in instance["endpoints"]]
    port = next(endpoint for endpoint in endpoints if where == f":{endpoint['port']}")
    return any(origin["how"] == "assumed" for origin in port["origins"].get(field, ()))
