"""Every labelled Courier: what a client saw equals what is predicted."""

from pathlib import Path

import pytest
from tlslint.model import Instance
from tlslint.parsers.courier import evaluate
from tlslint.targets import load

from tests.support import mail, world

RECORDS = world.records("courier")
ROOTS = ("imapd-ssl", "pop3d-ssl", "esmtpd")


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_prediction_equals_what_was_seen(record: world.Record, tmp_path: Path) -> None:
    """Starting or not, and every measured field of every port."""
    world.lay(record, tmp_path)
    found: list[Instance] = []
    for name in ROOTS:
        if f"/etc/courier/{name}" in record["files"]:
            found += evaluate.instances(f"/etc/courier/{name}", mail.below(tmp_path), load(record["target"]), complete=True)
    endpoints = [endpoint for instance in found for endpoint in instance.endpoints]
    assert all(instance.starts.holds(True) for instance in found) == record["starts"]
    assert [line for probe in record["probes"] for line in mail.differences(endpoints, probe)] == []


def test_there_are_records_of_both_releases() -> None:
    """Debian 12 and 13 (the package of Debian 11 was not measured)."""
    assert {record["target"] for record in RECORDS} == {"debian-12", "debian-13"}
    assert len(RECORDS) == 34
