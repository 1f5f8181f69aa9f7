"""Would these edits do what they promise, and nothing else? Asked of the real parsers and rules before a byte is written."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tlslint.engine.run import Result
from tlslint.model import CipherString, Endpoint, Finding, Instance, Known, Severity, Span, Unknown
from tlslint.model.remedy import Edit, OfferVersions, Rewrite, SetValue

_FOLLOWS = {
    "versions": {"cipher_suites", "groups", "dh_bits", "tls_works", "tls_failure"},
    "cipher_suites": {"cipher_string", "versions", "groups", "dh_bits", "security_level", "tls_works", "tls_failure"},
    "security_level": {"cipher_suites", "cipher_string", "versions", "groups", "dh_bits", "tls_works", "tls_failure"},
    "tls": {"cleartext_login"},
}
"""What a value takes with it: suites hang on versions, all of it on the security level. Everything else must stay."""

_PLACES = frozenset({"anchor", "origins"})


class Plan(NamedTuple):
    """The edits one finding asks for."""

    finding: Finding
    edits: tuple[Edit, ...]


class Proof(NamedTuple):
    """`failure`: why not, one sentence; "" when it holds. `also`: endpoints that change beside those of the findings."""

    failure: str
    also: tuple[str, ...] = ()


def prove(  # noqa: C901 (a list of questions)
    before: Result, after: Result, plans: Sequence[Plan], edits: Mapping[str, Sequence[tuple[int, int, bytes]]], *, unsafe: bool
) -> Proof:
    """Hold a run over the edited text against the run before. `edits`: all of them, by the shown name of their file.

    Without `unsafe` no endpoint may lose a version or a suite, whatever the remedies call themselves.
    """
    if set(after.broken) - set(before.broken):
        return Proof("tlslint itself fails on the mended text")
    moves = {path: _Moves(changes) for path, changes in edits.items()}
    for plan in plans:
        if _remains(plan.finding, after, moves):
            return Proof("the finding would stay")
    old, new = _by_server(before.instances), _by_server(after.instances)
    if old.keys() != new.keys():
        return Proof("other servers would be found than before")
    allowed: dict[str, set[str]] = {}
    slips = False
    for plan in plans:
        remedy = plan.finding.remedy
        slips = slips or isinstance(remedy, Rewrite)
        field = "versions" if isinstance(remedy, OfferVersions) else remedy.field if isinstance(remedy, SetValue) else ""
        if field:
            for name in plan.finding.endpoints:
                allowed.setdefault(name, set()).update({field}, _FOLLOWS.get(field, ()))
    fields = set().union(*allowed.values()) if allowed else set()
    also: set[str] = set()
    was_sound = True
    for key, instance in old.items():
        mended = new[key]
        if instance.starts.holds(True) and not mended.starts.holds(True):
            return Proof(f"{instance.service} would not start any more")
        if instance.starts.is_known and not mended.starts.is_known:
            return Proof(f"it could not be told any more whether {instance.service} starts")
        if not instance.starts.holds(True):
            was_sound = False
            if mended.starts.holds(False) and any(_is_about(plan, mended) for plan in plans):
                return Proof(f"{instance.service} does not start with this text, so nothing can be promised: mend that first")
            continue  # nothing was served: there is nothing that could be lost
        failure = _moved(instance, mended, allowed, fields, also, moves if slips else {})
        if not failure and not unsafe:
            failure = _lost(instance, mended)
        if failure:
            return Proof(failure)
    for plan in plans:
        failure = _promise(plan.finding, after.instances)
        if failure:
            return Proof(failure)
    if was_sound:
        fresh = _worse(before.findings, after.findings)
        if fresh is not None:
            return Proof(f"it would bring {fresh.code} {fresh.name}")
    return Proof("", tuple(sorted(also)))


def _is_about(plan: Plan, instance: Instance) -> bool:
    if isinstance(plan.finding.remedy, Rewrite):
        return False
    return any(endpoint.name in plan.finding.endpoints for endpoint in instance.endpoints)


def _by_server(instances: Iterable[Instance]) -> dict[tuple[str, str, int], Instance]:
    found: dict[tuple[str, str, int], Instance] = {}
    for instance in instances:
        number = 0
        while (instance.service, instance.root.path, number) in found:
            number += 1
        found[(instance.service, instance.root.path, number)] = instance
    return found


def _moved(
    old: Instance, new: Instance, allowed: Mapping[str, set[str]], fields: set[str], also: set[str], moves: "Mapping[str, _Moves]"
) -> str:
    """What changed that should not have; "" where nothing did."""
    if [(one.name, one.role) for one in old.endpoints] != [(one.name, one.role) for one in new.endpoints]:
        return "other endpoints would be there than before"
    for one, other in zip(old.endpoints, new.endpoints, strict=True):
        changed = {field for field in one._fields if field not in _PLACES and plain(getattr(one, field)) != plain(getattr(other, field))}
        wanted = allowed.get(one.name, set())
        touched = {field for field in changed if _touches(getattr(one, field), getattr(other, field), moves)}
        touched |= {after for field in touched for after in _FOLLOWS.get(field, ())}
        left = changed - wanted - fields - touched
        if "versions" in changed:  # these two only arise below TLS 1.3 (RFC 8446 section 1.2): they may come or go, not be on
            left -= {field for field in ("compression", "insecure_renegotiation") if not getattr(other, field).holds(True)}
        if left:
            return f"{min(left).replace('_', ' ')} of {one.name} would change as well"
        if changed and one.name not in allowed:
            also.add(one.name)
    return ""


def _lost(old: Instance, new: Instance) -> str:
    """Who would be locked out."""
    for one, other in zip(old.endpoints, new.endpoints, strict=True):
        if not one.versions.surely <= other.versions.surely:
            return f"clients that need an old version would lose {one.name}, and unsafe fixes were not asked for"
        if not set(one.cipher_suites.surely) <= set(other.cipher_suites.surely):
            return f"clients that need an old suite would lose {one.name}, and unsafe fixes were not asked for"
    return ""


def _touches(old: object, new: object, moves: "Mapping[str, _Moves]") -> bool:
    """Does either value come from a line that is edited?"""
    for value, is_new in ((old, False), (new, True)):
        spans = [value.span] if isinstance(value, CipherString) else [origin.span for origin in getattr(value, "origins", ())]
        for span in spans:
            if span is not None and span.file.path in moves and moves[span.file.path].covers(span, is_new=is_new):
                return True
    return False


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


def _promise(finding: Finding, instances: Iterable[Instance]) -> str:
    remedy = finding.remedy
    for instance in instances:
        for endpoint in instance.endpoints:
            if endpoint.name in finding.endpoints:
                failure = _kept(remedy, endpoint)
                if failure:
                    return failure
    return ""


def _kept(remedy: object, endpoint: Endpoint) -> str:
    if isinstance(remedy, OfferVersions):
        offered = endpoint.versions
        if not isinstance(offered, Known) or not offered.value or not offered.value <= remedy.versions:
            return f"{endpoint.name} would still offer other versions"
    elif isinstance(remedy, SetValue) and remedy.value is not None:
        value = getattr(endpoint, remedy.field)
        if not value.holds(remedy.value):
            return f"{remedy.field.replace('_', ' ')} of {endpoint.name} would not be as promised"
    return ""


def _remains(finding: Finding, after: Result, moves: "Mapping[str, _Moves]") -> bool:
    span = finding.primary.span
    moved = moves.get(span.file.path)
    line = bisect_right(span.file.line_starts(), span.start)
    for other in after.findings:
        if other.code != finding.code or other.primary.span.file.path != span.file.path:
            continue
        if other.message == finding.message and set(other.endpoints) & set(finding.endpoints):
            return True
        there = other.primary.span
        at = moved.back(there.start) if moved is not None else there.start
        if bisect_right(span.file.line_starts(), at) == line and other.primary.span.data == span.data:
            return True
    return False


def _worse(before: Sequence[Finding], after: Sequence[Finding]) -> Finding | None:
    known = {(finding.code, endpoint) for finding in before for endpoint in finding.endpoints or (finding.primary.span.file.path,)}
    for finding in after:
        if finding.severity >= Severity.WARNING:
            for endpoint in finding.endpoints or (finding.primary.span.file.path,):
                if (finding.code, endpoint) not in known:
                    return finding
    return None


class _Moves:
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
