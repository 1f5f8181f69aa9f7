"""Public-Key-Pins, a header that no browser reads any more.

Chrome took it out in version 72, Firefox switched it off in 72: pins locked sites out more often than attackers. It protects nobody, and
old browsers may still obey it: a pin that no longer matches keeps their users away for as long as max-age says.

Use instead: nothing; certificate transparency and CAA records do its work.
Fix safety: safe, the line is removed.
Limits: whether the pins match a certificate is only looked at where the certificate file can be read.
References: RFC 7469; chromestatus.com/feature/5903385005916160; bugzilla.mozilla.org/1412438.
"""

from collections.abc import Iterator

from tlslint.checks.headers import hpkp_value
from tlslint.checks.headers.lines import whole
from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Endpoint, Finding, HeaderLine, Severity, TlsMode
from tlslint.model.remedy import DropHeader

_PINS = 'pin-sha256=\\"5q8u3+ik8DtXToj8Bazgk3lptrL/loAbkb1cpG1y+vU=\\"; pin-sha256=\\"6/l2FO9X6N4kewCM7IGsaS0ib2KIQxpsVn4k6T19/iQ=\\"'


class Hpkp(EndpointRule):
    """Looks at Public-Key-Pins and Public-Key-Pins-Report-Only."""

    code = "TLS520"
    name = "hpkp"
    severity = Severity.WARNING

    examples = [
        bad("httpd", f'Header always set Public-Key-Pins "{_PINS}; max-age=86400"', "no browser reads"),
        bad("httpd", f'Header always set Public-Key-Pins "{_PINS}"', "max-age is missing"),
        bad("httpd", f'Header always set Public-Key-Pins-Report-Only "{_PINS}"', "no browser reads"),
        bad("httpd", f'Header always set Public-Key-Pins "{_PINS}; max-age=86400"', "none of its pins"),
        bad("httpd", 'Header set Public-Key-Pins "«max-age=86400»"', "there is no pin"),
        bad("httpd", f'Header always set Public-Key-Pins "{_PINS}; report-uri=\\"https://example.test/; max-age=1', "never closed"),
        good("httpd", "Header always unset Public-Key-Pins"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """Every line that sends it."""
        for line in endpoint.http.headers if endpoint.http is not None else ():
            if not line.name.startswith("public-key-pins") or self._told_over_https(endpoint, line):
                continue
            report_only = line.name.endswith("report-only")
            name = "Public-Key-Pins-Report-Only" if report_only else "Public-Key-Pins"
            found = hpkp_value.faults(line.text, report_only=report_only) if line.text is not None else ()
            if line.text is not None and self._fits_nothing(endpoint, hpkp_value.pins(line.text)):
                found = (*found, "none of its pins is that of a configured certificate")
            if line.is_open:
                found = ("the quotation mark before its value is never closed", *found)
            faults = f"; besides, {', and '.join(found)}" if found else ""
            remedy = DropHeader(name, (whole(line),))
            yield self.finding(endpoint, whole(line), f"no browser reads {name} any more{faults}", remedy=remedy)

    def _told_over_https(self, endpoint: Endpoint, line: HeaderLine) -> bool:
        """Is this a plain site whose line an HTTPS site sends as well? There its pins can be compared."""
        if not endpoint.tls.holds(TlsMode.NONE):
            return False
        secure = (other for other in self.instance.endpoints if other.tls.holds(TlsMode.IMPLICIT) and other.http is not None)
        return any(line.setting == own.setting for other in secure if other.http is not None for own in other.http.headers)

    def _fits_nothing(self, endpoint: Endpoint, pins: tuple[str, ...]) -> bool:
        """Is every certificate known, and pinned by nothing here (RFC 7469 section 2.6)?"""
        chains = [certificate.chain for certificate in endpoint.certificates]
        if not pins or not chains or any(chain is None or chain.problem for chain in chains):
            return False
        return all(facts.spki_sha256 not in pins for chain in chains if chain is not None for facts in chain.certificates)
