"""main.cf and master.cf: no text crashes the readers, every setting stands where its spans say."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tlslint.model import SourceFile
from tlslint.parsers.postfix.syntax import main_cf, master_cf

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
