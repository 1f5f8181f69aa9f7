"""Text that does not do what it says."""
