"""What the rules about certain suites have in common."""

from collections.abc import Sequence

from tlslint.checks.ciphers.words import better_list, culprit, listed
from tlslint.checks.rule import EndpointRule
from tlslint.model import Endpoint, Finding, Severity
from tlslint.model.remedy import OfferSuites
from tlslint.model.suites import Suite


class SuitesRule(EndpointRule):
    """Reports suites that an endpoint surely offers."""

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
        place, related = culprit(endpoint, suites)
        remedy = better_list(self.profiles, better, unsafe=unsafe)
        if endpoint.is_opportunistic_mx:  # nothing more than these: who is refused more sends in plain text (RFC 7435 section 3)
            left = tuple(suite for suite in endpoint.cipher_suites.surely if suite not in suites)
            remedy = OfferSuites(left, better, "who knows nothing better sends in plain text")
        return self.finding(
            endpoint,
            place,
            f"{endpoint.name} offers {what}: {listed(suites)}",
            severity=severity,
            related=related,
            remedy=remedy,
            profiles=profiles,
        )
