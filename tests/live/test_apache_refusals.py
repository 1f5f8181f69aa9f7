"""Single lines that httpd takes or refuses: each is given to this machine's httpd, and `starts` must be predicted.

`|` stands for a line end, `$R` for the directory with certificates. Left out, because tlslint cannot know: what is in a private key,
which OpenSSL engines are installed, programs outside the scanned files.
"""

import pytest

from tests.live import test_apache_tls as httpd

pytestmark = httpd.pytestmark

INSIDE = r"""
SSLEngine On
SSLEngine yes
SSLEngine on # c
SSLEngine
SSLEngine "on"
SSLEngine "on" ""
SSLProtocol
SSLProtocol ""
SSLProtocol all ""
SSLProtocol all # x
SSLProtocol TLSv1.2, TLSv1.3
SSLProtocol -SSLv2
SSLProtocol SSLv2
SSLProtocol +SSLv2
SSLProtocol SSLv3
SSLProtocol - all
SSLProtocol + TLSv1.2
SSLProtocol all -SSLv3 -tlsv1
SSLProtocol DTLSv1.2
SSLCipherSuite
SSLCipherSuite ""
SSLCipherSuite HIGH !aNULL
SSLCipherSuite SSL
SSLCipherSuite TLSv1.3
SSLCipherSuite TLSv1.3 ""
SSLCipherSuite TLSv1.3 TLS_FOO
SSLCipherSuite TLSv1.3 TLS_FOO:TLS_AES_128_GCM_SHA256
SSLCipherSuite TLSv1.3 HIGH
SSLCipherSuite TLSv1.2 HIGH
SSLCipherSuite ssl HIGH
SSLCipherSuite tlsv1.3 TLS_AES_128_GCM_SHA256
SSLCipherSuite "HIGH !aNULL"
SSLCipherSuite 'HIGH:!aNULL'
SSLCipherSuite PROFILE=SYSTEM
SSLCipherSuite FOO
SSLCipherSuite FOO:HIGH
SSLCipherSuite aNULL
SSLCipherSuite NULL
SSLCipherSuite EXP
SSLCipherSuite RC4
SSLCipherSuite @SECLEVEL=0
SSLCipherSuite @SECLEVEL=2:HIGH
SSLCipherSuite HIGH@SECLEVEL=6
SSLCipherSuite HIGH:@FOO
SSLCipherSuite HIGH:@STRENGTH
SSLCipherSuite SUITEB128
SSLCipherSuite DEFAULT@SECLEVEL=0
SSLCipherSuite HIGH a b
SSLCipherSuite HIGH #
SSLHonorCipherOrder on
SSLHonorCipherOrder 1
SSLHonorCipherOrder yes
SSLHonorCipherOrder
SSLHonorCipherOrder ON x
SSLCompression off
SSLCompression on
SSLCompression maybe
SSLSessionTickets Off
SSLInsecureRenegotiation on
SSLUseStapling on
SSLUseStapling off
SSLStaplingCache shmcb:$R/ocsp(128000)
SSLSessionCache none
SSLStaplingReturnResponderErrors off
SSLStaplingErrorCacheTimeout 60
SSLStaplingResponderTimeout x
SSLVerifyClient none
SSLVerifyClient OPTIONAL
SSLVerifyClient require
SSLVerifyClient maybe
SSLVerifyClient on
SSLVerifyDepth 3
SSLVerifyDepth -1
SSLVerifyDepth x
SSLVerifyDepth 1 2
SSLCACertificateFile $R/a-rsa.pem
SSLCACertificateFile $R/none.pem
SSLCACertificateFile $R/text.pem
SSLCACertificateFile $R/htdocs
SSLCACertificatePath $R/htdocs
SSLCACertificatePath $R/none
SSLCACertificatePath $R/a-rsa.pem
SSLCADNRequestFile $R/a-rsa.pem
SSLCADNRequestFile $R/text.pem
SSLCARevocationCheck chain
SSLCARevocationCheck none
SSLCARevocationCheck leaf no_crl_for_cert_ok
SSLCARevocationCheck all
SSLCARevocationFile $R/text.pem
SSLCARevocationFile $R/none.pem
SSLCARevocationPath $R/htdocs
SSLOCSPEnable on
SSLOCSPEnable leaf
SSLOCSPEnable yes
SSLOCSPEnable on no_ocsp_for_cert_ok
SSLOptions +StdEnvVars
SSLOptions StdEnvVars -ExportCertData
SSLOptions +Foo
SSLOptions
SSLOptions all
SSLCertificateFile $R/none.pem
SSLCertificateFile $R/empty.pem
SSLCertificateFile $R/text.pem
SSLCertificateFile $R/htdocs
SSLCertificateFile $R/a-rsa.key
SSLCertificateFile a-rsa.pem
SSLCertificateFile
SSLCertificateKeyFile $R/none.key
SSLCertificateKeyFile $R/empty.pem
SSLCertificateKeyFile $R/text.pem
SSLCertificateChainFile $R/a-rsa.pem
SSLCertificateChainFile $R/none.pem
SSLCertificateChainFile $R/text.pem
SSLOpenSSLConfCmd Foo bar
SSLOpenSSLConfCmd Options
SSLOpenSSLConfCmd Options foo
SSLOpenSSLConfCmd Options -Compression,SessionTicket
SSLOpenSSLConfCmd options bugs
SSLOpenSSLConfCmd Protocol foo
SSLOpenSSLConfCmd Protocol "-ALL, TLSv1.2"
SSLOpenSSLConfCmd Protocol "-ALL TLSv1.2"
SSLOpenSSLConfCmd Protocol -ALL
SSLOpenSSLConfCmd MinProtocol tlsv1.2
SSLOpenSSLConfCmd MinProtocol TLSv1.0
SSLOpenSSLConfCmd minprotocol TLSv1.2
SSLOpenSSLConfCmd MaxProtocol TLSv1.4
SSLOpenSSLConfCmd CipherString foo
SSLOpenSSLConfCmd CipherString HIGH:@SECLEVEL=9
SSLOpenSSLConfCmd Ciphersuites foo
SSLOpenSSLConfCmd Ciphersuites TLS_AES_128_GCM_SHA256:foo
SSLOpenSSLConfCmd Groups P-999
SSLOpenSSLConfCmd Groups P-256:P-256
SSLOpenSSLConfCmd Groups p-256
SSLOpenSSLConfCmd Curves auto
SSLOpenSSLConfCmd Curves X25519:prime256v1
SSLOpenSSLConfCmd ECDHParameters automatic
SSLOpenSSLConfCmd ECDHParameters auto
SSLOpenSSLConfCmd ECDHParameters P-256:P-384
SSLOpenSSLConfCmd DHParameters $R/none.pem
SSLOpenSSLConfCmd DHParameters $R/text.pem
SSLOpenSSLConfCmd DHParameters $R/a-rsa.pem
SSLOpenSSLConfCmd Certificate $R/b-ec.pem
SSLOpenSSLConfCmd PrivateKey $R/a-rsa.key
SSLOpenSSLConfCmd SignatureAlgorithms foo
SSLOpenSSLConfCmd SignatureAlgorithms rsa+sha256
SSLOpenSSLConfCmd SignatureAlgorithms RSA+SHA256:RSA+SHA256
SSLOpenSSLConfCmd SignatureAlgorithms rsa_pss_rsae_sha256
SSLOpenSSLConfCmd SignatureAlgorithms RSA_PSS_RSAE_SHA256
SSLOpenSSLConfCmd SignatureAlgorithms foo_bar
SSLOpenSSLConfCmd SignatureAlgorithms ed25519:ECDSA+SHA384
SSLOpenSSLConfCmd SignatureAlgorithms PSS+SHA256
SSLOpenSSLConfCmd ClientSignatureAlgorithms foo
SSLOpenSSLConfCmd VerifyMode Peer
SSLOpenSSLConfCmd VerifyMode Request
SSLOpenSSLConfCmd VerifyMode foo
SSLOpenSSLConfCmd NumTickets 0
SSLOpenSSLConfCmd NumTickets -1
SSLOpenSSLConfCmd NumTickets x
SSLOpenSSLConfCmd RecordPadding 20000
SSLOpenSSLConfCmd Strict on
SSLOpenSSLConfCmd ClientCAFile $R/text.pem
SSLOpenSSLConfCmd VerifyCAFile $R/none.pem
SSLOpenSSLConfCmd VerifyCAPath $R/none
SSLOpenSSLConfCmd ChainCAFile $R/a-rsa.pem
SSLOpenSSLConfCmd RequestCAFile $R/a-rsa.pem
SSLOpenSSLConfCmd RequestCAFile $R/text.pem
SSLProxyEngine on
SSLProxyProtocol -SSLv3
SSLProxyProtocol foo
SSLProxyCipherSuite FOO
SSLProxyVerify require
SSLProxyVerify x
SSLProxyCheckPeerCN maybe
SSLProxyMachineCertificateFile $R/a-rsa.pem
SSLProxyCACertificateFile $R/none.pem
SSLRequireSSL
SSLRequire %{SSL_CIPHER} eq "x"
SSLUserName SSL_CLIENT_S_DN_CN
SSLRenegBufferSize 1000
SSLStrictSNIVHostCheck on
SSLVHostSNIPolicy strict
SSLFIPS on
SSLFIPS off
SSLMutex default
SSLPolicy modern
SSLLogLevel warn
SSLCryptoDevice builtin
SSLPassPhraseDialog builtin
SSLRandomSeed startup builtin
SSLSessionCacheTimeout 300
SSLSessionCacheTimeout -5
SSLSessionCacheTimeout x
SSLSessionTicketKeyFile $R/text.pem
SSLSessionTicketKeyFile $R/none
SSLSRPUnknownUserSeed x
Listen 9
ServerName
ServerName a b
ServerName a.test:0
ServerName a.test:99999
ServerName http://a.test:80
ServerName a_b.test
ServerName *.a.test
ServerName a.test,b.test
ServerName "a b.test"
ServerName a.test:x
ServerName a.test:80x
ServerAlias
ServerAlias a,b
ServerAlias *.x.test y
Header set X y
ProxyPass /x https://b.test/
ProxyPass
NameVirtualHost *:443
Protocols h2 http/1.1
Protocol
UnknownThing x
<Directory /tmp>|SSLProtocol all|</Directory>
<Directory /tmp>|SSLCipherSuite HIGH|SSLVerifyClient require|SSLRequireSSL|SSLOptions +StdEnvVars|</Directory>
<Location /x>|SSLProxyEngine on|</Location>
<Location /x>|SSLVerifyClient maybe|</Location>
<Proxy https://b.test/>|SSLProxyEngine on|SSLProxyVerify none|</Proxy>
<Proxy https://b.test/>|SSLProtocol all|</Proxy>
<If "true">|SSLRequireSSL|</If>
<If "true">|SSLProtocol all|</If>
<Files x>|SSLCipherSuite HIGH|</Files>
<Limit GET>|Require all granted|</Limit>
<VirtualHost *:1>|</VirtualHost>
<Directory /tmp>|<VirtualHost *:1>|</VirtualHost>|</Directory>
<Directory>|</Directory>
<Directory /tmp|</Directory>
<Foo x>|</Foo>
<IfModule ssl_module>|SSLFoo|</IfModule>
<IfModule !ssl_module>|SSLFoo|</IfModule>
<Directory /tmp>|SSLCompression off|</Directory>
<Location /x>|Listen 99|</Location>
<Directory /tmp>|ServerName x|</Directory>
SSLEngine off|SSLProtocol -SSLv3
SSLEngine off|SSLCipherSuite FOO
SSLEngine off|SSLOpenSSLConfCmd Protocol foo
SSLEngine off|SSLUseStapling on
SSLEngine off|SSLCertificateFile $R/text.pem
SSLEngine optional|SSLCipherSuite FOO
""".strip().split("\n")
"""Lines of a virtual host with TLS."""

OUTSIDE = r"""
SSLSessionCache shmcb:$R/cache(512000)
SSLSessionCache shmcb:$R/cache(512)
SSLSessionCache shmcb:$R/cache
SSLSessionCache shmcb
SSLSessionCache shm:$R/cache(512000)
SSLSessionCache dbm:$R/cache
SSLSessionCache memcache:localhost:11211
SSLSessionCache nonenotnull
SSLSessionCache NONE
SSLSessionCache foo
SSLSessionCache shmcb:$R/cache(x)
SSLSessionCache shmcb:$R/cache(512000
SSLStaplingCache none
SSLStaplingCache shmcb:$R/cache(128000)
SSLStaplingCache foo:x
SSLRandomSeed startup file:/dev/urandom 512
SSLRandomSeed x y
SSLRandomSeed startup
SSLPassPhraseDialog exec:/bin/true
SSLPassPhraseDialog |/bin/true
SSLPassPhraseDialog foo
SSLFIPS on
SSLMutex file:x
SSLVHostSNIPolicy foo
SSLVHostSNIPolicy AuthOnly
<VirtualHost>|</VirtualHost>
<VirtualHost *:443 # x>|</VirtualHost>
<VirtualHost *:443> # x|</VirtualHost>
<VirtualHost *:https>|</VirtualHost>
<VirtualHost :443>|</VirtualHost>
<VirtualHost 443>|</VirtualHost>
<VirtualHost *:0>|</VirtualHost>
<VirtualHost *:70000>|</VirtualHost>
<VirtualHost [::1]>|</VirtualHost>
<VirtualHost [::1>|</VirtualHost>
<VirtualHost ::1>|</VirtualHost>
<VirtualHost [fe80::1%lo]:443>|</VirtualHost>
<VirtualHost nosuch.invalid:443>|</VirtualHost>
<VirtualHost *:443|</VirtualHost>
<VirtualHost *:443,*:80>|</VirtualHost>
<VirtualHost *:443>|<VirtualHost *:1>|</VirtualHost>|</VirtualHost>
<VirtualHost _DEFAULT_:443>|</VirtualHost>
<VirtualHost "*:443">|</VirtualHost>
Listen
Listen 0
Listen 70000
Listen x
Listen :9
Listen 9 https extra
Listen *
Listen 127.0.0.1
Listen [::1
Listen 127.0.0.1:65535 HTTPS
Listen 127.0.0.1:65534 options=multi
Port 80
User nobody
<Location />|SSLEngine on|</Location>
<Directory /tmp>|SSLSessionCache none|</Directory>
SSLEngine on
SSLUseStapling on
SSLProxyEngine on|SSLProxyProtocol -SSLv3
SSLProxyEngine on|SSLProxyCipherSuite FOO
SSLProxyEngine on|SSLProxyMachineCertificateFile $R/a-rsa.pem
SSLProxyEngine on|SSLProxyCARevocationCheck chain
SSLProxyEngine on|SSLProxyCACertificateFile $R/text.pem
<Proxy https://b.test/>|SSLProxyEngine on|SSLProxyCipherSuite FOO|</Proxy>
<Proxy https://b.test/>|SSLProxyProtocol -SSLv3|SSLProxyEngine on|</Proxy>
MDomain a.test
""".strip().split("\n")
"""Lines of the main server."""


class Bench:
    """One directory with certificates, one configuration after another."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self.root = httpd.new_root(factory)
        first, second = httpd.free_ports(2)
        self.ports = (first, second)

    def agrees(self, text: str) -> tuple[bool, bool]:
        """(predicted, seen)."""
        for name in ("error.log", "pid"):
            (self.root / name).unlink(missing_ok=True)
        text = httpd.expanded(text, self.root, self.ports)
        httpd.write(self.root, text)
        starts = httpd.predict(self.root).starts
        assert starts.is_known
        process, _ = httpd.start(self.root, text)
        if process is not None:
            httpd.stop(process)
        return starts.surely, process is not None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory)


@pytest.mark.parametrize("line", INSIDE)
def test_line_of_a_virtual_host(bench: Bench, line: str) -> None:
    engine = "" if line.startswith("SSLEngine") else "SSLEngine on\n"
    certificate = "" if line == "SSLEngine" else "$C(a-rsa)"
    lines = line.replace("|", "\n")
    text = f"Listen 127.0.0.1:$P\n<VirtualHost 127.0.0.1:$P>\nServerName a.test\n{engine}{certificate}{lines}\n</VirtualHost>"
    predicted, seen = bench.agrees(text)
    assert predicted == seen


@pytest.mark.parametrize("line", OUTSIDE)
def test_line_of_the_main_server(bench: Bench, line: str) -> None:
    host = "<VirtualHost 127.0.0.1:$P>\nServerName a.test\nSSLEngine on\n$C(a-rsa)</VirtualHost>"
    lines = line.replace("|", "\n")
    predicted, seen = bench.agrees(f"Listen 127.0.0.1:$P\n{lines}\n{host}")
    assert predicted == seen
