"""What every rule is made of."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from tlslint.model import Confidence, Endpoint, Finding, How, Instance, Label, Problem, Severity, Span, Value
from tlslint.model.remedy import Remedy
from tlslint.model.struct import Struct

if TYPE_CHECKING:
    from tlslint.profiles import Profile


class Example(Struct):
    """Configuration text that does (`bad`) or does not (`good`) trigger a rule; `«…»` marks what the finding underlines."""

    is_bad: bool
    service: str
    text: str
    says: str = ""
    """What the message or the label must contain."""
    why: str = ""
    """Why a good example is good, where that is not plain."""
    settings: tuple[tuple[str, str], ...] = ()
    """What the text is put into: `library`, `version`, `target`, `service`, `place` …"""


def bad(service: str, text: str, /, says: str = "", **settings: str) -> Example:
    """Text the rule must report."""
    return Example(True, service, text, says, "", tuple(sorted(settings.items())))


def good(service: str, text: str, /, why: str = "", **settings: str) -> Example:
    """Text the rule must be silent about."""
    return Example(False, service, text, "", why, tuple(sorted(settings.items())))


class Rule:
    """A rule. The module docstring is its manual page; `examples` are its tests.

    Subclass `EndpointRule`, `InstanceRule` or `ProblemRule`.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence] = Confidence.HIGH
    examples: ClassVar[list[Example]] = []

    instance: Instance
    """The server that is being looked at; set by the engine."""

    def __init__(self, profiles: "tuple[Profile, ...]" = (), now: str = "") -> None:
        self.profiles = profiles
        self.now = now
        """The moment that counts as now: RFC 3339, UTC (`2026-11-24T00:00:00Z`), so that texts compare as times do."""

    def finding(
        self,
        endpoint: Endpoint,
        value: "Value[Any] | Span",
        message: str,
        *,
        label: str = "",
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        related: tuple[Label, ...] = (),
        remedy: Remedy | None = None,
        profiles: tuple[str, ...] = (),
    ) -> Finding:
        """A finding about `value`: its deciding bytes are underlined, its further origins shown beside them.

        A value without bytes of its own (a default) is shown at the endpoint's anchor, with the default's name as label.
        """
        by_default = ""
        if isinstance(value, Span):
            primary = Label(value, label)
        else:
            placed = [origin for origin in value.origins if origin.span is not None]
            notes = [origin.note for origin in value.origins if origin.span is None and origin.note]
            if placed and placed[0].span is not None:
                primary = Label(placed[0].span, label or placed[0].note)
            else:
                primary = Label(endpoint.anchor, label or "; ".join(notes))
                by_default = f"{self.instance.root.path} {endpoint.role.value} {'; '.join(notes)}" if notes else ""
            related += tuple(Label(origin.span, _word(origin.how, origin.note)) for origin in placed[1:] if origin.span is not None)
        return Finding(
            self.code,
            self.name,
            self.severity if severity is None else severity,
            self.confidence if confidence is None else confidence,
            message,
            primary,
            related,
            (endpoint.name,),
            remedy,
            profiles,
            by_default,
        )

    def report(self, problem: Problem) -> Finding:
        """A fact the parser met under this rule's name, as a finding: the parser says what is so, the rule says how bad that is."""
        return Finding(
            self.code,
            self.name,
            self.severity if problem.severity is None else problem.severity,
            problem.confidence,
            problem.message,
            Label(problem.span, problem.label),
            problem.related,
            problem.endpoints,
            problem.remedy,
            about=problem.about,
        )


class EndpointRule(Rule, ABC):
    """Looks at one endpoint at a time."""

    @abstractmethod
    def check(self, endpoint: Endpoint) -> Iterable[Finding]:
        """Findings about `endpoint`; none where its TLS is right or cannot be told to be wrong."""


class InstanceRule(Rule, ABC):
    """Looks at one server as a whole: pairs of endpoints, certificates shared by several."""

    @abstractmethod
    def check(self, instance: Instance) -> Iterable[Finding]:
        """Findings about `instance`."""


class ProblemRule(Rule):
    """Looks at nothing by itself: only reports what parsers met."""


def _word(how: How, note: str) -> str:
    return note or how.value
