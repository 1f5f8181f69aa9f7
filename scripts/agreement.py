"""How often `tlslint effective` says what the real server did: the labelled records, one by one, through the command line's own path.

    python scripts/agreement.py [--differences] [apache|postfix|dovecot|courier|openldap …]

Prints a table per server and release: configurations, values compared, equal, "cannot tell", different.
"""

import ipaddress
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.world import Record, lay, records

Json = dict[str, Any]
Row = tuple[str, Any, Any]
"""What was compared, what the server did, what was predicted."""

SERVICES = {"apache": "httpd", "postfix": "postfix", "dovecot": "dovecot", "courier": "courier", "openldap": "slapd"}
ABSENT = object()


def effective(root: Path, record: Record) -> Json:
    """The JSON that `tlslint effective --root ROOT --target TARGET ROOT/etc` prints (and the root file where it lies elsewhere)."""
    from click.testing import CliRunner  # noqa: PLC0415
    from tlslint.cli.commands import cli  # noqa: PLC0415

    places = [str(root / "etc")] if (root / "etc").exists() else []
    places += [str(root / path.lstrip("/")) for path in record["files"] if path.endswith("ldaprc")]
    if not record.get("root", "/etc").startswith("/etc"):
        places.append(str(root / record["root"].lstrip("/")))
    arguments = ["effective", "--root", str(root), "--target", record["target"], "--output-format", "json", *places]
    result = CliRunner().invoke(cli, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if not result.stdout.strip():
        return {"instances": []}
    answer: Json = json.loads(result.stdout)
    return answer


def compare(server: str, record: Record, answer: Json) -> Iterator[Row]:
    """Every measured value of a record beside its prediction."""
    if record.get("kind") == "client" and server == "openldap":
        yield from _ldap_client(record, answer)
        return
    instances = [instance for instance in answer["instances"] if instance["service"] == SERVICES[server]]
    if "starts" in record:
        yield "starts", record["starts"], _all_start(instances)
        if not record["starts"]:
            return
    endpoints = [endpoint for instance in instances for endpoint in instance["endpoints"] if endpoint["role"] == "server"]
    for probe in record.get("probes") or record.get("services") or ():
        observed = probe["observed"]
        found = _endpoint(endpoints, probe)
        where = f"{probe.get('protocol', '')}:{probe['port']}"
        if observed.get("connect") == "refused" or observed.get("open") is False:
            yield f"{where} closed", True, found is None
        elif found is None:
            if observed.get("tls") is not None:
                yield f"{where} open", True, False
        else:
            for field, seen, predicted in _values(observed, found):
                yield f"{where} {field}", seen, predicted
            if server == "openldap" and observed.get("client_certificate"):
                # slapd asks in the handshake itself, so that all three can be told apart from outside
                seen = observed["client_certificate"].replace("requested", "optional")
                yield f"{where} client_certificate", seen, found.get("client_certificate")


def _ldap_client(record: Record, answer: Json) -> Iterator[Row]:
    """What ldapwhoami did. A user's ldaprc holds the system's file within it; LDAPNOINIT makes libldap read none."""
    clients = [instance for instance in answer["instances"] if instance["service"] == "ldap-client"]
    clients.sort(key=lambda instance: not instance["root"].endswith("ldaprc"))
    if not clients or not clients[0]["endpoints"] or "LDAPNOINIT" in record.get("environment", {}):
        return
    endpoint, observed = clients[0]["endpoints"][0], record["observed"]
    hello = observed["client_hello"] or {"cipher_suites": []}
    yield "versions", sorted(observed["versions"]), _sorted(endpoint["versions"])
    yield "suites in order", hello["cipher_suites"], endpoint["cipher_suites"]
    works, verification = endpoint["tls_works"], endpoint["peer_verification"]
    accepts_any = works is True and verification == "none"
    for way in ("ldaps", "starttls"):
        for fault in ("wrongname", "expired"):
            yield f"{way} {fault}", observed[f"{way}_{fault}"], accepts_any
        yield (
            f"{way} works",
            observed[f"{way}_trusted"] or observed[f"{way}_untrusted"],
            works is True and _has_authority(record, verification),
        )
    if observed["default_uri_works"]:
        yield "default URI encrypted", observed["default_uri_encrypted"], endpoint["tls"] == "implicit"


def _has_authority(record: Record, verification: Any) -> bool:
    """Does the configuration name one of the test's CAs? On OpenSSL the library's own store stands in, which signed neither server."""
    text = "\n".join(record["files"].values()).lower()
    return verification == "none" or bool(record.get("system_store")) or re.search(r"(?m)^[ \t]*tls_cacert(?:dir)?[ \t]", text) is not None


def _all_start(instances: list[Json]) -> Any:
    if not instances:
        return ABSENT
    starts = [instance["starts"] for instance in instances]
    return next((start for start in starts if start is not True), True)


def _endpoint(endpoints: list[Json], probe: Json) -> Json | None:
    """The endpoint a probe's client meets: an address of its own before a network before all; the same for where the client comes from."""
    name = probe.get("sni") or probe.get("server_name")
    # postscreen answers strangers itself and passes known clients on: two endpoints on one port
    passed = str(probe.get("service", "")).endswith("/pass")
    client = probe.get("client_address")
    met = [
        endpoint
        for endpoint in endpoints
        if endpoint["port"] == probe["port"]
        and endpoint["name"].endswith("passed on by postscreen") == passed
        and _size(endpoint["address"], probe["address"]) is not None
        and _from(endpoint, client) is not None
    ]
    met.sort(key=lambda endpoint: (_from(endpoint, client) or 0, _size(endpoint["address"], probe["address"]) or 0))
    for endpoint in met if name else ():
        if _serves(endpoint.get("server_names"), str(name)):
            return endpoint
    return met[0] if met else None


def _size(where: str | None, address: str) -> int | None:
    """How many addresses stand beside this one where an endpoint says it listens; None: it is not among them."""
    if where in (None, "*", "0.0.0.0", "::", "", "[::]"):
        return 1 << 128
    if where == address:
        return 1
    try:
        network = ipaddress.ip_network(str(where).strip("[]"), strict=False)
        return network.num_addresses if ipaddress.ip_address(address.strip("[]")) in network else None
    except ValueError:
        return None


def _from(endpoint: Json, client: str | None) -> int | None:
    """The same of the clients an endpoint is for (`imap (143) from 10.0.0.0/8`)."""
    _, _, network = endpoint["name"].partition(" from ")
    return _size(network, client) if network and client else None if network else 1 << 128


def _serves(names: Any, name: str) -> bool:
    if not isinstance(names, list):
        return False
    name = name.lower()
    return any(name == own.lower() or (own.startswith("*.") and name.endswith(own[1:].lower())) for own in names)


def _values(observed: Json, endpoint: Json) -> Iterator[Row]:
    if observed.get("tls") is not None:
        yield "tls", observed["tls"], endpoint["tls"]
    if "scheme" in observed or "request" in observed:
        yield from _answers(observed, endpoint)
        return
    if observed.get("tls") in (None, "none"):
        if "cleartext_login" in observed:
            yield "cleartext_login", observed["cleartext_login"], endpoint.get("cleartext_login")
        return
    for field in ("tls_works", "cleartext_login"):
        if field in observed:
            yield field, observed[field], endpoint.get(field)
    if not observed.get("tls_works"):
        return
    versions = {"TLSv1.0" if word == "TLSv1" else word for word in (*observed["versions"], *(observed.get("partial_versions") or ()))}
    yield "versions", sorted(versions), _sorted(endpoint["versions"])
    ordered = observed.get("suites_ordered", observed.get("server_order"))
    suites = observed.get("cipher_suites")
    if suites is not None:
        yield (
            ("suites in order", suites, endpoint["cipher_suites"])
            if ordered
            else ("suites", sorted(suites), _sorted(endpoint["cipher_suites"]))
        )
    if observed.get("server_order") is not None:
        yield "server_order", observed["server_order"], endpoint["server_order"]
    if observed.get("groups"):
        yield "groups", sorted(set().union(*observed["groups"].values())), _sorted(endpoint.get("groups"))
    for field in ("compression", "session_tickets"):
        if field in observed:
            yield field, observed[field], endpoint.get(field)
    if "certificates_served" in observed:
        yield "certificates", sorted(observed["certificates_served"]), sorted(item["path"] for item in endpoint.get("certificates", ()))


def _answers(observed: Json, endpoint: Json) -> Iterator[Row]:
    for kind, lines in observed.get("hsts", {}).items():
        if lines is not None:
            yield f"hsts {kind}", lines, _field(endpoint, "http", "hsts", kind)
    if observed.get("request") == "http://www.example.test/":
        wanted = str(observed["location"] or "").startswith("https://")
        yield "redirects_to_https", wanted, _field(endpoint, "http", "redirects_to_https")


def _field(endpoint: Json, *path: str) -> Any:
    value: Any = endpoint
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return ABSENT
        value = value[step]
    return value


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def main(arguments: list[str]) -> int:
    """Print the table; with --differences every value that differs."""
    verbose = "--differences" in arguments
    servers = [argument for argument in arguments if not argument.startswith("-")] or list(SERVICES)
    totals: Counter[str] = Counter()
    print(f"{'server':<10} {'release':<10} {'configurations':>14} {'values':>7} {'equal':>7} {'unknown':>8} {'different':>9}")
    for server in servers:
        by_target: dict[str, Counter[str]] = {}
        for record in records(server):
            count = by_target.setdefault(record["target"], Counter())
            count["configurations"] += 1
            with tempfile.TemporaryDirectory() as directory:
                answer = effective(lay(record, Path(directory)), record)
            for field, seen, predicted in compare(server, record, answer):
                count["values"] += 1
                outcome = verdict(seen, predicted)
                count[outcome] += 1
                if verbose and outcome != "equal":
                    print(f"  {record['id']}: {field}: seen {seen!r}, predicted {'nothing' if predicted is ABSENT else repr(predicted)}")
        for target, count in sorted(by_target.items()):
            totals.update(count)
            _print_row(server, target, count)
    _print_row("all", "", totals)
    return 0


def verdict(seen: Any, predicted: Any) -> str:
    """`equal`, `unknown` or `different`."""
    if isinstance(predicted, dict) and "unknown" in predicted:
        return "unknown"
    return "equal" if predicted == seen else "different"


def _print_row(server: str, target: str, count: Counter[str]) -> None:
    figures = [count[name] for name in ("configurations", "values", "equal", "unknown", "different")]
    print(f"{server:<10} {target:<10} {figures[0]:>14} {figures[1]:>7} {figures[2]:>7} {figures[3]:>8} {figures[4]:>9}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
