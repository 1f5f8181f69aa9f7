"""Remedies in httpd's words: the deciding line changed in place, else a new one where a person would put it.

Sources: mod_ssl's and mod_headers' manuals, and the modules beside this one for who decides: the first virtual host of a port for groups
and options (handshake.py), SSLOpenSSLConfCmd after everything else (confcmd.py), two tables of headers (headers.py).
"""

import re
from collections.abc import Callable, Iterator, Sequence

from tlslint.crypto import libraries, spelling
from tlslint.model import Endpoint, Instance, Origin, Role, Span, TlsMode
from tlslint.model.remedy import (
    DropHeader,
    Edit,
    EndRedirect,
    ModelRemedy,
    OfferGroups,
    OfferSuites,
    OfferVersions,
    RedirectToHttps,
    SendHsts,
    SetValue,
)
from tlslint.model.struct import Struct
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers import commands as platforms
from tlslint.parsers import placing
from tlslint.parsers.apache import bodies
from tlslint.parsers.apache.bodies import Body, Setting, body_of, new_line, setting_at
from tlslint.parsers.apache.defaults import numbers
from tlslint.parsers.apache.layout import platform_of
from tlslint.parsers.apache.settings import SUFFIX
from tlslint.parsers.format import Way

HSTS = "Strict-Transport-Security"
ON_TLS = " \"expr=%{HTTPS} == 'on'\""
"""The condition that holds for every answer over TLS; `env=HTTPS` is absent from redirects and refusals (seen on 2.4.71)."""

_VERSION_WORDS: dict[TlsVersion, str] = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_SWITCHES: dict[tuple[str, object], tuple[str, str]] = {
    ("server_order", True): ("SSLHonorCipherOrder", "on"),
    ("compression", False): ("SSLCompression", "off"),
    ("insecure_renegotiation", False): ("SSLInsecureRenegotiation", "off"),
    ("session_tickets", False): ("SSLSessionTickets", "off"),
    ("ocsp_stapling", False): ("SSLUseStapling", "off"),
    ("ocsp_stapling", True): ("SSLUseStapling", "on"),
    ("client_certificate", "required"): ("SSLVerifyClient", "require"),
    ("client_certificate", "none"): ("SSLVerifyClient", "none"),
    ("tls", TlsMode.IMPLICIT): ("SSLEngine", "on"),
    ("tls", TlsMode.NONE): ("SSLEngine", "off"),
}
_FAMILY = ("sslhonorcipherorder", "sslciphersuite", "sslprotocol", "sslengine", "sslcertificatekeyfile", "sslcertificatefile")
_NEIGHBOURS = {
    "sslengine": ("serveralias", "servername"),
    "sslprotocol": ("sslengine", "sslciphersuite", "sslcertificatekeyfile", "sslcertificatefile", "serveralias", "servername"),
    "sslciphersuite": ("sslprotocol", "sslengine", "sslcertificatekeyfile", "sslcertificatefile", "serveralias", "servername"),
    "header": ("header", "ssl*", "documentroot", "serveralias", "servername"),
    "redirect": ("redirect", "redirectpermanent", "redirectmatch", "documentroot", "serveralias", "servername"),
    "sslproxy": ("sslproxyengine", "sslproxyverify", "sslproxycacertificatefile"),
}
"""Below which line of its scope a new one goes, the best first."""


class _Wanted(Struct):
    """One setting: its name, all of its arguments, where the value comes from today, and the same in words of SSLOpenSSLConfCmd."""

    name: str
    args: str
    origins: tuple[Origin, ...]
    field: str
    commands: tuple[tuple[str, str], ...] = ()


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`).

    A word without sign replaces what stands before it (ssl_cmd_protocol_parse), so versions are written `-all +TLSv1.2 +TLSv1.3`.
    """
    spell = _speller(remedy)
    if isinstance(spell, str):
        return spell
    found: list[Sequence[Way]] = []
    for endpoint in endpoints:
        one = spell(instance, endpoint, endpoints)
        if isinstance(one, str):
            return one
        found.append(one)
    most = max(map(len, found), default=0)
    joined = [tuple(dict.fromkeys(edit for one in found for edit in one[min(index, len(one) - 1)])) for index in range(most)]
    # A way that changes what another one changes, and more besides, comes after it.
    return sorted(dict.fromkeys(joined), key=lambda way: any(set(other) < set(way) for other in joined))


_TEMPLATE = r"(?:^|/)templates(?:-custom|-user)?(/etc/httpd/\S*?\.conf)(?:/|$)"


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """Check and reload, as the platform does it; an SME Server first expands its templates. `.htaccess` is read with every request."""
    if all(path.endswith(".htaccess") for path in changed):
        return ()
    template = next((found for path in changed if (found := re.search(_TEMPLATE, path))), None)
    if template is not None:
        return (f"expand-template {template[1]} && apachectl configtest && systemctl reload httpd-e-smith",)
    return (platforms.httpd(_family(instance)),)


def _family(instance: Instance) -> str:
    """By the path of the root file where no other family has it there; SUSE, Alpine and Gentoo share one."""
    platform = platform_of("/" + instance.root.path.lstrip("/"))
    return instance.family if platform is None or platform.name == "suse" else platform.name


_Spell = Callable[[Instance, Endpoint, Sequence[Endpoint]], "Sequence[Way] | str"]


def _speller(remedy: ModelRemedy) -> _Spell | str:
    if isinstance(remedy, SendHsts):
        return lambda instance, endpoint, all_of: _send_hsts(instance, endpoint, all_of, remedy)
    if isinstance(remedy, DropHeader):
        return lambda instance, endpoint, all_of: _drop_header(instance, endpoint, all_of, remedy)
    if isinstance(remedy, RedirectToHttps):
        return lambda instance, endpoint, _: _redirect(instance, endpoint, remedy)
    if isinstance(remedy, EndRedirect):
        return _end_redirect
    if isinstance(remedy, SetValue) and remedy.field == "security_level":
        return lambda _instance, endpoint, _: placing.without_level(endpoint.cipher_string)
    if isinstance(remedy, SetValue) and remedy.field == "peer_verification":
        return _verify_peer
    if isinstance(remedy, SetValue) and (remedy.field, remedy.value) not in _SWITCHES:
        return f"{remedy.field.replace('_', ' ')} has no single line in httpd's configuration; it takes a person"
    return lambda instance, endpoint, all_of: _setting(instance, endpoint, all_of, remedy)


# Settings of one line


def _setting(instance: Instance, endpoint: Endpoint, all_of: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    wanted = _wanted(instance, endpoint, remedy)
    if isinstance(wanted, str):
        return wanted
    own: list[Way] = []
    shared: list[Way] = []
    for origin in wanted.origins:
        setting = setting_at(origin.span) if origin.span is not None else None
        if setting is None or origin.span is None:
            continue
        edits = _in_place(setting, wanted)
        if edits:
            alone = not placing.sharers(instance, all_of, wanted.field, origin.span)
            (own if alone else shared).append(edits)
            if setting.name == "sslopensslconfcmd":
                continue
            break
    fresh = [(edit,) for body in _scopes(instance, endpoint) if (edit := _new(body, wanted)) is not None]
    return [*own, *fresh, *shared] or f"no line was found where {wanted.name} could be written"


def _wanted(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy) -> _Wanted | str:
    proxy = "Proxy" if endpoint.role is Role.CLIENT else ""
    build = libraries.build_of(instance.tls_library)
    if isinstance(remedy, OfferVersions):
        versions = sorted(version for version in remedy.versions if _has(version, instance, build))
        if not versions:
            return "this httpd has none of these versions"
        words = " ".join(f"+{_VERSION_WORDS[version]}" for version in versions)
        listed = ",".join(_VERSION_WORDS[version] for version in versions)
        lowest, highest = _VERSION_WORDS[versions[0]], _VERSION_WORDS[versions[-1]]
        cmds = (("minprotocol", lowest), ("maxprotocol", highest), ("protocol", f"-ALL,{listed}"))
        return _Wanted(f"SSL{proxy}Protocol", f"-all {words}", endpoint.versions.origins, "versions", cmds)
    if isinstance(remedy, OfferSuites):
        return _suites(endpoint, remedy, build, proxy)
    if isinstance(remedy, OfferGroups):
        listed = spelling.openssl_groups(remedy.groups, build)
        if not listed or proxy:
            return "httpd has no word for groups here"
        origins = endpoint.groups.origins
        return _Wanted("SSLOpenSSLConfCmd", f"Groups {listed}", origins, "groups", (("groups", listed), ("curves", listed)))
    assert isinstance(remedy, SetValue)  # noqa: S101 (the others have spellers of their own)
    name, word = _SWITCHES[(remedy.field, remedy.value)]
    return "this is not the server's to decide" if proxy else _Wanted(name, word, getattr(endpoint, remedy.field).origins, remedy.field)


def _has(version: TlsVersion, instance: Instance, build: str | None) -> bool:
    """TLS 1.3 came to SSLProtocol with httpd 2.4.36 (CHANGES)."""
    httpd = numbers(instance.software.version) or (2, 4, 999)
    known = version in _VERSION_WORDS and (build is None or version in libraries.build(build).versions)
    return known and (version < TLS13 or httpd >= (2, 4, 36))


def _suites(endpoint: Endpoint, remedy: OfferSuites, build: str | None, proxy: str) -> _Wanted | str:
    allowed = {suite.code for suite in remedy.suites}
    beyond = [suite for suite in endpoint.cipher_suites.surely if suite.code not in allowed]
    if beyond and all(suite.is_tls13 for suite in beyond):
        listed = spelling.openssl_tls13(remedy.suites, build)
        origins = tuple(origin for origin in endpoint.cipher_suites.origins if _is_tls13_line(origin.span))
        return _Wanted(f"SSL{proxy}CipherSuite", f"TLSv1.3 {listed}", origins, "cipher_suites", (("ciphersuites", listed),))
    listed = spelling.openssl_list(remedy.suites, build)
    if not listed:
        return "the profile lists no suite below TLS 1.3"
    string = endpoint.cipher_string
    if string is not None:
        written = string.text if string.span is not None else string.text.removesuffix(SUFFIX).removeprefix(f"{SUFFIX[1:]}:")
        listed = spelling.openssl_near(written, build, remedy.suites, endpoint.cipher_suites.surely) or listed
    first = (string.span,) if string is not None and string.span is not None else ()
    origins = (*(origin for origin in endpoint.cipher_suites.origins if origin.span in first), *endpoint.cipher_suites.origins)
    kept = tuple(origin for origin in origins if not _is_tls13_line(origin.span))
    return _Wanted(f"SSL{proxy}CipherSuite", listed, kept, "cipher_suites", (("cipherstring", listed),))


def _is_tls13_line(span: Span | None) -> bool:
    setting = setting_at(span) if span is not None else None
    return setting is not None and len(setting.words) > 1 and setting.words[0] == "TLSv1.3"


def _in_place(setting: Setting, wanted: _Wanted) -> Way:
    """The arguments of the line replaced, quotes kept; () where it is another directive."""
    if setting.name == "sslopensslconfcmd":
        words = setting.words
        said = dict(wanted.commands).get(words[0].lower()) if words else None
        if said is not None:
            return (Edit(setting.args, f"{words[0]} {said}".encode()),)
        return (Edit(setting.whole, b""),)  # another way to say it, carried out after everything else: the plain directive counts without
    if setting.name != wanted.name.lower() or not setting.args.data:
        return ()
    quote = '"' if setting.args.data[:1] == b'"' and " " not in wanted.args else ""
    prefix = "SSL " if len(setting.words) > 1 and setting.words[0] == "SSL" else ""
    return (Edit(setting.args, f"{prefix}{quote}{wanted.args}{quote}".encode()),)


def _scopes(instance: Instance, endpoint: Endpoint) -> Iterator[Body]:
    """Where a line for the endpoint could stand, narrowest first: its own scope, the first virtual host of its port, outside of all."""
    seen: list[Body] = []
    candidates = [body_of(endpoint.anchor)]
    if endpoint.role is Role.SERVER:
        candidates.append(body_of(_first_of_port(instance, endpoint).anchor))
    candidates += [bodies.outside(file) for file in instance.files]
    for body in candidates:
        if body not in seen:
            seen.append(body)
            yield body


def _first_of_port(instance: Instance, endpoint: Endpoint) -> Endpoint:
    """The default virtual host of the endpoint's address and port: it stands first among them."""
    where = (endpoint.address.surely, endpoint.port.surely)
    for other in instance.endpoints:
        if other.role is Role.SERVER and (other.address.surely, other.port.surely) == where:
            return other
    return endpoint


def _new(body: Body, wanted: _Wanted) -> Edit | None:
    lower = wanted.name.lower()
    if body.opening is None and not any(setting.name.startswith("ssl") for setting in body.settings):
        return None  # outside all virtual hosts a line goes where TLS is spoken of already
    slot = _slot(lower, wanted.args.split())
    if any(setting.direct and setting.name == lower and _slot(lower, setting.words) == slot for setting in body.settings):
        return None  # a second one would make the first look as if it counted
    known = next((names for prefix, names in _NEIGHBOURS.items() if lower.startswith(prefix)), _FAMILY)
    return new_line(body, f"{wanted.name} {wanted.args}", (lower, *known))


def _slot(name: str, words: Sequence[str]) -> str:
    """What a line sets where its first word tells: TLS 1.3 has a cipher list of its own, and each of OpenSSL's commands is one."""
    first = words[0].lower() if words else ""
    return first if name == "sslopensslconfcmd" or (name.endswith("ciphersuite") and first == "tlsv1.3") else ""


# Outgoing connections


def _verify_peer(instance: Instance, endpoint: Endpoint, all_of: Sequence[Endpoint]) -> Sequence[Way] | str:
    """SSLProxyVerify require, and no line left that switches the check of the name off."""
    if endpoint.role is not Role.CLIENT:
        return "this is not a client"
    scopes = list(_scopes(instance, endpoint))
    edits: list[Edit] = []
    del all_of
    for body in scopes:
        for name in ("sslproxycheckpeername", "sslproxycheckpeercn"):
            found = body.last(name)
            if found is not None and [word.lower() for word in found.words[:1]] == ["off"]:
                edits.append(Edit(found.args, b"on"))
        verify = body.last("sslproxyverify")
        if verify is not None and [word.lower() for word in verify.words[:1]] != ["require"]:
            edits.append(Edit(verify.args, b"require"))
    if endpoint.peer_verification.holds("none") and not any(body.last("sslproxyverify") for body in scopes):
        fresh = new_line(scopes[0], "SSLProxyVerify require", (*_NEIGHBOURS["sslproxy"], *_FAMILY))
        edits += [fresh] if fresh is not None else []
    if not any(body.last("sslproxycacertificatefile", "sslproxycacertificatepath") for body in scopes):
        return "the CA that signs the other side's certificate must be named first (SSLProxyCACertificateFile)"
    return [tuple(edits)] if edits else "no line was found that could be changed"


# Headers and redirects


def _send_hsts(instance: Instance, endpoint: Endpoint, all_of: Sequence[Endpoint], remedy: SendHsts) -> Sequence[Way] | str:
    """One `Header always set` line: the one that is there mended, others of its own taken out."""
    if endpoint.http is None:
        return "this endpoint sends no headers"
    missing = _missing_module(instance, "headers")
    if missing:
        return missing
    args = f'always set {HSTS} "{remedy.text}"'
    lines = [setting for span in _header_spans(endpoint) if (setting := setting_at(span)) is not None and setting.name == "header"]
    lines.sort(key=lambda line: _value_of(line) != remedy.text)  # the line that says it already is the one that stays
    own = [line for line in lines if not _others_sending(instance, all_of, line)]
    shared = [line for line in lines if line not in own]
    found: list[Way] = []
    if own:
        rest = [Edit(line.whole, b"") for line in own[1:]]
        found.append((Edit(own[0].args, args.encode()), *rest))
    body = body_of(endpoint.anchor)
    fresh = new_line(body, f"Header {args}", _NEIGHBOURS["header"])
    if fresh is not None:
        found.append((fresh, *(Edit(line.whole, b"") for line in own)))
    if fresh is not None and shared:
        both = new_line(body, f"Header onsuccess unset {HSTS}", _NEIGHBOURS["header"])
        if both is not None:
            joined = Edit(both.span, both.replacement.rstrip(b"\r\n") + placing.line_end(body.file.data) + fresh.replacement)
            found.append((joined, *(Edit(line.whole, b"") for line in own)))
    if shared:
        others = [other for line in shared for other in _others_sending(instance, all_of, line)]
        plain = [other for other in others if other.tls.holds(TlsMode.NONE)]
        text = args + (ON_TLS if plain else "")
        way = (Edit(shared[0].args, text.encode()), *(Edit(line.whole, b"") for line in (*shared[1:], *own)))
        # Where only sites without TLS send it besides, the line itself is at fault: they should not.
        found.insert(0 if len(plain) == len(others) else len(found), way)
    return found or "no line was found where the header could be written"


def _header_spans(endpoint: Endpoint) -> list[Span]:
    """Lines that concern the header, in the order in which they are carried out."""
    http = endpoint.http
    return [line.setting for line in http.headers if line.name == HSTS.lower()] if http is not None else []


def _value_of(line: Setting) -> str:
    return next((word for word in line.words if "max-age" in word.lower()), "")


def _others_sending(instance: Instance, all_of: Sequence[Endpoint], line: Setting) -> list[Endpoint]:
    own = {id(endpoint) for endpoint in all_of}
    return [
        other
        for other in instance.endpoints
        if id(other) not in own and any(placing.touches(span, line.whole) for span in _header_spans(other))
    ]


def _drop_header(instance: Instance, endpoint: Endpoint, all_of: Sequence[Endpoint], remedy: DropHeader) -> Sequence[Way] | str:
    """The lines taken out; where sites with TLS need the same line, it gets a condition instead."""
    edits: list[Edit] = []
    for span in remedy.lines:
        setting = setting_at(span)
        if setting is None or setting.name not in ("header", "setenvif", "setenv"):
            return "the header comes from no Header line"
        edits.append(Edit(setting.whole, b""))
    del endpoint
    if remedy.header.lower() != HSTS.lower():
        return [tuple(edits)] if edits else "no line was found that sends it"
    lines = [setting for span in remedy.lines if (setting := setting_at(span)) is not None]
    if not any(_others_sending(instance, all_of, line) for line in lines):
        return [tuple(edits)] if edits else "no line was found that sends it"
    return [tuple(Edit(Span(line.args.file, line.args.end, line.args.end), ON_TLS.encode()) for line in lines)]


def _redirect(instance: Instance, endpoint: Endpoint, remedy: RedirectToHttps) -> Sequence[Way] | str:
    missing = _missing_module(instance, "alias")
    if missing:
        return missing
    body = body_of(endpoint.anchor)
    args = f"permanent / https://{remedy.host}/"
    found: list[Way] = []
    setting = _redirecting(endpoint)
    if setting is not None:
        found += _made_permanent(setting)
        if setting.name in _REDIRECTS and remedy.host:
            found.append((Edit(setting.line.span(0, len(setting.line.text)), f"Redirect {args}".encode()),))
    if not remedy.host:
        return found or "no line was found that redirects"
    fresh = new_line(body, f"Redirect {args}", _NEIGHBOURS["redirect"])
    if fresh is not None and body.opening is not None:
        found.append((fresh,))
    return found or "no line was found where the redirect could be written"


def _end_redirect(instance: Instance, endpoint: Endpoint, all_of: Sequence[Endpoint]) -> Sequence[Way] | str:
    """A rule gets the condition it lacks; a line that redirects this site alone goes.

    `%{ENV:HTTPS}` is empty where rules are asked: mod_ssl sets it later (ssl_hook_Fixup; seen on 2.4.71).
    """
    setting = _redirecting(endpoint)
    if setting is not None and setting.name == "rewriterule":
        conditions = bodies.conditions_of(setting)
        found: list[Way] = []
        variables = [
            Edit(Span(each.args.file, each.args.start + name.start(), each.args.start + name.end()), b"%{HTTPS}")
            for each in conditions
            for name in re.finditer(rb"(?i)%\{ENV:HTTPS\}", each.args.data)
        ]
        if variables:
            found.append(tuple(variables))
        return [*found, (placing.above((*conditions, setting)[0].whole, [b"RewriteCond %{HTTPS} !=on"]),)]
    if setting is None or setting.name not in _REDIRECTS:
        return "no line was found that redirects"
    own = {id(one) for one in all_of}
    for other in instance.endpoints:
        line = _redirecting(other) if id(other) not in own else None
        if line is not None and line.whole == setting.whole:
            return f"the line redirects {other.name} as well: move it to the virtual hosts of plain HTTP"
    return [(Edit(setting.whole, b""),)]


def _redirecting(endpoint: Endpoint) -> Setting | None:
    """The line that redirects the endpoint's front page."""
    redirect = endpoint.http.redirect if endpoint.http is not None else None
    return setting_at(redirect.span) if redirect is not None and redirect.span is not None else None


_REDIRECTS = ("redirect", "redirectpermanent", "redirecttemp", "redirectmatch")


def _made_permanent(setting: Setting) -> Iterator[Way]:
    """Only the kind of the redirect changed: its status word (mod_alias), or the R among the flags (mod_rewrite)."""
    words = setting.words
    if setting.name == "rewriterule":
        flags = re.search(rb"\[([^\]\n]*)\]\s*$", setting.args.data)
        which = re.search(rb"(?i)(?<![^,\s])R(?:edirect)?(?:=\w+)?(?![^,\s])", flags[1]) if flags is not None else None
        if flags is not None and which is not None:
            start = setting.args.start + flags.start(1) + which.start()
            yield (Edit(Span(setting.args.file, start, start + len(which[0])), b"R=301"),)
    elif setting.name == "redirecttemp":
        yield (Edit(setting.line.span(0, len("RedirectTemp")), b"RedirectPermanent"),)
    elif setting.name in ("redirect", "redirectmatch") and words:
        is_status = words[0].isdigit() or words[0].lower() in ("permanent", "temp", "seeother")
        first = Span(setting.args.file, setting.args.start, setting.args.start + (len(words[0].encode("latin-1")) if is_status else 0))
        yield (Edit(first, b"permanent" if is_status else b"permanent "),)


def _missing_module(instance: Instance, name: str) -> str:
    """A sentence where the modules are loaded in sight and this one is not among them."""
    loaded = [setting.words for setting in bodies.all_of(instance.files, "loadmodule")]
    if not instance.complete or not loaded or any(words[:1] == [f"{name}_module"] for words in loaded):
        return ""
    how = f"a2enmod {name}" if _family(instance) in ("debian", "suse") else f"load {name}_module"
    return f"mod_{name} is not loaded: {how} first"
