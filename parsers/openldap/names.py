"""Names slapd does not know, and what was probably meant."""

import difflib

from tlslint.model import Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.openldap import directives
from tlslint.parsers.openldap.syntax import Word

_MEANT = {
    "tlsprotocolmax": "there is no TLSProtocolMax in slapd, only TLSProtocolMin",
    "tls_cacert": "TLS_CACERT belongs to ldap.conf; slapd calls it TLSCACertificateFile",
    "tls_cacertdir": "TLS_CACERTDIR belongs to ldap.conf; slapd calls it TLSCACertificatePath",
    "tls_cert": "TLS_CERT belongs to ldap.conf; slapd calls it TLSCertificateFile",
    "tls_key": "TLS_KEY belongs to ldap.conf; slapd calls it TLSCertificateKeyFile",
    "tls_reqcert": "TLS_REQCERT belongs to ldap.conf; slapd calls what it asks of clients TLSVerifyClient",
    "tls_cipher_suite": "TLS_CIPHER_SUITE belongs to ldap.conf; slapd calls it TLSCipherSuite",
    "tls_protocol_min": "TLS_PROTOCOL_MIN belongs to ldap.conf; slapd calls it TLSProtocolMin",
}
_TO = {
    "tls_cacert": "TLSCACertificateFile",
    "tls_cacertdir": "TLSCACertificatePath",
    "tls_cert": "TLSCertificateFile",
    "tls_key": "TLSCertificateKeyFile",
    "tls_reqcert": "TLSVerifyClient",
    "tls_cipher_suite": "TLSCipherSuite",
    "tls_protocol_min": "TLSProtocolMin",
    "tlscertfile": "TLSCertificateFile",
    "tlskeyfile": "TLSCertificateKeyFile",
    "tlscacertfile": "TLSCACertificateFile",
    "tlsciphers": "TLSCipherSuite",
}


def about(word: Word, version: str, database: str, message: str) -> Problem:
    """A directive slapd does not know, which it refuses with everything after it."""
    folded = word.text.lower()
    if folded.startswith("olc") and directives.with_attribute(word.text, version) is not None:
        row = directives.with_attribute(word.text, version)
        name = row.name if row is not None else ""
        said = f"{word.text} is the attribute of cn=config: in slapd.conf the directive is called {name}; slapd does not start"
        return Problem("unknown-setting", said, word.span, "not a directive", (), _rewritten(word.span, name))
    for branch in ("2.4.57", "2.5.13", "2.6.10"):
        if directives.find(word.text, directives.of_slapd(branch)) is not None:
            return Problem(
                "setting-not-in-version", f"slapd {version} has no {word.text}; slapd does not start", word.span, "not in this version"
            )
    if folded in _MEANT:
        remedy = _rewritten(word.span, _TO[folded]) if folded in _TO else None
        return Problem("unknown-setting", f"{_MEANT[folded]}; slapd does not start", word.span, "not a directive", (), remedy)
    meant = _TO.get(folded) or nearest(word.text, version, database)
    tail = f", did you mean {meant}?" if meant else ""
    remedy = _rewritten(word.span, meant) if meant else None
    return Problem("unknown-setting", f"{message}; slapd does not start{tail}", word.span, "unknown", (), remedy)


def nearest(word: str, version: str, database: str = "") -> str:
    """The directive that is spelt most like a word; "" when none is."""
    rows = [*directives.of_slapd(version), *(directives.of_backend(version, database) or ())]
    known = {row.name.lower(): row.name for row in rows}
    close = difflib.get_close_matches(word.lower()[:64], known, 1, 0.8)
    return known[close[0]] if close else ""


def nearest_attribute(word: str, version: str) -> str:
    """The attribute of cn=config that is spelt most like a word; "" when none is."""
    known = {name.lower(): name for name in directives.attributes(version)}
    close = difflib.get_close_matches(word.lower()[:64], known, 1, 0.8)
    return known[close[0]] if close else ""


def _rewritten(span: Span, name: str) -> Rewrite:
    return Rewrite((Edit(span, name.encode()),), f"write {name}")
