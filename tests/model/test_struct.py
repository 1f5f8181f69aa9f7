"""A struct is a named tuple in all that anybody asks of one."""

import copy
import pickle
from typing import Any, Generic, NamedTuple, TypeVar

import pytest
from tlslint.model.struct import Struct

T = TypeVar("T")


class Ours(Struct):
    first: int
    second: str = "two"
    third: "tuple[int, ...] | None" = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"


class Theirs(NamedTuple):
    first: int
    second: str = "two"
    third: "tuple[int, ...] | None" = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"


class Held(Struct, Generic[T]):
    value: T


KINDS: tuple[Any, ...] = (Ours, Theirs)


@pytest.mark.parametrize(
    ("values", "named"), [((1,), {}), ((1, "x"), {}), ((1, "x", (2,)), {}), ((), {"first": 1, "third": ()}), ((1,), {"second": "x"})]
)
def test_it_is_made_as_a_named_tuple_is(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for _ in range(2):  # the first time compiles the constructor
        ours, theirs = (kind(*values, **named) for kind in KINDS)
        assert tuple(ours) == tuple(theirs)
        assert (ours.first, ours.second, ours.third, ours.both) == (theirs.first, theirs.second, theirs.third, theirs.both)
        assert repr(ours).removeprefix("Ours") == repr(theirs).removeprefix("Theirs")
        assert ours._asdict() == theirs._asdict()
        assert tuple(ours._replace(third=(7,))) == tuple(theirs._replace(third=(7,)))
        assert type(ours._replace(first=2)) is Ours
        assert hash(ours) == hash(theirs)


def test_the_class_says_what_it_has() -> None:
    assert (Ours._fields, Ours._field_defaults, Ours.__match_args__) == (Theirs._fields, Theirs._field_defaults, Theirs.__match_args__)
    assert tuple(Ours._make([1, "x", None])) == (1, "x", None)
    assert Held[int](3) == (3,)
    assert isinstance(Ours(1), tuple)
    assert not hasattr(Ours(1), "__dict__")


@pytest.mark.parametrize(("values", "named"), [((), {}), ((1, "x", None, 4), {}), ((1,), {"fourth": 4}), ((1,), {"first": 1})])
def test_wrong_arguments_are_refused(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in KINDS:
        with pytest.raises(TypeError):
            kind(*values, **named)
    for kind in KINDS:
        with pytest.raises(ValueError, match="fourth"):
            kind(1)._replace(fourth=4)


class More(Ours):
    def more(self) -> int:
        return self.first + 1


def test_a_subclass_has_the_same_fields() -> None:
    assert More(1).more() == 2
    assert tuple(More(1, third=())) == (1, "two", ())


def test_it_is_copied_and_kept() -> None:
    held = Ours(1, third=(2, 3))
    for other in (pickle.loads(pickle.dumps(held)), copy.copy(held), copy.deepcopy(held)):
        assert other == held
        assert type(other) is Ours


def test_it_is_taken_apart() -> None:
    match Ours(1, "x"):
        case Ours(first, second):
            assert (first, second) == (1, "x")
    first, *rest = Ours(1)
    assert (first, rest) == (1, ["two", None])
