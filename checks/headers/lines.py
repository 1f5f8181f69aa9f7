"""What the rules about headers share: lines with their values, and places inside them."""

from collections.abc import Iterator

from tlslint.checks.headers import hsts_value
from tlslint.checks.headers.hsts_value import HstsValue
from tlslint.model import Endpoint, HeaderLine, Span, TlsMode
from tlslint.model.struct import Struct

HSTS = "strict-transport-security"


class Line(Struct):
    """A line whose text is known, and what it says."""

    line: HeaderLine
    text: str
    value: HstsValue


_latest: list[tuple[Endpoint, tuple[Line, ...]]] = []
"""The endpoint that was asked about last: one rule after the other asks about the same."""


def hsts_lines(endpoint: Endpoint) -> tuple[Line, ...]:
    """The HSTS lines of an endpoint that are values by themselves; pieces that only make one together with others are none."""
    if not _latest or _latest[0][0] is not endpoint:
        _latest[:] = [(endpoint, tuple(_hsts_lines(endpoint)))]
    return _latest[0][1]


def _hsts_lines(endpoint: Endpoint) -> Iterator[Line]:
    if endpoint.http is None:
        return
    sent = sent_by(endpoint)
    for line in endpoint.http.headers:
        text = line.text
        if line.name != HSTS or text is None or (endpoint.tls.holds(TlsMode.NONE) and not line.reaches):
            continue
        if text not in sent and any(text in whole for whole in sent):
            continue
        yield Line(line, text, hsts_value.read(text))


def sent_by(endpoint: Endpoint) -> set[str]:
    """Every text of an HSTS line that some answer surely carries."""
    http = endpoint.http
    if http is None:
        return set()
    return {text for value in (http.hsts_success, http.hsts_error, http.hsts_redirect) for text in value.surely or ()}


def place(line: HeaderLine, characters: tuple[int, int] | None) -> Span:
    """The bytes of characters of a line's text; the whole setting where the text is not written as it is sent."""
    if line.span is None or line.text is None or characters is None:
        return whole(line)
    start, end = characters
    encoding = encoding_of(line.text, line.span)
    before = line.span.start + len(line.text[:start].encode(encoding, "surrogateescape"))
    return Span(line.span.file, before, before + len(line.text[start:end].encode(encoding, "surrogateescape")))


def encoding_of(text: str, span: Span) -> str:
    """How the text is written there: a UTF-8 value may stand in a file that as a whole is none."""
    return "utf-8" if text.encode("utf-8", "surrogateescape") == span.data else span.file.encoding


def whole(line: HeaderLine) -> Span:
    """The text of a line, or all of the setting without blanks around it."""
    if line.span is not None and line.span.end > line.span.start:
        return line.span
    data = line.setting.data
    start = line.setting.start + len(data) - len(data.lstrip())
    return Span(line.setting.file, start, line.setting.start + len(data.rstrip()))
