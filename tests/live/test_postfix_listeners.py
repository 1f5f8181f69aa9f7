"""Real smtpd: what each listener does to a client equals what is predicted.

One Postfix serves all configurations at once: each is a service of master.cf on an address of its own (127.3.x.y), with its settings
as `-o` options.
"""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.crypto.suites import numbers
from tlslint.files import Files
from tlslint.model import Known
from tlslint.parsers.postfix import evaluate
from tlslint.parsers.postfix.evaluate import Listener
from tlslint.targets import load

from tests.support import hello, postfix

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("postconf") is None, reason="postfix is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private postfix"),
]
PORT = 23025
EVERY_SUITE = tuple(sorted(code for code in numbers() if code <= 0xFFFF))
LISTS = (
    "", "!SSLv2, !SSLv3", "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", ">=TLSv1.2", ">=0303", ">= TLSv1.2", ">=TLSv1.2,<=TLSv1.2", "<=TLSv1.1",
    "TLSv1.2:TLSv1.1:TLSv1:!SSLv3", "TLSv1.2", "TLSv1.3", "TLSv1:TLSv1.2", "!TLSv1.2", ">=TLSv1.2,>=TLSv1", "SSLv2", "SSLv3",
    "SSLv2, !SSLv3, !TLSv1, !TLSv1.1", ">=TLSv1.2,TLSv1", ">=TLSv1.3,<=TLSv1.2", "tlsv1.2", "TLSv1_2", "TLS1.2", "none", "all", "-SSLv3",
    ">TLSv1.2", ">=SSLv2", "!", "TLSv1.2 # only", ">=305", "<=300", ">=None",
)  # fmt: skip
LEVELS = ("none", "may", "encrypt", "verify", "secure", "fingerprint", "dane", "dane-only", "half-dane")

INSIDE = "inside the handshake: "
"""Beginning of the names of configurations whose tickets and finite-field groups are looked at."""


class Case(NamedTuple):
    """One configuration: the options of its service. `{pki}` stands for the folder of certificates."""

    name: str
    options: tuple[str, ...]

    @property
    def is_implicit(self) -> bool:
        """Does the client begin with TLS?"""
        return "smtpd_tls_wrappermode=yes" in self.options


def cases() -> list[Case]:
    found: list[Case] = []

    def add(name: str, *options: str) -> None:
        found.append(Case(name, options))

    for text in LISTS:
        add(f"may, protocols {text}", "smtpd_tls_security_level=may", f"smtpd_tls_protocols={text}")
        add(f"encrypt, mandatory protocols {text}", "smtpd_tls_security_level=encrypt", f"smtpd_tls_mandatory_protocols={text}")
    for text in (">=TLSv1.2", "TLSv1.2", "bogus", "SSLv3"):
        add(f"may, mandatory {text} does not count", "smtpd_tls_security_level=may", f"smtpd_tls_mandatory_protocols={text}")
        add(f"encrypt, {text} does not count", "smtpd_tls_security_level=encrypt", f"smtpd_tls_protocols={text}")
        add(f"wrapper, mandatory {text}", "smtpd_tls_wrappermode=yes", f"smtpd_tls_mandatory_protocols={text}")
    for level in (*LEVELS, "MAY", "Encrypt", "bogus", ""):
        add(f"level {level}", f"smtpd_tls_security_level={level}")
    for level in ("none", "may", "encrypt", "bogus"):
        add(f"wrapper, level {level}", "smtpd_tls_wrappermode=yes", f"smtpd_tls_security_level={level}")
    add("use_tls", "smtpd_use_tls=yes")
    add("enforce_tls", "smtpd_enforce_tls=yes")
    add("enforce_tls beside may", "smtpd_enforce_tls=yes", "smtpd_tls_security_level=may")
    add("use_tls=true", "smtpd_use_tls=true")
    add("auth_only=1", "smtpd_tls_auth_only=1", "smtpd_tls_security_level=may")
    add("empty boolean", "smtpd_tls_ask_ccert=", "smtpd_tls_security_level=may")
    add("empty grade", "smtpd_tls_ciphers=", "smtpd_tls_security_level=may")

    encrypt = "smtpd_tls_security_level=encrypt"
    for grade in ("high", "MEDIUM", "low", "export", "null", "invalid", "HIGH:!aNULL", "strong"):
        add(f"grade {grade}", encrypt, f"smtpd_tls_mandatory_ciphers={grade}")
    for text in ("aNULL", "eNULL, aNULL", "kRSA", "SHA1:kRSA:aNULL", "!aNULL", "aNULL, +RC4", "ALL", "NOSUCH", "AES128 CAMELLIA", "ECDHE",
                 "aNULL, DES, 3DES, MD5, DES+MD5, RC4", "@STRENGTH", "kDHE, ADH"):  # fmt: skip
        add(f"exclude {text}", encrypt, f"smtpd_tls_exclude_ciphers={text}")
        add(f"mandatory exclude {text}", encrypt, f"smtpd_tls_mandatory_exclude_ciphers={text}")
    add("mandatory exclude at may", "smtpd_tls_security_level=may", "smtpd_tls_mandatory_exclude_ciphers=ALL")
    high = (encrypt, "smtpd_tls_mandatory_ciphers=high")
    for text in ("ECDHE+AESGCM:AES128-SHA", "AES128-SHA:ECDHE+AESGCM:DHE+AESGCM:aNULL+AESGCM", "kRSA+AES+SHA1", "CHACHA20:!aNULL",
                 "TLSv1.2:TLSv1.1:TLSv1:AES256:AES128:!aNULL:@STRENGTH", "ALL:@SECLEVEL=1", "nonsense", "HIGH:@SECLEVEL=3"):  # fmt: skip
        add(f"{text} in the server's order", *high, f"tls_high_cipherlist={text}", "tls_preempt_cipherlist=yes")
        add(f"{text} in the client's order", *high, f"tls_high_cipherlist={text}")
    add("list of another grade", *high, "tls_medium_cipherlist=nonsense")
    add("default, client's order", encrypt)
    exclude = "smtpd_tls_exclude_ciphers=kRSA, SHA1, SHA256, SHA384, aNULL"
    add("no static RSA, no CBC", encrypt, exclude, "tls_preempt_cipherlist=yes")

    for level in ("may", "encrypt"):
        on = f"smtpd_tls_security_level={level}"
        for name, options in {
            "certificate missing": ("smtpd_tls_cert_file={pki}/nowhere.pem",),
            "certificate is a key": ("smtpd_tls_cert_file={pki}/rsa.key",),
            "certificate empty": ("smtpd_tls_cert_file={pki}/empty.pem",),
            "key missing": ("smtpd_tls_key_file={pki}/nowhere.key",),
            "no certificate": ("smtpd_tls_cert_file=", "smtpd_tls_key_file="),
            "certificate none": ("smtpd_tls_cert_file=none", "smtpd_tls_key_file="),
            "CAfile missing": ("smtpd_tls_CAfile={pki}/nowhere.pem",),
            "CAfile without certificates": ("smtpd_tls_CAfile={pki}/rsa.key",),
            "CApath missing": ("smtpd_tls_CApath={pki}/nowhere",),
            "chain": ("smtpd_tls_chain_files={pki}/chain.pem",),
            "chain of two": ("smtpd_tls_chain_files={pki}/chain.pem,{pki}/ecdsa-chain.pem",),
            "chain, certificate first": ("smtpd_tls_chain_files={pki}/rsa.pem,{pki}/rsa.key",),
            "chain missing": ("smtpd_tls_chain_files={pki}/nowhere.pem",),
            "chain missing beside a good one": ("smtpd_tls_chain_files={pki}/chain.pem,{pki}/nowhere.pem",),
            "digest unknown": ("smtpd_tls_fingerprint_digest=md6",),
        }.items():
            add(f"{level}, {name}", on, *options)
    wrapper = "smtpd_tls_wrappermode=yes"
    add("wrapper, certificate missing", wrapper, "smtpd_tls_cert_file={pki}/nowhere.pem")
    add("wrapper, certificate none", wrapper, "smtpd_tls_cert_file=none", "smtpd_tls_key_file=")
    add("wrapper, chain, certificate first", wrapper, "smtpd_tls_chain_files={pki}/rsa.pem,{pki}/rsa.key")
    add("ecdsa beside rsa", encrypt, "smtpd_tls_eccert_file={pki}/ecdsa.pem", "smtpd_tls_eckey_file={pki}/ecdsa.key",
        "smtpd_tls_exclude_ciphers=aNULL, kDHE, kRSA, SHA1, SHA256, SHA384, ARIA")  # fmt: skip
    add("ecdsa alone", encrypt, "smtpd_tls_cert_file={pki}/ecdsa.pem", "smtpd_tls_key_file={pki}/ecdsa.key")
    add("ecdsa broken beside rsa", encrypt, "smtpd_tls_eccert_file={pki}/nowhere.pem")
    ecdsa = ("smtpd_tls_eccert_file={pki}/ecdsa.pem", "smtpd_tls_eckey_file={pki}/ecdsa.key")
    add("none beside ecdsa", encrypt, "smtpd_tls_cert_file=none", *ecdsa)
    add("ed25519", encrypt, "smtpd_tls_cert_file={pki}/ed25519.pem", "smtpd_tls_key_file={pki}/ed25519.key")
    add("rsa of 1024 bits", encrypt, "smtpd_tls_cert_file={pki}/rsa1024.pem", "smtpd_tls_key_file={pki}/rsa1024.key")
    add("certificate and key in one file", encrypt, "smtpd_tls_cert_file={pki}/chain.pem", "smtpd_tls_key_file=$smtpd_tls_cert_file")
    missing = "smtpd_tls_chain_files={pki}/nowhere.pem"
    add("missing chain without anonymous suites", encrypt, missing, "smtpd_tls_exclude_ciphers=aNULL")
    for ask in ("ask", "req"):
        for on in ("smtpd_tls_security_level=may", encrypt, wrapper):
            add(f"{on}, {ask}_ccert", on, f"smtpd_tls_{ask}_ccert=yes", "smtpd_tls_CAfile={pki}/rsa.pem")
    add("none and client certificates", encrypt, "smtpd_tls_cert_file=none", "smtpd_tls_key_file=", "smtpd_tls_ask_ccert=yes")
    add("dh parameters", encrypt, "smtpd_tls_dh1024_param_file={pki}/dh2048.pem", "smtpd_tls_eecdh_grade=ultra")

    sasl = ("smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot", "smtpd_sasl_path=private/logins")
    for on in ("smtpd_tls_security_level=none", "smtpd_tls_security_level=may", encrypt, wrapper):
        for only in ("yes", "no"):
            for clear in ("noanonymous", "noanonymous,noplaintext"):
                for inside in ("", "noanonymous"):
                    tls = (f"smtpd_sasl_tls_security_options={inside}",) if inside else ()
                    add(f"login: {on} only={only} {clear} {inside}", *sasl, on, f"smtpd_tls_auth_only={only}",
                        f"smtpd_sasl_security_options={clear}", *tls)  # fmt: skip
    add("login: unknown option", *sasl, "smtpd_tls_security_level=may", "smtpd_sasl_security_options=noanonymus")
    add("login: no service", "smtpd_sasl_auth_enable=no", "smtpd_tls_security_level=may", "smtpd_tls_auth_only=yes")

    add("starttls hidden, may", "smtpd_tls_security_level=may", "smtpd_discard_ehlo_keywords=starttls")
    add("starttls hidden, encrypt", encrypt, "smtpd_discard_ehlo_keywords=STARTTLS")
    add("by name of the service", "smtpd_tls_security_level=${{$service_name} == {no} ? {none} : {encrypt}}")
    add("reference that is loaded before", encrypt, "smtpd_tls_mandatory_protocols=${smtpd_tls_protocols?{>=TLSv1.3}:{TLSv1.2}}")
    add("reference that is loaded later", encrypt, "smtpd_tls_protocols=x", "smtpd_tls_ciphers=medium",
        "smtpd_tls_mandatory_ciphers=${smtpd_tls_mandatory_protocols?{high}:{null}}")  # fmt: skip
    add("reference to the client's side", "smtpd_tls_security_level=${smtp_tls_ciphers?{encrypt}:{may}}")
    add("twice", "smtpd_tls_security_level=none", encrypt)
    add("option of the client", "smtp_tls_security_level=encrypt", "smtpd_tls_security_level=may")
    add("blank around =", "{smtpd_tls_security_level = encrypt}")
    add("a word left over", encrypt, "smtpd_client_restrictions=permit_sasl_authenticated, reject")
    add("two blanks too many", "smtpd_tls_security_level = encrypt")
    add("nothing", "smtpd_tls_loglevel=0")
    for option in ("tls_ssl_options=NO_TICKET", "tls_ssl_options=no_compression, no_ticket", "tls_session_ticket_cipher=",
                   "smtpd_tls_session_cache_timeout=0", "smtpd_tls_dh1024_param_file=auto", "smtpd_tls_dh1024_param_file={pki}/dh1024.pem",
                   "smtpd_tls_dh1024_param_file={pki}/nowhere.pem", "smtpd_tls_dh1024_param_file={pki}/rsa.pem"):  # fmt: skip
        add(f"{INSIDE}{option}", encrypt, option)
    return found


def address(number: int) -> str:
    return f"127.3.{number // 200}.{number % 200 + 1}"


def entry(number: int, case: Case, pki: Path) -> str:
    """The service of master.cf."""
    lines = [f"{address(number)}:{PORT} inet n - n - 2 smtpd"]
    for option in case.options:
        text = option.replace("{pki}", str(pki))
        is_slip = case.name in ("a word left over", "two blanks too many")
        lines.append(f"  -o {{{text}}}" if " " in text and not is_slip and text[0] != "{" else f"  -o {text}")
    return "\n".join(lines) + "\n"


class Running(NamedTuple):
    """The instance, and the client's certificate."""

    instance: postfix.Instance
    pki: Path


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with postfix.folder() as folder:
        instance, pki = postfix.Instance(folder), folder / "pki"
        postfix.make_certificates(pki)
        private = folder / "spool/private"
        private.mkdir(mode=0o700)
        shutil.chown(private, "postfix")
        logins = postfix.Logins(private / "logins")
        main = f"smtpd_tls_cert_file = {pki}/rsa.pem\nsmtpd_tls_key_file = {pki}/rsa.key\nsmtpd_peername_lookup = no\n"
        instance.start(main, "".join(entry(number, case, pki) for number, case in enumerate(cases())))
        try:
            yield Running(instance, pki)
        finally:
            instance.stop()
            logins.close()


# --- the client --------------------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What a listener did. `failure` is in the words of `server.Failure`; `suites`: by version."""

    mode: str
    failure: str = ""
    versions: tuple[str, ...] = ()
    suites: tuple[tuple[str, hello.Taken], ...] = ()
    cleartext_login: bool = False


def handshake(host: str, case: Case, version: str, ciphers: str, pki: Path) -> tuple[str, bool]:
    """The suite agreed on ("" for no handshake), and whether SMTP goes on inside."""
    chosen = ""
    session = None
    try:
        session = postfix.Session(host, PORT)
        if not case.is_implicit and not (session.reply()[0] == 220 and session.say("EHLO c")[0] and session.say("STARTTLS")[0] == 220):
            return "", False
        chosen = session.encrypt(postfix.context(version, ciphers, pki))
        if case.is_implicit and session.reply()[0] != 220:
            return chosen, False
        return chosen, session.say("EHLO c")[0] == 250
    except (OSError, ssl.SSLError):
        return chosen, False
    finally:
        if session is not None:
            session.close()


def look(host: str, case: Case, pki: Path) -> Seen:
    """Everything about one listener."""
    mode, login = "implicit", False
    if not case.is_implicit:
        session = postfix.Session(host, PORT)
        try:
            if session.reply()[0] != 220:
                return Seen("", "no banner")
            text = session.say("EHLO c")[1]
            login = "AUTH" in text
            demanded = session.say("MAIL FROM:<>")[0] == 530
            mode = ("starttls-required" if demanded else "starttls") if "STARTTLS" in text else "none"
            if mode == "none":
                return Seen("starttls-required" if demanded else mode, "not offered" if demanded else "", cleartext_login=login)
            if session.say("RSET")[0] and session.say("STARTTLS")[0] != 220:
                return Seen(mode, "454", cleartext_login=login)
        except OSError:
            return Seen("", "no banner")
        finally:
            session.close()
    tried = {version: handshake(host, case, version, "ALL:COMPLEMENTOFALL", pki) for version in postfix.VERSIONS}
    versions = tuple(version for version, (_, works) in tried.items() if works)
    if not versions:
        shook = any(chosen for chosen, _ in tried.values())
        return Seen(mode, "after starttls" if shook else "dropped" if case.is_implicit else "handshake", cleartext_login=login)
    below = [version for version in versions if version != "TLSv1.3"][-1:]
    asked = (*below, *(version for version in versions if version == "TLSv1.3"))
    return Seen(mode, "", versions, tuple((version, suites(host, case, version)) for version in asked), login)


def suites(host: str, case: Case, version: str) -> hello.Taken:
    """Every suite there is, asked for in one version."""

    def begin(connection: socket.socket) -> None:
        if not case.is_implicit:
            stream = connection.makefile("rwb")
            for line in (b"EHLO c\r\n", b"STARTTLS\r\n", b""):
                while stream.readline()[3:4] == b"-":
                    pass
                stream.write(line)
                stream.flush()

    number = postfix.VERSIONS[version].value
    return hello.taken(lambda offered: hello.chosen(PORT, number, offered, begin=begin, host=host), EVERY_SUITE)


# --- side by side ------------------------------------------------------------------------------------------------------------------


def differences(case: Case, seen: Seen, listener: Listener) -> Iterator[str]:
    """Every field in which the prediction is another than what was seen."""
    endpoint, server = listener.endpoint, listener.server
    failure = server.failure.kind if server.failure else ""
    if case.is_implicit and failure and seen.failure:
        failure = seen.failure  # from outside nobody can tell how a port that never speaks fails
    if failure != seen.failure:
        yield f"failure: seen {seen.failure!r}, predicted {failure!r} ({endpoint.tls_failure})"
        return
    if seen.failure == "no banner":
        return
    assert isinstance(endpoint.tls, Known)
    predicted = endpoint.tls.value.value
    if predicted != seen.mode:
        yield f"mode: seen {seen.mode}, predicted {predicted}"
    if not endpoint.cleartext_login.holds(seen.cleartext_login):
        yield f"login in the clear: seen {seen.cleartext_login}, predicted {endpoint.cleartext_login}"
    if seen.failure or seen.mode == "none":
        return
    assert isinstance(endpoint.versions, Known)
    assert isinstance(endpoint.cipher_suites, Known)
    versions = tuple(sorted(version.word for version in endpoint.versions.value))
    if versions != seen.versions:
        yield f"versions: seen {seen.versions}, predicted {versions}"
    for version, (codes, own_order) in seen.suites:
        number = postfix.VERSIONS[version].value
        wanted = [suite.code for suite in endpoint.cipher_suites.value if suite.first.value <= number <= suite.last.value]
        is_ordered = endpoint.server_order.holds(True)
        if len(wanted) > 1 and own_order is not is_ordered:
            yield f"{version}: order of the {'server' if own_order else 'client'}, predicted {endpoint.server_order}"
        elif (list(codes) if is_ordered else sorted(codes)) != (wanted if is_ordered else sorted(wanted)):
            yield f"{version} suites: seen {names(codes)}, predicted {names(wanted)}"


def names(codes: Iterable[int]) -> str:
    """The registry's names."""
    return " ".join(numbers()[code].iana for code in codes)


def test_tickets_and_finite_field_groups(running: Running) -> None:
    """What Python's ssl does not tell of a handshake, openssl(1) does."""
    evaluated, _ = evaluate.evaluate(str(running.instance.etc / "main.cf"), Files(("/",), "/"), load("debian-12"), complete=True)
    by_address = {listener.service.host: listener.endpoint for listener in evaluated.listeners}
    looked_at = [(address(number), case) for number, case in enumerate(cases()) if case.name.startswith(INSIDE)]
    assert len(looked_at) >= 8
    wrong = []
    for host, case in looked_at:
        command = ["openssl", "s_client", "-connect", f"{host}:{PORT}", "-starttls", "smtp", "-tls1_2", "-cipher", "kDHE:@SECLEVEL=0"]
        said = subprocess.run(command, input=b"QUIT\r\n", capture_output=True, timeout=30, check=False).stdout.decode(errors="replace")
        group = re.search(r"Server Temp Key: DH, (\d+) bits", said)
        seen = ("TLS session ticket:" in said, int(group.group(1)) if group else None)
        predicted = (by_address[host].session_tickets.value, by_address[host].dh_bits.value)  # type: ignore[union-attr]
        if seen != predicted:
            wrong.append(f"{case.name}: seen {seen}, predicted {predicted}")
    assert not wrong


def test_every_listener(running: Running) -> None:
    """Levels, protocol lists, ciphers, exclusions, wrapper mode, broken certificates, logins: mode, versions, suites and failures."""
    every = cases()
    assert len({case.options for case in every}) >= 150
    root = running.instance.etc / "main.cf"
    evaluated, _ = evaluate.evaluate(str(root), Files(("/",), "/"), load("debian-12"), complete=True)
    by_address = {listener.service.host: listener for listener in evaluated.listeners}
    assert len(by_address) == len(every)
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda item: look(address(item[0]), item[1], running.pki), enumerate(every)))
    wrong = [
        f"{case.name}: {line}"
        for number, (case, one) in enumerate(zip(every, seen, strict=True))
        for line in differences(case, one, by_address[address(number)])
    ]
    assert sum(bool(one.suites) for one in seen) > 150
    assert not wrong, f"{len(wrong)} of {len(every)}\n" + "\n".join(wrong[:60])
