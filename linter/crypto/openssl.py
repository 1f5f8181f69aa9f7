"""OpenSSL's cipher strings: what each build makes of one.

The language is that of ssl_create_cipher_list() and set_ciphersuites() (ssl/ssl_ciph.c), told in docs/ciphers.md and held against
17 real builds. A library keeps one ordered list of suites, each active or not; here the active and the inactive ones are two lists,
which comes to the same: no rule ever looks at how they are interleaved.
"""

import json
import os
import re
from enum import Enum
from functools import cache, lru_cache
from typing import Any

from tlslint.crypto import libraries, suites
from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite


class Effect(Enum):
    """What a word of a cipher string did."""

    ADDED = "added"
    MOVED = "moved"
    REMOVED = "removed"
    BANNED = "banned"
    """Removed for good (`!`)."""
    SORTED = "sorted"
    LEVEL = "level"
    """`@SECLEVEL=n`."""
    NOTHING = "nothing"
    """Known here, changed nothing."""
    UNKNOWN = "unknown"
    """Not known to this build: skipped without a word."""
    REFUSED = "refused"
    """Makes the whole string invalid."""
    UNREAD = "unread"
    """Stands behind what ended the reading."""


class Word(Struct):
    """One rule of a string: `!aNULL`, `ECDHE+AESGCM`, `@STRENGTH`, `DEFAULT`.

    `start`, `end`: character offsets in the string. `suites`: those it added, moved, removed or banned, in order.
    `unknown`: the part that this build does not know ("" where all are known); `note` says why ("known only before OpenSSL 1.1.0",
    "a TLS 1.3 suite: this string has no say over those"); `suggestion`: a word it knows that was probably meant.
    """

    text: str
    start: int
    end: int
    effect: Effect
    suites: tuple[Suite, ...] = ()
    unknown: str = ""
    note: str = ""
    suggestion: str = ""


class CipherList(Struct):
    """What came of a cipher string.

    `accepted` False: SSL_CTX_set_cipher_list() fails and the server (mostly) does not start; `error` is OpenSSL's reason
    (`no cipher match`, `invalid command`) or the TLS 1.3 list's.
    `suites`: TLS 1.3 first, then the string's own in order; what the library keeps when it refuses is here too (the old list after
    `invalid command`, TLS 1.3 only after `no cipher match`).
    `security_level`: what the string sets, else the `level` given, else the build's default; None before 1.1.0.
    `sets_level`: did the string say `@SECLEVEL`?
    """

    string: str
    build: str
    accepted: bool
    error: str | None
    suites: tuple[Suite, ...]
    security_level: int | None
    sets_level: bool
    tls13: str | None

    @property
    def words(self) -> tuple[Word, ...]:
        """What each word did; worked out when first asked for."""
        return explain(self.string, self.build)

    @property
    def suite_b(self) -> str:
        """`SUITEB128`, `SUITEB192` … when the string begins so: groups and keys are then limited as well; "" for any other string."""
        return _suite_b(_table(self.build), self.string)[0]


NO_MATCH = "no cipher match"
INVALID_COMMAND = "invalid command"
DEFAULT_TLS13 = (0x1302, 0x1303, 0x1301)
"""TLS_DEFAULT_CIPHERSUITES (include/openssl/ssl.h, 1.1.1 to 4.0): AES-256-GCM, ChaCha20-Poly1305, AES-128-GCM."""

_SUITE_B = (
    ("SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("SUITEB128C2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("SUITEB128", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384"),
)
"""check_suiteb_cipher_list(): tried in this order, by prefix; whatever follows is thrown away (1.0.2 and later)."""

MAX_EXPLAINED = 200
"""Words explained in full; hostile text cannot make an explanation slow or large."""

_ENTRY = re.compile(r"[^:;, ]+")
_UNKNOWN_END = re.compile("[+!@]")
_MEMORY = 4096
"""Entries and matches remembered per table; beyond that they are forgotten, so hostile text cannot fill memory."""


class _Kind(Enum):
    ADD = ""
    DELETE = "-"
    LAST = "+"
    KILL = "!"
    STRENGTH = "@STRENGTH"
    LEVEL = "@SECLEVEL"
    UNKNOWN = "unknown"
    CONTRADICTION = "contradiction"
    INVALID = "invalid"
    """An unknown `@` command: the string is refused in the end, but read on."""
    STOP = "stop"
    """No word where one must be: the string is refused, from 1.1.1 here and now."""


class _Rule(Struct):
    """One rule of an entry, offsets relative to the entry. `level` for LEVEL; `word` the part that is unknown or contradicts."""

    kind: _Kind
    matching: frozenset[int]
    start: int
    end: int
    level: int = 0
    word: str = ""
    at_end: bool = False
    """STOP: is the word missing at the very end of the entry?"""


_EXPORT = 2
_SSL2 = 1
_ALL_BUT_SSL2 = 0xFFFFFFFE
"""Bits of 1.0.x. Its COMPLEMENTOFDEFAULT (up to 1.0.2f) takes all export and all SSLv2 suites, whatever it is combined with
(ssl_cipher_apply_rule(), "Special case: only satisfied by COMPLEMENTOFDEFAULT")."""

_Masks = tuple[int, int, int, int, int, int]
"""mkey, auth, enc, mac, version, strength: as in the build's own headers; 0 means any."""


class _Table:
    """One build's suites and words. Suites are known by their number in the base order."""

    def __init__(self, build: str) -> None:
        facts = libraries.build(build)
        branch = facts.branch
        self.facts = facts
        self.is_old = branch < (1, 1)
        self.has_tls13 = branch >= (1, 1, 1)
        self.folds_case = branch >= (4,)
        self.stops = branch >= (1, 1, 1)
        """Does a missing word end the reading? Before 1.1.1 the string is refused, but read on (and a later @SECLEVEL counts)."""
        data = table(facts.table)
        here = data["builds"][facts.like]
        lacks = frozenset(here["lacks"])
        unknown = frozenset(here["unknown"])
        self.default: str = data["default"]
        self.strong: int = data["masks"]["strong"]
        self.not_default: int = data["masks"]["default"]
        self.export: int = data["masks"]["export"]
        self.rows: list[list[int]] = []
        self.suites: list[Suite] = []
        self.names: list[str] = []
        self.words: dict[str, tuple[_Masks, int]] = {}
        for number, row in enumerate(data["rows"]):
            if number in lacks:
                continue
            name, code, *masks = row
            self.names.append(name)
            self.rows.append([code, *masks])
            suite = suites.of_code(code)
            self.suites.append(suite)
            known = ((masks[0], masks[1], masks[2], masks[3], 0, masks[5]), 0 if self.is_old else code)
            self.words.setdefault(self.fold(name), known)
            if branch >= (3, 2):
                self.words.setdefault(self.fold(suite.iana), known)
        for name, word in data["words"].items():
            if name not in unknown:
                self.words.setdefault(self.fold(name), (tuple(word), 0))
        self.everything = list(range(len(self.rows)))
        self.strength = [row[7] for row in self.rows]
        characters = r"[A-Za-z0-9.\-" + ("=" if not self.is_old else "") + ("_" if branch >= (3, 2) else "") + "]*"
        self.word = re.compile(characters)
        self._entries: dict[str, tuple[_Rule, ...]] = {}
        self._matches: dict[tuple[_Masks, int], frozenset[int]] = {}

    def fold(self, word: str) -> str:
        """OpenSSL 4.0 compares words without regard to case."""
        return word.lower() if self.folds_case else word

    def entry(self, text: str) -> tuple[_Rule, ...]:
        """The rules in the text between two separators."""
        rules = self._entries.get(text)
        if rules is None:
            if len(self._entries) >= _MEMORY:
                self._entries.clear()
            rules = self._entries[text] = tuple(self._parse(text))
        return rules

    def _parse(self, text: str) -> list[_Rule]:
        rules: list[_Rule] = []
        nothing: frozenset[int] = frozenset()
        position = 0
        while position < len(text):
            start = position
            sign = text[position]
            if sign in "-+!@":
                position += 1
            else:
                sign = ""
            if sign == "@":
                end = self._end_of_word(text, position)
                rules.append(self._command(text[position:end], start, len(text)))
                break
            masks, code = (0, 0, 0, 0, 0, 0), 0
            while True:
                end = self._end_of_word(text, position)
                word = text[position:end]
                if not word:
                    rules.append(_Rule(_Kind.STOP, nothing, start, len(text), at_end=position == len(text)))
                    return rules
                found = self.words.get(self.fold(word))
                if found is None:
                    rules.append(_Rule(_Kind.UNKNOWN, nothing, start, len(text), 0, _UNKNOWN_END.split(text[position:], maxsplit=1)[0]))
                    return rules
                code = found[1]
                combined = self._both(masks, found[0])
                if combined is None:
                    rules.append(_Rule(_Kind.CONTRADICTION, nothing, start, len(text), 0, word))
                    return rules
                masks = combined
                if end < len(text) and text[end] == "+":
                    position = end + 1
                    continue
                break
            rules.append(_Rule(_Kind(sign), self._matching(masks, code), start, end))
            position = end
        return rules

    def _end_of_word(self, text: str, position: int) -> int:
        match = self.word.match(text, position)
        return match.end() if match else position

    def _command(self, word: str, start: int, end: int) -> _Rule:
        nothing: frozenset[int] = frozenset()
        if not word:
            return _Rule(_Kind.STOP, nothing, start, end, at_end=end == start + 1)
        folded = word.upper() if self.folds_case else word
        if folded == "STRENGTH":
            return _Rule(_Kind.STRENGTH, nothing, start, end)
        if not self.is_old and len(word) == 10 and folded.startswith("SECLEVEL=") and "0" <= word[9] <= "5":
            return _Rule(_Kind.LEVEL, nothing, start, end, int(word[9]))
        return _Rule(_Kind.INVALID, nothing, start, end, 0, word)

    def _both(self, one: _Masks, other: _Masks) -> _Masks | None:
        """The AND of two words, category by category; None when a category has nothing left."""
        both = []
        for mask, more in zip(one[:4], other[:4], strict=True):
            joined = mask & more if mask and more else mask | more
            if mask and more and not joined:
                return None
            both.append(joined)
        strength = self._strength(one[5], other[5])
        version = one[4] or other[4]
        if one[4] and other[4]:
            version = one[4] & other[4] if self.is_old else one[4]
            if not version or (not self.is_old and one[4] != other[4]):
                return None
        if strength is None:
            return None
        return (both[0], both[1], both[2], both[3], version, strength)

    def _strength(self, strength: int, more: int) -> int | None:
        for mask in (self.export, self.strong):
            if more & mask:
                if strength & mask:
                    strength &= (more & mask) | ~mask
                    if not strength & mask:
                        return None
                elif self.is_old:
                    strength |= more & mask
                else:
                    strength = more & mask  # from 1.1.0: overwrites a NOT_DEFAULT bit collected before
        if more & self.not_default:
            if strength & self.not_default:
                strength &= (more & self.not_default) | ~self.not_default
            else:
                strength |= more & self.not_default
        return strength

    def _matching(self, masks: _Masks, code: int) -> frozenset[int]:
        key = (masks, code)
        found = self._matches.get(key)
        if found is None:
            if len(self._matches) >= _MEMORY:
                self._matches.clear()
            found = self._matches[key] = frozenset(number for number, row in enumerate(self.rows) if self._matches_row(masks, code, row))
        return found

    def _matches_row(self, masks: _Masks, code: int, row: list[int]) -> bool:
        if code and row[0] != code:
            return False
        mkey, auth, enc, mac, version, strength = masks
        if self.is_old and ((strength == self.export and row[6] & _EXPORT) or (version == _ALL_BUT_SSL2 and row[5] == _SSL2)):
            return True
        if (mkey and not mkey & row[1]) or (auth and not auth & row[2]) or (enc and not enc & row[3]) or (mac and not mac & row[4]):
            return False
        if version and (not version & row[5] if self.is_old else version != row[5]):
            return False
        return not any(strength & mask and not strength & mask & row[6] for mask in (self.export, self.strong, self.not_default))


class _State:
    """The list while a string is read."""

    __slots__ = ("active", "error", "inactive", "level", "stopped", "stops", "strength", "swallowed")

    def __init__(self, known: _Table) -> None:
        self.active: list[int] = []
        self.inactive = known.everything
        self.strength = known.strength
        self.stops = known.stops
        self.level: int | None = None
        self.error: str | None = None
        self.stopped = False
        self.swallowed = -1

    def swallow(self, known: _Table, part: re.Match[str]) -> None:
        """Before 1.1.1 a missing word takes the next character with it: when that is a separator, the next entry is not read."""
        last = known.entry(part.group())[-1]
        if last.kind is _Kind.STOP and last.at_end:
            self.swallowed = part.end() + 1

    def apply(self, rule: _Rule) -> None:
        """Carry out one rule."""
        kind, matching = rule.kind, rule.matching
        if kind is _Kind.ADD:
            found = [number for number in self.inactive if number in matching]
            if found:
                self.active = self.active + found
                self.inactive = [number for number in self.inactive if number not in matching]
        elif kind is _Kind.KILL:
            self.active = [number for number in self.active if number not in matching]
            self.inactive = [number for number in self.inactive if number not in matching]
        elif kind is _Kind.DELETE:
            found = [number for number in self.active if number in matching]
            if found:
                self.inactive = found + self.inactive
                self.active = [number for number in self.active if number not in matching]
        elif kind is _Kind.LAST:
            found = [number for number in self.active if number in matching]
            if found:
                self.active = [number for number in self.active if number not in matching] + found
        elif kind is _Kind.STRENGTH:
            strength = self.strength
            self.active = sorted(self.active, key=lambda number: -strength[number])
        elif kind is _Kind.LEVEL:
            self.level = rule.level
        elif kind is _Kind.INVALID:
            self.error = INVALID_COMMAND
        elif kind is _Kind.STOP:
            self.error = INVALID_COMMAND
            self.stopped = self.stops


@lru_cache(maxsize=4096)
def evaluate(string: str, build: str, *, tls13: str | None = None, level: int | None = None) -> CipherList:
    """What `build` makes of a cipher string (SSL_CTX_set_cipher_list), with a TLS 1.3 list (set_ciphersuites; None: the default three).

    `level`: the security level the context had before (a distribution's openssl.cnf); None: the build's compiled default.
    Never raises for any string; raises `KeyError` for a build there is no data for.
    """
    known = _table(build)
    state = _State(known)
    for text in _parts(known, string)[0]:
        _run(known, state, text)
    sets_level = state.level is not None
    if not sets_level and not known.is_old:
        state.level = known.facts.security_level if level is None else level
    own = state.active
    error = state.error
    if error is not None:
        default = _State(known)
        _run(known, default, known.default)
        own = default.active
    elif not own:
        error = NO_MATCH
    first: tuple[Suite, ...] = ()
    if known.has_tls13:
        first, refused = _tls13(known, tls13)
        error = error or refused
    answer = first + tuple([known.suites[number] for number in own])
    return CipherList(string, build, error is None, error, answer, state.level, sets_level, tls13)


def _run(known: _Table, state: _State, text: str) -> None:
    for part in _ENTRY.finditer(text):
        if part.start() == state.swallowed:
            continue
        for rule in known.entry(part.group()):
            state.apply(rule)
        if state.error is not None:
            if state.stopped:
                break
            state.swallow(known, part)


def _parts(known: _Table, string: str) -> tuple[list[str], int]:
    """What is really evaluated, in turn, and how many leading characters of `string` stand for something else (DEFAULT, SUITEB…)."""
    meaning = _suite_b(known, string)[1]
    if meaning:
        return [meaning], len(string)
    if known.fold(string[:7]) == known.fold("DEFAULT"):
        skip = 8 if string[7:8] == ":" else 7
        return [known.default, string[skip:]], skip
    return [string], 0


def _suite_b(known: _Table, string: str) -> tuple[str, str]:
    """The Suite B word a string begins with, and the suites it stands for; from 1.0.2."""
    if known.facts.branch >= (1, 0, 2):
        folded = string[:13].upper() if known.folds_case else string
        for word, meaning in _SUITE_B:
            if folded.startswith(word):
                return word, meaning
    return "", ""


def _tls13(known: _Table, names: str | None) -> tuple[tuple[Suite, ...], str | None]:
    """The TLS 1.3 suites a list leaves, and why the list is refused (set_ciphersuites, ciphersuite_cb)."""
    if names is None:
        return tuple(map(suites.of_code, DEFAULT_TLS13)), None
    chosen: list[Suite] = []
    unknown = False
    for name in names.split(":") if names else ():
        suite = _tls13_suite(name.strip())
        if suite is None:
            unknown = True
        elif suite not in chosen:
            chosen.append(suite)
    if unknown and (not chosen or known.facts.branch < (3,)):
        return tuple(map(suites.of_code, DEFAULT_TLS13)), f"{NO_MATCH} in the TLS 1.3 list"
    return tuple(chosen), None


def _tls13_suite(name: str) -> Suite | None:
    """A TLS 1.3 suite by its exact name. TLS_SHA256_SHA256 and TLS_SHA384_SHA384 (3.4 and later) are left out of ordinary builds."""
    suite = suites.named(name)
    return suite if suite is not None and suite.iana == name and 0x1301 <= suite.code <= 0x1305 else None


@lru_cache(maxsize=256)
def explain(string: str, build: str) -> tuple[Word, ...]:
    """What each word of `string` did in turn; every character that is not a separator lies in exactly one word.

    Words after the first 200 say what kind of effect they had, without suites or advice: no list a person wrote is that long.
    """
    known = _table(build)
    state = _State(known)
    parts, skip = _parts(known, string)
    words: list[Word] = []
    if skip:
        _run(known, state, parts[0])
        whole = len(parts) == 1
        end = len(string) if whole else 7
        words.append(Word(string[:end], 0, end, Effect.ADDED, _suites(known, state.active), note="" if whole else known.default))
        if whole:
            return tuple(words)
    for match in _ENTRY.finditer(string, skip):
        if state.stopped or match.start() == state.swallowed:
            words.append(Word(match.group(), match.start(), match.end(), Effect.UNREAD))
            continue
        for rule in known.entry(match.group()):
            words.append(_word(known, state, rule, match.group(), match.start(), is_brief=len(words) >= MAX_EXPLAINED))
        if state.error is not None:
            state.swallow(known, match)
    return tuple(words)


def _word(known: _Table, state: _State, rule: _Rule, entry: str, offset: int, *, is_brief: bool) -> Word:
    before, inactive = state.active, state.inactive
    state.apply(rule)
    text = entry[rule.start : rule.end]
    start, end = offset + rule.start, offset + rule.end
    kind = rule.kind
    if kind is _Kind.UNKNOWN:
        about = ("", "") if is_brief else _about_unknown(rule.word, known)
        return Word(text, start, end, Effect.UNKNOWN, (), rule.word, *about)
    if kind is _Kind.CONTRADICTION:
        return Word(text, start, end, Effect.NOTHING, note="no suite is all of this at once")
    if kind in (_Kind.STOP, _Kind.INVALID):
        return Word(text, start, end, Effect.REFUSED, (), rule.word, _about_refused(rule, entry, known))
    if kind is _Kind.LEVEL:
        return Word(text, start, end, Effect.LEVEL)
    if kind is _Kind.STRENGTH:
        if state.active != before:
            return Word(text, start, end, Effect.SORTED, () if is_brief else _suites(known, state.active))
        return Word(text, start, end, Effect.NOTHING, note="in this order already" if before else "nothing to sort yet")
    effects = {_Kind.ADD: Effect.ADDED, _Kind.DELETE: Effect.REMOVED, _Kind.LAST: Effect.MOVED, _Kind.KILL: Effect.BANNED}
    source = inactive if kind is _Kind.ADD else before + inactive if kind is _Kind.KILL else before
    touched = [number for number in source if number in rule.matching]
    if not touched or (kind is _Kind.LAST and state.active == before):
        return Word(text, start, end, Effect.NOTHING, note=_about_nothing(rule, before))
    note = ""
    if kind is _Kind.KILL and not any(number in rule.matching for number in before):
        note = "none of them was in the list: this only keeps later words from adding them"
    return Word(text, start, end, effects[kind], () if is_brief else _suites(known, touched), note=note)


def _suites(known: _Table, numbers: list[int]) -> tuple[Suite, ...]:
    return tuple([known.suites[number] for number in numbers])


def _about_nothing(rule: _Rule, before: list[int]) -> str:
    if not rule.matching:
        return "this build has no such suite"
    if rule.kind is _Kind.ADD:
        return "all of it is in the list already" if any(number in rule.matching for number in before) else "taken out for good before"
    if rule.kind is _Kind.LAST:
        return "it stands last already" if any(number in rule.matching for number in before) else "none of it is in the list"
    return "none of it is in the list"


def _about_refused(rule: _Rule, entry: str, known: _Table) -> str:
    if rule.kind is _Kind.STOP:
        return "no word where one must be" if rule.start < len(entry) else ""
    if known.is_old and rule.word.startswith("SECLEVEL"):
        return "security levels came with OpenSSL 1.1.0"
    return "not a command: there are @STRENGTH and @SECLEVEL=0 to 5" if not known.is_old else "not a command: there is @STRENGTH"


def _about_unknown(word: str, known: _Table) -> tuple[str, str]:
    """Why the build does not know a word, and which one it does know that was probably meant."""
    suite = suites.named(word)
    if suite is not None and suite.is_tls13:
        return "a TLS 1.3 suite: this string has no say over those", ""
    if word.startswith(("TLS13-", "TLS_AES_", "TLS_CHACHA20_")) or word in ("TLSv1.3", "TLSv1_3"):
        return "TLS 1.3 suites are not chosen by this string", ""
    if word == "TLSv1.1":
        return "no suite began with TLS 1.1: the protocol setting decides", ""
    if word == "DEFAULT":
        return "understood at the beginning of a string only", ""
    if word.startswith("PROFILE") and word[7:8] in ("", "="):
        return "understood only by the OpenSSL of Red Hat and Fedora, at the beginning of a string", ""
    if _in_branch(word, known.facts.table):
        return "this build has no such suite", ""
    if suite is not None and suite.iana == word and known.facts.branch < (3, 2):
        return "the registry's names are understood from OpenSSL 3.2", suite.openssl if known.fold(suite.openssl) in known.words else ""
    history = [name for name in _BRANCHES if _in_branch(word, name)]
    if history and _branch(history[-1]) < known.facts.branch:
        return f"known only before OpenSSL {_BRANCHES[_BRANCHES.index(history[-1]) + 1]}", ""
    if history and _branch(history[0]) > known.facts.branch:
        return f"known only from OpenSSL {history[0].partition('-')[0]}", _older_name(word, history[0], known)
    if suite is not None:
        return "a name of GnuTLS", suite.openssl if known.fold(suite.openssl) in known.words else ""
    return "", _nearest(word, known)


def _branch(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.partition("-")[0].split("."))


def _nearest(word: str, known: _Table) -> str:
    """The known word most like this one; "" when none is."""
    plain = word.strip("\"'-.=_").replace("_", "-")
    folded = {name.lower().replace("_", "-"): name for name in known.words}
    exact = folded.get(plain.lower()) or folded.get(plain.lower().replace("tls", "tlsv", 1))
    if exact:
        return exact
    close = _nearest_of(plain.lower(), list(folded))
    return folded[close] if close else ""


def _nearest_of(word: str, names: list[str]) -> str:
    """The name most like a word; of several, the one that begins like it longest."""
    import difflib  # noqa: PLC0415 (only for words nobody knows)

    word = word[:64]
    close = difflib.get_close_matches(word, names, 5, 0.75)
    return max(close, key=lambda name: len(os.path.commonprefix([name, word])), default="")  # noqa: RUF071 (it is meant)


def _older_name(word: str, branch: str, known: _Table) -> str:
    """What the same thing was called before `word` came with `branch`: `ECDHE` of 1.0.2 is `EECDH` in 1.0.1, whose masks are the same."""
    if not known.is_old or not branch.startswith("1.0."):
        return ""
    masks = table(branch)["words"].get(word)
    return next((name for name, (mine, code) in known.words.items() if not code and list(mine) == masks), "")


def with_system_profile(string: str, policy: str | None) -> str | None:
    """What Red Hat's OpenSSL evaluates for a string: one that begins with PROFILE=SYSTEM stands for the system's policy.

    `policy`: the text of /etc/crypto-policies/back-ends/openssl.config; None: not at hand, and then nothing can be said of such a string.
    (Patch "Add support for PROFILE=SYSTEM system default cipherlist".) Other strings come back as they are.
    """
    if not string.startswith("PROFILE=SYSTEM"):
        return string
    return None if policy is None else policy.strip() + string[len("PROFILE=SYSTEM") :]


def why(string: str, build: str, suite: Suite) -> tuple[Word, ...]:
    """The words that touched `suite`, in order: those that let it in, moved it, took it out."""
    return tuple(word for word in explain(string, build) if suite in word.suites)


def strength_bits(suite: Suite, build: str) -> int:
    """What the build counts a suite's strength as when it applies a security level; the cipher's own where it has no row for it."""
    return _strengths(build).get(suite.code, suite.bits)


@cache
def _strengths(build: str) -> dict[int, int]:
    known = _table(build)
    return {row[0]: row[7] for row in known.rows}


def suites_of(build: str) -> tuple[Suite, ...]:
    """Every suite the build has for TLS 1.2 and below, in its base order."""
    return tuple(_table(build).suites)


def has_tls13(build: str) -> bool:
    """Does the build speak TLS 1.3 (from 1.1.1)?"""
    return _table(build).has_tls13


@cache
def names_of(build: str) -> dict[int, str]:
    """What the build calls its suites, by code point."""
    known = _table(build)
    return {row[0]: name for row, name in zip(known.rows, known.names, strict=True)}


def words_of(build: str) -> frozenset[str]:
    """Every word the build understands, suite names included."""
    return frozenset(_table(build).words)


@cache
def table(name: str) -> dict[str, Any]:
    """The data of one release branch; made by scripts/cipher_tables.py."""
    data: dict[str, Any] = json.loads(beside(__file__, f"openssl-{name}.json"))
    return data


@cache
def _table(build: str) -> _Table:
    return _Table(build)


_BRANCHES = ("1.0.1", "1.0.2-weak", "1.0.2", "1.1.0", "1.1.1", "3.0", "3.2", "4.0")


@cache
def _names_in(branch: str) -> frozenset[str]:
    """Words and suites of a branch's source, built or not."""
    data = table(branch)
    return frozenset([*data["words"], *data["never_built"], *(row[0] for row in data["rows"])])


def _in_branch(word: str, branch: str) -> bool:
    return word in _names_in(branch)
