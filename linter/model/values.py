"""Values that may be unknown, and where each comes from."""

from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar, cast

from tlslint.model.source import Span
from tlslint.model.struct import Struct

T = TypeVar("T")


class How(Enum):
    """How a value came to be (the words of effective.schema.json)."""

    WRITTEN = "written"
    INHERITED = "inherited"
    OVERRIDDEN = "overridden"
    DEFAULT = "default"
    SYSTEM_POLICY = "system policy"
    ASSUMED = "assumed"


class Origin(Struct):
    """One step of where a value comes from.

    `span` is None where no byte says so (a compiled-in default); `note` then names it: "default of httpd 2.4.62".
    """

    how: How
    span: Span | None = None
    note: str = ""


class Known(Struct, Generic[T]):
    """A value that holds whatever the unknown parts turn out to be. Origins: the deciding one first."""

    value: T
    origins: tuple[Origin, ...] = ()

    @property
    def is_known(self) -> bool:
        """True: told apart from `Unknown` without an isinstance."""
        return True

    @property
    def surely(self) -> T:
        """What holds for every completion of the unknowns: all of it."""
        return self.value

    def holds(self, value: object) -> bool:
        """Is the value surely equal to `value`?"""
        return self.value == value


class Unknown(Struct, Generic[T]):
    """A value that cannot be told from files: an environment variable, a missing include, a template hole.

    `reason` completes "cannot tell: …". `least` is the part of a set or list that holds for every completion.
    """

    reason: str
    origins: tuple[Origin, ...] = ()
    least: T | None = None

    @property
    def is_known(self) -> bool:
        """False."""
        return False

    @property
    def surely(self) -> T:
        """What holds for every completion of the unknowns; an empty set where nothing does."""
        return cast("T", frozenset()) if self.least is None else self.least

    def holds(self, value: object) -> bool:  # noqa: ARG002 (the same question as to Known)
        """Nothing is sure about an unknown value."""
        return False


Value: TypeAlias = Known[T] | Unknown[T]

NOT_SET: Known[Any] = Known(None)
"""A value that does not exist here (the groups of a plain-text port); JSON null."""
