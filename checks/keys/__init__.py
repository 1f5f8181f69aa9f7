"""Keys, groups and certificates."""
