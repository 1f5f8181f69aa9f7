"""The long form: carets under the very characters, and text that cannot do anything to a terminal."""

from tlslint.model import Confidence, Finding, Label, Severity, SourceFile, Span
from tlslint.reports.report import Report
from tlslint.reports.text import Style, concise, full
from tlslint.reports.visible import visible


def finding(data: bytes, start: int, end: int, label: str = "", message: str = "seen") -> Finding:
    span = Span(SourceFile("etc/x.conf", data), start, end)
    return Finding("TLS102", "deprecated-version", Severity.ERROR, Confidence.HIGH, message, Label(span, label))


def excerpt(data: bytes, start: int, end: int) -> list[str]:
    lines = list(full(Report([finding(data, start, end, "label")], (), 1), Style()))
    at = next(index for index, line in enumerate(lines) if "^" in line)
    return [line.partition("| ")[2] for line in lines[at - 1 : at + 1]]


def test_caret_stands_under_the_characters() -> None:
    assert excerpt(b"SSLProtocol all -SSLv3\n", 12, 22) == ["SSLProtocol all -SSLv3", "            ^^^^^^^^^^ label"]


def test_tabs_and_wide_characters_keep_the_caret_in_place() -> None:
    assert excerpt(b"\tAll x\n", 5, 6) == ["    All x", "        ^ label"]
    text = "名前 x".encode()
    assert excerpt(text, len(text) - 1, len(text)) == ["名前 x", "     ^ label"]


def test_long_lines_are_cut_around_the_place() -> None:
    data = b"a" * 5000 + b"BAD" + b"z" * 5000
    line, caret = excerpt(data, 5000, 5003)
    assert "BAD" in line
    assert len(line) < 200
    assert line.index("BAD") == caret.index("^")


def test_a_span_of_several_lines_marks_the_first() -> None:
    line, caret = excerpt(b"one \\\n two \\\n three\n", 0, 18)
    assert line == "one \\"
    assert "more lines" in caret


def test_hostile_text_is_shown_and_does_nothing() -> None:
    hostile = "\x1b[31mred\x07 \u202egnp.exe \u200b\r::error::\x9b"
    shown = "\n".join(
        [
            *full(Report([finding(hostile.encode(), 0, 5, hostile, hostile)], (), 1), Style()),
            *concise(Report([finding(b"x", 0, 1, "", hostile)], (), 1)),
        ]
    )
    assert not set("\x1b\x07\u202e\u200b\r\x9b") & set(shown)
    assert "\\x1b[31mred" in shown
    assert visible("a\tb") == "a\tb"


def test_columns_count_code_points() -> None:
    (line,) = concise(Report([finding("# é\nSSL é x".encode(), 12, 13)], (), 1))
    assert line.startswith("etc/x.conf:2:7: error TLS102 ")
