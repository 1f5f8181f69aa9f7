"""From findings to mended text: edits in rounds, each proven before it counts."""

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import NamedTuple

from tlslint.engine.discover import Discovery
from tlslint.engine.proof import Plan, prove
from tlslint.engine.run import Result
from tlslint.files import FileProblem
from tlslint.model import Endpoint, Finding, Instance
from tlslint.model.remedy import Advice, Edit, OfferVersions, Rewrite, SetValue

ROUNDS = 10
"""Each round must mend something, so this is only met where remedies chase each other; what is left then is withheld."""

_FORMATS = {"httpd": "apache", "slapd": "openldap", "ldap-client": "openldap"}


class Fixed(NamedTuple):
    """A finding that is mended. `also`: endpoints that share the setting and change with it."""

    finding: Finding
    also: tuple[str, ...]


class Withheld(NamedTuple):
    """A finding that has a remedy which is not applied, and why: one sentence."""

    finding: Finding
    why: str


class Mended(NamedTuple):
    """`texts`: by real path, the bytes as read and as they should be. `result`: the run over the mended text."""

    texts: dict[str, tuple[bytes, bytes]]
    fixed: tuple[Fixed, ...]
    withheld: tuple[Withheld, ...]
    result: Result


Again = Callable[[Discovery], Result]
_Edits = dict[str, list[tuple[int, int, bytes]]]


def is_fixable(finding: Finding, *, unsafe: bool = True) -> bool:
    """Has it a remedy that could be written (whether it holds is only known when it was tried)?"""
    remedy = finding.remedy
    return remedy is not None and not isinstance(remedy, Advice) and (unsafe or not remedy.unsafe)


def mend(found: Discovery, result: Result, again: Again, *, unsafe: bool, ciphers: str = "") -> Mended:
    """Apply every remedy that can be proven, in memory.

    `again` runs the same selection over other text; `ciphers` is the profile's list in OpenSSL's words.
    """
    texts: dict[str, tuple[bytes, bytes]] = {}
    fixed: list[Fixed] = []
    withheld: list[Withheld] = []
    current, state = found, result
    for _ in range(ROUNDS):
        plans, withheld = _plans(current, state, unsafe=unsafe, ciphers=ciphers)
        accepted: list[Plan] = []
        fruits: list[Fixed] = []
        standing = _Standing(current, state, again, unsafe=unsafe)
        deferred = standing.take(plans, accepted, fruits, withheld)
        if not accepted:
            break
        for real, (old, new) in standing.texts(accepted).items():
            texts[real] = (texts[real][0] if real in texts else old, new)
        fixed += fruits
        current = current._replace(files=current.files.edited({real: new for real, (_, new) in texts.items()}))
        state = again(current)
        if not deferred and not any(is_fixable(finding, unsafe=unsafe) for finding in state.findings):
            withheld = []
            break
    changed = {real: pair for real, pair in sorted(texts.items()) if pair[0] != pair[1]}
    return Mended(changed, tuple(fixed), tuple(withheld), state)


class _Standing:
    """One round: the text it began with, and which edits of it already hold."""

    def __init__(self, found: Discovery, result: Result, again: Again, *, unsafe: bool) -> None:
        self._found, self._result, self._again, self._unsafe = found, result, again, unsafe

    def take(self, plans: list[Plan], accepted: list[Plan], fixed: list[Fixed], withheld: list[Withheld]) -> bool:
        """Try all at once; where that fails, each half by itself, down to the one that does not hold.

        True: some wait for the next round.
        """
        deferred = False
        group: list[Plan] = []
        for plan in plans:
            if _conflicts(plan, [*accepted, *group]):
                deferred = True
            else:
                group.append(plan)
        self._try(group, accepted, fixed, withheld)
        if not deferred:
            return False
        waiting = [plan for plan in plans if plan not in group]
        for plan in waiting:  # what stood in its way may have failed
            if not _conflicts(plan, accepted):
                self._try([plan], accepted, fixed, withheld)
        return True

    def _try(self, group: list[Plan], accepted: list[Plan], fixed: list[Fixed], withheld: list[Withheld]) -> None:
        if not group:
            return
        together = [*accepted, *group]
        after = self._again(
            self._found._replace(files=self._found.files.edited({real: new for real, (_, new) in self.texts(together).items()}))
        )
        by_path: _Edits = {}
        for plan in together:
            for edit in plan.edits:
                changes = by_path.setdefault(edit.span.file.path, [])
                change = (edit.span.start, edit.span.end, edit.replacement)
                if change not in changes:
                    changes.append(change)
        proof = prove(self._result, after, together, by_path, unsafe=self._unsafe)
        if not proof.failure:
            accepted.extend(group)
            fixed.extend(Fixed(plan.finding, proof.also) for plan in group)
        elif len(group) == 1:
            withheld.append(Withheld(group[0].finding, proof.failure))
        else:
            half = len(group) // 2
            self._try(group[:half], accepted, fixed, withheld)
            self._try(group[half:], accepted, fixed, withheld)

    def texts(self, plans: Iterable[Plan]) -> dict[str, tuple[bytes, bytes]]:
        """Every touched file, by real path: its bytes now and with these edits."""
        edits: dict[str, tuple[bytes, set[tuple[int, int, bytes]]]] = {}
        for plan in plans:
            for edit in plan.edits:
                file = edit.span.file
                real = self._found.files.real_of(file)
                assert real is not None, "plans without a file are withheld before"  # noqa: S101
                edits.setdefault(real, (file.data, set()))[1].add((edit.span.start, edit.span.end, edit.replacement))
        return {real: (data, _applied(data, changes)) for real, (data, changes) in edits.items()}


def _applied(data: bytes, changes: Iterable[tuple[int, int, bytes]]) -> bytes:
    for start, end, replacement in sorted(changes, reverse=True):
        data = data[:start] + replacement + data[end:]
    return data


def _conflicts(plan: Plan, others: Sequence[Plan]) -> bool:
    for edit in plan.edits:
        for other in others:
            for theirs in other.edits:
                if theirs == edit or theirs.span.file is not edit.span.file:
                    continue
                if edit.span.start < theirs.span.end and theirs.span.start < edit.span.end:
                    return True
                if edit.span.start == theirs.span.start or edit.span.end == theirs.span.end:
                    return True
    return False


def _plans(found: Discovery, result: Result, *, unsafe: bool, ciphers: str) -> tuple[list[Plan], list[Withheld]]:
    plans: list[Plan] = []
    withheld: list[Withheld] = []
    for finding in result.findings:
        if not is_fixable(finding, unsafe=unsafe):
            continue
        edits = _edits(finding, result.instances, ciphers)
        why = edits if isinstance(edits, str) else _barred(edits, found)
        if why:
            withheld.append(Withheld(finding, why))
        elif not isinstance(edits, str):
            plans.append(Plan(finding, edits))
    return plans, withheld


def _edits(finding: Finding, instances: Sequence[Instance], ciphers: str) -> tuple[Edit, ...] | str:
    remedy = finding.remedy
    if isinstance(remedy, Rewrite):
        return remedy.edits or "the remedy says nothing to write"
    if not isinstance(remedy, (SetValue, OfferVersions)):
        return "only a person can do this"
    edits: dict[Edit, None] = {}
    for instance in instances:
        endpoints = [endpoint for endpoint in instance.endpoints if endpoint.name in finding.endpoints]
        if not endpoints or not _read(finding, instance):
            continue
        spelt = _spelt(instance, endpoints, remedy, ciphers)
        if isinstance(spelt, str):
            return spelt
        edits.update(dict.fromkeys(spelt))
    return tuple(edits) or "there is no text to change"


def _read(finding: Finding, instance: Instance) -> bool:
    return any(file is finding.primary.span.file for file in instance.files)


def _spelt(instance: Instance, endpoints: list[Endpoint], remedy: SetValue | OfferVersions, ciphers: str) -> tuple[Edit, ...] | str:
    name = f"tlslint.parsers.{_FORMATS.get(instance.service, instance.service)}.fixer"
    try:
        fixer = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return f"nothing spells this for {instance.service} yet"
    spelt: tuple[Edit, ...] | str = fixer.edits(instance, endpoints, remedy, ciphers)
    return spelt


def _barred(edits: tuple[Edit, ...], found: Discovery) -> str:
    """Why these edits must not be made whatever they promise; "" where nothing bars them."""
    for edit in edits:
        real = found.files.real_of(edit.span.file)
        if real is None:
            return f"{edit.span.file.path} is not a file of its own"
        if found.limits and real not in found.limits:
            return f"it lies in {edit.span.file.path}, which was not named"
        try:
            if edit.span.file.data != found.files.read(found.files.logical(real)).data:
                return f"{edit.span.file.path} is a part of another text"
        except FileProblem:
            return f"{edit.span.file.path} cannot be read again"
    return ""
