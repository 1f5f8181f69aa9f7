"""Mend configurations in memory, and hold what every fix promises against them."""

from pathlib import Path
from typing import NamedTuple

from tlslint.cli.fixing import difference
from tlslint.engine.discover import Discovery, discover
from tlslint.engine.fix import Mended, mend
from tlslint.engine.run import Result, run, selection
from tlslint.profiles import load as load_profile
from tlslint.targets import load as load_target

NOW = "2026-11-29T12:00:00Z"


class Outcome(NamedTuple):
    """`lines`: what a unified diff without context shows, sign and text; `files`: every given file as it would be."""

    lines: list[str]
    files: dict[str, bytes]
    mended: Mended
    before: Result
    after: Result


def mend_files(
    root: Path,
    files: dict[str, bytes],
    *,
    target: str = "debian-12",
    select: tuple[str, ...] = (),
    profile: str = "mozilla-intermediate",
    unsafe: bool = True,
) -> Outcome:
    """Lay `files` (by path below `root`) out, mend, and see that a second time changes nothing."""
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    software, chosen, profiles = load_target(target), selection(select, ()), [load_profile(profile)]

    def again(over: Discovery) -> Result:
        return run(over, software, chosen, profiles, NOW)

    found = discover([str(root)], base=str(root))
    before = again(found)
    mended = mend(found, before, again, unsafe=unsafe)
    edited = found._replace(files=found.files.edited({real: new for real, (_, new) in mended.texts.items()}))
    after = again(edited)
    assert not mend(edited, after, again, unsafe=unsafe).texts, "a second time changes something"
    changed = {str(Path(real).relative_to(root.resolve())): new for real, (_, new) in mended.texts.items()}
    shown = difference(mended, found.files).decode("utf-8", "surrogateescape").split("\n")
    lines = [line for line in shown if line[:1] in ("+", "-") and line[:4] not in ("+++ ", "--- ")]
    return Outcome(lines, {**files, **changed}, mended, before, after)
