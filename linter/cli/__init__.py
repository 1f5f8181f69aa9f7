"""Commands, one file each, imported only when called."""
