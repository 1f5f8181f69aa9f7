"""HSTS and redirects of a web site: a few requests through it, told as the model's `Http`.

Three kinds of answer matter (RFC 6797 needs the header on all of them): a page, an error of httpd's own, a redirect.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tlslint.model import How, Http, Known, Origin, TlsMode, Unknown, Value
from tlslint.parsers.apache.request import NOWHERE, Answer, Host, Request, UnknownAnswerError, answer, redirect_words
from tlslint.parsers.apache.sites import NOT_SEEN, Site
from tlslint.parsers.apache.tree import Section

HSTS = "Strict-Transport-Security"


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
    ask = _Asked(host, request).answer
    return Http(
        _values(host, ask, _page(ask)),
        _values(host, ask, NOWHERE),
        _values(host, ask, _redirected_path(host, ask) if _may_redirect(host) else NOWHERE),
        Known(False) if https else _redirects(host, ask),
    )


Ask: TypeAlias = Callable[[str], Answer]
"""The answer for a path. Raises `UnknownAnswerError`."""


class _Asked:
    """Answers of one site, each worked out once."""

    def __init__(self, host: Host, request: Request) -> None:
        self._host = host
        self._request = request
        self._answers: dict[str, Answer | UnknownAnswerError] = {}

    def answer(self, path: str) -> Answer:
        found = self._answers.get(path)
        if found is None:
            try:
                found = answer(self._host, self._request._replace(path=path), HSTS)
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
