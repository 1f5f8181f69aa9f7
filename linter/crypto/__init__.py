"""What TLS words mean: versions, suites, groups, OpenSSL cipher strings, GnuTLS priorities, security levels, per library version."""
