"""Remedies as shell assignments: each way put into the files, read again, and held against what it was to bring."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tlslint.crypto import suites
from tlslint.engine.discover import Discovery, discover
from tlslint.engine.fix import mend
from tlslint.engine.run import Result, run, selection
from tlslint.model import Endpoint, Instance, Role, SourceFile, TlsMode
from tlslint.model.remedy import ModelRemedy, OfferSuites, OfferVersions, SetValue
from tlslint.model.versions import TLS12, TLS13
from tlslint.parsers.courier import evaluate, fixer
from tlslint.profiles import load as load_profile
from tlslint.targets import Target, load

from tests.parsers.courier.test_mistakes import BASE, PKI, openssl, versions
from tests.support import mail, world

MODERN = OfferVersions(frozenset({TLS12, TLS13}))
STRONG = [suites.named(name) for name in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")]
STRONG += [suites.named(name) for name in ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
SUITES = OfferSuites(tuple(suite for suite in STRONG if suite is not None), "strong ones only")
OLD = openssl(library="1.1.1w")._replace(openssl_min_version=None, openssl_security_level=0)


def mended(
    files: dict[str, str], start: str, remedy: ModelRemedy, title: str, root: Path, target: Target | None = None
) -> tuple[dict[str, str], Instance]:
    """The texts after the best way, and what comes of them."""
    target = target or load("debian-12")
    world.lay({"files": files, "certificates": PKI}, root)
    instance = evaluate.instances(start, mail.below(root), target, complete=True)[0]
    ways = fixer.ways(instance, [named(instance, title)], remedy)
    assert not isinstance(ways, str), ways
    texts = dict(files)
    for edit in sorted(ways[0], key=lambda edit: (-edit.span.start, -edit.span.end)):
        path = next(name for name in files if edit.span.file.path.endswith(name.lstrip("/")))
        data = texts[path].encode()
        texts[path] = (data[: edit.span.start] + edit.replacement + data[edit.span.end :]).decode()
    world.lay({"files": texts}, root)
    return texts, evaluate.instances(start, mail.below(root), target, complete=True)[0]


def named(instance: Instance, title: str) -> Endpoint:
    return next(endpoint for endpoint in instance.endpoints if endpoint.name.startswith(title))


def imap(text: str) -> dict[str, str]:
    return {"/etc/courier/imapd": "ADDRESS=0\nPORT=143\n", "/etc/courier/imapd-ssl": BASE + text}


IMAPD_SSL = "/etc/courier/imapd-ssl"


@pytest.mark.parametrize("word", ["TLSv1", "TLSv1.3", '"TLSv1.2:TLSv1.1:TLSv1:!SSLv3"', ""])
def test_openssl_builds_get_a_word_of_the_table(word: str, tmp_path: Path) -> None:
    files = imap(f"TLS_PROTOCOL={word}\nTLS_CIPHER_LIST=ALL:@SECLEVEL=0\n")
    texts, instance = mended(files, IMAPD_SSL, MODERN, "imaps", tmp_path, OLD)
    assert versions(named(instance, "imaps")) == {"TLSv1.2", "TLSv1.3"}
    assert "TLSv1.2++" in texts[IMAPD_SSL]


def test_openssl_builds_get_a_cipher_list(tmp_path: Path) -> None:
    texts, instance = mended(imap("TLS_CIPHER_LIST='ALL'\n"), IMAPD_SSL, SUITES, "imaps", tmp_path, openssl())
    assert "TLS_CIPHER_LIST='ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384'" in texts[IMAPD_SSL]
    assert set(mail.value(named(instance, "imaps").cipher_suites)) <= set(SUITES.suites)


def test_the_servers_order_in_both_builds(tmp_path: Path) -> None:
    remedy = SetValue("server_order", True, "")
    _, instance = mended(imap("TLS_PRIORITY=NORMAL\n"), IMAPD_SSL, remedy, "imaps", tmp_path / "gnutls")
    assert named(instance, "imaps").server_order.holds(True)
    _, instance = mended(imap("TLS_PROTOCOL=TLSv1.2\n"), IMAPD_SSL, remedy, "imaps", tmp_path / "openssl", openssl())
    assert named(instance, "imaps").server_order.holds(True)


def test_a_new_line_goes_below_its_sample(tmp_path: Path) -> None:
    files = imap('##NAME: TLS_PRIORITY:0\n#\n# TLS_PRIORITY="NORMAL"\n\n##NAME: TLS_TIMEOUT:0\n')
    texts, _ = mended(files, IMAPD_SSL, MODERN, "imaps", tmp_path)
    assert '# TLS_PRIORITY="NORMAL"\nTLS_PRIORITY=NORMAL' in texts[IMAPD_SSL]


def test_pop3_logins_wait_for_tls(tmp_path: Path) -> None:
    files = {
        "/etc/courier/pop3d": "PORT=110\n",
        "/etc/courier/pop3d-ssl": BASE.replace("993", "995").replace("IMAPDSTARTTLS=YES", "POP3_STARTTLS=NO"),
    }
    _, instance = mended(files, "/etc/courier/pop3d-ssl", SetValue("tls", TlsMode.STARTTLS_REQUIRED, ""), "pop3 ", tmp_path)
    assert named(instance, "pop3 ").tls.holds(TlsMode.STARTTLS_REQUIRED)
    assert named(instance, "pop3 ").cleartext_login.holds(False)


ESMTPD = 'PORT=smtp\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/courier/imapd.pem\nESMTPAUTH="LOGIN PLAIN"\n'


@pytest.mark.parametrize("inside", ["", "ESMTPAUTH_TLS=\n", "ESMTPAUTH_TLS=PLAIN\n"])
def test_passwords_over_smtp_only_inside_of_tls(inside: str, tmp_path: Path) -> None:
    files = {"/etc/courier/esmtpd": ESMTPD + inside}
    texts, instance = mended(files, "/etc/courier/esmtpd", SetValue("cleartext_login", False, ""), "smtp ", tmp_path)
    assert named(instance, "smtp ").cleartext_login.holds(False)
    assert ("ESMTPAUTH_TLS=PLAIN" if "=PLAIN" in inside else 'ESMTPAUTH_TLS="LOGIN PLAIN"') in texts["/etc/courier/esmtpd"]


def test_what_is_shared_gets_a_line_of_its_own_first(tmp_path: Path) -> None:
    """esmtpd-ssl inherits from esmtpd: the narrower way is a line in esmtpd-ssl."""
    files = {"/etc/courier/esmtpd": ESMTPD + "TLS_PRIORITY=NORMAL\n", "/etc/courier/esmtpd-ssl": "SSLPORT=465\n"}
    texts, instance = mended(files, "/etc/courier/esmtpd", MODERN, "smtps", tmp_path)
    assert "TLS_PRIORITY=NORMAL\n" in texts["/etc/courier/esmtpd"]
    assert versions(named(instance, "smtps")) == {"TLSv1.2", "TLSv1.3"}
    assert "TLSv1.0" in versions(named(instance, "smtp "))


def test_the_client_uses_and_checks_tls(tmp_path: Path) -> None:
    files = {"/etc/courier/esmtpd": ESMTPD, "/etc/courier/courierd": "COURIERTLS=/usr/bin/couriertls\nESMTP_USE_STARTTLS=0\n"}
    texts, instance = mended(files, "/etc/courier/esmtpd", SetValue("tls", TlsMode.STARTTLS, ""), "courierd", tmp_path)
    client = next(endpoint for endpoint in instance.endpoints if endpoint.role is Role.CLIENT)
    assert client.tls.holds(TlsMode.STARTTLS)
    _, instance = mended(texts, "/etc/courier/esmtpd", SetValue("peer_verification", "certificate and name", ""), "courierd", tmp_path)
    assert named(instance, "courierd").peer_verification.holds("certificate and name")


@pytest.mark.parametrize(
    ("remedy", "says"),
    [
        (SetValue("dh_bits", 2048, ""), "a file"),
        (SetValue("compression", False, ""), "no setting"),
        (OfferVersions(frozenset({TLS12})), "no word"),
    ],
)
def test_what_cannot_be_written_is_said(remedy: ModelRemedy, says: str, tmp_path: Path) -> None:
    world.lay({"files": imap(""), "certificates": PKI}, tmp_path)
    instance = evaluate.instances(IMAPD_SSL, mail.below(tmp_path), openssl(), complete=True)[0]
    ways = fixer.ways(instance, [named(instance, "imaps")], remedy)
    assert isinstance(ways, str)
    assert says in ways


def test_commands_name_what_is_restarted() -> None:
    own = Instance(
        "courier", SourceFile("/etc/courier/imapd-ssl", b""), openssl().software["courier"], openssl().libraries["courier"], True
    )
    instance = own._replace(family="debian")
    assert fixer.commands(instance, ["etc/courier/imapd-ssl"]) == (
        "sh -n /etc/courier/imapd-ssl && systemctl restart courier-imap courier-imap-ssl",
    )
    assert fixer.commands(instance, ["x/y"]) == ()
    # units of that name are Debian's; elsewhere nothing is said that nobody has
    ports = instance._replace(family="freebsd")
    assert fixer.commands(ports, ["usr/local/etc/courier-imap/pop3d-ssl"]) == (
        "sh -n /usr/local/etc/courier-imap/pop3d-ssl && service courier-imap-pop3d restart && service courier-imap-pop3d-ssl restart",
    )
    assert fixer.commands(own, ["etc/courier-imap/imapd-ssl"]) == ("sh -n /etc/courier-imap/imapd-ssl",)


WEAK = st.sampled_from(
    [
        *(
            "TLS_PRIORITY=NORMAL",
            'TLS_PRIORITY="HIGH:!aNULL"',
            "TLS_PRIORITY=SUITEB128",
            "TLS_PRIORITY = PFS",
            "TLS_PRIORITY=A: B",
            "TLS_PRIORITY=",
        ),
        *(
            "IMAPDSTARTTLS=NO",
            "IMAP_TLS_REQUIRED=yes",
            "IMAP_TLS_REQUIRED=0",
            "TLS_PROTOCOL=TLSv1.2",
            "export TLS_CIPHER_LIST=HIGH",
            "A=NORMAL",
        ),
        *(
            "TLS_PRIORITY=$A",
            "if true; then\n  TLS_PRIORITY=PFS\nfi",
            "TLS_VERIFYPEER=PEER",
            "COURIERTLS=",
            "# TLS_PRIORITY=x",
            "set X=y",
            "TLS_CERTS=X509",
        ),
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WEAK, max_size=5), st.lists(WEAK, max_size=1))
def test_mended_twice_is_mended_once(tmp_path: Path, lines: list[str], others: list[str]) -> None:
    files = imap("\n".join(lines))
    files["/etc/courier/imapd"] += "\n".join(others)
    world.lay({"files": files, "certificates": PKI}, tmp_path)
    found = discover([str(tmp_path / "etc")], root=str(tmp_path))

    def again(where: Discovery) -> Result:
        return run(where, load("debian-12"), selection(["TLS"], []), [load_profile("mozilla-intermediate")])

    once = mend(found, again(found), again, unsafe=True)
    where = found._replace(files=found.files.edited({real: new for real, (_, new) in once.texts.items()}))
    assert not mend(where, again(where), again, unsafe=True).texts
