"""Whose rules: dated, immutable data, and the comparison."""
