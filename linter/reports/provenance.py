"""Where one value of one endpoint comes from, step by step, as the reader's own lines."""

from collections.abc import Iterator
from typing import Any

from tlslint.model import Endpoint, Known, Label, Origin, TlsMode, Unknown, locate
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import TlsVersion
from tlslint.reports.text import Style, underlined
from tlslint.reports.visible import visible


def fields(endpoint: Endpoint) -> dict[str, Any]:
    """What can be asked for: values by name, those of HTTP with `http.` before them; origins alone where there is no value."""
    found: dict[str, Any] = {name: getattr(endpoint, name) for name in Endpoint._fields}
    if endpoint.http is not None:
        found.update({f"http.{name}": getattr(endpoint.http, name) for name in endpoint.http._fields})
    values = {name: value for name, value in found.items() if isinstance(value, (Known, Unknown))}
    for name, origins in endpoint.origins:
        values[name] = Known(getattr(endpoint, name, None), origins)
    return values


def explained(endpoint: Endpoint, field: str, value: Any, style: Style) -> Iterator[str]:  # noqa: ANN401 (Known or Unknown of anything)
    """The value, then every step: what decides first, what it overrides or takes over after it."""
    shown = f"cannot tell: {visible(value.reason)}" if isinstance(value, Unknown) else visible(_spelt(value.value))
    yield style.paint(f"{visible(endpoint.name)}.{field} = {shown}", "1")
    if not value.origins:
        yield "  nothing in the files says so"
    margin = max((len(str(locate(origin.span).line)) for origin in value.origins if origin.span is not None), default=1)
    for origin in value.origins:
        yield from _step(origin, margin, style)


def _step(origin: Origin, margin: int, style: Style) -> Iterator[str]:
    note = f": {visible(origin.note)}" if origin.note else ""
    if origin.span is None:
        yield f"{' ' * margin} = {origin.how.value}{note}"
        return
    place = locate(origin.span)
    yield f"{' ' * margin}--> {visible(place.path)}:{place.line}:{place.column} {origin.how.value}{note}"
    yield from underlined(Label(origin.span), "^", margin, style)


def _spelt(content: Any) -> str:  # noqa: ANN401
    if content is None:
        return "does not apply"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, TlsMode):
        return content.value
    if isinstance(content, frozenset):
        return ", ".join(version.word for version in sorted(content) if isinstance(version, TlsVersion)) or "none"
    if isinstance(content, tuple):
        return ", ".join(_item(item) for item in content) or "none"
    return str(content)


def _item(item: Any) -> str:  # noqa: ANN401
    if isinstance(item, Suite):
        return item.openssl or item.iana
    if isinstance(item, Group):
        return item.iana
    return str(getattr(item, "path", item))
