"""Whatever stands in a configuration: a fix applied twice equals once, foreign lines stay, and safe fixes lock nobody out."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import postfix_texts
from tests.support.mending import mend_files

LINES = [
    "SSLProtocol all",
    "SSLProtocol all -SSLv3 -TLSv1",
    "SSLProtocol TLSv1.2 TLSv1.3",
    "SSLProtocol -all +TLSv1.1 +TLSv1.3",
    "SSLProtocol +SSLv2 all # everything",
    "SSLProtocol",
    "SSLCipherSuite HIGH:MEDIUM:!aNULL",
    'SSLCipherSuite "ALL:@SECLEVEL=0"',
    "SSLCipherSuite AES128-SHA:\\\nECDHE-RSA-AES128-GCM-SHA256",
    "SSLCipherSuite TLS_AES_128_GCM_SHA256:ECDHE+AESGCM",
    "SSLCipherSuite TLSv1.3 TLS_AES_128_CCM_SHA256",
    "SSLCipherSuite NOSUCH",
    "SSLCipherSuite HIGH !aNULL",
    "SSLHonorCipherOrder yes",
    "SSLHonorCipherOrder off # mine",
    "SSLInsecureRenegotiation on",
    "SSLOpenSSLConfCmd MinProtocol TLSv1",
    "SSLOpenSSLConfCmd CipherString DEFAULT@SECLEVEL=0",
    "SSLOpenSSLConfCmd Groups secp224r1:prime256v1",
    "SSLMutex default",
    "SSLEngine optional",
    "SSLVerifyClient optional",
    "SSLUseStapling on",
    'Header set Strict-Transport-Security "max-age=31536000; preload"',
    'Header always set Strict-Transport-Security "max-age=60" env=HTTPS',
    "Header always add Strict-Transport-Security max-age=63072000",
    "Header always set Strict-Transport-Security “max-age=1”",
    'Header set Public-Key-Pins "x"',
    "<IfModule mod_ssl.c>\nSSLProtocol all\n</IfModule>",
    "<Location />\nHeader set Strict-Transport-Security max-age=300\n</Location>",
    "# caf\u00e9 SSLProtocol all",
    "Redirect / https://www.example.test/",
    "",
]
MODULES = ("mpm_event", "authz_core", "alias", "headers", "socache_shmcb", "ssl")
HEAD = ["ServerName h.example.test", *(f"LoadModule {name}_module x.so" for name in MODULES), "Listen 443", "Listen 80"]
some = st.lists(st.sampled_from(LINES), max_size=4)


@st.composite
def configurations(draw: st.DrawFn) -> bytes:
    indent = draw(st.sampled_from(["", "    ", "\t"]))
    parts = [*HEAD, *draw(some)]
    for number in range(draw(st.integers(1, 3))):
        port = draw(st.sampled_from([443, 443, 80]))
        inside = [f"ServerName n{number}.example.test", *(["SSLEngine on"] if port == 443 else []), *draw(some)]
        inside += ["SSLCertificateFile /etc/ssl/c.pem"] if port == 443 else []
        parts += [f"<VirtualHost *:{port}>", *(indent + line for line in inside), "</VirtualHost>"]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(parts).replace("\n", end) + draw(st.sampled_from(["", end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "cp1252"])), "replace")


def is_ours(line: bytes) -> bool:
    """A line fixes may write or take away, or a comment that was moved from behind a value."""
    words = line.split()
    return bool(words) and (
        words[0].startswith((b"SSL", b"Header", b"Redirect", b"ECDHE-RSA")) or (words[0] == b"#" and b"SSL" not in line)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configurations(), st.sampled_from(["debian-11", "debian-12", "debian-13"]), st.booleans())
def test_any_configuration(data: bytes, target: str, unsafe: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        name = "etc/apache2/apache2.conf"
        outcome = mend_files(Path(folder).resolve(), {name: data}, target=target, unsafe=unsafe)  # asserts that twice equals once
    assert not outcome.before.broken
    assert not outcome.after.broken
    new = outcome.files[name]
    assert [line for line in new.split(b"\n") if not is_ours(line)] == [line for line in data.split(b"\n") if not is_ours(line)]
    for old, mended in zip(outcome.before.instances, outcome.after.instances, strict=True):
        assert not (old.starts.holds(True) and not mended.starts.holds(True))
        if not unsafe and old.starts.holds(True):
            for one, other in zip(old.endpoints, mended.endpoints, strict=True):
                assert one.versions.surely <= other.versions.surely
                assert set(one.cipher_suites.surely) <= set(other.cipher_suites.surely)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(postfix_texts.configurations(), st.sampled_from(["debian-11", "debian-12", "debian-13"]), st.booleans())
def test_any_postfix(configuration: postfix_texts.Configuration, target: str, unsafe: bool) -> None:
    """Twice equals once, comments stay, and what a daemon could read it still can."""
    files = {"etc/postfix/main.cf": configuration.main, "etc/postfix/master.cf": configuration.master}
    with tempfile.TemporaryDirectory() as folder:
        outcome = mend_files(Path(folder).resolve(), files, target=target, unsafe=unsafe)
    assert not outcome.before.broken
    assert not outcome.after.broken
    for name, old in files.items():
        comments, left = ([line for line in text.split(b"\n") if line.lstrip().startswith(b"#")] for text in (old, outcome.files[name]))
        assert not Counter(comments) - Counter(left)
    for before, after in zip(outcome.before.instances, outcome.after.instances, strict=True):
        assert not (before.starts.holds(True) and not after.starts.holds(True))
