"""What `make fuzz` found, each as small as it goes, with a line saying what broke."""

from pathlib import Path

import pytest

from tests.support.cli import tlslint

# ruff: noqa: E501 (configurations in one line)

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


NUMBERS: dict[str, str] = {
    "httpd/apache2.conf": "LoadModule rewrite_module m.so\nLoadModule alias_module m.so\nLoadModule headers_module m.so\nLoadModule ssl_module m.so\n"
    "Listen 80\nListen #\nSSLSessionCache shmcb:/x(#)\nSSLVerifyDepth #\nSSLVerifyDepth -#\n<IfVersion > #.#>\n</IfVersion>\n<IfVersion ~ 2{#}>\n"
    "</IfVersion>\n<VirtualHost *:#>\nServerName x:#\n</VirtualHost>\n<VirtualHost *:80>\nServerName x\nSSLOpenSSLConfCmd RecordPadding #\n"
    "Redirect # /x https://x/\nRedirect # https://x:#/\nRewriteEngine on\nRewriteRule ^ - [S=#]\nRewriteRule ^/y{#} https://x:#/ [R=#]\n"
    "RewriteCond %{SERVER_PORT} -eq#\nRewriteRule ^/z http://x:#/\nHeader set Strict-Transport-Security max-age=#\n"
    "ProxyPass / https://x:#/\nSSLProxyEngine on\nTimeout #\n</VirtualHost>\n",
    "htaccess/.htaccess": "Redirect # /x https://x/\nHeader set Strict-Transport-Security max-age=#\nRewriteEngine on\nRewriteRule ^ - [S=#]\n",
    "httpd-e-smith/etc/e-smith/templates-custom/etc/httpd/conf/httpd.conf/VirtualHosts/30x": '{ $OUT .= "SSLEngine on\\n" if ($port eq "#"); }\nListen #\n',
    "postfix/main.cf": "smtpd_tls_security_level = may\nsmtp_tls_security_level = may\nrelayhost = [x]:#\ncompatibility_level = 3.#\nsmtpd_tls_loglevel = #\n"
    "smtpd_tls_ask_ccert = --#\nsmtp_tls_loglevel = --1\nknown_tcp_ports = smtps=#\nsmtpd_tls_protocols = >=#\nlmtp_destination_concurrency_limit = #%\n"
    "x = ${{#} > {1}?{a}:{b}}\n",
    "postfix/master.cf": "smtp inet n - n - - smtpd\n# inet n - n - - smtpd\n127.0.0.1:# inet n - n # # smtpd\n",
    "dovecot/dovecot.conf": "protocols = imap\nlisten = 1.2.3.4:#\nimapc_port = #\nimapc_host = x\nmail_location = imapc:\nservice imap-login {\n"
    "  inet_listener imaps {\n    port = #\n  }\n  process_limit = #\n}\n",
    "courier/imapd-ssl": "SSLPORT=#,1.2.3.4.#\nif [ # -eq # ]; then\nTLS_PROTOCOL=TLSv1\nfi\nIMAPDSSLSTART=YES\nTLS_CERTFILE=/x\n",
    "openldap/slapd.conf": "TLSProtocolMin 3.#\nTLSProtocolMin #\nTLSVerifyClient #\nlocalSSF #\nsecurity ssf=#\ndatabase mdb\nsuffix dc=x\n"
    "syncrepl rid=# provider=ldap://x:# bindmethod=simple searchbase=dc=x tls_reqcert=demand\n",
    "openldap-2/slapd.d/cn=config.ldif": "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcLocalSSF: #\n",
    "openldap-2/slapd.d/cn=config/olcDatabase={#}mdb.ldif": "dn: olcDatabase={#}mdb\nobjectClass: olcMdbConfig\nolcDatabase: {#}mdb\n",
}
"""Every place of a number, `#`. `str.isdigit()` takes `²` and int() does not; int() refuses more than 4,300 digits."""


@pytest.mark.parametrize("number", [b"\xb2", b"9" * 5000, b"-1", b"+-1", b""], ids=["superscript", "long", "negative", "signs", "none"])
def test_what_is_no_number_stops_nothing(number: bytes, tmp_path: Path) -> None:
    for name, text in NUMBERS.items():
        path = tmp_path / name.replace("#", number[:9].decode("latin-1"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode().replace(b"#", number))
    for arguments in (("check", "--output-format", "concise"), ("effective",)):
        ran = tlslint(*arguments, tmp_path)
        assert ran.code in (0, 1), ran.err
        assert "please report" not in ran.err
