"""One page for people: findings to filter, and a picture of what every endpoint speaks. Everything is in the one file.

The page needs no network and allows itself none (Content-Security-Policy). All text of a configuration goes through `visible` and
Jinja2's escaping.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from tlslint import __version__
from tlslint.data import beside
from tlslint.model import Endpoint, Finding, Instance, Known, Label, Role, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.model.suites import Group, Suite
from tlslint.model.versions import SSL20, SSL30, TLS10, TLS11, TLS12, TLS13, TlsVersion
from tlslint.reports.excerpt import excerpt
from tlslint.reports.report import Report, Summary, by_instance
from tlslint.reports.text import also, counted, listed
from tlslint.reports.visible import visible

_VERSIONS = (SSL30, TLS10, TLS11, TLS12, TLS13)
_DEPRECATED = {SSL20: "RFC 6176", SSL30: "RFC 7568", TLS10: "RFC 8996", TLS11: "RFC 8996"}
_EXCHANGES = ("static", "DHE", "ECDHE", "hybrid")
_EXCHANGE_WORDS = {
    "static": "RSA or another key exchange without forward secrecy",
    "DHE": "finite-field DHE",
    "ECDHE": "ECDHE",
    "hybrid": "a hybrid group such as X25519MLKEM768",
}
_MODES = {
    TlsMode.NONE: "plain text only",
    TlsMode.STARTTLS: "STARTTLS",
    TlsMode.STARTTLS_REQUIRED: "STARTTLS, required",
    TlsMode.IMPLICIT: "TLS",
}

LABEL, CELL, ROW, TOP = 330, 58, 24, 46
"""The picture's measures: width of names and cells, height of a row and of the head."""


class Cell(Struct):
    """One answer: `yes`, `old` (offered and deprecated), `no` or `unknown`; `title` says it in words."""

    state: str
    title: str


class Row(Struct):
    """Endpoints of one server that answer alike. `band`: what is said across the row instead of cells."""

    name: str
    names: tuple[str, ...]
    mode: str
    cells: tuple[Cell, ...]
    band: str


def page(report: Report, summary: Summary) -> Iterator[str]:
    """The page, in one piece."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 (only for this report)

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_file("page.html"))
    style, script = _file("page.css"), _file("page.js")
    pages = {rule.code: rule for rule in report.rules()}
    found = sorted({finding.code for finding in report.findings})
    servers = _servers(report)
    yield template.render(
        version=__version__,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        report=report,
        counts=[(severity.word, count) for severity, count in summary.severities.items()],
        judged_for=visible(listed(summary.judged_for)),
        files=counted(report.files, "file"),
        endpoints=counted(summary.endpoints, "endpoint"),
        servers=servers,
        rules=[pages[code] for code in found if code in pages],
        severities=[severity.word for severity in summary.severities],
        picture=_picture(report),
        ignored=[(_finding(each.finding), each.by, visible(each.reason)) for each in report.ignored],
        stale=[(visible(path), rule, visible(message)) for path, rule, message in report.stale],
        settings=visible(report.settings),
        broken=[visible(sentence) for sentence in report.broken],
    ).rstrip("\n")


def _file(name: str) -> str:
    return beside(__file__, name).decode("utf-8")


def _hash(text: str) -> str:
    """A source as the policy names it (CSP level 3, section 2.3.1): of the element's whole text."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _servers(report: Report) -> list[dict[str, Any]]:
    told: set[int] = set()
    servers = []
    for number, (instance, findings) in enumerate(by_instance(report)):
        own = [finding for finding in findings if id(finding) not in told]
        told.update(id(finding) for finding in own)
        servers.append(
            {
                "id": f"s{number}",
                "name": _name(instance),
                "about": _about(instance),
                "findings": [_finding(each) for each in _worst_first(own)],
            }
        )
    rest = [finding for finding in report.findings if id(finding) not in told]
    if rest:
        servers.append({"id": "rest", "name": "other files", "about": "", "findings": [_finding(each) for each in _worst_first(rest)]})
    return servers


def _worst_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -finding.severity)


def _name(instance: Instance) -> str:
    return f"{instance.service} · {visible(instance.root.path)}{'' if instance.complete else ' (a fragment)'}"


def _about(instance: Instance) -> str:
    software, library = instance.software, instance.tls_library
    return (
        f"{software.name} {software.version or 'of unknown version'} with {library.name} {library.version or 'of unknown version'} "
        f"({software.how.value}); {counted(len(instance.endpoints), 'endpoint')}"
    )


def _finding(finding: Finding) -> dict[str, Any]:
    remedy = finding.remedy
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": visible(finding.message) + also(finding),
        "excerpts": [_excerpt(label) for label in (finding.primary, *finding.related)],
        "advice": visible(remedy.advice) if remedy is not None else "",
        "unsafe": visible(remedy.unsafe) if remedy is not None else "",
        "profiles": ", ".join(finding.profiles),
        "fingerprint": finding.fingerprint,
    }


def _excerpt(label: Label) -> dict[str, Any]:
    shown = excerpt(label)
    return {**shown._asdict(), "path": visible(shown.place.path), "line": shown.place.line, "column": shown.place.column}


# The picture


def _picture(report: Report) -> dict[str, Any] | None:
    """Rows and measures of the overview; None where nothing listens or connects."""
    groups = [(_name(instance), _rows(instance)) for instance in report.instances if instance.endpoints]
    if not groups:
        return None
    y = TOP
    shown = []
    for name, rows in groups:
        lines = []
        head = y + 18
        y += ROW + 6
        for row in rows:
            lines.append({"row": row, "y": y, "label": _short(row.name, 38)})
            y += ROW
        shown.append({"name": _short(name, 90), "full": name, "y": head, "lines": lines})
        y += 8
    heads = [(_short(version.spoken, 8), version.spoken) for version in _VERSIONS] + [(name, _EXCHANGE_WORDS[name]) for name in _EXCHANGES]
    gap = 18
    columns = [LABEL + number * CELL + (gap if number >= len(_VERSIONS) else 0) for number in range(len(heads))]
    return {
        "width": columns[-1] + CELL,
        "height": y,
        "row": ROW,
        "cell": CELL,
        "groups": shown,
        "heads": list(zip(columns, heads, strict=True)),
        "columns": columns,
        "exchange": columns[len(_VERSIONS)],
    }


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _rows(instance: Instance) -> list[Row]:
    alike: dict[tuple[str, tuple[Cell, ...]], list[str]] = {}
    for endpoint in instance.endpoints:
        arrow = "→ " if endpoint.role is Role.CLIENT else ""
        alike.setdefault((_mode(endpoint), _cells(endpoint)), []).append(arrow + visible(endpoint.name))
    return [
        Row(names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more", tuple(names), mode, cells, "" if cells else mode)
        for (mode, cells), names in alike.items()
    ]


def _mode(endpoint: Endpoint) -> str:
    if endpoint.tls_works.holds(False):
        return "every handshake fails"
    return "TLS or not: cannot tell" if isinstance(endpoint.tls, Unknown) else _MODES[endpoint.tls.value]


def _cells(endpoint: Endpoint) -> tuple[Cell, ...]:
    if endpoint.tls.holds(TlsMode.NONE) or endpoint.tls_works.holds(False):
        return ()
    versions = [_cell(_has_version(endpoint.versions, version), version.spoken, _DEPRECATED.get(version, "")) for version in _VERSIONS]
    exchanges = [
        _cell(_has_exchange(endpoint, name), _EXCHANGE_WORDS[name], "RFC 10015" if name == "static" else "") for name in _EXCHANGES
    ]
    return (*versions, *exchanges)


def _cell(offered: bool | None, what: str, deprecated: str) -> Cell:
    if offered is None:
        return Cell("unknown", f"{what}: cannot tell")
    if not offered:
        return Cell("no", f"{what}: not offered")
    return Cell("old", f"{what}: offered, and deprecated by {deprecated}") if deprecated else Cell("yes", f"{what}: offered")


def _has_version(versions: Value[frozenset[TlsVersion]], version: TlsVersion) -> bool | None:
    if version in versions.surely:
        return True
    return False if isinstance(versions, Known) else None


def _has_exchange(endpoint: Endpoint, name: str) -> bool | None:
    suites, groups = endpoint.cipher_suites, endpoint.groups
    if name == "hybrid":
        if not endpoint.versions.surely or not any(suite.is_tls13 for suite in suites.surely):
            return False if isinstance(suites, Known) and isinstance(endpoint.versions, Known) else None
        return None if isinstance(groups, Unknown) else any(group.family == "hybrid" for group in groups.value or ())
    if any(_exchange(suite) == name for suite in suites.surely):
        return True
    if any(suite.is_tls13 for suite in suites.surely) and name != "static":
        if isinstance(groups, Unknown):
            return None
        if any(_family(group) == name for group in groups.value or ()):
            return True
    return False if isinstance(suites, Known) else None


def _exchange(suite: Suite) -> str:
    if suite.is_tls13:
        return ""
    if not suite.has_forward_secrecy:
        return "static"
    return "ECDHE" if suite.key_exchange.startswith("ECDHE") else "DHE"


def _family(group: Group) -> str:
    return {"EC": "ECDHE", "FFDHE": "DHE"}.get(group.family, "hybrid")
