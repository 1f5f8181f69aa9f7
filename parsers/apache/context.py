"""The TLS context of one server (an SSL_CTX): mod_ssl's settings after the merge, then OpenSSL's own commands, and what httpd refuses.

Sources: modules/ssl/ssl_engine_init.c (ssl_init_Module, ssl_init_ctx_*, ssl_init_server_ctx) and ssl_engine_config.c of httpd 2.4; by tag
where versions differ; the runs behind tests/data/live.
"""

from functools import lru_cache

from tlslint.crypto import openssl
from tlslint.crypto.negotiation import Dh, Key
from tlslint.model import How, Origin, Span
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.parsers.apache import certificates, confcmd, mends, protocol
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.protocol import Range
from tlslint.parsers.apache.scopes import NOTHING, Entry, Pick, RefusedError, Scope, by_default, last, merged
from tlslint.parsers.apache.settings import SUFFIX, Ciphers, suffixed
from tlslint.parsers.apache.vhosts import Server

DEFAULT_LIST = "DEFAULT"
"""SSL_DEFAULT_CIPHER_LIST, when no SSLCipherSuite is set; the suffix is added all the same."""


class Engine(Struct):
    """Is TLS on for a server? `on` None: not known, `reason` says why."""

    on: bool | None
    origins: tuple[Origin, ...]
    reason: str = ""
    optional: bool = False


class Bit(Struct):
    """One SSL_OP_… option: is it set, where from, and why that may not be known."""

    on: bool
    origins: tuple[Origin, ...]
    reason: str = ""


class TlsContext:
    """One server's context, ready for handshakes. `refused`: what keeps httpd from starting."""

    __slots__ = (
        "bits",
        "certificate_slots",
        "ciphers",
        "ciphers_origins",
        "ciphers_reason",
        "dh",
        "dh_origins",
        "doubt",
        "groups",
        "groups_origins",
        "hindrance",
        "protocol_is_set",
        "protocol_origins",
        "protocol_reason",
        "protocol_words",
        "range",
        "refused",
        "server",
        "signature_algorithms",
        "stapling",
        "tls13_reason",
        "verify",
    )

    def __init__(self, server: Server, version_range: Range) -> None:
        self.server = server
        self.range = version_range
        self.protocol_is_set = False
        self.protocol_words = NOTHING
        self.protocol_origins: tuple[Origin, ...] = ()
        self.protocol_reason = ""
        self.bits: dict[str, Bit] = {}
        self.ciphers: openssl.CipherList | None = None
        self.ciphers_origins: tuple[Origin, ...] = ()
        self.ciphers_reason = ""
        self.tls13_reason = ""
        """Why the list for TLS 1.3, which is set apart from the other, is not known."""
        self.certificate_slots = certificates.NONE
        self.groups: tuple[Group, ...] | None = None
        self.groups_origins: tuple[Origin, ...] = ()
        self.signature_algorithms: tuple[str, ...] | None = None
        self.dh: Dh | int = Dh.AUTO
        self.dh_origins: tuple[Origin, ...] = ()
        self.verify = NOTHING
        self.stapling = NOTHING
        self.hindrance: str | None = None
        """What lets every connection fail that begins with this context; worked out once (handshake.py)."""
        self.doubt = ""
        """Why OpenSSL's own commands are not all known."""
        self.refused: list[RefusedError] = []

    @property
    def keys(self) -> tuple[Key, ...] | None:
        """Keys of the certificates; None: not known."""
        return self.certificate_slots.keys


def engine(server: Server, software: Software) -> Engine:
    """SSLEngine after the merge, or TLS switched on by itself where the protocol is https (ssl_init_Module)."""
    main, scope = server.main, server.scope
    pick = merged(main, scope, "sslengine")
    if pick.reason and not scope.is_main and not last(scope, "sslengine").reason and all(one.port == 80 for one in server.addresses):
        return Engine(False, (Origin(How.ASSUMED, None, "port 80, and nothing seen here switches TLS on"),))
    if pick.reason:
        return Engine(None, pick.origins(), pick.reason)
    if pick.is_set:
        if pick.value == "optional":
            note = (
                "no longer supported: counts as off"
                if software.httpd >= (2, 4, 64)
                else "plain HTTP with an upgrade nobody uses (RFC 2817)"
            )
            return Engine(False, (Origin(How.WRITTEN, pick.entry.span if pick.entry else None, note),), optional=True)
        return Engine(pick.value == "on", pick.origins())
    entries, reason = certificates.merge(main, scope, "sslcertificatefile")
    if server.protocol == "https" and software.httpd >= (2, 4, 10):
        if entries or software.httpd < (2, 4, 34):
            origins: tuple[Origin, ...] = (Origin(How.DEFAULT, None, "on by itself: the port speaks https and there is a certificate"),)
            if entries:
                origins += (Origin(How.WRITTEN, entries[0].span, "the certificate that switches TLS on"),)
            return Engine(True, origins)
        if reason:
            return Engine(None, (), reason)
    return Engine(False, (Origin(How.DEFAULT, None, "SSLEngine is off unless it is switched on"),))


def build(server: Server, software: Software, reader: certificates.Reader, main_stapling_cache: bool, *, managed: bool) -> TlsContext:
    """Put a server's context together as httpd does at start. `managed`: mod_md supplies a certificate."""
    main, scope = server.main, server.scope
    name = software.name
    pick = merged(main, scope, "sslprotocol")
    versions = pick.value.versions if pick.is_set and pick.value is not None else protocol.default(software)
    by_policy = f"SSLProtocol is not set, and {name} leaves it to the system's policy"
    default = by_policy if software.system_minimum else f"default of {name}: {'all' if software.httpd < (2, 4, 17) else 'all -SSLv3'}"
    found = TlsContext(server, protocol.told(versions, software) if versions else Range(None, None, software.versions))
    found.protocol_words = pick
    found.protocol_is_set = pick.is_set
    found.protocol_reason = pick.reason
    found.protocol_origins = pick.origins(default)
    if not versions and not pick.reason and pick.entry is not None:
        found.refused.append(
            RefusedError(
                "this leaves no version at all, so httpd does not start: begin with all, or put + before what is wanted",
                pick.entry.span,
                "no version left",
            )
        )
    _options(found, main, scope, software)
    _ciphers(found, main, scope, software, reader)
    level = _level(found, software)
    slots = certificates.slots(main, scope, reader)
    refused_already = "sslcertificatefile" in main.refused | scope.refused
    if refused_already and not slots.held:  # told where it stands: its key is as little known as that of a file that was not read
        slots = slots._replace(unread=slots.unread or "httpd refuses its SSLCertificateFile")
    elif managed and not slots.held and not slots.reason:
        slots = slots._replace(unread="mod_md supplies its certificate")
    found.certificate_slots = slots
    found.refused.extend(certificates.faults(main, scope, slots, software, level))
    _dh(found, software)
    has_certificate = _commands(found, main, scope, software, reader) or bool(slots.held or slots.reason) or managed
    if not has_certificate and not refused_already:
        found.refused.append(_no_certificate(server))
    _client_certificates(found, main, scope, reader)
    _ticket_key(found, main, scope, reader)
    _stapling(found, main, scope, cache=main_stapling_cache, managed=managed)
    return found


def _level(found: TlsContext, software: Software) -> int | None:
    ciphers = found.ciphers
    return ciphers.security_level if ciphers is not None and ciphers.sets_level else software.level


def _no_certificate(server: Server) -> RefusedError:
    switch = merged(server.main, server.scope, "sslengine").entry
    where = "the server outside all virtual hosts" if server.is_main else (server.names[0] if server.names else "this virtual host")
    message = f"TLS is on and {where} has no SSLCertificateFile, so httpd does not start"
    if switch is not None and not server.is_main and switch in server.main.of("sslengine"):
        message += ": SSLEngine outside all virtual hosts counts for every one of them"
    at = switch.span if switch is not None else server.scope.section.args_span
    return RefusedError(message, at, rule="certificate-missing")


def _bit(pick: Pick, *, on: bool, default: str) -> Bit:
    return _unset(default, on=on) if pick is NOTHING else Bit(on, pick.origins(default), pick.reason)


@lru_cache(maxsize=64)
def _unset(default: str, *, on: bool) -> Bit:
    """The option of every server that says nothing about it: one and the same."""
    return Bit(on, by_default(default))


def _options(found: TlsContext, main: Scope, scope: Scope, software: Software) -> None:
    name = software.name
    honor = merged(main, scope, "sslhonorcipherorder")
    found.bits["SERVER_PREFERENCE"] = _bit(honor, on=bool(honor.value), default=f"default of {name}: off")
    tickets = merged(main, scope, "sslsessiontickets")
    found.bits["NO_TICKET"] = _bit(tickets, on=tickets.value is False, default=f"default of {name}: on")
    legacy = merged(main, scope, "sslinsecurerenegotiation")
    found.bits["UNSAFE_LEGACY_RENEGOTIATION"] = _bit(legacy, on=bool(legacy.value), default=f"default of {name}: off")
    compression = merged(main, scope, "sslcompression")
    # OpenSSL 1.1.0 and later sets NO_COMPRESSION in every new context, and mod_ssl only ever sets it (seen on Debian 13); builds before
    # have no compression methods (`can_compress`).
    found.bits["NO_COMPRESSION"] = _bit(compression, on=True, default=f"default of {name}: off")


def _ciphers(found: TlsContext, main: Scope, scope: Scope, software: Software, reader: certificates.Reader) -> None:
    pick, tls13 = merged(main, scope, "sslciphersuite"), merged(main, scope, "sslciphersuite tlsv1.3")
    found.ciphers_reason, found.tls13_reason = pick.reason, tls13.reason
    found.ciphers_origins = pick.origins(f"default of {software.name}: {DEFAULT_LIST}{SUFFIX}") + tls13.origins()
    written: Ciphers | None = pick.value if not pick.reason else None
    written13: Ciphers | None = tls13.value if not tls13.reason else None
    string = written.string if written is not None else suffixed(DEFAULT_LIST, software)
    if software.build is None:
        found.ciphers_reason = found.ciphers_reason or "the TLS library is not known"
        return
    string, unseen = of_distribution(string, software, reader)
    found.ciphers_reason = found.ciphers_reason or unseen
    found.ciphers = openssl.evaluate(string, software.build, tls13=written13.string if written13 else None, level=software.level)
    if not found.ciphers.accepted:
        _refuse_ciphers(found, string, written, written13, software)


def of_distribution(string: str, software: Software, reader: certificates.Reader) -> tuple[str, str]:
    """The list that OpenSSL really evaluates, where a word of a distribution's own stands for one, and why it is not known ("": it is).

    PROFILE=SYSTEM is the system's crypto policy (Red Hat, and SUSE since it has those policies), DEFAULT_SUSE a list compiled into SUSE's
    OpenSSL (its packages' patches `Add-support-for-PROFILE-SYSTEM` and `DEFAULT_SUSE_cipher`). Any other OpenSSL, named as the target,
    refuses the word. Where the list is not known, OpenSSL's default stands in for it.
    """
    is_suse = software.is_assumed or software.family == "suse"
    if string.startswith("PROFILE=SYSTEM") and (is_suse or software.system_ciphers is not None):
        seen = reader.text("/etc/crypto-policies/back-ends/openssl.config")
        policy = openssl.with_system_profile(string, seen if seen is not None else software.system_ciphers or None)
        if policy is not None:
            return policy, ""
        return suffixed(DEFAULT_LIST, software), "PROFILE=SYSTEM stands for the system's crypto policy, which was not seen"
    if string.startswith("DEFAULT_SUSE") and is_suse:
        return suffixed(DEFAULT_LIST, software), "DEFAULT_SUSE stands for a list that SUSE compiles into its OpenSSL"
    return string, ""


def distribution_hint(written: str) -> str:
    """Who knows the word of a distribution's own that a refused list begins with, as the end of a sentence."""
    if written.startswith("PROFILE=SYSTEM"):
        return ": PROFILE=SYSTEM is known to the OpenSSL of Red Hat and Fedora alone"
    return ": DEFAULT_SUSE is known to the OpenSSL of SUSE alone" if written.startswith("DEFAULT_SUSE") else ""


def _refuse_ciphers(found: TlsContext, string: str, written: Ciphers | None, written13: Ciphers | None, software: Software) -> None:
    """AH01898, AH10127."""
    alone = openssl.evaluate(string, software.build or "", level=software.level)
    if not alone.accepted and written is not None:
        listed = written.word.text
        hint = distribution_hint(listed)
        if listed.startswith("TLS_") or ":TLS_" in listed:
            hint = ": TLS 1.3 suites go into a line of their own, SSLCipherSuite TLSv1.3 …"
        message = f"OpenSSL refuses this list ({alone.error}), so httpd does not start{hint}"
        found.refused.append(RefusedError(message, written.word.span, alone.error or ""))
    elif written13 is not None:
        message = f"OpenSSL refuses this list of TLS 1.3 suites ({(found.ciphers.error if found.ciphers else '')}), so httpd does not start"
        found.refused.append(RefusedError(message, written13.word.span))


def _dh(found: TlsContext, software: Software) -> None:
    """DH parameters behind the first certificate; else of a size that goes with the key (2.4.7 and later).

    With OpenSSL 3 httpd takes any kind of parameters for DH ones: those of a curve break every DHE handshake (seen on 2.4.71).
    """
    slots = found.certificate_slots
    if software.openssl >= (3,) and certificates.curve(slots):
        found.dh = Dh.BROKEN
        found.dh_origins = (Origin(How.WRITTEN, slots.held[0].entry.span, "EC PARAMETERS in the certificate file"),)
    if found.dh is not Dh.BROKEN and slots.held and b"DH PARAMETERS" in slots.held[0].data:
        from tlslint.crypto.certificates import dh_bits  # noqa: PLC0415 (only where there are parameters)

        bits = dh_bits(slots.held[0].data)
        if bits is not None:
            found.dh = bits
            found.dh_origins = (Origin(How.WRITTEN, slots.held[0].entry.span, "parameters in the certificate file"),)
            return
    if software.httpd < (2, 4, 7):
        found.dh = 1024  # a callback with 512 and 1024 bits (ssl_callback_TmpDH before 2.4.7)
    curve = certificates.curve(slots)
    if curve and software.build is not None:
        from tlslint.crypto import groups  # noqa: PLC0415 (only where there is such a block)

        group = groups.named(curve)
        if group is not None:
            found.groups = (group,)
            found.groups_origins = (Origin(How.WRITTEN, slots.held[0].entry.span, "EC PARAMETERS in the certificate file"),)


def _commands(found: TlsContext, main: Scope, scope: Scope, software: Software, reader: certificates.Reader) -> bool:
    """SSLOpenSSLConfCmd: the main server's, then the vhost's, after everything else. Does one of them load a certificate?"""
    entries: list[Entry] = list(main.of("sslopensslconfcmd"))
    if scope is not main:
        entries += scope.of("sslopensslconfcmd")
    if not entries:
        return False
    state = confcmd.State(found.range, frozenset(bit for bit, value in found.bits.items() if value.on))
    found.doubt = next((entry.unknown for entry in entries if entry.unknown), "")
    for entry in entries:
        if entry.unknown or entry.value is None:
            continue
        command: confcmd.Command = entry.value
        why = confcmd.apply(command, state, software)
        if why:
            message = f"OpenSSL does not take {command.words[1].spoken} for {command.name} ({why}), so httpd does not start"
            found.refused.append(RefusedError(message, command.span, why))
    _take_over(found, state, software, reader)
    return any(file.name == "Certificate" for file in state.files)


def _written(span: Span, note: str = "") -> tuple[Origin, ...]:
    return (Origin(How.WRITTEN, span, note),)


def _take_over(found: TlsContext, state: confcmd.State, software: Software, reader: certificates.Reader) -> None:
    found.range = state.range
    touched = state.touched.get("versions")
    if touched is not None:
        said = tuple(origin._replace(how=How.OVERRIDDEN) if origin.span else origin for origin in found.protocol_origins)
        found.protocol_origins = (*_written(touched.span, f"{touched.name} is carried out last"), *said)
    for bit, value in list(found.bits.items()):
        command = state.touched.get(bit)
        if command is not None:
            found.bits[bit] = Bit(bit in state.options.bits, _written(command.span, "OpenSSL's own option, carried out last"))
        del value
    if "PRIORITIZE_CHACHA" in state.options.bits:
        found.bits["PRIORITIZE_CHACHA"] = Bit(True, _written(state.touched["PRIORITIZE_CHACHA"].span))
    if state.cipher_string is not None or state.tls13 is not None:
        _take_ciphers(found, state, software)
    if state.groups is not None:
        found.groups, found.groups_origins = state.groups[0], _written(state.groups[1].span)
    if state.signature_algorithms is not None:
        found.signature_algorithms = state.signature_algorithms[0]
    if state.dh_path is not None:
        from tlslint.crypto.certificates import dh_bits  # noqa: PLC0415 (only where there are parameters)

        data = reader.chain(state.dh_path[0])[1]
        bits = dh_bits(data)
        if bits is not None:
            found.dh, found.dh_origins = bits, _written(state.dh_path[1].span)
        elif data and b" PARAMETERS-----" not in data:
            message = f"{state.dh_path[1].words[1].spoken} holds no DH parameters, so httpd does not start"
            found.refused.append(RefusedError(message, state.dh_path[1].span))
    names = [command.name for command in state.files]
    if "Certificate" in names and "PrivateKey" not in names[names.index("Certificate") :]:
        command = next(command for command in state.files if command.name == "Certificate")
        found.refused.append(RefusedError("no PrivateKey command follows with its key, so httpd does not start", command.span))


def _take_ciphers(found: TlsContext, state: confcmd.State, software: Software) -> None:
    if software.build is None or found.ciphers is None:
        return
    string, tls13, level = found.ciphers.string, found.ciphers.tls13, found.ciphers.security_level
    commands = []
    if state.cipher_string is not None:
        string = state.cipher_string[0]
        commands.append(state.cipher_string[1])
        found.ciphers_reason = ""
    if state.tls13 is not None:
        tls13 = state.tls13[0]
        found.tls13_reason = ""
        commands.append(state.tls13[1])
    # A level that an earlier string set stays when a later string has none.
    earlier = found.ciphers
    found.ciphers = openssl.evaluate(string, software.build, tls13=tls13, level=level)
    if earlier.sets_level and not found.ciphers.sets_level:
        found.ciphers = found.ciphers._replace(sets_level=True)
    if not found.ciphers.accepted:
        command = commands[-1]
        message = f"OpenSSL does not take this for {command.name} ({found.ciphers.error}), so httpd does not start"
        found.refused.append(RefusedError(message, command.span, found.ciphers.error or ""))
    said = tuple(origin._replace(how=How.OVERRIDDEN) if origin.span else origin for origin in found.ciphers_origins)
    found.ciphers_origins = (*(Origin(How.WRITTEN, command.span, f"{command.name} is carried out last") for command in commands), *said)


def _client_certificates(found: TlsContext, main: Scope, scope: Scope, reader: certificates.Reader) -> None:
    """SSLVerifyClient, and revocation lists that are demanded and not there (ssl_init_ctx_crl)."""
    found.verify = merged(main, scope, "sslverifyclient")
    _authorities(found, main, scope, reader)
    check = merged(main, scope, "sslcarevocationcheck")
    if check.value not in ("leaf", "chain") or check.reason or check.entry is None:
        return
    lists = [merged(main, scope, slot) for slot in ("sslcarevocationfile", "sslcarevocationpath")]
    if not any(pick.is_set or pick.reason for pick in lists):
        found.refused.append(
            RefusedError(
                "revocation lists are demanded and neither SSLCARevocationFile nor SSLCARevocationPath is set, so httpd does not start",
                check.entry.span,
            )
        )


def _authorities(found: TlsContext, main: Scope, scope: Scope, reader: certificates.Reader) -> None:
    """Files that must hold certificates or revocation lists and hold none (AH01895, AH01896, AH01901)."""
    for slot, what in (("sslcacertificatefile", "certificate"), ("sslcarevocationfile", "revocation list")):
        pick = merged(main, scope, slot)
        if pick.entry is None or pick.reason or pick.value.state != "there":
            continue
        data = reader.chain(pick.value.path)[1]
        if data and b"CERTIFICATE-----" not in data and b"-----BEGIN X509 CRL" not in data:
            message = f"{pick.value.written} holds no {what}, so httpd does not start"
            found.refused.append(RefusedError(message, pick.entry.span))
    pick = merged(main, scope, "sslcacertificatepath")
    if pick.entry is not None and not pick.reason and pick.value.state == "there" and not reader.has_files(pick.value.path):
        message = f"{pick.value.written} holds no CA certificate, so httpd does not start"
        found.refused.append(RefusedError(message, pick.entry.span))


def _ticket_key(found: TlsContext, main: Scope, scope: Scope, reader: certificates.Reader) -> None:
    """A ticket key file has at least 48 bytes (ssl_init_ticket_key, AH02287); only its size is looked at."""
    pick = merged(main, scope, "sslsessionticketkeyfile")
    if pick.entry is None or pick.reason or pick.value.state != "there":
        return
    size = reader.size(pick.value.path)
    if size is not None and size < 48:
        found.refused.append(
            RefusedError(f"{pick.value.written} is shorter than the 48 bytes of a ticket key, so httpd does not start", pick.entry.span)
        )


def _stapling(found: TlsContext, main: Scope, scope: Scope, *, cache: bool, managed: bool) -> None:
    stapling = found.stapling = merged(main, scope, "sslusestapling")
    if stapling.value and not stapling.reason and not cache and stapling.entry is not None:
        found.refused.append(
            RefusedError(
                "stapling needs a cache: without an SSLStaplingCache outside all virtual hosts httpd does not start",
                stapling.entry.span,
                "no SSLStaplingCache",
                rule="stapling-broken",
                remedy=mends.arguments(stapling.entry.node, "off"),
            )
        )
    if managed:
        by_md = merged(main, scope, "mdstapling")
        if by_md.value:
            found.stapling = by_md
