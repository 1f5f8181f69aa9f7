"""slaptest, slapadd and slapcat of Debian 12, slaptest of 11 and 13, against the readers: taken or refused, and the values that come of it.

Generated slapd.conf files, LDIF files and trees edited by hand, and every slapd configuration of the corpus.
"""

import os
import random
import re
import shutil
import subprocess
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tlslint.files import FileProblem, Files
from tlslint.parsers.openldap import arguments, cnconfig, modules, outgoing, slapdconf
from tlslint.parsers.openldap.configuration import Configuration
from tlslint.parsers.openldap.slapdconf import Build

from tests.support import corpus, roots

CORPUS = corpus.FOLDER / "openldap"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("slaptest") is None, reason="slapd is not installed"),
]
BUILD = Build("2.5.13", "gnutls", modules.of_debian("2.5.13"))
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
restrict extended=1.3.6.1.4.1.1466.20037|security ssf=1 update_ssf=0|security tls=1|envflags nometasync {x}
"""
REPLICATION = r"""
starttls=critical|starttls=yes|starttls=no|starttls=maybe|starttls|STARTTLS=yes|tls_reqcert=never|tls_reqcert=demand|tls_reqcert=bogus
tls_cacert=/x/ca.pem|tls_cert=/x/a.pem tls_key=/x/a.key|tls_cipher_suite=NORMAL|tls_protocol_min=3.3|tls_protocol_min=bad|tls_crlcheck=none
tls_crlcheck=bogus|bindmethod=simple binddn="cn=a" credentials=s|bindmethod=sasl saslmech=external|bindmethod=foo|schemachecking=on
retry="5 5"|type=refreshAndPersist|network-timeout=5|tls_reqsan=allow|tls_foo=1|provider=ldaps://p|provider=|keepalive=1:2:3
filter="(cn=a b)"
"""
PROXY = r"""
tls start|tls try-start|tls ldaps|tls propagate|tls none|tls bogus|tls start tls_reqcert=never|tls start tls_reqcert=bogus|uri ldap://b
uri "ldap://a ldaps://b"|uri foo|idassert-bind bindmethod=simple binddn="cn=a" credentials=s starttls=yes|chase-referrals yes
idassert-bind bindmethod=none|acl-bind bindmethod=simple binddn="cn=a" credentials=s|rebind-as-user yes|tls|security tls=1
TLSVerifyClient try
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
        if rng.random() < 0.7:
            text += 'suffix "dc=x"\nrootdn "cn=a,dc=x"\n'
        text += "".join(rng.choice(inside if rng.random() < 0.8 else lines) + "\n" for _ in range(rng.randint(0, 3)))
    return text


def outward(rng: random.Random) -> str:
    """A copy of another server's data, and a proxy."""
    database = 'suffix "dc=x"\nrootdn "cn=a,dc=x"\n'
    if rng.random() < 0.4:
        return f"{HEAD}moduleload back_ldap\ndatabase ldap\n{database}uri ldap://a\n" + "\n".join(rng.sample(options(PROXY), 2)) + "\n"
    words = " ".join(rng.sample(options(REPLICATION), rng.randint(1, 4)))
    return f'{HEAD}database mdb\n{database}directory /var/lib/ldap\nsyncrepl rid=001 provider=ldap://p searchbase="dc=x"\n  {words}\n'


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
        text = conf(rng) if number % 4 else outward(rng)
        path, tree = tmp_path / f"{number}.conf", tmp_path / f"{number}.d"
        path.write_text(text, newline="")
        seen = run("slaptest", "-u", "-f", str(path))
        found = slapdconf.read(str(path), everything(), BUILD, fragment=False)
        if (seen.returncode == 0) != (found.fatal is None):
            wrong.append(f"{text[len(HEAD) :]!r}: {seen.stderr.strip()[-200:]}, predicted {found.fatal}")
        elif found.fatal is None:
            dump = converted(path, tree)
            wrong += [f"{text!r}: {name} {said(dump, name)}" for name in COMPARED if said(dump, name) != expected(found, name)]
            if "dn: olcDatabase={1}" in dump and by_suffix(dump) != by_database(found):
                wrong.append(f"{text!r}: {by_suffix(dump)}, predicted {by_database(found)}")
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


SCHEMAS = frozenset(path.name for path in Path("/etc/ldap/schema").glob("*.schema"))
BEYOND = re.compile(
    r"invalid DN|attribute type undefined"  # names and classes are looked up in schemas, which are not read
    r'|index attribute "[^"]+" undefined|unknown attr|bad DN|unable to add limit'
    r'|the suffix must be defined before any target|need "uri" directive first'  # back-meta has a reader of its own
)
"""What slapd refuses for reasons that tlslint does not look at."""


def carried(text: str, folder: Path) -> str:
    """A configuration from elsewhere as it would be moved to this machine: its schemas, modules, database type and folders."""

    def schema(match: re.Match[str]) -> str:
        return f"{match[1]}/etc/ldap/schema/{match[2]}" if match[2] in SCHEMAS else match[0]

    text = re.sub(r'(?im)^(include[ \t]+)"?\S*?([^/\s"]+)"?(?=\s)', schema, text)
    for pattern, replacement in (
        (r"(modulepath[ \t]+).*", r"\1/usr/lib/ldap"),
        (r"((?:database|backend)[ \t]+)\"?(?:hdb|bdb|ldbm)\b\"?", r"\1mdb"),
        (r"(moduleload[ \t]+\S*back_)(?:hdb|bdb)", r"\1mdb"),
        (r"((?:directory|pidfile|argsfile|logfile)[ \t]+).*", rf"\1{folder}"),
    ):
        text = re.sub("(?im)^" + pattern, replacement, text)
    text = re.sub(r"(?im)^(pidfile|argsfile|logfile)([ \t]+.*)$", r"\1\2/\1", text)
    if re.search(r"(?im)^moduleload[ \t]+\S*back_mdb", text):
        return text
    return "modulepath /usr/lib/ldap\nmoduleload back_mdb\n" + text


def without(lines: list[str], number: int) -> list[str]:
    """The logical line that ends at or begins at `number` (from 1) as a comment."""
    first = last = number - 1
    while first > 0 and lines[first][:1] in (" ", "\t") and lines[first - 1].strip():
        first -= 1
    while last + 1 < len(lines) and lines[last + 1][:1] in (" ", "\t"):
        last += 1
    return [f"#{line}" if first <= at <= last else line for at, line in enumerate(lines)]


READS, WRITES = {"search", "compare"}, {"add", "delete", "modify", "rename"}
WIDER = {"read": READS, "write": WRITES, "modrdn": {"rename"}, "all": READS | WRITES | {"bind", "extended"}}


def operations(names: Iterable[str]) -> set[str]:
    """What `restrict` closes, one by one."""
    return set().union(*(WIDER.get(name.lower(), {name.lower()}) for name in names))


def replication(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """syncrepl's words about TLS and passwords with their defaults, which slapd writes out."""
    defaults = {"bindmethod": "simple", "starttls": "no", "tls_reqcert": "demand"}
    return {**defaults, **{name: value for name, value in pairs if name in COMPARED_OF_SYNCREPL}}


def by_database(found: Configuration) -> dict[str, dict[str, object]]:
    """What each database says of TLS, keyed by its suffix."""
    answer: dict[str, dict[str, object]] = {}
    for database in found.databases:
        if not database.suffixes:
            continue
        security = [*found.all("security"), *database.all("security")]
        copies = database.all("syncrepl")
        pairs = [each for setting in security for word in setting.arguments if (each := arguments.factor(word))]
        factors = dict(each for each in pairs if each[1])
        answer[database.suffixes[0]] = {
            "security": factors,
            "restrict": operations(word for setting in (*found.all("restrict"), *database.all("restrict")) for word in setting.arguments),
            "syncrepl": [replication((name, word.value) for name, word in outgoing.keywords(setting).items()) for setting in copies],
            "uri": [setting.text.strip('"') for setting in database.all("uri")][-1:],
        }
    return answer


COMPARED_OF_SYNCREPL = ("provider", "bindmethod", "starttls", "tls_reqcert", "tls_cacert", "tls_cert", "tls_key", "tls_cipher_suite")


def by_suffix(dump: str) -> dict[str, dict[str, object]]:
    """The same from what slapcat prints, read without tlslint."""
    answer: dict[str, dict[str, object]] = {}
    frontend = "\n\n".join(dump.split("\n\n")[:1] + [entry for entry in dump.split("\n\n") if entry.startswith("dn: olcDatabase={-1}")])
    overall = {name: re.findall(rf"(?m)^{name}: (.*)$", frontend) for name in ("olcSecurity", "olcRestrict")}
    for entry in dump.split("\n\n"):
        values: dict[str, list[str]] = {}
        for name, value in re.findall(r"(?m)^(olc\w+): (.*)$", entry):
            values.setdefault(name, []).append(re.sub(r"^\{\d+\}", "", value))
        if "olcSuffix" not in values:
            continue
        security = re.findall(r"(\w+)=(\d+)", " ".join((*overall["olcSecurity"], *values.get("olcSecurity", []))))
        answer[values["olcSuffix"][0]] = {
            "security": {name: int(number) for name, number in security if int(number)},
            "restrict": operations(" ".join((*overall["olcRestrict"], *values.get("olcRestrict", []))).split()),
            "syncrepl": [
                replication((name, quoted or plain) for name, quoted, plain in re.findall(r'([\w-]+)=(?:"([^"]*)"|(\S+))', text))
                for text in values.get("olcSyncrepl", [])
            ],
            "uri": sorted(text.strip('"') for text in values.get("olcDbURI", [])),
        }
    return answer


def converted(path: Path, tree: Path) -> str:
    """What slapd makes of a slapd.conf it takes: all of cn=config, as slapcat prints it."""
    tree.mkdir()
    run("slaptest", "-f", str(path), "-F", str(tree))
    dump = run("slapcat", "-n0", "-F", str(tree), "-o", "ldif-wrap=no")
    if dump.returncode == 0:
        return dump.stdout
    return (tree / "cn=config.ldif").read_text().replace("\n ", "")  # it writes a cipher string with a blank that it does not read again


@corpus.needed
@pytest.mark.parametrize("path", confs(), ids=lambda path: path.parts[len(CORPUS.parts)])
def test_slapd_confs_of_the_corpus_moved_to_this_machine(path: Path, tmp_path: Path) -> None:
    """Taken or refused, and at which line; the refused line is then made a comment, and so on until slapd takes it: then the values."""
    here = tmp_path / "slapd.conf"
    lines = carried(path.read_bytes().decode("latin-1"), tmp_path).split("\n")
    for _ in range(100):
        here.write_bytes("\n".join(lines).encode("latin-1"))
        found, seen = slapdconf.read(str(here), everything(), BUILD, fragment=False), run("slaptest", "-u", "-f", str(here))
        where = found.fatal[1] if found.fatal is not None else None
        line = bisect_right(where.file.line_starts(), where.start) if where is not None and where.file.path == str(here) else None
        match = re.search(re.escape(str(here)) + r" ?: line (\d+)", seen.stderr)
        if not BEYOND.search(seen.stderr) and not (found.fatal is None and (found.unseen or found.doubt)):
            assert (seen.returncode == 0) == (found.fatal is None), (seen.stderr[-300:], found.fatal)
            assert line is None or match is None or without(lines, line) == without(lines, int(match[1])), (line, seen.stderr[-300:])
        if seen.returncode == 0:
            break
        if match is None and line is None:
            return  # Perl, or a file that is not there: nothing names a line
        lines = without(lines, int(match[1]) if match is not None else line or 0)
    else:
        pytest.fail("it never ends")
    dump = converted(here, tmp_path / "tree")
    assert [(name, said(dump, name)) for name in COMPARED] == [(name, expected(found, name)) for name in COMPARED]
    assert by_suffix(dump) == by_database(found)


def trees() -> list[Path]:
    return sorted(CORPUS.rglob("cn=config.ldif")) if CORPUS.is_dir() else []


@corpus.needed
@pytest.mark.parametrize("root", trees(), ids=lambda path: path.parts[len(CORPUS.parts)])
def test_trees_of_the_corpus(root: Path, tmp_path: Path) -> None:
    """Taken or refused as they are; the values of those that are taken."""
    copy = tmp_path / "slapd.d"
    shutil.copytree(root.parent, copy)
    data = b"".join(path.read_bytes() for path in copy.rglob("*.ldif"))
    ours = all(b"/usr/lib/ldap" in path for path in re.findall(rb"(?im)^olcModulePath:[ \t]*(\S+)", data))
    build = BUILD if ours else BUILD._replace(modules=frozenset())
    found = cnconfig.configuration(cnconfig.tree(f"{copy}/cn=config.ldif", everything()), build, fragment=False)
    seen = run("slaptest", "-u", "-F", str(copy))
    if found.fatal is not None or not found.doubt:
        assert (seen.returncode == 0) == (found.fatal is None), (seen.stderr[-300:], found.fatal)
    if seen.returncode == 0:
        dump = run("slapcat", "-n0", "-F", str(copy), "-o", "ldif-wrap=no").stdout
        assert [(name, said(dump, name)) for name in COMPARED] == [(name, expected(found, name)) for name in COMPARED]
        assert by_suffix(dump) == by_database(found)


@corpus.needed
def test_ldif_of_the_corpus_is_read_without_loss() -> None:
    """Records put together are the file byte for byte; every value lies where it is said to lie, and only comments and empty lines are
    in no value."""
    files = everything()
    for path in sorted(CORPUS.rglob("*.ldif")):
        try:
            source = files.read(str(path))
        except FileProblem:
            continue
        records = list(cnconfig.ldif.records(source))
        written = b"".join(record.whole.data for record in records)
        assert source.data.startswith(written), path
        assert not re.sub(rb"(?m)^#.*(?:\n .*)*$", b"", source.data[len(written) :]).strip(), path
        left = bytearray(source.data)
        for record in records:
            for value in record.values:
                left[value.span.start : value.span.end] = b" " * (value.span.end - value.span.start)
        rest = re.sub(rb"(?m)^#.*(?:\r?\n .*)*$", b"", bytes(left))
        assert not rest.replace(b"-", b"").strip(), (path, rest.strip()[:80])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to enter another release")
@pytest.mark.parametrize(("suite", "version"), [("bullseye", "2.4.57"), ("trixie", "2.6.10")])
def test_generated_slapd_conf_of_other_releases(suite: str, version: str) -> None:
    """Taken or refused by slaptest of Debian 11 (GnuTLS) and 13 (OpenSSL)."""
    root = roots.root(suite, "slapd", ("slapd", "ldap-utils"))
    folder = root / "tmp" / f"slaptest-{os.getpid()}"
    folder.mkdir()
    build = Build(version, "gnutls" if suite == "bullseye" else "openssl", modules.of_debian(version))
    rng, wrong = random.Random(version), []
    for number in range(100):
        text = conf(rng) if number % 4 else outward(rng)
        path = folder / f"{number}.conf"
        path.write_text(text, newline="")
        inside = "/" + str(path.relative_to(root))
        seen = run("chroot", str(root), "slaptest", "-u", "-f", inside)
        found = slapdconf.read(inside, Files((str(root),), str(root), (("/", str(root)),)), build, fragment=False)
        if (seen.returncode == 0) != (found.fatal is None):
            wrong.append(f"{text[len(HEAD) :]!r}: {seen.stderr.strip()[-200:]}, predicted {found.fatal}")
    shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
