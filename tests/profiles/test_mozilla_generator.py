"""200 outputs of Mozilla's generator, each judged by the profile and edition it was made for, then by the next stricter one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.checks.ciphers.words import listed
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.suites import Suite
from tlslint.model.versions import TLS10, TLS11, spoken
from tlslint.profiles import Profile, load
from tlslint.targets import combined

from tests.support import corpus
from tests.support.examples import NOW_WRITTEN

NAME = re.compile(r"(apache|postfix|dovecot)-([\d.]+)_openssl-([\w.]+?)_(modern|intermediate|old)_guideline-(\d\.\d)")
STRICTER = {"old": "intermediate", "intermediate": "modern"}

GENERATORS_OWN = {
    "TLS302": "httpd before 2.4.7 has DH parameters of 1024 bits built in, and no directive for better ones",
    "TLS804": "options the version lacks: SSLSessionTickets, ssl_curve_list, tls_eecdh_auto_curves, tls_ffdhe_auto_groups",
    "TLS805": "names of Dovecot 2.3 for 2.4, smtpd_tls_dh1024_param_file for Postfix 3.9",
    "TLS814": "groups OpenSSL 1.0.2 lacks (X25519), or spells differently (secp256r1): Dovecot starts and every handshake fails",
    "TLS901": "the same for httpd, which does not start",
}
"""Everything that is reported under a file's own profile, and why that is the generator's error."""


class Made(NamedTuple):
    """A file, what it was made for, and the findings under some profile."""

    path: Path
    server: str
    version: str
    openssl: str
    kind: str
    edition: str

    def judged(self, profile: Profile) -> tuple[tuple[Finding, ...], list[Endpoint]]:
        """Findings and endpoints."""
        target = combined((f"{self.server}@{self.version}", f"openssl@{self.openssl}"), None)
        result = run(discover([str(self.path)]), target, selection([], []), [profile], NOW_WRITTEN)
        assert not result.broken
        return result.findings, [endpoint for instance in result.instances for endpoint in instance.endpoints]


def made() -> Iterator[Made]:
    for path in sorted((corpus.FOLDER / "mozilla").rglob("*")):
        found = NAME.match(path.name)
        if found is not None and path.is_file():
            yield Made(path, *found.groups())


def own_profile(file: Made) -> Profile:
    """6.0 has no `old` any more; the generator still offered 5.8's."""
    return load(f"mozilla-{file.kind}@{'5.8' if file.kind == 'old' and file.edition == '6.0' else file.edition}")


@corpus.needed
def test_under_its_own_profile_only_the_generators_errors_are_reported() -> None:
    files = list(made())
    assert len(files) == 200
    codes: dict[str, int] = {}
    for file in files:
        findings, _ = file.judged(own_profile(file))
        for finding in findings:
            assert finding.code in GENERATORS_OWN, f"{file.path.name}: {finding.code} {finding.message}"
            codes[finding.code] = codes.get(finding.code, 0) + 1
    assert set(codes) == set(GENERATORS_OWN)


@corpus.needed
@pytest.mark.parametrize("kind", sorted(STRICTER))
def test_one_profile_stricter_the_findings_are_the_difference(kind: str) -> None:
    """Of versions and suites exactly what the stricter profile leaves out is reported, item by item, and nothing else."""
    seen = 0
    for file in made():
        if file.kind != kind:
            continue
        stricter = load(f"mozilla-{STRICTER[kind]}@{file.edition}")
        findings, endpoints = file.judged(stricter)
        told = {(finding.code, finding.message.partition(" (")[0]) for finding in findings if finding.code[:4] in ("TLS1", "TLS2", "TLS3")}
        for endpoint in endpoints:
            about = {code for code, message in told if message.startswith(endpoint.name)}
            if endpoint.is_opportunistic_mx:  # what beats plain text is told, and nobody asks to mend it
                assert {finding.severity for finding in findings if finding.code in about - NOT_OF_A_LIST} <= {Severity.INFO}
                continue
            wanted = dict(expected(endpoint, stricter))
            assert about - NOT_OF_A_LIST <= set(wanted), (file.path.name, about, wanted)
            for code, words in wanted.items():
                messages = [finding.message for finding in findings if finding.code == code and endpoint.name in (*finding.endpoints, "")]
                assert any(words in message for message in messages), (file.path.name, endpoint.name, code, words, messages)
                seen += 1
    assert seen > 50


NOT_OF_A_LIST = {"TLS302", "TLS215"}
"""The generator's own DH parameters (above), and the level 0 that its `old` needs for TLS 1.0 on OpenSSL 3."""


def expected(endpoint: Endpoint, profile: Profile) -> Iterator[tuple[str, str]]:
    """Rule and words for what is offered and left out by the profile; a public MX with opportunistic TLS is told less."""
    if endpoint.is_opportunistic_mx or not endpoint.versions.surely:
        return
    outside = endpoint.versions.surely - profile.versions
    if outside & {TLS10, TLS11}:
        yield "TLS102", spoken(outside & {TLS10, TLS11})
    if outside - {TLS10, TLS11}:
        yield "TLS106", spoken(outside - {TLS10, TLS11})
    suites = [suite for suite in endpoint.cipher_suites.surely if not profile.allows_suite(suite)]
    for code, takes in KINDS.items():
        if found := [suite for suite in suites if takes(suite)]:
            yield code, listed(found)


def _is_static(suite: Suite) -> bool:
    return not suite.has_forward_secrecy


KINDS = {
    "TLS205": lambda suite: suite.cipher == "3DES",
    "TLS301": _is_static,
    "TLS206": lambda suite: suite.has_forward_secrecy and not suite.is_aead,
    "TLS303": lambda suite: suite.key_exchange == "DHE",
    "TLS208": lambda suite: suite.is_aead and (suite.is_tls13 or suite.key_exchange == "ECDHE"),
}


@corpus.needed
def test_from_57_to_60_it_is_dhe_and_the_hybrid_group() -> None:
    """What Mozilla's changelog says of 5.8: kDHE removed, X25519MLKEM768 put first."""
    newest = load("mozilla-intermediate@6.0")
    codes = set()
    for file in made():
        if (file.kind, file.edition) == ("intermediate", "5.7"):
            before = {(finding.code, finding.message) for finding in file.judged(own_profile(file))[0]}
            codes |= {finding.code for finding in file.judged(newest)[0] if (finding.code, finding.message) not in before}
    assert codes == {"TLS303", "TLS305"}
