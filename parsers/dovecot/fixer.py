"""Remedies in Dovecot's words: the deciding line changed in place, in the filter it stands in, else a new one where a person would put it.

Names by release (defaults.json, renames.json): ssl_min_protocol came with 2.3 and has no counterpart for a maximum; 2.4 calls
ssl_prefer_server_ciphers ssl_server_prefer_ciphers and disable_plaintext_auth auth_allow_cleartext. In 2.0 to 2.3 a filter beats what
stands outside wherever it stands, in 2.4 the later one wins (filters.py): so a new global line goes where others of its kind are.
"""

import re
from collections.abc import Iterator, Sequence

from tlslint.crypto import spelling
from tlslint.crypto.libraries import build_of
from tlslint.model import Endpoint, How, Instance, Known, Origin, Role, Span, TlsMode
from tlslint.model.remedy import Edit, ModelRemedy, OfferGroups, OfferSuites, OfferVersions, SetValue
from tlslint.model.struct import Struct
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers import placing
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.settings import Release
from tlslint.parsers.dovecot.syntax import SETTINGS, Block, Statement, blocks, statements
from tlslint.parsers.format import Way

_MINIMUM: dict[TlsVersion, str] = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_PROTOCOLS = {"imap": "imap", "pop3": "pop3", "smtp": "submission", "managesieve": "sieve", "lmtp": "lmtp"}
_LEVEL = re.compile(r"[:, ]*@SECLEVEL=\d", re.IGNORECASE)


class _Wanted(Struct):
    """A setting to write. `keys`: under which names it may stand today, the one to write first. `origins`: of the value it decides.

    `field`: of `Endpoint`, the value. `everywhere`: the setting counts outside of filters only.
    """

    keys: tuple[str, ...]
    value: str
    origins: tuple[Origin, ...]
    field: str
    everywhere: bool = False


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`)."""
    release = settings.release(instance.software.version or "2.3.19.1")
    in_place: dict[Edit, None] = {}
    alone: dict[Edit, None] = {}
    is_shared = False
    for endpoint in endpoints:
        if isinstance(remedy, SetValue) and remedy.field == "tls" and _begins_with_tls(endpoint, remedy.value):
            edit = _listener(instance, endpoint)
            if edit is None:
                return "the inet_listener of this port was not found in the files"
            in_place[edit] = alone[edit] = None
            continue
        wanted = _wanted(instance, endpoint, remedy, release)
        if isinstance(wanted, str):
            return wanted
        for one in wanted:
            statement = _deciding(one)
            if statement is not None:
                in_place.update(dict.fromkeys(_in_place(statement, one)))
                is_shared = is_shared or _is_shared(instance, endpoints, one.field, statement.span)
            else:
                edit = _new_line(instance, one, release)
                if edit is None:
                    return f"no place was found for {one.keys[0]}"
                in_place[edit] = None
            if one.everywhere or endpoint.role is Role.CLIENT:
                is_shared = False
                alone.clear()
            else:
                edit = _in_protocol(instance, endpoint, one, release)
                if edit is not None:
                    alone[edit] = None
    found = [tuple(in_place)]
    if is_shared and alone:
        found.insert(0, tuple(alone))
    return found


def _begins_with_tls(endpoint: Endpoint, wanted: object) -> bool:
    """On 993 and its like the way to require TLS is to begin with it."""
    port = endpoint.port.value if isinstance(endpoint.port, Known) else None
    return wanted is TlsMode.IMPLICIT or (wanted is TlsMode.STARTTLS_REQUIRED and port in (993, 995, 465) and endpoint.role is Role.SERVER)


def _is_shared(instance: Instance, endpoints: Sequence[Endpoint], field: str, line: Span) -> bool:
    """Would another protocol change too? What is said of logins before TLS does not touch a port that begins with TLS."""
    others = placing.sharers(instance, endpoints, field, line)
    own = {endpoint.protocol for endpoint in endpoints}
    begins = field in ("tls", "cleartext_login")
    return any(other.protocol not in own and not (begins and other.tls.holds(TlsMode.IMPLICIT)) for other in others)


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """What checks the files and makes them count (doveconf(1), doveadm(1))."""
    del instance, changed
    return ("doveconf -n >/dev/null && doveadm reload",)


def _wanted(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy, release: Release) -> list[_Wanted] | str:
    if isinstance(remedy, OfferVersions):
        return _versions(endpoint, remedy, release)
    build = build_of(instance.tls_library)
    if isinstance(remedy, OfferSuites):
        return _suites(endpoint, remedy, release, build)
    if isinstance(remedy, OfferGroups):
        text = spelling.openssl_groups(remedy.groups, build)
        if release.number < (2, 3) or not text:
            return "this release has no setting for groups" if text else "the library has none of these groups"
        return [_Wanted(("ssl_curve_list",), text, endpoint.groups.origins, "groups")]
    return _switch(instance, endpoint, remedy, release) if isinstance(remedy, SetValue) else "this is a matter of web servers"


def _versions(endpoint: Endpoint, remedy: OfferVersions, release: Release) -> list[_Wanted] | str:
    """Dovecot has a minimum only (2.3 and later), or a list of exclusions that cannot name TLS 1.3 (2.1 and 2.2)."""
    least = min(remedy.versions)
    if any(version > least and version not in remedy.versions for version in _MINIMUM):
        return "Dovecot has a lowest version only, and no way to leave newer ones out"
    if least not in _MINIMUM:
        return "Dovecot has no word for one of the versions"
    origins = endpoint.versions.origins
    if release.number >= (2, 3):
        if least is TLS13 and release.number < (2, 3, 15):
            return f"Dovecot {release.text} has no word for TLS 1.3 alone"
        return [_Wanted(("ssl_min_protocol", "ssl_protocols"), _MINIMUM[least], origins, "versions")]
    if release.number < (2, 1) or least is TLS13:
        return f"Dovecot {release.text} has no setting for this"
    # 2.2.27 and later no longer take SSLv2 where the library lacks it
    older = ["SSLv3", *(_MINIMUM[version] for version in _MINIMUM if version < least)]
    words = older if release.number >= (2, 2, 27) else ["SSLv2", *older]
    return [_Wanted(("ssl_protocols",), " ".join(f"!{word}" for word in words), origins, "versions")]


def _suites(endpoint: Endpoint, remedy: OfferSuites, release: Release, build: str | None) -> list[_Wanted] | str:
    found = []
    listed = {suite.code for suite in remedy.suites}
    text = spelling.openssl_list(remedy.suites, build)
    if text:
        string = endpoint.cipher_string
        if string is not None:
            text = spelling.openssl_near(string.text, build, remedy.suites, endpoint.cipher_suites.surely) or text
        placed = [origin for origin in endpoint.cipher_suites.origins if origin.span is not None]
        if string is not None and string.span is not None:
            placed = [origin for origin in placed if origin.span is not None and placing.touches(origin.span, string.span)] or placed
        found.append(_Wanted(("ssl_cipher_list",), text, tuple(placed), "cipher_suites"))
    if any(suite.is_tls13 and suite.code not in listed for suite in endpoint.cipher_suites.surely):
        newer = spelling.openssl_tls13(remedy.suites, build)
        if release.number < (2, 3, 15) or not newer:
            return f"Dovecot {release.text} cannot choose the suites of TLS 1.3"
        found.append(_Wanted(("ssl_cipher_suites",), newer, (), "cipher_suites"))
    return found or "the library has none of these suites below TLS 1.3, and Dovecot has no setting that switches those versions off"


def _switch(instance: Instance, endpoint: Endpoint, remedy: SetValue, release: Release) -> list[_Wanted] | str:
    field, value = remedy.field, remedy.value
    origins = getattr(endpoint, field).origins
    if endpoint.role is Role.CLIENT:
        return _client(endpoint, remedy, release)
    if (field, value) == ("server_order", True):
        if release.number < (2, 2, 6):
            return f"Dovecot {release.text} always follows the client's order: ssl_prefer_server_ciphers came with 2.2.6"
        key, word = ("ssl_server_prefer_ciphers", "server") if release.is_24 else ("ssl_prefer_server_ciphers", "yes")
        return [_Wanted((key,), word, origins, field)]
    if (field, value) == ("session_tickets", False):
        return [_Wanted(("ssl_options",), _words(origins, add="no_ticket"), origins, field)]
    if (field, value) == ("compression", False):
        add, drop = ("", "compression") if release.number >= (2, 3) else ("no_compression", "")
        return [_Wanted(("ssl_options",), _words(origins, add=add, drop=drop), origins, field)]
    if field == "security_level":
        return _security_level(endpoint)
    if field == "tls" and value in (TlsMode.STARTTLS, TlsMode.STARTTLS_REQUIRED):
        found = [_Wanted(("ssl",), "required" if value is TlsMode.STARTTLS_REQUIRED else "yes", origins, field)]
        return found + _without_cleartext(instance, release) if value is TlsMode.STARTTLS_REQUIRED else found
    if (field, value) == ("cleartext_login", False):
        return _refuse_cleartext(instance, endpoint, release)
    if (field, value) == ("client_certificate", "required"):
        return [_Wanted(("auth_ssl_require_client_cert",), "yes", origins, field, everywhere=True)]
    if (field, value) == ("client_certificate", "none"):
        key = "ssl_server_request_client_cert" if release.is_24 else "ssl_verify_client_cert"
        return [_Wanted((key,), "no", origins, field)]
    if field == "dh_bits":
        return "parameters of that size are a file that has to be made (openssl dhparam -out FILE 2048)"
    return "Dovecot has no setting for this"


def _client(endpoint: Endpoint, remedy: SetValue, release: Release) -> list[_Wanted] | str:
    prefix = {"smtp": "submission_relay", "imap": "imapc", "pop3": "pop3c"}.get(endpoint.protocol)
    if prefix is None:
        return "Dovecot has no setting for this"
    if remedy.field == "tls" and remedy.value is not TlsMode.NONE:
        implicit = {"smtp": "smtps", "imap": "imaps", "pop3": "pop3s"}[endpoint.protocol]
        word = implicit if remedy.value is TlsMode.IMPLICIT or prefix == "pop3c" else "starttls"
        return [_Wanted((f"{prefix}_ssl",), word, (*endpoint.tls.origins, *endpoint.address.origins), "tls")]
    if remedy.field == "peer_verification":
        keys = (f"{prefix}_ssl_verify", "ssl_client_require_valid_cert") if not release.is_24 else ("ssl_client_require_valid_cert",)
        return [_Wanted((*keys, f"{prefix}_ssl_verify"), "yes", endpoint.peer_verification.origins, "peer_verification")]
    return "Dovecot has no setting for this"


def _words(origins: Sequence[Origin], *, add: str = "", drop: str = "") -> str:
    """The words of the deciding ssl_options line with one more or one less."""
    statement = next((line for origin in origins if (line := _statement(origin)) is not None and line.key == "ssl_options"), None)
    words = [word for word in (statement.value if statement is not None else "").split() if word != drop]
    return " ".join([*words, *([add] if add else [])])


def _security_level(endpoint: Endpoint) -> list[_Wanted] | str:
    string = endpoint.cipher_string
    if string is None:
        return "no cipher list is set"
    text = _LEVEL.sub("", string.text).strip(":, ")
    if not text:
        return "nothing would be left of the cipher list"
    return [_Wanted(("ssl_cipher_list",), text, endpoint.cipher_suites.origins, "cipher_suites")]


def _without_cleartext(instance: Instance, release: Release) -> list[_Wanted]:
    """What else lets passwords through before TLS: beside ssl = required 2.4 does not start with it, and 2.3 only says it has no effect."""
    key, word, allows = ("auth_allow_cleartext", "no", "yes") if release.is_24 else ("disable_plaintext_auth", "yes", "no")
    for file in reversed(instance.files):
        said = blocks(file, quoted_keys=release.is_24).last(key)
        if said is not None:
            origins = (Origin(How.WRITTEN, said.value_span),)
            return [_Wanted((key,), word, origins, "cleartext_login")] if said.value.lower() == allows else []
    return []


def _refuse_cleartext(instance: Instance, endpoint: Endpoint, release: Release) -> list[_Wanted] | str:
    """Whatever decides today: the setting that allows it, or a network that is trusted."""
    origins = endpoint.cleartext_login.origins
    line = next((line for origin in origins if (line := _statement(origin)) is not None), None)
    if line is not None and line.key == "login_trusted_networks":
        words = [word for word in line.value.replace(",", " ").split() if not re.fullmatch(r"\[?(?:0\.0\.0\.0|::)\]?/0", word)]
        return [_Wanted(("login_trusted_networks",), " ".join(words), origins, "cleartext_login"), *_without_cleartext(instance, release)]
    if release.is_24:
        return [_Wanted(("auth_allow_cleartext",), "no", origins, "cleartext_login")]
    return [_Wanted(("disable_plaintext_auth",), "yes", origins, "cleartext_login")]


def _deciding(wanted: _Wanted) -> Statement | None:
    """The line that decides today, under any of its names."""
    lines = (_statement(origin) for origin in wanted.origins)
    return next((line for line in lines if line is not None and _own(line) in wanted.keys and not _is_of_a_listener(line)), None)


def _is_of_a_listener(line: Statement) -> bool:
    """`ssl` of an inet_listener is another setting than `ssl`."""
    found = _all_blocks(blocks(line.whole.file, quoted_keys=True))
    return line.key == "ssl" and any(
        block.key == "inet_listener" and any(each.whole == line.whole for each in block.lines) for block in found
    )


def _own(line: Statement) -> str:
    """The name of a setting: 2.4 may write ssl_server_prefer_ciphers as prefer_ciphers inside of ssl_server { }."""
    return {"prefer_ciphers": "ssl_server_prefer_ciphers", "request_client_cert": "ssl_server_request_client_cert"}.get(line.key, line.key)


def _in_place(line: Statement, wanted: _Wanted) -> tuple[Edit, ...]:
    """Another value; where 2.3 only converts an old name (ssl_protocols), the new name too."""
    value = Edit(line.value_span, wanted.value.encode())
    if not wanted.value:
        return (Edit(placing.whole_lines(line.span), b""),)
    return (
        (Edit(line.key_span, wanted.keys[0].encode()), value)
        if _own(line) == "ssl_protocols" and wanted.keys[0] != "ssl_protocols"
        else (value,)
    )


def _statement(origin: Origin) -> Statement | None:
    """The logical line the origin lies on."""
    span = origin.span
    if span is None:
        return None
    for statement in statements(span.file, quoted_keys=True):
        if statement.whole.start <= span.start and span.end <= statement.whole.end:
            return statement if statement.kind in SETTINGS else None
    return None


def _new_line(instance: Instance, wanted: _Wanted, release: Release) -> Edit | None:
    """A line outside of all blocks: below its commented sample, else below the last setting of its kind, else at the end."""
    key = wanted.keys[0]
    line = f"{key} = {wanted.value}".encode()
    trees = [(file, blocks(file, quoted_keys=release.is_24)) for file in instance.files]
    for file, _ in trees:
        match = re.search(rb"(?m)^#[ \t]*" + key.encode() + rb"[ \t]*=.*$", file.data)
        if match is not None and not _inside_block(file.data, match.start()):
            return placing.below(Span(file, match.start(), match.end()), [line], b"")
    for family in (key, key.split("_", maxsplit=1)[0], "ssl"):
        best = None
        for _, tree in trees:
            best = next((each for each in reversed(tree.lines) if each.key == family or each.key.startswith(family + "_")), best)
        if best is not None:
            return placing.below(best.span, [line])
    last = trees[0][1].lines[-1:] if trees else []
    if last:
        return placing.below(last[0].span, [line])
    return placing.below(Span(instance.root, len(instance.root.data), len(instance.root.data)), [line], b"") if instance.root.data else None


def _inside_block(data: bytes, offset: int) -> bool:
    """Does a block stand open here? Told by lines that end in `{` or are `}`."""
    before = data[:offset]
    opened = len(re.findall(rb"(?m)^[ \t]*[^#\s][^\n]*\{[ \t\r]*$", before))
    return opened > len(re.findall(rb"(?m)^[ \t]*\}[ \t\r]*$", before))


def _in_protocol(instance: Instance, endpoint: Endpoint, wanted: _Wanted, release: Release) -> Edit | None:
    """The setting for one protocol only: in its `protocol` block, or in a new one at the end of the file that is read last."""
    protocol = _PROTOCOLS.get(endpoint.protocol)
    if protocol is None:
        return None
    line = f"{wanted.keys[0]} = {wanted.value}"
    for file in instance.files:
        for block in _all_blocks(blocks(file, quoted_keys=release.is_24)):
            begin = block.begin
            if begin is not None and begin.key == "protocol" and begin.value == protocol:
                said = block.last(wanted.keys[0])
                if said is not None:
                    return Edit(said.value_span, wanted.value.encode())
                indent = placing.indentation(begin.span.file.data, block.lines[-1].span.start) if block.lines else b"  "
                return placing.below(begin.span, [line.encode()], indent)
    data = instance.root.data
    ending = placing.line_end(data)
    text = ending.join([f"protocol {protocol} {{".encode(), f"  {line}".encode(), b"}", b""])
    before = b"" if data.endswith(b"\n") or not data else ending
    return Edit(Span(instance.root, len(data), len(data)), before + text)


def _all_blocks(block: Block) -> Iterator[Block]:
    for item in block.items:
        if isinstance(item, Block):
            yield item
            yield from _all_blocks(item)


def _listener(instance: Instance, endpoint: Endpoint) -> Edit | None:
    """`ssl = yes` in the inet_listener that opens the port; blocks of one name are one listener, and the last line counts."""
    found: dict[tuple[str, str], list[Block]] = {}
    wanted = None
    for file in instance.files:
        for service in blocks(file, quoted_keys=True).items:
            if not isinstance(service, Block) or service.begin is None or service.key != "service":
                continue
            for block in service.items:
                if isinstance(block, Block) and block.begin is not None and block.key == "inet_listener":
                    name = (service.begin.value, block.begin.value)
                    found.setdefault(name, []).append(block)
                    if placing.touches(block.begin.span, endpoint.anchor):
                        wanted = name
    if wanted is None:
        return None
    said = [line for block in found[wanted] if (line := block.last("ssl")) is not None]
    if said:
        return Edit(said[-1].value_span, b"yes")
    ported = [line for block in found[wanted] if (line := block.last("port")) is not None]
    if ported:
        return placing.below(ported[-1].span, [b"ssl = yes"])
    begin = found[wanted][-1].begin
    return (
        None
        if begin is None
        else placing.below(begin.span, [b"ssl = yes"], placing.indentation(begin.span.file.data, begin.span.start) + b"  ")
    )
