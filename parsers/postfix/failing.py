"""What stops a daemon or keeps TLS from working, and protocol lists that say another thing than they seem to."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from tlslint.model import Certificate, Known, Label, Origin, Problem, Severity, Span, TlsMode
from tlslint.model.remedy import Edit, OfferVersions, Rewrite
from tlslint.model.versions import SSL30, TLS12, TLS13, TlsVersion, joined, spoken
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import ciphers, defaults, protocols
from tlslint.parsers.postfix import server as servers
from tlslint.parsers.postfix.effective import Parameters, Resolved, fault
from tlslint.parsers.postfix.services import DAEMONS
from tlslint.parsers.postfix.syntax import Setting, looks_like_template
from tlslint.parsers.postfix.telling import (
    blamed,
    has_comment,
    is_one_piece,
    part,
    who,
    written,
)

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated, Listener


def stops(evaluated: "Evaluated") -> Iterator[Problem]:
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
        if value.setting is None or (has_comment(value.setting) and value.setting.line is not None):
            continue  # told as a comment
        is_list = defaults.kind(value.name).type == "str"
        after = f"{who(titles)} {'stops' if len(titles) == 1 else 'stop'} at the first connection"
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


_NOT_TLS = {TlsMode.STARTTLS: servers.IN_CLEAR, TlsMode.STARTTLS_REQUIRED: servers.NO_MAIL, TlsMode.IMPLICIT: "nobody can connect"}


def failures(evaluated: "Evaluated") -> Iterator[Problem]:
    """Listeners and transports that would do TLS and cannot: one problem for each cause, with what comes of it where.

    What `stops` and `protocol_lists` say about a text is not said again; a list that leaves no version is the rule's own business.
    """
    said: dict[tuple[str, str, int], list[Listener]] = {}
    for item in evaluated.listeners:
        failure = item.server.failure
        if failure is None or failure.rule == "no-version-left" or item.service.fatal is not None:
            continue
        span = blamed(failure.origins, item)
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
            text = f"{cause}: TLS cannot work on {who(list(names))}; {', '.join(after)}"
        remedy: Rewrite | OfferVersions | None = None
        if rule == "no-cipher-left":
            remedy = _exclusion_mended(items[0]) or _grade_mended(failure.origins) or OfferVersions(frozenset({TLS12, TLS13}))
        yield Problem(rule, text, blamed(failure.origins, items[0]), "", endpoints=names, remedy=remedy)
    yield from _anonymous(evaluated)
    done: set[tuple[str, Span]] = set()
    for one in evaluated.transports:
        client = one.client
        if not client.failure or client.rule in ("", "no-version-left", "verification-impossible"):
            continue
        span = blamed(client.failure_origins, one)
        if (client.rule, span) not in done:
            done.add((client.rule, span))
            names = tuple(
                other.endpoint.name
                for other in evaluated.transports
                if (other.client.rule, other.client.failure) == (client.rule, client.failure)
            )
            yield Problem(client.rule, f"{who(list(names))}: {readable(client.failure)}", span, "", endpoints=names)


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


def _exclusion_mended(item: "Listener") -> Rewrite | None:
    """An exclusion that begins with an operator, without it."""
    for name in ("exclude_ciphers", "mandatory_exclude_ciphers"):
        setting = item.parameters.setting(f"{item.service.daemon}_tls_{name}")
        if setting is not None and is_one_piece(setting) and "$" not in setting.value:
            edits = tuple(
                Edit(part(setting, match.start(1), match.end(1)), b"")
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


def shared_keys(evaluated: "Evaluated") -> Iterator[Problem]:
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


def protocol_lists(evaluated: "Evaluated") -> Iterator[Problem]:
    """Lists that are refused, leave a gap, or allow what they seem to forbid."""
    seen: set[Span] = set()
    for setting in written(evaluated):
        if not setting.name.endswith("_protocols") or "_tls_" not in setting.name or setting.value_span in seen or "$" in setting.value:
            continue
        seen.add(setting.value_span)
        tokens = protocols.tokens(setting.value)
        for token, following in pairwise(tokens):
            if token.operator in (">=", "<=") and not token.word and evaluated.release >= (3, 6):
                between = setting.value[token.end : following.start]
                if between.strip(" \t"):
                    continue
                place = part(setting, token.start, following.end)
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
            if not looks_like_template(setting.value) and not (has_comment(setting) and setting.line is not None):
                yield _invalid_list(setting, parsed.invalid, evaluated)
            continue
        yield from _gap(setting, parsed.versions)
        bare = [token for token in tokens if not token.operator]
        old = [token for token in bare if token.word.lower() in ("sslv2", "sslv3")]
        if old and len(bare) == len(old) and any(token.operator == "!" for token in tokens):
            token = old[0]
            is_harmless = token.word.lower() == "sslv2"
            effect = "to OpenSSL it counts for nothing" if is_harmless else "every version but SSLv3 is off"
            place = part(setting, token.start, token.end)
            yield Problem(
                "means-something-else",
                f"{token.text} without ! allows it rather than forbidding it: {effect}",
                place,
                "! is missing",
                remedy=Rewrite((Edit(place, b"!" + place.data),), f"write !{token.text}"),
                severity=Severity.INFO if is_harmless else None,
            )


def held_back(evaluated: "Evaluated") -> Iterator[Problem]:
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
    place = part(setting, token.start, token.end)
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
