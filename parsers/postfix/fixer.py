"""Remedies in Postfix's words: the deciding line or option changed in place, else a new line of main.cf or a new `-o` of the one service.

Which parameter counts hangs on the level (postconf(5): smtpd_tls_mandatory_protocols and smtpd_tls_protocols), so it is worked out for
each endpoint. A line of main.cf counts for every service without an option of its own: where that would change others, the option comes
first. `-o` is read word by word: values go in without blanks (master(5)).
"""

from collections.abc import Iterator, Sequence

from tlslint.crypto import spelling
from tlslint.crypto.libraries import build_of
from tlslint.model import Endpoint, Instance, KnownBy, Role, SourceFile, Span, TlsMode
from tlslint.model.remedy import Edit, ModelRemedy, OfferGroups, OfferSuites, OfferVersions, SetValue
from tlslint.model.struct import Struct
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers import placing
from tlslint.parsers.format import Way
from tlslint.parsers.postfix import protocols
from tlslint.parsers.postfix.ciphers import list_parameter
from tlslint.parsers.postfix.defaults import Release
from tlslint.parsers.postfix.services import overrides
from tlslint.parsers.postfix.syntax import Entry, Setting, main_cf, master_cf

_ORDER: tuple[TlsVersion, ...] = (TLS10, TLS11, TLS12, TLS13)
_WORDS = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_LEVELS = {TlsMode.STARTTLS: "may", TlsMode.STARTTLS_REQUIRED: "encrypt"}
_CURVES = {"secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448"}
"""Names of OpenSSL's objects, which tls_eecdh_auto_curves takes (tls_dh.c); the others are the registry's."""


class _Place(Struct):
    """Where an endpoint is configured: its entry of master.cf with the options, None where that was not seen."""

    entry: Entry | None
    options: dict[str, Setting]


class _Files(Struct):
    """The two files, read again. `settings`: those of main.cf that count."""

    main: SourceFile | None
    settings: dict[str, Setting]
    order: tuple[Setting, ...]
    entries: tuple[Entry, ...]


def ways(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy) -> Sequence[Way] | str:
    """Spell `remedy` for `endpoints` (`tlslint.parsers.format.Fixer`)."""
    files = _read(instance)
    if isinstance(remedy, SetValue) and remedy.field == "security_level":
        return placing.without_level(endpoints[0].cipher_string)
    in_place: dict[Edit, None] = {}
    alone: dict[Edit, None] = {}
    is_shared = False
    for endpoint in endpoints:
        if not any(endpoint.anchor.file is file for file in (files.main, *(entry.line.file for entry in files.entries))):
            policy = _policy(instance, endpoint, remedy)
            if isinstance(policy, str):
                return policy
            in_place[policy] = alone[policy] = None
            continue
        wanted = _wanted(instance, endpoint, remedy, files)
        if isinstance(wanted, str):
            return wanted
        place = _place(files, endpoint)
        for name, text in wanted.items():
            edit = _in_place(files, place, name, text)
            own = edit if name in place.options else _option(files, place, name, text)
            if edit is None and own is None:
                return f"no place was found for {name}"
            in_place[edit or own] = None  # type: ignore[index]
            alone[own or edit] = None  # type: ignore[index]
            is_shared = is_shared or (name not in place.options and _is_shared(instance, endpoints, remedy, files, name))
    found = [tuple(in_place), tuple(alone)]
    return list(dict.fromkeys(reversed(found) if is_shared else found))


def commands(instance: Instance, changed: Sequence[str]) -> Sequence[str]:
    """What checks the files and makes them count (postfix(1))."""
    del changed
    folder = instance.root.path.rpartition("/")[0]
    option = "" if folder.endswith("etc/postfix") else f" -c {folder or '.'}"
    return (f"postfix{option} check && postfix{option} reload",)


def _read(instance: Instance) -> _Files:
    main = next((file for file in instance.files if file.path.endswith("main.cf")), None)
    master = next((file for file in instance.files if file.path.endswith("master.cf")), None)
    order = main_cf(main).settings if main is not None else ()
    return _Files(main, {setting.name: setting for setting in order}, order, master_cf(master)[0] if master is not None else ())


def _place(files: _Files, endpoint: Endpoint) -> _Place:
    anchor = endpoint.anchor
    entry = next(
        (one for one in files.entries if one.line.file is anchor.file and one.fields and one.fields[0].span.start == anchor.start), None
    )
    return _Place(entry, {setting.name: setting for setting in overrides(entry)} if entry is not None else {})


def _release(instance: Instance) -> Release:
    return Release(instance.software.version or "")


# --- which settings ----------------------------------------------------------------------------------------------------------------


def _wanted(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy, files: _Files) -> dict[str, str] | str:
    """Parameters and values that give one endpoint what the remedy says; a sentence where Postfix has none."""
    daemon = _daemon(files, endpoint)
    if _is_strict(endpoint, remedy):
        return "TLS is optional there: a stricter choice sends those who cannot follow back to plain text, so require TLS first"
    if isinstance(remedy, OfferVersions):
        if not remedy.versions <= set(_ORDER):
            return "Postfix has no word for one of the versions"
        return {f"{daemon}_tls_{_which(endpoint)}protocols": _versions(instance, remedy.versions)}
    if isinstance(remedy, OfferSuites):
        return _suites(instance, endpoint, remedy, daemon, files)
    if isinstance(remedy, OfferGroups):
        return _groups(instance, remedy, {**files.settings, **_place(files, endpoint).options})
    if isinstance(remedy, SetValue):
        return _value(instance, endpoint, remedy, daemon, files)
    return "this is a matter of web servers"


def _is_strict(endpoint: Endpoint, remedy: ModelRemedy) -> bool:
    """Would it take something away where a handshake that fails ends in plain text (RFC 7435 section 3)?"""
    if endpoint.is_opportunistic_mx:
        return False  # rules know, and ask for no more than can be done there
    if not endpoint.tls.holds(TlsMode.STARTTLS) or not endpoint.tls_works.holds(True):
        return False
    return isinstance(remedy, OfferSuites) or (isinstance(remedy, OfferVersions) and not endpoint.versions.surely <= remedy.versions)


def _daemon(files: _Files, endpoint: Endpoint) -> str:
    """The prefix of the parameters: smtpd for servers (postscreen and tlsproxy follow it), smtp or lmtp for clients."""
    if endpoint.role is Role.SERVER:
        return "smtpd"
    entry = _place(files, endpoint).entry
    return "lmtp" if entry is not None and entry.fields[7].text.endswith("lmtp") else "smtp"


def _which(endpoint: Endpoint) -> str:
    """`mandatory_` where TLS is demanded."""
    demanded = endpoint.tls.holds(TlsMode.STARTTLS_REQUIRED) or endpoint.tls.holds(TlsMode.IMPLICIT)
    return "mandatory_" if demanded else ""


def _versions(instance: Instance, versions: frozenset[TlsVersion]) -> str:
    """`>=TLSv1.2` where the release is known to have it (3.6), else exclusions, which every release knows."""
    least = min(versions)
    if _release(instance) >= (3, 6) and instance.software.how is not KnownBy.ASSUMED and all(v in versions for v in _ORDER if v >= least):
        return f">={_WORDS[least]}"
    words = ["!SSLv2", "!SSLv3", *(f"!{_WORDS[version]}" for version in _ORDER if version not in versions)]
    return ", ".join(word for word in words if protocols.parse(word, _release(instance)).invalid is None)


def _suites(instance: Instance, endpoint: Endpoint, remedy: OfferSuites, daemon: str, files: _Files) -> dict[str, str] | str:
    """Exclusions where some suites shall go and the others stay as they are; else the grade high, and its list.

    A list that decides today and is written is changed where it stands.
    """
    place = _place(files, endpoint)
    listed = {suite.code for suite in remedy.suites}
    if any(suite.is_tls13 and suite.code not in listed for suite in endpoint.cipher_suites.surely):
        return "no setting of Postfix reaches the suites of TLS 1.3"
    build = build_of(instance.tls_library)
    text = spelling.openssl_list(remedy.suites, build)
    if not text:
        return "the library has none of these suites"
    offered = endpoint.cipher_suites.surely
    name = f"{daemon}_tls_exclude_ciphers"
    excluded = _exclusions(endpoint, remedy, str(build))
    if excluded:
        present = place.options.get(name) or files.settings.get(name)
        return {name: ", ".join(([present.value] if present is not None and present.value else []) + excluded)}
    string = endpoint.cipher_string
    if string is not None and string.setting and string.span is not None:
        return {string.setting: spelling.openssl_near(string.text, build, remedy.suites, offered) or text}
    grade = f"{daemon}_tls_{_which(endpoint)}ciphers"
    if {suite.code for suite in offered} == listed:  # only the order is at fault, and the grade's list is Postfix's own
        release, said = _release(instance), place.options.get(grade) or files.settings.get(grade)
        parameter = list_parameter(said.value if said is not None else "medium", release)
        own = spelling.openssl_known(release.default(parameter or "") or "", build)  # it names what old libraries had: !RC5
        moved = spelling.openssl_near(own, build, remedy.suites, offered)
        return {parameter: moved} if parameter and moved else "the order of the grade's own list is Postfix's"
    return {grade: "high", "tls_high_cipherlist": text}


def _exclusions(endpoint: Endpoint, remedy: OfferSuites, build: str) -> list[str]:
    """Words that take away just what the remedy leaves out of what is offered; none where it wants anything else."""
    offered = [suite.code for suite in endpoint.cipher_suites.surely]
    left = [suite.code for suite in remedy.suites]
    gone = set(offered).difference(left)
    if left != [code for code in offered if code not in gone]:
        return []
    return spelling.excluding(build, gone, left)


def _groups(instance: Instance, remedy: OfferGroups, written: dict[str, Setting]) -> dict[str, str] | str:
    """tls_eecdh_auto_curves (3.2), and tls_ffdhe_auto_groups (3.8); hybrid groups by name were seen to work on 3.10.13."""
    release = _release(instance)
    if not release.knows("tls_eecdh_auto_curves"):
        return f"Postfix {release.version} has no setting for groups"
    known = [group for group in remedy.groups if "MLKEM" not in group.iana or release >= (3, 10)]
    curves = [_CURVES.get(group.iana, group.iana) for group in known if not group.iana.startswith("ffdhe")]
    found = {"tls_eecdh_auto_curves": " ".join(curves)}
    fields = " ".join(group.iana for group in known if group.iana.startswith("ffdhe"))
    if "tls_ffdhe_auto_groups" in written or fields != (release.default("tls_ffdhe_auto_groups") or ""):
        found["tls_ffdhe_auto_groups"] = fields
    return found


def _value(instance: Instance, endpoint: Endpoint, remedy: SetValue, daemon: str, files: _Files) -> dict[str, str] | str:
    if remedy.field == "tls":
        return _mode(endpoint, remedy.value, daemon, files)
    if endpoint.role is Role.SERVER and (remedy.field, remedy.value) == ("server_order", True):
        return {"tls_preempt_cipherlist": "yes"}
    if endpoint.role is Role.SERVER and (remedy.field, remedy.value) == ("cleartext_login", False):
        return {"smtpd_tls_auth_only": "yes"}
    if remedy.field == "dh_bits":
        if not _release(instance) >= (3, 1):  # what is built in has 1024 bits
            return f"make parameters of {remedy.value} bits (openssl dhparam) and name their file in smtpd_tls_dh1024_param_file"
        return {"smtpd_tls_dh1024_param_file": "auto" if _release(instance) >= (3, 7) else ""}
    if remedy.field == "peer_verification" and endpoint.role is Role.CLIENT:
        names = (f"{daemon}_tls_CAfile", f"{daemon}_tls_CApath", f"{daemon}_tls_trust_anchor_file")
        place = _place(files, endpoint)
        if not any(
            setting is not None and setting.value for name in names for setting in (place.options.get(name), files.settings.get(name))
        ):
            return f"set {names[0]} first, to /etc/ssl/certs/ca-certificates.crt or to the relay's own CA: whom you trust only you know"
        return {f"{daemon}_tls_security_level": "secure"}
    return "Postfix has no setting for this"


def _mode(endpoint: Endpoint, mode: TlsMode, daemon: str, files: _Files) -> dict[str, str] | str:
    if mode is TlsMode.IMPLICIT:
        return {f"{daemon}_tls_wrappermode": "yes"}
    found = {f"{daemon}_tls_security_level": _LEVELS[mode]}
    if endpoint.tls.holds(TlsMode.IMPLICIT):
        found[f"{daemon}_tls_wrappermode"] = "no"
    place = _place(files, endpoint)
    entry = place.entry
    if mode is TlsMode.STARTTLS and daemon == "smtpd":
        sasl, only = (place.options.get(name) or files.settings.get(name) for name in ("smtpd_sasl_auth_enable", "smtpd_tls_auth_only"))
        if sasl is not None and sasl.value.lower() == "yes" and (only is None or only.value.lower() != "yes"):
            found["smtpd_tls_auth_only"] = "yes"  # what demanding TLS had seen to
    if entry is not None and entry.fields[7].text == "postscreen" and "postscreen_tls_security_level" in files.settings:
        return {"postscreen_tls_security_level": _LEVELS[mode]}
    return found


# --- where they go -----------------------------------------------------------------------------------------------------------------


def _in_place(files: _Files, place: _Place, name: str, text: str) -> Edit | None:
    """The option of the service, the line of main.cf, or a new line there."""
    option = place.options.get(name)
    if option is not None:
        return Edit(option.value_span, _compact(text)) if option.value_span != option.span else Edit(option.span, f"{name}={text}".encode())
    setting = files.settings.get(name)
    if setting is not None:
        blank = (
            b" "
            if not setting.value and text and setting.span.file.data[setting.value_span.start - 1 : setting.value_span.start] == b"="
            else b""
        )
        return Edit(setting.value_span, blank + text.encode() + _notes(setting))
    return _new_line(files, name, text)


def _notes(setting: Setting) -> bytes:
    """The comment lines between those of the value, which go below it."""
    span = setting.value_span
    inside = [(start, end) for start, end in setting.line.notes if span.start < start < span.end] if setting.line is not None else []
    ending = placing.line_end(span.file.data)
    return b"".join(ending + span.file.data[start:end].rstrip(b"\r\n") for start, end in inside)


def _compact(text: str) -> bytes:
    return text.replace(", ", ",").replace(" ", ",").encode()


def _new_line(files: _Files, name: str, text: str) -> Edit | None:
    """Below the last line of the same kind; its blanks around `=` are taken over."""
    if files.main is None:
        return None
    prefixes = (name[: name.find("_tls_") + 5] if "_tls_" in name else name.partition("_")[0] + "_", name.partition("_")[0] + "_")
    near = next((found[-1] for prefix in prefixes if (found := [one for one in files.order if one.name.startswith(prefix)])), None)
    sample = near or (files.order[-1] if files.order else None)
    sign = " = "
    if sample is not None and sample.value:
        sign = files.main.data[sample.name_span.end : sample.value_span.start].decode("latin-1")
        sign = sign if "\n" not in sign else " = "
    line = f"{name}{sign}{text}".rstrip().encode()
    if near is not None and near.line is not None:
        return _ended(placing.below(near.line.whole, [line], b""))
    data = files.main.data
    ending = placing.line_end(data)
    before = b"" if not data or data.endswith(b"\n") else ending
    return Edit(Span(files.main, len(data), len(data)), before + line + ending)


def _option(files: _Files, place: _Place, name: str, text: str) -> Edit | None:
    """A new `-o` below the last line of the entry, indented as options of this file are."""
    entry = place.entry
    if entry is None or not entry.fields:
        return None
    last = (*entry.fields, *entry.arguments)[-1].span
    line = b"-o " + f"{name}=".encode() + _compact(text)
    return _ended(placing.below(last, [line], _indentation(files, entry)))


def _ended(edit: Edit) -> Edit:
    """A last line gets an end: what somebody appends later would become part of it."""
    ending = placing.line_end(edit.span.file.data)
    return edit if edit.replacement.endswith(ending) else edit._replace(replacement=edit.replacement + ending)


def _indentation(files: _Files, entry: Entry) -> bytes:
    for one in (entry, *files.entries):
        if len(one.line.pieces) > 1:
            start = one.line.pieces[1][1]
            return placing.indentation(one.line.file.data, start)
    return b"  "


def _is_shared(instance: Instance, endpoints: Sequence[Endpoint], remedy: ModelRemedy, files: _Files, name: str) -> bool:
    """Would a line of main.cf change an endpoint that is not in the same need?"""
    if isinstance(remedy, OfferSuites) and all(set(endpoint.cipher_suites.surely) == set(remedy.suites) for endpoint in endpoints):
        return False  # another order takes nothing from anybody
    own = {id(endpoint) for endpoint in endpoints}
    return any(
        _counts(instance, other, remedy, files, name) and not _needs(other, remedy)
        for other in instance.endpoints
        if id(other) not in own and name not in _place(files, other).options
    )


def _counts(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy, files: _Files, name: str) -> bool:
    """Does the parameter decide something for the endpoint?"""
    if name.startswith("tls_") and name.endswith("_cipherlist"):
        grade = f"{_daemon(files, endpoint)}_tls_{_which(endpoint)}ciphers"
        setting = _place(files, endpoint).options.get(grade) or files.settings.get(grade)
        return name == f"tls_{setting.value.lower() if setting is not None else 'medium'}_cipherlist"
    wanted = _wanted(instance, endpoint, remedy, files)
    return isinstance(wanted, dict) and name in wanted


def _needs(endpoint: Endpoint, remedy: ModelRemedy) -> bool:
    """Would the remedy do the endpoint good too? A mode of TLS is nobody's business but the port's own."""
    if isinstance(remedy, OfferGroups) and set(endpoint.groups.surely or ()) <= set(remedy.groups):
        return True  # one more group shuts nobody out
    if endpoint.is_opportunistic_mx:
        return False
    if isinstance(remedy, OfferVersions):
        return not endpoint.versions.surely <= remedy.versions
    if isinstance(remedy, OfferSuites):
        listed = {suite.code for suite in remedy.suites}
        return any(suite.code not in listed for suite in endpoint.cipher_suites.surely)
    if isinstance(remedy, SetValue) and remedy.field in ("server_order", "cleartext_login"):
        return bool(getattr(endpoint, remedy.field).holds(not remedy.value))
    return isinstance(remedy, OfferGroups)


# --- policy tables -----------------------------------------------------------------------------------------------------------------


def _policy(instance: Instance, endpoint: Endpoint, remedy: ModelRemedy) -> Edit | str:
    """The attribute of a line of a policy table, changed or added at its end (postconf(5), smtp_tls_policy_maps)."""
    if isinstance(remedy, OfferVersions) and remedy.versions <= set(_ORDER):
        name, text = "protocols", _versions(instance, remedy.versions).replace(", ", ":")
    elif isinstance(remedy, SetValue) and remedy.field == "tls" and remedy.value in _LEVELS:
        name, text = "", _LEVELS[remedy.value]
    else:
        return "this destination has a policy of its own; it takes a person to choose"
    span = endpoint.anchor
    words = [(start, word) for start, word in _words(span.data) if not word.startswith(b"#")]
    for start, word in words[1:]:
        if (name and word.lower().startswith(name.encode() + b"=")) or (not name and start == words[1][0]):
            return Edit(
                Span(span.file, span.start + start, span.start + start + len(word)), f"{name}={text}".encode() if name else text.encode()
            )
    if not name or len(words) < 2:
        return "the policy was not found in its table"
    return Edit(Span(span.file, span.end, span.end), f" {name}={text}".encode())


def _words(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    for word in data.split():
        position = data.index(word, position)
        yield position, word
        position += len(word)
