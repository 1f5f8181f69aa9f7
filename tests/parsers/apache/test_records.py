"""Every labelled Apache record of the sample: what real httpd did on Debian 11, 12 and 13, held against the evaluation.

Compared: whether httpd starts, and per probe of a TLS record whether TLS is spoken and works, versions, suites (in order where the server
decides on it), groups by version, compression, session tickets and the certificates served. See tests/data/live/README.md.
"""

from pathlib import Path
from typing import Any

import pytest
from tlslint.files import Files
from tlslint.model import Endpoint, Instance, Role, TlsMode
from tlslint.parsers.apache import evaluate
from tlslint.targets import load

from tests.support.world import Record, lay, records

KINDS = ("tls", "lexing", "tree")


def observed(name: str) -> list[Record]:
    """Records of the kinds whose fields are about TLS and reading; those of headers and redirects for `starts` alone."""
    return [record for record in records("apache") if record["kind"] in KINDS or name == "starts"]


def instance_of(record: Record, root: Path) -> Instance:
    """The record's tree, laid below `root`, evaluated for its release."""
    lay(record, root)
    files = Files((str(root),), str(root), (("/", str(root)),))
    defines: dict[str, str | None] = {}
    arguments = record.get("arguments") or []
    for index, argument in enumerate(arguments):
        if argument == "-D" and index + 1 < len(arguments):
            defines[arguments[index + 1]] = None
        elif argument.startswith("-D"):
            defines[argument[2:]] = None
    (instance,) = evaluate.instances(record["root"], files, load(record["target"]), complete=True, defines=defines)
    return instance


def answering(instance: Instance, probe: dict[str, Any]) -> Endpoint | None:
    """The endpoint a client meets: by address (an exact one before `*`), then by SNI name, else the first."""
    here = [endpoint for endpoint in instance.endpoints if endpoint.role is Role.SERVER and endpoint.port.holds(probe["port"])]
    exact = [endpoint for endpoint in here if endpoint.address.holds(probe["address"])]
    wild = [endpoint for endpoint in here if endpoint.address.surely in ("*", "0.0.0.0")]
    found = exact or [endpoint for endpoint in wild if not (":" in probe["address"] and endpoint.address.holds("0.0.0.0"))]
    wanted = (probe.get("sni") or "").lower()
    for endpoint in found:
        for name in endpoint.server_names.surely or ():
            if wanted and (name.lower() == wanted or (name.startswith("*.") and wanted.endswith(name[1:].lower()))):
                return endpoint
    return found[0] if found else None


def differences(record: Record, instance: Instance) -> list[str]:
    """Every measured field that is not as predicted."""
    found = []
    if not instance.starts.is_known or instance.starts.surely != record["starts"]:
        why = [problem.message for problem in instance.problems if "does not start" in problem.message]
        found.append(f"starts: {record['starts']} measured ({record.get('start_error', '')}), {instance.starts} predicted {why}")
    if record["kind"] not in KINDS or not record["starts"]:
        return found
    for probe in record["probes"]:
        where = f"{probe['address']}:{probe['port']} {probe.get('sni')}"
        endpoint = answering(instance, probe)
        found += [f"{where} {line}" for line in _probe_differences(probe["observed"], endpoint)]
    return found


def _probe_differences(seen: dict[str, Any], endpoint: Endpoint | None) -> list[str]:
    if seen.get("connect") == "refused":
        return [] if endpoint is None else ["nothing listens, yet an endpoint is predicted"]
    if endpoint is None:
        return ["something listens, and no endpoint is predicted"] if "tls" in seen else []
    predicted: dict[str, Any] = {}
    if "tls" in seen:
        predicted["tls"] = endpoint.tls.surely.value if endpoint.tls.is_known else endpoint.tls
    if "tls_works" in seen:
        predicted["tls_works"] = bool(endpoint.tls_works.surely)
    if endpoint.tls.holds(TlsMode.NONE):
        return _unequal({key: seen[key] for key in predicted}, predicted)
    if "versions" in seen:
        predicted["versions"] = sorted(version.word for version in endpoint.versions.surely)
    suites = [suite.iana for suite in endpoint.cipher_suites.surely]
    measured = dict(seen)
    if "cipher_suites" in seen:
        predicted["cipher_suites"] = suites if seen["suites_ordered"] else sorted(suites)
        measured["cipher_suites"] = seen["cipher_suites"] if seen["suites_ordered"] else sorted(seen["cipher_suites"])
    if seen.get("server_order") is not None:
        predicted["server_order"] = endpoint.server_order.surely
    if "groups" in seen:
        predicted["groups"] = sorted(group.iana for group in endpoint.groups.surely or ())
        measured["groups"] = sorted({name for names in seen["groups"].values() for name in names})
    for key in ("compression", "session_tickets"):
        if key in seen:
            predicted[key] = getattr(endpoint, key).surely
    if "certificates_served" in seen:
        predicted["certificates_served"] = sorted(certificate.path for certificate in endpoint.certificates)
        measured["certificates_served"] = sorted(seen["certificates_served"])
    return _unequal({key: measured[key] for key in predicted}, predicted)


def _unequal(seen: dict[str, Any], predicted: dict[str, Any]) -> list[str]:
    found = []
    for key, value in predicted.items():
        if seen[key] != value:
            if isinstance(value, list):
                missing, extra = [x for x in seen[key] if x not in value], [x for x in value if x not in seen[key]]
                found.append(f"{key}: missing {missing}, too many {extra}" + ("" if missing or extra else ", other order"))
            else:
                found.append(f"{key}: {seen[key]} measured, {value} predicted")
    return found


@pytest.mark.parametrize("record", observed("starts"), ids=lambda record: record["id"])
def test_prediction_equals_what_httpd_did(record: Record, tmp_path: Path) -> None:
    assert differences(record, instance_of(record, tmp_path)) == []
