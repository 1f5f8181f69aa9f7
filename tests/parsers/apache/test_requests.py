"""Redirects and HSTS lines of every labelled record against what the real httpd sent."""

from pathlib import Path

import pytest
from tlslint.files import Files
from tlslint.model import TlsMode
from tlslint.parsers.apache.evaluate import Evaluated, evaluate
from tlslint.parsers.apache.request import Answer, Host, Request, Surroundings, UnknownAnswerError, answer
from tlslint.parsers.apache.vhosts import Server
from tlslint.targets import Target, load

from tests.support.world import Record, lay, records

HSTS = "Strict-Transport-Security"
RECORDS = [record for record in records("apache") if record["kind"] in ("redirect", "hsts") and record["starts"]]


def evaluated(record: Record, root: Path) -> tuple[Evaluated, Files, Target]:
    lay(record, root)
    files = Files((str(root),), str(root), (("/", str(root)),))
    target = load(record["target"])
    return evaluate(record["root"], files, target, complete=True), files, target


def server_for(found: Evaluated, port: int, name: str | None) -> Server | None:
    """The server that a client meets at a port with a Host or SNI name; addresses are all this machine's."""
    door = next((site.door for site in found.sites if site.door.port == port), None)
    if door is None:
        return None
    servers = [server for server, _ in door.servers]
    return next((server for server in servers if name and server.answers_to(name)), servers[0])


def host(found: Evaluated, server: Server, files: Files, target: Target) -> Host:
    others = tuple((site.server, site.door.host, site.door.port, site.endpoint.tls.holds(TlsMode.IMPLICIT)) for site in found.sites)
    return Host(server, Surroundings(found.reading, files, target, True, others))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_answers_are_those_of_the_real_server(record: Record, tmp_path: Path) -> None:
    found, files, target = evaluated(record, tmp_path)
    for probe in record["probes"]:
        observed = probe["observed"]
        if "request" in observed:
            scheme, _, rest = observed["request"].partition("://")
            name, slash, path = rest.partition("/")
            server = server_for(found, probe["port"], name)
            if observed.get("connect") == "refused":
                assert server is None
                continue
            assert server is not None
            path, _, query = (slash + path).partition("?")
            request = Request(scheme == "https", name, probe["port"], path.replace("%20", " "), query)
            try:
                made = answer(host(found, server, files, target), request, HSTS)
            except UnknownAnswerError:
                assert observed["status"] == 503, "only a backend may be beyond what can be told"
                continue
            assert (made.location or None) == observed["location"], made
            if observed["location"]:
                assert made.status == observed["status"]
        else:
            for kind, lines in observed["hsts"].items():
                if lines is not None:
                    _held_against(record, probe, kind, lines, host(found, _server(found, probe), files, target))


def _server(found: Evaluated, probe: Record) -> Server:
    server = server_for(found, probe["port"], probe["sni"] or probe.get("host"))
    assert server is not None
    return server


def _held_against(record: Record, probe: Record, kind: str, lines: list[str], asked: Host) -> None:
    observed = probe["observed"]
    name = probe["sni"] or probe.get("host") or "www.example.test"
    request = Request(observed["scheme"] == "https", name, probe["port"], observed["paths"][kind])
    made: Answer = answer(asked, request, HSTS)
    assert list(made.values) == lines, f"{record['id']} {kind}"
