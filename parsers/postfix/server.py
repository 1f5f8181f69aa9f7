"""smtpd, postscreen and tlsproxy: what a listener does with TLS and with logins.

Sources: pre_jail_init() and smtpd_start_tls() in src/smtpd/smtpd.c, tls_server_init() in src/tls/tls_server.c,
src/postscreen/postscreen_smtpd.c and postscreen_starttls.c, src/tlsproxy/tlsproxy.c, src/smtpd/smtpd_check.c; seen on
3.5.25, 3.7.11 and 3.10.13.
"""

import re

from tlslint.crypto import groups as groups_of
from tlslint.crypto import libraries, negotiation, openssl
from tlslint.files import Files
from tlslint.model import Certificate, CipherString, How, Known, Origin, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion, spoken
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import ciphers, protocols
from tlslint.parsers.postfix.certificates import Loaded, Pair, absolute, is_missing, leaf, load_chain, load_pairs, trouble_with_authorities
from tlslint.parsers.postfix.defaults import load_order
from tlslint.parsers.postfix.effective import Parameters, Resolved, fault, is_yes

LEVELS = ("none", "may", "encrypt", "fingerprint", "half-dane", "dane", "dane-only", "verify", "secure")
"""tls_level_table in src/tls/tls_level.c, in ascending order; half-dane cannot be configured."""

IN_CLEAR = "mail and logins go on in the clear"
NO_MAIL = "no mail is accepted"


class Failure(Struct):
    """TLS that cannot work. `kind`: `454`, `handshake`, `dropped`, `no banner`, `after starttls`, `not offered`; `text` is for people.

    `origins`: the settings to blame. `rule`: the name of the rule that reports it. `cause`: why, without what follows.
    """

    kind: str
    text: str
    origins: tuple[Origin, ...] = ()
    rule: str = "refused"
    cause: str = ""


class Server(Struct):
    """What one listener does. `failure` None: TLS works, or there is none."""

    mode: Value[TlsMode]
    failure: Failure | None = None
    versions: Value[frozenset[TlsVersion]] = Known(frozenset())
    suites: Value[tuple[Suite, ...]] = Known(())
    groups: Value[tuple[Group, ...] | None] = Known(None)
    server_order: Value[bool | None] = Known(None)
    security_level: Value[int | None] = Known(None)
    session_tickets: Value[bool | None] = Known(None)
    client_certificate: Value[str | None] = Known(None)
    dh_bits: Value[int | None] = Known(None)
    cleartext_login: Value[bool | None] = Known(False)
    certificates: tuple[Certificate, ...] = ()
    loaded: Loaded | None = None
    string: CipherString | None = None
    """The list of the grade, where a line says it."""
    is_enforced: bool = False
    held_back: tuple[negotiation.HeldBack, ...] = ()
    """Versions of the list that only the library refuses."""
    listed_at: Span | None = None
    """Where the list is written; None: a default."""
    used: frozenset[str] = frozenset()
    """Parameters that decided something."""


class Engine(Struct):
    """Whose parameters the TLS engine reads: smtpd_tls_* or tlsproxy_tls_*."""

    parameters: Parameters
    prefix: str

    def get(self, name: str) -> Resolved:
        """`get("protocols")` is smtpd_tls_protocols or tlsproxy_tls_protocols."""
        return self.parameters.get(f"{self.prefix}_tls_{name}")


class Enforcement(Struct):
    """Is TLS offered, is it demanded, does it begin at once? With the settings that say so."""

    use: bool
    enforce: bool
    wrapper: bool
    origins: tuple[Origin, ...]
    fatal: str = ""
    unknown: str = ""
    downgraded: str = ""
    """A level of the client side, which the server takes for `encrypt`."""


def level_lookup(text: str) -> int | None:
    """The rank of a level; None for a word that is none. Case does not matter (name_code without flags)."""
    lower = text.lower()
    return LEVELS.index(lower) if lower in LEVELS and lower != "half-dane" else None


def enforcement(parameters: Parameters, prefix: str, *, has_wrapper: bool = True) -> Enforcement:
    """smtpd_tls_wrappermode, _security_level, smtpd_use_tls and smtpd_enforce_tls, in the order in which they count."""
    wrapper = parameters.get(f"{prefix}_tls_wrappermode") if has_wrapper else None
    if wrapper is not None:
        if wrapper.unknown:
            return Enforcement(False, False, False, wrapper.origins, unknown=wrapper.unknown)
        if is_yes(wrapper):
            return Enforcement(True, True, True, wrapper.origins)
    level = parameters.get(f"{prefix}_tls_security_level")
    if level.unknown:
        return Enforcement(False, False, False, level.origins, unknown=level.unknown)
    if level.text:
        rank = level_lookup(level.text)
        origins = level.origins
        if rank is None or level.text.lower() in ("dane", "dane-only"):
            return Enforcement(
                False, False, False, origins, fatal=f"{readable(level.text)!r} is no TLS level of a server (none, may, encrypt)"
            )
        word = level.text.lower()
        return Enforcement(rank >= 1, rank >= 2, False, origins, downgraded=word if rank > 2 else "")
    if parameters.release < (2, 3) or parameters.release.knows(f"{prefix}_use_tls"):
        use, enforce = parameters.get(f"{prefix}_use_tls"), parameters.get(f"{prefix}_enforce_tls")
        if use.unknown or enforce.unknown:
            return Enforcement(False, False, False, use.origins, unknown=use.unknown or enforce.unknown)
        if is_yes(enforce):
            return Enforcement(True, True, False, enforce.origins)
        if is_yes(use):
            return Enforcement(True, False, False, use.origins)
    return Enforcement(False, False, False, level.origins)


def stops(parameters: Parameters, daemon: str) -> tuple[Resolved, str] | None:
    """The first parameter at which the daemon stops, and why; None when it runs."""
    names = load_order(daemon)
    for name in sorted({*parameters.main, *parameters.overrides} & names.keys(), key=names.__getitem__):
        if not parameters.release.knows(name):
            continue
        value = parameters.get(name)
        why = fault(value, parameters.release)
        if why:
            return value, why
    return None


def smtpd(parameters: Parameters, build: str | None, files: Files) -> Server:
    """A listener of smtpd, or what smtpd does with connections that postscreen passes on."""
    stop = stops(parameters, "smtpd")
    if stop is not None:
        value, why = stop
        return _dead(f"smtpd stops before its greeting: {value.name}: {why}", value.origins)
    policy = _relay_policy(parameters)
    if policy is not None:
        return _dead(*policy)
    state = enforcement(parameters, "smtpd")
    if state.fatal:
        return _dead(f"smtpd stops before its greeting: {state.fatal}", state.origins)
    if state.unknown:
        return Server(Unknown(state.unknown, state.origins), versions=Unknown(state.unknown, state.origins, frozenset()),
                      suites=Unknown(state.unknown, state.origins, ()), cleartext_login=_login_unknown(parameters))  # fmt: skip
    login = _logins(parameters, state)
    if isinstance(login, Failure) and login.kind == "no banner":
        return _dead(login.text, login.origins)
    hidden = _starttls_hidden(parameters, "smtpd_discard_ehlo_keywords")
    if not state.use or (hidden and not state.wrapper and not state.enforce):
        return Server(Known(TlsMode.NONE, state.origins), cleartext_login=login if not isinstance(login, Failure) else Known(False))
    mode = TlsMode.IMPLICIT if state.wrapper else TlsMode.STARTTLS_REQUIRED if state.enforce else TlsMode.STARTTLS
    server = engine(Engine(parameters, "smtpd"), state, build, files, mode)
    server = server._replace(cleartext_login=Known(False, login.origins) if isinstance(login, Failure) else login)
    if hidden and state.enforce and not state.wrapper:
        text = f"STARTTLS is demanded and never announced (smtpd_discard_ehlo_keywords): {NO_MAIL}"
        origins = parameters.get("smtpd_discard_ehlo_keywords").origins
        return _broken(server, Failure("not offered", text, origins, "means-something-else", text.partition(":")[0]))
    if isinstance(login, Failure) and server.failure is None:
        return _broken(server, login)
    return server


def postscreen(parameters: Parameters, proxy: Parameters | None, build: str | None, files: Files) -> Server:
    """What strangers meet on a port that postscreen guards: its own SMTP engine, with tlsproxy behind STARTTLS. It announces no AUTH."""
    stop = stops(parameters, "postscreen")
    if stop is not None:
        return _dead(f"postscreen stops before its greeting: {stop[0].name}: {stop[1]}", stop[0].origins)
    state = enforcement(parameters, "postscreen", has_wrapper=False)
    if state.fatal:
        return _dead(f"postscreen stops before its greeting: {state.fatal}", state.origins)
    if state.unknown:
        return Server(Unknown(state.unknown, state.origins), versions=Unknown(state.unknown, state.origins, frozenset()),
                      suites=Unknown(state.unknown, state.origins, ()))  # fmt: skip
    hidden = _starttls_hidden(parameters, "postscreen_discard_ehlo_keywords")
    if not state.use or hidden:
        return Server(Known(TlsMode.NONE, state.origins))
    mode = TlsMode.STARTTLS_REQUIRED if state.enforce else TlsMode.STARTTLS
    if proxy is None:
        text = f"STARTTLS is answered 454 because master.cf has no tlsproxy service: {_then(mode)}"
        return _broken(Server(Known(mode, state.origins), is_enforced=state.enforce), Failure("454", text, state.origins))
    behind = enforcement(proxy, "tlsproxy", has_wrapper=False)
    stop = stops(proxy, "tlsproxy")
    if stop is not None or behind.fatal or not (behind.use or behind.unknown):
        why = f"{stop[0].name}: {stop[1]}" if stop else behind.fatal or "TLS is off in tlsproxy (tlsproxy_tls_security_level)"
        text = f"STARTTLS is answered 454 because tlsproxy does not work: {why}; {_then(mode)}"
        return _broken(Server(Known(mode, state.origins), is_enforced=state.enforce),
                       Failure("454", text, stop[0].origins if stop else behind.origins))  # fmt: skip
    # postscreen asks tlsproxy for a server role; the set for mandatory TLS counts when tlsproxy's own level demands it
    server = engine(Engine(proxy, "tlsproxy"), behind, build, files, mode)
    return server._replace(mode=Known(mode, state.origins), is_enforced=state.enforce)


def _dead(text: str, origins: tuple[Origin, ...]) -> Server:
    return Server(
        Unknown(text, origins),
        Failure("no banner", f"{text}; the port is open and {NO_MAIL}", origins),
        cleartext_login=Known(False, origins),
    )


def _broken(server: Server, failure: Failure) -> Server:
    # Versions that are gone for another reason than their own list have nobody to blame.
    origins = failure.origins if failure.rule == "no-version-left" and failure.kind == "handshake" else ()
    return server._replace(
        failure=failure,
        versions=Known(frozenset(), origins),
        suites=Known((), origins),
        groups=Known(()),
        server_order=Known(None),
    )


def _then(mode: TlsMode) -> str:
    return {TlsMode.STARTTLS: IN_CLEAR, TlsMode.STARTTLS_REQUIRED: NO_MAIL}.get(mode, "nobody can connect")


def engine(source: Engine, state: Enforcement, build: str | None, files: Files, mode: TlsMode) -> Server:
    """The TLS engine of smtpd or tlsproxy: certificates, protocol list, cipher string, client certificates."""
    parameters = source.parameters
    # like "mandatory" in the names of parameters: counts where TLS is demanded
    which = "mandatory_" if state.enforce else ""
    server = Server(Known(mode, state.origins), is_enforced=state.enforce)
    ask, request = source.get("ask_ccert"), source.get("req_ccert")
    requires = bool(state.enforce and is_yes(request))
    asks = bool(is_yes(ask)) or requires
    client = "required" if requires else "optional" if asks else "none"
    origins = request.origins if requires else ask.origins
    server = server._replace(client_certificate=Unknown(ask.unknown, origins) if ask.unknown else Known(client, origins))

    certificate = _certificates(source, asks, files)
    if isinstance(certificate, Failure):
        return _broken(server, _off(certificate, mode))
    server = server._replace(certificates=certificate.certificates, loaded=certificate)
    listed = source.get(f"{which}protocols")
    if listed.unknown or listed.error:
        reason = listed.unknown or listed.error
        return server._replace(versions=Unknown(reason, listed.origins, frozenset()), suites=Unknown(reason, listed.origins, ()))
    parsed = protocols.parse(listed.text, parameters.release)
    if parsed.invalid is not None:
        text = f"{listed.name} is refused as a whole because of {readable(parsed.invalid.text)!r}"
        return _broken(server, _off(Failure("454", text, listed.origins, "no-version-left"), mode))
    trouble = _authorities(source, files) or _digest(source)
    if trouble is not None:
        return _broken(server, _off(trouble, mode))
    return _negotiated(source, state, build, files, server, listed, parsed, certificate, mode, asks=asks, requires=requires)


def _negotiated(
    source: Engine,
    state: Enforcement,
    build: str | None,
    files: Files,
    server: Server,
    listed: Resolved,
    parsed: protocols.Protocols,
    certificate: Loaded,
    mode: TlsMode,
    *,
    asks: bool,
    requires: bool,
) -> Server:
    """Ciphers, and what handshakes come of everything."""
    parameters = source.parameters
    which = "mandatory_" if state.enforce else ""
    grade = source.get(f"{which}ciphers")
    exclusions = [source.get("exclude_ciphers")]
    if state.enforce:
        exclusions.append(source.get("mandatory_exclude_ciphers"))
    cipher_origins = (*grade.origins, *(origin for item in exclusions if item.is_set for origin in item.origins))
    unknown = next((item.unknown or item.error for item in (grade, *exclusions) if item.unknown or item.error), "")
    parameter = ciphers.list_parameter(grade.text, parameters.release)
    base = parameters.get(parameter) if parameter else None
    if base is not None:
        cipher_origins += base.origins if base.is_set else ()
        unknown = unknown or base.unknown or base.error
    if unknown or build is None:
        reason = unknown or "nothing is known about this TLS library"
        return server._replace(
            versions=Unknown(reason, listed.origins, parsed.versions)
            if build is None
            else Known(parsed.versions & libraries.build(build).versions, listed.origins),
            suites=Unknown(reason, cipher_origins, ()),
            server_order=_order(parameters),
        )
    choice = ciphers.choose(
        grade.text, base.text if base else "", (*(item.text for item in exclusions), *(["aNULL"] if asks else [])), parameters.release
    )
    if choice.error:
        named = grade if choice.fault_in == "grade" else next(item for item in exclusions if choice.wrong in item.text)
        return _broken(server, _every_handshake(f"{named.name}: {readable(choice.error)}", mode, named.origins))
    if base is not None and base.setting is not None and base.setting.value_span.text == readable(base.text):
        string_at = base.setting.value_span
        server = server._replace(string=CipherString(readable(base.text), build, string_at, choice.string, base.name))
    string = openssl.evaluate(choice.string, build)
    if not string.accepted:
        text = f"OpenSSL refuses the cipher string {readable(choice.string)!r} ({string.error})"
        blamed = next((item.origins for item in (base, *exclusions) if item is not None and item.is_set), cipher_origins)
        return _broken(server, _every_handshake(text, mode, blamed))
    level = string.security_level if string.sets_level else 0
    if requires:
        level = 1  # tls_server_start(): 80 bits and more when the peer must prove who it is
    keys = None
    if certificate.keys_known:
        keys = tuple(negotiation.Key(str(item.key_type), item.key_bits) for item in certificate.certificates)
    offered, group_note = _groups(parameters, build)
    dh, dh_origins, dh_unseen = _dh(source, files)
    offer = negotiation.negotiable(
        negotiation.OpenSslServer(
            build,
            string._replace(security_level=level, sets_level=False),
            versions=parsed.versions,
            security_level=level,
            keys=keys,
            groups=offered,
            dh=dh,
            server_order=bool(is_yes(parameters.get("tls_preempt_cipherlist"))),
        )
    )
    server = server._replace(
        versions=Known(offer.versions, listed.origins),
        suites=Known(offer.suites, cipher_origins),
        groups=Known(offer.groups, group_note),
        server_order=_order(parameters),
        security_level=Known(level),
        session_tickets=_tickets(parameters, source.prefix),
        certificates=_presented(certificate.certificates, offer.suites),
        dh_bits=Unknown(dh_unseen, dh_origins) if dh_unseen else _dh_bits(dh, dh_origins, offer, keys, build),
        held_back=offer.held_back,
        listed_at=listed.setting.value_span if listed.setting is not None else None,
    )
    if not offer.versions:
        return _broken(server, _no_handshake(listed, parsed, mode, certificate, build, cipher_origins))
    return server


def _every_handshake(cause: str, mode: TlsMode, origins: tuple[Origin, ...], rule: str = "no-cipher-left") -> Failure:
    return Failure("handshake", f"every handshake fails: {cause}; {_then(mode)}", origins, rule, cause)


def _no_handshake(
    listed: Resolved, parsed: protocols.Protocols, mode: TlsMode, loaded: Loaded, build: str, ciphers_at: tuple[Origin, ...]
) -> Failure:
    if not parsed.versions:
        return _every_handshake(f"{listed.name} leaves no version of TLS", mode, listed.origins, "no-version-left")
    if not parsed.versions & libraries.build(build).versions:
        left = spoken(parsed.versions)
        return _every_handshake(f"{listed.name} leaves {left}, which this OpenSSL does not speak", mode, listed.origins, "no-version-left")
    if loaded.missing:
        return _every_handshake(f"{loaded.missing}, and anonymous suites are excluded", mode, _written(loaded.at), "certificate-missing")
    return _every_handshake("no suite can be agreed on with these versions, ciphers and certificates", mode, ciphers_at)


def _written(span: Span | None) -> tuple[Origin, ...]:
    return (Origin(How.WRITTEN, span),) if span is not None else ()


def _presented(certificates: tuple[Certificate, ...], suites: tuple[Suite, ...]) -> tuple[Certificate, ...]:
    """Certificates that a suite on offer can make use of."""
    if any(suite.is_tls13 for suite in suites):
        return certificates
    used = {suite.authentication for suite in suites} | {suite.key_exchange for suite in suites}
    return tuple(
        item
        for item in certificates
        if item.key_type is None or item.key_type in used or (item.key_type.startswith("Ed") and "ECDSA" in used)
    )


def _off(failure: Failure, mode: TlsMode) -> Failure:
    """TLS switched off at start: STARTTLS still stands in the greeting, implicit TLS drops the connection."""
    if mode is TlsMode.IMPLICIT:
        kind, text = "dropped", f"the connection is dropped at once: {failure.text}"
    else:
        kind, text = "454", f"STARTTLS is answered 454 (TLS not available): {failure.text}; {_then(mode)}"
    return failure._replace(kind=kind, text=text, cause=failure.text)


def _certificates(source: Engine, asks: bool, files: Files) -> Loaded | Failure:
    chain, rsa, dsa, ec = (source.get(name) for name in ("chain_files", "cert_file", "dcert_file", "eccert_file"))
    for value in (chain, rsa, dsa, ec):
        if value.unknown or value.error:
            return Loaded((), keys_known=False, at=value.setting.span if value.setting else None)
    queue = source.parameters.get("queue_directory").text or "/var/spool/postfix"
    is_none = rsa.text.lower() == "none"
    if chain.text:
        loaded = load_chain(chain.text, _span(chain), files, queue)
        return Failure("454", loaded.error, chain.origins, "certificate-missing") if loaded.error else _completed(loaded, source)
    named = [value for value in (rsa, dsa, ec) if value.text and not (value is rsa and is_none)]
    if not named:
        if is_none and not asks:
            return Loaded((), anonymous=True)
        text = (
            "a client certificate is asked for, which needs a certificate of one's own"
            if is_none
            else (f"no certificate is configured ({source.prefix}_tls_chain_files or {source.prefix}_tls_cert_file)")
        )
        return Failure("454", text, rsa.origins if rsa.is_set else (), "certificate-missing")
    pairs = []
    for value in named:
        key = source.get(value.name.removeprefix(f"{source.prefix}_tls_").replace("cert_file", "key_file"))
        if key.unknown:
            return Loaded((), keys_known=False, at=_span(value))
        pair = Pair(absolute(value.text, queue), absolute(key.text, queue), _span(value))
        theirs = _owner(source, value, key, pair, files)
        if theirs:
            text = f"{pair.certificate} is used with the private key {pair.key}, which belongs to {theirs}"
            return Failure("454", text, (*value.origins, KEY_FITS), "certificate-missing")
        pairs.append(pair)
    loaded = load_pairs(tuple(pairs), files)
    return Failure("454", loaded.error, _blame(named, loaded.at), "certificate-missing") if loaded.error else _completed(loaded, source)


KEY_FITS = Origin(How.ASSUMED, None, "a private key fits the certificate that is set beside it: no key is opened")


def _owner(source: Engine, value: Resolved, key: Resolved, pair: Pair, files: Files) -> str:
    """The certificate of main.cf to which the key of an option's certificate belongs, because the option has no key beside it.

    Told by the public keys of the two certificates; "" where they are one, or cannot be seen.
    """
    here = source.parameters
    if value.name not in here.overrides or key.name in here.overrides or value.name not in here.main or key.setting is None:
        return ""
    main = Parameters(here.release, here.main, {}, here.daemon, pseudo=here.pseudo)
    queue = here.get("queue_directory").text or "/var/spool/postfix"
    other = absolute(main.text(value.name), queue)
    mine, theirs = leaf(pair.certificate, files), leaf(other, files)
    if mine is None or theirs is None or mine.spki_sha256 == theirs.spki_sha256 or main.text(key.name) != key.text:
        return ""
    return other


def _completed(loaded: Loaded, source: Engine) -> Loaded:
    """Trust anchors also complete a chain of one certificate; what they hold is not looked at here (ssl_add_cert_chain() of OpenSSL)."""
    anchors = [source.get("CAfile"), source.get("CApath"), source.parameters.get("tls_append_default_CA")]
    if any(anchor.unknown for anchor in anchors) or anchors[0].text or anchors[1].text or is_yes(anchors[2]):
        return loaded
    return loaded._replace(certificates=tuple(item._replace(known_issuers=()) for item in loaded.certificates))


def _blame(values: list[Resolved], span: Span | None) -> tuple[Origin, ...]:
    return next((value.origins for value in values if _span(value) == span), values[0].origins)


def _span(value: Resolved) -> Span | None:
    return value.setting.span if value.setting else None


def _authorities(source: Engine, files: Files) -> Failure | None:
    """smtpd_tls_CAfile that cannot be loaded switches TLS off; a missing CApath is harmless (seen on all three releases)."""
    value = source.get("CAfile")
    if not value.text or value.unknown:
        return None
    why = trouble_with_authorities(absolute(value.text, source.parameters.get("queue_directory").text or "/var/spool/postfix"), files)
    return Failure("454", f"{value.name}: {why}", value.origins, "certificate-missing") if why else None


DIGESTS = frozenset(
    {"md5", "sha1", "sha", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224", "sha3-256", "sha3-384",
     "sha3-512", "ripemd160", "rmd160", "ripemd", "blake2b512", "blake2s256", "md5-sha1", "shake128", "shake256", "sm3", "md4", "mdc2",
     "whirlpool", "rsa-sha256", "sha-1", "sha2-224", "sha2-256", "sha2-384", "sha2-512", "sha-224", "sha-256", "sha-384", "sha-512",
     "ssl3-md5", "ssl3-sha1"}
)  # fmt: skip


def _digest(source: Engine) -> Failure | None:
    """tls_validate_digest(): a name OpenSSL does not know switches TLS off."""
    value = source.get("fingerprint_digest")
    if not value.is_set or value.unknown or value.text.lower() in DIGESTS:
        return None
    return Failure("454", f"{value.name}: {readable(value.text)!r} is no digest OpenSSL knows", value.origins)


def _dh(source: Engine, files: Files) -> tuple[negotiation.Dh | int, tuple[Origin, ...], str]:
    """smtpd_tls_dh1024_param_file; without it, and where it holds none, what is built in (tls_dh.c).

    That is 1024 bits, 2048 since 3.1, and since 3.7 what goes with the certificate's key, which `auto` means too (seen on 3.7.11).
    """
    release = source.parameters.release
    built_in: negotiation.Dh | int = negotiation.Dh.AUTO if release >= (3, 7) else 2048 if release >= (3, 1) else 1024
    value = source.get("dh1024_param_file")
    if not value.text or value.unknown or (value.text.lower() == "auto" and release >= (3, 7)):
        return built_in, value.origins if value.is_set else (), value.unknown
    from tlslint.crypto import certificates  # noqa: PLC0415
    from tlslint.files.door import FileProblem  # noqa: PLC0415

    path = absolute(value.text, "/var/spool/postfix")
    try:
        bits = certificates.dh_bits(files.read(path).data)
    except FileProblem:
        if not is_missing(path, files):
            return built_in, value.origins, f"{path} was not seen"
        bits = None
    return bits or built_in, value.origins, ""


def _dh_bits(
    dh: negotiation.Dh | int, origins: tuple[Origin, ...], offer: negotiation.Offer, keys: tuple[negotiation.Key, ...] | None, build: str
) -> Value[int | None]:
    """The size of the group that clients of DHE suites get."""
    if not any(suite.key_exchange == "DHE" for suite in offer.suites):
        return Known(None)
    if isinstance(dh, int):
        return Known(dh, origins or (Origin(How.DEFAULT, None, f"built into Postfix: {dh} bits"),))
    if keys is None:
        return Unknown("the size of the certificate's key is not known", origins)
    size = negotiation.auto_dh_bits(keys, build, offer.security_level)
    return Known(size, origins or (Origin(How.DEFAULT, None, "chosen to go with the certificate's key"),))


def _groups(parameters: Parameters, build: str) -> tuple[tuple[Group, ...] | None, tuple[Origin, ...]]:
    """tls_eecdh_auto_curves and, since 3.8, tls_ffdhe_auto_groups (tls_dh.c)."""
    curves, fields = parameters.get("tls_eecdh_auto_curves"), parameters.get("tls_ffdhe_auto_groups")
    origins = (*(curves.origins if curves.is_set else ()), *(fields.origins if fields.is_set else ()))
    if curves.unknown or fields.unknown or not parameters.release.knows("tls_eecdh_auto_curves"):
        return None, origins
    if parameters.release < (3, 8):
        known = _known_groups(curves.text, build)
        return known or None, origins  # "using default ECDHE curves" when nothing is left
    field_text = fields.text if libraries.build(build).branch >= (3, 0) else ""
    if not curves.text and not field_text:
        return None, origins
    if "?" in curves.text or "DEFAULT" in curves.text or ":" in curves.text or "/" in curves.text:
        listed = groups_of.evaluate(":".join(filter(None, [curves.text.replace(" ", ":"), field_text.replace(" ", ":")])), build)
        return (listed.groups if listed.accepted else None), origins
    known = (*_known_groups(curves.text, build), *_known_groups(field_text, build))
    if known:
        return known, origins
    release = parameters.release
    known = (
        *_known_groups(release.default("tls_eecdh_auto_curves") or "", build),
        *_known_groups(release.default("tls_ffdhe_auto_groups") or "", build),
    )
    return known or None, origins


def _known_groups(text: str, build: str) -> tuple[Group, ...]:
    """Words this build knows; the others are skipped with a warning."""
    found: list[Group] = []
    for word in re.split(r"[, \t\r\n]+", text):
        listed = groups_of.evaluate(word, build) if word else None
        if listed is not None and listed.accepted:
            found += [group for group in listed.groups if group not in found]
    return tuple(found)


def _order(parameters: Parameters) -> Value[bool | None]:
    value = parameters.get("tls_preempt_cipherlist")
    if value.unknown or value.error:
        return Unknown(value.unknown or value.error, value.origins)
    return Known(bool(is_yes(value)), value.origins)


def _tickets(parameters: Parameters, prefix: str) -> Value[bool | None]:
    """tls_server_init(): tickets need tlsmgr's cache time and a cipher, and NO_TICKET switches them off.

    tlsmgr reads main.cf: a time among the options of the listener does nothing (seen on 3.7.11).
    """
    cipher, options = parameters.get("tls_session_ticket_cipher"), parameters.get("tls_ssl_options")
    timeout = parameters.in_main(f"{prefix}_tls_session_cache_timeout")
    for value in (cipher, options, timeout):
        if value.unknown or value.error:
            return Unknown(value.unknown or value.error, value.origins)
    if re.search(r"(?i)(?:^|[\s,])NO_TICKET(?:$|[\s,])", options.text):
        return Known(False, options.origins)
    if parameters.release.knows("tls_session_ticket_cipher") and not cipher.text:
        return Known(False, cipher.origins)
    if timeout.text and re.fullmatch(r"0+[a-zA-Z]?", timeout.text):
        return Known(False, timeout.origins)
    return Known(True, cipher.origins)


def _starttls_hidden(parameters: Parameters, name: str) -> bool:
    value = parameters.get(name)
    return any(word.lower() == "starttls" for word in re.split(r"[, \t\r\n]+", value.text))


_FINAL = frozenset({"reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit", "check_relay_domains"})


def _relay_policy(parameters: Parameters) -> tuple[str, tuple[Origin, ...]] | None:
    """smtpd_check_init(): without a rule against relaying smtpd does not run; compatibility_level 0 has none by default."""
    relay, recipient = parameters.get("smtpd_relay_restrictions"), parameters.get("smtpd_recipient_restrictions")
    if relay.unknown or recipient.unknown or relay.error or recipient.error:
        return None
    words = {word.lower() for word in re.split(r"[, \t\r\n]+", f"{relay.text} {recipient.text}")}
    if words & _FINAL or "{" in relay.text + recipient.text or not parameters.release >= (2, 10):
        return None
    level = parameters.get("compatibility_level")
    hint = "" if level.is_set else " (compatibility_level is not set, so the default of smtpd_relay_restrictions is empty)"
    text = f"smtpd stops before its greeting: neither smtpd_relay_restrictions nor smtpd_recipient_restrictions forbids relaying{hint}"
    origins = relay.origins if relay.is_set else recipient.origins if recipient.is_set else level.origins if level.is_set else ()
    return text, origins


def _login_unknown(parameters: Parameters) -> Value[bool | None]:
    sasl = parameters.get("smtpd_sasl_auth_enable")
    if sasl.unknown:
        return Unknown(sasl.unknown, sasl.origins)
    if not is_yes(sasl):
        return Known(False, sasl.origins)
    only = parameters.get("smtpd_tls_auth_only")
    if is_yes(only):
        return Known(False, only.origins)
    return Unknown("whether TLS is demanded is not known", sasl.origins)


_OPTIONS = frozenset({"noanonymous", "noplaintext", "noactive", "nodictionary", "forward_secrecy", "mutual_auth"})
ASSUMED_MECHANISMS = ("PLAIN", "LOGIN")
_BACKEND = Origin(How.ASSUMED, None, "the SASL service offers PLAIN and LOGIN only, as Dovecot does unless told otherwise")


def _logins(parameters: Parameters, state: Enforcement) -> Value[bool | None] | Failure:
    """Is a password looked at before TLS? A `Failure` where smtpd finds itself without any mechanism and stops (smtpd_sasl_glue.c)."""
    sasl = parameters.get("smtpd_sasl_auth_enable")
    if sasl.unknown:
        return Unknown(sasl.unknown, sasl.origins)
    if not is_yes(sasl):
        return Known(False, sasl.origins)
    only = parameters.get("smtpd_tls_auth_only")
    if only.unknown and not state.enforce:
        return Unknown(only.unknown, only.origins)
    protected = state.enforce or bool(is_yes(only))
    clear, tls = parameters.get("smtpd_sasl_security_options"), parameters.get("smtpd_sasl_tls_security_options")
    for value in (clear, tls):
        if value.unknown or value.error:
            return Unknown(value.unknown or value.error, value.origins)
    wrong = next((value for value in (clear, tls) if not _words(value.text) <= _OPTIONS), None)
    mechanisms = _filtered(parameters)
    plain_in_clear = "noplaintext" not in _words(clear.text) and mechanisms
    plain_in_tls = "noplaintext" not in _words(tls.text) and mechanisms
    if not protected:
        # before TLS a session initialises SASL with the options for clear text
        if wrong is clear:
            return Failure("no banner", f"smtpd stops before its greeting: {clear.name} has a word it does not know", clear.origins)
        if not plain_in_clear:
            text = "smtpd stops before its greeting: no mechanism is left for logins (no SASL authentication mechanisms)"
            return Failure("no banner", text, (*clear.origins, _BACKEND))
    elif state.use:
        if wrong is tls:
            return Failure(_when(state), f"{_stops(state)}: {tls.name} has a word it does not know", tls.origins)
        if not plain_in_tls:
            text = f"{_stops(state)}: no mechanism is left for logins (no SASL authentication mechanisms)"
            return Failure(_when(state), text, (*tls.origins, *clear.origins, _BACKEND))
    if protected:
        return Known(False, state.origins if state.enforce else only.origins)
    if any(word.lower() == "auth" for word in _words(parameters.get("smtpd_discard_ehlo_keywords").text)):
        return Known(False, parameters.get("smtpd_discard_ehlo_keywords").origins)
    return Known(True, (*sasl.origins, *(only.origins if only.is_set else ()), *state.origins))


def _when(state: Enforcement) -> str:
    return "dropped" if state.wrapper else "after starttls"


def _stops(state: Enforcement) -> str:
    return "smtpd stops after the handshake" if state.wrapper else "smtpd stops after STARTTLS"


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.split(r"[, \t\r\n]+", text) if word}


def _filtered(parameters: Parameters) -> tuple[str, ...]:
    """Mechanisms of the service that smtpd_sasl_mechanism_filter (3.6) lets through: `!name` excludes, `static:` matches all."""
    value = parameters.get("smtpd_sasl_mechanism_filter")
    if not value.text or value.unknown or not parameters.release.knows("smtpd_sasl_mechanism_filter"):
        return ASSUMED_MECHANISMS
    left = []
    for mechanism in ASSUMED_MECHANISMS:
        for word in re.split(r"[, \t\r\n]+", value.text):
            bare = word.lstrip("!")
            if bare.lower() == mechanism.lower() or bare.startswith("static:"):
                if (len(word) - len(bare)) % 2 == 0:
                    left.append(mechanism)
                break
    return tuple(left)
