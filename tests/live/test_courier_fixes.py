"""Weak Courier configurations mended with `--fix --unsafe-fixes`: shell and start scripts take the files, the server keeps the promise.

Debian 12's own start scripts (GnuTLS), one pair of files after the other, as in test_courier_listeners.py.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from tlslint.cli.commands import cli
from tlslint.parsers.courier import evaluate
from tlslint.profiles import load as load_profile
from tlslint.targets import load

from tests.live import test_courier_listeners as listeners
from tests.live.test_courier_listeners import Case
from tests.support import mail, roots, world

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")]

PRIORITIES = (
    *("NORMAL", '""', "'NORMAL:-VERS-TLS1.3'", "NORMAL:-VERS-TLS1.0", "NORMAL:-VERS-ALL:+VERS-TLS1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.0"),
    *("SECURE128", '"SECURE128:%SERVER_PRECEDENCE"', "SECURE192:-VERS-TLS1.0", "PFS", "PERFORMANCE", "SUITEB128", "LEGACY"),
    *("NORMAL:-KX-ALL:+RSA", "NORMAL:-CIPHER-ALL:+AES-128-CBC", "NORMAL:-MAC-ALL:+SHA1", "NORMAL:+NONSENSE", "NONE", "HIGH:!aNULL"),
    *('"HIGH:MEDIUM"', "normal", "NORMAL#x", "NORMAL:-GROUP-ALL:+GROUP-SECP192R1:+GROUP-X25519", "NORMAL:-VERS-ALL"),
)
WEAK = [
    Case(""),
    *(Case(f"TLS_PRIORITY={text}") for text in PRIORITIES),
    Case("IMAP_TLS_REQUIRED=yes"),
    Case("IMAP_TLS_REQUIRED=YES\nIMAPDSTARTTLS=NO"),
    Case("IMAPDSTARTTLS=NO"),
    Case("IMAPDSTARTTLS=no\nIMAP_TLS_REQUIRED=1"),
    Case("IMAPDSTARTTLS=0"),
    Case('IMAPDSTARTTLS=""'),
    Case("", "IMAPDSTARTTLS=NO"),
    Case("", "TLS_PRIORITY=PFS"),
    Case("TLS_PRIORITY = PFS"),
    Case("TLS_PRIORITY=SECURE128: -VERS-TLS1.0"),
    Case("TLS_PROTOCOL=TLSv1.2\nTLS_CIPHER_LIST=HIGH"),
    Case("TLS_STARTTLS_PROTOCOL=TLSv1.2"),
    Case("export TLS_PRIORITY=NORMAL"),
    Case("A=NORMAL\nTLS_PRIORITY=$A"),
    Case("TLS_PRIORITY=PFS\nTLS_PRIORITY=NORMAL"),
    Case("if true; then\n  TLS_PRIORITY=NORMAL\nfi"),
    Case("TLS_PRIORITY=NORMAL # the default"),
    Case("TLS_PRIORITY=${SITE:-NORMAL}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def root() -> Path:
    where = roots.root("bookworm", "courier", roots.COURIER)
    pem = where / "etc/courier/rsa.pem"
    pem.write_bytes(world.private_key("rsa", 2048) + world.certificate("rsa", 2048, "localhost", ("localhost",), is_ca=True))
    pem.chmod(0o640)
    return where


def tlslint(root: Path, *arguments: str) -> str:
    files = [str(root / "etc/courier" / name) for name in ("imapd", "imapd-ssl", "rsa.pem")]
    result = CliRunner().invoke(cli, ["check", "--target", "debian-12", "--root", str(root), *arguments, *files])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def test_every_weak_configuration(root: Path) -> None:
    """More than forty pairs of files."""
    assert len(WEAK) >= 40
    wrong = [f"{case}: {line}" for case in WEAK for line in differences(root, case)]
    assert not wrong, "\n".join(wrong)


def differences(root: Path, case: Case) -> list[str]:
    folder = root / "etc/courier"
    (folder / "imapd").write_text(listeners.IMAPD + case.imapd + "\n")
    (folder / "imapd-ssl").write_text(listeners.IMAPD_SSL + case.imapd_ssl + "\n")
    tlslint(root, "--fix", "--unsafe-fixes")
    wrong = []
    again = tlslint(root, "--diff", "--unsafe-fixes")
    if "tlslint: 0 mended" not in again:
        wrong.append(f"a second run changes something: {again}")
    asked = [subprocess.run(["sh", "-n", str(folder / name)], check=False) for name in ("imapd", "imapd-ssl")]
    wrong += [f"the shell refuses {done.args[2]}" for done in asked if done.returncode != 0]
    shutil.rmtree(root / "run/courier", ignore_errors=True)
    (root / "run/courier").mkdir(parents=True)
    try:
        listeners.run(root, "/usr/lib/courier/imapd", "start")
        listeners.run(root, "/usr/lib/courier/imapd-ssl", "start")
        return wrong + seen_differences(root)
    finally:
        listeners.run(root, "/usr/lib/courier/imapd", "stop")
        listeners.run(root, "/usr/lib/courier/imapd-ssl", "stop")


def seen_differences(root: Path) -> list[str]:
    """What is not as mozilla-intermediate wants it, or not as predicted."""
    if not (listeners.is_open(listeners.PORT) and listeners.is_open(listeners.SSLPORT)):
        return ["a port is closed"]
    instance = evaluate.instances("/etc/courier/imapd-ssl", mail.below(root), load("debian-12"), complete=True)[0]
    imap, imaps = listeners.at_port(instance.endpoints, listeners.PORT), listeners.at_port(instance.endpoints, listeners.SSLPORT)
    if imap is None or imaps is None:
        return ["a port is not predicted"]
    wrong = []
    before = listeners.before_tls()
    if before != {"starttls": True, "login": False}:
        wrong.append(f"143: {before}")
    seen = {word for word, version in listeners.VERSIONS.items() if listeners.handshake(listeners.SSLPORT, version)}
    if not seen or not seen <= {"TLSv1.2", "TLSv1.3"} or seen != {version.word for version in mail.value(imaps.versions)}:
        wrong.append(f"versions {sorted(seen)}, predicted {imaps.versions} {imaps.tls_failure}")
    profile = load_profile("mozilla-intermediate")
    offered = {suite.openssl: suite for suite in mail.value(imaps.cipher_suites)}
    suites = listeners.suites_of_tls12(listeners.SSLPORT)
    bad = [name for name in suites if name not in offered or not profile.allows_suite(offered[name])]
    if bad:
        wrong.append(f"suites outside of the profile: {bad}")
    return wrong
