"""Copies of configurations as repositories keep them: each case was a false positive once."""

import json
from pathlib import Path
from typing import Any

from tests.support.cli import tlslint

APACHE2 = """IncludeOptional mods-enabled/*.load
Include ports.conf
<Directory />
Require all denied
</Directory>
IncludeOptional sites-enabled/*.conf
"""
SITE = """<VirtualHost *:443>
ServerName www.example.test
SSLEngine on
SSLProtocol all -TLSv1
SSLCertificateFile /etc/ssl/www.pem
</VirtualHost>
"""


def findings(root: Path) -> str:
    return tlslint(root, "--output-format", "concise", "--target", "debian-12").out


def test_modules_that_were_left_out_of_the_copy_are_not_missing(tmp_path: Path) -> None:
    """Without mods-enabled every Require was "not loaded, so httpd does not start"."""
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "apache2.conf").write_text(APACHE2)
    (tmp_path / "sites-enabled" / "www.conf").write_text(SITE)
    said = findings(tmp_path)
    assert "TLS901" not in said
    assert "TLS803" not in said, "ports.conf was left out too: it may listen anywhere"
    assert "ports.conf is included and does not exist" in said


def test_links_that_git_checked_out_as_text_are_followed(tmp_path: Path) -> None:
    """`core.symlinks = false` leaves a file that holds the name of another."""
    for folder in ("mods-enabled", "mods-available"):
        (tmp_path / folder).mkdir()
    (tmp_path / "apache2.conf").write_text("IncludeOptional mods-enabled/*.load\nListen 80\nHeader set X y\n")
    for name in ("headers", "mpm_event"):
        (tmp_path / "mods-available" / f"{name}.load").write_text(f"LoadModule {name}_module x.so\n")
        (tmp_path / "mods-enabled" / f"{name}.load").write_text(f"../mods-available/{name}.load")
    assert findings(tmp_path) == ""


def test_the_httpd_of_openbsd_is_another_program(tmp_path: Path) -> None:
    """Its file has the same name."""
    (tmp_path / "httpd.conf").write_text('server "default" {\n\tlisten on * tls port 443\n\ttls certificate "/etc/ssl/x.crt"\n}\n')
    assert findings(tmp_path) == ""


def test_directives_of_another_mpm_are_known(tmp_path: Path) -> None:
    """MinSpareServers is prefork's alone, and the table was made with event."""
    (tmp_path / "apache2.conf").write_text("LoadModule mpm_prefork_module x.so\nListen 80\nMinSpareServers 5\nMaxSpareServers 10\n")
    assert findings(tmp_path) == ""


def test_sites_nobody_enables_in_this_copy_are_judged(tmp_path: Path) -> None:
    """Which sites are enabled is the host's affair where the copy has no sites-enabled: silence would hide every one of them."""
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "www.conf").write_text(SITE)
    assert "version-gap" in findings(tmp_path) or "held-back-by-library" in findings(tmp_path)
    (tmp_path / "sites-enabled").mkdir()
    assert "nothing to read" in tlslint(tmp_path).err, "now it is said that none is in use"


def test_a_site_far_from_any_root_is_judged_by_itself(tmp_path: Path) -> None:
    """A root file elsewhere in the repository says nothing of it."""
    for folder in ("dev", "ops/apache2/sites-enabled"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dev" / "httpd.conf").write_text("LoadModule mpm_event_module x.so\nListen 80\n")
    (tmp_path / "ops" / "apache2" / "sites-enabled" / "www.conf").write_text(SITE)
    assert "ops/apache2/sites-enabled/www.conf" in findings(tmp_path)


def test_includes_below_a_server_root_of_windows(tmp_path: Path) -> None:
    """`c:/Apache24` is the folder that holds conf/httpd.conf; its includes were "/etc/httpd/c:/Apache24/… does not exist"."""
    (tmp_path / "conf" / "extra").mkdir(parents=True)
    (tmp_path / "conf" / "httpd.conf").write_text(
        'Define SRVROOT "c:/Apache24"\nServerRoot "${SRVROOT}"\nLoadModule mpm_winnt_module x.so\nListen 80\nInclude conf/extra/ssl.conf\n'
    )
    (tmp_path / "conf" / "extra" / "ssl.conf").write_text("Listen 443\nLoadModule ssl_module x.so\nSSLProtocol all -TLSv1.1\n" + SITE)
    said = findings(tmp_path)
    assert "include-missing" not in said
    assert "conf/extra/ssl.conf:3" in said


def test_a_copy_without_listen_lines(tmp_path: Path) -> None:
    """An httpd.conf of one virtual host is included by another; "no Listen opens *:443" was said of it."""
    (tmp_path / "httpd.conf").write_text(SITE)
    said = findings(tmp_path)
    assert "no Listen opens" not in said
    assert "SSLProtocol" in said or "TLS 1" in said


def test_keys_are_not_kept_in_repositories(tmp_path: Path) -> None:
    """`etc/httpd` in git without its keys: "wildcard.crt does not exist, so httpd does not start"."""
    folder = tmp_path / "etc" / "httpd" / "conf"
    folder.mkdir(parents=True)
    site = SITE.replace("/etc/ssl/www.pem", "/etc/httpd/keys/wildcard.crt")
    (folder / "httpd.conf").write_text(
        f"ServerRoot /etc/httpd\nLoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nListen 443\n{site}"
    )
    assert "TLS310" not in findings(tmp_path)
    assert "TLS310" in tlslint(tmp_path, "--root", str(tmp_path), "--output-format", "concise").out, "a whole host lacks it"


def test_nor_beside_the_file_that_names_them(tmp_path: Path) -> None:
    """`server.crt` beside httpd.conf (FreeBSD, the images of httpd), left out by .gitignore: "does not exist, so httpd does not start"."""
    folder = tmp_path / "usr" / "local" / "etc" / "apache24"
    folder.mkdir(parents=True)
    site = SITE.replace("/etc/ssl/www.pem", "/usr/local/etc/apache24/server.crt")
    (folder / "httpd.conf").write_text(f"LoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nListen 443\n{site}")
    assert "TLS310" not in findings(tmp_path)
    assert "TLS310" in tlslint(tmp_path, "--root", str(tmp_path), "--output-format", "concise").out, "a whole host lacks it"


def test_a_line_that_is_refused_is_not_told_as_a_fault_of_another(tmp_path: Path) -> None:
    """A certificate that a whole host lacks, in a section that may not count: "no TLS version is left", with a fix of SSLProtocol."""
    folder = tmp_path / "etc" / "apache2"
    folder.mkdir(parents=True)
    modules = "LoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\n"
    (folder / "httpd.conf").write_text(f"{modules}<IfDefine SSL>\nListen 443\n{SITE}</IfDefine>\n")
    said = tlslint(tmp_path, "--root", str(tmp_path), "--output-format", "concise").out
    assert "TLS310" in said
    assert "TLS206" in said, "what the other lines mean is told all the same"
    assert "TLS105" not in said
    assert "TLS212" not in said


def test_other_web_servers_files_are_none_of_httpds(tmp_path: Path) -> None:
    # nginx and lighttpd keep theirs in folders of the same names
    (tmp_path / "conf-available").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "conf-available" / "10-ssl.conf").write_text('server.modules += ( "mod_openssl" )\n$SERVER["socket"] == ":443" {\n}\n')
    (tmp_path / "sites-enabled" / "default").write_text("server {\n    listen 443 ssl;\n    ssl_protocols TLSv1;\n}\n")
    assert tlslint("effective", tmp_path, "--all-files").out == ""


def effective(root: Path, *options: str) -> list[dict[str, Any]]:
    instances = json.loads(tlslint("effective", root, "--output-format", "json", *options).out)["instances"]
    return [endpoint for instance in instances for endpoint in instance["endpoints"]]


def test_a_site_inside_ifmodule_is_judged_as_if_its_module_were_there(tmp_path: Path) -> None:
    """Debian's default-ssl wraps everything in `<IfModule mod_ssl.c>`; the whole file was "cannot tell"."""
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "www.conf").write_text(f"<IfModule mod_ssl.c>\n{SITE}</IfModule>\n")
    (endpoint,) = effective(tmp_path)
    assert endpoint["tls"] == "implicit"
    assert "TLSv1.2" in endpoint["versions"]
    nested = SITE.replace("SSLProtocol all -TLSv1\n", "<IfDefine MODERN>\nSSLProtocol TLSv1.3\n</IfDefine>\n")
    (tmp_path / "sites-available" / "www.conf").write_text(f"<IfModule mod_ssl.c>\n{nested}</IfModule>\n")
    (endpoint,) = effective(tmp_path)
    assert endpoint["tls"] == "implicit"
    assert "unknown" in endpoint["versions"], "a further condition is one"


def test_the_cipher_list_of_a_site_counts_without_its_server(tmp_path: Path) -> None:
    """The list for TLS 1.3 may stand elsewhere, so nothing was said about the one that is written."""
    (tmp_path / "sites-available").mkdir()
    site = SITE.replace("SSLEngine on", "SSLEngine on\nSSLCipherSuite AES128-SHA:ECDHE+AESGCM")
    (tmp_path / "sites-available" / "www.conf").write_text(site)
    assert "TLS301" in findings(tmp_path)
    assert "unknown" in effective(tmp_path)[0]["cipher_suites"]


def test_port_80_of_a_site_without_its_server_is_plain(tmp_path: Path) -> None:
    """SSLEngine might be on for all; nobody does that, and "?" stood for every port 80."""
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "www.conf").write_text(f"<VirtualHost *:80>\nServerName www.example.test\n</VirtualHost>\n{SITE}")
    assert [endpoint["tls"] for endpoint in effective(tmp_path)] == ["none", "implicit"]


def test_what_a_site_includes_lies_beside_it(tmp_path: Path) -> None:
    """`ops/apache2/sites-available/www.conf` names its neighbours `/etc/apache2/…`; they "lie outside the scanned roots"."""
    for folder in ("sites-available", "snippets"):
        (tmp_path / "ops" / "apache2" / folder).mkdir(parents=True)
    site = SITE.replace("SSLProtocol all -TLSv1\n", "Include /etc/apache2/snippets/tls\n")
    (tmp_path / "ops" / "apache2" / "sites-available" / "www.conf").write_text(site)
    (tmp_path / "ops" / "apache2" / "snippets" / "tls").write_text("SSLProtocol TLSv1.3\n")
    assert effective(tmp_path)[0]["versions"] == ["TLSv1.3"]


def test_sites_available_are_judged_where_the_copy_has_no_links(tmp_path: Path) -> None:
    """Only `sites-available` was kept: "it starts", port 443 was "plain", and not a word about any site."""
    (tmp_path / "etc" / "apache2" / "sites-available").mkdir(parents=True)
    (tmp_path / "etc" / "apache2" / "apache2.conf").write_text(APACHE2)
    (tmp_path / "etc" / "apache2" / "ports.conf").write_text("Listen 80\n<IfModule ssl_module>\nListen 443\n</IfModule>\n")
    for name, protocol in (("a", "TLSv1.2"), ("b", "TLSv1.3")):
        site = (
            SITE.replace("www.example", f"{name}.example")
            .replace("all -TLSv1", protocol)
            .replace("SSLEngine", "SSLHonorCipherOrder on\nSSLEngine")
        )
        (tmp_path / "etc" / "apache2" / "sites-available" / f"{name}.conf").write_text(f"<IfModule mod_ssl.c>\n{site}</IfModule>\n")
    endpoints = {endpoint["name"]: endpoint for endpoint in effective(tmp_path)}
    assert endpoints["a.example.test:443"]["versions"] == ["TLSv1.2"]
    assert endpoints["b.example.test:443"]["versions"] == ["TLSv1.3"]
    assert "TLS807" not in findings(tmp_path), "which of them is the first is not known"


def test_folders_left_out_of_the_copy_may_hold_anything(tmp_path: Path) -> None:
    """`IncludeOptional conf-enabled/*.conf` without the folder: "SSLProtocol is the default" was taken for sure."""
    (tmp_path / "etc" / "apache2" / "sites-enabled").mkdir(parents=True)
    (tmp_path / "etc" / "apache2" / "apache2.conf").write_text(
        "Listen 443\nLoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nIncludeOptional conf-enabled/*.conf\n"
        "IncludeOptional sites-enabled/*.conf\n"
    )
    (tmp_path / "etc" / "apache2" / "sites-enabled" / "www.conf").write_text(SITE.replace("SSLProtocol all -TLSv1\n", ""))
    assert "unknown" in effective(tmp_path, "--target", "debian-11")[0]["versions"]
    assert "TLS102" not in findings(tmp_path)


def test_the_settings_of_a_module_without_its_server(tmp_path: Path) -> None:
    """`mods-available/ssl.conf` alone, all of it in `<IfModule mod_ssl.c>`: nothing was said."""
    (tmp_path / "mods-available").mkdir()
    (tmp_path / "mods-available" / "ssl.conf").write_text(
        "<IfModule mod_ssl.c>\nSSLProtocol all -SSLv3\nSSLCipherSuite HIGH\n</IfModule>\n"
    )
    assert "TLS102" in tlslint(tmp_path, "--output-format", "concise", "--target", "debian-11").out


def test_a_bare_root_file_lies_in_its_server_root(tmp_path: Path) -> None:
    """`httpd.conf` beside the folder it includes from: every include "lies outside the scanned roots"."""
    (tmp_path / "snippets").mkdir()
    (tmp_path / "httpd.conf").write_text(
        "ServerRoot /usr/local/apache2\nLoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nListen 443\n"
        f"Include snippets/tls.conf\n{SITE}"
    )
    (tmp_path / "snippets" / "tls.conf").write_text("SSLProtocol all -TLSv1.1\n")
    assert "TLS904" not in findings(tmp_path)
    assert "snippets/tls.conf:1" in findings(tmp_path)


def test_neighbours_of_a_copy_of_etc(tmp_path: Path) -> None:
    """`apache2/` and `letsencrypt/` side by side, as etckeeper has them without the name of /etc itself."""
    (tmp_path / "apache2" / "sites-enabled").mkdir(parents=True)
    (tmp_path / "letsencrypt").mkdir()
    (tmp_path / "apache2" / "apache2.conf").write_text("LoadModule ssl_module x.so\nListen 443\nInclude sites-enabled/\n")
    (tmp_path / "apache2" / "sites-enabled" / "www.conf").write_text(
        SITE.replace("SSLProtocol all -TLSv1", "Include /etc/letsencrypt/tls.conf")
    )
    (tmp_path / "letsencrypt" / "tls.conf").write_text("SSLProtocol TLSv1.3\n")
    assert effective(tmp_path)[0]["versions"] == ["TLSv1.3"]


def test_a_folder_above_the_scanned_one_says_nothing(tmp_path: Path) -> None:
    """Whoever keeps all repositories in a folder called `apache` had every *.conf below it read as httpd's."""
    project = tmp_path / "apache" / "project"
    (project / "conf").mkdir(parents=True)
    (project / "conf" / "worker.conf").write_text("ThreadsPerChild 4\n")
    assert "nothing to read" in tlslint(project).err
    (project / "conf" / "site.conf").write_text(SITE)
    assert "site.conf" in findings(project), "what reads like httpd's is judged"
    assert "worker.conf" in tlslint("effective", tmp_path / "apache").out, "a folder that was named itself still counts"


def test_debians_sites_are_known_by_name(tmp_path: Path) -> None:
    """`Apache/default-ssl` of a collection of configurations was silently passed over."""
    (tmp_path / "default-ssl").write_text(SITE)
    assert "default-ssl" in findings(tmp_path)
    (tmp_path / "default-ssl").unlink()
    (tmp_path / "Apache").mkdir()
    (tmp_path / "Apache" / "vhost.conf").write_text(SITE)
    assert "Apache/vhost.conf" in findings(tmp_path)


def test_a_port_that_may_be_plain_is_not_said_to_offer_suites(tmp_path: Path) -> None:
    """mods-enabled is not in the copy and may switch TLS on for port 81 as well: "localhost:81 offers finite-field DHE suites"."""
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "apache2.conf").write_text(f"{APACHE2}Listen 81\nListen 443\nSSLCipherSuite HIGH:!aNULL\n")
    (tmp_path / "sites-enabled" / "www.conf").write_text("<VirtualHost *:81>\nServerName plain.example.test\n</VirtualHost>\n" + SITE)
    said = findings(tmp_path)
    assert "www.example.test:443 offers" in said
    assert "plain.example.test" not in said


def test_a_hole_may_send_what_a_site_lacks(tmp_path: Path) -> None:
    """`conf-enabled` was left out, where many keep their HSTS line: "sends no Strict-Transport-Security"."""
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled" / "www.conf").write_text(SITE)
    (tmp_path / "apache2.conf").write_text(f"Listen 443\n{APACHE2.replace('Include ports.conf', 'IncludeOptional conf-enabled/*.conf')}")
    assert "hsts-missing" not in findings(tmp_path)
    (tmp_path / "conf-enabled").mkdir()
    (tmp_path / "conf-enabled" / "charset.conf").write_text("AddDefaultCharset utf-8\n")
    assert "hsts-missing" in findings(tmp_path), "mods-enabled is not there either: it holds modules and their own settings"


def test_a_server_root_elsewhere_leaves_the_copy_whole(tmp_path: Path) -> None:
    """Gentoo's ServerRoot is /usr/lib64/apache2: a folder missing from the copy "lies outside the scanned roots"."""
    folder = tmp_path / "etc" / "apache2"
    folder.mkdir(parents=True)
    (folder / "httpd.conf").write_text('ServerRoot "/usr/lib64/apache2"\nListen 80\nInclude /etc/apache2/modules.d/*.conf\n')
    assert "in this copy" in findings(tmp_path)
    assert "outside" not in findings(tmp_path)


def test_sites_of_a_folder_that_is_included_whole(tmp_path: Path) -> None:
    """`Include sites-enabled/`, as Debian had it for httpd 2.2: the sites of a copy without that folder were passed over."""
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "www").write_text(SITE)
    (tmp_path / "apache2.conf").write_text("Listen 443\nInclude /etc/apache2/sites-enabled/\n")
    assert "sites-available/www:4" in findings(tmp_path)


def test_a_site_whose_name_does_not_fit_is_told(tmp_path: Path) -> None:
    """Sites without `.conf` are not read since Debian 8: nothing was said of them, as if they were not there."""
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled" / "www").write_text(SITE)
    (tmp_path / "sites-enabled" / ".off.conf").write_text(SITE)
    (tmp_path / "sites-enabled" / "README").write_text("Put your sites here.\n")
    (tmp_path / "apache2.conf").write_text(f"Listen 443\n{APACHE2}")
    said = findings(tmp_path)
    assert "file-not-read: /etc/apache2/sites-enabled/www is not read: only names like *.conf are\n" in said
    (tmp_path / "apache2.conf").write_text(f"Listen 443\n{APACHE2}Include sites-enabled/www\n")
    assert "file-not-read" not in findings(tmp_path)


def test_what_other_programs_say_of_httpd_is_no_configuration_of_it(tmp_path: Path) -> None:
    """`effective` said of monit's and supervisor's apache2.conf that it starts."""
    others = {
        "etc/supervisor/conf.d/apache2.conf": "[program:apache2]\ncommand=/usr/sbin/apache2 -DFOREGROUND\n",
        "etc/monit/conf.d/apache2.conf": "check process apache with pidfile /run/apache2.pid\n  if failed port 443 then restart\n",
        "usr/lib/tmpfiles.d/httpd.conf": "d /run/httpd 710 root apache\n",
    }
    for name, text in others.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert tlslint("effective", tmp_path).out == ""
    slip = tmp_path / "httpd.conf"
    slip.write_text("SSLProtcol all\nsslciphersuite HIGH\n")
    assert "httpd.conf" in tlslint("effective", slip).out, "a slip of the pen is httpd's"


def test_files_by_the_names_that_dockerfiles_copy_them_from(tmp_path: Path) -> None:
    """ "Nothing to read" beside a Dockerfile: the image's own documentation calls its file `my-httpd.conf`."""
    for name in ("my-httpd.conf", "docker/vhost.conf", "apache.conf", "build/default-vhost.conf"):
        root = tmp_path / name.replace("/", "-")
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(SITE)
        assert f"{name}:4" in findings(root), name
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "vhost.conf").write_text("server {\n    listen 443 ssl;\n    ssl_protocols TLSv1;\n}\n")
    assert tlslint("effective", tmp_path / "nginx").out == ""


def test_a_file_that_is_read_later_overrides_on_purpose(tmp_path: Path) -> None:
    """What conf-enabled sets instead of the package's ssl.conf was a warning, "set again in the same place"."""
    text = "LoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nListen 443\nIncludeOptional mods-enabled/*.conf\n"
    (tmp_path / "apache2.conf").write_text(
        f"{text}IncludeOptional conf-enabled/*.conf\n<VirtualHost *:443>\nSSLEngine on\n# own\n</VirtualHost>\n"
    )
    for folder, line in (("mods-enabled", "SSLProtocol all -SSLv3\n"), ("conf-enabled", "SSLProtocol -all +TLSv1.2 +TLSv1.3\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ssl.conf").write_text(line)
    assert "mods-enabled/ssl.conf:1:13: info TLS802 setting-overridden" in (said := findings(tmp_path))
    assert "TLS811" not in said
    (tmp_path / "options.conf").write_text("SSLProtocol all\n")
    own = "SSLProtocol -all +TLSv1.3\nInclude options.conf\n"
    (tmp_path / "apache2.conf").write_text((tmp_path / "apache2.conf").read_text().replace("# own\n", own))
    assert "apache2.conf:8:13: warning TLS811 duplicate-setting" in findings(tmp_path), "within a virtual host it undoes what stands there"
    (tmp_path / "apache2.conf").write_text(f"SSLProtocol -all +TLSv1.3\n{text}")
    assert "apache2.conf:1:13: warning TLS811" in findings(tmp_path), "whoever wrote this into the root file expects it to count"


def test_mod_ssl_is_loaded_where_somebody_speaks_of_it(tmp_path: Path) -> None:
    """ISPConfig, Plesk, cPanel and Froxlor write `<IfModule mod_ssl.c>` into each virtual host: such a file alone was never judged."""
    (tmp_path / "sites-available").mkdir()
    inner = SITE.replace("SSLEngine on", "<IfModule mod_ssl.c>\nSSLEngine on").replace("</Virt", "</IfModule>\n</Virt")
    (tmp_path / "sites-available" / "www.vhost").write_text(inner.replace("all -TLSv1", "all"))
    assert "held-back-by-library" in findings(tmp_path)
    without = SITE.replace("SSLProtocol all -TLSv1", "<IfModule !mod_ssl.c>\nSSLProtocol all\n</IfModule>")
    (tmp_path / "sites-available" / "www.vhost").write_text(without)
    assert "held-back-by-library" not in findings(tmp_path)


def test_a_snippet_may_be_included_anywhere(tmp_path: Path) -> None:
    """`Include snippets/auth.conf` in a <Location>: every line was "not allowed outside <Directory>" when the snippet was found alone."""
    snippet = "AuthType Basic\nRequire valid-user\nSSLRequireSSL\n"
    for name in ("apache2/snippets/auth.conf", "apache2/conf-available/auth.conf"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(snippet)
    said = findings(tmp_path)
    assert "snippets/auth.conf" not in said
    assert said.count("TLS901") == 3, "what lies in conf-available is included outside all sections"
    (tmp_path / "apache2/snippets/auth.conf").write_text(f"Listen 80\n{snippet}")
    assert "snippets/auth.conf:2:1: error TLS901" in findings(tmp_path), "Listen can stand in no <Location>"


def test_a_letter_too_few_is_no_name_of_an_unseen_module(tmp_path: Path) -> None:
    """`SSLCompresion` in a virtual host alone: some module might know it, but none does. IBM's names are let be."""
    (tmp_path / "sites-available").mkdir()
    slip = SITE.replace("SSLEngine on", "SSLEngine on\nSSLCompresion off\nSSLCipherSpec ALL\nSSLProtocolDisable SSLv3\nSecRuleEngine On")
    (tmp_path / "sites-available" / "www.conf").write_text(slip)
    said = findings(tmp_path)
    assert "www.conf:4:1: error TLS901 [*] refused: httpd knows no SSLCompresion and does not start: did you mean SSLCompression?" in said
    assert said.count("TLS901") == 1
