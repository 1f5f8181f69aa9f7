"""Named tuples whose classes cost little to make: plain data is all over tlslint, and start-up is felt at every commit.

To type checkers and to whoever uses one a `Struct` is a `typing.NamedTuple`. That one looks at every annotation and compiles a constructor
while a class is made; here annotations are left to the type checker, and the constructor waits for the first tuple.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

__all__ = ["Struct"]

if TYPE_CHECKING or sys.version_info >= (3, 14):  # where annotations are no part of the class's namespace any more (PEP 649)
    from typing import NamedTuple as Struct  # noqa: TID251
else:
    from collections import _tuplegetter, namedtuple
    from functools import cache
    from types import FunctionType

    class _StructType(type):
        """Turns annotated names into fields of a tuple, their values into defaults."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if any(getattr(base, "_fields", ()) for base in bases):  # a struct with more methods, not with more fields
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            getters = {field: _tuplegetter(place, "") for place, field in enumerate(fields)}
            own = {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
            return super().__new__(cls, name, bases, {**namespace, **getters, **own})

    class Struct(tuple, metaclass=_StructType):
        """A named tuple: subclass it and annotate the fields. The methods are those of `collections.namedtuple`."""

        def __new__(cls, /, *values: Any, **named: Any) -> "Struct":  # noqa: ANN401
            """For the first tuple of a class: give the class a constructor of its own, and go on with it."""
            cls.__new__ = _constructor(cls)
            return cls.__new__(cls, *values, **named)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> "Struct":
            return cls.__new__(cls, *values)

        def _replace(self, /, **changes: Any) -> "Struct":  # noqa: ANN401
            changed = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no {', '.join(changes)}")
            return changed

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in zip(self._fields, self, strict=True))})"

    def _constructor(kind: type[Struct]) -> FunctionType:
        """That of `collections.namedtuple`, whose code is the same for all of one size but for the names."""
        model = _of_size(len(kind._fields))
        code = model.__code__.replace(co_varnames=("_cls", *kind._fields))
        return FunctionType(code, model.__globals__, "__new__", tuple(kind._field_defaults.values()))

    @cache
    def _of_size(size: int) -> FunctionType:
        return namedtuple("_", [f"field{place}" for place in range(size)]).__new__
