"""Memory of a run over many hosts: that of one, and the names of all."""

import subprocess
import sys
from pathlib import Path

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
FEW, MANY = 150, 400
MOST = 4 * 1024
"""Bytes a host may take at the worst moment, names of its files and a row of the table: 1 to 2 kB seen. Its findings would be 30 kB."""

PEAK = """
import sys, tracemalloc
tracemalloc.start(1)
from tlslint.cli.commands import cli
try:
    cli(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code, ended.code
print(tracemalloc.get_traced_memory()[1])
"""


def peak(folder: Path, count: int) -> int:
    """Bytes at the worst moment of a run over hosts, of a process of its own: what others left to the collector decides when it looks."""
    for number in range(count):
        name, etc = f"host{number}.example.test", folder / f"host{number}" / "etc"
        (etc / "apache2").mkdir(parents=True)
        (etc / "postfix").mkdir()
        (etc / "apache2" / "apache2.conf").write_text(APACHE.format(name=name))
        (etc / "postfix" / "main.cf").write_text(MAIN_CF.format(name=name))
        (etc / "postfix" / "master.cf").write_text(MASTER_CF)
    options = ("--isolated", "--exit-zero", "--report", f"json={folder}.json", "--output-file", f"{folder}.txt", folder)
    ran = subprocess.run([sys.executable, "-c", PEAK, *options], capture_output=True, text=True, check=True, timeout=300)
    return int(ran.stdout)


def test_memory_does_not_grow_with_the_number_of_hosts(tmp_path: Path) -> None:
    few, many = (peak(tmp_path / str(count), count) for count in (FEW, MANY))
    each = (many - few) / (MANY - FEW)
    assert each < MOST, f"{each / 1024:.1f} kB a host"
