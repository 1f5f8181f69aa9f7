"""The move from 2.3 to 2.4 as a whole: every finding's edits applied, the text reads as 2.4's and does what it did."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from tlslint.model import Instance
from tlslint.model.remedy import Advice, Rewrite
from tlslint.parsers.dovecot import evaluate, migration, settings

from tests.parsers.dovecot.test_mistakes import PKI
from tests.support import mail, world

PATH = "/etc/dovecot/dovecot.conf"
NAMES_24 = settings.names(settings.release("2.4.1"))


def moved(text: str, root: Path) -> tuple[str, Instance]:
    """The text after the move, and what 2.4 makes of it. Edits inside a block that is written anew wait for the next round."""
    world.lay({"files": {}, "certificates": PKI}, root)
    data = text.encode()
    for _ in range(4):
        before = mail.text_as(evaluate, {PATH: data.decode()}, root, PATH, "debian-13")
        edits: list[tuple[int, int, bytes]] = []
        for problem in before.problems:
            if problem.rule == "setting-renamed" and isinstance(problem.remedy, Rewrite):
                mine = [(edit.span.start, edit.span.end, edit.replacement) for edit in problem.remedy.edits]
                if not any(one[0] < other[1] and other[0] < one[1] for one in mine for other in edits):
                    edits += [edit for edit in mine if edit not in edits]
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new + data[end:]
        if not edits:
            break
    return data.decode(), mail.text_as(evaluate, {PATH: data.decode()}, root, PATH, "debian-13")


def test_names_are_those_of_the_two_releases() -> None:
    """What is renamed is gone from 2.4, and what it is called now is there; every name that is gone has a row."""
    rows = settings.moves()
    old = settings.names(settings.release("2.3.19"))
    for name, row in rows["settings"].items():
        assert name not in NAMES_24, name
        assert not row["to"] or row["to"] in NAMES_24, row
    for name in (*rows["plugin"].values(), *rows["location"].values()):
        assert name in NAMES_24
    obsolete = {
        name for name in old if name.startswith(("login_", "mail_process", "mail_exec", "mail_log_max", "max_mail", "dbox_", "auth_"))
    }
    assert set(old) - set(NAMES_24) - set(rows["settings"]) - obsolete == {"plugin", "fsync_disable", "maildir_copy_preserve_filename"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "passdb {\n  driver = pam\n  args = session=yes dovecot\n}",
            "passdb pam {\n  driver = pam\n  session = yes\n  service_name = dovecot\n}",
        ),
        (
            "passdb {\n  driver = passwd-file\n  args = scheme=CRYPT username_format=%n /etc/dovecot/users\n}",
            "passdb passwd-file {\n  driver = passwd-file\n  default_password_scheme = CRYPT\n  auth_username_format = %{user | username}\n"
            "  passwd_file_path = /etc/dovecot/users\n}",
        ),
        (
            "userdb {\n  driver = static\n  args = uid=vmail gid=vmail home=/var/vmail/%d/%n\n}",
            "userdb static {\n  driver = static\n  fields {\n    uid = vmail\n    gid = vmail\n"
            "    home = /var/vmail/%{user | domain}/%{user | username}\n  }\n}",
        ),
        ("mail_location = maildir:~/Maildir:INDEX=/x/%u", "mail_driver = maildir\nmail_path = ~/Maildir\nmail_index_path = /x/%{user}"),
        ("mail_location =", ""),
        ("protocol lda {\n  mail_plugins = $mail_plugins sieve\n}", "protocol lda {\n  mail_plugins {\n    sieve = yes\n  }\n}"),
        (
            "plugin {\n  sieve = file:~/sieve;active=~/.s\n}",
            "sieve_script personal {\n  type = personal\n  path = ~/sieve\n  active_path = ~/.s\n}",
        ),
        ("plugin {\n  quota_warning = x\n  quota_grace = 1M\n}", "quota_storage_grace = 1M\nplugin {\n  quota_warning = x\n}"),
        ("service imap-login {\n  service_count = 0\n}", "service imap-login {\n  restart_request_count = unlimited\n}"),
        ("namespace {\n  inbox = yes\n}", "namespace inbox {\n  inbox = yes\n}"),
        ("ssl_dh_parameters_length = 2048\nssl_dh = </d.pem", "ssl_server_dh_file = /d.pem"),
        ("ssl_options = no_compression no_ticket", "ssl_options = no_ticket"),
        ("ssl_cert = </c.pem\nssl_key = $ssl_cert", "ssl_server_cert_file = /c.pem\nssl_server_key_file = /c.pem"),
        ("ssl = required\ndisable_plaintext_auth = no", "ssl = required"),
        ("login_log_format_elements = user=<%u> rip=%r", "login_log_format_elements = user=<%{user}> rip=%{remote_ip}"),
        (
            'local_name "a.example b.example" {\n  ssl = no\n}',
            "local_name a.example {\n  ssl = no\n}\nlocal_name b.example {\n  ssl = no\n}",
        ),
        ("ssl_cipher_list = $ssl_cipher_list !X", "ssl_cipher_list = $SET:ssl_cipher_list !X"),
        ("auth_worker_max_count = 9", "service auth-worker {\n  process_limit = 9\n}"),
    ],
)
def test_each_construct_is_written_as_24_has_it(old: str, new: str, tmp_path: Path) -> None:
    text, _ = moved("protocols = imap\n" + old + "\n", tmp_path)
    assert text == "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nprotocols = imap\n" + new + ("\n" if new else "")


def test_what_23_switches_on_by_itself_is_said(tmp_path: Path) -> None:
    text, instance = moved("ssl_cert = </etc/dovecot/rsa.pem\nssl_key = </etc/dovecot/rsa.key\n", tmp_path)
    assert "protocols = imap pop3 lmtp\n" in text
    assert {mail.value(endpoint.port) for endpoint in instance.endpoints} == {143, 993, 110, 995}


@pytest.mark.parametrize(
    "text", ["passdb {\n  driver = sql\n  args = /etc/dovecot/dovecot-sql.conf.ext\n}", "plugin {\n  quota_warning = x\n}"]
)
def test_what_only_a_person_can_write_is_told(text: str, tmp_path: Path) -> None:
    instance = mail.text_as(evaluate, {PATH: text + "\n"}, tmp_path, PATH, "debian-13")
    assert any(isinstance(problem.remedy, Advice) for problem in instance.problems if problem.rule == "setting-renamed")


def test_a_text_of_24_is_left_alone(tmp_path: Path) -> None:
    text = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nmail_path = ~/%{user | domain}\nlogin_greeting = 100%u $sure\n"
    assert moved(text, tmp_path)[0] == text


LINES = st.sampled_from(
    [
        *(
            "ssl = yes",
            "ssl_cert = </x.pem",
            "ssl_key = $ssl_cert",
            "mail_location = maildir:~/M",
            "passdb {",
            "userdb {",
            "plugin {",
            "}",
            "  }",
        ),
        *(
            "driver = pam",
            "args = x=%Lu y",
            "sieve = ~/s",
            "# c",
            "",
            "a\\",
            "service x {",
            "service_count = 1",
            "mail_plugins = $mail_plugins a",
        ),
        *('local_name "a b" {', "namespace {", "dict {", "auth default {", "x = %1Mu %d %{lip} %%", "ssl_options = no_compression", "\r"),
        "disable_plaintext_auth = yes # c",
    ]
)


@budget(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=12))
def test_the_move_made_twice_is_the_move_made_once(tmp_path: Path, lines: list[str]) -> None:
    """Whatever the text: no traceback, and no name of 2.3 that has a new spelling is left."""
    once, _ = moved("\n".join(lines), tmp_path)
    assert moved(once, tmp_path)[0] == once


def test_locations() -> None:
    assert migration.location("mbox:~/mail:INBOX=/var/mail/%{user}:UTF-8") == [
        "mail_driver = mbox",
        "mail_path = ~/mail",
        "mail_inbox_path = /var/mail/%{user}",
        "mailbox_list_utf8 = yes",
    ]
    assert migration.location("maildir:~/Maildir:NONSENSE=1") is None
