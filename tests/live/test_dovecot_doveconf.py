"""Dovecot's own reader, doveconf, and ours say the same of the same text: refused or not, and every TLS and login setting for every filter.

doveconf 2.3 of this machine, and 2.4 in a root of Debian 13. Neither starts a server.
"""

import ipaddress
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from tlslint.files import FileProblem, Files
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.filters import Connection
from tlslint.parsers.dovecot.reading import read
from tlslint.parsers.dovecot.syntax import Kind
from tlslint.parsers.dovecot.tree import Tree

from tests.support import corpus, roots

pytestmark = pytest.mark.live

CORPUS = corpus.FOLDER / "dovecot"
CONFIGURATIONS = 1000
KEYS_23 = [
    *("ssl", "ssl_min_protocol", "ssl_cipher_list", "ssl_cipher_suites", "ssl_curve_list", "ssl_prefer_server_ciphers", "ssl_options"),
    *("ssl_cert", "ssl_key", "ssl_dh", "ssl_ca", "ssl_verify_client_cert", "disable_plaintext_auth", "login_trusted_networks"),
    *("auth_mechanisms", "listen"),
]
KEYS_24 = [
    *("ssl", "ssl_min_protocol", "ssl_cipher_list", "ssl_cipher_suites", "ssl_curve_list", "ssl_options"),
    *("auth_allow_cleartext", "login_trusted_networks", "ssl_server"),
]
SERVER_24 = ["ssl_server_cert_file", "ssl_server_key_file", "ssl_server_dh_file", "ssl_server_prefer_ciphers"]
"""What doveconf 2.4 prints inside `ssl_server { }`, where it is set."""
FILTERS = (
    "",
    "protocol=imap",
    "protocol=pop3",
    "protocol=imap local=10.1.2.3",
    "protocol=pop3 remote=10.9.8.7",
    "protocol=imap local=10.1.2.3 remote=10.9.8.7",
    "protocol=imap name=mail.example.test",
    "protocol=pop3 local=10.1.2.3 name=www.example.test",
)


def doveconf(command: list[str], path: str, where: str, keys: list[str]) -> dict[str, str] | None:
    """What doveconf says of some settings; None when it refuses the file. `-x` in the command: with variables and files expanded."""
    name = "local_name=" if "chroot" in command else "lname="
    chosen = [part for word in where.split() for part in ("-f", word.replace("name=", name))]
    done = subprocess.run(
        [*command, "-c", path, *chosen, *keys], capture_output=True, text=True, errors="surrogateescape", check=False, timeout=30
    )
    if done.returncode != 0:
        return None
    found, block = {}, ""
    for line in done.stdout.splitlines():
        if line.endswith(" {"):
            block = line.removesuffix(" {") + "_"
        key, _, value = line.partition(" = ") if " = " in line else line.partition(" =")
        key = block + key.strip()
        if key in keys or key in SERVER_24:
            found[key] = value[1:-1] if value[:1] == value[-1:] == '"' and len(value) > 1 and "#" in value else value
        if line == "}":
            block = ""
    return found


def connection_of(where: str) -> Connection:
    """The connection that doveconf's `-f` words describe."""
    said = dict(word.split("=") for word in where.split())
    return Connection(
        said.get("protocol", ""),
        local=ipaddress.ip_network(said["local"]) if "local" in said else None,
        remote=ipaddress.ip_network(said["remote"]) if "remote" in said else None,
        name=said.get("name"),
        side="",
    )


def ours(tree: Tree, where: str, keys: list[str], files: Files) -> dict[str, str]:
    """The same from our reading."""
    connection = connection_of(where)
    found = {}
    for key in [*(key for key in keys if key != "ssl_server"), *(SERVER_24 if "ssl_server" in keys else [])]:
        written = tree.find(key, connection).written
        if written is None:
            found[key] = settings.default(key, tree.release) or ""
        elif written.kind is Kind.FILE:
            lines = files.read(written.path).data.decode("latin-1").split("\n") if written.statement.value else [""]
            found[key] = lines[0]
        elif settings.kind_of(key, tree.release) == "bool":
            found[key] = "yes" if written.value.lower() in ("yes", "y", "1") else "no"
        else:
            found[key] = written.value.encode("latin-1").decode("utf-8", "surrogateescape")
    return found


def refusals(tree: Tree) -> list[str]:
    """Why the daemon would not start."""
    return [] if tree.fatal is None else [tree.fatal.message]


class Generator:
    """Texts as people write them, and with the slips they make."""

    def __init__(self, seed: int, *, is_24: bool) -> None:
        self.random = random.Random(seed)
        self.is_24 = is_24
        self.pool = [
            *(
                "ssl = yes",
                "ssl = required",
                "ssl = no",
                "ssl=yes",
                "ssl = 'required'",
                "ssl_min_protocol = TLSv1.2",
                "ssl_min_protocol = TLSv1.3",
            ),
            *("ssl_cipher_list = HIGH:!aNULL", "ssl_cipher_list = HIGH:\\\n  !aNULL", 'ssl_cipher_list = "ECDHE+AESGCM:HIGH"'),
            *("ssl_cipher_list = a#b", "ssl_curve_list = X25519:P-256", "ssl_options = no_ticket", "login_trusted_networks = 10.0.0.0/8"),
            *("ssl_cipher_suites =", "ssl_cipher_list = HIGH # the best", "ssl_cipher_list = 'HIGH # all'", '  ssl_curve_list = "P-256'),
            "\tssl_min_protocol\t=\tTLSv1.1  ",
        ]
        if is_24:
            self.pool += ["auth_allow_cleartext = no", "ssl_server_prefer_ciphers = server", "ssl_server_prefer_ciphers = client"]
            self.pool += ["ssl_server_cert_file = /etc/hostname", "ssl_server_key_file = /etc/passwd", "ssl_server_dh_file ="]
            self.pool += ["ssl_server {\n    prefer_ciphers = server\n    cert_file = /etc/passwd\n  }", "ssl_client {\n    ca_file =\n  }"]
            self.pool += ["ssl_server {\n    ssl_min_protocol = TLSv1.3\n  }", "ssl_cipher_list = $SET:ssl_curve_list"]
            self.mistakes = [
                "ssl_prefer_server_ciphers = yes",
                "ssl = on",
                "ssl_cert = </x",
                "disable_plaintext_auth = no",
                "SSL = yes",
                "ssl yes",
            ]
        else:
            self.pool += [
                "disable_plaintext_auth = no",
                "disable_plaintext_auth = YES",
                "ssl_prefer_server_ciphers = yes",
                "auth_mechanisms = plain login",
            ]
            self.pool += [
                "ssl_cipher_list = $ssl_cipher_list",
                "ssl_curve_list = $ssl_curve_list P-384",
                "ssl_dh = </etc/hostname",
                "ssl_protocols = !SSLv3 !TLSv1",
            ]
            self.pool += [
                "ssl_disable = no",
                "ssl_verify_client_cert = no",
                "ssl_protocols = TLSv1.2 TLSv1.3",
                "ssl_cert_file = /etc/hostname",
                "listen = *, ::",
            ]
            self.mistakes = [
                "ssl = on",
                "disable_plaintext_auth = maybe",
                "SSL = yes",
                "ssl yes",
                "ssl_server_cert_file = /x",
                "ssl_cipher_list = $nothing",
                "ssl_cert = </nowhere",
            ]
        self.mistakes += [
            "}",
            "protocol imap {",
            "protocol imap { ssl = no }",
            "!include /nowhere/at/all.conf",
            "foo = bar",
            "\\",
            "ssl = yes \\",
        ]
        self.conditions = [
            "protocol imap",
            "protocol pop3",
            "protocol !imap",
            "local 10.1.0.0/16",
            "remote 10.9.8.0/24",
            "local 10.1.2.3",
            "protocol imaps",
            "local_name mail.example.test",
            "local_name *.example.test",
        ]

    def text(self, folder: Path) -> str:
        """One configuration; included files are written beside it."""
        pick = self.random
        lines = ["dovecot_config_version = 2.4.1", "dovecot_storage_version = 2.4.1"] if self.is_24 else []
        for number in range(pick.randint(1, 8)):
            chance = pick.random()
            if chance < 0.55:
                lines.append(self.setting())
            elif chance < 0.85:
                lines += self.block(0)
            elif chance < 0.93:
                name = f"part{number}.conf"
                (folder / name).write_text("\n".join([self.setting(), *self.block(1)]) + "\n")
                lines.append(
                    pick.choice([f"!include {name}", f"!include_try {name}", "!include part*.conf", "!include_try not-here-*.conf"])
                )
            else:
                lines += ["# a comment", "", "   "]
        if pick.random() < 0.12:
            lines.insert(pick.randint(len(lines) and 2 * self.is_24, len(lines)), pick.choice(self.mistakes))
        return pick.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + pick.choice(["\n", ""])

    def setting(self) -> str:
        return self.random.choice(self.pool)

    def block(self, depth: int) -> list[str]:
        pick = self.random
        inside = [line for line in (self.setting() for _ in range(pick.randint(1, 3))) if not line.startswith("auth_")]
        # doveconf -f 2.4 merges nested filters into their parents in an order that the servers do not use
        if depth == 0 and not self.is_24 and pick.random() < 0.3:
            inside += ["  " + line for line in self.block(1)]
        return [pick.choice(self.conditions) + " {", *("  " + line for line in inside), "}"]


def conflicts(tree: Tree, where: str) -> bool:
    """Would doveconf -f meet a conflict of filters?"""
    connection = connection_of(where)
    every = dict.fromkeys(key for each in tree.filters for key in each.settings if key != "ssl_protocols")
    return any(tree.find(key, connection).conflict is not None for key in every)


@pytest.mark.skipif(shutil.which("doveconf") is None, reason="dovecot is not installed")
def test_generated_texts_on_dovecot_23(tmp_path: Path) -> None:
    """A thousand texts with filters, includes, variables, continuations and mistakes, for six kinds of connection each."""
    version = subprocess.run(["doveconf", "-n"], capture_output=True, text=True, check=False).stdout.split()[1]
    if not version.startswith("2.3"):
        pytest.skip(f"this machine has Dovecot {version}")
    release = settings.release(version, is_debian=True)
    wrong = []
    refused = 0
    for seed in range(CONFIGURATIONS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "dovecot.conf"
        path.write_bytes(Generator(seed, is_24=False).text(folder).encode())
        files = Files(("/",), "/")
        tree = read(str(path), files, release)
        mine = refusals(tree)
        for where in random.Random(seed).sample(FILTERS, 2):
            said = doveconf(["doveconf", "-x"], str(path), where, KEYS_23)
            if said is None:
                refused += 1
                if not mine and not conflicts(tree, where):
                    wrong.append(f"{seed} {where}: refused, not by us")
            elif mine:
                wrong.append(f"{seed}: accepted, refused by us: {mine}")
            else:
                predicted = ours(tree, where, KEYS_23, files)
                wrong += [
                    f"{seed} {where} {key}: doveconf {said.get(key)!r}, we {predicted[key]!r}"
                    for key in KEYS_23
                    if said.get(key, "") != predicted[key]
                ]
                if conflicts(tree, where):
                    wrong.append(f"{seed} {where}: no conflict, we see one")
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
    assert CONFIGURATIONS / 20 < refused < CONFIGURATIONS


@pytest.mark.skipif(shutil.which("doveconf") is None, reason="dovecot is not installed")
@corpus.needed
def test_every_tree_of_the_corpus_on_dovecot_23() -> None:
    """Real files from public repositories, read where they lie."""
    release = settings.release("2.3.19.1", is_debian=True)
    wrong, compared = [], 0
    for path in sorted(CORPUS.rglob("dovecot.conf*")):
        if not path.is_file():
            continue
        try:
            files = Files(("/",), "/")
            tree = read(str(path), files, release)
        except FileProblem:
            continue
        mine = refusals(tree)
        for where in FILTERS[:3]:
            said = doveconf(["doveconf", "-x"], str(path), where, KEYS_23)
            compared += 1
            if said is None and not mine and not conflicts(tree, where):
                wrong.append(f"{path} {where}: refused, not by us")
            if said is not None and mine:
                wrong.append(f"{path}: accepted, refused by us: {mine}")
            if said is not None and not mine:
                predicted = ours(tree, where, KEYS_23, files)
                wrong += [
                    f"{path} {where} {key}: doveconf {said.get(key)!r}, we {predicted[key]!r}"
                    for key in KEYS_23
                    if said.get(key, "") != predicted[key]
                ]
    assert not wrong, "\n".join(wrong)
    assert compared > 60


@pytest.mark.skipif(shutil.which("doveconf") is None, reason="dovecot is not installed")
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real configurations is not here")
def test_every_global_setting_of_the_corpus_on_dovecot_23() -> None:
    """`doveconf -N`: all that is written outside of blocks, TLS or not, is said with the same value, and nothing else is."""
    release = settings.release("2.3.19.1", is_debian=True)
    wrong, compared = [], 0
    made = {"managesieve_sieve_capability", "managesieve_notify_capability", "passdb", "userdb", "namespace", "plugin", "service", "dict"}
    for path in sorted(path for path in CORPUS.rglob("dovecot.conf*") if path.is_file()):
        done = subprocess.run(
            ["doveconf", "-c", str(path), "-N", "-S", "-P"], capture_output=True, text=True, errors="surrogateescape", check=False
        )
        if done.returncode != 0:
            continue
        pairs = (line.partition("=") for line in done.stdout.splitlines() if "=" in line and not line.startswith("#"))
        said = {key: value for key, _, value in pairs if "/" not in key and key not in made}
        written = {
            key: values[-1] for key, values in read(str(path), Files(("/",), "/"), release).root.settings.items() if key != "ssl_protocols"
        }
        written = {key: value for key, value in written.items() if settings.kind_of(key, release) is not None}
        if said.keys() != written.keys():
            wrong.append(f"{path}: {said.keys() ^ written.keys()}")
        for key in said.keys() & written.keys():
            kind, one = settings.kind_of(key, release), written[key]
            text = one.value.encode("latin-1").decode("utf-8", "surrogateescape")
            if kind in ("time", "size") or one.statement.kind is Kind.VARIABLE:
                continue  # written out in other units; variables are left standing without -x
            mine = "<" + one.statement.value if one.kind is Kind.FILE else text
            if kind == "bool":
                mine = "yes" if text.lower() in ("yes", "y", "1") else "no"
            if key == "protocols":  # `imaps` and `pop3s` are taken out (old-set-parser.c)
                mine = " ".join(word for word in mine.split() if word not in ("imaps", "pop3s"))
            compared += 1
            if said[key] != mine:
                wrong.append(f"{path} {key}: doveconf {said[key]!r}, we {mine!r}")
    assert not wrong, "\n".join(wrong)
    assert compared > 200


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real configurations is not here")
def test_every_tree_of_the_corpus_on_dovecot_24() -> None:
    """Real files in a root of Debian 13: nearly all were written for older releases, and refused for it by both; the others are equal."""
    root = roots.root("trixie", "dovecot", roots.DOVECOT)
    release = settings.release("2.4.1", is_debian=True)
    copy = root / "tmp" / "corpus"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(CORPUS, copy, symlinks=True)
    files = Files((str(root),), str(root), (("/", str(root)),))
    wrong, refused, accepted = [], 0, 0
    try:
        for path in sorted(
            path for path in copy.rglob("*.conf*") if path.is_file() and b"dovecot_config_version" in path.read_bytes()
        ) + sorted(path for path in copy.rglob("dovecot.conf*") if path.is_file()):
            logical = "/" + str(path.relative_to(root))
            tree = read(logical, files, release)
            mine = refusals(tree)
            for where in FILTERS[:3]:
                said = doveconf(["chroot", str(root), "doveconf"], logical, where, KEYS_24)
                refused, accepted = refused + (said is None), accepted + (said is not None)
                if (said is None) != bool(mine):
                    wrong.append(f"{logical} {where}: doveconf {'refuses' if said is None else 'accepts'} it, we say {mine}")
                elif said is not None:
                    wrong += [
                        f"{logical} {where} {key}: doveconf {said.get(key)!r}, we {value!r}"
                        for key, value in ours(tree, where, KEYS_24, files).items()
                        if said.get(key, settings.default(key, release) or "") != value
                    ]
    finally:
        shutil.rmtree(copy)
    assert not wrong, "\n".join(wrong)
    assert refused > 60


def test_generated_texts_on_dovecot_24() -> None:
    """The same against 2.4 in a root of Debian 13."""
    root = roots.root("trixie", "dovecot", roots.DOVECOT)
    release = settings.release("2.4.1", is_debian=True)
    files = Files((str(root),), str(root), (("/", str(root)),))
    wrong = []
    for seed in range(int(os.environ.get("TLSLINT_DOVECONF_24", "1000"))):
        folder = root / "tmp" / f"doveconf-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        path = folder / "dovecot.conf"
        path.write_bytes(Generator(seed, is_24=True).text(folder).encode())
        logical = f"/tmp/doveconf-{seed}/dovecot.conf"
        tree = read(logical, files, release)
        mine = refusals(tree)
        where = random.Random(seed).choice(FILTERS)
        said = doveconf(["chroot", str(root), "doveconf"], logical, where, KEYS_24)
        if said is None and not mine:
            wrong.append(f"{seed} {where}: refused, not by us")
        elif said is not None and mine:
            wrong.append(f"{seed}: accepted, refused by us: {mine}")
        elif said is not None:
            wrong += [
                f"{seed} {where} {key}: doveconf {said.get(key)!r}, we {value!r}"
                for key, value in ours(tree, where, KEYS_24, files).items()
                if said.get(key, settings.default(key, release) or "") != value
            ]
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
