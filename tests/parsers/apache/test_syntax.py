"""Every byte has its place: lines cover a file without gaps, words lie where they are read from, and no text stops the evaluation."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tlslint.files import Files
from tlslint.model import Instance, SourceFile
from tlslint.parsers.apache import evaluate
from tlslint.parsers.apache.syntax import logical_lines, words
from tlslint.parsers.apache.tree import Section
from tlslint.targets import load

from tests.support import corpus
from tests.support.apache import read

# ruff: noqa: E501 (a table)

TARGET = load("debian-12")

_PIECES = st.sampled_from(
    [
        b"\n", b"\r\n", b"\\\n", b"\\\r\n", b" ", b"\t", b"#", b'"', b"'", b"\\", b"<", b">", b"</", b"${A}", b"${", b"}", b"!", b"\xff", b"\xc2\xa0",
        b"\xef\xbb\xbf", b"\0", b"SSLProtocol ", b"all ", b"-SSLv3 ", b"SSLCipherSuite ", b"HIGH:!aNULL", b"@SECLEVEL=", b"SSLEngine on\n",
        b"<VirtualHost *:443>\n", b"</VirtualHost>\n", b"<IfModule mod_ssl.c>\n", b"</IfModule>\n", b"<IfDefine X>\n", b"</IfDefine>\n",
        b"<Macro m $a>\n", b"</Macro>\n", b"Use m x\n", b"Define A ", b"Include ", b"*", b"/", b"Listen 443\n", b"ServerName a\n", b"ServerAlias *.b\n",
        b"Header always set Strict-Transport-Security ", b"max-age=1", b"RewriteRule ^ https://x/ [R", b"]", b"RewriteCond %{HTTPS} ", b"<If ", b"%{",
        b"Redirect / https://x\n", b"SSLOpenSSLConfCmd ", b"Groups X25519\n", b"ProxyPass / https://b/\n", b"LoadModule ssl_module m.so\n", b"443", b":",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=60).map(b"".join))


@given(TEXTS)
@example(b"\\")
@example(b"a\\\r\n")
@example(b"\r\r\n\\\n\\")
def test_lines_cover_the_file(data: bytes) -> None:
    source = SourceFile("x", data)
    lines = list(logical_lines(source))
    assert b"".join(data[line.first : line.last] for line in lines) == data
    for line in lines:
        for word in words(line, 0):
            assert line.first <= word.span.start <= word.span.end <= line.last
            if word.text == data[word.span.start : word.span.end].decode("latin-1"):
                continue
            # a word that differs from its bytes was quoted, escaped or continued on another line
            assert any(mark in word.span.data for mark in (b'"', b"'", b"\\"))


def evaluated(data: bytes, *, complete: bool) -> Instance | None:
    files = Files(("/etc/apache2",), "/", (("/etc/apache2", "/etc/apache2"),))
    files.overlay("/etc/apache2/apache2.conf", data)
    found = evaluate.instances("/etc/apache2/apache2.conf", files, TARGET, complete=complete)
    return found[0] if found else None


@given(TEXTS, st.booleans())
@settings(max_examples=300)
@example(b"<VirtualHost *:443>\nSSLEngine on\nSSLCipherSuite TLSv1.3\n</VirtualHost>", False)
def test_no_text_stops_the_evaluation(data: bytes, complete: bool) -> None:
    found = evaluated(data, complete=complete)
    if found is None:
        return
    for problem in found.problems:
        span = problem.span
        assert 0 <= span.start <= span.end <= len(span.file.data)
    # Comments at the end change nothing, unless the end was not the end of a line or a section.
    ended = data + b"\n" if not data.endswith(b"\n") else data
    again = evaluated(ended + b"# a comment\n#\n", complete=complete)
    before = evaluated(ended, complete=complete)
    if not data.rstrip(b"\r\n").endswith(b"\\") and again is not None and before is not None:
        assert [endpoint.name for endpoint in again.endpoints] == [endpoint.name for endpoint in before.endpoints]
        assert [endpoint.versions.surely for endpoint in again.endpoints] == [endpoint.versions.surely for endpoint in before.endpoints]


@corpus.needed
def test_every_byte_of_the_corpus_is_accounted_for() -> None:
    """Each file is covered by its lines, and each node of each tree stands where its line does."""
    files = [path for path in sorted((corpus.FOLDER / "apache").rglob("*")) if path.is_file() and not path.is_symlink()]
    roots = 0
    for path in files:
        data = path.read_bytes()
        lines = list(logical_lines(SourceFile(str(path), data)))
        assert b"".join(data[line.first : line.last] for line in lines) == data, path
        if path.name in ("apache2.conf", "httpd.conf"):
            roots += 1
            pending: list[Section] = [read(path.resolve()).tree]
            while pending:
                for node in pending.pop().children:
                    if not node.line.expanded and node.name.isascii():
                        assert node.name.lower().encode() in node.span.data.replace(b"\\\n", b"").replace(b"\\\r\n", b"").lower(), (
                            path,
                            node,
                        )
                    if isinstance(node, Section):
                        pending.append(node)
    assert len(files) > 1000
    assert roots > 30


@corpus.needed
@pytest.mark.parametrize("kind", ["apache", "htaccess", "esmith"])
def test_no_tree_of_the_corpus_breaks_anything(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every repository of the corpus through the command line's own path: no fault of tlslint anywhere."""
    from tests.support.cli import tlslint  # noqa: PLC0415 (only with the corpus)

    monkeypatch.chdir(corpus.FOLDER / kind)
    seen = 0
    for name in sorted(os.listdir(".")):
        if Path(name).is_dir():
            ran = tlslint(name, "--output-format", "concise")
            assert "please report" not in ran.err, (name, ran.err)
            assert ran.code in (0, 1) or ran.err.startswith("tlslint: nothing to read"), (name, ran.err)
            seen += 1
    assert seen
