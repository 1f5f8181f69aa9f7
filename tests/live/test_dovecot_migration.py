# ruff: noqa: E501 (rows of a table)
"""The move from Dovecot 2.3 to 2.4 with `--fix --select TLS805`: doveconf 2.4 takes the files, and what they do is what they did.

Debian 12's own configuration, those of the corpus that 2.3 takes, and texts for each construct, in a root of Debian 13.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tlslint.cli.commands import cli
from tlslint.model import Endpoint, Instance
from tlslint.model.remedy import Advice
from tlslint.parsers.dovecot import evaluate
from tlslint.targets import load

from tests.live.test_dovecot_doveconf import CORPUS
from tests.support import mail, roots, world

pytestmark = pytest.mark.live

HEAD = "ssl_cert = </etc/dovecot/private/tlslint.pem\nssl_key = </etc/dovecot/private/tlslint.key\nprotocols = imap pop3\n"
TEXTS = [
    *("ssl = required", "ssl = no", "ssl_min_protocol = TLSv1.3", "ssl_cipher_list = HIGH:!aNULL", "ssl_prefer_server_ciphers = yes"),
    *("ssl_prefer_server_ciphers = no", "disable_plaintext_auth = no", "disable_plaintext_auth = yes", "ssl = required\ndisable_plaintext_auth = no"),
    *("ssl_protocols = TLSv1.2", "ssl_protocols = !SSLv3 !TLSv1 !TLSv1.1", "ssl_options = no_compression", "ssl_options = no_ticket no_compression"),
    *("ssl_dh_parameters_length = 2048", "ssl_parameters_regenerate = 168", "verbose_ssl = yes", "verbose_ssl = no", "ssl_curve_list = X25519"),
    *("auth_worker_max_count = 10", "default_idle_kill = 5 mins", "auth_default_realm = example.test", "imap_id_log = *"),
    *("mail_location = maildir:~/Maildir", "mail_location = mbox:~/mail:INBOX=/var/mail/%u", "mail_location = mdbox:~/mdbox:INDEX=/x/%d/%n"),
    *("passdb {\n  driver = pam\n}", "passdb {\n  driver = pam\n  args = session=yes dovecot\n}", "userdb {\n  driver = passwd\n}"),
    "passdb {\n  driver = passwd-file\n  args = scheme=CRYPT username_format=%n /etc/dovecot/users\n}",
    "userdb {\n  driver = static\n  args = uid=vmail gid=vmail home=/var/vmail/%d/%n\n}",
    "passdb {\n  driver = passwd-file\n  args = /etc/a\n}\npassdb {\n  driver = passwd-file\n  args = /etc/b\n  deny = yes\n}",
    "protocol imap {\n  mail_plugins = $mail_plugins imap_quota\n  ssl_min_protocol = TLSv1.3\n}",
    "protocol lda {\n  mail_plugins = $mail_plugins sieve\n}",
    "plugin {\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n  sieve_before = /etc/sieve/before\n  quota_grace = 10M\n}",
    "plugin {\n  # a comment\n  sieve = ~/.dovecot.sieve\n\n  sieve_extensions = +notify +imapflags\n}",
    "service imap-login {\n  service_count = 0\n  inet_listener imap {\n    address = 127.0.0.1\n  }\n}",
    "service imap-login {\n  service_count = 1\n  inet_listener imaps {\n    port = 0\n  }\n}",
    'local_name "a.example b.example" {\n  ssl_cert = </etc/dovecot/private/tlslint.pem\n}',
    "local 192.0.2.1 {\n  ssl_min_protocol = TLSv1.3\n}",
    "namespace {\n  inbox = yes\n  mailbox Drafts {\n    special_use = \\Drafts\n  }\n}",
    "login_log_format_elements = user=<%u> method=%m rip=%r lip=%l %c",
    "imap_logout_format = in=%i out=%o",
    "dict {\n}",
    "ssl_cipher_list = HIGH",
    "ssl_verify_client_cert = yes\nssl_ca = </etc/dovecot/private/tlslint.pem\nauth_ssl_require_client_cert = yes",
    "mail_attachment_dir = /var/attachments\nmail_attachment_min_size = 64k",
    "auth_username_format = %Lu",
    "pop3_uidl_format = %08Xu%08Xv",
    "replication_max_conns = 10",
]  # fmt: skip


def essence(instance: Instance) -> list[dict[str, Any]]:
    """What clients meet, as far as it does not hang on the library: the two releases have different ones."""
    rows = {str(row): row for row in map(_essence, instance.endpoints)}  # 2.4 has a block for each name of a local_name
    return [rows[key] for key in sorted(rows)]


def _essence(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name.partition(")")[0],
        "tls": endpoint.tls.value if endpoint.tls.is_known else None,
        "works": endpoint.tls_works.value if endpoint.tls_works.is_known else None,
        "versions": sorted(endpoint.versions.surely),
        "order": endpoint.server_order.holds(True),
        "cleartext": endpoint.cleartext_login.holds(True),
        "client": endpoint.client_certificate.value if endpoint.client_certificate.is_known else None,
        "certificates": [certificate.path for certificate in endpoint.certificates],
    }


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    where = roots.root("trixie", "dovecot", roots.DOVECOT)
    private = where / "etc/dovecot/private"
    (private / "tlslint.pem").write_bytes(world.certificate("rsa", 2048, "localhost", ("localhost",)))
    (private / "tlslint.key").write_bytes(world.private_key("rsa", 2048))
    yield where
    shutil.rmtree(where / "tmp/migration", ignore_errors=True)


def move(root: Path, folder: Path, logical: str) -> tuple[Instance, Instance, str]:
    """What 2.3 makes of the tree, what 2.4 makes of it after the move, and why doveconf refuses it ("" when it does not)."""
    files = mail.below(root)
    before = evaluate.instances(logical, files, load("debian-12"), complete=True)[0]
    arguments = ["check", "--fix", "--select", "TLS805,TLS901", "--target", "debian-13", "--root", str(root)]
    result = CliRunner().invoke(cli, [*arguments, str(folder), str(root / "etc/dovecot/private")])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    done = subprocess.run(
        ["chroot", str(root), "doveconf", "-c", logical, "-n"], capture_output=True, text=True, errors="replace", check=False
    )
    after = evaluate.instances(logical, mail.below(root), load("debian-13"), complete=True)[0]
    return before, after, "" if done.returncode == 0 else done.stderr[-300:] + result.output[-300:]


def test_texts_for_each_construct(root: Path) -> None:
    wrong = []
    for number, text in enumerate(TEXTS):
        folder = root / f"tmp/migration/{number}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dovecot.conf").write_text(f"{HEAD}{text}\n")
        before, after, refusal = move(root, folder, f"/tmp/migration/{number}/dovecot.conf")
        if refusal:
            wrong.append(f"{text!r}: {refusal}")
        elif not after.starts.holds(True):
            wrong.append(f"{text!r}: doveconf takes it, and we do not: {after.problems}")
        elif before.starts.holds(True) and essence(before) != essence(after):
            wrong.append(f"{text!r}: was {essence(before)}, is {essence(after)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(shutil.which("doveconf") is None, reason="dovecot is not installed")
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real configurations is not here")
def test_real_trees(root: Path) -> None:
    """All that 2.3 takes: either the move says what a person must write, or doveconf 2.4 takes the result."""
    wrong, moved = [], 0
    for path in sorted(CORPUS.rglob("dovecot.conf")):
        if subprocess.run(["doveconf", "-c", str(path), "ssl"], capture_output=True, check=False).returncode != 0:
            continue
        folder = root / "tmp/migration/tree"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(path.parent, folder)
        for file in folder.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)
        logical = "/tmp/migration/tree/dovecot.conf"
        at_first = evaluate.instances(logical, mail.below(root), load("debian-13"), complete=True)[0]
        by_hand = [problem for problem in at_first.problems if problem.rule == "setting-renamed" and isinstance(problem.remedy, Advice)]
        _, _, refusal = move(root, folder, logical)
        if not refusal:
            moved += 1
        elif not by_hand and "doesn't exist" not in refusal and "Can't open file" not in refusal:
            wrong.append(f"{path}: {refusal}")
    assert not wrong, "\n".join(wrong)
    assert moved >= 10
