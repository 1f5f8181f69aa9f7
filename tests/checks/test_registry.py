"""The registry and the rules say the same, and every rule has a whole manual page."""

import importlib
import pkgutil
import re

import pytest
import tlslint.checks
from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.checks.rule import EndpointRule, InstanceRule, ProblemRule, Rule

SCOPES = {"endpoint": EndpointRule, "instance": InstanceRule, "problem": ProblemRule}


@pytest.mark.parametrize("entry", registry.ENTRIES, ids=lambda entry: entry.code)
def test_entry_and_rule_agree(entry: Entry) -> None:
    rule = registry.load(entry)
    assert (rule.code, rule.name) == (entry.code, entry.name)
    assert issubclass(rule, SCOPES[entry.scope])
    page = importlib.import_module(f"tlslint.checks.{entry.module}").__doc__ or ""
    assert re.match(r"[A-Z].*\.\n\n\S", page), "a headline that is a sentence, then why it is bad"
    for part in ("Use instead: ", "Fix safety: ", "Limits: ", "References: "):
        assert f"\n{part}" in page


def test_every_rule_is_registered_once() -> None:
    codes = [entry.code for entry in registry.ENTRIES]
    names = [entry.name for entry in registry.ENTRIES]
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)
    found = set()
    for module in pkgutil.walk_packages(tlslint.checks.__path__, "tlslint.checks."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.name and "code" in vars(value):
                found.add(value.code)
    assert found == set(codes)
