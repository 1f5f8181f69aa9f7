"""Whether TLS is used where it must be."""
