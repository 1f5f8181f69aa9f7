"""One request through one server: which answer it gets, and which values of one header that answer carries.

The phases are those of server/request.c (ap_process_request_internal) of httpd 2.4: location walk, URL translation (mod_rewrite,
mod_proxy, mod_alias), directory walk with .htaccess, access and authorisation, fixups, handler. Which table of mod_headers goes out
depends on where the answer is made; checked against the runs behind tests/data/live.

Nothing is executed; whatever hangs on more than files say gives an unknown answer.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from tlslint.files import FileProblem, Files
from tlslint.model import Problem, SourceFile
from tlslint.model.struct import Struct
from tlslint.parsers.apache import directives, expression, headers
from tlslint.parsers.apache.environment import Environment
from tlslint.parsers.apache.read import Reader, Reading
from tlslint.parsers.apache.scopes import RefusedError
from tlslint.parsers.apache.tree import Directive, Node, Section
from tlslint.parsers.apache.vhosts import Server
from tlslint.parsers.carried import file_name
from tlslint.targets import Target

if TYPE_CHECKING:
    from tlslint.parsers.apache import rewrite

MAX_ROUNDS = 10
"""Internal redirects of one request (LimitInternalRecursion's default)."""

DIRECTORY_INDEX = ("index.html",)
"""Default of DirectoryIndex (mod_dir.c)."""


class UnknownAnswerError(Exception):
    """The answer hangs on what files do not tell; the text completes "cannot tell: …"."""


class Request(Struct):
    """A browser's GET. `host` is the Host header, `path` begins with `/`."""

    https: bool
    host: str
    port: int
    path: str
    query: str = ""
    fails: str = ""
    """How it is to end, whatever the disk says, once it is known which folder is meant: `backend` (no backend answers, an error of httpd's
    own), `refused` (403), `moved` (redirected by a rule of the folder), `missing` (404), `no` (there is such a page)."""
    is_forwarded: bool = False
    """Did it come through a proxy that spoke HTTPS with the visitor, and says so?"""
    line: str = ""
    """What the visitor asked for, path and query, where httpd goes on with another path."""
    is_index: bool = False
    """Has mod_dir put the name of an index file behind the path of a folder?"""
    is_ended: bool = False
    """Has a rule with [END] made the path, so that no rule is asked again?"""

    def header(self, name: str) -> str:
        """The value of a header by its name in lower case; "" where it is not sent."""
        sent = {"host": self.host, **_BROWSERS, **(_FORWARDED if self.is_forwarded else {})}
        return sent.get(name, "")

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return "https" if self.https else "http"


_BROWSERS = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
}
"""What a browser says of itself. Rules against robots and old browsers pass it by."""

_FORWARDED = {
    "x-forwarded-proto": "https",
    "x-forwarded-scheme": "https",
    "x-forwarded-protocol": "https",
    "x-forwarded-ssl": "on",
    "x-forwarded-port": "443",
    "front-end-https": "on",
    "cf-visitor": '{"scheme":"https"}',
}
"""What proxies say of HTTPS in front of them: the names of rack, Django, Microsoft (Front-End-Https) and Cloudflare."""


class Answer(Struct):
    """`status` (0: a backend decides); `location` of a redirect; `lines` of the asked header as they are sent; `by` made the answer.

    `more`: the program that answers may send lines of its own beside them. `overrides`: the .htaccess files that had a say.
    """

    status: int
    location: str = ""
    lines: tuple[headers.Sent, ...] = ()
    by: Node | None = None
    more: bool = False
    overrides: tuple[Section, ...] = ()

    @property
    def values(self) -> tuple[str | None, ...]:
        """What the lines say; None: a line whose text cannot be known."""
        return tuple(line.text for line in self.lines)


class Surroundings:
    """The configuration that a server is part of, and what is found out once for all of its servers.

    `others`: its virtual hosts with their addresses, ports, and whether they speak TLS, for proxying to itself and for following redirects.
    """

    def __init__(
        self,
        reading: Reading,
        files: Files,
        target: Target,
        complete: bool,
        others: "tuple[tuple[Server, str | None, int, bool], ...]" = (),
    ) -> None:
        self.reading = reading
        self.files = files
        self.target = target
        self.complete = complete
        self.others = others
        self.has_headers = "headers_module" in reading.modules or not reading.knows_all_modules
        self.walked: dict[str, list[str]] = {}
        """The .htaccess files below each document root that was looked at."""
        self._folders: dict[tuple[Section, ...], Folders] = {}
        self._header_lines: dict[tuple[Section, str], list[tuple[headers.Command, Node]]] = {}

    @cached_property
    def named(self) -> dict[tuple[int, bool, str], Server]:
        """The server for a port, whether it speaks TLS, and a plain name in lower case; none where patterns let the order decide."""
        found: dict[tuple[int, bool, str], Server] = {}
        patterned = {(port, https) for server, _, port, https in self.others if server.has_patterns}
        for server, _, port, https in self.others:
            for name in server.names if (port, https) not in patterned else ():
                found.setdefault((port, https, name.lower()), server)
        return found

    def folders(self, levels: tuple[Section, ...], alone: Section | None) -> "Folders":
        """Where the paths of a server lie: of all that say nothing about folders in the same places."""
        telling = tuple([level for level in levels if not _OF_FOLDERS.isdisjoint(level.mentions)])
        key = telling if alone is None else (alone, *telling)
        found = self._folders.get(key)
        if found is None:
            found = self._folders[key] = Folders(self, telling, alone)
        return found

    def header_lines(self, section: Section, header: str) -> list[tuple[headers.Command, Node]]:
        """The `Header` lines directly in a section that are about one header."""
        found = self._header_lines.get((section, header))
        if found is None:
            found = []
            for node in section.named("header"):
                try:
                    command = headers.read(node.texts)
                except headers.RefusedError:
                    continue
                if command.name.lower() == header.lower():
                    _certain(node)
                    found.append((command, node))
            self._header_lines[section, header] = found
        return found


class Folders:
    """Where the paths of a server lie on disk, and which sections and .htaccess files have a say there.

    `levels`: the main server and the virtual host, where they tell anything of this. `alone`: an .htaccess found without its surroundings.
    """

    def __init__(self, around: Surroundings, levels: tuple[Section, ...], alone: Section | None) -> None:
        self.around = around
        self.levels = levels
        self.alone = alone
        self._filenames: dict[str, str] = {}
        self._sections: dict[str, tuple[tuple[Section, ...], bool]] = {}

    @cached_property
    def access_names(self) -> list[str]:
        """What .htaccess files are called here."""
        return last(self.levels, "accessfilename", ".htaccess").split()

    @cached_property
    def root(self) -> str:
        """Where `/` lies."""
        return posixpath.normpath(self.filename("/"))

    def filename(self, path: str) -> str:
        """Where a path lies: Alias (the virtual host's first), else DocumentRoot."""
        found = self._filenames.get(path)
        if found is None:
            found = self._filenames[path] = self._filename(path)
        return found

    def _filename(self, path: str) -> str:
        for section in reversed(self.levels):
            for node in section.named(*_ALIASES):
                if not isinstance(node, Directive):
                    continue
                _certain(node)
                words = node.texts
                if len(words) < 2:
                    continue
                if "match" in node.lower:
                    if expression.matches(words[0], path):
                        raise UnknownAnswerError("an AliasMatch decides which file is meant")
                    continue
                length = _alias_length(path, words[0])
                if length:
                    return posixpath.normpath(file_name(words[1]) + "/" + path[length:])
        return posixpath.normpath(self._document_root + "/" + path.lstrip("/")) + ("/" if path.endswith("/") else "")

    @cached_property
    def _document_root(self) -> str:
        reading = self.around.reading
        root = self.alone.shown_in if self.alone is not None else last(self.levels, "documentroot")
        return posixpath.join(reading.server_root, file_name(root) if root else reading.document_root or "htdocs")

    def sections(self, directory: str) -> tuple[tuple[Section, ...], bool]:
        """`<Directory>` sections that apply to a folder, from short to long, each with its .htaccess; then patterns.

        And whether one of the .htaccess files fails every request (request.c, ap_directory_walk).
        """
        found = self._sections.get(directory)
        if found is None:
            found = self._sections[directory] = self._walked(directory)
        return found

    def _walked(self, directory: str) -> tuple[tuple[Section, ...], bool]:
        plain: list[tuple[int, Section]] = []
        patterns: list[Section] = []
        for level in self.levels:
            for section in level.named("directory", "directorymatch"):
                words = [file_name(word) for word in section.texts]
                if not isinstance(section, Section) or not words or not _certainly(section):
                    continue
                if section.lower == "directorymatch" or words[0] == "~":
                    patterns.append(section)
                else:
                    plain.append((len([part for part in words[0].split("/") if part]), section))
        plain.sort(key=lambda pair: pair[0])
        parts = [part for part in directory.split("/") if part]
        merged: list[Section] = []
        if self.alone is not None:
            merged.append(self.alone)
            parts = []
        override = _NEVER_SET
        is_refused = False
        for depth in range(len(parts) + 1):
            here = "/" + "/".join(parts[:depth])
            for size, section in plain:
                if size == depth and _directory_matches(file_name(section.words[0].text), here):
                    merged.append(section)
                    override = override.after(section)
            if depth == 0 and not parts:
                break
            for found in self._overrides_at(here, override):
                if found is None:
                    is_refused = True
                else:
                    merged.append(found)
        merged += [section for section in patterns if expression.matches(section.words[-1].text, directory)]
        return tuple(merged), is_refused

    def _overrides_at(self, directory: str, override: "Override") -> Iterator[Section | None]:
        """The .htaccess files of a folder, as far as they count; None for one that fails every request."""
        if override.is_none:
            return
        for name in self.access_names:
            at = f"{directory.rstrip('/')}/{name}"
            if override.bears_on_answers and self._is_unseen(directory, at):
                raise UnknownAnswerError(f"{at} may have a say and was not seen")
            section = htaccess(self.around, at)
            if section is not None:
                yield admitted(self.around.reading, section, override).section if isinstance(section, Section) else None

    def _is_unseen(self, directory: str, at: str) -> bool:
        """May there be an .htaccess that cannot be looked at? From the document root down: above it nobody keeps one."""
        return f"{directory}/".startswith(f"{self.root}/") and self.around.files.kind(at) in ("outside", "unreadable")


class Host:
    """The server that answers, and what surrounds it; what is the same for all its requests is found out once.

    `alone`: an .htaccess of which nothing around is known. `programs`: the lines of the asked header that programs and backends send; None:
    not known.
    """

    def __init__(self, server: Server, around: Surroundings, alone: Section | None = None, programs: tuple[str, ...] | None = None) -> None:
        self.server = server
        self.around = around
        self.alone = alone
        self.programs = programs
        self.reading = around.reading
        self.files = around.files
        self.levels = server.levels
        self.mentions = frozenset[str]().union(*[level.mentions for level in self.levels])
        """Every name of a directive or section in them."""
        self.folders = around.folders(self.levels, alone)

    def at(self, server: Server) -> "Host":
        """Another server in the same surroundings."""
        return Host(server, self.around, self.alone, self.programs)

    def last(self, name: str, default: str = "") -> str:
        """The last word written for a directive of the server or virtual host."""
        return last(self.levels, name, default) if name in self.mentions else default


def last(levels: tuple[Section, ...], name: str, default: str = "") -> str:
    """The last word written for a directive in these sections, the innermost last. Raises `UnknownAnswerError`."""
    for section in reversed(levels):
        for node in reversed(section.named(name)):
            if isinstance(node, Directive) and node.words:
                _certain(node)
                return node.words[0].text
    return default


class _Configuration:
    """The sections that apply to a request, merged level by level as httpd does."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.levels = host.levels
        self.directories: list[Section] = []
        self.locations: list[Section] = []
        self.ifs: list[Section] = []

    def may_have(self, names: frozenset[str]) -> bool:
        """Can one of these directives or sections apply at all? Most phases have nothing to do in most servers."""
        return bool(self.directories) or not names.isdisjoint(self.host.mentions)

    def plain(self, names: tuple[str, ...], sections: Iterable[Section] | None = None) -> Iterator[Node]:
        """Directives with these names, level by level in the order in which httpd merges them."""
        order = [*self.levels, *self.directories, *self.locations, *self.ifs] if sections is None else sections
        for section in order:
            for node in section.named(*names):
                if isinstance(node, Directive):
                    _certain(node)
                    yield node

    def inner(self, names: tuple[str, ...], sections: Iterable[Section]) -> Iterator[Section]:
        """Sections with these names inside `sections`."""
        for section in sections:
            for node in section.named(*names):
                if isinstance(node, Section):
                    yield node


def _certain(node: Node) -> None:
    if node.condition:
        raise UnknownAnswerError(node.condition)
    if node.unknown:
        raise UnknownAnswerError(node.unknown)


def answer(host: Host, request: Request, header: str, depth: int = 0) -> Answer:
    """What the server answers. Raises `UnknownAnswerError`."""
    asked = request.path
    for _ in range(MAX_ROUNDS):
        outcome = _Run(host, request, header, depth, asked).answer()
        if isinstance(outcome, Answer):
            return outcome
        request = outcome
    return Answer(500)


class _Run:
    """One pass of the phases. Local rewrites in directory context start another (mod_rewrite's internal redirect)."""

    def __init__(self, host: Host, request: Request, header: str, depth: int, asked: str) -> None:
        self.host = host
        self.request = request
        self.header = header
        self.depth = depth
        self.asked = asked
        """The path that the visitor named."""
        self.config = _Configuration(host)
        self.environment: dict[str, str | None] = {}
        self.https_is_set = False
        self.late = False
        self.status = 0
        self.filename = ""
        """Where the path lies, once that is known."""

    # Variables

    def variable(self, name: str) -> str | None:
        """What `%{NAME}` is for this request; "" where empty, None unknown."""
        request = self.request
        kind, colon, rest = name.partition(":")
        if colon:
            if kind in ("ENV", "REQENV", "NOTE"):
                return self._environment(rest)
            if kind in ("HTTP", "REQ", "REQ_NOVARY"):
                return request.header(rest.lower())
            if kind == "SSL":
                return ("TLSv1.3" if rest == "SSL_PROTOCOL" else None) if request.https else ""
            if kind == "FILE":
                return self._file_test(*rest.partition(":")[::2])
            return None
        simple = {
            "HTTPS": "on" if request.https else "off",
            "REQUEST_SCHEME": request.scheme,
            "SERVER_PORT": str(request.port),
            "HTTP_HOST": request.host,
            "SERVER_NAME": None if (own := self._own_host()) is None else own.partition(":")[0],
            "REQUEST_URI": request.path,
            "DOCUMENT_URI": request.path,
            "QUERY_STRING": request.query,
            "REQUEST_METHOD": "GET",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "THE_REQUEST": f"GET {request.line or self._line} HTTP/1.1",
            "REQUEST_STATUS": str(self.status) if self.status else None,
            "IS_SUBREQ": "false",
            "CONN_REMOTE_ADDR": None,
            "HTTP_USER_AGENT": request.header("user-agent"),
            "HTTP_ACCEPT": request.header("accept"),
            "HTTP_COOKIE": "",
            "HTTP_REFERER": "",
            "REMOTE_USER": "",
            "HTTP_FORWARDED": "",
            "HTTP_PROXY_CONNECTION": "",
            "AUTH_TYPE": "",
            "PATH_INFO": "",
            "REQUEST_FILENAME": self.filename or request.path,
            "SCRIPT_FILENAME": self.filename or request.path,
        }
        if name == "DOCUMENT_ROOT":
            return self.host.folders.root
        return simple.get(name)

    @property
    def _line(self) -> str:
        return _escaped(self.request.path) + (f"?{self.request.query}" if self.request.query else "")

    def _again(self, path: str, query: str, *, is_index: bool = False, is_ended: bool = False) -> Request:
        """The request that httpd goes on with."""
        request = self.request
        line = request.line or self._line
        return request._replace(path=path, query=query, line=line, is_index=is_index, is_ended=is_ended or request.is_ended)

    def _environment(self, name: str) -> str | None:
        """A variable of the request; names are looked up without regard to case (apr_table_get)."""
        wanted = name.lower()
        if wanted in self.environment:
            return self.environment[wanted]
        if wanted == "https":
            return "on" if self.https_is_set and self.request.https else ""
        if wanted.startswith("ssl_"):
            return None if self.late and self.request.https and self._has_standard_variables() else ""
        if self.late:
            for node in self.config.plain(("setenv", "passenv", "unsetenv")):
                if node.words and node.words[0].text.lower() == wanted:
                    return node.words[1].text if node.lower == "setenv" and len(node.words) > 1 else ""
        value: str | None = ""
        for node in self.config.plain(("setenvif", "setenvifnocase", "setenvifexpr", "browsermatch", "browsermatchnocase")):
            names = node.words[2 if node.lower in ("setenvif", "setenvifnocase") else 1 :]
            about = [word.text for word in names if re.match(rf"!?{re.escape(wanted)}(?:=|$)", word.text.lower())]
            if not about:
                continue
            matched = self._env_match(node)
            if matched is None:
                value = None
            elif matched[0] is not None:  # the last that matches counts (mod_setenvif.c, match_headers)
                set_to = about[-1].partition("=")[2] or "1"
                value = "" if about[-1].startswith("!") else expression.filled(set_to, matched[0]) if "$" in set_to else set_to
        return value

    def _env_match(self, node: Node) -> tuple[re.Match[str] | None] | None:
        """What a SetEnvIf's pattern finds in this request; None where its attribute or pattern is not known."""
        words = [*node.texts]
        if node.lower.startswith("browsermatch"):  # SetEnvIf User-Agent by another name (mod_setenvif.c)
            words.insert(0, "User-Agent")
        if node.lower == "setenvifexpr" or len(words) < 3:
            return None
        subjects = {
            "request_uri": self.request.path,
            "request_method": "GET",
            "request_protocol": "HTTP/1.1",
            "host": self.request.host,
            "referer": "",
            **_BROWSERS,
            **dict.fromkeys(_FORWARDED, ""),
            **(_FORWARDED if self.request.is_forwarded else {}),
        }
        subject = subjects.get(words[0].lower())
        pattern = expression.compiled_pattern(words[1], node.lower.endswith("nocase"))
        return None if subject is None or pattern is None else (pattern.search(subject),)

    def _has_standard_variables(self) -> bool:
        return any("stdenvvars" in node.args.lower() for node in self.config.plain(("ssloptions",)))

    def _file_test(self, test: str, path: str) -> str | None:
        kind = self.host.files.kind(file_name(path)) if path.startswith("/") else "missing"
        if self.host.alone is not None and kind != "directory":
            return self._file_test_alone(test, path)
        if kind in ("outside", "unreadable", "other"):
            return None
        if test not in ("-f", "-d", "-s") and kind != "missing":
            return None  # links are followed here, and what may be executed is not asked
        return str({"-f": kind == "file", "-d": kind == "directory", "-s": kind == "file"}.get(test, False)).lower()

    def _file_test_alone(self, test: str, path: str) -> str | None:
        """An .htaccess alone: the folder may hold more where it is served. The page that is asked for is one no file is called by, as
        programs make them; what rules turn it into is there, or they would make no sense."""
        if path != self.filename or test not in ("-f", "-d", "-s"):
            return None
        return str(test != "-d" and self.request.path != self.asked).lower()

    # Phases

    def answer(self) -> Answer | Request:
        """Go through the phases; a request is one to start again with."""
        self._walk_locations()
        moved = self._moved_by_md()
        if moved is not None:
            return moved
        translated = self._translate()
        if isinstance(translated, Answer):
            return translated
        path, proxied = translated
        if proxied:
            return self._proxied(proxied)
        self.filename = filename = self.host.folders.filename(path)
        if self._walk_directories(filename):
            return self._made(500, "", None, reset=True)
        self._walk_locations()
        denied = 403 if self.request.fails == "refused" else self._access()
        if denied:
            return self._made(denied, "", None)
        if self.request.fails == "moved":
            return self._made(301, "", None)
        if self.request.fails == "missing":
            self.late = self.https_is_set = True
            return self._missing()
        fixed = self._fixups(filename)
        if fixed is not None:
            return fixed
        return self._handled(filename)

    def _walk_locations(self) -> None:
        config = self.config
        if not config.may_have(_BY_URL):
            return
        config.locations = [
            section
            for section in config.inner(("location", "locationmatch"), config.levels)
            if _certainly(section) and self._location_matches(section)
        ]
        config.ifs = []
        chain_taken = False
        for section in config.inner(("if", "elseif", "else"), [*config.levels, *config.directories, *config.locations]):
            if section.lower == "if":
                chain_taken = False
            if section.lower == "else":
                holds: bool | None = not chain_taken
            else:
                try:
                    parsed = expression.parse(section.words[0].text if section.words else "")
                except expression.BadExpressionError:
                    continue
                holds = False if chain_taken else parsed.decide(self.variable)
            if holds is None:
                if _bears_on_answers(section):
                    raise UnknownAnswerError(f"<{section.name} {section.args}> depends on the request")
                continue
            if holds:
                chain_taken = True
                config.ifs.append(section)

    def _location_matches(self, section: Section) -> bool:
        words = section.texts
        if not words:
            return False
        path = self.request.path
        if section.lower == "locationmatch" or words[0] == "~":
            pattern = words[-1]
            matched = expression.matches(pattern, path)
            if matched is None:
                raise UnknownAnswerError(f"<{section.name}> uses a pattern that cannot be tried here")
            return matched
        place = words[0].rstrip("/") if len(words[0]) > 1 else words[0]
        if any(char in place for char in "*?["):
            return re.match(_wildcard(place) + r"(?:/|\Z)", path) is not None
        return place in ("/", path) or path.startswith(place + "/")

    # Translation

    def _translate(self) -> "Answer | tuple[str, str]":
        """URL translation: (path, backend URL or ""). mod_rewrite and mod_proxy come before mod_alias."""
        path = self.request.path
        if not self.config.may_have(_TRANSLATING):
            return path, ""
        outcome = self._server_rewrite(path)
        if outcome is not None:
            from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

            if outcome.kind is rewrite.Kind.UNKNOWN:
                raise UnknownAnswerError("a RewriteRule depends on the request")
            self._remember(outcome)
            if outcome.kind is rewrite.Kind.REDIRECT:
                return self._made(outcome.status, _location(outcome.target, outcome), _rule_of(outcome))
            if outcome.kind is rewrite.Kind.STATUS:
                return self._made(outcome.status, "", None)
            if outcome.kind is rewrite.Kind.PROXY:
                return path, outcome.target
            if outcome.kind is rewrite.Kind.LOCAL:
                path = outcome.target
                self.request = self.request._replace(query=outcome.query, line=self.request.line or self._line)
            self.request = self.request._replace(is_ended=self.request.is_ended or outcome.end)
        backend = self._proxy_pass(path)
        if backend:
            return path, backend
        for node in [node for node in self.config.plain(("redirect",), [*self.config.locations, *self.config.ifs]) if _one_target(node)]:
            status, target = redirect_words(node)[::2]
            if self.request.query and "?" not in target:
                target += "?" + self.request.query
            return self._made(status, target, node)
        found = self._redirected(path, self._server_redirects())
        if found is not None:
            status, location, node = found
            return self._made(status, location, node)
        return path, ""

    def _remember(self, outcome: "rewrite.Outcome") -> None:
        self.environment.update(outcome.environment)

    def _server_rewrite(self, path: str) -> "rewrite.Outcome | None":
        rules = self._rules_of_server() if not self.request.is_ended else None
        if rules is None:
            return None
        from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

        return rewrite.run(rules, path, self.request.query, self.variable, self._server(), is_part=self.request.is_index)

    def _own_host(self) -> str | None:
        """The name and port that httpd calls the server by: as asked for, with `UseCanonicalName On` its ServerName; None: DNS decides.

        (server/core.c, ap_get_server_name, ap_get_server_port; seen on httpd 2.4.71.)
        """
        setting = ""
        for node in self.config.plain(("usecanonicalname",)) if self.config.may_have(_CALLING) else ():
            setting = node.texts[0].lower() if node.texts else ""
        if setting in ("", "off"):
            return self.request.host
        server = self.host.server
        if setting != "on" or not server.name:
            return None
        return f"{server.name}:{server.port}" if server.port not in (0, None, 443 if self.request.https else 80) else server.name

    @property
    def _url_host(self) -> str:
        """The same for URLs of httpd's own making. Raises `UnknownAnswerError`."""
        own = self._own_host()
        if own is None:
            raise UnknownAnswerError("DNS decides by which name the server calls itself (UseCanonicalName)")
        return own

    def _server(self) -> "rewrite.Server":
        from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

        server, request = self.host.server, self.request
        own = frozenset((name.lower(), server.port) for name in server.names if server.port)
        return rewrite.Server(self._url_host, request.scheme, own)

    def _rules_of_server(self) -> "list[rewrite.Rule] | None":
        """The virtual host's rules; the main server's only where they are inherited (mod_rewrite.c, config_server_merge)."""
        levels = self.config.levels
        if not levels[-1].named("rewriteengine", "rewriteoptions", "rewriterule", "rewritecond", "rewritemap"):
            return None  # a server without a word of its own has the main server's rules and leaves them alone (hook_uri2file)
        states = [_flag(section, "rewriteengine") for section in levels]
        state = next((state for state in reversed(states) if state is not None), False)
        if not state:
            return None
        own = rules_in(levels[-1])
        if len(levels) == 1:
            return own
        options = {word.text.lower() for node in self.config.plain(("rewriteoptions",), levels[-1:]) for word in node.words}
        above = {word.text.lower() for node in self.config.plain(("rewriteoptions",), levels[:1]) for word in node.words}
        inherited = rules_in(levels[0])
        ignores = "ignoreinherit" in options
        if "inheritbefore" in options or ("inheritdownbefore" in above and not ignores):
            return [*inherited, *own]
        if "inherit" in options or ("inheritdown" in above and not ignores):
            return [*own, *inherited]
        return own

    def _proxy_pass(self, path: str) -> str:
        """The backend that ProxyPass gives a path, "" for none: main server's lines before the virtual host's (mod_proxy.c, merge)."""
        for section in reversed(self.config.locations):
            for node in section.named("proxypass", "proxypassmatch"):
                if isinstance(node, Directive) and node.words:
                    _certain(node)
                    target = node.words[0].text
                    return "" if target == "!" else target
        for node in self.config.plain(("proxypass", "proxypassmatch"), self.config.levels):
            words = node.texts
            if len(words) < 2:
                continue
            if node.lower == "proxypassmatch":
                matched = expression.matches(words[0], path)
                if matched is None:
                    raise UnknownAnswerError("a ProxyPassMatch pattern cannot be tried here")
                if matched:
                    return "" if words[1] == "!" else words[1]
            elif path.startswith(words[0]) and (words[0].endswith("/") or len(path) == len(words[0]) or path[len(words[0])] == "/"):
                return "" if words[1] == "!" else words[1] + path[len(words[0]) :]
        return ""

    def _server_redirects(self) -> Iterator[Node]:
        """The virtual host's redirects come before the main server's (mod_alias.c, merge_alias_config)."""
        names = ("redirect", "redirectpermanent", "redirecttemp", "redirectmatch")
        for section in reversed(self.config.levels):
            yield from self.config.plain(names, [section])

    def _redirected(self, path: str, nodes: Iterable[Node]) -> tuple[int, str, Node] | None:
        for node in nodes:
            status, source, target = redirect_words(node)
            if not source or (not target and 300 <= status < 400):
                continue
            if not 300 <= status < 400:
                target = ""
            if node.lower == "redirectmatch":
                compiled = expression.compiled_pattern(source, False)
                if compiled is None:
                    raise UnknownAnswerError(f"{node.name} uses a pattern that cannot be tried here")
                found = compiled.search(path)
                if found is None:
                    continue
                location = _escaped(expression.filled(target, found))
            else:
                length = _alias_length(path, source)
                if length == 0:
                    continue
                location = target + _escaped(path[length:]) if target else ""
            if self.request.query and "?" not in location and 300 <= status < 400:
                location += "?" + self.request.query
            if location.startswith("/"):  # only a path is given
                location = f"{self.request.scheme}://{self._url_host}{location}"
            return status, location, node
        return None

    # Files

    def _walk_directories(self, filename: str) -> bool:
        """Find the sections of the file's folder, and of the file; True where an .htaccess fails every request."""
        config = self.config
        directory = filename if filename.endswith("/") or self.host.files.kind(filename) == "directory" else posixpath.dirname(filename)
        merged, is_refused = self.host.folders.sections(directory.rstrip("/") or "/")
        config.directories = list(merged)
        if config.may_have(_BY_FILE):
            config.directories += self._file_sections(posixpath.basename(filename), merged)
        return is_refused

    def _file_sections(self, name: str, directories: Iterable[Section]) -> Iterator[Section]:
        """`<Files>` and `<FilesMatch>` that take a file's name, of the server and of every directory on the way."""
        for section in list(self.config.inner(("files", "filesmatch"), [*self.config.levels, *directories])):
            words = section.texts
            if not words or not _certainly(section):
                continue
            if section.lower == "filesmatch" or words[0] == "~":
                matched = expression.matches(words[-1], name)
            else:
                matched = re.match(_wildcard(words[0]) + r"\Z", name) is not None
            if matched:
                yield section

    # Access

    def _access(self) -> int:
        """401, 403, or 0 where the request may go on, as far as it can be told: `Require all`, valid users, SSLRequireSSL."""
        config = self.config
        if not config.may_have(_GUARDING):
            return 0
        sections = [*config.levels, *config.directories, *config.locations, *config.ifs]
        if not self.request.https and any(True for _ in config.plain(("sslrequiressl",), sections)):
            return 403
        requires: list[str] = []
        for section in sections:
            own = [node.args.strip().lower() for node in section.named("require")]
            if section.named("requireall", "requireany", "requirenone"):
                own = ["unknown"]
            if own:
                requires = own  # AuthMerging Off: the last section's requirements replace the earlier ones
        if not requires or any(word.startswith("all granted") for word in requires):
            return 0
        if all(word.startswith("all denied") for word in requires):
            return 403
        if all(word.startswith(("valid-user", "user ", "group ")) for word in requires):
            return 401
        return 0

    # Fixups and handlers

    def _moved_by_md(self) -> Answer | None:
        """`MDRequireHttps`: a managed name is sent to HTTPS before anything else is asked, but for /.well-known/.

        Challenges of managed names are mod_md's own (mod_md.c, md_require_https_maybe, md_http_challenge_pr; seen on httpd 2.4.71).
        """
        config = self.config
        if self.request.https or "md_module" not in self.host.reading.modules:
            return None
        status = {"permanent": 301, "temporary": 302}.get(self.host.last("mdrequirehttps").lower())
        name = self.request.host.partition(":")[0]
        managed = [word.text.lower() for node in config.plain(("mdomain",), config.levels[:1]) for word in node.words]
        managed += [word.text.lower() for node in config.inner(("mdomainset",), config.levels[:1]) for word in node.words]
        if not any(self.host.server.answers_to(one) for one in managed):
            return None
        if self.request.path.startswith("/.well-known/acme-challenge/"):
            return self._made(404, "", None)
        if status is None or self.request.path.startswith("/.well-known/"):
            return None
        by = next((node for section in reversed(config.levels) for node in reversed(section.named("mdrequirehttps"))), None)
        query = f"?{self.request.query}" if self.request.query else ""
        return self._made(status, f"https://{name}{_escaped(self.request.path)}{query}", by)

    def _fixups(self, filename: str) -> Answer | Request | None:
        config = self.config
        sections = [*config.directories, *config.locations, *config.ifs]
        if not sections:
            return None
        rewriting = next((section for section in reversed(sections) if _rewrites(section)), None)
        if rewriting is not None and not self.request.is_ended and _engine_in(sections):
            outcome = self._directory_rewrite(rewriting, filename)
            if outcome is not None:
                return outcome
        names = ("redirect", "redirectpermanent", "redirecttemp", "redirectmatch")
        nodes = [node for section in reversed(sections) for node in config.plain(names, [section]) if not _one_target(node)]
        found = self._redirected(self.request.path, nodes)
        if found is not None:
            status, location, node = found
            return self._made(status, location, node)
        return None

    def _directory_rewrite(self, section: Section, filename: str) -> Answer | Request | None:
        rules = rules_in(section)
        if not rules:
            return None
        prefix = (section.shown_in if section.lower == ".htaccess" else "") or (file_name(section.words[0].text) if section.words else "/")
        prefix = prefix.rstrip("/") + "/"
        base = next((node.words[0].text for node in section.children if node.lower == "rewritebase" and node.words), "")
        subject = filename + ("/" if filename + "/" == prefix else "")
        from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

        outcome = rewrite.run(
            rules, subject, self.request.query, self.variable, self._server(), prefix=prefix, is_part=self.request.is_index
        )
        if outcome.kind is rewrite.Kind.UNKNOWN:
            raise UnknownAnswerError("a RewriteRule depends on the request")
        self._remember(outcome)
        if outcome.kind is rewrite.Kind.REDIRECT:
            target = outcome.target
            own = f"{self.request.scheme}://{self._url_host}"
            root = prefix.rstrip("/")
            # a relative target was put below the directory; RewriteBase or the document root's URL takes the directory's place
            if target.startswith(own + root + "/"):
                target = own + (base.rstrip("/") if base else "") + target[len(own + root) :]
            return self._made(outcome.status, _location(target, outcome), _rule_of(outcome))
        if outcome.kind is rewrite.Kind.STATUS:
            return self._made(outcome.status, "", None)
        if outcome.kind is rewrite.Kind.PROXY:
            return self._proxied(outcome.target)
        if outcome.kind is rewrite.Kind.LOCAL and outcome.target != subject:
            target = outcome.target
            path = target.removeprefix(self.host.folders.root)
            if self.host.alone is not None:
                if target.startswith(prefix):
                    inner = target.removeprefix(prefix)
                else:
                    inner = target.removeprefix(base or "/") if target.startswith(base or "/") else "?/"
                if "/" in inner:  # below and elsewhere, another .htaccess may take over
                    return None
                path = f"/{inner}"
            return None if path == self.request.path else self._again(path or "/", outcome.query, is_ended=outcome.end)
        return None

    def _handled(self, filename: str) -> Answer | Request:
        self.late = self.https_is_set = True
        kind = self.host.files.kind(filename)
        path = self.request.path
        if self.request.fails == "no" or (self.host.alone is not None and path != NOWHERE):  # where it is served, there are pages
            return self._by_program() if self._is_program(filename) else self._made(200, "", None)
        if kind == "directory" and not path.endswith("/"):
            query = f"?{self.request.query}" if self.request.query else ""
            return self._made(301, f"{self.request.scheme}://{self._url_host}{_escaped_path(path)}/{query}", None)
        if path.endswith("/") and (kind != "missing" or path == "/"):
            index = self._index(filename) if kind == "directory" else ""
            if index and not index.startswith("/"):  # mod_dir: the request goes on as one for that file (ap_internal_fast_redirect)
                return self._again(path + index, self.request.query, is_index=True)
            return self._made(self._index_status() if kind == "directory" and not index else 200, "", None)
        if path != NOWHERE and kind in ("file", "outside", "unreadable", "other"):
            return self._by_program() if self._is_program(filename) else self._made(200, "", None)
        return self._missing()

    def _is_program(self, filename: str) -> bool:
        """Does a program answer: ScriptAlias, SetHandler, or AddHandler and AddType for the name's ending (mod_mime.c)?"""
        path = self.request.path
        for node in self.config.plain(("scriptalias",)):
            if len(node.words) > 1 and _alias_length(path, node.words[0].text):
                return True
        handler = ""
        for node in self.config.plain(("sethandler",)):
            handler = node.words[0].text.lower() if node.words else ""
        if handler:
            return handler in _PROGRAMS or handler.startswith(("proxy:", "application/x-httpd-"))
        endings = {f".{ending.lower()}" for ending in posixpath.basename(filename).split(".")[1:]}
        for node in self.config.plain(("addhandler", "addtype")):
            words = [word.text.lower() for word in node.words]
            runs = words and (words[0] in _PROGRAMS or "x-httpd-" in words[0] or words[0].startswith("proxy:"))
            if runs and endings & {f".{word.removeprefix('.')}" for word in words[1:]}:
                return True
        return False

    def _by_program(self) -> Answer:
        """A program's lines go to the *always* table, whatever its status (util_script.c, ap_scan_script_header_err_core)."""
        return self._with_headers(200, "", None, programs="always", error=False)

    def _index(self, directory: str) -> str:
        """The index file of a folder; "" where none is there."""
        if "dir_module" not in self.host.reading.modules and self.host.reading.knows_all_modules:
            return ""
        names: tuple[str, ...] = DIRECTORY_INDEX
        for node in self.config.plain(("directoryindex",)):
            names = node.texts
        there = (name for name in names if self.host.files.kind(f"{directory.rstrip('/')}/{file_name(name)}") != "missing")
        return next((name for name in names if name.startswith("/")), "") or next(there, "")

    def _index_status(self) -> int:
        """A folder without an index file: a listing where that is allowed, else 403 (mod_autoindex) or 404 (default_handler)."""
        if "autoindex_module" not in self.host.reading.modules:
            return 404
        allowed = False  # the default is FollowSymLinks alone (core.c, since 2.3.11)
        for node in self.config.plain(("options",)):
            words = [word.text.lower() for word in node.words]
            if not any(word[:1] in "+-" for word in words):
                allowed = "indexes" in words or "all" in words
            else:
                allowed = (allowed or "+indexes" in words) and "-indexes" not in words
        return 200 if allowed else 403

    def _missing(self) -> Answer:
        return self._made(404, "", None)

    def _document(self, status: int) -> Answer | None:
        """What an ErrorDocument makes of an error: a page of this server, or a redirect (http_request.c, ap_die_r)."""
        for node in reversed(list(self.config.plain(("errordocument",)))):
            words = node.texts
            if len(words) < 2 or words[0] != str(status):
                continue
            if words[1].startswith("/") and self.depth < 2:
                inner = answer(self.host, self.request._replace(path=words[1], query=""), self.header, self.depth + 1)
                return inner._replace(status=status) if inner.status == 200 else None
            if words[1].startswith(("http://", "https://")):
                return self._with_headers(302, words[1], node, error=True)
            return None
        return None

    def _proxied(self, url: str) -> Answer:
        """What a backend answers is known only when it is a virtual host of this very configuration."""
        found = re.match(r"(https?)://([^/:]+)(?::([0-9]{1,9}))?(/.*)?$", url)
        self.late = self.https_is_set = True
        if found and self.depth < 2 and not found[2].startswith("balancer"):
            port = int(found[3] or (443 if found[1] == "https" else 80))
            for server, address, its_port, https in self.host.around.others:
                if its_port == port and address in (found[2], None, "*", "0.0.0.0") and found[2].startswith("127."):  # noqa: S104
                    request = Request(https, f"{found[2]}:{port}", port, found[4] or "/", self.request.query)
                    inner = answer(self.host.at(server), request, self.header, self.depth + 1)
                    return self._with_headers(inner.status, inner.location, inner.by, received=inner.lines, error=False)
        if self.request.fails == "backend":
            return self._made(503, "", None)
        return self._with_headers(0, "", None, programs="onsuccess", error=False)

    # Headers

    def _made(self, status: int, location: str, node: Node | None, *, reset: bool = False) -> Answer:
        """An answer of httpd's own: below 300 both tables go out, else the error path."""
        document = self._document(status) if status >= 400 and not reset and self.config.may_have(_DOCUMENTS) else None
        if document is not None:
            return document
        return self._with_headers(status, location, node, error=status >= 300, reset=reset)

    def _with_headers(
        self,
        status: int,
        location: str,
        node: Node | None,
        *,
        received: tuple[headers.Sent, ...] | None = None,
        programs: str = "",
        error: bool,
        reset: bool = False,
    ) -> Answer:
        """`received`: lines of another server that answers; `programs`: the table that a program's lines go to, which the host may know."""
        config, around = self.config, self.host.around
        sections = config.levels if reset else [*config.levels, *config.directories, *config.locations, *config.ifs]
        commands: list[tuple[headers.Command, Node]] = []
        if around.has_headers:
            commands = [line for section in sections for line in around.header_lines(section, self.header)]
        self.status = 0 if programs else status
        early = _NOTHING_YET
        if [command for command, _ in commands if command.early]:  # ap_headers_early: before anything but the server is known
            early = headers.Tables(headers.Table(), headers.Table())
            of_server = [pair for pair in commands if pair[1].parent in config.levels]
            headers.apply(of_server, self.header, early, self.variable, error=False, early=True)
        tables = self._begun(early, received, programs, error=error)
        self._managed(tables, error=error)
        if not headers.apply(commands, self.header, tables, self.variable, error=error):
            raise UnknownAnswerError(f"a condition or value of a {self.header} line depends on the request")
        # An error moves what stands in the always table aside, and it goes out last (http_protocol.c, ap_send_error_response).
        lines = tables.always.lines + (early.always.lines if error else tables.onsuccess.lines)
        more = tables.always.more or (tables.onsuccess.more and not error)
        met = tuple([section for section in config.directories if section.lower == ".htaccess"])
        return Answer(status, location, tuple(lines), node, more, met)

    def _begun(self, early: headers.Tables, received: tuple[headers.Sent, ...] | None, programs: str, *, error: bool) -> headers.Tables:
        """What stands in the tables before the `Header` lines are carried out."""
        if error or (early is _NOTHING_YET and received is None and not programs):
            return headers.Tables(headers.Table(), headers.Table())
        known = None if self.host.programs is None else tuple(headers.Sent(text) for text in self.host.programs)
        always, onsuccess = list(early.always.lines), list(early.onsuccess.lines)
        if programs == "always":
            for line in known or ():  # merged into the table (util_script.c, APR_OVERLAP_TABLES_MERGE)
                if always and always[0].text is not None and line.text is not None:
                    always[0] = headers.Sent(f"{always[0].text}, {line.text}", always[0].by)
                else:
                    always.append(line)
        elif programs == "onsuccess" or received is not None:  # a backend's headers take the table's place (mod_proxy_http.c)
            onsuccess = list(known or ()) if received is None else list(received)
        return headers.Tables(
            headers.Table(always, more=programs == "always" and known is None),
            headers.Table(onsuccess, more=programs == "onsuccess" and known is None),
        )

    def _managed(self, tables: headers.Tables, *, error: bool) -> None:
        """`MDRequireHttps permanent` sends HSTS of its own on https answers that succeed (mod_md.c, md_http_challenge_pr …)."""
        if error or not self.request.https or self.header.lower() != "strict-transport-security":
            return
        if "md_module" in self.host.reading.modules and self.host.last("mdrequirehttps").lower() == "permanent":
            by = next((node for section in reversed(self.config.levels) for node in reversed(section.named("mdrequirehttps"))), None)
            tables.onsuccess.lines.append(headers.Sent("max-age=15768000", (by,)))


_NOTHING_YET = headers.Tables(headers.Table(), headers.Table())

_PROGRAMS = frozenset({"cgi-script", "fcgid-script", "fastcgi-script", "wsgi-script", "php-script", "application/x-httpd-php"})
"""Handlers that run a program which may send headers of its own."""

_BY_URL = frozenset({"location", "locationmatch", "if", "elseif", "else"})
_BY_FILE = frozenset({"directory", "directorymatch", "files", "filesmatch"})
_TRANSLATING = frozenset(
    {"redirect", "redirectmatch", "redirectpermanent", "redirecttemp", "rewriteengine", "rewriterule", "proxypass", "proxypassmatch"}
)
_CALLING = frozenset({"usecanonicalname"})
_ALIASES = ("alias", "scriptalias", "aliasmatch", "scriptaliasmatch")
_OF_FOLDERS = frozenset({"accessfilename", "documentroot", "directory", "directorymatch", *_ALIASES})
_DOCUMENTS = frozenset({"errordocument"})
_GUARDING = frozenset({"require", "requireall", "requireany", "requirenone", "sslrequiressl"})

NOWHERE = "/no-such-page"
"""A path nobody has."""


class Override(Struct):
    """AllowOverride in force: None: never set; a set of classes; `names` of AllowOverrideList; `by`: what set it last.

    `nonfatal`: `override`, `unknown` or both: lines at fault that are passed over instead of failing the request (2.4, Nonfatal=).
    """

    classes: frozenset[str] | None = None
    names: frozenset[str] = frozenset()
    nonfatal: frozenset[str] = frozenset()
    by: Node | None = None

    @property
    def is_none(self) -> bool:
        """`AllowOverride None` and no list: .htaccess files are not opened at all."""
        return self.classes is not None and not self.classes and not self.names

    @property
    def bears_on_answers(self) -> bool:
        """Is an .htaccess let set headers and redirect?"""
        return bool(self.names) or (self.classes is not None and not self.classes.isdisjoint({"all", "fileinfo"}))

    @property
    def spoken(self) -> str:
        """The setting as written, else its classes."""
        return self.by.args if self.by is not None else " ".join(sorted(self.classes or ()))

    def after(self, section: Section) -> "Override":
        """The setting as a deeper section changes it."""
        result = self
        for node in section.children:
            words = [word.text.lower() for word in node.words] if isinstance(node, Directive) else []
            if node.lower == "allowoverride":
                classes = frozenset(word.partition("=")[0] for word in words if not word.startswith(("none", "nonfatal")))
                nonfatal = frozenset(word.partition("=")[2] for word in words if word.startswith("nonfatal="))
                nonfatal = frozenset({"override", "unknown"}) if "all" in nonfatal else nonfatal
                result = result._replace(classes=classes, nonfatal=nonfatal, by=node)
            elif node.lower == "allowoverridelist":
                names = frozenset(word for word in words if word != "none")
                result = result._replace(names=names, classes=result.classes if result.classes is not None else frozenset(), by=node)
        return result

    def lets(self, node: Node) -> bool:
        """May the directive or section stand in an .htaccess?"""
        name = f"<{node.lower}" if isinstance(node, Section) else node.lower
        if node.lower in self.names or name in self.names:
            return True
        known = directives.known(name)
        if known is None or ".htaccess" not in known.contexts or not self.classes:
            return False
        classes = {word.lower() for word in known.overrides}
        return "all" in self.classes or "all" in classes or bool(classes & self.classes)


_NEVER_SET = Override()


def override_at(host: Host, directory: str) -> Override:
    """AllowOverride where an .htaccess in `directory` would stand."""
    override = _NEVER_SET
    sections = [node for level in host.levels for node in level.named("directory") if isinstance(node, Section) and node.words]
    sections.sort(key=lambda section: len([part for part in file_name(section.words[0].text).split("/") if part]))
    parts = [part for part in directory.split("/") if part]
    for depth in range(len(parts) + 1):
        here = "/" + "/".join(parts[:depth])
        for section in sections:
            if section.words[0].text != "~" and _directory_matches(file_name(section.words[0].text), here):
                override = override.after(section)
    return override


def htaccess(around: Surroundings, path: str) -> "Section | Problem | None":
    """An .htaccess as a section called `.htaccess` (its folder in `shown_in`); why httpd could not read it; None: not there."""
    try:
        if around.files.kind(path) != "file":
            return None
        source = around.files.read(path)
    except FileProblem:
        return None
    return _parsed(_Key((around.reading, around.files, around.target, path), source))


@lru_cache(maxsize=512)
def _parsed(key: "_Key") -> "Section | Problem":
    reading, files, target, path = key.parts
    environment = Environment(reading.server_root, dict(reading.defines), {}, True, True, reading.modules)
    found = Reader(files, environment, target.software["httpd"], complete=reading.knows_all_modules).read(path)
    if found.refused is not None:
        return found.refused
    section = Section(found.tree.line, ".htaccess", 0, posixpath.dirname(path), "")
    section.children = found.tree.children
    for child in section.children:
        child.parent = section
    return section


_CONDITIONAL = rb"(?im)^[ \t]*<If(?:Module|Define|Version|File|Directive|Section)\b"


class Admitted(Struct):
    """An .htaccess without the lines that are passed over; None where `fault` fails every request, and `why`.

    `why`: `forbidden` (by AllowOverride), `unknown`, else what is wrong with the line. `fault` None: an `<IfModule>` and its like.
    """

    section: Section | None
    fault: Node | None = None
    why: str = ""


def admitted(reading: Reading, section: Section, override: Override) -> Admitted:
    """What of an .htaccess counts: each line is asked for by itself, inside sections too (server/config.c, invoke_cmd; httpd 2.4.71)."""
    if not override.classes and re.search(_CONDITIONAL, section.file.data):  # <IfModule> needs any class at all
        return Admitted(None, None, "forbidden")
    foreign = not reading.knows_all_modules or any(not directives.is_stock(module) for module in reading.modules)
    return _admitted(section, override._replace(by=None), reading.modules, foreign)


@lru_cache(maxsize=512)
def _admitted(section: Section, override: Override, modules: frozenset[str], foreign: bool) -> Admitted:
    children: list[Node] = []
    for node in section.children:
        known = directives.known(f"<{node.lower}" if isinstance(node, Section) else node.lower)
        if known is None or (known.module not in modules and not foreign):
            if foreign:
                children.append(node)
            elif "unknown" not in override.nonfatal:
                return Admitted(None, node, "unknown")
            continue
        if not override.lets(node):
            if "override" not in override.nonfatal:
                return Admitted(None, node, "forbidden")
            continue
        try:
            _check(node)
        except RefusedError as error:
            return Admitted(None, node, str(error))
        if isinstance(node, Section):
            inner = _admitted(node, override, modules, foreign)
            if inner.section is None:
                return inner
            children.append(inner.section)
        else:
            children.append(node)
    found = section.emptied()
    found.children = children
    return Admitted(found)


class _Key:
    """Identity of a file within one reading, for the cache."""

    __slots__ = ("parts", "source")

    def __init__(self, parts: "tuple[Reading, Files, Target, str]", source: SourceFile) -> None:
        self.parts = parts
        self.source = source

    def __hash__(self) -> int:
        return hash((id(self.parts[0]), id(self.source)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.source is other.source and self.parts[0] is other.parts[0]


def _check(node: Node) -> None:
    from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

    words = node.texts
    try:
        if node.lower == "header":
            headers.read(words)
        elif node.lower == "rewriterule":
            rewrite.rule_of(words, ())
        elif node.lower == "rewritecond":
            rewrite.condition_of(words)
    except (headers.RefusedError, rewrite.RefusedError) as error:
        raise RefusedError(str(error)) from None


def rules_in(section: Section) -> "list[rewrite.Rule]":
    """The RewriteRules directly in a section, each with its conditions."""
    from tlslint.parsers.apache import rewrite  # noqa: PLC0415 (only where there are rules)

    rules: list[rewrite.Rule] = []
    conditions: list[rewrite.Condition] = []
    for node in section.named("rewritecond", "rewriterule"):
        if isinstance(node, Section):
            continue
        _certain(node)
        words = node.texts
        try:
            if node.lower == "rewritecond":
                conditions.append(rewrite.condition_of(words))
            else:
                rules.append(rewrite.rule_of(words, conditions)._replace(at=node))
                conditions = []
        except rewrite.RefusedError:
            conditions = []
    return rules


def _rule_of(outcome: "rewrite.Outcome") -> Node | None:
    return outcome.at if isinstance(outcome.at, Node) else None


def _certainly(section: Section) -> bool:
    if section.condition:
        if _bears_on_answers(section):
            raise UnknownAnswerError(section.condition)
        return False
    return True


_ANSWERING = ("header", "redirect", "redirectmatch", "redirectpermanent", "redirecttemp", "rewriterule", "proxypass")


def _bears_on_answers(section: Section) -> bool:
    return bool(section.named(*_ANSWERING))


def _rewrites(section: Section) -> bool:
    """Does a section hold anything of mod_rewrite? Then its rules replace those of shallower ones (config_perdir_merge)."""
    return bool(section.named("rewriterule", "rewriteengine", "rewritecond", "rewritebase"))


def _engine_in(sections: list[Section]) -> bool:
    for section in reversed(sections):
        state = _flag(section, "rewriteengine")
        if state is not None:
            return state
    return False


def _flag(section: Section, name: str) -> bool | None:
    state: bool | None = None
    for node in section.named(name):
        if isinstance(node, Directive) and node.words:
            _certain(node)
            state = node.words[0].text.lower() == "on"
    return state


_STATUS = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}


def redirect_words(node: Node) -> tuple[int, str, str]:
    """(status, source, target) of a Redirect in any form (mod_alias.c, add_redirect_internal)."""
    words = node.texts
    status = {"redirectpermanent": 301, "redirecttemp": 302}.get(node.lower, 302)
    if words and node.lower in ("redirect", "redirectmatch"):
        first = words[0].lower()
        code = _STATUS.get(first) or (int(first) if re.fullmatch("[0-9]{1,9}", first) else None)
        if code is not None:
            status = code
            words = words[1:]
    if len(words) == 1:
        return (status, words[0], "") if status >= 400 or status < 300 else (status, "", words[0])
    return (status, words[0], words[1]) if len(words) > 1 else (status, "", "")


def _one_target(node: Node) -> bool:
    """`Redirect 301 https://…`: inside a section the path is the section's own, and nothing of it is kept (2.4.23 and later)."""
    status, source, target = redirect_words(node)
    return not source and bool(target) and 300 <= status < 400


def _alias_length(path: str, alias: str) -> int:
    """How much of a path an alias takes, 0 for none; only whole path segments match (mod_alias.c, alias_matches)."""
    if not path.startswith(alias):
        return 0
    if alias.endswith("/") or len(path) == len(alias) or path[len(alias)] == "/":
        return len(alias)
    return 0


def _location(url: str, outcome: "rewrite.Outcome") -> str:
    """The URL of a rule's redirect: all behind the host is escaped, and the query once more (hook_uri2file, escape_absolute_uri)."""
    query = f"?{outcome.query}" if outcome.query else ""
    if not outcome.is_escaped:
        return url + query
    host, path = re.match(r"((?:\w+://[^/]*)?)(.*)", url, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{host}{_escaped_path(path)}{query[:1]}{_escaped_path(query[1:])}"


def _escaped_path(text: str) -> str:
    """ap_escape_uri: every character that has no place in a path, and `%`."""
    return re.sub(r"[^A-Za-z0-9$\-_.+!*'(),:;@&=/~]", lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode("latin-1")), text)


def _escaped(text: str) -> str:
    return re.sub(r"[ \x00-\x1f\x7f-\xff\"<>^`{|}\\]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("latin-1")), text)


def _wildcard(pattern: str) -> str:
    """fnmatch as a regular expression, `*` and `?` not crossing slashes."""
    return re.sub(r"\\\*", "[^/]*", re.sub(r"\\\?", "[^/]", re.escape(pattern)))


def _directory_matches(pattern: str, here: str) -> bool:
    pattern = pattern.rstrip("/") or "/"
    if any(char in pattern for char in "*?["):
        return re.match(_wildcard(pattern) + r"\Z", here) is not None
    return pattern == here
