"""What `--fix --unsafe-fixes` mends: over every example beside a rule, and over folders of real configurations.

    python scripts/fixes_report.py [FOLDER …]

Nothing is written: mending happens in memory. A second run over the mended text must change nothing, and the difference applied with
`patch` must give the same bytes; what breaks either is counted as a fault and named, and the script exits 1.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tlslint.checks import registry
from tlslint.cli.fixing import difference
from tlslint.engine.discover import Discovery, NothingFoundError, discover
from tlslint.engine.fix import Mended, has_remedy, mend
from tlslint.engine.run import Result, run, selection
from tlslint.profiles import load as load_profile
from tlslint.targets import load as load_target

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.support.examples import lay


class Report:
    """Sums over all trees."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.why: Counter[str] = Counter()
        self.faults: list[str] = []

    def look(self, name: str, found: Discovery, target: str) -> None:
        """Mend one tree in memory and hold it against what a fix promises."""
        profile = load_profile("mozilla-intermediate")
        chosen, software = selection([], []), load_target(target)

        def again(over: Discovery) -> Result:
            return run(over, software, chosen, [profile])

        first = again(found)
        mended = mend(found, first, again, unsafe=True)
        edited = found._replace(files=found.files.edited({real: new for real, (_, new) in mended.texts.items()}))
        second = mend(edited, again(edited), again, unsafe=True)
        self.counts["trees"] += 1
        self.counts["files read"] += first.files
        self.counts["files changed"] += len(mended.texts)
        self.counts["findings"] += len(first.findings)
        self.counts["with a remedy that could be written"] += sum(has_remedy(finding) for finding in first.findings)
        self.counts["gone"] += max(0, len(first.findings) - len(mended.result.findings))
        self.counts["mended"] += len(mended.fixed)
        self.counts["withheld"] += len(mended.withheld)
        for one in mended.withheld:
            self.why[f"{one.finding.code}: {one.why}"] += 1
        if second.texts:
            self.faults.append(f"{name}: a second run changes {', '.join(second.texts)}")
        left = {finding for finding in mended.result.findings if has_remedy(finding)}
        if len(left) > len(mended.withheld):
            self.faults.append(f"{name}: {len(left)} fixable findings are left, {len(mended.withheld)} withheld")
        self._patch(name, mended, found)

    def _patch(self, name: str, mended: Mended, found: Discovery) -> None:
        for real, (old, new) in mended.texts.items():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "file"
                file.write_bytes(old)
                one = difference(mended._replace(texts={real: (old, new)}), found.files)
                ran = subprocess.run(["patch", "--binary", str(file)], input=one, check=False, capture_output=True)
                if ran.returncode or file.read_bytes() != new:
                    self.faults.append(f"{name}: patch makes other bytes of {real}")


def main(folders: list[str]) -> int:
    """Print the numbers; 1 when a promise is broken."""
    examples, trees = Report(), Report()
    for entry in registry.ENTRIES:
        for number, example in enumerate(registry.load(entry).examples):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    lay(example, Path(folder))
                except NotImplementedError:
                    examples.counts["examples nobody can lay out"] += 1
                    continue
                target = dict(example.settings).get("target", "debian-12")
                examples.look(f"{entry.code} example {number}", discover([f"{folder}/etc"], root=folder), target)
    for folder in folders:
        for place in sorted(path for path in Path(folder).glob("*") if path.is_dir()):
            try:
                found = discover([str(place)], base=str(place))
            except NothingFoundError:
                continue
            if found.jobs or found.parts:
                trees.look(str(place), found, "debian-12")
    faults = 0
    for title, report in (("examples", examples), ("trees", trees)):
        if not report.counts:
            continue
        print(title)
        for word, number in report.counts.items():
            print(f"  {number:6} {word}")
        for word, number in report.why.most_common(40):
            print(f"  {number:6} withheld: {word}")
        for sentence in report.faults:
            print(f"  FAULT {sentence}")
        faults += len(report.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
