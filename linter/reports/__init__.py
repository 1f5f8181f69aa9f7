"""One writer per output format; only they format text."""
