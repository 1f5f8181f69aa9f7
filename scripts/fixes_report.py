"""What `--fix --unsafe-fixes` mends: over every example beside a rule, and over folders of real configurations.

    python scripts/fixes_report.py [FOLDER …]

Nothing is written: mending happens in memory. Held to what a fix promises, and named as a fault, with exit code 1, where it is broken:

- nothing that could be written down is left, but what is withheld with a reason;
- a second run changes nothing;
- a line no edit touched is the same byte for byte;
- the difference applied with `patch` gives the same bytes.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tlslint.checks import registry
from tlslint.cli.fixing import difference
from tlslint.engine.discover import Discovery, NothingFoundError, discover
from tlslint.engine.fix import Mended, fixes, mend
from tlslint.engine.run import Result, run, selection
from tlslint.profiles import load as load_profile
from tlslint.targets import combined

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.support.examples import lay

NOW = "2026-11-29T12:00:00Z"
TARGETS = ("debian-11", "debian-12", "debian-13")


_CHECKSUM = re.compile(rb"(?m)^# CRC32 [0-9a-f]{8}$")


class Report:
    """Sums over all trees, by server."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.fixed: Counter[str] = Counter()
        self.why: Counter[str] = Counter()
        self.person: Counter[str] = Counter()
        self.faults: list[str] = []
        self.seconds = 0.0

    def look(self, name: str, found: Discovery, target: str) -> None:
        """Mend one tree in memory and hold it against what a fix promises."""
        profile = load_profile("mozilla-intermediate")
        chosen, software = selection([], []), combined(target.split(), None)

        def again(over: Discovery) -> Result:
            return run(over, software, chosen, [profile], NOW)

        first = again(found)
        began = time.process_time()
        mended = mend(found, first, again, unsafe=True)
        self.seconds += time.process_time() - began
        edited = found._replace(files=found.files.edited({real: new for real, (_, new) in mended.texts.items()}))
        after = again(edited)
        second = mend(edited, after, again, unsafe=True)
        self.counts["trees"] += 1
        self.counts["servers and fragments"] += len(first.instances)
        self.counts["files read"] += first.files
        self.counts["files changed"] += len(mended.texts)
        self.counts["findings"] += len(first.findings)
        self.counts["of these fixable"] += len(fixes(found, first))
        self.counts["mended, with what came up on the way"] += len(mended.fixed)
        self.counts["withheld"] += sum(one.spelt for one in mended.withheld)
        self.counts["left to a person"] += sum(not one.spelt for one in mended.withheld)
        self.counts["findings afterwards"] += len(after.findings)
        for one in mended.withheld:
            reason = re.sub(r"^(?:TLS of )?\S.*? would", "… would", one.why)
            (self.why if one.spelt else self.person)[f"{one.finding.code} {one.finding.name}: {reason}"] += 1
        for fixed in mended.fixed:
            self.fixed[f"{fixed.finding.code} {fixed.finding.name}"] += 1
        if second.texts:
            self.faults.append(f"{name}: a second run changes {', '.join(second.texts)}")
        withheld = {(one.finding.code, one.finding.message) for one in mended.withheld}
        for finding in fixes(edited, after):
            if (finding.code, finding.message) not in withheld:
                self.faults.append(f"{name}: {finding.code} is left and fixable: {finding.message}")
        self._untouched(name, mended, found)
        self._patch(name, mended, found)

    def _untouched(self, name: str, mended: Mended, found: Discovery) -> None:
        """The edits that were told make the new text and nothing but it; a line none of them lies on comes out whole and as it was."""
        for real, (old, new) in mended.texts.items():
            path = found.files.shown(real)
            text, origin = old, list(range(len(old)))  # where each byte stood at first; -1: written by an edit
            for changes in (step[path] for step in mended.steps if path in step):
                for start, end, replacement in sorted(changes, reverse=True):
                    text = text[:start] + replacement + text[end:]
                    origin[start:end] = [-1] * len(replacement)
            if _CHECKSUM.sub(b"", text) != _CHECKSUM.sub(b"", new):  # slapd.d holds checksums of its own files, made right at the end
                self.faults.append(f"{name}: the edits told do not make the text of {path}")
            place = {offset: index for index, offset in enumerate(origin) if offset >= 0}
            start = touched = lines = 0
            for line in old.splitlines(keepends=True):
                lines += 1
                at = place.get(start)
                touched += at is None or new[at : at + len(line)] != line
                start += len(line)
            self.counts["lines in files changed"] += lines
            self.counts["lines touched"] += touched

    def _patch(self, name: str, mended: Mended, found: Discovery) -> None:
        for real, (old, new) in mended.texts.items():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "file"
                file.write_bytes(old)
                one = difference(mended._replace(texts={real: (old, new)}), found.files)
                ran = subprocess.run(["patch", "--binary", str(file)], input=one, check=False, capture_output=True)
                if ran.returncode or file.read_bytes() != new:
                    self.faults.append(f"{name}: patch makes other bytes of {real}")

    def tell(self, title: str) -> None:
        """Print the numbers."""
        if not self.counts:
            return
        print(f"{title} ({self.seconds:.1f} s of mending)")
        for word, number in self.counts.items():
            print(f"  {number:6} {word}")
        for word, number in sorted(self.fixed.items()):
            print(f"  {number:6} mended: {word}")
        for word, number in self.why.most_common():
            print(f"  {number:6} withheld: {word}")
        for word, number in self.person.most_common():
            print(f"  {number:6} left to a person: {word}")
        for sentence in self.faults:
            print(f"  FAULT {sentence}")


def main(folders: list[str]) -> int:
    """Print the numbers; 1 when a promise is broken."""
    examples = Report()
    for entry in registry.entries():
        for number, example in enumerate(registry.load(entry).examples):
            with tempfile.TemporaryDirectory() as folder:
                lay(example, Path(folder))
                target = dict(example.settings).get("target", "debian-12")
                examples.look(f"{entry.code} example {number}", discover([f"{folder}/etc"], root=folder), target)
    examples.tell("examples")
    faults = len(examples.faults)
    for folder in folders:
        for target in TARGETS:
            trees = Report()
            try:
                trees.look(folder, discover([folder], base=folder), target)
            except NothingFoundError:
                continue
            trees.tell(f"{folder} on {target}")
            faults += len(trees.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
