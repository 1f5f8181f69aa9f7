"""What is written and does not do what it seems to: unknown names, comments that are values, references to nothing.

Facts only; each becomes a `Problem` under the name of the rule that reports it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tlslint.crypto import openssl
from tlslint.model import Label, Problem, Severity, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers import placing
from tlslint.parsers.carried import readable
from tlslint.parsers.pasted import pasted
from tlslint.parsers.postfix import defaults, expansion, failing, idle, outgoing
from tlslint.parsers.postfix.services import DAEMONS
from tlslint.parsers.postfix.syntax import WHITE, Setting, commented_header, looks_like_template
from tlslint.parsers.postfix.telling import (
    COMMENT,
    at_least,
    facts,
    is_tls,
    left_out,
    part,
)

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated

_OWN_SETTING = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?!=)")
_TABLE_PREFIX = re.compile(r"\b(?:ldap|mysql|pgsql|sqlite|memcache):([A-Za-z][\w-]*)\b")
_FREE_TEXT = (
    "banner",
    "footer",
    "reply",
    "reason",
    "template",
    "command",
    "checks",
    "maps",
    "restrictions",
    "milters",
    "filter",
    "classes",
)


def problems(evaluated: "Evaluated") -> Iterator[Problem]:
    """All of them."""
    yield from _main_lines(evaluated)
    yield from _names(evaluated)
    yield from _master_lines(evaluated)
    yield from failing.stops(evaluated)
    yield from failing.failures(evaluated)
    yield from failing.shared_keys(evaluated)
    yield from failing.protocol_lists(evaluated)
    yield from failing.held_back(evaluated)
    yield from idle.without_effect(evaluated)
    yield from idle.overridden(evaluated)
    yield from outgoing.outgoing(evaluated)
    yield from outgoing.policies(evaluated)
    yield from _references(evaluated)
    yield from _digests(evaluated)
    yield from _exclusions(evaluated)


def _exclusions(evaluated: "Evaluated") -> Iterator[Problem]:
    """Words of exclusion lists that no release of OpenSSL knows: `:!word` is passed over (tls_set_ciphers() in src/tls/tls_misc.c)."""
    if evaluated.build is None:
        return
    services = (setting for service in evaluated.services.running for setting in service.overrides)
    for setting in (*evaluated.settings.values(), *services):
        if not setting.name.endswith("_exclude_ciphers") or "$" in setting.value or b"#" in setting.value_span.data:
            continue
        for match in re.finditer(rb"[^, \t\r\n:]+", setting.value_span.data):
            word = match.group().decode("latin-1")
            if word[0] in "!+-@" or not word.isascii():
                continue  # breaks every handshake, and is told so
            said = openssl.explain(f"ALL:!{word}", evaluated.build)[-1]
            if said.effect is not openssl.Effect.UNKNOWN or said.note or not said.unknown:
                continue
            start = setting.value_span.start + match.start()
            span = Span(setting.value_span.file, start, start + len(match.group()))
            meant = word.replace(said.unknown, said.suggestion) if said.suggestion else ""
            yield Problem(
                "unknown-cipher-word",
                f"{readable(said.unknown)} is unknown to {evaluated.build.replace('@', ' ')}, so nothing is excluded by it"
                + (f"; did you mean {said.suggestion}?" if meant else ""),
                span,
                remedy=Rewrite((Edit(span, meant.encode()),), meant, unsafe="the list of suites changes") if meant else None,
            )


def _main_lines(evaluated: "Evaluated") -> Iterator[Problem]:
    if evaluated.main is None:
        return
    release = evaluated.release
    yield from _repeated(evaluated.main.settings, "is set twice with different values")
    for setting in evaluated.main.settings:
        yield from _swallowed(setting, release)
        yield from _value_text(setting, release)
    data = evaluated.main.file.data
    if data.startswith(b"\xef\xbb\xbf"):
        span = Span(evaluated.main.file, 0, 3)
        yield Problem(
            "pasted-characters",
            "a byte order mark stands before the first name and becomes part of it: that setting does nothing",
            span,
            "invisible",
            remedy=Rewrite((Edit(span, b""),), "remove the byte order mark"),
        )


def _swallowed(setting: Setting, release: defaults.Release) -> Iterator[Problem]:
    """A continuation line that reads like a setting of its own."""
    line = setting.line
    if line is None:
        return
    for index, (start, _) in enumerate(line.pieces[1:], 1):
        end = line.pieces[index + 1][0] if index + 1 < len(line.pieces) else len(line.text)
        match = _OWN_SETTING.match(line.text[start:end])
        if match and release.knows(match.group(1)) and "{" not in line.text[:start]:
            yield Problem(
                "swallowed-line",
                f"this line begins with white space, so it is part of the value of {readable(setting.name)}: {match.group(1)} is not set",
                line.span(start + len(line.text[start:end]) - len(line.text[start:end].lstrip(WHITE)), end),
                "not a setting",
                (Label(setting.name_span, "continues here"),),
            )
    if setting.value.endswith("\\"):
        place = setting.value_span
        yield Problem(
            "swallowed-line",
            r"\ at the end of a line is part of the value in main.cf; a line that begins with white space continues the one above",
            Span(place.file, place.end - 1, place.end),
            "part of the value",
        )


def _value_text(setting: Setting, release: defaults.Release) -> Iterator[Problem]:
    name = setting.name
    if not release.knows(name):
        return
    is_free = any(word in name for word in _FREE_TEXT) and defaults.kind(name).type in ("str", "raw")
    comment = COMMENT.search(setting.value)
    if comment and not is_free and "$" not in comment.group(1):
        at = part(setting, comment.start(1), comment.end(1))
        yield Problem(
            "trailing-comment",
            f"Postfix knows no comment after a value: {readable(comment.group(1)[:60])!r} is part of the value of {name}{_what_then(name)}",
            at,
            "part of the value",
            remedy=_comment_above(setting, at),
        )
    found = pasted(setting.value_span) if is_tls(name) or defaults.kind(name).type != "str" else None
    if found is not None:
        yield Problem(
            "pasted-characters",
            f"the value of {name} holds the character {found.character}, which Postfix takes as it stands",
            setting.value_span,
            "pasted from a text that was set for people",
            remedy=Rewrite((Edit(setting.value_span, found.plain.encode()),), "type it again in plain characters"),
        )
    quoted = setting.value[:1] in ("'", '"') and setting.value[-1:] == setting.value[:1] and len(setting.value) > 1
    if quoted and (is_tls(name) or defaults.kind(name).type in ("bool", "nbool", "int", "time")):
        inside = setting.value_span
        yield Problem(
            "means-something-else",
            f"Postfix knows no quotes: they are part of the value of {name}",
            inside,
            "quotes included",
            remedy=Rewrite((Edit(inside, inside.data[1:-1]),), "leave the quotes out"),
        )


def _what_then(name: str) -> str:
    """What a comment in the value of a parameter leads to."""
    if defaults.kind(name).type != "str":
        return ", and every daemon that reads it stops"
    if name.endswith("_protocols") and "_tls_" in name:
        return ", which is refused as a whole: TLS is off"
    if name.endswith("_ciphers") and "_tls_" in name and "exclude" not in name:
        return ", which is no grade: every handshake fails"
    return ""


def _comment_above(setting: Setting, comment: Span) -> Rewrite | None:
    """The comment on a line of its own; None in master.cf, and where it goes on in the next line: there a person knows where it ends."""
    if setting.line is None or b"\n" in comment.data:
        return None
    start = comment.start
    while comment.file.data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    above = placing.above(setting.line.whole, [comment.data], b"")
    return Rewrite((above, Edit(Span(comment.file, start, comment.end), b"")), "put the comment on a line of its own")


def _master_lines(evaluated: "Evaluated") -> Iterator[Problem]:
    for entry in evaluated.entries:
        for header, following in commented_header(entry.line):
            above = readable(entry.fields[0].text)
            yield Problem(
                "swallowed-line",
                f"the service above these options is commented out, so they belong to {above}/{entry.fields[1].text}",
                following,
                f"options of {above}",
                (Label(header, "a comment ends no entry"), Label(entry.fields[0].span, "the entry they belong to")),
            )
    for service in evaluated.services.running:
        if service.fatal is not None and service.daemon in DAEMONS:
            yield service.fatal._replace(endpoints=(service.title,))
        yield from _repeated(service.overrides, f"is given twice to {service.title}", (service.title,))


def _repeated(settings: Iterable[Setting], what: str, endpoints: tuple[str, ...] = ()) -> Iterator[Problem]:
    """Of two lines that set the same thing differently the last one counts."""
    seen: dict[str, Setting] = {}
    for setting in settings:
        earlier = seen.get(setting.name)
        if earlier is not None and earlier.value != setting.value:
            message = f"{readable(setting.name)} {what}: the last one counts"
            counts = (Label(setting.span, "counts"),)
            yield Problem("duplicate-setting", message, earlier.span, "does not count", counts, endpoints=endpoints)
        seen[setting.name] = setting


def _names(evaluated: "Evaluated") -> Iterator[Problem]:
    release = evaluated.release
    values = [setting.value for setting in evaluated.settings.values()]
    values += [setting.value for service in evaluated.services.running for setting in service.overrides]
    used: set[str] = set()
    for value in values:
        if "$" in value:
            used |= expansion.references(value)
    classes = evaluated.settings.get("smtpd_restriction_classes")
    used |= set(re.split(r"[, \t\r\n]+", classes.value)) if classes else set()
    prefixes = {match.group(1) for value in values for match in _TABLE_PREFIX.finditer(value)}
    transports = {service.name for service in evaluated.services.running}
    for setting in evaluated.settings.values():
        yield from _name(setting, release, used, prefixes, transports, "", evaluated.settings)
    for service in evaluated.services.running:
        own = {name for setting in service.overrides for name in expansion.references(setting.value) if "$" in setting.value}
        for setting in service.overrides:
            nearby = {**evaluated.settings, **{other.name: other for other in service.overrides}}
            yield from _name(setting, release, used | own, prefixes, transports, service.title, nearby)


def _name(
    setting: Setting,
    release: defaults.Release,
    used: set[str],
    prefixes: set[str],
    transports: set[str],
    endpoint: str,
    main: Mapping[str, Setting],
) -> Iterator[Problem]:
    name = setting.name
    renamed = facts()["deprecated"].get(name)
    endpoints = (endpoint,) if endpoint else ()
    if release.knows(name):
        if renamed and at_least(release, renamed["since"]):
            yield _deprecated(setting, renamed, endpoints, main)
        return
    if name in used or any(name.startswith(f"{prefix}_") for prefix in prefixes) or looks_like_template(name):
        return
    transport = defaults.is_per_transport(name)
    if transport is not None and (transport in transports or not transports or transport in ("default", "local", "virtual", "relay")):
        return
    if not re.fullmatch(r"[\w.+-]+", name, re.ASCII) or name.startswith("\ufeff".encode().decode("latin-1")):
        if name.startswith("\ufeff".encode().decode("latin-1")):
            return
        yield Problem(
            "unknown-setting", f"{readable(name)!r} is no parameter of Postfix", setting.name_span, "not read", endpoints=endpoints
        )
        return
    span = defaults.life(name)
    if span is not None:
        first, gone = span
        severity = None
        if gone and at_least(release, gone):
            # what is long gone and never was about TLS is a leftover
            severity = None if re.search("tls|cipher", name) else Severity.INFO
            message = f"{name} was removed in Postfix {gone}: {release.version} does not read it"
        elif at_least(release, first):
            message = f"{name} came to Postfix {first} with a later patch level than {release.version}, which does not read it"
        else:
            message = f"{name} is new in Postfix {first}: {release.version} does not read it"
        yield Problem("setting-not-in-version", message, setting.name_span, "not read", endpoints=endpoints, severity=severity)
        return
    meant = _meant(name, release)
    message = f"{readable(name)} is no parameter of Postfix {release.version}, and nothing refers to it"
    if meant and meant == name.lower():
        message = f"{readable(name)} is read by nobody: names of parameters are in lower case"
    label = f"did you mean {meant}?" if meant else "not read"
    remedy = Rewrite((Edit(setting.name_span, meant.encode()),), f"write {meant}", "the value begins to count") if meant else None
    yield Problem("unknown-setting", message, setting.name_span, label, remedy=remedy, endpoints=endpoints)


def _meant(name: str, release: defaults.Release) -> str:
    """The parameter that was probably meant; "" where nothing is close."""
    from difflib import get_close_matches  # noqa: PLC0415 (only when a name is unknown)

    lower = name.lower().replace("-", "_")
    if release.knows(lower):
        return lower
    if lower.startswith("lmtpd_") and release.knows(f"lmtp_{lower[6:]}"):
        return f"lmtp_{lower[6:]}"
    close = get_close_matches(lower[:80], release.names(), 1, 0.82)
    return close[0] if close else ""


def _deprecated(setting: Setting, fact: dict[str, Any], endpoints: tuple[str, ...], nearby: Mapping[str, Setting]) -> Problem:
    instead: str = fact["instead"]
    message = f"{setting.name} is deprecated since Postfix {fact['since']}; "
    if instead.startswith("nothing"):
        message += "leave it out" + instead.removeprefix("nothing").replace(": ", ", ")
        return Problem("setting-renamed", message, setting.name_span, "deprecated", endpoints=endpoints, remedy=left_out(setting))
    newer = nearby.get(instead)
    if newer is not None and newer.value:
        message += f"{instead} is set and counts: leave it out"
        related = (Label(newer.span, "counts"),)
        return Problem("setting-renamed", message, setting.name_span, "deprecated", related, left_out(setting), endpoints)
    value = fact.get("values", {}).get(setting.value.lower())
    by_name = nearby.get(setting.name.replace("_enforce_tls", "_tls_enforce_peername"))
    if (
        value == "encrypt"
        and setting.name in ("smtp_enforce_tls", "lmtp_enforce_tls")
        and (by_name is None or by_name.value.lower() != "no")
    ):
        value = "verify"  # what the pair of settings means (smtp_tls_policy.c)
    message += f"write {instead} = {value}" if value else f"{instead} takes its place"
    remedy = None
    if value:
        edits = (Edit(setting.name_span, instead.encode()), Edit(setting.value_span, value.encode()))
        remedy = Rewrite(edits, f"write {instead} = {value}", "a level set elsewhere would count twice")
    return Problem("setting-renamed", message, setting.name_span, "deprecated", remedy=remedy, endpoints=endpoints)


def _references(evaluated: "Evaluated") -> Iterator[Problem]:
    """References that are empty when the daemon runs, although postconf shows a default."""
    said: set[tuple[Span, str]] = set()
    for item in evaluated.listeners:
        for name in sorted({*item.parameters.main, *item.parameters.overrides}):
            setting = item.parameters.setting(name)
            if setting is None or "$" not in setting.value or not is_tls(name) or not item.parameters.reads(name):
                continue
            for other in item.parameters.get(name).empty_references:
                if (setting.span, other) not in said and evaluated.release.default(other):
                    said.add((setting.span, other))
                    yield Problem(
                        "means-something-else",
                        f"${other} is set nowhere and is empty when {item.service.daemon} reads {name}; postconf -x shows its default",
                        setting.value_span,
                        f"set {other} in main.cf",
                        endpoints=(item.service.title,),
                    )


_USE_FINGERPRINTS = ("relay_clientcerts", "smtp_tls_fingerprint_cert_match", "lmtp_tls_fingerprint_cert_match")


def _digests(evaluated: "Evaluated") -> Iterator[Problem]:
    """Fingerprints compared by MD5 because compatibility_level keeps the default of before 3.6."""
    level = evaluated.settings.get("compatibility_level")
    used = [evaluated.settings[name] for name in _USE_FINGERPRINTS if name in evaluated.settings and evaluated.settings[name].value]
    if level is None or not used or not evaluated.release >= (3, 6):
        return
    for setting in used:
        side = "smtpd" if setting.name == "relay_clientcerts" else setting.name.partition("_")[0]
        digest = evaluated.globals.get(f"{side}_tls_fingerprint_digest")
        if digest.setting is None and digest.text == "md5":
            yield Problem(
                "means-something-else",
                f"{setting.name} holds MD5 fingerprints, because compatibility_level = {readable(level.value)} keeps the old default of "
                f"{digest.name}: write {digest.name} = sha256 and fingerprints to match",
                setting.span,
                "compared by MD5",
                (Label(level.span, "keeps the old default"),),
                severity=Severity.INFO,
            )
