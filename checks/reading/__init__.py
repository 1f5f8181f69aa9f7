"""Files that cannot be read or would be refused."""
