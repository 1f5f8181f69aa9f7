"""What the fourth document asks of OpenLDAP."""

from pathlib import Path

import pytest
from tlslint.model import Instance
from tlslint.parsers.openldap import evaluate
from tlslint.targets import load

from tests.parsers.openldap.test_mistakes import CERTIFICATE, GLOBAL, IN_LDIF, MDB, MODULES, PKI, judged, ldif, port, problem, versions
from tests.support import mail, world

SAMPLES = Path(__file__).parents[3] / "sample_configs" / "openldap"
STRING = (
    "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.2:-RSA:-DHE-DSS:-CAMELLIA-128-CBC:-CAMELLIA-256-CBC:-AES-256-CBC:-AES-128-CBC:+COMP-NULL"
    ":%SAFE_RENEGOTIATION:%SERVER_PRECEDENCE"
)


def sample(name: str, target: str, root: Path) -> Instance:
    """A file of sample_configs with its certificates beside it."""
    path = f"/{Path(name).name}"
    world.lay({"files": {path: (SAMPLES / name).read_text()}, "certificates": _certificates()}, root)
    (root / "etc/ldap/tls/ldap.example.test.key").chmod(0o600)
    return evaluate.instances(path, mail.below(root), load(target), complete=True)[0]


def _certificates() -> dict[str, object]:
    key = "/etc/ldap/tls/ldap.example.test.key"
    leaf = {"type": "rsa", "bits": 2048, "key": key, "cn": "ldap.example.test"}
    return {"/etc/ldap/tls/ldap.example.test.pem": leaf, "/etc/ldap/tls/ca.pem": PKI["/etc/ldap/ca.pem"]}


def test_seed_d8_attributes_by_ldif(tmp_path: Path) -> None:
    """`changetype: modify`, folded lines: the values after it was applied; what it does not say is unknown."""
    instance = sample("weak/tls.ldif", "debian-12", tmp_path)
    endpoint = port(instance, "ldap:")
    assert not instance.complete
    assert versions(instance, "ldap:") == ["TLSv1.2"]
    assert endpoint.cipher_string is not None
    assert endpoint.cipher_string.text == STRING
    assert endpoint.client_certificate.holds("optional")
    assert not endpoint.cleartext_login.is_known
    assert [certificate.path for certificate in endpoint.certificates] == ["/etc/ldap/tls/ldap.example.test.pem"]


@pytest.mark.parametrize("form", ["slapd.d", "ldif", "change", "change without changetype", "base 64", "case"])
def test_seed_d8_every_form_of_cn_config_says_the_same(form: str, tmp_path: Path) -> None:
    said = IN_LDIF + "olcTLSCipherSuite: SECURE256:-VERS-ALL:+VERS-TLS1.2\n"
    tree = {
        "/etc/ldap/slapd.d/cn=config/olcDatabase={1}mdb.ldif": "dn: olcDatabase={1}mdb\nolcDatabase: {1}mdb\nolcSuffix: dc=x\n",
        "/etc/ldap/slapd.d/cn=config/cn=module{0}.ldif": MODULES.replace(",cn=config", ""),
    }
    root = "/etc/ldap/config.ldif"
    files = {root: GLOBAL + said + MDB}
    if form == "slapd.d":
        root = "/etc/ldap/slapd.d/cn=config.ldif"
        files = {root: "# AUTO-GENERATED FILE - DO NOT EDIT!! Use ldapmodify.\n# CRC32 00000000\n" + GLOBAL + said, **tree}
    elif form.startswith("change"):
        changetype = "" if "without" in form else "changetype: modify\n"
        parts = "-\n".join(f"replace: {line.partition(':')[0]}\n{line}\n" for line in said.splitlines())
        files = {root: GLOBAL + MDB, "/etc/ldap/tls.ldif": f"dn: cn=config\n{changetype}{parts}"}
    elif form == "base 64":
        files[root] = files[root].replace(": SECURE256:-VERS-ALL:+VERS-TLS1.2", ":: U0VDVVJFMjU2Oi1WRVJTLUFMTDorVkVSUy1UTFMxLjI=")
    elif form == "case":
        files[root] = files[root].replace("olcTLSCipherSuite", "OLCtlsCIPHERsuite").replace("dn: cn=config", "DN:  CN = Config")
    instance = ldif(tmp_path, files, root)
    assert instance.starts.holds(True)
    assert versions(instance, "ldap:") == ["TLSv1.2"]


def test_seed_d9_gnutls_priorities_and_the_library_they_fit(tmp_path: Path) -> None:
    """The string evaluated exactly where GnuTLS is; OpenSSL refuses it, and slapd does not start."""
    instance = sample("weak/tls.ldif", "debian-12", tmp_path / "12")
    suites = [suite.iana for suite in mail.value(port(instance, "ldap:").cipher_suites)]
    assert port(instance, "ldap:").server_order.holds(True)
    assert suites
    assert not [name for name in suites if name.startswith("TLS_RSA_") or "CBC" in name]
    moved = judged(tmp_path / "13", f"TLSCipherSuite {STRING}\n", target="debian-13")
    assert moved.starts.holds(False)
    assert port(moved, "ldap:").cipher_string is not None


def test_seed_d10_the_counterparts_are_slapd_confs(tmp_path: Path) -> None:
    """The document calls them ldap.conf's: they are slapd.conf's, and mean the same as the attributes there."""
    lines = CERTIFICATE + f"TLSCipherSuite {STRING}\nTLSVerifyClient try\n"
    instance = judged(tmp_path, certificate=lines)
    assert versions(instance) == ["TLSv1.2"]
    assert port(instance, "ldaps:").client_certificate.holds("optional")
    olc = judged(tmp_path / "olc", f"olcTLSCipherSuite {STRING}\n")
    assert olc.starts.holds(False)
    assert "called TLSCipherSuite" in problem(olc, "unknown-setting").message
    client = judged(tmp_path / "client", "TLS_CACERT /etc/ldap/ca.pem\n")
    assert client.starts.holds(False)
    assert "belongs to ldap.conf" in problem(client, "unknown-setting").message


@pytest.mark.parametrize(("word", "asked"), [("never", "none"), ("allow", "optional"), ("try", "optional"), ("demand", "required")])
def test_seed_d11_verify_client_and_what_passwords_do_beside_it(word: str, asked: str, tmp_path: Path) -> None:
    """Whatever TLSVerifyClient says, without `security` passwords are taken before TLS; with it they are not."""
    open_ = judged(tmp_path, f"TLSVerifyClient {word}\n")
    assert port(open_, "ldaps:").client_certificate.holds(asked)
    assert port(open_, "ldap:").cleartext_login.holds(True)
    shut = judged(tmp_path / "shut", f"TLSVerifyClient {word}\nsecurity tls=1\n")
    assert port(shut, "ldap:").cleartext_login.holds(False)
    weak = [each for each in open_.problems if each.rule == "client-certificate-not-enforced"]
    assert bool(weak) == (asked == "optional")


def test_the_repaired_samples_are_clean(tmp_path: Path) -> None:
    for name in ("repaired/etc/ldap/slapd.conf", "repaired/tls.ldif"):
        instance = sample(name, "debian-13", tmp_path / Path(name).name)
        assert [each.rule for each in instance.problems] == []
        assert versions(instance, "ldap:") == ["TLSv1.2", "TLSv1.3"]
