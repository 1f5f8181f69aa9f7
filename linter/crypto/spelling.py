"""Suites and groups in a library's own words, for whoever writes them into a configuration."""

import re
from collections.abc import Iterable, Sequence

from tlslint.crypto import gnutls, openssl
from tlslint.crypto import groups as known_groups
from tlslint.crypto.suites import library_name, of_build
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion

_USUAL = {"secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448"}
"""Names every OpenSSL takes; `secp256r1` and lower-case `x25519` only newer ones do (SSL_CTX_set1_groups_list(3))."""


def openssl_list(suites: Iterable[Suite], build: str | None) -> str:
    """The suites below TLS 1.3 as a cipher string, in order; what the build (`openssl@3.0`) does not have is left out."""
    return ":".join(_names((suite for suite in suites if not suite.is_tls13), build))


def openssl_near(text: str, build: str | None, suites: Sequence[Suite], offered: Sequence[Suite]) -> str:
    """The cipher string `text` with little changed, so that of `offered` (what comes of it today) none but `suites` is left; "" where that
    takes another list.

    Where they are the same suites in another order, those without forward secrecy go last; where there are more, the new ones go first;
    where there are fewer, words that bring nothing else are left out, then what is narrowest is excluded. What is left must hold a
    suite with forward secrecy and authenticated encryption.
    """
    text = ":".join(re.findall(r"[^:,; \t\r\n]+", text))  # one word of a configuration, with or without quotes
    now = openssl.evaluate(text, build) if build is not None else None
    if build is None or now is None or not now.accepted:
        return ""
    wanted = {suite.code for suite in suites if not suite.is_tls13}
    have = {suite.code for suite in offered if not suite.is_tls13}
    if have == wanted:
        listed = openssl_list(suites, build)
        if len(listed) <= len(text):  # the words of the list, in another order
            return listed
        return _static_last(text, build, now.suites, have)
    if have < wanted:
        first = openssl_list((suite for suite in suites if suite.code not in have), build)
        return _if_left(f"{first}:{text}", build, wanted, wanted | {suite.code for suite in now.suites}) if first else ""
    kept = have & wanted
    if not any(suite.code in kept and suite.has_forward_secrecy and suite.is_aead for suite in offered):
        return ""
    if all(suite.has_forward_secrecy for suite in offered if suite.code in kept):
        text = text.removesuffix(":+kRSA")
    seen = {suite.code for suite in now.suites}
    rest = seen - (have - kept)
    less = _without_words(text, build, have - kept, kept)
    if found := _if_left(less, build, kept, rest):
        return found
    words = excluding(build, have - kept, kept)
    return _if_left(":".join((less, *(f"!{word}" for word in words))), build, kept, rest) if words and less else ""


_EXCLUDED = ("eNULL", "EXPORT", "DES", "RC4", "RC2", "IDEA", "3DES", "SEED", "MD5", "aNULL", "kRSA")
"""Words for an exclusion, narrow ones first."""


def excluding(build: str, gone: Iterable[int], left: Iterable[int]) -> list[str]:
    """Words that take away all suites of `gone` and none of `left` (their codes); none where there are no such words."""
    still, stays = set(gone), set(left)
    found = []
    for word in _EXCLUDED:
        meant = {suite.code for suite in openssl.evaluate(word, build, level=0).suites}
        if meant & still and not meant & stays:
            found.append(word)
            still -= meant
    return [] if still else found


def _static_last(text: str, build: str, now: Sequence[Suite], have: set[int]) -> str:
    written = f"{text}:+kRSA"
    found = [suite for suite in openssl.evaluate(written, build).suites if not suite.is_tls13]
    is_so = {suite.code for suite in found} == {suite.code for suite in now if not suite.is_tls13}
    ranks = [suite.has_forward_secrecy for suite in found if suite.code in have]
    return written if is_so and ranks == sorted(ranks, reverse=True) else ""


def _without_words(text: str, build: str, gone: set[int], kept: set[int]) -> str:
    """Without the words that bring suites of `gone` and none of `kept`."""
    words = openssl.explain(text, build)
    spoilt = [
        word
        for word in words
        if word.effect is openssl.Effect.ADDED
        and gone.intersection(suite.code for suite in word.suites)
        and not kept.intersection(suite.code for suite in word.suites)
    ]
    return _without(text, spoilt)


def openssl_known(text: str, build: str | None) -> str:
    """The cipher string without the words this build does not know and passes over."""
    if build is None:
        return text
    return _without(text, [word for word in openssl.explain(text, build) if word.effect is openssl.Effect.UNKNOWN])


def _without(text: str, words: Sequence[openssl.Word]) -> str:
    for word in reversed(words):
        end = word.end + 1 if word.start == 0 else word.end
        text = text[: max(0, word.start - 1)] + text[end:]
    return text


def _if_left(text: str, build: str, wanted: set[int], most: set[int]) -> str:
    """`text` where it holds all of `wanted` and nothing beyond `most`, else ""."""
    said = openssl.evaluate(text, build)
    codes = {suite.code for suite in said.suites if not suite.is_tls13}
    return text if said.accepted and wanted <= codes and codes <= most else ""


def openssl_tls13(suites: Iterable[Suite], build: str | None) -> str:
    """The TLS 1.3 suites as SSL_CTX_set_ciphersuites takes them, in order."""
    return ":".join(_names((suite for suite in suites if suite.is_tls13), build))


def openssl_groups(groups: Iterable[Group], build: str | None) -> str:
    """The groups as SSL_CTX_set1_groups_list takes them, in order; one the build does not have would spoil the list."""
    there = [group for group in groups if build is None or known_groups.is_known(group, build)]
    return ":".join(_USUAL.get(group.iana, group.iana) for group in there)


def _names(suites: Iterable[Suite], build: str | None) -> list[str]:
    if build is None:
        return [suite.openssl for suite in suites if suite.openssl]
    had = {suite.code for suite in of_build(build)}
    return [library_name(suite, build) for suite in suites if suite.code in had]


def gnutls_priority(
    text: str,
    build: str,
    *,
    versions: Iterable[TlsVersion] | None = None,
    suites: Iterable[Suite] | None = None,
    groups: Iterable[Group] | None = None,
    server_order: bool = False,
) -> str:
    """The priority string `text` with other versions, suites or groups; its words about everything else stay.

    "" and what GnuTLS refuses begin anew with NORMAL, as does what would leave nothing to offer. A string names key exchanges,
    ciphers and MACs, and what they make together is offered: where that is more than `suites`, fewer are named.
    """
    words = text.split(":") if gnutls.evaluate(text, build).accepted else ["NORMAL"]
    new: list[str] = []
    gone: set[str] = set()
    if versions is not None:
        gone.add("versions")
        new += ["-VERS-ALL", *(f"+VERS-{version.spoken.replace(' ', '')}" for version in sorted(versions, reverse=True))]
    if suites is not None:
        gone |= {"kx", "ciphers", "macs"}
        for kind, names in zip(("KX", "CIPHER", "MAC"), _gnutls_parts(suites, build), strict=True):
            new += [f"-{kind}-ALL", *(f"+{name}" for name in names)]
    if groups is not None:
        gone.add("groups")
        new += ["-GROUP-ALL", *(f"+{word}" for group in groups if (word := gnutls.group_word(group, build)))]
    kept = [word for word in words if gnutls.kind_of(word, build) not in gone]
    options = [word for word in kept if word.strip().startswith("%")]
    if server_order and not any(word.strip().upper() == "%SERVER_PRECEDENCE" for word in options):
        options.append("%SERVER_PRECEDENCE")
    written = ":".join((*(word for word in kept if word not in options), *new, *options))
    said = gnutls.evaluate(written, build)
    if (said.accepted and said.suites and said.groups) or words == ["NORMAL"]:
        return written
    return gnutls_priority("", build, versions=versions, suites=suites, groups=groups, server_order=server_order)


def _gnutls_parts(suites: Iterable[Suite], build: str) -> tuple[list[str], list[str], list[str]]:
    """Key exchanges, ciphers and MACs, in order, that make no suite beyond these."""
    table = gnutls.parts(build)
    wanted = [suite.code for suite in suites if suite.code in table]
    lists: list[list[str]] = [list(dict.fromkeys(name for code in wanted if (name := table[code][part]))) for part in range(3)]
    while True:
        made = {code for code, key in table.items() if all(key[part] in ("", *lists[part]) for part in range(3))}
        beyond = made.difference(wanted)
        if not beyond:
            return lists[0], lists[1], lists[2]
        costs = {}
        for part in range(3):
            for position, name in enumerate(lists[part]):
                lost = sum(table[code][part] == name for code in made.intersection(wanted))
                won = sum(table[code][part] == name for code in beyond)
                if won:
                    costs[(lost / won, -part, -position)] = (part, name)
        part, name = costs[min(costs)]
        lists[part].remove(name)
