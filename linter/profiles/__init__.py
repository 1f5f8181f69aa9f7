"""Whose rules: dated, immutable data, and the comparison."""

from tlslint.profiles.profile import DEFAULT, Profile, UnknownProfileError, load, names

__all__ = ["DEFAULT", "Profile", "UnknownProfileError", "load", "names"]
