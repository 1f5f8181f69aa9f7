"""Input nobody would write on purpose, and some that somebody would: a finding or a sentence, never a traceback, in bounded time."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli import tlslint

START = "ServerName host.example.test\nListen 443\n"


def binary(root: Path) -> str:
    (root / "apache2.conf").write_bytes(bytes(range(256)) * 64)
    return "not text"


def one_long_line(root: Path) -> str:
    (root / "apache2.conf").write_text(START + "SSLProtocol " + "all " * 5_000_000 + "\n")
    return ""


def deep_includes(root: Path) -> str:
    (root / "apache2.conf").write_text(START + f"Include {root}/0.conf\n")
    for number in range(200):
        (root / f"{number}.conf").write_text(f"Include {root}/{number + 1}.conf\n")
    return "more than 128 deep"


def include_loop(root: Path) -> str:
    (root / "apache2.conf").write_text(START + f"Include {root}/apache2.conf\n")
    return "is there a loop?"


def fifo(root: Path) -> str:
    os.mkfifo(root / "pipe.conf")
    (root / "apache2.conf").write_text(START + f"Include {root}/pipe.conf\n")
    return "not a regular file"


def link_out(root: Path) -> str:
    (root / "out.conf").symlink_to("/etc/hostname")
    (root / "apache2.conf").write_text(START + f"Include {root}/out.conf\n")
    return "outside the scanned roots"


def dangling_link(root: Path) -> str:
    (root / "gone.conf").symlink_to(root / "nowhere")
    (root / "apache2.conf").write_text(START + f"Include {root}/gone.conf\n")
    return "does not exist"


def invalid_utf8(root: Path) -> str:
    (root / "apache2.conf").write_bytes(START.encode() + b"# caf\xe9\nSSLProtocol all\xff\n")
    return ""


def byte_order_mark(root: Path) -> str:
    (root / "apache2.conf").write_bytes(b"\xef\xbb\xbfServerName host\n")
    return "byte-order mark"


def utf16(root: Path) -> str:
    (root / "apache2.conf").write_text(START, encoding="utf-16")
    return ""


def unclosed(root: Path) -> str:
    (root / "apache2.conf").write_text(START + "<VirtualHost *:443>\nSSLEngine on\n")
    return "never closed"


def macro_bomb(root: Path) -> str:
    lines = ["LoadModule macro_module x.so", "<Macro m0>", "Timeout 1", "</Macro>"]
    for number in range(1, 40):
        lines += [f"<Macro m{number}>", *[f"Use m{number - 1}"] * 10, "</Macro>"]
    (root / "apache2.conf").write_text(START + "\n".join([*lines, "Use m39"]) + "\n")
    return "multiply"


def expanding_defines(root: Path) -> str:
    lines = ["Define a0 xxxxxxxxxx"] + [f'Define a{n} "{"${a" + str(n - 1) + "}"}{"${a" + str(n - 1) + "}"}"' for n in range(1, 60)]
    (root / "apache2.conf").write_text(START + "\n".join([*lines, "ServerAdmin ${a59}"]) + "\n")
    return ""


def empty(root: Path) -> str:
    (root / "apache2.conf").write_bytes(b"")
    return ""


CASES: list[Callable[[Path], str]] = [
    binary, one_long_line, deep_includes, include_loop, fifo, link_out, dangling_link, invalid_utf8, byte_order_mark, utf16, unclosed,
    macro_bomb, expanding_defines, empty,
]  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_bad_input_ends_in_a_finding(make: Callable[[Path], str], tmp_path: Path) -> None:
    said = make(tmp_path)
    began = time.monotonic()
    ran = tlslint("--output-format", "concise", tmp_path)
    assert ran.code in (0, 1), ran.err
    assert said in ran.out
    assert "please report" not in ran.err
    # Not a benchmark: without bounds these take minutes or all memory.
    assert time.monotonic() - began < 60


@contextmanager
def anybody() -> Iterator[None]:
    """Root reads everything; as nobody the files' permissions count."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "line", ["IncludeOptional {0}/closed/*.conf", "Include {0}/closed/", "Include {0}/closed/a.conf", "Include {0}/closed.conf"]
)
def test_what_may_not_be_read(line: str, tmp_path: Path) -> None:
    for directory in (tmp_path, *tmp_path.parents[:2]):
        directory.chmod(0o755)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    (tmp_path / "closed.conf").touch(mode=0)
    (tmp_path / "apache2.conf").write_text(f"{START}{line.format(tmp_path)}\n<VirtualHost *:443>\nSSLEngine on\n</VirtualHost>\n")
    tlslint("--output-format", "concise", tmp_path)  # nobody may not read this Python's own modules either: load them before
    tlslint("effective", "--output-format", "json", tmp_path)
    with anybody():
        ran = tlslint("--output-format", "concise", tmp_path)
        found = tlslint("effective", "--output-format", "json", tmp_path)
    assert ran.code in (0, 1), ran.err
    assert "permission denied" in ran.out
    (endpoint,) = json.loads(found.out)["instances"][0]["endpoints"]
    assert "unknown" in endpoint["versions"], "what could not be read may set anything"


@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
@pytest.mark.parametrize(
    "data", [b"\0" * 100, b"\xff\xfe\x00", b" \n \n", b"= =\n=", b"a" * 1_000_000, b"$" * 5000, b"x = ${" * 2000, b"-o -o\n"]
)
def test_postfix_survives(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    ran = tlslint("--output-format", "concise", tmp_path)
    assert ran.code in (0, 1), ran.err
