"""main.cf, master.cf and lookup tables in text form: bytes to logical lines with exact spans.

Source of the rules: Postfix src/util/readlline.c (logical lines), src/util/split_nameval.c (name = value), src/util/dict.c
(main.cf: the last of several entries wins, a line that is no setting is fatal), src/master/master_ent.c (master.cf fields).

Text is decoded as Latin-1 throughout, one character per byte, so that an offset in the text is an offset in the file; `readable` gives
it back as people wrote it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from tlslint.model import Label, Problem, SourceFile, Span
from tlslint.model.struct import Struct
from tlslint.parsers.carried import readable

WHITE = " \t\n\v\f\r"
"""What ISSPACE() takes for white space in the C locale (src/util/sys_defs.h): ASCII only."""

_FAR = 1 << 62
_PHYSICAL = re.compile(rb"[^\n]*\n|[^\n]+")
_SKIPPED = re.compile(rb"[ \t\v\f\r]*(?:#[^\n]*)?\n?\Z")
_NAME_VALUE = re.compile(r"([^\s=]+)[ \t\n\v\f\r]*=[ \t\n\v\f\r]*", re.ASCII)
_FIELD = re.compile(r"[^ \t\n\v\f\r]+")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|@@?[A-Z_a-z]{2,}@@?|__[A-Z][A-Z0-9_]*__|%%[A-Z_]+%%", re.DOTALL)
_TEMPLATE_LINES = ("{%", "{{", "<%", "{#")
"""Lines for a template engine, no setting and no service."""


class Line(Struct):
    """A logical line: its text without comment lines and line ends, and where each piece of it stands in the file.

    `pieces`: (offset in the text, offset in the file) of every physical line that is part of it. `notes`: the comment lines inside it.
    """

    file: SourceFile
    text: str
    pieces: tuple[tuple[int, int], ...]
    notes: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> Span:
        """Where the characters `start` to `end` of the text stand in the file."""
        return Span(self.file, self._offset(start), max(self._offset(start), self._offset(end - 1) + 1 if end > start else 0))

    def _offset(self, place: int) -> int:
        text_start, file_start = self.pieces[max(0, bisect_right(self.pieces, (place, _FAR)) - 1)]
        return file_start + place - text_start

    @property
    def whole(self) -> Span:
        """From the first character to the last, comment lines between included."""
        return self.span(0, len(self.text))


class Setting(Struct):
    """`name = value` of main.cf, or of one `-o` of master.cf."""

    name: str
    value: str
    name_span: Span
    value_span: Span
    span: Span
    line: Line | None = None


class MainCf(Struct):
    """A main.cf. `settings`: all of them, in order. `fatal`: the line every Postfix program stops at, if there is one."""

    file: SourceFile
    settings: tuple[Setting, ...]
    problems: tuple[Problem, ...]
    fatal: Problem | None
    is_template: bool


class Word(Struct):
    """A white-space separated word of master.cf. `text` is what the daemon gets: outer braces and the blanks inside them removed."""

    text: str
    span: Span
    is_braced: bool = False


class Entry(Struct):
    """One master.cf entry: the eight columns as written, and the words after the command."""

    line: Line
    fields: tuple[Word, ...]
    arguments: tuple[Word, ...]
    fault: str = ""
    """What master(8) stops at, in words; empty where the line is sound."""


def looks_like_template(text: str) -> bool:
    """Does a placeholder of a template language stand in `text`?"""
    return _TEMPLATE.search(text) is not None


def logical_lines(file: SourceFile) -> Iterator[Line]:
    """The logical lines of a file (src/util/readlline.c): a line that starts with white space continues the one above.

    Comment lines and lines of white space are dropped and end nothing, not even inside a logical line.
    """
    data = file.data
    texts: list[str] = []
    pieces: list[tuple[int, int]] = []
    notes: list[tuple[int, int]] = []
    length = 0
    for match in _PHYSICAL.finditer(data):
        start, end = match.span()
        if data[start] not in b" \t\v\f\r\n#" and pieces:
            yield _line(file, texts, pieces, notes)
            texts, pieces, notes, length = [], [], [], 0
        if _SKIPPED.match(data, start, end):
            if pieces and data.find(b"#", start, end) != -1:
                notes.append((start, end))
            continue
        content = data[start:end].removesuffix(b"\n").decode("latin-1")
        pieces.append((length, start))
        texts.append(content)
        length += len(content)
    if pieces:
        yield _line(file, texts, pieces, notes)


def _line(file: SourceFile, texts: list[str], pieces: list[tuple[int, int]], notes: list[tuple[int, int]]) -> Line:
    text = "".join(texts)
    nul = text.find("\0")
    return Line(file, text if nul == -1 else text[:nul], tuple(pieces), tuple(notes))


def main_cf(file: SourceFile) -> MainCf:
    """Read a main.cf."""
    settings: list[Setting] = []
    problems: list[Problem] = []
    fatal: Problem | None = None
    is_template = False
    for line in logical_lines(file):
        text = line.text
        if not text or text[0] in WHITE:
            problems.append(_orphan(line, "main.cf"))
            continue
        match = _NAME_VALUE.match(text)
        if match is None:
            if text.startswith(_TEMPLATE_LINES):
                is_template = True
            elif fatal is None:
                fatal = _not_a_setting(line)
                problems.append(fatal)
            continue
        value = text[match.end() :].rstrip(WHITE)
        name_end = match.end(1)
        value_span = line.span(match.end(), match.end() + len(value)) if value else line.span(len(text[: match.end()].rstrip(WHITE)), 0)
        whole = line.span(0, max(match.end() + len(value) if value else 0, name_end))
        settings.append(Setting(match.group(1), value, line.span(0, name_end), value_span, whole, line))
    return MainCf(file, tuple(settings), tuple(problems), fatal, is_template)


def _orphan(line: Line, name: str) -> Problem:
    return Problem(
        "swallowed-line",
        f"a line of {name} that begins with white space continues the line above, and none stands above this one: Postfix skips it",
        line.whole,
        "not read",
    )


def _not_a_setting(line: Line) -> Problem:
    first = line.text.split("\n", 1)[0].strip(WHITE)
    word = readable((first.split(None, 1) or [first])[0])  # Python splits at more characters than C's isspace knows
    if line.text.lstrip(WHITE).startswith("="):
        message = "a setting without a name: every Postfix program stops here (missing attribute name)"
    elif len(line.text.split()) >= 8 and line.text.split()[1] in TYPES:
        message = f"{word!r} begins a service entry, which belongs in master.cf: every Postfix program stops here (missing '=')"
    else:
        message = f"{word!r} is not followed by '=': every Postfix program stops here (missing '=' after attribute name)"
    return Problem("refused", message, line.whole, "write name = value, or # before a comment")


TYPES = ("inet", "unix", "unix-dgram", "fifo", "pass")
"""Transport types of master.cf (master(5)); unix-dgram since 3.4."""

_COLUMNS = ("service", "type", "private", "unprivileged", "chroot", "wakeup", "maxproc", "command")


def master_cf(file: SourceFile) -> tuple[tuple[Entry, ...], tuple[Problem, ...]]:
    """Read a master.cf. The lexer is the one of main.cf; columns and words are cut as src/master/master_ent.c does."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for line in logical_lines(file):
        if not line.text or line.text[0] in WHITE:
            problems.append(_orphan(line, "master.cf"))
            continue
        if line.text.startswith(_TEMPLATE_LINES):
            continue
        fields: list[Word] = []
        position = 0
        for match in _FIELD.finditer(line.text):
            fields.append(Word(match.group(), line.span(*match.span())))
            position = match.end()
            if len(fields) == len(_COLUMNS):
                break
        arguments, fault = _arguments(line, position) if len(fields) == len(_COLUMNS) else ((), "")
        entries.append(Entry(line, tuple(fields), arguments, _fault(fields) or fault))
    return tuple(entries), tuple(problems)


def _fault(fields: list[Word]) -> str:
    """The first thing master(8) would stop at in the columns, in words."""
    for index, name in enumerate(_COLUMNS):
        if index >= len(fields):
            return f'the "{name}" column is missing: an entry has eight columns before its options'
        word = fields[index].text
        if name in ("service", "type", "command") and word == "-" and name != "service":
            return f'the "{name}" column has no default: "-" cannot stand here'
        if name == "type" and word not in TYPES:
            return f"{readable(word)!r} is not a transport type ({', '.join(TYPES)})"
        if name in ("private", "unprivileged", "chroot") and word not in ("y", "n", "-"):
            return f'the "{name}" column says {readable(word)!r}, and only y, n or - can stand here'
        if name in ("wakeup", "maxproc") and word != "-" and not word[0].isdigit():
            return f'the "{name}" column says {readable(word)!r}, and only a number or - can stand here'
    if fields[1].text == "inet" and fields[2].text != "n":
        return "an inet service cannot be private: the third column must be n"
    return ""


def _arguments(line: Line, position: int) -> tuple[tuple[Word, ...], str]:
    """Words after the command; blanks inside braces do not part them (mystrtokq in src/util/mystrtok.c, extpar in src/util/extpar.c)."""
    text, words, fault = line.text, [], ""
    size = len(text)
    while position < size:
        if text[position] in WHITE:
            position += 1
            continue
        start, level = position, 0
        while position < size and (level or text[position] not in WHITE):
            if text[position] == "{":
                level += 1
            elif text[position] == "}" and level:
                level -= 1
            position += 1
        word = text[start:position]
        span = line.span(start, position)
        if word[0] != "{":
            words.append(Word(word, span))
            continue
        end = _closing(word)
        if end is None:
            fault = fault or f"the brace in {readable(word)[:40]!r} is never closed"
        elif end != len(word) - 1:
            fault = fault or f"text follows the closing brace in {readable(word)[:40]!r}"
        words.append(Word(word[1:end].strip(WHITE), span, is_braced=True))
    return tuple(words), fault


def _closing(word: str) -> int | None:
    level = 0
    for index, character in enumerate(word):
        if character == "{":
            level += 1
        elif character == "}":
            level -= 1
            if level == 0:
                return index
    return None


def commented_header(line: Line) -> Iterator[tuple[Span, Span]]:
    """Comment lines inside an entry that look like the head of another entry, each with what follows it up to the next comment.

    The options below a commented-out service belong to the service above it, which is rarely meant.
    """
    for start, end in line.notes:
        data = line.file.data[start:end].lstrip(b"# \t").split()
        if len(data) >= 8 and data[1].decode("latin-1") in TYPES:
            following = [(text, place) for text, place in line.pieces if place >= end]
            if following:
                stop = line.pieces[-1][1] + len(line.text) - line.pieces[-1][0]
                later = [note for note in line.notes if note[0] >= end]
                if later:
                    stop = min(stop, later[0][0])
                if following[0][1] < stop:
                    yield (
                        Span(line.file, start, end - 1 if line.file.data[end - 1 : end] == b"\n" else end),
                        _trimmed(line.file, following[0][1], stop),
                    )


def _trimmed(file: SourceFile, start: int, end: int) -> Span:
    data = file.data[start:end]
    return Span(file, start + len(data) - len(data.lstrip()), start + len(data.rstrip()))


def related(span: Span, text: str) -> tuple[Label, ...]:
    """One further place of a problem."""
    return (Label(span, text),)
