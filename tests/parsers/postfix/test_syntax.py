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


NAMES = st.sampled_from(
    ("smtpd_tls_security_level", "smtpd_tls_protocols", "smtpd_tls_ciphers", "smtpd_tls_exclude_ciphers", "tls_high_cipherlist",
     "smtp_tls_security_level", "smtp_tls_policy_maps", "smtpd_tls_chain_files", "smtpd_sasl_auth_enable", "tls_eecdh_auto_curves",
     "smtpd_tls_wrappermode", "inet_interfaces", "relayhost", "a")
)  # fmt: skip
VALUES = st.text("$a{}?:=<>!, #\\'\"1.é[]/", max_size=25) | st.sampled_from(
    ("may", "encrypt", "yes", "!SSLv2, !SSLv3", ">=TLSv1.2", "high", "$smtpd_tls_ciphers", "${a?{b}:{c}}", "inline:{ {a = b} }")
)


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=8),
    st.lists(st.tuples(st.sampled_from(("smtp inet n - n - - smtpd", "587 inet n - n - - smtpd", "smtp unix - - n - - smtp",
                                        "smtp inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "x")), NAMES, VALUES), max_size=4),
    st.sampled_from(("debian-11", "debian-12", "debian-13")),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_configuration_crashes_the_evaluation(main: list[tuple[str, str]], master: list[tuple[str, str, str]], target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.cf").write_bytes("".join(f"{name} = {text}\n" for name, text in main).encode())
        entries = "".join(f"{entry}\n  -o {name}={text}\n  -o {{{name} = {text}}}\n" for entry, name, text in master)
        (Path(folder) / "master.cf").write_bytes(entries.encode())
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
