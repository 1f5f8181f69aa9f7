"""The word includeSubDomains covers a name that has no HTTPS here.

Visitors of the site are refused plain HTTP for every name below it. A name below that this server answers over HTTP only cannot be
reached by them any more.

Use instead: HTTPS for that name first; or no includeSubDomains.
Fix safety: no automatic fix.
Limits: only names of the same configuration are known; what other servers answer for is not.
References: RFC 6797 sections 6.1.2 and 11.4.
"""

from collections.abc import Iterator

from tlslint.checks.headers.lines import hsts_lines, place
from tlslint.checks.rule import InstanceRule, bad, good
from tlslint.model import Endpoint, Finding, Instance, Label, Severity, TlsMode


class HstsSubdomains(InstanceRule):
    """Holds the names of sites against each other."""

    code = "TLS508"
    name = "hsts-subdomains"
    severity = Severity.WARNING

    examples = [
        bad(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000; «includeSubDomains»"',
            "shop.www.example.test",
            beside="<VirtualHost *:80>\nServerName shop.www.example.test\n</VirtualHost>",
        ),
        good(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"',
            beside="<VirtualHost *:80>\nServerName shop.example.test\n</VirtualHost>",
            why="that name is not below www.example.test",
        ),
        good(
            "httpd",
            'Header always set Strict-Transport-Security "max-age=63072000"',
            beside="<VirtualHost *:80>\nServerName shop.www.example.test\n</VirtualHost>",
        ),
    ]

    def check(self, instance: Instance) -> Iterator[Finding]:
        """Sites with includeSubDomains above names that are served over HTTP only."""
        sites = [endpoint for endpoint in instance.endpoints if endpoint.http is not None]
        secure = {name.lower() for site in sites if not site.tls.holds(TlsMode.NONE) for name in site.server_names.surely or ()}
        plain = {
            name.lower(): site
            for site in sites
            if site.tls.holds(TlsMode.NONE)
            for name in site.server_names.surely or ()
            if "*" not in name
        }
        lost = {name: site for name, site in plain.items() if name not in secure and not _wild(name, secure)}
        if not lost:
            return
        for site in sites:
            if not site.tls.holds(TlsMode.IMPLICIT):
                continue
            for line, _, value in hsts_lines(site):
                if value.faults or not value.max_age or not value.has_subdomains or not line.reaches:
                    continue
                below = {name: other for name, other in lost.items() if any(_is_below(name, own) for own in site.server_names.surely or ())}
                if below:
                    yield self._told(site, place(line, value.place("includesubdomains")), below)

    def _told(self, site: Endpoint, span: object, below: dict[str, Endpoint]) -> Finding:
        names = sorted(below)
        spoken = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        related = tuple(Label(below[name].anchor, f"{name} has no HTTPS here") for name in names[:5])
        return self.finding(site, span, f"includeSubDomains takes {spoken} from visitors: there is no HTTPS for it here", related=related)  # type: ignore[arg-type]


def _is_below(name: str, parent: str) -> bool:
    return "*" not in parent and name.endswith(f".{parent.lower()}")


def _wild(name: str, names: set[str]) -> bool:
    return any(pattern.startswith("*.") and name.endswith(pattern[1:]) for pattern in names)
