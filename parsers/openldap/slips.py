"""What slapd takes and what does not do what it looks like; why it does not start over TLS.

Every sentence was seen on slapd 2.4.57 (GnuTLS, NSS), 2.5.13 (GnuTLS) or 2.6.10 (OpenSSL), or stands in the source named with it.
"""

from collections.abc import Iterator

from tlslint.model import Label, Problem, Severity, Span
from tlslint.model.remedy import Advice, Edit, Rewrite
from tlslint.model.versions import SSL20, TlsVersion
from tlslint.parsers import pasted, placing
from tlslint.parsers.carried import readable
from tlslint.parsers.openldap import arguments, moznss, outgoing
from tlslint.parsers.openldap.configuration import Setting
from tlslint.parsers.openldap.listeners import Start
from tlslint.parsers.openldap.tls import Judge

_ONE_VALUE = (
    *("tlscertificatefile", "tlscertificatekeyfile", "tlscacertificatefile", "tlscacertificatepath", "tlsciphersuite", "tlsverifyclient"),
    *("tlsprotocolmin", "tlsdhparamfile", "tlsecname", "tlscrlcheck", "tlscrlfile", "localssf"),
)
_WIRE = {"1.0": "3.1", "1.1": "3.2", "1.2": "3.3", "1.3": "3.4"}


def look(judge: Judge, start: Start) -> Iterator[Problem]:
    """Everything worth saying about one slapd."""
    configuration = judge.configuration
    if start.refused is not None:
        yield Problem("refused", f"{start.refused[0]}, so slapd does not start", start.refused[1])
    yield from _pasted(judge)
    if configuration.fatal is not None:
        return
    yield from _context(judge, start)
    yield from _protocol_min(judge)
    yield from _other_library(judge)
    yield from _duplicates(judge)
    yield from _verify_client(judge)
    yield from _security(judge, start)
    yield from _outgoing(judge)


def _context(judge: Judge, start: Start) -> Iterator[Problem]:
    """Why there is no TLS although something asks for it."""
    context = judge.context
    if context.refused is not None:
        why, span = context.refused
        cipher = judge.configuration.last("tlsciphersuite")
        if cipher is not None and span == cipher.value_span:
            if not _is_other_language(judge, cipher.text):  # the rule about the two languages explains it better
                yield _refused_word(judge, cipher, why)
            return
        certificate = any(
            word in why for word in ("does not exist", "is a folder", "is no folder", "certificate", "TLSCertificate", "private key")
        )
        rule = "certificate-missing" if certificate and "DH parameters" not in why else "refused"
        yield Problem(rule, f"{why}: slapd does not start", span)
        return
    if context.made.holds(True) and context.failure:
        span = next((origin.span for origin in context.origins if origin.span is not None), Span(judge.configuration.root, 0, 0))
        cipher = judge.setting("tlsciphersuite")
        rule = "refused" if cipher is not None and span == cipher.value_span else "certificate-missing"
        yield Problem(rule, f"{context.failure}: StartTLS is offered and every handshake fails", span)
    elif context.made.holds(False) and judge.configuration.tls_lost is None:
        for listener in start.listeners:
            if listener.implicit and listener.span is not None:
                message = f"{listener.url} is open and every handshake fails: no TLSCertificateFile is set"
                yield Problem("certificate-missing", message, listener.span)


def _refused_word(judge: Judge, setting: Setting, why: str) -> Problem:
    """The word GnuTLS stumbles over, where there is one."""
    string = judge.context.cipher_string
    if judge.is_gnutls and string is not None:
        from tlslint.crypto import gnutls  # noqa: PLC0415 (only for a string that was refused)

        for word in gnutls.explain(string.text, string.build):
            if word.effect is gnutls.Effect.REFUSED:
                span = setting.value_span
                if string.span is not None:
                    span = Span(string.span.file, string.span.start + word.start, string.span.start + word.end)
                hint = f", did you mean {word.suggestion}?" if word.suggestion else ""
                text = word.text or "an empty word"
                return Problem(
                    "refused", f"GnuTLS does not know {text} and refuses the whole string: slapd does not start{hint}", span, "unknown"
                )
    return Problem("refused", f"{why}: slapd does not start", setting.value_span, "refused")


def _is_other_language(judge: Judge, text: str) -> bool:
    from tlslint.crypto import gnutls, openssl  # noqa: PLC0415 (only for a string that was refused)

    return openssl.evaluate(text, "openssl@3.0").accepted if judge.is_gnutls else gnutls.evaluate(text, "gnutls@3.7.9").accepted


def _protocol_min(judge: Judge) -> Iterator[Problem]:
    """TLSProtocolMin counts as the wire does, and only where OpenSSL is."""
    setting = judge.setting("tlsprotocolmin")
    value = arguments.protocol_min(setting.text) if setting is not None else None
    if setting is None or value is None:
        return
    span = setting.value_span
    if judge.is_nss:
        yield from _protocol_min_on_nss(judge, setting, value)
    elif judge.is_gnutls:
        wanted = [version for version in TlsVersion if version >= value and version.name.startswith("TLS")] if value >= 0x300 else []
        words = ":".join(f"+VERS-{version.spoken.replace(' ', '')}" for version in wanted)
        example = f"-VERS-ALL:{words}" if words else "-VERS-TLS1.0:-VERS-TLS1.1"
        yield Problem(
            "setting-ignored-here",
            f"{setting.written} has no effect: slapd {judge.version} is linked with GnuTLS, which takes versions from TLSCipherSuite alone",
            span,
            "no effect",
            (),
            Advice(f"name the versions in TLSCipherSuite: NORMAL:{example}"),
        )
    elif 0 < value < 0x300:
        meant = _WIRE.get(setting.text)
        remedy = Rewrite((Edit(span, meant.encode()),), f"write {meant}", "old clients lose access") if meant else None
        yield Problem(
            "means-something-else",
            f"{setting.written} {setting.text} restricts nothing: slapd counts 3.1 for TLS 1.0, 3.2 for 1.1, 3.3 for 1.2 and 3.4 for 1.3",
            span,
            f"lower than SSLv3{', meant is ' + meant if meant else ''}",
            (),
            remedy,
        )


def _protocol_min_on_nss(judge: Judge, setting: Setting, value: int) -> Iterator[Problem]:
    """tlsm_deferred_ctx_init(): a minimum switches SSL 3.0 off, or SSL 2.0 on; Red Hat's later packages set the range as well."""
    span, said = setting.value_span, f"{setting.written} {setting.text}"
    if 0 < value <= SSL20 << 8:
        meant = _WIRE.get(setting.text)
        remedy = Rewrite((Edit(span, meant.encode()),), f"write {meant}", "old clients lose access") if meant else None
        message = f"{said} asks Mozilla's NSS for SSL 2.0: an old one offers it, a newer one refuses and every handshake fails"
        yield Problem("means-something-else", message, span, f"lower than SSLv3{', meant is ' + meant if meant else ''}", (), remedy)
    elif not moznss.counts(value, judge.software.version):
        message = f"{said} only switches SSL 3.0 off: slapd {judge.version} with Mozilla's NSS offers TLS 1.0 whatever it says"
        words = Advice("Red Hat's packages from 2.4.40-12 (RHEL 7.3) and 2.4.40-13 (RHEL 6.9) on set the lowest version by it")
        yield Problem("setting-ignored-here", message, span, "TLS 1.0 stays on", (), words)


_READ_BY = {
    "tlsecname": ("openssl",),
    "tlscrlcheck": ("openssl",),
    "tlscrlfile": ("gnutls",),
    "tlsdhparamfile": ("openssl", "gnutls"),
}
_SPOKEN = {"openssl": "OpenSSL", "gnutls": "GnuTLS", moznss.NAME: "Mozilla's NSS"}


def _other_library(judge: Judge) -> Iterator[Problem]:
    """Settings only other libraries read."""
    here = judge.library.name if judge.library.name in _SPOKEN else "openssl"
    for name, readers in _READ_BY.items():
        setting = judge.configuration.last(name)
        if setting is not None and here not in readers:
            there = " or ".join(_SPOKEN[reader] for reader in readers)
            message = f"{setting.written} counts for slapd on {there} only; this one is linked with {_SPOKEN[here]} and ignores it"
            yield Problem("setting-ignored-here", message, setting.span, "no effect")
    ciphers = judge.setting("tlsciphersuite")
    if ciphers is not None and judge.context.nss is not None:
        for word in moznss.chosen(ciphers.text, judge.software.version).unknown:
            message = f"{readable(word)} is unknown to slapd with Mozilla's NSS, which passes over it"
            yield Problem("setting-ignored-here", message, ciphers.value_span, "has a word that does nothing")


def _duplicates(judge: Judge) -> Iterator[Problem]:
    """Of several values the last counts."""
    if judge.configuration.is_ldif and judge.configuration.fragment:
        return
    for name in _ONE_VALUE:
        found = [setting for setting in judge.configuration.overall if setting.name == name]
        if len({setting.arguments for setting in found}) > 1:
            last = found[-1]
            earlier = next(setting for setting in reversed(found[:-1]) if setting.arguments != last.arguments)
            yield Problem(
                "duplicate-setting",
                f"{last.written} is set {len(found)} times; the last one counts",
                earlier.span,
                "has no effect",
                (Label(last.span, "this one counts"),),
            )


def _verify_client(judge: Judge) -> Iterator[Problem]:
    """What TLSVerifyClient's words mean for who gets in."""
    setting = judge.setting("tlsverifyclient")
    word = arguments.verify(setting.text) if setting is not None else "never"
    if setting is None or not word:
        crl = judge.setting("tlscrlcheck" if not judge.is_gnutls else "tlscrlfile") if not judge.is_nss else None
        if crl is not None and not judge.configuration.is_open("tlsverifyclient") and crl.text.lower() != "none":
            message = f"{crl.written} checks nothing: no client is asked for a certificate (TLSVerifyClient never)"
            yield Problem("client-certificate-not-enforced", message, crl.span)
        return
    span = setting.value_span
    authority = judge.setting("tlscacertificatefile") or judge.setting("tlscacertificatepath")
    unseen = judge.configuration.is_open("tlscacertificatefile")
    if word in ("demand", "hard") and authority is None and not unseen and judge.is_gnutls:
        message = f"{setting.written} {setting.text} without TLSCACertificateFile: no certificate can be verified, and nobody gets in"
        yield Problem("means-something-else", message, span)
    elif word == "allow":
        message = f"{setting.written} {setting.text} asks for a certificate and lets everybody in, without one or with a wrong one"
        yield Problem("client-certificate-not-enforced", message, span, "nobody is turned away")
    elif word == "try":
        message = f"{setting.written} {setting.text} asks for a certificate and lets clients in that have none"
        yield Problem("client-certificate-not-enforced", message, span, "clients without one get in")


def _security(judge: Judge, start: Start) -> Iterator[Problem]:
    """Factors of `security` that lock out more than was meant."""
    has_socket = any(listener.is_local for listener in start.listeners)
    local = judge.local_ssf()
    for setting in judge.configuration.all("security"):
        for word, span in zip(setting.arguments, setting.spans, strict=False):
            found = arguments.factor(word)
            if found is None or not found[1]:
                continue
            name, least = found
            if name in ("sasl", "transport"):
                what = "a SASL layer" if name == "sasl" else "protection below TLS, which only ldapi has"
                yield Problem(
                    "means-something-else",
                    f"{word} demands {what}: every simple bind is refused, inside TLS too",
                    span,
                    "not about TLS",
                    (),
                    Advice("write ssf= or tls= where TLS is meant"),
                    severity=Severity.WARNING,
                )
            elif has_socket and name == "tls":
                message = f"{word} shuts ldapi out as well, where there is no TLS: root's own ldapi:/// no longer works"
                wider = "what is protected in another way (ldapi, SASL) gets in as well"
                remedy = Rewrite((Edit(span, b"ssf=64"),), "write ssf=64, which ldapi has too", unsafe=wider)
                yield Problem("means-something-else", message, span, "counts for ldapi too", (), remedy, severity=Severity.WARNING)
            elif has_socket and name == "ssf" and least > local:
                message = f"{word} shuts ldapi out as well: it counts as {local} (localSSF)"
                remedy = _local(judge, setting, least)
                yield Problem("means-something-else", message, span, "counts for ldapi too", (), remedy, severity=Severity.WARNING)
    yield from _lifted(judge)


def _local(judge: Judge, security: Setting, least: int) -> Rewrite:
    """localSSF as high as what `security` demands."""
    said = judge.configuration.last("localssf")
    line = f"olcLocalSSF: {least}" if judge.configuration.is_ldif else f"localSSF {least}"
    edit = placing.above(security.span, [line.encode()], b"") if said is None else Edit(said.value_span, str(least).encode())
    return Rewrite((edit,), f"set localSSF {least}", unsafe="ldapi counts as protected that well from then on")


def _lifted(judge: Judge) -> Iterator[Problem]:
    """A zero inside a database does not lift what counts for all."""
    overall = {
        found[0] for setting in judge.configuration.all("security") for word in setting.arguments if (found := arguments.factor(word))
    }
    for database in judge.configuration.databases:
        if database.kind == "frontend":
            continue
        for setting in database.all("security"):
            for word, span in zip(setting.arguments, setting.spans, strict=False):
                found = arguments.factor(word)
                if found is not None and found[1] == 0 and found[0] in overall:
                    message = f"{word} inside a database does not lift the {found[0]} that counts for all of slapd"
                    yield Problem("setting-ignored-here", message, span, "no effect")


def _outgoing(judge: Judge) -> Iterator[Problem]:
    """Words of syncrepl and its like that are set and not used."""
    for database in judge.configuration.databases:
        for setting in database.all("syncrepl"):
            said = outgoing.keywords(setting)
            provider, demand = said.get("provider"), said.get("starttls")
            if provider is None:
                continue
            if provider.value.lower().startswith("ldaps://") and demand is not None and demand.value.lower() in ("yes", "critical"):
                yield Problem(
                    "means-something-else",
                    "starttls= beside an ldaps:// provider: inside TLS a second one cannot be started, and replication fails",
                    demand.span,
                    severity=Severity.WARNING,
                )
            if not provider.value.lower().startswith("ldaps://") and (demand is None or demand.value.lower() == "no"):
                unused = [word for name, word in said.items() if name.startswith("tls_")]
                if unused:
                    message = "tls_ words without starttls= and with an ldap:// provider: the connection has no TLS they could be about"
                    yield Problem("setting-ignored-here", message, unused[0].span, "no effect")
            ignored = said.get("tls_protocol_min") if judge.is_gnutls else None
            if ignored is not None:
                yield Problem("setting-ignored-here", "GnuTLS builds never look at tls_protocol_min", ignored.span, "no effect")


def _pasted(judge: Judge) -> Iterator[Problem]:
    """Characters that came from a web page."""
    seen: set[Span] = set()
    for setting in _everything(judge):
        if not setting.name.startswith(("tls", "security", "localssf", "disallow")) or setting.span in seen:
            continue
        seen.add(setting.span)
        found = pasted.problem(setting.value_span)
        if found is not None:
            yield found


def _everything(judge: Judge) -> list[Setting]:
    databases = [setting for database in judge.configuration.databases for setting in database.settings]
    return [*judge.configuration.overall, *databases]
