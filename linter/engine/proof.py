"""Would these edits do what they promise, and nothing else? Asked of the real parsers and rules before a byte is written."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tlslint.engine.run import Result
from tlslint.model import Endpoint, Finding, Http, Instance, Known, Severity, Span, TlsMode, Unknown
from tlslint.model.remedy import Edit, OfferGroups, OfferSuites, OfferVersions, RedirectToHttps, Rewrite, SendHsts, SetValue
from tlslint.model.struct import Struct
from tlslint.parsers.format import Way

_OF_A_HANDSHAKE = frozenset(
    {
        "versions",
        "cipher_suites",
        "cipher_string",
        "groups",
        "dh_bits",
        "security_level",
        "server_order",
        "session_tickets",
        "compression",
        "insecure_renegotiation",
        "tls_works",
        "tls_failure",
    }
)
_ANSWERS = frozenset(f"http.{field}" for field in Http._fields)
_FOLLOWS = {
    "versions": {"cipher_suites", "cipher_string", "groups", "dh_bits", "tls_works", "tls_failure"},
    "cipher_suites": {"cipher_string", "versions", "groups", "dh_bits", "security_level", "session_tickets", "tls_works", "tls_failure"},
    "security_level": {"cipher_suites", "cipher_string", "versions", "groups", "dh_bits", "session_tickets", "tls_works", "tls_failure"},
    "server_order": {"cipher_string"},  # a GnuTLS priority string says all of it
    "groups": {"cipher_suites", "cipher_string", "versions", "dh_bits", "tls_works", "tls_failure"},
    "tls": _OF_A_HANDSHAKE
    | {"cleartext_login", "certificates", "client_certificate", "ocsp_stapling", "peer_verification", "is_opportunistic_mx", "port"},
    "certificates": _OF_A_HANDSHAKE,
    "cleartext_login": {"tls"},
    "http.hsts_success": _ANSWERS,
    "http.redirects_to_https": _ANSWERS,
}
"""What a value takes with it: suites hang on versions, all of it on the security level. Everything else must stay."""

_ONLY_BELOW_TLS13 = ("compression", "insecure_renegotiation")
"""These only arise below TLS 1.3 (RFC 8446 section 1.2): when versions or suites move they may come or go, not be on."""

_PLACES = frozenset({"anchor", "origins", "left_to_peer", "http"})

Changes: TypeAlias = Mapping[str, Sequence[tuple[int, int, bytes]]]
"""Edits by the shown name of their file: from, to, new bytes."""


class Plan(Struct):
    """The edits one finding asks for, and other ways to the same end."""

    finding: Finding
    edits: tuple[Edit, ...]
    others: tuple[Way, ...] = ()


class Proof(Struct):
    """`failure`: why not, one sentence; "" when it holds. `also`: endpoints that change beside those of the findings.

    `blamed`: positions of the plans that fail by themselves, each with its own sentence; empty where the whole is at fault.
    """

    failure: str
    also: tuple[str, ...] = ()
    blamed: tuple[tuple[int, str], ...] = ()


def prove(before: Result, after: Result, plans: Sequence[Plan], changes: Changes, *, unsafe: bool, clean: bool) -> Proof:  # noqa: C901 (a list of questions)
    """Hold a run over the edited text against the run before. `changes`: all edits.

    Without `unsafe` no endpoint may lose a version or a suite, whatever the remedies call themselves. `clean`: nothing new may be found,
    not even what another round would mend.
    """
    if set(after.broken) - set(before.broken):
        return Proof("tlslint itself fails on the mended text")
    moves = {path: Moves(edits) for path, edits in changes.items()}
    staying = tuple((number, "the finding would stay") for number, plan in enumerate(plans) if _remains(plan.finding, before, after, moves))
    if staying:
        return Proof(staying[0][1], (), staying)
    old, new = _by_server(before.instances), _by_server(after.instances)
    if old.keys() != new.keys():
        return Proof("other servers would be found than before")
    allowed: dict[str, set[str]] = {}
    slips = False
    for plan in plans:
        remedy = plan.finding.remedy
        slips = slips or isinstance(remedy, Rewrite)
        fields = remedy.fields if remedy is not None else ()
        for name in plan.finding.endpoints:
            allowed.setdefault(name, set()).update(fields, *(_FOLLOWS.get(field, ()) for field in fields))
    everywhere = set().union(*allowed.values()) if allowed else set()
    also: set[str] = set()
    was_sound = False
    for key, instance in old.items():
        mended = new[key]
        if instance.starts.holds(True) and not mended.starts.is_known:
            return Proof(f"it could not be told any more whether {instance.service} starts")
        if mended.starts.holds(False) and not instance.starts.holds(False):
            return Proof(f"{instance.service} would not start any more")
        if not instance.starts.holds(True) and instance.starts.is_known:
            if more := sorted(_refusals(mended) - _refusals(instance)):
                return Proof(f"{instance.service} would have one more reason not to start: {more[0]}")
            if not unsafe and _same_endpoints(instance, mended) and (failure := _lost(instance, mended)):
                return Proof(failure)
            continue  # nothing was served: there is nothing that could be lost
        was_sound = True
        failure = _moved(instance, mended, allowed, everywhere, also, moves if slips else {})
        if not failure and not unsafe:
            failure = _lost(_without_gone(instance, mended, allowed), mended)
        if failure:
            return Proof(failure)
    served, will = _endpoints(before.instances), _endpoints(after.instances)
    broken = tuple((number, why) for number, plan in enumerate(plans) if (why := _promise(plan.finding, served, will)))
    if broken:
        return Proof(broken[0][1], (), broken)
    if was_sound and clean:
        fresh = next(_fresh(before, after, [plan.finding for plan in plans]), None)
        if fresh is not None:
            return Proof(f"it would bring {fresh.code} {fresh.name}: {fresh.message}")
    return Proof("", tuple(sorted(also)))


class Step(Struct):
    """What one round mends, as it was told of what the round began with: by then more may be offered than at first, or less be known."""

    before: Result
    mended: tuple[Finding, ...]


def overall(before: Result, after: Result, steps: Sequence[Step]) -> str:
    """What came of all rounds, held against the beginning: nothing worse than what was mended is new, and no promise was taken back."""
    if all(instance.starts.holds(False) for instance in before.instances):
        return ""
    fresh = next(_fresh(before, after, [finding for step in steps for finding in step.mended]), None)
    if fresh is not None:
        return f"together they would bring {fresh.code} {fresh.name}"
    will = _endpoints(after.instances)
    # Where several rounds promised different values of one field, one of them counts in the end.
    kept: dict[tuple[object, ...], str] = {}
    for step in steps:
        served = _endpoints(step.before.instances)
        for finding in step.mended:
            fields = finding.remedy.fields if finding.remedy is not None else ()
            for name in finding.endpoints:
                if kept.get((name, *fields), "-"):
                    kept[(name, *fields)] = _promise(finding._replace(endpoints=(name,)), served, will, at_last=True)
    return next((why for why in kept.values() if why), "")


def _fresh(before: Result, after: Result, mended: Sequence[Finding]) -> Iterator[Finding]:
    """New findings from warnings on; a lesser one than what was mended at the same endpoint is a gain."""
    known = {(finding.code, name) for finding in before.findings for name in _names(finding)}
    worst: dict[str, Severity] = {}
    for finding in mended:
        for name in finding.endpoints or ("",):  # a line that names none may have concerned all
            worst[name] = max(worst.get(name, finding.severity), finding.severity)
    for finding in after.findings:
        if finding.severity >= Severity.WARNING and any(
            (finding.code, name) not in known and max(worst.get(name, Severity.INFO), worst.get("", Severity.INFO)) <= finding.severity
            for name in _names(finding)
        ):
            yield finding


def _names(finding: Finding) -> tuple[str, ...]:
    return finding.endpoints or (finding.primary.span.file.path,)


def _refusals(instance: Instance) -> set[str]:
    return {problem.message for problem in instance.problems if problem.rule == "refused"}


def _same_endpoints(old: Instance, new: Instance) -> bool:
    return [(one.name, one.role) for one in old.endpoints] == [(one.name, one.role) for one in new.endpoints]


def _by_server(instances: Iterable[Instance]) -> dict[tuple[str, str, int], Instance]:
    found: dict[tuple[str, str, int], Instance] = {}
    for instance in instances:
        number = 0
        while (instance.service, instance.root.path, number) in found:
            number += 1
        found[(instance.service, instance.root.path, number)] = instance
    return found


def _moved(
    old: Instance, new: Instance, allowed: Mapping[str, set[str]], fields: set[str], also: set[str], moves: "Mapping[str, Moves]"
) -> str:
    """What changed that should not have; "" where nothing did."""
    old = _without_gone(old, new, allowed)
    kept = _kept_endpoints(old, new)
    if not _same_endpoints(old, new._replace(endpoints=tuple(kept))):
        return "other endpoints would be there than before"
    if len(kept) != len(new.endpoints) and "tls" not in fields:
        return "other endpoints would be there than before"
    for one, other in zip(old.endpoints, kept, strict=True):
        if other.tls_works.holds(False) and not one.tls_works.holds(False):
            return f"TLS of {one.name} would not work" + (f": {other.tls_failure}" if other.tls_failure else "")
        was, will = dict(_values(one)), dict(_values(other))
        changed = {field for field in was.keys() | will.keys() if not _alike(was.get(field), will.get(field))}
        wanted = allowed.get(one.name, set())
        touched = {field for field in changed if _touches(was.get(field), will.get(field), moves)}
        touched |= {after for field in touched for after in _FOLLOWS.get(field, ())}
        left = changed - wanted - fields - touched
        if (other.security_level.surely or 0) >= (
            one.security_level.surely or 0
        ):  # a higher one keeps out what is weak, and is told by that
            left.discard("security_level")
        if one.tls_works.holds(False):  # no handshake was ever completed here: nothing of it could be lost
            left -= _OF_A_HANDSHAKE | {"certificates"}
        if not _OF_A_HANDSHAKE.isdisjoint(changed):
            left -= {field for field in _ONLY_BELOW_TLS13 if not getattr(other, field).holds(True)}
        if left:
            return f"{_spoken(min(left))} of {one.name} would change as well"
        if changed and one.name not in allowed:
            also.add(one.name)
    return ""


def _kept_endpoints(old: Instance, new: Instance) -> list[Endpoint]:
    """Without the ports that open because TLS is switched on (Dovecot's 993, `ssl = no` before) and speak nothing else."""
    known = {(one.name, one.role) for one in old.endpoints}
    return [one for one in new.endpoints if (one.name, one.role) in known or not one.tls.holds(TlsMode.IMPLICIT)]


def _without_gone(old: Instance, new: Instance, named: Collection[str]) -> Instance:
    """A fragment is an endpoint for what it says alone (an .htaccess with a header): one that a remedy names may have nothing left."""
    if old.complete:
        return old
    there = {one.name for one in new.endpoints}
    return old._replace(endpoints=tuple(one for one in old.endpoints if one.name in there or one.name not in named))


def _values(endpoint: Endpoint) -> Iterator[tuple[str, object]]:
    """Fields by name, those of `http` one by one; places apart."""
    for field in Endpoint._fields:
        if field not in _PLACES:
            yield field, getattr(endpoint, field)
    if endpoint.http is not None:
        for field in endpoint.http._fields:
            yield f"http.{field}", getattr(endpoint.http, field)


def _spoken(field: str) -> str:
    return field.removeprefix("http.").replace("_", " ")


def _lost(old: Instance, new: Instance) -> str:
    """Who would be locked out."""
    for one, other in zip(old.endpoints, _kept_endpoints(old, new), strict=True):
        if not one.versions.surely <= other.versions.surely:
            return f"clients that need an old version would lose {one.name}, and unsafe fixes were not asked for"
        if not set(one.cipher_suites.surely) <= set(other.cipher_suites.surely):
            return f"clients that need an old suite would lose {one.name}, and unsafe fixes were not asked for"
    return ""


def _touches(old: object, new: object, moves: "Mapping[str, Moves]") -> bool:
    """Does either value come from a line that is edited?"""
    for value, is_new in ((old, False), (new, True)):
        for span in _spans(value):
            if span.file.path in moves and moves[span.file.path].covers(span, is_new=is_new):
                return True
    return False


def _spans(value: object) -> Iterator[Span]:
    """Every place a value, or a part of it, comes from."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, (Known, Unknown)):
        yield from (origin.span for origin in value.origins if origin.span is not None)
    elif isinstance(value, tuple):
        for part in value:
            yield from _spans(part)


def _alike(one: object, other: object) -> bool:
    """Are two values the same, wherever they come from?"""
    if isinstance(one, Known) and isinstance(other, Known) and one.value == other.value:
        return True  # most of them, at once
    return plain(one) == plain(other)


def plain(value: object) -> object:
    """A value without the places it comes from."""
    if isinstance(value, Known):
        return ("known", plain(value.value))
    if isinstance(value, Unknown):
        return ("unknown", plain(value.least))
    if isinstance(value, Span):
        return None
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


_Endpoints: TypeAlias = Mapping[str, Sequence[tuple[str, Endpoint]]]
"""By name: service and endpoint."""


def _endpoints(instances: Iterable[Instance]) -> _Endpoints:
    found: dict[str, list[tuple[str, Endpoint]]] = {}
    for instance in instances:
        for endpoint in instance.endpoints:
            found.setdefault(endpoint.name, []).append((instance.service, endpoint))
    return found


def _promise(finding: Finding, before: _Endpoints, after: _Endpoints, *, at_last: bool = False) -> str:
    for name in finding.endpoints:
        was = dict(before.get(name, ()))
        for service, endpoint in after.get(name, ()):
            failure = _kept(finding.remedy, endpoint, was.get(service), at_last=at_last)
            if failure:
                return failure
    return ""


def _kept(remedy: object, endpoint: Endpoint, before: Endpoint | None, *, at_last: bool) -> str:
    if isinstance(remedy, OfferVersions):
        if not endpoint.versions.surely <= remedy.versions or not _as_known(before, endpoint, "versions"):
            return f"{endpoint.name} would still offer other versions"
        if endpoint.versions.holds(frozenset()):
            return f"{endpoint.name} would be left without a version"
    elif isinstance(remedy, OfferSuites):
        wanted = {suite.code for suite in remedy.suites}
        suites = endpoint.cipher_suites
        if not all(suite.code in wanted for suite in suites.surely) or not _as_known(before, endpoint, "cipher_suites"):
            return f"{endpoint.name} would still offer other suites"
        if suites.is_known and not suites.surely and (before is None or before.cipher_suites.surely):
            return f"{endpoint.name} would be left without a suite"
    elif isinstance(remedy, OfferGroups):
        if not set(endpoint.groups.surely or ()) <= set(remedy.groups) or not _as_known(before, endpoint, "groups"):
            return f"{endpoint.name} would still offer other groups"
    elif isinstance(remedy, SendHsts) and endpoint.http is not None:
        known = [value for value in (endpoint.http.hsts_success, endpoint.http.hsts_error, endpoint.http.hsts_redirect) if value.is_known]
        sent = {value.surely for value in known}
        # Another rule may have had its say since: at last it is enough that one and the same line goes out with every answer.
        as_said = sent == {(remedy.text,)} or (at_last and len(sent) == 1 and len(next(iter(sent))) == 1)
        if not as_said or _more_open(before, endpoint):
            return f"{endpoint.name} would not send {remedy.text} with every answer"
    elif isinstance(remedy, RedirectToHttps) and endpoint.http is not None:
        if not endpoint.http.redirects_to_https.holds(True):
            return f"{endpoint.name} would not redirect to https"
    elif isinstance(remedy, SetValue):
        return _is_set(remedy, endpoint, before)
    return ""


def _more_open(before: Endpoint | None, after: Endpoint) -> bool:
    """Can less be told of the header than before?"""
    fields = ("hsts_success", "hsts_error", "hsts_redirect")
    was = before.http if before is not None else None
    return any(not getattr(after.http, field).is_known and (was is None or getattr(was, field).is_known) for field in fields)


def _as_known(before: Endpoint | None, after: Endpoint, field: str) -> bool:
    """Is as much known of the field as was? What a missing file leaves open, a promise need not close."""
    return bool(getattr(after, field).is_known) or (before is not None and not getattr(before, field).is_known)


_MODES = (TlsMode.NONE, TlsMode.STARTTLS, TlsMode.STARTTLS_REQUIRED, TlsMode.IMPLICIT)


def _is_set(remedy: SetValue, endpoint: Endpoint, before: Endpoint | None) -> str:
    """More than was asked for is as good: TLS required where it was to be offered, larger parameters."""
    value = getattr(endpoint, remedy.field)
    if not isinstance(value, Known):
        return f"{_spoken(remedy.field)} of {endpoint.name} could not be told"
    good: tuple[object, ...] = (remedy.value,)
    if remedy.field in ("dh_bits", "security_level"):
        held = value.value is None or value.value >= remedy.value
    else:
        if remedy.field in _ONLY_BELOW_TLS13:
            good += (None,)
        if remedy.field == "server_order" and not _has_weak(endpoint):
            good += (False, None)
        if remedy.field == "tls" and remedy.value in _MODES and (before is None or not before.tls.holds(TlsMode.IMPLICIT)):
            asked = _MODES.index(remedy.value)
            less = (
                before is None or before.tls.surely not in _MODES[asked:]
            )  # where less was asked for than there is, more is no promise kept
            good += _MODES[asked:] if less else ()
        held = value.value in good
    return "" if held else f"{_spoken(remedy.field)} of {endpoint.name} would not be as promised"


def _has_weak(endpoint: Endpoint) -> bool:
    """Does the order matter at all? Not where every suite is strong."""
    return any(not (suite.is_aead and suite.has_forward_secrecy) for suite in endpoint.cipher_suites.surely)


def _remains(finding: Finding, before: Result, after: Result, moves: "Mapping[str, Moves]") -> bool:
    span = finding.primary.span
    moved = moves.get(span.file.path)
    line = bisect_right(span.file.line_starts(), span.start)
    for other in after.findings:
        if other.code != finding.code:
            continue
        is_elsewhere = other.primary.span.file.path != span.file.path
        # A new line in another file may be where it is told now; but another server may have been told the same there all along.
        is_same = other.message == finding.message and bool(set(other.endpoints) & set(finding.endpoints))
        if is_same and not (is_elsewhere and _was_told(other, before)):
            return True
        if is_elsewhere:
            continue
        there = other.primary.span
        at = moved.back(there.start) if moved is not None else there.start
        if bisect_right(span.file.line_starts(), at) == line and other.primary.span.data == span.data:
            return True
    return False


def _was_told(finding: Finding, before: Result) -> bool:
    return any(
        other.code == finding.code and other.message == finding.message and other.primary.span.file.path == finding.primary.span.file.path
        for other in before.findings
    )


class Moves:
    """Where the bytes of one edited file went."""

    def __init__(self, changes: Sequence[tuple[int, int, bytes]]) -> None:
        self._changes = sorted(changes)

    def back(self, offset: int) -> int:
        """An offset of the new text in the old one; the start of the edit for what an edit wrote."""
        shift = 0
        for start, end, text in self._changes:
            if offset < start + shift:
                break
            if offset < start + shift + len(text):
                return start
            shift += len(text) - (end - start)
        return offset - shift

    def before(self, start: int, end: int) -> tuple[int, int] | None:
        """A piece of the new text where it was in the old one; None: an edit wrote of it."""
        shift = 0
        for first, last, text in self._changes:
            if first + shift + len(text) <= start:
                shift += len(text) - (last - first)
            elif first + shift < end or first + shift < start:
                return None
        return start - shift, end - shift

    def covers(self, span: Span, *, is_new: bool) -> bool:
        """Does an edit lie on the lines of this span?"""
        data = span.file.data
        first = data.rfind(b"\n", 0, span.start) + 1
        last = data.find(b"\n", span.end)
        last = len(data) if last < 0 else last
        shift = 0
        for start, end, text in self._changes:
            begin, stop = (start + shift, start + shift + len(text)) if is_new else (start, end)
            if begin <= last and stop >= first:
                return True
            shift += len(text) - (end - start)
        return False
