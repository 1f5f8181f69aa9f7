"""Compression, renegotiation, tickets, stapling, client certificates."""
