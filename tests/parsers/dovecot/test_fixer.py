"""Remedies in Dovecot's words: the right name for the release, the narrowest place, and a text that mends no further."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from tlslint.crypto import groups, suites
from tlslint.engine.discover import Discovery, discover
from tlslint.engine.fix import mend
from tlslint.engine.run import Result, run, selection
from tlslint.model import Endpoint, Instance, Role, TlsMode
from tlslint.model.remedy import ModelRemedy, OfferGroups, OfferSuites, OfferVersions, SetValue
from tlslint.model.versions import TLS10, TLS12, TLS13
from tlslint.parsers.dovecot import evaluate, fixer
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.parsers.dovecot.test_mistakes import CERTIFICATE_23, CERTIFICATE_24, PKI, VERSION_24
from tests.support import mail, world

PATH = "/etc/dovecot/dovecot.conf"
MODERN = OfferVersions(frozenset({TLS12, TLS13}))
HEADS = {"debian-13": VERSION_24 + CERTIFICATE_24}


def mended(text: str, remedy: ModelRemedy, root: Path, target: str = "debian-12", title: str = "imaps") -> tuple[str, Instance] | str:
    """The text after the best way, and what comes of it; or why there is none."""
    whole = HEADS.get(target, "protocols = imap pop3\n" + CERTIFICATE_23) + text
    world.lay({"files": {}, "certificates": PKI}, root)
    instance = mail.text_as(evaluate, {PATH: whole}, root, PATH, target)
    ways = fixer.ways(instance, [named(instance, title)], remedy)
    if isinstance(ways, str):
        return ways
    data = whole.encode()
    for edit in sorted(ways[0], key=lambda edit: (-edit.span.start, -edit.span.end)):
        data = data[: edit.span.start] + edit.replacement + data[edit.span.end :]
    return data.decode(), mail.text_as(evaluate, {PATH: data.decode()}, root, PATH, target)


def named(instance: Instance, title: str) -> Endpoint:
    return next(endpoint for endpoint in instance.endpoints if endpoint.name.startswith(title))


def done(outcome: tuple[str, Instance] | str) -> tuple[str, Instance]:
    assert not isinstance(outcome, str), outcome
    return outcome


def versions(instance: Instance, title: str) -> set[str]:
    return {version.word for version in mail.value(named(instance, title).versions)}


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("ubuntu-18.04", "ssl_protocols = !SSLv3 !TLSv1 !TLSv1.1"),
        ("debian-11", "ssl_min_protocol = TLSv1.2"),
        ("debian-13", "ssl_min_protocol = TLSv1.2"),
    ],
)
def test_a_lowest_version_in_the_words_of_the_release(target: str, line: str, tmp_path: Path) -> None:
    text, instance = done(mended("ssl_cipher_list = HIGH:@SECLEVEL=0\n", MODERN, tmp_path, target))
    assert line in text
    assert versions(instance, "imaps") == {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize(
    ("target", "line"), [("debian-12", "ssl_prefer_server_ciphers = yes"), ("debian-13", "ssl_server_prefer_ciphers = server")]
)
def test_the_servers_order_in_the_words_of_the_release(target: str, line: str, tmp_path: Path) -> None:
    text, instance = done(mended("", SetValue("server_order", True, ""), tmp_path, target))
    assert line in text
    assert named(instance, "imaps").server_order.holds(True)


def test_the_deciding_block_is_mended_and_nothing_else(tmp_path: Path) -> None:
    block = "protocol imap {\n\tssl_min_protocol = TLSv1\n}\n"
    text, instance = done(mended("ssl_cipher_list = HIGH:@SECLEVEL=0\n" + block, MODERN, tmp_path))
    assert "\tssl_min_protocol = TLSv1.2\n" in text
    assert text.count("ssl_min_protocol") == 1
    assert versions(instance, "imaps") == {"TLSv1.2", "TLSv1.3"}


def test_a_line_that_others_share_is_left_where_one_protocol_is_meant(tmp_path: Path) -> None:
    text, instance = done(mended("ssl_min_protocol = TLSv1\nssl_cipher_list = HIGH:@SECLEVEL=0\n", MODERN, tmp_path))
    assert text.endswith("protocol imap {\n  ssl_min_protocol = TLSv1.2\n}\n")
    assert versions(instance, "imaps") == {"TLSv1.2", "TLSv1.3"}
    assert "TLSv1.0" in versions(instance, "pop3s")


def test_a_new_line_stands_below_its_sample(tmp_path: Path) -> None:
    text, _ = done(mended("# Minimum SSL protocol version to use.\n#ssl_min_protocol = TLSv1\n\nmail_location =\n", MODERN, tmp_path))
    assert "#ssl_min_protocol = TLSv1\nssl_min_protocol = TLSv1.2\n\nmail_location" in text


def test_groups_level_tickets_and_client_certificates(tmp_path: Path) -> None:
    wanted = tuple(group for name in ("x25519", "secp384r1") if (group := groups.named(name)) is not None)
    text, instance = done(mended("", OfferGroups(wanted, ""), tmp_path / "groups"))
    assert "ssl_curve_list = X25519:secp384r1" in text
    assert set(mail.value(named(instance, "imaps").groups)) == set(wanted)
    text, _ = done(
        mended("ssl_cipher_list = HIGH:@SECLEVEL=0:!aNULL\n", SetValue("security_level", 2, ""), tmp_path / "level", title="imaps")
    )
    assert "HIGH:!aNULL" in text
    text, _ = done(mended("ssl_options = no_compression\n", SetValue("session_tickets", False, ""), tmp_path / "tickets"))
    assert "no_compression no_ticket" in text
    asked = "ssl_ca = </etc/dovecot/rsa.pem\nssl_verify_client_cert = yes\n"
    text, instance = done(mended(asked, SetValue("client_certificate", "required", ""), tmp_path / "client"))
    assert named(instance, "imaps").client_certificate.holds("required")


def test_suites_of_tls13_too_where_they_can_be_chosen(tmp_path: Path) -> None:
    names = ("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    remedy = OfferSuites(tuple(suite for name in names if (suite := suites.named(name)) is not None), "")
    text, instance = done(mended("", remedy, tmp_path / "12"))
    assert "ssl_cipher_suites = TLS_AES_256_GCM_SHA384" in text
    assert {suite.iana for suite in mail.value(named(instance, "imaps").cipher_suites)} == set(names)
    assert mended("", remedy, tmp_path / "11", "debian-11") == "Dovecot 2.3.13 cannot choose the suites of TLS 1.3"


def test_connections_that_dovecot_opens(tmp_path: Path) -> None:
    relay = "protocols = imap submission\nsubmission_relay_host = smtp.example.test\n"
    text, instance = done(mended(relay, SetValue("tls", TlsMode.STARTTLS_REQUIRED, ""), tmp_path / "relay", title="submission relay"))
    assert "submission_relay_host = smtp.example.test\nsubmission_relay_ssl = starttls\n" in text
    assert next(each for each in instance.endpoints if each.role is Role.CLIENT).tls.holds(TlsMode.STARTTLS_REQUIRED)
    imapc = "imapc_host = imap.example.test\nimapc_ssl = imaps\nimapc_ssl_verify = no\n"
    text, _ = done(mended(imapc, SetValue("peer_verification", "certificate and name", ""), tmp_path / "imapc", title="imapc"))
    assert "imapc_ssl_verify = yes" in text


@pytest.mark.parametrize(
    ("remedy", "target", "why"),
    [
        (OfferVersions(frozenset({TLS12})), "debian-12", "no way to leave newer ones out"),
        (OfferVersions(frozenset({TLS10, TLS13})), "debian-12", "no way"),
        (OfferVersions(frozenset({TLS13})), "debian-11", "no word for TLS 1.3 alone"),
        (SetValue("dh_bits", 2048, ""), "debian-12", "openssl dhparam"),
        (SetValue("ocsp_stapling", True, ""), "debian-12", "no setting"),
    ],
)
def test_what_cannot_be_written_is_said(remedy: ModelRemedy, target: str, why: str, tmp_path: Path) -> None:
    outcome = mended("", remedy, tmp_path, target)
    assert isinstance(outcome, str)
    assert why in outcome


LINES = st.sampled_from(
    [
        *("ssl = yes", "ssl = no", "ssl = required", "ssl_min_protocol = TLSv1", "ssl_min_protocol = TLSv12", "ssl_protocols = !SSLv2"),
        *(
            "ssl_cipher_list = ALL:@SECLEVEL=0",
            "ssl_cipher_list = AES128-SHA",
            "ssl_cipher_list = HIGH \\\n  # x",
            "disable_plaintext_auth = no",
        ),
        *("login_trusted_networks = 0.0.0.0/0", "protocol imap {\n  ssl_min_protocol = TLSv1\n}", "local 192.0.2.1 {\n ssl = no\n}"),
        *(
            "#ssl_min_protocol = TLSv1.2",
            "imapc_host = a.example",
            "ssl_curve_list = secp224r1",
            "service imap-login {\n  inet_listener imaps {\n    ssl = no\n  }\n}",
        ),
        "ssl_options = compression",
    ]
)


@budget(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=6))
def test_mended_twice_is_mended_once(tmp_path: Path, lines: list[str]) -> None:
    world.lay({"files": {PATH: "protocols = imap\n" + CERTIFICATE_23 + "\n".join(lines)}, "certificates": PKI}, tmp_path)
    found = discover([str(tmp_path / "etc")], root=str(tmp_path))

    def again(where: Discovery) -> Result:
        return run(where, load("debian-12"), selection(["TLS"], []), [load_profile("mozilla-intermediate")])

    once = mend(found, again(found), again, unsafe=True)
    where = found._replace(files=found.files.edited({real: new for real, (_, new) in once.texts.items()}))
    assert not mend(where, again(where), again, unsafe=True).texts
