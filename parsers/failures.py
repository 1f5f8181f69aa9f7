"""Endpoints that offer TLS and fail every handshake: told once for each cause, not once for each port."""

from collections.abc import Iterable, Iterator

from tlslint.model import Endpoint, Known, Origin, Span
from tlslint.model.struct import Struct


class Failure(Struct):
    """Why every handshake fails on an endpoint. `field`: of `Endpoint`, the value at fault; `origins`: the settings that say it."""

    field: str
    why: str
    origins: tuple[Origin, ...]
    endpoint: Endpoint

    @property
    def dead(self) -> Endpoint:
        """The endpoint as it is then; only the value at fault says where."""
        return self.endpoint._replace(
            tls_works=Known(False, self.origins),
            tls_failure=self.why,
            versions=Known(frozenset(), self._blamed("versions")),
            cipher_suites=Known((), self._blamed("cipher_suites")),
            groups=Known((), self._blamed("groups")),
        )

    def _blamed(self, field: str) -> tuple[Origin, ...]:
        return self.origins if self.field == field else ()


class Cause(Struct):
    """What several endpoints fail for."""

    field: str
    why: str
    place: Span
    endpoints: tuple[str, ...]


def causes(failures: Iterable[Failure]) -> Iterator[Cause]:
    """Each field, reason and place once; a cause that stands nowhere is shown where its first endpoint is."""
    found: dict[tuple[str, str, Span | None], list[Endpoint]] = {}
    for failure in failures:
        place = next((origin.span for origin in failure.origins if origin.span is not None), None)
        found.setdefault((failure.field, failure.why, place), []).append(failure.endpoint)
    for (field, why, place), endpoints in found.items():
        yield Cause(field, why, place or endpoints[0].anchor, tuple(dict.fromkeys(endpoint.name for endpoint in endpoints)))
