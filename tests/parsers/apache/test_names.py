"""Redirects that hang on the name a visitor asks for, and sites that have none."""

from pathlib import Path

import pytest

from tests.support.cli import tlslint

TO_BARE = "RewriteCond %{HTTP_HOST} ^www\\.example\\.test$ [NC]\nRewriteRule ^(.*)$ http://example.test/$1 [R=301,L]\n"
TO_HTTPS = "RewriteCond %{HTTPS} off\nRewriteRule ^(.*)$ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301]\n"
NO_FILE = "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\n"
WORDPRESS = f"RewriteBase /\nRewriteRule ^index\\.php$ - [L]\n{NO_FILE}RewriteRule . /index.php [L]\n"
ONE_PAGE = f"{NO_FILE}RewriteRule ^ index.html [L]\n"
ALONE = [
    (TO_BARE, "info", "visitors who come to www.example.test over HTTPS are sent on to plain HTTP: http://example.test/"),
    (
        f"{TO_BARE}RewriteCond %{{HTTPS}} off\nRewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R=301,L]\n",
        "warning",
        "visitors who come to www.example.test over HTTPS",
    ),
    (
        "RewriteCond %{HTTP_HOST} ^www\\.(.*)$ [NC]\nRewriteRule ^(.*)$ http://%1/$1 [R=301,L]\n",
        "info",
        "visitors who come to www.NAME over HTTPS are sent on to plain HTTP: http://NAME/",
    ),
    (
        "RewriteCond %{HTTP_HOST} =www.example.test\nRewriteRule ^(.*)$ https://www.example.test/$1 [R=301,L]\n",
        "error",
        "www.example.test redirects to itself for ever: https://www.example.test/",
    ),
    ("RewriteCond %{HTTPS} off\nRewriteRule ^(.*)$ https://%{HTTP_HOST}/$1 [R,L]\n", "warning", "temporary (302)"),
    (f"{WORDPRESS}{TO_HTTPS}", "warning", "only the front page is redirected: /some/page is still served over plain HTTP"),
    (f"{ONE_PAGE}{TO_HTTPS}", "info", "the redirect loses the page: /some/page is sent to https://NAME/index.html"),
]
"""What an .htaccess says, how bad that is, and the words for it."""
FINE = [
    "RewriteCond %{HTTP_HOST} ^www\\.example\\.test$\nRewriteRule ^(.*)$ https://example.test/$1 [R=301,L]\n",
    # html5 boilerplate: rules hand the scheme on in a variable, which counts at once; "www.NAME redirects to itself for ever" was said
    "RewriteCond %{HTTPS} =on\nRewriteRule ^ - [E=PROTO:https]\nRewriteCond %{HTTPS} !=on\nRewriteRule ^ - [E=PROTO:http]\n"
    "RewriteCond %{HTTP_HOST} ^www\\.(.+)$ [NC]\nRewriteRule ^ %{ENV:PROTO}://%1%{REQUEST_URI} [R=301,L]\n",
    f"{TO_HTTPS}{WORDPRESS}",
    f"{TO_HTTPS}{ONE_PAGE}",
    f"RewriteCond %{{DOCUMENT_ROOT}}/cache/$1.html -f\nRewriteRule ^(.*)$ /cache/$1.html [L]\n{TO_HTTPS}",  # who knows what is cached
    f"RewriteRule ^(.*)$ public/$1 [L]\n{TO_HTTPS}",  # there, another .htaccess may say more
    # plain HTTP stays plain HTTP
    "RewriteCond %{HTTPS} !=on\nRewriteCond %{HTTP_HOST} ^www\\.(.+)$ [NC]\nRewriteRule ^ http://%1%{REQUEST_URI} [R=301,L]\n",
]


def findings(root: Path, *arguments: str) -> str:
    return tlslint(root, "--output-format", "concise", "--target", "debian-12", *arguments).out


@pytest.mark.parametrize(("text", "severity", "message"), ALONE)
def test_an_htaccess_is_tried_with_the_names_it_speaks_of(text: str, severity: str, message: str, tmp_path: Path) -> None:
    (tmp_path / ".htaccess").write_text(f"RewriteEngine On\n{text}")
    said = findings(tmp_path)
    assert f": {severity} TLS406" in said
    assert message in said
    assert "localhost" not in tlslint(tmp_path).out, "nobody wrote that name"
    assert ".invalid" not in tlslint(tmp_path).out


@pytest.mark.parametrize("text", FINE)
def test_and_is_left_alone_where_it_leads_nobody_astray(text: str, tmp_path: Path) -> None:
    (tmp_path / ".htaccess").write_text(f"RewriteEngine On\n{text}")
    assert findings(tmp_path) == ""


def test_rules_that_spare_localhost_redirect_everybody_else(tmp_path: Path) -> None:
    """A false negative once: the site without a name was asked for as localhost."""
    spared = (
        "RewriteCond %{HTTPS} off\nRewriteCond %{HTTP_HOST} !^localhost\nRewriteRule ^(.*)$ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301]\n"
    )
    (tmp_path / ".htaccess").write_text(f"RewriteEngine On\n{spared}")
    assert "redirects to HTTPS" in tlslint("effective", tmp_path).out


PAIR = """LoadModule mpm_event_module x.so
LoadModule ssl_module x.so
LoadModule rewrite_module x.so
LoadModule dir_module x.so
DocumentRoot /var/www/html
Listen 80
Listen 443
<VirtualHost *:80>
ServerName {first}
ServerAlias {second}
RewriteEngine On
RewriteCond %{{HTTP_HOST}} ={redirected}
RewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R=301,L]
</VirtualHost>
<VirtualHost *:443>
ServerName example.test
ServerAlias www.example.test
SSLEngine on
SSLCertificateFile /etc/ssl/x.pem
</VirtualHost>
"""


@pytest.mark.parametrize("first", ["example.test", "www.example.test"])
@pytest.mark.parametrize("redirected", ["example.test", "www.example.test"])
def test_each_name_is_redirected_or_not(first: str, redirected: str, tmp_path: Path) -> None:
    """Once the first name spoke for all: "www.example.test and example.test are served over plain HTTP", or silence."""
    second, served = (({"example.test", "www.example.test"} - {name}).pop() for name in (first, redirected))
    (tmp_path / "apache2.conf").write_text(PAIR.format(first=first, second=second, redirected=redirected))
    said = findings(tmp_path, "--select", "TLS405")
    assert f"{served} is served over plain HTTP as well" in said
    assert "and" not in said.partition("no-https-redirect")[2]


SECURE = """LoadModule mpm_event_module x.so
LoadModule ssl_module x.so
LoadModule headers_module x.so
LoadModule alias_module x.so
LoadModule rewrite_module x.so
Listen 443
<VirtualHost *:443>
ServerName www.example.test
ServerAlias example.test
DocumentRoot /var/www/html
SSLEngine on
SSLCertificateFile /etc/ssl/x.pem
{}
</VirtualHost>
"""
CANONICAL = "RewriteEngine On\nRewriteCond %{SERVER_NAME} =example.test\nRewriteRule ^ http://www.example.test%{REQUEST_URI} [R=301,L]"


def test_the_servers_own_name_is_not_what_was_asked_for(tmp_path: Path) -> None:
    """With `UseCanonicalName On` SERVER_NAME is the ServerName, whoever is asked for: this rule never acts (seen on 2.4.71)."""
    (tmp_path / "apache2.conf").write_text(SECURE.format(CANONICAL))
    assert "visitors who come to example.test" in findings(tmp_path, "--select", "TLS406")
    (tmp_path / "apache2.conf").write_text("UseCanonicalName On\n" + SECURE.format(CANONICAL))
    assert findings(tmp_path, "--select", "TLS406") == ""


HSTS = 'Header always set Strict-Transport-Security "max-age=63072000"'
IN_FOLDER = f"<Directory /var/www/html>\n{HSTS}\n</Directory>\nRedirectMatch 301 ^/$ /en/"


@pytest.mark.parametrize("more", ["", "\nErrorDocument 404 http://other.test/\n<Location /nowhere>\nRequire all granted\n</Location>"])
def test_pages_behind_a_redirected_front_page_are_pages(more: str, tmp_path: Path) -> None:
    """`www.example.test:443 sends no Strict-Transport-Security` was said of the redirect; an ErrorDocument's was taken for the redirect."""
    (tmp_path / "apache2.conf").write_text("LoadModule authz_core_module x.so\n" + SECURE.format(IN_FOLDER + more))
    said = findings(tmp_path, "--select", "TLS501,TLS505")
    assert "TLS501" not in said
    assert "redirects go out without this Strict-Transport-Security line" in said
