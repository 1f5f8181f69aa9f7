"""The dialects. Each format turns its files into the common model and back; none imports another.

Every package here has the same rooms: `layout` (where such files live), `syntax` (bytes to a lossless tree), `evaluate` (tree to
endpoints), `defaults` (by version, from data), `fixer` (remedies to edits).
"""

FORMATS = ("apache", "postfix", "dovecot", "courier", "openldap")
"""In the order in which a file's name is offered to them."""
