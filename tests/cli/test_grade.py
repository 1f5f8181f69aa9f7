"""Grades, verdicts, certificates and provenance as the command line prints them."""

import base64
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.support import pki, world
from tests.support.cli import Ran, tlslint
from tests.support.examples import NOW_WRITTEN, httpd

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "effective.schema.json").read_text())
GOOD = "SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20"
HSTS = "Header always set Strict-Transport-Security"


def lay(root: Path, text: str, recipe: str = "public") -> Path:
    key, chain = pki.made(recipe)
    for name, content in (
        ("etc/apache2/apache2.conf", httpd(text).encode()),
        ("etc/ssl/certs/www.pem", chain),
        ("etc/ssl/private/www.key", key),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def ran(command: str, root: Path, *options: str) -> Ran:
    moment = () if command == "certificates" else ("--now", NOW_WRITTEN)
    return tlslint(command, "--root", root, "--target", "debian-12", *moment, *options, root)


def grade(root: Path, text: str, recipe: str = "public", target: str = "debian-12") -> dict[str, object]:
    lay(root, text, recipe)
    document = json.loads(tlslint("grade", "--root", root, "--target", target, "--now", NOW_WRITTEN, "--output-format", "json", root).out)
    (row,) = document
    found: dict[str, object] = row
    return found


@pytest.mark.parametrize(
    ("text", "recipe", "target", "letter", "reason"),
    [
        (f'{GOOD}\n{HSTS} "max-age=15552000"', "public", "debian-12", "A+", ""),
        (f'{GOOD}\n{HSTS} "max-age=15551999"', "public", "debian-12", "A", ""),
        (GOOD, "public", "debian-12", "A", ""),
        (f'{GOOD}\n{HSTS} "max-age=0"', "public", "debian-12", "A-", "max-age=0"),
        (f'{GOOD}\n{HSTS} "includeSubDomains"', "public", "debian-12", "A-", "browsers ignore"),
        ("SSLProtocol -all +TLSv1.2", "public", "debian-12", "A-", "TLS 1.3 is missing"),
        ("SSLProtocol all -SSLv3\nSSLCipherSuite HIGH:!aNULL", "public", "debian-11", "B", "TLS 1.0 and TLS 1.1 offered"),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite AES128-GCM-SHA256", "public", "debian-12", "B", "no forward secrecy"),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE-RSA-AES128-SHA", "public", "debian-12", "B", "no authenticated encryption"),
        ("SSLProtocol -all +TLSv1.1\nSSLCipherSuite ECDHE-RSA-AES128-SHA@SECLEVEL=0", "public", "debian-12", "C", "TLS 1.2 is missing"),
        (GOOD, "no-intermediate", "debian-12", "B", "incomplete"),
        (GOOD, "expired", "debian-12", "T", "expired"),
        (GOOD, "other-name", "debian-12", "M", "does not cover www.example.test"),
        (f"{GOOD}\nSSLInsecureRenegotiation on", "public", "debian-12", "F", "insecure renegotiation"),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE-RSA-RC4-SHA:RC4-SHA", "public", "rhel-7", "F", "nothing but RC4"),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE+AESGCM:RC4-SHA", "public", "rhel-7", "C", "RC4 is offered"),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE+AESGCM", "rsa-1024", "rhel-7", "B", "a key of 1024 bits"),
    ],
)  # fmt: skip
def test_ssl_labs_grade(text: str, recipe: str, target: str, letter: str, reason: str, tmp_path: Path) -> None:
    found = grade(tmp_path, text, recipe, target)["ssllabs"]
    assert isinstance(found, dict)
    assert found["grade"] == letter, found
    assert reason in " ".join(row["text"] for row in found["reasons"])
    assert found["reasons"] or letter in ("A", "A+")


def test_a_server_that_does_not_start_has_no_grade(tmp_path: Path) -> None:
    found = grade(tmp_path, "SSLCipherSuite NOTHING")["ssllabs"]
    assert isinstance(found, dict)
    assert found["grade"] is None
    assert "does not start" in found["unknown"]


def test_now_must_be_a_date(tmp_path: Path) -> None:
    said = tlslint("grade", "--now", "tomorrow", lay(tmp_path, GOOD))
    assert (said.code, said.out) == (2, "")
    assert "--now 'tomorrow' is no date" in said.err


def test_the_guides_own_vector(tmp_path: Path) -> None:
    """TLS 1.2 and 1.3, RSA 2048, 128 and 256 bits: 100, 90, 90, together 93 (A before caps)."""
    found = grade(tmp_path, GOOD)["ssllabs"]
    assert isinstance(found, dict)
    assert found["score"] == {"protocol": 100, "key_exchange": 90, "cipher": 90, "total": 93}
    assert found["guide"] == "2009r"


@pytest.mark.parametrize(
    ("text", "recipe", "target", "part"),
    [
        (GOOD, "rsa-3072", "debian-12", 90),
        (GOOD, "ecdsa", "debian-12", 90),
        (GOOD, "ecdsa-384", "debian-12", 90),
        (f"{GOOD}\nSSLOpenSSLConfCmd Groups secp384r1", "ecdsa-384", "debian-12", 100),
        (f"{GOOD}\nSSLOpenSSLConfCmd Groups secp384r1", "ecdsa", "debian-12", 90),
        (f"{GOOD}\nSSLOpenSSLConfCmd Groups x25519:secp384r1", "ecdsa-384", "debian-12", 90),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE+AESGCM", "rsa-1024", "rhel-7", 80),
        ("SSLProtocol -all +TLSv1.2\nSSLCipherSuite AES128-GCM-SHA256", "rsa-1024", "rhel-7", 80),
    ],
)
def test_key_exchange_is_as_strong_as_its_weakest_part(text: str, recipe: str, target: str, part: int, tmp_path: Path) -> None:
    """Key and group, elliptic ones as RSA (SP 800-57 part 1, table 2): P-256 counts like 3072 bits, P-384 like 7680."""
    found = grade(tmp_path, text, recipe, target)["ssllabs"]
    assert isinstance(found, dict)
    assert found["score"]["key_exchange"] == part


def test_internet_nl_says_which_part(tmp_path: Path) -> None:
    text = f'SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE+AESGCM:DHE+AESGCM:AES128-SHA\n{HSTS} "max-age=31536000"'
    parts = grade(tmp_path, text)["internet.nl"]
    assert isinstance(parts, dict)
    by_name = {part["name"]: part for part in parts["parts"]}
    assert parts["status"] == "fail"
    assert (by_name["ciphers"]["level"], by_name["ciphers"]["text"]) == ("insufficient", "AES128-SHA")
    assert by_name["TLS version"] == {"name": "TLS version", "level": "sufficient", "status": "pass", "text": ""}
    assert by_name["public key of the certificate"]["status"] == "notice"
    assert by_name["HSTS"]["status"] == "pass"


def test_mail_servers_are_judged_by_internet_nl_only(tmp_path: Path) -> None:
    main = "compatibility_level = 3.6\nsmtpd_tls_security_level = may\nsmtpd_tls_chain_files = /etc/ssl/mx.pem\n"
    world.lay({"files": {"/etc/postfix/main.cf": main, "/etc/postfix/master.cf": "smtp inet n - y - - smtpd\n"}}, tmp_path)
    key, chain = pki.made("rsa-3072")
    (tmp_path / "etc/ssl").mkdir(parents=True)
    (tmp_path / "etc/ssl/mx.pem").write_bytes(key + chain)
    (row,) = json.loads(ran("grade", tmp_path, "--output-format", "json").out)
    assert row["endpoint"] == "smtp (25)"
    assert row["ssllabs"] is None
    assert {part["name"] for part in row["internet.nl"]["parts"]} >= {"TLS version", "ciphers", "public key of the certificate"}
    assert "HSTS" not in {part["name"] for part in row["internet.nl"]["parts"]}


def test_effective_holds_the_grade_and_is_what_the_schema_says(tmp_path: Path) -> None:
    lay(tmp_path, GOOD)
    document = json.loads(ran("effective", tmp_path, "--output-format", "json").out)
    jsonschema.validate(document, SCHEMA)
    (endpoint,) = document["instances"][0]["endpoints"]
    assert endpoint["grade"] == {"grade": "A", "reasons": []}
    assert endpoint["internet_nl"] == {"status": "fail", "parts": {"public key of the certificate": "notice", "HSTS": "fail"}}
    assert endpoint["certificates"][0]["not_after"] == "2027-02-12T00:00:00Z"
    table = ran("effective", tmp_path).out
    assert "RSA 2048 until 2027-02-12" in table


def test_one_table_across_daemons(tmp_path: Path) -> None:
    lay(tmp_path, GOOD)
    main, master = "smtpd_tls_security_level = none\n", "smtp inet n - y - - smtpd\n"
    world.lay({"files": {"/etc/postfix/main.cf": main, "/etc/postfix/master.cf": master}}, tmp_path)
    lines = ran("effective", tmp_path).out.splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("server "))
    rows = [line.split()[0] for line in lines[head + 1 :] if line and not line.startswith("judged")]
    assert rows[:2] == ["httpd", "postfix"]


def test_on_a_narrow_screen_notes_stand_below_their_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, GOOD + f'\n{HSTS} "max-age=300"')
    wide = ran("effective", tmp_path).out.splitlines()
    assert [line for line in wide if line.endswith("A      HSTS")]
    monkeypatch.setenv("COLUMNS", "80")
    narrow = ran("effective", tmp_path).out.splitlines()
    row = next(index for index, line in enumerate(narrow) if line.startswith("httpd   www"))
    assert narrow[row].endswith("  A")
    assert narrow[row + 1].strip() == "HSTS"
    assert all(line.strip() for line in narrow[row - 1 : row + 2])


def test_a_server_that_does_not_start_says_because_of_what(tmp_path: Path) -> None:
    lay(tmp_path, "SSLCipherSuite NOTHING")
    said = ran("effective", tmp_path).out
    assert "it does NOT start with this configuration: etc/apache2/apache2.conf:19: " in said


def test_what_is_plain_has_no_columns_of_tls(tmp_path: Path) -> None:
    world.lay(
        {
            "files": {
                "/etc/ldap/ldap.conf": "URI ldap://ldap.example.test\nTLS_REQCERT demand\nTLS_CACERT /etc/ssl/certs/ca-certificates.crt\n"
            }
        },
        tmp_path,
    )
    said = ran("effective", tmp_path).out.splitlines()
    row = next(line for line in said if line.startswith("ldap-client  →"))
    assert row.partition("plain")[2].split()[:5] == ["-"] * 5
    assert "TLS would fail: /etc/ssl/certs/ca-certificates.crt does not exist" in row
    assert "it starts" not in "\n".join(said), "a library does not start"


def test_explain_shows_every_step(tmp_path: Path) -> None:
    lay(tmp_path, GOOD)
    said = ran("effective", tmp_path, "--explain", "www.example.test:443.versions").out
    assert said.startswith("www.example.test:443.versions = TLSv1.2, TLSv1.3\n")
    assert "etc/apache2/apache2.conf:19:13 written" in said
    assert "^^^^^^^^^^^^^^^^^^^^^^" in said
    defaulted = ran("effective", tmp_path, "--explain", "www.example.test:443.server_order").out
    assert "= default: default of httpd 2.4.71: off" in defaulted
    headers = ran("effective", tmp_path, "--explain", "www.example.test:443.http.hsts_success").out
    assert "http.hsts_success = none" in headers


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("www.example.test:443.version", "did you mean www.example.test:443.versions?"),
        ("ww.example.test:443.versions", "no endpoint is called 'ww.example.test:443'; did you mean www.example.test:443.versions?"),
        ("nonsense", "no field is called"),
    ],
)
def test_explain_of_what_is_not_there_is_one_sentence(asked: str, sentence: str, tmp_path: Path) -> None:
    lay(tmp_path, GOOD)
    said = ran("effective", tmp_path, "--explain", asked)
    assert said.code == 2
    assert sentence in said.err


def test_certificates_as_they_were_read(tmp_path: Path) -> None:
    lay(tmp_path, GOOD)
    said = ran("certificates", tmp_path)
    leaf = pki.made("public")[1]
    assert "presented by www.example.test:443 (httpd)" in said.out
    assert "names: www.example.test, mx.example.test" in said.out
    assert f"pin-sha256 {pins(leaf)[0]}" in said.out
    assert "private key /etc/ssl/private/www.key: mode 0644, owner 0, group 0, readable by everybody; not opened" in said.out
    (document,) = json.loads(ran("certificates", tmp_path, "--output-format", "json").out)
    assert [facts["spki_sha256"] for facts in document["chain"]] == pins(leaf)
    assert document["in_order"] is True


def pins(pem: bytes) -> list[str]:
    """What openssl says: x509 -pubkey | pkey -pubin -outform der | dgst -sha256 -binary | base64, for every certificate."""
    found = []
    for block in re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pem, re.DOTALL):
        key = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=block, capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True).stdout
        found.append(base64.b64encode(digest).decode())
    return found
