"""What every endpoint really does: as a table for people, as JSON (effective.schema.json) for programs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tlslint.model import Endpoint, Instance, Known, Origin, Software, TlsMode, Unknown, Value, locate
from tlslint.reports.text import Style
from tlslint.reports.visible import as_json as visible_json
from tlslint.reports.visible import visible

Grades: TypeAlias = Mapping[int, Mapping[str, Any]]
"""What the schema calls `grade` and `internet_nl`, by the id() of the endpoint."""


def as_json(instances: Iterable[Instance], grades: Grades) -> str:
    """The document of `tlslint effective --output-format json`."""
    return visible_json({"schema_version": 1, "instances": [_instance(instance, grades) for instance in instances]})


def _instance(instance: Instance, grades: Grades) -> dict[str, Any]:
    return {
        "service": instance.service,
        "root": instance.root.path,
        "software": _software(instance.software),
        "tls_library": _software(instance.tls_library),
        "complete": instance.complete,
        "starts": _plain(instance.starts),
        "endpoints": [_endpoint(endpoint, grades) for endpoint in instance.endpoints],
    }


def _software(software: Software) -> dict[str, Any]:
    return {"name": software.name, "version": software.version, "how": software.how.value}


def _endpoint(endpoint: Endpoint, grades: Grades) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "role": endpoint.role.value,
        "protocol": endpoint.protocol,
        "address": _plain(endpoint.address),
        "port": _plain(endpoint.port),
        "server_names": _plain(endpoint.server_names),
        "tls": _plain(endpoint.tls),
        "tls_works": _plain(endpoint.tls_works),
        "versions": _plain(endpoint.versions, lambda versions: [version.word for version in sorted(versions)]),
        "cipher_suites": _plain(endpoint.cipher_suites, lambda suites: [suite.iana for suite in suites]),
        "groups": _plain(endpoint.groups, lambda groups: [group.iana for group in groups]),
        "server_order": _plain(endpoint.server_order),
        "compression": _plain(endpoint.compression),
        "session_tickets": _plain(endpoint.session_tickets),
        "ocsp_stapling": _plain(endpoint.ocsp_stapling),
        "client_certificate": _plain(endpoint.client_certificate),
        "peer_verification": _plain(endpoint.peer_verification),
        "cleartext_login": _plain(endpoint.cleartext_login),
        "certificates": [
            {"path": item.path, "key_type": item.key_type, "key_bits": item.key_bits, "not_after": item.not_after}
            for item in endpoint.certificates
        ],
        "http": _http(endpoint),
        "grade": grades.get(id(endpoint), {}).get("grade"),
        "internet_nl": grades.get(id(endpoint), {}).get("internet_nl"),
        "origins": dict(_origins(endpoint)),
    }


def _http(endpoint: Endpoint) -> dict[str, Any] | None:
    http = endpoint.http
    if http is None:
        return None
    return {
        "hsts": {"success": _plain(http.hsts_success), "error": _plain(http.hsts_error), "redirect": _plain(http.hsts_redirect)},
        "redirects_to_https": _plain(http.redirects_to_https),
    }


def _plain(value: Value[Any], convert: Any = None) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, Unknown):
        return {"unknown": value.reason}
    content = value.value
    if content is None:
        return None
    if convert is not None:
        return convert(content)
    if isinstance(content, TlsMode):
        return content.value
    return list(content) if isinstance(content, (tuple, frozenset)) else content


def _origins(endpoint: Endpoint) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for field in Endpoint._fields:
        value = getattr(endpoint, field)
        if isinstance(value, (Known, Unknown)) and value.origins:
            yield field, [_origin(origin) for origin in value.origins]
    if endpoint.http is not None:
        for field in endpoint.http._fields:
            value = getattr(endpoint.http, field)
            if isinstance(value, (Known, Unknown)) and value.origins:
                yield f"http.{field}", [_origin(origin) for origin in value.origins]
    for field, origins in endpoint.origins:
        yield field, [_origin(origin) for origin in origins]


def _origin(origin: Origin) -> dict[str, Any]:
    found: dict[str, Any] = {"how": origin.how.value}
    if origin.span is not None:
        found.update(locate(origin.span)._asdict())
    if origin.note:
        found["note"] = origin.note
    return found


# The table

_MODES = {TlsMode.NONE: "plain", TlsMode.STARTTLS: "STARTTLS", TlsMode.STARTTLS_REQUIRED: "STARTTLS!", TlsMode.IMPLICIT: "TLS"}
_HEAD = ("server", "endpoint", "TLS", "versions", "suites", "order", "certificate", "grade", "notes")


def table(instances: Iterable[Instance], grades: Grades, style: Style, columns: int | None = None) -> Iterator[str]:
    """The servers, each with what it is and how that is known; then one table with a row for every endpoint of all of them.

    `columns`: width of the screen; notes that do not fit into it stand below their row. None: as wide as need be.
    """
    servers = list(instances)
    names = _numbered(servers)
    for name, instance in zip(names, servers, strict=True):
        software, library = instance.software, instance.tls_library
        shown = f"{name} · {visible(instance.root.path)}{'' if instance.complete else ' (a fragment)'}"
        yield style.paint(shown, "1")
        yield (
            f"  {software.name} {software.version or 'of unknown version'} with {library.name} {library.version or 'of unknown version'}"
            f" ({software.how.value}){_starts(instance)}"
        )
    rows = [
        _row(name, endpoint, grades.get(id(endpoint), {}).get("grade"))
        for name, instance in zip(names, servers, strict=True)
        for endpoint in instance.endpoints
    ]
    if rows:
        yield ""
        widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(len(_HEAD) - 1)]
        room = None if columns is None else columns - sum(widths) - 2 * len(widths)
        for index, row in enumerate((_HEAD, *rows)):
            fits = room is None or not row[-1] or len(row[-1]) <= room
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + (f"  {row[-1]}" if fits else "")
            yield style.paint(line.rstrip(), "4") if index == 0 and style.colour else line.rstrip()
            if not fits and index > 0:
                yield f"{' ' * widths[0]}    {row[-1]}"
    if servers:
        yield ""


def _numbered(servers: list[Instance]) -> list[str]:
    """`httpd`; `httpd 1`, `httpd 2` where there are several of a kind."""
    services = [instance.service for instance in servers]
    seen: dict[str, int] = {}
    names = []
    for service in services:
        seen[service] = seen.get(service, 0) + 1
        names.append(f"{service} {seen[service]}" if services.count(service) > 1 else service)
    return names


def _starts(instance: Instance) -> str:
    """Does it start, and if not, because of what? Programs that only connect somewhere have no such question."""
    if isinstance(instance.starts, Unknown):
        return f"; whether it starts is not known: {visible(instance.starts.reason)}"
    if instance.starts.value:
        is_program = instance.endpoints and all(endpoint.role.value == "client" for endpoint in instance.endpoints)
        return "" if is_program else "; it starts"
    origin = next((origin for origin in instance.starts.origins if origin.span is not None), None)
    if origin is None or origin.span is None:
        return "; it does NOT start with this configuration"
    place = locate(origin.span)
    return f"; it does NOT start with this configuration: {visible(place.path)}:{place.line}: {visible(origin.note or origin.span.text)}"


def _row(server: str, endpoint: Endpoint, grade: Mapping[str, Any] | None) -> tuple[str, ...]:
    mode = endpoint.tls
    shown_mode = "?" if isinstance(mode, Unknown) else _MODES[mode.value]
    if endpoint.tls_works.holds(False) and not mode.holds(TlsMode.NONE):
        shown_mode += " fails"
    arrow = "→ " if endpoint.role.value == "client" else ""
    name = visible(arrow + endpoint.name)
    notes = "; ".join(_notes(endpoint))
    if mode.holds(TlsMode.NONE):
        return server, name, shown_mode, "-", "-", "-", "-", "-", notes
    versions = endpoint.versions
    if isinstance(versions, Unknown):
        shown_versions = "?"
    else:
        shown_versions = " ".join(version.word.removeprefix("TLSv") for version in sorted(versions.value)) or "-"
    suites = endpoint.cipher_suites
    count = "?" if isinstance(suites, Unknown) else str(len(suites.value)) if suites.value else "-"
    order = endpoint.server_order
    shown_order = "?" if isinstance(order, Unknown) else {True: "server", False: "client", None: "-"}[order.value]
    letter = str(grade["grade"]) if grade else "-"
    return server, name, shown_mode, shown_versions, count, shown_order, _certificates(endpoint), letter, notes


def _certificates(endpoint: Endpoint) -> str:
    """`RSA 2048 until 2027-02-12`, the first to end; `not read` where no file could be looked at."""
    read = sorted((item.leaf.not_after, item.leaf) for item in endpoint.certificates if item.leaf is not None)
    if not read:
        return "not read" if endpoint.certificates else "-"
    kinds = dict.fromkeys(f"{leaf.key_type} {leaf.key_bits or ''}".strip() for _, leaf in read)
    return f"{', '.join(kinds)} until {read[0][0][:10]}"


def _notes(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.tls_failure:
        yield ("TLS would fail: " if endpoint.tls.holds(TlsMode.NONE) else "") + visible(endpoint.tls_failure)
    if endpoint.cleartext_login.holds(True):
        yield "passwords in the clear"
    if not endpoint.tls.holds(TlsMode.NONE):
        if any(not suite.has_forward_secrecy for suite in endpoint.cipher_suites.surely):
            yield "suites without forward secrecy"
        if endpoint.client_certificate.surely in ("optional", "required"):
            yield f"client certificate {endpoint.client_certificate.surely}"
        if endpoint.peer_verification.surely:
            yield f"verifies {endpoint.peer_verification.surely}"
    if endpoint.http is not None and isinstance(endpoint.http.hsts_success, Known) and endpoint.http.hsts_success.value:
        yield "HSTS"
    if endpoint.http is not None and endpoint.http.redirects_to_https.holds(True):
        yield "redirects to HTTPS"
