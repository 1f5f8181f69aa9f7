"""Which software is assumed: given, detected below the scanned root, or the named default."""

from tlslint.targets.target import DEFAULT, Target, UnknownTargetError, combined, load, names

__all__ = ["DEFAULT", "Target", "UnknownTargetError", "combined", "load", "names"]
