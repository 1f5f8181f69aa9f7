"""The suite table: every suite of every library build, by any name, and what the standards say of it."""

import json
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model.struct import Struct
from tlslint.model.suites import Suite
from tlslint.model.versions import SSL20, TLS12, TLS13, TlsVersion


class Judgement(Struct):
    """What one source says of a suite.

    `source`: `RFC 9325`, `RFC 10015`, `NCSC-NL`, `Mozilla intermediate` …; `word`: the source's own (`recommended`, `MUST NOT`, `good`,
    `sufficient`, `phase out`, `insufficient`, `allowed`, `not listed`); `text`: why, where the source says so.
    """

    source: str
    word: str
    text: str = ""


def named(name: str) -> Suite | None:
    """A suite by its IANA, OpenSSL or GnuTLS name, exactly as spelt there."""
    code = _names().get(name)
    return None if code is None else of_code(code)


@cache
def of_code(code: int) -> Suite:
    """A suite by code point (0x1301); SSLv2 kinds have three bytes (0x010080). Raises `KeyError` where there is no data for it."""
    iana, _, openssl, gnutls, exchange, authentication, cipher, mode, mac, bits, first = _rows()[code]
    version = TlsVersion(first)
    last = version if version in (SSL20, TLS13) else TLS12
    return Suite(iana, code, openssl, gnutls, exchange, authentication, cipher, mode, mac, bits, version, last)


@cache
def numbers() -> dict[int, Suite]:
    """Every suite there is data for, by code point."""
    return {code: of_code(code) for code in _rows()}


@cache
def _rows() -> dict[int, list[Any]]:
    return {row[1]: row for row in _data("suites.json")["rows"]}


def of_build(build: str) -> tuple[Suite, ...]:
    """Every suite a build has, TLS 1.3 first, in its own order. Raises `KeyError` for a build there is no data for."""
    if build.startswith("gnutls"):
        from tlslint.crypto import gnutls  # noqa: PLC0415 (it needs this module)

        return gnutls.suites_of(build)
    from tlslint.crypto import openssl  # noqa: PLC0415

    own = openssl.suites_of(build)
    return tuple([numbers()[code] for code in (*openssl.DEFAULT_TLS13, 0x1304, 0x1305)]) + own if openssl.has_tls13(build) else own


def library_name(suite: Suite, build: str) -> str:
    """What the build itself calls the suite; the registry's name where it has no such suite."""
    if build.startswith("gnutls"):
        return suite.gnutls or suite.iana
    from tlslint.crypto import openssl  # noqa: PLC0415

    return openssl.names_of(build).get(suite.code) or suite.openssl or suite.iana


def judgements(suite: Suite) -> tuple[Judgement, ...]:
    """What each source that has an opinion says; the strictest standards first."""
    said: list[Judgement] = []
    for source in _data("judgements.json")["sources"]:
        listed = next((word for word, names in source["lists"].items() if suite.iana in names), None)
        if listed is None:
            rule = next((rule for rule in source["rules"] if _fits(suite, rule)), None)
            if rule is not None:
                said.append(Judgement(source["name"], rule["word"], rule["text"]))
            elif source["others"]:
                said.append(Judgement(source["name"], source["others"]))
        else:
            said.append(Judgement(source["name"], listed))
    return tuple(said)


def _fits(suite: Suite, rule: dict[str, Any]) -> bool:
    """Does a rule of judgements.json speak of this suite? Every condition it names must hold."""
    for field, wanted in rule["when"].items():
        if field == "bits below":
            if suite.bits >= wanted or suite.cipher == "NULL":
                return False
        elif getattr(suite, field) not in wanted:
            return False
    return True


@cache
def _names() -> dict[str, int]:
    """Code points by every name there is."""
    found: dict[str, int] = {}
    for iana, code, openssl, gnutls, *_ in _rows().values():
        for name in (iana, openssl, gnutls):
            if name:
                found.setdefault(name, code)
    for name, code in _data("suites.json")["other_names"].items():
        found.setdefault(name, code)
    return found


@cache
def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(beside(__file__, name))
    return data
