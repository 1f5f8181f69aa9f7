"""One line in, one value out, where no recording holds it: what each makes of a virtual host with TLS, by release, and its source."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from tlslint.files import Files
from tlslint.model import How, Instance, Software, TlsMode
from tlslint.model.remedy import Rewrite
from tlslint.parsers.apache import evaluate, rewrite
from tlslint.targets import Target, load

from tests.parsers.apache.test_mistakes import Site, host, site, tls  # noqa: F401 (site is the fixture)

UNKNOWN = object()


def of_version(name: str, version: str, library: str = "") -> Target:
    """A target with another httpd, and another OpenSSL where one is named."""
    target = load(name)
    software = {**target.software, "httpd": target.software["httpd"]._replace(version=version)}
    libraries = {**target.libraries, "httpd": target.libraries["httpd"]._replace(version=library)} if library else target.libraries
    return target._replace(software=software, libraries=libraries)


RHEL_7 = "rhel-7"
ONE_SUITE = "ECDHE-RSA-AES128-GCM-SHA256"

VALUES: list[tuple[str, str | Target, str, Any]] = [
    ("", "debian-12", "ocsp_stapling", False),
    ("", "debian-12", "session_tickets", True),
    ("", "debian-12", "server_order", False),
    # OpenSSL 1.1.0 never compresses unless its own option says so (seen on Debian 13); builds before it cannot
    ("", RHEL_7, "compression", False),
    ("SSLCompression off", RHEL_7, "compression", False),
    ("SSLCompression on", "debian-13", "compression", False),
    # SSLOpenSSLConfCmd is carried out after all directives and wins (seen on 2.4.62, 2.4.71, 2.4.68)
    (
        f"SSLCipherSuite HIGH\nSSLOpenSSLConfCmd CipherString {ONE_SUITE}",
        "debian-12",
        "below 1.3",
        [ONE_SUITE],
    ),
    ("SSLOpenSSLConfCmd CipherString AES128-SHA\nSSLCipherSuite HIGH", "debian-12", "below 1.3", ["AES128-SHA"]),
    ("SSLOpenSSLConfCmd Ciphersuites TLS_AES_128_GCM_SHA256", "debian-12", "1.3", ["TLS_AES_128_GCM_SHA256"]),
    (
        "SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384\nSSLOpenSSLConfCmd Ciphersuites TLS_AES_128_GCM_SHA256",
        "debian-12",
        "1.3",
        ["TLS_AES_128_GCM_SHA256"],
    ),
    # what mod_ssl adds: nothing until 2.4.6, before the list until 2.4.16, behind it since 2.4.17 (ssl_engine_config.c by tag);
    # what is forbidden first stays forbidden, what is forbidden last is
    ("SSLCipherSuite AECDH-AES128-SHA:AES128-SHA", of_version(RHEL_7, "2.4.6"), "below 1.3", ["AECDH-AES128-SHA", "AES128-SHA"]),
    ("SSLCipherSuite AECDH-AES128-SHA:AES128-SHA", of_version(RHEL_7, "2.4.7"), "below 1.3", ["AES128-SHA"]),
    ("SSLCipherSuite AECDH-AES128-SHA:AES128-SHA", of_version(RHEL_7, "2.4.17"), "below 1.3", ["AES128-SHA"]),
    ("SSLCipherSuite DEFAULT:-SHA:AES128-SHA", of_version(RHEL_7, "2.4.16"), "evaluated", "!aNULL:!eNULL:!EXP:DEFAULT:-SHA:AES128-SHA"),
    ("SSLCipherSuite DEFAULT", of_version(RHEL_7, "2.4.17"), "evaluated", "DEFAULT:!aNULL:!eNULL:!EXP"),
    # an `if` that nobody can tell leaves open what it would change, and nothing else
    ('SSLHonorCipherOrder on\n<IfFile "/opt/x">\nSSLHonorCipherOrder off\n</IfFile>', "debian-12", "server_order", UNKNOWN),
    ('SSLHonorCipherOrder on\n<IfFile "/opt/x">\nSSLHonorCipherOrder on\n</IfFile>', "debian-12", "server_order", True),
    ('<IfFile "/opt/x">\nSSLHonorCipherOrder off\n</IfFile>\nSSLHonorCipherOrder on', "debian-12", "server_order", True),
]


@pytest.mark.parametrize(("body", "target", "field", "expected"), VALUES)
def test_a_line(body: str, target: str | Target, field: str, expected: Any, site: Site) -> None:  # noqa: F811
    instance = site(body, target=target)
    assert not instance.starts.holds(False), instance.problems
    endpoint = tls(instance)
    if field in ("1.3", "below 1.3"):
        assert [suite.openssl for suite in endpoint.cipher_suites.surely if suite.is_tls13 is (field == "1.3")] == expected
    elif field == "evaluated":
        assert endpoint.cipher_string is not None
        assert endpoint.cipher_string.evaluated == expected
    elif expected is UNKNOWN:
        assert not getattr(endpoint, field).is_known
    else:
        assert getattr(endpoint, field).holds(expected)


def test_a_default_is_named(site: Site) -> None:  # noqa: F811
    (origin,) = tls(site()).versions.origins
    assert (origin.how, origin.span, origin.note) == (How.DEFAULT, None, "default of httpd 2.4.71: all -SSLv3")


STARTS: list[tuple[str, str, bool]] = [
    # arity and words (server/config.c, modules/ssl/ssl_engine_config.c); of flags httpd reads the first word alone
    ("SSLHonorCipherOrder on now", "", True),
    ("SSLHonorCipherOrder yes", "", False),
    ("SSLCACertificatePath /etc /etc", "", False),
    ("SSLOCSPEnable on", "", True),
    ("SSLOCSPEnable leaf no_ocsp_for_cert_ok", "", True),
    ("SSLOCSPEnable leaf ocsp", "", False),
    ("SSLOCSPEnable maybe", "", False),
    ("SSLOCSPEnable", "", False),
    ("SSLCARevocationCheck leaf\nSSLCARevocationPath /etc", "", True),
    ("SSLCARevocationCheck maybe", "", False),
    ("", "SSLSessionCache shmcb:/run/cache(512000)", True),
    ("", "SSLSessionCache shmcb:/run/cache(512)", False),
    ("", "SSLSessionCache shmcb:/run/cache(many)", False),
    ("", "SSLSessionCache shmcb:/run/cache", True),
    ("", "SSLSessionCache none", True),
    ("SSLCompression on", "", False),
    ("SSLCompression off", "", True),
    ("SSLCACertificatePath $D/www.pem", "", False),
    ("SSLCARevocationPath $D", "", True),
    ("SSLFIPS off", "", False),
    ("", "SSLFIPS off\nSSLFIPS off", True),
    ("", "SSLFIPS on\nSSLFIPS off", False),
    # a key for tickets has 48 bytes (ssl_init_ticket_key(), AH02287)
    ("SSLSessionTicketKeyFile $D/ticket47", "", False),
    ("SSLSessionTicketKeyFile $D/ticket48", "", True),
    ("SSLSessionTicketKeyFile $D/ticket80", "", True),
    # <Proxy> takes SSLProxy…, ProxySet and the like, and whatever a <Directory> takes (PROXY_CONF in http_config.h)
    ("<Proxy *>\nRequire all granted\n</Proxy>", "", True),
    ("<Proxy https://backend.test>\nSSLProxyVerify none\nProxySet timeout=5\n</Proxy>", "", True),
    ("<Proxy *>\nSSLProtocol all\n</Proxy>", "", False),
]


@pytest.mark.parametrize(("body", "main", "starts"), STARTS)
def test_httpd_starts_or_not(body: str, main: str, starts: bool, site: Site, tmp_path: Any) -> None:  # noqa: F811
    for size in (47, 48, 80):
        (tmp_path / f"ticket{size}").write_bytes(b"k" * size)
    instance = site(body, main=main)
    assert instance.starts.holds(starts), instance.problems


@pytest.mark.parametrize(
    ("target", "starts"), [("debian-11", False), ("debian-12", False), ("rhel-7", True), ("rhel-8", True), ("rhel-9", True)]
)
def test_fips(target: str, starts: bool, site: Site) -> None:  # noqa: F811
    """Red Hat's OpenSSL is built for it (1.0.2k-fips) and brings the provider; Debian's has neither (seen on Debian 11 and 12)."""
    assert site(main="SSLFIPS on", target=target).starts.holds(starts)
    assert site(main="SSLFIPS off\nSSLFIPS on", target=target).starts.holds(False), "on and off is a conflict (seen on Debian 12)"


def test_pasted_marks_do_not_hide_where_the_fault_is(site: Site) -> None:  # noqa: F811
    instance = site("RewriteRule ^ “-” [NOSUCH]", main="LoadModule rewrite_module modules/mod_rewrite.so")
    assert [problem.span.text for problem in instance.problems if "RewriteRule" in problem.message] == ["[NOSUCH]"]


def mended(instance: Instance) -> str:
    """The line that a literal remedy leaves; "" where there is none."""
    for problem in instance.problems:
        if isinstance(problem.remedy, Rewrite):
            text = problem.span.file.data
            for edit in sorted(problem.remedy.edits, key=lambda each: -each.span.start):
                text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
            start = text.rfind(b"\n", 0, problem.span.start) + 1
            return text[start : text.find(b"\n", start)].decode()
    return ""


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("SSLHonorCipherOrder yes", "SSLHonorCipherOrder on"),
        ("SSLHonorCipherOrder 0", "SSLHonorCipherOrder off"),
        ("SSLHonorCipherOrder maybe", ""),
        ("SSLPolicy modern", ""),  # of httpd's trunk: what it says has to be said in other words
        ("SSLCipherSuite HIGH !aNULL", 'SSLCipherSuite "HIGH !aNULL"'),
    ],
)
def test_a_slip_is_mended(line: str, after: str, site: Site) -> None:  # noqa: F811
    instance = site(line)
    assert instance.starts.holds(False)
    assert mended(instance) == after


@pytest.mark.parametrize(("main", "engine", "everybody"), [("SSLEngine on", "", True), ("", "SSLEngine on", False)])
def test_a_host_without_certificate(main: str, engine: str, everybody: bool, site: Site) -> None:  # noqa: F811
    """Whose switch it was is told (AH02572)."""
    more = f"<VirtualHost *:443>\nServerName bare.test\n{engine}\n</VirtualHost>\n"
    problems = site(main=main, more=more).problems
    said = [problem.message for problem in problems if "bare.test has no SSLCertificateFile" in problem.message]
    assert ["counts for every one of them" in message for message in said] == [everybody]


def test_an_unknown_library_is_no_reason_to_break(site: Site) -> None:  # noqa: F811
    target = load("debian-12")
    target = target._replace(libraries={**target.libraries, "httpd": Software("openssl", None, target.libraries["httpd"].how)})
    endpoint = tls(site("SSLOpenSSLConfCmd CipherString HIGH\nSSLCipherSuite HIGH", target=target))
    assert not endpoint.cipher_suites.is_known


def test_a_setting_of_another_host_changes_nothing_here(site: Site) -> None:  # noqa: F811
    instance = site("SSLUseStapling off", main="SSLStaplingCache shmcb:/run/ocsp(32768)", more=host("shop", "SSLUseStapling on"))
    assert tls(instance).ocsp_stapling.holds(False)
    assert tls(instance, "shop.test").ocsp_stapling.holds(True)


@pytest.mark.parametrize(("main", "starts"), [("MDomain bare.test", True), ("MDomain other.test", False), ("", False)])
def test_a_certificate_that_mod_md_brings(main: str, starts: bool, site: Site) -> None:  # noqa: F811
    """mod_md gives certificates to hosts whose name is in an MDomain (its manual)."""
    more = "<VirtualHost *:443>\nServerName bare.test\nSSLEngine on\n</VirtualHost>\n"
    assert site(main=main, more=more).starts.holds(starts)


@pytest.mark.parametrize(
    ("engine", "hows"), [("SSLEngine off", [How.WRITTEN, How.OVERRIDDEN]), ("SSLEngine on", [How.WRITTEN]), ("", [How.WRITTEN])]
)
def test_a_switch_that_the_first_host_overrides(engine: str, hows: list[How], site: Site) -> None:  # noqa: F811
    """TLS is a property of the address: the first virtual host decides (seen on 2.4.71)."""
    pair = "SSLCertificateFile $D/shop.pem\nSSLCertificateKeyFile $D/shop.key\n"
    more = f"<VirtualHost *:443>\nServerName shop.test\n{engine}\n{pair}</VirtualHost>\n"
    endpoint = tls(site(more=more), "shop.test")
    assert endpoint.tls.holds(TlsMode.IMPLICIT)
    assert [origin.how for origin in endpoint.tls.origins] == hows


def test_which_virtual_host_is_behind_which_address(site: Site) -> None:  # noqa: F811
    """An address of its own comes before `*`, this port before any port; what no Listen opens is nowhere (server/vhost.c).

    The protocol of `Listen 443` is not that of another address (server/listen.c, ap_setup_listeners).
    """
    files = "SSLCertificateFile www.pem\nSSLCertificateKeyFile www.key\n"
    more = "Listen 192.0.2.9:8443 https\n" + "".join(
        f"<VirtualHost {address}>\nServerName {name}.test\n{files}{line}</VirtualHost>\n"
        for address, name, line in (
            ("192.0.2.1:443", "address", ""),
            ("192.0.2.2", "anyport", "SSLEngine on\n"),
            ("192.0.2.9:8443", "eight", ""),
            ("192.0.2.9:8444", "never", "SSLEngine on\n"),
        )
    )
    found = {endpoint.name: endpoint.tls.value for endpoint in site(more=more).endpoints if endpoint.tls.is_known}
    assert found == {
        "*:80": TlsMode.NONE,
        "www.test:443": TlsMode.IMPLICIT,
        "address.test:443": TlsMode.NONE,
        "anyport.test:443": TlsMode.IMPLICIT,
        "anyport.test:80": TlsMode.IMPLICIT,
        "eight.test:8443": TlsMode.IMPLICIT,
    }


def test_statuses_that_a_rule_may_send() -> None:
    """Those of ap_get_status_line(); each from 100 to 599 was given to httpd 2.4.71."""
    taken = set()
    for code in range(99, 700):
        with contextlib.suppress(rewrite.RefusedError):
            taken.add(int(rewrite.flags_of(f"[R={code}]", 2)["R"]))
    seen = "100-103 200-208 226 300-305 307 308 400-417 421-424 426 428 429 431 451 500-508 510 511"
    bounds = [[int(bound) for bound in part.split("-")] for part in seen.split()]
    assert taken == {code for bound in bounds for code in range(bound[0], bound[-1] + 1)}


HEADER = "Header always set Strict-Transport-Security max-age=5"
WEB = "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in ("headers", "rewrite", "alias"))


def test_a_path_that_a_pattern_redirects_is_asked_for(site: Site) -> None:  # noqa: F811
    body = f"RedirectMatch 301 ^/old(.*)$ https://www.test/new$1\n<LocationMatch ^/old>\n{HEADER}\n</LocationMatch>"
    answers = tls(site(body, main=WEB)).http
    assert answers is not None
    assert answers.hsts_redirect.holds(("max-age=5",))
    assert answers.hsts_error.holds(())


def test_a_redirect_that_hangs_on_the_visitor_is_not_known(site: Site) -> None:  # noqa: F811
    rules = "RewriteEngine on\nRewriteCond %{REMOTE_ADDR} !^192\nRewriteRule ^ https://www.test/ [R=301,L]"
    plain = f"<VirtualHost *:80>\nServerName www.test\n{rules}\n</VirtualHost>"
    (answers,) = [one.http for one in site(main=WEB, more=plain).endpoints if one.port.holds(80) and one.http is not None]
    assert (answers.redirects_to_https.is_known, answers.front_page.is_known) == (False, False)


def test_of_a_part_of_a_configuration_refusals_are_asked_for(tmp_path: Path) -> None:
    """Header lines of a file alone reach every kind of answer: what was not seen may redirect."""
    (tmp_path / "site.conf").write_text(f"<VirtualHost *:443>\nServerName a.test\nSSLEngine on\n{HEADER}\n</VirtualHost>\n")
    (instance,) = evaluate.instances(f"{tmp_path}/site.conf", Files((str(tmp_path),), str(tmp_path)), load("debian-12"), complete=False)
    (line,) = [line for endpoint in instance.endpoints if endpoint.http is not None for line in endpoint.http.headers]
    assert line.reaches == {"success", "error", "redirect", "refusal"}
