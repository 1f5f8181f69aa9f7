"""Remedies in httpd's words: which line, where, and nothing else."""

from pathlib import Path
from typing import NamedTuple

import pytest
from tlslint.parsers.apache import fixer

from tests.support.mending import Outcome, mend_files

MODULES = ("mpm_event", "authz_core", "alias", "headers", "rewrite", "macro", "proxy", "proxy_http", "socache_shmcb", "ssl")
HEAD = "ServerName host.example.test\n" + "".join(f"LoadModule {name}_module x.so\n" for name in MODULES) + "Listen 443\nListen 80\n"
LIST = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
MODERN = "-all +TLSv1.2 +TLSv1.3"


def site(body: str, name: str = "www.example.test", port: int = 443) -> str:
    certificate = "" if port == 80 else "    SSLCertificateFile /etc/ssl/c.pem\n"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"<VirtualHost *:{port}>\n    ServerName {name}\n{lines}{certificate}</VirtualHost>\n"


PLAIN = site("DocumentRoot /srv", port=80)


class Case(NamedTuple):
    """`rules` on `target`: lines that go (-) and come (+)."""

    text: str
    rules: str
    lines: list[str]
    target: str = "debian-12"
    profile: str = "mozilla-intermediate"
    unsafe: bool = True


ON = "SSLEngine on"
CASES = {
    "versions in place": Case(
        site(f"{ON}\nSSLProtocol   all"), "TLS1", ["-    SSLProtocol   all", f"+    SSLProtocol   {MODERN}"], "debian-11"
    ),
    "versions by default: below SSLEngine": Case(site(ON), "TLS1", [f"+    SSLProtocol {MODERN}"], "debian-11"),
    "versions of a profile": Case(
        site(f"{ON}\nSSLProtocol all"), "TLS1", ["-    SSLProtocol all", "+    SSLProtocol -all +TLSv1.3"], profile="mozilla-modern"
    ),
    "a version more is safe": Case(
        site(f"{ON}\nSSLProtocol all -TLSv1.3"),
        "TLS1",
        ["-    SSLProtocol all -TLSv1.3", "+    SSLProtocol -all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3"],
        "debian-11",
        unsafe=False,
    ),
    "no version of 1.3 where httpd has none": Case(
        site(f"{ON}\nSSLProtocol all -SSLv3"), "TLS102", ["-    SSLProtocol all -SSLv3", f"+    SSLProtocol {MODERN}"], "debian-11"
    ),
    "quotes stay": Case(
        site(f'{ON}\nSSLCipherSuite "ALL:!aNULL"'), "TLS2,TLS3", ['-    SSLCipherSuite "ALL:!aNULL"', f'+    SSLCipherSuite "{LIST}"']
    ),
    "the word SSL stays": Case(
        site(f"{ON}\nSSLCipherSuite SSL ALL"), "TLS2,TLS3", ["-    SSLCipherSuite SSL ALL", f"+    SSLCipherSuite SSL {LIST}"]
    ),
    "a list by default": Case(site(ON), "TLS2,TLS3", [f"+    SSLCipherSuite {LIST}"]),
    "a list of TLS 1.3 alone": Case(
        site(f"{ON}\nSSLCipherSuite TLSv1.3 TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256\nSSLCipherSuite ECDHE+AESGCM"),
        "TLS208",
        [
            "-    SSLCipherSuite TLSv1.3 TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256",
            "+    SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        ],
    ),
    "strong suites first, the same ones": Case(
        site(f"{ON}\nSSLHonorCipherOrder on\nSSLCipherSuite AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"),
        "TLS211",
        [
            "-    SSLCipherSuite AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256",
            "+    SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA",
        ],
        unsafe=False,
    ),
    "a word less of a list in quotes, over two lines": Case(
        site(f'{ON}\nSSLCipherSuite \\\n    "AES256-SHA \\\n     ECDHE+AESGCM !aNULL"'),
        "TLS301",
        ['-        "AES256-SHA \\', '-         ECDHE+AESGCM !aNULL"', '+        "ECDHE+AESGCM:!aNULL"'],
    ),
    "level behind": Case(
        site(f"{ON}\nSSLCipherSuite ECDHE+AESGCM:@SECLEVEL=0"),
        "TLS215",
        ["-    SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=0", "+    SSLCipherSuite ECDHE+AESGCM"],
    ),
    "level before": Case(
        site(f"{ON}\nSSLCipherSuite @SECLEVEL=0:ECDHE+AESGCM"),
        "TLS215",
        ["-    SSLCipherSuite @SECLEVEL=0:ECDHE+AESGCM", "+    SSLCipherSuite ECDHE+AESGCM"],
    ),
    "level between": Case(
        site(f"{ON}\nSSLCipherSuite ECDHE+AESGCM:@SECLEVEL=1:ECDHE+CHACHA20"),
        "TLS215",
        ["-    SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=1:ECDHE+CHACHA20", "+    SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20"],
    ),
    "a shared line that is wrong for the server itself too: no second one below it": Case(
        f"Listen 8443 https\n{ON}\nSSLCertificateFile /etc/ssl/c.pem\nSSLCipherSuite ECDHE+AESGCM:DHE+AESGCM\n"
        + site(ON, port=8443)
        + site(f"{ON}\nSSLProtocol TLSv1.3", "other.example.test", port=8443),
        "TLS303",
        ["-SSLCipherSuite ECDHE+AESGCM:DHE+AESGCM", "+SSLCipherSuite ECDHE+AESGCM"],
    ),
    "order": Case(
        site(f"{ON}\nSSLHonorCipherOrder off"), "TLS210", ["-    SSLHonorCipherOrder off", "+    SSLHonorCipherOrder on"], unsafe=False
    ),
    "OpenSSL's own commands": Case(
        site(f"{ON}\nSSLOpenSSLConfCmd MinProtocol TLSv1\nSSLOpenSSLConfCmd CipherString DEFAULT"),
        "TLS1,TLS2,TLS3",
        [
            "-    SSLOpenSSLConfCmd MinProtocol TLSv1",
            "-    SSLOpenSSLConfCmd CipherString DEFAULT",
            "+    SSLOpenSSLConfCmd MinProtocol TLSv1.2",
            f"+    SSLOpenSSLConfCmd CipherString {LIST}",
        ],
        "debian-11",
    ),
    "groups of the first virtual host": Case(
        site(f"{ON}\nSSLOpenSSLConfCmd Groups secp224r1:prime256v1", "a.test") + site(ON, "b.test"),
        "TLS304",
        ["-    SSLOpenSSLConfCmd Groups secp224r1:prime256v1", "+    SSLOpenSSLConfCmd Groups X25519:prime256v1:secp384r1"],
    ),
    "a hybrid group in front": Case(
        site(f"{ON}\nSSLOpenSSLConfCmd Curves X25519:prime256v1"),
        "TLS305",
        ["-    SSLOpenSSLConfCmd Curves X25519:prime256v1", "+    SSLOpenSSLConfCmd Curves X25519MLKEM768:X25519:prime256v1"],
        "debian-13",
    ),
    "the first virtual host decides on versions": Case(
        site(f"{ON}\nSSLProtocol all", "a.test") + site(ON, "b.test"),
        "TLS102",
        ["-    SSLProtocol all", f"+    SSLProtocol {MODERN}"],
        "debian-11",
    ),
    "a macro": Case(
        f"<Macro Site $name>\n{site(f'{ON}{chr(10)}SSLProtocol all', '$name')}</Macro>\nUse Site a.test\nUse Site b.test\n",
        "TLS102",
        ["-    SSLProtocol all", f"+    SSLProtocol {MODERN}"],
        "debian-11",
    ),
    "a variable": Case(
        "Define LIST ALL\n" + site(f"{ON}\nSSLCipherSuite ${{LIST}}"),
        "TLS2,TLS3",
        ["-    SSLCipherSuite ${LIST}", f"+    SSLCipherSuite {LIST}"],
    ),
    "lines joined": Case(
        site(f'{ON}\nSSLCipherSuite "ALL:\\\n  !aNULL:\\\n  !MD5"'),
        "TLS2,TLS3",
        ['-    SSLCipherSuite "ALL:\\', "-      !aNULL:\\", '-      !MD5"', f'+    SSLCipherSuite "{LIST}"'],
    ),
    "HSTS: the first stage, below the settings of TLS": Case(
        site(f"DocumentRoot /srv\n{ON}"), "TLS501", ['+    Header always set Strict-Transport-Security "max-age=300"']
    ),
    "HSTS: with every answer": Case(
        site(f'{ON}\nHeader set Strict-Transport-Security "max-age=31536000" env=HTTPS'),
        "TLS505",
        [
            '-    Header set Strict-Transport-Security "max-age=31536000" env=HTTPS',
            '+    Header always set Strict-Transport-Security "max-age=31536000"',
        ],
    ),
    "HSTS: one line, and not over plain HTTP": Case(
        'Header set Strict-Transport-Security "max-age=63072000"\n' + site(ON) + PLAIN,
        "TLS5",
        [
            '-Header set Strict-Transport-Security "max-age=63072000"',
            '+Header always set Strict-Transport-Security "max-age=63072000" "expr=%{HTTPS} == \'on\'"',
        ],
    ),
    "HSTS: the line browsers read stays": Case(
        site(f'{ON}\nHeader set Strict-Transport-Security "max-age=300"\nHeader always set Strict-Transport-Security "max-age=63072000"'),
        "TLS506",
        ['-    Header set Strict-Transport-Security "max-age=300"'],
    ),
    "HSTS: to the next stage and no further": Case(
        site(f'{ON}\nHeader always set Strict-Transport-Security "max-age=60"'),
        "TLS5",
        [
            '-    Header always set Strict-Transport-Security "max-age=60"',
            '+    Header always set Strict-Transport-Security "max-age=300"',
        ],
    ),
    "HSTS: a stage that nobody knows to be waited out stays": Case(
        site(f'{ON}\nHeader always set Strict-Transport-Security "max-age=604800"'), "TLS5", []
    ),
    "HSTS: preload goes, the rest stays": Case(
        site(f'{ON}\nHeader always set Strict-Transport-Security "max-age=2592000; includeSubDomains; preload"'),
        "TLS510,TLS511",
        [
            '-    Header always set Strict-Transport-Security "max-age=2592000; includeSubDomains; preload"',
            '+    Header always set Strict-Transport-Security "max-age=2592000; includeSubDomains"',
        ],
    ),
    "headers that came and went": Case(
        site(f'{ON}\nHeader set Public-Key-Pins "pin-sha256=\\"x\\"; max-age=10"\nHeader always set Expect-CT "max-age=1"'),
        "TLS520,TLS521",
        ['-    Header set Public-Key-Pins "pin-sha256=\\"x\\"; max-age=10"', '-    Header always set Expect-CT "max-age=1"'],
    ),
    "a redirect to HTTPS": Case(site(ON) + PLAIN, "TLS405", ["+    Redirect permanent / https://www.example.test/"]),
    "a redirect for good": Case(
        site(ON) + site("Redirect / https://www.example.test/", port=80),
        "TLS406",
        ["-    Redirect / https://www.example.test/", "+    Redirect permanent / https://www.example.test/"],
    ),
    "a rewritten one for good": Case(
        site(ON) + site("RewriteEngine on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=302,NE]", port=80),
        "TLS406",
        [
            "-    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=302,NE]",
            "+    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301,NE]",
        ],
    ),
    "a redirect to itself": Case(
        site(f"{ON}\nRedirect permanent / https://www.example.test/") + PLAIN,
        "TLS406",
        ["-    Redirect permanent / https://www.example.test/"],
    ),
    "a variable that is not there yet": Case(
        site(f"{ON}\nRewriteEngine on\nRewriteCond %{{ENV:HTTPS}} !=on\nRewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R=301,L]")
        + PLAIN,
        "TLS406",
        ["-    RewriteCond %{ENV:HTTPS} !=on", "+    RewriteCond %{HTTPS} !=on"],
    ),
    "a rule without a condition": Case(
        site(f"{ON}\nRewriteEngine on\nRewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R=301,L]") + PLAIN,
        "TLS406",
        ["+    RewriteCond %{HTTPS} !=on"],
    ),
    "what httpd 2.2 had": Case(
        "SSLMutex default\nLockFile /x\nNameVirtualHost *:443\n" + site(ON),
        "TLS8,TLS9",
        ["-SSLMutex default", "-LockFile /x", "-NameVirtualHost *:443"],
        unsafe=False,
    ),
    "a comment behind a value": Case(
        site(f"{ON}\nSSLProtocol all -SSLv3 # old phones\nSSLHonorCipherOrder on # ours"),
        "TLS8,TLS9",
        [
            "-    SSLProtocol all -SSLv3 # old phones",
            "-    SSLHonorCipherOrder on # ours",
            "+    # old phones",
            "+    SSLProtocol all -SSLv3",
            "+    # ours",
            "+    SSLHonorCipherOrder on",
        ],
        unsafe=False,
    ),
    "words of somebody else": Case(
        site(f'{ON}\nSSLProtocol "all,-SSLv3"\nSSLHonorCipherOrder yes\nSSLCipherSuite HIGH !aNULL'),
        "TLS8,TLS9",
        [
            '-    SSLProtocol "all,-SSLv3"',
            "-    SSLHonorCipherOrder yes",
            "-    SSLCipherSuite HIGH !aNULL",
            "+    SSLProtocol all -SSLv3",
            "+    SSLHonorCipherOrder on",
            '+    SSLCipherSuite "HIGH !aNULL"',
        ],
        unsafe=False,
    ),
    "an upgrade nobody asks for": Case(site("SSLEngine optional"), "TLS8", ["-    SSLEngine optional", "+    SSLEngine on"]),
    "a certificate and no TLS": Case(site("SSLEngine off"), "TLS407", ["-    SSLEngine off", "+    SSLEngine on"]),
    "stapling without a cache": Case(
        site(f"{ON}\nSSLUseStapling on"), "TLS704", ["-    SSLUseStapling on", "+    SSLUseStapling off"], unsafe=False
    ),
    "a cache inside a virtual host": Case(
        site(f"{ON}\nSSLStaplingCache shmcb:/run/stapling(32768)\nSSLUseStapling on"),
        "TLS704",
        ["+SSLStaplingCache shmcb:/run/stapling(32768)", "-    SSLStaplingCache shmcb:/run/stapling(32768)"],
        unsafe=False,
    ),
    "a cache inside each of two virtual hosts": Case(
        site(f"{ON}\nSSLStaplingCache shmcb:/run/stapling(32768)\nSSLUseStapling on")
        + site(f"{ON}\nSSLStaplingCache shmcb:/run/other(32768)", "other.example.test"),
        "TLS704",
        [
            "+SSLStaplingCache shmcb:/run/stapling(32768)",
            "-    SSLStaplingCache shmcb:/run/stapling(32768)",
            "-    SSLStaplingCache shmcb:/run/other(32768)",
        ],
    ),
    "a session cache inside a virtual host, and one outside": Case(
        "SSLSessionCache shmcb:/run/cache(512000)\n" + site(f"{ON}\nSSLSessionCache shmcb:/run/other(512000)"),
        "TLS901",
        ["-    SSLSessionCache shmcb:/run/other(512000)"],
    ),
    "client certificates": Case(
        site(f"{ON}\nSSLVerifyClient optional\nSSLCACertificateFile /ca.pem"),
        "TLS706",
        ["-    SSLVerifyClient optional", "+    SSLVerifyClient require"],
    ),
    "outgoing: chain": Case(
        site(f"{ON}\nSSLProxyEngine on\nSSLProxyCACertificateFile /ca.pem\nProxyPass /a https://b.test/"),
        "TLS602",
        ["+    SSLProxyVerify require"],
    ),
    "outgoing: name": Case(
        site(
            f"{ON}\nSSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCheckPeerName off\nSSLProxyCACertificateFile /c\nProxyPass /a https://b.test/"
        ),
        "TLS603",
        ["-    SSLProxyCheckPeerName off", "+    SSLProxyCheckPeerName on"],
    ),
    "outgoing: versions": Case(
        site(f"{ON}\nSSLProtocol {MODERN}\nSSLProxyEngine on\nSSLProxyProtocol all\nProxyPass /a https://b.test/"),
        "TLS1",
        ["-    SSLProxyProtocol all", f"+    SSLProxyProtocol {MODERN}"],
        "debian-11",
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_case(name: str, line_end: str, tmp_path: Path) -> None:
    case = CASES[name]
    data = (HEAD + case.text).replace("\n", line_end).encode()
    outcome = mend_files(
        tmp_path,
        {"etc/apache2/apache2.conf": data},
        target=case.target,
        select=tuple(case.rules.split(",")),
        profile=case.profile,
        unsafe=case.unsafe,
    )
    told = [(one.finding.code, one.why) for one in outcome.mended.withheld]
    assert sorted(line.rstrip("\r") for line in outcome.lines) == sorted(case.lines), told
    assert all(line.endswith(line_end.removesuffix("\n")) for line in outcome.lines)
    if case.unsafe:
        assert not told


def of(tmp_path: Path, files: dict[str, str], *rules: str, target: str = "debian-11") -> Outcome:
    return mend_files(tmp_path, {name: text.encode() for name, text in files.items()}, target=target, select=rules)


def test_a_line_others_share_is_changed_where_the_finding_names_them_all(tmp_path: Path) -> None:
    both = site("Include options.conf", "a.test") + site("Include options.conf", "b.test")
    files = {"etc/apache2/apache2.conf": HEAD + both, "etc/apache2/options.conf": f"{ON}\nSSLProtocol all"}
    outcome = of(tmp_path, files, "TLS102")
    assert outcome.files["etc/apache2/options.conf"] == f"{ON}\nSSLProtocol {MODERN}".encode()
    assert outcome.files["etc/apache2/apache2.conf"] == (HEAD + both).encode()


def test_a_line_others_share_stays_where_one_alone_is_at_fault(tmp_path: Path) -> None:
    """OpenSSL's level holds the old versions back everywhere but in one site: that one gets a line of its own."""
    strong = f"{ON}\nSSLCipherSuite ECDHE+AESGCM:ECDHE+SHA1"
    text = HEAD + "SSLProtocol all\n" + site(f"{strong}:@SECLEVEL=0", "weak.test") + site(strong, "strong.test")
    outcome = of(tmp_path, {"etc/apache2/apache2.conf": text}, "TLS102", target="debian-12")
    assert {finding.endpoints for finding in outcome.before.findings} == {("weak.test:443",)}
    assert outcome.lines == [f"+    SSLProtocol {MODERN}"]
    assert outcome.files["etc/apache2/apache2.conf"].decode().index(MODERN) < text.index("strong.test")
    assert [one.also for one in outcome.mended.fixed] == [()]


def test_the_last_line_of_a_file_may_lack_its_end(tmp_path: Path) -> None:
    text = HEAD + "<VirtualHost *:443>\n\tSSLCertificateFile /etc/ssl/c.pem\n\tInclude tls.conf\n</VirtualHost>\n"
    files = {"etc/apache2/apache2.conf": text, "etc/apache2/tls.conf": "\tSSLEngine on\n\tSSLProtocol all"}
    outcome = of(tmp_path, files, "TLS102")
    assert outcome.files["etc/apache2/tls.conf"] == f"\tSSLEngine on\n\tSSLProtocol {MODERN}".encode()


HTACCESS = {
    "with every answer": (
        'Header set Strict-Transport-Security "max-age=63072000" env=HTTPS\n',
        'Header always set Strict-Transport-Security "max-age=63072000"\n',
    ),
    "preload goes": (
        '<IfModule mod_headers.c>\n\tHeader always set Strict-Transport-Security "max-age=2592000; preload"\n</IfModule>\n',
        '<IfModule mod_headers.c>\n\tHeader always set Strict-Transport-Security "max-age=2592000"\n</IfModule>\n',
    ),
    "for good": (
        "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^(.*)$ https://%{HTTP_HOST}/$1 [R,L]\n",
        "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^(.*)$ https://%{HTTP_HOST}/$1 [R=301,L]\n",
    ),
    "what nobody reads": ('Header set Expect-CT "max-age=1"\nOptions -Indexes\n', "Options -Indexes\n"),
    "pasted": (
        "Header always set Strict-Transport-Security \u201cmax-age=63072000; includeSubDomains\u201d\n",
        'Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"\n',
    ),
    "nothing to mend": ("RewriteEngine on\nRewriteRule ^old$ new [L]\n", "RewriteEngine on\nRewriteRule ^old$ new [L]\n"),
}


@pytest.mark.parametrize("name", HTACCESS)
def test_htaccess(name: str, tmp_path: Path) -> None:
    before, after = HTACCESS[name]
    outcome = of(tmp_path, {"srv/www/.htaccess": before}, "TLS4", "TLS5", "TLS8", "TLS9")
    assert outcome.files["srv/www/.htaccess"].decode() == after, [one.why for one in outcome.mended.withheld]
    assert not outcome.mended.commands  # it is read with every request


def test_modules_that_are_not_there_are_named_with_the_command_that_enables_them(tmp_path: Path) -> None:
    text = HEAD.replace("LoadModule headers_module x.so\n", "") + site(ON)
    outcome = of(tmp_path, {"etc/apache2/apache2.conf": text}, "TLS501")
    assert [one.why for one in outcome.mended.withheld] == ["mod_headers is not loaded: a2enmod headers first"]


_TEMPLATE = "etc/e-smith/templates-custom/etc/httpd/conf/httpd.conf/VirtualHosts/04StrictTransportSecurity"


@pytest.mark.parametrize(
    ("target", "root", "command"),
    [
        # where the root file lies tells the family, whatever was assumed or said
        ("debian-12", "etc/apache2/apache2.conf", "apachectl configtest && systemctl reload apache2"),
        ("debian-12", "etc/httpd/conf/httpd.conf", "apachectl configtest && systemctl reload httpd"),
        ("rhel-9", "etc/httpd/conf/httpd.conf", "apachectl configtest && systemctl reload httpd"),
        ("arch", "etc/httpd/conf/httpd.conf", "apachectl configtest && systemctl reload httpd"),
        ("freebsd-14", "usr/local/etc/apache24/httpd.conf", "service apache24 configtest && service apache24 reload"),
        # several have it here
        ("suse-15.6", "etc/apache2/httpd.conf", "start_apache2 -t && systemctl reload apache2"),
        ("alpine-3.22", "etc/apache2/httpd.conf", "rc-service apache2 configtest && rc-service apache2 reload"),
        # built by hand, and in a container
        ("debian-12", "usr/local/apache2/conf/httpd.conf", "apachectl configtest && apachectl graceful"),
        ("debian-12", _TEMPLATE, "expand-template /etc/httpd/conf/httpd.conf && apachectl configtest && systemctl reload httpd-e-smith"),
        ("debian-12", "srv/www/.htaccess", None),
    ],
)
def test_commands(target: str, root: str, command: str | None, tmp_path: Path) -> None:
    outcome = of(tmp_path, {root: "# nothing\nSSLOptions +StdEnvVars\n"}, target=target)
    instance = outcome.before.instances[0]
    assert tuple(fixer.commands(instance, [root])) == ((command,) if command else ())
