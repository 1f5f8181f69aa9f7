"""The answers of real httpd that tests/live/test_apache_answers.py recorded, held against the same predictions; no server is needed."""

import json
import lzma
from collections.abc import Iterator
from functools import cache

import pytest

from tests.live import test_apache_answers as live
from tests.live.test_apache_answers import Case, Idiom, Reply, Servers, Tree, each_case, each_idiom


@cache
def record() -> dict[str, Reply]:
    """By request, as `question` writes it."""
    told = json.loads(lzma.decompress(live.RECORD.read_bytes()))
    return {asked: (status, location, lines) for asked, (status, location, lines) in told.items()}


class Recorded:
    """What a site answered."""

    def __init__(self, name: str, *, https: bool) -> None:
        self._name, self._scheme = name, "https" if https else "http"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply:
        asked = live.question(self._scheme, self._name, path, method, headers)
        assert asked in record(), "nobody recorded what httpd answers: see tests/live/test_apache_answers.py"
        return record()[asked]

    def close(self) -> None:
        """Nothing is open."""


class Replayed(Servers):
    """Trees as they were laid for httpd."""

    def start(self, tree: Tree) -> None:
        """What it answers stands in the record."""

    def client(self, name: str, *, https: bool) -> Recorded:
        return Recorded(name, https=https)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    found = Replayed()
    yield found
    found.close()


@each_case
def test_header_lines_are_those_that_httpd_sent(number: int, case: Case, servers: Servers) -> None:
    live.test_header_lines_are_those_that_httpd_sends(number, case, servers)


@each_idiom
def test_redirects_lead_where_httpd_sent_visitors(number: int, idiom: Idiom, servers: Servers) -> None:
    live.test_redirects_lead_where_httpd_sends_visitors(number, idiom, servers)
