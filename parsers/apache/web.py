"""HSTS and redirects of a web site: a few requests through it, told as the model's `Http`.

Four kinds of answer matter (RFC 6797 wants the header on all of them): a page, an error of httpd's own, a refusal (401, 403), a redirect.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from tlslint.model import ANY_NAME, HeaderLine, How, Http, Known, Origin, Problem, Redirect, Span, TlsMode, Unknown, Value
from tlslint.parsers.apache import folders, headers
from tlslint.parsers.apache.request import NOWHERE, Answer, Host, Request, UnknownAnswerError, answer, redirect_words
from tlslint.parsers.apache.sites import NOT_SEEN, Site
from tlslint.parsers.apache.tree import Node, Section
from tlslint.parsers.apache.vhosts import Server
from tlslint.parsers.carried import readable

HSTS = "Strict-Transport-Security"
JUDGED = frozenset({HSTS.lower(), "public-key-pins", "public-key-pins-report-only", "expect-ct"})
"""Headers whose text somebody has an opinion on."""

DEEP = "/some/page"
"""A path nobody redirects by name: does its redirect keep it?"""

PROGRAM = "a program or backend answers, and may send lines of its own"

_MADE_UP = "name.invalid"
"""Asked for where a site has no name: one that no condition is about, `localhost` neither."""

MAX_NAMES = 16
"""Names of one site that are asked for; more of them seldom have rules of their own."""

MAX_HOPS = 10
"""Redirects followed in a row; browsers stop at twenty."""


def http(site: Site, host: Host, problems: list[Problem]) -> Http:
    """What the site's answers carry, and whether plain HTTP is sent on to HTTPS.

    Lines that were meant to send visitors on and never do go to `problems`.
    Where nobody knows whether TLS is spoken, header lines are told for HTTPS and redirects for HTTP.
    """
    mode = site.endpoint.tls
    if isinstance(mode, Unknown) and host.alone is None:
        unknown: Unknown[tuple[str, ...]] = Unknown(mode.reason)
        return Http(unknown, unknown, unknown, Unknown(mode.reason), Unknown(mode.reason))
    https = mode.holds(TlsMode.IMPLICIT)
    secure = _Asked(host, site, https=https or isinstance(mode, Unknown))
    plain = secure if isinstance(mode, Known) else _Asked(host, site, https=False)
    asking = {"success": _page(secure), "error": (NOWHERE, "backend"), "redirect": (NOWHERE, "")}
    may_redirect = secure.may_redirect
    if may_redirect:
        asking["redirect"] = (_redirected_path(secure), "")
    success, error = _values(secure, *asking["success"]), _values(secure, *asking["error"])
    redirect = _values(secure, *asking["redirect"]) if asking["redirect"][0] != NOWHERE else error
    leads: Value[bool | None] = Known(False) if https else _redirects(plain)
    status = _status(plain)
    written = tuple(_written(secure, asking))
    if not https and not leads.holds(True):
        from tlslint.parsers.apache import redirects  # noqa: PLC0415 (few sites speak plain HTTP without a redirect)

        problems.extend(problem for section in plain.sections for problem in redirects.facts(section))
    if not written and not may_redirect:
        return Http(success, error, redirect, leads, status, written)
    others = tuple(_others(plain)) if isinstance(mode, Known) else tuple(_others(secure))
    astray = tuple(_astray(secure, others)) if https or isinstance(mode, Unknown) else ()
    by_name = tuple(_by_name(others, leads)) if isinstance(mode, Known) and not https else ()
    return Http(success, error, redirect, leads, status, written, _redirect(plain), astray, by_name)


class _Asked:
    """Answers of one site over one scheme, each worked out once."""

    def __init__(self, host: Host, site: Site, *, https: bool, name: str = "") -> None:
        self.host = host
        self.site = site
        self.https = https
        port = (site.door.port or (443 if https else 80)) if host.alone is None else 443 if https else 80
        name = name or (site.server.names[0] if site.server.names else "")
        name = name or (site.door.host if site.door.host not in (None, "*") else _MADE_UP) or _MADE_UP
        self.name = name
        self.request = Request(https, f"{name}" if port == (443 if https else 80) else f"{name}:{port}", port, "/")
        self.overrides: dict[Section, None] = {}
        self._answers: dict[tuple[str, str], Answer | UnknownAnswerError] = {}

    @cached_property
    def deeper(self) -> dict[Section, str]:
        """Folders with an .htaccess of their own, by that, as URL paths."""
        return {} if self.host.alone is not None else {section: path for path, section in folders.read_below(self.host) if path != "/"}

    def of(self, name: str) -> "_Asked":
        """The same site asked for another name."""
        return _Asked(self.host, self.site, https=self.https, name=name)

    def answer(self, path: str, fails: str = "") -> Answer:
        """The answer for a path. Raises `UnknownAnswerError`."""
        found = self._answers.get((path, fails))
        if found is None and fails == "backend":
            found = self._without_backend(path)
        if found is None:
            try:
                found = answer(self.host, Request(self.https, self.request.host, self.request.port, path, "", fails), HSTS)
                for section in found.overrides:
                    self.overrides[section] = None
            except UnknownAnswerError as error:
                found = error
            self._answers[path, fails] = found
        if isinstance(found, UnknownAnswerError):
            raise found.with_traceback(None)
        return found

    def _without_backend(self, path: str) -> Answer | None:
        """The answer for a path where no backend is asked, so that none can fail."""
        try:
            found = self.answer(path)
        except UnknownAnswerError:
            return None
        return found if found.status else None

    @cached_property
    def unseen(self) -> str:
        """Why header lines and redirects may stand where nobody looked; "" where all was seen."""
        if not self.host.around.complete:
            return NOT_SEEN
        holes = (node for level in self.host.levels for node in level.named("include") if node.condition)
        return next((hole.condition for hole in holes if not re.search(_FOLDERS_OF_MODULES, hole.args)), "")

    @property
    def sections(self) -> list[Section]:
        """Where lines may stand that have a say: the main server, the virtual host, .htaccess files that were met."""
        return [*self.host.levels, *self.folders]

    @property
    def folders(self) -> Iterable[Section]:
        """The .htaccess files among them."""
        alone = [self.host.alone] if self.host.alone is not None else []
        return dict.fromkeys([*alone, *self.overrides, *self.deeper])

    @property
    def may_redirect(self) -> bool:
        """Does anything here redirect, or let an .htaccess do so?"""
        return not _REDIRECTING.isdisjoint(self.host.mentions) or any(
            not _REDIRECTING.isdisjoint(section.mentions) for section in self.folders
        )


_REDIRECTING = frozenset(
    {
        "redirect",
        "redirectpermanent",
        "redirecttemp",
        "redirectmatch",
        "rewriterule",
        "allowoverride",
        "allowoverridelist",
        "mdrequirehttps",
    }
)
_FOLDERS_OF_MODULES = r"(?:mods-enabled|conf\.modules\.d)/"
"""What Debian's and Red Hat's packages put there sets no header of an answer and redirects nowhere (mods-available of 2.4.71, seen)."""
_REDIRECTS = ("redirect", "redirectpermanent", "redirecttemp", "redirectmatch")
_INNER = ("location", "locationmatch", "directory", "directorymatch", "files", "filesmatch", "if", "elseif", "else", "limit", "limitexcept")


def _within(section: Section) -> Iterator[Section]:
    """A section and those inside it; virtual hosts are servers of their own."""
    yield section
    for node in section.named(*_INNER):
        if isinstance(node, Section):
            yield from _within(node)


# Header lines


def _values(asked: _Asked, path: str, fails: str = "") -> Value[tuple[str, ...]]:
    try:
        found = asked.answer(path, fails)
    except UnknownAnswerError as error:
        return Unknown(str(error), least=())
    texts = tuple([line.text for line in found.lines if line.text is not None])
    if len(texts) < len(found.lines):
        return Unknown(f"the text of a {HSTS} line is not known")
    nodes = dict.fromkeys([node for line in found.lines for node in line.by if isinstance(node, Node)])
    origins = tuple([Origin(How.WRITTEN, node.args_span) for node in nodes])
    if found.more:
        return Unknown(PROGRAM, origins, least=texts)
    if asked.unseen and (not texts or any(_adds(line) for line in found.lines)):
        return Unknown(asked.unseen, origins, least=texts)
    return Known(texts, origins)


def _adds(line: headers.Sent) -> bool:
    return all(isinstance(node, Node) and node.lower == "header" and _command(node).action == "add" for node in line.by)


def _command(node: Node) -> headers.Command:
    return headers.read(node.texts)


def _asking(asked: _Asked, kinds: dict[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    """What to ask so as to see which lines go where: kind of answer, path, how it is to end."""
    asking = [*((kind, *how) for kind, how in kinds.items()), ("refusal", kinds["success"][0], "refused")]
    if asked.host.alone is not None:
        asking[1:3] = ("error", "/", "missing"), ("redirect", "/", "moved")
    elif not asked.host.around.complete and kinds["redirect"][0] == NOWHERE:  # what was not seen may redirect
        asking[2] = ("redirect", "/", "moved")
    for folder in asked.deeper.values():
        page = f"{folder}page.html"
        asking += [("success", page, "no"), ("error", folder + NOWHERE[1:], ""), ("refusal", page, "refused")]
        asking.append(("redirect", page, "refused"))  # that the server redirects elsewhere is no fault of a folder
    return asking


def _written(asked: _Asked, kinds: dict[str, tuple[str, str]]) -> Iterator[HeaderLine]:
    """Every line that gives one of the judged headers a text, wherever it stands, with the kinds of answers that carry it."""
    reach: dict[object, set[str]] = {}
    texts: dict[object, str | None] = {}
    undecided: set[str] = set()
    for kind, path, fails in _asking(asked, kinds):
        try:
            found = asked.answer(path, fails)
        except UnknownAnswerError:
            undecided.add(kind)
            continue
        for line in found.lines:
            for node in line.by:
                reach.setdefault(node, set()).add(kind)
                if len(line.by) == 1:
                    texts[node] = line.text
    for top in asked.sections:
        if "header" not in top.mentions:
            continue
        for section in _within(top):
            for node in section.named("header"):
                if node.unknown or isinstance(node, Section):
                    continue
                try:
                    command = _command(node)
                except headers.RefusedError:
                    continue
                if command.name.lower() in JUDGED and command.action in ("set", "setifempty", "add", "append", "merge"):
                    yield _line(node, command, frozenset(reach.get(node, ())), frozenset(undecided), texts.get(node))


def _line(node: Node, command: headers.Command, reaches: frozenset[str], undecided: frozenset[str], sent: str | None) -> HeaderLine:
    text: str | None = command.value
    span = None
    written = [word.span for word in node.words[2:] if word.text == command.value]
    if "%" in command.value or command.value.startswith("expr="):
        text = sent
    elif command.value and written:
        span = _inside(written[-1])
        span = span if span.data == command.value.encode("latin-1") else None
    setting = Span(node.file, node.line.first, node.line.last)
    is_open = any(_is_open(span.data) for span in written)
    limit = _limit(node, command, reaches) if reaches else ""
    return HeaderLine(
        command.name.lower(),
        None if text is None else readable(text),
        span,
        setting,
        reaches,
        limit,
        undecided,
        is_open=is_open,
        adds=command.action == "add",
    )


def _is_open(data: bytes) -> bool:
    return data[:1] in (b'"', b"'") and (len(data) < 2 or data[-1:] != data[:1] or data[-2:-1] == b"\\")


def _inside(span: Span) -> Span:
    """The bytes of a word without its quotes; the closing one may be missing."""
    data = span.data
    if data[:1] not in (b'"', b"'"):
        return span
    closed = len(data) > 1 and data[-1:] == data[:1]
    return Span(span.file, span.start + 1, span.end - (1 if closed else 0))


_BY_FILE = frozenset({".htaccess", "directory", "directorymatch", "files", "filesmatch"})


def _limit(node: Node, command: headers.Command, reaches: frozenset[str]) -> str:
    """Why a line that goes out with some answers does not with others."""
    if command.table == "onsuccess" and "error" not in reaches:
        return "without `always`, httpd's own errors and redirects go out without it"
    if command.condition.lower() == "env=https" and not reaches >= {"redirect", "refusal"}:
        return "the variable HTTPS is set too late for redirects and refusals (401, 403)"
    if command.condition:
        return f"{readable(command.condition)} does not hold for the others"
    parent = node.parent
    if "redirect" not in reaches and (parent is None or parent.lower in _BY_FILE):
        return "a folder's settings have no say where the server redirects before it looks for files"
    return ""


# Pages and redirects


def _page(asked: _Asked) -> tuple[str, str]:
    """A page that is served, and how it is to end: the front page, its file, else any page; the front page where there is none."""
    for path, fails in (("/", ""), ("/index.html", ""), (DEEP, "no")):
        try:
            if asked.answer(path, fails).status < 300:
                return path, fails
        except UnknownAnswerError:
            break
    return "/", ""


def _status(asked: _Asked) -> Value[int | None]:
    try:
        found = asked.answer("/")
    except UnknownAnswerError as error:
        return Unknown(str(error))
    return Known(found.status) if found.status else Unknown(PROGRAM)


def _redirects(asked: _Asked) -> Value[bool | None]:
    try:
        found = asked.answer("/")
    except UnknownAnswerError as error:
        return Unknown(str(error))
    if not found.status:
        return Unknown(PROGRAM)
    if asked.unseen and not 300 <= found.status < 400:
        return Unknown(asked.unseen)
    leads = 300 <= found.status < 400 and found.location.lower().startswith("https://")
    return Known(leads, (Origin(How.WRITTEN, found.by.span),) if found.by is not None else ())


def _redirect(asked: _Asked) -> Redirect | None:
    """The redirect of the front page."""
    try:
        front = asked.answer("/")
        if not 300 <= front.status < 400 or front.by is None:
            return None
        deep = asked.answer(DEEP)
    except UnknownAnswerError:
        return None
    below = deep.location if 300 <= deep.status < 400 else ""
    ends = _followed(asked.host, asked.request, front)
    if ends == "loop":
        ends = _behind_a_proxy(asked)
    name, location, below = (text.replace(_MADE_UP, ANY_NAME) for text in (asked.name, front.location, below))
    return Redirect(front.status, location, below, DEEP, ends, front.by.span, _target(front.by), name)


_OF_NAMES = r"(?i)HTTP_HOST|SERVER_NAME|HTTP:Host|^\s*Host\s"
"""What conditions that hang on the name speak of."""
_CONDITIONS = ("rewritecond", "setenvif", "setenvifnocase", "if", "elseif")


def _others(asked: _Asked) -> Iterator[_Asked]:
    """The site asked for its further names, where lines hang on the name; an .htaccess alone for those that its conditions are about."""
    about = [
        node.args
        for top in asked.sections
        if not top.mentions.isdisjoint(_CONDITIONS)
        for section in _within(top)
        for node in section.named(*_CONDITIONS)
        if re.search(_OF_NAMES, node.args)
    ]
    if not about:
        return
    names: Iterable[str] = asked.site.server.names[1:]
    if asked.host.alone is not None:
        names = [f"www.{_MADE_UP}", *(name.replace("\\", "") for args in about for name in re.findall(_NAME, args))]
    yield from (asked.of(name) for name in list(dict.fromkeys(names))[:MAX_NAMES] if not re.search(r"[*?]", name))


_NAME = r"(?<=[\s^=])((?:[\w-]+\\?\.)+[a-z]{2,})(?=[$\s]|\Z)"
"""A name that a condition compares with: `^www\\.example\\.org$`, `=example.org`."""


def _astray(secure: _Asked, others: Iterable[_Asked]) -> Iterator[Redirect]:
    """What sends visitors from HTTPS to plain HTTP, or in a circle."""
    for asked in (secure, *others):
        redirect = _redirect(asked)
        if redirect is None or (asked is secure and redirect.ends.startswith("loop")):  # the latter is told as the redirect itself
            continue
        if redirect.ends == "loop" or redirect.location.lower().startswith("http://"):
            yield redirect


def _by_name(others: Iterable[_Asked], leads: Value[bool | None]) -> Iterator[tuple[str, bool]]:
    for asked in others:
        own, status = _redirects(asked), _status(asked)
        if not isinstance(own, Known) or not isinstance(leads, Known) or own.value is leads.value:
            continue
        if own.value or (isinstance(status, Known) and (status.value or 0) < 300):
            yield asked.name.lower(), bool(own.value)


def _behind_a_proxy(asked: _Asked) -> str:
    """Is what loops for direct visitors a loop as well where a proxy in front says that it spoke HTTPS?"""
    request = asked.request._replace(is_forwarded=True)
    try:
        found = answer(asked.host, request, HSTS)
    except UnknownAnswerError:
        return "loop unless forwarded"
    redirected = 300 <= found.status < 400
    return "loop" if redirected and _followed(asked.host, request, found) == "loop" else "loop unless forwarded"


def _target(node: Node) -> Span | None:
    """The bytes of the URL a line redirects to, where they are the URL."""
    word = node.words[1 if node.lower == "rewriterule" else -1] if len(node.words) > 1 else None
    if word is None or not re.match("https?://", word.text, re.IGNORECASE):
        return None
    inner = _inside(word.span)
    return inner if inner.data == word.text.encode("latin-1") else None


_URL = r"(?i)(https?)://([^/:?#]+)(?::([0-9]{1,9}))?([^?#]*)(?:\?([^#]*))?"


def _followed(host: Host, request: Request, found: Answer) -> str:
    """Where a browser ends up that follows: `elsewhere`, `here`, or `loop`."""
    met = {(request.scheme, request.host.lower(), request.path)}
    for _ in range(MAX_HOPS):
        parts = re.match(_URL, found.location)
        if parts is None:
            return "here" if found.location.startswith("/") else "elsewhere"
        https = parts[1].lower() == "https"
        port = int(parts[3] or (443 if https else 80))
        server = _server_at(host, request, parts[2], port, https=https)
        if server is None:
            return "elsewhere"
        name = parts[2].lower() + (f":{port}" if port != (443 if https else 80) else "")
        request = Request(https, name, port, parts[4] or "/", parts[5] or "", is_forwarded=request.is_forwarded)
        if (request.scheme, name, request.path) in met:
            return "loop"
        met.add((request.scheme, name, request.path))
        host = host.at(server)
        try:
            found = answer(host, request, HSTS)
        except UnknownAnswerError:
            return "elsewhere"
        if not 300 <= found.status < 400:
            return "here"
    return "loop"


def _server_at(host: Host, request: Request, name: str, port: int, *, https: bool) -> Server | None:
    """The server of this configuration that answers for a name at a port; None: none that is known."""
    if host.alone is not None:
        return host.server if name.lower() == request.host.partition(":")[0].lower() else None
    named = host.around.named.get((port, https, name.lower()))
    if named is not None:
        return named
    there = [server for server, _, its_port, its_https in host.around.others if its_port == port and its_https == https]
    named = next((server for server in there if server.answers_to(name)), None) if any(one.has_patterns for one in there) else None
    if named is not None:
        return named
    ours = host.server.answers_to(name) or name.lower() == request.host.partition(":")[0].lower()
    return there[0] if there and ours and host.around.complete else None


def _redirected_path(asked: _Asked) -> str:
    """A path that the configuration redirects, for the answer of that kind; where there is none, a path nobody has.

    One that an ErrorDocument sends elsewhere comes last: it is an error with an error's headers.
    """
    sent_on = ""
    for path in _candidates(asked):
        try:
            found = asked.answer(path)
        except UnknownAnswerError:
            continue
        if 300 <= found.status < 400:
            if found.by is None or found.by.lower != "errordocument":
                return path
            sent_on = sent_on or path
    return sent_on or NOWHERE


def _candidates(asked: _Asked) -> Iterable[str]:
    for top in asked.sections:
        for section in _within(top):
            if section.lower == "location" and section.words:
                yield section.words[0].text
            for node in section.named(*_REDIRECTS):
                source = redirect_words(node)[1]
                if source.startswith("/"):
                    yield source
                elif source.startswith("^/"):
                    yield source[1:].partition("(")[0].rstrip("$?")
    yield from ("/moved", "/", "/foo/bar")
