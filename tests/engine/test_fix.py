"""Fixes: proven in memory, written in place, everything else byte for byte as it was."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import tlslint
from tests.support.examples import LISTENERS, MAIN_CF, MASTER_CF

WEAK = """# my notes: caf\u00e9
ServerName host.example.test
LoadModule ssl_module x.so
Listen 443
SSLProtocol all
SSLHonorCipherOrder off
<VirtualHost *:443>
\tServerName a.example.test
\tSSLEngine on
\tSSLCipherSuite   ALL:!aNULL:RC4
\tSSLCertificateFile /etc/ssl/certs/www.pem
</VirtualHost>
"""
MOZILLA = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
MENDED = WEAK.replace("SSLProtocol all", "SSLProtocol -all +TLSv1.2 +TLSv1.3").replace("ALL:!aNULL:RC4", MOZILLA)
"""The order is the client's still: among strong suites it does not matter."""


@pytest.fixture
def weak(tmp_path: Path) -> Path:
    path = tmp_path / "apache2.conf"
    path.write_bytes(WEAK.encode())
    return path


def test_hardened_in_place_and_a_second_run_changes_nothing(weak: Path) -> None:
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS1,TLS2,TLS301,TLS303", "--target", "debian-11", weak)
    assert ran.code == 0
    assert weak.read_bytes().decode() == MENDED
    assert "TLS102 deprecated-version: offer TLS 1.2 and TLS 1.3 only" in ran.err
    again = tlslint("--fix-only", "--unsafe-fixes", "--target", "debian-11", weak)
    assert weak.read_bytes().decode() == MENDED
    assert "0 mended in 0 files" in again.err


def test_without_unsafe_fixes_nobody_is_locked_out(weak: Path) -> None:
    tlslint("--fix-only", "--target", "debian-11", weak)
    assert weak.read_bytes().decode() == WEAK.replace("SSLHonorCipherOrder off", "SSLHonorCipherOrder on")


def test_only_what_is_selected(weak: Path) -> None:
    tlslint("--fix-only", "--unsafe-fixes", "--select", "TLS102", "--target", "debian-11", weak)
    assert weak.read_bytes().decode() == WEAK.replace("SSLProtocol all", "SSLProtocol -all +TLSv1.2 +TLSv1.3")


def test_the_difference_is_what_would_be_written(weak: Path, tmp_path: Path) -> None:
    ran = tlslint("--diff", "--unsafe-fixes", "--target", "debian-11", "--output-file", tmp_path / "out.diff", weak)
    assert ran.code == 1
    assert weak.read_bytes().decode() == WEAK
    if shutil.which("patch") is None:
        pytest.skip("patch is not installed: apt-get install patch")
    subprocess.run(["patch", str(weak), str(tmp_path / "out.diff")], check=True, capture_output=True)
    assert weak.read_bytes().decode() == MENDED
    assert tlslint("--diff", "--unsafe-fixes", "--target", "debian-11", weak).code == 0


def test_a_default_gets_a_line_where_a_person_would_put_it(weak: Path) -> None:
    text = WEAK.replace("SSLProtocol all\n", "").replace("\n", "\r\n")
    weak.write_bytes(text.encode())
    tlslint("--fix-only", "--unsafe-fixes", "--select", "TLS102", "--target", "debian-11", weak)
    line = "\tSSLEngine on\r\n"
    expected = text.replace(line, f"{line}\tSSLProtocol -all +TLSv1.2 +TLSv1.3\r\n") if weak.read_bytes() != text.encode() else text
    assert weak.read_bytes().decode() == expected


def test_a_slip_of_the_pen(weak: Path) -> None:
    text = MENDED.replace("-all +TLSv1.2 +TLSv1.3", "TLSv1.2 TLSv1.3")
    weak.write_bytes(text.encode())
    ran = tlslint("--fix-only", "--show-fixes", "--select", "TLS814", "--target", "debian-11", weak)
    assert weak.read_bytes().decode() == text.replace("TLSv1.2 TLSv1.3", "TLSv1.2 +TLSv1.3"), ran.err


def test_slips_of_the_pen_are_mended_before_anything_is_added(tmp_path: Path) -> None:
    """The swallowed line is what the other finding would write: once it counts, nothing is missing."""
    path = tmp_path / "etc/ldap/slapd.conf"
    path.parent.mkdir(parents=True)
    lines = ("TLSCertificateFile /c.pem", "TLSCertificateKeyFile /k.pem", "# only over TLS", "  security simple_bind=128")
    database = ("moduleload back_mdb", "database mdb")
    text = "\n".join(("include /etc/ldap/schema/core.schema", *lines, *database, "suffix dc=test", "directory /var/lib/ldap", ""))
    path.write_text(text)
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS402,TLS403,TLS8", "--target", "debian-13", tmp_path)
    assert path.read_text() == text.replace("  security", "security")
    assert "slapd.conf:5 TLS810 swallowed-line: make it a line of its own" in ran.err
    assert "TLS402 cleartext-login" in ran.err


def test_what_a_later_round_mends_is_told_of_the_text_as_it_was_read(weak: Path) -> None:
    """The comment gets a line of its own in the first round; the weak version is mended in the second, and was on line 5."""
    weak.write_text(WEAK.replace("SSLHonorCipherOrder off", "SSLHonorCipherOrder off # mine").replace("SSLProtocol all\n", ""))
    weak.write_text(weak.read_text().replace("<VirtualHost *:443>", "SSLProtocol all\n<VirtualHost *:443>"))
    fixed = tlslint("--unsafe-fixes", "--target", "debian-11", "--output-format", "sarif", weak)
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--target", "debian-11", weak)
    assert "apache2.conf:6 TLS102 deprecated-version" in ran.err
    results = json.loads(fixed.out)["runs"][0]["results"]
    edits = [each["fixes"] for each in results if each["ruleId"] == "TLS102"]
    assert len(edits) == 1
    replacement = edits[0][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["deletedRegion"]["startLine"] == 6
    assert replacement["insertedContent"]["text"] == "-all +TLSv1.2 +TLSv1.3"


def test_a_server_that_does_not_start_is_hardened_all_the_same(weak: Path) -> None:
    text = WEAK.replace("SSLEngine on", "SSLEngine on\n\tSSLCompression perhaps")
    weak.write_bytes(text.encode())
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS1", "--target", "debian-11", weak)
    assert weak.read_bytes().decode() == text.replace("SSLProtocol all", "SSLProtocol -all +TLSv1.2 +TLSv1.3"), ran.err


def test_a_file_that_was_not_named_is_left_alone(weak: Path) -> None:
    (weak.parent / "tls.conf").write_text("SSLProtocol all\n")
    weak.write_bytes(WEAK.replace("SSLProtocol all", f"Include {weak.parent}/tls.conf").encode())
    before = weak.read_bytes()
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS102", "--target", "debian-11", weak)
    assert (weak.parent / "tls.conf").read_text() == "SSLProtocol all\n"
    assert weak.read_bytes() == before
    assert "0 mended in 0 files" in ran.err


def test_postfix_list_in_place(tmp_path: Path) -> None:
    main = tmp_path / "main.cf"
    text = "# mine\ncompatibility_level = 2\nmyhostname = mx.example.test\nsmtpd_tls_chain_files = /etc/ssl/private/mx.pem\n"
    text += "smtpd_tls_security_level = encrypt\nsmtpd_tls_mandatory_protocols   =  !SSLv2,\n    !SSLv3\n# end\n"
    main.write_text(text)
    (tmp_path / "master.cf").write_text("submission inet n - y - - smtpd\n")
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS102", "--target", "debian-11", tmp_path)
    assert main.read_text() == text.replace("!SSLv2,\n    !SSLv3", "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"), ran.err


def test_standard_input_cannot_be_written_back() -> None:
    ran = tlslint("--fix", "--stdin-filename", "apache2.conf", "-", standard_input=WEAK.encode())
    assert ran.code == 2
    assert "cannot be written back" in ran.err


def test_postfix_default_becomes_a_line_at_the_end(tmp_path: Path) -> None:
    main = tmp_path / "main.cf"
    text = "compatibility_level = 2\nmyhostname = mx.example.test\nsmtpd_tls_chain_files = /etc/ssl/private/mx.pem\n"
    text += "smtpd_tls_security_level = encrypt"
    main.write_text(text)
    (tmp_path / "master.cf").write_text("submission inet n - y - - smtpd\n")
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS102", "--target", "debian-11", tmp_path)
    assert main.read_text() == f"{text}\nsmtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1\n", ran.err


def test_dovecot_lines_in_place_comments_kept(tmp_path: Path) -> None:
    path = tmp_path / "dovecot.conf"
    text = "protocols = imap\nssl = required\nssl_cert = </etc/ssl/c.pem\nssl_key = </etc/ssl/k.pem\n"
    weak = "ssl_min_protocol = TLSv1   # old phones\nssl_cipher_list = ALL:!aNULL:RC4\nssl_prefer_server_ciphers = no\n"
    path.write_text(text + weak)
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--select", "TLS1,TLS2,TLS3", "--target", "debian-11", path)
    better = f"ssl_min_protocol = TLSv1.2   # old phones\nssl_cipher_list = {MOZILLA}\nssl_prefer_server_ciphers = no\n"
    assert path.read_text() == text + better, ran.err


def test_what_can_be_mended_is_marked_and_counted(weak: Path) -> None:
    ran = tlslint("--output-format", "grouped", "--color", "never", "--select", "TLS1,TLS2", "--target", "debian-11", weak)
    marked = {line.split()[2]: "[*]" in line for line in ran.out.splitlines() if " TLS" in line}
    assert marked["TLS210"]  # nobody is locked out
    assert not marked["TLS102"]  # old clients would be
    assert "[*] 1 fixable with --fix, 3 more with --fix --unsafe-fixes" in ran.out, ran.out
    ran = tlslint("--output-format", "concise", "--unsafe-fixes", "--select", "TLS102", "--target", "debian-11", weak)
    assert "error TLS102 [*] deprecated-version" in ran.out


def test_the_commands_that_make_it_count_are_told_and_not_run(weak: Path) -> None:
    ran = tlslint("--fix-only", "--target", "debian-11", weak)
    assert "tlslint: to make it count: apachectl configtest && systemctl reload apache2" in ran.err


def test_a_backup_the_server_would_read_is_refused(weak: Path) -> None:
    (weak.parent / "sites").mkdir()
    site = weak.parent / "sites/www"
    site.write_text("SSLProtocol all\n")
    weak.write_text(WEAK.replace("SSLProtocol all", f"Include {weak.parent}/sites/"))
    options = ("--fix-only", "--backup", "--unsafe-fixes", "--select", "TLS102", "--target", "debian-11", weak.parent)
    ran = tlslint(*options)
    assert ran.code == 2
    assert "the server reads every file of that folder; nothing was changed" in ran.err
    assert [path.name for path in site.parent.iterdir()] == ["www"]
    assert site.read_text() == "SSLProtocol all\n"
    weak.write_text(WEAK.replace("SSLProtocol all", f"Include {weak.parent}/sites/www"))
    assert tlslint(*options).code == 0
    assert (weak.parent / "sites/www.bak").read_text() == "SSLProtocol all\n"


def test_what_would_be_told_at_the_new_line_again_is_not_mended(tmp_path: Path) -> None:
    """TLS 1.3 is missing for want of a certificate: a list of versions changes nothing about that but the place it is told at."""
    postfix = tmp_path / "etc" / "postfix"
    postfix.mkdir(parents=True)
    main, master = MAIN_CF.format(text="smtpd_tls_chain_files = /etc/ssl/nowhere.pem"), MASTER_CF.format(listener=LISTENERS["submission"])
    (postfix / "main.cf").write_text(main)
    (postfix / "master.cf").write_text(master)
    ran = tlslint("--root", tmp_path, "--target", "debian-13", "--fix-only", "--show-fixes", "--select", "TLS103", tmp_path)
    assert "left etc/postfix/master.cf:1 TLS103 no-tls13: the finding would stay" in ran.err
    assert (postfix / "main.cf").read_text() == main
    assert (postfix / "master.cf").read_text() == master


def test_suites_are_mended_in_the_round_after_the_one_that_brings_tls13(tmp_path: Path) -> None:
    """With TLS 1.3 come its suites; what a folder that was not copied makes of them nobody knows: no reason to leave the rest."""
    place = tmp_path / "etc" / "apache2" / "apache2.conf"
    place.parent.mkdir(parents=True)
    site = "<VirtualHost *:443>\nServerName www.test\nSSLEngine on\nSSLCertificateFile /c.pem\n</VirtualHost>\n"
    place.write_text(
        "ServerName h\nListen 443\nIncludeOptional mods-enabled/*.conf\nSSLProtocol TLSv1.2\nSSLCipherSuite HIGH:MEDIUM:!MD5\n" + site
    )
    ran = tlslint("--fix-only", "--unsafe-fixes", "--show-fixes", "--target", "debian-13", tmp_path)
    for rule in ("TLS103", "TLS206", "TLS301"):
        assert f"{rule} " in ran.err
    assert ", 0 left as unproven, " in ran.err
    once = place.read_bytes()
    assert b"SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite ECDHE-" in once
    tlslint("--fix-only", "--unsafe-fixes", "--target", "debian-13", tmp_path)
    assert place.read_bytes() == once
