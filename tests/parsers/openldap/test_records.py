"""Every labelled slapd equals its prediction; the tables of directives are those of the source."""

from pathlib import Path

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import Severity
from tlslint.parsers.openldap import directives, evaluate
from tlslint.targets import load

from tests.support import mail, world

SERVERS = [record for record in world.records("openldap") if record["kind"] != "client"]


def roots(record: world.Record) -> list[str]:
    """Files evaluation begins with."""
    return [path for path in record["files"] if path.endswith(("slapd.conf", "cn=config.ldif", "config.ldif", "default/slapd"))]


@pytest.mark.parametrize("record", SERVERS, ids=lambda record: record["id"])
def test_one_instance_and_it_starts_or_not_as_the_real_one(record: world.Record, tmp_path: Path) -> None:
    world.lay(record, tmp_path)
    found = [
        instance
        for root in roots(record)
        for instance in evaluate.instances(root, mail.below(tmp_path), load(record["target"]), complete=True)
    ]
    assert len(found) == 1
    assert found[0].starts.holds(record["starts"]), found[0].starts
    if not record["starts"]:
        # the reason is told, by the reader or by a rule about the endpoint; a key's mode and settings without effect are none
        told = run(discover([str(tmp_path)], root=str(tmp_path)), load(record["target"]), selection([], ["TLS316", "TLS803"]))
        assert [finding for finding in told.findings if finding.severity > Severity.INFO]


def test_names_are_found_as_slapd_finds_them() -> None:
    """Case does not count, and of some names only the beginning does (config_find_keyword())."""
    table = directives.of_slapd("2.5.13")
    assert directives.find("TLSPROTOCOLMIN", table) is not None
    assert directives.find("disallow", table) == directives.find("disallows", table)
    assert directives.find("requires", table) == directives.find("require", table)
    assert directives.find("TLSProtocolMax", table) is None


def test_what_came_and_went_between_branches() -> None:
    assert directives.of_backend("2.4.57", "hdb")
    assert directives.of_backend("2.5.13", "hdb") is None
    assert directives.with_attribute("olcTLSCertificate;binary", "2.4.57") is None
    assert directives.with_attribute("olcTLSCertificate;binary", "2.5.13") is not None
    assert directives.find("logfile-rotate", directives.of_slapd("2.5.13")) is None
    assert directives.find("logfile-rotate", directives.of_slapd("2.6.10")) is not None
