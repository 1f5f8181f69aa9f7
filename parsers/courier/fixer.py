"""Remedies as shell assignments: the one that counts changed in place, else a new one where Courier's own files have it.

Which variable means what: evaluate.py. A GnuTLS build has everything in TLS_PRIORITY; an OpenSSL build has TLS_PROTOCOL, whose words name a
lowest version by release (protocols.json), and TLS_CIPHER_LIST.
"""

import re
from collections.abc import Sequence

from tlslint.crypto import spelling
from tlslint.crypto.libraries import build_of
from tlslint.model import Endpoint, How, Instance, Origin, Role, SourceFile, Span, TlsMode
from tlslint.model.remedy import Edit, ModelRemedy, OfferGroups, OfferSuites, OfferVersions, SetValue
from tlslint.model.struct import Struct
from tlslint.model.versions import TlsVersion
from tlslint.parsers import placing
from tlslint.parsers.commands import on_the_server, restart
from tlslint.parsers.courier import evaluate
from tlslint.parsers.courier.slips import UNITS
from tlslint.parsers.format import Way

_FILES = {"imap": "imapd-ssl", "imaps": "imapd-ssl", "pop3": "pop3d-ssl", "pop3s": "pop3d-ssl", "smtp": "esmtpd", "smtps": "esmtpd-ssl"}
_BARE = re.compile(r"[\w:+%.,@/=-]+")
_LEVEL = re.compile(r"[:, ]*@SECLEVEL=\d", re.IGNORECASE)


class _Wanted(Struct):
    """An assignment. `origins`: of the value it decides; `field`: of `Endpoint`, that value."""

    name: str
    value: str
    origins: tuple[Origin, ...]
    field: str


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`).

    What a priority string says of other things stays; where that is in the way (SUITEB128 and an RSA key), it begins anew with NORMAL.
    """
    kept = _ways(instance, endpoints, remedy, anew=False)
    if isinstance(kept, str) or not isinstance(remedy, (OfferVersions, OfferSuites)) or instance.tls_library.name != "gnutls":
        return kept
    anew = _ways(instance, endpoints, remedy, anew=True)
    return kept if isinstance(anew, str) else [*kept, *(way for way in anew if way not in kept)]


def _ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy, *, anew: bool) -> list[Way] | str:
    in_place: dict[Edit, None] = {}
    own: dict[Edit, None] = {}
    is_shared = False
    for endpoint in endpoints:
        wanted = _wanted(instance, endpoint if not anew else endpoint._replace(cipher_string=None), remedy)
        if isinstance(wanted, str):
            return wanted
        file = _file(instance, endpoint)
        for one in wanted:
            span = next((origin.span for origin in one.origins if origin.span is not None and _assigns(origin.span, one.name)), None)
            line = None if file is None else _line(file, one)
            if span is not None:
                in_place[_assigned(span, one)] = None
                is_shared = is_shared or bool(placing.sharers(instance, endpoints, one.field, span))
            elif line is not None:
                in_place[line] = None
            else:
                title = endpoint.name.partition(" ")[0]
                return f"{one.name} belongs into {_FILES.get(title, title)} ({one.name}={one.value}), which was not found beside this file"
            if line is not None and (span is None or span.file is not file):
                own[line] = None
            elif span is not None:
                own[_assigned(span, one)] = None
    found = [tuple(in_place)]
    return [tuple(own), *found] if is_shared and tuple(own) != found[0] else found


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """Courier has no checker of its own: the shell is asked whether it can read the files, then the services start anew.

    Services are called as Debian's units are, or as the scripts of FreeBSD's ports; what other builds call theirs no file tells.
    """
    names = sorted({path.rpartition("/")[2] for path in changed} & UNITS.keys())
    if not names:
        return ()
    check = f"sh -n {' '.join(map(on_the_server, sorted(changed)))}"
    if instance.family == "freebsd":
        services = [f"courier-imap-{name}" for name in _both(names)]
        return (" && ".join((check, *(restart(service, "freebsd") for service in services))),)
    is_debians = instance.family == "debian" or (not instance.family and instance.tls_library.name == "gnutls")
    units = sorted({unit for name in names for unit in UNITS[name]})
    return (f"{check} && {restart(' '.join(units), 'debian')}" if is_debians else check,)


def _both(names: Sequence[str]) -> list[str]:
    """Both programs of a family read the files of either (mail/courier-imap of FreeBSD's ports has no others)."""
    return [each for pair in (("imapd", "imapd-ssl"), ("pop3d", "pop3d-ssl")) if set(pair) & set(names) for each in pair]


def _wanted(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy) -> list[_Wanted] | str:
    build = build_of(instance.tls_library)
    if build is None:
        return "the TLS library is not known"
    is_gnutls = build.startswith("gnutls")
    if isinstance(remedy, (OfferVersions, OfferSuites, OfferGroups)):
        return _priority(endpoint, remedy, build) if is_gnutls else _openssl(instance, endpoint, remedy, build)
    if not isinstance(remedy, SetValue):
        return "this is a matter of web servers"
    if (remedy.field, remedy.value) == ("server_order", True):
        if is_gnutls:
            text = spelling.gnutls_priority(_text(endpoint), build, server_order=True)
            return [_Wanted("TLS_PRIORITY", text, endpoint.server_order.origins, "server_order")]
        return _protocol(instance, endpoint, None)
    return _switch(instance, endpoint, remedy)


def _text(endpoint: Endpoint) -> str:
    return endpoint.cipher_string.text if endpoint.cipher_string is not None else ""


def _priority(endpoint: Endpoint, remedy: OfferVersions | OfferSuites | OfferGroups, build: str) -> list[_Wanted] | str:
    """One string says it all. Everything else of it stays."""
    text = _text(endpoint)
    if isinstance(remedy, OfferVersions):
        new, field = spelling.gnutls_priority(text, build, versions=remedy.versions), "versions"
    elif isinstance(remedy, OfferSuites):
        new, field = spelling.gnutls_priority(text, build, suites=remedy.suites), "cipher_suites"
    else:
        new, field = spelling.gnutls_priority(text, build, groups=remedy.groups), "groups"
    # one string decides all three: where it makes every handshake fail, only the value at fault says where it stands
    origins = (*getattr(endpoint, field).origins, *endpoint.cipher_suites.origins, *endpoint.versions.origins)
    return [_Wanted("TLS_PRIORITY", new, origins, field)]


def _openssl(instance: Instance, endpoint: Endpoint, remedy: OfferVersions | OfferSuites | OfferGroups, build: str) -> list[_Wanted] | str:
    if isinstance(remedy, OfferVersions):
        return _protocol(instance, endpoint, remedy.versions)
    if isinstance(remedy, OfferGroups):
        return "Courier has no setting for groups"
    text = spelling.openssl_list(remedy.suites, build)
    listed = {suite.code for suite in remedy.suites}
    if not text or any(suite.is_tls13 and suite.code not in listed for suite in endpoint.cipher_suites.surely):
        return "Courier cannot choose the suites of TLS 1.3" if text else "the library has none of these suites below TLS 1.3"
    string = endpoint.cipher_string
    if string is not None:
        text = spelling.openssl_near(string.text, build, remedy.suites, endpoint.cipher_suites.surely) or text
    return [_Wanted("TLS_CIPHER_LIST", text, endpoint.cipher_suites.origins, "cipher_suites")]


def _protocol(instance: Instance, endpoint: Endpoint, versions: frozenset[TlsVersion] | None) -> list[_Wanted] | str:
    """The word of TLS_PROTOCOL that leaves just these versions; `versions` None: those of today, in the server's order."""
    table = evaluate.protocol_table(instance.software.version or "5.0")
    offered = endpoint.versions.surely if versions is None else versions
    for word, row in table["words"].items():
        left = evaluate.row_versions(row)
        fits = left == offered if versions is not None else offered <= left
        if fits and (versions is not None or row.get("order")):
            origins = endpoint.versions.origins if versions is not None else (*endpoint.server_order.origins, *endpoint.versions.origins)
            return [_Wanted("TLS_PROTOCOL", word, origins, "versions" if versions is not None else "server_order")]
    if versions is None:
        return "the server's order came with TLSv1.2++ in Courier 1.1.6 (courier-imap 5.1.5)"
    return "no word of TLS_PROTOCOL leaves just these versions"


def _switch(instance: Instance, endpoint: Endpoint, remedy: SetValue) -> list[_Wanted] | str:
    field, value = remedy.field, remedy.value
    origins = getattr(endpoint, field).origins
    if endpoint.role is Role.CLIENT:
        if field == "tls":
            return [_Wanted("ESMTP_USE_STARTTLS", "1", origins, field)]
        if field == "peer_verification":
            return [_Wanted("TLS_VERIFYPEER", "PEER", origins, field), _Wanted("ESMTP_TLS_VERIFY_DOMAIN", "1", origins, field)]
        return "Courier has no setting for this"
    if field == "client_certificate" and value in ("required", "none"):
        return [_Wanted("TLS_VERIFYPEER", "REQUIREPEER" if value == "required" else "NONE", origins, field)]
    if field == "security_level":
        text = _LEVEL.sub("", _text(endpoint)).strip(":, ")
        return (
            [_Wanted("TLS_CIPHER_LIST", text, endpoint.cipher_suites.origins, "cipher_suites")]
            if text
            else "nothing would be left of the list"
        )
    if endpoint.protocol == "smtp":
        return _mail(instance, endpoint, remedy)
    if (field == "tls" and value in (TlsMode.STARTTLS, TlsMode.STARTTLS_REQUIRED)) or (field, value) == ("cleartext_login", False):
        return _required(instance, endpoint, must=value is not TlsMode.STARTTLS)
    if field == "dh_bits":
        return "parameters of that size are a file that has to be made (DH_BITS=2048 mkdhparams)"
    return "Courier has no setting for this"


def _required(instance: Instance, endpoint: Endpoint, *, must: bool) -> list[_Wanted]:
    """STARTTLS is offered, and nobody logs in without it. Being required counts only while it is offered."""
    prefix = endpoint.protocol.upper()
    origins = (*endpoint.cleartext_login.origins, *endpoint.tls.origins)
    offer = "IMAPDSTARTTLS" if prefix == "IMAP" else "POP3_STARTTLS"
    required = _Wanted(f"{prefix}_TLS_REQUIRED", "1", (*origins, *_written(instance, f"{prefix}_TLS_REQUIRED")), "tls")
    found = [required] if must else []
    return [_Wanted(offer, "YES", origins, "tls"), *found] if endpoint.tls.holds(TlsMode.NONE) else found


def _mail(instance: Instance, endpoint: Endpoint, remedy: SetValue) -> list[_Wanted] | str:
    """Mail between strangers goes without TLS where it must; logins need not."""
    if (remedy.field, remedy.value) == ("cleartext_login", False):
        said = next(
            (origin.span for origin in endpoint.cleartext_login.origins if origin.span and _assigns(origin.span, "ESMTPAUTH")), None
        )
        mechanisms = said.data.decode("latin-1").strip("\"'") if said is not None else "LOGIN PLAIN"
        found = [_Wanted("ESMTPAUTH", "", endpoint.cleartext_login.origins, "cleartext_login")]
        inside = _written(instance, "ESMTPAUTH_TLS")
        is_set = any(origin.span is not None and origin.span.data.strip(b"\"'") not in (b"", b"ESMTPAUTH_TLS=") for origin in inside)
        return found if is_set else [*found, _Wanted("ESMTPAUTH_TLS", mechanisms, inside, "cleartext_login")]
    if (remedy.field, remedy.value) == ("tls", TlsMode.STARTTLS_REQUIRED) and not endpoint.port.holds(25):
        return [_Wanted("ESMTP_TLS_REQUIRED", "1", endpoint.tls.origins, "tls")]
    return "esmtpd offers STARTTLS as soon as TLS_CERTFILE names a certificate that is there"


def _written(instance: Instance, name: str) -> tuple[Origin, ...]:
    """The last assignment of a variable in the files, as an origin; for variables that decide nothing yet."""
    for file in reversed(instance.files):
        found = list(
            re.finditer(rb"(?m)^[ \t]*(?:export[ \t]+)?" + name.encode() + rb"=([^\s#;]*|\"[^\"\n]*\"|'[^'\n]*')[ \t\r]*$", file.data)
        )
        if found:
            start, end = found[-1].span(1)
            return (Origin(How.WRITTEN, Span(file, start, end) if end > start else Span(file, start - len(name) - 1, end)),)
    return ()


def _assigns(span: Span, name: str) -> bool:
    """Is it the value (or, where that is empty, the whole) of an assignment of this variable?"""
    prefix = name.encode() + b"="
    before = span.file.data[max(0, span.start - len(prefix)) : span.start]
    start = span.start if span.data == prefix else span.start - len(prefix)
    return prefix in (span.data, before) and (start == 0 or not re.match(rb"\w", span.file.data[start - 1 : start]))


def _assigned(span: Span, wanted: _Wanted) -> Edit:
    """Another value, quoted as the old one was."""
    start = span.start + len(wanted.name) + 1 if span.data == wanted.name.encode() + b"=" else span.start
    old = span.file.data[start : span.end]
    quote = old[:1].decode() if old[:1] in (b'"', b"'") else ""
    return Edit(Span(span.file, start, span.end), _quoted(wanted.value, quote).encode())


def _quoted(value: str, quote: str) -> str:
    return f"{quote}{value}{quote}" if quote else value if _BARE.fullmatch(value) else f'"{value}"'


def _file(instance: Instance, endpoint: Endpoint) -> SourceFile | None:
    """The file where the variables of this port belong."""
    title = endpoint.name.partition(" ")[0]
    wanted = ("esmtpd-msa", "esmtpd") if title == "msa" else (_FILES.get(title, title),)
    for name in wanted:
        found = next((file for file in instance.files if file.path.rpartition("/")[2] == name), None)
        if found is not None:
            return found
    return None


def _line(file: SourceFile, wanted: _Wanted) -> Edit | None:
    """A new assignment: below its sample in the file's comments, else below the last of its family, else at the end."""
    line = f"{wanted.name}={_quoted(wanted.value, '')}".encode()
    sample = list(re.finditer(rb"(?m)^#[ \t]*" + wanted.name.encode() + rb"=.*$", file.data))
    if sample:
        return placing.below(Span(file, *sample[-1].span()), [line], b"")
    family = wanted.name.split("_", maxsplit=1)[0].encode()
    kin = [match for match in re.finditer(rb"(?m)^" + family + rb"[A-Z0-9_]*=.*$", file.data) if not match.group().endswith(b"\\")]
    if kin:
        return placing.below(Span(file, *kin[-1].span()), [line], b"")
    return placing.below(Span(file, len(file.data), len(file.data)), [line], b"") if file.data else None
