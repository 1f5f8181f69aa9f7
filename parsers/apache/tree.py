"""The configuration tree as httpd has it after reading: includes, defines, macros and static conditionals are gone."""

from collections.abc import Sequence
from copy import copy
from sys import intern

from tlslint.model import SourceFile, Span
from tlslint.parsers.apache.syntax import Line, Word, next_word, rewrite_words, words

_OWN_WORDS = frozenset({"rewriterule", "rewritecond"})


class Node:
    """A directive, or a section with `children`.

    `name` is as written without `<` and `>`, `lower` for comparing; `args` the rest of the line after the name (for a section up to its
    last `>`). `shown_in` is the file httpd would name (`macro 'x' …` for lines of a macro).
    `place` counts the children of one section once `named` was asked.
    `condition` is "" when the line surely counts, else why that cannot be told (`<IfFile> outside the scanned roots`).
    """

    __slots__ = ("_args_span", "_texts", "_words", "args_at", "condition", "line", "lower", "name", "parent", "place", "shown_in")

    def __init__(self, line: Line, name: str, args_at: int, shown_in: str, condition: str) -> None:
        self.line = line
        self.name = intern(name)
        self.lower = intern(name.lower())
        self.args_at = args_at
        self.shown_in = shown_in
        self.condition = condition
        self.parent: Section | None = None
        self.place = 0
        self._words: tuple[Word, ...] | None = None
        self._texts: tuple[str, ...] | None = None
        self._args_span: Span | None = None

    @property
    def file(self) -> SourceFile:
        """The file whose bytes these are."""
        return self.line.file

    @property
    def number(self) -> int:
        """The line that httpd would report."""
        return self.line.number

    @property
    def args(self) -> str:
        """The raw arguments, as a RAW_ARGS directive gets them."""
        return self.line.text[self.args_at :]

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments split as httpd splits them."""
        if self._words is None:
            self._words = self._split()
        return self._words

    @property
    def texts(self) -> tuple[str, ...]:
        """The same as plain text."""
        if self._texts is None:
            self._texts = tuple([word.text for word in self.words])
        return self._texts

    def _split(self) -> tuple[Word, ...]:
        return (rewrite_words if self.lower in _OWN_WORDS else words)(self.line, self.args_at)

    @property
    def span(self) -> Span:
        """The whole logical line, trimmed."""
        return self.line.span(0, len(self.line.text))

    @property
    def name_span(self) -> Span:
        """The name alone."""
        _, first, last, _ = next_word(self.line.text, 0)
        return self.line.span(first, last)

    @property
    def args_span(self) -> Span:
        """All arguments; the name where there are none."""
        if self._args_span is None:
            found = self.words
            self._args_span = self.line.span(found[0].start, found[-1].end) if found else self.name_span
        return self._args_span

    @property
    def unknown(self) -> str:
        """Why the text of the line cannot be known; "" where it can."""
        return self.line.unknown

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.args!r} at {self.file.path}:{self.number}>"


class Directive(Node):
    """A plain line."""

    __slots__ = ()


class Section(Node):
    """`<Name args>` … `</Name>`."""

    __slots__ = ("_by_name", "_mentions", "children")

    def __init__(self, line: Line, name: str, args_at: int, shown_in: str, condition: str) -> None:
        super().__init__(line, name, args_at, shown_in, condition)
        self.children: list[Node] = []
        self._by_name: dict[str, list[Node]] | None = None
        self._mentions: frozenset[str] | None = None

    def _split(self) -> tuple[Word, ...]:
        """Arguments up to the last `>` of the line (ap_strrchr_c in core.c's section handlers)."""
        end = self.line.text.rfind(">")
        return words(self.line, self.args_at, end) if end >= self.args_at else words(self.line, self.args_at)

    @property
    def is_closed_by_bracket(self) -> bool:
        """Is there a `>` on the opening line at all?"""
        return ">" in self.line.text

    def append(self, node: Node) -> None:
        """Put a node at the end."""
        node.parent = self
        self.children.append(node)

    def emptied(self) -> "Section":
        """A copy that has no children yet."""
        found = copy(self)
        found.children, found._by_name, found._mentions = [], None, None
        return found

    @property
    def mentions(self) -> frozenset[str]:
        """Every lower-case name in it, at any depth."""
        if self._mentions is None:
            found = {child.lower for child in self.children}
            for child in self.children:
                if isinstance(child, Section) and child.lower != "virtualhost":
                    found |= child.mentions
            self._mentions = frozenset(found)
        return self._mentions

    def named(self, *names: str) -> Sequence[Node]:
        """Children with one of these lower-case names, in order. A main server may hold thousands of virtual hosts beside them."""
        by_name = self._by_name
        if by_name is None:  # after reading is done
            by_name = self._by_name = {}
            for place, child in enumerate(self.children):
                child.place = place
                by_name.setdefault(child.lower, []).append(child)
        found = [by_name[name] for name in names if name in by_name]
        if len(found) < 2:
            return found[0] if found else ()
        return sorted((child for children in found for child in children), key=_place)


def _place(node: Node) -> int:
    return node.place


IS_LOADED, IS_MISSING = "is loaded is not known", "is missing is not known"
"""How conditions end that hang on a module of which nobody knows whether it is loaded."""


def taken(section: Section, given: frozenset[str]) -> Section:
    """The section as it is when the modules it asks for are loaded and the conditions `given` hold.

    What only counts without such a module is left out; other conditions stay.
    """
    found = section.emptied()
    found.condition = _left(section.condition, given)
    for child in section.children:
        if child.condition.endswith(IS_MISSING) or f"{IS_MISSING}, and " in child.condition:
            continue
        inner = taken(child, given) if isinstance(child, Section) else copy(child)
        inner.condition = _left(child.condition, given)
        inner.parent = found
        found.children.append(inner)
    return found


def _left(condition: str, given: frozenset[str]) -> str:
    return ", and ".join(part for part in condition.split(", and ") if part and part not in given and not part.endswith(IS_LOADED))
