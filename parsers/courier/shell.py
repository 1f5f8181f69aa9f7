"""What the variables are after a shell has read Courier's files; worked out, never executed.

POSIX.1-2017 XCU 2.6 (expansion), 2.9 (commands), 2.14 (special built-ins: an error in one ends a shell that is not interactive); seen
with dash.
A command that is not a built-in cannot change variables: it counts for nothing but its exit status, which is not known.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress

from tlslint.files import FileProblem, Files
from tlslint.model import SourceFile, Span
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.courier.syntax import Both, Broken, Command, Group, If, Not, Opaque, Part, Reader, Simple, Word

MAX_COMMANDS = 100_000


class Variable(Struct):
    """A variable.

    `value` None: it cannot be told, `unknown` says why. `span`: the value in the assignment that counts; `earlier`: those before.
    """

    value: str | None
    span: Span | None
    unknown: str = ""
    earlier: tuple[Span, ...] = ()


class Slip(Struct):
    """Something a shell does with the text that its author cannot have meant. `kind`: command, syntax, missing, lost, opaque."""

    kind: str
    text: str
    span: Span


class _Stopped(Exception):  # noqa: N818 (the shell ends)
    pass


class Shell:
    """A shell with its variables. `stopped`: why it ended before the end of the text ("" when it did not)."""

    def __init__(self, files: Files, given: dict[str, str]) -> None:
        self.files = files
        self.variables = {name: Variable(value, None) for name, value in given.items()}
        self.read: list[SourceFile] = []
        self.slips: list[Slip] = []
        self.stopped = ""
        self.stopped_at: Span | None = None
        self.readonly: set[str] = set()
        self.clobbers_arguments = False
        self._depth = 0
        self._count = 0

    def source(self, path: str) -> None:
        """`. path`: read the file, as far as a shell gets."""
        if self.stopped:
            return
        with suppress(_Stopped):
            self._source(path, None)

    def get(self, name: str) -> Variable:
        """A variable; an unset one is known to be unset: value None and no reason."""
        return self.variables.get(name, Variable(None, None))

    def _source(self, path: str, span: Span | None) -> None:
        try:
            file = self.files.read(path)
        except FileProblem as problem:
            if span is not None and (problem.kind == "outside-root" or not self.files.has_host_at(path)):
                self.slips.append(Slip("missing", path, span))
                for name in list(self.variables):
                    self.variables[name] = self.variables[name]._replace(value=None, unknown=f"{path} was not seen")
                return
            self._stop(f"{path} {problem.reason}", span)
        self._depth += 1
        if self._depth > 20:
            self._stop("files include each other without end", span)
        if file not in self.read:
            self.read.append(file)
        reader = Reader(file)
        for command in reader.commands():
            if self._run(command, reader) == "return":
                break
        self._depth -= 1

    def _stop(self, why: str, span: Span | None) -> None:
        self.stopped, self.stopped_at = why, span
        raise _Stopped

    def _run_all(self, commands: Iterable[Command], reader: Reader) -> str:
        outcome = "yes"
        for command in commands:
            outcome = self._run(command, reader)
            if outcome == "return":
                break
        return outcome

    def _run(self, command: Command, reader: Reader) -> str:
        """Carry out; the exit status: `yes`, `no`, `unknown`, or `return`."""
        self._count += 1
        if self._count > MAX_COMMANDS:
            self._stop("too many commands", None)
        match command:
            case Simple():
                return self._simple(command, reader)
            case Both():
                left = self._run(command.left, reader)
                if left == "return":
                    return left
                if left == "unknown":
                    self._maybe((command.right,), reader)
                    return "unknown"
                return self._run(command.right, reader) if (left == "yes") == (command.operator == "&&") else left
            case Not():
                return {"yes": "no", "no": "yes"}.get(status := self._run(command.command, reader), status)
            case If():
                return self._if(command, reader)
            case Group():
                return self._run_all(command.body, reader)
            case Opaque():
                self._forget(command.names, f"{command.what} decides")
                if not command.changes_nothing:
                    self.slips.append(Slip("opaque", f"{command.what} is not looked into", reader.span(command.start, command.start)))
                return "unknown"
            case Broken():
                span = reader.span(command.start, command.end)
                self.slips.append(Slip("syntax", f"the shell stops here: {command.message}", span))
                self._stop(command.message, span)
        return "unknown"

    def _if(self, command: If, reader: Reader) -> str:
        for number, (condition, body) in enumerate(command.branches):
            status = self._run_all(condition, reader) if condition else "yes"
            if status == "yes":
                return self._run_all(body, reader)
            if status == "unknown":
                self._maybe([each for _, later in command.branches[number:] for each in later], reader)
                return "unknown"
            if status == "return":
                return status
        return "yes"

    def _maybe(self, commands: Iterable[Command], reader: Reader) -> None:
        """Commands that may run or not: what they assign is not known afterwards."""
        names: set[str] = set()
        for command in commands:
            start, end = _extent(command)
            names |= set(re.findall(r"(?<![\w$.{])([A-Za-z_]\w*)=", reader.text[start:end]))
        self._forget(names, "it depends on a condition")

    def _forget(self, names: Iterable[str], why: str) -> None:
        for name in names:
            self.variables[name] = self.get(name)._replace(value=None, unknown=why)

    def _simple(self, command: Simple, reader: Reader) -> str:  # noqa: C901 (one for each built-in)
        words = [self._expand(word.parts) for word in command.words]
        name = words[0][0] if words else ""
        special = name in (".", "export", "readonly", "set", "unset", ":", "eval", "exit", "return")
        if command.assignments and (not words or special):
            for variable, word in command.assignments:
                self._assign(variable, word, reader)
        if not words:
            return "yes"
        span = reader.span(command.start, command.end)
        if command.assignments and not special:
            for _, word in command.assignments:  # lost, but not what `${X:=y}` in them sets (seen with dash 0.5.12)
                self._expand(word.parts)
            self.slips.append(Slip("lost", command.assignments[-1][0], span))
            return "unknown"
        plain = [text for text, _ in words[1:]]
        if name in (":", "true"):
            return "yes"
        if name == "false":
            return "no"
        if name in ("test", "["):
            return self._test(plain, [why for _, why in words[1:]], bracket=name == "[")
        if name in (".", "source"):
            if name == "source":
                self.slips.append(Slip("command", name, reader.span(command.words[0].start, command.words[0].end)))
                return "unknown"
            if not plain or words[1][1]:
                self._forget(list(self.variables), "a file that cannot be told is read")
                return "unknown"
            path = plain[0]
            self._source(path if path.startswith("/") else os.path.normpath("/" + path), span)
            return "yes"
        if name in ("export", "readonly"):
            for word in command.words[1:]:
                match = re.compile(r"([A-Za-z_]\w*)=?").match(reader.text, word.start)
                if match is None:
                    continue
                if match.group().endswith("="):
                    first, *rest = word.parts
                    cut = first._replace(text=first.text[match.end() - word.start :])
                    self._assign(match.group(1), Word((cut, *rest), match.end(), word.end), reader)
                if name == "readonly":
                    self.readonly.add(match.group(1))
            return "yes"
        if name == "unset":
            for variable in plain:
                self.variables.pop(variable, None)
            return "yes"
        if name == "set":
            if (plain and not plain[0].startswith(("-", "+"))) or "--" in plain:
                self.clobbers_arguments = True
                self.slips.append(Slip("clobber", " ".join(plain), span))
            return "yes"
        if name == "exit":
            self._stop("exit", span)
        if name == "return":
            return "return"
        if name in ("eval", "read", "getopts", "alias"):
            self._forget(list(self.variables), f"{name} may change it")
            self.slips.append(Slip("opaque", f"{name} is not looked into", span))
            return "unknown"
        if name not in (
            "umask",
            "ulimit",
            "cd",
            "echo",
            "printf",
            "trap",
            "logger",
            "mkdir",
            "touch",
            "chown",
            "chmod",
            "chgrp",
            "rm",
            "hash",
            "type",
        ):
            self.slips.append(Slip("command", reader.span(command.words[0].start, command.words[0].end).text, span))
        return "unknown"

    def _assign(self, name: str, word: Word, reader: Reader) -> None:
        span = reader.span(word.start, word.end) if word.end > word.start else reader.span(word.start - len(name) - 1, word.end)
        if name in self.readonly:
            self._stop(f"{name} is read-only", span)
        text, unknown = self._expand(word.parts)
        before = self.variables.get(name)
        earlier = (before.span, *before.earlier) if before is not None and before.span is not None else ()
        self.variables[name] = Variable(None if unknown else text, span, unknown, tuple(part for part in earlier[:3] if part is not None))

    def _expand(self, parts: tuple[Part, ...]) -> tuple[str, str]:
        """A word's text, and why it cannot be told ("" when it can)."""
        made: list[str] = []
        for part in parts:
            if part.opaque:
                return "", f"{part.text[:20]} is a substitution"
            if not part.name:
                made.append(part.text)
                continue
            text, unknown = self._parameter(part)
            if unknown:
                return "", unknown
            made.append(text)
        return "".join(made), ""

    def _parameter(self, part: Part) -> tuple[str, str]:
        variable = self.get(part.name)
        if variable.unknown:
            return "", variable.unknown
        value = variable.value
        missing = value is None or (part.operator.startswith(":") and value == "")
        operator = part.operator.lstrip(":")
        if operator == "+":
            return ("", "") if missing else self._expand(part.argument)
        if not missing or not operator:
            return value or "", ""
        text, unknown = self._expand(part.argument)
        if operator == "?":
            self._stop(f"{part.name} is not set", None)
        if operator == "=" and not unknown:
            self.variables[part.name] = Variable(text, None)
        return text, unknown

    def _test(self, words: list[str], unknown: list[str], *, bracket: bool) -> str:
        """`test`: files and text; whatever else is not known."""
        if bracket:
            if not words or words[-1] != "]":
                return "unknown"
            words, unknown = words[:-1], unknown[:-1]
        if any(unknown):
            return "unknown"
        if words[:1] == ["!"]:
            status = self._test(words[1:], unknown[1:], bracket=False)
            return {"yes": "no", "no": "yes"}.get(status, status)
        if len(words) == 1:
            return "yes" if words[0] else "no"
        if len(words) == 2:
            if words[0] in ("-n", "-z"):
                return "yes" if (words[1] == "") == (words[0] == "-z") else "no"
            if words[0] in ("-f", "-e", "-r", "-s", "-d"):
                return self._file_test(words[0], words[1])
        if len(words) == 3:
            left, operator, right = words
            if operator in ("=", "!="):
                return "yes" if (left == right) == (operator == "=") else "no"
            numbers = whole(left), whole(right)
            if operator in ("-eq", "-ne") and None not in numbers:
                return "yes" if (numbers[0] == numbers[1]) == (operator == "-eq") else "no"
        return "unknown"

    def _file_test(self, operator: str, path: str) -> str:
        if not path.startswith("/"):
            return "unknown"
        kind = self.files.kind(path)
        if kind == "missing":
            return "no" if self.files.has_host_at(path) else "unknown"
        if kind == "file":
            return "no" if operator == "-d" else "yes"
        if kind == "directory":
            return "no" if operator == "-f" else "yes"
        return "unknown"


def _extent(command: Command) -> tuple[int, int]:
    """From the first to the last byte of a command."""
    match command:
        case Simple() | Opaque() | Broken():
            return command.start, command.end
        case Both():
            return _extent(command.left)[0], _extent(command.right)[1]
        case Not():
            return _extent(command.command)
        case If():
            every = [each for condition, body in command.branches for each in (*condition, *body)]
        case Group():
            every = list(command.body)
    extents = [_extent(each) for each in every]
    return (min(start for start, _ in extents), max(end for _, end in extents)) if extents else (0, 0)
