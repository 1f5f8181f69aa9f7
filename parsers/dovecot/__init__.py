"""Dovecot 1.x to 2.4."""
