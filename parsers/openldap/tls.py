"""What slapd's listeners offer: versions, suites, groups, certificates; and whether passwords are taken before TLS.

Source: libraries/libldap/{tls2.c,tls_g.c,tls_o.c}, servers/slapd/{main.c,bind.c,backend.c} of 2.4.57, 2.5.13 and 2.6.10; seen on all three.
"""

import os
import re
from collections.abc import Sequence

from tlslint.crypto import certificates, gnutls, groups, libraries, negotiation, openssl
from tlslint.files import FileProblem, Files
from tlslint.model import (
    Certificate,
    CertificateFacts,
    CipherString,
    Endpoint,
    How,
    Known,
    Origin,
    Role,
    Software,
    Span,
    TlsMode,
    Unknown,
    Value,
)
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.values import NOT_SET
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers import priorities
from tlslint.parsers.carried import file_name
from tlslint.parsers.openldap import arguments, moznss
from tlslint.parsers.openldap.configuration import TEMPLATE, Configuration, Database, Setting
from tlslint.parsers.openldap.directives import number
from tlslint.parsers.openldap.listeners import Listener
from tlslint.targets import Target

_DECIDES = ("tlsciphersuite", "tlsprotocolmin", "tlsecname")
LOCAL_SSF = 71
"""What a connection over ldapi counts as (slap.h, local_ssf)."""

NSS_DECIDES = "what Mozilla's NSS has switched on hangs on its release and its own policy file"
_BEGINS = ("tlscertificatefile", "tlscertificatekeyfile", "tlscacertificatefile", "tlscacertificatepath")
_IN_ENTRY = ("tlscertificate", "tlscertificatekey", "tlscacertificate")


class Context(Struct):
    """The TLS context slapd makes at its start. `made`: is there one; `refused`: slapd ends over it; `failure`: why no handshake works.

    `offer` None: not made, or not to be told (`unknown`).
    """

    made: Value[bool]
    refused: tuple[str, Span] | None = None
    failure: str = ""
    offer: negotiation.Offer | None = None
    unknown: str = ""
    origins: tuple[Origin, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    certificate_origins: tuple[Origin, ...] = ()
    cipher_string: CipherString | None = None
    cipher_origins: tuple[Origin, ...] = ()
    version_origins: tuple[Origin, ...] = ()
    group_origins: tuple[Origin, ...] = ()
    server_order: Value[bool | None] = Known(None)
    dh_bits: Value[int | None] = Known(None)
    nss: tuple[frozenset[TlsVersion], tuple[Suite, ...]] | None = None
    """With Mozilla's NSS: the versions and suites that are sure; what comes on top is NSS's own."""


class Judge:
    """Answers for one slapd."""

    def __init__(self, configuration: Configuration, files: Files, target: Target, software: Software, library: Software) -> None:
        self.configuration = configuration
        self.files = files
        self.target = target
        self.software = software
        self.library = library
        self.version = software.version or ("2.4" if library.name == moznss.NAME else "2.6")
        self.release = number(self.version)
        self.build = libraries.build_of(library)
        self.context = self.make_context()

    @property
    def is_gnutls(self) -> bool:
        """Linked with GnuTLS, as Debian's slapd up to 2.5."""
        return self.library.name == "gnutls"

    @property
    def is_nss(self) -> bool:
        """Linked with Mozilla's NSS, as Red Hat's slapd up to RHEL 7.4."""
        return self.library.name == moznss.NAME

    # ---- settings

    def setting(self, name: str) -> Setting | None:
        """The setting that counts; one with an empty value counts as none."""
        found = self.configuration.last(name)
        return found if found is not None and found.text else None

    def origins(self, name: str) -> tuple[Origin, ...]:
        """Where a setting is written, the deciding place first."""
        found = [setting for setting in self.configuration.overall if setting.name == name]
        return tuple(Origin(How.OVERRIDDEN if n else How.WRITTEN, setting.value_span) for n, setting in enumerate(reversed(found)))

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None where this tree does not show it."""
        try:
            return self.files.read(_logical(path)).data if path.startswith("/") else None
        except FileProblem:
            return None

    def is_missing(self, path: str) -> bool:
        """Is the file surely not there? Only a tree that shows a whole host can tell. A daemon's relative paths begin at `/`."""
        logical = _logical("/" + path.lstrip("/"))
        return self.files.has_host_at("/" if logical.count("/") == 1 else logical) and self.files.kind(logical) == "missing"

    def unusable(self, path: str) -> str:
        """Why nothing can be read there; "" when something can, or when this tree cannot tell.

        Red Hat's slapd 2.4 took names out of a certificate database of NSS as well (TLSMozNSSCompatibility).
        """
        if "/" not in path and self.release < (2, 5) and not self.is_gnutls:
            return ""
        if self.is_missing(path):
            return f"{path} does not exist"
        return f"{path} is a folder" if self.files.kind(_logical("/" + path.lstrip("/"))) == "directory" else ""

    # ---- the context

    def make_context(self) -> Context:
        """ldap_int_tls_init_ctx(): without certificate, key and CA there is no TLS at all; what cannot be loaded ends slapd."""
        configuration = self.configuration
        if configuration.tls_lost is not None:
            why, span = configuration.tls_lost
            return Context(Known(False, (Origin(How.WRITTEN, span, why),)))
        names = (*_BEGINS, *(_IN_ENTRY if self.release >= (2, 5) else ()))
        said = [name for name in names if self.setting(name) is not None]
        if not said:
            why = next((why for name in _BEGINS if (why := configuration.is_open(name))), "")
            if why:  # what its words are worth does not hang on the certificate
                return Context(Unknown(why), unknown=why, cipher_string=self.string())
            return Context(Known(False, (Origin(How.DEFAULT, None, "no certificate is set"),)))
        made: Value[bool] = Known(True, self.origins(said[0]))
        base = self.with_certificate(Context(made))
        filled = [setting for name in _DECIDES if (setting := self.setting(name)) is not None and setting.is_template]
        if filled:
            return base._replace(unknown=TEMPLATE)
        if self.is_nss:
            return self.with_nss(base)
        for step in (self.check_ciphers, self.check_authorities, self.check_pair, self.check_dh, self.check_curves, self.check_crl):
            refused = step(base)
            if refused is not None:
                return base._replace(
                    refused=refused, failure=refused[0], cipher_string=self.string(), origins=(Origin(How.WRITTEN, refused[1]),)
                )
        return self.with_offer(base)

    def with_certificate(self, context: Context) -> Context:
        """What is presented."""
        setting = self.setting("tlscertificatefile")
        if setting is None:
            return context
        found = Certificate(setting.text, span=setting.value_span)
        data = self.content(setting.text)
        chain = certificates.read(data) if data is not None else None
        if chain is not None and chain.leaf is not None:
            found = Certificate(setting.text, chain, setting.value_span, known_issuers=self.known_issuers())
        key = self.setting("tlscertificatekeyfile")
        if key is not None and key.text.startswith("/") and not (self.is_nss and self.database()):
            found = found._replace(key=self.files.key_file(key.text, key.value_span))
        return context._replace(certificates=(found,), certificate_origins=self.origins("tlscertificatefile"))

    def known_issuers(self) -> "tuple[CertificateFacts, ...] | None":
        """Trust anchors complete a chain of one certificate, on OpenSSL by itself and on GnuTLS through tlsg_ctx_init() of libldap."""
        if self.setting("tlscacertificatepath") is not None or self.setting("tlscacertificate") is not None:
            return None
        setting = self.setting("tlscacertificatefile")
        if setting is None:
            return None if self.configuration.is_open("tlscacertificatefile") else ()
        data = self.content(setting.text)
        return certificates.read(data).certificates if data is not None else None

    def check_ciphers(self, context: Context) -> tuple[str, Span] | None:
        """A string the library refuses ends slapd."""
        del context
        setting = self.setting("tlsciphersuite")
        if setting is None or self.build is None:
            return None
        if self.is_gnutls:
            text = priorities.resolved(setting.text, self.files)
            priority = gnutls.evaluate("NORMAL" if text is None else text, self.build)
            return None if priority.accepted else (f"GnuTLS refuses the priority string: {priority.error}", setting.value_span)
        listed = self.ciphers()
        if listed is None or listed.accepted:
            return None
        return f"OpenSSL refuses the cipher string: {listed.error}", setting.value_span

    def check_authorities(self, context: Context) -> tuple[str, Span] | None:
        """TLSCACertificateFile must be there and hold a certificate; of a folder OpenSSL wants at least one."""
        del context
        setting = self.setting("tlscacertificatefile")
        if setting is not None:
            why = self.unusable(setting.text)
            if why:
                return why, setting.value_span
            data = self.content(setting.text)
            if not self.is_gnutls and certificates.holds_none(data):
                return f"{setting.text} holds no certificate", setting.value_span
            chain = certificates.read(data) if data is not None else None
            if chain is not None and chain.leaf is None and "cannot be decoded" in chain.problem:
                return f"{setting.text}: {chain.problem}", setting.value_span
        folder = self.setting("tlscacertificatepath")
        if folder is not None and not self.is_gnutls and setting is None:
            if self.is_missing(folder.text):
                return f"{folder.text} does not exist", folder.value_span
            if self.files.kind(_logical(folder.text)) == "file":
                return f"{folder.text} is no folder", folder.value_span
        return None

    def check_pair(self, context: Context) -> tuple[str, Span] | None:
        """Certificate and key: missing files end slapd; half a pair does on GnuTLS."""
        certificate, key = self.setting("tlscertificatefile"), self.setting("tlscertificatekeyfile")
        if self.is_gnutls and (certificate is None) != (key is None) and self.setting("tlscertificatekey") is None:
            half = certificate or key
            other = "TLSCertificateKeyFile" if certificate else "TLSCertificateFile"
            if half is not None and not self.configuration.is_open(other.lower()):
                return f"there is no {other} beside it, and GnuTLS builds want both", half.value_span
        if certificate is not None:
            why = self.unusable(certificate.text)
            if why:
                return why, certificate.value_span
            data = self.content(certificate.text)
            chain = certificates.read(data) if data is not None else None
            if chain is not None and chain.leaf is None and (not chain.blocks or "cannot be decoded" in chain.problem):
                return f"{certificate.text}: {chain.problem}", certificate.value_span
            if not self.is_gnutls and self.build is not None and context.certificates[0].key_type is not None:
                listed = self.ciphers()
                level = listed.security_level if listed is not None else self.target.openssl_security_level
                leaf = context.certificates[0]
                refused = negotiation.key_refused(negotiation.Key(leaf.key_type or "", leaf.key_bits), self.build, level)
                if refused:
                    return f"OpenSSL refuses the certificate: {refused}", certificate.value_span
        if key is not None and (why := self.unusable(key.text)):
            return why, key.value_span
        if key is not None and certificate is not None and key.text == certificate.text:
            data = self.content(key.text)
            if data is not None and b"-----BEGIN" in data and not re.search(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----", data):
                return f"{key.text} holds no private key", key.value_span
        return None

    def check_dh(self, context: Context) -> tuple[str, Span] | None:
        """A file of DH parameters that is not there or holds none ends slapd; GnuTLS reads PKCS #3 only."""
        del context
        setting = self.setting("tlsdhparamfile")
        if setting is None:
            return None
        if why := self.unusable(setting.text):
            return why, setting.value_span
        data = self.content(setting.text)
        if data is None:
            return None
        if certificates.dh_bits(data) is None:
            if not self.is_gnutls and b"-----BEGIN X9.42 DH PARAMETERS-----" in data:
                return None
            return f"{setting.text} holds no DH parameters", setting.value_span
        if self.is_gnutls and b"-----BEGIN DH PARAMETERS-----" not in data:
            return f"{setting.text} holds no DH parameters GnuTLS can read", setting.value_span
        return None

    def check_curves(self, context: Context) -> tuple[str, Span] | None:
        """TLSECName counts on OpenSSL only."""
        del context
        setting = self.setting("tlsecname")
        if setting is None or self.is_gnutls or self.build is None:
            return None
        listed = groups.evaluate(setting.text, self.build)
        return None if listed.accepted else (f"OpenSSL refuses TLSECName: {listed.error}", setting.value_span)

    def check_crl(self, context: Context) -> tuple[str, Span] | None:
        """TLSCRLFile counts on GnuTLS only."""
        del context
        setting = self.setting("tlscrlfile")
        if setting is None or not self.is_gnutls:
            return None
        data = self.content(setting.text)
        junk = f"{setting.text} holds no revocation list" if data is not None and b"-----BEGIN X509 CRL-----" not in data else ""
        why = self.unusable(setting.text) or junk
        return (why, setting.value_span) if why else None

    def with_offer(self, context: Context) -> Context:
        """The handshake of a context that was made."""
        certificate, key = self.setting("tlscertificatefile"), self.setting("tlscertificatekeyfile")
        in_entry = self.setting("tlscertificate") is not None
        if (certificate is None or key is None) and not in_entry:
            missing = "TLSCertificateFile" if certificate is None else "TLSCertificateKeyFile"
            why = self.configuration.is_open(missing.lower())
            if not why:
                return context._replace(failure=f"no {missing} is set", origins=context.made.origins)
        if self.build is None:
            return context._replace(unknown="the TLS library is not known")
        leaf = context.certificates[0] if context.certificates else None
        keys = None if leaf is None or leaf.key_type is None else (negotiation.Key(leaf.key_type, leaf.key_bits),)
        return self.with_gnutls(context, keys) if self.is_gnutls else self.with_openssl(context, keys)

    def with_gnutls(self, context: Context, keys: tuple[negotiation.Key, ...] | None) -> Context:
        """TLSCipherSuite is a priority string, and nothing else says which versions there are."""
        build = str(self.build)
        said = self.setting("tlsciphersuite")
        why = self.configuration.is_open("tlsciphersuite") if said is None else ""
        if why:
            return context._replace(unknown=why)
        text = priorities.resolved(said.text, self.files) if said is not None else "NORMAL"
        if text is None:
            return context._replace(unknown=priorities.NOT_SEEN)
        origins = self.origins("tlsciphersuite") or (Origin(How.DEFAULT, None, f"slapd {self.version} without TLSCipherSuite: NORMAL"),)
        priority = gnutls.evaluate(text, build)
        bits, dh_origins = self.dh()
        offer = negotiation.negotiable(negotiation.GnuTlsServer(build, priority, keys, bits))
        return context._replace(
            offer=offer,
            cipher_string=self.string() or CipherString(text, build, None, text, "TLSCipherSuite"),
            origins=origins,
            cipher_origins=origins,
            version_origins=origins,
            group_origins=origins,
            server_order=Known(priority.server_order, origins),
            dh_bits=Known(bits if isinstance(bits, int) else None, dh_origins),
        )

    def with_openssl(self, context: Context, keys: tuple[negotiation.Key, ...] | None) -> Context:
        """TLSCipherSuite, TLSProtocolMin and TLSECName count."""
        build = str(self.build)
        for name in ("tlsciphersuite", "tlsprotocolmin"):
            why = self.configuration.is_open(name) if self.setting(name) is None else ""
            if why:
                return context._replace(unknown=why)
        listed = self.ciphers() or openssl.evaluate("DEFAULT", build, level=self.target.openssl_security_level)
        cipher_origins = self.origins("tlsciphersuite") or (Origin(How.DEFAULT, None, "the library's"),)
        versions, version_origins = self.versions()
        curves, group_origins = self.curves()
        bits, dh_origins = self.dh()
        order = self.release >= (2, 5)
        server = negotiation.OpenSslServer(
            build, listed, versions, self.target.openssl_security_level, keys, curves, bits, server_order=order
        )
        offer = negotiation.negotiable(server)
        return context._replace(
            offer=offer,
            cipher_string=self.string(),
            origins=(*version_origins, *cipher_origins),
            cipher_origins=cipher_origins,
            version_origins=version_origins,
            group_origins=group_origins,
            server_order=Known(order, (Origin(How.DEFAULT, None, f"slapd {self.version} on OpenSSL"),)),
            dh_bits=Known(bits if isinstance(bits, int) else None, dh_origins),
        )

    # ---- Mozilla's NSS

    def database(self) -> bool | None:
        """Is TLSCACertificatePath a certificate database of NSS? None: not to be told."""
        folder = self.setting("tlscacertificatepath")
        return False if folder is None else moznss.is_database(self.files, _logical("/" + folder.text.lstrip("/")))

    def with_nss(self, context: Context) -> Context:
        """tlsm_deferred_ctx_init(), at the first handshake: what it cannot use makes that one fail, and all that follow."""
        failed = self.nss_failure()
        if failed is not None:
            why, span = failed
            origins = (Origin(How.WRITTEN, span),) if span is not None else context.made.origins
            return context._replace(failure=why, origins=origins)
        for name in ("tlsciphersuite", "tlsprotocolmin"):
            if self.setting(name) is None and (why := self.configuration.is_open(name)):
                return context._replace(unknown=why)
        ciphers, minimum = self.setting("tlsciphersuite"), self.setting("tlsprotocolmin")
        said = ciphers.text if ciphers is not None else "DEFAULT"
        chosen = moznss.chosen(said, self.software.version)
        key = context.certificates[0].key_type if context.certificates else None
        sure = chosen.sure if key in (None, "RSA") else ()
        least = moznss.versions(arguments.protocol_min(minimum.text) or 0 if minimum else 0, self.software.version)
        default = (Origin(How.DEFAULT, None, f"slapd {self.version} with NSS"),)
        return context._replace(
            nss=(least if sure else frozenset(), sure),
            origins=context.made.origins,
            version_origins=self.origins("tlsprotocolmin") or default,
            cipher_origins=self.origins("tlsciphersuite") or default,
        )

    def nss_failure(self) -> tuple[str, Span | None] | None:
        """Why every handshake fails; None: it does not, or this tree cannot tell."""
        certificate, key = self.setting("tlscertificatefile"), self.setting("tlscertificatekeyfile")
        authority, ciphers = self.setting("tlscacertificatefile"), self.setting("tlsciphersuite")
        if certificate is None:
            return None if self.configuration.is_open("tlscertificatefile") else ("no TLSCertificateFile is set", None)
        if ciphers is not None and moznss.chosen(ciphers.text, self.software.version).is_empty:
            return f"NSS knows no suite by {ciphers.text}", ciphers.value_span
        if certificate.text.startswith("/") and (why := self.unusable(certificate.text)):
            return why, certificate.value_span
        if self.database() is not False:  # a name in it, its key beside it; a file with the PIN
            return None
        for setting in (authority, certificate, key):
            if setting is not None and self.is_missing(setting.text):
                folder = self.setting("tlscacertificatepath")
                besides = f", nor is {folder.text} a certificate database that could know it" if folder and setting is certificate else ""
                return f"{setting.text} does not exist{besides}", setting.value_span
        for setting in (authority, certificate):
            if setting is not None and certificates.holds_none(self.content(setting.text)):
                return f"{setting.text} holds no certificate", setting.value_span
        if key is None and not self.configuration.is_open("tlscertificatekeyfile"):
            return "no TLSCertificateKeyFile is set", None
        return None

    def string(self) -> CipherString | None:
        """TLSCipherSuite as it is written; None: nothing is set, or the library is not known."""
        said = self.setting("tlsciphersuite")
        if said is None or self.build is None:
            return None
        if self.is_gnutls and priorities.resolved(said.text, self.files) != said.text:
            return None  # its words stand elsewhere
        listed = None if self.is_gnutls else self.ciphers()
        evaluated = listed.string if listed else said.text
        return CipherString(said.text, self.build, _exact(said, said.text), evaluated, said.written, self.release >= (2, 5))

    def ciphers(self) -> "openssl.CipherList | None":
        """TLSCipherSuite as this release of slapd hands it to OpenSSL; None: nothing is set."""
        setting = self.setting("tlsciphersuite")
        return None if setting is None or self.build is None else openssl_list(setting.text, self.build, self.release, self.target)

    def versions(self) -> tuple[frozenset[TlsVersion], tuple[Origin, ...]]:
        """What TLSProtocolMin leaves. The library's own limits come later."""
        every = frozenset({SSL30, TLS10, TLS11, TLS12, TLS13})
        setting = self.setting("tlsprotocolmin")
        least = arguments.protocol_min(setting.text) if setting is not None else None
        minimum = self.target.openssl_min_version
        if setting is None or not least:
            kept = frozenset(version for version in every if minimum is None or version >= minimum)
            return kept, self.origins("tlsprotocolmin") or (Origin(How.DEFAULT, None, "the library's"),)
        kept = allowed(least, self.release)
        if minimum is not None:
            kept = frozenset(version for version in kept if version >= minimum)
        return kept, self.origins("tlsprotocolmin")

    def curves(self) -> tuple[tuple[Group, ...] | None, tuple[Origin, ...]]:
        """TLSECName; None: the library's default."""
        setting = self.setting("tlsecname")
        if setting is None or self.build is None:
            return self.target.default_groups(self.build) if self.build else None, (Origin(How.DEFAULT, None, "the library's"),)
        return groups.evaluate(setting.text, self.build).groups, self.origins("tlsecname")

    def dh(self) -> tuple["negotiation.Dh | int", tuple[Origin, ...]]:
        """DH parameters, from a file or none."""
        setting = self.setting("tlsdhparamfile")
        data = self.content(setting.text) if setting is not None else None
        if setting is None:
            return negotiation.Dh.NONE, ()
        bits = certificates.dh_bits(data) if data is not None else None
        return (2048 if data is None else negotiation.Dh.NONE if bits is None else bits), self.origins("tlsdhparamfile")

    # ---- endpoints

    def endpoint(self, listener: Listener, anchor: Span) -> Endpoint:
        """One listener as its clients meet it."""
        clear, refusal = self.cleartext(listener)
        endpoint = Endpoint(
            listener.url,
            Role.SERVER,
            "ldap",
            anchor,
            address=Known(listener.host or "*", _at(listener)),
            port=Known(listener.port, _at(listener)),
            server_names=Known((listener.host,), _at(listener)) if listener.is_named else NOT_SET,
            tls=self.mode(listener, refusal),
            cleartext_login=clear,
        )
        if endpoint.tls.holds(TlsMode.NONE):
            return endpoint
        return self.with_handshake(endpoint, listener)

    def mode(self, listener: Listener, refusal: Value[bool]) -> Value[TlsMode]:
        """ldaps begins with TLS whether there is any or not; elsewhere StartTLS is there when a context is.

        `restrict extended` and its like do not take it away (seen on 2.5.13: starttls_extop() asks nobody).
        """
        if listener.implicit:
            return Known(TlsMode.IMPLICIT, _at(listener))
        made = self.context.made
        if isinstance(made, Unknown):
            return Unknown(made.reason, made.origins)
        if not made.value:
            return Known(TlsMode.NONE, made.origins)
        if isinstance(refusal, Unknown):
            return Unknown(refusal.reason, refusal.origins)
        return Known(TlsMode.STARTTLS_REQUIRED, refusal.origins) if refusal.value else Known(TlsMode.STARTTLS, made.origins)

    def with_handshake(self, endpoint: Endpoint, listener: Listener) -> Endpoint:
        """What the context offers."""
        context = self.context
        endpoint = endpoint._replace(
            certificates=context.certificates,
            client_certificate=self.client_certificate(),
            compression=Known(False, (Origin(How.DEFAULT, None, "the library's"),)),
            origins=(("certificates", context.certificate_origins),),
        )
        if listener.implicit and context.made.holds(False):
            return _dead(endpoint, "no certificate is set", context.made.origins)
        if context.unknown or isinstance(context.made, Unknown):
            reason = context.unknown or "what was not seen decides"
            return endpoint._replace(
                cipher_string=context.cipher_string,
                tls_works=Unknown(reason),
                versions=Unknown(reason),
                cipher_suites=Unknown(reason),
                groups=Unknown(reason),
                server_order=Unknown(reason),
            )
        if context.nss is not None:
            versions, suites = context.nss
            return endpoint._replace(
                tls_works=Known(True, context.made.origins),
                versions=Unknown(NSS_DECIDES, context.version_origins, versions),
                cipher_suites=Unknown(NSS_DECIDES, context.cipher_origins, suites),
                groups=Unknown(NSS_DECIDES),
                server_order=Unknown(NSS_DECIDES),
            )
        if context.offer is None:
            return _dead(endpoint, context.failure, context.origins)._replace(cipher_string=context.cipher_string)
        if not context.offer.versions:
            why = "; ".join(dict.fromkeys(held.reason for held in context.offer.held_back)) or "no version is left"
            dead = _dead(endpoint, why, context.origins)
            return dead._replace(
                versions=Known(frozenset(), context.origins),
                cipher_suites=Known((), context.origins),
                cipher_string=context.cipher_string,
            )
        return endpoint._replace(
            tls_works=Known(True, context.made.origins),
            versions=Known(context.offer.versions, context.version_origins),
            cipher_suites=Known(context.offer.suites, context.cipher_origins),
            cipher_string=context.cipher_string,
            groups=Known(context.offer.groups, context.group_origins),
            server_order=context.server_order,
            security_level=Known(context.offer.security_level, context.cipher_origins),
            dh_bits=context.dh_bits,
        )

    def client_certificate(self) -> Value[str | None]:
        """TLSVerifyClient: never by default; `allow` and `try` only ask."""
        setting = self.setting("tlsverifyclient")
        why = self.configuration.is_open("tlsverifyclient") if setting is None else ""
        if why:
            return Unknown(why)
        origins = self.origins("tlsverifyclient") or (Origin(How.DEFAULT, None, "TLSVerifyClient never"),)
        word = arguments.verify(setting.text) if setting is not None else "never"
        return Known({"never": "none", "allow": "optional", "try": "optional"}.get(word, "required"), origins)

    # ---- passwords in the clear

    def cleartext(self, listener: Listener) -> tuple[Value[bool | None], Value[bool]]:
        """Is a simple bind looked at without TLS, and would slapd answer that confidentiality is required (result 13)?"""
        if listener.implicit:
            return Known(False, _at(listener)), Known(False)
        for name in ("security", "disallows", "restrict"):
            why = self.configuration.is_open(name)
            if any(setting.is_template for setting in self.configuration.all(name)):
                return Unknown(TEMPLATE), Unknown(TEMPLATE)
            if why and not self.configuration.all(name):
                return Unknown(why), Unknown(why)
        answers: list[tuple[bool, list[Span]]] = []
        for database in self.judged():
            off = self.refuses_simple(database)
            answers.append((False, [off]) if off is not None else (True, self.confidential(listener, database)))
        if all(spans for _, spans in answers):
            for_tls = all(is_confidential for is_confidential, _ in answers)
            origins = tuple(Origin(How.WRITTEN, span) for span in dict.fromkeys(answers[0][1]))
            return Known(False, origins), Known(for_tls, origins)
        return Known(True, (Origin(How.DEFAULT, None, "without security, slapd takes passwords before TLS"),)), Known(False)

    def judged(self) -> Sequence[Database | None]:
        """Databases somebody binds to; None stands for one that was not seen."""
        found = [each for each in self.configuration.databases if each.holds_data]
        return found or [None]

    def refuses_simple(self, database: Database | None) -> Span | None:
        """`disallow bind_simple` and `restrict bind`, for all or in the database, refuse simple binds with or without TLS."""
        own = database.all("restrict") if database is not None else []
        for setting in self.configuration.all("disallows"):
            for word, span in zip(setting.arguments, setting.spans, strict=False):
                if word.lower() == "bind_simple":
                    return span
        for setting in (*self.configuration.all("restrict"), *own):
            for word, span in zip(setting.arguments, setting.spans, strict=False):
                if word.lower() in ("bind", "all"):
                    return span
        return None

    def confidential(self, listener: Listener, database: Database | None) -> list[Span]:
        """The factors of `security` a bind without TLS does not meet, most telling first; a database's own non-zero factor wins."""
        factors: dict[str, tuple[int, Span]] = {}
        local_ssf = self.configuration.last("localssf")
        own = database.all("security") if database is not None else []
        for setting in self.configuration.all("security"):
            for word, span in zip(setting.arguments, setting.spans, strict=False):
                found = arguments.factor(word)
                if found is not None:
                    factors[found[0]] = (found[1], span)
        nearer: dict[str, tuple[int, Span]] = {}
        for setting in own:
            for word, span in zip(setting.arguments, setting.spans, strict=False):
                found = arguments.factor(word)
                if found is not None:
                    nearer[found[0]] = (found[1], span)
        factors.update({name: value for name, value in nearer.items() if value[0]})
        local = self.local_ssf() if listener.is_local else 0
        strength = {"ssf": local, "transport": local, "simple_bind": local, "tls": 0, "sasl": 0}
        unmet = [span for name, (least, span) in factors.items() if name in strength and least > strength[name]]
        return [*unmet, local_ssf.span] if unmet and listener.is_local and local_ssf is not None else unmet

    def local_ssf(self) -> int:
        """localSSF: the strength a connection over ldapi counts as."""
        setting = self.configuration.last("localssf")
        value = arguments.integer(setting.text) if setting is not None else None
        return LOCAL_SSF if value is None else value


def openssl_list(text: str, build: str, release: tuple[int, ...], target: Target) -> "openssl.CipherList":
    """What tlso_ctx_init() makes of a cipher string.

    From 2.5 names of TLS 1.3 suites choose those (ITS#9521); from 2.5.17 and 2.6.7 the rest, from the first other element on, is the list
    TLS 1.2 and below (ITS#10094), before that it was the whole string. 2.4 hands it over as it is.
    """
    level = target.openssl_security_level
    if release < (2, 5) or not openssl.has_tls13(build):
        return openssl.evaluate(text, build, level=level)
    elements = text.split(":")
    new = [element for element in elements if _is_tls13(element)]
    first = next((number for number, element in enumerate(elements) if not _is_tls13(element)), None)
    splits = release >= (2, 6, 7) or ((2, 5, 17) <= release < (2, 6))
    old = text if not splits else "DEFAULT" if first is None else ":".join(elements[first:])
    return openssl.evaluate(old, build, tls13=":".join(new) if new else None, level=level)


def _is_tls13(element: str) -> bool:
    return element.strip() in _TLS13


_TLS13 = frozenset(
    {
        *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
        *("TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"),
    }
)


def allowed(least: int, release: tuple[int, ...]) -> frozenset[TlsVersion]:
    """What TLSProtocolMin leaves on OpenSSL: it switches off what lies below, and everything above TLS 1.3 too when it is higher.

    2.4 knows no TLS 1.3 to switch off.
    """
    kept = {SSL30, TLS10, TLS11, TLS12, TLS13}
    if least <= SSL20 << 8:
        return frozenset(kept)
    kept = {version for version in kept if version >= least}
    if release < (2, 5):
        kept.add(TLS13)
    return frozenset(kept)


def _exact(setting: Setting | None, text: str) -> Span | None:
    """The span of a string that is written byte for byte."""
    if setting is None or not setting.spans:
        return None
    span = setting.spans[0]
    at = span.data.decode("latin-1").find(text)
    return Span(span.file, span.start + at, span.start + at + len(text)) if at != -1 and text else None


def _logical(path: str) -> str:
    return os.path.normpath(file_name(path))


def _at(listener: Listener) -> tuple[Origin, ...]:
    return (Origin(How.WRITTEN, listener.span),) if listener.span is not None else (Origin(How.DEFAULT, None, "the default listeners"),)


def _dead(endpoint: Endpoint, failure: str, origins: tuple[Origin, ...]) -> Endpoint:
    """Every handshake fails, which is not the fault of the versions and suites that are set."""
    return endpoint._replace(
        tls_works=Known(False, origins), tls_failure=failure, versions=Known(frozenset()), cipher_suites=Known(()), groups=Known(())
    )
