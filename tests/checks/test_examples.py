"""Every example beside a rule, through the real parser: bad ones are found on the very characters marked, good ones are not."""

from pathlib import Path

import pytest
from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.checks.rule import Example

from tests.support import examples

CASES = [(entry, example) for entry in registry.ENTRIES for example in registry.load(entry).examples]


@pytest.mark.parametrize(
    ("entry", "example"), CASES, ids=[f"{entry.code}-{example.service}-{number}" for number, (entry, example) in enumerate(CASES)]
)
def test_example(entry: Entry, example: Example, tmp_path: Path) -> None:
    result, path = examples.findings(entry, example, tmp_path)
    assert not result.broken
    assert result.instances, "the example is not even read"
    said = [f"{finding.code} {finding.message} at {finding.primary.span.text!r}" for finding in result.findings]
    if not example.is_bad:
        assert not said
        return
    assert said, "not found"
    assert any(example.says in text for text in said), said
    places = examples.marked(example, path.read_text(encoding="utf-8"))
    if places:
        found = [(finding.primary.span.start, finding.primary.span.end) for finding in result.findings]
        assert found == places, said
