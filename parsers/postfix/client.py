"""smtp and lmtp: what an outgoing connection does with TLS, in general and for each destination of a policy table.

Sources: src/smtp/smtp.c pre_init(), src/smtp/smtp_tls_policy.c, src/smtp/smtp_proto.c, src/smtp/smtp_connect.c, src/tls/tls_client.c;
seen on 3.5.25, 3.7.11 and 3.10.13.
"""

import re

from tlslint.crypto import libraries, negotiation, openssl
from tlslint.files import Files
from tlslint.files.door import FileProblem
from tlslint.model import Known, Origin, Problem, SourceFile, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite
from tlslint.model.versions import TlsVersion
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import ciphers, protocols
from tlslint.parsers.postfix.certificates import Pair, absolute, is_missing, load_chain, load_pairs, trouble_with_authorities
from tlslint.parsers.postfix.effective import Parameters, Resolved, is_yes
from tlslint.parsers.postfix.server import LEVELS, level_lookup, stops
from tlslint.parsers.postfix.syntax import WHITE, Line, logical_lines

DEFERRED = "mail waits in the queue"
CHOICES = ", ".join(word for word in LEVELS if word != "half-dane")


class Policy(Struct):
    """One line of a policy table. `error`: why Postfix takes it for invalid, so that mail to this destination waits."""

    key: str
    level: str
    attributes: dict[str, str]
    span: Span
    error: str = ""
    error_span: Span | None = None


class Client(Struct):
    """What one outgoing connection does.

    `level` is the effective one; `failure` is empty where TLS can work; `goes_in_clear`: what cannot work ends in clear text rather than
    in the queue. `match`: what a certificate is compared with at verify, secure and fingerprint. `has_authorities`: can any certificate
    be trusted?
    """

    mode: Value[TlsMode]
    level: str = "none"
    failure: str = ""
    failure_origins: tuple[Origin, ...] = ()
    rule: str = ""
    """The rule that reports the failure; "" where a problem about the text says it already."""
    goes_in_clear: bool = False
    versions: Value[frozenset[TlsVersion]] = Known(frozenset())
    suites: Value[tuple[Suite, ...]] = Known(())
    security_level: Value[int | None] = Known(None)
    verification: Value[str | None] = Known("none")
    match: tuple[str, ...] = ()
    has_authorities: bool = False
    password_in_clear: Value[bool | None] = Known(False)


class Destination(Struct):
    """How the level came about, before protocols and ciphers are looked at."""

    level: str
    origins: tuple[Origin, ...]
    policy: Policy | None = None


def base_level(parameters: Parameters, prefix: str) -> Destination | Client:
    """smtp_tls_security_level, or the settings that came before it."""
    level = parameters.get(f"{prefix}_tls_security_level")
    if level.unknown:
        return _unknown(level.unknown, level.origins)
    if level.text:
        rank = level_lookup(level.text)
        if rank is None:
            text = f"{prefix} stops: {readable(level.text)!r} is no TLS level ({CHOICES}); {DEFERRED}"
            return Client(Unknown(text, level.origins), failure=text, failure_origins=level.origins)
        return Destination(LEVELS[rank], level.origins)
    if parameters.release.knows(f"{prefix}_use_tls") or parameters.release < (2, 3):
        use, enforce = parameters.get(f"{prefix}_use_tls"), parameters.get(f"{prefix}_enforce_tls")
        if use.unknown or enforce.unknown:
            return _unknown(use.unknown or enforce.unknown, use.origins)
        if is_yes(enforce):
            by_name = parameters.get(f"{prefix}_tls_enforce_peername")
            return Destination("verify" if is_yes(by_name) is not False else "encrypt", enforce.origins)
        if is_yes(use):
            return Destination("may", use.origins)
    return Destination("none", level.origins)


def _unknown(reason: str, origins: tuple[Origin, ...]) -> Client:
    return Client(
        Unknown(reason, origins),
        versions=Unknown(reason, origins, frozenset()),
        suites=Unknown(reason, origins, ()),
        verification=Unknown(reason, origins),
        password_in_clear=Unknown(reason, origins),
    )


def transport(
    parameters: Parameters,
    daemon: str,
    build: str | None,
    files: Files,
    policy: Policy | None = None,
    *,
    dane_found: bool = False,
    jail: str = "",
    has_proxy: bool = True,
) -> Client:
    """What smtp or lmtp does for a destination without a policy of its own, or with `policy`.

    `dane_found`: the destination publishes TLSA records and DNSSEC holds; otherwise `dane` means `may`. `jail`: the directory the daemon
    locks itself into, "" for none. `has_proxy`: does a tlsproxy run?
    """
    stop = stops(parameters, daemon)
    if stop is not None:
        text = f"{daemon} stops at every delivery: {stop[0].name}: {stop[1]}; {DEFERRED}"
        return Client(Unknown(text, stop[0].origins), failure=text, failure_origins=stop[0].origins)
    base = base_level(parameters, daemon)
    if isinstance(base, Client):
        return base
    if policy is not None:
        origins = (_written(policy.span), *base.origins)
        if policy.error:
            text = f"this policy is invalid ({policy.error}): {DEFERRED}"
            return Client(Unknown(text, origins), failure=text, failure_origins=origins)
        base = Destination(policy.level, origins, policy)
    client = _connection(parameters, daemon, build, files, base, dane_found)
    if client.level in ("verify", "secure") and not client.failure:
        client = _behind_bars(client, parameters, daemon, base, files, jail)
    return client if has_proxy or client.failure else _without_proxy(client, parameters, daemon, base)


def _behind_bars(client: Client, parameters: Parameters, prefix: str, base: Destination, files: Files, jail: str) -> Client:
    """Trust anchors are read with each policy, long after chroot(2), unlike CAfile (load_tas() in src/smtp/smtp_tls_policy.c).

    Seen on 3.7.11 and 3.10.13 with Debian's master.cf: "client TLS configuration problem".
    """
    anchors = parameters.get(f"{prefix}_tls_trust_anchor_file")
    text = base.policy.attributes.get("tafile", "") if base.policy else ""
    text = text or anchors.text
    if not jail or not text or anchors.unknown:
        return client
    origins = base.origins if base.policy and "tafile" in base.policy.attributes else anchors.origins
    for name in re.findall(r"[^, \t\r\n]+", text):
        inside = jail + absolute(name, "/")
        if files.kind(inside) == "file":
            continue
        if is_missing(inside, files):
            why = f"the trust anchor is looked for in the chroot, where there is no {inside}: {DEFERRED}"
            return client._replace(failure=why, failure_origins=origins, rule="verification-impossible")
        reason = f"the trust anchor is looked for in the chroot, and whether {inside} is there was not seen"
        return client._replace(versions=Unknown(reason, origins, frozenset()), suites=Unknown(reason, origins, ()))
    return client


def _without_proxy(client: Client, parameters: Parameters, prefix: str, base: Destination) -> Client:
    """smtp_tls_connection_reuse hands the handshake to tlsproxy; where none runs it fails (seen on 3.7.11)."""
    reuse = parameters.get(f"{prefix}_tls_connection_reuse")
    said = base.policy.attributes.get("connection_reuse", "") if base.policy else ""
    if client.mode == Known(TlsMode.NONE, client.mode.origins) or (said.lower() != "yes" if said else not is_yes(reuse)):
        return client
    why = f"every handshake fails: {reuse.name} leaves it to tlsproxy, and master.cf has no such service; {_outcome(client.level)}"
    return client._replace(failure=why, failure_origins=base.origins if said else reuse.origins, rule="refused")


def _outcome(level: str) -> str:
    return "the message waits, and goes out in the clear at a later attempt" if level == "may" else DEFERRED


def _written(span: Span) -> Origin:
    from tlslint.model import How  # noqa: PLC0415

    return Origin(How.WRITTEN, span)


def _connection(parameters: Parameters, prefix: str, build: str | None, files: Files, base: Destination, dane_found: bool) -> Client:
    level, origins = base.level, base.origins
    wrapper = parameters.get(f"{prefix}_tls_wrappermode") if parameters.release.knows(f"{prefix}_tls_wrappermode") else None
    wraps = bool(wrapper and is_yes(wrapper))
    if level in ("dane", "dane-only"):
        trouble = dane_trouble(parameters, prefix)
        if trouble is not None and level == "dane-only":
            text = f"dane-only cannot work: {trouble[0]}; {DEFERRED}"
            return Client(
                Known(TlsMode.STARTTLS_REQUIRED, origins), level, text, trouble[1], verification=Known("certificate and name", origins)
            )
        if trouble is not None or not dane_found:
            if level == "dane-only":
                dane_found = True
            else:
                level = "may"
    if wraps and wrapper is not None and LEVELS.index(level) < LEVELS.index("encrypt"):
        text = f"{wrapper.name} needs {prefix}_tls_security_level = encrypt or stronger, and the level is {level}: {DEFERRED}"
        where = (*wrapper.origins, *origins)
        return Client(Known(TlsMode.IMPLICIT, wrapper.origins), level, text, where, "refused", password_in_clear=Known(False))
    password = _password(parameters, prefix, level, wraps, origins)
    if level == "none":
        return Client(Known(TlsMode.NONE, origins), level, password_in_clear=password)
    mode = TlsMode.IMPLICIT if wraps else TlsMode.STARTTLS if level == "may" else TlsMode.STARTTLS_REQUIRED
    client = Client(Known(mode, (*wrapper.origins, *origins) if wraps and wrapper else origins), level, password_in_clear=password)
    client = client._replace(verification=Known(_verification(level), origins))
    hidden = parameters.get(f"{prefix}_discard_ehlo_keywords")
    if not wraps and any(word.lower() == "starttls" for word in re.split(r"[, \t\r\n]+", hidden.text)):
        if level == "may":
            return client._replace(mode=Known(TlsMode.NONE, hidden.origins))
        text = f"STARTTLS is ignored ({hidden.name}) and demanded: {DEFERRED}"
        return client._replace(failure=text, failure_origins=hidden.origins, rule="means-something-else")
    trouble = _engine_trouble(parameters, prefix, files)
    if trouble is not None:
        text, where = trouble
        clear = level == "may"
        outcome = "mail goes out in the clear" if clear else DEFERRED
        text = f"TLS is off in {prefix}: {text}; {outcome}"
        return client._replace(failure=text, failure_origins=where, rule="certificate-missing", goes_in_clear=clear)
    unverifiable = _unverifiable(parameters, prefix, base, files)
    client = client._replace(match=_match(parameters, prefix, base), has_authorities=unverifiable is None and level in ("verify", "secure"))
    client = _offer(parameters, prefix, build, client, base)
    if not client.failure and unverifiable is not None:
        client = client._replace(failure=unverifiable[0], failure_origins=unverifiable[1], rule="verification-impossible")
    return client


def _verification(level: str) -> str:
    return "certificate and name" if level in ("fingerprint", "dane", "dane-only", "verify", "secure") else "none"


def dane_trouble(parameters: Parameters, prefix: str) -> tuple[str, tuple[Origin, ...]] | None:
    """Why DANE cannot work here: look-ups without DNSSEC (dane_init() in smtp_tls_policy.c)."""
    support, lookup = parameters.get("smtp_dns_support_level"), parameters.get(f"{prefix}_host_lookup")
    if prefix == "lmtp":
        support = parameters.get("lmtp_dns_support_level")
    if support.unknown or lookup.unknown:
        return None
    if support.text.lower() != "dnssec":
        return f"{support.name} is not dnssec", support.origins if support.is_set else ()
    if "dns" not in {word.lower() for word in re.split(r"[, \t\r\n]+", lookup.text)}:
        return f"{lookup.name} is not dns", lookup.origins
    return None


def _password(parameters: Parameters, prefix: str, level: str, wraps: bool, origins: tuple[Origin, ...]) -> Value[bool | None]:
    """Can a password go out without TLS? Only where there is one to send, and the options for clear text let it (smtp_sasl_glue.c)."""
    sasl, options = parameters.get(f"{prefix}_sasl_auth_enable"), parameters.get(f"{prefix}_sasl_security_options")
    for value in (sasl, options):
        if value.unknown or value.error:
            return Unknown(value.unknown or value.error, value.origins)
    if not is_yes(sasl) or not parameters.text(f"{prefix}_sasl_password_maps"):
        return Known(False, sasl.origins)
    if wraps or LEVELS.index(level) >= LEVELS.index("encrypt"):
        return Known(False, origins)
    if "noplaintext" in {word.lower() for word in re.split(r"[, \t\r\n]+", options.text)}:
        return Known(False, options.origins)
    return Known(True, (*sasl.origins, *options.origins, *origins))


def _engine_trouble(parameters: Parameters, prefix: str, files: Files) -> tuple[str, tuple[Origin, ...]] | None:
    """What keeps tls_client_init() from working: CAfile, own certificate, digest."""
    queue = parameters.get("queue_directory").text or "/var/spool/postfix"
    authorities = parameters.get(f"{prefix}_tls_CAfile")
    if authorities.text and not authorities.unknown:
        why = trouble_with_authorities(absolute(authorities.text, queue), files)
        if why:
            return f"{authorities.name}: {why}", authorities.origins
    chain = parameters.get(f"{prefix}_tls_chain_files")
    if chain.text and not chain.unknown:
        loaded = load_chain(chain.text, chain.setting.span if chain.setting else None, files, queue)
        if loaded.error:
            return f"{chain.name}: {loaded.error}", chain.origins
    elif not chain.unknown:
        for kind in ("", "d", "ec"):
            value = parameters.get(f"{prefix}_tls_{kind}cert_file")
            key = parameters.get(f"{prefix}_tls_{kind}key_file")
            if value.text and not value.unknown and not key.unknown:
                span = value.setting.span if value.setting else None
                loaded = load_pairs((Pair(absolute(value.text, queue), absolute(key.text, queue), span),), files)
                if loaded.error:
                    return f"{value.name}: {loaded.error}", value.origins
    digest = parameters.get(f"{prefix}_tls_fingerprint_digest")
    if digest.is_set and not digest.unknown and not digest.error:
        from tlslint.parsers.postfix.server import DIGESTS  # noqa: PLC0415

        if digest.text.lower() not in DIGESTS:
            return f"{digest.name}: {readable(digest.text)!r} is no digest OpenSSL knows", digest.origins
    return None


def _match(parameters: Parameters, prefix: str, base: Destination) -> tuple[str, ...]:
    if base.level == "fingerprint":
        text = base.policy.attributes.get("match", "") if base.policy is not None else ""
        return tuple(re.findall(r"[^, \t\r\n|]+", text or parameters.text(f"{prefix}_tls_fingerprint_cert_match")))
    if base.level not in ("verify", "secure"):
        return ()
    if base.policy is not None and "match" in base.policy.attributes:
        return tuple(word for word in base.policy.attributes["match"].split(":") if word)
    name = f"{prefix}_tls_{base.level}_cert_match"
    return tuple(word for word in re.split(r"[, \t\r\n:]+", parameters.text(name)) if word)


def _unverifiable(parameters: Parameters, prefix: str, base: Destination, files: Files) -> tuple[str, tuple[Origin, ...]] | None:
    """Levels that check the peer and have nothing to check it with: mail then waits."""
    attributes = base.policy.attributes if base.policy else {}
    queue = parameters.get("queue_directory").text or "/var/spool/postfix"
    if base.level in ("verify", "secure"):
        if "tafile" in attributes:
            path = absolute(attributes["tafile"], queue)
            return (f"{path} does not exist: {DEFERRED}", base.origins) if is_missing(path, files) else None
        anchors = parameters.get(f"{prefix}_tls_trust_anchor_file")
        sources = (anchors, parameters.get(f"{prefix}_tls_CAfile"), parameters.get(f"{prefix}_tls_CApath"))
        if any(value.unknown or value.text for value in sources):
            return None
        append = parameters.get("tls_append_default_CA")
        if append.unknown or is_yes(append):
            return None
        text = f"level {base.level} needs authorities to check against, and neither {prefix}_tls_CAfile nor CApath is set: {DEFERRED}"
        return text, base.origins
    if base.level == "fingerprint" and "match" not in attributes:
        value = parameters.get(f"{prefix}_tls_fingerprint_cert_match")
        if not value.text and not value.unknown:
            return f"level fingerprint needs fingerprints to compare with, and none are given: {DEFERRED}", base.origins
    return None


def _offer(parameters: Parameters, prefix: str, build: str | None, client: Client, base: Destination) -> Client:
    attributes = base.policy.attributes if base.policy else {}
    which = "" if client.level == "may" else "mandatory_"
    listed = parameters.get(f"{prefix}_tls_{which}protocols")
    listed_text, listed_origins, listed_name = listed.text, listed.origins, listed.name
    if "protocols" in attributes and base.policy is not None:
        listed_text, listed_origins, listed_name = attributes["protocols"], (_written(base.policy.span),), "protocols"
    elif listed.unknown or listed.error:
        reason = listed.unknown or listed.error
        return client._replace(versions=Unknown(reason, listed.origins, frozenset()), suites=Unknown(reason, listed.origins, ()))
    outcome = _outcome(client.level)
    parsed = protocols.parse(listed_text, parameters.release)
    if parsed.invalid is not None:
        text = f"every handshake is broken off: {listed_name} is refused as a whole because of {readable(parsed.invalid.text)!r}; {outcome}"
        return client._replace(failure=text, failure_origins=listed_origins)
    spoken = parsed.versions if build is None else parsed.versions & libraries.build(build).versions
    versions = protocols.client_range(spoken)
    grade = parameters.get(f"{prefix}_tls_{which}ciphers")
    exclusions = [parameters.get(f"{prefix}_tls_exclude_ciphers")]
    if which:
        exclusions.append(parameters.get(f"{prefix}_tls_mandatory_exclude_ciphers"))
    texts = [item.text for item in exclusions]
    if "exclude" in attributes:
        texts, exclusions = [attributes["exclude"]], []
    grade_text = attributes.get("ciphers", grade.text)
    also = "eNULL" if client.level == "encrypt" else "aNULL" if which else ""
    cipher_origins = (*grade.origins, *(origin for item in exclusions if item.is_set for origin in item.origins))
    parameter = ciphers.list_parameter(grade_text, parameters.release)
    own: Resolved | None = parameters.get(parameter) if parameter else None
    reasons = [item.unknown or item.error for item in (grade, *exclusions, *([own] if own else [])) if item.unknown or item.error]
    if build is None:
        reasons.append("nothing is known about this TLS library")
    if reasons or build is None:
        return client._replace(versions=Known(versions, listed_origins), suites=Unknown(reasons[0], cipher_origins, ()))
    if own is not None and own.is_set:
        cipher_origins += own.origins
    choice = ciphers.choose(grade_text, own.text if own else "", (*texts, *([also] if also else [])), parameters.release)
    if choice.error:
        named = grade if choice.fault_in == "grade" else next((item for item in exclusions if choice.wrong in item.text), grade)
        text = f"every handshake is broken off: {named.name}: {readable(choice.error)}; {outcome}"
        return client._replace(failure=text, failure_origins=named.origins, rule="no-cipher-left")
    string = openssl.evaluate(choice.string, build)
    if not string.accepted:
        text = f"every handshake is broken off: OpenSSL refuses the cipher string {readable(choice.string)!r} ({string.error}); {outcome}"
        return client._replace(failure=text, failure_origins=cipher_origins, rule="no-cipher-left")
    # TLS_MUST_MATCH in tls_client_start(): a peer that must prove who it is is asked for at level 1, after the string was set
    level = 1 if client.verification != Known("none", client.verification.origins) else string.security_level if string.sets_level else 0
    offer = negotiation.negotiable(
        negotiation.OpenSslServer(
            build, string._replace(security_level=level, sets_level=False), versions=versions, security_level=level, is_client=True
        )
    )
    client = client._replace(
        versions=Known(offer.versions, listed_origins), suites=Known(offer.suites, cipher_origins), security_level=Known(level)
    )
    if not offer.versions:
        what = f"{listed_name} leaves no version of TLS" if not versions else "no version and suite is left that go together"
        rule = "no-version-left" if not versions else "no-cipher-left"
        where = listed_origins if not versions else cipher_origins
        return client._replace(failure=f"every handshake fails: {what}; {outcome}", failure_origins=where, rule=rule)
    return client


# --- policy tables -----------------------------------------------------------------------------------------------------------------

_TABLE = r"(?:proxy:)?(hash|lmdb|btree|dbm|cdb|sdbm|texthash):(\S+)"
_INLINE = r"(?s)inline:\{(.*)\}\s*\Z"
_ATTRIBUTES = {
    "match", "protocols", "ciphers", "exclude", "tafile", "servername", "connection_reuse", "enable_rpk",
    "policy_type", "policy_domain", "policy_string", "policy_ttl", "mx_host_pattern", "policy_failure",
}  # fmt: skip
_SINCE = {"servername": (3, 4), "connection_reuse": (3, 4), "tafile": (2, 11), "enable_rpk": (3, 9), "policy_type": (3, 10),
          "policy_domain": (3, 10), "policy_string": (3, 10), "policy_ttl": (3, 10), "mx_host_pattern": (3, 10),
          "policy_failure": (3, 10)}  # fmt: skip


class Table(Struct):
    """The policies that could be read. `unknown`: sources that could not be; `missing`: one that is surely not there (all mail waits)."""

    policies: tuple[Policy, ...]
    unknown: tuple[str, ...]
    missing: str
    file: SourceFile | None
    problems: tuple[Problem, ...]


def policy_table(parameters: Parameters, prefix: str, files: Files) -> Table:
    """smtp_tls_policy_maps, as far as its sources are text: inline, texthash, and the text beside hash, lmdb and the like."""
    value = parameters.get(f"{prefix}_tls_policy_maps")
    if value.unknown or value.error or not value.text:
        return Table((), (value.unknown,) if value.unknown else (), "", None, ())
    policies: list[Policy] = []
    unknown: list[str] = []
    problems: list[Problem] = []
    missing, source = "", None
    inline = re.match(_INLINE, value.text)
    if inline and value.setting is not None:
        policies += [
            _policy(match.group(1), match.group(2).strip(WHITE), value.setting.value_span, parameters)
            for match in re.finditer(r"\{\s*([^{}=]+?)\s*=\s*([^{}]*)\}", inline.group(1))
        ]
        return Table(tuple(policies), (), "", None, ())
    for word in re.split(r"[, \t\r\n]+", value.text):
        match = re.fullmatch(_TABLE, word)
        if match is None:
            if word:
                unknown.append(word)
            continue
        path = absolute(match.group(2), parameters.get("queue_directory").text or "/var/spool/postfix")
        path = _beside(path, parameters.pseudo.get("config_directory", ""), files)
        try:
            source = files.read(path)
        except FileProblem as problem:
            if problem.kind == "missing" and is_missing(path, files):
                missing = missing or f"{path} does not exist"
            unknown.append(word)
            continue
        for line in logical_lines(source):
            policy = _line_policy(line, parameters)
            if policy is not None:
                policies.append(policy)
    return Table(tuple(policies), tuple(unknown), missing, source, tuple(problems))


def _beside(path: str, folder: str, files: Files) -> str:
    """Where a file of /etc/postfix lies when main.cf was found elsewhere, in a repository say: beside it, if it is there."""
    match = re.match(r"(?:/usr/local)?/etc/postfix/(.+)", path)
    other = f"{folder}/{match.group(1)}" if match is not None else ""
    return other if other and files.kind(path) != "file" and files.kind(other) == "file" else path


def _line_policy(line: Line, parameters: Parameters) -> Policy | None:
    """A line of a table: key, white space, value (src/postmap/postmap.c, src/util/dict_thash.c)."""
    if not line.text or line.text[0] in WHITE:
        return None
    key, _, rest = line.text.partition(next((character for character in line.text if character in WHITE), " "))
    return _policy(key, rest.strip(WHITE), line.whole, parameters, line) if rest.strip(WHITE) else None


def _policy(key: str, text: str, span: Span, parameters: Parameters, line: Line | None = None) -> Policy:
    """Level and attributes (tls_policy_lookup_one() in src/smtp/smtp_tls_policy.c)."""
    words = [word for word in re.split(r"[, \t\r\n]+", text) if word]
    key = key.lower()
    if not words:
        return Policy(key, "", {}, span, "it is empty")
    rank = level_lookup(words[0])
    if rank is None:
        return Policy(key, "", {}, span, f"{readable(words[0])!r} is no TLS level", _word_span(line, words[0]))
    level = LEVELS[rank]
    attributes: dict[str, str] = {}
    if level == "none":
        return Policy(key, level, attributes, span)
    for word in words[1:]:
        name, equals, value = word.partition("=")
        lower = name.lower()
        error = _attribute_error(lower, equals, value, level, attributes, parameters)
        if error:
            return Policy(key, level, attributes, span, error.replace("%", readable(word)), _word_span(line, word))
        if lower == "match" and lower in attributes:
            attributes[lower] += ":" + value
        else:
            attributes[lower] = value
    return Policy(key, level, attributes, span)


def _attribute_error(name: str, equals: str, value: str, level: str, seen: dict[str, str], parameters: Parameters) -> str:
    if not equals:
        hint = "; a comma ends an attribute, so write protocols=!SSLv2:!SSLv3 with colons" if name.startswith("!") or "tls" in name else ""
        return f"'%' has no '='{hint}"
    if name not in _ATTRIBUTES or not parameters.release >= _SINCE.get(name, (2, 3)):
        return "'%' is no attribute of a policy"
    if not value and name in ("ciphers", "match", "tafile"):
        return "'%' gives no value"
    if name in seen and name in ("ciphers", "protocols", "exclude", "servername"):
        return f"{name} is given twice"
    if name == "match" and level not in ("fingerprint", "verify", "secure"):
        return f"'%' has no place at level {level}"
    if name == "tafile" and level not in ("verify", "secure"):
        return f"'%' has no place at level {level}"
    if name == "connection_reuse" and value.lower() not in ("yes", "no"):
        return "'%' is neither yes nor no"
    return ""


def _word_span(line: Line | None, word: str) -> Span | None:
    if line is None:
        return None
    start = line.text.find(word)
    return line.span(start, start + len(word)) if start != -1 else None


_HOSTNAME = r"[^\[\]:/ ]+"


def policy_for(nexthop: str, policies: tuple[Policy, ...]) -> Policy | None:
    """The policy that counts for a next hop: as written, then, for a bare domain, each parent with its leading dot."""
    table: dict[str, Policy] = {}
    for policy in policies:
        table.setdefault(policy.key, policy)
    name = nexthop.lower()
    if name in table or not re.fullmatch(_HOSTNAME, name):
        return table.get(name)
    while "." in name[1:]:
        name = name[name.index(".", 1) :]
        if name in table:
            return table[name]
    return None
