"""What the rules about certain suites have in common."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

from tlslint.checks.ciphers.words import better_list, culprit, listed
from tlslint.checks.rule import EndpointRule
from tlslint.model import Confidence, Endpoint, Finding, Role, Severity
from tlslint.model.remedy import OfferSuites
from tlslint.model.suites import Suite


def kinds_of_key(endpoint: Endpoint) -> tuple[str, ...]:
    """The kinds of key that decide which suites below TLS 1.3 come about, where the certificate was not read: any of them may be so.

    Empty where nothing hangs on it. A kind that would leave no suite at all is nobody's.
    """
    if endpoint.role is Role.CLIENT or (endpoint.certificates and all(each.key_type for each in endpoint.certificates)):
        return ()
    met = {suite.authentication for suite in endpoint.cipher_suites.surely if not suite.is_tls13}
    kinds = tuple(kind for kind in ("RSA", "ECDSA") if kind in met)
    return kinds if len(kinds) > 1 else ()


def with_key(suites: Sequence[Suite], kind: str) -> list[Suite]:
    """The suites that come about with a certificate of one kind of key; "": all of them."""
    return [suite for suite in suites if not kind or suite.is_tls13 or suite.authentication in (kind, "anonymous")]


def hangs_on(endpoint: Endpoint, is_so: Callable[[Sequence[Suite]], object]) -> str | None:
    """The one kind of key with which `is_so` of the offered suites; "": whatever the key is; None: with none."""
    suites = endpoint.cipher_suites.surely
    kinds = kinds_of_key(endpoint) or ("",)
    found = [kind for kind in kinds if is_so(with_key(suites, kind))]
    if not found:
        return None
    return found[0] if len(found) < len(kinds) else ""


def if_key(kind: str) -> str:
    """What goes into a sentence that holds with one kind of key only."""
    return f" if its certificate has an {kind} key" if kind else ""


class SuitesRule(EndpointRule):
    """Reports suites that an endpoint surely offers."""

    _latest: tuple[Sequence[Suite], Sequence[Suite]] = ((), ())
    """The list that was looked at last, and what was found in it: most endpoints of a server share one."""

    @abstractmethod
    def among(self, suites: Sequence[Suite]) -> Sequence[Suite]:
        """Those of a list that the rule is about."""

    def found(self, endpoint: Endpoint) -> Sequence[Suite]:
        """Those that an endpoint surely offers."""
        suites = endpoint.cipher_suites.surely
        if suites is not self._latest[0]:
            self._latest = suites, self.among(suites)
        return self._latest[1]

    def offers(
        self,
        endpoint: Endpoint,
        suites: Sequence[Suite],
        what: str,
        better: str,
        *,
        severity: Severity | None = None,
        profiles: tuple[str, ...] = (),
        unsafe: str = "clients that know nothing better lose access",
    ) -> Finding:
        """The finding; `what` the suites are and what would be `better` in words, `unsafe` who is locked out by that."""
        kind = hangs_on(endpoint, lambda offered: set(offered).intersection(suites)) or ""
        place, related = culprit(endpoint, suites)
        remedy = better_list(self.profiles, better, unsafe=unsafe)
        if endpoint.is_opportunistic_mx:  # nothing more than these: who is refused more sends in plain text (RFC 7435 section 3)
            left = tuple(suite for suite in endpoint.cipher_suites.surely if suite not in suites)
            remedy = OfferSuites(left, better, "who knows nothing better sends in plain text")
        return self.finding(
            endpoint,
            place,
            f"{endpoint.name} offers {what}{if_key(kind)}: {listed(suites)}",
            severity=Severity.INFO if kind else severity,
            confidence=Confidence.LOW if kind else None,
            related=related,
            remedy=remedy,
            profiles=profiles,
        )
