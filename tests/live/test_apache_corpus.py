"""Real configuration trees: what httpd makes of them while reading, and what we do, directive by directive.

Each tree is laid where its distribution has it, in an overlay of this machine's root; files it only refers to (certificates, Include'd
certbot options) are made up until httpd accepts the tree or refuses it for a reason that lies in the tree.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tlslint.files import Files
from tlslint.parsers.apache import directives, environment, layout
from tlslint.parsers.apache.layout import Platform
from tlslint.parsers.apache.read import Reader, Reading
from tlslint.parsers.apache.tree import Section
from tlslint.targets import load

from tests.live.test_apache_tree import HTTPD, MODULES
from tests.support import corpus

CORPUS = corpus.FOLDER / "apache"

pytestmark = [
    pytest.mark.live,
    corpus.needed,
    pytest.mark.skipif(not os.access(HTTPD, os.X_OK) or os.geteuid() != 0, reason="needs Debian's apache2, and root for an overlay"),
]


def trees() -> Iterator[tuple[Path, Platform]]:
    """Root files with their platform."""
    for path in sorted([*CORPUS.rglob("apache2.conf"), *CORPUS.rglob("httpd.conf")]):
        platform = layout.platform_of(str(path))
        below = "" if platform is None else str(Path(platform.root).relative_to(platform.home))
        if platform is not None and path.is_file() and str(path).endswith(f"/{below}"):
            yield path, platform


class Machine:
    """This machine's root under an overlay, thrown away afterwards."""

    def __init__(self, scratch: Path) -> None:
        self.root = scratch / "root"
        self.modules: list[str] = []
        """Loaded beside what the tree loads, because it uses their directives."""
        self.complaints: set[str] = set()
        self.taken_out = 0
        """Lines made comments because only another machine's httpd takes them."""
        for name in ("root", "upper", "work"):
            (scratch / name).mkdir(parents=True)
        options = f"lowerdir=/,upperdir={scratch}/upper,workdir={scratch}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.root], check=True, capture_output=True)

    def close(self) -> None:
        subprocess.run(["umount", "-l", self.root], check=False, capture_output=True)

    def write(self, path: str, text: str) -> None:
        """A file inside; through chroot, so that absolute links stay inside too."""
        command = 'mkdir -p "$(dirname "$1")" && cat >> "$1"'
        subprocess.run(["chroot", self.root, "sh", "-c", command, "sh", path], input=text.encode(), check=False, capture_output=True)

    def hears(self, complaint: str) -> bool:
        """Is this complaint new?"""
        known = complaint in self.complaints
        self.complaints.add(complaint)
        return not known

    def take_out(self, path: str, number: int) -> bool:
        """Make a comment of the logical line that ends at this physical one; False for a line that opens a section."""
        shown = subprocess.run(["chroot", self.root, "cat", path], check=False, capture_output=True)
        lines = shown.stdout.split(b"\n")
        if shown.returncode != 0 or not 0 < number <= len(lines) or self.taken_out > 400:
            return False
        at = number - 1
        while at > 0 and lines[at - 1].rstrip(b"\r").endswith(b"\\"):
            at -= 1
        if lines[at].lstrip()[:1] in (b"<", b"#"):
            return False
        lines[at] = b"# " + lines[at]
        subprocess.run(
            ["chroot", self.root, "sh", "-c", 'cat > "$1"', "sh", path], input=b"\n".join(lines), check=False, capture_output=True
        )
        self.taken_out += 1
        return True

    def folders(self, *paths: str) -> None:
        subprocess.run(["chroot", self.root, "mkdir", "-p", *paths], check=False, capture_output=True)

    def loads(self, name: str) -> bool:
        if name in self.modules:
            return False
        self.modules.insert(0, name)
        return True

    def dump(self, root_file: str) -> subprocess.CompletedProcess[bytes]:
        envvars = "[ -r /etc/apache2/envvars ] && . /etc/apache2/envvars;"
        loads = " ".join(f'-C "LoadModule {name}_module {MODULES}/mod_{name}.so"' for name in ["info", *self.modules])
        command = f"{envvars} exec {HTTPD} {loads} -f {root_file} -DFOREGROUND -t -D DUMP_CONFIG"
        return subprocess.run(
            ["chroot", self.root, "sh", "-c", command], capture_output=True, check=False, timeout=60, env={"PATH": os.environ["PATH"]}
        )


def made_up(machine: Machine, complaint: str, tree: str) -> bool:
    """Supply what a tree only refers to; False when the complaint is of another kind."""
    found = re.search(r"(?:file|source path) '([^']+)' does not exist", complaint)
    if found:
        machine.write(found[1], "made up\n")
        return True
    found = re.search(r"Could not open configuration file (/\S+?): No such file", complaint)
    if found:
        machine.write(found[1], "# made up\n")
        return True
    found = re.search(r"Could not open (?:config(?:uration)? )?directory (/\S+?): No such", complaint)
    found = found or re.search(r"No matches for the wildcard '[^']*' in '([^']*)'", complaint)
    if found:
        machine.write(f"{found[1]}/made-up.conf", "# made up\n")
        return True
    found = re.search(r"DocumentRoot '([^']+)' is not a directory", complaint)
    found = found or re.search(r"Cannot access directory '([^']+)' for", complaint)
    if found:
        machine.folders(found[1])
        return True
    found = re.search(r"bad (user|group) name (\S+)", complaint)
    if found:
        machine.write(
            "/etc/passwd" if found[1] == "user" else "/etc/group", f"{found[2]}:x:990:{'990::/:/bin/false' if found[1] == 'user' else ''}\n"
        )
        return True
    if "socache" in complaint or "cache not supported" in complaint:
        return machine.loads("socache_shmcb")
    for directive in ("ServerRoot", "DefaultRuntimeDir"):
        if f"{directive} must be a valid directory" in complaint:
            for place in re.findall(rf'^\s*{directive}\s+"?([^"\s]+)', tree, re.MULTILINE | re.IGNORECASE):
                machine.folders(place)
            return machine.hears(complaint)
    if "No MPM loaded" in complaint:
        return machine.loads("mpm_event")
    found = re.search(r"Invalid command '([^']+)'", complaint)
    module = directives.module_of(found[1]) if found else None
    if module and (MODULES / f"mod_{module.removesuffix('_module')}.so").exists():
        return machine.loads(module.removesuffix("_module"))
    # What is left is for another machine: a module that is not here or is built in here, what such a module brings, its user.
    places = re.findall(r"Syntax error on line (\d+) of (/[^:\n]+):", complaint)
    if places and re.search(FOREIGN, complaint):
        return machine.take_out(places[-1][1], int(places[-1][0]))
    return False


FOREIGN = (
    r"Cannot load|is built-in and can't be loaded|Invalid command|not allowed here"
    r"|Unknown (?:Authz provider|DAV provider|filter)"
)


def lines_of(dump: bytes) -> list[str]:
    """`number directive` lines of a dump, with the files between them."""
    lines, number = [], 0
    for raw in dump.decode("latin-1").split("\n"):
        line = raw.strip()
        numbered = re.fullmatch(r"#\s+(\d+):", line)
        if numbered:
            number = int(numbered[1])
        elif line.startswith("# In file: "):
            lines.append(line)
        elif line and not line.startswith("</") and line != "Syntax OK":
            lines.append(f"{number} {line}")
    return lines


def lines_of_ours(reading: Reading) -> list[str]:
    lines: list[str] = []
    shown = ""

    def walk(section: Section) -> None:
        nonlocal shown
        for node in section.children:
            if node.lower in ("defaultruntimedir", "loadfile"):  # act while reading, so the dump leaves them out
                continue
            if node.shown_in != shown:
                shown = node.shown_in
                lines.append(f"# In file: {shown}")
            name = f"<{node.name}" if isinstance(node, Section) else node.name
            lines.append(f"{node.number} {name} {node.args}".strip())
            if isinstance(node, Section):
                walk(node)

    walk(reading.tree)
    return lines


def read(platform: Platform, machine: Machine) -> Reading:
    extra = {f"{name}_module" for name in ["info", *machine.modules]}
    files = Files((str(machine.root),), str(machine.root), (("/", str(machine.root)),))
    known = environment.environment(platform.root, files, platform, {}, complete=True)
    if platform.name != "debian":
        known = known._replace(flags_known=True, defines={"FOREGROUND": None})
    # The binary is Debian's whatever the tree is: its modules are builtin, its environment is empty but for envvars.
    known = known._replace(builtin=directives.BUILTIN_DEBIAN | extra, is_whole=True)
    return Reader(files, known, load("debian-12").software["httpd"], complete=True).read(platform.root)


def test_trees_of_the_corpus_read_as_httpd_reads_them(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    counts: Counter[str] = Counter()
    different: list[str] = []
    taken_out = 0
    for number, (path, platform) in enumerate(trees()):
        home = path
        for _ in Path(platform.root).relative_to(platform.home).parts:
            home = home.parent
        try:
            machine = Machine(tmp_path / str(number))
        except subprocess.CalledProcessError:
            pytest.skip("no overlay can be mounted here")
        try:
            place = machine.root / platform.home.lstrip("/")
            if place.exists():
                shutil.rmtree(place)
            shutil.copytree(home, place, symlinks=True, ignore_dangling_symlinks=True)
            if platform.name != "debian" and not (place / "modules").exists():
                (place / "modules").symlink_to(MODULES)
            if platform.name == "debian" and not (place / "envvars").exists():
                machine.write(f"{platform.home}/envvars", "".join(f"export {name}={value}\n" for name, value in environment.DEBIAN.items()))
            machine.folders(
                "/var/lock/apache2", "/var/run/apache2", "/run/lock/apache2", "/run/httpd", "/var/log/apache2", "/var/log/httpd"
            )
            result = machine.dump(platform.root)
            for _ in range(500):
                if b"# In file: " in result.stdout or not made_up(machine, result.stderr.decode("latin-1"), path.read_text("latin-1")):
                    break
                result = machine.dump(platform.root)
            # The tree is printed before users, groups and certificates are looked at: those need not be this machine's.
            if b"# In file: " not in result.stdout:
                counts[reason(result.stderr.decode("latin-1"))] += 1
                continue
            seen, ours = lines_of(result.stdout), lines_of_ours(read(platform, machine))
            counts["compared"] += 1
            taken_out += machine.taken_out
            if [line.lower() for line in seen] == [line.lower() for line in ours]:
                counts["equal"] += 1
            else:
                first = next((pair for pair in zip(seen, ours, strict=False) if pair[0].lower() != pair[1].lower()), (len(seen), len(ours)))
                different.append(f"{path.relative_to(CORPUS)}: httpd {first[0]!r}, we {first[1]!r}")
        finally:
            machine.close()
    record_property("trees", f"{dict(counts)}; lines of modules not on this machine made comments: {taken_out}")
    assert not different, (different, counts)
    assert counts["compared"] >= 5, counts


def reason(complaint: str) -> str:
    """Why a tree cannot be compared."""
    for pattern, words in (
        (r"Cannot load", "not comparable: a module this machine does not have"),
        (r"Invalid command", "not comparable: a directive of a module that is not loaded"),
        (r"Could not open configuration file|No matches for the wildcard", "not comparable: an include that was not collected"),
    ):
        if re.search(pattern, complaint):
            return words
    last = [line for line in complaint.strip().splitlines() if "warn" not in line and "check failed" not in line][-1:]
    return "not comparable: httpd refuses it: " + re.sub(r"/\S+|'[^']*'|\d+", "…", last[0] if last else "")[:80]
