"""Memory of a run over many hosts: that of one, and the names of all."""

import gc
import tracemalloc
from pathlib import Path

import pytest

from tests.support.cli import tlslint

APACHE = (
    """ServerName {name}
LoadModule ssl_module x.so
LoadModule headers_module x.so
Listen 443
Include /nowhere/{name}.conf
<VirtualHost *:443>
ServerName {name}
SSLEngine on
SSLProtocol all
SSLCipherSuite HIGH:!aNULL
SSLCertificateFile /etc/ssl/{name}.pem
</VirtualHost>
"""
    + "<Directory /srv>\nOptions None\nAllowOverride None\n</Directory>\n" * 40
)
MAIN_CF = "myhostname = {name}\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/{name}.pem\n"
MASTER_CF = "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n"
FEW, MANY = 100, 400
MOST = 3 * 1024
"""Bytes a host may take at the worst moment, names of its files and a row of the table: 1.8 kB seen. Its findings would be 30 kB."""


def peak(folder: Path, count: int) -> int:
    """Bytes at the worst moment of a run over hosts."""
    for number in range(count):
        name, etc = f"host{number}.example.test", folder / f"host{number}" / "etc"
        (etc / "apache2").mkdir(parents=True)
        (etc / "postfix").mkdir()
        (etc / "apache2" / "apache2.conf").write_text(APACHE.format(name=name))
        (etc / "postfix" / "main.cf").write_text(MAIN_CF.format(name=name))
        (etc / "postfix" / "master.cf").write_text(MASTER_CF)
    gc.collect()
    gc.freeze()  # how much other tests left behind decides how often the collector looks at everything
    tracemalloc.start(1)
    try:
        ran = tlslint("--isolated", "--exit-zero", "--report", f"json={folder}.json", "--output-file", f"{folder}.txt", folder)
        assert ran.code == 0, ran.err
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def test_memory_does_not_grow_with_the_number_of_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    peak(tmp_path / "first", FEW)  # what is imported, and looked up once for each of the words there are
    few, many = (peak(tmp_path / str(count), count) for count in (FEW, MANY))
    each = (many - few) / (MANY - FEW)
    assert each < MOST, f"{each / 1024:.1f} kB a host"
