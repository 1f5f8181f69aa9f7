"""Cipher suites."""
