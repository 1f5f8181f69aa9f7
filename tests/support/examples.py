"""Put a rule's example text where it belongs and let the real parser, engine and rules look at it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tlslint.checks.registry import Entry
from tlslint.checks.rule import Example
from tlslint.engine.discover import discover
from tlslint.engine.run import Result, run, selection
from tlslint.profiles import load as load_profile
from tlslint.targets import combined

from tests.support import pki
from tests.support.world import NOW, dh_parameters

MARKS = re.compile("[«»]")
NOW_WRITTEN = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
"""When the certificates of examples are looked at."""

HTTPD = """ServerRoot /etc/apache2
{modules}
ServerName host.example.test
Listen 443
{server}
<VirtualHost *:443>
ServerName www.example.test
SSLEngine on
SSLCertificateFile /etc/ssl/certs/www.pem
SSLCertificateKeyFile /etc/ssl/private/www.key
{text}
</VirtualHost>
{beside}
"""
PORT_80 = "<VirtualHost *:80>\nServerName www.example.test\n{text}\n</VirtualHost>"
HTTPD_MODULES = ("mpm_event", "authz_core", "alias", "env", "setenvif", "headers", "rewrite", "socache_shmcb", "ssl")


def httpd(text: str, server: str = "", beside: str = "", modules: Sequence[str] = ()) -> str:
    """An apache2.conf with `text` in a virtual host with TLS, `server` above it and `beside` below."""
    load = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in (*HTTPD_MODULES, *modules))
    return HTTPD.format(modules=load, text=text, server=server, beside=beside)


MAIN_CF = """compatibility_level = 3.6
myhostname = mx.example.test
smtpd_tls_cert_file = /etc/ssl/private/mx.pem
{text}
"""
MASTER_CF = """{listener}
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - y 1000? 1 tlsmgr
rewrite unix - - y - - trivial-rewrite
smtp unix - - y - - smtp
"""
SLAPD_CONF = """include /etc/ldap/schema/core.schema
pidfile /run/slapd/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload back_ldap
{certificate}
{text}
database mdb
suffix "dc=example,dc=test"
rootdn "cn=admin,dc=example,dc=test"
rootpw secret
{database}
"""
SLAPD_CERTIFICATE = "TLSCertificateFile /etc/ldap/ldap.pem\nTLSCertificateKeyFile /etc/ldap/ldap.key"
DOVECOT_CONF = """protocols = imap
ssl_cert = </etc/dovecot/private/mail.pem
ssl_key = </etc/dovecot/private/mail.key
{text}
"""
DOVECOT_24_CONF = """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
ssl_server_cert_file = /etc/dovecot/private/mail.pem
ssl_server_key_file = /etc/dovecot/private/mail.key
{text}
"""
COURIER = {
    "imapd": "ADDRESS=0\nPORT=143\n",
    "imapd-ssl": "SSLPORT=993\nSSLADDRESS=0\nIMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1\nCOURIERTLS=/usr/bin/couriertls\n"
    "TLS_CERTFILE=/etc/courier/imapd.pem\nTLS_VERIFYPEER=NONE\n",
    "pop3d": "ADDRESS=0\nPORT=110\n",
    "pop3d-ssl": "SSLPORT=995\nSSLADDRESS=0\nPOP3_STARTTLS=YES\nPOP3_TLS_REQUIRED=1\nCOURIERTLS=/usr/bin/couriertls\n"
    "TLS_CERTFILE=/etc/courier/imapd.pem\nTLS_VERIFYPEER=NONE\n",
    "esmtpd": "ADDRESS=0\nPORT=smtp\nCOURIERTLS=/usr/bin/couriertls\nTLS_CERTFILE=/etc/courier/imapd.pem\nTLS_VERIFYPEER=NONE\n",
    "courierd": "COURIERTLS=/usr/bin/couriertls\n",
}
"""What stands before an example's text in each of Courier's files; what goes with them is laid beside."""
SERVICES = 'SLAPD_CONF=\nSLAPD_SERVICES="{urls}"\n'
LISTENERS = {
    "smtp": "smtp inet n - y - - smtpd",
    "submission": "submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt",
}


def lay(example: Example, root: Path) -> Path:
    """Write the example below `root`; returns the file its text is in."""
    settings = dict(example.settings)
    text = MARKS.sub("", example.text)
    if example.service == "httpd":
        beside = settings.get("beside", "")
        if settings.get("place") == "port 80":
            text, beside = "", PORT_80.format(text=text)
        server = settings.get("server", "") + ("\nListen 80" if "*:80>" in beside else "")
        said = httpd(text, server, beside, settings.get("modules", "").split())
        return _written(root, "etc/apache2/apache2.conf", said, "etc/ssl/certs/www.pem", "etc/ssl/private/www.key", settings)
    if example.service == "postfix":
        certificate_at, key_at = "etc/ssl/private/mx.pem", "etc/ssl/private/mx.pem"
        in_master = settings.get("place") == "master.cf"
        overrides = "smtpd_tls_security_level" in text and settings.get("service") == "submission"
        if "dh_bits" in settings:
            (root / "etc/ssl").mkdir(parents=True)
            (root / "etc/ssl/dh.pem").write_bytes(dh_parameters(int(settings["dh_bits"])))
        listener = text if in_master else settings.get("listener") or LISTENERS["smtp" if overrides else settings.get("service", "smtp")]
        listener = listener.replace("smtp inet", "submission inet") if overrides else listener
        main = _written(root, "etc/postfix/main.cf", MAIN_CF.format(text="" if in_master else text), certificate_at, key_at, settings)
        master = _written(root, "etc/postfix/master.cf", MASTER_CF.format(listener=listener), certificate_at, key_at, settings)
        return master if in_master else main
    if example.service == "slapd":
        return _slapd(root, text, settings)
    if example.service == "dovecot":
        text = (DOVECOT_24_CONF if settings.get("target") == "debian-13" else DOVECOT_CONF).format(text=text)
        return _written(root, "etc/dovecot/dovecot.conf", text, "etc/dovecot/private/mail.pem", "etc/dovecot/private/mail.key", settings)
    if example.service == "courier":
        return _courier(root, text, settings)
    if example.service == "ldap-client":
        place = settings.get("place", "ldap/ldap.conf")
        return _written(root, f"etc/{place}", text + "\n", "etc/ldap/ldap.pem", "etc/ldap/ldap.key", settings)
    raise ValueError(f"no recipe for an example of {example.service}")


def _courier(root: Path, text: str, settings: dict[str, str]) -> Path:
    """One of Courier's files with the text at its end, and the files it goes with."""
    at = ("etc/courier/imapd.pem", "etc/courier/imapd.pem")
    place = settings.get("place", "imapd-ssl")
    for name in {"pop3d-ssl": ("pop3d",), "esmtpd": (), "courierd": ("esmtpd",)}.get(place, ("imapd", "imapd-ssl")):
        _written(root, f"etc/courier/{name}", COURIER[name], *at, settings)
    return _written(root, f"etc/courier/{place}", COURIER[place] + text + "\n", *at, settings)


def _slapd(root: Path, text: str, settings: dict[str, str]) -> Path:
    """slapd.conf (before the database, or with `place=database` in it), or LDIF with `place=ldif`."""
    at = ("etc/ldap/ldap.pem", "etc/ldap/ldap.key")
    _written(root, "etc/default/slapd", SERVICES.format(urls=settings.get("urls", "ldap:/// ldaps:///")), *at, settings)
    if settings.get("place") == "ldif":
        return _written(root, "etc/ldap/change.ldif", text + "\n", *at, settings)
    inside = settings.get("place") == "database"
    certificate = "" if "TLSCertificateFile" in text or settings.get("certificate") == "none" else SLAPD_CERTIFICATE
    said = SLAPD_CONF.format(certificate=certificate, text="" if inside else text, database=text if inside else "")
    return _written(root, "etc/ldap/slapd.conf", said, *at, settings)


def _written(root: Path, name: str, text: str, certificate_at: str, key_at: str, settings: dict[str, str]) -> Path:
    """The text, and beside it a certificate (`certificate` names a recipe of tests/support/pki.py) and its key (`key_mode`: octal)."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    recipe = settings.get("certificate", "")
    key, leaf = pki.made(recipe if recipe in pki.RECIPES else "usual")
    for place in {certificate_at, key_at}:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
    if certificate_at == key_at:
        (root / key_at).write_bytes(key + leaf)
    else:
        (root / key_at).write_bytes(key)
        (root / certificate_at).write_bytes(leaf)
    (root / key_at).chmod(int(settings.get("key_mode", "600"), 8))
    (root / key_at).parent.chmod(int(settings.get("key_folder_mode", "755"), 8))
    return path


def findings(entry: Entry, example: Example, root: Path) -> tuple[Result, Path]:
    """What the one rule says about the example."""
    path = lay(example, root)
    settings: dict[str, Any] = dict(example.settings)
    found = discover([str(root / "etc")], root=str(root))
    profiles = [load_profile(settings.get("profile", "mozilla-intermediate"))]
    return run(found, combined(settings.get("target", "debian-12").split(), None), selection([entry.code], []), profiles, NOW_WRITTEN), path


def marked(example: Example, written: str) -> list[tuple[int, int]]:
    """Byte offsets in the written file of what the example marks."""
    start = len(written[: written.index(MARKS.sub("", example.text))].encode())
    places = []
    for found in re.finditer("«([^»]*)»", example.text):
        before = start + len(MARKS.sub("", example.text[: found.start()]).encode())
        places.append((before, before + len(found[1].encode())))
    return places
