"""Hypothesis without deadlines: that a machine is busy is no fault of the code."""

from hypothesis import settings

settings.register_profile("tlslint", deadline=None)
settings.load_profile("tlslint")
