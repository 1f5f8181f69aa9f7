"""The read phase against httpd's own: `-t -D DUMP_CONFIG` prints its tree directive by directive, file by file, line by line."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tlslint.parsers.apache.tree import Section

from tests.support.apache import read

HTTPD = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or not MODULES.is_dir(), reason="Debian's apache2 is not installed"),
]

BASE = """ServerRoot {root}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule info_module {modules}/mod_info.so
LoadModule macro_module {modules}/mod_macro.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule setenvif_module {modules}/mod_setenvif.so
LoadModule autoindex_module {modules}/mod_autoindex.so
ServerName x
PidFile {root}/pid
ErrorLog {root}/err
DefaultRuntimeDir {root}
Listen 127.0.0.1:8099
"""

# The tree leaves out what acts while reading; DUMP_CONFIG leaves the same out.
SETTINGS = ("IndexIgnore", "Timeout", "KeepAlive", "ServerAdmin", "SetEnvIf", "ServerTokens")


def dumped(config: Path) -> list[str] | str:
    """httpd's tree as lines, or its complaint."""
    command = [HTTPD, "-f", str(config), "-t", "-D", "DUMP_CONFIG"]
    result = subprocess.run(
        command, capture_output=True, check=False, timeout=30, env={"PATH": os.environ["PATH"], "OUTER": "from outside"}
    )
    if result.returncode != 0:
        return result.stderr.decode("latin-1")
    lines: list[str] = []
    number = 0
    for raw in result.stdout.decode("latin-1").split("\n"):
        line = raw.strip()
        numbered = re.fullmatch(r"#\s+(\d+):", line)
        if numbered:
            number = int(numbered[1])
        elif line.startswith("# In file: "):
            lines.append(line)
        elif line.startswith("</") or not line:
            if line:
                lines.append(line.lower())
        elif line != "Syntax OK":
            lines.append(f"{number} {line}")
    return lines


def predicted(config: Path, variables: dict[str, str] | None = None) -> list[str] | None:
    """Our tree in the same words; None where we say httpd refuses it."""
    reading = read(config, variables)
    if reading.refused is not None:
        return None
    lines: list[str] = []
    shown = ""

    def walk(section: Section) -> None:
        nonlocal shown
        for node in section.children:
            assert not node.condition, f"{node!r} is left open: {node.condition}"
            if node.lower == "defaultruntimedir":  # acts while reading, so the dump leaves it out
                continue
            if node.shown_in != shown:
                lines.append(f"# In file: {node.shown_in}")
                shown = node.shown_in
            name = f"<{node.name}" if isinstance(node, Section) else node.name
            lines.append(f"{node.number} {name} {node.args}".strip())
            if isinstance(node, Section):
                walk(node)
                lines.append(f"</{node.name}>".lower())

    walk(reading.tree)
    return lines


WORDS = [
    "a",
    "b c",
    '"quoted words"',
    "'single'",
    '"a\\"b"',
    "x\\\\y",
    "${VAR}",
    "${OUTER}",
    "${NOPE}",
    "$VAR",
    "p${VAR}q",
    "#no",
    '"unclosed',
    "é",
    "<x>",
]
GUARDS = [
    "<IfModule mod_info.c>", "<IfModule info_module>", "<IfModule !mod_nope.c>", "<IfModule mod_nope.c>", "<IfModule mod_info>",
    "<IfDefine FLAG>", "<IfDefine !FLAG>", "<IfDefine NOFLAG>", "<IfVersion >= 2.4>", "<IfVersion < 2.4>", "<IfVersion 2.4>",
    "<IfFile there.conf>", "<IfFile nothere.conf>", "<IfDirective IndexIgnore>", "<IfDirective SSLEngine>", "<IfSection VirtualHost>",
    '<IfModule ! mod_info.c>', '<IfModule "!mod_info.c">', "<IfModule mod_info.c extra>",
]  # fmt: skip


def generated(random: random.Random, depth: int = 0) -> list[str]:
    """A handful of lines of every kind the read phase knows."""
    lines: list[str] = []
    for _ in range(random.randint(1, 6)):
        kind = random.random()
        word = random.choice(WORDS)
        if kind < 0.35:
            lines.append(f"{random.choice(['', '  ', chr(9)])}IndexIgnore name{random.randint(0, 9)} {word}")
        elif kind < 0.42:
            lines += [f"IndexIgnore long \\{random.choice(['', chr(13)])}", f"   {word}"]
        elif kind < 0.47:
            lines += ["# a comment \\", "IndexIgnore swallowed 1"]
        elif kind < 0.54:
            lines.append(
                random.choice(
                    ["Define VAR value", "Define VAR two words", 'Define VAR "two words"', "Define FLAG", "UnDefine FLAG", "UnDefine VAR"]
                )
            )
        elif kind < 0.6:
            lines.append(
                random.choice(
                    ["Include inc/*.conf", "IncludeOptional nope/*.conf", "Include there.conf", "Include inc", "IncludeOptional no.conf"]
                )
            )
        elif kind < 0.8 and depth < 3:
            guard = random.choice(GUARDS)
            closing = f"</{guard[1:].split()[0]}>"
            lines += [
                guard,
                *generated(random, depth + 1),
                random.choice([closing] * 12 + [closing.upper(), closing[:-1] + " >", closing + " # c"]),
            ]
        elif kind < 0.88 and depth < 3:
            lines += [
                "<Directory /x>",
                "IndexIgnore in directory",
                *(["IndexIgnore more 1"] if random.random() < 0.5 else []),
                "</Directory>",
            ]
        elif kind < 0.95:
            lines += [
                "<Macro mac $a @b>",
                "IndexIgnore $a-@b $a",
                "<Directory @b>",
                "IndexIgnore x ${VAR}",
                "</Directory>",
                "</Macro>",
                "Use mac one 'two'",
                "UndefMacro mac",
            ]
        else:
            lines.append(random.choice(["</Directory>", "<Directory /y", "   ", "#", "Use nothing", "IndexIgnore a b \\"]))
    return lines


def test_generated_configurations_read_as_httpd_reads_them(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """400 seeded configurations of quoting, continuations, defines, macros, includes and conditionals."""
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "10-b.conf").write_text("IndexIgnore from 10\r\nDefine VAR included\r\n")
    (tmp_path / "inc" / "9-a.conf").write_text("IndexIgnore from 9\n")
    (tmp_path / "inc" / "z~").write_text("IndexIgnore from backup\n")
    (tmp_path / "there.conf").write_text("IndexIgnore there 1")
    seeded = random.Random(20261124)
    equal = refused = later = 0
    for index in range(400):
        config = tmp_path / "case.conf"
        newline = "\r\n" if index % 7 == 0 else "\n"
        text = BASE.format(root=tmp_path, modules=MODULES) + newline.join(generated(seeded)) + (newline if index % 5 else "")
        config.write_bytes(text.encode())
        seen, ours = dumped(config), predicted(config, {"OUTER": "from outside"})
        if isinstance(seen, str) and "AH00526" in seen:  # refused when directives run, after reading
            later += 1
        elif isinstance(seen, str):
            assert ours is None, f"httpd stops while reading, we do not: {seen}\n{text}"
            refused += 1
        else:
            assert ours == seen, f"case {index}:\n{text}"
            equal += 1
    record_property("trees", f"{equal} equal, {refused} refused by both while reading, {later} not comparable: refused later")
    assert equal > 200
    assert refused > 50


def test_stock_debian_tree_reads_as_httpd_reads_it() -> None:
    """The tree this machine's package installed, with its envvars."""
    config = Path("/etc/apache2/apache2.conf")
    if not config.exists():
        pytest.skip("no /etc/apache2 here: apt-get install apache2")
    command = [
        "sh",
        "-c",
        f'. /etc/apache2/envvars; exec {HTTPD} -C "LoadModule info_module {MODULES}/mod_info.so" -f {config} -t -D DUMP_CONFIG',
    ]
    result = subprocess.run(command, capture_output=True, check=False, timeout=30)
    if result.returncode != 0:
        pytest.skip("this machine's /etc/apache2 does not pass its own check")
    tree = predicted(config)
    assert tree
    seen = [line.strip() for line in result.stdout.decode("latin-1").split("\n") if re.match(r"\s*[A-Z][A-Za-z]+ ", line)]
    ours = [line.split(" ", 1)[1] for line in tree if re.match(r"\d+ [A-Z]", line)]
    assert [line for line in ours if not line.startswith("Syntax")] == [line for line in seen if not line.startswith("Syntax")]
