"""SME Server templates: which lines a piece gives on which port, with which bytes behind them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlslint.model import SourceFile
from tlslint.parsers.apache.esmith import PERL_DECIDES, PERL_FILLS_IN, lines

from tests.support.cli import tlslint


def given_on(text: str, port: int | None) -> list[tuple[str, str, str]]:
    """Text, condition, and why it is not known, line by line."""
    found = lines(SourceFile("piece", text.encode()), port)
    return [(line.text, condition, line.unknown) for line, condition in found if line.text and not line.text.startswith("#")]


CASES = {
    "plain text": ("SSLProtocol all\n", [("SSLProtocol all", "", "")]),
    "escaped braces": ('X "%\\{HOST\\}e"\n', [('X "%{HOST}e"', "", "")]),
    "surely put out": ('{ $OUT .= "A b\\n"; $OUT .= "C d\\n" }', [("A b", "", ""), ("C d", "", "")]),
    "joined": ('{ $OUT .= "A " . "b" . " c\\n"; }', [("A b c", "", "")]),
    "condition behind": ('{ $OUT .= "A b\\n" if $x; }', [("A b", PERL_DECIDES, "")]),
    "condition before": (
        '{ if ($x) { $OUT .= "A b\\n"; } else { $OUT .= "C d\\n"; } }',
        [("A b", PERL_DECIDES, ""), ("C d", PERL_DECIDES, "")],
    ),
    "port": ('{ if ($port eq "443") { $OUT .= "A b\\n"; } else { $OUT .= "C d\\n"; } }', [("A b", "", "")]),
    "other port": ('{ if ($port ne "443") { $OUT .= "A b\\n"; } }', []),
    "port by name": ("{ if ($port eq $httpsPort) { $OUT .= 'A b'; } }", [("A b", "", "")]),
    "port and more": ('{ if (($port eq "80") && ($x eq "y")) { $OUT .= "A b\\n"; } }', []),
    "loop": ('{ foreach $x (@y) { $OUT .= "A b\\n"; } }', [("A b", PERL_DECIDES, "")]),
    "after a return": ('{ return "# off" unless $x; $OUT .= "A b\\n"; }', [("A b", PERL_DECIDES, "")]),
    "variable": ('{ $OUT .= "A $b c\\n"; }', [("A \x1a c", "", PERL_FILLS_IN)]),
    "hash": ('{ $OUT .= "A ${b}{c} d\\n"; }', [("A \x1a d", "", PERL_FILLS_IN)]),
    "value in a line": ("ServerName { $SystemName }.example.org\n", [("ServerName \x1a.example.org", "", PERL_FILLS_IN)]),
    "values in a line": ("A { $b }.{ $c || 'd' } e\n", [("A \x1a.\x1a e", "", PERL_FILLS_IN)]),
    "a value with a choice": ('A { $b eq "c" ? "d" : "e" }\n', [("A \x1a", "", PERL_FILLS_IN)]),
    "a text in a line": ("A { 'b' }c { \"d\"; }\n", [("A bc d", "", "")]),
    "a remark in a line": ("A { # b\n} c\n", [("A  c", "", "")]),
    "put out in a line": ('A { $OUT .= "b"; } c\n', [("A b c", "", "")]),
    "variables on lines of their own": ("{\n  $b = 1;\n}\nA c\n", [("A c", "", "")]),
    "here": ("{ $OUT .= <<'E';\nA b\nC d\nE\n}", [("A b", "", ""), ("C d", "", "")]),
    "filled here": ('{ $OUT .=<<"E";\nA $b\nE\n}', [("A \x1a", "", PERL_FILLS_IN)]),
    "qq": ("{ $OUT .= qq(\nA (b) c\n); }", [("A (b) c", "", "")]),
    "a rule": (
        '{ $OUT .= "    RewriteRule ^/x(/.*|\\$) https://%{HTTP_HOST}/x\\$1 \\[L,R\\]\\n"; }',
        [("RewriteRule ^/x(/.*|$) https://%{HTTP_HOST}/x$1 [L,R]", "", "")],
    ),
    "comment": ("{ # $OUT .= \"no\";\n $OUT .= 'A b'; }", [("A b", "", "")]),
    "continued": ("A b \\\n  c { '' } d\n", [("A b   c  d", "", "")]),
}


@pytest.mark.parametrize("name", CASES)
def test_lines_on_443(name: str) -> None:
    text, expected = CASES[name]
    assert given_on(text, 443) == expected


def test_nothing_is_known_of_ports_outside_virtual_hosts() -> None:
    assert given_on('{ if ($port eq "443") { $OUT .= "A b\\n"; } }', None) == [("A b", PERL_DECIDES, "")]


def test_words_keep_their_bytes() -> None:
    source = SourceFile("piece", b'{ $OUT .= "Header set X \\"max-age=60\\"\\n"; }')
    ((line, _),) = lines(source, 443)
    assert line.text == 'Header set X "max-age=60"'
    at = line.text.index("max-age")
    assert line.span(at, at + len("max-age=60")).data == b"max-age=60"


@given(st.text(alphabet="{}\\\"'$;.#\n ()abOUTif=<", max_size=120), st.sampled_from([80, 443, None]))
def test_any_text_gives_lines_with_bytes_of_their_own(text: str, port: int | None) -> None:
    source = SourceFile("piece", text.encode())
    for line, _ in lines(source, port):
        span = line.span(0, len(line.text))
        assert 0 <= span.start <= span.end <= len(source.data)
        assert 0 <= line.first <= line.last <= len(source.data)


def test_a_repository_that_keeps_templates_custom_alone(tmp_path: Path) -> None:
    """ "Nothing to read" once: nobody else calls a folder so."""
    folder = tmp_path / "templates-custom" / "etc" / "httpd" / "conf" / "httpd.conf" / "VirtualHosts"
    folder.mkdir(parents=True)
    (folder / "04Strict").write_text('{ $OUT .= "Header always set Strict-Transport-Security \\"max-age=60\\"\\n" if ($port eq "443"); }')
    assert "TLS502" in tlslint(tmp_path, "--output-format", "concise").out


def test_values_in_lines_are_unknown_and_not_missing(tmp_path: Path) -> None:
    """False positives once: "SSLCipherSuite takes one or two arguments", "max-age needs a whole number", "Listen takes an address"."""
    folder = tmp_path / "etc" / "e-smith" / "templates" / "etc" / "httpd" / "conf" / "httpd.conf"
    (folder / "VirtualHosts").mkdir(parents=True)
    (folder / "35SSL").write_text("SSLCipherSuite { $modSSL{CipherSuite} }\nListen { $httpsPort }\nSSLProtocol { $p || 'all' }\n")
    body = "ServerName { $SystemName }.{ $DomainName }\nSSLVerifyClient { $x ? 'require' : 'none' }\n"
    header = 'Header always set Strict-Transport-Security "max-age={ $age }; includeSubDomains"\n'
    (folder / "VirtualHosts" / "05Name").write_text(body + header)
    said = tlslint(tmp_path, "--output-format", "concise").out
    assert "error" not in said
    assert "\x1a" not in said + tlslint("effective", tmp_path).out
