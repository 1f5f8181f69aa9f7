"""Programs that ask an LDAP server: libldap's own (ldap.conf, .ldaprc), nslcd, sssd, sudo, and PADL's nss_ldap and pam_ldap.

Source: libraries/libldap/{init.c,tls2.c,tls_g.c,tls_o.c} of 2.4.57, 2.5.13 and 2.6.10; ldap.conf(5), nslcd.conf(5), sssd-ldap(5),
pam_ldap(5), sudoers.ldap(5); seen with ldapwhoami of the three. The environment (LDAPTLS_REQCERT, LDAPCONF …) is not in these files and
not looked at.
"""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tlslint.crypto import certificates, gnutls, libraries, negotiation, openssl
from tlslint.files import FileProblem, Files
from tlslint.model import (
    CipherString,
    Endpoint,
    How,
    Instance,
    Known,
    Origin,
    Problem,
    Role,
    Severity,
    Software,
    SourceFile,
    Span,
    TlsMode,
    Unknown,
    Value,
)
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.model.versions import SSL30, TLS10, TLS11, TLS12, TLS13
from tlslint.parsers import priorities
from tlslint.parsers.openldap import arguments, guess, moznss, tls
from tlslint.parsers.openldap.clientconf import Line, data, lines, sections
from tlslint.parsers.openldap.configuration import TEMPLATE, has_hole
from tlslint.parsers.openldap.directives import number
from tlslint.targets import Target

_SYSTEM = ("/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf")
_ACCEPTS_ANY = ("never", "allow")
_VERIFIES = ("try", "demand", "hard", "on", "yes", "true")
_NO_STARTTLS = "ldap.conf has no word for StartTLS: only the program can demand it (ldapsearch -ZZ)"


class Said(Struct):
    """What a program hands to libldap; each None where the file does not say. Names are the dialect's own."""

    reqcert: Line | None = None
    authorities: Line | None = None
    folder: Line | None = None
    certificate: Line | None = None
    key: Line | None = None
    ciphers: Line | None = None
    least: Line | None = None
    most: Line | None = None
    crl: Line | None = None
    names: Line | None = None


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The client that `root` configures, told apart by its name and, for ldap.conf, by its words. Never raises for any content."""
    client = _Client(files, target)
    try:
        source = files.read(root)
        client = _Client(files, guess.fitting(target, source.data))
    except FileProblem as problem:
        empty = SourceFile(root, b"")
        rule = problem.kind if problem.kind == "outside-root" else "unreadable"
        unread = Problem(rule, f"{root} {problem.reason}", Span(empty, 0, 0))
        return (Instance("ldap-client", empty, client.software, client.library, complete, Known(True), (), (unread,), ()),)
    name = root.rpartition("/")[2]
    if name.startswith("sssd.conf"):
        endpoints = client.sssd(source)
        read = [source]
    elif name.startswith("nslcd.conf"):
        endpoints, read = client.switch(source, "nslcd"), [source]
    elif name.startswith("sudo-ldap"):
        endpoints, read = client.switch(source, "sudo"), [source]
    elif name.startswith(("libnss-ldap", "pam_ldap")) or _is_padl(root, source):
        endpoints, read = client.switch(source, "pam_ldap" if name.startswith("pam") else "nss_ldap"), [source]
    else:
        endpoints, read = client.libldap(root, source)
    refused = next((problem for problem in client.problems if problem.rule == "refused"), None)
    starts: Value[bool] = Known(True) if refused is None else Known(False, (Origin(How.WRITTEN, refused.span, refused.message),))
    return (
        Instance(
            "ldap-client",
            source,
            client.software,
            client.library,
            complete,
            starts,
            tuple(endpoints),
            tuple(client.problems),
            (*read, *client.beside),
        ),
    )


def _is_padl(root: str, source: SourceFile) -> bool:
    """PADL's modules read /etc/ldap.conf; OpenLDAP's own lies in a folder `ldap` or `openldap`."""
    folder, _, name = root.rpartition("/")
    if not name.startswith("ldap.conf") or folder.endswith(("/ldap", "/openldap")):
        return False
    words = tuple(data()["padl_words"])
    hits = sum(line.folded.startswith(words) for line in lines(source))
    return hits > (0 if folder.endswith("/etc") else 1)


class _Client:
    def __init__(self, files: Files, target: Target) -> None:
        self.files = files
        self.target = target
        self.software: Software = target.software["ldap-client"]
        self.library: Software = target.libraries["ldap-client"]
        self.is_nss = self.library.name == moznss.NAME
        self.release = number(self.software.version or ("2.4" if self.is_nss else "2.6"))
        self.build = libraries.build_of(self.library)
        self.is_gnutls = self.library.name == "gnutls"
        self.problems: list[Problem] = []
        self.beside: list[SourceFile] = []
        """Files read besides the program's own."""

    # ---- libldap: ldap.conf, ldaprc

    def libldap(self, root: str, source: SourceFile) -> tuple[list[Endpoint], list[SourceFile]]:
        """The system's file, or a user's on top of it: a later line counts, a value libldap does not take leaves the earlier one."""
        is_user = root.rpartition("/")[2].lstrip(".").startswith("ldaprc")
        read = [source]
        values: dict[str, Line] = {}
        if is_user:
            for path in _SYSTEM:
                if self.files.kind(path) == "file":
                    read.append(self.files.read(path))
                    self.take(read[-1], values, user=False, reports=False)
                    break
        self.take(source, values, user=is_user, reports=True)
        said = Said(*(values.get(name) for name in _LIBLDAP))
        base = self.with_tls(
            Endpoint(source.path.rpartition("/")[2], Role.CLIENT, "ldap", Span(source, 0, 0)),
            said,
            touches=any(name.startswith("TLS_") or "ldaps:" in line.value.lower() for name, line in values.items()),
        )
        uri = values.get("URI") or values.get("HOST")
        if uri is None:
            why = Unknown[TlsMode]("each program chooses its server, and whether it uses TLS")
            return [base._replace(name=f"a program that reads {source.path.rpartition('/')[2]}", tls=why)], read
        words = _uris(uri.value) if uri.folded == "uri" else [f"ldap://{host}" for host in re.split(r"[,\s]+", uri.value)]
        return [self.at(base, word, uri, starttls="no") for word in words], read

    def take(self, source: SourceFile, values: dict[str, Line], *, user: bool, reports: bool) -> None:
        """Line after line as ldap_int_conf_option() takes them."""
        options = data()["options"]
        found: list[Problem] = []
        for line in lines(source):
            name = line.name.upper()
            row = options.get(name)
            if line.name.startswith("#"):
                continue
            if row is None or tuple(row.get("since", ())) > self.release:
                found += _unknown_name(line, is_known=row is not None, version=self.software.version)
                continue
            if row.get("user_only") and not user:
                if not name.startswith("TLS_"):
                    continue
                found.append(
                    _ignored(line, f"{name} counts in a user's .ldaprc only; in ldap.conf libldap passes over it", "not read in this file")
                )
                continue
            why = self.not_taken(name, line)
            if why:
                before = values.get(name)
                keeps = f"{before.value!r} from before stays" if before is not None else "the default stays"
                meant = arguments.meant(_SLAPDS[name], line.value) if name in _SLAPDS else ""
                remedy = _acting(line.value_span, meant) if meant else None
                found.append(_ignored(line, f"{line.value!r} is no value of {name}, so {keeps}: {why}", "ignored", remedy))
                continue
            silent = self.without_effect(name)
            if silent:
                found.append(_ignored(line, f"{name} has no effect: {silent}", "no effect"))
            values[name] = line
        for match in re.finditer(rb"(?im)^[ \t]*((?:TLS_[A-Z]+|URI|BASE)(=)[^\s]+)[ \t\r]*$", source.data):
            word = Span(source, *match.span(1))
            remedy = Rewrite((Edit(Span(source, *match.span(2)), b" "),), "write a blank", unsafe="the setting begins to act")
            found.append(
                Problem("unknown-setting", f"{word.text} is passed over: libldap wants a blank, not =", word, "no effect", (), remedy)
            )
        if reports:
            self.problems += found

    def not_taken(self, name: str, line: Line) -> str:
        """Why ldap_pvt_tls_config() refuses a value, which nobody is told; "" when it takes it."""
        taken = data()["options"][name].get("values")
        if has_hole(line.value):
            return ""
        if taken is not None:
            return "" if line.value.lower() in taken else f"it takes {', '.join(taken)}"
        if name == "URI":
            odd = next((word for word in _uris(line.value) if not re.match(r"(?i)<?(?:url:)?ldap[sic]?://", word)), None)
            return "" if odd is None else f"{odd!r} is no LDAP URL"
        if name in ("TLS_PROTOCOL_MIN", "TLS_PROTOCOL_MAX"):
            return "" if arguments.protocol_min(line.value) is not None else "it takes 3.3 for TLS 1.2, 3.4 for TLS 1.3"
        return ""

    def without_effect(self, name: str) -> str:
        """What this build of libldap never looks at."""
        if self.is_nss and name in ("TLS_CRLCHECK", "TLS_CRLFILE", "TLS_ECNAME"):
            return "libldap with Mozilla's NSS never reads it"
        if self.is_gnutls and name in ("TLS_PROTOCOL_MIN", "TLS_PROTOCOL_MAX"):
            return "libldap on GnuTLS never reads it; TLS_CIPHER_SUITE can say -VERS-TLS1.0"
        if self.is_gnutls and name in ("TLS_CRLCHECK", "TLS_ECNAME"):
            return "only libldap on OpenSSL reads it"
        return "only libldap on GnuTLS reads it" if not self.is_gnutls and name == "TLS_CRLFILE" else ""

    # ---- nslcd, nss_ldap, pam_ldap, sudo

    def switch(self, source: SourceFile, program: str) -> list[Endpoint]:
        """Name service and login: `ssl`, `uri` or `host`, `tls_reqcert` or `tls_checkpeer`. The last line of a name counts."""
        found = lines(source)
        said = {line.folded: line for line in found if not line.folded.startswith("#")}
        self.problems += [
            _ignored(line, f"{line.name} is a word of {where}; {program} has another: {instead}", "not a word of this file")
            for line in found
            if (pair := _FOREIGN.get(line.folded)) is not None and program != "nslcd" and (where := pair[0]) and (instead := pair[1])
        ]
        row = data()["programs"][program]
        self.problems += self.refusals(found, program, row)
        base = Endpoint(program, Role.CLIENT, "ldap", Span(source, 0, 0))
        options = Said(
            said.get(row["verify"]),
            said.get("tls_cacertfile") or said.get("tls_cacert"),
            said.get("tls_cacertdir"),
            said.get("tls_cert"),
            said.get("tls_key"),
            said.get("tls_ciphers"),
        )
        system = self.system() if row.get("reads_system") else {}
        if options.authorities is None and options.folder is None:
            options = options._replace(authorities=system.get("TLS_CACERT"), folder=system.get("TLS_CACERTDIR"))
        switches = [line for line in found if line.folded == "ssl" and (row["last_counts"] or _switch(line, row) != "no")]
        mode = switches[-1] if switches else said.get("ssl")
        starttls = _switch(mode, row) if mode is not None else "no"
        base = self.with_tls(base, options, touches=starttls != "no", checked=_checked(options.reqcert, system.get("TLS_REQCERT"), row))
        uris = [line for line in found if line.folded == "uri"] or [line for line in found if line.folded == "host"]
        port = said.get("port")
        sends = program not in ("nss_ldap", "sudo") or "bindpw" in said or source.path.endswith("etc/ldap.conf")
        endpoints = []
        for line in uris:
            for address in line.value.split():
                if address.upper().startswith("DNS"):
                    continue
                whole = address if line.folded == "uri" else f"ldap://{address}"
                if line.folded == "host" and ":" not in address and (port is not None or starttls == "ldaps"):
                    whole += f":{port.value if port is not None else 636}"
                endpoint = self.at(base, whole, line, starttls=starttls, decides=mode)
                if starttls == "critical" and endpoint.tls.holds(TlsMode.IMPLICIT) and row.get("nests") and mode is not None:
                    endpoint = self.nested(endpoint, mode)
                if sends and endpoint.tls.holds(TlsMode.NONE) and not _is_local(endpoint):
                    endpoint = endpoint._replace(cleartext_login=Known(True, _written(line, mode)))
                endpoints.append(endpoint._replace(name=f"{program} to {whole}"))
        return endpoints

    def system(self) -> dict[str, Line]:
        """What OpenLDAP's own ldap.conf says to programs that do not forbid libldap to read it (LDAPNOINIT)."""
        values: dict[str, Line] = {}
        for path in _SYSTEM:
            if self.files.kind(path) == "file":
                source = self.files.read(path)
                self.beside += [source] if source not in self.beside else []
                self.take(source, values, user=False, reports=False)
                break
        return values

    def refusals(self, found: Sequence[Line], program: str, row: dict[str, Any]) -> Iterator[Problem]:
        """Lines a program does not start with."""
        if not row.get("refuses"):
            return
        known = row["known"].split()
        for line in found:
            if has_hole(line.value) or line.name.startswith("#"):
                continue
            words = {"ssl": [*row["start"], *row["on"], *row["off"]], row["verify"]: row["words"]}.get(line.folded)
            if line.folded not in known:
                pair = data()["meant"].get(line.folded)
                of = f", it is a word of {pair[0]}" if pair is not None else ""
                yield Problem("refused", f"{program} does not know {line.name}{of}: it does not start", line.name_span)
            elif words is not None and line.value.lower() not in words:
                message = f"{line.value!r} is no value of {line.name}, which takes {', '.join(words)}: {program} does not start"
                yield Problem("refused", message, line.value_span)

    def nested(self, endpoint: Endpoint, mode: Line) -> Endpoint:
        """StartTLS inside ldaps: the server refuses it, and the program gives up."""
        why = "ssl start_tls beside an ldaps:// URI asks for StartTLS inside TLS, which fails"
        problem = Problem("means-something-else", why, mode.value_span, severity=Severity.ERROR)
        self.problems += [problem] if problem not in self.problems else []
        return endpoint._replace(
            tls_works=Known(False, _written(mode)), tls_failure=why, versions=Known(frozenset()), cipher_suites=Known(())
        )

    # ---- sssd

    def sssd(self, source: SourceFile) -> list[Endpoint]:
        """Each `[domain/…]` with an ldap provider. sssd demands StartTLS for passwords; look-ups go as ldap_id_use_start_tls says."""
        domains: dict[str, dict[str, Line]] = {}
        for line in sections(source):
            if line.section.startswith("domain/"):
                domains.setdefault(line.section, {})[line.folded] = line
        endpoints: list[Endpoint] = []
        for section, said in domains.items():
            providers = [said[name].value.lower() for name in ("id_provider", "auth_provider") if name in said]
            uri = said.get("ldap_uri")
            if uri is None or "ldap" not in providers:
                continue
            options = Said(
                said.get("ldap_tls_reqcert"), said.get("ldap_tls_cacert"), said.get("ldap_tls_cacertdir"), said.get("ldap_tls_cert"),
                said.get("ldap_tls_key"), said.get("ldap_tls_cipher_suite"),
            )  # fmt: skip
            starts = said.get("ldap_id_use_start_tls")
            words = ((starts, data()["sssd"]["booleans"]), (options.reqcert, data()["sssd"]["reqcert"]))
            wrong = [
                (line, taken) for line, taken in words if line is not None and line.value.lower() not in taken and not has_hole(line.value)
            ]
            if wrong:
                line, taken = wrong[0]
                message = f"{line.value!r} is no value of {line.name}, which takes {', '.join(taken)}: sssd does not start the domain"
                self.problems.append(Problem("refused", message, line.value_span, remedy=_boolean(line, taken)))
                continue
            if options.authorities is None and options.folder is None:
                system = self.system()
                options = options._replace(authorities=system.get("TLS_CACERT"), folder=system.get("TLS_CACERTDIR"))
            base = self.with_tls(Endpoint("sssd", Role.CLIENT, "ldap", Span(source, 0, 0)), options, touches=True)
            demand = "critical" if starts is not None and starts.value.lower() == "true" else "no"
            never = said.get("ldap_auth_disable_tls_never_use_in_production")
            for address in re.split(r"[,\s]+", uri.value):
                endpoint = self.at(base, address, uri, starttls=demand, decides=starts)
                secret = said.get("ldap_default_authtok") if "ldap_default_bind_dn" in said else None
                in_clear = never if never is not None and never.value.lower() == "true" else secret
                if endpoint.tls.holds(TlsMode.NONE) and in_clear is not None and not _is_local(endpoint):
                    endpoint = endpoint._replace(cleartext_login=Known(True, _written(in_clear)))
                endpoints.append(endpoint._replace(name=f"sssd {section} to {address}"))
        return endpoints

    # ---- one server

    def at(self, base: Endpoint, uri: str, line: Line, *, starttls: str, decides: Line | None = None) -> Endpoint:
        """The connection to one URI. `starttls`: no, critical or ldaps."""
        written = _written(line)
        if has_hole(uri):
            return base._replace(name=uri, anchor=line.value_span, address=Unknown(TEMPLATE), port=Unknown(TEMPLATE), tls=Unknown(TEMPLATE))
        match = re.match(r"(?i)(ldaps?|ldapi)://(\[[^\]]*\]|[^:/?]*)(?::(\d+))?", uri)
        scheme = match[1].lower() if match is not None else "ldap"
        host = (match[2].strip("[]") if match is not None else "") or "localhost"
        implicit = scheme == "ldaps" or (starttls == "ldaps" and scheme == "ldap")
        port = int(match[3][:6]) & 0xFFFF if match is not None and match[3] else 636 if scheme == "ldaps" else 389
        mode = TlsMode.IMPLICIT if implicit else TlsMode.STARTTLS_REQUIRED if starttls == "critical" else TlsMode.NONE
        origins = _written(decides, line) if decides is not None and scheme != "ldaps" else written
        if mode is TlsMode.NONE and decides is None and starttls == "no" and line.folded in ("uri", "host"):
            origins = (Origin(How.WRITTEN, line.value_span, "" if base.name in _SWITCHES else _NO_STARTTLS),)
        shown = uri if scheme == "ldapi" else f"client of {host}" + (f":{port}" if port not in (389, 636) else "")
        return base._replace(
            name=shown,
            anchor=line.value_span,
            address=Known("/run/slapd/ldapi" if scheme == "ldapi" else host, written),
            port=Known(None if scheme == "ldapi" else port, written),
            tls=Known(mode, origins),
        )

    def with_tls(self, base: Endpoint, said: Said, *, touches: bool, checked: "Checked | None" = None) -> Endpoint:
        """What every TLS connection with these settings does: ldap_int_tls_init_ctx() makes a context or none works."""
        lines_said = [line for line in said if line is not None]
        if any(has_hole(line.value) for line in lines_said):
            return base._replace(
                tls_works=Unknown(TEMPLATE),
                versions=Unknown(TEMPLATE),
                cipher_suites=Unknown(TEMPLATE),
                peer_verification=Unknown(TEMPLATE),
            )
        verification, verifies = checked or _verification(said.reqcert)
        if verifies and self.is_gnutls and said.names is not None and said.names.value.lower() == "never":
            # tls_g.c tlsg_session_chkhost(): with no look at the SANs the success of reading the certificate stands as the answer
            verification = Known("certificate", _written(said.names, said.reqcert))
        base = base._replace(peer_verification=verification)
        failed = self.failure(said)
        if failed is not None:
            why, line = failed
            origins = _written(line)
            if line is not said.ciphers:
                message = f"every TLS connection fails: {why}"
                self.problems.append(Problem("verification-impossible", message, line.value_span, "cannot be used", (), _bare(line)))
            return base._replace(
                tls_works=Known(False, origins),
                tls_failure=why,
                versions=Known(frozenset()),  # it is not the versions' fault
                cipher_suites=Known((), origins),
                cipher_string=self.string(said),
            )
        base = self.with_offer(base, said)
        if verifies and base.tls_works.holds(True) and (why := self.no_authority(said, base.name)):
            line_or_none = said.authorities or said.folder
            if touches:
                span = line_or_none.value_span if line_or_none is not None else base.anchor
                self.problems.append(
                    Problem("verification-impossible", f"no certificate is accepted: {why}", span, "", severity=Severity.WARNING)
                )
            return base._replace(tls_works=Known(False, (Origin(How.DEFAULT, None, why),)), tls_failure=why)
        return base

    def failure(self, said: Said) -> tuple[str, Line] | None:
        """What keeps libldap from making a TLS context."""
        if self.is_nss:
            return self.nss_failure(said)
        if said.ciphers is not None and self.build is not None:
            if self.is_gnutls:
                text = priorities.resolved(said.ciphers.value, self.files)
                priority = gnutls.evaluate("NORMAL" if text is None else text, self.build)
                if not priority.accepted:
                    return f"GnuTLS refuses the priority string: {priority.error}", said.ciphers
            else:
                listed = tls.openssl_list(said.ciphers.value, self.build, self.release, self.target)
                if not listed.accepted:
                    return f"OpenSSL refuses the cipher string: {listed.error}", said.ciphers
        for line in (said.authorities, said.certificate, said.key, said.crl if self.is_gnutls else None):
            if line is not None and (why := self.unusable(line.value)):
                return why, line
        if said.authorities is not None and not self.is_gnutls and certificates.holds_none(self.content(said.authorities.value)):
            return f"{said.authorities.value} holds no certificate", said.authorities
        half = said.certificate or said.key
        if self.is_gnutls and half is not None and (said.certificate is None or said.key is None):
            return "a certificate and its key belong together, and GnuTLS builds want both", half
        return None

    def nss_failure(self, said: Said) -> tuple[str, Line] | None:
        """tlsm_deferred_ctx_init(): in a certificate database files of CAs do not count, and certificates go by name."""
        if said.ciphers is not None and moznss.chosen(said.ciphers.value, self.software.version).is_empty:
            return f"NSS knows no suite by {said.ciphers.value}", said.ciphers
        if said.folder is not None and moznss.is_database(self.files, os.path.normpath(said.folder.value)) is not False:
            return None
        for line in (said.authorities, said.certificate, said.key):
            if line is not None and (why := self.unusable(line.value)):
                return why, line
        if said.authorities is not None and certificates.holds_none(self.content(said.authorities.value)):
            return f"{said.authorities.value} holds no certificate", said.authorities
        if said.certificate is not None and said.key is None:
            return "the certificate has no key", said.certificate
        return None

    def no_authority(self, said: Said, program: str) -> str:
        """Why nothing can be trusted. Without any setting OpenSSL falls back on its own store; in a folder it looks for names by hash."""
        if said.authorities is None and said.folder is not None:
            folder = os.path.normpath(said.folder.value)
            if self.is_nss and moznss.is_database(self.files, folder) is not False:
                return ""
            if self.files.kind(folder) == "directory" and not self.is_gnutls:
                try:
                    hashed = any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in self.files.names(folder))
                except FileProblem:
                    return ""
                return "" if hashed else f"{said.folder.value} holds no file named by its hash (openssl rehash)"
            why = self.unusable(said.folder.value)
            return why if "is a folder" not in why else ""
        if not self.is_gnutls and not self.is_nss:
            return ""
        if said.authorities is None:
            word = "ldap_tls_cacert" if program == "sssd" else "tls_cacertfile" if program in _SWITCHES else "TLS_CACERT"
            return f"no file of trusted CAs is set ({word}), and libldap {'with NSS' if self.is_nss else 'on GnuTLS'} has none of its own"
        content = self.content(said.authorities.value)
        chain = certificates.read(content) if content is not None else None
        return f"{said.authorities.value} holds no certificate" if chain is not None and not chain.blocks else ""

    def with_offer(self, base: Endpoint, said: Said) -> Endpoint:
        """Versions and suites of the ClientHello."""
        if self.is_nss:
            return base._replace(tls_works=Known(True), versions=Unknown(tls.NSS_DECIDES), cipher_suites=Unknown(tls.NSS_DECIDES))
        if self.build is None:
            why = "the TLS library is not known"
            return base._replace(versions=Unknown(why), cipher_suites=Unknown(why))
        origins = _written(said.ciphers) if said.ciphers is not None else (Origin(How.DEFAULT, None, f"the default of {self.build}"),)
        bounds: tuple[Line, ...] = ()
        server: negotiation.GnuTlsServer | negotiation.OpenSslServer
        if self.is_gnutls:
            priority = priorities.resolved(said.ciphers.value, self.files) if said.ciphers else "NORMAL"
            if priority is None:
                return base._replace(versions=Unknown(priorities.NOT_SEEN, origins), cipher_suites=Unknown(priorities.NOT_SEEN, origins))
            server = negotiation.GnuTlsServer(self.build, gnutls.evaluate(priority, self.build))
        else:
            least = arguments.protocol_min(said.least.value) if said.least else None
            most = arguments.protocol_min(said.most.value) if said.most else None
            kept = tls.allowed(least, self.release) if least else frozenset({SSL30, TLS10, TLS11, TLS12, TLS13})
            if most:
                kept = frozenset(version for version in kept if version <= most)
            minimum = self.target.openssl_min_version
            if minimum is not None:
                kept = frozenset(version for version in kept if version >= minimum)
            level = self.target.openssl_security_level
            text = said.ciphers.value if said.ciphers else "DEFAULT"
            listed = (
                tls.openssl_list(text, self.build, self.release, self.target)
                if said.ciphers
                else openssl.evaluate(text, self.build, level=level)
            )
            server = negotiation.OpenSslServer(self.build, listed, kept, level)
            bounds = tuple(line for line in (said.least, said.most) if line is not None)
        offer = negotiation.negotiable(server)
        left = frozenset() if said.ciphers is not None else frozenset({"cipher_suites"} if bounds else {"cipher_suites", "versions"})
        return base._replace(
            tls_works=Known(bool(offer.versions), origins),
            tls_failure="" if offer.versions else "no TLS version is left",
            versions=Known(offer.versions, (*_written(*bounds), *origins)),
            cipher_suites=Known(offer.suites, origins),
            cipher_string=self.string(said),
            left_to_peer=left,
        )

    def string(self, said: Said) -> CipherString | None:
        """The cipher string as it is written."""
        line = said.ciphers
        if line is None or not self.build:
            return None
        if self.is_gnutls and priorities.resolved(line.value, self.files) != line.value:
            return None  # its words stand elsewhere
        return CipherString(line.value, self.build, line.value_span, line.value, line.name, self.release >= (2, 5))

    # ---- files

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None where this tree does not show it."""
        try:
            return self.files.read(os.path.normpath(path)).data if path.startswith("/") else None
        except FileProblem:
            return None

    def unusable(self, path: str) -> str:
        """Why nothing can be read there; "" when something can, or when this tree cannot tell."""
        if path.startswith(_NO_PATH):
            return f"there is no file {path}: libldap takes every character as part of the name"
        if not path.startswith("/"):
            return ""
        logical = os.path.normpath(path)
        if self.files.has_host_at("/" if logical.count("/") == 1 else logical) and self.files.kind(logical) == "missing":
            return f"{path} does not exist"
        return f"{path} is a folder" if self.files.kind(logical) == "directory" else ""


_LIBLDAP = (
    "TLS_REQCERT",
    "TLS_CACERT",
    "TLS_CACERTDIR",
    "TLS_CERT",
    "TLS_KEY",
    "TLS_CIPHER_SUITE",
    "TLS_PROTOCOL_MIN",
    "TLS_PROTOCOL_MAX",
    "TLS_CRLFILE",
    "TLS_REQSAN",
)
_NO_PATH = ('"', "'", "=", "~", "\\", "file:")
"""Beginnings that people take from shells and other programs' files; here they are letters of a relative name."""
_SWITCHES = ("nslcd", "nss_ldap", "pam_ldap", "sssd", "sudo")
_FOREIGN = {"tls_protocol_min": ("OpenLDAP's ldap.conf", "tls_ciphers"), "tls_cipher_suite": ("OpenLDAP's ldap.conf", "tls_ciphers")}


Checked = tuple[Value[str | None], bool]
"""What is checked of a server's certificate, and does anything hang on who issued it?"""


def _verification(line: Line | None) -> Checked:
    """`demand` is the default; `never` and `allow` leave the name unchecked too (tls2.c)."""
    if line is None:
        return Known("certificate and name", (Origin(How.DEFAULT, None, "verification is the default"),)), True
    verifies = line.value.lower() not in _ACCEPTS_ANY
    return Known("certificate and name" if verifies else "none", _written(line)), verifies


def _checked(line: Line | None, system: Line | None, row: dict[str, Any]) -> Checked:
    """The same for programs with words of their own. PADL's compare the name as the system's ldap.conf says, not as their own file does."""
    if line is None and system is None:
        return _verification(None)
    if line is None:
        return _verification(system)
    word = line.value.lower()
    verifies = word in row["only"] if "only" in row else word not in row["any"]
    compares = verifies if not row.get("checks_name") else system is None or system.value.lower() not in _ACCEPTS_ANY
    what = {(True, True): "certificate and name", (True, False): "certificate", (False, True): "name", (False, False): "none"}
    return Known(what[verifies, compares], _written(line, *([system] if verifies != compares and system is not None else []))), verifies


def _switch(line: Line, row: dict[str, Any]) -> str:
    """What a line with `ssl` asks for: critical (StartTLS or nothing), ldaps, no."""
    word = line.value.lower()
    return "critical" if word in row["start"] else "ldaps" if word in row["on"] else "no"


def _boolean(line: Line, taken: Sequence[str]) -> Rewrite | None:
    """`yes` and its like as sssd writes them."""
    meant = {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}.get(line.value.lower(), "")
    return Rewrite((Edit(line.value_span, meant.encode()),), f"write {meant}") if meant in taken else None


def _uris(value: str) -> list[str]:
    """ldap_url_parselist(): commas and blanks part them; one that is none spoils the list."""
    return [word for word in re.split(r"[,\s]+", value) if word]


def _is_local(endpoint: Endpoint) -> bool:
    """What is said to this machine cannot be read on the way."""
    address = endpoint.address.surely
    return isinstance(address, str) and address.startswith(("127.", "::1", "localhost", "/"))


def _written(*places: Line | None) -> tuple[Origin, ...]:
    return tuple(Origin(How.WRITTEN, line.value_span) for line in places if line is not None)


def _ignored(line: Line, message: str, label: str, remedy: Rewrite | None = None) -> Problem:
    span = line.value_span if label in ("ignored", "no effect") else line.name_span
    return Problem("setting-ignored-here", message, span, label, (), remedy)


_SLAPDS = {"TLS_PROTOCOL_MIN": "tlsprotocolmin", "TLS_PROTOCOL_MAX": "tlsprotocolmin", "TLS_REQCERT": "tlsverifyclient"}


def _acting(span: Span, text: str) -> Rewrite:
    """What was passed over until now."""
    return Rewrite((Edit(span, text.encode()),), f"write {text}", unsafe="the setting begins to act")


def _bare(line: Line) -> Rewrite | None:
    """The name of the file without what a shell or another program would have taken away."""
    match = re.fullmatch(r"(?:=[ \t]*|file:(?://)?)?([\"']?)(/[^\s\"'#]+)\1(?:[ \t]+#.*)?", line.value)
    if match is None or match[2] == line.value:
        return None
    return Rewrite((Edit(line.value_span, match[2].encode()),), f"write {match[2]}")


def _unknown_name(line: Line, *, is_known: bool, version: str | None) -> Iterable[Problem]:
    """Names libldap passes over; only those that were meant for TLS, or are spelt almost like a name, are told."""
    if is_known:
        return [Problem("setting-not-in-version", f"OpenLDAP {version} passes over {line.name}", line.name_span, "not in this version")]
    meant = data()["meant"].get(line.folded)
    if meant is not None:
        tail = f"; here it is {meant[1]}" if meant[1] else ""
        message = f"{line.name} is a word of {meant[0]}: ldap.conf passes over it{tail}"
        remedy = _acting(line.name_span, meant[1]) if meant[1] in data()["options"] else None
        return [Problem("unknown-setting", message, line.name_span, "no effect", (), remedy)]
    names = {name.lower(): name for name in data()["options"]}
    bare = line.folded.removeprefix("ldap")
    close = [names[bare]] if bare in names else difflib.get_close_matches(line.folded[:64], list(names), 1, 0.8)
    if close:
        name = close[0].upper()
        remedy = _acting(line.name_span, name)
        message = f"{line.name} is no option of ldap.conf and is passed over, did you mean {name}?"
        return [Problem("unknown-setting", message, line.name_span, "no effect", (), remedy)]
    if line.folded.startswith("tls"):
        return [Problem("unknown-setting", f"{line.name} is no option of ldap.conf and is passed over", line.name_span, "no effect")]
    return []
