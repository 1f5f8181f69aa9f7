"""e-smith templates (SME Server, NethServer): the pieces a generated httpd.conf is made of, as lines.

Sources: Text::Template (text outside `{…}` stands as it is, a block is Perl whose `$OUT` or value takes its place, a backslash takes a
brace its meaning); esmith::templates (fragments in the order of their names, `templates-custom` over `templates`, the folder `VirtualHosts`
once for every virtual host, on port 80 and on 443); fragments of e-smith-apache and others.

No Perl is run. Texts that a block puts into `$OUT` are read; conditions are unknown, but for plain comparisons of `$port`; so is what
variables fill in.
"""

import posixpath
import re
from collections.abc import Iterator

from tlslint.files import FileProblem, Files
from tlslint.model import Problem, SourceFile
from tlslint.model.instance import Software
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.apache import directives
from tlslint.parsers.apache.environment import Environment
from tlslint.parsers.apache.read import Reader, Reading
from tlslint.parsers.apache.syntax import BLANK, Line, Run, logical_lines
from tlslint.parsers.apache.tree import Section

PERL_DECIDES = "Perl decides whether this line is there"
PERL_FILLS_IN = "Perl fills in a part of this line"
PORTS = (80, 443)
"""Pieces in folders (`VirtualHosts`, `WebAppVirtualHost` …) are the body of virtual hosts on both."""

_FRAGMENT = re.compile(
    r"^(.*)/(?:(?<=/e-smith/)templates(?:-custom|-user-custom|-user)?|templates-custom)(/etc/httpd/conf(?:\.d)?/[^/]+)/(.+)$"
)
"""The folder of /etc/e-smith, or what a repository keeps of it: `templates-custom` is nobody else's name."""
_LAYERS = ("templates", "templates-custom")


class Fragment(Struct):
    """A piece: its name below the template (`VirtualHosts/04StrictTransportSecurity`) and its text."""

    name: str
    source: SourceFile


class Template(Struct):
    """One generated file. `fragments` in order; `overridden`: pieces that ones of the same name in `templates-custom` take the place of."""

    target: str
    fragments: tuple[Fragment, ...]
    overridden: tuple[SourceFile, ...]


def template_of(path: str, files: Files) -> Template | None:
    """The template that the fragment at a logical path belongs to, with all of it that is in sight; None where it is no fragment."""
    found = _FRAGMENT.match(path)
    if found is None:
        return None
    chosen: dict[str, SourceFile] = {}
    overridden: list[SourceFile] = []
    for layer in _LAYERS:
        folder = f"{found[1]}/{layer}{found[2]}"
        for place in files.walk(folder):
            name = posixpath.relpath(place, folder)
            if posixpath.basename(name) in ("template-begin", "template-end") or name.endswith("~"):
                continue
            try:
                source = files.read(place)
            except FileProblem:
                continue
            if name in chosen:
                overridden.append(chosen[name])
            chosen[name] = source
    try:
        named = files.read(path)
    except FileProblem:
        return None
    if named not in chosen.values() and named not in overridden:
        chosen[found[3]] = named
    return Template(found[2], tuple(Fragment(name, chosen[name]) for name in sorted(chosen)), tuple(overridden))


def read(template: Template, files: Files, software: Software) -> Reading:
    """What the pieces say, put together for the ports that virtual hosts are generated on."""
    surroundings = Environment("/etc/httpd", {}, {}, False, False, directives.BUILTIN_LEAST)
    reader = Reader(files, surroundings, software, complete=False, is_host=False)
    folders: dict[str, list[SourceFile]] = {}
    for fragment in template.fragments:
        folders.setdefault(fragment.name.rpartition("/")[0], []).append(fragment.source)
    main = folders.pop("", [])
    first = (main or next(iter(folders.values())))[0]
    root = Section(Line(first, "", (), 0, 0, 0), "", 0, template.target, "")
    hosts = []
    for body in folders.values():
        for port in PORTS:
            host = Section(_made_up(body[0], f"<VirtualHost *:{port}>"), "VirtualHost", len("<VirtualHost"), template.target, "")
            if port == 443:  # the distribution's own pieces switch it on there
                reader.read_pieces([(_made_up(body[0], "SSLEngine on"), "")], host, ())
            reader.read_pieces((line for source in body for line in lines(source, port)), host, body)
            hosts.append(host)
    reading = reader.read_pieces((line for source in main for line in lines(source, None)), root, (*main, *template.overridden))
    for host in hosts:
        host.parent = root
    root.children += hosts
    return reading


def is_certain(problem: Problem) -> bool:
    """Would httpd really refuse it? Branches of Perl stand beside each other here, and sections begin in one and end in another."""
    structural = (PERL_DECIDES, " is not allowed ", " cannot stand inside ")
    return problem.rule != "refused" or not any(part in problem.message for part in structural)


def _made_up(source: SourceFile, text: str) -> Line:
    """A line that is generated around the pieces."""
    return Line(source, text, (Run(0, len(text), 0, 0, False),), 0, 0, 0)


class Piece(Struct):
    """Text with where it stands: byte for byte from `start` where `exact`, else all of it for `start` to `end`."""

    text: str
    start: int
    end: int
    exact: bool = True
    condition: str = ""
    is_hole: bool = False


def lines(source: SourceFile, port: int | None) -> Iterator[tuple[Line, str]]:
    """The lines a fragment gives in a virtual host on `port` (None: outside all of them), each with why it may not be there."""
    if b"{" not in source.data and b"}" not in source.data:
        for line in logical_lines(source):
            yield line, ""
        return
    yield from _assembled(source, list(_pieces(source, port)))


def _assembled(source: SourceFile, pieces: list[Piece]) -> Iterator[tuple[Line, str]]:
    """Pieces to logical lines, as httpd joins them."""
    current: list[Piece] = []
    for piece in [*pieces, Piece("\n", len(source.data), len(source.data), False)]:
        rest = piece
        while "\n" in rest.text:
            head, _, tail = rest.text.partition("\n")
            cut = rest.start + len(head) if rest.exact else rest.start
            current.append(rest._replace(text=head, end=cut if rest.exact else rest.end))
            rest = rest._replace(text=tail, start=cut + 1 if rest.exact else rest.start)
            if _goes_on(current):
                continue
            made = _line(source, current)
            current = []
            if made is not None:
                yield made
        if rest.text:
            current.append(rest)


def _goes_on(pieces: list[Piece]) -> bool:
    """A backslash at the end joins the next line; it goes away itself."""
    for index in range(len(pieces) - 1, -1, -1):
        text = pieces[index].text.removesuffix("\r")
        if not text:
            continue
        if not text.endswith("\\"):
            return False
        pieces[index] = pieces[index]._replace(text=text[:-1])
        return True
    return False


def _line(source: SourceFile, pieces: list[Piece]) -> tuple[Line, str] | None:
    text = "".join(piece.text for piece in pieces)
    left, right = len(text) - len(text.lstrip(BLANK)), len(text.rstrip(BLANK))
    if left >= right:
        return None
    runs: list[Run] = []
    at = 0
    for piece in pieces:
        start, end = max(at, left), min(at + len(piece.text), right)
        if start < end:
            first = piece.start + start - at if piece.exact else piece.start
            last = piece.start + end - at if piece.exact else piece.end
            runs.append(Run(start - left, end - left, first, last, piece.exact))
        at += len(piece.text)
    first, last = runs[0].first, runs[-1].last
    begin = source.data.rfind(b"\n", 0, first) + 1
    finish = source.data.find(b"\n", last)
    finish = len(source.data) if finish < 0 else finish + 1
    line = Line(source, text[left:right], tuple(runs), begin, finish, source.data.count(b"\n", 0, last) + 1)
    if any(piece.is_hole for piece in pieces):
        line.unknown = PERL_FILLS_IN
    condition = next((piece.condition for piece in pieces if piece.condition), "")
    return line, condition


def _pieces(source: SourceFile, port: int | None) -> Iterator[Piece]:
    """Text outside blocks, and what blocks give."""
    text = source.data.decode("latin-1")
    position = plain = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and text[position + 1 : position + 2] in ("{", "}", "\\"):
            if text[position + 1] != "\\":
                yield Piece(text[plain:position], plain, position)
                plain = position + 1
            position += 2
        elif char == "{":
            yield Piece(text[plain:position], plain, position)
            end = _end_of_block(text, position)
            if _is_value(text, position, end):
                literal = _LITERAL.fullmatch(text, position + 1, end)
                if literal is None:
                    yield Piece(_HOLE, position, min(end + 1, len(text)), False, is_hole=True)
                elif literal[2]:
                    yield Piece(literal[2], literal.start(2), literal.end(2))
            else:
                yield from _Perl(text, position + 1, end, port).pieces()
            position = plain = end + 1
        else:
            position += 1
    yield Piece(text[plain:], plain, len(text))


_LITERAL = re.compile(r"\s*(['\"])([^'\"\\$@]*)\1\s*;?\s*")
"""A block that is a text and nothing else."""


def _is_value(text: str, start: int, end: int) -> bool:
    """Does a block give a part of a line, `Listen { $httpPort }`, by its value alone? One on lines of its own works out variables."""
    inside = text[start + 1 : end]
    before = text[text.rfind("\n", 0, start) + 1 : start]
    behind = text[end + 1 :].partition("\n")[0]
    stands_alone = not before.strip() and not behind.strip()
    return not stands_alone and re.search(r"\$OUT\b|\breturn\b|\A\s*(?:#|\Z)", inside) is None


def _end_of_block(text: str, start: int) -> int:
    """The brace that closes the block; braces are counted as Text::Template does, wherever they stand."""
    depth = 0
    for found in re.finditer(r"\\.|[{}]", text[start:], re.DOTALL):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                return start + found.start()
    return len(text)


_TOKEN = re.compile(
    r"""
    (?P<comment>(?<![$\w])\#[^\n]*)
  | (?P<here><<\s*(?:"(?P<here_double>\w+)"|'(?P<here_single>\w+)'|(?P<here_bare>[A-Z]\w*)))
  | (?P<double>"(?:[^"\\]|\\.)*")
  | (?P<single>'(?:[^'\\]|\\.)*')
  | (?P<quote>\bqq?\s*[({|/\[!])
  | (?P<out>\$OUT\s*\.?=(?!=))
  | (?P<word>\b(?:if|elsif|unless|else|foreach|for|while|return)\b)
  | (?P<open>\{)
  | (?P<close>\})
  | (?P<end>;)
  | (?P<join>[.\s()]+)
  | (?P<variable>[$@%]\#?\w+(?:\s*(?:->)?\s*(?:\{[^{}]*\}|\[[^\[\]]*\]))*|[$@]\{[^{}]*\}(?:\{[^{}]*\})*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


_INSIDE = re.compile(
    r"\\(?P<escape>.)|(?P<variable>\$\{[^{}]*\}(?:(?:->)?(?:\{[^{}]*\}|\[[^\[\]]*\]))*|\$\w+(?:(?:->)?(?:\{[^{}]*\}|\[[^\[\]]*\]))*"
    r"|@\w+|@\{[^{}]*\})|(?P<plain>[^\\$@]+|.)",
    re.DOTALL,
)
"""What stands in a string that Perl fills in (perlop, "Quote and Quote-like Operators")."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_HOLE = "\x1a"
_CLOSING = {"(": ")", "{": "}", "[": "]"}


class _Perl:
    """One block, read for the texts it puts out."""

    def __init__(self, text: str, start: int, end: int, port: int | None) -> None:
        self._text = text
        self._at = start
        self._end = end
        self._port = port
        self._around: list[tuple[bool | None, bool | None]] = []
        """For every block around: does its condition hold, and was a branch of its if-chain taken?"""
        self._chain: bool | None = False
        self._awaited: bool | None = True
        """The condition of the block that opens next."""
        self._statement: list[Piece] | None = None
        self._returns = False
        self._perhaps_over = False
        self._found: list[Piece] = []

    def pieces(self) -> list[Piece]:
        """What it puts out, in order."""
        while self._at < self._end:
            found = _TOKEN.match(self._text, self._at, self._end)
            if found is None:
                break
            self._at = found.end()
            self._take(found)
        self._told(True)
        return self._found

    def _take(self, found: re.Match[str]) -> None:
        kind = found.lastgroup or ""
        if kind == "out":
            self._statement = []
        elif kind == "word":
            self._word(found[0])
        elif kind == "open":
            self._around.append((self._awaited, self._chain))
            self._awaited, self._chain = True, False
        elif kind == "close":
            self._told(True)
            if self._around:
                _, self._chain = self._around.pop()
        elif kind == "end":
            self._told(True)
        elif kind in ("double", "single", "quote") or kind.startswith("here"):
            made = self._string(found, kind)
            if self._statement is not None:
                self._statement += made
                if kind.startswith("here"):
                    self._told(True)
        elif self._statement is not None and kind not in ("join", "comment") and not (self._statement and self._statement[-1].is_hole):
            self._statement.append(Piece(_HOLE, found.start(), found.end(), False, is_hole=True))

    def _word(self, word: str) -> None:
        if word == "return":
            self._statement, self._returns = [], True
        elif self._statement is not None and word in ("if", "unless"):
            end = self._text.find(";", self._at, self._end)
            end = self._end if end < 0 else end
            holds = self._decided(self._text[self._at : end])
            self._at = end
            self._told(holds if word == "if" or holds is None else not holds)
        elif word in ("if", "unless"):
            holds = self._decided(self._parenthesised())
            self._awaited = self._chain = holds if word == "if" or holds is None else not holds
        elif word == "elsif":
            holds = self._decided(self._parenthesised())
            self._awaited = False if self._chain or holds is False else None if None in (self._chain, holds) else True
            self._chain = self._chain or holds
        elif word == "else":
            self._awaited = None if self._chain is None else not self._chain
        else:
            self._awaited = None
            self._statement = None

    def _parenthesised(self) -> str:
        """What stands in the parentheses that come next."""
        start = self._text.find("(", self._at, self._end)
        if start < 0:
            return ""
        depth = 0
        for at in range(start, self._end):
            depth += {"(": 1, ")": -1}.get(self._text[at], 0)
            if depth == 0:
                self._at = at + 1
                return self._text[start + 1 : at]
        return ""

    def _decided(self, condition: str) -> bool | None:
        """Comparisons of `$port`, joined by `&&`; anything else is unknown."""
        parts = [self._compared(part) for part in re.split(r"&&|\band\b", condition)] if "||" not in condition else [None]
        return False if False in parts else None if None in parts else True

    def _compared(self, condition: str) -> bool | None:
        found = re.fullmatch(r"[\s(]*\$port\s*(eq|==|ne|!=)\s*(.+?)[\s)]*", condition, re.DOTALL)
        if found is None or self._port is None:
            return None
        other = found[2].strip("\"'")
        # The port's own name in fragments: $httpsPort, $sslport, ${modSSL}{TCPPort}; $httpPort.
        port = whole(other) if other.isdigit() else 443 if re.search("https|ssl", other, re.IGNORECASE) else 80 if "http" in other else None
        return None if port is None else (self._port == port) == (found[1] in ("eq", "=="))

    def _told(self, holds: bool | None) -> None:
        """The end of a statement."""
        statement, self._statement = self._statement, None
        returns, self._returns = self._returns, False
        conditions = [holds, *(around for around, _ in self._around)]
        if statement and False not in conditions:
            surely = None not in conditions and not self._perhaps_over
            self._found += [piece._replace(condition="" if surely else PERL_DECIDES) for piece in statement]
            if returns:  # the value of the block, and nothing comes behind it
                self._found.append(Piece("\n", statement[-1].end, statement[-1].end, False))
        if returns and False not in conditions:
            self._perhaps_over = True

    def _string(self, found: re.Match[str], kind: str) -> list[Piece]:
        start, end = found.start() + 1, found.end() - 1
        is_plain = kind == "single"
        if kind == "quote":
            start, end = found.end(), self._closed(found.end(), found[0][-1])
            is_plain = not found[0].startswith("qq")
            self._at = end + 1
        elif kind.startswith("here"):
            tag = found["here_double"] or found["here_single"] or found["here_bare"]
            is_plain = found["here_single"] is not None
            start = self._text.find("\n", found.end()) + 1 or self._end
            closing = re.compile(rf"^{re.escape(tag)}[ \t]*$", re.MULTILINE).search(self._text, start, self._end)
            end = closing.start() if closing is not None else self._end
            self._at = closing.end() if closing is not None else self._end
        if is_plain:
            return [Piece(self._text[start:end], start, end)] if start < end else []
        return [self._inside(part) for part in _INSIDE.finditer(self._text, start, end)]

    def _inside(self, part: re.Match[str]) -> Piece:
        if part["escape"] is not None:
            return Piece(_ESCAPES.get(part["escape"], part["escape"]), part.start(), part.end(), False)
        if part["variable"] is not None:
            return Piece(_HOLE, part.start(), part.end(), False, is_hole=True)
        return Piece(part["plain"], part.start(), part.end())

    def _closed(self, start: int, opening: str) -> int:
        closing = _CLOSING.get(opening, opening)
        depth = 1
        for found in re.finditer(rf"\\.|[{re.escape(opening + closing)}]", self._text[start : self._end], re.DOTALL):
            if found[0] == closing:
                depth -= 1
            elif found[0] == opening:
                depth += 1
            if depth == 0:
                return start + found.start()
        return self._end
