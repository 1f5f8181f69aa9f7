"""What people decide once and write down: `.tlslint.yaml`, or `[tool.tlslint]` in pyproject.toml."""

from tlslint.settings.paths import matcher
from tlslint.settings.read import KEYS, Setting, Settings, SettingsError, find, read

__all__ = ["KEYS", "Setting", "Settings", "SettingsError", "find", "matcher", "read"]
