"""What is written and does not do what it seems to: unknown names, settings that decide nothing, comments that are values.

Facts only; each becomes a `Problem` under the name of the rule that reports it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tlslint.data import beside
from tlslint.model import Certificate, Known, Label, Origin, Problem, Severity, Span, TlsMode
from tlslint.model.remedy import Edit, OfferVersions, Rewrite, SetValue
from tlslint.model.versions import SSL30, TLS12, TLS13, TlsVersion, joined, spoken
from tlslint.parsers.pasted import pasted
from tlslint.parsers.postfix import ciphers, defaults, expansion, protocols
from tlslint.parsers.postfix import client as clients
from tlslint.parsers.postfix import server as servers
from tlslint.parsers.postfix.effective import Parameters, Resolved, fault, is_yes
from tlslint.parsers.postfix.services import DAEMONS, Service
from tlslint.parsers.postfix.syntax import WHITE, Setting, commented_header, looks_like_template, readable

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated, Listener, Transport

_OWN_SETTING = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?!=)")
_TABLE_PREFIX = re.compile(r"\b(?:ldap|mysql|pgsql|sqlite|memcache):([A-Za-z][\w-]*)\b")
_COMMENT = re.compile(r"(?:^|[ \t])(#.*)", re.DOTALL)
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
    yield from _stops(evaluated)
    yield from _failures(evaluated)
    yield from _shared_keys(evaluated)
    yield from _protocol_lists(evaluated)
    yield from _held_back(evaluated)
    yield from _without_effect(evaluated)
    yield from _overridden(evaluated)
    yield from _outgoing(evaluated)
    yield from _policies(evaluated)
    yield from _references(evaluated)
    yield from _digests(evaluated)


# --- how the text is written -------------------------------------------------------------------------------------------------------


def _main_lines(evaluated: "Evaluated") -> Iterator[Problem]:
    if evaluated.main is None:
        return
    release = evaluated.release
    first: dict[str, Setting] = {}
    for setting in evaluated.main.settings:
        earlier = first.get(setting.name)
        if earlier is not None and earlier.value != setting.value:
            yield Problem(
                "duplicate-setting",
                f"{readable(setting.name)} is set twice with different values: the last one counts",
                earlier.span,
                "does not count",
                (Label(setting.span, "counts"),),
            )
        first[setting.name] = setting
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
    comment = _COMMENT.search(setting.value)
    if comment and not is_free and "$" not in comment.group(1):
        start = setting.value_span.start + comment.start(1)
        at = Span(setting.value_span.file, start, setting.value_span.end) if _is_one_piece(setting) else setting.value_span
        yield Problem(
            "trailing-comment",
            f"Postfix knows no comment after a value: {readable(comment.group(1)[:60])!r} is part of the value of {name}{_what_then(name)}",
            at,
            "part of the value",
            remedy=Rewrite((Edit(_with_blanks(at), b""),), "put the comment on a line of its own"),
        )
    found = pasted(setting.value_span) if _is_tls(name) or defaults.kind(name).type != "str" else None
    if found is not None:
        yield Problem(
            "pasted-characters",
            f"the value of {name} holds the character {found.character}, which Postfix takes as it stands",
            setting.value_span,
            "pasted from a text that was set for people",
            remedy=Rewrite((Edit(setting.value_span, found.plain.encode()),), "type it again in plain characters"),
        )
    quoted = setting.value[:1] in ("'", '"') and setting.value[-1:] == setting.value[:1] and len(setting.value) > 1
    if quoted and (_is_tls(name) or defaults.kind(name).type in ("bool", "nbool", "int", "time")):
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


def _has_comment(setting: Setting) -> bool:
    return _COMMENT.search(setting.value) is not None


def _is_one_piece(setting: Setting) -> bool:
    return len(setting.value_span.data) == len(setting.value)


def _with_blanks(span: Span) -> Span:
    start = span.start
    while start and span.file.data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    return Span(span.file, start, span.end)


def _is_tls(name: str) -> bool:
    return "tls" in name or "sasl" in name


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
        seen: dict[str, Setting] = {}
        for setting in service.overrides:
            earlier = seen.get(setting.name)
            if earlier is not None and earlier.value != setting.value:
                yield Problem(
                    "duplicate-setting",
                    f"{readable(setting.name)} is given twice to {service.title}: the last one counts",
                    earlier.span,
                    "does not count",
                    (Label(setting.span, "counts"),),
                    endpoints=(service.title,),
                )
            seen[setting.name] = setting


# --- names -------------------------------------------------------------------------------------------------------------------------


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
    renamed = _facts()["deprecated"].get(name)
    endpoints = (endpoint,) if endpoint else ()
    if release.knows(name):
        if renamed and _at_least(release, renamed["since"]):
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
        if gone and _at_least(release, gone):
            message = f"{name} was removed in Postfix {gone}: {release.version} does not read it"
        elif _at_least(release, first):
            message = f"{name} came to Postfix {first} with a later patch level than {release.version}, which does not read it"
        else:
            message = f"{name} is new in Postfix {first}: {release.version} does not read it"
        yield Problem("setting-not-in-version", message, setting.name_span, "not read", endpoints=endpoints)
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
        return Problem("setting-renamed", message, setting.name_span, "deprecated", endpoints=endpoints, remedy=_left_out(setting))
    newer = nearby.get(instead)
    if newer is not None and newer.value:
        message += f"{instead} is set and counts: leave it out"
        related = (Label(newer.span, "counts"),)
        return Problem("setting-renamed", message, setting.name_span, "deprecated", related, _left_out(setting), endpoints)
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


def _left_out(setting: Setting) -> Rewrite | None:
    """The whole line of main.cf gone, where it is a line of its own."""
    if setting.line is None or len(setting.line.pieces) != 1 or setting.line.notes:
        return None
    file, start, end = setting.span.file, setting.span.start, setting.span.end
    after = file.data.find(b"\n", end)
    return Rewrite((Edit(Span(file, start, after + 1 if after != -1 else len(file.data)), b""),), "leave the line out")


def _at_least(release: defaults.Release, version: str) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return release >= (numbers[0], numbers[1])


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(beside(__file__, "renamed.json"))
    return facts


# --- daemons that stop -------------------------------------------------------------------------------------------------------------


def _stops(evaluated: "Evaluated") -> Iterator[Problem]:
    """Values at which a daemon stops; one problem for each setting, naming the listeners and transports that do not work."""
    from tlslint.parsers.postfix.evaluate import unexpandable  # noqa: PLC0415

    said: dict[int, tuple[Resolved, str, list[str]]] = {}
    for item in evaluated.items:
        for value, why in _faults(item.parameters, item.service.daemon):
            if value.setting is not None:
                row = said.setdefault(value.setting.span.start + id(value.setting.span.file), (value, why, []))
                if item.service.title not in row[2]:
                    row[2].append(item.service.title)
    for value, why, titles in said.values():
        if value.setting is None or (_has_comment(value.setting) and value.setting.line is not None):
            continue  # told as a comment
        is_list = defaults.kind(value.name).type == "str"
        after = f"{_who(titles)} {'stops' if len(titles) == 1 else 'stop'} at the first connection"
        if value.name in defaults.every_program() and evaluated.settings.get(value.name) is value.setting:
            after = "Postfix does not start"
        yield Problem(
            "refused",
            f"{value.name}: {why}; {after}",
            value.setting.value_span if value.setting.value or is_list else value.setting.span,
            "",
            endpoints=tuple(titles),
        )
    reported = {value.setting.span for value, _, _ in said.values() if value.setting is not None}
    for setting in unexpandable(evaluated):
        if setting.span not in reported:
            own = Parameters(evaluated.release, {**evaluated.settings, setting.name: setting}, {}, "", pseudo=evaluated.globals.pseudo)
            error = own.get(setting.name).error
            yield Problem("refused", f"{setting.name}: {error}; Postfix does not start", setting.value_span, "")


def _faults(parameters: Parameters, daemon: str) -> Iterator[tuple[Resolved, str]]:
    order = defaults.load_order(daemon) if daemon in DAEMONS else {}
    for name in sorted({*parameters.main, *parameters.overrides} & order.keys()):
        if parameters.release.knows(name):
            value = parameters.get(name)
            why = fault(value, parameters.release)
            if why:
                yield value, why
    prefix = {"smtpd": "smtpd", "postscreen": "postscreen"}.get(daemon)
    if prefix:
        state = servers.enforcement(parameters, prefix, has_wrapper=prefix == "smtpd")
        if state.fatal:
            yield parameters.get(f"{prefix}_tls_security_level"), state.fatal
    elif daemon in ("smtp", "lmtp"):
        level = parameters.get(f"{daemon}_tls_security_level")
        if level.text and not level.unknown and servers.level_lookup(level.text) is None:
            yield level, f"{readable(level.text)!r} is no TLS level (none, may, encrypt, dane, dane-only, fingerprint, verify, secure)"


def _who(titles: list[str]) -> str:
    return joined(titles) if len(titles) <= 3 else f"{', '.join(titles[:2])} and {len(titles) - 2} more"


# --- TLS that cannot work ----------------------------------------------------------------------------------------------------------

_NOT_TLS = {TlsMode.STARTTLS: servers.IN_CLEAR, TlsMode.STARTTLS_REQUIRED: servers.NO_MAIL, TlsMode.IMPLICIT: "nobody can connect"}


def _failures(evaluated: "Evaluated") -> Iterator[Problem]:
    """Listeners and transports that would do TLS and cannot: one problem for each cause, with what comes of it where.

    What `_stops` and `_protocol_lists` say about a text is not said again; a list that leaves no version is the rule's own business.
    """
    said: dict[tuple[str, str, int], list[Listener]] = {}
    for item in evaluated.listeners:
        failure = item.server.failure
        if failure is None or failure.rule == "no-version-left" or item.service.fatal is not None:
            continue
        span = _place(failure.origins, item)
        if failure.kind == "no banner" and any(True for _ in _faults(item.parameters, item.service.daemon)):
            continue
        said.setdefault((failure.rule, failure.cause or failure.text, id(span.file) + span.start), []).append(item)
    for (rule, cause, _), items in said.items():
        names = tuple(item.endpoint.name for item in items)
        failure = items[0].server.failure
        assert failure is not None  # noqa: S101
        text = cause
        if failure.cause:
            outcomes: dict[str, list[str]] = {}
            for item in items:
                mode = item.server.mode
                outcomes.setdefault(_NOT_TLS[mode.value] if isinstance(mode, Known) else servers.NO_MAIL, []).append(item.endpoint.name)
            after = [f"{outcome} on {joined(where)}" if len(outcomes) > 1 else outcome for outcome, where in outcomes.items()]
            text = f"{cause}: TLS cannot work on {_who(list(names))}; {', '.join(after)}"
        remedy: Rewrite | OfferVersions | None = None
        if rule == "no-cipher-left":
            remedy = _exclusion_mended(items[0]) or _grade_mended(failure.origins) or OfferVersions(frozenset({TLS12, TLS13}))
        yield Problem(rule, text, _place(failure.origins, items[0]), "", endpoints=names, remedy=remedy)
    yield from _anonymous(evaluated)
    done: set[tuple[str, Span]] = set()
    for one in evaluated.transports:
        client = one.client
        if not client.failure or client.rule in ("", "no-version-left", "verification-impossible"):
            continue
        span = _place(client.failure_origins, one)
        if (client.rule, span) not in done:
            done.add((client.rule, span))
            names = tuple(
                other.endpoint.name
                for other in evaluated.transports
                if (other.client.rule, other.client.failure) == (client.rule, client.failure)
            )
            yield Problem(client.rule, f"{_who(list(names))}: {readable(client.failure)}", span, "", endpoints=names)


def _anonymous(evaluated: "Evaluated") -> Iterator[Problem]:
    """A chain file that is not there: TLS goes on, with anonymous suites where no other chain is left."""
    said: set[Span] = set()
    for item in evaluated.listeners:
        loaded = item.server.loaded
        if loaded is None or not loaded.missing or item.server.failure is not None:
            continue
        value = item.parameters.get(f"{'tlsproxy' if item.service.daemon == 'postscreen' else item.service.daemon}_tls_chain_files")
        span = value.setting.value_span if value.setting is not None else item.service.anchor
        if span not in said:
            said.add(span)
            what = "only suites without a certificate are left, and no TLS 1.3" if loaded.anonymous else "its certificate is not used"
            yield Problem("certificate-missing", f"{loaded.missing}: {what}", span, "", endpoints=(item.endpoint.name,))


def _place(origins: tuple[Origin, ...], item: "Listener | Transport") -> Span:
    return next((origin.span for origin in origins if origin.span is not None), item.service.anchor)


def _exclusion_mended(item: "Listener") -> Rewrite | None:
    """An exclusion that begins with an operator, without it."""
    for name in ("exclude_ciphers", "mandatory_exclude_ciphers"):
        setting = item.parameters.setting(f"{item.service.daemon}_tls_{name}")
        if setting is not None and _is_one_piece(setting) and "$" not in setting.value:
            edits = tuple(
                Edit(_part(setting, match.start(1), match.end(1)), b"")
                for match in re.finditer(r"(?:^|[, \t\r\n:])([!-]+)(?=\w)", setting.value)
            )
            if edits:
                return Rewrite(edits, f"the words of {setting.name} are what is excluded: leave the operator out")
    return None


def _grade_mended(origins: tuple[Origin, ...]) -> Rewrite | None:
    """A grade that is none: the strict one where TLS is demanded, Postfix's own where it is not."""
    span = origins[0].span if origins else None
    match = re.search(r"_tls_(mandatory_)?ciphers[ \t]*=", _line_before(span)) if span is not None else None
    if span is None or match is None or span.text.rpartition("=")[2].lower() in ciphers.GRADES:
        return None
    word = "high" if match.group(1) else "medium"
    start = span.data.find(b"=") + 1 if b"_ciphers=" in span.data else 0
    place = Span(span.file, span.start + start, span.end)
    return Rewrite((Edit(place, word.encode()),), f"write {word}; OpenSSL's words belong in tls_{word}_cipherlist")


def _line_before(span: Span) -> str:
    start = span.file.data.rfind(b"\n", 0, span.start) + 1
    return span.file.data[start : span.end].decode("latin-1")


def _shared_keys(evaluated: "Evaluated") -> Iterator[Problem]:
    """One key file beside certificates with different public keys: it fits one of them at most. The key itself is never opened."""
    users: dict[str, dict[str, tuple[Certificate, str]]] = {}
    for item in evaluated.listeners:
        for certificate in item.server.loaded.certificates if item.server.loaded else ():
            if certificate.key is not None and certificate.leaf is not None and certificate.leaf.spki_sha256:
                of_key = users.setdefault(certificate.key.path, {})
                of_key.setdefault(certificate.leaf.spki_sha256, (certificate, item.endpoint.name))
    in_main = {setting.span for setting in evaluated.settings.values()}
    for key, certificates in users.items():
        if len(certificates) > 1:
            first, *others = sorted(certificates.values(), key=lambda row: row[0].span not in in_main)
            for certificate, name in others:
                if certificate.span is not None and first[0].span is not None:
                    yield Problem(
                        "certificate-missing",
                        f"{name} uses {certificate.path} with the private key {key}, which {first[1]} uses with {first[0].path}: "
                        "a key fits one certificate, so TLS is off on one of them",
                        certificate.span,
                        "set its key file beside it",
                        (Label(first[0].span, "the other certificate"),),
                        endpoints=(name,),
                    )


# --- protocol lists ----------------------------------------------------------------------------------------------------------------


def _protocol_lists(evaluated: "Evaluated") -> Iterator[Problem]:
    seen: set[Span] = set()
    for setting in _written(evaluated):
        if not setting.name.endswith("_protocols") or "_tls_" not in setting.name or setting.value_span in seen or "$" in setting.value:
            continue
        seen.add(setting.value_span)
        tokens = protocols.tokens(setting.value)
        for token, following in pairwise(tokens):
            if token.operator in (">=", "<=") and not token.word and evaluated.release >= (3, 6):
                between = setting.value[token.end : following.start]
                if between.strip(" \t"):
                    continue
                place = _part(setting, token.start, following.end)
                fixed = (token.text + following.text).encode("latin-1")
                yield Problem(
                    "means-something-else",
                    f"the blank parts {token.text!r} from {following.text!r}: the limit is none, and {following.text} alone is allowed",
                    place,
                    f"only {following.text}",
                    remedy=Rewrite((Edit(place, fixed),), f"write {token.text}{following.text}"),
                )
        parsed = protocols.parse(setting.value, evaluated.release)
        if parsed.invalid is not None:
            if not looks_like_template(setting.value) and not (_has_comment(setting) and setting.line is not None):
                yield _invalid_list(setting, parsed.invalid, evaluated)
            continue
        yield from _gap(setting, parsed.versions)
        bare = [token for token in tokens if not token.operator]
        old = [token for token in bare if token.word.lower() in ("sslv2", "sslv3")]
        if old and len(bare) == len(old) and any(token.operator == "!" for token in tokens):
            token = old[0]
            is_harmless = token.word.lower() == "sslv2"
            effect = "to OpenSSL it counts for nothing" if is_harmless else "every version but SSLv3 is off"
            place = _part(setting, token.start, token.end)
            yield Problem(
                "means-something-else",
                f"{token.text} without ! allows it rather than forbidding it: {effect}",
                place,
                "! is missing",
                remedy=Rewrite((Edit(place, b"!" + place.data),), f"write !{token.text}"),
                severity=Severity.INFO if is_harmless else None,
            )


def _held_back(evaluated: "Evaluated") -> Iterator[Problem]:
    """Old versions that a list allows and only the library refuses."""
    found: dict[Span, tuple[dict[TlsVersion, str], list[str]]] = {}
    for item in evaluated.listeners:
        server = item.server
        back = {held.version: held.reason for held in server.held_back if held.by_library and held.version < TLS12}
        if back and server.listed_at is not None and server.versions.surely:
            reasons, names = found.setdefault(server.listed_at, ({}, []))
            reasons.update(back)
            names.append(item.endpoint.name)
    for span, (back, names) in found.items():
        are, come = ("is", "it comes") if len(back) == 1 else ("are", "they come")
        words = spoken(back)
        yield Problem(
            "held-back-by-library",
            f"{words} {are} allowed here and only held back by OpenSSL ({next(iter(back.values()))}): {come} back with another library",
            span,
            f"allows {words}",
            endpoints=tuple(names),
        )


def _gap(setting: Setting, versions: frozenset[TlsVersion]) -> Iterator[Problem]:
    """A version left out between others: a client offers what lies below it, nothing above (ssl_get_min_max_version() of OpenSSL)."""
    listed = sorted(versions - {SSL30})
    if not listed or len(listed) == listed[-1] - listed[0] + 1:
        return
    if setting.name.startswith(("smtp_", "lmtp_")):
        offered = spoken(protocols.client_range(frozenset(listed)))
        message = f"{setting.name} leaves a version out between others, and a client then offers what lies below: {offered} alone"
    else:
        below = spoken(protocols.client_range(frozenset(listed)))
        message = f"{setting.name} leaves a version out below {spoken(listed[-1:])}: clients that do not have that fall back to {below}"
    yield Problem("version-gap", message, setting.value_span, f"leaves {spoken(frozenset(listed))}")


def _invalid_list(setting: Setting, token: protocols.Token, evaluated: "Evaluated") -> Problem:
    release = evaluated.release
    word = readable(token.text)
    if token.text.startswith((">=", "<=")) and release < (3, 6):
        why = f"{word!r} needs Postfix 3.6; {release.version} refuses the whole list"
    else:
        why = f"{word!r} is no version of TLS to Postfix, which refuses the whole list"
    meant = _version_meant(token, release)
    side = (
        "outgoing mail waits, or goes out in the clear"
        if not setting.name.startswith(("smtpd", "tlsproxy"))
        else ("TLS is off: with level may mail arrives in the clear, with encrypt none arrives")
    )
    place = _part(setting, token.start, token.end)
    endpoints = tuple(
        item.endpoint.name
        for item in evaluated.items
        if item.endpoint.tls_works.holds(False) and item.parameters.setting(setting.name) is setting
    )
    remedy: Rewrite | OfferVersions | None = OfferVersions(frozenset({TLS12, TLS13})) if endpoints else None
    if meant:
        remedy = Rewrite((Edit(place, meant.encode()),), f"write {meant}")
    label = f"did you mean {meant}?" if meant else ""
    return Problem("no-version-left", f"{setting.name}: {why}; {side}", place, label, remedy=remedy, endpoints=endpoints)


_BEFORE = {"1": "!SSLv2, !SSLv3", "1.1": "!SSLv2, !SSLv3, !TLSv1", "1.2": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1",
           "1.3": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2"}  # fmt: skip
"""A least version in words that Postfix before 3.6 knows."""


def _version_meant(token: protocols.Token, release: defaults.Release) -> str:
    match = re.fullmatch(r"(!|>=|<=|==?|>|-|\+)?[\"']?(tls|ssl)[v_ ]*([123])(?:[._]([0-3]))?[\"']?", token.text, re.IGNORECASE)
    if match is None:
        return ""
    operator, kind, major, minor = match.groups()
    operator = {"-": "!", "+": "", ">": ">=", "=": ">=", "==": ">="}.get(operator or "", operator or "")
    if operator in (">=", "<=") and release < (3, 6):
        return (
            _BEFORE.get(f"{major}.{minor}" if minor and minor != "0" else major, "") if operator == ">=" and kind.lower() == "tls" else ""
        )
    if kind.lower() == "ssl":
        return f"{operator}SSLv{major}" if major in "23" and not minor else ""
    return f"{operator}TLSv1" + (f".{minor}" if minor and minor != "0" else "") if major == "1" else ""


def _part(setting: Setting, start: int, end: int) -> Span:
    """Characters of the value, where it stands in one piece; else all of it."""
    if not _is_one_piece(setting):
        if setting.line is None:
            return setting.value_span
        offset = setting.line.text.rfind(setting.value)
        return setting.line.span(offset + start, offset + end)
    base = setting.value_span.start
    return Span(setting.value_span.file, base + start, base + end)


def _written(evaluated: "Evaluated") -> Iterator[Setting]:
    yield from evaluated.settings.values()
    for service in evaluated.services.running:
        yield from service.overrides


# --- settings that decide nothing --------------------------------------------------------------------------------------------------


def _without_effect(evaluated: "Evaluated") -> Iterator[Problem]:
    release = evaluated.release
    seen: set[Span] = set()
    for setting in _written(evaluated):
        fact = _facts()["without_effect"].get(setting.name)
        if setting.name in _facts()["deprecated"] and _at_least(release, _facts()["deprecated"][setting.name]["since"]):
            continue  # told as deprecated
        if fact and setting.value and _at_least(release, fact["since"]) and setting.span not in seen:
            seen.add(setting.span)
            yield Problem(
                "setting-ignored-here",
                f"{setting.name} decides nothing since Postfix {fact['since']}: {fact['why']}",
                setting.span,
                "",
                remedy=_left_out(setting),
            )
    yield from _wrong_daemon(evaluated)
    if evaluated.main is not None and evaluated.main.fatal is None:
        yield from _at_this_level(evaluated)
        yield from _shadowed(evaluated)


def _wrong_daemon(evaluated: "Evaluated") -> Iterator[Problem]:
    """`-o` settings that the daemon of their service never reads."""
    for service in evaluated.services.running:
        if service.daemon not in DAEMONS:
            continue
        order = defaults.load_order(service.daemon)
        referred = {name for setting in (*service.overrides, *evaluated.settings.values()) for name in _refers(setting)}
        for setting in service.overrides:
            name = setting.name
            prefix = name.partition("_")[0]
            if name in order or name in referred or not evaluated.release.knows(name):
                continue
            if prefix not in ("smtp", "lmtp", "smtpd", "tlsproxy", "postscreen", "tls"):
                continue
            other = {"smtp": "smtpd", "smtpd": "smtp", "lmtp": "smtp"}.get(prefix, "")
            twin = f"{service.daemon}{name[len(prefix) :]}"
            meant = twin if twin in order and other else ""
            yield Problem(
                "setting-ignored-here",
                f"{service.daemon} never reads {name}: this option of {service.title} does nothing",
                setting.span,
                f"did you mean {meant}?" if meant else "not read here",
                endpoints=(service.title,),
                remedy=Rewrite((Edit(setting.name_span, meant.encode()),), f"write {meant}", "the value begins to count")
                if meant
                else None,
            )


def _refers(setting: Setting) -> set[str]:
    return expansion.references(setting.value) if "$" in setting.value else set()


_BY_LEVEL = ("protocols", "ciphers", "exclude_ciphers")


def _at_this_level(evaluated: "Evaluated") -> Iterator[Problem]:
    """mandatory_… where TLS is not demanded anywhere, and the reverse; lists of grades that nobody uses."""
    for prefix, daemon in (("smtpd", "smtpd"), ("smtp", "smtp"), ("lmtp", "lmtp"), ("tlsproxy", "tlsproxy")):
        users = _users(evaluated, daemon)
        if not users or any(state is None for _, _, state in users):
            continue
        for kind in _BY_LEVEL:
            for name, counts in ((f"{prefix}_tls_{kind}", "may"), (f"{prefix}_tls_mandatory_{kind}", "encrypt")):
                if kind == "exclude_ciphers" and counts == "may":
                    continue  # smtpd_tls_exclude_ciphers counts at every level
                yield from _unused_at_level(evaluated, name, counts, users)
    yield from _unused_lists(evaluated)
    yield from _request_without_demand(evaluated)


def _users(evaluated: "Evaluated", daemon: str) -> list[tuple[Service, Parameters, set[str] | None]]:
    """Services of a daemon, each with the levels at which its connections run (`may`, `encrypt`); None: cannot be told."""
    if daemon in ("smtpd", "tlsproxy"):
        own = [item for item in evaluated.listeners if (item.service.daemon == "smtpd") == (daemon == "smtpd")]
        return [(item.service, item.parameters, _server_levels(item, daemon)) for item in own]
    by_service: dict[tuple[str, str], tuple[Service, Parameters, set[str] | None]] = {}
    for item in evaluated.transports:
        if item.service.daemon != daemon:
            continue
        row = by_service.setdefault(item.service.key, (item.service, item.parameters, set()))
        table = evaluated.tables.get(item.parameters.text(f"{daemon}_tls_policy_maps"))
        levels = row[2]
        if levels is None or not item.client.mode.is_known or (table is not None and table.unknown):
            by_service[item.service.key] = (row[0], row[1], None)
        elif item.client.level != "none":
            levels.add("may" if item.client.level == "may" else "encrypt")
            if _base_is_dane(item.parameters, daemon):
                levels |= {"may", "encrypt"}
    return list(by_service.values())


def _base_is_dane(parameters: Parameters, daemon: str) -> bool:
    return parameters.text(f"{daemon}_tls_security_level").lower().startswith("dane")


def _server_levels(item: "Listener", daemon: str) -> set[str] | None:
    if daemon == "tlsproxy":
        return None
    if not isinstance(item.server.mode, Known):
        return None
    if item.server.mode.value is TlsMode.NONE:
        return set()
    return {"encrypt"} if item.server.is_enforced else {"may"}


def _unused_at_level(
    evaluated: "Evaluated", name: str, counts: str, users: list[tuple[Service, Parameters, set[str] | None]]
) -> Iterator[Problem]:
    setting = evaluated.settings.get(name)
    twin = name.replace("_mandatory_", "_") if counts == "encrypt" else name.replace("_tls_", "_tls_mandatory_")
    on = [row for row in users if row[2]]
    if setting is not None and on and not any(counts in (levels or ()) for _, _, levels in users) and not _referred(evaluated, name):
        titles = [service.title for service, _, _ in on]
        level = "may" if counts == "encrypt" else "encrypt"
        demanded = "TLS is not demanded" if counts == "encrypt" else "TLS is demanded everywhere"
        rest = f": at level {level} {twin} counts"
        if not evaluated.release.knows(twin):
            rest = ""
        other = evaluated.settings.get(twin)
        label = (Label(other.span, "counts"),) if other else ()
        yield Problem(
            "setting-ignored-here",
            f"{name} decides nothing, because {demanded} by {_who(titles)}{rest}",
            setting.span,
            "does not count",
            label,
            endpoints=tuple(titles),
            # what counts says the same: both were written so that the level may change
            severity=Severity.INFO if all(parameters.text(twin) == parameters.text(name) for _, parameters, _ in on) else None,
        )
    for service, parameters, levels in users:
        own = parameters.overrides.get(name)
        if (
            own is not None
            and levels is not None
            and counts not in levels
            and name not in {r for s in service.overrides for r in _refers(s)}
        ):
            state = "TLS is off there" if not levels else "TLS is not demanded there" if counts == "encrypt" else "TLS is demanded there"
            also = f"; {twin} counts" if levels and evaluated.release.knows(twin) else ""
            yield Problem(
                "setting-ignored-here",
                f"{name} decides nothing for {service.title}, because {state}{also}",
                own.span,
                "does not count",
                endpoints=(service.title,),
            )


def _referred(evaluated: "Evaluated", name: str) -> bool:
    return any(name in _refers(setting) for setting in _written(evaluated))


_GRADES = {"high": "tls_high_cipherlist", "medium": "tls_medium_cipherlist", "low": "tls_low_cipherlist", "export": "tls_export_cipherlist",
           "null": "tls_null_cipherlist"}  # fmt: skip


def _unused_lists(evaluated: "Evaluated") -> Iterator[Problem]:
    """tls_high_cipherlist and its kin, where no service uses that grade."""
    used: set[str] = set()
    for item in evaluated.items:
        for kind in ("ciphers", "mandatory_ciphers"):
            prefix = "tlsproxy" if item.service.daemon == "postscreen" else item.service.daemon
            value = item.parameters.get(f"{prefix}_tls_{kind}")
            if value.unknown:
                return
            used.add(value.text.lower())
    for table in evaluated.tables.values():
        if table.unknown:
            return
        used |= {policy.attributes["ciphers"].lower() for policy in table.policies if "ciphers" in policy.attributes}
    if any(service.daemon in ("tlsproxy", "postscreen") for service in evaluated.services.running) or not evaluated.listeners:
        return
    for grade, name in _GRADES.items():
        setting = evaluated.settings.get(name)
        if setting is not None and grade not in used and not _referred(evaluated, name) and name not in _facts()["without_effect"]:
            words = joined(sorted(used))
            yield Problem(
                "setting-ignored-here",
                f"{name} decides nothing: no listener and no transport uses the grade {grade}, only {words}",
                setting.span,
                "does not count",
            )


def _request_without_demand(evaluated: "Evaluated") -> Iterator[Problem]:
    said: set[Span] = set()
    for item in evaluated.listeners:
        if item.service.daemon != "smtpd" or not isinstance(item.server.mode, Known):
            continue
        value = item.parameters.get("smtpd_tls_req_ccert")
        if value.setting is not None and is_yes(value) and item.server.mode.value is TlsMode.STARTTLS and value.setting.span not in said:
            said.add(value.setting.span)
            yield Problem(
                "client-certificate-not-enforced",
                f"smtpd_tls_req_ccert does nothing for {item.service.title}: a client certificate can be demanded only where TLS is",
                value.setting.span,
                "no certificate is asked for",
                endpoints=(item.service.title,),
            )
        state = servers.enforcement(item.parameters, "smtpd")
        level = item.parameters.get("smtpd_tls_security_level")
        if state.downgraded and level.setting is not None and level.setting.span not in said:
            said.add(level.setting.span)
            yield Problem(
                "means-something-else",
                f"smtpd has no level {state.downgraded} and takes it for encrypt: client certificates are not checked",
                level.setting.value_span,
                "means encrypt",
                endpoints=(item.service.title,),
            )
        if state.wrapper and level.setting is not None and level.text.lower() == "none" and level.setting.span not in said:
            said.add(level.setting.span)
            yield Problem(
                "setting-ignored-here",
                f"smtpd_tls_wrappermode makes TLS mandatory for {item.service.title}, so the level none does not count",
                level.setting.span,
                "does not count",
                endpoints=(item.service.title,),
            )


def _shadowed(evaluated: "Evaluated") -> Iterator[Problem]:
    """Older settings that a newer one makes void, everywhere they could count."""
    users: dict[Span, list[tuple[Resolved, Resolved, str]]] = {}
    for item in evaluated.items:
        prefix = item.service.daemon
        for old, new in _SHADOWS:
            value, by = item.parameters.get(f"{prefix}_{old}"), item.parameters.get(f"{prefix}_{new}")
            if value.setting is not None and value.text and not by.unknown:
                users.setdefault(value.setting.span, []).append((value, by, item.service.title))
    for rows in users.values():
        value, by, _ = rows[0]
        if value.setting is None or by.setting is None or any(other.setting is None or not other.text for _, other, _ in rows):
            continue
        if defaults.kind(value.name).type == "bool" and not is_yes(value):
            continue
        if value.name in _facts()["deprecated"] and _at_least(evaluated.release, _facts()["deprecated"][value.name]["since"]):
            continue  # told as deprecated
        yield Problem(
            "setting-ignored-here",
            f"{value.name} does not count beside {by.name}",
            value.setting.span,
            "does not count",
            (Label(by.setting.span, "counts"),),
            _left_out(value.setting),
            tuple(dict.fromkeys(title for _, _, title in rows)),
            severity=Severity.INFO if defaults.kind(value.name).type == "bool" else None,  # a leftover, meant the same way
        )


_SHADOWS = (
    ("use_tls", "tls_security_level"),
    ("enforce_tls", "tls_security_level"),
    ("tls_enforce_peername", "tls_security_level"),
    ("tls_cert_file", "tls_chain_files"),
    ("tls_eccert_file", "tls_chain_files"),
    ("tls_dcert_file", "tls_chain_files"),
    ("tls_per_site", "tls_policy_maps"),
)


def _overridden(evaluated: "Evaluated") -> Iterator[Problem]:
    """Values of main.cf that every service of their daemon overrides."""
    for daemon in ("smtpd", "smtp", "lmtp"):
        services = [service for service in evaluated.services.running if service.daemon == daemon]
        if not services or not evaluated.main:
            continue
        for name in sorted(set.intersection(*({setting.name for setting in service.overrides} for service in services))):
            setting = evaluated.settings.get(name)
            if setting is None or not _is_tls(name) or not name.startswith(f"{daemon}_") or _referred(evaluated, name):
                continue
            overrides = [next(item for item in reversed(service.overrides) if item.name == name) for service in services]
            if any(item.value != setting.value for item in overrides):
                yield Problem(
                    "setting-overridden",
                    f"{name} of main.cf counts nowhere: {_every(services)} with -o in master.cf",
                    setting.span,
                    "counts nowhere",
                    tuple(Label(item.span, "overrides it") for item in overrides[:3]),
                )


def _every(services: list[Service]) -> str:
    return f"{services[0].title} overrides it" if len(services) == 1 else f"all {len(services)} services override it"


# --- outgoing mail -----------------------------------------------------------------------------------------------------------------


def _outgoing(evaluated: "Evaluated") -> Iterator[Problem]:
    said: set[Span] = set()
    for item in evaluated.transports:
        parameters, daemon = item.parameters, item.service.daemon
        level = parameters.get(f"{daemon}_tls_security_level")
        if level.setting is not None and level.text.lower() in ("dane", "dane-only") and level.setting.span not in said:
            trouble = clients.dane_trouble(parameters, daemon)
            if trouble is not None:
                said.add(level.setting.span)
                outcome = "every message waits in the queue" if level.text.lower() == "dane-only" else "it means no more than may"
                at = tuple(Label(origin.span, "") for origin in trouble[1] if origin.span is not None)
                yield Problem(
                    "verification-impossible",
                    f"{level.name} = {level.text.lower()} cannot work because {trouble[0]}: {outcome}",
                    level.setting.span,
                    "set smtp_dns_support_level = dnssec, with a resolver on this host that validates",
                    at,
                    endpoints=(item.endpoint.name,),
                )
        anchor = _place(item.client.failure_origins, item)
        if item.client.rule == "verification-impossible" and anchor not in said:
            said.add(anchor)
            yield Problem("verification-impossible", readable(item.client.failure), anchor, "", endpoints=(item.endpoint.name,))
        yield from _relayhost(item, said)
        yield from _demanding(item)


def _demanding(item: "Transport") -> Iterator[Problem]:
    """The transport for everybody, at a level that not everybody can meet."""
    level, relay = item.client.level, item.parameters.get("relayhost")
    if item.policy is not None or item.service.name != "smtp" or relay.text or relay.unknown or item.client.failure:
        return
    if level in ("encrypt", "fingerprint", "dane-only", "verify", "secure") and isinstance(item.client.mode, Known):
        span = _place(item.client.mode.origins, item)
        asked = "TLS" if level == "encrypt" else "TLS and a certificate that can be verified"
        yield Problem(
            "client-demands-tls-everywhere",
            f"{item.endpoint.name} demands {asked} of every server there is: mail to others waits until it is sent back",
            span,
            "may or dane for everybody; partners by smtp_tls_policy_maps",
            endpoints=(item.endpoint.name,),
            remedy=SetValue("tls", TlsMode.STARTTLS, "use TLS where the other side offers it"),
        )


def _relayhost(item: "Transport", said: set[Span]) -> Iterator[Problem]:
    if item.policy is not None or item.service.daemon != "smtp":
        return
    relay, wrapper = item.parameters.get("relayhost"), item.parameters.get("smtp_tls_wrappermode")
    if relay.setting is None or relay.setting.span in said or wrapper.unknown or item.service.name != "smtp":
        return
    port = relay.text.rpartition(":")[2]
    if port in ("465", "smtps", "submissions") and not is_yes(wrapper):
        said.add(relay.setting.span)
        yield Problem(
            "port-speaks-other-mode",
            f"port {port} of the relay speaks TLS from the first byte, and smtp_tls_wrappermode is not set: every delivery hangs",
            relay.setting.value_span,
            "needs smtp_tls_wrappermode = yes and smtp_tls_security_level = encrypt",
            endpoints=(item.endpoint.name,),
        )


def _policies(evaluated: "Evaluated") -> Iterator[Problem]:
    hops = [evaluated.globals.text("relayhost").lower()]
    for table in evaluated.tables.values():
        for policy in table.policies:
            if policy.error:
                yield Problem(
                    "refused",
                    f"the TLS policy for {readable(policy.key)} is invalid, so mail to it waits in the queue: {policy.error}",
                    policy.error_span or policy.span,
                    "",
                )
        keys = {policy.key: policy for policy in table.policies}
        for hop in hops:
            host = re.sub(r"[\[\]]|:\w+\Z", "", hop)
            near = keys.get(host) or keys.get(f"[{host}]")
            if hop and hop != host and hop not in keys and near is not None:
                yield Problem(
                    "setting-ignored-here",
                    f"this policy never applies to relayhost = {readable(hop)}: the key must be written exactly like it, {readable(hop)}",
                    near.span,
                    "never looked up",
                )


def _references(evaluated: "Evaluated") -> Iterator[Problem]:
    """References that are empty when the daemon runs, although postconf shows a default."""
    said: set[tuple[Span, str]] = set()
    for item in evaluated.listeners:
        for name in sorted({*item.parameters.main, *item.parameters.overrides}):
            setting = item.parameters.setting(name)
            if setting is None or "$" not in setting.value or not _is_tls(name) or not item.parameters.reads(name):
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
