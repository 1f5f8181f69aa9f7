"""GnuTLS priority strings: what each build makes of one.

The language is that of gnutls_priority_init() and set_ciphersuite_list() (lib/priority.c), told in docs/ciphers.md and held against
four real builds.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from tlslint.crypto import groups as group_names
from tlslint.crypto import libraries, suites
from tlslint.crypto.openssl import MAX_EXPLAINED, Effect, Word
from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import BY_WORD, TlsVersion

__all__ = ["Effect", "Priority", "Word", "evaluate", "explain"]

_BLANK = " \t\n\v\f\r"
INVALID_REQUEST = "GNUTLS_E_INVALID_REQUEST"
NO_PRIORITIES = "GNUTLS_E_NO_PRIORITIES_WERE_SET"
MAX_SUITES = 256
"""MAX_CIPHERSUITE_SIZE of lib/gnutls_int.h."""


class Priority(Struct):
    """What came of a priority string.

    `accepted` False: the program gets `error` (GNUTLS_E_INVALID_REQUEST, GNUTLS_E_NO_PRIORITIES_WERE_SET) at character `position`.
    `versions`: TLS only, DTLS left aside. `suites` in order: TLS 1.3 first; includes those that only DTLS could still use, as
    `gnutls-cli --list` does. `groups` in order; `protocols`, `ciphers`, `macs`, `exchanges`, `signatures`: GnuTLS's own names.
    `options`: the %WORDS given, without `%`, upper case.
    """

    string: str
    build: str
    accepted: bool
    error: str | None
    position: int | None
    versions: frozenset[TlsVersion] = frozenset()
    suites: tuple[Suite, ...] = ()
    groups: tuple[Group, ...] = ()
    signatures: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    protocols: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()

    @property
    def server_order(self) -> bool:
        """%SERVER_PRECEDENCE: the server's order of suites and groups counts."""
        return "SERVER_PRECEDENCE" in self.options

    @property
    def words(self) -> tuple[Word, ...]:
        """What each word did; worked out when first asked for."""
        return explain(self.string, self.build)


class _Level(Struct):
    """The lists of one level keyword. `protocols` is empty where the level has no say over them (all but SUITEB…)."""

    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    kx: tuple[str, ...]
    sign: tuple[str, ...]
    groups: tuple[str, ...]


class _Row(Struct):
    name: str
    code: int
    in_dtls10: bool
    in_dtls12: bool
    first: int


class _Table:
    """One build's words, lists and suites."""

    def __init__(self, build: str) -> None:
        data = json.loads(beside(__file__, f"{build.replace('@', '-')}.json"))
        self.levels = {
            name: _Level(
                tuple(lists["protocols"]) if name.startswith("SUITEB") else (),
                *(tuple(lists[key]) for key in ("ciphers", "macs", "kx", "sign", "groups")),
            )
            for name, lists in data["levels"].items()
        }
        self.protocols: tuple[str, ...] = tuple(data["levels"]["NORMAL"]["protocols"])
        self.known = {
            kind: {name.lstrip("-").upper(): "" if name.startswith("-") else name for name in data[kind]}
            for kind in ("ciphers", "macs", "kx", "groups", "curves", "sign", "versions")
        }
        self.ctypes = frozenset(name.upper() for name in data["ctypes"])
        self.options = frozenset(data["options"])
        self.signs12 = frozenset(data["signs12"])
        self.signs13 = frozenset(data["signs13"])
        self.suites: dict[tuple[str, str, str], _Row] = {}
        for name, code, kx, cipher, mac, in_dtls10, in_dtls12, first in data["suites"]:
            self.suites.setdefault((kx, cipher, mac), _Row(name, code, bool(in_dtls10), bool(in_dtls12), first))


class _State:
    """The lists while a string is read (struct gnutls_priority_st)."""

    __slots__ = ("ciphers", "groups", "kx", "macs", "options", "protocols", "sign")

    def __init__(self) -> None:
        self.protocols: list[str] = []
        self.ciphers: list[str] = []
        self.macs: list[str] = []
        self.kx: list[str] = []
        self.sign: list[str] = []
        self.groups: list[str] = []
        self.options: set[str] = set()

    def copy(self) -> "_State":
        """The lists as they are now."""
        twin = _State()
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def take(self, level: _Level, *, replacing: bool) -> None:
        """A level keyword: the first replaces the lists, later ones add what is missing."""
        for name in ("ciphers", "macs", "kx", "sign", "groups"):
            self._take(name, getattr(level, name), replacing=replacing)
        if level.protocols:
            self._take("protocols", level.protocols, replacing=replacing)

    def _take(self, name: str, more: tuple[str, ...], *, replacing: bool) -> None:
        have: list[str] = [] if replacing else getattr(self, name)
        setattr(self, name, have + [word for word in more if word not in have])


def _elements(priority: str) -> Iterator[tuple[int, str]]:
    """The elements between colons, blanks before each dropped (break_list()), with their offsets."""
    position = 0
    for text in priority.split(":"):
        element = text.lstrip(_BLANK)
        yield position + len(text) - len(element), element
        position += len(text) + 1


def _begin(known: _Table, first: str) -> _State:
    state = _State()
    if first.upper() != "NONE":
        state.protocols = list(known.protocols)
        state.groups = list(known.levels["NORMAL"].groups)
        state.sign = list(known.levels["NORMAL"].sign)
    return state


def _element(known: _Table, state: _State, element: str, number: int) -> bool:
    """Carry out one element; False: it is an error."""
    word = element.upper()
    if number == 0 and word == "NONE":
        return True
    if word in known.levels:
        state.take(known.levels[word], replacing=number == 0)
        return True
    sign, word = element[:1], word[1:]
    if sign == "%":
        state.options.add(word)
        return word in known.options
    if not sign or sign not in "+-!":
        return False
    adding = sign == "+"
    if adding and word in known.levels:
        state.take(known.levels[word], replacing=False)
        return True
    for kind, have in (("macs", state.macs), ("ciphers", state.ciphers), ("kx", state.kx)):
        if word in known.known[kind]:
            _change(have, known.known[kind][word], adding=adding)
            return True
    return _prefixed(known, state, word, adding=adding)


def _change(have: list[str], name: str, *, adding: bool) -> None:
    if adding and name and name not in have:
        have.append(name)
    elif not adding and name in have:
        have.remove(name)


def _change_all(have: list[str], names: Iterable[str], *, adding: bool) -> None:
    for name in names:
        _change(have, name, adding=adding)


def _prefixed(known: _Table, state: _State, word: str, *, adding: bool) -> bool:
    """`VERS-…`, `GROUP-…` and so on. GnuTLS compares the …-ALL words by prefix only."""
    normal = known.levels["NORMAL"]
    kind, _, rest = word.partition("-")
    if kind == "VERS":
        for family, start in (("TLS-ALL", "TLS"), ("DTLS-ALL", "DTLS")):
            if rest.startswith(family):
                _change_all(state.protocols, [name for name in known.protocols if name.startswith(start)], adding=adding)
                return True
        return _bulk(state.protocols, known.protocols, rest, known.known["versions"], adding=adding)
    if kind in ("CURVE", "GROUP"):
        if kind == "GROUP":
            for family, is_dh in (("DH-ALL", True), ("EC-ALL", False)):
                if rest.startswith(family):
                    _change_all(state.groups, [name for name in normal.groups if name.startswith("FFDHE") is is_dh], adding=adding)
                    return True
        return _bulk(state.groups, normal.groups, rest, known.known["groups" if kind == "GROUP" else "curves"], adding=adding)
    if kind == "SIGN":
        return _bulk(state.sign, normal.sign, rest, known.known["sign"], adding=adding)
    if kind == "CTYPE":
        return rest in known.ctypes or rest.startswith(("ALL", "CLI-ALL", "SRV-ALL"))
    if kind == "COMP" and "-" in word:
        return True  # compression was removed in 3.6; its words are skipped unread
    for name, have, every in (("MAC", state.macs, normal.macs), ("CIPHER", state.ciphers, normal.ciphers), ("KX", state.kx, normal.kx)):
        if kind == name and "-" in word:
            if rest.startswith("ALL"):
                _bulk(have, every, "ALL", {}, adding=adding)
            return True  # MAC-FOO is skipped, not refused
    return False


def _bulk(have: list[str], every: tuple[str, ...], word: str, names: dict[str, str], *, adding: bool) -> bool:
    """`…-ALL` adds the list of NORMAL, or empties the list; any other word must be known."""
    if word.startswith("ALL"):
        if adding:
            _change_all(have, every, adding=True)
        else:
            have.clear()
        return True
    if word not in names:
        return False
    _change(have, names[word], adding=adding)
    return True


def _is_tls(protocol: str) -> bool:
    return protocol.startswith("TLS")


def _finish(known: _Table, state: _State) -> list[_Row] | None:
    """set_ciphersuite_list(): settle protocols and key exchanges in `state`, and give the suites; None: nothing is left."""
    kx = state.kx
    has_psk = any(name in kx for name in ("PSK", "DHE-PSK", "ECDHE-PSK"))
    no_tls13 = (
        "NULL" in state.ciphers or any(name.startswith("SRP") or name == "RSA-PSK" for name in kx) or "NO_EXTENSIONS" in state.options
    )
    if no_tls13:
        state.protocols = [name for name in state.protocols if name != "TLS1.3"]
    if not state.protocols:
        return None
    tls = [name for name in state.protocols if _is_tls(name)]
    if tls == ["TLS1.3"] and len(state.protocols) == 1 and not has_psk:
        kx = state.kx = []
    found = [known.suites.get((exchange, cipher, mac)) for exchange in ("", *kx) for cipher in state.ciphers for mac in state.macs]
    rows = [row for row in found if row is not None][:MAX_SUITES]
    usable = frozenset().union(known.signs13 if "TLS1.3" in tls else (), known.signs12 if len(state.protocols) > ("TLS1.3" in tls) else ())
    if not usable.intersection(state.sign):
        state.protocols = [name for name in state.protocols if name in ("TLS1.0", "TLS1.1", "DTLS0.9", "DTLS1.0")]
    if not state.protocols or not rows:
        return None
    gap = "TLS1.3" in tls and "TLS1.2" not in tls and ("TLS1.1" in tls or "TLS1.0" in tls)
    if ("TLS1.3" in tls and not state.groups and not has_psk) or gap:
        state.protocols = [name for name in state.protocols if name != "TLS1.3"]
    return rows


def _listed(state: _State, rows: list[_Row]) -> list[_Row]:
    """Suites that some enabled version can use (gnutls_priority_get_cipher_suite_index())."""
    newest = max((BY_WORD["TLSv" + name[3:]] for name in state.protocols if _is_tls(name)), default=0)
    dtls10 = any(name.startswith("DTLS") for name in state.protocols)
    dtls12 = "DTLS1.2" in state.protocols
    return [row for row in rows if newest >= row.first or (dtls10 and row.in_dtls10) or (dtls12 and row.in_dtls12)]


@lru_cache(maxsize=1024)
def evaluate(priority: str, build: str) -> Priority:
    """What `build` makes of a priority string. Never raises for any string; raises `KeyError` for a build there is no data for."""
    known = _table(build)
    elements = list(_elements(priority))
    state = _begin(known, elements[0][1])
    for number, (position, element) in enumerate(elements):
        if not _element(known, state, element, number):
            return Priority(priority, build, False, INVALID_REQUEST, position)
    rows = _finish(known, state)
    if rows is None:
        return Priority(priority, build, False, NO_PRIORITIES, 0)
    by_code = suites.numbers()
    named = [group_names.named(name) for name in state.groups]
    return Priority(
        priority,
        build,
        True,
        None,
        None,
        frozenset(BY_WORD["TLSv" + name[3:]] for name in state.protocols if _is_tls(name)),
        tuple([by_code[row.code] for row in _listed(state, rows)]),
        tuple([group for group in named if group is not None]),
        tuple(state.sign),
        frozenset(state.options),
        tuple(state.protocols),
        tuple(state.ciphers),
        tuple(state.macs),
        tuple(state.kx),
    )


@lru_cache(maxsize=256)
def explain(priority: str, build: str) -> tuple[Word, ...]:
    """What each word of `priority` did in turn; `suites` are those that came or went with it (of the first 200 words)."""
    known = _table(build)
    elements = list(_elements(priority))
    state = _begin(known, elements[0][1])
    words: list[Word] = []
    before = _suites_now(known, state)
    refused = False
    for number, (start, element) in enumerate(elements):
        end = start + len(element)
        if refused:
            words.append(Word(element, start, end, Effect.UNREAD))
            continue
        lists = state.copy()
        is_brief = number >= MAX_EXPLAINED
        if not _element(known, state, element, number):
            refused = True
            words.append(Word(element, start, end, Effect.REFUSED, (), element.lstrip("+-!%"), *_about_refused(element, known)))
            continue
        after = before if is_brief else _suites_now(known, state)
        came = [suite for suite in after if suite not in before]
        went = [suite for suite in before if suite not in after]
        words.append(_word(known, element, start, lists, state, (came, went), is_brief=is_brief))
        before = after
    return tuple(words)


def _word(
    known: _Table, element: str, start: int, before: _State, after: _State, changed: tuple[list[Suite], list[Suite]], *, is_brief: bool
) -> Word:
    end = start + len(element)
    came, went = changed
    lists = [name for name in _State.__slots__ if getattr(before, name) != getattr(after, name)]
    if not lists:
        body = element[1:].upper()
        ignored = body.startswith(("MAC-", "KX-", "CIPHER-", "COMP-")) and not body.endswith("-ALL")
        if ignored and body not in known.known["macs"]:
            meant = "" if is_brief else _nearest(body.partition("-")[2], known)
            return Word(element, start, end, Effect.UNKNOWN, (), element[1:], "skipped without a word", meant)
        return Word(element, start, end, Effect.NOTHING, note="" if element[:1] != "+" else "it is in the list already")
    effect = Effect.ADDED
    if element[:1] in "-!" or (went and not came):
        effect = Effect.REMOVED
    elif came and went:
        effect = Effect.MOVED
    return Word(element, start, end, effect, tuple(came + went), note=", ".join(_LISTS[name] for name in lists))


_LISTS = {
    "protocols": "versions",
    "ciphers": "ciphers",
    "macs": "MACs",
    "kx": "key exchanges",
    "sign": "signatures",
    "groups": "groups",
    "options": "options",
}


def _suites_now(known: _Table, state: _State) -> list[Suite]:
    trial = state.copy()
    rows = _finish(known, trial)
    by_code = suites.numbers()
    return [] if rows is None else [by_code[row.code] for row in _listed(trial, rows)]


def _about_refused(element: str, known: _Table) -> tuple[str, str]:
    word = element.lstrip("+-!%").upper()
    if not element:
        return "nothing stands between the colons", ""
    if element.startswith("@"):
        return "looked up in the system's priority file, which is not at hand", ""
    if element[:1] not in "+-!%":
        if any(separator in element for separator in (",", " ")):
            return "words are separated by colons only", ""
        if word in known.known["ciphers"] or word in known.known["kx"] or word.startswith("VERS-"):
            return "all but the first keyword needs a sign: + adds, - removes", f"+{element}"
    if element.startswith("%"):
        return "not an option of this build", ""
    return "not known to this build", _nearest(word, known)


def _nearest(word: str, known: _Table) -> str:
    names = set(known.levels)
    for kind, prefix in (("ciphers", ""), ("macs", ""), ("kx", ""), ("groups", "GROUP-"), ("sign", "SIGN-"), ("versions", "VERS-")):
        names.update(f"{prefix}{name}" for name in known.known[kind])
    import difflib  # noqa: PLC0415 (only for words nobody knows)

    close = difflib.get_close_matches(word[:64], sorted(names), 1, 0.75)
    return close[0] if close else ""


def with_system_priorities(priority: str, config: str | None) -> str | None:
    """What GnuTLS reads for `@KEYWORD[,KEYWORD…][:more]`: the first keyword that its configuration knows, and the rest.

    `config`: the text of /etc/gnutls/config (or what GNUTLS_SYSTEM_PRIORITY_FILE names); None: not at hand, and then nothing can be said.
    A string of unknown keywords comes back as it is, and is an error. Other strings come back as they are.
    (_gnutls_resolve_priorities(); seen on 3.7.9 and 3.8.9: names count case, the section is [priorities].)
    """
    words, colon, rest = priority.lstrip(_BLANK).partition(":")
    if not words.startswith("@"):
        return priority
    if config is None:
        return None
    known: dict[str, str] = {}
    section = "priorities"
    for line in config.splitlines():
        line = line.strip()  # noqa: PLW2901 (the line itself is of no further use)
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == "priorities" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            known[name.strip()] = value.strip()
    meant = next((known[name] for name in words[1:].split(",") if name in known), None)
    return priority if meant is None else f"{meant}{colon}{rest}"


def reads_like_priority(string: str) -> bool:
    """Is this written in GnuTLS's language rather than OpenSSL's? By its first word, or a word only GnuTLS has."""
    words = [word.strip().upper() for word in string.split(":")]
    if words[0] in _FIRST_WORDS or words[0].startswith("@"):
        return words[0] != "@STRENGTH" and not words[0].startswith("@SECLEVEL")
    return any(word.startswith(_ONLY_HERE) for word in words)


_FIRST_WORDS = frozenset({"NORMAL", "PERFORMANCE", "PFS", "LEGACY", "SECURE", "SECURE128", "SECURE192", "SECURE256", "NONE", "SYSTEM"})
_PREFIXES = ("VERS-", "GROUP-", "CURVE-", "SIGN-", "CTYPE-", "COMP-", "KX-ALL", "CIPHER-ALL")
_ONLY_HERE = ("%", *(sign + prefix for sign in "+-!" for prefix in _PREFIXES))


def suites_of(build: str) -> tuple[Suite, ...]:
    """Every suite the build has, in its table's order."""
    by_code = suites.numbers()
    return tuple([by_code[row.code] for row in _table(build).suites.values()])


def parts(build: str) -> dict[int, tuple[str, str, str]]:
    """Suites by code point: key exchange ("" for TLS 1.3), cipher and MAC, in the words a priority string needs for them."""
    return {row.code: key for key, row in _table(build).suites.items()}


def group_word(group: Group, build: str) -> str:
    """The word for a group, `GROUP-X25519`; "" where the build has none."""
    name = group.iana.upper()
    return f"GROUP-{name}" if _table(build).known["groups"].get(name) else ""


def kind_of(word: str, build: str) -> str:
    """What a word changes: `versions`, `groups`, `sign`, `ciphers`, `macs`, `kx`; `options` for %WORDS; "" for levels and the rest."""
    bare, known = word.strip().upper(), _table(build).known
    if bare.startswith("%"):
        return "options"
    if bare[:1] not in ("+", "-", "!"):
        return ""
    bare = bare[1:]
    kind = next((kind for kind in ("macs", "ciphers", "kx") if bare in known[kind]), "")
    return kind or _KINDS.get(bare.partition("-")[0], "")


_KINDS = {"VERS": "versions", "GROUP": "groups", "CURVE": "groups", "SIGN": "sign", "CIPHER": "ciphers", "MAC": "macs", "KX": "kx"}


@cache
def _table(build: str) -> _Table:
    libraries.build(build)
    return _Table(build)
