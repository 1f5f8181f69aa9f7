"""Remedies in httpd's words: the deciding line changed in place, or a new one after `SSLEngine` of the virtual host that decides."""

from tlslint.model import CipherString, Endpoint, Instance, Origin, Span
from tlslint.model.remedy import Edit, OfferVersions, SetValue
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.parsers.apache.syntax import Line, logical_lines, next_word

_VERSION_WORDS: dict[TlsVersion, str] = {TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_SWITCHES = {
    ("server_order", True): ("SSLHonorCipherOrder", "on"),
    ("compression", False): ("SSLCompression", "off"),
    ("insecure_renegotiation", False): ("SSLInsecureRenegotiation", "off"),
}


def edits(instance: Instance, endpoints: list[Endpoint], remedy: SetValue | OfferVersions, ciphers: str) -> tuple[Edit, ...] | str:
    """Spell `remedy` for `endpoints`. Returns the edits, or a sentence why nothing can be written.

    Sources: mod_ssl's manual (SSLProtocol, SSLCipherSuite, SSLHonorCipherOrder). A word without sign replaces what stands before it
    (ssl_engine_config.c, ssl_cmd_protocol_parse), so a list is written as `-all +TLSv1.2 +TLSv1.3`.
    """
    found: dict[Edit, None] = {}
    for endpoint in endpoints:
        if isinstance(remedy, OfferVersions):
            if not remedy.versions <= _VERSION_WORDS.keys():
                return "httpd has no word for one of the versions"
            words = " ".join(f"+{_VERSION_WORDS[version]}" for version in sorted(remedy.versions))
            name, text, origins = "SSLProtocol", f"-all {words}", endpoint.versions.origins
        elif remedy.field == "cipher_suites":
            if not ciphers or not instance.tls_library.name.startswith("openssl"):
                return "the profile names no list for this library"
            name, text = "SSLCipherSuite", ciphers
            origins = _of_string(endpoint.cipher_string) or endpoint.cipher_suites.origins
        elif (remedy.field, remedy.value) in _SWITCHES:
            name, text = _SWITCHES[(remedy.field, remedy.value)]
            origins = getattr(endpoint, remedy.field).origins
        else:
            return "this has no single line in httpd's configuration; it takes a person"
        edit = _edit(endpoint, name, text, origins)
        if edit is None:
            return f"no line was found where {name} could be written"
        found[edit] = None
    return tuple(found)


def _of_string(string: CipherString | None) -> tuple[Origin, ...]:
    from tlslint.model import How  # noqa: PLC0415

    return (Origin(How.WRITTEN, string.span),) if string is not None and string.span is not None else ()


def _edit(endpoint: Endpoint, name: str, text: str, origins: tuple[Origin, ...]) -> Edit | None:
    for origin in origins:
        if origin.span is None:
            continue
        line = _line_of(origin.span)
        if line is None:
            continue
        word, _, last, after = next_word(line.text, 0)
        if word.lower() == name.lower():
            return Edit(line.span(after, len(line.text)), text.encode()) if after > last else None
    anchor = _engine(endpoint)
    if anchor is None:
        return None
    span = anchor.span(0, len(anchor.text))
    data = span.file.data
    start = data.rfind(b"\n", 0, span.start) + 1
    indent = data[start : span.start]
    end = data.find(b"\n", span.end)
    if end < 0:
        return Edit(Span(span.file, len(data), len(data)), b"\n" + indent + f"{name} {text}".encode())
    ending = b"\r\n" if data[end - 1 : end] == b"\r" else b"\n"
    return Edit(Span(span.file, end + 1, end + 1), indent + f"{name} {text}".encode() + ending)


def _engine(endpoint: Endpoint) -> Line | None:
    """The `SSLEngine` line that decides for the endpoint: the first virtual host's where that one decides."""
    for origin in endpoint.tls.origins:
        if origin.span is not None:
            line = _line_of(origin.span)
            if line is not None and next_word(line.text, 0)[0].lower() == "sslengine":
                return line
    return None


def _line_of(span: Span) -> Line | None:
    """The logical line a span lies on."""
    for line in logical_lines(span.file):
        whole = line.span(0, len(line.text))
        if whole.start <= span.start and span.end <= whole.end:
            return line
    return None
