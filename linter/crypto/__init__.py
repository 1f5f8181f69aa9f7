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

For explanations: `ciphers.words` (or `openssl.explain`, `openssl.why`, `gnutls.explain`) say what each word did, with character offsets
in the string; `suites.judgements(suite)` what the standards say; `offer.held_back` why a version that is written is not served;
`negotiation.level_allows`, `key_refused`, `dh_refused`, `auto_dh_bits` what a security level lets pass; `groups.evaluate` and
`groups.default` configured and default groups; `gnutls.reads_like_priority` whose language a string is in.

Strings that stand for a file of the system (`PROFILE=SYSTEM` of Red Hat's OpenSSL, `@SYSTEM` of GnuTLS) go through
`openssl.with_system_profile` or `gnutls.with_system_priorities` first.

Nothing is imported here: each module loads when it is asked for, each build's table when it is first used.
"""
