"""`tlslint profiles`: whose rules there are, and how two of them differ."""

from collections.abc import Iterable, Iterator

import click
from tlslint.cli.options import now as now_option
from tlslint.cli.shared import fail, moment, write
from tlslint.crypto import suites
from tlslint.profiles import DEFAULT, Profile, UnknownProfileError, every, load
from tlslint.reports.visible import visible

MOST_IN_A_LINE = 8
"""Longer lists have a line for each item."""
_HEAD = ("profile", "date", "", "older editions", "source")


@click.group("profiles", invoke_without_command=True)
@now_option
@click.pass_context
def command(context: click.Context, now: str | None) -> None:
    """List the policies to judge by; `show NAME` prints one, `diff A B` compares two.

    NAME is a policy (its newest edition), NAME@EDITION, or the path of a profile of one's own.
    """
    if context.invoked_subcommand is not None:
        return
    when = moment(now)
    newest: dict[str, Profile] = {}
    older: dict[str, list[str]] = {}
    for profile in every():
        if newest.setdefault(profile.name, profile) is not profile:
            older.setdefault(profile.name, []).append(profile.edition)
    rows = [(one.label, one.date, _state(one, when), ", ".join(older.get(name, [])), one.source) for name, one in newest.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in (_HEAD, *rows)]
    write([*lines, "", f"Without --profile it is {newest[DEFAULT].label}; an older edition is NAME@EDITION."], None)


def _state(profile: Profile, now: str) -> str:
    return f"past since {profile.until}" if profile.is_past(now) else ""


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print what NAME allows."""
    profile = _loaded(name)
    lines = [f"{profile.label}" + (f", {profile.date}" if profile.date else ""), f"  source: {profile.source}"]
    for title, text in _parts(profile).items():
        items = _items(profile, title)
        lines += [f"  {title}:", *(f"    {item}" for item in items)] if items and len(items) > MOST_IN_A_LINE else [f"  {title}: {text}"]
    if profile.until is not None:
        lines.append(f"  until {profile.until}: {profile.until_why}")
    write(map(visible, lines), None)


@command.command("diff")
@click.argument("first")
@click.argument("second")
def diff(first: str, second: str) -> None:
    """Say what SECOND allows and FIRST does not, and the reverse. Exit code 1 when they differ."""
    one, other = _loaded(first), _loaded(second)
    lines = list(differences(one, other))
    write([f"--- {visible(one.label)}", f"+++ {visible(other.label)}", *lines], None)
    if lines:
        raise click.exceptions.Exit(1)


def differences(one: Profile, other: Profile) -> Iterator[str]:
    """Lines: `-` what only the first allows (or asks), `+` what only the second does."""
    before, after = _parts(one), _parts(other)
    for title in before:
        if before[title] == after[title]:
            continue
        old, new = _items(one, title), _items(other, title)
        if old is None or new is None:
            yield f"{title}: - {before[title]}"
            yield f"{title}: + {after[title]}"
            continue
        yield from (f"{title}: - {item}" for item in old if item not in new)
        yield from (f"{title}: + {item}" for item in new if item not in old)
        if set(old) == set(new):
            yield f"{title}: the same in another order"


def _loaded(name: str) -> Profile:
    try:
        return load(name)
    except UnknownProfileError as error:
        raise fail(str(error)) from None


def _items(profile: Profile, title: str) -> tuple[str, ...] | None:
    """The words of a part that is a list; None: not a list, or the policy says nothing."""
    found: dict[str, Iterable[str] | None] = {
        "versions": [version.word for version in sorted(profile.versions)],
        "cipher suites": None if profile.suites is None else map(_spelt, profile.suites),
        "groups": profile.groups,
        "key types": profile.key_types,
        "certificate curves": profile.curves,
        "certificate signatures": profile.signatures,
    }
    words = found.get(title)
    return None if words is None else tuple(words)


def _spelt(name: str) -> str:
    suite = suites.named(name)
    return name if suite is None or not suite.openssl or suite.is_tls13 else f"{suite.openssl} ({name})"


def _parts(profile: Profile) -> dict[str, str]:
    lists = ("versions", "cipher suites", "groups", "key types", "certificate curves", "certificate signatures")
    shown = {title: ", ".join(items) if (items := _items(profile, title)) is not None else "not said" for title in lists}
    numbers = {
        "RSA keys from": (profile.rsa_bits, "bits"),
        "DH parameters from": (profile.dh_bits, "bits"),
        "HSTS max-age from": (profile.hsts_seconds, "seconds"),
        "certificates valid for": (profile.lifetime_days, "days at most"),
    }
    return {**shown, **{title: "not said" if number is None else f"{number} {unit}" for title, (number, unit) in numbers.items()}}
