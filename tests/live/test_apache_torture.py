"""Text that trips parsers of httpd's language up: some take what httpd refuses, some refuse what it takes. `apache2 -t` is the judge."""

import subprocess
from pathlib import Path

import pytest

from tests.live import test_apache_tls as httpd

pytestmark = httpd.pytestmark

MORE = "LoadModule rewrite_module {0}/mod_rewrite.so\nLoadModule headers_module {0}/mod_headers.so\n".format(httpd.MODULES)  # noqa: UP032

SNIPPETS: dict[str, bytes] = {
    "empty quotes behind a module": b'<IfModule mod_rewrite.c="">\nRewriteEngine on\n</IfModule>\n',
    "quote that is never closed in a section": b'<Location ~ "/(.*)/adm>\nRequire all denied\n</Location>\n',
    "latin-1 byte in a string": b'ErrorDocument 404 "pas trouv\xe9"\n',
    "byte-order mark": b"\xef\xbb\xbf",
    "list split over lines, indented": b"SSLCipherSuite \\\n  ECDHE+AESGCM:\\\n  !aNULL\n",
    "comment behind a value": b"SSLProtocol all -SSLv3 # comment\n",
    "unclosed virtual host": b"<VirtualHost *:443>\nServerName a.test\n",
    "define": b"Define port 443\n<VirtualHost *:${port}>\n</VirtualHost>\n",
    "define that fills in": b"Define versions TLSv1.2\nSSLProtocol -all +${versions}\n",
    "macro": b"<Macro Host $name>\n<VirtualHost *:443>\nServerName $name\n</VirtualHost>\n</Macro>\nUse Host a.test\nUse Host b.test\n",
    "macro nobody wrote": b"Use Nobody a.test\n",
    "version": b"<IfVersion >= 2.4>\nSSLProtocol TLSv1.2\n</IfVersion>\n<IfVersion < 2.4>\nSSLLog nowhere\n</IfVersion>\n",
    "if": b"<If \"%{HTTP_HOST} == 'a.test'\">\nHeader set X y\n</If>\n",
    "carriage returns": b"SSLProtocol TLSv1.2\r\n<IfModule ssl_module>\r\nSSLHonorCipherOrder on\r\n</IfModule>\r\n",
    "mixed case": b"sslPROTOCOL tlsv1.2\n<ifMODULE ssl_module>\nSSLhonorcipherORDER ON\n</IFmodule>\n",
    "rewrite map": b"RewriteMap low int:tolower\nRewriteEngine on\nRewriteRule ^/(.*)$ /${low:$1} [R]\n",
}


REWRITING = r"""
RewriteRule ^a(\ |b)$ /x [R,L]
RewriteRule "^a b$" /x [R]
RewriteRule "^a\"b" /x [R]
RewriteRule "a"/b [R]
RewriteRule ^a$ "/x y" [R]
RewriteRule ^a$ /x [R, L]
RewriteRule ^a$ /x "[R, L]"
RewriteRule ^a$ /x [R] more
RewriteRule ^a$
RewriteRule 'a' '/x'
RewriteRule ^a$ /x [R,L
RewriteRule ^a$ -
RewriteCond %{HTTP_HOST} ^a\ b$ [NC]
RewriteCond %{HTTP_HOST} "^a b$" [NC,OR]
RewriteCond %{HTTP_HOST} ^a b [NC]
RewriteCond %{HTTP_HOST}
RewriteRule "" /x
RewriteRule ^a$ ""
RewriteRule \\ /x
RewriteRule "a\" b" /x [R]
""".strip().split("\n")
"""Lines that mod_rewrite splits itself."""


@pytest.mark.parametrize("name", SNIPPETS)
def test_taken_or_refused_as_httpd_does(name: str, tmp_path: Path) -> None:
    (tmp_path / "htdocs").mkdir()
    base = (httpd.BASE.format(root=tmp_path, modules=httpd.MODULES) + MORE).encode()
    snippet = SNIPPETS[name]
    config = tmp_path / "apache2.conf"
    config.write_bytes(snippet + base if name == "byte-order mark" else base + snippet)
    told = subprocess.run([httpd.HTTPD, "-t", "-f", str(config)], capture_output=True, text=True, errors="replace", check=False)
    instance = httpd.predict(tmp_path)
    assert instance.starts.surely is (told.returncode == 0), told.stderr
    if told.returncode:
        assert instance.problems, "a refusal has a finding"


def test_a_variable_of_an_environment_nobody_saw_is_no_promise(tmp_path: Path) -> None:
    """httpd refuses `${versions}` as it stands; started with such a variable it may not."""
    (tmp_path / "htdocs").mkdir()
    (tmp_path / "apache2.conf").write_text(httpd.BASE.format(root=tmp_path, modules=httpd.MODULES) + "SSLProtocol ${versions}\n")
    for value, taken in ((None, False), ("TLSv1.2", True)):
        environment = {"versions": value} if value else {}
        told = subprocess.run([httpd.HTTPD, "-t", "-f", f"{tmp_path}/apache2.conf"], capture_output=True, env=environment, check=False)
        assert (told.returncode == 0) is taken
    assert not httpd.predict(tmp_path).starts.is_known


@pytest.mark.parametrize("line", REWRITING)
def test_words_of_mod_rewrite(line: str, tmp_path: Path) -> None:
    (tmp_path / "htdocs").mkdir()
    base = httpd.BASE.format(root=tmp_path, modules=httpd.MODULES) + MORE
    (tmp_path / "apache2.conf").write_text(f"{base}RewriteEngine on\n{line}\n")
    told = subprocess.run([httpd.HTTPD, "-t", "-f", f"{tmp_path}/apache2.conf"], capture_output=True, text=True, check=False)
    assert httpd.predict(tmp_path).starts.surely is (told.returncode == 0), told.stderr
