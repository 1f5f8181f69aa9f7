"""Evaluate what was found and let the rules look at it."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from tlslint import parsers
from tlslint.checks import registry
from tlslint.checks.registry import Entry
from tlslint.checks.rule import EndpointRule, InstanceRule, Rule
from tlslint.engine.baseline import Baseline, Known
from tlslint.engine.discover import Discovery, Job, layout_of
from tlslint.engine.fingerprints import marked
from tlslint.files import FileProblem, Files
from tlslint.model import Endpoint, Finding, Ignored, Instance, Problem, Role, Severity, SourceFile
from tlslint.model.instance import KnownBy
from tlslint.model.struct import Struct
from tlslint.parsers.format import Evaluate
from tlslint.targets import Target

T = TypeVar("T")

_FORMATS = {"httpd": "apache", "slapd": "openldap", "ldap-client": "openldap"}
"""Services that are not called as their format is."""


class Selection(Struct):
    """Which rules count: codes, names or prefixes (`TLS1`); empty `select` means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, entry: Entry) -> bool:
        """Is the rule wanted? The longer, more exact word wins between select and ignore."""
        wanted = max((registry.exactness(word) for word in self.select if registry.names(word, entry)), default=-1 if self.select else 0)
        unwanted = max((registry.exactness(word) for word in self.ignore if registry.names(word, entry)), default=-1)
        return wanted > unwanted


class Filters(Struct):
    """What somebody decided not to hear of.

    `comments`: are ignore comments heeded? `baseline`: what was there before.
    `others`: by whom, and which findings.
    """

    comments: bool = True
    baseline: Baseline = Baseline()
    others: tuple[tuple[str, Callable[[Finding], bool]], ...] = ()


NO_FILTERS = Filters()


class UnknownRuleError(ValueError):
    """A word in --select or --ignore that names no rule; the message is one sentence for people."""


def selection(select: Iterable[str], ignore: Iterable[str]) -> Selection:
    """Check the words. Raises `UnknownRuleError`."""
    chosen = Selection(tuple(select), tuple(ignore))
    for word in (*chosen.select, *chosen.ignore):
        if not any(registry.names(word, entry) for entry in registry.entries()):
            near = registry.nearest(word)
            raise UnknownRuleError(f"no rule is called {word!r}; {f'did you mean {near}?' if near else 'see tlslint rules'}")
    return chosen


class Result(Struct):
    """All that a run found. `broken`: what failed inside tlslint itself, one sentence each; other findings stand all the same.

    `jobs`: for each instance the job it came of. `stale`: what the baseline knows of the files that were read, and the run did not meet.
    """

    instances: tuple[Instance, ...]
    findings: tuple[Finding, ...]
    files: int
    broken: tuple[str, ...]
    jobs: tuple[Job, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    stale: tuple[Known, ...] = ()


def evaluate(found: Discovery, target: Target) -> tuple[list[Instance], list[str]]:
    """Every server found, roots first; then the parts no root reached, as fragments."""
    broken: list[str] = []
    return [instance for instance, _ in evaluated(found, target, broken)], broken


def evaluated(found: Discovery, target: Target, broken: list[str]) -> list[tuple[Instance, Job]]:
    """The same, each with the job it came of; what failed goes to `broken`."""
    instances: list[tuple[Instance, Job]] = []
    for job in found.jobs:
        instances += [(instance, job) for instance in _instances(job, found, target, broken)]
    read = {id(file) for instance, _ in instances for file in instance.files}
    for job in found.parts:
        try:
            source = found.files.read(job.path)
        except FileProblem:
            continue
        if id(source) in read:
            continue
        # A root file that could include it and does not: nobody reads it.
        if not job.given and layout_of(job.format).root_of(job.path, found.files) is not None:
            continue
        part = _instances(job, found, target, broken)
        read.update(id(file) for instance in part for file in instance.files)
        instances += [(instance, job) for instance in part]
    return instances


def _instances(job: Job, found: Discovery, target: Target, broken: list[str]) -> Sequence[Instance]:
    try:
        module: Evaluate = parsers.room(job.format, "evaluate")
        instances = module.instances(job.path, found.files, target, complete=job.complete)
    except FileProblem as problem:
        broken.append(f"{found.files.shown(job.path)} was not read: {problem.reason}")
        return ()
    except Exception as error:
        broken.append(_sentence(f"the {job.format} parser failed on {job.path}", error))
        return ()
    if target.how is KnownBy.ASSUMED:
        return instances
    return [instance._replace(family=target.family) for instance in instances]


def check(instances: Sequence[Instance], chosen: Selection, profiles: Sequence[object], now: str, broken: list[str]) -> list[Finding]:
    """Let every wanted rule look at every server."""
    findings: list[Finding] = []
    loaded: dict[str, Rule | None] = {}
    endpoint_rules = [entry for entry in registry.entries() if entry.scope == "endpoint" and chosen.takes(entry)]
    instance_rules = [entry for entry in registry.entries() if entry.scope == "instance" and chosen.takes(entry)]
    for instance in instances:
        of_parser = len(findings)
        for problem in instance.problems:
            entry = registry.by_code().get(problem.rule)
            if entry is None:
                broken.append(f"a parser reported {problem.rule!r}, which is no rule; please report this")
            elif chosen.takes(entry):
                rule = _rule(entry, instance, loaded, profiles, now, broken)
                if rule is not None:
                    findings += _safely(entry, _reported(rule), problem, broken)
        told = {(finding.code, finding.primary.span) for finding in findings[of_parser:]}
        asked: dict[str, list[tuple[Entry, EndpointRule]]] = {}
        sure: list[Finding] = []
        doubtful: list[Finding] = []
        for endpoint in instance.endpoints:
            role = _role(endpoint)
            if role not in asked:
                wanted = [entry for entry in endpoint_rules if entry.role in _ROLES[role]]
                rules = ((entry, _rule(entry, instance, loaded, profiles, now, broken)) for entry in wanted)
                asked[role] = [(entry, rule) for entry, rule in rules if isinstance(rule, EndpointRule)]
            # What the parser told about these very bytes is the better explanation.
            about = [finding for finding in _about(endpoint, asked[role], broken) if (finding.code, finding.primary.span) not in told]
            (sure if endpoint.tls.is_known else doubtful).extend(about)
        # Where TLS is not known to be spoken at all, only what is not said of another endpoint already.
        causes = {_cause(finding) for finding in sure}
        findings += sure + [finding for finding in doubtful if _cause(finding) not in causes]
        roles = {role for endpoint in instance.endpoints for role in _ROLES[_role(endpoint)]}
        for entry in instance_rules:
            if entry.role and entry.role not in roles:
                continue
            rule = _rule(entry, instance, loaded, profiles, now, broken)
            if isinstance(rule, InstanceRule):
                findings += _safely(entry, rule.check, instance, broken)
    return findings


_ROLES = {"client": ("", "client"), "server": ("", "server"), "web": ("", "server", "web")}
"""Roles of rules that look at an endpoint, by what it is."""


def _role(endpoint: Endpoint) -> str:
    if endpoint.role is Role.CLIENT:
        return "client"
    return "server" if endpoint.http is None else "web"


def _reported(rule: Rule) -> Callable[[Problem], Iterable[Finding]]:
    return lambda problem: [rule.report(problem)]


def _about(endpoint: Endpoint, rules: list[tuple[Entry, EndpointRule]], broken: list[str]) -> list[Finding]:
    found: list[Finding] = []
    codes: set[str] = set()
    judged = endpoint.chosen()
    for entry, rule in rules:
        if codes and not codes.isdisjoint(entry.after):
            continue
        try:
            for finding in rule.check(judged):
                codes.add(finding.code)
                found.append(finding)
        except Exception as error:
            broken.append(_sentence(f"rule {entry.code} failed", error))
    return found


def _rule(
    entry: Entry, instance: Instance, loaded: dict[str, Rule | None], profiles: Sequence[object], now: str, broken: list[str]
) -> Rule | None:
    if entry.code not in loaded:
        try:
            loaded[entry.code] = registry.load(entry)(tuple(profiles), now)  # type: ignore[arg-type]
        except Exception as error:
            broken.append(_sentence(f"rule {entry.code} cannot be loaded", error))
            loaded[entry.code] = None
    rule = loaded[entry.code]
    if rule is not None:
        rule.instance = instance
    return rule


def _safely(entry: Entry, ask: Callable[[T], Iterable[Finding]], about: T, broken: list[str]) -> list[Finding]:
    try:
        return list(ask(about))
    except Exception as error:
        broken.append(_sentence(f"rule {entry.code} failed", error))
        return []


def _sentence(what: str, error: Exception) -> str:
    import traceback  # noqa: PLC0415 (only when something is broken)

    frame = traceback.extract_tb(sys.exc_info()[2])[-1]
    place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return f"{what} ({type(error).__name__} at {place}: {error}); please report this"


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """One cause, one finding: the same rule about the same bytes, or about the same default of one server, names all its endpoints."""
    by_cause: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        message = finding.message
        for name in finding.endpoints:
            message = message.replace(name, "\0")
        by_cause.setdefault((*_cause(finding), message, finding.severity), []).append(finding)
    return ordered(_joined(same) for same in by_cause.values())


def _cause(finding: Finding) -> tuple[object, ...]:
    """The rule, and the bytes or the default it speaks of."""
    span = finding.primary.span
    return (finding.code, *((finding.by_default, finding.primary.text) if finding.by_default else (id(span.file), span.start, span.end)))


def _joined(same: list[Finding]) -> Finding:
    if len(same) == 1:
        return same[0]
    endpoints = tuple(dict.fromkeys(name for finding in same for name in finding.endpoints))
    return same[0]._replace(endpoints=endpoints, confidence=max(finding.confidence for finding in same))


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By file and place."""
    return sorted(findings, key=_order)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    span = finding.primary.span
    return span.file.path, span.start, span.end, finding.code, finding.message


def run(
    found: Discovery,
    target: Target,
    chosen: Selection,
    profiles: Sequence[object] = (),
    now: str = "",
    filters: Filters = NO_FILTERS,
    learn: Callable[[Instance, Files], Instance] | None = None,
) -> Result:
    """Everything: evaluate, check, merge, and keep what the given files cause and nobody decided not to hear of.

    `now`: RFC 3339 in UTC; "" takes the clock's. `learn`: adds what is known of a server from elsewhere (a repository's history).
    """
    broken: list[str] = []
    now = now or clock()
    pairs = evaluated(found, target, broken)
    if learn is not None:
        pairs = [(learn(instance, found.files), job) for instance, job in pairs]
    instances = [instance for instance, _ in pairs]
    sources = {id(file): (file, instance.service) for instance in instances for file in instance.files}
    findings = merged(check(instances, chosen, profiles, now, broken))
    findings = marked(findings) if findings else []
    ignored: list[Ignored] = []
    if filters.comments and any(b"tlslint:" in file.data for file, _ in sources.values()):
        findings, ignored = _commented(findings, sources.values(), chosen, now)
    if found.limits:
        limits = {name for name, (file, _) in sources.items() if found.files.real_of(file) in found.limits}
        findings = [finding for finding in findings if _caused(finding, limits)]
        ignored = [each for each in ignored if _caused(each.finding, limits)]
    for by, takes in filters.others:
        ignored += [Ignored(finding, by) for finding in findings if takes(finding)]
        findings = [finding for finding in findings if not takes(finding)]
    met = {finding.fingerprint for finding in findings} | {each.finding.fingerprint for each in ignored}
    findings, known = filters.baseline.sift(findings)
    paths = dict.fromkeys(file.path for file, _ in sources.values())
    stale = [] if found.limits else _wanted(filters.baseline.unmet(paths, met), chosen)
    return Result(
        tuple(instances),
        tuple(findings),
        len(sources),
        tuple(dict.fromkeys(broken)),
        tuple(job for _, job in pairs),
        tuple(sorted((*ignored, *known), key=_place)),
        tuple(stale),
    )


def lost(found: Discovery, chosen: Selection, filters: Filters) -> list[Known]:
    """What the baseline knows of files that are no more, whoever's they were."""
    return [] if found.limits else _wanted(filters.baseline.lost(found.files), chosen)


def _wanted(entries: Iterable[Known], chosen: Selection) -> list[Known]:
    return [entry for entry in entries if (rule := registry.by_code().get(entry.rule)) is not None and chosen.takes(rule)]


def clock() -> str:
    """This moment, as `--now` spells it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _commented(
    findings: list[Finding], sources: Iterable[tuple[SourceFile, str]], chosen: Selection, now: str
) -> tuple[list[Finding], list[Ignored]]:
    """Leave out what comments ignore; tell of comments that ignore nothing."""
    from tlslint.engine import ignores  # noqa: PLC0415 (few files have such comments)

    forms = [(file, partial(layout_of(format_of(service)).comments, file.path)) for file, service in sources]
    kept, ignored, problems = ignores.sift(findings, forms, now[:10], chosen.takes)
    entry = registry.by_code()[ignores.RULE]
    if problems and chosen.takes(entry):
        rule = registry.load(entry)()
        kept = sorted((*kept, *marked(merged(rule.report(problem) for problem in problems))), key=_order)
    return kept, ignored


def _place(ignored: Ignored) -> tuple[str, int, int, str, str]:
    return _order(ignored.finding)


def format_of(service: str) -> str:
    """The format that gave an instance of this service."""
    return _FORMATS.get(service, service)


def _caused(finding: Finding, files: set[int]) -> bool:
    return id(finding.primary.span.file) in files or any(id(label.span.file) in files for label in finding.related)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among findings."""
    return max((finding.severity for finding in findings), default=None)
