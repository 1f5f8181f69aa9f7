"""Which software is assumed: given, or the named default."""

from tlslint.targets.target import DEFAULT, Target, UnknownTargetError, load, names

__all__ = ["DEFAULT", "Target", "UnknownTargetError", "load", "names"]
