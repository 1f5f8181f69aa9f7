"""From findings to mended text: edits in rounds, each proven before it counts.

Servers that share no file are mended one after the other, and only the one at hand is evaluated again. Slips of the pen come first: what
the server really says is only known without them. In each round all edits that do not stand in each other's way are tried at once; where
that does not hold, smaller sets are. A round may bring what the next one mends: what came of all rounds is held against the beginning, and
where that fails the server is mended again, with every step clean by itself and held against the beginning.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tlslint import parsers
from tlslint.engine.discover import Discovery
from tlslint.engine.proof import Changes, Moves, Plan, Proof, Step, overall, prove
from tlslint.engine.run import Result, format_of
from tlslint.files import FileProblem
from tlslint.model import Endpoint, Finding, Ignored, Instance, Span
from tlslint.model.remedy import Advice, Edit, ModelRemedy, OfferSuites, OfferVersions, Rewrite, SetValue
from tlslint.model.struct import Struct
from tlslint.model.versions import TLS13
from tlslint.parsers.format import Fixer, Way

ROUNDS = 12
"""Each round must mend something, so this is only met where remedies chase each other; what is left then is withheld."""


class Fixed(Struct):
    """A finding that is mended. `also`: endpoints that share the setting and change with it.

    Where it was there from the beginning, it and its `edits` are told of the text as it was read (no edits where they lie on what an
    earlier round wrote); else of the text it came up in.
    """

    finding: Finding
    also: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


class Withheld(Struct):
    """A finding that has a remedy which is not applied, and why: one sentence. `spelt`: it could be written down, only not proven."""

    finding: Finding
    why: str
    spelt: bool = True


class Mended(Struct):
    """`texts`: by real path, the bytes as read and as they should be.

    `commands`: what checks the mended files and makes them count, for people to run. `steps`: the edits of each round, by the file's shown
    name, in bytes of the text that round began with.
    """

    texts: dict[str, tuple[bytes, bytes]]
    fixed: tuple[Fixed, ...]
    withheld: tuple[Withheld, ...]
    commands: tuple[str, ...] = ()
    steps: tuple[Changes, ...] = ()


def together(parts: Sequence[Mended]) -> Mended:
    """What was mended at several hosts."""
    return Mended(
        {real: text for part in parts for real, text in part.texts.items()},
        tuple(one for part in parts for one in part.fixed),
        tuple(one for part in parts for one in part.withheld),
        tuple(dict.fromkeys(command for part in parts for command in part.commands)),
        tuple(step for part in parts for step in part.steps),
    )


Again = Callable[[Discovery], Result]


def has_remedy(finding: Finding, *, unsafe: bool = True) -> bool:
    """Has it a remedy that is more than advice?"""
    remedy = finding.remedy
    return remedy is not None and not isinstance(remedy, Advice) and (unsafe or not remedy.unsafe)


def spelt(finding: Finding, found: Discovery, readers: "Readers") -> Sequence[Way] | str:
    """Ways to write down the finding's remedy, or why there is none. Whether one holds is only known when it was tried."""
    if not has_remedy(finding):
        return "only a person can do this"
    ways = _ways(finding, readers.get(id(finding.primary.span.file), ()))
    if isinstance(ways, str):
        return ways
    free = [way for way in ways if not _barred(way, found)]
    return free or next((_barred(way, found) for way in ways), "there is no text to change")


class Reader(Struct):
    """A server, and its endpoints by name (one name may be several's)."""

    instance: Instance
    endpoints: dict[str, list[Endpoint]]


Readers = Mapping[int, Sequence[Reader]]
"""The servers that read a file, by the file's identity."""


def readers_of(instances: Iterable[Instance]) -> Readers:
    """Who reads what."""
    found: dict[int, list[Reader]] = {}
    for instance in instances:
        reader = Reader(instance, {})
        for endpoint in instance.endpoints:
            reader.endpoints.setdefault(endpoint.name, []).append(endpoint)
        for file in dict.fromkeys(map(id, instance.files)):
            found.setdefault(file, []).append(reader)
    return found


def fixes(found: Discovery, result: Result) -> dict[Finding, Way]:
    """Findings whose remedy can be written down, with the way that would be tried first."""
    readers = readers_of(result.instances)
    written = ((finding, spelt(finding, found, readers)) for finding in result.findings if has_remedy(finding))
    return {finding: ways[0] for finding, ways in written if not isinstance(ways, str)}


def mend(found: Discovery, result: Result, again: Again, *, unsafe: bool) -> Mended:
    """Apply every remedy that can be proven, in memory. `again` runs the same selection over other text."""
    texts: dict[str, tuple[bytes, bytes]] = {}
    fixed: list[Fixed] = []
    withheld: list[Withheld] = []
    commands: dict[str, None] = {}
    steps: list[Changes] = []
    for part, before in _clusters(found, result):
        if not any(has_remedy(finding, unsafe=unsafe) for finding in before.findings):
            continue
        mended = _mended(part, before, again, unsafe=unsafe)
        fixed += mended.fixed
        withheld += mended.withheld
        steps += mended.steps
        if mended.texts:
            commands.update(dict.fromkeys(_commands(before.instances, [found.files.shown(real) for real in mended.texts])))
        for real, (old, new) in mended.texts.items():
            seal = None if old == new else _seal(new, real, found, before.instances)
            texts[real] = (old, new if seal is None else _applied(new, [seal]))
            if seal is not None:
                steps.append({found.files.shown(real): [seal]})
    changed = {real: pair for real, pair in sorted(texts.items()) if pair[0] != pair[1]}
    return Mended(changed, tuple(fixed), tuple(withheld), tuple(commands), tuple(steps))


def _clusters(found: Discovery, result: Result) -> Iterator[tuple[Discovery, Result]]:
    """Servers that share files, with their findings."""
    own = [tuple(map(id, instance.files)) or (id(instance.root),) for instance in result.instances]
    groups = _together(own)
    group_of = {file: number for number, positions in enumerate(groups) for position in positions for file in own[position]}
    findings: dict[int | None, list[Finding]] = {}
    ignored: dict[int | None, list[Ignored]] = {}
    for finding in result.findings:
        findings.setdefault(group_of.get(id(finding.primary.span.file)), []).append(finding)
    for each in result.ignored:
        ignored.setdefault(group_of.get(id(each.finding.primary.span.file)), []).append(each)
    roots = frozenset(found.jobs)
    for number, positions in enumerate(groups):
        jobs = tuple(result.jobs[position] for position in positions)
        instances = tuple(result.instances[position] for position in positions)
        each_once = dict.fromkeys(jobs)
        part = found._replace(
            jobs=tuple(job for job in each_once if job in roots), parts=tuple(job for job in each_once if job not in roots)
        )
        files = len({file for position in positions for file in own[position]})
        yield part, Result(instances, tuple(findings.get(number, ())), files, (), jobs, tuple(ignored.get(number, ())))


def _together(keys: Sequence[Sequence[object]]) -> list[list[int]]:
    """Positions that have a key in common, with each other or through others; in order."""
    leader: dict[object, object] = {}

    def first(key: object) -> object:
        while (above := leader.setdefault(key, key)) != key:
            leader[key] = key = leader[above]
        return key

    for names in keys:
        for name in names[1:]:
            leader[first(name)] = first(names[0])
    groups: dict[object, list[int]] = {}
    for position, names in enumerate(keys):
        groups.setdefault(first(names[0]), []).append(position)
    return list(groups.values())


def _mended(found: Discovery, before: Result, again: Again, *, unsafe: bool) -> Mended:
    """Servers that share files, mended as far as it goes."""
    mended, failure = _rounds(found, before, again, unsafe=unsafe, clean=False)
    if failure:
        mended, _ = _rounds(found, before, again, unsafe=unsafe, clean=True)  # its rounds hold, one by one
    return mended


def _rounds(found: Discovery, before: Result, again: Again, *, unsafe: bool, clean: bool) -> tuple[Mended, str]:
    """Rounds until nothing is left to mend, and why what came of them does not hold ("" where it does).

    `clean`: a round counts only where all so far hold against the beginning with it; the first that does not is left out, and ends it.
    """
    texts: dict[str, tuple[bytes, bytes]] = {}
    fixed: list[Fixed] = []
    promised: list[Step] = []
    steps: list[Changes] = []
    current, state = found, before
    seen = {_state(texts)}
    beginning = _Beginning(before)
    failure = ""
    while True:
        plans, withheld = _plans(current, state, unsafe=unsafe)
        step = _Round(current, state, again, unsafe=unsafe, clean=clean)
        step.take([plan for plan in plans if isinstance(plan.finding.remedy, Rewrite)])
        if not step.accepted:
            step = _Round(current, state, again, unsafe=unsafe, clean=clean)  # a slip that cannot be mended alone may be with the rest
            sooner, later = _in_order(plans)
            step.take(sooner)
        if not step.accepted:
            step.take(later)
        withheld += step.withheld
        if not step.accepted:
            break
        changed = {real: (texts.get(real, (old,))[0], new) for real, (old, new) in step.texts(step.accepted).items()}
        changed = {**texts, **changed}
        mended = [*fixed, *(beginning.of(one, steps) if steps else one for one in step.fixed)]
        kept = [*promised, Step(state, tuple(one.finding for one in step.fixed))]
        following = current._replace(files=current.files.edited({real: new for real, (_, new) in changed.items()}))
        after = again(following)
        if _state(changed) in seen or len(steps) == ROUNDS:
            failure = "remedies chase each other"
        elif clean:
            failure = overall(before, after, kept)
        if failure:
            withheld += [Withheld(one.finding, failure) for one in step.fixed]
            break
        texts, fixed, promised, current, state = changed, mended, kept, following, after
        seen.add(_state(texts))
        steps.append(_by_path(step.accepted))
    failure = failure or overall(before, state, promised)
    fixed += _along(before, state, fixed, unsafe=unsafe)
    return Mended(texts, tuple(fixed), tuple(withheld), (), tuple(steps)), failure


def _state(texts: dict[str, tuple[bytes, bytes]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((real, new) for real, (old, new) in sorted(texts.items()) if old != new)


class _Beginning:
    """What was found before the first round."""

    def __init__(self, before: Result) -> None:
        self._files = {file.path: file for instance in before.instances for file in instance.files}
        self._told: dict[tuple[str, ...], list[Finding]] = {}
        for finding in before.findings:
            self._told.setdefault(_same(finding), []).append(finding)

    def of(self, fixed: Fixed, steps: Sequence[Changes]) -> Fixed:
        """A finding of a later round as it was found then: in its place, else the only one that says the same."""
        alike = self._told.get(_same(fixed.finding), [])
        place = _place_before(fixed.finding.primary.span, steps)
        there = [other for other in alike if (other.primary.span.start, other.primary.span.end) == place]
        if not there and len(alike) != 1:
            return fixed
        same = (there or alike)[0]
        if same.remedy is None:
            return Fixed(same._replace(remedy=fixed.finding.remedy), fixed.also)
        edits = []
        for edit in fixed.edits:
            place = _place_before(edit.span, steps)
            if place is None or edit.span.file.path not in self._files:
                return Fixed(same, fixed.also)
            edits.append(Edit(Span(self._files[edit.span.file.path], *place), edit.replacement))
        return Fixed(same, fixed.also, tuple(edits))


def _place_before(span: Span, steps: Sequence[Changes]) -> tuple[int, int] | None:
    """Where these bytes stood in the text as it was read; None: a fix wrote them."""
    place: tuple[int, int] | None = (span.start, span.end)
    for step in reversed(steps):
        place = Moves(step.get(span.file.path, ())).before(*place) if place is not None else None
    return place


def _same(finding: Finding) -> tuple[str, ...]:
    """What tells a finding from others whatever line it is on."""
    return finding.code, finding.message, *finding.endpoints


def _along(before: Result, after: Result, fixed: Sequence[Fixed], *, unsafe: bool) -> list[Fixed]:
    """Findings that another one's remedy mended."""
    counted = {_same(one.finding) for one in fixed}
    left = {(finding.code, finding.message) for finding in after.findings}
    return [
        Fixed(finding)
        for finding in before.findings
        if has_remedy(finding, unsafe=unsafe) and _same(finding) not in counted and (finding.code, finding.message) not in left and counted
    ]


class _Round:
    """One round: the text it began with, and which edits of it hold."""

    def __init__(self, found: Discovery, result: Result, again: Again, *, unsafe: bool, clean: bool) -> None:
        self._found, self._result, self._again, self._unsafe, self._clean = found, result, again, unsafe, clean
        self.accepted: list[Plan] = []
        self.fixed: list[Fixed] = []
        self.withheld: list[Withheld] = []

    def take(self, plans: Sequence[Plan]) -> None:
        """Try all that go together; then those that stood in the way of ones that failed. The rest waits for the next round."""
        group, waiting = self._compatible(plans)
        while group:
            self._try(group)
            taken = _Taken(self.accepted)
            group, waiting = self._compatible([plan for plan in waiting if not taken.bars(plan)])

    def _compatible(self, plans: Sequence[Plan]) -> tuple[list[Plan], list[Plan]]:
        group: list[Plan] = []
        waiting: list[Plan] = []
        taken = _Taken(self.accepted)
        for plan in plans:
            if taken.bars(plan):
                waiting.append(plan)
            else:
                group.append(plan)
                taken.add(plan)
        return group, waiting

    def _try(self, group: list[Plan]) -> None:
        """All at once; where that fails, endpoint by endpoint; then halves, down to single remedies and their other ways."""
        if not group:
            return
        proof = self._holds(group)
        if not proof.failure:
            return
        if proof.blamed and len(group) > 1:
            self._without(group, proof)
            return
        units = _units(group)
        if len(units) > 1:
            half = len(units) // 2
            self._try([plan for unit in units[:half] for plan in unit])
            self._try([plan for unit in units[half:] for plan in unit])
        elif len(group) > 1:
            half = len(group) // 2
            self._try(group[:half])
            self._try(group[half:])
        else:
            plan = group[0]
            for way in plan.others:
                other = plan._replace(edits=way, others=())
                if not _Taken(self.accepted).bars(other) and not self._holds([other]).failure:
                    return
            self.withheld.append(Withheld(plan.finding, proof.failure))

    def _without(self, group: list[Plan], proof: Proof) -> None:
        """The group again with another way for each plan that failed by itself, or without it."""
        blamed = {number - len(self.accepted): why for number, why in proof.blamed}
        if min(blamed) < 0:  # one that held before: then the group is at fault
            half = len(group) // 2
            self._try(group[:half])
            self._try(group[half:])
            return
        kept = [plan for number, plan in enumerate(group) if number not in blamed]
        taken = _Taken([*self.accepted, *kept])
        for number, why in sorted(blamed.items()):
            plan = group[number]
            ways = [way for way in plan.others if not taken.bars(plan._replace(edits=way))]
            if ways:
                kept.append(plan._replace(edits=ways[0], others=tuple(ways[1:])))
                taken.add(kept[-1])
            else:
                self.withheld.append(Withheld(plan.finding, why))
        self._try(kept)

    def _holds(self, group: list[Plan]) -> Proof:
        """Prove what was accepted together with `group`, and accept that as well where it holds."""
        together = [*self.accepted, *group]
        texts = self.texts(together)
        after = self._again(self._found._replace(files=self._found.files.edited({real: new for real, (_, new) in texts.items()})))
        proof = prove(self._result, after, together, _by_path(together), unsafe=self._unsafe, clean=self._clean)
        if not proof.failure:
            self.accepted.extend(group)
            self.fixed.extend(Fixed(plan.finding, proof.also, plan.edits) for plan in group)
        return proof

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


def _units(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Plans that name a common endpoint belong together; those that name none stand alone."""
    together = _together([plan.finding.endpoints or (number,) for number, plan in enumerate(plans)])
    return [[plans[position] for position in positions] for positions in together]


def _by_path(plans: Iterable[Plan]) -> Changes:
    """All edits by the shown name of their file, each once."""
    found: dict[str, list[tuple[int, int, bytes]]] = {}
    for plan in plans:
        for edit in plan.edits:
            changes = found.setdefault(edit.span.file.path, [])
            change = (edit.span.start, edit.span.end, edit.replacement)
            if change not in changes:
                changes.append(change)
    return found


def _applied(data: bytes, changes: Iterable[tuple[int, int, bytes]]) -> bytes:
    for start, end, replacement in sorted(changes, reverse=True):
        data = data[:start] + replacement + data[end:]
    return data


class _Taken:
    """Where edits stand already. Two that are equal agree; new lines in one place agree where they are about different settings."""

    def __init__(self, plans: Iterable[Plan] = ()) -> None:
        self._by_file: dict[int, list[tuple[int, int, bytes]]] = {}
        for plan in plans:
            self.add(plan)

    def add(self, plan: Plan) -> None:
        for edit in plan.edits:
            insort(self._by_file.setdefault(id(edit.span.file), []), (edit.span.start, edit.span.end, edit.replacement))

    def bars(self, plan: Plan) -> bool:
        return any(self._bars(edit) for edit in plan.edits)

    def _bars(self, edit: Edit) -> bool:
        taken = self._by_file.get(id(edit.span.file), [])
        start, end, _ = this = (edit.span.start, edit.span.end, edit.replacement)
        at = bisect_left(taken, (start,))
        # Those that were taken do not overlap each other, so one that reaches in from before is the last that ends behind `start`.
        before = at
        while before and taken[before - 1][0] == taken[before - 1][1] < start:
            before -= 1
        near = taken[max(0, before - 1) : at]
        while at < len(taken) and taken[at][0] <= end:
            near.append(taken[at])
            at += 1
        return any(other != this and _collide(this, other) for other in near)


def _collide(one: tuple[int, int, bytes], other: tuple[int, int, bytes]) -> bool:
    if one[0] < other[1] and other[0] < one[1]:
        return True
    if one[0] != other[0] and one[1] != other[1]:
        return False
    return one[0] != one[1] or other[0] != other[1] or _setting_of(one[2]) == _setting_of(other[2])


def _setting_of(text: bytes) -> bytes:
    """The name a new line begins with."""
    return text.replace(b"=", b" ").split(None, 1)[0] if text.strip() else b""


def _plans(found: Discovery, result: Result, *, unsafe: bool) -> tuple[list[Plan], list[Withheld]]:
    """What can be tried, the worst findings first, and what cannot."""
    plans: list[Plan] = []
    withheld: list[Withheld] = []
    readers = readers_of(result.instances)
    for finding in sorted(result.findings, key=lambda one: -one.severity):
        if not has_remedy(finding, unsafe=unsafe):
            continue
        ways = spelt(finding, found, readers)
        if isinstance(ways, str):
            withheld.append(Withheld(finding, ways, spelt=False))
        else:
            plans.append(Plan(finding, ways[0], tuple(ways[1:])))
    return plans, withheld


def _in_order(plans: Sequence[Plan]) -> tuple[list[Plan], list[Plan]]:
    """Whose order counts need not be asked of endpoints that are about to get another list: among strong suites it does not matter."""
    listed = {name for plan in plans if _makes_order_idle(plan.finding.remedy) for name in plan.finding.endpoints}
    sooner: list[Plan] = []
    later: list[Plan] = []
    for plan in plans:
        remedy = plan.finding.remedy
        waits = isinstance(remedy, SetValue) and remedy.field == "server_order" and listed.issuperset(plan.finding.endpoints)
        (later if waits else sooner).append(plan)
    return sooner, later


def _makes_order_idle(remedy: object) -> bool:
    """Another list, or nothing but TLS 1.3."""
    return isinstance(remedy, OfferSuites) or (isinstance(remedy, OfferVersions) and remedy.versions == {TLS13})


def _ways(finding: Finding, readers: Iterable[Reader]) -> Sequence[Way] | str:
    remedy = finding.remedy
    if isinstance(remedy, Rewrite):
        return [remedy.edits] if remedy.edits else "the remedy says nothing to write"
    if remedy is None or isinstance(remedy, Advice):
        return "only a person can do this"
    found: list[Sequence[Way]] = []
    for reader in readers:
        endpoints = [endpoint for name in finding.endpoints for endpoint in reader.endpoints.get(name, ())]
        if not endpoints:
            continue
        ways = _spelt_by(reader.instance, endpoints, remedy)
        if isinstance(ways, str):
            return ways
        found.append(ways)
    # A finding about several servers that share a file: the first way of each, then the second of each …
    most = max(map(len, found), default=0)
    joined = [tuple(dict.fromkeys(edit for ways in found for edit in ways[min(index, len(ways) - 1)])) for index in range(most)]
    return [way for way in dict.fromkeys(joined) if way] or "there is no text to change"


def _spelt_by(instance: Instance, endpoints: list[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    fixer = _fixer(instance)
    return f"nothing spells this for {instance.service} yet" if fixer is None else fixer.ways(instance, endpoints, remedy)


def _fixer(instance: Instance) -> Fixer | None:
    try:
        module: Fixer = parsers.room(format_of(instance.service), "fixer")
    except ModuleNotFoundError as error:
        if not (error.name or "").endswith(".fixer"):
            raise
        return None
    return module


def _seal(text: bytes, real: str, found: Discovery, instances: Iterable[Instance]) -> tuple[int, int, bytes] | None:
    """The checksum that a format writes into its own files, made right."""
    for instance in instances:
        seal: Callable[[bytes], tuple[int, int, bytes] | None] | None = getattr(_fixer(instance), "seal", None)
        if seal is not None and any(found.files.real_of(file) == real for file in instance.files):
            return seal(text)
    return None


def _commands(instances: Iterable[Instance], changed: Sequence[str]) -> Iterator[str]:
    for instance in instances:
        mine = [path for path in changed if any(file.path == path for file in instance.files)]
        fixer = _fixer(instance)
        if mine and fixer is not None:
            yield from fixer.commands(instance, mine)


def _barred(way: Iterable[Edit], found: Discovery) -> str:
    """Why these edits must not be made whatever they promise; "" where nothing bars them."""
    for edit in way:
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
