"""Every word met in real configurations is understood, or it is said why no library knows it (the report: scripts/corpus_words.py)."""

from pathlib import Path

from tlslint.crypto import libraries, openssl

from scripts.corpus_words import report
from tests.support import corpus


@corpus.needed
def test_every_unknown_word_has_a_reason_or_is_known_nowhere() -> None:
    builds = tuple(name for name in libraries.names() if name != "gnutls@3.6")
    known_somewhere = frozenset().union(*(openssl.words_of(build) for build in builds if build.startswith("openssl")))
    found = report(corpus.FOLDER, builds)
    unexplained = {word.word for words in found.values() for word in words if not word.reason}
    assert any(found.values())
    assert not unexplained & known_somewhere


def test_the_report_reads_every_spelling(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text('SSLCipherSuite "HIGH:!EXP:HIHG"\n  SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\n')
    (tmp_path / "main.cf").write_text("smtpd_tls_exclude_ciphers = aNULL, RC4\n")
    (tmp_path / "imapd-ssl").write_text('TLS_PRIORITY="NORMAL:-VERS-TLS1.O"\n')
    found = report(tmp_path, ("openssl@3.0", "gnutls@3.7.9"))
    assert {word.word for word in found["openssl@3.0"]} == {"EXP", "HIHG", "RC4"}
    assert {word.word for word in found["gnutls@3.7.9"]} == {"VERS-TLS1.O"}
