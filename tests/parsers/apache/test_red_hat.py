"""Words for a distribution's own list, Red Hat's `PROFILE=SYSTEM` and SUSE's `DEFAULT_SUSE`, and who knows them."""

import json
from pathlib import Path

from tests.support.cli import tlslint

SSL_CONF = """ServerName x
LoadModule ssl_module modules/mod_ssl.so
Listen 443 https
<VirtualHost _default_:443>
SSLEngine on
SSLCipherSuite PROFILE=SYSTEM
SSLCertificateFile /etc/pki/tls/certs/localhost.crt
</VirtualHost>
"""


def endpoint(root: Path, *arguments: str) -> dict[str, object]:
    document = json.loads(tlslint("effective", "--output-format", "json", *arguments, root).out)
    (instance,) = document["instances"]
    found: dict[str, object] = instance["endpoints"][0]
    return {**found, "starts": instance["starts"]}


def lay(root: Path) -> Path:
    (root / "etc" / "httpd" / "conf").mkdir(parents=True)
    (root / "etc" / "httpd" / "conf" / "httpd.conf").write_text(SSL_CONF)
    return root


def test_the_systems_policy_is_unknown_and_nothing_is_reported(tmp_path: Path) -> None:
    """A false positive once: judged as Debian's, whose OpenSSL refuses the word, every Red Hat server "did not start"."""
    lay(tmp_path)
    found = endpoint(tmp_path)
    assert found["starts"] is True
    assert "unknown" in str(found["cipher_suites"])
    assert tlslint(tmp_path, "--fail-on", "info", "--ignore", "hsts-missing").code == 0


def test_a_policy_in_the_scanned_root_is_read(tmp_path: Path) -> None:
    lay(tmp_path)
    policy = tmp_path / "etc" / "crypto-policies" / "back-ends"
    policy.mkdir(parents=True)
    (policy / "openssl.config").write_text("ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=2")
    suites = endpoint(tmp_path)["cipher_suites"]
    assert isinstance(suites, list)
    assert suites[3:] == ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]


def test_debian_named_as_the_target_refuses_the_word(tmp_path: Path) -> None:
    lay(tmp_path)
    assert endpoint(tmp_path, "--target", "debian-12")["starts"] is False


def test_a_reverse_proxy_may_use_the_policy_as_well(tmp_path: Path) -> None:
    """A false positive once: conf.d/ssl.conf of Red Hat with an SSLProxyEngine on "did not start"."""
    lay(tmp_path)
    conf = tmp_path / "etc" / "httpd" / "conf" / "httpd.conf"
    proxy = "SSLProxyEngine on\nSSLProxyCipherSuite PROFILE=SYSTEM\nProxyPass / https://backend.example.test/\n</VirtualHost>"
    conf.write_text(f"LoadModule proxy_module x.so\n{SSL_CONF}".replace("</VirtualHost>", proxy))
    document = json.loads(tlslint("effective", "--output-format", "json", tmp_path).out)
    (instance,) = document["instances"]
    assert instance["starts"] is True
    client = instance["endpoints"][-1]
    assert (client["role"], "PROFILE=SYSTEM" in str(client["cipher_suites"])) == ("client", True)
    refused = json.loads(tlslint("effective", "--output-format", "json", "--target", "debian-12", tmp_path).out)
    assert refused["instances"][0]["starts"] is False


def test_suse_knows_a_list_of_its_own(tmp_path: Path) -> None:
    """A false positive once: with SUSE's ssl-global.conf "no TLS version is left"."""
    conf = lay(tmp_path) / "etc" / "httpd" / "conf" / "httpd.conf"
    conf.write_text(SSL_CONF.replace("PROFILE=SYSTEM", "DEFAULT_SUSE"))
    for target in ((), ("--target", "suse-15.6")):
        found = endpoint(tmp_path, *target)
        assert "SUSE compiles" in str(found["cipher_suites"])
        assert tlslint(tmp_path, *target, "--fail-on", "info", "--ignore", "hsts-missing").code == 0
    conf.write_text(SSL_CONF)
    assert "crypto policy" in str(endpoint(tmp_path, "--target", "suse-15.6")["cipher_suites"])
    conf.write_text(SSL_CONF.replace("PROFILE=SYSTEM", "DEFAULT_SUSE"))
    refused = endpoint(tmp_path, "--target", "debian-12")
    assert refused["starts"] is False
