"""What `make fuzz` found, each as small as it goes, with a line saying what broke."""

from pathlib import Path

import pytest

from tests.support.cli import tlslint

SITE = b"LoadModule headers_module x.so\nLoadModule ssl_module x.so\nListen 443\n<VirtualHost *:443>\nServerName a.test\nSSLEngine on\n"
QUOTED = "Header always set Strict-Transport-Security \u201cmax-age=31536000\u201d\n".encode()

FOUND: dict[str, tuple[str, bytes]] = {
    # A header's value is UTF-8 and the file as a whole is not: places in the value could not be told.
    "a UTF-8 value in a file that is none": ("apache2.conf", SITE + QUOTED + b"ServerAlias caf\xe9.test\n</VirtualHost>\n"),
}


@pytest.mark.parametrize("name", FOUND)
def test_it_ends_in_findings(name: str, tmp_path: Path) -> None:
    called, data = FOUND[name]
    path = tmp_path / called
    path.write_bytes(data)
    for arguments in ((), ("--diff", "--unsafe-fixes")):
        ran = tlslint("--isolated", *arguments, path)
        assert ran.code in (0, 1), ran.err
        assert "please report" not in ran.err
    assert path.read_bytes() == data


def test_a_place_in_a_utf8_value_is_told_in_bytes(tmp_path: Path) -> None:
    called, data = FOUND["a UTF-8 value in a file that is none"]
    (tmp_path / called).write_bytes(data)
    mended = tlslint("--isolated", "--fix-only", "--select", "TLS504", tmp_path)
    assert "1 mended" in mended.err
    assert (tmp_path / called).read_bytes() == data.replace(QUOTED, QUOTED.decode().replace("\u201c", '"').replace("\u201d", '"').encode())
