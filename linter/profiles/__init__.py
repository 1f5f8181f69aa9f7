"""Whose rules: dated, immutable data, and the comparison."""

from tlslint.profiles.profile import DEFAULT, Profile, UnknownProfileError, allowed_by_all, every, listed_by_all, load, names

__all__ = ["DEFAULT", "Profile", "UnknownProfileError", "allowed_by_all", "every", "listed_by_all", "load", "names"]
