"""tlslint: says what TLS a server's configuration really gives, why, and how to mend it."""

__version__ = "0.1.0"
