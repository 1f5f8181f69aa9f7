"""What one listener offers to one kind of client: mode, versions, suites, groups, certificates, cleartext passwords.

Source: src/lib-ssl-iostream/iostream-openssl-context.c, src/login-common/{client-common.c,sasl-server.c,login-settings.c} of 2.3 and 2.4;
seen on
2.3.13, 2.3.19.1 and 2.4.1.
"""

import os
import re

from tlslint.crypto import certificates, groups, libraries, negotiation, openssl
from tlslint.files import FileProblem, Files
from tlslint.model import Certificate, CipherString, Endpoint, How, Known, Origin, Role, Software, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Group
from tlslint.model.versions import SSL20, TLS10, TLS12
from tlslint.parsers.carried import file_name
from tlslint.parsers.dovecot import protocols, settings
from tlslint.parsers.dovecot.filters import Connection, Found
from tlslint.parsers.dovecot.includes import is_missing
from tlslint.parsers.dovecot.listeners import Listener, boolean_list
from tlslint.parsers.dovecot.syntax import Kind
from tlslint.parsers.dovecot.tree import Tree, known_value
from tlslint.parsers.failures import Failure
from tlslint.targets import Target

_REGISTERED = (993, 995, 465)
"""Ports where clients begin with TLS (RFC 8314 section 7)."""
PLAINTEXT = frozenset({"plain", "login"})
"""Mechanisms flagged MECH_SEC_PLAINTEXT (src/auth/mech-plain.c, mech-login.c): a passer-by reads the password."""


class Certificates(Struct):
    """What is presented. `keys` None: not known. `failure`: why every handshake fails."""

    certificates: tuple[Certificate, ...]
    keys: tuple[negotiation.Key, ...] | None
    origins: tuple[Origin, ...]
    failure: str = ""


class Judge:
    """Answers for one tree: asks for settings, keeps what was read, and why handshakes fail."""

    def __init__(self, tree: Tree, files: Files, target: Target, library: Software) -> None:
        self.failures: list[Failure] = []
        self.held_back: list[tuple[negotiation.HeldBack, Span]] = []
        """Old versions that the text asks for and the library does not serve."""
        self.tree = tree
        self.files = files
        self.target = target
        self.library = library
        self.build = libraries.build_of(library)

    def endpoint(self, listener: Listener, connection: Connection, address: str) -> Endpoint:
        """The endpoint as this connection meets it. A name from SNI only changes what hangs on the certificate."""
        before_sni = connection._replace(name=None)
        mode, mode_failure = self.mode(listener, before_sni)
        title = listener.title(address)
        endpoint = Endpoint(
            title,
            Role.SERVER,
            listener.speaks,
            listener.anchor,
            address=Known("*" if address == "*" else address, listener.address_value.origins),
            port=listener.port_value,
            tls=mode,
            cleartext_login=self.cleartext_login(listener, before_sni, mode),
        )
        if mode.holds(TlsMode.NONE):
            return endpoint
        return self.with_tls(endpoint, connection, before_sni, mode_failure)

    def value(self, key: str, connection: Connection) -> Value[str | None]:
        """A setting's text. 2.4 works out `$SET:` when everything was read and `%{…}` when somebody connects."""
        found = self.found(key, connection)
        value = known_value(key, found, self.tree)
        if not isinstance(value, Known) or value.value is None or not self.tree.release.is_24:
            return value
        return self.expanded(value, connection, 0)

    def expanded(self, value: Known[str | None], connection: Connection, depth: int) -> Value[str | None]:
        """2.4's `$SET:`, worked out when everything was read; `%{…}` waits for a client."""
        text = value.value or ""
        if "%{" in text:
            return Unknown("it is expanded when a client connects", value.origins)
        if "$SET:" not in text or (found := self.quoted(value)):
            return value
        words = []
        for word in text.split(" "):
            if word.startswith("$SET:") and depth < 8:
                inner = known_value(word[5:], self.found(word[5:], connection), self.tree)
                if isinstance(inner, Known) and inner.value is not None:
                    inner = self.expanded(inner, connection, depth + 1)
                if not isinstance(inner, Known):
                    return Unknown(inner.reason, value.origins)
                words.append(inner.value or "")
            else:
                words.append(word)
        del found
        return Known(" ".join(words), value.origins)

    def quoted(self, value: Known[str | None]) -> bool:
        """Quoted text is never expanded."""
        return bool(value.origins and value.origins[0].span is not None and value.origins[0].span.data[:1] in (b'"', b"'"))

    def found(self, key: str, connection: Connection) -> Found:
        """What decides a setting for a connection."""
        return self.tree.find(key, connection)

    def mode(self, listener: Listener, connection: Connection) -> tuple[Value[TlsMode], str]:
        """When TLS begins, and why it never does (ssl = no in a filter while the port waits for a ClientHello)."""
        ssl = self.value("ssl", connection)
        origins = (*listener.implicit_origins, *ssl.origins)
        if not isinstance(ssl, Known):
            return (Known(TlsMode.IMPLICIT, origins), "") if listener.implicit else (Unknown(ssl.reason, origins), "")
        if not listener.implicit and listener.port in _REGISTERED and listener.implicit_origins[0].span is not None:
            ssl = ssl._replace(origins=origins)  # what makes the port another thing than clients take it for
        if listener.implicit:
            return Known(TlsMode.IMPLICIT, origins), "ssl = no here, while the port waits for TLS" if ssl.value == "no" else ""
        if ssl.value == "no":
            return Known(TlsMode.NONE, ssl.origins), ""
        if listener.speaks in ("lmtp", "other"):
            return Known(TlsMode.STARTTLS if listener.speaks == "lmtp" else TlsMode.NONE, ssl.origins), ""
        if ssl.value == "required":
            return Known(TlsMode.STARTTLS_REQUIRED, ssl.origins), ""
        allowed = self.allows_cleartext(connection)
        if not isinstance(allowed, Known):
            return Unknown(allowed.reason, (*ssl.origins, *allowed.origins)), ""
        if not allowed.value and self.mechanisms(connection) <= PLAINTEXT:
            return Known(TlsMode.STARTTLS_REQUIRED, (*ssl.origins, *allowed.origins)), ""
        return Known(TlsMode.STARTTLS, (*ssl.origins, *allowed.origins)), ""

    def mechanisms(self, connection: Connection) -> set[str]:
        """The authentication mechanisms, in lower case."""
        if self.tree.release.is_24 and any(each.names == ("auth_mechanisms",) for each in self.tree.filters):
            return {word.lower() for word in boolean_list(self.tree, "auth_mechanisms")[0]}
        value = self.value("auth_mechanisms", connection)
        return set((value.value or "").lower().split()) if isinstance(value, Known) else set(PLAINTEXT)

    def allows_cleartext(self, connection: Connection) -> Value[bool]:
        """Are passwords taken without TLS, but for `ssl = required`?"""
        key = "auth_allow_cleartext" if self.tree.release.is_24 else "disable_plaintext_auth"
        value = self.value(key, connection)
        if not isinstance(value, Known):
            return Unknown(value.reason, value.origins)
        yes = (value.value or "").lower() in ("yes", "y", "1")
        return Known(yes if self.tree.release.is_24 else not yes, value.origins)

    def cleartext_login(self, listener: Listener, connection: Connection, mode: Value[TlsMode]) -> Value[bool | None]:
        """Would a password be looked at before TLS, sent from somewhere else than the server's own address?"""
        if listener.speaks in ("lmtp", "other"):
            return Known(None)
        if mode.holds(TlsMode.IMPLICIT):
            return Known(False, mode.origins)
        ssl = self.value("ssl", connection)
        trusted = self.value("login_trusted_networks", connection)
        if (
            isinstance(trusted, Known)
            and _trusts_everybody(trusted.value or "")
            and not (self.tree.release.is_24 and ssl.holds("required"))
        ):
            return Known(True, trusted.origins)
        if ssl.holds("required"):
            return Known(False, ssl.origins)
        allowed = self.allows_cleartext(connection)
        if not isinstance(ssl, Known) and not allowed.holds(False):
            return Unknown(ssl.reason, ssl.origins)
        if not isinstance(allowed, Known):
            return Unknown(allowed.reason, allowed.origins)
        if allowed.value and not self.mechanisms(connection) & PLAINTEXT and listener.speaks != "imap":
            return Known(False, allowed.origins)
        return Known(allowed.value, (*allowed.origins, *ssl.origins))

    def with_tls(self, endpoint: Endpoint, connection: Connection, before_sni: Connection, failure: str) -> Endpoint:
        """Everything about the handshake."""
        presented = self.certificates(connection)
        minimum, minimum_origins = self.versions(before_sni)
        ciphers = self.value("ssl_cipher_list", connection)
        suites13 = self.value("ssl_cipher_suites", connection)
        order = self.server_order(before_sni)
        curves, curve_failure, curve_origins = self.groups(before_sni)
        options = self.value("ssl_options", before_sni)
        endpoint = endpoint._replace(
            cipher_string=self.cipher_string(ciphers),
            server_order=order,
            certificates=presented.certificates,
            client_certificate=self.client_certificate(before_sni),
            compression=self.option(options, "compression"),
            session_tickets=self.tickets(options),
            origins=(("certificates", presented.origins),),
        )
        for field, why, said in (
            ("tls", failure, endpoint.tls.origins),
            ("certificates", presented.failure, presented.origins),
            ("groups", curve_failure, curve_origins),
            ("versions", minimum.value.failure if isinstance(minimum, Known) else "", minimum_origins),
        ):
            if why:
                return self.dead(endpoint, field, why, said)
        origins = (*minimum_origins, *ciphers.origins)
        if isinstance(ciphers, Known) and self.build is not None:
            return self.negotiated(endpoint, connection, minimum, minimum_origins, ciphers, suites13, presented, curves, curve_origins)
        reason = ciphers.reason if isinstance(ciphers, Unknown) else "the TLS library is not known"
        least = (
            minimum.value.versions & frozenset(v for v in minimum.value.versions if v >= TLS12)
            if isinstance(minimum, Known)
            else frozenset()
        )
        return endpoint._replace(
            tls_works=Unknown(reason, origins),
            versions=Unknown(reason, minimum_origins, least),
            cipher_suites=Unknown(reason, ciphers.origins),
            groups=Unknown(reason, curve_origins),
        )

    def cipher_string(self, ciphers: Value[str | None]) -> CipherString | None:
        """ssl_cipher_list as it is written; None: nothing is set, or it cannot be told."""
        if not isinstance(ciphers, Known) or not ciphers.value or self.build is None:
            return None
        span = ciphers.origins[0].span if ciphers.origins else None
        exact = unquoted(span, ciphers.value) if span is not None else None
        return CipherString(ciphers.value, self.build, exact, ciphers.value, "ssl_cipher_list")

    def negotiated(
        self,
        endpoint: Endpoint,
        connection: Connection,
        minimum: Value[protocols.Versions],
        minimum_origins: tuple[Origin, ...],
        ciphers: Known[str | None],
        suites13: Value[str | None],
        presented: Certificates,
        curves: tuple[Group, ...] | None,
        curve_origins: tuple[Origin, ...],
    ) -> Endpoint:
        """The handshake, where all it hangs on is known."""
        build = self.build or ""
        if not isinstance(minimum, Known):
            reason = minimum.reason
            return endpoint._replace(
                versions=Unknown(reason, minimum_origins), cipher_suites=Unknown(reason, ciphers.origins), tls_works=Unknown(reason)
            )
        text = ciphers.value or ""
        if not text and self.tree.release.is_24:
            text = "DEFAULT"  # an empty list is not handed on: the library keeps its own
        tls13 = suites13.value if isinstance(suites13, Known) and suites13.value else None
        listed = openssl.evaluate(text, build, tls13=tls13, level=self.target.openssl_security_level)
        if not listed.accepted:
            said = suites13 if tls13 and openssl.evaluate(text, build, level=self.target.openssl_security_level).accepted else ciphers
            return self.dead(endpoint, "cipher_suites", f"the library refuses the cipher list: {listed.error}", said.origins)
        level = listed.security_level if listed.sets_level else self.target.openssl_security_level
        dh, dh_failure, dh_origins = self.dh(connection, level) if endpoint.role is Role.SERVER else (negotiation.Dh.AUTO, "", ())
        if dh_failure:
            bits = Known(dh if isinstance(dh, int) else None, dh_origins)
            return self.dead(endpoint._replace(dh_bits=bits), "dh_bits", dh_failure, dh_origins)
        allowed = minimum.value.versions
        least = self.target.openssl_min_version
        if minimum.value.system_minimum and least is not None:
            allowed = frozenset(version for version in allowed if version >= least)
        server = negotiation.OpenSslServer(
            build,
            listed,
            allowed,
            self.target.openssl_security_level,
            presented.keys,
            curves,
            dh,
            bool(endpoint.server_order.holds(True)),
            is_client=endpoint.role is Role.CLIENT,
        )
        for key in presented.keys or ():
            refused = negotiation.key_refused(key, build, level)
            if refused:
                return self.dead(endpoint, "certificates", f"the library refuses the certificate: {refused}", presented.origins)
        offer = negotiation.negotiable(server)
        origins = (*minimum_origins, *ciphers.origins)
        if offer.versions and minimum_origins and minimum_origins[0].span is not None:
            self.held_back.extend(
                (held, minimum_origins[0].span) for held in offer.held_back if held.by_library and TLS10 <= held.version < TLS12
            )
        if not offer.versions:
            why = "; ".join(dict.fromkeys(held.reason for held in offer.held_back)) or "no version is left"
            return self.dead(endpoint, "cipher_suites", why, origins)
        return endpoint._replace(
            tls_works=Known(True, origins),
            versions=Known(offer.versions, origins),
            cipher_suites=Known(offer.suites, ciphers.origins),
            groups=Known(offer.groups, curve_origins),
            security_level=Known(offer.security_level, ciphers.origins),
            dh_bits=Known(dh if isinstance(dh, int) else None, dh_origins),
        )

    def outgoing(self, endpoint: Endpoint, connection: Connection) -> Endpoint:
        """The handshake of a connection that Dovecot opens."""
        minimum, minimum_origins = self.versions(connection)
        ciphers, suites13 = self.value("ssl_cipher_list", connection), self.value("ssl_cipher_suites", connection)
        curves, curve_failure, curve_origins = self.groups(connection)
        failure = curve_failure or (minimum.value.failure if isinstance(minimum, Known) else "")
        endpoint = endpoint._replace(cipher_string=self.cipher_string(ciphers))
        if failure:
            return self.dead(
                endpoint, "groups" if curve_failure else "versions", failure, curve_origins if curve_failure else minimum_origins
            )
        if not isinstance(ciphers, Known) or self.build is None:
            reason = ciphers.reason if isinstance(ciphers, Unknown) else "the TLS library is not known"
            return endpoint._replace(
                versions=Unknown(reason, minimum_origins), cipher_suites=Unknown(reason, ciphers.origins), tls_works=Unknown(reason)
            )
        nothing = Certificates((), None, ())
        return self.negotiated(endpoint, connection, minimum, minimum_origins, ciphers, suites13, nothing, curves, curve_origins)

    def dead(self, endpoint: Endpoint, field: str, why: str, origins: tuple[Origin, ...]) -> Endpoint:
        """An endpoint whose every handshake fails; only the value at fault says where."""
        self.failures.append(Failure(field, why, origins, endpoint))
        return self.failures[-1].dead

    def versions(self, connection: Connection) -> tuple[Value[protocols.Versions], tuple[Origin, ...]]:
        """What ssl_min_protocol (before 2.3: ssl_protocols) leaves."""
        release = self.tree.release
        key = "ssl_min_protocol" if release.number >= (2, 3) else "ssl_protocols"
        value = self.value(key, connection)
        if not isinstance(value, Known):
            return Unknown(value.reason, value.origins), value.origins
        if value.value is None:  # 2.0 and 1.x: nothing but the library decides
            return Known(protocols.Versions(protocols.EVERY - {SSL20}, "", True)), ()
        if release.number >= (2, 3):
            read = protocols.minimum(value.value, release)
        else:
            has_sslv2 = self.build is None or libraries.build(self.build).branch < (1, 1)
            is_default = not value.origins or value.origins[0].span is None
            text = "!SSLv3" if is_default and release.number >= (2, 2, 27) and not has_sslv2 else value.value
            read = protocols.listed(text, release, has_sslv2=has_sslv2)
        note = "" if read.failure else _leaves(read)
        first, *rest = value.origins or (Origin(How.DEFAULT),)
        origins = (first._replace(note=first.note or note), *rest)
        return Known(read, origins), origins

    def server_order(self, connection: Connection) -> Value[bool | None]:
        """Does the server's order of suites count?"""
        key = "ssl_server_prefer_ciphers" if self.tree.release.is_24 else "ssl_prefer_server_ciphers"
        value = self.value(key, connection)
        if not isinstance(value, Known):
            return Unknown(value.reason, value.origins)
        return Known((value.value or "").lower() in ("yes", "y", "1", "server"), value.origins)

    def groups(self, connection: Connection) -> tuple[tuple[Group, ...] | None, str, tuple[Origin, ...]]:
        """Configured groups (None: the default), and why the library refuses them."""
        value = self.value("ssl_curve_list", connection)
        if not isinstance(value, Known) or not value.value or self.build is None:
            return (self.target.default_groups(self.build) if self.build else None), "", value.origins
        listed = groups.evaluate(value.value, self.build)
        if not listed.accepted:
            return (), f"the library refuses ssl_curve_list: {listed.error}", value.origins
        return listed.groups, "", value.origins

    def option(self, options: Value[str | None], word: str) -> Value[bool | None]:
        """TLS compression."""
        if not isinstance(options, Known):
            return Unknown(options.reason, options.origins)
        words = (options.value or "").split()
        if self.tree.release.number < (2, 3):
            return (
                Known(False, options.origins)
                if "no_compression" in words
                else Unknown("it depends on how the library was built", options.origins)
            )
        if word in words and not self.target.is_debian:
            return Unknown("it depends on how the library was built", options.origins)
        return Known(False, options.origins)

    def tickets(self, options: Value[str | None]) -> Value[bool | None]:
        """Session tickets."""
        if not isinstance(options, Known):
            return Unknown(options.reason, options.origins)
        return Known("no_ticket" not in (options.value or "").split(), options.origins)

    def client_certificate(self, connection: Connection) -> Value[str | None]:
        """Is a client certificate asked for, or needed to log in?"""
        key = "ssl_server_request_client_cert" if self.tree.release.is_24 else "ssl_verify_client_cert"
        asked = self.value(key, connection)
        if not isinstance(asked, Known):
            return Unknown(asked.reason, asked.origins)
        if (asked.value or "no").lower() == "no":
            return Known("none", asked.origins)
        needed = self.value("auth_ssl_require_client_cert", connection)
        if isinstance(needed, Known) and (needed.value or "").lower() in ("yes", "y", "1"):
            return Known("required", (*needed.origins, *asked.origins))
        return Known("optional", (*asked.origins, *needed.origins))

    def dh(self, connection: Connection, level: int | None) -> tuple["negotiation.Dh | int", str, tuple[Origin, ...]]:
        """DH parameters: a file's size, a callback that fails (2.3 without a file), none (2.4), or Dovecot's own (2.2)."""
        release = self.tree.release
        if release.number < (2, 3):
            return negotiation.Dh.AUTO, "", ()
        key = "ssl_server_dh_file" if release.is_24 else "ssl_dh"
        found = self.found(key, connection)
        none = negotiation.Dh.NONE if release.is_24 else negotiation.Dh.BROKEN
        if found.written is None or not found.written.value:
            return none, "", ()
        origins = (Origin(How.WRITTEN, found.written.span),)
        if not release.is_24 and found.written.kind is not Kind.FILE:
            return none, "ssl_dh holds no DH parameters: without '<' it is the path's text", origins
        data = self.data(found)
        if data is None:
            return 2048, "", origins
        bits = certificates.dh_bits(data)
        if bits is None:
            return none, "the file holds no DH parameters", origins
        return bits, f"dh key too small ({bits} bits)" if negotiation.dh_refused(bits, level) else "", origins

    def data(self, found: Found) -> bytes | None:
        """The bytes of the file a setting names; None where this tree does not show it."""
        written = found.written
        if written is None:
            return None
        path = written.path or os.path.join(os.path.dirname("/etc/dovecot/"), file_name(written.value))
        try:
            return self.files.read(os.path.normpath(path)).data
        except FileProblem:
            return None

    def certificates(self, connection: Connection) -> Certificates:
        """What is presented. 2.3 wants PEM text behind `<`, 2.4 a path; an alternative certificate stands beside the first."""
        release = self.tree.release
        pairs: tuple[tuple[str, str], ...]
        if release.is_24:
            pairs = (("ssl_server_cert_file", "ssl_server_key_file"), ("ssl_server_alt_cert_file", "ssl_server_alt_key_file"))
        elif release.is_1:
            pairs = (("ssl_cert_file", "ssl_key_file"),)
        else:
            pairs = (("ssl_cert", "ssl_key"), ("ssl_alt_cert", "ssl_alt_key"))
        found: list[Certificate] = []
        keys: list[negotiation.Key] | None = []
        origins: list[Origin] = []
        for number, (certificate_key, key_key) in enumerate(pairs):
            value = self.value(certificate_key, connection)
            if not isinstance(value, Known):
                return Certificates((), None, value.origins)
            if not value.value:
                if number == 0:
                    return Certificates((), (), value.origins, f"no {certificate_key} is set")
                continue
            origins += value.origins
            certificate, failure = self.certificate(certificate_key, connection)
            failure = failure or self.key_failure(key_key, connection)
            if failure:
                return Certificates((), (), tuple(origins), failure)
            found.append(self.with_key(certificate, key_key, connection))
            if keys is not None:
                keys = [*keys, negotiation.Key(certificate.key_type, certificate.key_bits)] if certificate.key_type else None
        return Certificates(tuple(found), None if keys is None else tuple(keys), tuple(origins))

    def certificate(self, key: str, connection: Connection) -> tuple[Certificate, str]:
        """One certificate, and why it cannot be used ("" when it can, or when this tree cannot tell)."""
        found = self.found(key, connection)
        written = found.written
        if written is None:
            return Certificate(""), ""
        in_file = self.tree.release.is_24 or self.tree.release.is_1 or written.kind is Kind.FILE
        if not in_file:
            return Certificate(written.value, span=written.span), f"{key} holds no PEM text: without '<' it is the path's text"
        path = written.path or os.path.normpath(os.path.join("/etc/dovecot", written.value))
        data = self.data(found)
        if data is None:
            missing = is_missing(path, self.files)
            return Certificate(path, span=written.span), f"{path} does not exist" if missing else ""
        chain = certificates.read(data)
        if chain.leaf is None:
            if chain.blocks and "cannot be decoded" not in chain.problem:
                return Certificate(path, span=written.span), ""
            return Certificate(path, span=written.span), f"{path}: {chain.problem}"
        return Certificate(path, chain, written.span), ""

    def with_key(self, certificate: Certificate, key: str, connection: Connection) -> Certificate:
        """The mode of its private key's file, and that no trust anchor completes its chain where none is set."""
        written = self.found(key, connection).written
        in_file = written is not None and (self.tree.release.is_24 or self.tree.release.is_1 or written.kind is Kind.FILE)
        path = (written.path or os.path.normpath(os.path.join("/etc/dovecot", written.value))) if written is not None and in_file else ""
        anchors = self.value("ssl_server_ca_file" if self.tree.release.is_24 else "ssl_ca", connection)
        return certificate._replace(
            key=self.files.key_file(path, written.span) if written is not None and path else None,
            known_issuers=() if isinstance(anchors, Known) and not anchors.value else None,
        )

    def key_failure(self, key: str, connection: Connection) -> str:
        """What can be said of a key without opening it."""
        written = self.found(key, connection).written
        if written is None and settings.default(key, self.tree.release):
            return ""
        if written is None or not written.value:
            return "" if not self.tree.everything_seen else f"no {key} is set"
        if not (self.tree.release.is_24 or self.tree.release.is_1) and written.kind is not Kind.FILE and not written.unknown:
            return f"{key} holds no PEM text: without '<' it is the path's text"
        return ""


def unquoted(span: Span, text: str) -> Span | None:
    """The bytes that are exactly `text`, quotes left aside; None: it is put together or escaped."""
    wanted = text.encode("latin-1", "replace")
    for around in (0, 1):
        inner = Span(span.file, span.start + around, span.end - around)
        if inner.data == wanted:
            return inner
    return None


def _leaves(read: protocols.Versions) -> str:
    from tlslint.model.versions import spoken  # noqa: PLC0415

    if read.system_minimum:
        return "leaves the lowest version to the library"
    return f"leaves {spoken(version for version in read.versions if version >= TLS10)}"


def _trusts_everybody(text: str) -> bool:
    return any(re.fullmatch(r"(?:0\.0\.0\.0|::)/0", word) for word in text.replace(",", " ").split())
