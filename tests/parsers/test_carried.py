"""Bytes carried as Latin-1: none is lost on the way to people and to the file system."""

import os

from hypothesis import given
from hypothesis import strategies as st
from tlslint.parsers.carried import file_name, readable, readable_path


@given(st.binary())
def test_every_byte_reaches_the_file_system(data: bytes) -> None:
    assert os.fsencode(file_name(data.decode("latin-1"))) == data


@given(st.text())
def test_utf8_is_read_as_it_was_written(text: str) -> None:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    assert readable(data.decode("latin-1")) == text
    assert readable_path(file_name(data.decode("latin-1"))) == text


def test_what_is_no_utf8_is_shown_all_the_same() -> None:
    assert readable("caf\xe9") == "caf\xe9"
    assert readable("ein – aus") == "ein – aus", "no carried text: left as it is"
    assert readable_path(file_name("caf\xe9")) == "caf\ufffd"
