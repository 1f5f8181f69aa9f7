"""What a rule says. Rules build findings; only reports turn them into text."""

from enum import IntEnum

from tlslint.model.remedy import Remedy
from tlslint.model.source import Span
from tlslint.model.struct import Struct


class Severity(IntEnum):
    """How bad it is: broken or readable by a passer-by · error · warning · worth knowing."""

    INFO = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """`error`, as reports and options spell it."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the finding is; told apart from how bad it is."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """`high`, as reports spell it."""
        return self.name.lower()


class Label(Struct):
    """A span with what it does: "leaves TLSv1, TLSv1.1"."""

    span: Span
    text: str = ""


class Finding(Struct):
    """One finding. `endpoints` are names; a setting shared by twelve endpoints is one finding naming them."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    endpoints: tuple[str, ...] = ()
    remedy: Remedy | None = None
    profiles: tuple[str, ...] = ()
    by_default: str = ""
    """Where no bytes decide but a default does: which one, and whose. The place shown is only where the endpoint begins."""
    fingerprint: str = ""
    """Tells the finding from all others of a run and stays the same when lines move; set by the engine."""
    about: str = ""
    """The file it speaks of where that is not the one it stands in (`Problem.about`)."""


class Ignored(Struct):
    """A finding somebody decided not to hear of.

    `by`: `comment`, `baseline` or `configuration`; `reason` as written there, "" where none is; `span`: the comment.
    """

    finding: Finding
    by: str
    reason: str = ""
    span: Span | None = None
