"""Postfix's own reader, postconf, and ours say the same of the same text: values, expansion, services, `-o` settings.

postconf and the daemons part in a few places, where ours goes with the daemons; they are told apart here and listed in `docs/postfix.md`:
references to parameters a daemon has not loaded yet (postconf knows every default), malformed `-o` options (postconf skips what stops
the daemon), endpoints spelled in two ways (`smtp` and `25`), columns that only master(8) checks.
"""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tlslint.model import SourceFile
from tlslint.parsers.postfix import expansion
from tlslint.parsers.postfix.defaults import Release, kind
from tlslint.parsers.postfix.effective import Parameters
from tlslint.parsers.postfix.services import Service, known_ports, services
from tlslint.parsers.postfix.syntax import WHITE, Entry, MainCf, Word, main_cf, master_cf

from tests.support import postfix
from tests.support.postfix_texts import NAMES, Configuration, configurations

pytestmark = [pytest.mark.live, pytest.mark.skipif(shutil.which("postconf") is None, reason="postfix is not installed")]

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
CONFIGURATIONS = 2000
DRAWS = 2400
"""Some are drawn twice."""

# --- ours beside postconf's --------------------------------------------------------------------------------------------------------


class Ours(NamedTuple):
    """Our reading of one directory."""

    folder: Path
    main: MainCf
    entries: tuple[Entry, ...]
    release: Release

    def parameters(self, service: Service | None = None) -> Parameters:
        """As postconf looks at them: every default counts as loaded."""
        pseudo = {"config_directory": str(self.folder), "mail_version": self.release.version, "stress": ""}
        pseudo |= {"service_name": service.name if service else "", "process_name": service.daemon if service else "postconf"}
        overrides = {one.name: one for one in service.overrides} if service else {}
        return Parameters(self.release, {one.name: one for one in self.main.settings}, overrides, "", pseudo=pseudo)

    def running(self) -> tuple[Service, ...]:
        """Services as master(8) would have them."""
        return services(self.entries, "", known_ports(self.release, None, None)).running


def read(folder: Path, release: Release) -> Ours:
    """Both files of a directory."""
    main = main_cf(SourceFile("main.cf", (folder / "main.cf").read_bytes()))
    entries, _ = master_cf(SourceFile("master.cf", (folder / "master.cf").read_bytes()))
    return Ours(folder, main, entries, release)


def unexpandable(ours: Ours) -> set[str]:
    """Names at which `postconf -nx` stops: real parameters and those that something refers to."""
    parameters = ours.parameters()
    last = {setting.name: setting.value for setting in ours.main.settings}
    asked = {other for value in last.values() for other in (expansion.references(value) if "$" in value else ())}
    asked |= {other for entry in ours.entries for word in entry.arguments for other in expansion.references(word.text)}
    found = {name for name in last if (ours.release.knows(name) or name in asked) and parameters.get(name).error}
    for service in ours.running():  # read for names of one's own, whatever is asked for
        own = ours.parameters(service)
        found |= {one.name for one in service.overrides if ours.release.knows(one.name) and is_sound(service) and own.get(one.name).error}
    return found


def _printed(text: str) -> str:
    """postconf prints runs of white space as one blank."""
    return re.sub(f"[{WHITE}]+", " ", text)


def compare_main(ours: Ours, said: postfix.Said, *, is_expanded: bool) -> Iterator[str]:
    """`postconf -n` and `-nx`."""
    stops = bool(ours.main.fatal) or ours.main.is_template
    broken = unexpandable(ours) if is_expanded and not stops else set()
    stops = stops or (is_expanded and any(len(entry.fields) < 8 for entry in ours.entries))
    if said.failed != (stops or bool(broken)) and (stops or is_plain(ours)):
        yield f"postconf {'stops' if said.failed else 'does not stop'}, we find {ours.main.fatal or broken}: {said.errors[-200:]}"
    if said.failed or stops:
        return
    parameters = ours.parameters()
    settings = {setting.name: setting.value for setting in ours.main.settings if ours.release.knows(setting.name)}
    pairs = {line.partition(" =")[0]: line.partition(" =")[2].removeprefix(" ") for line in said.lines}
    for name, text in settings.items():
        value = parameters.get(name)
        if name == "config_directory" or (is_expanded and (value.unknown or kind(name).type == "raw")):
            continue
        mine = _printed(value.text if is_expanded else text)
        if pairs.get(name) != mine:
            yield f"{name}: postconf {pairs.get(name)!r}, we {mine!r}"
    more = {name for name in pairs if ours.release.knows(name)} - settings.keys() - {"config_directory"}
    if more:
        yield f"{sorted(more)} is set for postconf and not for us"


def compare_entries(ours: Ours, said: postfix.Said) -> Iterator[str]:
    """`postconf -M`."""
    if ours.main.fatal or unexpandable(ours):
        return
    short = next((entry for entry in ours.entries if len(entry.fields) < 8), None)
    if said.failed != bool(short) and is_plain(ours):
        yield f"postconf -M {'stops' if said.failed else 'does not stop'}, we find {short}: {said.errors[-200:]}"
    if said.failed or short:
        return
    last = {(entry.fields[0].text, entry.fields[1].text): [word.text for word in entry.fields] for entry in ours.entries}
    lines = {(line.split()[0], line.split()[1]): line.split()[:8] for line in said.lines}
    if lines != last:
        yield f"services: postconf {lines}, we {last}"


def compare_overrides(ours: Ours, said: postfix.Said) -> Iterator[str]:
    """`postconf -Px`."""
    if ours.main.fatal or unexpandable(ours) or any(len(entry.fields) < 8 for entry in ours.entries):
        return
    values: dict[tuple[str, str], dict[str, str]] = {}
    for line in said.lines:
        path, _, text = line.partition(" =")
        name, type_, parameter = path.split("/", 2)
        values.setdefault((name, type_), {})[parameter] = text.removeprefix(" ")
    names = Counter((entry.fields[0].text, entry.fields[1].text) for entry in ours.entries if len(entry.fields) > 1)
    broken = unsound = False
    for service in ours.running():
        # of two entries with one name postconf shows the options of both
        if not is_sound(service) or names[(service.name, service.type)] > 1:
            unsound = True
            continue
        parameters = ours.parameters(service)
        mine = {one.name: parameters.get(one.name) for one in service.overrides}
        broken = broken or any(one.error for one in mine.values())
        if said.failed:
            continue
        shown = values.get((service.name, service.type), {})
        if shown.keys() != mine.keys():
            yield f"{service.name}: -o of {sorted(shown)} to postconf, {sorted(mine)} to us"
        yield from (
            f"{service.name} {name}: postconf {shown[name]!r}, we {one.text!r}"
            for name, one in mine.items()
            if name in shown and not one.unknown and shown[name] != _printed(one.text)
        )
    if said.failed != broken and not unsound and is_plain(ours):
        yield f"postconf -Px {'stops' if said.failed else 'does not stop'}: {said.errors[-200:]}"


def is_sound(service: Service) -> bool:
    """Do postconf and the daemon read these options alike?"""
    return service.fatal is None and not any(
        _is_misread(word) or (word.is_braced and word.text.startswith("-")) for word in service.entry.arguments
    )


def _is_misread(word: Word) -> bool:
    """postconf 3.7 looks for the last `o` of `-oname=value`, also where that is in the name or the value."""
    return word.text.startswith("-o") and "o" in word.text[2:]


def is_plain(ours: Ours) -> bool:
    """No entry that postconf expands and master(8) does not run, and none that it misreads."""
    return len(ours.running()) == len(ours.entries) and not any(_is_misread(word) for entry in ours.entries for word in entry.arguments)


def laid(folder: Path, one: Configuration) -> Path:
    """Write it, old enough for every program."""
    folder.mkdir()
    (folder / "main.cf").write_bytes(one.main)
    (folder / "master.cf").write_bytes(one.master)
    postfix.aged(folder / "main.cf")
    postfix.aged(folder / "master.cf")
    return folder


QUESTIONS: dict[str, Callable[[Ours, postfix.Said], Iterator[str]]] = {
    "-n": lambda ours, said: compare_main(ours, said, is_expanded=False),
    "-nx": lambda ours, said: compare_main(ours, said, is_expanded=True),
    "-M": compare_entries,
    "-Px": compare_overrides,
}


def compare(asked: list[tuple[Path, str]]) -> tuple[list[str], Counter[str]]:
    """Everything that differs, over directories and what each is asked for; and what was met."""
    release = Release(postfix.version())
    wrong: list[str] = []
    met: Counter[str] = Counter()
    for (folder, question), said in zip(asked, postfix.postconf([(folder, [question]) for folder, question in asked]), strict=True):
        wrong += [f"{folder.name} {question}: {line}" for line in QUESTIONS[question](read(folder, release), said)]
        met.update({question: len(said.lines), "refused": said.failed})
    return wrong, met


@settings(
    max_examples=DRAWS, phases=(Phase.generate, Phase.shrink), derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(configurations())
def every_configuration(visit: Callable[[Configuration], None], configuration: Configuration) -> None:
    """Show `visit` the same configurations whenever it is called."""
    visit(configuration)


@cache
def all_configurations() -> tuple[Configuration, ...]:
    """Each of them once."""
    drawn: dict[Configuration, None] = {}
    every_configuration(drawn.setdefault)
    return tuple(drawn)


def test_generated_configurations(tmp_path: Path) -> None:
    """Two thousand directories: lines, comments inside lines, conditions, services, options, and what no program can read.

    Each is asked for its main.cf or its services, every fifth for the columns too: a process for everything would take minutes. They are
    drawn first and asked about all at once; where something differs they are drawn again, for hypothesis to find the least that does.
    """
    drawn = all_configurations()
    assert len(drawn) >= CONFIGURATIONS
    folders = {str(number): laid(tmp_path / str(number), one) for number, one in enumerate(drawn)}
    asked = [(folder, ("-nx", "-Px")[number % 2]) for number, folder in enumerate(folders.values())]
    wrong, met = compare([*asked, *((folder, "-M") for folder in list(folders.values())[::5])])
    alike = {one for name, one in zip(folders, drawn, strict=True) if not any(line.startswith(f"{name} ") for line in wrong)}

    def is_read_alike(configuration: Configuration) -> None:
        if configuration not in alike:
            folder = laid(Path(tempfile.mkdtemp(dir=tmp_path)) / "one", configuration)
            different, _ = compare([(folder, question) for question in QUESTIONS])
            assert not different, f"{configuration}\n" + "\n".join(different)

    if wrong:
        every_configuration(is_read_alike)
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:40])
    assert 50 < met["refused"] < 500
    assert min(met["-nx"], met["-Px"], met["-M"]) > 500


def test_values_of_services_by_command_line(tmp_path: Path) -> None:
    """`postconf -o name=value … -xh parameter`, for parameters that a service sets and for those it does not."""
    release = Release(postfix.version())
    calls, mine = [], []
    for number, configuration in enumerate(all_configurations()):
        ours = read(laid(tmp_path / str(number), configuration), release)
        if ours.main.fatal or unexpandable(ours) or any(len(entry.fields) < 8 for entry in ours.entries):
            continue
        if not all(is_sound(service) for service in ours.running()):
            continue  # postconf goes through all options, whatever it is asked for, and crashes in some that it misreads
        for service in ours.running():
            parameters = ours.parameters(service)
            if any(parameters.get(name).error for name in NAMES if release.knows(name)):
                continue
            options = [part for setting in service.overrides for part in ("-o", f"{setting.name}={setting.value}")]
            names = [name for name in NAMES if release.knows(name)]
            calls.append((ours.folder, [*options, "-xh", *names]))
            # here postconf knows no service
            alone = ours.parameters(service._replace(name="", daemon="postconf"))
            mine.append([alone.get(name) for name in names])
        if len(calls) > 150:
            break
    assert len(calls) > 150
    wrong = []
    for (folder, arguments), said, values in zip(calls, postfix.postconf(calls), mine, strict=True):
        if said.failed:
            wrong.append(f"{folder.name} {arguments}: {said.errors[-200:]}")
        else:
            wrong += [
                f"{folder.name} {one.name}: postconf {line!r}, we {one.text!r}"
                for one, line in zip(values, said.lines, strict=True)
                if not one.unknown and _printed(one.text) != line
            ]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:40])


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real configurations is not here")
def test_every_file_of_the_corpus(tmp_path: Path) -> None:
    """Real files from public repositories. A main.cf without a master.cf is read beside an empty one, and the reverse."""
    folders = []
    for folder in sorted({path.parent for name in ("main.cf", "master.cf") for path in CORPUS.rglob(name)}):
        files = {name: (folder / name).read_bytes() if (folder / name).is_file() else b"" for name in ("main.cf", "master.cf")}
        if any(re.search(rb"(?m)^(?:\{[%{#]|<%)", data) for data in files.values()):
            continue  # lines for a template engine, at which postconf stops
        folders.append(laid(tmp_path / f"{len(folders)}-{folder.name}", Configuration(files["main.cf"], files["master.cf"])))
    assert len(folders) > 40
    wrong, met = compare([(folder, question) for folder in folders for question in QUESTIONS])
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:40])
    assert met["-n"] > 1000
