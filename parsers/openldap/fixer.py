"""Remedies in OpenLDAP's words: slapd.conf, cn=config in every form, and the files of LDAP clients.

What the words do stands in tls.py, outgoing.py and client.py with its sources. On GnuTLS one string says versions, suites, groups and whose
order counts; on OpenSSL they are TLSProtocolMin, TLSCipherSuite and TLSECName, and the order is slapd's from 2.5.
"""

import re
import zlib
from collections.abc import Sequence

from tlslint.crypto import libraries, spelling
from tlslint.model import Endpoint, Instance, Origin, Role, Span, TlsMode
from tlslint.model.remedy import Edit, ModelRemedy, OfferGroups, OfferSuites, OfferVersions, SetValue
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers import commands as platforms
from tlslint.parsers import placing
from tlslint.parsers.format import Way
from tlslint.parsers.openldap import clientconf, moznss, spots
from tlslint.parsers.openldap.directives import number

_MINIMUM: dict[TlsVersion, str] = {TLS10: "3.1", TLS11: "3.2", TLS12: "3.3", TLS13: "3.4"}
_ENOUGH = 64
"""Bits of protection TLS always gives and ldapi too (it counts as 71): slapd.conf(5) has `simple_bind=64` as its example."""
_NO_CERTIFICATE = "there is no TLS without a certificate: TLSCertificateFile and TLSCertificateKeyFile come first"
_BY_HAND_ON_NSS = "what is left hangs on the NSS in use: by hand, TLSProtocolMin 3.3 (from RHEL 7.3 on), in TLSCipherSuite suites by name"
_NO_WORD = "OpenLDAP has no single word for this; it takes a person"


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`)."""
    found: list[Sequence[Way]] = []
    for endpoint in endpoints:
        if instance.service == "ldap-client":
            one = _client(instance, endpoint, remedy)
        elif endpoint.role is Role.CLIENT:
            one = _outgoing(instance, endpoint, remedy)
        else:
            one = _Server(instance, endpoint).ways(remedy)
        if isinstance(one, str):
            return one
        found.append(one)
    most = max(map(len, found), default=0)
    return [tuple(dict.fromkeys(edit for one in found for edit in one[min(index, len(one) - 1)])) for index in range(most)]


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """slaptest and a new start; a change is handed to the running slapd. Programs that read ldap.conf read it anew with every start."""
    name = instance.root.path.rpartition("/")[2]
    if instance.service == "ldap-client":
        daemon = next((each for each in ("nslcd", "sssd") if name.startswith(f"{each}.conf")), "")
        return (platforms.restart(daemon, instance.family),) if daemon else ()
    root = platforms.on_the_server(instance.root.path)
    restart = platforms.restart("slapd", instance.family)
    if name == "cn=config.ldif":
        return (f"slaptest -u -F {root.rpartition('/')[0]} && {restart}",)
    if name.endswith(".ldif"):
        modifies = [path for path in changed if path.endswith(".ldif") and not instance.complete]
        return tuple(f"ldapmodify -Y EXTERNAL -H ldapi:/// -f {platforms.on_the_server(path)}" for path in modifies)
    return (f"slaptest -u -f {root} && {restart}",)


_HEADER = re.compile(rb"\A# AUTO-GENERATED FILE - DO NOT EDIT!! Use ldapmodify\.\r?\n# CRC32 ([0-9a-fA-F]{8})\r?\n")


def seal(text: bytes) -> tuple[int, int, bytes] | None:
    """The checksum slapd writes above an entry of slapd.d, over all that follows (back-ldif/ldif.c ldif_write_entry()).

    Where it stands, from and to, and what it should be; None for a text without.
    """
    header = _HEADER.match(text)
    return None if header is None else (*header.span(1), b"%08x" % zlib.crc32(text[header.end() :]))


class _Server:
    """One listener of slapd."""

    def __init__(self, instance: Instance, endpoint: Endpoint) -> None:
        self.instance = instance
        self.endpoint = endpoint
        self.is_gnutls = instance.tls_library.name == "gnutls"
        self.build = libraries.build_of(instance.tls_library)
        self.release = number(instance.software.version or "2.6")
        self.spots = spots.all_of(instance)

    def ways(self, remedy: ModelRemedy) -> Sequence[Way] | str:
        if isinstance(remedy, SetValue) and remedy.field in ("tls", "cleartext_login"):
            return self.protected(remedy)
        if isinstance(remedy, SetValue) and remedy.field == "client_certificate":
            word = {"none": "never", "optional": "try", "required": "demand"}[remedy.value]
            return self.set("TLSVerifyClient", word, self.endpoint.client_certificate.origins)
        if isinstance(remedy, SetValue) and remedy.field == "dh_bits":
            return self.without_parameters()
        if self.instance.tls_library.name == moznss.NAME:
            return _BY_HAND_ON_NSS
        if self.build is None:
            return "the TLS library is not known"
        if isinstance(remedy, SetValue) and remedy.field == "security_level":
            return placing.without_level(self.endpoint.cipher_string)
        return self.in_one_string(remedy, self.build) if self.is_gnutls else self.on_openssl(remedy, self.build)

    # ---- what is offered

    def in_one_string(self, remedy: ModelRemedy, build: str) -> Sequence[Way] | str:
        string = self.endpoint.cipher_string
        text = string.text if string is not None else ""
        if isinstance(remedy, OfferVersions):
            text = spelling.gnutls_priority(text, build, versions=[each for each in remedy.versions if each in _MINIMUM])
        elif isinstance(remedy, OfferSuites):
            text = spelling.gnutls_priority(text, build, suites=remedy.suites)
        elif isinstance(remedy, OfferGroups):
            text = spelling.gnutls_priority(text, build, groups=remedy.groups)
        elif isinstance(remedy, SetValue) and (remedy.field, remedy.value) == ("server_order", True):
            text = spelling.gnutls_priority(text, build, server_order=True)
        else:
            return _NO_WORD
        return self.set("TLSCipherSuite", text, self.endpoint.cipher_suites.origins)

    def on_openssl(self, remedy: ModelRemedy, build: str) -> Sequence[Way] | str:
        if isinstance(remedy, OfferVersions):
            return self.minimum(remedy.versions, build)
        if isinstance(remedy, OfferSuites):
            return self.list(remedy, build)
        if isinstance(remedy, OfferGroups):
            listed = spelling.openssl_groups(remedy.groups, build)
            if self.release < (2, 5):
                listed = listed.partition(":")[0]  # one name only
            return self.set("TLSECName", listed, self.endpoint.groups.origins)
        if isinstance(remedy, SetValue) and remedy.field == "server_order":
            return "slapd 2.4 on OpenSSL lets the client choose, and has no word to change that"
        return _NO_WORD

    def minimum(self, versions: frozenset[TlsVersion], build: str) -> Sequence[Way] | str:
        known = [version for version in sorted(_MINIMUM) if version in libraries.build(build).versions]
        wanted = [version for version in known if version in versions]
        if not wanted or wanted != known[known.index(wanted[0]) :]:
            return "slapd on OpenSSL has a lowest version, TLSProtocolMin, and no highest one"
        return self.set("TLSProtocolMin", _MINIMUM[wanted[0]], self.endpoint.versions.origins)

    def list(self, remedy: OfferSuites, build: str) -> Sequence[Way] | str:
        """Names of TLS 1.3 suites stand first, where slapd takes them at all: from the first other word on it is the list below."""
        listed = spelling.openssl_list(remedy.suites, build)
        if not listed:
            return "the profile lists no suite below TLS 1.3"
        string = self.endpoint.cipher_string
        now = string.text.split(":") if string is not None else []
        allowed = spelling.openssl_tls13(remedy.suites, build).split(":")
        chosen = [word for word in now if word in allowed]
        codes = {suite.code for suite in remedy.suites}
        below = ":".join(word for word in now if not word.startswith("TLS_"))
        listed = spelling.openssl_near(below, build, remedy.suites, self.endpoint.cipher_suites.surely) or listed
        if any(suite.is_tls13 and suite.code not in codes for suite in self.endpoint.cipher_suites.surely):
            chosen = chosen or allowed
        words = [*(chosen if self.release >= (2, 5) else ()), listed]
        origins = self.endpoint.cipher_suites.origins
        first = self.set("TLSCipherSuite", ":".join(words), origins)
        level = next((word for word in now if word.upper().startswith("@SECLEVEL=")), "")
        second = self.set("TLSCipherSuite", ":".join((*words, level)), origins) if level else ""
        return [*first, *second] if not isinstance(first, str) and not isinstance(second, str) else first

    def without_parameters(self) -> Sequence[Way] | str:
        """Without a file GnuTLS takes the groups of RFC 7919; OpenSSL offers no DHE suites."""
        lines = [spot for spot in self.spots if spot.name == "tlsdhparamfile"]
        if not lines:
            return "no file of DH parameters is set"
        if any(spot.is_change for spot in lines):
            return "the change sets a file of DH parameters: name a larger one"
        return [tuple(spot.without() for spot in lines)]

    # ---- passwords

    def protected(self, remedy: SetValue) -> Sequence[Way] | str:
        """`security`: below localSSF, so that ldapi goes on as it is."""
        if not self.endpoint.tls.is_known or self.endpoint.tls.holds(TlsMode.NONE):
            return _NO_CERTIFICATE
        if remedy.field == "tls" and remedy.value is not TlsMode.STARTTLS_REQUIRED:
            return (
                f"{self.endpoint.name} stands where slapd is started (SLAPD_SERVICES, SLAPD_URLS, -h): write it with the other scheme there"
            )
        wide, narrow = self.factor("ssf"), self.factor("simple_bind")
        if isinstance(narrow, str) or isinstance(wide, str):
            return narrow if isinstance(narrow, str) else str(wide)
        if remedy.field == "cleartext_login" or self.endpoint.cleartext_login.holds(True):
            return narrow
        if any(spot.name == "disallows" and any(text.lower() == "bind_simple" for text, _ in spot.words) for spot in self.spots):
            return "no simple bind is taken at all; whether searches need TLS takes a person"
        return [*wide, *narrow]

    def factor(self, name: str) -> Sequence[Way] | str:
        word = f"{name}={_ENOUGH}"
        said = [spot for spot in self.spots if spot.name == "security" and spot.is_overall and not spot.is_change]
        for spot in reversed(said):
            for text, span in spot.words:
                if text.lower().startswith(f"{name}="):
                    return [(Edit(span, word.encode()),)] if spot.is_plain else [(spot.with_value(word),)]
        if said and not said[-1].is_ldif:
            end = said[-1].value.end
            return [(Edit(Span(said[-1].value.file, end, end), f" {word}".encode()),)]
        if said:
            return [(said[-1].below("security", "olcSecurity", word),)]
        return self.set("security", word, ())

    # ---- one setting

    def set(self, name: str, text: str, origins: Sequence[Origin]) -> Sequence[Way] | str:
        """The deciding line changed in place, else a new one."""
        lines = [spot for spot in self.spots if spot.name == name.lower() and spot.is_overall | name.startswith("TLS")]
        touched = [spot for origin in origins for spot in lines if origin.span is not None and placing.touches(origin.span, spot.whole)]
        if lines and name != "security":
            return [((touched or lines[::-1])[0].with_value(text),)]
        attribute = f"olc{name[:1].upper()}{name[1:]}"
        edit = spots.new(self.instance, self.spots, name, attribute, text)
        return [(edit,)] if edit is not None else f"no place was found where {name} could be written"


# ---- connections slapd makes


def _outgoing(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy) -> Sequence[Way] | str:
    if not isinstance(remedy, SetValue) or remedy.field not in ("tls", "peer_verification"):
        return "what slapd offers as a client is not written here"
    spot = next((each for each in spots.all_of(instance) if placing.touches(each.whole, endpoint.anchor)), None)
    if spot is None or not spot.is_plain:
        return "the line is not written as plain text"
    if remedy.field == "peer_verification":
        span = next((origin.span for origin in endpoint.peer_verification.origins if origin.span is not None), None)
        return [(Edit(span, b"tls_reqcert=demand"),)] if span is not None else "no line says that nothing is verified"
    word = "starttls=" + ("yes" if remedy.value is TlsMode.STARTTLS else "critical")
    for origin in endpoint.tls.origins:
        text = origin.span.text.lower() if origin.span is not None else ""
        if origin.span is not None and text.startswith("starttls="):
            return [(Edit(origin.span, word.encode()),)]
        if origin.span is not None and text in ("none", "try-start", "try-propagate"):
            return [(Edit(origin.span, {"try-propagate": b"propagate"}.get(text, b"start")),)]
    if spot.name == "syncrepl":
        provider = next((span for text, span in spot.words if text.lower().startswith("provider=")), None)
        end = provider.end if provider is not None else spot.value.end
        return [(Edit(Span(spot.value.file, end, end), f" {word}".encode()),)]
    prefix = "chain-" if spot.name.startswith("chain-") else ""
    return [(spot.below(f"{prefix}tls", "olcDbStartTLS", "start"),)]


# ---- clients

_STARTS = {"nslcd": ("ssl", "start_tls"), "nss_ldap": ("ssl", "start_tls"), "pam_ldap": ("ssl", "start_tls"), "sudo": ("ssl", "start_tls")}
_VERIFIES = {"tls_checkpeer": "yes", "tls_reqcert": "demand", "ldap_tls_reqcert": "demand", "tls_reqsan": "allow"}


def _client(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy) -> Sequence[Way] | str:
    if isinstance(remedy, SetValue) and remedy.field == "peer_verification":
        return _verified(instance, endpoint)
    if isinstance(remedy, SetValue) and remedy.field == "tls":
        program = endpoint.name.partition(" to ")[0].partition(" ")[0]
        if program == "sssd":
            return _sssd(instance, endpoint)
        if program in _STARTS:
            return _line(instance, endpoint, *_STARTS[program])
        return _ldaps(endpoint)
    string = endpoint.cipher_string
    if isinstance(remedy, OfferSuites) and string is not None and string.span is not None:
        if string.build.startswith("gnutls"):
            return [(Edit(string.span, spelling.gnutls_priority(string.text, string.build, suites=remedy.suites).encode()),)]
        listed = spelling.openssl_list(remedy.suites, string.build)
        listed = spelling.openssl_near(string.text, string.build, remedy.suites, endpoint.cipher_suites.surely) or listed
        return [(Edit(string.span, listed.encode()),)] if listed else "the profile lists no suite below TLS 1.3"
    if isinstance(remedy, SetValue) and remedy.field == "security_level":
        return placing.without_level(string)
    if isinstance(remedy, OfferVersions) and string is not None and string.span is not None and string.build.startswith("gnutls"):
        return [(Edit(string.span, spelling.gnutls_priority(string.text, string.build, versions=remedy.versions).encode()),)]
    return _NO_WORD


def _verified(instance: Instance, endpoint: Endpoint) -> Sequence[Way] | str:
    """The lines that switch it off, each with the word that switches it on."""
    places = [origin.span for origin in endpoint.peer_verification.origins if origin.span is not None]
    edits = []
    for file in instance.files:
        for line in (*clientconf.lines(file), *clientconf.sections(file)):
            word = _VERIFIES.get(line.folded)
            if word is not None and any(line.value_span == place for place in places) and line.value.lower() in _OFF:
                edits.append(Edit(line.value_span, word.encode()))
    return [tuple(dict.fromkeys(edits))] if edits else "no line says that nothing is verified"


_OFF = ("never", "allow", "no", "off", "false")


def _ldaps(endpoint: Endpoint) -> Sequence[Way] | str:
    """ldap.conf has no word for StartTLS: the scheme says it, and with it the port."""
    if not endpoint.tls.is_known:
        return "each program chooses its server, and whether it uses TLS"
    span = endpoint.anchor
    if not endpoint.port.holds(389):
        return "the port with TLS is not known where another one than 389 is named"
    host = re.escape(str(endpoint.address.surely).encode())
    edits = []
    for match in re.finditer(rb"(?i)(?<![^\s,])(ldap)://\[?" + host + rb"\]?(:389)?(?=[/?\s,]|$)", span.data):
        scheme, port = (Span(span.file, span.start + match.start(part), span.start + match.end(part)) for part in (1, 2))
        edits += [Edit(scheme, b"ldaps"), *([Edit(port, b"")] if match[2] else [])]
    return [tuple(edits)] if edits else "the server is named without ldap://"


def _line(instance: Instance, endpoint: Endpoint, name: str, word: str) -> Sequence[Way] | str:
    """The last line of a name changed, or a new one below the server's."""
    file = instance.root
    said = [line for line in clientconf.lines(file) if line.folded == name]
    if said:
        return [(Edit(said[-1].value_span, word.encode()),)]
    return [(placing.below(endpoint.anchor, [f"{name} {word}".encode()], b""),)]


def _sssd(instance: Instance, endpoint: Endpoint) -> Sequence[Way] | str:
    lines = clientconf.sections(instance.root)
    own = next((line for line in lines if line.value_span == endpoint.anchor), None)
    if own is None:
        return "no line names the server"
    name = "ldap_id_use_start_tls"
    said = [line for line in lines if line.section == own.section and line.folded == name]
    if said:
        return [(Edit(said[-1].value_span, b"True"),)]
    return [(placing.below(endpoint.anchor, [f"{name} = True".encode()]),)]
