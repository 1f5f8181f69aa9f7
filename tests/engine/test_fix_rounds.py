"""Fixes that take several rounds: what is written is what was told, and holds against the beginning. The rules are as a plugin has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.checks.rule import EndpointRule, Rule
from tlslint.engine.discover import Discovery, discover
from tlslint.engine.fix import ROUNDS, Mended, mend
from tlslint.engine.run import Result, evaluate, run, selection
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import DropHeader, OfferSuites, OfferVersions, SendHsts
from tlslint.model.versions import TLS10, TLS12, TLS13
from tlslint.targets import load

SITE = """ServerName host.example.test
LoadModule ssl_module x.so
LoadModule headers_module x.so
Listen 443
<VirtualHost *:443>
ServerName a.example.test
SSLEngine on
SSLCertificateFile /etc/ssl/certs/www.pem
{lines}
</VirtualHost>
"""


class NoHsts(EndpointRule):
    """Wants the header."""

    code, name, severity = "ACM101", "no-hsts", Severity.INFO

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A site without it."""
        if endpoint.http is not None and endpoint.http.hsts_success.holds(()):
            yield self.finding(endpoint, endpoint.anchor, f"{endpoint.name} sends no HSTS", remedy=SendHsts(300))


class Hsts(EndpointRule):
    """Does not want it."""

    code, name, severity = "ACM102", "hsts", Severity.INFO

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """A site with it."""
        if endpoint.http is not None and endpoint.http.hsts_success.surely:
            lines = tuple(line.setting for line in endpoint.http.headers)
            yield self.finding(endpoint, lines[0], f"{endpoint.name} sends HSTS", remedy=DropHeader("Strict-Transport-Security", lines))


class LastLegacy(EndpointRule):
    """Wants one suite less, whatever else there is."""

    code, name, severity = "ACM103", "last-legacy", Severity.WARNING

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """The last suite with CBC."""
        suites = endpoint.cipher_suites
        legacy = [suite for suite in suites.surely if not suite.is_aead]
        if legacy:
            left = tuple(suite for suite in suites.surely if suite is not legacy[-1])
            yield self.finding(endpoint, suites, f"{endpoint.name} offers {legacy[-1].openssl}", remedy=OfferSuites(left, "one suite less"))


class Old(EndpointRule):
    """Wants TLS 1.2 and 1.3."""

    code, name, severity = "ACM104", "old", Severity.WARNING

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS 1.0."""
        if TLS10 in endpoint.versions.surely:
            remedy = OfferVersions(frozenset({TLS12, TLS13}))
            yield self.finding(endpoint, endpoint.versions, f"{endpoint.name} offers TLS 1.0", remedy=remedy)


class New(EndpointRule):
    """Wants TLS 1.0, and knows no way."""

    code, name, severity = "ACM105", "new", Severity.ERROR

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """TLS 1.2 and 1.3 alone."""
        if endpoint.versions.surely == {TLS12, TLS13}:
            yield self.finding(endpoint, endpoint.versions, f"{endpoint.name} offers nothing for old clients")


RULES = (NoHsts, Hsts, LastLegacy, Old, New)


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    added: dict[Entry, type[Rule]] = {Entry(rule.code, rule.name, "", "endpoint"): rule for rule in RULES}
    monkeypatch.setattr(registry, "_ADDED", added)
    registry.by_code.cache_clear()
    yield
    registry.by_code.cache_clear()


def mended(found: Discovery, codes: list[str]) -> Mended:
    def look(there: Discovery) -> Result:
        result = run(there, load("debian-11"), selection(codes, []))
        assert not result.broken
        return result

    return mend(found, look(found), look, unsafe=True)


def replayed(done: Mended, old: bytes) -> bytes:
    """The text of one file with the told edits, round after round."""
    for step in done.steps:
        (edits,) = step.values()
        for start, end, new in sorted(edits, reverse=True):
            old = old[:start] + new + old[end:]
    return old


def test_remedies_that_chase_each_other(tmp_path: Path) -> None:
    (tmp_path / "apache2.conf").write_text(SITE.format(lines=""))
    found = discover([str(tmp_path)])
    done = mended(found, ["ACM101", "ACM102"])
    ((old, new),) = done.texts.values()
    assert b"max-age=300" in new
    assert [one.finding.code for one in done.fixed] == ["ACM101"]
    assert [(one.finding.code, one.why) for one in done.withheld] == [("ACM102", "remedies chase each other")]
    assert replayed(done, old) == new


def test_more_rounds_than_there_may_be(tmp_path: Path) -> None:
    lines = "SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AES:DHE+AES:RSA+AES:!AESGCM:!AESCCM"
    (tmp_path / "apache2.conf").write_text(SITE.format(lines=lines))
    found = discover([str(tmp_path)])
    done = mended(found, ["ACM103"])
    ((old, new),) = done.texts.values()
    assert len(done.fixed) == len(done.steps) == ROUNDS
    assert [one.why for one in done.withheld] == ["remedies chase each other"]
    assert replayed(done, old) == new


def test_what_is_worse_is_not_written_because_another_server_is_down(tmp_path: Path) -> None:
    for name, line in (("up", ""), ("down", "<Nonsense\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "apache2.conf").write_text(line + SITE.format(lines=f"Include {tmp_path}/tls.conf"))
    (tmp_path / "tls.conf").write_text("SSLProtocol all\n")
    found = discover([str(tmp_path)])
    servers, _ = evaluate(found, load("debian-11"))
    assert [server.starts.value for server in servers] == [False, True]
    done = mended(found, ["ACM104", "ACM105"])
    assert done.texts == {}
    assert done.fixed == ()
    assert [one.why for one in done.withheld] == ["it would bring ACM105 new: a.example.test:443 offers nothing for old clients"]
