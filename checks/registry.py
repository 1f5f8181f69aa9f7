"""The one list of rules: code, name, where it lives, what it looks at. Reading it imports no rule.

The docs index, `tlslint rules` and SARIF's rule list come from here; a test holds it against the classes.
"""

from functools import cache
from importlib import import_module

from tlslint.checks.rule import Rule
from tlslint.model.struct import Struct


class Entry(Struct):
    """A rule. `scope`: `endpoint`, `instance` or `problem`; `role`: `server`, `client`, `web` (a server
    of HTTP) or "" for all; `module` below `tlslint.checks`.

    `after`: codes whose finding about the same endpoint explains this one, which then stays silent.
    """

    code: str
    name: str
    module: str
    scope: str
    role: str = ""
    after: tuple[str, ...] = ()

    @property
    def class_name(self) -> str:
        """`deprecated-version` → `DeprecatedVersion`."""
        return "".join(part.capitalize() for part in self.name.split("-"))


_RULES: dict[tuple[str, str], str] = {
    ("versions", "endpoint"): """
        TLS101 ssl-version
        TLS102 deprecated-version
        TLS103 no-tls13
        TLS105 no-version-left
        TLS106 version-not-in-profile""",
    ("versions", "problem"): "TLS104 version-gap",
    ("ciphers", "endpoint"): """
        TLS201 null-cipher
        TLS202 anonymous-cipher
        TLS203 export-cipher
        TLS204 rc4
        TLS205 small-block-cipher
        TLS206 legacy-mac
        TLS207 no-aead
        TLS208 cipher-not-in-profile
        TLS210 client-picks-cipher server
        TLS211 weak-before-strong server
        TLS212 no-cipher-left
        TLS213 unknown-cipher-word
        TLS214 word-without-effect
        TLS215 security-level-lowered
        TLS216 wrong-cipher-language""",
    ("ciphers", "problem"): "TLS217 held-back-by-library",
    ("keys", "endpoint"): """
        TLS301 no-forward-secrecy
        TLS302 weak-dh
        TLS303 finite-field-dhe
        TLS304 weak-group
        TLS305 no-hybrid-group
        TLS311 certificate-expired
        TLS312 weak-certificate-key
        TLS313 weak-signature
        TLS314 incomplete-chain
        TLS315 name-not-covered server
        TLS316 key-readable
        TLS317 lifetime-too-long""",
    ("keys", "problem"): "TLS310 certificate-missing",
    ("enforcement", "endpoint"): """
        TLS401 tls-off server
        TLS402 cleartext-login server
        TLS403 starttls-optional server
        TLS404 mx-demands-tls server
        TLS406 weak-redirect web
        TLS407 port-speaks-other-mode server
        TLS409 mx-shuts-senders-out server""",
    ("enforcement", "problem"): "TLS408 trusted-network-too-wide",
    ("enforcement", "instance"): "TLS405 no-https-redirect web",
    ("headers", "endpoint"): """
        TLS502 hsts-max-age-short web
        TLS503 hsts-max-age-zero web
        TLS504 hsts-invalid web
        TLS505 hsts-not-always web
        TLS506 hsts-duplicate web
        TLS507 hsts-over-http web
        TLS510 preload-not-eligible web
        TLS511 preload-premature web
        TLS512 hsts-with-bad-certificate web
        TLS513 hsts-unknown-directive web
        TLS520 hpkp web
        TLS521 expect-ct web""",
    ("headers", "instance"): """
        TLS501 hsts-missing web
        TLS508 hsts-subdomains web""",
    ("clients", "endpoint"): """
        TLS601 client-tls-off client
        TLS602 peer-not-verified client
        TLS603 name-check-off client
        TLS606 password-over-opportunistic-tls client""",
    ("clients", "problem"): """
        TLS604 verification-impossible
        TLS605 client-demands-tls-everywhere""",
    ("handshake", "endpoint"): """
        TLS701 compression
        TLS702 insecure-renegotiation""",
    ("handshake", "problem"): """
        TLS703 ticket-keys
        TLS704 stapling-broken
        TLS705 stapling-useless
        TLS706 client-certificate-not-enforced""",
    ("effect", "problem"): """
        TLS801 unknown-setting
        TLS802 setting-overridden
        TLS803 setting-ignored-here
        TLS804 setting-not-in-version
        TLS805 setting-renamed
        TLS806 dead-section
        TLS807 default-vhost-decides
        TLS808 pasted-characters
        TLS809 trailing-comment
        TLS810 swallowed-line
        TLS811 duplicate-setting
        TLS812 unused-ignore
        TLS813 shadowed-vhost
        TLS814 means-something-else
        TLS815 file-not-read""",
    ("reading", "problem"): """
        TLS901 refused
        TLS902 include-missing
        TLS903 unreadable
        TLS904 outside-root""",
}
"""By topic and scope: code, name, and the role where only one is concerned."""

_EXPLAINED_BY = {
    # an endpoint without suites of authenticated encryption has nothing but what these say
    "TLS206": ("TLS207",),
    # no version, no suite
    "TLS212": ("TLS105",),
    "TLS402": ("TLS401",),
}


def _entries() -> list[Entry]:
    found = []
    for (topic, scope), lines in _RULES.items():
        for line in lines.strip().splitlines():
            code, name, *role = line.split()
            found.append(
                Entry(code, name, f"{topic}.{name.replace('-', '_')}", scope, role[0] if role else "", _EXPLAINED_BY.get(code, ()))
            )
    return sorted(found)


ENTRIES: tuple[Entry, ...] = tuple(_entries())
"""The rules of tlslint itself."""

_ADDED: dict[Entry, type[Rule]] = {}
"""Rules of plugins."""


def entries() -> tuple[Entry, ...]:
    """All rules: tlslint's own, then those of plugins."""
    return (*ENTRIES, *_ADDED)


def add(entry: Entry, rule: type[Rule]) -> None:
    """Take in a plugin's rule. Raises `ValueError` for a code or name that is taken."""
    taken = by_code()
    for key in (entry.code, entry.name):
        if key in taken:
            raise ValueError(f"{key} is taken by {taken[key].code} {taken[key].name}")
    _ADDED[entry] = rule
    by_code.cache_clear()


@cache
def by_code() -> dict[str, Entry]:
    """Entries by code and by name."""
    return {key: entry for entry in entries() for key in (entry.code, entry.name)}


def names(word: str, entry: Entry) -> bool:
    """Does the word mean this rule: its name, its code, or the beginning of its code (`TLS1`)?"""
    return word.lower() == entry.name or (bool(word) and entry.code.startswith(word.upper()))


def exactness(word: str) -> int:
    """A prefix is as exact as it is long; a whole code or a name is as exact as can be."""
    return len(word) if any(entry.code.startswith(word.upper()) for entry in entries()) else len("TLS101")


def nearest(word: str) -> str | None:
    """The rule that may have been meant by a word that means none."""
    from difflib import get_close_matches  # noqa: PLC0415 (only for a word nobody knows)

    near = get_close_matches(word.lower(), [entry.name for entry in entries()], 1, 0.75)
    if near:
        return near[0]
    wrong = {
        entry.code: sum(a != b for a, b in zip(word.upper(), entry.code, strict=False))
        for entry in entries()
        if len(entry.code) == len(word)
    }
    return min((code for code, count in wrong.items() if count == 1), default=None)


@cache
def load(entry: Entry) -> type[Rule]:
    """Import a rule."""
    if entry in _ADDED:
        return _ADDED[entry]
    rule: type[Rule] = getattr(import_module(f"tlslint.checks.{entry.module}"), entry.class_name)
    return rule


def manual_page(entry: Entry, rule: type[Rule]) -> list[str]:
    """The page as lines: headline, the module's docstring, examples."""
    import sys  # noqa: PLC0415

    text = (sys.modules[rule.__module__].__doc__ or "").strip()
    lines = [f"{entry.code} {entry.name} ({rule.severity.word})", "", *text.splitlines()]
    for is_bad, title in ((True, "Reported"), (False, "Not reported")):
        chosen = [example for example in rule.examples if example.is_bad is is_bad]
        if chosen:
            lines += ["", f"{title}:"]
        for example in chosen:
            place = ", ".join(f"{name} {value}" for name, value in example.settings)
            lines.append("")
            lines.append(f"  {example.service}{f' ({place})' if place else ''}:")
            lines += [f"    {line}" for line in example.text.replace("«", "").replace("»", "").splitlines()]
            if example.says or example.why:
                lines.append(f"    → {example.says or example.why}")
    return lines


def summary(rule: type[Rule]) -> str:
    """The first line of the manual page, without its full stop."""
    import sys  # noqa: PLC0415

    return (sys.modules[rule.__module__].__doc__ or "").strip().partition("\n")[0].removesuffix(".")
