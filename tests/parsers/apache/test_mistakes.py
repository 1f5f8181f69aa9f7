"""Real-world mistakes, one test each: what people write, what httpd makes of it, and which word is underlined."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, Instance, Role, Software, TlsMode
from tlslint.model.versions import TLS10, TLS11, TLS12, TLS13
from tlslint.parsers.apache import evaluate
from tlslint.targets import Target, load

from tests.support.world import certificate, private_key

MODULES = ("ssl", "socache_shmcb", "proxy", "md", "authz_core")
OLD_LIBRARY = "debian-11"

Site = Callable[..., Instance]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A server with certificates; `body` goes into a virtual host with TLS, `main` before it, `more` behind it."""
    for name, kind in (("www", "rsa"), ("shop", "rsa"), ("ec", "ecdsa")):
        (tmp_path / f"{name}.pem").write_bytes(certificate(kind, None, f"{name}.test", (f"{name}.test",)))
        (tmp_path / f"{name}.key").write_bytes(private_key(kind, None))

    def make(
        body: str = "", main: str = "", more: str = "", target: str | Target = "debian-12", engine: str = "SSLEngine on\n"
    ) -> Instance:
        text = (
            f"ServerRoot {tmp_path}\n"
            + "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in MODULES)
            + f"Listen 80\nListen 443\n{main}\n<VirtualHost *:443>\nServerName www.test\n{engine}"
            + f"SSLCertificateFile {tmp_path}/www.pem\nSSLCertificateKeyFile {tmp_path}/www.key\n{body}\n</VirtualHost>\n{more}\n"
        )
        (tmp_path / "apache2.conf").write_text(text.replace("$D", str(tmp_path)))
        files = Files((str(tmp_path),), str(tmp_path))
        judged = load(target) if isinstance(target, str) else target
        (instance,) = evaluate.instances(f"{tmp_path}/apache2.conf", files, judged, complete=True)
        return instance

    return make


def tls(instance: Instance, name: str = "www.test") -> Endpoint:
    return next(one for one in instance.endpoints if one.port.holds(443) and name in (one.server_names.surely or ()))


def told(instance: Instance, rule: str) -> str:
    """The characters underlined by the first problem of a rule."""
    return next((problem.span.text for problem in instance.problems if problem.rule == rule), "")


def host(name: str, body: str) -> str:
    return (
        f"<VirtualHost *:443>\nServerName {name}.test\nSSLEngine on\nSSLCertificateFile $D/{name}.pem\n"
        f"SSLCertificateKeyFile $D/{name}.key\n{body}\n</VirtualHost>\n"
    )


def test_01_bare_words_replace_each_other(site: Site) -> None:
    found = site("SSLProtocol TLSv1.2 TLSv1.3")
    assert tls(found).versions.surely == {TLS13}
    assert told(found, "means-something-else") == "TLSv1.3"


def test_02_minus_ssl_leaves_tls_1_0(site: Site) -> None:
    assert tls(site("SSLProtocol all -SSLv2 -SSLv3", target=OLD_LIBRARY)).versions.surely == {TLS10, TLS11, TLS12, TLS13}
    found = site("SSLProtocol all -SSLv2 -SSLv3")
    assert tls(found).versions.surely == {TLS12, TLS13}
    assert told(found, "held-back-by-library") == "all -SSLv2 -SSLv3"


def test_03_a_hole_closes_what_is_below_it(site: Site) -> None:
    found = site("SSLProtocol all -TLSv1.1", target=OLD_LIBRARY)
    assert tls(found).versions.surely == {TLS12, TLS13}
    assert told(found, "version-gap") == "-TLSv1.1"


def test_04_minus_only_leaves_nothing(site: Site) -> None:
    found = site("SSLProtocol -SSLv3 -TLSv1 -TLSv1.1")
    assert found.starts.holds(False)
    assert told(found, "refused") == "-SSLv3 -TLSv1 -TLSv1.1"
    assert tls(found).tls_works.holds(False)


def test_05_plus_starts_from_nothing(site: Site) -> None:
    assert tls(site("SSLProtocol +TLSv1.2 -SSLv3")).versions.surely == {TLS12}


def test_06_a_version_this_httpd_does_not_know(site: Site) -> None:
    target = load("debian-12")
    before_tls13 = target._replace(software={**target.software, "httpd": Software("httpd", "2.4.35")})
    assert site("SSLProtocol TLSv1.3").starts.holds(True)
    found = site("SSLProtocol TLSv1.3", target=before_tls13)
    assert found.starts.holds(False)
    assert any(problem.span.text == "TLSv1.3" for problem in found.problems)


@pytest.mark.parametrize("word", ["TLS1.2", "TLSv1.0", '"all -SSLv3"', "TLSv1.2,", "–SSLv3"])
def test_07_spellings_httpd_does_not_know(site: Site, word: str) -> None:
    found = site(f"SSLProtocol all {word}")
    assert found.starts.holds(False)
    assert any(problem.span.text == word for problem in found.problems)


def test_08_protocol_of_a_later_host_counts_when_set(site: Site) -> None:
    found = site("SSLProtocol TLSv1.2", more=host("shop", "SSLProtocol TLSv1.3"))
    assert tls(found, "shop.test").versions.surely == {TLS13}


def test_09_the_first_host_decides_for_those_that_say_nothing(site: Site) -> None:
    found = site("SSLProtocol TLSv1.2", more=host("shop", ""))
    assert tls(found, "shop.test").versions.surely == {TLS12}


def test_10_options_of_the_first_host_cannot_be_undone(site: Site) -> None:
    found = site("SSLHonorCipherOrder on\nSSLSessionTickets off", more=host("shop", "SSLHonorCipherOrder off\nSSLSessionTickets on"))
    shop = tls(found, "shop.test")
    assert shop.server_order.holds(True)
    assert shop.session_tickets.holds(False)
    assert {problem.span.text for problem in found.problems if problem.rule == "default-vhost-decides"} == {"off", "on"}


def test_11_groups_of_a_later_host_are_ignored(site: Site) -> None:
    found = site(more=host("shop", "SSLOpenSSLConfCmd Curves P-521"))
    assert len(tls(found, "shop.test").groups.surely or ()) > 1
    assert told(found, "default-vhost-decides") == "Curves P-521"


def test_11_min_protocol_of_a_later_host_is_ignored(site: Site) -> None:
    found = site(more=host("shop", "SSLOpenSSLConfCmd MinProtocol TLSv1.3"))
    assert tls(found, "shop.test").versions.surely == {TLS12, TLS13}
    assert told(found, "default-vhost-decides") == "MinProtocol TLSv1.3"


def test_12_tls13_suites_in_the_other_slot(site: Site) -> None:
    found = site("SSLCipherSuite TLS_AES_256_GCM_SHA384")
    assert found.starts.holds(False)
    assert told(found, "refused") == "TLS_AES_256_GCM_SHA384"


def test_13_a_list_with_blanks_without_quotes(site: Site) -> None:
    found = site("SSLCipherSuite HIGH !aNULL")
    assert found.starts.holds(False)
    assert told(found, "refused") == "HIGH"


def test_14_old_lists_offer_what_the_library_still_has(site: Site) -> None:
    found = site("SSLCipherSuite ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP:+eNULL")
    suites = tls(found).cipher_suites.surely
    assert suites
    assert not any(suite.cipher in ("RC4", "NULL") for suite in suites)


def test_19_quotation_marks_of_a_word_processor(site: Site) -> None:
    found = site("SSLCipherSuite “HIGH:!aNULL”")
    assert tls(found).cipher_suites.surely != tls(site("SSLCipherSuite HIGH:!aNULL")).cipher_suites.surely or found.starts.holds(False)
    assert told(found, "pasted-characters") == "“HIGH:!aNULL”"
    assert site("SSLCipherSuite “HIGH !aNULL”").starts.holds(False)


def test_22_module_under_a_name_ifmodule_does_not_know(site: Site) -> None:
    found = site("<IfModule mod_ssl>\nSSLProtocol TLSv1.3\n</IfModule>")
    assert tls(found).versions.surely == {TLS12, TLS13}
    assert told(found, "dead-section") == "mod_ssl"


def test_23_a_closing_line_without_its_bracket(site: Site) -> None:
    assert site("<IfModule ssl_module>\nSSLProtocol all\n/IfModule>").starts.holds(False)


def test_24_a_plain_first_host_makes_the_port_plain(site: Site) -> None:
    found = site(main="<VirtualHost *:443>\nServerName first.test\n</VirtualHost>")
    assert all(one.tls.holds(TlsMode.NONE) for one in found.endpoints)
    assert told(found, "port-speaks-other-mode") == "on"


def test_25_engine_on_for_everybody(site: Site) -> None:
    found = site(main="SSLEngine on\nSSLCertificateFile $D/www.pem\nSSLCertificateKeyFile $D/www.key", engine="")
    assert any(one.port.holds(80) and one.tls.holds(TlsMode.IMPLICIT) for one in found.endpoints)
    assert told(found, "port-speaks-other-mode") == "on"


def test_25_engine_on_for_everybody_without_certificate(site: Site) -> None:
    found = site(main="SSLEngine on", engine="")
    assert found.starts.holds(False)
    assert told(found, "certificate-missing") == "on"


def test_26_auto_enable_needs_an_equal_listen(site: Site) -> None:
    found = site(engine="")
    assert tls(found).tls.holds(TlsMode.IMPLICIT)
    found = site(main="Listen 8443", engine="", more="<VirtualHost *:8443>\nServerName x.test\nSSLCertificateFile $D/www.pem\n"
                 "SSLCertificateKeyFile $D/www.key\n</VirtualHost>")  # fmt: skip
    assert next(one for one in found.endpoints if one.port.holds(8443)).tls.holds(TlsMode.NONE)


def test_27_stapling_cache_inside_a_host(site: Site) -> None:
    found = site("SSLStaplingCache shmcb:/run/ocsp(128000)")
    assert found.starts.holds(False)
    assert told(found, "stapling-broken") == "SSLStaplingCache"


def test_27_stapling_without_a_cache(site: Site) -> None:
    found = site("SSLUseStapling on")
    assert found.starts.holds(False)
    assert told(found, "stapling-broken") == "on"


def test_28_chain_file_beside_a_full_chain(site: Site, tmp_path: Path) -> None:
    full = tmp_path / "full.pem"
    full.write_bytes((tmp_path / "www.pem").read_bytes() + certificate("ecdsa", 256, "CA", (), is_ca=True))
    found = site("SSLCertificateChainFile $D/ec.pem", engine=f"SSLEngine on\nSSLCertificateFile {full}\nSSLCertificateKeyFile $D/www.key\n")
    assert told(found, "setting-ignored-here") == str(full)


def test_29_a_global_certificate_shows_through(site: Site) -> None:
    main = (
        "SSLCertificateFile $D/shop.pem\nSSLCertificateFile $D/ec.pem\nSSLCertificateKeyFile $D/shop.key\nSSLCertificateKeyFile $D/ec.key"
    )
    paths = [Path(one.path).name for one in tls(site(main=main)).certificates]
    assert paths == ["www.pem", "ec.pem"]


def proxied(instance: Instance) -> Endpoint:
    return next(one for one in instance.endpoints if one.role is Role.CLIENT)


def test_36_proxy_verifies_nothing_by_default(site: Site) -> None:
    found = proxied(site("SSLProxyEngine on\nProxyPass / https://backend.test/"))
    assert found.peer_verification.holds("none")
    assert found.tls_works.holds(True)


def test_36_proxy_without_the_name_check(site: Site) -> None:
    body = "SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile $D/www.pem\nSSLProxyCheckPeerCN off\n"
    found = proxied(site(body + "ProxyPass / https://backend.test:8443/"))
    assert found.peer_verification.holds("certificate")
    assert found.port.holds(8443)


def test_36_proxy_verifies_certificate_and_name(site: Site) -> None:
    body = "SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile $D/www.pem\n"
    assert proxied(site(body + "ProxyPass / https://backend.test/")).peer_verification.holds("certificate and name")


def test_36_proxy_to_https_without_the_engine(site: Site) -> None:
    found = proxied(site("ProxyPass / https://backend.test/"))
    assert found.tls_works.holds(False)


def test_37_proxy_engine_in_a_location(site: Site) -> None:
    found = site("<Location /x>\nSSLProxyEngine on\n</Location>")
    assert found.starts.holds(False)
    assert told(found, "refused") == "SSLProxyEngine"


def test_38_engine_optional_is_plain(site: Site) -> None:
    found = site(engine="SSLEngine optional\n")
    assert tls(found).tls.holds(TlsMode.NONE)
    assert told(found, "setting-not-in-version") == "optional"


@pytest.mark.parametrize("line", ["SSLMutex default", "SSLLog /var/log/ssl.log", 'SSLRequire %{SSL_CIPHER} eq "x"'])
def test_39_leftovers_of_2_2(site: Site, line: str) -> None:
    found = site(line)
    assert found.starts.holds(False)
    assert any(problem.span.text == line.partition(" ")[0] for problem in found.problems)


def test_39_name_virtual_host_is_only_a_warning(site: Site) -> None:
    found = site(main="NameVirtualHost *:443")
    assert found.starts.holds(True)
    assert told(found, "setting-ignored-here") == "NameVirtualHost *:443"


def test_40_a_comment_behind_a_value_is_part_of_it(site: Site) -> None:
    found = site("SSLProtocol all -SSLv3 # old")
    assert found.starts.holds(False)
    assert told(found, "trailing-comment") == "#"


def test_40_a_comment_behind_a_flag_is_read_over(site: Site) -> None:
    found = site("SSLHonorCipherOrder on # yes")
    assert found.starts.holds(True)
    assert tls(found).server_order.holds(True)
    assert told(found, "trailing-comment") == "# yes"


def test_41_a_directory_brings_in_backups(site: Site, tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "tls.conf").write_text("SSLProtocol TLSv1.3\n")
    (tmp_path / "sites" / "tls.conf.bak").write_text("SSLProtocol TLSv1.2\n")
    assert tls(site(main="Include sites")).versions.surely == {TLS12}


def test_42_an_include_after_ones_own_settings_wins(site: Site, tmp_path: Path) -> None:
    (tmp_path / "options.conf").write_text("SSLProtocol -all +TLSv1.2 +TLSv1.3\n")
    found = site("SSLProtocol TLSv1.3\nInclude options.conf")
    assert tls(found).versions.surely == {TLS12, TLS13}
    assert told(found, "duplicate-setting") == "TLSv1.3"


# Unknowns


def test_what_a_fragment_leaves_out_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text("<VirtualHost *:443>\nServerName a.test\nSSLEngine on\nSSLProtocol TLSv1.2\n</VirtualHost>\n")
    (found,) = evaluate.instances(f"{tmp_path}/site.conf", Files((str(tmp_path),), str(tmp_path)), load("debian-12"), complete=False)
    (endpoint,) = found.endpoints
    assert endpoint.tls.holds(TlsMode.IMPLICIT)
    assert endpoint.versions.surely == {TLS12}
    assert not endpoint.cipher_suites.is_known
    assert not endpoint.server_order.is_known
    assert not found.starts.is_known


def test_an_environment_variable_makes_one_value_unknown(tmp_path: Path) -> None:
    text = "<VirtualHost *:443>\nServerName a.test\nSSLEngine on\nSSLProtocol ${PROTOCOLS}\nSSLHonorCipherOrder on\n</VirtualHost>\n"
    (tmp_path / "site.conf").write_text(text)
    (found,) = evaluate.instances(f"{tmp_path}/site.conf", Files((str(tmp_path),), str(tmp_path)), load("debian-12"), complete=False)
    (endpoint,) = found.endpoints
    assert not endpoint.versions.is_known
    assert endpoint.server_order.holds(True)


def test_shadowed_host(site: Site) -> None:
    found = site("ServerAlias *.test", more=host("shop", ""))
    assert told(found, "shadowed-vhost") == "shop.test"


def test_host_under_a_name_only_dns_knows(site: Site) -> None:
    found = site(more=host("shop", "").replace("*:443", "shop.example.org:443"))
    shop = tls(found, "shop.test")
    assert not shop.address.is_known
    assert shop.port.holds(443)
    assert shop.tls.holds(TlsMode.IMPLICIT)


def test_host_nobody_listens_for(site: Site) -> None:
    found = site(more="<VirtualHost *:9443>\nServerName x.test\n</VirtualHost>")
    assert told(found, "setting-ignored-here") == "*:9443"


@pytest.mark.parametrize("text", ["", "\0\0", "<", "<VirtualHost", "SSLProtocol", "\xff\xfe", "</x>", "<VirtualHost *:443>\n" * 50])
def test_no_text_raises(tmp_path: Path, text: str) -> None:
    (tmp_path / "apache2.conf").write_bytes(text.encode("latin-1"))
    for complete in (True, False):
        files = Files((str(tmp_path),), str(tmp_path))
        assert evaluate.instances(f"{tmp_path}/apache2.conf", files, load("debian-12"), complete=complete)


def test_a_certificate_of_mod_md_is_not_missing(site: Site) -> None:
    """A false positive once: "no TLS version is left", for want of a certificate that mod_md supplies (seen on 2.4.71)."""
    managed = "<VirtualHost *:443>\nServerName md.test\nSSLEngine on\n</VirtualHost>\n"
    found = tls(site(main="MDomain md.test", more=managed), "md.test")
    assert found.tls_works.holds(True)
    assert found.versions.holds(frozenset({TLS12, TLS13}))


def test_pages_of_debian_without_a_document_root(tmp_path: Path) -> None:
    """Debian's httpd was built with /var/www/html; a redirect in an <If> was taken for a 403 of /etc/apache2/htdocs (seen on 2.4.71)."""
    folder = tmp_path / "etc" / "apache2"
    folder.mkdir(parents=True)
    modules = "".join(f"LoadModule {name}_module x.so\n" for name in ("mpm_event", "authz_core", "alias"))
    guarded = "<Directory />\nRequire all denied\n</Directory>\n<Directory /var/www/>\nRequire all granted\n</Directory>\nListen 80\n"
    plain = "<VirtualHost *:80>\nServerName a.test\n<If true>\nRedirect permanent / https://a.test/\n</If>\n</VirtualHost>\n"
    (folder / "apache2.conf").write_text(modules + guarded + plain)
    files = Files((str(tmp_path),), str(tmp_path), (("/", str(tmp_path)),))
    (instance,) = evaluate.instances("/etc/apache2/apache2.conf", files, load("debian-12"), complete=True)
    (endpoint,) = instance.endpoints
    assert endpoint.http is not None
    assert endpoint.http.redirects_to_https.holds(True)
