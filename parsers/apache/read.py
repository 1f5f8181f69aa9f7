"""The read phase: files in, one tree out, as httpd builds it before any directive is executed.

Sources: server/config.c (ap_build_config_sub, ap_build_cont_config, ap_soak_end_container, ap_process_fnmatch_configs), server/core.c
(Include, IfModule, IfDefine, Define), modules/core/mod_macro.c, mod_version.c of httpd 2.4; held against `-t -D DUMP_CONFIG`.

Sections that cannot be decided (an unknown flag, a file outside the scanned roots) are kept, their content marked with the reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tlslint.files import FileProblem, Files
from tlslint.model import Label, Problem, Severity, SourceFile, Span
from tlslint.model.instance import Software
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.apache import directives, layout
from tlslint.parsers.apache.syntax import MAX_LINE, Line, Word, expanded, first_word, logical_lines, next_word, spoken, substituted, words
from tlslint.parsers.apache.tree import IS_LOADED, IS_MISSING, Directive, Node, Section
from tlslint.parsers.format import Claim

MAX_INCLUDE_DEPTH = 128
"""AP_MAX_INCLUDE_DEPTH of server/core.c."""

MAX_NESTING = 40
"""A bound of ours on sections within sections, conditional ones apart: what nests deeper is no server's configuration."""

MAX_FILES = 20_000
"""A bound of ours: include trees that fan out beyond any real server stop here, with a finding."""

MAX_MACRO_LINES = 200_000
"""A bound of ours on lines that macros bring: macros that use macros grow without limit."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Environment(Struct):
    """What httpd is started with.

    `defines`: names given by `-D` (values None). `variables`: the process environment as far as known; `is_whole` says whether
    a name missing there is surely not set. `flags_known`: are the `-D` names surely all? `builtin`: modules compiled in.
    """

    server_root: str
    defines: dict[str, str | None]
    variables: dict[str, str]
    is_whole: bool
    flags_known: bool
    builtin: frozenset[str]


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


def _both(outer: str, inner: str) -> str:
    """The condition of a section within a section; the same one twice is one."""
    if not outer or outer == inner or outer.endswith(f", and {inner}"):
        return outer or inner
    return f"{outer}, and {inner}" if len(outer) < 300 else "it stands in many sections that are not decided"


class _Stop(Exception):  # noqa: N818 (httpd stops reading here)
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


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


class _Macro(Struct):
    name: str
    parameters: tuple[str, ...]
    body: tuple[Line, ...]
    defined: Node
    shown_in: str


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
        self._files = files
        self._environment = environment
        self._version = _numbers(software.version) if software.version else None
        self._complete = complete
        self._defines = dict(environment.defines)
        self._modules = set(environment.builtin)
        self._is_host = is_host
        self._knows_all_modules = complete and knows_modules
        self.counts_on_modules = False
        """Did anything hang on a module that no line loads?"""
        self._server_root = environment.server_root
        # A copy in a repository holds what its keeper chose; on a host something is amiss.
        self._severity_outside = None if is_host else Severity.INFO
        self._sources: list[SourceFile] = []
        self._problems: list[Problem] = []
        self._macros: dict[str, _Macro] = {}
        self._included = 0
        self._macro_lines = 0
        self._blocks = 0
        self._marked: Problem | None = None
        self._picked: dict[str, tuple[Word, list[Callable[[str], bool]]]] = {}
        """Folders of which only names of a pattern are read: where the last one says so, and the patterns."""
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

    def read(self, path: str) -> Reading:
        """Read the file at a logical path and all it includes. Raises `FileProblem` when that one cannot be had."""
        source = self._files.read(path)
        root = Section(Line(source, "", (), 0, 0, 0), "", 0, path, "")
        refused: Problem | None = None
        try:
            self._read_file(source, path, root, "", 0)
        except _Stop as stop:
            self._problems.append(stop.problem)
            if stop.problem.rule == "unreadable":  # a bound of ours, not httpd's: the rest may say anything
                _append(root, Directive(root.line, "include", 0, path, stop.problem.message))
            else:
                refused = stop.problem
        return self._reading(root, refused)

    def _reading(self, root: Section, refused: Problem | None) -> Reading:
        if self._complete and refused is None:
            self._problems.extend(self._passed_over())
        return Reading(
            root,
            tuple(dict.fromkeys(self._sources)),
            frozenset(self._modules),
            self._knows_all_modules,
            self._defines,
            self._server_root,
            tuple(self._problems),
            self._marked or refused,
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
        except _Stop as stop:
            self._problems.append(stop.problem)
        return self._reading(root, None)

    # Files and blocks

    def _read_file(self, source: SourceFile, path: str, parent: Section, condition: str, depth: int) -> None:
        self._sources.append(source)
        if b"\0" in source.data[:4096]:
            self._stop(
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
            self._problems.append(problem)
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
            self._stop("refused", f"<{unclosed.name}> is never closed in this file, so httpd does not start", unclosed.name_span, condition)

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
        line = expanded(line, self._lookup)
        if len(line.text) > MAX_LINE:
            raise _Stop(Problem("refused", "with its variables filled in this line is longer than httpd reads (16 MB)", line.span(0, 1)))
        name, first, after = first_word(line.text)
        if not name:
            return
        condition = condition or (f"${{…}} in {line.file.path} is not known" if line.unknown and first == 0 and "${" in name else "")
        if name[0] == "<":
            self._read_bracket(name, after, line, lines, parent, open_sections, condition)
            return
        node = Directive(line, name, after, lines.place.shown_in, condition)
        handler = self._handlers.get(node.lower)
        if handler is not None and self._is_known(node):
            handler(node, lines, open_sections[-1] if open_sections else parent, condition)
            return
        _append(open_sections[-1] if open_sections else parent, node)

    def _read_bracket(
        self, name: str, after: int, line: Line, lines: _Lines, parent: Section, open_sections: list[Section], condition: str
    ) -> None:
        if name[1:2] == "/":
            self._close(name, line, open_sections, condition)
            return
        name = name.removesuffix(">")
        if name == "<":
            self._stop("refused", "httpd sees a section without a name: there is a blank after `<`", line.span(0, 1), condition)
            return
        where = open_sections[-1] if open_sections else parent
        section = Section(line, name[1:], after, lines.place.shown_in, condition)
        if section.lower == "macro" and self._is_known(section):
            self._define_macro(section, lines)
            return
        decide = _CONDITIONALS.get(section.lower)
        if decide is not None and self._is_known(section):
            self._conditional(section, lines, where, condition, decide)
            return
        if len(open_sections) + _depth(parent) >= MAX_NESTING:
            raise _Stop(
                Problem("unreadable", f"sections stand in each other more than {MAX_NESTING} deep; the rest is not read", section.name_span)
            )
        _append(where, section)
        open_sections.append(section)

    def _close(self, name: str, line: Line, open_sections: list[Section], condition: str) -> None:
        span = line.span(0, len(name))
        if not self._is_balanced:
            names = [section.lower for section in open_sections]
            if name[2:].removesuffix(">").lower() in names:
                del open_sections[len(names) - 1 - names[::-1].index(name[2:].removesuffix(">").lower()) :]
            return
        if not open_sections:
            what = spoken(name[2:].removesuffix(">"))
            self._stop("refused", f"{spoken(name)} closes nothing: no <{what}> is open here, so httpd does not start", span, condition)
        elif not name.endswith(">"):
            self._stop("refused", f"{spoken(name)} lacks its closing >, so httpd does not start", span, condition)
        elif name[2:-1].lower() != open_sections[-1].lower:
            opened = open_sections[-1]
            problem = Problem(
                "refused",
                f"{spoken(name)} stands where </{opened.name}> is expected, so httpd does not start",
                span,
                related=(Label(opened.name_span, "opened here"),),
            )
            self._raise(problem, condition)
        else:
            open_sections.pop()

    # Conditional sections

    def _conditional(
        self, section: Section, lines: _Lines, where: Section, condition: str, decide: "Callable[[Reader, Section], bool | str]"
    ) -> None:
        if not section.is_closed_by_bracket:
            self._stop("refused", f"<{section.name}> lacks its closing >, so httpd does not start", section.name_span, condition)
        verdict = decide(self, section)
        closing = f"</{section.lower}>"
        if verdict is False:
            self._soak(section, lines, condition)
            return
        if self._blocks >= MAX_NESTING:
            raise _Stop(
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
                    message = f"{spoken(name)} stands where </{names[-1]}> is expected, so httpd does not start"
                    self._stop("refused", message, line.span(0, len(name)), condition)
                names.pop()
                if not names:
                    self._skipped(section, contents)
                    return
            else:
                names.append((name[1:-1] if after >= len(text) and name.endswith(">") else name[1:]).lower())
        if not self._is_balanced:
            return
        message = f"<{section.name}> is never closed in this file, so httpd does not start"
        self._stop("refused", message, section.name_span, condition)

    def _skipped(self, section: Section, contents: list[str]) -> None:
        """Say so when a section that is never read holds what somebody relies on, or names its module in a way that never matches."""
        if section.lower != "ifmodule":
            return
        word, negated = _negatable(section)
        if word is None or negated:
            return
        meant = directives.module_meant(word.text)
        if meant is not None:
            reason = f"<IfModule> knows this module as {meant}, never as {word.spoken}"
        elif any(re.match(_RELIED_ON, line) for line in contents):
            reason = f"{word.spoken} is not loaded at this point{self._how_to_load(word.text)}"
        else:
            return
        self._problems.append(Problem("dead-section", f"nothing in this <{section.name}> is read: {reason}", word.span, "never true here"))

    def _how_to_load(self, name: str) -> str:
        """Debian's way, where it is Debian's tree."""
        identifier = directives.identifier_of(name)
        there = self._files.kind(self._path(f"mods-available/{identifier.removesuffix('_module')}.load")) == "file"
        return f" (a2enmod {identifier.removesuffix('_module')})" if there or self._server_root == "/etc/apache2" else ""

    def if_module(self, section: Section) -> bool | str:
        """`<IfModule>`: by source file (`mod_ssl.c`) or identifier (`ssl_module`), exact case, among what is loaded so far."""
        word, negated = _negatable(section)
        if word is None:
            return self._no_argument(section)
        known = self._module_named(word.text)
        if isinstance(known, str):
            return known.replace(IS_LOADED, IS_MISSING) if negated else known
        return known != negated

    def _module_named(self, name: str) -> bool | str:
        identifier = name if name in self._modules else directives.identifier_of(name)
        if identifier in self._modules:
            return True
        self.counts_on_modules = True
        if self._knows_all_modules or directives.module_meant(name) is not None:  # a name no module ever has
            return False
        return f"whether {spoken(name)} {IS_LOADED}"

    def if_define(self, section: Section) -> bool | str:
        """`<IfDefine>`: `-D` names and Define'd ones, exact case."""
        word, negated = _negatable(section)
        if word is None:
            return self._no_argument(section)
        if word.text in self._defines:
            return not negated
        if not self._environment.flags_known or not self._complete:
            return f"whether httpd is started with -D {word.spoken} is not known"
        return negated

    def if_version(self, section: Section) -> bool | str:
        """`<IfVersion>`: modules/metadata/mod_version.c, start_ifversion."""
        found = section.words
        if not found:
            return self._no_argument(section)
        operator = found[0].text
        negated = operator.startswith("!") and len(operator) > 1
        operator = operator.removeprefix("!") if negated else operator
        wanted = found[1].text if len(found) > 1 else None
        if wanted is None:
            operator, wanted = "=", operator
        if self._version is None:
            return "the version of httpd is not known"
        matched = self._compare_version(operator, wanted, section)
        return matched if isinstance(matched, str) else matched != negated

    def _compare_version(self, operator: str, wanted: str, section: Section) -> bool | str:
        version = self._version or (2, 4, 0)
        if operator == "~" or (operator in ("=", "==") and wanted.startswith("/")):
            pattern = wanted[1:-1] if wanted.startswith("/") and wanted.endswith("/") and len(wanted) > 1 else wanted
            try:
                return re.search(pattern, ".".join(map(str, version))) is not None
            except re.error:
                return "the version pattern cannot be read"
        parts = re.fullmatch(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", wanted)
        if parts is None or operator not in ("=", "==", ">", ">=", "<", "<="):
            what = "is not a version (major.minor.patch)" if parts is None else "is not a comparison"
            word = section.words[-1] if parts is None else section.words[0]
            self._stop("refused", f"{word.spoken} {what}, so httpd does not start", word.span, "")
            return False
        other = tuple(int(part or 0) for part in parts.groups())
        order = (version > other) - (version < other)
        return {"=": order == 0, "==": order == 0, ">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]

    def if_file(self, section: Section) -> bool | str:
        """`<IfFile>`: a stat of any kind, relative to ServerRoot."""
        word, negated = _negatable(section)
        if word is None:
            return self._no_argument(section)
        kind = self._files.kind(self._path(word.text))
        if kind in ("outside", "unreadable") or not self._complete:
            return f"whether {word.spoken} exists is not known"
        return (kind != "missing") != negated

    def if_directive(self, section: Section) -> bool | str:
        """`<IfDirective>`: does a loaded module implement it?"""
        return self._implements(section, "")

    def if_section(self, section: Section) -> bool | str:
        """`<IfSection>`: likewise for containers."""
        return self._implements(section, "<")

    def _implements(self, section: Section, bracket: str) -> bool | str:
        word, negated = _negatable(section)
        if word is None:
            return self._no_argument(section)
        module = directives.module_of(bracket + word.text.removeprefix("<").removesuffix(">"))
        if module is None and self._has_foreign_modules():
            return f"whether some module implements {word.spoken} is not known"
        if module is None:
            return negated
        known = self._module_named(module)
        return known if isinstance(known, str) else known != negated

    def _no_argument(self, section: Section) -> bool:
        self._stop("refused", f"<{section.name}> needs an argument, so httpd does not start", section.name_span, section.condition)
        return False

    def _has_foreign_modules(self) -> bool:
        self.counts_on_modules = True
        return not self._knows_all_modules or any(not directives.is_stock(module) for module in self._modules)

    # Directives that act while reading

    def _define(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        found = node.words
        if not 1 <= len(found) <= 2:
            self._stop("refused", "Define takes one or two arguments, so httpd does not start", node.span, condition)
            return
        name = found[0].text
        if ":" in name:
            self._stop("refused", "a name for Define must not contain a colon, so httpd does not start", found[0].span, condition)
            return
        if condition:
            self._defines.pop(name, None)
            return
        # An empty value leaves the name defined and ${NAME} as it stands (core.c, set_define).
        self._defines[name] = (found[1].text or None) if len(found) == 2 else None

    def _undefine(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._stop("refused", "UnDefine takes one argument, so httpd does not start", node.span, condition)
        elif not condition:
            self._defines.pop(node.words[0].text, None)

    def _set_server_root(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._stop("refused", "ServerRoot takes one argument, so httpd does not start", node.span, condition)
        elif not condition and not node.words[0].unknown:
            self._server_root = self._path(node.words[0].text)
            self._mount_server_root(node.file)

    def _mount_server_root(self, file: SourceFile) -> None:
        """In a copy, `conf/httpd.conf` lies in its ServerRoot (SERVER_CONFIG_FILE); a bare one beside what it includes, most likely."""
        here = self._files.real_of(file) or ""
        folder, _, name = here.rpartition("/")
        if self._is_host or not name or self._files.kind(self._server_root) == "directory":
            return
        self._files = self._files.mounted(self._server_root, folder.removesuffix("/conf"), complete_below=self._server_root)

    def _load_module(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 2:
            self._stop("refused", "LoadModule takes two arguments, a name and a file, so httpd does not start", node.span, condition)
        elif condition:
            self._knows_all_modules = False
        else:
            self._modules.add(node.words[0].text)

    # Includes

    def _include(self, node: Node, lines: _Lines, where: Section, condition: str) -> None:
        optional = node.lower == "includeoptional"
        if len(node.words) != 1:
            self._stop("refused", f"{node.name} takes one argument, so httpd does not start", node.span, condition)
            return
        word = node.words[0]
        if word.unknown:
            self._problems.append(Problem("include-missing", f"cannot tell which files {node.name} reads: {word.unknown}", word.span))
            self._hole(node, where, word.unknown)
            return
        if lines.place.depth + 1 > MAX_INCLUDE_DEPTH:
            message = f"files include each other more than {MAX_INCLUDE_DEPTH} deep, so httpd does not start: is there a loop?"
            self._stop("refused", message, word.span, condition)
            return
        for path, wild, doubt in self._matches(node, where, optional=optional, condition=condition):
            self._include_path(path, node, where, _both(condition, doubt), lines.place.depth + 1, optional=optional, wild=wild)

    def _hole(self, node: Node, where: Section, why: str, *, modules: bool = True) -> None:
        """Something is read here that was not seen: what it sets, and (`modules`) loads, is not known."""
        if modules:
            self._knows_all_modules = False
        _append(where, Directive(node.line, "include", node.args_at, node.shown_in, why))

    def _include_path(self, path: str, node: Node, where: Section, condition: str, depth: int, *, optional: bool, wild: bool) -> None:
        self._included += 1
        if self._included > MAX_FILES:
            raise _Stop(Problem("unreadable", f"more than {MAX_FILES} files are included; the rest is not read", node.span))
        word = node.words[0]
        try:
            source = self._linked(path, self._files.read(path))
        except FileProblem as problem:
            if problem.kind == "missing":
                if not optional:
                    what = f"{spoken_path(path)} is included and does not exist, so httpd does not start"
                    self._missing(Problem("include-missing", what, word.span, "not there"), condition, node, where)
            elif problem.kind == "outside-root":
                message = f"{spoken_path(path)} lies outside the scanned roots and was not read: what it sets is not known"
                self._problems.append(Problem("outside-root", message, word.span, severity=self._severity_outside))
                self._hole(node, where, "an include outside the scanned roots", modules=not wild)
            else:
                message = (
                    f"{spoken_path(path)} cannot be read: it {problem.reason}" if " " in problem.reason else f"{path}: {problem.reason}"
                )
                self._problems.append(Problem("unreadable", message, word.span))
                self._hole(node, where, "an include that cannot be read", modules=not wild)
            return
        self._read_file(source, path, where, condition, depth)

    def _linked(self, path: str, source: SourceFile) -> SourceFile:
        """A link that was checked out as text (git's core.symlinks = false): the file it names. Raises `FileProblem`."""
        if self._is_host or len(source.data) > 200 or not re.fullmatch(_LINK_AS_TEXT, source.data):
            return source
        return self._files.read(f"{path.rpartition('/')[0]}/{source.data.decode('utf-8', 'surrogateescape')}")

    def _missing(self, problem: Problem, condition: str, node: Node, where: Section) -> None:
        if self._complete and self._is_host:
            self._raise(problem, condition)
        else:
            self._hole(node, where, "an include that was not found")
            left_out = f"{problem.message.removesuffix(', so httpd does not start')} in this copy: what it sets is not known"
            self._problems.append(problem._replace(message=left_out, severity=Severity.INFO))

    def _matches(self, node: Node, where: Section, *, optional: bool, condition: str) -> Iterator[tuple[str, bool, str]]:
        """The files an argument stands for, in httpd's order: byte-wise by component, directories recursively (core.c, util.c).

        With each: did a wildcard or a folder find it, and why it may not be read at all ("": it is).
        """
        word = node.words[0]
        path = self._path(word.text)
        if not _is_wild(path):
            kind = self._files.kind(path)
            offered = self._offered(path.rstrip("/"), node, where) if kind == "missing" else ""
            if kind == "directory" or offered:
                for name in self._files_below(offered or path, 0, node, where):
                    yield name, True, self._doubt(name) if offered else ""
            else:
                yield path, False, ""
            return
        base, _, pattern = _split_at_wildcard(path)
        found = False
        if self._files.kind(base) == "outside":
            message = f"{spoken_path(path)} lies outside the scanned roots and was not read: what it sets is not known"
            self._problems.append(Problem("outside-root", message, word.span, severity=self._severity_outside))
            self._hole(node, where, "an include outside the scanned roots")
            return
        told = len(self._problems)
        offered = self._offered(base, node, where)
        if optional and not offered and not self._is_host and self._files.kind(base) == "missing":
            self._hole(node, where, f"what {spoken_path(base)} holds is not known")
        for name in self._glob(offered or base, pattern.split("/"), node, where, optional=optional):
            found = True
            yield name, True, self._doubt(name) if offered else ""
        if not found and not optional and len(self._problems) == told:
            message = f"no file matches {spoken_path(path)}, so httpd does not start"
            self._missing(Problem("include-missing", message, word.span, "matches nothing"), condition, node, where)

    def _offered(self, base: str, node: Node, where: Section) -> str:
        """`sites-available` for a `sites-enabled` that a copy lacks: what the host reads is among that. "" in any other case.

        git keeps no empty folders and few people put links into it: the copy says nothing of what is enabled.
        """
        if self._is_host or not base.endswith("-enabled") or self._files.kind(base) != "missing":
            return ""
        available = f"{base.removesuffix('-enabled')}-available"
        if self._files.kind(available) != "directory":
            return ""
        self._hole(node, where, f"what {spoken_path(base)} holds is not known")
        return available

    def _doubt(self, name: str) -> str:
        return f"whether {spoken_path(name.rpartition('/')[2])} is enabled is not known"

    def _names(self, directory: str, node: Node, where: Section) -> list[str]:
        """What a folder holds; a folder nobody may list may hold anything."""
        try:
            return self._files.names(directory)
        except FileProblem as problem:
            if problem.kind == "unreadable":
                message = f"{spoken_path(directory)} cannot be listed: {problem.reason}"
                self._problems.append(Problem("unreadable", message, node.words[0].span))
                self._hole(node, where, "a folder that cannot be listed")
            return []

    def _glob(self, base: str, parts: list[str], node: Node, where: Section, *, optional: bool) -> Iterator[str]:
        pattern = _fnmatch(parts[0])
        for name in self._names(base, node, where):
            if not pattern(name):
                continue
            path = f"{base.rstrip('/')}/{name}"
            kind = self._files.kind(path)
            if len(parts) > 1:
                if kind == "directory":
                    yield from self._glob(path, parts[1:], node, where, optional=optional)
            elif kind == "directory":
                yield from self._files_below(path, 0, node, where)
            elif kind != "missing" or not optional:
                yield path
        if len(parts) == 1 and self._files.kind(base) == "directory":
            _, patterns = self._picked.get(base, (None, []))
            self._picked[base] = (node.words[0], [*patterns, pattern])

    def _passed_over(self) -> Iterator[Problem]:
        """Configuration in a folder of which only other names are read: Debian's `sites-enabled/www` since httpd 2.4. Once per folder."""
        read = {id(source) for source in self._sources}
        for folder, (word, patterns) in self._picked.items():
            unread = [path for path in self._others(folder, patterns) if self._is_unread(path, read)]
            if unread:
                others = f" (and {len(unread) - 1} more beside it)" if len(unread) > 1 else ""
                message = f"{spoken_path(unread[0])} is not read: only names like {word.spoken.rpartition('/')[2]} are{others}"
                yield Problem("file-not-read", message, word.span, "only these names")

    def _others(self, folder: str, patterns: list[Callable[[str], bool]]) -> list[str]:
        """What else lies in a folder under a name that somebody meant to be read."""
        try:
            names = self._files.names(folder)
        except FileProblem:  # told when it was asked for the first time
            return []
        paths = (f"{folder.rstrip('/')}/{name}" for name in names if name[0] != "." and not any(fits(name) for fits in patterns))
        return [path for path in paths if layout.claim(path) is Claim.PART]

    def _is_unread(self, path: str, read: set[int]) -> bool:
        try:
            source = self._files.read(path) if self._files.kind(path) == "file" else None
        except FileProblem:
            return False
        return source is not None and id(source) not in read and layout.looks_like(source.data)

    def _files_below(self, directory: str, depth: int, node: Node, where: Section) -> Iterator[str]:
        if depth > MAX_INCLUDE_DEPTH:
            return
        for name in self._names(directory, node, where):
            path = f"{directory.rstrip('/')}/{name}"
            if self._files.kind(path) == "directory":
                yield from self._files_below(path, depth + 1, node, where)
            else:
                yield path

    def _path(self, text: str) -> str:
        """A file name as httpd takes it: relative to ServerRoot (ap_server_root_relative)."""
        path = os_path(text)
        if path[1:2] == ":" and path[2:3] in ("/", "\\"):  # a drive of Windows
            return "/" + path.replace("\\", "/")
        if not path.startswith("/"):
            path = f"{self._server_root.rstrip('/')}/{path}"
        return path

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
            self._stop("refused", "this <Macro> is never closed, so httpd does not start", section.name_span, section.condition)
            return
        if not found:
            self._stop("refused", "<Macro> needs a name, so httpd does not start", section.name_span, section.condition)
            return
        shown = f"macro '{found[0].text}' (defined on line {section.number} of \"{section.shown_in}\")"
        self._macros[found[0].text.lower()] = _Macro(found[0].text, tuple(word.text for word in found[1:]), tuple(body), section, shown)

    def _use(self, node: Node, lines: _Lines, where: Section, condition: str) -> None:
        found = node.words
        if not found:
            self._stop("refused", "Use needs the name of a macro, so httpd does not start", node.name_span, condition)
            return
        macro = self._macros.get(found[0].text.lower())
        if macro is None:
            if not self._complete:
                return
            what = f"macro {found[0].spoken} is not defined before it is used, so httpd does not start"
            self._stop("refused", what, found[0].span, condition)
            return
        if len(found) - 1 != len(macro.parameters):
            message = f"macro {macro.name} takes {len(macro.parameters)} arguments and gets {len(found) - 1}, so httpd does not start"
            problem = Problem("refused", message, node.args_span, related=(Label(macro.defined.name_span, "defined here"),))
            self._raise(problem, condition)
            return
        if lines.place.depth + 1 > MAX_INCLUDE_DEPTH:
            self._stop("refused", "macros use each other without end, so httpd does not start", node.span, condition)
            return
        self._macro_lines += len(macro.body)
        if self._macro_lines > MAX_MACRO_LINES:
            raise _Stop(Problem("refused", f"macros multiply to more than {MAX_MACRO_LINES} lines; the rest is not read", node.span))
        shown = f'{macro.shown_in} used on line {node.number} of "{node.shown_in}"'
        values = {name: _macro_value(name, word.text) for name, word in zip(macro.parameters, found[1:], strict=True)}
        body = _Lines(iter(_replayed(macro, values)), _Place(shown, lines.place.depth + 1))
        self._read_all(body, where, condition)

    def _undefine_macro(self, node: Node, _lines: _Lines, _where: Section, condition: str) -> None:
        if len(node.words) != 1:
            self._stop("refused", "UndefMacro takes one argument, so httpd does not start", node.span, condition)
        elif self._macros.pop(node.words[0].text.lower(), None) is None and self._complete:
            message = f"macro {node.words[0].spoken} is not defined, so httpd does not start"
            self._stop("refused", message, node.words[0].span, condition)

    # Helpers

    def _is_known(self, node: Node) -> bool:
        """Directives of modules act only when their module is there; else they are unknown commands, found later."""
        needs = _NEEDS.get(node.lower)
        if needs is None or needs in self._modules:
            return True
        self.counts_on_modules = True
        return not self._knows_all_modules

    def _lookup(self, name: str) -> tuple[str | None, str]:
        value = self._defines.get(name)
        if value is not None:
            return value, ""
        value = self._environment.variables.get(name)
        if value is not None:
            return value, ""
        if name in self._defines or (self._environment.is_whole and self._complete):
            return None, ""
        return None, f"${{{spoken(name)}}} comes from an environment that is not known"

    def _stop(self, rule: str, message: str, span: Span, condition: str) -> None:
        self._raise(Problem(rule, message, span), condition)

    def _raise(self, problem: Problem, condition: str) -> None:
        """Stop where httpd stops; inside a section nobody can decide it may never come to that."""
        if condition:
            self._problems.append(problem._replace(message=f"if this section counts: {problem.message}"))
        else:
            raise _Stop(problem)

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
        self._problems.append(Problem("swallowed-line", message, span, "part of the comment"))


_RELIED_ON = r"(?i)SSL\w|MDRequireHttps|Header\s.*Strict-Transport-Security|Redirect\w*\s.*https:|RewriteRule\s.*https:"
"""What is missed when it is not read: TLS settings, HSTS, redirects to HTTPS. A guarded `Listen 443` is not."""
_LINK_AS_TEXT = rb"(?:\.\./)+[\w.+-]+(?:/[\w.+-]+)*"
_NEEDS = {"macro": "macro_module", "use": "macro_module", "undefmacro": "macro_module"}
_CONDITIONALS: dict[str, Callable[[Reader, Section], bool | str]] = {
    "ifmodule": Reader.if_module,
    "ifdefine": Reader.if_define,
    "ifversion": Reader.if_version,
    "iffile": Reader.if_file,
    "ifdirective": Reader.if_directive,
    "ifsection": Reader.if_section,
}


def _without(source: SourceFile, length: int) -> Rewrite:
    return Rewrite((Edit(Span(source, 0, length), b""),), "save the file as UTF-8 without a byte-order mark")


def _depth(section: Section | None) -> int:
    """How many sections a section stands in."""
    found = 0
    while section is not None and section.parent is not None:
        found, section = found + 1, section.parent
    return found


def _append(parent: Section, node: Node) -> None:
    node.parent = parent
    parent.children.append(node)


def _negatable(section: Section) -> tuple[Word | None, bool]:
    """`!x`, `! x`, `!"x"`; a quoted `"!x"` names a module called `!x` (core.c reads the `!` before the word)."""
    text = section.line.text
    end = text.rfind(">")
    position = section.args_at
    negated = text[position : position + 1] == "!"
    found = words(section.line, position + 1 if negated else position, end)
    return (found[0] if found else None), negated


def _macro_value(name: str, text: str) -> str:
    """A parameter called `@x` is put in with quotes around it and escaped (mod_macro.c, ESCAPE_ARG)."""
    return '"' + re.sub(r'(["\\\\])', r"\\\1", text) + '"' if name.startswith("@") else text


def _replayed(macro: _Macro, values: dict[str, str]) -> Iterator[Line]:
    """The body with parameters replaced, longest name first (mod_macro.c, substitute_macro_args); lines count from 1."""
    names = sorted(values, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(name) for name in names)) if names else None
    base = macro.defined.line.number
    for line in macro.body:
        new = line if pattern is None else substituted(line, pattern, values)
        copy = Line(new.file, new.text, new.runs, new.first, new.last, line.number - base)
        copy.expanded, copy.unknown = new.expanded, new.unknown
        yield copy


def _numbers(version: str) -> tuple[int, int, int]:
    found = [int(part) for part in re.findall(r"\d+", version)[:3]]
    return (*found, 0, 0, 0)[:3]  # type: ignore[return-value]


def _is_wild(path: str) -> bool:
    """apr_fnmatch_test: `*`, `?`, or a `[` that is closed."""
    return "*" in path or "?" in path or re.search(r"\[[^\]]*\]", path) is not None


def _split_at_wildcard(path: str) -> tuple[str, str, str]:
    parts = path.split("/")
    at = next(index for index, part in enumerate(parts) if _is_wild(part))
    return "/".join(parts[:at]) or "/", "/", "/".join(parts[at:])


def _fnmatch(pattern: str) -> Callable[[str], bool]:
    """apr_fnmatch with APR_FNM_PERIOD: a wildcard never matches a leading dot; no braces."""
    if not _is_wild(pattern):
        return lambda name: name == pattern
    expression = ""
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "*":
            expression += ".*"
        elif char == "?":
            expression += "."
        elif char == "[" and "]" in pattern[index + 2 :]:
            close = pattern.index("]", index + 2)
            inside = pattern[index + 1 : close]
            negate = inside[0] in "!^"
            inside = (inside[1:] if negate else inside).replace("\\", "\\\\").replace("[", "\\[")
            expression += f"[{'^' if negate else ''}{inside}]"
            index = close
        elif char == "\\" and index + 1 < len(pattern):
            index += 1
            expression += re.escape(pattern[index])
        else:
            expression += re.escape(char)
        index += 1
    try:
        compiled = re.compile(re.sub(r"(\.\*)+", ".*", expression) + r"\Z", re.DOTALL)
    except re.error:
        return lambda name: name == pattern
    dotted = pattern.startswith(".")
    return lambda name: (dotted or not name.startswith(".")) and compiled.match(name) is not None


def os_path(text: str) -> str:
    """A path carried as Latin-1 as the operating system's functions want it."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def spoken_path(path: str) -> str:
    """A path for people."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
