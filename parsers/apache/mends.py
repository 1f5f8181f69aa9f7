"""Literal mends of lines httpd refuses or passes over: what was meant is plain, only the spelling is not."""

from collections.abc import Sequence

from tlslint.model import Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers import placing
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node, Section


def instead(word: Word, text: str, unsafe: str = "") -> Rewrite:
    """Another word in this one's place, in its quotes."""
    quote = word.span.data[:1].decode("latin-1") if word.span.data[:1] in (b'"', b"'") else ""
    return Rewrite((Edit(word.span, f"{quote}{text}{quote}".encode("latin-1", "replace")),), f"write {text}", unsafe)


def arguments(node: Node, text: str, unsafe: str = "") -> Rewrite:
    """Other arguments altogether."""
    return Rewrite((Edit(node.args_span, text.encode("latin-1", "replace")),), f"write {node.name} {text}", unsafe)


def without_line(node: Node) -> Rewrite | None:
    """The line taken out. None for a line that a macro or a variable made: other lines may come of the same bytes."""
    if node.line.expanded:
        return None
    return Rewrite((Edit(Span(node.file, node.line.first, node.line.last), b""),), "remove the line")


def comment_above(node: Node, first: Word) -> Rewrite | None:
    """The comment from `first` on moved to a line of its own above."""
    if node.line.expanded or first is node.words[0]:
        return None
    before = node.words[node.words.index(first) - 1].span
    comment = Span(node.file, first.span.start, node.words[-1].span.end)
    if b"\n" in comment.data:
        return None
    above = placing.above(node.span, [comment.data])
    return Rewrite((above, Edit(Span(node.file, before.end, comment.end), b"")), "put the comment on a line of its own")


def in_quotes(node: Node, words: Sequence[Word]) -> Rewrite | None:
    """Words joined to one by quotes around them."""
    whole = Span(node.file, words[0].span.start, words[-1].span.end)
    if b'"' in whole.data or b"\n" in whole.data:
        return None
    return Rewrite((Edit(whole, b'"' + whole.data + b'"'),), "put the list in quotes")


def line_below(node: Node, text: str, unsafe: str = "") -> Rewrite | None:
    """A new line below this one, indented like it."""
    if node.line.expanded:
        return None
    whole = Span(node.file, node.line.first, node.line.last)
    return Rewrite((placing.below(whole, [text.encode()], placing.indentation(node.file.data, node.line.first)),), f"add {text}", unsafe)


def first_line(section: Section, text: str, unsafe: str = "") -> Rewrite | None:
    """A new first line of a section, indented like what follows."""
    if section.line.expanded:
        return None
    whole = Span(section.file, section.line.first, section.line.last)
    below = section.children[0].line.first if section.children and section.children[0].file is section.file else section.line.first
    return Rewrite((placing.below(whole, [text.encode()], placing.indentation(section.file.data, below)),), f"add {text}", unsafe)


def out_of(node: Node, section: Section) -> Rewrite | None:
    """The line moved out of a virtual host, above it. None where others may share its bytes."""
    if node.line.expanded or section.line.expanded or section.file is not node.file:
        return None
    whole = Span(node.file, node.line.first, node.line.last)
    text = node.span.data
    if b"\n" in text:
        return None
    moved = placing.above(Span(section.file, section.line.first, section.line.last), [text])
    return Rewrite((moved, Edit(whole, b"")), "move it out of the virtual host")
