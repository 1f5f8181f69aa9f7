"""Settings joined with options: what the command line says counts, then what the file says, then the default."""

import os
from collections.abc import Callable

from tlslint.cli.options import Policy
from tlslint.cli.shared import fail
from tlslint.engine import baseline
from tlslint.engine.discover import Discovery
from tlslint.engine.run import Filters, Selection, UnknownRuleError, selection
from tlslint.model import Finding
from tlslint.model.struct import Struct
from tlslint.profiles import Profile, UnknownProfileError
from tlslint.profiles import load as load_profile
from tlslint.settings import Setting, Settings, matcher
from tlslint.settings.read import contents


class Decided(Struct):
    """How a check is run."""

    chosen: Selection
    profiles: list[Profile]
    fail_on: str
    baseline: str | None


def decide(settings: Settings, policy: Policy) -> Decided:
    """Join, and check every word. A word in the settings that means nothing is told with its place."""
    for key in ("select", "ignore", "per-path-ignores"):
        for setting in settings.values.get(key, ()):
            _checked(setting, lambda word: selection([word], []))
    for setting in settings.values.get("profile", ()):
        _checked(setting, load_profile)
    try:
        chosen = selection(_words(policy.select) or settings.words("select"), _words(policy.ignore) or settings.words("ignore"))
        profiles = [load_profile(name) for name in policy.profile or settings.words("profile") or ("mozilla-intermediate",)]
    except (UnknownRuleError, UnknownProfileError) as error:
        raise fail(str(error)) from None
    written = settings.word("baseline")
    return Decided(
        chosen,
        profiles,
        policy.fail_on or settings.word("fail-on") or "warning",
        policy.baseline or (os.path.relpath(os.path.join(settings.folder, written)) if written else None),
    )


def _checked(setting: Setting, check: Callable[[str], object]) -> None:
    word = setting.value[1] if isinstance(setting.value, tuple) else setting.value
    try:
        check(word)
    except (UnknownRuleError, UnknownProfileError) as error:
        raise fail(f"{setting.place}: {error}") from None


def _words(options: tuple[str, ...]) -> list[str]:
    return [word.strip() for option in options for word in option.split(",") if word.strip()]


def filters(settings: Settings, known: str | None, base: str, *, comments: bool, writing: bool) -> Filters:
    """What is not to be heard of. `base`: what shown paths are relative to; `writing`: the baseline is about to be written anew."""
    others = []
    if settings.values.get("exclude") or settings.values.get("per-path-ignores"):
        others.append(("configuration", _by_path(settings, base)))
    recorded = _read(known) if known is not None and not writing else baseline.Baseline()
    return Filters(comments=comments, baseline=recorded, others=tuple(others))


def _by_path(settings: Settings, base: str) -> Callable[[Finding], bool]:
    is_excluded = matcher(settings.words("exclude"))
    rows = [(matcher([pattern]), selection([rule], [])) for pattern, rule in settings.pairs("per-path-ignores")]

    def takes(finding: Finding) -> bool:
        from tlslint.checks import registry  # noqa: PLC0415

        path = os.path.relpath(os.path.join(base, finding.primary.span.file.path), settings.folder)
        return is_excluded(path) or any(matches(path) and rules.takes(registry.by_code()[finding.code]) for matches, rules in rows)

    return takes


def part(shard: str | None) -> Callable[[Discovery], Discovery]:
    """What picks the servers of `--shard PART/PARTS`; misuse as one sentence."""
    if shard is None:
        return lambda found: found
    from tlslint.engine.shards import Shard, sharded  # noqa: PLC0415 (few runs are one of several)

    number, slash, count = shard.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and len(shard) < 20 and 1 <= int(number) <= int(count)):
        raise fail(f"--shard {shard!r} is no part: write PART/PARTS, counted from 1 (2/16)")
    return lambda found: sharded(found, Shard(int(number), int(count)))


def excluded(settings: Settings) -> Callable[[str], bool]:
    """Is a place on this disk not to be looked at?"""
    patterns = settings.words("exclude")
    if not patterns:
        return lambda _: False
    matches = matcher(patterns)
    return lambda real: matches(os.path.relpath(real, settings.folder))


MAX_BASELINE = 128 << 20
"""Bytes of a baseline: some hundred thousand findings."""


def _read(path: str) -> baseline.Baseline:
    try:
        return baseline.read(contents(path, MAX_BASELINE))
    except OSError as error:
        hint = "; --write-baseline makes it" if isinstance(error, FileNotFoundError) else ""
        raise fail(f"the baseline {path} cannot be read: {(error.strerror or str(error)).lower()}{hint}") from None
    except baseline.BaselineError as error:
        raise fail(f"{path} {error}") from None
