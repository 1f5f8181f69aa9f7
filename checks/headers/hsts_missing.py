"""An HTTPS site sends no Strict-Transport-Security.

Without it a browser tries plain HTTP whenever an address is typed or an old link is followed, and whoever sits between can keep it there.

Use instead: the header on every answer, first with max-age=300, then 604800 (a week), 2592000 (a month), each waited out, and then
63072000 (two years).
Fix safety: unsafe, a site that is not ready for HTTPS everywhere shuts its visitors out for as long as max-age says.
Limits: a header that the application itself sends is not seen; sites behind a proxy to another server are not judged, nor is anything of
which only a part was read. Sites reached from this machine only, and those without a name, are left alone: browsers take no HSTS from
addresses (RFC 6797 section 8.1.1). Sites that all lack it are one finding.
References: RFC 6797 section 7; hstspreload.org.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import InstanceRule, bad, good
from tlslint.model import Endpoint, Finding, Instance, Known, Label, Severity, TlsMode
from tlslint.model.remedy import SendHsts


class HstsMissing(InstanceRule):
    """Looks at what pages of HTTPS sites carry."""

    code = "TLS501"
    name = "hsts-missing"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "DocumentRoot /var/www/html", "sends no Strict-Transport-Security"),
        bad("httpd", 'Header unset Strict-Transport-Security\nHeader set Strict-Transport-Security "max-age=63072000" env=NOSUCH'),
        good("httpd", 'Header always set Strict-Transport-Security "max-age=63072000"'),
        good("httpd", 'Header set Strict-Transport-Security "max-age=63072000"', why="pages carry it; that errors do not is TLS505"),
        good("httpd", "ProxyPass / http://127.0.0.1:8080/", why="the backend may send it", modules="proxy proxy_http"),
    ]

    def check(self, instance: Instance) -> Iterator[Finding]:
        """HTTPS sites whose pages surely carry none."""
        if instance.starts.holds(False):
            return
        secure = [endpoint for endpoint in instance.endpoints if is_site(endpoint)]
        missing = [endpoint for endpoint in secure if endpoint.http is not None and endpoint.http.hsts_success.holds(())]
        if len(missing) > 1 and len(missing) == len(secure):
            first = missing[0]
            called = list(dict.fromkeys(endpoint.name for endpoint in missing))
            names = ", ".join(called[:3]) + (f" and {len(called) - 3} more" if len(called) > 3 else "")
            others = tuple(Label(endpoint.anchor, f"nor does {endpoint.name}") for endpoint in missing[1:])
            found = self.finding(first, first.anchor, f"no HTTPS site here sends {HEADER}: {names}", related=others, remedy=FIRST_STAGE)
            yield found._replace(endpoints=tuple(endpoint.name for endpoint in missing))
            return
        for endpoint in missing:
            yield self.finding(endpoint, endpoint.anchor, f"{endpoint.name} sends no {HEADER}", remedy=FIRST_STAGE)


HEADER = "Strict-Transport-Security"
FIRST_STAGE = SendHsts(300, unsafe="for five minutes no visitor can go back to plain HTTP")


def is_site(endpoint: Endpoint) -> bool:
    """An HTTPS site with a name that strangers may reach."""
    if endpoint.protocol != "http" or endpoint.http is None or not endpoint.tls.holds(TlsMode.IMPLICIT) or is_local(endpoint):
        return False
    names = endpoint.server_names
    return not isinstance(names, Known) or not names.value or any(not _is_address(name) for name in names.value)


def _is_address(name: str) -> bool:
    return name.replace(".", "").isdigit() or ":" in name or name.lower() == "localhost"
