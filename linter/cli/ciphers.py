"""`tlslint ciphers`: what a cipher string means to a library."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click
from tlslint.cli.shared import fail, write
from tlslint.crypto import gnutls, libraries, negotiation, openssl, suites
from tlslint.crypto.openssl import CipherList, Effect, Word
from tlslint.model.suites import Suite
from tlslint.reports.visible import visible

Answer = CipherList | gnutls.Priority


@click.command("ciphers")
@click.argument("strings", nargs=-1, metavar="[STRING]...")
@click.option(
    "--library",
    "names",
    multiple=True,
    metavar="NAME",
    help="Whose language: openssl@3.0, openssl@1.1.1-weak, gnutls@3.7.9 …; any patch level will do (openssl@3.0.20). "
    "Default: OpenSSL of the default target.",
)
@click.option("--tls13", metavar="LIST", help="The TLS 1.3 suites set beside the string (Ciphersuites, ssl_cipher_suites).")
@click.option("--level", type=click.IntRange(0, 5), help="Security level before the string is read; default: as compiled in.")
@click.option("--why", "suite_name", metavar="SUITE", help="Say which words let this suite in, moved it or took it out.")
@click.option("--from-file", metavar="FILE", help="Evaluate every line of FILE; prints one JSON object a line.")
@click.option("--diff", is_flag=True, help="Compare two libraries (--library twice) or two strings.")
@click.option("--output-format", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print.")
@click.option("--output-file", metavar="FILE", help="Write to FILE instead of standard output.")
def command(
    strings: tuple[str, ...],
    names: tuple[str, ...],
    tls13: str | None,
    level: int | None,
    suite_name: str | None,
    from_file: str | None,
    diff: bool,
    output_format: str,
    output_file: str | None,
) -> None:
    """Say what an OpenSSL cipher string or a GnuTLS priority string means: the suites in order, and what each word did.

    Exit code: 0, 1 where the library refuses the string, 2 misuse.
    """
    builds = [_build(name) for name in names] or [_default_build()]
    if from_file is not None:
        if strings or diff or suite_name is not None or len(builds) > 1:
            raise fail("--from-file goes with one --library, --tls13 and --level only")
        write((_json(_evaluate(line, builds[0], tls13, level)) for line in _lines(from_file)), output_file)
        return
    if diff:
        asked = _pairs(strings, builds)
        write(_diff(*(_evaluate(string, build, tls13, level) for string, build in asked)), output_file)
        return
    if len(strings) != 1 or len(builds) != 1:
        raise fail("one string and one --library, please (--diff compares two): tlslint ciphers --library openssl@3.0 'HIGH:!aNULL'")
    answer = _evaluate(strings[0], builds[0], tls13, level)
    if suite_name is not None:
        write(_why(answer, suite_name), output_file)
    elif output_format == "json":
        write([_json(answer)], output_file)
    else:
        write(_table(answer), output_file)
    if not answer.accepted:
        raise click.exceptions.Exit(1)


def _build(name: str) -> str:
    try:
        return libraries.build_named(name)
    except libraries.UnknownBuildError as error:
        raise fail(str(error)) from None


def _default_build() -> str:
    from tlslint.targets import load  # noqa: PLC0415

    build = libraries.build_of(load().libraries["httpd"])
    if build is None:
        raise fail("the default target names no library there is data for: give --library")
    return build


def _lines(path: str) -> list[str]:
    """Lines as they are; only the line ends are taken off."""
    try:
        with open(path, "rb") as stream:
            text = stream.read().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise fail(f"{path} cannot be read: {error.strerror}") from None
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _pairs(strings: tuple[str, ...], builds: list[str]) -> list[tuple[str, str]]:
    if len(strings) == 1 and len(builds) == 2:
        return [(strings[0], build) for build in builds]
    if len(strings) == 2 and len(builds) in (1, 2):
        return list(zip(strings, builds * (3 - len(builds)), strict=True))
    raise fail("--diff compares one string on two libraries, or two strings")


def _evaluate(string: str, build: str, tls13: str | None, level: int | None) -> Answer:
    if build.startswith("gnutls"):
        if tls13 is not None or level is not None:
            raise fail("--tls13 and --level are OpenSSL's; a GnuTLS priority string says all of it itself")
        return gnutls.evaluate(string, build)
    return openssl.evaluate(string, build, tls13=tls13, level=level)


def _json(answer: Answer) -> str:
    document = {
        "accepted": answer.accepted,
        "error": answer.error,
        "security_level": answer.security_level if isinstance(answer, CipherList) else None,
        "suites": [_suite_json(suite, answer.build) for suite in answer.suites],
        "words": [_word_json(word, answer.build) for word in answer.words],
    }
    return json.dumps(document)


def _suite_json(suite: Suite, build: str) -> dict[str, Any]:
    return {
        "name": suites.library_name(suite, build),
        "iana": suite.iana,
        "id": _number(suite),
        "key_exchange": suite.key_exchange,
        "authentication": suite.authentication,
        "cipher": suite.cipher,
        "mode": suite.mode,
        "mac": suite.mac,
        "bits": suite.bits,
    }


def _number(suite: Suite) -> str:
    """`0x13,0x01`; three bytes for SSLv2."""
    data = suite.code.to_bytes(3 if suite.code > 0xFFFF else 2, "big")
    return ",".join(f"0x{byte:02X}" for byte in data)


def _word_json(word: Word, build: str) -> dict[str, Any]:
    return {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "effect": word.effect.value,
        "suites": [suites.library_name(suite, build) for suite in word.suites],
        "unknown": word.unknown or None,
        "note": word.note or None,
        "did_you_mean": word.suggestion or None,
    }


def _heading(answer: Answer) -> str:
    build = libraries.build(answer.build)
    what = "accepted" if answer.accepted else f"refused, {answer.error}"
    if isinstance(answer, gnutls.Priority) and answer.position is not None:
        what += f" at character {answer.position + 1}"
    level = ""
    if isinstance(answer, CipherList) and answer.security_level is not None:
        level = f", security level {answer.security_level}{' (set by the string)' if answer.sets_level else ''}"
    note = f", {build.note}" if build.note else ""
    return f"{answer.build} ({build.release}{note}): {what}{level}, {_count(len(answer.suites))}"


def _count(number: int) -> str:
    return "1 suite" if number == 1 else f"{number} suites"


def _table(answer: Answer) -> Iterator[str]:
    yield _heading(answer)
    rows = [_row(suite, answer) for suite in answer.suites]
    heads = ("suite", "id", "key exchange", "authentication", "cipher", "MAC", "judgement")
    yield ""
    yield from _columns([heads, *rows])
    if isinstance(answer, gnutls.Priority) and answer.accepted:
        yield ""
        yield f"versions: {', '.join(version.spoken for version in sorted(answer.versions, reverse=True)) or 'none but DTLS'}"
        yield f"groups: {', '.join(group.iana for group in answer.groups) or 'none'}"
        yield f"signatures: {', '.join(answer.signatures) or 'none'}"
    yield ""
    yield "words:"
    yield from _columns([(f"  {visible(word.text)}", _did(word)) for word in answer.words])


def _row(suite: Suite, answer: Answer) -> tuple[str, ...]:
    said = "; ".join(f"{one.source}: {one.word}" for one in suites.judgements(suite) if one.word not in ("not listed", "listed"))
    if isinstance(answer, CipherList) and not negotiation.level_allows(suite, answer.build, answer.security_level):
        said = f"held back by security level {answer.security_level}; {said}"
    cipher = f"{suite.cipher}-{suite.mode}" if suite.mode else suite.cipher
    return (
        suites.library_name(suite, answer.build),
        _number(suite),
        suite.key_exchange,
        suite.authentication,
        cipher,
        suite.mac,
        said,
    )


def _did(word: Word) -> str:
    """`added 12 suites`, `unknown here: known only before OpenSSL 1.1.0`."""
    what = {
        Effect.NOTHING: "no effect",
        Effect.UNKNOWN: "unknown here",
        Effect.REFUSED: "refused",
        Effect.UNREAD: "not read",
        Effect.LEVEL: "sets the security level",
        Effect.SORTED: "sorted by strength",
    }.get(word.effect, f"{word.effect.value} {_count(len(word.suites))}")
    if word.unknown and word.unknown != word.text.lstrip("+-!@%"):
        what += f" ({visible(word.unknown)})"
    if word.note:
        what += f": {word.note}"
    if word.suggestion:
        what += f"; did you mean {word.suggestion}?"
    return what


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _why(answer: Answer, name: str) -> Iterator[str]:
    suite = suites.named(name) or next((one for one in suites.numbers().values() if one.iana.lower() == name.lower()), None)
    if suite is None:
        raise fail(f"no suite is called {visible(name)}")
    own = suites.library_name(suite, answer.build)
    place = next((number for number, one in enumerate(answer.suites, 1) if one == suite), None)
    if place is not None:
        yield f"{own} is number {place} of {len(answer.suites)}"
        if isinstance(answer, CipherList) and not negotiation.level_allows(suite, answer.build, answer.security_level):
            yield f"security level {answer.security_level} keeps it out of every handshake"
    else:
        yield f"{own} is not in the list"
    words = [word for word in answer.words if suite in word.suites]
    yield from _columns([(f"  {visible(word.text)}", f"{word.effect.value} it") for word in words])
    if words:
        return
    if suite.is_tls13 and isinstance(answer, CipherList):
        yield "  TLS 1.3 suites are chosen by a list of their own"
    elif suite not in suites.of_build(answer.build):
        yield f"  {answer.build} has no such suite"
    else:
        yield "  no word adds it"


def _diff(one: Answer, other: Answer) -> Iterator[str]:
    yield f"- {_heading(one)}{_quoted(one, other)}"
    yield f"+ {_heading(other)}{_quoted(other, one)}"
    first = [suite.iana for suite in one.suites]
    second = [suite.iana for suite in other.suites]
    yield from (f"- {suites.library_name(suite, one.build)}" for suite in one.suites if suite.iana not in second)
    yield from (f"+ {suites.library_name(suite, other.build)}" for suite in other.suites if suite.iana not in first)
    if [name for name in first if name in second] != [name for name in second if name in first]:
        yield "the suites in both stand in another order:"
        yield f"- {_joined(suite for suite in one.suites if suite.iana in second)}"
        yield f"+ {_joined(suite for suite in other.suites if suite.iana in first)}"
    elif first == second:
        yield "the same suites in the same order"
    if one.string == other.string:
        for word, twin in zip(one.words, other.words, strict=False):
            if (word.text, word.effect) != (twin.text, twin.effect):
                yield f"- {visible(word.text)}: {_did(word)}"
                yield f"+ {visible(twin.text)}: {_did(twin)}"


def _quoted(answer: Answer, other: Answer) -> str:
    return "" if answer.string == other.string else f": {visible(answer.string)}"


def _joined(listed: Iterable[Suite]) -> str:
    return ", ".join(suite.iana for suite in listed)
