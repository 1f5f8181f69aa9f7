"""Grades of endpoints: what SSL Labs and internet.nl would say of a configuration."""

from tlslint.checks.enforcement.no_https_redirect import answering
from tlslint.checks.headers import hsts_value
from tlslint.model import Endpoint, Instance, Known, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.profiles import internetnl, ssllabs


class Graded(Struct):
    """One endpoint's grades; `ssllabs` None and `internetnl` empty where nobody would give any."""

    instance: Instance
    endpoint: Endpoint
    ssllabs: ssllabs.Grade | None
    internetnl: tuple[internetnl.Part, ...]


def graded(instance: Instance, endpoint: Endpoint, now: str) -> Graded:
    """Grade one endpoint. `now`: RFC 3339 in UTC."""
    hsts = hsts_of(endpoint)
    seconds = None if hsts.is_faulty else hsts.seconds
    return Graded(instance, endpoint, ssllabs.grade(endpoint, hsts, now), internetnl.verdict(endpoint, seconds, _plain(instance, endpoint)))


def hsts_of(endpoint: Endpoint) -> ssllabs.Hsts:
    """What browsers make of the header on successful answers: the first line counts (RFC 6797 section 8.1)."""
    lines = endpoint.http.hsts_success if endpoint.http is not None else None
    if not isinstance(lines, Known) or not lines.value:
        return ssllabs.Hsts()
    value = hsts_value.read(lines.value[0])
    return ssllabs.Hsts(value.max_age, bool(value.faults))


def _plain(instance: Instance, endpoint: Endpoint) -> Value[Endpoint | None]:
    """The HTTP site that answers for the first name of an HTTPS one."""
    if not instance.complete:
        return Unknown("the rest of the configuration was not seen")
    plain = [site for site in instance.endpoints if site.http is not None and site.tls.holds(TlsMode.NONE)]
    return Known(answering((endpoint.server_names.surely or ("",))[0], endpoint, plain))
