"""The read phase: files in, one tree out, as httpd builds it before any directive is executed.

Sources: server/config.c (ap_build_config_sub, ap_build_cont_config, ap_soak_end_container), server/core.c (Include, Define),
modules/core/mod_macro.c of httpd 2.4; held against `-t -D DUMP_CONFIG`.

Sections that cannot be decided (an unknown flag, a file outside the scanned roots) are kept, their content marked with the reason.
"""

from collections.abc import Callable, Iterable, Iterator

from tlslint.files import Files
from tlslint.model import Label, Problem, SourceFile, Span
from tlslint.model.instance import Software
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.apache import conditions, directives
from tlslint.parsers.apache.environment import Environment
from tlslint.parsers.apache.includes import MAX_DEPTH, Includes
from tlslint.parsers.apache.macros import Macro, replayed
from tlslint.parsers.apache.state import State, Stop
from tlslint.parsers.apache.syntax import MAX_LINE, Line, expanded, first_word, logical_lines, next_word
from tlslint.parsers.apache.tree import Directive, Node, Section
from tlslint.parsers.carried import readable

MAX_NESTING = 40
"""A bound of ours on sections within sections, conditional ones apart: what nests deeper is no server's configuration."""

MAX_MACRO_LINES = 200_000
"""A bound of ours on lines that macros bring: macros that use macros grow without limit."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Reading(Struct):
    """What reading gave.

    `modules`: identifiers loaded (`ssl_module`), builtin ones included; `knows_all_modules`: False when a LoadModule stood in an
    undecided section or this is a fragment. `refused`: the first thing httpd stops at, None when it reads to the end.
    """

    tree: Section
    files: tuple[SourceFile, ...]
    modules: frozenset[str]
    knows_all_modules: bool
    defines: dict[str, str | None]
    server_root: str
    problems: tuple[Problem, ...]
    refused: Problem | None
    document_root: str = ""
    """Where pages lie when no DocumentRoot is set; "": `htdocs` below ServerRoot."""


def _both(outer: str, inner: str) -> str:
    """The condition of a section within a section; the same one twice is one."""
    if not outer or outer == inner or outer.endswith(f", and {inner}"):
        return outer or inner
    return f"{outer}, and {inner}" if len(outer) < 300 else "it stands in many sections that are not decided"


class _Place(Struct):
    """Where lines come from: a file, or a macro's body replayed."""

    shown_in: str
    depth: int


class _Lines:
    """Lines with their place; sections read on from where their opening line stood."""

    def __init__(self, lines: Iterator[Line], place: _Place) -> None:
        self.lines = lines
        self.place = place
        self.last: Line | None = None
        self.doubts: dict[Line, str] = {}
        """Why single lines may not be there."""

    def next(self) -> Line | None:
        line = next(self.lines, None)
        if line is not None:
            self.last = line
        return line


class Reader:
    """One run of the read phase. `complete` False: a fragment, whose modules and flags are not known.

    `is_host` False: a copy of a configuration, as repositories keep it. What it includes and lacks may have been left out of the copy;
    `knows_modules` False: so may the lines that load modules.
    """

    def __init__(
        self,
        files: Files,
        environment: Environment,
        software: Software,
        *,
        complete: bool,
        is_host: bool = True,
        knows_modules: bool = True,
    ) -> None:
        self._state = State(files, environment, software, complete=complete, is_host=is_host, knows_modules=knows_modules)
        self._includes = Includes(self._state)
        self._sources: list[SourceFile] = []
        self._macros: dict[str, Macro] = {}
        self._macro_lines = 0
        self._blocks = 0
        self._marked: Problem | None = None
        self._is_balanced = True
        self._handlers: dict[str, Callable[[Node, _Lines, Section, str], None]] = {
            "define": self._define,
            "undefine": self._undefine,
            "serverroot": self._set_server_root,
            "loadmodule": self._load_module,
            "include": self._include,
            "includeoptional": self._include,
            "use": self._use,
            "undefmacro": self._undefine_macro,
        }

    @property
    def counts_on_modules(self) -> bool:
        """Did anything hang on a module that no line loads?"""
        return self._state.counts_on_modules

    def read(self, path: str) -> Reading:
        """Read the file at a logical path and all it includes. Raises `FileProblem` when that one cannot be had."""
        source = self._state.files.read(path)
        root = Section(Line(source, "", (), 0, 0, 0), "", 0, path, "")
        refused: Problem | None = None
        try:
            self._read_file(source, path, root, "", 0)
        except Stop as stop:
            self._state.problems.append(stop.problem)
            if stop.problem.rule == "unreadable":  # a bound of ours, not httpd's: the rest may say anything
                root.append(Directive(root.line, "include", 0, path, stop.problem.message))
            else:
                refused = stop.problem
        return self._reading(root, refused)

    def _reading(self, root: Section, refused: Problem | None) -> Reading:
        if self._state.complete and refused is None:
            self._state.problems.extend(self._includes.passed_over(self._sources))
        return Reading(
            root,
            tuple(dict.fromkeys(self._sources)),
            frozenset(self._state.modules),
            self._state.knows_all_modules,
            self._state.defines,
            self._state.server_root,
            tuple(self._state.problems),
            self._marked or refused,
            self._state.environment.document_root,
        )

    def read_pieces(self, pieces: Iterable[tuple[Line, str]], root: Section, sources: Iterable[SourceFile]) -> Reading:
        """Read lines that a template gives, each with why it may not be there; `root`: a section that they are put into.

        Sections of a template may begin and end in pieces nobody saw, so that they need not be balanced.
        """
        self._sources.extend(sources)
        self._is_balanced = False
        met = list(pieces)
        lines = _Lines((line for line, _ in met), _Place(root.shown_in, 0))
        lines.doubts = {line: doubt for line, doubt in met if doubt}
        try:
            self._read_all(lines, root, "")
        except Stop as stop:
            self._state.problems.append(stop.problem)
        return self._reading(root, None)

    # Files and blocks

    def _read_file(self, source: SourceFile, path: str, parent: Section, condition: str, depth: int) -> None:
        self._sources.append(source)
        if b"\0" in source.data[:4096]:
            self._state.stop(
                "unreadable", f"{source.path} is not text: it holds zero bytes", Span(source, 0, min(len(source.data), 1)), condition
            )
            return
        start = 0
        if source.data.startswith(BYTE_ORDER_MARK):
            start = len(BYTE_ORDER_MARK)
            message = "the file begins with a byte-order mark, which httpd takes for part of the first word: it does not start"
            problem = Problem(
                "pasted-characters", message, Span(source, 0, start), "three bytes nobody sees", remedy=_without(source, start)
            )
            self._state.problems.append(problem)
            self._marked = self._marked or problem
        lines = _Lines(logical_lines(source, start), _Place(path, depth))
        self._read_all(lines, parent, condition)

    def _read_all(self, lines: _Lines, parent: Section, condition: str) -> None:
        """Read to the end of a file or macro; every section opened here must be closed here (ap_build_config)."""
        open_sections: list[Section] = []
        while (line := lines.next()) is not None:
            self._read_line(line, lines, parent, open_sections, condition)
        if open_sections and self._is_balanced:
            unclosed = open_sections[-1]
            self._state.stop(
                "refused", f"<{unclosed.name}> is never closed in this file, so httpd does not start", unclosed.name_span, condition
            )

    def _read_block(self, lines: _Lines, parent: Section, closing: str, condition: str) -> None:
        """The content of a taken If-section: up to a line that is exactly `</IfModule>`; the end of the file ends it too.

        (ap_build_cont_config compares the whole line; without the closing line it just stops at the end, seen on httpd 2.4.71.)
        """
        open_sections: list[Section] = []
        while (line := lines.next()) is not None:
            if not open_sections and line.text.lower() == closing:
                return
            self._read_line(line, lines, parent, open_sections, condition)

    def _read_line(self, line: Line, lines: _Lines, parent: Section, open_sections: list[Section], condition: str) -> None:
        text = line.text
        if not text or text[0] == "#":
            if text and line.number and b"\n" in line.file.data[line.first : line.last - 1]:
                self._swallowed(line)
            return
        if lines.doubts:
            condition = _both(condition, lines.doubts.get(line, ""))
        line = expanded(line, self._state.lookup)
        if len(line.text) > MAX_LINE:
            raise Stop(Problem("refused", "with its variables filled in this line is longer than httpd reads (16 MB)", line.span(0, 1)))
        name, first, after = first_word(line.text)
        if not name:
            return
        condition = condition or (f"${{…}} in {line.file.path} is not known" if line.unknown and first == 0 and "${" in name else "")
        if name[0] == "<":
            self._read_bracket(name, after, line, lines, parent, open_sections, condition)
            return
        node = Directive(line, name, after, lines.place.shown_in, condition)
        handler = self._handlers.get(node.lower)
        if handler is not None and self._state.is_known(node):
            handler(node, lines, open_sections[-1] if open_sections else parent, condition)
            return
        (open_sections[-1] if open_sections else parent).append(node)

    def _read_bracket(
        self, name: str, after: int, line: Line, lines: _Lines, parent: Section, open_sections: list[Section], condition: str
    ) -> None:
        if name[1:2] == "/":
            self._close(name, line, open_sections, condition)
            return
        name = name.removesuffix(">")
        if name == "<":
            self._state.stop("refused", "httpd sees a section without a name: there is a blank after `<`", line.span(0, 1), condition)
            return
        where = open_sections[-1] if open_sections else parent
        section = Section(line, name[1:], after, lines.place.shown_in, condition)
        if section.lower == "macro" and self._state.is_known(section):
            self._define_macro(section, lines)
            return
        decide = conditions.DECIDE.get(section.lower)
        if decide is not None and self._state.is_known(section):
            self._conditional(section, lines, where, condition, decide)
            return
        if len(open_sections) + _depth(parent) >= MAX_NESTING:
            raise Stop(
                Problem("unreadable", f"sections stand in each other more than {MAX_NESTING} deep; the rest is not read", section.name_span)
            )
        where.append(section)
        open_sections.append(section)

    def _close(self, name: str, line: Line, open_sections: list[Section], condition: str) -> None:
        span = line.span(0, len(name))
        if not self._is_balanced:
            names = [section.lower for section in open_sections]
            if name[2:].removesuffix(">").lower() in names:
                del open_sections[len(names) - 1 - names[::-1].index(name[2:].removesuffix(">").lower()) :]
            return
        if not open_sections:
            what = readable(name[2:].removesuffix(">"))
            self._state.stop(
                "refused", f"{readable(name)} closes nothing: no <{what}> is open here, so httpd does not start", span, condition
            )
        elif not name.endswith(">"):
            self._state.stop("refused", f"{readable(name)} lacks its closing >, so httpd does not start", span, condition)
        elif name[2:-1].lower() != open_sections[-1].lower:
            opened = open_sections[-1]
            problem = Problem(
                "refused",
                f"{readable(name)} stands where </{opened.name}> is expected, so httpd does not start",
                span,
                related=(Label(opened.name_span, "opened here"),),
            )
            self._state.refuse(problem, condition)
        else:
            open_sections.pop()

    # Conditional sections

    def _conditional(
        self, section: Section, lines: _Lines, where: Section, condition: str, decide: Callable[[State, Section], bool | str]
    ) -> None:
        if not section.is_closed_by_bracket:
            self._state.stop("refused", f"<{section.name}> lacks its closing >, so httpd does not start", section.name_span, condition)
        verdict = decide(self._state, section)
        closing = f"</{section.lower}>"
        if verdict is False:
            self._soak(section, lines, condition)
            return
        if self._blocks >= MAX_NESTING:
            raise Stop(
                Problem("unreadable", f"sections stand in each other more than {MAX_NESTING} deep; the rest is not read", section.name_span)
            )
        self._blocks += 1
        self._read_block(lines, where, closing, _both(condition, verdict) if isinstance(verdict, str) else condition)
        self._blocks -= 1

    def _soak(self, section: Section, lines: _Lines, condition: str) -> None:
        """Skip a section: only brackets count, by first word (ap_soak_end_container)."""
        contents: list[str] = []
        names = [section.lower]
        while (line := lines.next()) is not None:
            text = line.text
            if text[:1] != "<":
                contents.append(text)
                continue
            name, _, _, after = next_word(text, 0)
            if name[1:2] == "/":
                if name[2:-1].lower() != names[-1]:
                    message = f"{readable(name)} stands where </{names[-1]}> is expected, so httpd does not start"
                    self._state.stop("refused", message, line.span(0, len(name)), condition)
                names.pop()
                if not names:
                    self._state.problems.extend(conditions.missed(self._state, section, contents))
                    return
            else:
                names.append((name[1:-1] if after >= len(text) and name.endswith(">") else name[1:]).lower())
        if not self._is_balanced:
            return
        message = f"<{section.name}> is never closed in this file, so httpd does not start"
        self._state.stop("refused", message, section.name_span, condition)

    # Directives that act while reading

    def _define(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        found = node.words
        if not 1 <= len(found) <= 2:
            self._state.stop("refused", "Define takes one or two arguments, so httpd does not start", node.span, condition)
            return
        name = found[0].text
        if ":" in name:
            self._state.stop("refused", "a name for Define must not contain a colon, so httpd does not start", found[0].span, condition)
            return
        if condition:
            self._state.defines.pop(name, None)
            return
        # An empty value leaves the name defined and ${NAME} as it stands (core.c, set_define).
        self._state.defines[name] = (found[1].text or None) if len(found) == 2 else None

    def _undefine(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._state.stop("refused", "UnDefine takes one argument, so httpd does not start", node.span, condition)
        elif not condition:
            self._state.defines.pop(node.words[0].text, None)

    def _set_server_root(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._state.stop("refused", "ServerRoot takes one argument, so httpd does not start", node.span, condition)
        elif not condition and not node.words[0].unknown:
            self._state.server_root = self._state.path(node.words[0].text)
            self._mount_server_root(node.file)

    def _mount_server_root(self, file: SourceFile) -> None:
        """In a copy, `conf/httpd.conf` lies in its ServerRoot (SERVER_CONFIG_FILE); a bare one beside what it includes, most likely."""
        here = self._state.files.real_of(file) or ""
        folder, _, name = here.rpartition("/")
        if self._state.is_host or not name or self._state.files.kind(self._state.server_root) == "directory":
            return
        self._state.files = self._state.files.mounted(
            self._state.server_root, folder.removesuffix("/conf"), complete_below=self._state.server_root
        )

    def _load_module(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 2:
            self._state.stop("refused", "LoadModule takes two arguments, a name and a file, so httpd does not start", node.span, condition)
        elif condition:
            self._state.knows_all_modules = False
        else:
            self._state.modules.add(node.words[0].text)

    # Includes

    def _include(self, node: Node, lines: _Lines, where: Section, condition: str) -> None:
        optional = node.lower == "includeoptional"
        if len(node.words) != 1:
            self._state.stop("refused", f"{node.name} takes one argument, so httpd does not start", node.span, condition)
            return
        word = node.words[0]
        if word.unknown:
            self._state.problems.append(Problem("include-missing", f"cannot tell which files {node.name} reads: {word.unknown}", word.span))
            self._state.hole(node, where, word.unknown)
            return
        if lines.place.depth + 1 > MAX_DEPTH:
            message = f"files include each other more than {MAX_DEPTH} deep, so httpd does not start: is there a loop?"
            self._state.stop("refused", message, word.span, condition)
            return
        for path, wild, doubt in self._includes.matches(node, where, optional=optional, condition=condition):
            both = _both(condition, doubt)
            source = self._includes.opened(path, node, where, both, optional=optional, wild=wild)
            if source is not None:
                self._read_file(source, path, where, both, lines.place.depth + 1)

    # Macros

    def _define_macro(self, section: Section, lines: _Lines) -> None:
        found = section.words
        body: list[Line] = []
        depth = 1
        while (line := lines.next()) is not None:
            first = line.text.split(None, 1)[0].lower() if line.text.split() else ""
            if first.startswith("<macro"):
                depth += 1
            elif first.startswith("</macro"):
                depth -= 1
                if depth == 0:
                    break
            body.append(line)
        else:
            self._state.stop("refused", "this <Macro> is never closed, so httpd does not start", section.name_span, section.condition)
            return
        if not found:
            self._state.stop("refused", "<Macro> needs a name, so httpd does not start", section.name_span, section.condition)
            return
        shown = f"macro '{found[0].text}' (defined on line {section.number} of \"{section.shown_in}\")"
        self._macros[found[0].text.lower()] = Macro(found[0].text, tuple(word.text for word in found[1:]), tuple(body), section, shown)

    def _use(self, node: Node, lines: _Lines, where: Section, condition: str) -> None:
        found = node.words
        if not found:
            self._state.stop("refused", "Use needs the name of a macro, so httpd does not start", node.name_span, condition)
            return
        macro = self._macros.get(found[0].text.lower())
        if macro is None:
            if not self._state.complete:
                return
            what = f"macro {found[0].spoken} is not defined before it is used, so httpd does not start"
            self._state.stop("refused", what, found[0].span, condition)
            return
        if len(found) - 1 != len(macro.parameters):
            message = f"macro {macro.name} takes {len(macro.parameters)} arguments and gets {len(found) - 1}, so httpd does not start"
            problem = Problem("refused", message, node.args_span, related=(Label(macro.defined.name_span, "defined here"),))
            self._state.refuse(problem, condition)
            return
        if lines.place.depth + 1 > MAX_DEPTH:
            self._state.stop("refused", "macros use each other without end, so httpd does not start", node.span, condition)
            return
        self._macro_lines += len(macro.body)
        if self._macro_lines > MAX_MACRO_LINES:
            raise Stop(Problem("refused", f"macros multiply to more than {MAX_MACRO_LINES} lines; the rest is not read", node.span))
        shown = f'{macro.shown_in} used on line {node.number} of "{node.shown_in}"'
        body = _Lines(replayed(macro, found[1:]), _Place(shown, lines.place.depth + 1))
        self._read_all(body, where, condition)

    def _undefine_macro(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._state.stop("refused", "UndefMacro takes one argument, so httpd does not start", node.span, condition)
        elif self._macros.pop(node.words[0].text.lower(), None) is None and self._state.complete:
            message = f"macro {node.words[0].spoken} is not defined, so httpd does not start"
            self._state.stop("refused", message, node.words[0].span, condition)

    # Helpers

    def _swallowed(self, line: Line) -> None:
        rest = line.file.data[line.first : line.last].split(b"\n", 1)[1].strip()
        if not rest or rest.startswith(b"#"):
            return
        start = line.file.data.find(b"\n", line.first) + 1
        first_line = rest.split(b"\n", 1)[0].decode("latin-1").strip()
        name = next_word(first_line, 0)[0].lstrip("</").rstrip(">")
        if directives.module_of(name) is None and directives.module_of("<" + name) is None:
            return
        indent = len(line.file.data[start:]) - len(line.file.data[start:].lstrip())
        span = Span(line.file, start + indent, start + indent + len(first_line))
        message = "this line belongs to the comment above, which ends in a backslash: httpd never reads it"
        self._state.problems.append(Problem("swallowed-line", message, span, "part of the comment"))


def _without(source: SourceFile, length: int) -> Rewrite:
    return Rewrite((Edit(Span(source, 0, length), b""),), "save the file as UTF-8 without a byte-order mark")


def _depth(section: Section | None) -> int:
    """How many sections a section stands in."""
    found = 0
    while section is not None and section.parent is not None:
        found, section = found + 1, section.parent
    return found
