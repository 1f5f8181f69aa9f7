"""From suites back to the words of the cipher string that let them in."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tlslint.crypto import groups, openssl, suites
from tlslint.model import CipherString, Endpoint, Label, Span, Value
from tlslint.model.remedy import OfferGroups, OfferSuites
from tlslint.model.suites import Suite
from tlslint.model.versions import joined
from tlslint.profiles import DEFAULT, load

if TYPE_CHECKING:
    from tlslint.profiles import Profile


def listed(suites: Iterable[Suite], most: int = 4) -> str:
    """Name suites in a sentence, the first few by name."""
    names = [suite.openssl or suite.iana for suite in suites]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return joined(names)


def culprit(endpoint: Endpoint, suites: Iterable[Suite]) -> tuple[Value[Any] | Span, tuple[Label, ...]]:
    """What to underline: the word of the string that let the suites in, else the whole setting."""
    string = endpoint.cipher_string
    wanted = {suite.code for suite in suites}
    if string is not None and string.span is not None and string.build.startswith("openssl"):
        for word in openssl.explain(string.text, string.build):
            if word.effect is openssl.Effect.ADDED and wanted.intersection(suite.code for suite in word.suites):
                return string.place(word.start, word.end) or endpoint.cipher_suites, ()
    return endpoint.cipher_suites, ()


def refused(profiles: "Sequence[Profile]", asked: Iterable[Suite]) -> list[Suite]:
    """The suites that not every chosen profile lists: the strictest decides."""
    lists = [profile.suites for profile in profiles if profile.suites is not None]
    listed = frozenset(lists[0]).intersection(*lists[1:]) if lists else None
    return [suite for suite in asked if suite.iana not in listed] if listed is not None else []


def demanding(profiles: "Sequence[Profile]", suites: Sequence[Suite]) -> tuple[str, ...]:
    """The profiles that leave one of the suites out."""
    return tuple(profile.label for profile in profiles if any(not profile.allows_suite(suite) for suite in suites))


def other_language(string: CipherString) -> str:
    """`GnuTLS` or `OpenSSL` where a string that is refused was written for that library instead; "" where it was not."""
    if not string.text:
        return ""
    if not string.build.startswith("gnutls"):
        if openssl.evaluate(string.text, string.build).accepted:
            return ""
        from tlslint.crypto import gnutls  # noqa: PLC0415 (its tables are not needed for a string that is taken)

        is_other = gnutls.evaluate(string.text, "gnutls@3.7.9").accepted or gnutls.reads_like_priority(string.text)
        return "GnuTLS" if is_other else ""
    from tlslint.crypto import gnutls  # noqa: PLC0415 (likewise)

    is_other = not gnutls.evaluate(string.text, string.build).accepted and openssl.evaluate(string.text, "openssl@3.0").accepted
    return "OpenSSL" if is_other else ""


def better_list(profiles: "Sequence[Profile]", words: str, unsafe: str = "") -> OfferSuites:
    """The suites of the first profile that lists any, in its order; the default profile's where none does."""
    names = next((profile.suites for profile in profiles if profile.suites), None) or load(DEFAULT).suites or ()
    found = [suite for suite in map(suites.named, names) if suite is not None]
    return OfferSuites(tuple(found), words, unsafe)


def better_groups(profiles: "Sequence[Profile]", words: str, unsafe: str = "") -> OfferGroups:
    """The same of groups."""
    names = next((profile.groups for profile in profiles if profile.groups), None) or load(DEFAULT).groups or ()
    found = [group for group in map(groups.named, names) if group is not None]
    return OfferGroups(tuple(found), words, unsafe)
