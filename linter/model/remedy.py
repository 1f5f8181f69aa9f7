"""What an endpoint should be, in model words. Only a format's own fixer knows how to spell it."""

from typing import Any, NamedTuple, TypeAlias

from tlslint.model.source import Span
from tlslint.model.versions import TlsVersion, spoken


class Edit(NamedTuple):
    """Replace the bytes of `span` (empty span: insert) by `replacement`."""

    span: Span
    replacement: bytes


class OfferVersions(NamedTuple):
    """Offer exactly these versions. `unsafe` says who may be locked out; empty means safe."""

    versions: frozenset[TlsVersion]
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return f"offer {spoken(self.versions)} only"


class SetValue(NamedTuple):
    """Give one endpoint field one value: `server_order` True, `compression` False, `client_certificate` "required".

    `field` is the name of the `Endpoint` field; `words` says it to people.
    """

    field: str
    value: Any
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words


class Rewrite(NamedTuple):
    """Literal edits, for a slip of the pen: the words are there, only spelt wrong."""

    edits: tuple[Edit, ...]
    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words


class Advice(NamedTuple):
    """Something only a person can do (fetch a certificate, decide between two lines)."""

    words: str
    unsafe: str = ""

    @property
    def advice(self) -> str:
        """The remedy in words."""
        return self.words


Remedy: TypeAlias = OfferVersions | SetValue | Rewrite | Advice
