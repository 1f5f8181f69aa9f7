"""One line in, one value out, where no recording holds it: what each says of an endpoint, by release, with where that is known from."""

from pathlib import Path
from typing import Any

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.model import Endpoint, Instance, Known, Role, TlsMode
from tlslint.parsers.postfix import evaluate, protocols
from tlslint.parsers.postfix.defaults import Release
from tlslint.targets import load

from tests.parsers.postfix.trees import HEAD, SMTP, SUBMISSION, judged
from tests.support import mail, world

MAY = "smtpd_tls_security_level = may\n"
RSA_3072 = "smtpd_tls_cert_file = /etc/ssl/other.pem\nsmtpd_tls_key_file = /etc/ssl/other.key\n"
UNKNOWN = object()

LISTENER: list[tuple[str, str, str, Any]] = [
    # inet_interfaces (postconf(5)): where strangers can come in, port 25 takes their mail as it comes
    ("", "debian-12", "address", None),
    ("inet_interfaces = all\n", "debian-12", "address", None),
    ("inet_interfaces = loopback-only\n", "debian-12", "address", "127.0.0.1"),
    ("inet_interfaces = 127.0.0.1, [::1]\n", "debian-12", "address", "127.0.0.1"),
    ("inet_interfaces = [2001:db8::1]\n", "debian-12", "address", "2001:db8::1"),
    ("inet_interfaces = $myhostname, localhost\n", "debian-12", "address", "mx.example.test"),
    ("inet_interfaces = 127.0.0.1, 192.0.2.1\n", "debian-12", "address", "192.0.2.1"),
    ("inet_interfaces = 127.0.0.1\n", "debian-12", "is_opportunistic_mx", True),
    ("inet_interfaces = 127.0.0.1, 192.0.2.1\n", "debian-12", "is_opportunistic_mx", True),
    # session tickets: tls_server_init() in src/tls/tls_server.c, "ticketable"; each seen on 3.7.11
    ("", "debian-12", "session_tickets", True),
    ("tls_ssl_options = NO_TICKET\n", "debian-12", "session_tickets", False),
    ("tls_ssl_options = no_compression, no_ticket\n", "debian-12", "session_tickets", False),
    ("tls_ssl_options = {{ options }}\n", "debian-12", "session_tickets", UNKNOWN),
    ("tls_session_ticket_cipher =\n", "debian-12", "session_tickets", False),
    ("smtpd_tls_session_cache_timeout = 0d\n", "debian-12", "session_tickets", False),
    ("smtpd_tls_session_cache_timeout = 0\n", "debian-12", "session_tickets", False),
    ("smtpd_tls_session_cache_timeout = 10s\n", "debian-12", "session_tickets", True),
    # finite-field groups (tls_dh.c): by the certificate's key since 3.7, where `auto` says the same and was a file's name before;
    # a file that holds none leaves it at that ("using compiled-in defaults"); each of 3.7 seen on 3.7.11
    ("", "debian-11", "dh_bits", 2048),
    ("", "debian-12", "dh_bits", 3072),
    ("smtpd_tls_dh1024_param_file = auto\n", "debian-11", "dh_bits", 2048),
    ("smtpd_tls_dh1024_param_file = auto\n", "debian-12", "dh_bits", 3072),
    ("smtpd_tls_dh1024_param_file = /etc/ssl/dh1024.pem\n", "debian-12", "dh_bits", 1024),
    ("smtpd_tls_dh1024_param_file = /etc/ssl/other.pem\n", "debian-11", "dh_bits", 2048),
    ("smtpd_tls_dh1024_param_file = /etc/ssl/other.pem\n", "debian-12", "dh_bits", 3072),
    ("smtpd_tls_dh1024_param_file = /etc/ssl/nowhere.pem\n", "debian-12", "dh_bits", 3072),
    ("smtpd_tls_dh1024_param_file = /etc/ssl/dh1024.pem\nsmtpd_tls_exclude_ciphers = kDHE, aNULL\n", "debian-12", "dh_bits", None),
    # a listener that hides STARTTLS has none; one that demands it takes no mail (smtpd_discard_ehlo_keywords in postconf(5))
    ("smtpd_discard_ehlo_keywords = starttls\n", "debian-12", "tls", TlsMode.NONE),
    ("smtpd_discard_ehlo_keywords = STARTTLS\nsmtpd_tls_security_level = encrypt\n", "debian-12", "tls_works", False),
]


@pytest.mark.parametrize(("main", "target", "field", "expected"), LISTENER)
def test_a_line_about_listeners(main: str, target: str, field: str, expected: Any, tmp_path: Path) -> None:
    files = {"/etc/ssl/dh1024.pem": world.dh_parameters(1024).decode()}
    found = judged(tmp_path, RSA_3072 + MAY + main, target=target, certificate="", files=files).endpoint("smtp (25)")
    check(getattr(found, field), expected)


def check(value: Any, expected: Any) -> None:
    if expected is UNKNOWN:
        assert not value.is_known
    else:
        assert (value.value if isinstance(value, Known) else value) == expected


@pytest.mark.parametrize(
    ("main", "seen"),
    [
        # smtpd loads the mandatory list after the other one, and never what the client's side reads (seen on 3.7.11)
        ("smtpd_tls_protocols = ${smtpd_tls_mandatory_protocols?{>=TLSv1.3}:{>=TLSv1.2}}\n" + MAY, {"TLSv1.2", "TLSv1.3"}),
        (
            "smtpd_tls_mandatory_protocols = ${smtpd_tls_protocols?{>=TLSv1.3}:{>=TLSv1.2}}\nsmtpd_tls_security_level = encrypt\n",
            {"TLSv1.3"},
        ),
        ("smtpd_tls_protocols = ${smtp_tls_ciphers?{>=TLSv1.3}:{>=TLSv1.2}}\n" + MAY, {"TLSv1.2", "TLSv1.3"}),
    ],
)
def test_a_reference_sees_what_was_loaded_before(main: str, seen: set[str], tmp_path: Path) -> None:
    found = judged(tmp_path, main).endpoint("smtp (25)")
    assert {version.word for version in found.versions.surely} == seen


@pytest.mark.parametrize(
    ("main", "path"),
    [
        ("", "/etc/ssl/example.test.pem"),
        ("mydomain = other.test\n", "/etc/ssl/other.test.pem"),
        ("myhostname = mx\n", "/etc/ssl/localdomain.pem"),
    ],
)
def test_domain_is_the_host_name_less_its_first_label(main: str, path: str, tmp_path: Path) -> None:
    """check_mydomainname() in src/global/mail_params.c, `localdomain` where nothing is left."""
    certificate = "smtpd_tls_chain_files = /etc/ssl/$mydomain.pem\n"
    pem = (world.private_key("rsa", 2048) + world.certificate("rsa", 2048, "mx.example.test")).decode()
    found = judged(tmp_path, main + MAY, certificate=certificate, files={path: pem}).endpoint("smtp (25)")
    assert [one.path for one in found.certificates] == [path]


def test_time_of_tickets_among_the_options_of_a_listener_does_nothing(tmp_path: Path) -> None:
    """tlsmgr keeps the time, and reads main.cf (seen on 3.7.11)."""
    found = judged(tmp_path, "", SUBMISSION + "  -o smtpd_tls_session_cache_timeout=0\n")
    assert found.endpoint("submission").session_tickets.holds(True)
    found = judged(tmp_path / "main", "smtpd_tls_session_cache_timeout = 0\n", SUBMISSION + "  -o smtpd_tls_session_cache_timeout=1h\n")
    assert found.endpoint("submission").session_tickets.holds(False)


def test_weak_parameters_are_told_where_their_file_is_named(tmp_path: Path) -> None:
    files = {"/etc/ssl/dh1024.pem": world.dh_parameters(1024).decode()}
    found = judged(tmp_path, "smtpd_tls_dh1024_param_file = /etc/ssl/dh1024.pem\n", SUBMISSION, files=files)
    assert found.says("TLS302") == "submission (587) uses DH parameters of 1024 bits"
    assert [finding.primary.span.text for finding in found.findings("TLS302")] == ["/etc/ssl/dh1024.pem"]


@pytest.mark.parametrize("target", ["debian-11", "debian-12", "debian-13"])
@pytest.mark.parametrize(
    ("main", "starts"),
    [
        ("", False),
        ("compatibility_level = 0\n", False),
        ("compatibility_level = 2\n", True),
        ("smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n", True),
        ("smtpd_relay_restrictions = permit_mynetworks\n", False),
    ],
)
def test_smtpd_stops_where_nothing_forbids_relaying(main: str, starts: bool, target: str, tmp_path: Path) -> None:
    """smtpd_check_init() in src/smtpd/smtpd_check.c: fatal since 2.10; seen on 3.5.25, 3.7.11 and 3.10.13."""
    found = judged(tmp_path, MAY + main, target=target, head="myhostname = mx.example.test\n").endpoint("smtp (25)")
    assert found.tls_works.holds(starts)
    assert ("forbids relaying" in found.tls_failure) is not starts


@pytest.mark.parametrize(
    ("relay", "port"),
    [
        ("[relay.example.test]", 25),
        ("relay.example.test", 25),
        ("[relay.example.test]:smtp", 25),
        ("[relay.example.test]:2525", 2525),
        ("[relay.example.test]:submission", 587),
        ("[relay.example.test]:smtps", 465),
        ("[relay.example.test]:submissions", 465),
        ("[relay.example.test]:no-such-name", UNKNOWN),
    ],
)
def test_port_of_the_relay(relay: str, port: Any, tmp_path: Path) -> None:
    """By number, or by a name of known_tcp_ports and /etc/services (postconf(5)); smtp's without either."""
    found = judged(tmp_path, f"relayhost = {relay}\n").endpoint("smtp (outgoing)")
    assert found.address.holds("relay.example.test")
    check(found.port, port)


@pytest.mark.parametrize(
    ("main", "tls", "works", "versions"),
    [
        ("smtp_tls_security_level = may\n", TlsMode.STARTTLS, True, 2),
        ("smtp_tls_security_level = encrypt\nsmtp_tls_mandatory_protocols = >=TLSv1.3\n", TlsMode.STARTTLS_REQUIRED, True, 1),
        ("smtp_tls_security_level = may\nsmtp_tls_protocols = SSLv3\n", TlsMode.STARTTLS, False, 0),
        ("smtp_tls_security_level = none\n", TlsMode.NONE, None, 0),
    ],
)
def test_an_outgoing_transport(main: str, tls: TlsMode, works: bool | None, versions: int, tmp_path: Path) -> None:
    """Debian 12's OpenSSL lets TLS 1.0 and 1.1 through at level 0, where Postfix is, for a client too: only what a line says counts."""
    found = judged(tmp_path, main).endpoint("smtp (outgoing)")
    assert found.tls.holds(tls)
    assert found.tls_works.holds(works)
    assert len(found.versions.surely) >= versions
    if works is False:
        blamed = [origin.span.text for origin in found.versions.origins if origin.span is not None]
        assert blamed == ["SSLv3"]


CLEAR, WAITS = "goes out in the clear", "mail waits in the queue"


@pytest.mark.parametrize(
    ("main", "works", "failure"),
    [
        # what keeps TLS from working, and what becomes of mail then (src/smtp/smtp_tls_policy.c, src/tls/tls_client.c)
        ("smtp_tls_security_level = may\nsmtp_tls_protocols = bogus\n", False, CLEAR),
        ("smtp_tls_security_level = encrypt\nsmtp_tls_mandatory_protocols = bogus\n", False, WAITS),
        ("smtp_tls_security_level = encrypt\nsmtp_tls_mandatory_ciphers = bogus\n", False, WAITS),
        ("smtp_tls_security_level = may\nsmtp_tls_fingerprint_digest = md6\n", False, CLEAR),
        ("smtp_tls_security_level = may\nsmtp_tls_fingerprint_digest = sha256\n", True, ""),
        ("smtp_tls_security_level = may\nsmtp_tls_protocols = SSLv3\n", False, "smtp_tls_protocols leaves no version of TLS"),
        (
            "smtp_tls_security_level = encrypt\nsmtp_tls_mandatory_protocols = TLSv1.2\ntls_medium_cipherlist = AES128-SHA:@SECLEVEL=3\n",
            False,
            "no version and suite is left that go together",
        ),
    ],
)
def test_what_becomes_of_mail(main: str, works: bool, failure: str, tmp_path: Path) -> None:
    found = judged(tmp_path, main).endpoint("smtp (outgoing)")
    assert found.tls_works.holds(works)
    assert failure in found.tls_failure


def policies(*lines: str) -> str:
    return "smtp_tls_policy_maps = inline:{ " + ", ".join(f"{{ {line} }}" for line in lines) + " }\n"


@pytest.mark.parametrize(
    ("policy", "target", "works"),
    [
        ("secure tafile=/etc/ssl/nowhere.pem", "debian-12", False),
        ("secure tafile=/etc/ssl/mx.pem", "debian-12", True),
        ("encrypt tafile=/etc/ssl/mx.pem", "debian-12", False),
        ("encrypt connection_reuse=maybe", "debian-12", False),
        # attributes of MTA-STS came with 3.10 (RELEASE_NOTES-3.10)
        ("secure policy_string=x match=nexthop tafile=/etc/ssl/mx.pem", "debian-12", False),
        ("secure policy_string=x match=nexthop tafile=/etc/ssl/mx.pem", "debian-13", True),
    ],
)
def test_a_policy(policy: str, target: str, works: bool, tmp_path: Path) -> None:
    found = judged(tmp_path, "smtp_tls_security_level = may\n" + policies(f"example.org={policy}"), target=target)
    assert found.endpoint("smtp (outgoing) to example.org").tls_works.holds(works)


def test_a_trust_anchor_counts_where_certificates_are_checked(tmp_path: Path) -> None:
    """It is read in the chroot, and only at verify and secure (load_tas() in src/smtp/smtp_tls_policy.c)."""
    main = "smtp_tls_trust_anchor_file = /etc/ssl/mx.pem\n"
    jailed = "relay unix - - y - - smtp\n"
    found = judged(tmp_path / "a", main + "smtp_tls_security_level = encrypt\n", SMTP + jailed)
    assert found.endpoint("relay (outgoing)").tls_works.holds(True)
    found = judged(tmp_path / "b", main + "smtp_tls_security_level = secure\n", SMTP + jailed)
    assert not found.endpoint("relay (outgoing)").tls_works.holds(True)


def test_a_filter_meets_no_policy_but_that_of_its_one_next_hop(tmp_path: Path) -> None:
    main = "content_filter = scan:[127.0.0.1]:10024\nsmtp_tls_security_level = may\n" + policies("example.org=encrypt")
    found = judged(tmp_path, main, SMTP + "scan unix - - n - - smtp\nother unix - - n - - smtp\n")
    names = {one.name.removesuffix(" to example.org") for one in found.instance.endpoints if one.name.endswith(" to example.org")}
    assert names == {"smtp (outgoing)", "other (outgoing)"}


@pytest.mark.parametrize(
    ("main", "options", "used"),
    [
        ("", "", False),
        ("", "\n  -o lmtp_tls_security_level=encrypt", True),
        ("lmtp_tls_security_level = may\n", "", True),
        ("virtual_transport = lmtp:[127.0.0.1]:24\n", "", True),
        ("virtual_transport = lmtp:unix:private/dovecot-lmtp\n", "", False),
        ("store = lmtp:[127.0.0.1]:24\nvirtual_transport = $store\n", "", True),
    ],
)
def test_lmtp_is_an_endpoint_where_something_goes_over_the_network(main: str, options: str, used: bool, tmp_path: Path) -> None:
    found = judged(tmp_path, main, SMTP + f"lmtp unix - - n - - lmtp{options}\n")
    assert any(one.name == "lmtp (outgoing)" for one in found.instance.endpoints) is used


@pytest.mark.parametrize(
    ("main", "options", "starts"),
    [
        ("smtpd_banner = a $\n", "", False),
        ("my_own = a $\n", "", True),
        ("", "\n  -o smtpd_banner=${", False),
        ("", "\n  -o smtpd_banner=${myhostname}", True),
    ],
)
def test_text_that_cannot_be_expanded_stops_the_start(main: str, options: str, starts: bool, tmp_path: Path) -> None:
    """`postfix start` runs postconf over both files, which gives up on real parameters alone (seen on 3.7.11)."""
    assert judged(tmp_path, main, f"smtp inet n - n - - smtpd{options}\n").instance.starts.holds(starts)


SERVICES = {"/etc/services": "smtp 25/tcp\nsubmission 587/tcp\n"}


@pytest.mark.parametrize(
    ("name", "files", "starts", "number"),
    [
        # ports of services by number or by name (src/util/host_port.c); a name that nobody knows stops master (seen on 3.7.11)
        ("submission", SERVICES, True, 587),
        ("7", SERVICES, True, 7),
        ("127.0.0.1:2525", SERVICES, True, 2525),
        ("[::1]:2525", SERVICES, True, 2525),
        ("4x", SERVICES, False, None),
        ("99999", SERVICES, False, None),
        ("127.0.0.1:", SERVICES, False, None),
        ("ourmail", SERVICES, False, None),
        ("ourmail", {}, True, UNKNOWN),  # where /etc/services was not seen
    ],
)
def test_port_of_a_service(name: str, files: dict[str, str], starts: bool, number: Any, tmp_path: Path) -> None:
    found = judged(tmp_path, MAY, f"{name} inet n - n - - smtpd\n", target="debian-11", files=files)
    assert found.instance.starts.holds(starts)
    for one in found.instance.endpoints:
        if one.role is Role.SERVER:
            check(one.port, number)


# --- files ------------------------------------------------------------------------------------------------------------------------


def alone(root: Path, texts: dict[str, str], start: str, target: str | None = "debian-12", *, complete: bool = True) -> Instance:
    return mail.text_as(
        evaluate, {f"/etc/postfix/{name}": text for name, text in texts.items()}, root, f"/etc/postfix/{start}", target, complete=complete
    )


def only(instance: Instance) -> Endpoint:
    (endpoint,) = instance.endpoints
    return endpoint


def test_a_file_of_another_name_is_judged_for_itself(tmp_path: Path) -> None:
    """mailcow appends its extra.cf to main.cf; nothing was said of such a file where a main.cf stands beside it, which was judged twice."""
    texts = {"main.cf": HEAD + MAY, "master.cf": SMTP, "extra.cf": "smtpd_tls_auth_only = yes # really\nsmtpd_tls_security_level = may\n"}
    instance = alone(tmp_path, texts, "extra.cf", complete=False)
    assert [file.path.rpartition("/")[2] for file in instance.files] == ["extra.cf"]
    found = run(discover([str(tmp_path / "etc/postfix/extra.cf")]), load("debian-12"), selection([], []), [])
    assert [(finding.code, finding.primary.span.file.path.rpartition("/")[2]) for finding in found.findings] == [("TLS809", "extra.cf")]


def test_without_master_cf_nothing_is_whole(tmp_path: Path) -> None:
    instance = alone(tmp_path, {"main.cf": HEAD + MAY}, "main.cf")
    assert not instance.complete
    assert not only(instance).port.is_known


def test_what_main_cf_leaves_to_master_cf_is_unknown(tmp_path: Path) -> None:
    """`-o smtpd_enforce_tls=yes` may stand in the master.cf that was not seen."""
    main = HEAD + "smtpd_tls_security_level =\nsmtpd_tls_wrappermode = no\nsmtpd_use_tls = yes\n"
    assert not only(alone(tmp_path / "a", {"main.cf": main}, "main.cf")).tls.is_known
    assert only(alone(tmp_path / "b", {"main.cf": main + "smtpd_enforce_tls = no\n"}, "main.cf")).tls.holds(TlsMode.STARTTLS)


@pytest.mark.parametrize(
    ("level", "release"),
    [
        ("3.6", "3.10.13"),
        ("3.11", "3.11"),
        ("3.12", "3.12"),
        ("3.13", "3.10.13"),
        ("2.11", "3.10.13"),
        ("4.0", "3.10.13"),
        ("2", "3.10.13"),
    ],
)
def test_a_file_written_for_a_newer_release_raises_an_assumed_one(level: str, release: str, tmp_path: Path) -> None:
    """compatibility_level names the release whose defaults were meant (COMPATIBILITY_README); who names a target knows better."""
    texts = {"main.cf": f"compatibility_level = {level}\n" + MAY, "master.cf": SMTP}
    assert alone(tmp_path, texts, "main.cf", None).software.version == release
    assert alone(tmp_path, texts, "main.cf", "debian-12").software.version == "3.7.11"


@pytest.mark.parametrize(
    ("word", "release", "knows"),
    [
        ("TLSv1.1", "2.5.17", False),
        ("TLSv1.2", "2.5.17", False),
        ("TLSv1.2", "2.6.0", True),
        *(("TLSv1.3", release, True) for release in ("3.0.14", "3.1.10", "3.2.7", "3.3.2", "3.4.0", "3.11.0")),
        *(("TLSv1.3", release, False) for release in ("2.11.11", "3.0.13", "3.1.9", "3.2.6", "3.3.1")),
        (">=TLSv1.2", "3.5.25", False),
        (">=TLSv1.2", "3.6.0", True),
    ],
)
def test_words_of_a_protocol_list_by_release(word: str, release: str, knows: bool) -> None:
    """tls_misc.c of each branch; the patch levels are those of RELEASE_NOTES."""
    found = protocols.parse(f"!SSLv2 {word}", Release(release)).invalid
    assert (found is None) is knows
    assert knows or (found is not None and found.text == word)
