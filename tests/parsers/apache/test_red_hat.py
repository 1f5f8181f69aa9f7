"""Red Hat's `PROFILE=SYSTEM` where nobody said which system this is."""

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
