"""main.cf and master.cf: no text crashes the readers or the evaluation, every setting stands where its spans say, no byte is lost."""

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.files import Files
from tlslint.model import SourceFile
from tlslint.parsers.postfix import expansion, protocols
from tlslint.parsers.postfix.client import policy_table
from tlslint.parsers.postfix.defaults import Release
from tlslint.parsers.postfix.effective import Parameters
from tlslint.parsers.postfix.evaluate import instances
from tlslint.parsers.postfix.syntax import logical_lines, main_cf, master_cf
from tlslint.targets import load

from tests.support.postfix_texts import Configuration, configurations

WORDS = "smtpd_tls_security_level| = |=|may|\n|\r\n|\n |\n\t|#|# c\n|$|${x?y}|{ a = b }|  |-o |\\|é|\0|\x1f|\x85"
PIECES = st.sampled_from(WORDS.split("|"))
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=200)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_every_setting_of_main_cf_stands_where_it_says(text: str) -> None:
    file = SourceFile("main.cf", text.encode("utf-8", "surrogatepass"))
    for setting in main_cf(file).settings:
        assert setting.name_span.data.decode("latin-1") == setting.name
        assert setting.span.start <= setting.name_span.start <= setting.name_span.end <= setting.value_span.start
        assert setting.value_span.end <= len(file.data)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_text_of_master_cf_crashes_the_reader(text: str) -> None:
    file = SourceFile("master.cf", text.encode("utf-8", "surrogatepass"))
    entries, _ = master_cf(file)
    for entry in entries:
        for word in entry.fields:
            assert 0 <= word.span.start <= word.span.end <= len(file.data)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_logical_lines_hold_every_byte_that_counts(text: str) -> None:
    """Pieces, comment lines and line ends between them make up the file again: what is skipped is white space or a comment."""
    file = SourceFile("main.cf", text.encode("utf-8", "surrogatepass"))
    rebuilt = bytearray(file.data)
    for line in logical_lines(file):
        for index, (start, offset) in enumerate(line.pieces):
            end = line.pieces[index + 1][0] if index + 1 < len(line.pieces) else max(len(line.text), start)
            piece = line.text[start:end].encode("latin-1")
            assert file.data[offset : offset + len(piece)] == piece
            rebuilt[offset : offset + len(piece)] = b"\n" * len(piece)
    if b"\0" not in file.data:
        left = [part.strip(b" \t\v\f\r") for part in bytes(rebuilt).split(b"\n")]
        assert all(not part or part.startswith(b"#") for part in left)


VALUES = st.text("$a{}?:=<>!, #\\'\"1.é[]/", max_size=25) | st.sampled_from(
    ("may", "encrypt", "yes", "!SSLv2, !SSLv3", ">=TLSv1.2", "high", "$smtpd_tls_ciphers", "${a?{b}:{c}}", "inline:{ {a = b} }")
)


@given(configurations(), st.lists(VALUES, max_size=3), st.sampled_from(("debian-11", "debian-12", "debian-13")))
@settings(max_examples=300, deadline=None)
def test_no_configuration_crashes_the_evaluation(configuration: Configuration, odd: list[str], target: str) -> None:
    main, master = configuration
    for name, text in zip(("tls_high_cipherlist", "smtp_tls_policy_maps", "inet_interfaces"), odd, strict=False):
        main += f"{name} = {text}\n".encode()
        master += f"submissions inet n - n - 1 postscreen\n  -o {name}={text}\n".encode()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.cf").write_bytes(main)
        (Path(folder) / "master.cf").write_bytes(master)
        (instance,) = instances("/main.cf", Files((folder,), folder, (("/", folder),)), load(target), complete=True)
        for problem in instance.problems:
            assert 0 <= problem.span.start <= problem.span.end <= len(problem.span.file.data)


@given(VALUES | st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_value_crashes_its_grammar(text: str) -> None:
    with contextlib.suppress(expansion.ExpansionError):
        expansion.expand(text, {"a": "b", "b": "$a"}.get)
    expansion.references(text)
    for version in ("3.5.25", "3.10.13"):
        protocols.parse(text, Release(version))


@given(st.lists(st.text("ab.[]:25 \t=!,SLv3maychrtpo\n#", max_size=30), max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_policy_table_crashes_its_reader(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.cf").write_text("smtp_tls_policy_maps = texthash:/policy\n")
        (Path(folder) / "policy").write_text("\n".join(lines))
        files = Files((folder,), folder, (("/", folder),))
        settings = {one.name: one for one in main_cf(files.read("/main.cf")).settings}
        policy_table(Parameters(Release("3.7.11"), settings, {}, "smtp", pseudo={}), "smtp", files)
