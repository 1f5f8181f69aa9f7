"""Real smtp: what each outgoing transport does to servers of many kinds equals what is predicted.

One Postfix holds all configurations at once: each is a transport of master.cf with its settings as `-o` options, and one message goes
through every transport to every server. The servers are Python's ssl on ports of localhost.
"""

import contextlib
import os
import re
import shutil
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from tlslint.files import Files
from tlslint.model import Known, TlsMode
from tlslint.parsers.postfix import evaluate
from tlslint.parsers.postfix.evaluate import Transport
from tlslint.targets import load

from tests.support import hello, postfix, world
from tests.support.hello import Hello

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl.OP_NO:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("postconf") is None, reason="postfix is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private postfix"),
]
LISTENER, FIRST_PORT = 23225, 23226
PATIENCE = 50.0
"""Seconds until all is over."""

ATTEMPTS, MOST_STUCK = 3, 40
"""Where more than the dying transports' messages are stuck, Postfix itself stood still on a busy machine: once more from the start."""

QUIET = 15.0
"""Seconds without news after which a message counts as stuck: its transport dies at every attempt."""

HOLDS_ALL = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
SERVERS = ("plain", "untrusted", "wrongname", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", "implicit")
"""No TLS; a certificate nobody signed; one for another name; one version only, with a good certificate; TLS from the first byte."""

POLICIES = ("none", "may", "encrypt", "verify", "secure match=elsewhere.example.test", "encrypt protocols=TLSv1.2",
            "encrypt ciphers=high exclude=SHA1", "encrypt protocols=!SSLv2,!SSLv3", "bogus", "may match=localhost",
            "fingerprint match={fingerprint}", "verify tafile={pki}/ca.pem")  # fmt: skip


class Case(NamedTuple):
    """One transport: the daemon's options. `{pki}`: the folder of certificates, `{fingerprint}`: of the good certificate."""

    name: str
    options: tuple[str, ...]
    policy: str = ""
    """What the policy table says of every server."""


def cases() -> list[Case]:
    found: list[Case] = []

    def add(name: str, *options: str, policy: str = "") -> None:
        found.append(Case(name, options, policy))

    may, encrypt = "smtp_tls_security_level=may", "smtp_tls_security_level=encrypt"
    authorities = "smtp_tls_CAfile={pki}/ca.pem"
    for level in ("none", "may", "encrypt", "MAY", "verify", "secure", "dane", "dane-only", "half-dane", "bogus", ""):
        add(f"level {level}", f"smtp_tls_security_level={level}", authorities)
    for level in ("verify", "secure"):
        add(f"{level} without authorities", f"smtp_tls_security_level={level}")
        add(f"{level} with CApath", f"smtp_tls_security_level={level}", "smtp_tls_CApath={pki}/hashed")
        add(f"{level} with trust anchor", f"smtp_tls_security_level={level}", "smtp_tls_trust_anchor_file={pki}/ca.pem")
        add(
            f"{level}, name of the other",
            f"smtp_tls_security_level={level}",
            authorities,
            f"smtp_tls_{level}_cert_match=elsewhere.example.test",
        )
        add(
            f"{level}, parent's name",
            f"smtp_tls_security_level={level}",
            authorities,
            f"smtp_tls_{level}_cert_match=.example.test, hostname",
        )
    fingerprint = "smtp_tls_security_level=fingerprint"
    add("fingerprint", fingerprint, "smtp_tls_fingerprint_digest=sha256", "smtp_tls_fingerprint_cert_match={fingerprint}")
    add("fingerprint of another", fingerprint, "smtp_tls_fingerprint_digest=sha256", "smtp_tls_fingerprint_cert_match=00:11")
    add("fingerprint without any", fingerprint)
    for level in (may, encrypt):
        add(f"{level}, CAfile missing", level, "smtp_tls_CAfile={pki}/nowhere.pem")
        add(f"{level}, CAfile without certificates", level, "smtp_tls_CAfile={pki}/ca.key")
        add(f"{level}, own certificate missing", level, "smtp_tls_cert_file={pki}/nowhere.pem")
        add(f"{level}, own certificate", level, "smtp_tls_cert_file={pki}/good.pem", "smtp_tls_key_file={pki}/good.key")
        add(f"{level}, digest unknown", level, "smtp_tls_fingerprint_digest=md6")
        add(f"{level}, starttls ignored", level, "smtp_discard_ehlo_keywords=starttls")
    for text in ("", ">=TLSv1.2", "TLSv1.2", "!TLSv1.1", "<=TLSv1.1", "SSLv3", "bogus", "TLSv1.2:TLSv1.1:TLSv1:!SSLv3", ">= TLSv1.2"):
        add(f"may, protocols {text}", may, f"smtp_tls_protocols={text}")
        add(f"encrypt, mandatory protocols {text}", encrypt, f"smtp_tls_mandatory_protocols={text}")
    add("may, mandatory protocols do not count", may, "smtp_tls_mandatory_protocols=TLSv1.3")
    add("encrypt, the other list does not count", encrypt, "smtp_tls_protocols=TLSv1.3")
    for text in ("high", "null", "bogus", "LOW"):
        add(f"grade {text}", encrypt, f"smtp_tls_mandatory_ciphers={text}")
    for text in ("aNULL, SHA1, kRSA", "!aNULL", "ALL", "AES256"):
        add(f"exclude {text}", may, f"smtp_tls_exclude_ciphers={text}")
        add(f"mandatory exclude {text}", encrypt, f"smtp_tls_mandatory_exclude_ciphers={text}")
    for text in ("AES128-SHA:ECDHE+AESGCM", "HIGH:@SECLEVEL=1", "nonsense"):
        add(f"list {text}", may, "smtp_tls_ciphers=high", f"tls_high_cipherlist={text}")
    for level in ("may", "encrypt", "secure", "none"):
        add(f"wrapper, {level}", "smtp_tls_wrappermode=yes", f"smtp_tls_security_level={level}", authorities)
    add("use_tls", "smtp_use_tls=yes")
    add("enforce_tls", "smtp_enforce_tls=yes", authorities)
    add("enforce_tls without name", "smtp_enforce_tls=yes", "smtp_tls_enforce_peername=no")
    add("use_tls beside none", "smtp_use_tls=yes", "smtp_tls_security_level=none")
    add("boolean that is none", may, "smtp_use_tls=on")
    add("blanks around =", "smtp_tls_security_level = encrypt")
    add("option of the server", may, "smtpd_tls_security_level=encrypt", "smtpd_tls_protocols=bogus")
    login = ("smtp_sasl_auth_enable=yes", "smtp_sasl_password_maps=static:user:secret")
    for level in ("none", "may", "encrypt", "verify"):
        for options in ("noanonymous", "noplaintext,noanonymous"):
            add(f"login at {level}, {options}", *login, f"smtp_tls_security_level={level}", f"smtp_sasl_security_options={options}",
                "smtp_sasl_tls_security_options=noanonymous", authorities)  # fmt: skip
    for policy in POLICIES:
        level = may if policy.startswith(("encrypt", "none")) else encrypt
        add(f"policy {policy}", "smtp_tls_fingerprint_digest=sha256", level, authorities, policy=policy)
    add("policy table missing", may, "smtp_tls_policy_maps=texthash:{pki}/nowhere")
    return found


# --- servers -----------------------------------------------------------------------------------------------------------------------


class Server:
    """One SMTP server. `seen`: per recipient how its mail came, `hellos`: the last ClientHello by the client's EHLO name."""

    def __init__(self, kind: str, port: int, pki: Path) -> None:
        self.kind = kind
        self.seen: dict[str, str] = {}
        self.logins: dict[str, bool] = {}
        self.hellos: dict[str, Hello] = {}
        name = {"untrusted": "untrusted", "wrongname": "other"}.get(kind, "good")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_ciphers(HOLDS_ALL)
        self._context.minimum_version = ssl.TLSVersion.TLSv1
        self._context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
        if kind in VERSIONS:
            self._context.minimum_version = self._context.maximum_version = VERSIONS[kind]
        self._listener = socket.create_server(("127.0.0.1", port), backlog=200)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(PATIENCE)
        with contextlib.suppress(OSError, ssl.SSLError), contextlib.ExitStack() as stack:
            stack.enter_context(peer)
            how = "in the clear"
            greeting: Hello | None = None
            if self.kind == "implicit":
                greeting = hello.offered(peer)
                peer = stack.enter_context(self._context.wrap_socket(peer, server_side=True))
                how = _spoken(peer)
            stream = stack.enter_context(peer.makefile("rwb"))
            self._say(stream, "220 server.example.test ESMTP")
            client, in_clear = "", None
            while line := stream.readline().decode("latin-1").strip():
                word = line.split(None, 1)[0].upper()
                if word == "EHLO":
                    client = line.split(None, 1)[1]
                    if greeting is not None:
                        self.hellos[client] = greeting
                    tls = how == "in the clear" and self.kind != "plain"
                    self._say(stream, "250-server.example.test", *(["250-STARTTLS"] if tls else []), "250 AUTH PLAIN LOGIN")
                elif word == "STARTTLS":
                    self._say(stream, "220 go")
                    greeting = hello.offered(peer)
                    if greeting is not None:
                        self.hellos[client] = greeting
                    peer = stack.enter_context(self._context.wrap_socket(peer, server_side=True))
                    stream = stack.enter_context(peer.makefile("rwb"))
                    how = _spoken(peer)
                elif word == "AUTH":
                    in_clear = how == "in the clear"
                    self._say(stream, "235 ok")
                elif word == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                    self.seen[recipient] = how
                    if in_clear is not None:
                        self.logins[recipient] = in_clear
                    self._say(stream, "250 ok")
                elif word == "DATA":
                    self._say(stream, "354 go")
                    while stream.readline().rstrip(b"\r\n") != b".":
                        pass
                    self._say(stream, "250 ok")
                elif word == "QUIT":
                    self._say(stream, "221 bye")
                    return
                else:
                    self._say(stream, "250 ok")

    @staticmethod
    def _say(stream: object, *lines: str) -> None:
        stream.write("".join(f"{line}\r\n" for line in lines).encode())  # type: ignore[attr-defined]
        stream.flush()  # type: ignore[attr-defined]


def _spoken(peer: socket.socket) -> str:
    version = str(peer.version())  # type: ignore[attr-defined]
    return "TLSv1.0" if version == "TLSv1" else version


# --- everything running ------------------------------------------------------------------------------------------------------------


class World(NamedTuple):
    """The instance, the servers by kind, and what the log says of every recipient."""

    instance: postfix.Instance
    servers: dict[str, Server]
    outcomes: dict[str, str]


def make_certificates(pki: Path) -> str:
    """An authority, what it signed, and what nobody signed; returns the fingerprint of the good certificate."""
    pki.mkdir()
    authority = world.certificate("rsa", 2048, "Test Authority", (), is_ca=True)
    (pki / "ca.pem").write_bytes(authority)
    (pki / "ca.key").write_bytes(world.private_key("rsa", 2048))
    (pki / "untrusted.pem").write_bytes(world.certificate("ecdsa", 256, "localhost", ("localhost",)))
    (pki / "untrusted.key").write_bytes(world.private_key("ecdsa", 256))
    fingerprint = ""
    for name, host in (("good", "localhost"), ("other", "elsewhere.example.test")):
        own = x509.load_pem_x509_certificate(world.certificate("rsa", 3072, host, (host,)))
        issuer = x509.load_pem_x509_certificate(authority)
        signed = x509.CertificateBuilder(issuer.subject, own.subject, own.public_key(), x509.random_serial_number(),
                                         own.not_valid_before_utc, own.not_valid_after_utc, list(own.extensions))  # fmt: skip
        key = serialization.load_pem_private_key((pki / "ca.key").read_bytes(), None)
        made = signed.sign(key, hashes.SHA256())  # type: ignore[arg-type]
        (pki / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (pki / f"{name}.key").write_bytes(world.private_key("rsa", 3072))
        fingerprint = fingerprint or ":".join(f"{byte:02X}" for byte in made.fingerprint(hashes.SHA256()))
    (pki / "hashed").mkdir()
    shutil.copy(pki / "ca.pem", pki / "hashed")
    os.spawnlp(os.P_WAIT, "openssl", "openssl", "rehash", str(pki / "hashed"))
    return fingerprint


def master(every: list[Case], ports: dict[str, int], pki: Path, fingerprint: str) -> str:
    """A transport for every configuration; policies are written beside the certificates."""
    lines = [f"127.0.0.1:{LISTENER} inet n - n - - smtpd\nsmtp unix - - n - - smtp\nlocal unix - n n - - local\n"]
    for number, case in enumerate(every):
        lines.append(f"t{number} unix - - n - 3 smtp\n  -o smtp_helo_name=t{number}\n")
        options = [*case.options]
        if case.policy:
            text = case.policy.replace("{fingerprint}", fingerprint).replace("{pki}", str(pki))
            (pki / f"policy{number}").write_text("".join(f"[localhost]:{port} {text}\n" for port in ports.values()))
            options.append(f"smtp_tls_policy_maps=texthash:{pki}/policy{number}")
        for option in options:
            text = option.replace("{fingerprint}", fingerprint).replace("{pki}", str(pki))
            is_slip = case.name == "blanks around ="
            lines.append(f"  -o {{{text}}}\n" if " " in text and not is_slip else f"  -o {text}\n")
    return "".join(lines)


def asked(case: Case) -> tuple[str, ...]:
    """Which servers a transport is sent to: nobody waits for a greeting where TLS comes first, or the reverse."""
    wraps = "smtp_tls_wrappermode=yes" in case.options
    return tuple(kind for kind in SERVERS if (kind in ("implicit", "plain") if wraps else kind != "implicit"))


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    every = cases()
    with postfix.folder() as folder:
        pki = folder / "pki"
        fingerprint = make_certificates(pki)
        ports = {kind: FIRST_PORT + number for number, kind in enumerate(SERVERS)}
        recipients = {
            f"t{number}@{kind}.example.test": f"t{number}:[localhost]:{ports[kind]}"
            for number, case in enumerate(every)
            for kind in asked(case)
        }
        (folder / "transport").write_text("".join(f"{address} {where}\n" for address, where in recipients.items()))
        main = (
            f"transport_maps = texthash:{folder}/transport\nsmtp_host_lookup = native\nsmtp_connect_timeout = 20s\n"
            "smtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_peername_lookup = no\nsmtpd_recipient_limit = 2000\n"
            "lmtp_tls_security_level =\nsmtp_sasl_mechanism_filter = plain\n"
        )
        with contextlib.ExitStack() as stack:
            servers = {kind: Server(kind, ports[kind], pki) for kind in SERVERS}
            for server in servers.values():
                stack.callback(server.close)
            for attempt in range(ATTEMPTS):
                instance = postfix.Instance(folder / str(attempt))
                with contextlib.ExitStack() as run:
                    run.callback(instance.stop)
                    instance.start(main, master(every, ports, pki, fingerprint))
                    with smtplib.SMTP("127.0.0.1", LISTENER, timeout=PATIENCE) as client:
                        client.sendmail("sender@example.test", list(recipients), "Subject: x\r\n\r\nx\r\n")
                    outcomes = wait(instance, set(recipients))
                    if len(recipients) - len(outcomes) <= MOST_STUCK or attempt == ATTEMPTS - 1:
                        yield World(instance, servers, outcomes)
                        return


def wait(instance: postfix.Instance, recipients: set[str]) -> dict[str, str]:
    """Until the log tells of every recipient, or patience ends."""
    outcomes: dict[str, str] = {}
    end = news = time.monotonic() + PATIENCE
    while time.monotonic() < min(end, news + QUIET) and recipients - outcomes.keys():
        time.sleep(0.5)
        before, outcomes = len(outcomes), {}
        for match in re.finditer(r"to=<([^>]+)>.* status=(\w+) \((.*)\)", instance.log()):
            outcomes.setdefault(match.group(1), f"{match.group(2)}: {match.group(3)}")
        news = time.monotonic() if len(outcomes) > before else news
    return outcomes


# --- side by side ------------------------------------------------------------------------------------------------------------------

NAMES = {"wrongname": "elsewhere.example.test"}


def accepts(one: Transport, kind: str) -> bool:
    """Is the server's certificate good enough?"""
    client = one.client
    if client.verification.holds("none"):
        return True
    if client.level == "fingerprint":
        return kind not in ("untrusted", "wrongname") and any(len(word) > 60 for word in client.match)
    if kind == "untrusted" or not client.has_authorities:
        return False
    name = NAMES.get(kind, "localhost")
    for word in client.match:
        wanted = {"hostname": "localhost", "nexthop": "localhost", "dot-nexthop": ".localhost"}.get(word, word)
        if name == wanted or (wanted.startswith(".") and name.endswith(wanted)):
            return True
    return False


def predicted(one: Transport, kind: str) -> str:
    """How mail arrives at the server: `in the clear`, a version of TLS, or "" where it waits."""
    mode, client = one.endpoint.tls, one.client
    if not isinstance(mode, Known):
        assert client.failure
        return ""
    if kind == "plain":
        return "in the clear" if mode.value in (TlsMode.NONE, TlsMode.STARTTLS) else ""
    if client.failure:
        return "in the clear" if client.goes_in_clear else ""
    if mode.value is TlsMode.NONE:
        return "in the clear"
    assert isinstance(one.endpoint.versions, Known)
    ours = {version.word for version in one.endpoint.versions.value}
    offered = {kind} if kind in VERSIONS else set(VERSIONS)
    common = sorted(ours & offered)
    if not common or not accepts(one, kind):
        return ""
    return common[-1]


def differences(number: int, one: Transport, world: World, case: Case) -> Iterator[str]:
    """Every server at which the mail fared in another way than predicted."""
    logs_in = "smtp_sasl_auth_enable=yes" in case.options
    may_speak = "smtp_sasl_security_options=noanonymous" in case.options
    for kind in asked(case):
        address = f"t{number}@{kind}.example.test"
        server, outcome = world.servers[kind], world.outcomes.get(address, "stuck")
        seen = server.seen.get(address, "") if outcome.startswith("sent") else ""
        wanted = predicted(one, kind)
        if logs_in and wanted == "in the clear" and not may_speak:
            wanted = ""  # without a mechanism that may be used in the clear the mail waits
        if seen != wanted:
            yield f"{kind}: seen {seen or 'waiting'!r}, predicted {wanted or 'waiting'!r} ({outcome[:160]})"
        if logs_in and server.logins.get(address) is True and not one.endpoint.cleartext_login.holds(True):
            yield f"{kind}: the password went in the clear, predicted {one.endpoint.cleartext_login}"
    if logs_in and one.endpoint.cleartext_login.holds(True) and not any(
        world.servers[kind].logins.get(f"t{number}@{kind}.example.test") for kind in asked(case)
    ):  # fmt: skip
        yield "the password never went in the clear, which was predicted"
    greeting = world.servers["implicit" if one.endpoint.tls.holds(TlsMode.IMPLICIT) else "TLSv1.3"].hellos.get(f"t{number}")
    if greeting is not None and isinstance(one.endpoint.cipher_suites, Known) and not one.endpoint.tls_works.holds(False):
        suites = tuple(suite.code for suite in one.endpoint.cipher_suites.value)
        if suites != greeting.suites:
            yield f"suites: offered {greeting.suites}, predicted {suites}"


def test_every_transport(running: World) -> None:
    """Levels, protocols, ciphers, verification, policies, wrapper mode, logins, broken files: to whom mail goes, how, and what waits."""
    every = cases()
    assert len(every) >= 40
    root = running.instance.etc / "main.cf"
    evaluated, _ = evaluate.evaluate(str(root), Files(("/",), "/"), load("debian-12"), complete=True)
    wrong = []
    for number, case in enumerate(every):
        own = [one for one in evaluated.transports if one.service.name == f"t{number}"]
        one = next(one for one in own if (one.policy is None) != bool(case.policy))
        wrong += [f"{case.name}: {line}" for line in differences(number, one, running, case)]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:60])
    assert sum(outcome.startswith("sent") for outcome in running.outcomes.values()) > 100
    assert sum(outcome.startswith("deferred") for outcome in running.outcomes.values()) > 100
