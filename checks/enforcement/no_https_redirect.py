"""A plain HTTP site stands beside an HTTPS site of the same name and does not send visitors there.

Whoever types the address stays on HTTP, HSTS is never learnt, and passwords and cookies travel in the clear.

Use instead: a lasting redirect of every page to the same page over HTTPS.
Fix safety: unsafe, what was served over HTTP (an old device, a renewal of certificates over HTTP) is redirected as well.
Limits: redirects that the application makes are not seen; a site whose front page is not served (refused, gone, by a backend) is left
alone, and so is anything of which only a part was read.
References: RFC 6797 section 7.2; Mozilla web security guidelines.
"""

from collections.abc import Iterator

from tlslint.checks.enforcement.tls_off import is_local
from tlslint.checks.rule import InstanceRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Instance, Known, Label, Severity, TlsMode
from tlslint.model.remedy import RedirectToHttps


class NoHttpsRedirect(InstanceRule):
    """Pairs HTTP and HTTPS sites by name; where no HTTP site has the name, the first one of the port answers."""

    code = "TLS405"
    name = "no-https-redirect"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM

    examples = [
        bad(
            "httpd",
            "DocumentRoot /var/www/html",
            "www.example.test",
            beside="<VirtualHost *:80>\nServerName www.example.test\n</VirtualHost>",
        ),
        bad(
            "httpd",
            "DocumentRoot /var/www/html",
            "www.example.test",
            beside="<VirtualHost *:80>\nServerName other.example.test\n</VirtualHost>",
        ),
        good(
            "httpd",
            "DocumentRoot /var/www/html",
            beside="<VirtualHost *:80>\nServerName www.example.test\nRedirect permanent / https://www.example.test/\n</VirtualHost>",
        ),
        good(
            "httpd",
            "DocumentRoot /var/www/html",
            beside="<VirtualHost *:80>\nServerName www.example.test\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>",
            why="it serves nothing",
        ),
    ]

    def check(self, instance: Instance) -> Iterator[Finding]:
        """HTTPS names whose HTTP side surely serves pages itself."""
        if instance.starts.holds(False):
            return
        sites = [endpoint for endpoint in instance.endpoints if endpoint.http is not None and not is_local(endpoint)]
        plain = [site for site in sites if site.tls.holds(TlsMode.NONE)]
        missing: dict[int, tuple[Endpoint, list[Endpoint], list[str]]] = {}
        for secure in sites:
            if not secure.tls.holds(TlsMode.IMPLICIT) or not isinstance(secure.server_names, Known):
                continue
            for name in secure.server_names.value or ():
                other = answering(name, secure, plain)
                if other is not None and _serves(other, name):
                    entry = missing.setdefault(id(other), (other, [], []))
                    if secure not in entry[1]:
                        entry[1].append(secure)
                    if name not in entry[2]:
                        entry[2].append(name)
        for other, secures, names in missing.values():
            spoken = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            yield self.finding(
                other,
                other.anchor,
                f"{spoken} {'is' if len(names) == 1 else 'are'} served over plain HTTP as well, without a redirect to HTTPS",
                related=tuple(Label(secure.anchor, "the HTTPS site") for secure in secures[:3]),
                remedy=RedirectToHttps(names[0], unsafe="everything that was served over HTTP is redirected")
                if not (other.http and other.http.redirects_by_name)
                and (len(names) == 1 or set(names) <= set(other.server_names.surely or ()))
                else None,
            )


def answering(name: str, secure: Endpoint, plain: list[Endpoint]) -> Endpoint | None:
    """The HTTP site that answers for a name: the one that has it, else the first where both use the usual ports."""
    if "*" in name:
        return None
    named = next((site for site in plain if name.lower() in {own.lower() for own in site.server_names.surely or ()}), None)
    if named is not None or not secure.port.holds(443):
        return named
    return next((site for site in plain if site.port.holds(80)), None)


def _serves(site: Endpoint, name: str) -> bool:
    """Surely answers its front page itself, and with a page, whoever asks for `name`."""
    http = site.http
    by_name = dict(http.redirects_by_name) if http is not None else {}
    if name.lower() in by_name:
        return not by_name[name.lower()]
    if http is None or not http.redirects_to_https.holds(False):
        return False
    return isinstance(http.front_page, Known) and http.front_page.value is not None and http.front_page.value < 300
