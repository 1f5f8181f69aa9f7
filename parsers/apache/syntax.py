"""Bytes to logical lines to words, exactly as httpd splits them.

Sources: server/util.c (ap_cfg_getline_core, ap_getword_conf) and server/config.c of httpd 2.4; checked with `-t -D DUMP_CONFIG`.
Text is handled as Latin-1, one character per byte, so that every offset is a byte offset; `spoken` gives it back as people read it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import TypeAlias

from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct
from tlslint.parsers.carried import readable

MAX_LINE = 16 * 1024 * 1024
"""Longest logical line of a server configuration (server/config.c, `VARBUF_INIT_LEN`/`max_len` of ap_build_config)."""

BLANK = " \t\v\f\r"
"""What httpd trims at both ends of a line (apr_isspace without LF); no Unicode blanks."""


class Run(Struct):
    """Characters `start` to `end` of a text stand for bytes `first` to `last`: one for one when `exact`, else all for all."""

    start: int
    end: int
    first: int
    last: int
    exact: bool


class Line:
    """A logical line: continuation lines joined, blanks trimmed, `${…}` perhaps filled in.

    `first` and `last` are the byte range on disk with all line ends; `number` is what httpd reports: the last physical line.
    """

    __slots__ = ("_runs", "at", "expanded", "file", "first", "last", "number", "text", "unknown")

    def __init__(self, file: SourceFile, text: str, runs: tuple[Run, ...] | None, first: int, last: int, number: int, at: int = 0) -> None:
        self.file = file
        self.text = text
        self._runs = runs
        self.at = at
        """Where the text begins when it stands in the file as it is, which is so for nearly every line; it has no runs then."""
        self.first = first
        self.last = last
        self.number = number
        self.expanded = False
        self.unknown = ""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Which characters stand for which bytes."""
        if self._runs is None:
            return (Run(0, len(self.text), self.at, self.at + len(self.text), True),)
        return self._runs

    def span(self, start: int, end: int) -> Span:
        """The bytes responsible for characters `start` to `end`."""
        runs = self._runs
        if runs is None:
            return Span(self.file, self.at + start, self.at + end)
        # A line may be joined from very many pieces: the first run that ends behind `start`, and the last that begins before `end`.
        left = min(bisect_right(runs, start, key=_run_end), len(runs) - 1)
        right = max(bisect_left(runs, end, key=_run_start) - 1, left)
        one, other = runs[left], runs[right]
        first = one.first + (start - one.start if one.exact else 0)
        last = other.first + (min(end, other.end) - other.start) if other.exact else other.last
        return Span(self.file, first, max(last, first))


def _run_start(run: Run) -> int:
    return run.start


def _run_end(run: Run) -> int:
    return run.end


class Word:
    """One argument. `text` has quotes and escapes resolved; `unknown` says why it cannot be known ("" where it can)."""

    __slots__ = ("end", "line", "start", "text", "unknown")

    def __init__(self, line: Line, text: str, start: int, end: int, unknown: str = "") -> None:
        self.text = text
        self.unknown = unknown
        self.line = line
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        """Its bytes, quotes included; worked out when asked for, which is seldom."""
        return self.line.span(self.start, self.end)

    @property
    def spoken(self) -> str:
        """The text as people read it."""
        return readable(self.text)

    def __repr__(self) -> str:
        return f"Word({self.text!r})"


def logical_lines(file: SourceFile, start: int = 0, end: int | None = None, number: int = 0) -> Iterator[Line]:
    """Split a file into logical lines, blank ones and comments included: their byte ranges cover the file without gaps."""
    end = len(file.data) if end is None else end
    physical = file.data[start:end].decode("latin-1").split("\n")
    unfinished = physical.pop()  # what stands behind the last line end
    pieces: list[tuple[str, int]] = []
    first = position = start
    for raw in physical:
        number += 1
        following = position + len(raw) + 1
        if raw.endswith(("\\", "\\\r")):  # util.c: a CR right before the LF goes with it
            pieces.append((raw.removesuffix("\r")[:-1], position))
        elif pieces:
            pieces.append((raw, position))
            yield _joined(file, pieces, first, following, number)
            pieces = []
            first = following
        else:
            text = raw.strip(BLANK)
            yield Line(file, text, None, first, following, number, position + (raw.index(text[0]) if text else len(raw)))
            first = following
        position = following
    if unfinished:
        # A final "\" without a line end stays what it is (seen on httpd 2.4.71).
        pieces.append((unfinished, position))
        number += 1
        yield _joined(file, pieces, first, end, number)
    elif pieces:
        yield _joined(file, pieces, first, end, number + 1)  # reaching the end counts as one more line (seen on httpd 2.4.71)


def _joined(file: SourceFile, pieces: list[tuple[str, int]], first: int, last: int, number: int) -> Line:
    text = "".join(piece for piece, _ in pieces)
    left = len(text) - len(text.lstrip(BLANK))
    right = len(text.rstrip(BLANK))
    runs = []
    position = 0
    for piece, at in pieces:
        start, end = max(position, left), min(position + len(piece), right)
        if start < end:
            runs.append(Run(start - left, end - left, at + start - position, at + end - position, True))
        position += len(piece)
    at = pieces[0][1]
    return Line(file, text[left:right] if left < right else "", tuple(runs) or (Run(0, 0, at, at, True),), first, last, number)


Lookup: TypeAlias = Callable[[str], tuple[str | None, str]]
"""Answers for `${NAME}`: a value or None, and why it cannot be known ("" where None means: not defined)."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def expanded(line: Line, lookup: Lookup) -> Line:
    """Fill `${NAME}` before the line is split into words, so that a value may hold several (core.c, ap_resolve_env).

    Unknown names stay as they are, as httpd leaves them; where the environment itself is not known the line is marked `unknown`.
    """
    return _replaced(line, _VARIABLE, lambda found: lookup(found[1])) if "${" in line.text else line


def substituted(line: Line, pattern: re.Pattern[str], values: dict[str, str]) -> Line:
    """A line of a macro's body with its parameters filled in (mod_macro.c, substitute_macro_args)."""
    return _replaced(line, pattern, lambda found: (values[found[0]], ""))


def _replaced(line: Line, pattern: re.Pattern[str], value_of: Callable[[re.Match[str]], tuple[str | None, str]]) -> Line:
    pieces: list[str] = []
    runs: list[Run] = []
    position = size = 0
    unknown = line.unknown
    for found in pattern.finditer(line.text):
        value, reason = value_of(found)
        unknown = unknown or reason
        if value is None:
            continue
        size = _copy(line, position, found.start(), pieces, runs, size)
        span = line.span(found.start(), found.end())
        runs.append(Run(size, size + len(value), span.start, span.end, False))
        pieces.append(value)
        size += len(value)
        position = found.end()
    if not runs:
        line.unknown = unknown
        return line
    _copy(line, position, len(line.text), pieces, runs, size)
    new = Line(line.file, "".join(pieces), tuple(runs), line.first, line.last, line.number)
    new.expanded = True
    new.unknown = unknown
    return new


def _copy(line: Line, start: int, end: int, pieces: list[str], runs: list[Run], size: int) -> int:
    runs_there = line.runs
    for index in range(bisect_right(runs_there, start, key=_run_end), len(runs_there)):
        run = runs_there[index]
        if run.start >= end:
            break
        left, right = max(run.start, start), min(run.end, end)
        if left < right:
            shift = run.first - run.start
            first, last = (left + shift, right + shift) if run.exact else (run.first, run.last)
            runs.append(Run(size, size + right - left, first, last, run.exact))
            pieces.append(line.text[left:right])
            size += right - left
    return size


_WORD_END = re.compile(r"[ \t\n\v\f\r]")
_LEADING_BLANKS = re.compile(r"[ \t\n\v\f\r]*")
_PLAIN_WORD = re.compile(r"[^ \t\n\v\f\r]+")
_UP_TO = {quote: rf"[^\\{quote}]*(?:\\[\\{quote}]?[^\\{quote}]*)*" for quote in "\"'"}
"""What stands between two quotes: the second is the first that no backslash escapes."""
_WORD = "|".join([*(f"{quote}({inner}){quote}?" for quote, inner in _UP_TO.items()), r"[^ \t\n\v\f\r]+"])
"""One argument after the other, as `next_word` has them."""


def first_word(text: str) -> tuple[str, int, int]:
    """The directive's name: (word, its start, where its arguments may begin)."""
    name = text.partition(" ")[0]
    if name.isalnum() and len(name) < len(text):  # nearly every line: a name and one blank
        after = len(name) + 1
        if text[after : after + 1] not in " \t":
            return name, 0, after
    word, start, _, after = next_word(text, 0)
    return word, start, after


def next_word(text: str, position: int) -> tuple[str, int, int, int]:
    """ap_getword_conf: (word, its start, its end, where the next one may begin).

    A word that starts with a quote runs to the same quote, `\\<quote>` and `\\\\` unescaped; without a closing quote it takes the rest.
    Elsewhere only `\\\\` is unescaped and quotes mean nothing.
    """
    blanks = _LEADING_BLANKS.match(text, position)
    position = blanks.end() if blanks else position
    if position >= len(text):
        return "", position, position, position
    quote = text[position]
    if quote in "\"'":
        inner = re.compile(_UP_TO[quote]).match(text, position + 1)
        end = inner.end() if inner else position + 1
        word = text[position + 1 : end]
        if "\\" in word:
            word = _unescaped(word, quote)
        end = min(end + 1, len(text))
    else:
        found = _WORD_END.search(text, position)
        end = found.start() if found else len(text)
        word = text[position:end]
        if "\\\\" in word:
            word = word.replace("\\\\", "\\")
    after = _LEADING_BLANKS.match(text, end)
    return word, position, end, after.end() if after else end


def _unescaped(word: str, quote: str) -> str:
    return re.sub(r"\\([\\" + quote + "])", r"\1", word)


def words(line: Line, start: int, end: int | None = None) -> tuple[Word, ...]:
    """The arguments of a line from character `start` on."""
    text = line.text if end is None else line.text[:end]
    if not line.unknown and "\\" not in text and '"' not in text and "'" not in text:
        rest = text[start:]
        if rest and " " not in rest and rest.isprintable():
            return (Word(line, rest, start, len(text)),)
        return tuple([Word(line, found[0], *found.span()) for found in _PLAIN_WORD.finditer(text, start)])
    found = []
    for match in re.compile(_WORD).finditer(text, start):
        word = match[0]
        if match.lastindex:  # in quotes
            word = match[match.lastindex]
            if "\\" in word:
                word = _unescaped(word, match[0][0])
        elif "\\\\" in word:
            word = word.replace("\\\\", "\\")
        found.append(Word(line, word, *match.span(), line.unknown if line.unknown and "${" in word else ""))
    return tuple(found)


_UNQUOTED = r"(?:\\[ \t\v\f\r]|[^ \t\v\f\r])+"
_QUOTED = {quote: rf"(?:\\[ \t\v\f\r]|[^{quote}])*" for quote in "\"'"}


def rewrite_words(line: Line, start: int) -> tuple[Word, ...]:
    """The arguments of RewriteRule and RewriteCond, which mod_rewrite splits itself (parseargline).

    Three at most; a backslash keeps a blank in a word; nothing is unescaped; a word in quotes ends at the next such quote.
    """
    text, position = line.text, start
    found: list[Word] = []
    while len(found) < 3:
        blanks = _LEADING_BLANKS.match(text, position)
        position = blanks.end() if blanks else position
        if position >= len(text):
            break
        first, quote = position, text[position]
        pattern = _QUOTED.get(quote, _UNQUOTED)
        begin = first + (pattern is not _UNQUOTED)
        matched = re.compile(pattern).match(text, begin)
        end = matched.end() if matched else begin
        position = min(end + (pattern is not _UNQUOTED), len(text))
        word = text[begin:end]
        found.append(Word(line, word, first, position, line.unknown if line.unknown and "${" in word else ""))
    return tuple(found)
