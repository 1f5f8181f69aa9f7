"""Eight times the text takes about eight times the time, whatever the text: no pattern, list or lookup goes over it again and again.

Processor time in a process of its own; quadratic work would take sixty-four times as long.
"""

import os
import pickle
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import tlslint

# ruff: noqa: E501 (a table)

TIMES = 8
MOST = 40

SITE = "<VirtualHost *:443>\nServerName s{n}.example.test\nSSLEngine on\nSSLProtocol TLSv1.2\nSSLCipherSuite HIGH:!aNULL\n</VirtualHost>\n"

SHAPES: dict[str, tuple[str, int, Callable[[int], str]]] = {
    "comments": ("apache2.conf", 20_000, lambda n: "# a comment\n" * n),
    "directives": ("apache2.conf", 5_000, lambda n: "SSLCipherSuite HIGH:!aNULL\n" * n),
    "virtual hosts": ("apache2.conf", 150, lambda n: "Listen 443\n" + "".join(SITE.format(n=k) for k in range(n))),
    "virtual hosts of one name": ("apache2.conf", 150, lambda n: "Listen 443\n" + SITE.format(n=0) * n),
    "aliases": ("apache2.conf", 3_000, lambda n: "Listen 80\n<VirtualHost *:80>\nServerAlias " + " ".join(f"a{k}.test" for k in range(n)) + "\n</VirtualHost>\n"),
    "listen": ("apache2.conf", 300, lambda n: "".join(f"Listen {1024 + k}\n" for k in range(n))),
    "words": ("apache2.conf", 20_000, lambda n: "SSLProtocol " + "all " * n + "\n"),
    "continued lines": ("apache2.conf", 10_000, lambda n: "SSLProtocol " + "all \\\n" * n + "\n"),
    "variables": ("apache2.conf", 5_000, lambda n: "Define A x\nServerAdmin " + "${A} \\\n" * n + "\n"),
    "quotes": ("apache2.conf", 10_000, lambda n: 'ServerAdmin "' + '\\"' * n + '"\n'),
    "sections": ("apache2.conf", 2_000, lambda n: "<Directory /x>\nOptions None\n</Directory>\n" * n),
    "closing lines": ("apache2.conf", 5_000, lambda n: "</VirtualHost>\n" * n),
    "unknown names": ("apache2.conf", 300, lambda n: "".join(f"SSLProtokol{k} x\n" for k in range(n))),
    "cipher words": ("apache2.conf", 1_500, lambda n: "Listen 443\n<VirtualHost *:443>\nSSLEngine on\nSSLCipherSuite " + ":".join(f"!X{k}" for k in range(n)) + ":HIGH\n</VirtualHost>\n"),
    "headers": ("apache2.conf", 400, lambda n: 'Listen 80\nHeader set Strict-Transport-Security "max-age=1"\n' * n),
    "rewrite rules": ("apache2.conf", 300, lambda n: "Listen 80\nRewriteEngine on\n" + "RewriteRule ^/x /y [R]\n" * n),
    "main.cf": ("main.cf", 500, lambda n: "".join(f"x{k} = $y{k} z\n" for k in range(n))),
    "main.cf continued": ("main.cf", 8_000, lambda n: "smtpd_tls_protocols = !SSLv2" + ",\n !SSLv3" * n + "\n"),
    "main.cf braces": ("main.cf", 400, lambda n: "x = " + "${a?{" * n + "}}" * n + "\n"),
    "master.cf": ("master.cf", 100, lambda n: "".join(f"{1024 + k} inet n - n - - smtpd\n  -o smtpd_tls_security_level=may\n" for k in range(n))),
    "dovecot": ("dovecot.conf", 4_000, lambda n: "ssl_min_protocol = TLSv1.2\n" * n),
    "dovecot blocks": ("dovecot.conf", 1_000, lambda n: "local 10.0.0.1 {\n ssl = yes\n}\n" * n),
    "dovecot nesting": ("dovecot.conf", 1_000, lambda n: "a {\n" * n + "}\n" * n),
    "courier": ("imapd-ssl", 5_000, lambda n: "TLS_PROTOCOL=TLS1\n" * n),
    "slapd.conf": ("slapd.conf", 5_000, lambda n: "TLSProtocolMin 3.3\n" * n),
    "slapd.conf continued": ("slapd.conf", 10_000, lambda n: "TLSCipherSuite HIGH" + "\n :!aNULL" * n + "\n"),
    "ldif": ("cn=config.ldif", 3_000, lambda n: "dn: cn=config\nobjectClass: olcGlobal\n" + "olcTLSProtocolMin: 3.3\n" * n),
    "ldif folded": ("cn=config.ldif", 8_000, lambda n: "dn: cn=config\nobjectClass: olcGlobal\nolcTLSCipherSuite: HIGH" + "\n  x" * n + "\n"),
}  # fmt: skip


def seconds(path: Path) -> float:
    """Processor seconds of one run in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
        began = time.process_time()
        ran = tlslint("--exit-zero", "--output-format", "concise", path)
        taken = time.process_time() - began
        with os.fdopen(writing, "wb") as stream:
            pickle.dump((taken, ran.err), stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    assert data, "more than 30 seconds"
    taken, said = pickle.loads(data)
    assert "please report" not in said, said
    return float(taken)


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_text(shape: str, tmp_path: Path) -> None:
    name, size, make = SHAPES[shape]
    times = []
    for factor in (1, TIMES):
        folder = tmp_path / str(factor)
        folder.mkdir()
        (folder / name).write_text(make(size * factor))
        times.append(min(seconds(folder) for _ in range(2 if factor == 1 else 1)))
    small, large = times
    assert large < max(small, 0.1) * MOST, f"{small:.2f} s, then {large:.2f} s"
