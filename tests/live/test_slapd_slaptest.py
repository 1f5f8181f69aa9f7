"""slaptest, slapadd and slapcat of Debian 12 against the readers: taken or refused, and the values that come of it.

Generated slapd.conf files, LDIF files and trees edited by hand, and every slapd configuration of the corpus.
"""

import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tlslint.files import FileProblem, Files
from tlslint.parsers.openldap import arguments, cnconfig, modules, slapdconf
from tlslint.parsers.openldap.configuration import Configuration
from tlslint.parsers.openldap.slapdconf import Build

from tests.support import corpus

CORPUS = corpus.FOLDER / "openldap"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("slaptest") is None, reason="slapd is not installed"),
]
BUILD = Build("2.5.13", True, modules.of_debian("2.5.13"))
HEAD = "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"

LINES = r"""
TLSProtocolMin 3.3|TLSProtocolMin 1.2|TLSProtocolMin "3.4"|TLSProtocolMin TLSv1.2|TLSProtocolMin 3.3.1|TLSProtocolMin 771|TLSProtocolMin 3.
TLSProtocolMin 256|TLSProtocolMin -1|TLSProtocolMin +3.3|TLSProtocolMin|TLSProtocolMin ""|TLSProtocolMin 3.3 # c|TLSPROTOCOLMIN 3.2
TLSProtocolMin 3\.4|TLSProtocolMin 0|TLSVerifyClient never|TLSVerifyClient Demand|TLSVerifyClient 2|TLSVerifyClient 4|TLSVerifyClient 5
TLSVerifyClient required|TLSVerifyClient off|TLSVerifyClient yes|TLSVerifyClient 03|TLSVerifyClient 1x|TLSVerifyClient ""
TLSCipherSuite NORMAL|TLSCipherSuite HIGH:MEDIUM|TLSCipherSuite "NORMAL:-VERS-ALL +X"|TLSCipherSuite NORMAL foo|TLSCipherSuite
TLSCipherSuite ""|TLSCertificateFile /x/y.pem|TLSCertificateFile "/x/y z.pem"|TLSCertificateFile /x/y z.pem|TLSCertificateKeyFile /k
TLSCertFile /x|TLSCACertificateFile /ca|TLSCACertificatePath /etc/ssl/certs|TLSCACertificateDir /x|TLSProtocolMax 3.3|TLSCRLCheck peer
TLSCRLCheck foo|TLSCRLFile /nope|TLSDHParamFile /dh|TLSECName secp384r1|TLSRandFile /dev/urandom|TLS_REQCERT never|TLSCiphers HIGH
security ssf=128|security tls=1|security simple_bind=128 update_ssf=1|security ssf = 128|security minssf=1|security SSF=128|security ssf=abc
security ssf=|security|security tls=-1|security ssf=0x10|Security tls=1|security sasl=56 transport=1|security ssf=+5|security " ssf=5"
disallow bind_anon|disallow bind_simple|disallow starttls|disallows bind_anon tls_2_anon|disallow tls_authc|disallow|disallowed bind_anon
require authc|require none|require LDAPv3 bind|require strong|require foo|require authc none|requires sasl|restrict bind|restrict foo
restrict extended=1.3.6.1.4.1.1466.20037|restrict read write|localSSF 128|localSSF abc|localssf 0x80|localSSF|localSSF 071|localSSF 08
# comment\n TLSProtocolMin 3.4|# comment \\nTLSProtocolMin 3.4|\n TLSProtocolMin 3.4|TLSProtocolMin \\n3.4|TLSProtocolMin\n 3.4
TLSProtocolMin 3.4\n TLSVerifyClient never|TLSProtocolMin 3.4\r|\tTLSProtocolMin 3.3|   |\n   |\n \n|; foo|TLSProtocolMin "3.4
TLSCertificateFile '/x'|  # indented comment|\n  # indented comment|TLSProtocolMin=3.3|include|include /nonexistent|loglevel stats
loglevel foo|sizelimit 500|sizelimit unlimited|sizelimit foo|threads 8|threads x|idletimeout 30|idletimeout -5|pidfile /x|argsfile a b
allow bind_v2|allow foo|serverID 1|serverID x|gentlehup on|gentlehup maybe|reverse-lookup on|sasl-secprops noplain|sasl-host a
writetimeout 5|conn_max_pending 10|password-hash {SSHA}|password-hash {FOO}|TLSCACertificateFile /etc/ssl/certs/ca-certificates.crt \
tool-threads 2|index_intlen 4|moduleload back_ldap|moduleload back_hdb|moduleload syncprov|moduleload /usr/lib/ldap/ppolicy.la
overlay syncprov|rootdn cn=x|suffix dc=x|backend mdb|backend hdb|maxFilterDepth 10|logfile-only on|TLS Certificate|olcTLSProtocolMin 3.3
TLSProtocolMin\t3.3\t|TLSVerifyClient\ttry   |"TLSProtocolMin" 3.3|TLSProtocolMin 3.3\0foo|TLSProtocolMin 3.4\|monitoring on|lastmod off
"""
INSIDE = r"""
suffix "dc=x"|rootdn "cn=a,dc=x"|rootpw secret|directory /var/lib/ldap|security ssf=128|security simple_bind=0|TLSProtocolMin 3.3
TLSProtocolMin bad|require authc|restrict bind|disallow bind_anon|index objectClass eq|maxsize 1000|maxsize x|readonly on|readonly maybe
access to * by * read|limits * size=5|lastmod off|mirrormode on|overlay syncprov|syncprov-checkpoint 1 2|monitoring off|cachesize 1000
dbnosync|checkpoint 512 30|searchstack 8|envflags nosync|maxreaders 5|uri ldap://x|localSSF 5|TLSCertificateFile /x|hidden on|sizelimit 5
"""
ATTRIBUTES = r"""
olcTLSProtocolMin: 3.3|olcTLSProtocolMin: TLSv1.2|olcTLSProtocolMin: "3.4"|olcTLSProtocolMin: 3.4 # c|OLCtlsPROTOCOLmin: 3.2
olcTLSProtocolMin:: My4z|olcTLSProtocolMin: 3.\n 4|olcTLSProtocolMin:3.3|olcTLSProtocolMin:   3.3  |olcTLSVerifyClient: demand
olcTLSVerifyClient: required|olcTLSVerifyClient: 2|olcTLSVerifyClient: Try|olcTLSCipherSuite: NORMAL|olcTLSCipherSuite: A B
olcTLSCipherSuite: NORMAL:-VERS-ALL\n :+VERS-TLS1.2|olcTLSCipherSuite: "A B"|olcTLSCipherSuite:|olcTLSCipherSuite:: !!
olcTLSCertificateFile: /x|olcTLSCertificateKeyFile: "/x y"|olcTLSCertFile: /x|olcTLSProtocolMax: 3.3|olcTLSCRLCheck: foo
olcTLSCRLFile: /nope|olcTLSECName: x|olcTLSDHParamFile: /x|olcLocalSSF: 128|olcLocalSSF: abc|olcSecurity: tls=1|olcSecurity: tls=1 ssf=1
olcSecurity: ssf = 1|olcSecurity: foo=1|olcDisallows: bind_anon|olcDisallows: starttls|olcRequires: authc|olcRequires: foo
olcRestrict: bind|olcLogLevel: none|olcIdleTimeout: 5|olcIdleTimeout: x|# comment|# comment\n folded|description: x|olcFoo: 1|nonsense
olcTLSCertificateFile;binary: /x|olcSizeLimit: 500|olcTimeLimit: x|olcThreads: 8|olcReadOnly: TRUE|olcReadOnly: maybe
\tolcTLSProtocolMin: 3.3
"""
IN_DATABASE = r"""
olcSecurity: simple_bind=1|olcSecurity: foo|olcReadOnly: FALSE|olcRestrict: bind|olcLimits: * size=1|olcDbMaxSize: 100|olcDbMaxSize: x
olcDbIndex: objectClass eq|olcRootPW: x|olcAccess: {0}to * by * read|olcDbNoSync: TRUE
"""
ENTRIES = """dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: /run/slapd.pid
{settings}

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcSuffix: dc=x
olcRootDN: cn=a,dc=x
olcDbDirectory: /var/lib/ldap
{inside}
"""
COMPARED = (
    *("TLSProtocolMin", "TLSVerifyClient", "TLSCipherSuite", "TLSCertificateFile", "TLSCertificateKeyFile", "TLSCACertificateFile"),
    *("TLSDHParamFile", "TLSECName", "LocalSSF"),
)


def options(text: str) -> list[str]:
    """One line of configuration each; `\\n`, `\\t`, `\\r` and `\\0` stand for themselves."""
    found = [option for line in text.strip("\n").split("\n") for option in line.split("|")]
    for escape, character in (("\\\\n", "\\\n"), ("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\0", "\0")):
        found = [option.replace(escape, character) for option in found]
    return found


def conf(rng: random.Random) -> str:
    lines, inside = options(LINES), options(INSIDE)
    text = HEAD + "\n".join(rng.choice(lines) for _ in range(rng.randint(1, 3))) + "\n"
    if rng.random() < 0.6:
        text += f"database {rng.choice(['mdb', 'mdb', 'mdb', 'config', 'frontend', 'hdb', 'ldap', 'foo'])}\n"
        text += "".join(rng.choice(inside if rng.random() < 0.8 else lines) + "\n" for _ in range(rng.randint(0, 3)))
    return text


def everything() -> Files:
    return Files(("/",), "/")


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def expected(found: Configuration, name: str) -> str | None:
    """What slapd would say a setting is."""
    setting = found.last(name.lower())
    text = setting.text if setting is not None and setting.text else None
    if name == "TLSProtocolMin":
        value = (arguments.protocol_min(text) if text else 0) or 0
        return f"{value >> 8}.{value & 255}"
    if name == "TLSVerifyClient":
        return arguments.verify(text).replace("hard", "demand") if text else "never"
    if name == "LocalSSF":
        return str(arguments.integer(text)) if text else "71"
    return text


def said(entry: str, name: str) -> str | None:
    """What stands in the cn=config entry slapd wrote."""
    defaults = {"TLSProtocolMin": "0.0", "TLSVerifyClient": "never", "LocalSSF": "71"}
    match = re.search(rf"^olc{name}: (.*(?:\n .*)*)$", entry, re.MULTILINE)
    value = match[1].replace("\n ", "") if match else defaults.get(name)
    return value.replace("hard", "demand") if value and name == "TLSVerifyClient" else value


@pytest.mark.parametrize("seed", range(10))
def test_generated_slapd_conf(seed: int, tmp_path: Path) -> None:
    """Sixty files a seed: taken or refused, and the values of those that are taken."""
    rng, wrong = random.Random(seed), []
    for number in range(60):
        text = conf(rng)
        path, tree = tmp_path / f"{number}.conf", tmp_path / f"{number}.d"
        path.write_text(text, newline="")
        seen = run("slaptest", "-u", "-f", str(path))
        found = slapdconf.read(str(path), everything(), BUILD, fragment=False)
        if (seen.returncode == 0) != (found.fatal is None):
            wrong.append(f"{text[len(HEAD) :]!r}: {seen.stderr.strip()[-200:]}, predicted {found.fatal}")
        elif found.fatal is None:
            tree.mkdir()
            run("slaptest", "-f", str(path), "-F", str(tree))
            entry = (tree / "cn=config.ldif").read_text()
            wrong += [f"{text!r}: {name} {said(entry, name)}" for name in COMPARED if said(entry, name) != expected(found, name)]
    assert not wrong, "\n".join(wrong)


def generated_entries(seed: int) -> Iterator[tuple[str, str]]:
    rng = random.Random(seed)
    for _ in range(40):
        settings = "\n".join(rng.choice(options(ATTRIBUTES)) for _ in range(rng.randint(1, 2)))
        yield settings, rng.choice(options(IN_DATABASE)) if rng.random() < 0.3 else ""


@pytest.mark.parametrize("seed", range(5))
def test_generated_ldif(seed: int, tmp_path: Path) -> None:
    """What slapadd loads; the tree it writes says the same as the file."""
    wrong = []
    for number, (settings, inside) in enumerate(generated_entries(seed)):
        path, tree = tmp_path / f"{number}.ldif", tmp_path / f"{number}.d"
        path.write_text(ENTRIES.format(settings=settings, inside=inside))
        tree.mkdir()
        loaded = run("slapadd", "-n0", "-F", str(tree), "-l", str(path))
        seen = loaded if loaded.returncode else run("slaptest", "-u", "-F", str(tree))
        files = everything()
        found = cnconfig.configuration(cnconfig.whole(files.read(str(path)), "2.5.13"), BUILD, fragment=False)
        if (seen.returncode == 0) != (found.fatal is None):
            wrong.append(f"{settings!r} {inside!r}: {seen.stderr.strip()[-200:]}, predicted {found.fatal}")
        elif found.fatal is None:
            written = cnconfig.configuration(cnconfig.tree(f"{tree}/cn=config.ldif", files), BUILD, fragment=False)
            wrong += [f"{settings!r}: {name}" for name in COMPARED if expected(found, name) != expected(written, name)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("seed", range(3))
def test_trees_edited_by_hand(seed: int, tmp_path: Path) -> None:
    """A wrong checksum is a warning; what slapadd refuses a running slapd may pass over."""
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "base.ldif").write_text(ENTRIES.format(settings="", inside=""))
    assert run("slapadd", "-n0", "-F", str(base), "-l", str(tmp_path / "base.ldif")).returncode == 0
    wrong = []
    for number, (settings, inside) in enumerate(generated_entries(seed)):
        tree = tmp_path / f"{number}.d"
        shutil.copytree(base, tree)
        for name, more in (("cn=config.ldif", settings), ("cn=config/olcDatabase={1}mdb.ldif", inside)):
            path = tree / name
            path.write_text(
                path.read_text().replace("structuralObjectClass", f"{more}\nstructuralObjectClass", 1) if more else path.read_text()
            )
        seen = run("slaptest", "-u", "-F", str(tree))
        found = cnconfig.configuration(cnconfig.tree(f"{tree}/cn=config.ldif", everything()), BUILD, fragment=False)
        if (seen.returncode == 0) != (found.fatal is None):
            wrong.append(f"{settings!r} {inside!r}: {seen.stderr.strip()[-200:]}, predicted {found.fatal}")
    assert not wrong, "\n".join(wrong)


def confs() -> list[Path]:
    if not CORPUS.is_dir():
        return []
    return sorted(path for path in CORPUS.rglob("*slapd.conf*") if path.is_file())


@corpus.needed
@pytest.mark.parametrize("path", confs(), ids=lambda path: path.parts[len(CORPUS.parts)])
def test_slapd_confs_of_the_corpus(path: Path) -> None:
    """As this machine's slapd sees them: most miss the modules or schemas of another one, and are refused for it."""
    text = path.read_bytes()
    folders = re.findall(rb"(?im)^modulepath[ \t]+\"?([^\s\"]+)", text)
    ours = all(b"/usr/lib/ldap" in folder.split(b":") for folder in folders)
    build = BUILD if ours else BUILD._replace(modules=frozenset())
    found = slapdconf.read(str(path), everything(), build, fragment=False)
    seen = run("slaptest", "-u", "-f", str(path))
    if found.fatal is None and (found.unseen or found.doubt):
        return  # a relative path or a Perl module decides: nothing is claimed
    assert (seen.returncode == 0) == (found.fatal is None), (seen.stderr[-300:], found.fatal)


@corpus.needed
def test_ldif_of_the_corpus_is_read_without_loss() -> None:
    """Every value lies where it is said to lie, and nothing but comments and empty lines is left out."""
    files = everything()
    for path in sorted(CORPUS.rglob("*.ldif")):
        try:
            source = files.read(str(path))
        except FileProblem:
            continue
        left = bytearray(source.data)
        for record in cnconfig.ldif.records(source):
            for value in record.values:
                left[value.span.start : value.span.end] = b" " * (value.span.end - value.span.start)
        rest = re.sub(rb"(?m)^#.*(?:\r?\n .*)*$", b"", bytes(left))
        assert not rest.replace(b"-", b"").strip(), (path, rest.strip()[:80])
