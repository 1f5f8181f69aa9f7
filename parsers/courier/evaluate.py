"""Courier's files as endpoints: IMAP, POP3 and SMTP with their -ssl twins, and the SMTP client.

The three families share nothing but the folder: each is an instance of its own. Source: docs of courier-imap (imapd-ssl.dist),
tcpd/libcouriergnutls.c,
tcpd/libcouriertls.c, imap/{imaplogin,capability,pop3login,pop3dcapa}.c, courier/module.esmtp/courieresmtpd.C; seen on Debian 12 and 13.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from tlslint.crypto import certificates, gnutls, libraries, negotiation, openssl
from tlslint.data import beside
from tlslint.files import FileProblem, Files
from tlslint.model import (
    Certificate,
    CipherString,
    Endpoint,
    How,
    Instance,
    Known,
    KnownBy,
    Origin,
    Problem,
    Role,
    Software,
    SourceFile,
    Span,
    TlsMode,
    Unknown,
    Value,
)
from tlslint.model.values import NOT_SET
from tlslint.model.versions import BY_WORD, TlsVersion
from tlslint.parsers import priorities
from tlslint.parsers.carried import file_name
from tlslint.parsers.courier.services import SERVICES, Service, Started, port_of, start
from tlslint.parsers.courier.shell import Shell, Variable
from tlslint.parsers.failures import Failure
from tlslint.targets import Target


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The family of services that `root` belongs to (imapd-ssl, pop3d-ssl, esmtpd). Never raises for any content."""
    directory, _, name = root.rpartition("/")
    family = family_of(name)
    software, library = target.software["courier"], target.libraries["courier"]
    try:
        first = files.read(root)
    except FileProblem as problem:
        empty = SourceFile(root, b"")
        unread = Problem("unreadable", f"{root} {problem.reason}", Span(empty, 0, 0))
        return (Instance("courier", empty, software, library, complete, Unknown("it could not be read"), (), (unread,), ()),)
    is_debian = target.is_debian
    if software.how is KnownBy.ASSUMED and not _is_debians(directory, first.data):
        library, is_debian = Software("openssl", None, KnownBy.ASSUMED), False
    judge = Judge(directory, files, target, library, is_debian=is_debian)
    started = [start(service, directory, files) for service in SERVICES if service.family == family and _present(service, directory, files)]
    endpoints = [endpoint for each in started if not each.failure for endpoint in judge.endpoints(each)]
    if family == "esmtp" and files.kind(f"{directory}/courierd") == "file":
        endpoints += judge.client(f"{directory}/courierd")
    from tlslint.parsers.courier import slips  # noqa: PLC0415 (it looks back at what stands here)

    problems = slips.problems(started, judge)
    read = dict.fromkeys([first, *(file for each in started for file in (*each.outer.read, *each.inner.read)), *judge.client_files])
    failed = next((each for each in started if each.failure), None)
    starts: Value[bool] = Known(True)
    if failed is not None:
        at = failed.outer.stopped_at or failed.inner.stopped_at
        starts = Known(False, (Origin(How.WRITTEN, at, failed.failure),))
    elif any(each.unseen for each in started):
        starts = Unknown(f"{next(each.unseen for each in started if each.unseen)} was not seen")
    whole = complete and all(files.kind(f"{directory}/{each}") == "file" for each in _NEEDED[family])
    ordered = sorted(set(problems), key=lambda problem: (problem.span.file.path, problem.span.start, problem.rule, problem.message))
    return (Instance("courier", first, software, library, whole, starts, tuple(endpoints), tuple(ordered), tuple(read)),)


def _is_debians(directory: str, data: bytes) -> bool:
    """Where Debian's packages keep the files and the helper; others (/etc/courier-imap, /usr/local …) are built with OpenSSL as a rule."""
    helper = re.search(rb"(?m)^[ \t]*COURIERTLS=[\"']?(/\S*/)?", data)
    return directory.endswith("/courier") and (helper is None or helper.group(1) in (None, b"/usr/bin/"))


_NEEDED = {"imap": ("imapd", "imapd-ssl"), "pop3": ("pop3d", "pop3d-ssl"), "esmtp": ("esmtpd",)}


def family_of(name: str) -> str:
    """`imap`, `pop3` or `esmtp`, by the name of a file."""
    if "pop3" in name:
        return "pop3"
    return "esmtp" if "esmtp" in name or name == "courierd" else "imap"


def _present(service: Service, directory: str, files: Files) -> bool:
    """The scripts ask for their files; a fragment is judged with what there is."""
    return files.kind(f"{directory}/{service.name}") == "file"


@cache
def data() -> dict[str, Any]:
    """TLS_PROTOCOL's tables and what nothing reads."""
    loaded: dict[str, Any] = json.loads(beside(__file__, "protocols.json"))
    return loaded


def protocol_table(version: str) -> dict[str, Any]:
    """The table of TLS_PROTOCOL for a version of courier-imap (4.x, 5.x) or of courier (0.x, 1.x)."""
    key = "imap" if _number(version) >= (3,) else "since"
    found: dict[str, Any] = data()["tables"][0]
    for table in data()["tables"]:
        if _number(version) >= _number(table[key]):
            found = table
    return found


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", text))


class Judge:
    """Turns variables into endpoints, and keeps why handshakes fail."""

    def __init__(self, directory: str, files: Files, target: Target, library: Software, *, is_debian: bool) -> None:
        self.directory = directory
        self.files = files
        self.target = target
        self.library = library
        self.version = target.software["courier"].version or "5.0"
        self.build = libraries.build_of(self.library)
        self.is_debian = is_debian
        self.failures: list[Failure] = []
        self.client_files: list[SourceFile] = []

    @property
    def is_gnutls(self) -> bool:
        """Built with GnuTLS, as Debian does."""
        return self.library.name == "gnutls"

    def endpoints(self, started: Started) -> Iterator[Endpoint]:
        """One for each address and port of a service."""
        service = started.service
        said = started.outer.get(service.port)
        if not self.is_debian:
            switch = started.outer.get(service.start)
            if switch.value is not None and switch.value[:1] not in ("y", "Y"):
                return
        text = said.value if said.value is not None else str(service.default_port)
        where = started.outer.get(service.address).value or "0"
        own = _anchor(started, service)
        if said.unknown:
            yield from self.with_names(started, self.endpoint(started, service.title, Unknown(said.unknown, _origins(said)), where, own))
            return
        for part in text.replace(",", " ").split():
            found = port_of(part)
            if found is None:
                continue
            address, port = found
            if port == 0:
                continue
            shown = where if address in ("", "0") else address
            title = f"{service.title} ({port})" if shown in ("0", "", "*") else f"{service.title} ({shown}:{port})"
            yield from self.with_names(started, self.endpoint(started, title, Known(port, _origins(said)), shown, own))

    def with_names(self, started: Started, endpoint: Endpoint) -> Iterator[Endpoint]:
        """The port, and beside it what clients get that ask for a name with a certificate of its own.

        couriertls presents TLS_CERTFILE.www.example.org to who asks for www.example.org, where that file is there (couriertls(1); seen on
        5.0.13).
        """
        yield endpoint
        said = started.inner.get("TLS_CERTFILE")
        is_deaf = endpoint.tls.holds(TlsMode.NONE) or endpoint.tls_failure.startswith("COURIERTLS")
        if is_deaf or not said.value or started.inner.get("TLS_PRIVATE_KEYFILE").value:  # which key goes with which name was not seen
            return
        folder, _, file = said.value.rpartition("/")
        try:
            found = self.files.names(folder)
        except FileProblem:
            return
        for name in found:
            asked = name.removeprefix(f"{file}.")
            if asked != name and re.fullmatch(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", asked):
                bare = endpoint._replace(
                    name=f"{endpoint.name} as {asked}", server_names=Known((asked,), _origins(said)), tls_works=NOT_SET, tls_failure=""
                )
                yield self.with_tls(bare, started.inner, f"{said.value}.{asked}")

    def endpoint(self, started: Started, title: str, port: Value[int | None], address: str, anchor: Span) -> Endpoint:
        """One port of a service."""
        service = started.service
        mode, clear = self.mode(started)
        shown = "*" if address in ("0", "") else address
        endpoint = Endpoint(
            title,
            Role.SERVER,
            service.protocol,
            anchor,
            address=Known(shown, _origins(started.outer.get(service.address))),
            port=port,
            tls=mode,
            cleartext_login=clear,
            is_opportunistic_mx=service.name == "esmtpd" and port.holds(25) and mode.holds(TlsMode.STARTTLS),
        )
        if mode.holds(TlsMode.NONE):
            return endpoint
        helper = started.outer if service.implicit and service.family != "esmtp" else started.inner
        if not self.has_helper(helper.get("COURIERTLS")):
            return self.dead(endpoint, "tls", "COURIERTLS names no program", _origins(helper.get("COURIERTLS")))
        return self.with_tls(endpoint, started.inner)

    def has_helper(self, variable: Variable) -> bool:
        """Is $COURIERTLS a program that can be run?"""
        path = variable.value or ""
        if variable.unknown:
            return True
        return (path.rpartition("/")[2] == "couriertls" and not self.is_missing(path)) or self.files.kind(path or "/") == "file"

    def mode(self, started: Started) -> tuple[Value[TlsMode], Value[bool | None]]:
        """When TLS begins, and whether a password is looked at before it."""
        service, inner = started.service, started.inner
        if service.implicit:
            return Known(TlsMode.IMPLICIT, (Origin(How.DEFAULT, None, f"{service.name} begins with TLS"),)), Known(False)
        if service.family == "esmtp":
            return self.esmtp_mode(inner)
        prefix = service.family.upper()
        switch = "IMAPDSTARTTLS" if prefix == "IMAP" else "POP3_STARTTLS"
        if started.unseen and any(inner.get(name).span is None for name in (switch, "COURIERTLS")):
            reason = f"{started.unseen} was not seen"
            return Unknown(reason), Unknown(reason)
        offered = self.word_after_expansion(started.outer.get("IMAPDSTARTTLS")) if prefix == "IMAP" else inner.get("POP3_STARTTLS")
        required = inner.get(f"{prefix}_TLS_REQUIRED")
        origins = _origins(offered)
        for each in (offered, required):
            if each.unknown:
                return Unknown(each.unknown, _origins(each)), Unknown(each.unknown, _origins(each))
        starttls = (offered.value or "")[:1] in ("y", "Y") and (offered.value or "") != "" and self.has_helper(inner.get("COURIERTLS"))
        must = atoi(required.value or "") != 0
        if not starttls:
            # imaplogin asks have_starttls() && tlsrequired(); pop3login asks for the latter alone
            refused = must and prefix == "POP3"
            return Known(TlsMode.NONE, origins), Known(not refused, (*_origins(required), *origins))
        if must:
            return Known(TlsMode.STARTTLS_REQUIRED, (*_origins(required), *origins)), Known(False, _origins(required))
        return Known(TlsMode.STARTTLS, (*origins, *_origins(required))), Known(True, _origins(required) or origins)

    def word_after_expansion(self, variable: Variable) -> Variable:
        """The start script pastes the value into the next shell's text: with a blank in it, it becomes another command's environment."""
        value = variable.value
        if value is not None and re.search(r"[\s;&|<>()$`\"'\\#]", value):
            reader_text = value.split()
            return variable._replace(value=reader_text[0] if len(reader_text) == 1 else None)
        return variable

    def esmtp_mode(self, inner: Shell) -> tuple[Value[TlsMode], Value[bool | None]]:
        """courieresmtpd: STARTTLS when the helper and a certificate are there; AUTH as ESMTPAUTH says."""
        certificate, required, auth = inner.get("TLS_CERTFILE"), inner.get("ESMTP_TLS_REQUIRED"), inner.get("ESMTPAUTH")
        for each in (certificate, required, auth):
            if each.unknown:
                return Unknown(each.unknown, _origins(each)), Unknown(each.unknown, _origins(each))
        origins = _origins(certificate)
        there = bool(certificate.value) and not self.is_missing(certificate.value or "")
        offered = there and self.has_helper(inner.get("COURIERTLS"))
        must = atoi(required.value or "") != 0
        passwords = bool({"PLAIN", "LOGIN"} & set((auth.value or "").upper().split()))
        clear: Value[bool | None] = Known(passwords and not must, (*_origins(auth), *_origins(required)))
        if not offered:
            return Known(TlsMode.NONE, origins), clear
        if must:
            return Known(TlsMode.STARTTLS_REQUIRED, (*_origins(required), *origins)), clear
        return Known(TlsMode.STARTTLS, origins), clear

    def with_tls(self, endpoint: Endpoint, shell: Shell, path: str = "") -> Endpoint:
        """The handshake of couriertls. `path`: a certificate file other than the one the settings name."""
        certificate, keys, failure, origins = self.certificate(shell, path)
        endpoint = endpoint._replace(
            certificates=() if certificate is None else (certificate,),
            client_certificate=self.client_certificate(shell),
            compression=Known(False, (Origin(How.DEFAULT, None, "the library's"),)),
            origins=(("certificates", origins),),
        )
        if failure:
            return self.dead(endpoint, "certificates", failure, origins)
        return self.gnutls(endpoint, shell, keys) if self.is_gnutls else self.openssl(endpoint, shell, keys)

    def gnutls(self, endpoint: Endpoint, shell: Shell, keys: tuple[negotiation.Key, ...] | None) -> Endpoint:
        """The handshake of a GnuTLS build: TLS_PRIORITY alone counts."""
        said = shell.get("TLS_PRIORITY")
        origins = _origins(said) if said.value else (Origin(How.DEFAULT, None, f"default of Courier: {data()['priority']}"),)
        if said.unknown or self.build is None:
            return _unknown(endpoint, said.unknown or "the TLS library is not known", origins)
        written = said.value or data()["priority"]
        text = priorities.resolved(written, self.files)
        if text is None:
            return _unknown(endpoint, priorities.NOT_SEEN, origins)
        place = _exact(said, text) if text == written else None
        endpoint = endpoint._replace(cipher_string=CipherString(text, self.build, place, text, "TLS_PRIORITY"))
        priority = gnutls.evaluate(text, self.build)
        if not priority.accepted:
            return self.dead(endpoint, "cipher_suites", f"GnuTLS refuses the priority string: {priority.error}", origins)
        offer = negotiation.negotiable(negotiation.GnuTlsServer(self.build, priority, keys, self.dh(shell)))
        return self.offered(endpoint, offer, origins)._replace(server_order=Known(priority.server_order, origins))

    def openssl(self, endpoint: Endpoint, shell: Shell, keys: tuple[negotiation.Key, ...] | None) -> Endpoint:
        """The handshake of an OpenSSL build: TLS_PROTOCOL and TLS_CIPHER_LIST count."""
        said, listed = shell.get("TLS_PROTOCOL"), shell.get("TLS_CIPHER_LIST")
        origins = (*_origins(said), *_origins(listed)) or (Origin(How.DEFAULT, None, f"default of Courier {self.version}"),)
        if said.unknown or listed.unknown or self.build is None:
            return _unknown(endpoint, said.unknown or listed.unknown or "the TLS library is not known", origins)
        row = protocol_row(said.value or "", self.version)
        versions = row_versions(row)
        least = self.target.openssl_min_version
        if least is not None:
            versions = frozenset(version for version in versions if version >= least)
        text = listed.value or data()["ciphers"]["4.16.2" if _number(self.version) >= _number("4.16.2") else "0"]
        # the return value of SSL_CTX_set_cipher_list() is not looked at: a string that selects nothing leaves TLS 1.3
        ciphers = openssl.evaluate(text, self.build, level=self.target.openssl_security_level)
        endpoint = endpoint._replace(cipher_string=CipherString(text, self.build, _exact(listed, text), text, "TLS_CIPHER_LIST"))
        order, dh = bool(row.get("order")), self.dh(shell)
        server = negotiation.OpenSslServer(
            self.build,
            ciphers,
            versions,
            self.target.openssl_security_level,
            keys,
            self.target.default_groups(self.build),
            dh,
            server_order=order,
        )
        # without a file there is no DHE at all; what GnuTLS makes of a small group was not seen
        bits = Known(dh if isinstance(dh, int) else None, _origins(shell.get("TLS_DHPARAMS")))
        found = self.offered(endpoint, negotiation.negotiable(server), origins)
        return found._replace(server_order=Known(order, _origins(said)), dh_bits=bits)

    def offered(self, endpoint: Endpoint, offer: negotiation.Offer, origins: tuple[Origin, ...]) -> Endpoint:
        """What comes of versions, suites and keys together."""
        if not offer.versions:
            why = "; ".join(dict.fromkeys(held.reason for held in offer.held_back)) or "no version is left"
            return self.dead(endpoint, "cipher_suites" if offer.held_back else "versions", why, origins)
        return endpoint._replace(
            tls_works=Known(True, origins),
            versions=Known(offer.versions, origins),
            cipher_suites=Known(offer.suites, origins),
            groups=Known(offer.groups, origins),
            security_level=Known(offer.security_level, origins),
        )

    def dead(self, endpoint: Endpoint, field: str, why: str, origins: tuple[Origin, ...]) -> Endpoint:
        """An endpoint whose every handshake fails; only the value at fault says where."""
        self.failures.append(Failure(field, why, origins, endpoint))
        return self.failures[-1].dead

    def dh(self, shell: Shell) -> "negotiation.Dh | int":
        """DH parameters of TLS_DHPARAMS, as far as they can be read."""
        path = shell.get("TLS_DHPARAMS").value
        content = self.content(path) if path else None
        bits = certificates.dh_bits(content) if content is not None else None
        return negotiation.Dh.NONE if bits is None else bits

    def client_certificate(self, shell: Shell) -> Value[str | None]:
        """TLS_VERIFYPEER counts by its first letter; unset or empty it is PEER."""
        said = shell.get("TLS_VERIFYPEER")
        if said.unknown:
            return Unknown(said.unknown, _origins(said))
        letter = (said.value or "")[:1].lower()
        if not letter:
            return Known("optional", (Origin(How.DEFAULT, None, "unset, TLS_VERIFYPEER is PEER"),))
        words = {"n": "none", "p": "optional", "r": "required"}
        return Known(words.get(letter, "none" if self.is_gnutls else "optional"), _origins(said))

    def certificate(
        self, shell: Shell, other: str = ""
    ) -> tuple[Certificate | None, tuple[negotiation.Key, ...] | None, str, tuple[Origin, ...]]:
        """The certificate, its key's type, why every handshake fails, and where it is said."""
        said = shell.get("TLS_CERTFILE")
        origins = _origins(said)
        if said.unknown:
            return None, None, "", origins
        if not said.value:
            return None, (), "no certificate is set", origins
        path = other or said.value
        content = self.content(path)
        if content is None:
            failure = f"{path} does not exist" if self.is_missing(path) else ""
            return Certificate(path, span=said.span), None, failure, origins
        chain = certificates.read(content)
        if chain.leaf is None:
            readable = chain.blocks and "cannot be decoded" not in chain.problem
            return Certificate(path, span=said.span), None, "" if readable else f"{path}: {chain.problem}", origins
        leaf = chain.leaf
        key, anchors = shell.get("TLS_PRIVATE_KEYFILE"), shell.get("TLS_TRUSTCERTS")
        key_at = key if key.value else said
        found = Certificate(
            path,
            chain,
            said.span,
            self.files.key_file(key.value or path, key_at.span) if key.value or self.holds_key(path) else None,
            () if not anchors.value and not anchors.unknown else None,
        )
        if not key.value and not key.unknown and not self.holds_key(path):
            return found, (), f"{path} holds no private key, and TLS_PRIVATE_KEYFILE names none", origins
        if key.value and self.is_missing(key.value):
            return found, (), f"{key.value} does not exist", _origins(key)
        return found, (negotiation.Key(leaf.key_type, leaf.key_bits),), "", origins

    def holds_key(self, path: str) -> bool:
        """Does the certificate's file hold a private key beside it? Told by the line that begins one; the key itself is not looked at."""
        return re.search(rb"-----BEGIN (?:\w+ )?PRIVATE KEY-----", self.content(path) or b"") is not None

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None where this tree does not show it."""
        try:
            return self.files.read(file_name(path)).data if path.startswith("/") else None
        except FileProblem:
            return None

    def is_missing(self, path: str) -> bool:
        """Is the file surely not there? Only a tree that shows a whole host can tell."""
        return self.files.kind(path) == "missing" and self.files.has_host_at(path)

    def client(self, path: str) -> list[Endpoint]:
        """courierd's SMTP client: opportunistic, unless ESMTP_USE_STARTTLS is 0."""
        shell = Shell(self.files, {"sysconfdir": self.directory})
        shell.source(path)
        use, verify, peer = shell.get("ESMTP_USE_STARTTLS"), shell.get("ESMTP_TLS_VERIFY_DOMAIN"), shell.get("TLS_VERIFYPEER")
        self.client_files = shell.read
        if not shell.read or shell.stopped:
            return []
        on = use.value is None or atoi(use.value) != 0
        mode: Value[TlsMode] = Unknown(use.unknown) if use.unknown else Known(TlsMode.STARTTLS if on else TlsMode.NONE, _origins(use))
        checked = "none" if (peer.value or "")[:1].lower() == "n" else "certificate"
        if verify.value and atoi(verify.value) and checked != "none":
            checked = "certificate and name"
        anchor = use.span or Span(shell.read[0], 0, 0)
        endpoint = Endpoint(
            "courierd (smtp client)", Role.CLIENT, "smtp", anchor, tls=mode, is_opportunistic_mx=mode.holds(TlsMode.STARTTLS)
        )
        if not on:
            return [endpoint]
        endpoint = endpoint._replace(peer_verification=Known(checked, (*_origins(peer), *_origins(verify))))
        return [self.gnutls(endpoint, shell, None) if self.is_gnutls else self.openssl(endpoint, shell, None)]


def protocol_row(word: str, version: str) -> dict[str, Any]:
    """What TLS_PROTOCOL's word selects; any other word takes the last row."""
    table = protocol_table(version)
    row: dict[str, Any] = table["words"].get(word, table["other"])
    return row


def row_versions(row: dict[str, Any]) -> frozenset[TlsVersion]:
    """The versions of a row."""
    if "only" in row:
        return frozenset({BY_WORD[row["only"]]})
    return frozenset(version for version in TlsVersion if version >= BY_WORD[row["from"]])


def atoi(text: str) -> int:
    """C's atoi(): the number at the beginning, else 0."""
    match = re.match(r"[ \t\n\v\f\r]*([+-]?\d{1,18})", text)
    return int(match.group(1)) if match else 0


def _exact(variable: Variable, text: str) -> Span | None:
    """The bytes that are exactly `text`, quotes left aside; None: it is a default, or put together from parts."""
    span = variable.span
    if span is None:
        return None
    for around in (0, 1):
        inner = Span(span.file, span.start + around, span.end - around)
        if inner.data == text.encode("latin-1", "replace"):
            return inner
    return None


def _origins(variable: Variable) -> tuple[Origin, ...]:
    if variable.span is None:
        return ()
    return (Origin(How.WRITTEN, variable.span), *(Origin(How.OVERRIDDEN, span) for span in variable.earlier))


def _anchor(started: Started, service: Service) -> Span:
    said = started.outer.get(service.port).span
    if said is not None:
        return said
    file = (started.outer.read or started.inner.read)[-1]
    return Span(file, 0, 0)


def _unknown(endpoint: Endpoint, reason: str, origins: tuple[Origin, ...]) -> Endpoint:
    return endpoint._replace(
        tls_works=Unknown(reason, origins),
        versions=Unknown(reason, origins),
        cipher_suites=Unknown(reason, origins),
        groups=Unknown(reason, origins),
        server_order=Unknown(reason, origins),
    )
