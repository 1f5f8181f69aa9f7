"""Headers and redirects of a real httpd: every predicted Strict-Transport-Security line, in order, and every predicted target.

Virtual hosts of generated configurations share a few servers on the usual ports of a loopback address nobody else uses, since ports decide
what a redirect means. Asked are all kinds of answers: pages, httpd's own errors, redirects of each module, refusals, programs, backends.

What httpd answers is kept, too, for those who have none: `TLSLINT_RECORD=write pytest tests/live/test_apache_answers.py` writes it to
tests/data/live, and tests/parsers/apache/test_answers.py holds the same predictions against it.
"""

import functools
import http.client
import itertools
import json
import lzma
import os
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
from tlslint.files import Files
from tlslint.model import TlsMode
from tlslint.parsers.apache import evaluate
from tlslint.parsers.apache.request import Answer, Host, Request, Surroundings, UnknownAnswerError, answer
from tlslint.targets import load

from tests.live import test_apache_tls as httpd
from tests.support.world import LIVE

pytestmark = httpd.pytestmark

# ruff: noqa: E501 (configurations in one line)

ADDRESS = "127.77.0.1"
HTTP, HTTPS, BACKEND, DEAD = 80, 443, 8077, 8078
HSTS = "Strict-Transport-Security"
MODULES = (
    "headers", "alias", "rewrite", "dir", "env", "setenvif", "cgid", "proxy_http", "auth_basic", "authn_core", "authn_file",
    "authz_user", "authz_host",
)  # fmt: skip


class Case(NamedTuple):
    """`lines` for the virtual host (`$R`: its folder), files below its folder, and which configuration of the main server it needs."""

    name: str
    lines: str
    files: tuple[tuple[str, str], ...] = ()
    main: str = ""


def value(age: int) -> str:
    return f'{HSTS} "max-age={age}"'


# Header lines: every action, table, scope and condition

BEFORE = f"Header set {value(20)}\nHeader always set {value(10)}\n"
ACTIONS = {
    "set": f"set {value(3)}",
    "setifempty": f"setifempty {value(3)}",
    "add": f"add {value(3)}",
    "append": f'append {HSTS} "includeSubDomains"',
    "append same": f"append {value(10)}",
    "merge": f"merge {value(3)}",
    "merge same": f"merge {value(20)}",
    "unset": f"unset {HSTS}",
    "echo": f"echo {HSTS}",
    "edit": f'edit {HSTS} "max-age=(\\d)" "max-age=9$1"',
    "edit no match": f'edit {HSTS} "nothing" "max-age=0"',
    "edit*": f'edit* {HSTS} "\\d" "7"',
    "note": f"note {HSTS} seen",
}
TABLES = ("", "always ", "onsuccess ")
SCOPES = {
    "Directory": "<Directory $R>\n{}\n</Directory>",
    "DirectoryMatch": '<DirectoryMatch "^$R">\n{}\n</DirectoryMatch>',
    "Files": "<Files index.html>\n{}\n</Files>",
    "FilesMatch": '<FilesMatch "\\.html$">\n{}\n</FilesMatch>',
    "Location": "<Location />\n{}\n</Location>",
    "Location of a part": "<Location /denied>\n{}\n</Location>",
    "LocationMatch": '<LocationMatch "^/(r301|index)">\n{}\n</LocationMatch>',
    "If": "<If \"%{HTTPS} == 'on'\">\n{}\n</If>",
    "If not": "<If \"%{HTTPS} != 'on'\">\n{}\n</If>",
    "Else": "<If \"%{HTTPS} != 'on'\">\n</If>\n<Else>\n{}\n</Else>",
}
CONDITIONS = {
    "env=HTTPS": "env=HTTPS",
    "env=https": "env=https",
    "env=!HTTPS": "env=!HTTPS",
    "early": "early",
    "SetEnv": "env=SET",
    "SetEnvIf": "env=MATCHED",
    "not SetEnvIf": "env=!MATCHED",
    "RewriteRule": "env=REWRITTEN",
    "SSL_PROTOCOL": "env=SSL_PROTOCOL",
    "expr on": "\"expr=%{HTTPS} == 'on'\"",
    "expr off": "\"expr=%{HTTPS} == 'off'\"",
    "expr scheme": "\"expr=%{REQUEST_SCHEME} == 'https'\"",
    "expr status": '"expr=%{REQUEST_STATUS} >= 400"',
    "expr uri": '"expr=%{REQUEST_URI} =~ m#^/(index|r301)#"',
}
VALUES = {
    "env in value": 'SetEnv AGE 5\nHeader set {} "max-age=%{AGE}e"\nHeader always set {} "max-age=%{AGE}e"',
    "per cent": 'Header always set {} "max-age=5; x=100%%"',
    "expr value": 'Header always set {} "expr=max-age=%{SERVER_PORT}"',
    "colon": 'Header always set "{}:" "max-age=5"',
    "case": 'Header always set strict-transport-security "max-age=5"\nHEADER ALWAYS SET STRICT-TRANSPORT-SECURITY "max-age=6"',
    "quotes": "Header always set {} '\"max-age=1\"'",
    "one word": "Header always set {} max-age=1;includeSubDomains",
    "continued": 'Header always \\\n  set {} \\\n  "max-age=5; \\\n  includeSubDomains"',
    "open quote": 'Header always set {} "max-age=5; includeSubDomains',
    "curly": "Header always set {} “max-age=31536000”",
    "per cent at the end": 'Header always set {} "max-age=5; x=%"',
    "nothing in value": 'Header always set {} "max-age=5; x=%{NOBODY}e%e%{SSL_PROTOCOL}s"',
    "backslashes": r'Header always set {} "max-age=5; \\x=a\\\\b\tc\d\\"',
    "colon and more": 'Header always set "{}: max-age=7" "max-age=5"',
    "expr early": 'Header always set {} "EXPR=max-age=5"',
    "blank before the comma": 'Header always set {} "max-age=5 ,x"\nHeader always merge {} "max-age=5"\nHeader always merge {} "x"',
    "comma in quotes": "Header always set {} 'max-age=\"5,6\", x'\nHeader always merge {} '6\"'\nHeader always merge {} 'max-age=\"5,6\"'",
    "blank to merge": 'Header always set {} "max-age=5, x"\nHeader always merge {} " x"',
    "edit once": 'Header always set {} "max-age=55"\nHeader always edit {} "5" "6"',
    "edit* at the start": 'Header always set {} "aaa, max-age=5"\nHeader always edit* {} "^a" "b"',
    "edit* at the end": 'Header always set {} "max-age=5aa"\nHeader always edit* {} "a$" "b"',
    "edit* behind": 'Header always set {} "max-age=5aa"\nHeader always edit* {} "(?<=a)a" "b"',
    "edit of groups": r'Header always set {} "max-age=5"\nHeader always edit {} "(max)-(x)?(age)" "$3&$2\&\$1\x$7$0"'.replace(r"\n", "\n"),
    "two Ifs": '<If "true">\nHeader always add {} "max-age=1"\n</If>\n<If "true">\nHeader always add {} "max-age=2"\n</If>\n<ElseIf "true">\n'
    'Header always add {} "max-age=3"\n</ElseIf>\n<Else>\nHeader always add {} "max-age=4"\n</Else>',
    "edit of two lines": 'Header always add {} "max-age=5"\nHeader always add {} "max-age=6"\nHeader always edit {} "max" "min"',
}
OVERRIDES = (
    "AllowOverride None",
    "AllowOverride All",
    "AllowOverride FileInfo",
    "AllowOverride AuthConfig Limit",
    "AllowOverride AuthConfig Nonfatal=All",
    "AllowOverride Options=Indexes FileInfo",
    "AllowOverride None\nAllowOverrideList Header",
    "AllowOverride None\nAllowOverrideList Redirect RedirectMatch",
    "AllowOverrideList None",
)
IN_FOLDERS = {
    "Header": f"Header always set {value(1)}",
    "If": f"<If true>\nHeader always add {value(1)}\n</If>",
    "IfModule": f"<IfModule mod_headers.c>\nHeader always add {value(1)}\n</IfModule>\n<IfModule !mod_headers.c>\nNoSuch thing\n</IfModule>",
    "Files": f"<Files index.html>\nHeader add {value(1)}\n</Files>",
    "server's own": "SSLProtocol all",
    "access": "Require all granted",
    "open section": f"<Files index.html>\nHeader add {value(1)}",
    "curly quotes": f"Header always set {HSTS} “max-age=1; includeSubDomains”",
    "nothing": "# only a remark",
}
TABLE_6_1 = {
    "set": f"Header set {value(1)}",
    "always set": f"Header always set {value(1)}",
    "always set env": f"Header always set {value(1)} env=HTTPS",
    "always set expr": f"Header always set {value(1)} \"expr=%{{HTTPS}} == 'on'\"",
}
ENVIRONMENT = "SetEnv SET 1\nSetEnvIf Host . MATCHED=1\nRewriteRule ^/index - [E=REWRITTEN:1]\nRewriteRule ^/rw301e https://elsewhere.test/ [E=REWRITTEN:1,R=301,L]\n"
MAINS = {
    "": "",
    "always": f"Header always set {value(50)}\n",
    "both": f"Header always set {value(50)}\nHeader set {value(51)}\n",
    "scopes": f"<Location />\nHeader always add {value(52)}\n</Location>\n<Directory />\nHeader set {value(53)}\n</Directory>\n"
    f"<Files index.html>\nHeader always add {value(54)}\n</Files>\n<If true>\nHeader add {value(55)}\n</If>\n",
}
OWN = {
    "nothing": "",
    "unset": f"Header unset {HSTS}",
    "always unset": f"Header always unset {HSTS}",
    "set": f"Header set {value(2)}",
    "always set": f"Header always set {value(2)}",
    "add": f"Header always add {value(2)}",
    "robust": f"Header onsuccess unset {HSTS}\nHeader always set {value(2)}",
    "folder": f"<Directory $R>\nHeader always set {value(2)}\n</Directory>",
    "place": f"<Location /index.html>\nHeader always edit {HSTS} ^ x\n</Location>",
}


@functools.cache
def header_cases() -> tuple[Case, ...]:
    found = [
        Case(f"{table}{name} {'after' if before else 'alone'}", f"{before}Header {table}{line}")
        for (name, line), table, before in itertools.product(ACTIONS.items(), TABLES, ("", BEFORE))
    ]
    for scope, template in SCOPES.items():
        for table, (name, line) in itertools.product(TABLES[:2], list(ACTIONS.items())[:3:2]):
            found.append(Case(f"{scope} {table}{name}", BEFORE + template.replace("{}", f"Header {table}{line}")))
    for table, (name, line) in itertools.product(TABLES, ACTIONS.items()):
        found.append(Case(f".htaccess {table}{name}", BEFORE, ((".htaccess", f"Header {table}{line}\n"),)))
    for table, (name, condition) in itertools.product(TABLES[:2], CONDITIONS.items()):
        found.append(Case(f"{name} {table}", f"{ENVIRONMENT}Header {table}{ACTIONS['set']} {condition}"))
    found.append(
        Case(
            "early and late",
            f"Header always set {value(8)} early\nHeader always set {value(9)}\nHeader set {value(7)} early\nHeader add {value(6)}",
        )
    )
    found += [Case(name, template.replace("{}", HSTS)) for name, template in VALUES.items()]
    found += [Case(f"6.1 {name}", line) for name, line in TABLE_6_1.items()]
    found += [Case(f"6.1 {name}, error document", f"{line}\nErrorDocument 404 /index.html") for name, line in TABLE_6_1.items()]
    found += [
        Case(
            "deep folders",
            BEFORE,
            ((".htaccess", f"Header add {value(1)}\n"), ("dir/.htaccess", f"Header add {value(2)}\nHeader always add {value(3)}\n")),
        ),
        Case(
            "sections in .htaccess",
            BEFORE,
            ((".htaccess", f"<Files index.html>\nHeader add {value(1)}\n</Files>\n<If true>\nHeader always add {value(2)}\n</If>\n"),),
        ),
        Case(
            "condition in .htaccess", BEFORE, ((".htaccess", f"Header set {value(1)} env=HTTPS\nHeader always set {value(2)} env=HTTPS\n"),)
        ),
    ]
    for override, (name, line) in itertools.product(OVERRIDES, IN_FOLDERS.items()):
        lines = f"{BEFORE}<Directory $R>\n{override}\n</Directory>"
        found.append(Case(f"{override}: {name}".replace("\n", ", "), lines, ((".htaccess", line + "\n"), ("dir/.htaccess", ""))))
    for main, (name, line) in itertools.product(list(MAINS)[1:], OWN.items()):
        found.append(Case(f"main {main}, own {name}", line, main=main))
    return tuple(found)


KINDS = {
    "200": "/index.html",
    "200 folder": "/",
    "404": "/nowhere",
    "404 below": "/dir/nowhere",
    "301 Redirect": "/r301/x",
    "301 RewriteRule": "/rw301",
    "301 RewriteRule with variable": "/rw301e",
    "301 mod_dir": "/dir?x=1",
    "301 .htaccess": "/sub/moved",
    "401": "/private/",
    "403": "/denied/",
    "500 Redirect": "/r500",
    "500 .htaccess": "/broken/index.html",
    "503": "/dead/",
    "proxied 200": "/proxied/index.html",
    "proxied 404": "/proxied/nowhere",
    "proxied 200 with a line of its own": "/sending/index.html",
    "CGI 200": "/cgi-bin/plain",
    "CGI 404": "/cgi-bin/missing",
    "CGI 200 with a line of its own": "/cgi-bin/sending",
}
"""By kind: a path that gets it."""
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept": "text/html,*/*;q=0.8"}
OF_PROGRAM = {"/cgi-bin/sending": ("max-age=77",)}
PROGRAMS = {
    "plain": "Content-Type: text/plain",
    "missing": "Status: 404 Not Found\\nContent-Type: text/plain",
    "sending": f"{HSTS}: max-age=77\\nContent-Type: text/plain",
}

SITE = """<VirtualHost {address}:443>
ServerName {name}
DocumentRoot {root}
SSLEngine on
SSLCertificateFile {top}/a-rsa.pem
SSLCertificateKeyFile {top}/a-rsa.key
ScriptAlias /cgi-bin/ {top}/cgi/
Redirect permanent /r301 https://elsewhere.test/there
Redirect 500 /r500
RewriteEngine on
RewriteRule ^/rw301$ https://elsewhere.test/ [R=301,L]
ProxyPass /proxied http://127.77.0.1:8077/
ProxyPass /sending http://127.77.0.1:8077/sending/
ProxyPass /dead http://127.77.0.1:8078/
<Location /denied>
Require all denied
</Location>
<Location /private>
AuthType Basic
AuthName private
AuthUserFile {top}/nobody
Require valid-user
</Location>
{lines}
</VirtualHost>
"""
COMMON = """ThreadsPerChild 32
MaxRequestWorkers 32
Listen {address}:80
Listen {address}:443
Listen {address}:8077
ScriptSock {top}/cgi.sock
<Directory {top}/sites>
AllowOverride All
</Directory>
<VirtualHost {address}:8077>
ServerName backend.test
DocumentRoot {top}/backend
<Location /sending>
Header set Strict-Transport-Security "max-age=99"
</Location>
Alias /sending {top}/backend
</VirtualHost>
"""


class Tree:
    """A configuration with many sites, the folders it serves, and what is predicted for them."""

    def __init__(self, text: str, files: dict[str, str]) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="tlslint-answers-", dir="/var/tmp"))
        self.top.chmod(0o755)
        httpd.lay_certificates(self.top)
        (self.top / "nobody").write_text("")
        for folder in ("htdocs", "cgi", "backend", "sites"):
            (self.top / folder).mkdir()
        (self.top / "backend/index.html").write_text("backend\n")
        for name, output in PROGRAMS.items():
            program = self.top / "cgi" / name
            program.write_text(f"#!/bin/sh\nprintf '{output}\\n\\nhello\\n'\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        for path, data in files.items():
            target = self.top / "sites" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(data)
        modules = "\n".join(f"LoadModule {name}_module {httpd.MODULES}/mod_{name}.so" for name in MODULES)
        self.text = f"{modules}\n{COMMON}{text}".replace("{address}", ADDRESS).replace("{top}", str(self.top))
        httpd.write(self.top, self.text)
        self.files = Files((str(self.top),), str(self.top))
        self.target = load(httpd.TARGET)
        self.found = evaluate.evaluate(f"{self.top}/apache2.conf", self.files, self.target, complete=True)

    def close(self) -> None:
        shutil.rmtree(self.top)

    def host(self, name: str, port: int, programs: tuple[str, ...]) -> Host:
        site = next(site for site in self.found.sites if site.door.port == port and site.server.name == name)
        others = tuple((one.server, one.door.host, one.door.port, one.endpoint.tls.holds(TlsMode.IMPLICIT)) for one in self.found.sites)
        return Host(site.server, Surroundings(self.found.reading, self.files, self.target, True, others), programs=programs)

    def predicted(self, name: str, path: str, *, https: bool) -> Answer:
        plain, _, query = path.partition("?")
        host = self.host(name, HTTPS if https else HTTP, OF_PROGRAM.get(path, ()))
        request = Request(https, name, HTTPS if https else HTTP, plain, query, fails="backend" if path.startswith("/dead") else "")
        return answer(host, request, HSTS)


Reply = tuple[int, str, list[str]]
"""Status, Location, and the header's lines in order."""


def question(scheme: str, name: str, path: str, method: str, headers: dict[str, str]) -> str:
    """A request in one line, as the record has it."""
    return " ".join([method, f"{scheme}://{name}{path}", *(f"{header}: {value}" for header, value in headers.items())])


class Asking(Protocol):
    """Whoever can be asked for what a site answers."""

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply: ...
    def close(self) -> None: ...


class Client:
    """One connection to one site, kept open as long as the server does. What it is told goes to `told`."""

    def __init__(self, name: str, told: dict[str, Reply], *, https: bool) -> None:
        self._name, self._https, self._told = name, https, told
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Once more where the server has closed a kept connection."""
        sent = {"Host": self._name, **BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            found = self._ask(path, method, sent)
        except http.client.RemoteDisconnected:
            self.close()
            found = self._ask(path, method, sent)
        self._told[question("https" if self._https else "http", self._name, path, method, headers)] = found
        return found

    def _ask(self, path: str, method: str, headers: dict[str, str]) -> Reply:
        if self._connection is None:
            raw: socket.socket = socket.create_connection((ADDRESS, HTTPS if self._https else HTTP), timeout=20)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._https:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                raw = context.wrap_socket(raw, server_hostname=self._name)
            self._connection = http.client.HTTPConnection(self._name)
            self._connection.sock = raw
        self._connection.request(method, path, headers=headers)
        response = self._connection.getresponse()
        response.read()
        found = (response.status, response.getheader("Location") or "", response.headers.get_all(HSTS) or [])
        if response.will_close:
            self.close()
        return found

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Servers(ABC):
    """One tree for each configuration of the main server, one after the other; whom to ask is for those below to say."""

    def __init__(self) -> None:
        self._tree: tuple[str, Tree] | None = None

    def of(self, key: str, text: str, files: dict[str, str]) -> Tree:
        if self._tree is None or self._tree[0] != key:
            self.close()
            self._tree = (key, Tree(text, files))
            self.start(self._tree[1])
        return self._tree[1]

    @abstractmethod
    def start(self, tree: Tree) -> None:
        """Make it ready to be asked."""

    @abstractmethod
    def client(self, name: str, *, https: bool) -> Asking:
        """Whoever asks one of the sites."""

    def close(self) -> None:
        if self._tree is not None:
            self._tree[1].close()
            self._tree = None


RECORD = LIVE / "apache-answers.json.xz"


class Started(Servers):
    """Real ones: all of them want the same ports."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Reply] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, tree: Tree) -> None:
        self._process, complaint = httpd.start(tree.top, tree.text)
        assert self._process is not None, complaint[-3000:]

    def client(self, name: str, *, https: bool) -> Client:
        return Client(name, self.told, https=https)

    def close(self) -> None:
        if self._process is not None:
            httpd.stop(self._process)
            self._process = None
        super().close()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    found = Started()
    yield found
    found.close()
    if os.environ.get("TLSLINT_RECORD") == "write":
        RECORD.write_bytes(lzma.compress(json.dumps(dict(sorted(found.told.items())), indent=0).encode()))


def _header_server(servers: Servers, main: str) -> Tree:
    text, files = [MAINS[main]], {}
    for number, case in enumerate(header_cases()):
        if case.main != main:
            continue
        root = f"{{top}}/sites/{number}"
        lines = case.lines.replace("$R", root)
        text.append(SITE.replace("{name}", f"h{number}.test").replace("{root}", root).replace("{lines}", lines))
        files |= {
            f"{number}/index.html": "hello\n",
            f"{number}/dir/index.html": "hello\n",
            f"{number}/sub/.htaccess": "RewriteEngine on\nRewriteRule ^moved https://elsewhere.test/ [R=301,L]\n",
            f"{number}/broken/.htaccess": "NoSuchDirective on\n",
            f"{number}/broken/index.html": "never seen\n",
            f"{number}/private/index.html": "secret\n",
            f"{number}/denied/index.html": "secret\n",
            **{f"{number}/{path}": data for path, data in case.files},
        }
    return servers.of(f"headers {main}", "\n".join(text), files)


each_case = pytest.mark.parametrize(
    ("number", "case"), sorted(enumerate(header_cases()), key=lambda pair: pair[1].main), ids=lambda part: getattr(part, "name", part)
)


@each_case
def test_header_lines_are_those_that_httpd_sends(number: int, case: Case, servers: Servers) -> None:
    running = _header_server(servers, case.main)
    client = servers.client(f"h{number}.test", https=True)
    different = []
    for kind, path in KINDS.items():
        status, location, lines = client.ask(path)
        try:
            made = running.predicted(f"h{number}.test", path, https=True)
        except UnknownAnswerError as error:
            if not (path.startswith("/cgi-bin/") and "REQUEST_STATUS" in case.lines):  # only the program knows its status
                different.append(f"{kind}: {status} {lines}, cannot tell: {error}")
            continue
        sent = [None if text is None else text.encode("latin-1").decode("latin-1") for text in made.values]
        if made.more or sent != lines or (made.status not in (0, status) and not path.startswith("/cgi-bin/")) or made.location != location:
            different.append(f"{kind}: {status} {location} {lines}, predicted {made.status} {made.location} {sent}")
    pages = [("304", "/index.html", "GET", {"If_None_Match": "*"}), ("OPTIONS", "/index.html", "OPTIONS", {})]
    first = next(index for index, other in enumerate(header_cases()) if other.main == case.main)
    if number == first and "<" not in MAINS[case.main]:  # a host nobody can read: the first virtual host answers, and no section counts
        pages.append(("400", "/r301/x", "GET", {"Host": "not a name"}))
    for kind, like, method, headers in pages:
        status, _, lines = client.ask("/index.html", method, **headers)
        made = running.predicted(f"h{number}.test", like, https=True)
        if lines != list(made.values):
            different.append(f"{kind}: {status} {lines}, predicted {list(made.values)} as for {like}")
    client.close()
    assert not different, "\n".join(different)


def test_there_are_enough_header_cases() -> None:
    assert len(header_cases()) >= 100


# Redirects: what people write to send visitors to HTTPS, and what comes of it


class Idiom(NamedTuple):
    """Lines for the plain site (`$H`: its name) and for its HTTPS site, and an .htaccess both share."""

    name: str
    plain: str = ""
    secure: str = ""
    htaccess: str = ""
    main: str = ""


def rule(conditions: str, pattern: str = "^", target: str = "https://%{HTTP_HOST}%{REQUEST_URI}", flags: str = "[R=301,L]") -> str:
    return f"RewriteEngine On\n{conditions}\nRewriteRule {pattern} {target} {flags}"


IDIOMS = (
    Idiom("nothing"),
    *(Idiom(f"Redirect {word}", f"Redirect {word} / https://$H/") for word in ("", "permanent", "temp", "301", "302", "303", "307", "308", "seeother")),
    Idiom("Redirect gone", "Redirect gone /"),
    Idiom("Redirect 410", "Redirect 410 /some"),
    Idiom("RedirectPermanent", "RedirectPermanent / https://$H/"),
    Idiom("RedirectTemp", "RedirectTemp / https://$H/"),
    Idiom("no slash", "Redirect permanent / https://$H"),
    Idiom("of a part", "Redirect permanent /some https://$H/other"),
    Idiom("of a part with slash", "Redirect permanent /some/ https://$H/other/"),
    Idiom("case of the path", "Redirect permanent /Some https://$H/other"),
    Idiom("RedirectMatch", "RedirectMatch permanent ^/?(.*)$ https://$H/$1"),
    Idiom("RedirectMatch whole", "RedirectMatch 301 ^(.*)$ https://$H$1"),
    Idiom("RedirectMatch loses the page", "RedirectMatch 301 .* https://$H/"),
    Idiom("RedirectMatch exempts challenges", "RedirectMatch 301 ^/(?!\\.well-known/acme-challenge/).* https://$H$0"),
    Idiom("RedirectMatch without status", "RedirectMatch ^/some/(.*) https://$H/$1"),
    Idiom("Redirect in Location", "<Location />\nRedirect 301 https://$H/\n</Location>"),
    Idiom("Redirect in If", "<If \"%{HTTPS} == 'off'\">\nRedirect 301 https://$H/\n</If>"),
    Idiom("Redirect in If, whole", "<If \"%{HTTPS} == 'off'\">\nRedirect permanent / https://$H/\n</If>"),
    Idiom("two redirects", "Redirect permanent /some https://$H/first\nRedirect permanent / https://$H/second/"),
    Idiom("order of redirects", "Redirect permanent / https://$H/first/\nRedirect permanent /some https://$H/second"),
    Idiom("Redirect before Alias", "Alias /.well-known/acme-challenge /var/tmp\nRedirect permanent / https://$H/"),
    Idiom("Redirect and ProxyPass !", "ProxyPass /.well-known !\nRedirect permanent / https://$H/"),
    Idiom("ProxyPass before Redirect", "ProxyPass / http://127.77.0.1:8077/\nRedirect permanent / https://$H/"),
    Idiom("ProxyPass of a part", "ProxyPass /.well-known/ http://127.77.0.1:8077/\nRedirect permanent / https://$H/"),
    Idiom("RewriteRule before ProxyPass", f"ProxyPass / http://127.77.0.1:8077/\n{rule('')}"),
    Idiom("Redirect before RewriteRule", f"Redirect permanent / https://$H/by-redirect/\n{rule('')}"),
    *(Idiom(f"pattern {pattern}", rule("", pattern, target)) for pattern, target in (
        ("^", "https://%{HTTP_HOST}%{REQUEST_URI}"), ("^(.*)$", "https://%{HTTP_HOST}$1"), ("(.*)", "https://%{SERVER_NAME}$1"),
        ("^/?(.*)", "https://%{SERVER_NAME}/$1"), (".*", "https://$H%{REQUEST_URI}"), ("^/(.*)$", "https://$H/$1"), ("!^/some", "https://$H/else"),
        ("^/(some)/(page)", "https://$H/$2/$1"), ("^/SOME", "https://$H/upper"),
    )),
    *(Idiom(f"flags {flags}", rule("", flags=flags)) for flags in ("[R]", "[R,L]", "[L]", "[R=302,L]", "[R=308,L,NE]", "[R=permanent,L]", "[END,R=307]", "[R=301,L,QSD]", "[R=301,NC]", "[R=404]", "[F]", "[G]")),
    Idiom("query kept", rule("", target="https://$H%{REQUEST_URI}?y=2", flags="[R=301,L,QSA]")),
    Idiom("query replaced", rule("", target="https://$H%{REQUEST_URI}?y=2")),
    Idiom("query dropped", rule("", target="https://$H%{REQUEST_URI}?")),
    *(Idiom(f"condition {condition}", rule(f"RewriteCond {condition}"), rule(f"RewriteCond {condition}")) for condition in (
        "%{HTTPS} off", "%{HTTPS} =off", "%{HTTPS} !on", "%{HTTPS} !=on", "%{HTTPS} ^off$ [NC]", "%{HTTPS} OFF", "%{HTTPS} OFF [NC]", "%{https} off",
        "%{HTTPS}s ^on(s)|", "%{SERVER_PORT} 80", "%{SERVER_PORT} ^80$", "%{SERVER_PORT} !443", "%{SERVER_PORT} !^443$", "%{SERVER_PORT} =80",
        "%{SERVER_PORT} -eq80", "%{REQUEST_SCHEME} =http", "%{REQUEST_SCHEME} !https", "%{HTTP:X-Forwarded-Proto} !https", "%{HTTP:X-Forwarded-Proto} =http",
        "expr \"%{HTTPS} != 'on'\"", "%{ENV:HTTPS} !on", "%{SERVER_PROTOCOL} !https", "%{HTTP_HOST} ^r", "%{HTTP_HOST} ^www\\.", "%{SERVER_NAME} =$H",
        "%{REQUEST_URI} !^/\\.well-known/acme-challenge/", "%{REQUEST_METHOD} !^(GET|HEAD)$", "%{THE_REQUEST} \\s/some", "%{QUERY_STRING} x=1",
    )),
    # what mod_rewrite makes of less common words (apply_rewrite_cond, compare_lexicography, cmd_rewriterule_setflag, do_expand)
    *(Idiom(f"flags {flags}", rule("", flags=flags)) for flags in (
        "[R=foo,L]", "[R=gone,L]", "[R=forbidden]", "[R=,L]", "[R=103]", "[R=304,L]", "[R=500]", "[R=-1,L]", "[R=505]", "[R=300]", "[R=400]", "[backrefescaping,R,L]", "[Dfoo,R]",
    )),
    *(Idiom(f"condition {condition}", rule(f"RewriteCond {condition}"), rule(f"RewriteCond {condition}")) for condition in (
        "%{SERVER_PORT} <9", "%{SERVER_PORT} >100", "%{SERVER_PORT} <=80", "%{SERVER_PORT} >=443", "%{SERVER_PORT} >=442", "%{SERVER_PORT} <81", "%{SERVER_PORT} !<81",
        "%{QUERY_STRING} =", "%{QUERY_STRING} <", '%{QUERY_STRING} =""', '%{QUERY_STRING} !=""', '%{QUERY_STRING} ""', "%{QUERY_STRING} !", "%{HTTPS} =OFF", "%{HTTPS} =OFF [NC]",
        "%{HTTPS} >OFE [NC]", "%{SERVER_PORT} -ne80", "%{SERVER_PORT} -lt443", "%{SERVER_PORT} !-lt443", "%{SERVER_PORT} -ge443", "%{SERVER_PORT} -gt80", "%{SERVER_PORT} -le80",
        "$0 ^/some", "%{REQUEST_URI} ^/(?!some)", "$R/index.html -f", "$R -d", "$R/index.html -s", "$R/none !-f", "$R/none -l", "$R/none !-x",
    )),
    *(Idiom(f"target {target} {flags}", rule("", "^/(some|index|with)(.*)", target, flags)) for target, flags in (
        ("other", "[R,L]"), ("-", "[R,L]"), ("-", "[R=404]"), ("-", "[L]"), ("http://$H/reduced", "[L]"), ("http://$H:80/reduced", "[L]"), ("http://$H:81/reduced", "[L]"),
        ("HTTP://$H/reduced", "[L]"), ("http://$H", "[L]"), ("https://$H/?p=$1", "[R,L]"), ("https://$H/?p=$1", "[R,L,QSA]"), ("https://$H/?", "[R,L,QSA]"), ("https://$H/", "[R,L,QSA]"),
        ("https://$H/?p=1", "[R,L,QSD]"), ("https://$H/x?a=1?b=2", "[R,L]"), ("https://$H/x?a=1?b=2", "[R,L,QSL]"), ("https://$H/$0/$9/\\$1", "[R,L]"), ("https://$H/#x", "[R,L]"),
        ("https://$H/#x", "[R,L,NE]"), ("https://$H$2", "[R,L,B]"), ("https://$H/?p=$2", "[R,L,B]"), ("https://$H/%{ENV:NOBODY}$1", "[R,L]"), ("/$1/second", "[L]"), ("/index.html", "[PT]"),
        ("/index.html", "[R]"), ("/index.html", "[L,R=308]"), ("ftp://$H/", "[R,L]"), ("//elsewhere.test/", "[R,L]"), ("https://$H/x$2", "[R,L,B]"), ("https://$H/x$2", "[R,L,B,BNP]"), ("https://$H/?p=$2", "[R,L,B,NE]"), ("http://other.test/", "[L]"), ("https://$H/%%{HTTPS}", "[R,L]"),
    )),
    *(Idiom(f"own URL, ServerName $H:{port}", f"ServerName $H:{port}\n{rule('', '^/(some|index|with)(.*)', target, '[L]')}") for port, target in (
        (80, "http://$H/reduced"), (80, "http://$H:80/reduced"), (80, "http://$H:81/reduced"), (80, "HTTP://$H/reduced"), (81, "http://$H/reduced"), (80, "https://$H/x"), (80, "http://x.test/"),
    )),
    Idiom("request line", rule("RewriteCond %{THE_REQUEST} \\s/index\\.html", "^/index\\.html$", "https://$H/")),
    Idiom("request line with blank", rule("RewriteCond %{THE_REQUEST} ^GET\\ /with%20blank\\ HTTP/1\\.1$")),
    Idiom("index by status", "RewriteEngine On\nRewriteRule ^/index - [F]"),
    Idiom("index gone", "RewriteEngine On\nRewriteRule ^/index - [G]"),
    Idiom("index elsewhere", "RewriteEngine On\nRewriteRule ^/index\\.html$ /none.html"),
    Idiom("index by Redirect", "Redirect /index.html https://$H/front"),
    Idiom("index without subrequests", "RewriteEngine On\nRewriteRule ^/index\\.html$ https://$H/front [NS]"),
    Idiom("two variables", f"RewriteEngine On\nRewriteRule ^/(some) - [E=ONE:$1,E=TWO]\n{rule('RewriteCond %{ENV:ONE}%{ENV:TWO} ^some$')}"),
    Idiom("ended, then .htaccess", "RewriteEngine On\nRewriteRule ^/some - [END]", htaccess="RewriteEngine On\nRewriteRule ^ https://$H/htaccess [R,L]"),
    Idiom("last, then .htaccess", "RewriteEngine On\nRewriteRule ^/some - [L]", htaccess="RewriteEngine On\nRewriteRule ^ https://$H/htaccess [R,L]"),
    Idiom("canonical index, .htaccess", htaccess="RewriteEngine On\nRewriteRule ^index\\.html$ / [R=301,L]"),
    Idiom("canonical index by request line, .htaccess", htaccess="RewriteEngine On\nRewriteCond %{THE_REQUEST} /index\\.html\nRewriteRule ^index\\.html$ https://$H/ [R=301,L]\nRewriteRule ^some index.html [L]"),
    Idiom("either of three", rule("RewriteCond %{REQUEST_URI} ^/some [OR]\nRewriteCond %{REQUEST_URI} ^/with [OR]\nRewriteCond %{REQUEST_URI} ^/index\nRewriteCond %{QUERY_STRING} ^$")),
    Idiom(".htaccess base elsewhere", htaccess="RewriteEngine On\nRewriteBase /base/\nRewriteRule ^some/(.*)$ other/$1 [R=301,L]"),
    Idiom("either of two, and", rule("RewriteCond %{REQUEST_URI} ^/some [OR]\nRewriteCond %{REQUEST_URI} ^/with\nRewriteCond %{QUERY_STRING} =x=1")),
    Idiom("a variable nobody knows", f"RewriteEngine On\nRewriteRule ^/some - [E=WHO:%{{REMOTE_ADDR}}]\n{rule('')}"),
    Idiom("either at the end", rule("RewriteCond %{REQUEST_URI} ^/some\nRewriteCond %{REQUEST_URI} ^/with [OR]")),
    Idiom("groups of the last condition", rule("RewriteCond %{HTTP_HOST} ^(r)\nRewriteCond %{REQUEST_URI} ^/(...)", target="https://$H/%1%2%0")),
    Idiom("groups, then none", rule("RewriteCond %{HTTP_HOST} ^(r)\nRewriteCond %{REQUEST_URI} !^/(x)", target="https://$H/%1")),
    Idiom("groups, then words", rule("RewriteCond %{HTTP_HOST} ^(r)\nRewriteCond %{HTTPS} =off", target="https://$H/%1")),
    Idiom("groups in a condition", rule("RewriteCond %{HTTP_HOST} ^(r)\nRewriteCond %1%{REQUEST_URI} ^r/some", target="https://$H/%0")),
    Idiom("groups of the pattern in a condition", rule("RewriteCond $1 =some", "^/([^/]*)")),
    Idiom("rounds", "RewriteEngine On\nRewriteRule ^(.*)e(.*)$ $1E$2 [N]\nRewriteRule ^(.*E.*)$ https://$H$1 [R,L]"),
    Idiom("skips two", f"RewriteEngine On\nRewriteRule ^/some - [S=2]\n{rule('')}\nRewriteRule ^ https://$H/second [R,L]\nRewriteRule ^ https://$H/third [R,L]"),
    Idiom("skips nothing", f"RewriteEngine On\nRewriteRule ^/some - [S]\n{rule('')}"),
    Idiom("chain of three", "RewriteEngine On\nRewriteRule ^/some - [C]\nRewriteRule page - [C]\nRewriteRule nothing https://$H/chained [R,L]\nRewriteRule ^ https://$H/free [R,L]"),
    Idiom("chain, broken early", "RewriteEngine On\nRewriteRule ^/none - [C]\nRewriteRule page - [C]\nRewriteRule ^ https://$H/chained [R,L]\nRewriteRule ^ https://$H/free [R,L]"),
    Idiom("chain to the end", "RewriteEngine On\nRewriteRule ^/none - [C]\nRewriteRule ^ https://$H/chained [R,L,C]"),
    Idiom("a variable of a rule", f"RewriteEngine On\nRewriteRule ^/some - [E=MINE:yes]\n{rule('RewriteCond %{ENV:MINE} yes')}"),
    Idiom("a variable taken back", f"RewriteEngine On\nRewriteRule ^/some - [E=MINE:yes]\nRewriteRule page - [E=!MINE]\n{rule('RewriteCond %{ENV:MINE} yes')}"),
    Idiom("redirected and rewritten", "RewriteEngine On\nRewriteRule ^/some https://$H/first [R=301]\nRewriteRule first https://$H/second"),
    Idiom("rewritten twice", "RewriteEngine On\nRewriteRule ^/some/(.*)$ /x/$1?a=1\nRewriteRule ^/x/(.*)$ https://$H/$1 [R,QSA]"),
    *(Idiom(f".htaccess {name}", htaccess=f"RewriteEngine On\nRewriteCond %{{HTTPS}} off\n{line}") for name, line in (
        ("groups", "RewriteRule ^(some)/(.*)$ https://$H/$2/$1/$0 [R,L]"), ("not", "RewriteRule !^some https://$H/ [R,L]"), ("own path", "RewriteRule ^some/page$ index.html [L]"),
        ("own URL", "RewriteRule ^some/page$ http://$H/index.html [L]"), ("status", "RewriteRule ^some/page$ - [R=410]"), ("end", "RewriteRule ^(.*)$ /index.html [END]"),
        ("query", "RewriteRule ^some/page$ https://$H/?q [R,QSA]"), ("slash", "RewriteRule ^/some https://$H/ [R,L]"), ("empty", "RewriteRule ^$ https://$H/front [R,L]"),
        ("no substitution", "RewriteRule ^some - [R,L]"), ("outside", "RewriteRule ^some /elsewhere [R=301,L]"), ("gone", "RewriteRule ^some - [G]"),
    )),
    *(Idiom(f"RedirectMatch {line}", f"RedirectMatch {line}") for line in (
        "301 ^/(some)/(page)?(x)? https://$H/$2/$1/$3/$4&$0", r"301 ^/some https://$H/\\$0\\&", "^/some /own", "temp page$ https://$H/", "gone ^/some", "404 ^/some", '302 "with blank" https://$H/',
    )),
    *(Idiom(f"Redirect {line}", f"Redirect {line}") for line in (
        "/some/page https://$H/exact", "/some/page/ https://$H/deeper", "/some /own", "302 /some https://$H/?a=1", "404 /some", "308 /some https://$H/", "/with https://$H/",
        '"/with blank" https://$H/blank', "permanent /some https://$H/x#y",
    )),
    *(Idiom(f"SetEnvIf {line}", f"SetEnvIf {line}\n{rule('RewriteCond %{ENV:MINE} yes', target='https://$H/%{ENV:MINE}')}") for line in (
        "Request_URI ^/some MINE=yes", "Request_URI ^/SOME MINE=yes", "Host . MINE", "Host . mine=yes", "Request_Method GET !MINE MINE=yes", "Request_Protocol 1\\.1 MINE=yes",
        "Host ^(r) MINE=$1yes", "Host ^x MINE=yes", "X-Forwarded-Proto ^$ MINE=yes",
    )),
    Idiom("SetEnvIfNoCase", f"SetEnvIfNoCase Request_URI ^/SOME MINE=yes\n{rule('RewriteCond %{ENV:MINE} yes')}"),
    Idiom("two conditions", rule("RewriteCond %{HTTPS} off\nRewriteCond %{REQUEST_URI} !^/\\.well-known")),
    Idiom("either condition", rule("RewriteCond %{HTTPS} on [OR]\nRewriteCond %{SERVER_PORT} 80")),
    Idiom("captured host", rule("RewriteCond %{HTTP_HOST} ^(?:www\\.)?(.+)$ [NC]", target="https://www.%1%{REQUEST_URI}")),
    Idiom("exemption by rule", f"RewriteEngine On\nRewriteRule ^/?\\.well-known/ - [L]\n{rule('')}"),
    Idiom("exemption by status", f"RewriteEngine On\nRewriteRule ^/some - [F]\n{rule('')}"),
    Idiom("skipped", f"RewriteEngine On\nRewriteRule ^/some - [S=1]\n{rule('')}"),
    Idiom("chained", "RewriteEngine On\nRewriteRule ^/some - [C]\nRewriteRule ^ https://$H/chained [R=301,L]\nRewriteRule ^ https://$H/free [R=302,L]"),
    Idiom("rewritten first", f"RewriteEngine On\nRewriteRule ^/some/(.*) /other/$1\n{rule('', '^(.*)', 'https://$H$1')}"),
    Idiom("no engine", "RewriteRule ^ https://$H%{REQUEST_URI} [R=301,L]"),
    Idiom("engine off", "RewriteEngine Off\nRewriteRule ^ https://$H%{REQUEST_URI} [R=301,L]"),
    Idiom("in Location", f"<Location />\n{rule('')}\n</Location>"),
    Idiom("in Directory", "<Directory $R>\nRewriteEngine On\nRewriteRule ^(.*)$ https://$H/$1 [R=301,L]\n</Directory>"),
    Idiom("to http", "Redirect permanent / http://elsewhere.test/"),
    Idiom("to itself", "Redirect permanent / http://$H/"),
    Idiom("to itself below", "Redirect permanent / http://$H/deeper/"),
    Idiom("front page to folder", "RedirectMatch ^/$ /folder/"),
    Idiom("HTTPS back to HTTP", "Redirect / https://$H/", "Redirect / http://$H/"),
    Idiom("HTTPS to itself", "Redirect / https://$H/", "Redirect / https://$H/"),
    Idiom("HTTPS to www", "Redirect / https://$H/", "Redirect permanent / https://www.elsewhere.test/"),
    Idiom("SSLRequireSSL", "<Location />\nSSLRequireSSL\n</Location>"),
    Idiom("SSLRequireSSL with page", "<Location />\nSSLRequireSSL\n</Location>\nErrorDocument 403 https://$H/"),
    Idiom("error page elsewhere", "ErrorDocument 404 https://$H/missing"),
    *(Idiom(f".htaccess {name}", htaccess=text) for name, text in {
        "condition": rule("RewriteCond %{HTTPS} off", "^(.*)$", "https://%{HTTP_HOST}%{REQUEST_URI}"),
        "condition, relative": rule("RewriteCond %{HTTPS} !=on", "^(.*)$", "https://%{HTTP_HOST}/$1"),
        "leading slash": rule("RewriteCond %{HTTPS} off", "^/(.*)", "https://%{HTTP_HOST}/$1"),
        "optional slash": rule("RewriteCond %{HTTPS} off", "^/?(.*)", "https://%{HTTP_HOST}/$1"),
        "port": rule("RewriteCond %{SERVER_PORT} 80", "^(.*)$", "https://$H/$1"),
        "environment": rule("RewriteCond %{ENV:HTTPS} !on", "^(.*)$", "https://$H/$1"),
        "without condition": rule("", "^(.*)$", "https://$H/$1"),
        "Redirect": "Redirect permanent / https://elsewhere.test/",
        "Redirect of a part": "Redirect 301 /some https://elsewhere.test/other",
        "front controller": "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /index.html [L]",
        "both": f"{rule('RewriteCond %{HTTPS} off', '^(.*)$', 'https://$H/$1')}\nRewriteCond %{{REQUEST_FILENAME}} !-f\nRewriteRule . /index.html [L]",
        "base": "RewriteEngine On\nRewriteBase /\nRewriteCond %{HTTPS} off\nRewriteRule (.*) https://$H/$1 [R=301,L]",
        "If": "<If \"%{HTTPS} == 'off'\">\nRedirect permanent / https://$H/\n</If>",
        "relative target": "RewriteEngine On\nRewriteBase /\nRewriteRule ^some/(.*)$ other/$1 [R=301,L]",
    }.items()),
    *(Idiom(f"main server: {name}", plain, main=main) for name, main, plain in (
        ("Redirect", "Redirect permanent / https://elsewhere.test/", ""),
        ("Redirect, own first", "Redirect permanent / https://elsewhere.test/", "Redirect permanent / https://$H/"),
        ("rules", "RewriteEngine On\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", ""),
        ("engine", "RewriteEngine On", "RewriteRule ^ https://$H%{REQUEST_URI} [R=301,L]"),
        ("rules, inherit, no engine", "RewriteEngine On\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", "RewriteOptions Inherit"),
        ("rules, engine", "RewriteEngine On\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", "RewriteEngine On"),
        ("rules, inherit", "RewriteEngine On\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", "RewriteEngine On\nRewriteOptions Inherit"),
        ("rules, inherit before", "RewriteEngine On\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", f"RewriteOptions InheritBefore\n{rule('')}"),
        ("down", "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", "RewriteEngine On"),
        ("down, no engine", "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", ""),
        ("down, ignored", "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule ^ https://elsewhere.test/ [R=301,L]", "RewriteEngine On\nRewriteOptions IgnoreInherit"),
    )),
)  # fmt: skip

MANAGED = f"LoadModule md_module {httpd.MODULES}/mod_md.so\nMDomain $NAMES\nMDCertificateAuthority https://127.77.0.1:1/\nMDCertificateAgreement accepted\n"
IDIOMS += tuple(
    Idiom(f"managed, {word}: {name}", plain, main=f"{MANAGED}MDRequireHttps {word}")
    for word in ("permanent", "temporary")
    for name, plain in (
        ("nothing else", ""),
        ("Redirect", "Redirect 302 / https://elsewhere.test/"),
        ("folder", "<Location />\nRequire all denied\n</Location>"),
    )
)

_ENVIRONMENT = "SetEnvIf Host . A=1\nSetEnvIf Request_URI ^/some A=2\n"
IDIOMS += (
    *(Idiom(f"conditions {conditions}".replace("\n", ", "), rule(conditions), rule(conditions)) for conditions in (
        "RewriteCond %{HTTPS} off [OR]", "RewriteCond %{HTTP_HOST} ^nowhere [OR]\nRewriteCond %{HTTP_HOST} ^nobody [OR]",
        "RewriteCond %{HTTP_HOST} ^nowhere [OR]\nRewriteCond %{HTTPS} off", "RewriteCond %{HTTPS} off [OR]\nRewriteCond %{HTTPS} on [OR]\nRewriteCond %{REQUEST_URI} ^/some",
        "RewriteCond %{HTTPS} on [OR]\nRewriteCond %{HTTPS} off\nRewriteCond %{REQUEST_URI} ^/some", "RewriteCond %{TIME_YEAR} <2000\nRewriteCond %{HTTP_HOST} ^nowhere",
        "RewriteCond %{REMOTE_PORT} >0 [OR]\nRewriteCond %{HTTPS} off\nRewriteCond %{HTTP_HOST} ^nowhere", "RewriteCond %{TIME_YEAR} >2000 [OR]\nRewriteCond %{HTTP_HOST} ^r",
        "RewriteCond %{HTTP_USER_AGENT} DavClnt", "RewriteCond %{HTTP_USER_AGENT} !bot [NC]", "RewriteCond %{HTTP:User-Agent} Firefox",
        "RewriteCond %{HTTP_USER_AGENT} ^$ [OR]\nRewriteCond %{HTTP_USER_AGENT} (?:wget|nikto|sqlmap) [NC]", "RewriteCond %{HTTP_ACCEPT} text/html",
    )),
    *(Idiom(f"{lines} as a condition".replace("\n", ", "), lines + rule("RewriteCond %{ENV:A} =2")) for lines in (
        _ENVIRONMENT, f"{_ENVIRONMENT}SetEnvIf Request_URI page$ !A\n", "SetEnvIf Request_URI ^/some A=2\nSetEnvIf Request_URI nowhere A=1\n",
        "RewriteEngine On\nRewriteRule ^ - [E=A:1,E=A:2]\n", "RewriteEngine On\nRewriteRule ^/(.) - [E=B:$1]\nRewriteCond %{ENV:B} s\nRewriteRule ^ - [E=A:2]\n",
        "RewriteEngine On\nRewriteRule ^ - [E=A:2]\nRewriteRule page - [E=!A]\n", "BrowserMatch Firefox A=2\n", "BrowserMatchNoCase firefox A=2\n", "BrowserMatch firefox A=2\n", "SetEnvIfNoCase User-Agent ^mozilla A=2\n", "SetEnvIf Referer . A=2\n",
    )),
)  # fmt: skip

PAGES = ("/", "/some/page", "/some/page?x=1", "/.well-known/acme-challenge/token", "/index.html", "/with%20blank")

PAIR = """<VirtualHost {address}:80>
ServerName {name}
DocumentRoot {root}
{plain}
</VirtualHost>
<VirtualHost {address}:443>
ServerName {name}
DocumentRoot {root}
SSLEngine on
SSLCertificateFile {top}/a-rsa.pem
SSLCertificateKeyFile {top}/a-rsa.key
{secure}
</VirtualHost>
"""


def _redirect_server(servers: Servers, main: str) -> Tree:
    names = " ".join(f"r{number}.test" for number, idiom in enumerate(IDIOMS) if idiom.main == main)
    text, files = [main.replace("$NAMES", names)], {}
    for number, idiom in enumerate(IDIOMS):
        if idiom.main != main:
            continue
        name, root = f"r{number}.test", f"{{top}}/sites/r{number}"
        pair = PAIR.replace("{plain}", idiom.plain).replace("{secure}", idiom.secure)
        text.append(pair.replace("{name}", name).replace("{root}", root).replace("$H", name).replace("$R", root))
        files |= {f"r{number}/index.html": "hello\n", f"r{number}/.htaccess": idiom.htaccess.replace("$H", name) + "\n"}
    return servers.of(f"redirects {main}", "\n".join(text), files)


each_idiom = pytest.mark.parametrize(
    ("number", "idiom"), sorted(enumerate(IDIOMS), key=lambda pair: pair[1].main), ids=lambda part: getattr(part, "name", part)
)


@each_idiom
def test_redirects_lead_where_httpd_sends_visitors(number: int, idiom: Idiom, servers: Servers) -> None:
    running = _redirect_server(servers, idiom.main)
    name = f"r{number}.test"
    different = []
    for https in (False, True):
        client = servers.client(name, https=https)
        for page in PAGES:
            status, location, _ = client.ask(page)
            try:
                made = running.predicted(name, page.replace("%20", " "), https=https)
            except UnknownAnswerError as error:
                different.append(f"{page}: {status} {location}, cannot tell: {error}")
                continue
            if (made.status, made.location) != (status, location):
                different.append(f"{'https' if https else 'http'} {page}: {status} {location}, predicted {made.status} {made.location}")
        client.close()
        site = next(site for site in running.found.sites if site.server.name == name and site.door.port == (HTTPS if https else HTTP))
        redirect = site.endpoint.http.redirect if site.endpoint.http is not None else None
        ends = followed(servers, name, https=https)
        if ends == "loop" and followed(servers, name, https=https, X_Forwarded_Proto="https") != "loop":
            ends = "loop unless forwarded"
        if ends != (redirect.ends if redirect is not None else ""):
            different.append(f"{'https' if https else 'http'} followed: {ends!r}, predicted {redirect}")
    assert not different, "\n".join(different)


def followed(servers: Servers, name: str, *, https: bool, **headers: str) -> str:
    """What comes of a visit to the front page: "" no redirect, else where it ends, in the model's words."""
    here = (https, name, "/")
    met = {here}
    for hop in itertools.count():
        client = servers.client(here[1], https=here[0])
        status, location, _ = client.ask(here[2], **headers)
        client.close()
        if not (300 <= status < 400 and location):
            return "here" if hop else ""
        scheme, _, rest = location.partition("://")
        host, _, path = rest.partition("/")
        host = host.removesuffix(":80" if scheme == "http" else ":443")
        if host != name:
            return "elsewhere"
        here = (scheme == "https", host, "/" + path)
        if here in met or hop > 20:
            return "loop"
        met.add(here)
    raise AssertionError


def test_there_are_enough_idioms() -> None:
    assert len(IDIOMS) >= 60
