"""Weak Postfix configurations mended with `--fix --unsafe-fixes`: Postfix takes the files, the running server keeps the promises.

Each configuration has a tree and a server of its own (127.4.N.1, the usual ports); several run at a time. What a private instance needs
beyond the mended text (its directories, its address) stands around it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.crypto import suites as known_suites
from tlslint.profiles import load as load_profile

from tests.support import postfix
from tests.support.cli import tlslint

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
    pytest.mark.skipif(shutil.which("postconf") is None, reason="postfix is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run a private postfix"),
]
AT_A_TIME = 6

COMMON = """compatibility_level = 3.6
myhostname = mx.example.test
inet_interfaces = all
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_cert_file = {pki}/rsa.pem
smtpd_tls_key_file = {pki}/rsa.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/logins
smtpd_peername_lookup = no
"""
SERVICES = {
    "options": "smtp inet n - n - - smtpd\n"
    "submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n  -o smtpd_sasl_auth_enable=yes\n"
    "submissions inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n  -o smtpd_sasl_auth_enable=yes\n",
    "one line": "smtp inet n - n - - smtpd\n"
    "submission inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o { smtpd_sasl_auth_enable = yes }\n"
    "submissions inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\t# the end",
    "own lists": "smtp\tinet\tn\t-\tn\t-\t-\tsmtpd\n"
    "587\tinet\tn\t-\tn\t-\t-\tsmtpd\n\t-o smtpd_tls_security_level=encrypt\n"
    "\t-o smtpd_tls_mandatory_protocols=TLSv1.2:TLSv1.1:TLSv1:!SSLv3\n# between\n\t-o smtpd_tls_mandatory_ciphers=medium\n"
    "465\tinet\tn\t-\tn\t-\t-\tsmtpd\n\t-o smtpd_tls_wrappermode=yes\n\t-o smtpd_tls_mandatory_protocols=TLSv1\n",
    "modes": "smtp inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n"
    "submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    "submissions inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n  -o smtpd_sasl_auth_enable=yes\n",
}
MAY = "smtpd_tls_security_level = may\n"
WEAK = (
    MAY,
    MAY + "smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3\n",
    MAY + "smtpd_tls_mandatory_protocols=TLSv1.2:TLSv1.1:TLSv1:!SSLv3\nsmtpd_tls_mandatory_ciphers=high\n",
    MAY + "smtpd_tls_mandatory_protocols = !SSLv2,\n  # not that one\n    !SSLv3\ntls_preempt_cipherlist = no\n",
    MAY + "smtpd_tls_mandatory_ciphers = high\ntls_high_cipherlist = ALL:COMPLEMENTOFALL\n",
    MAY + "tls_medium_cipherlist = AES128-SHA:AES256-SHA:ECDHE+AESGCM\ntls_preempt_cipherlist = yes\n",
    MAY + "smtpd_tls_exclude_ciphers = aNULL, MD5\nsmtpd_tls_mandatory_exclude_ciphers = RC4\n",
    MAY + "tls_eecdh_auto_curves = prime256v1, secp521r1\nsmtpd_tls_mandatory_protocols = TLSv1.2\n",
    MAY + "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = no\n",
    MAY + "smtpd_tls_mandatory_protocols = >=TLSv1.2 # modern\nsmtpd_tls_auth_only = yes # safe\n",
    MAY + "smtpd_tls_mandatory_protocols = TLSv1_2, TLSv1_3\nsmtpd_tls_exclude_ciphers = !aNULL, !MD5\n",
    MAY + "smtpd_tls_mandatory_protocols = >= TLSv1.2\nsmtpd_tls_mandatory_ciphers = HIGH:!aNULL:!MD5\n",
    MAY + 'smtpd_tls_mandatory_protocols = ">=TLSv1.2"\nsmtpd_tls_auth_onyl = yes\n',
    "smtpd_use_tls = yes\nsmtpd_tls_mandatory_protocols = SSLv3, TLSv1\n",
)


class Weak(NamedTuple):
    """One configuration."""

    main: str
    services: str
    ending: str = "\n"


def cases() -> list[Weak]:
    found = [Weak(main, services) for main in WEAK for services in SERVICES]
    return [*found, *(Weak(main, "options", "\r\n") for main in WEAK[:4])]


class Server:
    """A tree that is mended, and the private instance that runs it."""

    def __init__(self, number: int, weak: Weak, folder: Path, pki: Path) -> None:
        self.address = f"127.4.{number}.1"
        self.tree = folder / "tree" / str(number) / "etc" / "postfix"
        self.tree.mkdir(parents=True)
        self.instance_at = folder / "run" / str(number)
        self.pki = pki
        main = COMMON.format(pki=pki) + weak.main
        for name, text in (("main.cf", main), ("master.cf", SERVICES[weak.services])):
            (self.tree / name).write_bytes(text.replace("\n", weak.ending).encode())

    def mend(self) -> str:
        """What `--fix` says, and what a second run would change."""
        ran = tlslint("check", "--target", "debian-12", "--fix", "--unsafe-fixes", str(self.tree))
        again = tlslint("check", "--target", "debian-12", "--fix", "--unsafe-fixes", "--diff", str(self.tree))
        assert ran.code in (0, 1), ran.err
        return again.out

    def twice(self) -> list[str]:
        """What is wrong; asked again only where a port said nothing at all, as instances that start together can make it."""
        found = list(self.complaints())
        if not found or not all(line.endswith(": silent") for line in found):
            return found
        shutil.rmtree(self.instance_at)
        return list(self.complaints())

    def complaints(self) -> Iterator[str]:
        """The checks of Postfix itself, the promises on the wire."""
        instance = postfix.Instance(self.instance_at)
        main = (self.tree / "main.cf").read_text() + "\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n"
        master = re.sub(r"(?m)^(\w+)(\s+inet\s)", rf"{self.address}:\1\2", (self.tree / "master.cf").read_text())
        private = self.instance_at / "spool/private"
        private.mkdir(mode=0o700)
        shutil.chown(private, "postfix")
        logins = postfix.Logins(private / "logins")
        try:
            instance.start(main, master)
            said = subprocess.run(["postconf", "-c", str(instance.etc), "-nx"], capture_output=True, text=True, check=False)
            if said.returncode or "unused parameter: smtpd" in said.stderr:
                yield f"postconf: {said.stderr[-300:]}"
            yield from self.seen()
        except AssertionError as error:
            yield f"it does not start: {error}"
        finally:
            instance.stop()
            logins.close()

    def seen(self) -> Iterator[str]:
        """Submission: TLS 1.2 and 1.3 with the profile's suites, passwords inside TLS only. Port 25: TLS, and for nobody a must."""
        for port in (25, 587):
            session = postfix.Session(self.address, port)
            try:
                session.reply()
                text = session.say("EHLO c")[1]
                refused = session.say("MAIL FROM:<>")[0] == 530
            except OSError:
                yield f"{port}: silent"
                return
            finally:
                session.close()
            if "AUTH" in text or "STARTTLS" not in text or refused is not (port == 587):
                yield f"{port}: {text!r}, mail {'refused' if refused else 'taken'}"
        for port in (587, 465):
            for version in postfix.VERSIONS:
                works = self.handshake(port, version, "ALL:COMPLEMENTOFALL")
                if bool(works) is not (version in ("TLSv1.2", "TLSv1.3")):
                    yield f"{port}: {version} {'works' if works else 'does not work'}"
            for name in LEFT_OUT:
                if self.handshake(port, "TLSv1.2", name):
                    yield f"{port}: {name} is taken"
        if not self.handshake(25, "TLSv1.2", "ALL"):
            yield "25: no TLS"

    def handshake(self, port: int, version: str, ciphers: str) -> str:
        """The suite agreed on when SMTP goes on inside; "" else."""
        session = None
        try:
            session = postfix.Session(self.address, port)
            if port != 465 and not (session.reply()[0] == 220 and session.say("EHLO c")[0] and session.say("STARTTLS")[0] == 220):
                return ""
            chosen = session.encrypt(postfix.context(version, ciphers, self.pki))
            if port == 465 and session.reply()[0] != 220:
                return ""
            return chosen if session.say("EHLO c")[0] == 250 else ""
        except OSError:
            return ""
        finally:
            if session is not None:
                session.close()


LISTED = set(load_profile("mozilla-intermediate").suites or ())
LEFT_OUT = [
    name
    for name in ("AES128-SHA", "AES256-GCM-SHA384", "CAMELLIA128-SHA", "ECDHE-RSA-AES256-SHA384", "ADH-AES128-GCM-SHA256", "NULL-SHA256")
    if (suite := next((one for one in known_suites.of_build("openssl@3.0") if one.openssl == name), None)) is not None
    and suite.iana not in LISTED
]


def test_every_weak_configuration_is_mended() -> None:
    """Sixty configurations: lists, grades, curves, slips, modes, logins, in four shapes of master.cf and with both line ends."""
    every = cases()
    assert len(every) >= 40
    assert len(LEFT_OUT) >= 5
    wrong: list[str] = []
    with postfix.folder() as folder:
        pki = folder / "pki"
        postfix.make_certificates(pki)
        servers = [Server(number, weak, folder, pki) for number, weak in enumerate(every)]
        for number, server in enumerate(servers):
            left = server.mend()
            if left:
                wrong.append(f"{number}: a second run changes {left[:300]}")
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for number, found in enumerate(pool.map(Server.twice, servers)):
                wrong += [f"{number} {every[number].services}, {every[number].main!r}: {line}" for line in found]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:60])
