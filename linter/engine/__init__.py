"""Discover, run, filter."""
