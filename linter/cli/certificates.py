"""`tlslint certificates`: the certificates that configuration names, as they were read."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from tlslint.cli.evaluating import evaluated
from tlslint.cli.options import Inputs, Outputs, inputs, outputs
from tlslint.cli.shared import confess, style, write
from tlslint.model import Certificate, CertificateFacts, Instance
from tlslint.reports.text import Style
from tlslint.reports.visible import visible


@click.command("certificates")
@inputs
@outputs(["table", "json"])
def command(asked: Inputs, output: Outputs) -> None:
    """Print the certificates that the servers below PATHS present: names, keys, dates, hashes for pins and DANE.

    Private keys are never opened: of their files only mode and owner are looked at.
    """
    instances, _, broken = evaluated(asked)
    if output.output_format == "json":
        from tlslint.reports.visible import as_json  # noqa: PLC0415

        write([as_json([_document(*row) for row in _rows(instances)])], output.output_file)
    else:
        write(_table(_rows(instances), style(output)), output.output_file)
    confess(broken)


def _rows(instances: Sequence[Instance]) -> list[tuple[Certificate, list[str]]]:
    """Each certificate once, with the endpoints that present it, in the order of the configuration."""
    found: dict[tuple[str, str], tuple[Certificate, list[str]]] = {}
    for instance in instances:
        for endpoint in instance.endpoints:
            for certificate in endpoint.certificates:
                sent = certificate.chain.certificates if certificate.chain is not None else ()
                key = (certificate.path, ",".join(facts.sha256 for facts in sent))
                found.setdefault(key, (certificate, []))[1].append(f"{endpoint.name} ({instance.service})")
    return [(certificate, list(dict.fromkeys(names))) for certificate, names in found.values()]


def _document(certificate: Certificate, endpoints: list[str]) -> dict[str, Any]:
    chain, key = certificate.chain, certificate.key
    return {
        "path": certificate.path,
        "endpoints": endpoints,
        "problem": ("it was not seen" if chain is None else chain.problem) or None,
        "in_order": chain.in_order if chain is not None and chain.certificates else None,
        "chain": [facts._asdict() for facts in chain.certificates] if chain is not None else [],
        "key_file": {"path": key.path, "mode": f"{key.mode:04o}", "uid": key.uid, "gid": key.gid} if key is not None else None,
    }


def _table(rows: list[tuple[Certificate, list[str]]], look: Style) -> Iterator[str]:
    if not rows:
        yield "no endpoint presents a certificate"
    for certificate, endpoints in rows:
        yield look.paint(visible(certificate.path), "1")
        yield f"  presented by {visible(', '.join(endpoints))}"
        chain = certificate.chain
        if chain is None:
            yield "  it was not seen: it lies outside what was scanned, or is not there"
        else:
            for number, facts in enumerate(chain.certificates, 1):
                yield from _one(number, facts)
            if chain.problem:
                hint = " (pip install 'tlslint[certificates]')" if "not installed" in chain.problem else ""
                yield f"  {chain.problem}{hint}"
            elif not chain.in_order:
                yield "  not in order: each is to be issued by the one after it"
        if certificate.key is not None:
            key = certificate.key
            readers = ", readable by everybody" if key.open_to_all else ""
            yield f"  private key {visible(key.path)}: mode {key.mode:04o}, owner {key.uid}, group {key.gid}{readers}; not opened"
        yield ""


def _one(number: int, facts: CertificateFacts) -> Iterator[str]:
    kind = f"{facts.key_type or 'unknown key'} {facts.curve or facts.key_bits or ''}".strip()
    marks = [
        word
        for word, holds in (
            ("CA", facts.is_ca),
            ("self-signed", facts.self_signed),
            ("must-staple", facts.must_staple),
            ("no OCSP", not facts.has_ocsp and number == 1),
            ("of a public CA", facts.is_public),
        )
        if holds
    ]
    yield f"  {number}. {visible(facts.subject)}, issued by {visible(facts.issuer)}"
    if facts.names and number == 1:
        missing = "" if facts.has_alternative_names else " (common name only, which clients pass over)"
        yield f"     names: {visible(', '.join(facts.names))}{missing}"
    yield f"     {kind}, signed with {facts.signature or 'its own hash'}, {facts.not_before[:10]} to {facts.not_after[:10]}"
    if marks:
        yield f"     {', '.join(marks)}"
    yield f"     pin-sha256 {facts.spki_sha256}"
    yield f"     sha256 {facts.sha256}"
