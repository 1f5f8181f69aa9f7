"""What TLS words mean: library builds, suites, groups, cipher strings, and what comes of them in a handshake.

Everything is pure Python over measured data; the local OpenSSL is never asked. How the parts are used by a format:

    from tlslint.crypto import libraries, openssl, gnutls, groups, negotiation

    build = libraries.build_of(target.libraries["httpd"])          # "openssl@3.0"; None: nothing can be said
    ciphers = openssl.evaluate("HIGH:!aNULL@SECLEVEL=1", build)    # accepted, error, suites in order, security_level, words with spans
    offer = negotiation.negotiable(negotiation.OpenSslServer(
        build, ciphers, versions=frozenset({TLS12, TLS13}), security_level=target.openssl_security_level,
        keys=(negotiation.Key("RSA", 2048),), server_order=True))
    offer.versions, offer.suites, offer.groups                     # what a client that can do everything could negotiate

A string's own `@SECLEVEL` wins: `negotiable` takes `cipher_list.security_level` where the string (or the caller's `level=`) set one.
GnuTLS: `gnutls.evaluate("NORMAL:-VERS-TLS1.0", build)` and `negotiation.GnuTlsServer`.

Nothing is imported here: each module loads when it is asked for, each build's table when it is first used.
"""
