"""What httpd is started with: `-D` names that a distribution keeps in a file of its own."""

import json
from pathlib import Path

import pytest

from tests.support.cli import tlslint

HTTPD = "LoadModule mpm_event_module x.so\nListen 80\n<IfDefine SSL>\nListen 443\n</IfDefine>\n<IfDefine STATUS>\nListen 81\n</IfDefine>\n"

FLAGS = [
    ("etc/sysconfig/apache2", 'APACHE_MODULES="ssl"\nAPACHE_SERVER_FLAGS="SSL"\n', [80, 443]),
    ("etc/sysconfig/apache2", 'APACHE_SERVER_FLAGS="-D SSL -DSTATUS"\n', [80, 443, 81]),
    ("etc/sysconfig/apache2", 'APACHE_SERVER_FLAGS=""\n', [80]),
    ("etc/conf.d/apache2", 'APACHE2_OPTS="-D DEFAULT_VHOST -D SSL -D LANGUAGE"\n', [80, 443]),
    ("etc/conf.d/apache2", '# APACHE2_OPTS="-D SSL"\n', [80]),
]


def ports(root: Path) -> list[int | None]:
    document = json.loads(tlslint("effective", "--output-format", "json", root).out)
    return [endpoint["port"] for endpoint in document["instances"][0]["endpoints"]]


@pytest.mark.parametrize(("path", "text", "expected"), FLAGS)
def test_flags_of_suse_gentoo_and_alpine(path: str, text: str, expected: list[int], tmp_path: Path) -> None:
    for name, content in ((path, text), ("etc/apache2/httpd.conf", HTTPD)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert ports(tmp_path) == expected


def test_flags_of_red_hat(tmp_path: Path) -> None:
    for name, content in (("etc/sysconfig/httpd", "OPTIONS='-D SSL'\n"), ("etc/httpd/conf/httpd.conf", HTTPD)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert ports(tmp_path) == [80, 443]


def test_without_that_file_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "etc" / "apache2").mkdir(parents=True)
    (tmp_path / "etc" / "apache2" / "httpd.conf").write_text(HTTPD)
    assert ports(tmp_path) == [80, 443, 81], "it may listen on all of them"
