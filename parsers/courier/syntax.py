"""The shell text of Courier's files: words, commands, blocks; every byte kept.

The grammar of POSIX.1-2017 XCU 2.10, as far as configuration files go: simple commands with assignments before them, `if`, `&&`, `||`,
`!`, braces.
Loops, functions, `case` and substitutions are recognised as such and never looked into: what they may change is unknown. Nothing is
executed.
Text is read as Latin-1, so that offsets in the text are offsets in the file.
"""

import re
from typing import TypeAlias

from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct

MAX_DEPTH = 50
"""Blocks in blocks; no configuration comes near it."""


class Part(Struct):
    """A piece of a word: literal text, or a parameter.

    `name` "" for text. `operator`: `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`, or "" ; `argument`: the word behind it. `opaque`: a
    substitution that
    cannot be told (`$(…)`, backquotes, arithmetic, `${x%y}`). `quoted`: not split into words and no comment begins in it.
    """

    text: str
    name: str = ""
    operator: str = ""
    argument: "tuple[Part, ...]" = ()
    opaque: bool = False
    quoted: bool = False


class Word(Struct):
    """A word with its place; `NAME=` at its beginning is not taken off."""

    parts: tuple[Part, ...]
    start: int
    end: int


class Simple(Struct):
    """A simple command: assignments, then words."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    start: int
    end: int


class Both(Struct):
    """`left && right`, `left || right`."""

    left: "Command"
    operator: str
    right: "Command"


class Not(Struct):
    """`! command`."""

    command: "Command"


class If(Struct):
    """`if … then … elif … else … fi`: pairs of condition and body; the last condition is empty for `else`."""

    branches: "tuple[tuple[tuple[Command, ...], tuple[Command, ...]], ...]"


class Group(Struct):
    """`{ …; }`."""

    body: "tuple[Command, ...]"


class Opaque(Struct):
    """Something not looked into: a loop, a function, a subshell, a pipeline. `names`: what it may assign."""

    names: frozenset[str]
    what: str
    start: int
    end: int
    changes_nothing: bool = False
    """A subshell or pipeline: its assignments do not come out."""


class Broken(Struct):
    """The shell stops here with a syntax error."""

    message: str
    start: int
    end: int


Command: TypeAlias = Simple | Both | Not | If | Group | Opaque | Broken

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t]|\\\n)+)|(?P<newline>\n)|(?P<operator>&&|\|\||;;|<<-?|<>|>>|>\||[<>]&|[&|;<>()])""",
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED = re.compile(r"(?<![\w$.{])([A-Za-z_]\w*)=")
_RESERVED = frozenset({"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!"})


class _Broken(Exception):  # noqa: N818 (a fact about the text)
    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class Reader:
    """Reads one command after the other, as a shell does: what stands before a mistake counts."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.text = file.data.decode("latin-1")
        self.at = 0
        self.depth = 0

    def span(self, start: int, end: int) -> Span:
        """A place in the file."""
        return Span(self.file, start, end)

    def commands(self) -> "list[Command]":
        """All commands of the file; a `Broken` is the last where the grammar is."""
        found: list[Command] = []
        try:
            while self._skip_separators():
                found.append(self._and_or())
        except _Broken as broken:
            end = self.text.find("\n", broken.at)
            found.append(Broken(broken.message, broken.at, len(self.text) if end == -1 else end))
        except RecursionError:
            found.append(Broken("too many blocks in blocks", self.at, self.at))
        return found

    def _skip_separators(self, *, stop: str = "") -> bool:
        """Go to the next command; False at the end (or where `stop` begins)."""
        while self.at < len(self.text):
            if self.text[self.at] == "\r" and self.text[self.at : self.at + 2] == "\r\n":
                break
            match = _TOKEN.match(self.text, self.at)
            if match is not None and (match.lastgroup != "operator" or match.group() in (";", "&")):
                self.at = match.end()
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end == -1 else end
            else:
                return not (stop and self.text.startswith(stop, self.at))
        return False

    def _blanks(self) -> None:
        match = re.compile(r"(?:[ \t]|\\\n)*").match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _and_or(self) -> "Command":
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Broken("too many blocks in blocks", self.at)
        left = self._pipeline()
        while True:
            self._blanks()
            operator = self.text[self.at : self.at + 2]
            if operator not in ("&&", "||"):
                self.depth -= 1
                return left
            self.at += 2
            if not self._skip_newlines():
                raise _Broken(f"nothing follows '{operator}'", self.at)
            left = Both(left, operator, self._pipeline())

    def _skip_newlines(self) -> bool:
        while self.at < len(self.text):
            match = re.compile(r"(?:[ \t\n]|\\\n)+|#[^\n]*").match(self.text, self.at)
            if match is None:
                return True
            self.at = match.end()
        return False

    def _pipeline(self) -> "Command":
        self._blanks()
        start = self.at
        if self._reserved("!"):
            self.at += 1
            return Not(self._pipeline())
        command = self._command()
        self._blanks()
        if self.text[self.at : self.at + 1] != "|" or self.text[self.at : self.at + 2] == "||":
            return command
        while self.text[self.at : self.at + 1] == "|" and self.text[self.at : self.at + 2] != "||":
            self.at += 1
            self._skip_newlines()
            self._command()
            self._blanks()
        return Opaque(frozenset(), "a pipeline", start, self.at, changes_nothing=True)

    def _reserved(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        after = self.text[self.at + len(word) : self.at + len(word) + 1]
        return after == "" or after in " \t\n;&|<>()" or self.text.startswith("\\\n", self.at + len(word))

    def _command(self) -> "Command":
        start = self.at
        for word in _RESERVED:
            if self._reserved(word):
                if word == "if":
                    return self._if()
                if word == "{":
                    self.at += 1
                    return Group(tuple(self._until(("}",))))
                if word in ("for", "while", "until", "case"):
                    return self._opaque(word)
                raise _Broken(f"'{word}' is not expected here", start)
        if self.text[self.at : self.at + 1] == "(":
            return self._subshell()
        if re.compile(r"[A-Za-z_]\w*[ \t]*\([ \t]*\)").match(self.text, self.at):
            return self._function()
        return self._simple()

    def _until(self, words: tuple[str, ...]) -> "list[Command]":
        """Commands up to one of the reserved words, which is passed over."""
        body: list[Command] = []
        while self._skip_separators():
            for word in words:
                if self._reserved(word):
                    self.at += len(word)
                    self.ended = word
                    return body
            body.append(self._and_or())
        raise _Broken(f"'{words[-1]}' is missing", len(self.text))

    ended = ""

    def _if(self) -> "Command":
        self.at += 2
        branches: list[tuple[tuple[Command, ...], tuple[Command, ...]]] = []
        while True:
            condition = self._until(("then",))
            if not condition:
                raise _Broken("'then' is not expected here", self.at)
            body = self._until(("elif", "else", "fi"))
            branches.append((tuple(condition), tuple(body)))
            if self.ended == "else":
                branches.append(((), tuple(self._until(("fi",)))))
            if self.ended == "fi":
                self._redirections()
                return If(tuple(branches))

    def _opaque(self, word: str) -> "Command":
        start = self.at
        end_word = "esac" if word == "case" else "done"
        match = re.compile(rf"(?:^|[ \t;\n]){end_word}(?=$|[ \t;\n&|)])", re.MULTILINE).search(self.text, self.at)
        if match is None:
            raise _Broken(f"'{end_word}' is missing", start)
        self.at = match.end()
        self._redirections()
        inside = self.text[start : self.at]
        names = set(_ASSIGNED.findall(inside))
        if word == "for":
            names |= set(re.findall(r"for[ \t]+(\w+)", inside))
        return Opaque(frozenset(names), f"a '{word}'", start, self.at)

    def _subshell(self) -> "Command":
        start = self.at
        self.at = self._matching("(", ")", self.at)
        self._redirections()
        return Opaque(frozenset(), "a subshell", start, self.at, changes_nothing=True)

    def _function(self) -> "Command":
        start = self.at
        brace = self.text.find("{", start)
        if brace == -1:
            raise _Broken("the function has no body", start)
        self.at = self._matching("{", "}", brace)
        return Opaque(frozenset(_ASSIGNED.findall(self.text[start : self.at])), "a function", start, self.at)

    def _matching(self, opens: str, closes: str, at: int) -> int:
        depth = 0
        for match in re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|[" + re.escape(opens + closes) + "]", re.DOTALL).finditer(self.text, at):
            if match.group() == opens:
                depth += 1
            elif match.group() == closes:
                depth -= 1
                if depth == 0:
                    return match.end()
        raise _Broken(f"'{closes}' is missing", at)

    def _simple(self) -> "Command":
        start = self.at
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        while True:
            self._blanks()
            self._redirections()
            char = self.text[self.at : self.at + 1]
            if not char or char in "\n;&|" or char == "#":
                break
            if char in "()":
                raise _Broken(f"'{char}' is not expected here", self.at)
            word = self.word()
            match = _NAME.match(self.text, word.start)
            if not words and match is not None and self.text[match.end() : match.end() + 1] == "=" and match.end() < word.end:
                first, *rest = word.parts
                cut = first._replace(text=first.text[len(match.group()) + 1 :])
                kept = (cut, *rest) if cut.text or cut.quoted else tuple(rest)
                assignments.append((match.group(), Word(kept, match.end() + 1, word.end)))
            else:
                words.append(word)
        if self.at == start:  # an operator where a command should begin: `;;`, `&&`, `|`
            raise _Broken(f"'{self.text[start : start + 2].strip()}' is not expected here", start)
        return Simple(tuple(assignments), tuple(words), start, self.at)

    def _redirections(self) -> None:
        while True:
            self._blanks()
            match = re.compile(r"\d*(?:<<-?|<>|>>|>\||[<>]&|[<>])").match(self.text, self.at)
            if match is None:
                return
            if "<<" in match.group():
                raise _Broken("a here-document", self.at)
            self.at = match.end()
            self._blanks()
            self.word()

    def word(self) -> Word:
        """One word from here on."""
        text, start = self.text, self.at
        parts: list[Part] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                parts.append(Part("".join(plain)))
                plain.clear()

        while self.at < len(text):
            char = text[self.at]
            if char in " \t\n;&|<>()":
                break
            if char == "'":
                end = text.find("'", self.at + 1)
                if end == -1:
                    raise _Broken("the quote ' is never closed", self.at)
                flush()
                parts.append(Part(text[self.at + 1 : end], quoted=True))
                self.at = end + 1
            elif char == '"':
                flush()
                parts += self._double_quoted()
            elif char == "\\":
                if text[self.at + 1 : self.at + 2] != "\n":
                    flush()
                    parts.append(Part(text[self.at + 1 : self.at + 2], quoted=True))
                self.at += 2
            elif char in "$`":
                flush()
                parts.append(self._dollar(quoted=False))
            else:
                plain.append(char)
                self.at += 1
        flush()
        return Word(tuple(parts), start, min(self.at, len(text)))

    def _double_quoted(self) -> list[Part]:
        text, opened = self.text, self.at
        self.at += 1
        parts: list[Part] = []
        plain: list[str] = []
        while True:
            char = text[self.at : self.at + 1]
            if not char:
                raise _Broken('the quote " is never closed', opened)
            if char == '"':
                self.at += 1
                parts.append(Part("".join(plain), quoted=True))
                return parts
            if char == "\\":
                following = text[self.at + 1 : self.at + 2]
                if following in '$`"\\' and following:
                    plain.append(following)
                elif following != "\n":
                    plain.append("\\" + following)
                self.at += 2
            elif char in "$`":
                parts.append(Part("".join(plain), quoted=True))
                plain.clear()
                parts.append(self._dollar(quoted=True))
            else:
                plain.append(char)
                self.at += 1

    def _dollar(self, *, quoted: bool) -> Part:
        text, start = self.text, self.at
        if text[start] == "`":
            end = text.find("`", start + 1)
            if end == -1:
                raise _Broken("the ` is never closed", start)
            self.at = end + 1
            return Part(text[start : self.at], opaque=True, quoted=quoted)
        if text.startswith("$(", start):
            self.at = self._matching("(", ")", start + 1)
            return Part(text[start : self.at], opaque=True, quoted=quoted)
        if text.startswith("${", start):
            return self._braced(quoted=quoted)
        match = _NAME.match(text, start + 1)
        if match is not None:
            self.at = match.end()
            return Part("", match.group(), quoted=quoted)
        if text[start + 1 : start + 2] in tuple("0123456789#?@*$!-"):
            self.at = start + 2
            return Part(text[start : self.at], opaque=True, quoted=quoted)
        self.at = start + 1
        return Part("$", quoted=quoted)

    def _braced(self, *, quoted: bool) -> Part:
        start = self.at
        end = self._matching("{", "}", start + 1)
        match = re.compile(r"\$\{([A-Za-z_]\w*)(?:(:?[-=+?])(.*))?\}", re.DOTALL).fullmatch(self.text[start:end])
        self.at = end
        if match is None:
            return Part(self.text[start:end], opaque=True, quoted=quoted)
        inner = SourceFile("", (match.group(3) or "").encode("latin-1"))
        reader = Reader(inner)
        reader.depth = self.depth + 1
        if reader.depth > MAX_DEPTH:
            raise _Broken("too many blocks in blocks", start)
        argument: list[Part] = []
        while reader.at < len(reader.text):
            before = reader.at
            argument += reader.word().parts
            if reader.at == before:  # blanks and operators are text here
                argument.append(Part(reader.text[before]))
                reader.at += 1
        return Part("", match.group(1), match.group(2) or "", tuple(argument), quoted=quoted)
