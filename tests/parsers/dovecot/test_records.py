"""Every labelled Dovecot: what a client saw equals what is predicted."""

from pathlib import Path

import pytest
from tlslint.parsers.dovecot import evaluate
from tlslint.targets import load

from tests.support import mail, world

RECORDS = world.records("dovecot")


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_prediction_equals_what_was_seen(record: world.Record, tmp_path: Path) -> None:
    """Starting or not, and every measured field of every port."""
    world.lay(record, tmp_path)
    instance = evaluate.instances("/etc/dovecot/dovecot.conf", mail.below(tmp_path), load(record["target"]), complete=True)[0]
    assert instance.starts.holds(record["starts"]), instance.problems
    assert [line for probe in record["probes"] for line in mail.differences(instance.endpoints, probe)] == []


def test_there_are_records_of_every_release() -> None:
    """The sample covers three releases; 2.4 among them."""
    assert {record["target"] for record in RECORDS} == {"debian-11", "debian-12", "debian-13"}
    assert len(RECORDS) == 88
