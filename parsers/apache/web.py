"""HSTS and redirects of a web site: a few requests through it, told as the model's `Http`.

Three kinds of answer matter (RFC 6797 needs the header on all of them): a page, an error of httpd's own, a redirect.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tlslint.model import HeaderText, How, Http, Known, Origin, Redirect, Span, TlsMode, Unknown, Value
from tlslint.parsers.apache.request import NOWHERE, Answer, Host, Request, UnknownAnswerError, answer, redirect_words
from tlslint.parsers.apache.sites import NOT_SEEN, Site
from tlslint.parsers.apache.tree import Node, Section

HSTS = "Strict-Transport-Security"

Ask: TypeAlias = Callable[[str], Answer]
"""The answer for a path. Raises `UnknownAnswerError`."""


def http(site: Site, host: Host) -> Http:
    """What the site's answers carry, and whether plain HTTP is sent on to HTTPS."""
    endpoint = site.endpoint
    mode = endpoint.tls
    if isinstance(mode, Unknown):
        unknown: Unknown[tuple[str, ...]] = Unknown(mode.reason)
        return Http(unknown, unknown, unknown, Unknown(mode.reason))
    https = mode.value is TlsMode.IMPLICIT
    port = site.door.port or (443 if https else 80)
    name = site.server.names[0] if site.server.names else (site.door.host if site.door.host not in (None, "*") else "localhost")
    usual = port == (443 if https else 80)
    request = Request(https, f"{name}" if usual else f"{name}:{port}", port, "/")
    asked = _Asked(host, request)
    ask = asked.answer
    found = Http(
        _values(host, ask, _page(ask)),
        _values(host, ask, NOWHERE),
        _values(host, ask, _redirected_path(host, ask) if _may_redirect(host) else NOWHERE),
        Known(False) if https else _redirects(host, ask),
    )
    if not asked.sources and not _may_redirect(host):
        return found
    return found._replace(
        hsts_written=tuple(_text(node) for node in dict.fromkeys(asked.sources)),
        redirect=_redirect(ask) if found.redirects_to_https.holds(True) else None,
        loop=_loop(ask, request) if https else None,
    )


def _text(node: Node) -> HeaderText:
    """The value of a Header line; its bytes alone, without quotes, where they are the text."""
    from tlslint.parsers.apache import headers  # noqa: PLC0415 (the node was read by it before)

    value = headers.read([word.text for word in node.words]).value
    for word in node.words:
        if word.text == value and value:
            span = word.span
            inner = Span(span.file, span.start + 1, span.end - 1) if span.data[:1] in (b'"', b"'") else span
            return HeaderText(value, inner if inner.data == value.encode("latin-1") and "%" not in value else None)
    return HeaderText(value)


DEEP = "/some/page"
"""A path nobody redirects by name: does its redirect keep it?"""


def _redirect(ask: Ask) -> Redirect | None:
    try:
        front, deep = ask("/"), ask(DEEP)
    except UnknownAnswerError:
        return None
    below = deep.location if 300 <= deep.status < 400 else ""
    return Redirect(front.status, front.location, below, DEEP, front.by.span if front.by is not None else None)


def _loop(ask: Ask, request: Request) -> Span | None:
    """A page of an HTTPS site that is redirected to itself."""
    own = (f"https://{request.host}/", f"https://{request.host.partition(':')[0]}:{request.port}/")
    try:
        found = ask("/")
    except UnknownAnswerError:
        return None
    looping = 300 <= found.status < 400 and found.location in own
    return found.by.span if looping and found.by is not None else None


class _Asked:
    """Answers of one site, each worked out once."""

    def __init__(self, host: Host, request: Request) -> None:
        self._host = host
        self._request = request
        self._answers: dict[str, Answer | UnknownAnswerError] = {}
        self.sources: list[Node] = []
        """Header lines that had a part in the answers."""

    def answer(self, path: str) -> Answer:
        found = self._answers.get(path)
        if found is None:
            try:
                found = answer(self._host, self._request._replace(path=path), HSTS)
                self.sources.extend(found.sources)
            except UnknownAnswerError as error:
                found = error
            self._answers[path] = found
        if isinstance(found, UnknownAnswerError):
            raise found.with_traceback(None)
        return found


_REDIRECTING = frozenset(
    {"redirect", "redirectpermanent", "redirecttemp", "redirectmatch", "rewriterule", "allowoverride", "allowoverridelist"}
)


def _may_redirect(host: Host) -> bool:
    """Does anything here redirect, or let an .htaccess do so?"""
    return any(not _REDIRECTING.isdisjoint(scope.section.mentions) for scope in (host.server.scope, host.server.main))


def _values(host: Host, ask: Ask, path: str) -> Value[tuple[str, ...]]:
    try:
        found = ask(path)
    except UnknownAnswerError as error:
        return Unknown(str(error), least=())
    if not host.complete and not found.values:
        return Unknown(NOT_SEEN, least=())
    if None in found.values:
        return Unknown(f"the text of a {HSTS} line is not known")
    return Known(tuple(value for value in found.values if value is not None), _origins(found))


def _page(ask: Ask) -> str:
    """A page that is there: the front page, or its file where a folder without index is refused."""
    try:
        if ask("/").status < 400:
            return "/"
        named = ask("/index.html")
    except UnknownAnswerError:
        return "/"
    return "/index.html" if named.status < 300 else "/"


def _origins(found: Answer) -> tuple[Origin, ...]:
    return tuple(Origin(How.WRITTEN, node.args_span) for node in reversed(found.sources))


def _redirects(host: Host, ask: Ask) -> Value[bool | None]:
    try:
        found = ask("/")
    except UnknownAnswerError as error:
        return Unknown(str(error))
    if not host.complete and not 300 <= found.status < 400:
        return Unknown(NOT_SEEN)
    leads = 300 <= found.status < 400 and found.location.lower().startswith("https://")
    return Known(leads, (Origin(How.WRITTEN, found.by.span),) if found.by is not None else ())


def _redirected_path(host: Host, ask: Ask) -> str:
    """A path that the configuration redirects, for the answer of that kind; where there is none, a path nobody has."""
    for path in _candidates(host):
        try:
            found = ask(path)
        except UnknownAnswerError:
            continue
        if 300 <= found.status < 400:
            return path
    return NOWHERE


def _candidates(host: Host) -> Iterable[str]:
    names = ("redirect", "redirectpermanent", "redirecttemp", "redirectmatch")
    for scope in (host.server.scope, host.server.main):
        pending = [scope.section]
        while pending:
            section = pending.pop()
            for node in section.named(*names):
                source = redirect_words(node)[1]
                if source.startswith("/"):
                    yield source
                elif source.startswith("^/"):
                    yield source[1:].partition("(")[0].rstrip("$?")
            for node in section.named("location", "directory", "if"):
                if isinstance(node, Section):
                    pending.append(node)
                    if node.lower == "location" and node.words:
                        yield node.words[0].text
    yield from ("/moved", "/", "/foo/bar")
