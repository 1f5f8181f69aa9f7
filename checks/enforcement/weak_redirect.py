"""A redirect to HTTPS that is temporary, loses the page, misses its target or never ends, or one that leads away from HTTPS.

Use instead: `https://NAME/` with a slash at its end, the path kept, status 301 or 308.
Fix safety: safe for a missing slash; unsafe where a temporary redirect becomes a lasting one, which browsers remember, and where one that
never ended ends, so that pages are served.
Limits: conditions that hang on the request are not decided, but for the names of the site, which are all tried; an .htaccess alone is tried
with the names that its conditions are about, and where nothing in it says that the site speaks HTTPS, what leads away is information; loops behind a proxy that speaks TLS itself are not seen, and where only such
a proxy saves a site from one, that is information.
References: RFC 6797 section 7.2; RFC 9110 section 15.4; mod_alias and mod_rewrite documentation.
"""

import re
from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import ANY_NAME, Confidence, Endpoint, Finding, Http, Redirect, Severity, Span, TlsMode
from tlslint.model.remedy import Advice, Edit, EndRedirect, RedirectToHttps, Rewrite

_HSTS = "strict-transport-security"
_BESIDE = "<VirtualHost *:80>\nServerName www.example.test\n"


class WeakRedirect(EndpointRule):
    """Looks at how the front page and a page below it are redirected."""

    code = "TLS406"
    name = "weak-redirect"
    severity = Severity.WARNING

    examples = [
        bad("httpd", "«Redirect / https://www.example.test/»", "temporary", place="port 80"),
        bad("httpd", "Redirect permanent / «https://www.example.test»", "https://www.example.testsome/page", place="port 80"),
        bad("httpd", "Redirect permanent / «http://www.example.net/»", "plain HTTP", place="port 80"),
        bad("httpd", "«RedirectMatch permanent .* https://www.example.test/»", "loses the page", place="port 80"),
        bad("httpd", "«Redirect permanent / https://www.example.test/»", "redirects to itself"),
        bad(
            "httpd",
            "RewriteEngine on\n«RewriteCond %{HTTPS} OFF»\nRewriteRule ^ https://www.example.test%{REQUEST_URI} [R=301,L]",
            "never",
            place="port 80",
        ),
        bad(
            "httpd",
            "RewriteEngine on\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\n«RewriteRule ^ https://www.example.test%{REQUEST_URI} [R=301,L]»",
            "but for what comes through a proxy",
        ),
        bad("httpd", "Redirect permanent / «http://www.example.net/»", "over HTTPS"),
        bad(
            "httpd",
            "ServerAlias example.test\nRewriteEngine on\nRewriteCond %{HTTP_HOST} ^example\\.test$\n"
            "RewriteRule ^ «http://www.example.test%{REQUEST_URI}» [R=301,L]",
            "come to example.test over HTTPS",
        ),
        good(
            "httpd",
            "ServerAlias example.test\nRewriteEngine on\nRewriteCond %{HTTP_HOST} ^example\\.test$\n"
            "RewriteRule ^ https://www.example.test%{REQUEST_URI} [R=301,L]",
        ),
        good("httpd", "Redirect permanent / https://www.example.test/", place="port 80"),
        good("httpd", "RewriteEngine on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]", place="port 80"),
        good("httpd", "RedirectMatch 301 ^/(?!\\.well-known/acme-challenge/).* https://www.example.test$0", place="port 80"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """What is wrong with the redirect of the front page, the worst first."""
        if endpoint.http is not None and endpoint.http.astray:
            yield from self._astray(endpoint, endpoint.http)
        redirect = endpoint.http.redirect if endpoint.http is not None else None
        if redirect is None or redirect.span is None:
            return
        if redirect.ends == "loop":
            message = f"{endpoint.name} redirects to itself for ever: {redirect.location}"
            is_tls = endpoint.tls.holds(TlsMode.IMPLICIT)
            remedy = EndRedirect(unsafe="the pages of this site are served then") if is_tls else None
            yield self.finding(endpoint, redirect.span, message, severity=Severity.ERROR, remedy=remedy)
            return
        if redirect.ends == "loop unless forwarded":
            message = f"{endpoint.name} redirects to itself for ever, but for what comes through a proxy that says it spoke HTTPS"
            yield self.finding(endpoint, redirect.span, message, severity=Severity.INFO, confidence=Confidence.LOW)
            return
        if endpoint.tls.holds(TlsMode.IMPLICIT):
            return
        yield from self._of_plain_site(endpoint, redirect, redirect.span)

    def _astray(self, endpoint: Endpoint, http: Http) -> Iterator[Finding]:
        """Where visitors over HTTPS lose it, or go round in circles for one of the names, each line once."""
        by_line: dict[tuple[Span | None, bool], list[Redirect]] = {}
        for redirect in http.astray:
            by_line.setdefault((redirect.span, redirect.ends == "loop"), []).append(redirect)
        speaks_https = endpoint.tls.holds(TlsMode.IMPLICIT)
        is_meant = speaks_https or http.redirects_to_https.holds(True) or any(line.name == _HSTS for line in http.headers)
        for (span, is_loop), redirects in by_line.items():
            first = redirects[0]
            if span is None:
                continue
            names = " and ".join(dict.fromkeys(one.name for one in redirects[:3]))
            if is_loop:
                yield self.finding(endpoint, span, f"{names} redirects to itself for ever: {first.location}", severity=Severity.ERROR)
                continue
            come = "" if names == ANY_NAME else f" to {names}"
            yield self.finding(
                endpoint,
                first.target or span,
                f"visitors who come{come} over HTTPS are sent on to plain HTTP: {first.location}",
                severity=self.severity if is_meant else Severity.INFO,
                confidence=self.confidence if is_meant else Confidence.LOW,
                remedy=_secured(first),
            )

    def _of_plain_site(self, endpoint: Endpoint, redirect: Redirect, span: Span) -> Iterator[Finding]:
        target = redirect.target
        if not redirect.location.lower().startswith("https://"):
            has_https = any(other.tls.holds(TlsMode.IMPLICIT) for other in self.instance.endpoints)
            if redirect.location.lower().startswith("http://") and redirect.ends == "elsewhere" and has_https:
                edit = (Edit(Span(target.file, target.start, target.start + 4), b"https"),) if target is not None else ()
                remedy = Rewrite(edit, "write https", unsafe="the other site must speak HTTPS") if edit else Advice("redirect to https")
                yield self.finding(endpoint, target or span, f"visitors are sent on to plain HTTP: {redirect.location}", remedy=remedy)
            return
        host = re.match(r"https://([^/?#]*)", redirect.location, re.IGNORECASE)
        deep = re.match(r"https://([^/?#]*)", redirect.deep_location, re.IGNORECASE)
        if host is not None and deep is not None and deep[1] != host[1]:
            edit = (Edit(Span(target.file, target.end, target.end), b"/"),) if target is not None else ()
            slash = Rewrite(edit, "end the URL with a slash") if edit else None
            message = f"the slash at the end is missing: {redirect.page} is sent to {redirect.deep_location}"
            yield self.finding(endpoint, target or span, message, severity=Severity.ERROR, remedy=slash)
            return
        if not redirect.deep_location:
            yield self.finding(endpoint, span, f"only the front page is redirected: {redirect.page} is still served over plain HTTP")
        elif redirect.page.strip("/") not in redirect.deep_location:
            as_well = " as well" if redirect.deep_location == redirect.location else ""
            message = f"the redirect loses the page: {redirect.page} is sent to {redirect.deep_location}{as_well}"
            yield self.finding(endpoint, span, message, severity=Severity.INFO)
        if redirect.status in (302, 303, 307):
            yield self.finding(
                endpoint,
                span,
                f"the redirect to HTTPS is temporary ({redirect.status}): browsers ask over plain HTTP again each time",
                remedy=RedirectToHttps("" if ANY_NAME in host[1] else host[1], unsafe="browsers remember a permanent redirect")
                if host is not None
                else None,
            )


def _secured(redirect: Redirect) -> Rewrite | Advice:
    """https instead, where that is no circle."""
    host = re.match(r"http://([^/:?#]*)", redirect.location, re.IGNORECASE)
    target = redirect.target
    if host is not None and host[1].lower() == redirect.name.lower():
        return Advice("answer over HTTPS, and redirect plain HTTP to it")
    if target is None:
        return Advice("redirect to https")
    edit = Edit(Span(target.file, target.start, target.start + len("http")), b"https")
    return Rewrite((edit,), "write https", unsafe="the other site must speak HTTPS")
