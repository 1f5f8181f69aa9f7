"""What the rules about certain suites have in common."""

from collections.abc import Sequence

from tlslint.checks.ciphers.words import better_list, culprit, listed
from tlslint.checks.rule import EndpointRule
from tlslint.model import Endpoint, Finding, Severity
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
        return self.finding(
            endpoint,
            place,
            f"{endpoint.name} offers {what}: {listed(suites)}",
            severity=severity,
            related=related,
            remedy=better_list(self.profiles, better, unsafe=unsafe),
            profiles=profiles,
        )
