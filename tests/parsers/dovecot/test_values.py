"""One line in, one value out, where no recording holds it: what each says of an endpoint, by release, with where that is known from."""

from pathlib import Path
from typing import Any

import pytest
from tlslint.model import Endpoint, Instance, Known, Role, TlsMode
from tlslint.model.remedy import Rewrite
from tlslint.parsers.dovecot import evaluate
from tlslint.targets import Target, load

from tests.parsers.dovecot.test_mistakes import CERTIFICATE_23, CERTIFICATE_24, PKI, VERSION_24, judged, port, versions
from tests.support import mail, world

UNKNOWN = object()

LISTENER: list[tuple[str, str, str, Any]] = [
    # TLS compression: off since 2.3 unless asked for, and Debian's OpenSSL has none (src/lib-ssl-iostream/iostream-openssl-context.c)
    ("", "debian-12", "compression", False),
    ("", "rhel-9", "compression", False),
    ("ssl_options = compression", "rhel-9", "compression", UNKNOWN),
    ("ssl_options = compression", "debian-12", "compression", False),
    ("", "rhel-7", "compression", UNKNOWN),
    ("ssl_options = no_compression", "rhel-7", "compression", False),
    ("ssl_options = no_ticket", "debian-12", "session_tickets", False),
    ("", "debian-12", "session_tickets", True),
    # PEM text is wanted in 2.3: a path without `<` is no key (seen on 2.3.19.1)
    ("ssl_key = /etc/dovecot/rsa.key", "debian-12", "tls_works", False),
    # what is worked out when a client connects, or taken from the environment, is not known; the rest is
    ("ssl_cipher_list = %{env:CIPHERS}", "debian-13", "tls_works", UNKNOWN),
    ("ssl_cipher_list = $ENV:CIPHERS", "debian-12", "cipher_suites", UNKNOWN),
    # `ANY` leaves the lowest version to openssl.cnf, which Red Hat's policy sets to TLS 1.2
    ("ssl_min_protocol = ANY", "rhel-8", "versions", {"TLSv1.2", "TLSv1.3"}),
    # 2.4: a setting of a block has the block's name before it (seen on 2.4.1)
    ("ssl_server {\n  prefer_ciphers = server\n}", "debian-13", "server_order", True),
    ("", "debian-13", "server_order", False),
    # 2.4: `$SET:` is worked out when everything was read, through several settings too
    ("auth_default_domain = TLSv1.3\nssl_min_protocol = $SET:auth_default_domain", "debian-13", "versions", {"TLSv1.3"}),
    (
        "login_greeting = TLSv1.3\nauth_default_domain = $SET:login_greeting\nssl_min_protocol = $SET:auth_default_domain",
        "debian-13",
        "versions",
        {"TLSv1.3"},
    ),
]


@pytest.mark.parametrize(("text", "target", "field", "expected"), LISTENER)
def test_a_line_about_listeners(text: str, target: str, field: str, expected: Any, tmp_path: Path) -> None:
    instance = judged(tmp_path, text + "\n", target)
    assert not instance.starts.holds(False), instance.problems
    value = getattr(port(instance, 993), field)
    if expected is UNKNOWN:
        assert not value.is_known
    elif field == "versions":
        assert versions(port(instance, 993)) == expected
    else:
        assert value.holds(expected)


def test_versions_that_hold_whatever_the_cipher_list_is(tmp_path: Path) -> None:
    """TLS 1.0 and 1.1 hang on the security level in the list; 1.2 and 1.3 do not."""
    endpoint = port(judged(tmp_path, "ssl_cipher_list = %{env:CIPHERS}\nssl_min_protocol = TLSv1.2\n", "debian-13"), 993)
    assert {version.word for version in endpoint.versions.surely} == {"TLSv1.2", "TLSv1.3"}
    assert endpoint.versions.origins[0].note == "leaves TLS 1.2 and TLS 1.3"


def test_unknown_name_to_expand(tmp_path: Path) -> None:
    """Fatal (seen on 2.4.1); words beside it are not looked up."""
    assert judged(tmp_path / "a", "login_greeting = $SET:nothing\n", "debian-13").starts.holds(False)
    assert judged(tmp_path / "b", "login_greeting = hello $SET:auth_default_domain\n", "debian-13").starts.holds(True)


def of_version(name: str, version: str) -> Target:
    target = load(name)
    return target._replace(software={**target.software, "dovecot": target.software["dovecot"]._replace(version=version)})


def evaluated(root: Path, text: str, target: Target) -> Instance:
    world.lay({"files": {"/etc/dovecot/dovecot.conf": text}, "certificates": PKI}, root)
    found: Instance = evaluate.instances("/etc/dovecot/dovecot.conf", mail.below(root), target, complete=True)[0]
    return found


@pytest.mark.parametrize(("version", "starts"), [("2.4.1", True), ("2.4.2", False), ("2.4.4", False)])
def test_block_that_is_never_closed(version: str, starts: bool, tmp_path: Path) -> None:
    """Taken until 2.4.1 (seen), "missing '}'" since (config_parse_finish() in src/config/config-parser.c)."""
    text = VERSION_24 + CERTIFICATE_24 + "protocol imap {\n  mail_max_userip_connections = 20\n"
    assert evaluated(tmp_path, text, of_version("debian-13", version)).starts.holds(starts)


@pytest.mark.parametrize(("version", "suites"), [("2.2.36", True), ("2.3", False), ("2.3.0", False)])
def test_finite_field_suites_without_parameters(version: str, suites: bool, tmp_path: Path) -> None:
    """2.2 made parameters of its own; since 2.3 a handshake that comes to such a suite breaks off without `ssl_dh`."""
    text = "protocols = imap\nssl_cipher_list = kDHE+AESGCM:kECDHE+AESGCM\n" + CERTIFICATE_23
    endpoint = port(evaluated(tmp_path, text, of_version("debian-11", version)), 993)
    assert any(suite.key_exchange == "DHE" for suite in endpoint.cipher_suites.surely) is suites


@pytest.mark.parametrize(("version", "works"), [("1.2.17", True), ("2.2.36", False)])
def test_key_that_no_line_names(version: str, works: bool, tmp_path: Path) -> None:
    """1.x had a place for it: /etc/ssl/private/dovecot.pem (src/master/master-settings.c); 2.x has none."""
    name = "ssl_cert_file = /etc/dovecot/rsa.pem" if version.startswith("1") else "ssl_cert = </etc/dovecot/rsa.pem"
    endpoint = port(evaluated(tmp_path, f"protocols = imap imaps\n{name}\n", of_version("debian-11", version)), 993)
    assert endpoint.tls_works.holds(works)


def ports(instance: Instance) -> dict[object, TlsMode]:
    return {each.port.value: each.tls.value for each in instance.endpoints}  # type: ignore[union-attr]


def test_addresses_of_dovecot_1(tmp_path: Path) -> None:
    """`listen` is for plain text, `ssl_listen` for the port that begins with TLS (src/master/master-settings.c of 1.2)."""
    text = (
        "protocols = imap imaps pop3s\nprotocol imap {\n  listen = *:10143\n  ssl_listen = 192.0.2.1:10993\n}\n"
        "disable_plaintext_auth = no\nssl_cert_file = /etc/dovecot/rsa.pem\n"
    )
    assert ports(evaluated(tmp_path, text, of_version("debian-11", "1.2.17"))) == {
        10143: TlsMode.STARTTLS,
        10993: TlsMode.IMPLICIT,
        995: TlsMode.IMPLICIT,
    }


@pytest.mark.parametrize(
    ("text", "served"),
    [
        ("protocols {\n  pop3 = no\n}", {"imap"}),
        ("protocols {\n  imap = yes\n}", {"imap", "pop3"}),
        ("protocols {\n  sieve = no\n}", {"imap", "pop3"}),
        ("protocols {\n  submission = yes\n}", {"imap", "pop3", "smtp"}),
        ("protocols {\n  submission = yes\n}\nprotocols = pop3", {"pop3"}),
    ],
)
def test_protocols_switched_one_by_one(text: str, served: set[str], tmp_path: Path) -> None:
    """2.4: a block switches words of the list on and off, a text says the list anew; the later one wins (seen with doveconf 2.4.1)."""
    assert {each.protocol for each in judged(tmp_path, text + "\n", "debian-13").endpoints} == served


def test_protocols_by_blocks_alone(tmp_path: Path) -> None:
    """As the packages of Debian 13 switch them on (/usr/share/dovecot/protocols.d)."""
    text = VERSION_24.replace("protocols = imap pop3\n", "protocols {\n  imap = yes\n}\nprotocols {\n  pop3 = yes\n}\n") + CERTIFICATE_24
    assert set(ports(evaluated(tmp_path, text, load("debian-13")))) == {143, 993, 110, 995}


@pytest.mark.parametrize(
    ("block", "mode"),
    [("login = yes", TlsMode.STARTTLS_REQUIRED), ("cram-md5 = yes", TlsMode.STARTTLS), ("plain = no", TlsMode.STARTTLS_REQUIRED)],
)
def test_mechanisms_switched_one_by_one(block: str, mode: TlsMode, tmp_path: Path) -> None:
    """Those that do not show the password are offered without TLS too (seen on 2.4.1 with the list as a text)."""
    instance = judged(tmp_path, f"auth_mechanisms {{\n  {block}\n}}\n", "debian-13")
    assert port(instance, 143).tls.holds(mode)


def test_a_service_of_ones_own_with_the_program_of_another(tmp_path: Path) -> None:
    text = "service imap-other {\n  executable = imap-login\n  inet_listener more {\n    port = 10143\n  }\n}\n"
    endpoint = port(judged(tmp_path, text), 10143)
    assert (endpoint.protocol, endpoint.anchor.text.split()[0]) == ("imap", "inet_listener")


@pytest.mark.parametrize(("said", "seen"), [("10143", True), ("0", False), ("abc", False), ("999999999", False)])
def test_port_of_a_listener(said: str, seen: bool, tmp_path: Path) -> None:
    """0 switches it off; whatever is no number of a port opens none."""
    instance = judged(tmp_path, f"service imap-login {{\n  inet_listener imap {{\n    port = {said}\n  }}\n}}\n")
    assert any(each.port.holds(10143) for each in instance.endpoints) is seen
    assert not any(each.port.holds(143) for each in instance.endpoints)


# --- mending ----------------------------------------------------------------------------------------------------------------------


def mended(instance: Instance, data: str) -> str:
    """The first literal remedy, done."""
    remedy = next(problem.remedy for problem in instance.problems if isinstance(problem.remedy, Rewrite))
    raw = data.encode()
    for edit in sorted(remedy.edits, key=lambda each: -each.span.start):
        raw = raw[: edit.span.start] + edit.replacement + raw[edit.span.end :]
    return raw.decode()


@pytest.mark.parametrize("text", ["protocols = imap\n" + CERTIFICATE_24, "# nothing yet\n"])
def test_versions_that_24_wants_to_see_first_are_put_first(text: str, tmp_path: Path) -> None:
    instance = evaluated(tmp_path, text, load("debian-13"))
    assert instance.starts.holds(False)
    after = mended(instance, text)
    assert after == "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" + text
    assert evaluated(tmp_path, after, load("debian-13")).starts.holds(True)


@pytest.mark.parametrize("sign", ["<", "< "])
def test_sign_of_a_file_that_24_does_not_want(sign: str, tmp_path: Path) -> None:
    """`*_file` takes the path; with `<` the text of the file is the path (fatal, seen on 2.4.1)."""
    text = VERSION_24 + CERTIFICATE_24.replace("cert_file = ", f"cert_file = {sign}", 1)
    instance = evaluated(tmp_path, text, load("debian-13"))
    assert instance.starts.holds(False)
    assert mended(instance, text) == VERSION_24 + CERTIFICATE_24


def test_name_of_1_x_says_what_to_write(tmp_path: Path) -> None:
    text = "protocols = imap\nssl_cert_file = /etc/dovecot/rsa.pem\nssl_key = </etc/dovecot/rsa.key\n"
    instance = evaluated(tmp_path, text, load("debian-12"))
    assert mended(instance, text) == "protocols = imap\n" + CERTIFICATE_23
    (words,) = [problem.remedy.words for problem in instance.problems if isinstance(problem.remedy, Rewrite)]
    assert words == "write ssl_cert = <file"


# --- connections that Dovecot opens -----------------------------------------------------------------------------------------------


def client(root: Path, text: str, target: str = "debian-12") -> Endpoint:
    found = judged(root, "imapc_host = mail.example.test\n" + text + "\n", target)
    (only,) = [each for each in found.endpoints if each.role is Role.CLIENT]
    return only


@pytest.mark.parametrize(
    ("text", "tls", "port_number", "works", "seen"),
    [
        ("imapc_ssl = no", TlsMode.NONE, 143, None, set()),
        ("imapc_ssl = starttls", TlsMode.STARTTLS_REQUIRED, 143, True, {"TLSv1.2", "TLSv1.3"}),
        ("imapc_ssl = imaps\nimapc_port = 993", TlsMode.IMPLICIT, 993, True, {"TLSv1.2", "TLSv1.3"}),
        ("imapc_ssl = imaps\nssl_min_protocol = TLSv1.3", TlsMode.IMPLICIT, 143, True, {"TLSv1.3"}),
        ("imapc_ssl = imaps\nssl_min_protocol = TLSv12", TlsMode.IMPLICIT, 143, False, set()),
        ("imapc_ssl = imaps\nssl_cipher_list = nonsense", TlsMode.IMPLICIT, 143, False, set()),
        ("imapc_ssl = imaps\nssl_curve_list = nonsense", TlsMode.IMPLICIT, 143, False, set()),
    ],
)
def test_connection_to_the_server_that_holds_the_mail(
    text: str, tls: TlsMode, port_number: int, works: bool | None, seen: set[str], tmp_path: Path
) -> None:
    """Each seen on 2.3.19.1, by its ClientHello (tests/live/test_dovecot_outgoing.py)."""
    endpoint = client(tmp_path, text)
    assert (endpoint.tls.holds(tls), endpoint.port.holds(port_number), endpoint.tls_works.holds(works)) == (True, True, True)
    assert {version.word for version in endpoint.versions.surely} == seen
    assert endpoint.cleartext_login.holds(tls is TlsMode.NONE)


def test_what_cannot_be_told_of_a_connection(tmp_path: Path) -> None:
    endpoint = client(tmp_path, "imapc_ssl = imaps\nssl_cipher_list = $ENV:CIPHERS")
    assert not any(isinstance(value, Known) for value in (endpoint.versions, endpoint.cipher_suites, endpoint.tls_works))


def test_a_client_takes_certificates_that_no_server_of_its_own_has(tmp_path: Path) -> None:
    """Suites with DSS keys are offered where the list and the level let them (seen on 2.3.19.1)."""
    endpoint = client(tmp_path, "imapc_ssl = imaps\nssl_cipher_list = ALL:@SECLEVEL=0")
    assert any(suite.authentication == "DSS" for suite in endpoint.cipher_suites.surely)


STRICT = "ssl_min_protocol = TLSv1.3\n"


@pytest.mark.parametrize(
    ("listen", "filters", "own"),
    [
        ("*", f"local 192.0.2.1 {{\n{STRICT}}}\n", {"imaps (192.0.2.1:993)", "pop3s (192.0.2.1:995)"}),
        ("*", "local 192.0.2.1 {\nmail_location = maildir:~/x\n}\n", set()),  # says nothing of connections
        ("*", "local 192.0.2.1 {\nssl_min_protocol = TLSv1.2\n}\n", {"imaps (192.0.2.1:993)", "pop3s (192.0.2.1:995)"}),  # says the same
        ("*", f"local 192.0.2.1 {{\nprotocol imap {{\n{STRICT}}}\n}}\n", {"imaps (192.0.2.1:993)"}),
        ("*", f"local 192.0.2.1 {{\nprotocol !imap {{\n{STRICT}}}\n}}\n", {"pop3s (192.0.2.1:995)"}),
        (  # what no listener has is passed over, what comes behind it is not
            "192.0.2.2",
            "".join(
                f"{each} {{\n{STRICT}}}\n" for each in ("local 198.51.100.1", "local mail.test", "local 2001:db8::1", "remote 192.0.2.0/24")
            ),
            {"imaps (192.0.2.2:993) from 192.0.2.0/24", "pop3s (192.0.2.2:995) from 192.0.2.0/24"},
        ),
    ],
)
def test_connections_that_filters_single_out(listen: str, filters: str, own: set[str], tmp_path: Path) -> None:
    text = f"protocols = imap pop3\nlisten = {listen}\n{CERTIFICATE_23}{filters}"
    names = {each.name for each in evaluated(tmp_path, text, load("debian-12")).endpoints if "s (" in each.name}
    at = "" if listen == "*" else f"{listen}:"
    assert names - {f"imaps ({at}993)", f"pop3s ({at}995)"} == own


def test_a_file_nobody_saw_leaves_the_start_open(tmp_path: Path) -> None:
    starts = evaluated(tmp_path, f"protocols = imap\n{CERTIFICATE_23}!include /nowhere/x.conf\n", load("debian-12")).starts
    assert (starts.is_known, [origin.span.text for origin in starts.origins if origin.span]) == (False, ["/nowhere/x.conf"])
