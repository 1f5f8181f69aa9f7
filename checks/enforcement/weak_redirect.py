"""A redirect to HTTPS that is temporary, loses the page, misses its target or never ends.

Use instead: `https://NAME/` with a slash at its end, the path kept, status 301 or 308.
Fix safety: safe for a missing slash; unsafe where a temporary redirect becomes a lasting one, which browsers remember, and where one that
never ended ends, so that pages are served.
Limits: conditions that hang on the request are not decided; loops behind a proxy that speaks TLS itself are not seen, and where only such
a proxy saves a site from one, that is information.
References: RFC 6797 section 7.2; RFC 9110 section 15.4; mod_alias and mod_rewrite documentation.
"""

import re
from collections.abc import Iterator

from tlslint.checks.rule import EndpointRule, bad, good
from tlslint.model import Confidence, Endpoint, Finding, Redirect, Severity, Span, TlsMode
from tlslint.model.remedy import Advice, Edit, EndRedirect, RedirectToHttps, Rewrite

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
        good("httpd", "Redirect permanent / https://www.example.test/", place="port 80"),
        good("httpd", "RewriteEngine on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]", place="port 80"),
        good("httpd", "RedirectMatch 301 ^/(?!\\.well-known/acme-challenge/).* https://www.example.test$0", place="port 80"),
    ]

    def check(self, endpoint: Endpoint) -> Iterator[Finding]:
        """What is wrong with the redirect of the front page, the worst first."""
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
        elif redirect.deep_location == redirect.location:
            yield self.finding(
                endpoint,
                span,
                f"the redirect loses the page: {redirect.page} is sent to {redirect.location} as well",
                severity=Severity.INFO,
            )
        if redirect.status in (302, 303, 307):
            yield self.finding(
                endpoint,
                span,
                f"the redirect to HTTPS is temporary ({redirect.status}): browsers ask over plain HTTP again each time",
                remedy=RedirectToHttps(host[1], unsafe="browsers remember a permanent redirect") if host is not None else None,
            )
